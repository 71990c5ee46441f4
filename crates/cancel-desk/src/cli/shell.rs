//! What every command shares: the streams, the language, the configuration.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pg_core::{Gateway, LookUpErrorKind};
use serde::Serialize;

use crate::config::{Config, DEFAULT_FILE, Faults, Lang, Loader, OpenError, Store};
use crate::desk::{Desk, DeskError, Selector};
use crate::journal::{Journal, JournalError};
use crate::record::PaymentRecord;
use crate::worker::Accounts;

use super::exit::{Exit, Failure, causes, in_words};
use super::show;
use super::text::{self, Text};

/// The caller's side of a command.
#[derive(Debug)]
pub(crate) struct Shell {
    lang: Cell<Lang>,
    /// It was said that others can read the journal.
    told_of_mode: Cell<bool>,
    /// The language was named on the command line.
    pub(crate) lang_is_named: bool,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
    /// It runs until it is stopped: its log is read more than its output.
    pub(crate) is_service: bool,
    pub(crate) file: Option<PathBuf>,
}

/// Whether others than its owner have any right to the file: a copy that was put back is as its maker's `umask` was.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_open_to_others(_path: &Path) -> bool {
    false
}

/// Which secrets a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// All of them: it serves.
    All,
    /// Those of the accounts: it talks to gateways.
    Accounts,
    /// None: it reads and writes the journal.
    None,
}

/// Whether a command may make the journal's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// It begins something: yes.
    Yes,
    /// It reads or goes on: a journal that is not there means that another folder was meant.
    No,
}

impl Shell {
    pub(crate) fn new(lang: Lang, lang_is_named: bool) -> Self {
        show::speak(lang);
        Self {
            lang: Cell::new(lang),
            told_of_mode: Cell::new(false),
            lang_is_named,
            json: false,
            quiet: false,
            verbose: 0,
            is_service: false,
            file: None,
        }
    }

    pub(crate) fn lang(&self) -> Lang {
        self.lang.get()
    }

