//! The journal, the HTTP service, the log.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use pg_core::Secret;

use crate::journal::VaultKey;

use super::secret::{Names, Need, SecretText, always, from_file, from_variable, of_environment, secret};
use super::section::{Found, Reading, Section};
use super::{DEFAULT_SQLITE, Place, Problem};

/// Longest URL of a database.
const MAX_URL: usize = 4096;
/// Shortest bearer token: `openssl rand -hex 32` makes 64 characters.
const MIN_TOKEN: usize = 16;
const MAX_TOKEN: usize = 512;
/// How many refunds are worked on at the same time unless given.
const DEFAULT_WORKERS: usize = 4;

/// Where the journal is, and the key that seals account data in it.
#[derive(Debug, Clone)]
pub struct JournalConfig {
    /// The store.
    pub store: Store,
    /// The key; without it account data is refused.
    pub account_key: Option<VaultKey>,
}

/// Which store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Store {
    /// A `SQLite` file.
    Sqlite(PathBuf),
    /// A `PostgreSQL` database, by its URL. The URL may hold a password.
    Postgres(Secret),
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { store: Store::Sqlite(PathBuf::from(DEFAULT_SQLITE)), account_key: None }
    }
}

/// The HTTP service.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where it listens; `127.0.0.1:8080` unless given.
    pub listen: SocketAddr,
    /// The bearer tokens that are taken, 16 to 512 visible characters each.
    pub tokens: Vec<Secret>,
    /// Whoever reaches it may refund; only when said by name.
    pub without_token: bool,
    /// Other computers may reach it; only when said by name.
    pub allow_non_loopback: bool,
    /// How long a cancel waits for its outcome before it answers 202; 25 s unless given.
    pub patience: Duration,
    /// How long a shutdown waits for requests and turns under way; 20 s unless given.
    pub grace: Duration,
    /// How many connections are served at the same time; 256 unless given.
    pub max_connections: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            tokens: Vec::new(),
            without_token: false,
            allow_non_loopback: false,
            patience: Duration::from_secs(25),
            grace: Duration::from_secs(20),
            max_connections: 256,
        }
    }
}

