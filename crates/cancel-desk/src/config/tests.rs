use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cancel-desk-config-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.0);
    }
}

fn load(file: &Path, variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let get = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    Loader::new().file(Some(file)).variables(get).load()
}

const KEYS: [(&str, &str); 3] = [
    ("CHAIPORT_API_KEY", "CANARY-KEY"),
    ("CHAIPORT_API_SECRET", "CANARY-SECRET"),
    ("REFUNDS_TOKEN", "CANARY-TOKEN-0123456789"),
];

/// Line, field and a part of the text of each fault.
fn faults(folder: &Folder, text: &str, variables: &[(&str, &str)]) -> Vec<(usize, String, String)> {
    let file = folder.write("desk.toml", text, 0o644);
    let faults = load(&file, variables).unwrap_err();
    let shown = format!("{faults} {faults:?}");
    assert!(!shown.contains("CANARY"), "{shown}");
    let line = |fault: &Fault| match &fault.place {
        Place::Line(_, line) => *line,
        _ => 0,
    };
    faults.list().iter().map(|f| (line(f), f.field.clone(), f.problem.text(Lang::En))).collect()
}

#[test]
fn the_example_is_sound_once_its_variables_are_set() {
    let folder = Folder::new("example");
    let file = folder.write("cancel-desk.toml", EXAMPLE, 0o644);
    let config = load(&file, &KEYS).unwrap();
    assert_eq!(config.lang(), None);
    assert_eq!(config.workers(), 4);
    assert_eq!(config.http().tokens.len(), 1);
    assert_eq!(config.account_list()[0].endpoint(), "production");
    assert!(matches!(&config.journal().store, Store::Sqlite(path) if *path == folder.0.join("refunds.db")));
    assert!(!format!("{config:?}").contains("CANARY"));
    assert!(config.accounts().is_ok());
    // and so is everything that it has in comments
    let all: String = EXAMPLE
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_entry(rest)).unwrap_or(line))
        .filter(|line| {
            !["postgres_url_", "file =", "without_token", "ca_file", "token_file"]
                .iter()
                .any(|key| line.starts_with(key))
        })
        .fold(String::new(), |all, line| all + line + "\n");
    let file = folder.write("all.toml", &all, 0o644);
    let mut variables = KEYS.to_vec();
    let account_key = "0a".repeat(32);
    variables.extend([
        ("EXIMBAY_API_KEY", "test_1849705C642C217E0B2D"),
        ("SETTLEBANK_LICENCE_KEY", "ST1009281328226982205"),
        ("SETTLEBANK_AES_KEY", "pgSettle30y739r82jtd709yOfZ2yK5K"),
        ("REFUNDS_ACCOUNT_KEY", account_key.as_str()),
        ("CHAIPORT_TIER", "A1z"),
    ]);
    let config = load(&file, &variables).unwrap_or_else(|faults| panic!("{faults}\n{all}"));
    assert_eq!(config.lang(), Some(Lang::Ko));
    assert_eq!(config.account_list().len(), 3);
    assert!(config.journal().account_key.is_some());
    assert!(config.accounts().is_ok());
}

#[test]
fn the_korean_example_says_the_same() {
    let entries = |text: &'static str| -> Vec<&str> {
        let entry = |line: &'static str| {
            let line = line.strip_prefix("# ").filter(|rest| is_entry(rest)).unwrap_or(line);
            let (entry, _) = line.split_once(" #").or(line.split_once('#')).unwrap_or((line, ""));
            entry.trim()
        };
        text.lines().map(entry).filter(|entry| !entry.is_empty()).collect()
    };
    assert_eq!(entries(EXAMPLE), entries(EXAMPLE_KO));
    for comment in EXAMPLE_KO.lines().filter(|line| line.starts_with("# ") && line.contains(' ')) {
        let korean = comment.chars().any(|c| ('가'..='힣').contains(&c));
        assert!(
            korean || is_entry(comment.trim_start_matches("# ")) || comment.ends_with(".toml"),
            "{comment}"
        );
    }
}