    /// A text in the caller's language.
    pub(crate) fn t(&self, text: &Text) -> &'static str {
        text.of(self.lang())
    }

    /// What a check or a rule says, in the caller's language.
    pub(crate) fn said(&self, english: &str) -> String {
        in_words(self.lang(), english)
    }

    fn said_lines(&self, english: &str) -> String {
        english.lines().map(|line| self.said(line)).collect::<Vec<_>>().join("\n")
    }

    /// Reads the configuration; the log begins with it.
    pub(crate) fn config(&self, secrets: Secrets) -> Result<Config, Failure> {
        let loader = Loader::new().file(self.file.as_deref());
        let loaded = match secrets {
            Secrets::All => loader.load(),
            Secrets::Accounts => loader.without_tokens().load(),
            Secrets::None => loader.without_secrets().load(),
        };
        let config = loaded.map_err(|faults| self.faults(&faults))?;
        if let (false, Some(lang)) = (self.lang_is_named, config.lang()) {
            self.lang.set(lang);
            show::speak(lang);
        }
        super::log::start(self, config.log())?;
        Ok(config)
    }

    fn faults(&self, faults: &Faults) -> Failure {
        let lines: Vec<String> = faults.list().iter().map(|fault| fault.text(self.lang())).collect();
        let count = text::CONFIG_FAULTS.fill(self.lang(), &[&faults.list().len()]);
        Failure::new(Exit::Setup, "configuration", format!("{count}\n{}", lines.join("\n")))
    }

    /// Opens the journal.
    pub(crate) async fn journal(&self, config: &Config, make: Make) -> Result<Arc<dyn Journal>, Failure> {
        if let Store::Sqlite(path) = &config.journal().store
            && !path.exists()
        {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if make == Make::No {
                return Err(self.no_journal(config, &path));
            }
            self.warn(&text::NEW_JOURNAL.fill(self.lang(), &[&path.display()]));
        }
        if let Store::Sqlite(path) = &config.journal().store
            && is_open_to_others(path)
            && !self.told_of_mode.replace(true)
        {
            self.warn(&text::OPEN_TO_OTHERS.fill(self.lang(), &[&path.display()]));
        }
        config.open_journal().await.map_err(|error| self.open_failed(&error))
    }

    fn no_journal(&self, config: &Config, path: &Path) -> Failure {
        let looked = config.file().map_or_else(
            || format!("{} {}", DEFAULT_FILE, self.t(&text::BUILT_IN)),
            |file| file.display().to_string(),
        );
        let text = text::NO_JOURNAL.fill(self.lang(), &[&path.display(), &looked]);
        Failure::new(Exit::Setup, "no_journal", text).next(self.t(&text::NAME_CONFIG))
    }

    /// The desk without accounts: it reads and writes the journal, and asks no gateway.
    pub(crate) async fn desk_of_journal(&self) -> Result<Desk, Failure> {
        Ok(self.journal_and_config().await?.1)
    }

    /// As [`desk_of_journal`](Self::desk_of_journal), with the configuration.
    pub(crate) async fn journal_and_config(&self) -> Result<(Config, Desk), Failure> {
        let config = self.config(Secrets::None)?;
        let journal = self.journal(&config, Make::No).await?;
        Ok((config, Desk::new(journal, Arc::new(Accounts::new()))))
    }

    /// The desk with its accounts; makes the journal if there is none.
    pub(crate) async fn desk(&self) -> Result<(Config, Desk), Failure> {
        self.desk_with(Secrets::Accounts, Make::Yes).await
    }

    /// The desk with its accounts and a journal that is there.
    pub(crate) async fn desk_there(&self) -> Result<(Config, Desk), Failure> {
        self.desk_with(Secrets::Accounts, Make::No).await
    }

    /// The desk with its accounts, and the tokens of the HTTP service.
    pub(crate) async fn desk_to_serve(&self) -> Result<(Config, Desk), Failure> {
        self.desk_with(Secrets::All, Make::Yes).await
    }

    async fn desk_with(&self, secrets: Secrets, make: Make) -> Result<(Config, Desk), Failure> {
        let config = self.config(secrets)?;
        if config.account_list().is_empty() {
            return Err(Failure::new(Exit::Setup, "no_accounts", self.t(&text::NO_ACCOUNTS)));
        }
        let accounts = config.accounts().map_err(|error| self.open_failed(&error))?;
        let desk = Desk::new(self.journal(&config, make).await?, Arc::new(accounts));
        Ok((config, desk))
    }

    pub(crate) fn open_failed(&self, error: &OpenError) -> Failure {
        Failure::new(Exit::Setup, "storage", causes(error))
    }

    pub(crate) fn desk_failed(&self, error: &DeskError) -> Failure {
        Failure::of_desk(self.lang(), error)
    }

    /// As [`desk_failed`](Self::desk_failed); refused credentials with the names that this gateway's have in the file.
    pub(crate) fn look_up_failed(&self, gateway: Gateway, error: &DeskError) -> Failure {
        let mut failure = self.desk_failed(error);
        if let DeskError::LookUp(error) = error
            && *error.kind() == LookUpErrorKind::Credentials
        {
            let names = match gateway {
                Gateway::Eximbay => "mid, key_env / key_file",
                Gateway::Settlebank => "mid, licence_key_env / licence_key_file, aes_key_env / aes_key_file",
                _ => "key_env / key_file, secret_env / secret_file",
            };
            failure.text = text::LOOK_UP_KEYS_OF.fill(self.lang(), &[&names]);
        }
        failure
    }

    pub(crate) fn journal_failed(&self, error: JournalError) -> Failure {
        Failure::of_journal(self.lang(), error)
    }

    /// The one payment that is meant.
    pub(crate) async fn find(&self, desk: &Desk, which: &Selector) -> Result<PaymentRecord, Failure> {
        desk.find(which).await.map_err(|error| self.desk_failed(&error))
    }

    /// Writes to standard output. A reader that is gone is no error: what was done is done.
    pub(crate) fn say(&self, text: &str) {
        self.write(&show::clean_lines(text));
    }

    fn write(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err();
    }

    pub(crate) fn line(&self, text: &str) {
        self.say(&format!("{text}\n"));
    }

    /// Writes a remark to standard error, unless it is to be quiet.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    pub(crate) fn warn(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _gone = writeln!(err, "{}", show::clean_lines(text)).is_err();
    }

    /// The one document of `--json`.
    pub(crate) fn json(&self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            // they stand in strings only
            Ok(text) => {
                let mut whole = String::with_capacity(text.len());
                for c in text.chars() {
                    if show::is_harmful(c) {
                        whole.push_str(&format!("\\u{:04x}", u32::from(c)));
                    } else {
                        whole.push(c);
                    }
                }
                self.write(&format!("{whole}\n"));
            }
            Err(_) => self.warn("cannot be written as json"),
        }
    }

    /// Says why a command failed, and how to go on.
    pub(crate) fn failed(&self, failure: &Failure) {
        let text = &self.said_lines(&failure.text);
        if self.json {
            let Failure { code, field, next, .. } = failure;
            self.json(&serde_json::json!({
                "error": { "code": code, "field": field, "message": text, "next": next }
            }));
            return;
        }
        self.warn(&text::ERROR.fill(self.lang(), &[text]));
        if let Some(next) = &failure.next {
            self.warn(&text::NEXT.fill(self.lang(), &[next]));
        }
    }

    /// Whether it is said, or can be asked, that money may move or something final be written. A program says it too.
    pub(crate) fn consent(&self, yes: bool) -> Result<(), Failure> {
        let lacks = match (yes, self.json) {
            (true, _) => return Ok(()),
            (false, true) => &text::JSON_NEEDS_YES,
            (false, false) if self.can_ask() => return Ok(()),
            (false, false) => &text::NEEDS_YES,
        };
        Err(Failure::new(Exit::Usage, "needs_yes", self.t(lacks)))
    }

    /// Whether there is a person to be asked.
    pub(crate) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks; only `y` and `yes` (and `예`, `네`) are a yes.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let mut err = std::io::stderr().lock();
        if write!(err, "{}", show::clean_lines(question)).and_then(|()| err.flush()).is_err() {
            return false;
        }
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer).is_ok();
        read && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "예" | "네" | "ㅛ")
    }
}

