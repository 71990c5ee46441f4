//! The desk's configuration: file and environment.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use cancel_desk::config::{Lang, Loader};

use crate::behaviour::Seen;

/// What configurations are made of.
pub(super) const WORDS: &[&str] = &[
    "lang = \"ko\"\n",
    "[journal]\n",
    "sqlite = \"refunds.db\"\n",
    "postgres_url_env = \"",
    "[journal.account_key]\n",
    "env = \"",
    "file = \"",
    "[[account]]\n",
    "gateway = \"chaiport\"\n",
    "gateway = \"eximbay\"\n",
    "gateway = \"settlebank\"\n",
    "name = \"shop\"\n",
    "key_env = \"K\"\n",
    "secret_env = \"S\"\n",
    "mid = \"1849705C64\"\n",
    "licence_key_env = \"L\"\n",
    "aes_key_env = \"A\"\n",
    "form = \"standard\"\n",
    "form = \"flat\"\n",
    "endpoint = \"production\"\n",
    "endpoint = \"sandbox\"\n",
    "endpoint = \"http://127.0.0.1:1\"\n",
    "endpoint = \"https://evil.example\"\n",
    "allow_custom_host = true\n",
    "total_timeout_s = 65\n",
    "[account.policy]\n",
    "sole_actor = true\n",
    "lease_s = 120\n",
    "deadline_s = 75\n",
    "quiet_s = 90\n",
    "[http]\n",
    "listen = \"127.0.0.1:8080\"\n",
    "listen = \"0.0.0.0:80\"\n",
    "token_env = \"T\"\n",
    "tokens_env = [\"T\"]\n",
    "without_token = true\n",
    "[worker]\n",
    "count = 4\n",
    "[log]\n",
    "format = \"json\"\n",
    "filter = \"info\"\n",
    "ca_file = \"",
    "tier_env = \"K\"\n",
    "authorization = \"bearer\"\n",
    "include_sandbox = true\n",
    "allow_readable_secrets = true\n",
    "\n\0",
    "CANCEL_DESK_SQLITE=",
    "CANCEL_DESK_LISTEN=",
    "CANCEL_DESK_WORKERS=",
    "CANCEL_DESK_LOG=",
    "CANCEL_DESK_LOG_FORMAT=",
    "CANCEL_DESK_LANG=",
    "CANCEL_DESK_TOKEN=",
    "CANCEL_DESK_ACCOUNT_KEY=",
    "CANCEL_DESK_POSTGRES_URL=",
    "K=CANARY-key",
    "S=CANARY-secret",
    "9223372036854775808",
    "-1",
    "0",
    "1e400",
    "'''",
    "\"\"\"",
    "#",
    "=",
    "[",
    "]",
];

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}

thread_local! {
    static FILE: RefCell<Scratch> = RefCell::new({
        let folder = PathBuf::from("/dev/shm");
        let folder = if folder.is_dir() { folder } else { std::env::temp_dir() };
        let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "-");
        Scratch(folder.join(format!("fuzz-config-{}-{thread}.toml", std::process::id())))
    });
}

/// The file, and behind a null byte variables, one a line.
pub(super) fn config(bytes: &[u8]) -> u64 {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, variables) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let variables = String::from_utf8_lossy(variables);
    let mut seen = Seen::new();
    let variable = |name: &str| {
        let found = variables.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    let misplaced = misplaced(text, &variables);
    // a file may name files: those are not for a fuzzer to read
    let of_files = text.windows(4).any(|window| window == b"file") || text.contains(&b'\\');
    let loaded = FILE.with_borrow(|file| {
        fs::write(&file.0, text).expect("a scratch file");
        let loader = Loader::new().file(Some(&file.0)).variables(variable);
        if of_files { loader.without_secrets().load() } else { loader.load() }
    });
    match loaded {
        Ok(config) => {
            let shown = format!("{config:?}");
            assert!(misplaced || !shown.contains("CANARY-"), "a secret is shown: {shown}");
            assert!((1..=256).contains(&config.workers()));
            let accounts = config.account_list();
            for (index, account) in accounts.iter().enumerate() {
                let same = |other: &&cancel_desk::config::AccountConfig| {
                    (other.gateway(), other.name()) == (account.gateway(), account.name())
                };
                assert!(!accounts[..index].iter().any(|other| same(&other)), "an account stands twice");
                let production = account.endpoint() != "custom";
                seen.debug(&(account.gateway(), account.client().is_some(), production, account.policy()));
            }
            let http = config.http();
            seen.note("config").debug(&http.without_token).debug(&config.lang()).debug(&config.log());
        }
        Err(faults) => {
            assert!(!faults.list().is_empty());
            for fault in faults.list() {
                for lang in [Lang::En, Lang::Ko] {
                    let shown = fault.text(lang);
                    assert!(misplaced || !shown.contains("CANARY-"), "{shown}");
                    assert!(shown.len() < 8000, "a fault of {} bytes", shown.len());
                }
                seen.debug(&fault.problem);
            }
        }
    }
    seen.number()
}

/// Whether a secret stands where none is expected: in the file, or in a variable that holds none.
fn misplaced(text: &[u8], variables: &str) -> bool {
    const OPEN: [&str; 6] = ["SQLITE=", "LISTEN=", "WORKERS=", "LOG=", "LOG_FORMAT=", "LANG="];
    let open = |line: &str| {
        line.strip_prefix("CANCEL_DESK_").is_some_and(|rest| OPEN.iter().any(|name| rest.starts_with(name)))
    };
    text.windows(7).any(|window| window == b"CANARY-")
        || variables.lines().any(|line| open(line) && line.contains("CANARY-"))
}