impl HttpConfig {
    /// Why it cannot be served like this: no token is given, and it is not said that none is wanted.
    #[must_use]
    pub fn lacks(&self) -> Option<Problem> {
        (self.tokens.is_empty() && !self.without_token).then_some(Problem::NoToken)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// A line of text.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// The log; it goes to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogConfig {
    /// How the lines look.
    pub format: LogFormat,
    /// Which lines, such as `info` or `warn,cancel_desk=debug`.
    pub filter: Option<String>,
}

pub(super) fn journal(section: Section<'_, '_>) -> JournalConfig {
    let key = account_key(&section);
    let store = store(&section);
    let (reading, place) = (section.reading, section.place.clone());
    section.finish();
    let store = store.unwrap_or_else(|| {
        // never another store than the named one: where none could be made out, there is a fault
        if reading.is_sound() {
            reading.fault(place, "journal", Problem::refused("must name a journal that can be read"));
        }
        Store::Sqlite(PathBuf::from(DEFAULT_SQLITE))
    });
    JournalConfig { store, account_key: key }
}

fn store(section: &Section<'_, '_>) -> Option<Store> {
    let reading = section.reading;
    let names = Names { inline: "postgres_url", env: "postgres_url_env", file: "postgres_url_file" };
    let sqlite = section.text("sqlite");
    // variables of this program go before the file, whatever store the file names
    if let Some(path) = reading.env("CANCEL_DESK_SQLITE") {
        for key in [names.inline, names.env, names.file] {
            let _known = section.get(key);
        }
        let place = Place::Variable("CANCEL_DESK_SQLITE".to_owned());
        return sqlite_file(reading, place, "CANCEL_DESK_SQLITE", &path, PathBuf::from(&path));
    }
    if let Some(url) = of_environment(reading, "CANCEL_DESK_POSTGRES_URL") {
        for key in [names.inline, names.env, names.file] {
            let _known = section.get(key);
        }
        return postgres(reading, "CANCEL_DESK_POSTGRES_URL", &url);
    }
    let given = [names.env, names.file].into_iter().find_map(|key| section.get(key));
    let url = always(section, &names, Need::Optional);
    match (sqlite, given) {
        (Some(sqlite), Some(_)) => {
            let other = "postgres_url_env / postgres_url_file".to_owned();
            section.fault(sqlite.place, "sqlite", Problem::BothGiven { other });
            None
        }
        (Some(sqlite), None) => {
            let file = reading.path(&sqlite.value);
            sqlite_file(reading, sqlite.place, &section.field("sqlite"), &sqlite.value, file)
        }
        (None, Some(_)) => postgres(reading, &section.field(names.env), &url?),
        (None, None) => Some(Store::Sqlite(reading.path(DEFAULT_SQLITE))),
    }
}

/// An address in a file's place holds a password, and files are shown by their names.
fn sqlite_file(reading: &Reading<'_>, place: Place, field: &str, text: &str, file: PathBuf) -> Option<Store> {
    if text.contains("://") {
        let reason = "must be a file: the address of a database belongs in postgres_url_env";
        reading.fault(place, field, Problem::refused(reason));
        return None;
    }
    Some(Store::Sqlite(file))
}

fn postgres(reading: &Reading<'_>, field: &str, url: &Found<SecretText>) -> Option<Store> {
    let starts = ["postgres://", "postgresql://"].iter().any(|start| url.value.starts_with(start));
    let secret = Secret::new("postgres_url", &url.value, MAX_URL);
    match secret {
        Ok(secret) if starts => Some(Store::Postgres(secret)),
        _ => {
            let reason = "must hold an address such as postgresql://user:password@host/database";
            reading.fault(url.place.clone(), field, Problem::refused(reason));
            None
        }
    }
}

fn account_key(section: &Section<'_, '_>) -> Option<VaultKey> {
    let reading = section.reading;
    let own = section.get("account_key");
    // a key in the place of the table is an inline secret
    if let Some(found) = own.as_ref().filter(|found| found.value.as_str().is_some()) {
        section.fault(found.place.clone(), "account_key", Problem::InlineSecret);
        return None;
    }
    let table = section.table("account_key", "journal.account_key");
    let names = Names { inline: "value", env: "env", file: "file" };
    let need = if table.is_given() { Need::Required } else { Need::Optional };
    let found = match of_environment(reading, "CANCEL_DESK_ACCOUNT_KEY") {
        Some(found) => {
            for key in [names.inline, names.env, names.file] {
                let _known = table.get(key);
            }
            Some(found)
        }
        None => secret(&table, &names, need),
    };
    table.finish();
    let found = found?;
    match VaultKey::from_hex(&found.value) {
        Ok(key) => Some(key),
        Err(error) => {
            let reason = format!("{}, as `openssl rand -hex 32` prints them", error.reason());
            reading.fault(found.place, "journal.account_key", Problem::Refused { reason });
            None
        }
    }
}

pub(super) fn http(section: Section<'_, '_>) -> HttpConfig {
    let mut http = HttpConfig {
        without_token: section.flag("without_token"),
        allow_non_loopback: section.flag("allow_non_loopback"),
        ..HttpConfig::default()
    };
    let place = listen(&section, &mut http);
    if !http.listen.ip().is_loopback() && !http.allow_non_loopback {
        section.fault(place, "listen", Problem::NotLoopback);
    }
    tokens(&section, &mut http);
    let seconds = |value: i64| u64::try_from(value).ok().map(Duration::from_secs);
    if let Some(patience) = section.number("patience_s", 0, 300).and_then(seconds) {
        http.patience = patience;
    }
    if let Some(grace) = section.number("grace_s", 0, 900).and_then(seconds) {
        http.grace = grace;
    }
    if let Some(most) = section.number("max_connections", 1, 65_536).and_then(|n| usize::try_from(n).ok()) {
        http.max_connections = most;
    }
    section.finish();
    http
}

fn listen(section: &Section<'_, '_>, http: &mut HttpConfig) -> Place {
    let own = section.text("listen");
    let variable = section.reading.env("CANCEL_DESK_LISTEN");
    let found = match variable {
        Some(value) => Found { value, place: Place::Variable("CANCEL_DESK_LISTEN".to_owned()) },
        None => match own {
            Some(found) => found,
            None => return section.place.clone(),
        },
    };
    match found.value.parse() {
        Ok(address) => http.listen = address,
        Err(_) => {
            let reason = "must be an address and a port such as 127.0.0.1:8080 or [::1]:8080";
            section.fault(found.place.clone(), "listen", Problem::refused(reason));
        }
    }
    found.place
}

fn tokens(section: &Section<'_, '_>, http: &mut HttpConfig) {
    let reading = section.reading;
    for key in ["token", "tokens"] {
        if let Some(found) = section.get(key) {
            section.fault(found.place, key, Problem::InlineSecret);
        }
    }
    let (variables, files) = (section.texts("token_env"), section.texts("token_file"));
    let named = !variables.is_empty() || !files.is_empty();
    if http.without_token && named {
        let other = "token_env / token_file".to_owned();
        section.fault(section.place.clone(), "without_token", Problem::BothGiven { other });
    }
    if !reading.with_tokens {
        return;
    }
    let mut found: Vec<(String, Option<Found<SecretText>>)> = Vec::new();
    for name in &variables {
        let field = section.field("token_env");
        found.push((field.clone(), from_variable(reading, &field, name)));
    }
    for file in &files {
        let field = section.field("token_file");
        found.push((field.clone(), from_file(reading, &field, file)));
    }
    let own = "CANCEL_DESK_TOKEN";
    let given = of_environment(reading, own);
    if http.without_token && given.is_some() {
        // whoever set it relies on it
        section.fault(section.place.clone(), "without_token", Problem::BothGiven { other: own.to_owned() });
    }
    found.push((own.to_owned(), given));
    for (field, text) in found {
        let Some(text) = text else { continue };
        match Secret::new("token", &text.value, MAX_TOKEN) {
            Ok(token) if text.value.len() >= MIN_TOKEN => http.tokens.push(token),
            Ok(_) => {
                let reason = "must be at least 16 characters: make one with `openssl rand -hex 32`";
                reading.fault(text.place, field, Problem::refused(reason));
            }
            Err(error) => reading.fault(text.place, field, Problem::refused(error.reason())),
        }
    }
    let lacks = section.is_given() && !named && http.tokens.is_empty() && !http.without_token;
    if lacks {
        section.fault(section.place.clone(), "token_env", Problem::NoToken);
    }
}

pub(super) fn workers(section: Section<'_, '_>) -> usize {
    let own = section.number("count", 1, 256).and_then(|number| usize::try_from(number).ok());
    let name = "CANCEL_DESK_WORKERS";
    let count = match section.reading.env(name) {
        Some(text) => {
            let number = text.trim().parse().ok().filter(|number| (1..=256).contains(number));
            if number.is_none() {
                let place = Place::Variable(name.to_owned());
                section.fault(place, "count", Problem::OutOfRange { least: 1, most: 256 });
            }
            number
        }
        None => own,
    };
    section.finish();
    count.unwrap_or(DEFAULT_WORKERS)
}

pub(super) fn log(section: Section<'_, '_>) -> LogConfig {
    let word = section.word("format", &["text", "json"]);
    let own = section.text("filter");
    let reading = section.reading;
    let format = match reading.env("CANCEL_DESK_LOG_FORMAT").as_deref() {
        Some("text") => Some("text"),
        Some("json") => Some("json"),
        Some(_) => {
            let place = Place::Variable("CANCEL_DESK_LOG_FORMAT".to_owned());
            reading.fault(place, "log.format", Problem::NotOneOf(&["text", "json"]));
            None
        }
        None => word,
    };
    let name = "CANCEL_DESK_LOG";
    let variable = reading.env(name);
    let variable = variable.map(|value| Found { value, place: Place::Variable(name.to_owned()) });
    let filter = variable.or(own);
    if let Some(found) = filter.as_ref().filter(|found| !is_filter(&found.value)) {
        let reason = "must be such as `info` or `warn,cancel_desk=debug`";
        reading.fault(found.place.clone(), "log.filter", Problem::refused(reason));
    }
    section.finish();
    LogConfig {
        format: if format == Some("json") { LogFormat::Json } else { LogFormat::Text },
        filter: filter.map(|found| found.value),
    }
}

/// Whether the program can log by it. Without the program nobody reads it here.
#[cfg(feature = "cli")]
fn is_filter(text: &str) -> bool {
    tracing_subscriber::EnvFilter::try_new(text).is_ok()
}

#[cfg(not(feature = "cli"))]
const fn is_filter(_text: &str) -> bool {
    true
}