/// Which of several payments of an order, as all commands name it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Among {
    /// Only at this gateway: chaiport, eximbay, settlebank
    #[arg(long, value_parser = parse_gateway)]
    pub(crate) gateway: Option<pg_core::Gateway>,
    /// Only of this merchant account
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Only with this number at the gateway (imp_uid, transaction_id, orgTrdNo)
    #[arg(long)]
    pub(crate) payment_id: Option<String>,
}

impl Among {
    /// Whether gateway and account leave this one in.
    pub(crate) fn has(&self, gateway: pg_core::Gateway, merchant: &str) -> bool {
        self.gateway.is_none_or(|wanted| wanted == gateway)
            && self.account.as_ref().is_none_or(|wanted| wanted == merchant)
    }

    pub(crate) fn selector(&self, order: &str) -> Result<Selector, Failure> {
        let mut parts = order.splitn(3, '/');
        let whole = match (parts.next().and_then(|word| parse_gateway(word).ok()), parts.next(), parts.next())
        {
            (Some(gateway), Some(account), Some(id)) if self.gateway.is_none() => {
                Some(crate::record::PaymentKey::new(gateway, account, id))
            }
            _ => None,
        };
        if let Some(key) = whole {
            return Ok(Selector::key(key));
        }
        let mut selector = Selector::order(order);
        selector.gateway = self.gateway;
        selector.account.clone_from(&self.account);
        selector.payment_id.clone_from(&self.payment_id);
        selector.check().map_err(|error| Failure::usage(error.to_string()))?;
        Ok(selector)
    }
}

/// Which payment.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Which {
    /// Order number (merchant_uid), or GATEWAY/ACCOUNT/PAYMENT
    #[arg(value_name = "ORDER")]
    order: String,
    #[command(flatten)]
    among: Among,
}

impl Which {
    pub(crate) fn selector(&self) -> Result<Selector, Failure> {
        self.among.selector(&self.order)
    }
}

pub(crate) fn parse_gateway(word: &str) -> Result<pg_core::Gateway, String> {
    word.parse().map_err(|error: pg_core::Invalid| error.reason().to_owned())
}

/// A span such as `30s`, `2m`, `1h`, or whole seconds.
pub(crate) fn parse_span(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || "must be a span such as 30s, 2m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    count
        .checked_mul(unit)
        .filter(|seconds| *seconds <= 86_400)
        .map(std::time::Duration::from_secs)
        .ok_or_else(wrong)
}
