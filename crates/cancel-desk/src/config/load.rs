//! Reading file and environment.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::section::{Reading, Section, is_plain};
use super::{Config, DEFAULT_FILE, Faults, Lang, Place, Problem, account, parts};

/// Largest file that is read.
const MAX_FILE: u64 = 1_048_576;

type Variables<'v> = Box<dyn Fn(&str) -> Option<String> + 'v>;

/// How a configuration is read.
pub struct Loader<'v> {
    file: Option<PathBuf>,
    variables: Variables<'v>,
    of_process: bool,
    with_secrets: bool,
    with_tokens: bool,
}

impl fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Default for Loader<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'v> Loader<'v> {
    /// From the file that the environment names, and the environment of this process.
    #[must_use]
    pub fn new() -> Self {
        Self {
            file: None,
            variables: Box::new(|name| std::env::var(name).ok()),
            of_process: true,
            with_secrets: true,
            with_tokens: true,
        }
    }

    /// From this file. Without one the environment names it, or it is `cancel-desk.toml` if that exists.
    #[must_use]
    pub fn file(mut self, file: Option<&Path>) -> Self {
        self.file = file.map(Path::to_owned);
        self
    }

    /// With these variables instead of the process's.
    #[must_use]
    pub fn variables(mut self, variables: impl Fn(&str) -> Option<String> + 'v) -> Self {
        self.variables = Box::new(variables);
        self.of_process = false;
        self
    }

    /// Leaves the secrets of accounts, tokens and account data unread, for a command that only reads the journal.
    ///
    /// What stands in the file is checked all the same, and the address of the database is read.
    #[must_use]
    pub const fn without_secrets(mut self) -> Self {
        self.with_secrets = false;
        self.with_tokens = false;
        self
    }

    /// Leaves the bearer tokens of the HTTP service unread, for a command that does not serve.
    #[must_use]
    pub const fn without_tokens(mut self) -> Self {
        self.with_tokens = false;
        self
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// [`Faults`], all of them.
    pub fn load(self) -> Result<Config, Faults> {
        let file = self.which();
        let text = match &file {
            Some(file) => read(file)?,
            None => String::new(),
        };
        let (parsed, errors) = DeTable::parse_recoverable(&text);
        let mut reading = Reading::new(file.as_deref(), &text, &*self.variables);
        for error in errors {
            // its message may quote the line; what kind of error it is does not
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            let key = error.span().and_then(|span| key_of_line(&text, span.start)).unwrap_or_default();
            reading.fault(reading.place(error.span()), key, Problem::Syntax(message));
        }
        if self.of_process {
            unreadable_variables(&reading);
        }
        reading.with_secrets = self.with_secrets;
        reading.with_tokens = self.with_tokens;
        reading.readable_secrets = {
            let top = Section::new(&reading, "", Some(parsed.get_ref()));
            top.flag("allow_readable_secrets")
        };
        let parts = {
            let top = Section::new(&reading, "", Some(parsed.get_ref()));
            everything(top)
        };
        let faults = reading.into_faults();
        if faults.is_empty() { Ok(Config { file, ..parts }) } else { Err(Faults(faults)) }
    }

    fn which(&self) -> Option<PathBuf> {
        let named = || (self.variables)("CANCEL_DESK_CONFIG").filter(|name| !name.is_empty());
        let usual = || Path::new(DEFAULT_FILE).is_file().then(|| PathBuf::from(DEFAULT_FILE));
        self.file.clone().or_else(|| named().map(PathBuf::from)).or_else(usual)
    }
}

/// The name that a line begins with, where it may be shown.
fn key_of_line(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let key = text.get(start..)?.lines().next()?.split_once('=')?.0.trim();
    is_plain(key).then(|| key.to_owned())
}

/// A variable of ours that is no text would count as not set, and something else be done than was meant.
fn unreadable_variables(reading: &Reading<'_>) {
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with("CANCEL_DESK_")) else { continue };
        if value.to_str().is_none() {
            let place = Place::Variable(name.to_owned());
            reading.fault(place, name, Problem::refused("must be utf-8"));
        }
    }
}

fn read(file: &Path) -> Result<String, Faults> {
    let bad = |problem| {
        let place = Place::Line(file.to_owned(), 0);
        Faults(vec![super::Fault { place, field: String::new(), problem }])
    };
    let meta = std::fs::metadata(file).map_err(|_| bad(Problem::NoFile))?;
    if !meta.is_file() || meta.len() > MAX_FILE {
        return Err(bad(Problem::NoFile));
    }
    let bytes = std::fs::read(file).map_err(|_| bad(Problem::NoFile))?;
    String::from_utf8(bytes).map_err(|_| bad(Problem::Syntax("the file is not utf-8".to_owned())))
}

fn everything(top: Section<'_, '_>) -> Config {
    let _read_before = top.get("allow_readable_secrets");
    let lang = lang(&top);
    let journal = parts::journal(top.table("journal", "journal"));
    let mut accounts: Vec<account::AccountConfig> = Vec::new();
    for section in top.tables("account", "account") {
        let (reading, place) = (section.reading, section.place.clone());
        let Some(account) = account::read(section) else { continue };
        if accounts.iter().any(|other| other.gateway == account.gateway && other.name == account.name) {
            reading.fault(place, "account.name", Problem::Twice);
            continue;
        }
        let same = accounts.iter().find(|other| {
            other.gateway == account.gateway && other.merchant.is_some() && other.merchant == account.merchant
        });
        if let Some(other) = same {
            let problem = Problem::SameMerchant { name: account.name, other: other.name.clone() };
            reading.fault(place, "account.name", problem);
            continue;
        }
        accounts.push(account);
    }
    let http = parts::http(top.table("http", "http"));
    let workers = parts::workers(top.table("worker", "worker"));
    let log = parts::log(top.table("log", "log"));
    top.finish();
    Config { file: None, journal, accounts, http, workers, log, lang }
}

fn lang(top: &Section<'_, '_>) -> Option<Lang> {
    let own = top.word("lang", &["ko", "en"]).and_then(Lang::from_code);
    match top.reading.env("CANCEL_DESK_LANG") {
        // a locale such as ko_KR.UTF-8 is as good
        Some(text) => Some(Lang::of_locale(&text)),
        None => own,
    }
}