fn is_entry(line: &str) -> bool {
    let name = line.split(" = ").next().unwrap_or_default();
    line.starts_with('[')
        || (line.contains(" = ") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let folder = Folder::new("all-at-once");
    folder.write("open.key", "CANARY-0123456789-abcdef", 0o644);
    let text = r#"lang = "de"
colour = "red"
[journal]
sqllite = "a.db"
account_key = "CANARY"
[[account]]
gateway = "chaiport"
name = "sh op"
key = "CANARY"
secret_env = "NOT_SET"
endpoint = "prod"
[[account]]
gateway = "paypal"
name = "x"
key_env = "A"
[[account]]
gateway = "settlebank"
name = "b"
licence_key_env = "CANARY-pasted value"
aes_key_file = "nowhere.key"
[account.policy]
lease_s = 10
sole_actr = true
[http]
listen = "0.0.0.0:80"
token_file = "open.key"
patience_s = "long"
[worker]
count = 0
[log]
format = "xml"
filter = "=loud="
"#;
    let found = faults(&folder, text, &[]);
    let expected = [
        (1, "lang", "one of"),
        (2, "colour", "known are"),
        (4, "journal.sqllite", "`sqlite`"),
        (5, "journal.account_key", "must not stand in this file"),
        (8, "account.name", "1 to 64"),
        (9, "account.key", "must not stand in this file"),
        (10, "account.secret_env", "NOT_SET"),
        (11, "account.endpoint", "production, static_ip"),
        (13, "account.gateway", "one of"),
        (16, "account.form", "is missing"),
        (16, "account.mid", "is missing"),
        (16, "account.endpoint", "is missing"),
        (19, "account.licence_key_env", "not its value"),
        (20, "account.aes_key_file", "cannot be read"),
        (21, "account.policy.lease_s", "longer than deadline_s"),
        (23, "account.policy.sole_actr", "`sole_actor`"),
        (25, "http.listen", "other computers"),
        (26, "http.token_file", "chmod 600"),
        (27, "http.patience_s", "whole number"),
        (29, "worker.count", "1 to 256"),
        (31, "log.format", "text, json"),
        (32, "log.filter", "such as `info`"),
    ];
    for (line, field, part) in expected {
        let hit = found.iter().any(|(l, f, text)| *l == line && f == field && text.contains(part));
        assert!(hit, "{line} {field} {part}: {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(found.is_sorted_by_key(|(line, ..)| *line));
}

#[test]
fn what_the_gateways_own_checks_refuse_names_the_key_of_the_file() {
    let folder = Folder::new("refused");
    let text = r#"
[[account]]
gateway = "eximbay"
name = "a"
mid = "1849705C64"
key_env = "K"
endpoint = "production"
[[account]]
gateway = "chaiport"
name = "a"
key_env = "K"
secret_env = "K"
endpoint = "http://proxy.example"
[[account]]
gateway = "chaiport"
name = "b"
key_env = "K"
secret_env = "K"
endpoint = "https://proxy.example"
[[account]]
gateway = "chaiport"
name = "c"
key_env = "K"
secret_env = "K"
endpoint = "http://127.0.0.1:9"
total_timeout_s = 80
[[account]]
gateway = "settlebank"
name = "live"
form = "flat"
mid = "m"
licence_key_env = "P"
endpoint = "production"
"#;
    let variables = [("K", "test_CANARY0123456789"), ("P", "ST1009281328226982205")];
    let found = faults(&folder, text, &variables);
    let fields: Vec<(usize, &str)> = found.iter().map(|(line, field, _)| (*line, field.as_str())).collect();
    assert_eq!(
        fields,
        [
            (7, "account.endpoint"),
            (13, "account.endpoint"),
            (19, "account.endpoint"),
            (20, "account.policy.deadline_s"),
            (32, "account.licence_key"),
        ]
    );
}

#[test]
fn what_the_gateways_refuse_is_told_of_every_key_and_beside_what_is_missing() {
    let folder = Folder::new("refused-all");
    folder.write("ca.pem", "CANARY", 0o644);
    let text = r#"
[[account]]
gateway = "chaiport"
name = "a"
key_env = "BAD"
secret_env = "BAD"
tier_env = "K"
endpoint = "http://proxy.example"
ca_file = "ca.pem"
[[account]]
gateway = "eximbay"
name = "a"
mid = "short"
endpoint = "http://proxy.example"
[[account]]
gateway = "settlebank"
name = "a"
mid = "longer than twelve"
licence_key_env = "BAD"
aes_key_env = "K"
"#;
    let found = faults(&folder, text, &[("K", "CANARY"), ("BAD", "CANARY \u{1}")]);
    let fields: Vec<(usize, &str)> = found.iter().map(|(line, field, _)| (*line, field.as_str())).collect();
    let expected = [
        (5, "account.key"),
        (6, "account.secret"),
        (7, "account.tier"),
        (8, "account.endpoint"),
        (9, "account.ca_file"),
        (10, "account.key_env"),
        (13, "account.mid"),
        (14, "account.endpoint"),
        (15, "account.form"),
        (15, "account.endpoint"),
        (18, "account.mid"),
        (19, "account.licence_key"),
        (20, "account.aes_key"),
    ];
    assert_eq!(fields, expected, "{found:#?}");
}

#[test]
fn twice_and_both_and_nothing_at_all() {
    let folder = Folder::new("twice");
    let account = "[[account]]\ngateway = \"chaiport\"\nname = \"shop\"\nkey_env = \"K\"\nsecret_env = \"K\"\nendpoint = \"production\"\n";
    let found = faults(&folder, &account.repeat(2), &[("K", "CANARY")]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.as_str()), (7, "account.name"));
    let both = "[journal]\nsqlite = \"a\"\npostgres_url_env = \"U\"\n[http]\nwithout_token = true\ntoken_env = \"T\"\n";
    let found = faults(&folder, both, &[("U", "postgresql://u:CANARY@h/d"), ("T", "CANARY-0123456789")]);
    assert_eq!(
        found.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(),
        ["journal.sqlite", "http.without_token"]
    );
    let open = "[http]\nwithout_token = true\n";
    let found = faults(&folder, open, &[("CANCEL_DESK_TOKEN", "CANARY-0123456789")]);
    assert_eq!(found.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(), ["http.without_token"]);
    let found = faults(&folder, "[http]\n[[account]]\n", &[]);
    let fields: Vec<&str> = found.iter().map(|f| f.1.as_str()).collect();
    assert_eq!(fields, ["http.token_env", "account.gateway", "account.name"]);
    assert!(faults(&folder, "lang = \nx = 1\n[journal", &[]).len() >= 2, "every syntax fault");
    let missing = load(&folder.0.join("nowhere.toml"), &[]).unwrap_err();
    assert_eq!(missing.list()[0].problem, Problem::NoFile);
}

#[test]
fn one_account_of_a_gateway_has_one_name() {
    let folder = Folder::new("same-merchant");
    let variables = [
        ("K", "CANARY-key"),
        ("L", "CANARY-other"),
        ("E", "test_CANARY0123456789"),
        ("A", "CANARY-0123456789-CANARY-0123456"),
    ];
    let chaiport = |name: &str, key: &str, endpoint: &str, more: &str| {
        format!(
            "[[account]]\ngateway = \"chaiport\"\nname = \"{name}\"\nkey_env = \"{key}\"\nsecret_env = \"K\"\n\
             endpoint = \"{endpoint}\"\n{more}"
        )
    };
    let eximbay = |name: &str, mid: &str, port: u16| {
        format!(
            "[[account]]\ngateway = \"eximbay\"\nname = \"{name}\"\nmid = \"{mid}\"\nkey_env = \"E\"\n\
             endpoint = \"http://127.0.0.1:{port}\"\n"
        )
    };
    let settlebank = |name: &str, mid: &str| {
        format!(
            "[[account]]\ngateway = \"settlebank\"\nname = \"{name}\"\nform = \"standard\"\nmid = \"{mid}\"\n\
             licence_key_env = \"K\"\naes_key_env = \"A\"\nendpoint = \"http://127.0.0.1:9\"\n"
        )
    };
    for text in [
        chaiport("one", "K", "production", "")
            + &chaiport("two", "K", "production", "include_sandbox = true\n"),
        chaiport("one", "K", "production", "") + &chaiport("two", "K", "static_ip", ""),
        chaiport("one", "K", "http://127.0.0.1:9", "") + &chaiport("two", "K", "http://127.0.0.1:9/", ""),
        chaiport("one", "K", "http://127.0.0.1:9", "") + &chaiport("two", "K", "HTTP://127.0.0.1:9", ""),
        eximbay("one", "1849705C64", 9) + &eximbay("two", "1849705C64", 9),
        settlebank("one", "hecto_test") + &settlebank("two", "hecto_test"),
    ] {
        let found = faults(&folder, &text, &variables);
        assert_eq!(found.len(), 1, "{found:#?}");
        let (line, field, told) = &found[0];
        assert!(*line > 1 && field == "account.name", "{found:#?}");
        assert!(told.starts_with("two is the same account") && told.contains(" as one, "), "{told}");
        // a command that reads no secrets cannot tell
        let file = folder.write("desk.toml", &text, 0o644);
        assert!(Loader::new().file(Some(&file)).variables(|_| None).without_secrets().load().is_ok());
    }
    for text in [
        chaiport("one", "K", "production", "") + &chaiport("two", "L", "production", ""),
        chaiport("one", "K", "production", "") + &chaiport("two", "K", "production", "tier_env = \"T\"\n"),
        chaiport("one", "K", "http://127.0.0.1:8", "") + &chaiport("two", "K", "http://127.0.0.1:9", ""),
        eximbay("one", "1849705C64", 9) + &eximbay("two", "1849705C65", 9),
        eximbay("one", "1849705C64", 8) + &eximbay("two", "1849705C64", 9),
        settlebank("one", "hecto_test") + &settlebank("two", "hecto_tes2"),
    ] {
        let file = folder.write("desk.toml", &text, 0o644);
        let variables = [&variables[..], &[("T", "001")]].concat();
        load(&file, &variables).unwrap_or_else(|faults| panic!("{faults}"));
    }
}

#[test]
fn variables_go_before_the_file() {
    let folder = Folder::new("variables");
    let file =
        folder.write("a.toml", "lang = \"en\"\n[journal]\nsqlite = \"a.db\"\n[worker]\ncount = 2\n", 0o644);
    let key = "f0".repeat(32);
    let config = load(
        &file,
        &[
            ("CANCEL_DESK_LANG", "ko_KR.UTF-8"),
            ("CANCEL_DESK_POSTGRES_URL", "postgresql://u:CANARY@host/d"),
            ("CANCEL_DESK_ACCOUNT_KEY", &key),
            ("CANCEL_DESK_LISTEN", "[::1]:9000"),
            ("CANCEL_DESK_TOKEN", "CANARY-0123456789"),
            ("CANCEL_DESK_WORKERS", "7"),
            ("CANCEL_DESK_LOG", "debug"),
            ("CANCEL_DESK_LOG_FORMAT", "json"),
        ],
    )
    .unwrap();
    assert_eq!((config.lang(), config.workers()), (Some(Lang::Ko), 7));
    assert!(matches!(config.journal().store, Store::Postgres(_)));
    assert_eq!(config.journal_place(), "postgresql");
    assert_eq!(config.http().listen.port(), 9000);
    assert_eq!(config.log(), &LogConfig { format: LogFormat::Json, filter: Some("debug".to_owned()) });
    assert!(config.http().lacks().is_none() && config.journal().account_key.is_some());
    assert!(!format!("{config:?}").contains("CANARY"));

    let bad = load(
        &file,
        &[
            ("CANCEL_DESK_POSTGRES_URL", "CANARY"),
            ("CANCEL_DESK_ACCOUNT_KEY", "CANARY"),
            ("CANCEL_DESK_LISTEN", "8080"),
            ("CANCEL_DESK_TOKEN", "CANARY"),
            ("CANCEL_DESK_WORKERS", "many"),
            ("CANCEL_DESK_LOG_FORMAT", "xml"),
            ("CANCEL_DESK_LOG", "=loud="),
        ],
    )
    .unwrap_err();
    assert_eq!(bad.list().len(), 7, "{bad}");
    assert!(bad.list().iter().all(|fault| matches!(fault.place, Place::Variable(_))));
    assert!(!bad.to_string().contains("CANARY"));
}

#[test]
fn a_reader_of_the_journal_needs_no_secrets_of_accounts() {
    let folder = Folder::new("reader");
    let file = folder.write("cancel-desk.toml", EXAMPLE, 0o644);
    let config = Loader::new().file(Some(&file)).variables(|_| None).without_secrets().load().unwrap();
    assert_eq!(config.account_list().len(), 1);
    assert!(config.account_list()[0].client().is_none());
    assert!(matches!(config.accounts(), Err(OpenError::Account { .. })));
    // what stands in the file is checked all the same
    let bad = folder.write("bad.toml", &EXAMPLE.replace("key_env", "key"), 0o644);
    assert!(Loader::new().file(Some(&bad)).variables(|_| None).without_secrets().load().is_err());
}

#[test]
fn a_reader_of_the_journal_never_takes_another_journal_than_the_named_one() {
    let folder = Folder::new("reader-url");
    let load = |text: &str, url: Option<&str>| {
        let file = folder.write("cancel-desk.toml", text, 0o644);
        let url = url.map(str::to_owned);
        let get = move |name: &str| url.clone().filter(|_| name == "DATABASE");
        Loader::new().file(Some(&file)).variables(get).without_secrets().load()
    };
    let by_variable = "[journal]\npostgres_url_env = \"DATABASE\"\n";
    let config = load(by_variable, Some("postgresql://u:CANARY@host/d")).unwrap();
    assert!(matches!(config.journal().store, Store::Postgres(_)));
    let faults = load(by_variable, None).unwrap_err();
    assert_eq!(faults.list()[0].field, "journal.postgres_url_env");
    assert!(faults.to_string().contains("DATABASE"), "{faults}");
    let by_file = "[journal]\npostgres_url_file = \"url\"\n";
    assert_eq!(load(by_file, None).unwrap_err().list().len(), 1);
    folder.write("url", "postgresql://u:CANARY@host/d", 0o600);
    assert!(matches!(load(by_file, None).unwrap().journal().store, Store::Postgres(_)));
}

#[test]
fn the_address_of_a_database_is_no_file() {
    let folder = Folder::new("address");
    let address = "postgresql://user:CANARY-PASSWORD@host/db";
    let of_file = faults(&folder, &format!("[journal]\nsqlite = \"{address}\"\n"), &[]);
    let of_variable = faults(&folder, "", &[("CANCEL_DESK_SQLITE", address)]);
    for (found, line, field) in [(of_file, 2, "journal.sqlite"), (of_variable, 0, "CANCEL_DESK_SQLITE")] {
        let [(at, named, text)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*at, named.as_str()), (line, field));
        assert!(text.contains("postgres_url_env"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_file_is_its_owners_alone() {
    let folder = Folder::new("modes");
    let file = folder.write("a.toml", "[http]\ntoken_file = \"t\"\n", 0o644);
    for (mode, sound) in [(0o600, true), (0o400, true), (0o640, false), (0o620, false), (0o602, false)] {
        folder.write("t", "CANARY-0123456789\n", mode);
        assert_eq!(load(&file, &[]).is_ok(), sound, "{mode:o}");
        folder.write("t", "", 0o600);
    }
}

#[test]
fn readable_secret_files_are_taken_by_name_only() {
    let folder = Folder::new("readable");
    folder.write("t", "CANARY-0123456789\n", 0o644);
    let text = "[http]\ntoken_file = \"t\"\n";
    let file = folder.write("a.toml", text, 0o644);
    assert_eq!(load(&file, &[]).is_err(), cfg!(unix));
    let file = folder.write("b.toml", &format!("allow_readable_secrets = true\n{text}"), 0o644);
    assert_eq!(load(&file, &[]).unwrap().http().tokens[0].expose(), "CANARY-0123456789");
    folder.write("t", "CANARY-0123456789\n", 0o600);
    let file = folder.write("a.toml", text, 0o644);
    assert!(load(&file, &[]).is_ok());
}

#[test]
fn both_languages_say_every_problem() {
    let path = PathBuf::from("p");
    let problems = [
        Problem::Syntax("m".into()),
        Problem::NoFile,
        Problem::UnknownKey { nearest: None, known: "a, b".into() },
        Problem::UnknownKey { nearest: Some("a".into()), known: String::new() },
        Problem::missing("a = 1"),
        Problem::WrongType { wanted: "a table" },
        Problem::NotOneOf(&["a", "b"]),
        Problem::OutOfRange { least: 1, most: 2 },
        Problem::InlineSecret,
        Problem::BothGiven { other: "b".into() },
        Problem::VariableNotSet { name: "N".into() },
        Problem::Unreadable { path: path.clone() },
        Problem::ReadableByOthers { path },
        Problem::Twice,
        Problem::NotLoopback,
        Problem::NoToken,
    ];
    for problem in problems {
        let (english, korean) = (problem.text(Lang::En), problem.text(Lang::Ko));
        assert!(english.is_ascii() || english.contains('…'), "{english}");
        assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{korean}");
        assert!(
            !english.contains("  ") && !korean.contains("  ") && !english.contains('\n'),
            "{english} {korean}"
        );
    }
}

#[test]
fn what_is_no_toml_is_told_by_line_and_name_in_both_languages() {
    let folder = Folder::new("syntax");
    let mut wrong = Vec::new();
    for (text, line, field, korean) in [
        ("lang = \"ko\"\nlang = \"en\"\n", 2, "lang", "이미 있습니다"),
        ("[journal]\nsqlite = refunds.db\n", 2, "sqlite", "따옴표"),
        ("[journal]\nsqlite =\n", 2, "sqlite", "값이 없거나"),
        ("[journal]\nsqlite = \"refunds.db\n", 2, "sqlite", "닫는 따옴표"),
        ("[journal]\nsqlite = \"C:\\desk\\x\"\n", 2, "sqlite", "\\"),
        ("[journal\nsqlite = \"a.db\"\n", 1, "", "대괄호"),
        ("[worker]\ncount 2\n", 2, "", "="),
        ("[worker]\ncount = 02\n", 2, "count", "0으로"),
        ("[http]\ntoken_env = [\"A\" \"B\"]\n", 2, "token_env", "쉼표"),
    ] {
        let file = folder.write("a.toml", text, 0o644);
        let faults = load(&file, &[]).unwrap_err();
        let fault = &faults.0[0];
        let told = fault.problem.text(Lang::Ko);
        assert!(matches!(fault.problem, Problem::Syntax(_)), "{faults:?}");
        let place = (fault.place.clone(), fault.field.as_str()) == (Place::Line(file, line), field);
        if !place || !told.contains(korean) || told.contains(|c: char| c.is_ascii_lowercase()) {
            wrong.push(format!("{text}{fault} {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // and once, by the value that is wanted
    for value in ["four", "2 3", "true", "\"4\""] {
        let told = faults(&folder, &format!("[worker]\ncount = {value}\n"), &[]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].0, told[0].1.as_str()), (2, "worker.count"), "{told:?}");
        assert!(told[0].2.contains("must be a whole number"), "{told:?}");
    }
    // a value may stand where a name belongs
    let file = folder.write("a.toml", "sk_LIVE_4eC39HqLyjWDarjtT1zdp7dc = x\n", 0o644);
    assert!(!format!("{:?}", load(&file, &[]).unwrap_err()).contains("LIVE"));
}

#[test]
fn what_a_gateways_crate_refuses_is_told_at_its_line_with_the_remedy() {
    let folder = Folder::new("remedy");
    let account = |gateway: &str, lines: &str, endpoint: &str| {
        format!("[[account]]\ngateway = \"{gateway}\"\nname = \"x\"\n{lines}\nendpoint = \"{endpoint}\"\n")
    };
    let variables = [("K", "CANARY-KEY"), ("T", "test_CANARY0123456789012")];
    let chaiport = "key_env = \"K\"\nsecret_env = \"K\"";
    for (text, line, field, told) in [
        (
            account("chaiport", chaiport, "https://example.com"),
            6,
            "account.endpoint",
            "allow_custom_host = true",
        ),
        (account("chaiport", chaiport, "http://example.com"), 6, "account.endpoint", "https"),
        (
            account("eximbay", "key_env = \"T\"\nmid = \"1849705C64\"", "production"),
            6,
            "account.endpoint",
            "endpoint = \"sandbox\"",
        ),
        (account("eximbay", "key_env = \"T\"\nmid = \"x\"", "sandbox"), 5, "account.mid", "must be"),
    ] {
        let found = faults(&folder, &text, &variables);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, found[0].1.as_str()), (line, field), "{found:?}");
        assert!(found[0].2.contains(told), "{found:?}");
    }
    let file = folder.write("token.toml", "[http]\n", 0o644);
    let told = load(&file, &[("CANCEL_DESK_TOKEN", "short")]).unwrap_err().to_string();
    assert!(told.lines().any(|line| line.starts_with("CANCEL_DESK_TOKEN: must be at least 16")), "{told}");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn the_journal_opens_where_the_file_says() {
    let folder = Folder::new("opens");
    let file = folder.write("a.toml", "[journal]\nsqlite = \"j.db\"\n", 0o644);
    let journal = load(&file, &[]).unwrap().open_journal().await.unwrap();
    assert!(journal.now().await.unwrap().0 > 0);
    assert!(folder.0.join("j.db").is_file());
    let file = folder.write("b.toml", "[journal]\nsqlite = \"no/such/folder/j.db\"\n", 0o644);
    assert!(matches!(load(&file, &[]).unwrap().open_journal().await, Err(OpenError::Journal { .. })));
}
