//! A `PostgreSQL` server for tests: the one that `CANCEL_DESK_TEST_POSTGRES` names, or a temporary one of our own.
//!
//! The temporary server lies in a new folder, listens on a free loopback port, and syncs to disk as a real one does.
//! A shell watches over it: when the test process ends, however it ends, the server is stopped and the folder removed.
//! Every test takes a schema of its own ([`Server::schema`]), so tests run side by side.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::arithmetic_side_effects
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

const NONE_FOUND: &str =
    "skipped: no PostgreSQL server found (set CANCEL_DESK_TEST_POSTGRES to a URL, or install one)";
/// A server that does not start within this time never will.
const START: Duration = Duration::from_secs(60);

/// Runs as an unprivileged user: `initdb` refuses root. Reads one word a line; the end of its input ends everything.
const WATCH: &str = r#"
bin=$1 port=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/cancel-desk-pg-XXXXXX") || exit 1
finish() { [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null && wait "$pid"; rm -rf "$dir"; }
trap finish EXIT
trap '' INT
cd "$dir"
"$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 || { cat initdb.log >&2; exit 1; }
# one user must give a password; everybody else is trusted, on loopback alone
{ echo "host all locked 127.0.0.1/32 scram-sha-256"; cat data/pg_hba.conf; } >hba && mv hba data/pg_hba.conf
launch() {
    "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" \
        -c max_connections=300 -c shared_buffers=64MB -c log_min_messages=warning </dev/null >>server.log 2>&1 &
    pid=$!
    n=0
    until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        n=$((n + 1))
        if [ $n -gt 300 ] || ! kill -0 "$pid" 2>/dev/null; then cat server.log >&2; exit 1; fi
        sleep 0.1
    done
}
launch
echo "ready $pid $dir"
while read -r word; do
    case $word in
        crash) kill -QUIT "$pid"; wait "$pid"; pid=; echo crashed ;;
        start) launch; echo "ready $pid $dir" ;;
    esac
done
"#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    url: String,
    watch: Option<Mutex<Watch>>,
}

#[derive(Debug)]
struct Watch {
    shell: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    pid: u32,
}

impl Server {
    /// The server that all tests of this process share. `None`, said on standard error, when there is none to be had
    /// on this machine.
    ///
    /// # Panics
    /// Without a server when `CI=true`: there it must not be skipped.
    pub fn shared() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER.get_or_init(|| given().map(|url| Self { url, watch: None }).or_else(Self::start)).as_ref()
    }

    /// A server of its own, for tests that crash it. `None` as for [`Server::shared`].
    ///
    /// # Panics
    /// Without a server when `CI=true`; when one is there and does not start.
    pub fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            let needed = std::env::var("CI").as_deref() == Ok("true") && given().is_none();
            assert!(!needed, "{NONE_FOUND}");
            // past the test harness, which keeps to itself what a test that passes prints
            let _told = writeln!(std::io::stderr(), "{NONE_FOUND}");
            return None;
        };
        // another process may take the port before the server does
        (0..3).find_map(|_| Self::launch(&bin)).or_else(|| panic!("the PostgreSQL server does not start"))
    }

    fn launch(bin: &Path) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut shell = unprivileged()
            .args(["sh", "-c", WATCH, "watch"])
            .arg(bin)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = shell.stdin.take();
        let lines = BufReader::new(shell.stdout.take().unwrap());
        let (send, output) = channel();
        std::thread::spawn(move || lines.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut watch = Watch { shell, input, output, pid: 0 };
        watch.ready().then(|| {
            let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres");
            Self { url, watch: Some(Mutex::new(watch)) }
        })
    }

    /// Its address, with a user who may do everything.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address for the user `locked`, who must give this password.
    pub fn url_with_password(&self, password: &str) -> String {
        self.url.replace("postgres@", &format!("locked:{password}@"))
    }

    /// A schema name that no other test uses.
    pub fn schema() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        format!("t{since}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
    }

    /// The address of a new, empty database on it: for programs that are told no schema.
    pub fn database(&self) -> String {
        let name = Self::schema();
        let psql = programs().map_or_else(|| PathBuf::from("psql"), |bin| bin.join("psql"));
        let create = format!("CREATE DATABASE {name}");
        let made = Command::new(psql).args(["-q", "-d", &self.url, "-c", &create]).status().unwrap();
        assert!(made.success(), "the database is not made");
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (host, _) = base.rsplit_once('/').unwrap();
        format!("{host}/{name}?{query}").trim_end_matches('?').to_owned()
    }

    /// Whether it is ours to crash.
    pub fn is_ours(&self) -> bool {
        self.watch.is_some()
    }

    /// Stops it in the middle of everything, as if the power failed: nothing is finished, no file is put in order.
    pub fn crash(&self) {
        let mut watch = self.watch();
        watch.say("crash");
        assert_eq!(watch.line().as_deref(), Some("crashed"));
    }

    /// Starts it again after [`Server::crash`], on the same files.
    pub fn restart(&self) {
        let mut watch = self.watch();
        watch.say("start");
        assert!(watch.ready(), "the server does not start again");
    }

    /// Stops all its processes where they are, without ending them.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets them go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.watch().pid;
        // the postmaster's children lead process groups of their own
        let children = format!("/proc/{pid}/task/{pid}/children");
        let children = std::fs::read_to_string(children).expect("pausing needs Linux");
        let mut kill = Command::new("kill");
        kill.arg(signal).arg(pid.to_string()).args(children.split_whitespace());
        // a child may end by itself in between
        let _told = kill.stderr(Stdio::null()).status().unwrap();
    }

    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.as_ref().expect("a server of our own").lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Watch {
    fn say(&mut self, word: &str) {
        writeln!(self.input.as_mut().unwrap(), "{word}").unwrap();
    }

    fn line(&self) -> Option<String> {
        self.output.recv_timeout(START).ok()
    }

    fn ready(&mut self) -> bool {
        let line = self.line().unwrap_or_default();
        let mut words = line.split_whitespace();
        let ready = words.next() == Some("ready");
        self.pid = words.next().and_then(|pid| pid.parse().ok()).unwrap_or_default();
        ready
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // the end of its input tells the shell to clear up
        drop(self.input.take());
        let _ended = self.shell.wait();
    }
}

/// The server that the environment names.
fn given() -> Option<String> {
    std::env::var("CANCEL_DESK_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// The folder with the server's programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("initdb")).find(|file| file.is_file());
    if let Some(initdb) = found {
        // links into a folder of links lack some of the programs
        let real = initdb.canonicalize().ok()?;
        return real.parent().filter(|bin| bin.join("postgres").is_file()).map(Path::to_owned);
    }
    // Debian keeps each version's programs apart
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut bins: Vec<_> = versions.flatten().map(|version| version.path().join("bin")).collect();
    bins.sort();
    bins.into_iter().rev().find(|bin| bin.join("initdb").is_file())
}

/// `env`, as somebody who may start a server.
fn unprivileged() -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"));
    if !root {
        return Command::new("env");
    }
    let known = |user: &&str| Command::new("id").arg(user).output().is_ok_and(|id| id.status.success());
    let user = ["postgres", "nobody"].into_iter().find(known).expect("a user who is not root");
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--", "env"]);
    command
}
