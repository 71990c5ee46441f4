//! The program itself, against the simulated gateways, with a journal in a folder of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod files;
mod golden;
mod keys;
mod korean;
mod lookup;
mod numbers;
mod places;
mod restored;
mod sent;
#[cfg(unix)]
mod service;
mod words;

#[cfg(unix)]
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pg_sandbox::{BodyKind, Fault, FaultKind, Gateway, NewPayment, Operation, Options, Sandbox, credentials};
use serde_json::Value;

const TOKEN: &str = "CANARYTOKEN0123456789abcdef";
const NUMBER: &str = "56211105948400";
const HOLDER: &str = "카나리홀더";
const ACCOUNT_KEY: &str = "00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";

struct Scene {
    folder: PathBuf,
    sandbox: Sandbox,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.folder);
    }
}

/// How a command ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

impl Scene {
    async fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cancel-desk-cli-{name}-{}", std::process::id()));
        let _old = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let scene = Self { folder, sandbox };
        let url = |gateway| scene.sandbox.url(gateway);
        let config = format!(
            r#"[journal]
sqlite = "refunds.db"
[journal.account_key]
env = "ACCOUNT_KEY"
[[account]]
gateway = "chaiport"
name = "shop"
key_env = "KEY"
secret_file = "secret"
endpoint = "{}"
[[account]]
gateway = "eximbay"
name = "global"
mid = "{}"
key_env = "EXIMBAY_KEY"
endpoint = "{}"
[http]
listen = "127.0.0.1:0"
token_env = "TOKEN"
grace_s = 5
[worker]
count = 2
"#,
            url(Gateway::Chaiport),
            credentials::EXIMBAY_MID,
            url(Gateway::Eximbay)
        );
        scene.write("cancel-desk.toml", &config);
        let secret = scene.write("secret", credentials::CHAIPORT_SECRET);
        private(&secret);
        scene
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(&self.folder, arguments);
        command
            .env("KEY", credentials::CHAIPORT_KEY)
            .env("EXIMBAY_KEY", credentials::EXIMBAY_KEY)
            .env("TOKEN", TOKEN)
            .env("ACCOUNT_KEY", ACCOUNT_KEY);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        self.finish(self.command(arguments)).await
    }

    async fn korean(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        command.env("LANG", "ko_KR.UTF-8");
        self.finish(command).await
    }

    // not on the sandbox's threads
    async fn finish(&self, mut command: Command) -> Ended {
        Ended::of(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
    }

    /// Payments of Chaiport, known to the gateway and registered.
    async fn pay(&self, orders: &[&str]) -> Vec<String> {
        let mut file = "imp_uid,merchant_uid,amount,pay_method,pg_provider\n".to_owned();
        let mut ids = Vec::new();
        for order in orders {
            let id = self.sandbox.pay(NewPayment::chaiport(*order, 10_000).pg_provider("html5_inicis"));
            file += &format!("{},{order},10000,card,html5_inicis\n", id.as_str());
            ids.push(id.as_str().to_owned());
        }
        let path = self.write("payments.csv", &file);
        self.run(&["payments", "import", path.to_str().unwrap()]).await.ends(0);
        ids
    }

    fn refunded(&self, id: &str) -> Vec<i64> {
        let ledger = self.sandbox.payment(Gateway::Chaiport, id).unwrap();
        ledger.entries.iter().map(|entry| entry.amount).collect()
    }
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cancel-desk"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("LANG", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn private(path: &Path) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = path;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_made_once_under_its_key() {
    let scene = Scene::new("once").await;
    let ids = scene.pay(&["ORD-1"]).await;
    // nothing is sent unless somebody said yes
    let refused = scene.run(&["cancel", "ORD-1", "--amount", "3000", "--key", "r-1"]).await.ends(2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--reason", "변심", "--yes"];
    let first = scene.run(&cancel).await.ends(0);
    assert!(first.out.contains("refunded: the gateway said so"), "{}", first.out);
    assert!(first.out.contains("3,000 KRW"));
    let again = scene.run(&cancel).await.ends(0);
    assert!(again.err.contains("nothing new was stored"), "{}", again.err);
    assert_eq!(again.out, first.out, "the very same refund");
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
    // the same key for something else
    let other = scene.run(&["cancel", "ORD-1", "--amount", "4000", "--key", "r-1", "--yes"]).await.ends(2);
    assert!(other.err.contains("3,000 KRW") && other.err.contains("do NOT use a new key"), "{}", other.err);
    // more than is left, all that is left, nothing left
    let more = scene.run(&["cancel", "ORD-1", "--amount", "7001", "--key", "r-2", "--yes"]).await.ends(1);
    assert!(more.err.contains("7,001 KRW is more than the 7,000 KRW"), "{}", more.err);
    let full = ["cancel", "ORD-1", "--full", "--key", "r-3", "--yes"];
    scene.run(&full).await.ends(0);
    scene.run(&full).await.ends(0);
    let nothing = scene.korean(&["cancel", "ORD-1", "--full", "--key", "r-4", "--yes"]).await.ends(1);
    assert_eq!(nothing.err, "오류: 이미 전액환불된 주문입니다.\n");
    assert_eq!(scene.refunded(&ids[0]), [3_000, 7_000]);
    let sound = scene.run(&["journal", "verify"]).await.ends(0);
    assert!(sound.out.starts_with("sound: 1 payments, 2 cancels, 2 attempts"), "{}", sound.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_exit_code_and_its_json() {
    let scene = Scene::new("codes").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    let cancel = |order: &'static str, key: &'static str| {
        vec!["--json", "cancel", order, "--amount", "1000", "--key", key, "--wait", "0s", "--yes"]
    };
    // 5: what is configured is wrong; 2: what is asked is wrong
    scene
        .run(&["cancel", "--config", "nowhere.toml", "ORD-1", "--full", "--key", "k", "--yes"])
        .await
        .ends(5);
    for wrong in [
        vec!["cancel", "ORD-1", "--full"],
        vec!["cancel", "ORD-1", "--amount", "-1", "--key", "k", "--yes"],
        vec!["cancel", "ORD-1", "--amount", "1e3", "--key", "k", "--yes"],
        vec!["cancel", "ORD-1", "--amount", "0", "--key", "k", "--yes"],
        vec!["cancel", "ORD-1", "--amount", "10.5", "--key", "k", "--yes"],
        vec!["cancel", "ORD-1", "--amount", "1", "--key", "한글", "--yes"],
        vec!["cancel", "ORD-9", "--full", "--key", "k", "--yes"],
        vec!["status", "ORD-9"],
        vec!["no-such-command"],
        vec!["resolve", "x", "--happened", "--by", "a", "--reason", "b", "--yes"],
    ] {
        let ended = scene.run(&wrong).await.ends(2);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{wrong:?}");
    }
    let unknown = scene.run(&["--json", "status", "ORD-9"]).await.ends(2).json();
    assert_eq!(unknown["error"]["code"], "no_such_payment");
    assert_eq!(scene.sandbox.count(Gateway::Chaiport, Operation::Cancel), 0);

    // 3: the answer got lost; the refund is carried on by whoever works next
    let lost =
        Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(true);
    scene.sandbox.fault(lost);
    let open = scene.run(&cancel("ORD-1", "k-1")).await.ends(3).json();
    assert_eq!((open["state"].as_str(), open["amount"].as_i64()), (Some("open"), Some(1_000)));
    let id = open["id"].as_str().unwrap().to_owned();
    let pending = scene.run(&["pending"]).await.ends(0);
    assert!(pending.out.contains(&id) && pending.out.contains("Under way:"), "{}", pending.out);
    // 3 as well: journal and gateway differ, and a refund is under way
    let differ = scene.run(&["--json", "lookup", "ORD-1"]).await.ends(3).json();
    assert_eq!(differ["verdict"], "under_way");
    assert_eq!(differ["gateway"]["cancel_amount"], 1_000);
    // too late to take it back
    scene.run(&["withdraw", &id, "--by", "kim", "--reason", "x"]).await.ends(1);
    // 0: looked up, found, done
    let done = scene
        .run(&["--json", "cancel", "ORD-1", "--amount", "1000", "--key", "k-1", "--wait", "30s", "-y"])
        .await;
    assert_eq!(done.ends(0).json()["outcome"]["proof"], "tag");
    assert_eq!(scene.refunded(&ids[0]), [1_000]);
    scene.run(&["lookup", "ORD-1"]).await.ends(0);

    // 1: refused for good by the gateway, as its ledger confirms
    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::Status(200, refusal));
    scene.sandbox.fault(fault.apply(false));
    let cancel = ["--json", "cancel", "ORD-2", "--amount", "1000", "--key", "k-2", "--wait", "60s", "-y"];
    let refused = scene.run(&cancel).await.ends(1).json();
    assert_eq!(refused["outcome"]["result"], "rejected", "{refused}");
    assert!(scene.refunded(&ids[1]).is_empty());

    // 4: somebody refunded in the admin page, and nothing of ours explains it
    let ids = scene.pay(&["ORD-3"]).await;
    let _console = scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], 5_000);
    let differ = scene.run(&["lookup", "ORD-3"]).await.ends(4);
    assert!(differ.out.contains("somebody else may have cancelled"), "{}", differ.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_what_only_a_person_can() {
    let scene = Scene::new("person").await;
    let ids = scene.pay(&["ORD-1"]).await;
    // registered with another amount than the gateway has: only a person can tell why
    let id = scene.sandbox.pay(NewPayment::chaiport("ORD-X", 10_000));
    let row = format!("imp_uid,merchant_uid,amount\n{},ORD-X,20000\n", id.as_str());
    let file = scene.write("bad.csv", &row);
    scene.run(&["payments", "import", file.to_str().unwrap()]).await.ends(0);
    let cancel = ["--json", "cancel", "ORD-X", "--amount", "1000", "--key", "k", "--wait", "20s", "-y"];
    let waits = scene.run(&cancel).await.ends(4).json();
    assert_eq!(waits["evidence"]["why"], "other_paid_amount");
    let id = waits["id"].as_str().unwrap().to_owned();
    let pending = scene.run(&["pending"]).await.ends(4);
    assert!(pending.out.contains("Waits for a person:") && pending.out.contains(&id), "{}", pending.out);
    assert!(scene.korean(&["pending"]).await.ends(4).out.contains("담당자 확인이 필요한 건:"));
    let decide = ["resolve", &id, "--did-not-happen", "--by", "kim", "--reason", "wrong amount registered"];
    scene.run(&decide).await.ends(2);
    let decided = scene.run(&[&decide[..], &["--yes"]].concat()).await.ends(0);
    // the gateway has less left than the journal says
    assert!(decided.err.contains("WARNING") && decided.err.contains("10,000 KRW seen"), "{}", decided.err);
    assert!(decided.out.contains("a person decided that it did not happen"), "{}", decided.out);
    assert!(
        decided.out.contains("kim (") && decided.out.contains("wrong amount registered"),
        "{}",
        decided.out
    );
    scene.run(&["status", &id]).await.ends(1);
    let events = scene.run(&["status", &id, "--events"]).await.ends(1);
    assert!(events.out.contains("resolved") && events.out.contains("kim"));
    // decided once and for all; and nothing was sent
    scene.run(&[&decide[..], &["--yes"]].concat()).await.ends(1);
    assert_eq!(scene.sandbox.count(Gateway::Chaiport, Operation::Cancel), 0);
    // what nobody has sent yet can be taken back
    let file = scene.write("new.csv", "imp_uid,merchant_uid,amount\nimp_999999999999,ORD-N,1000\n");
    scene.run(&["payments", "import", file.to_str().unwrap()]).await.ends(0);
    let cancel = ["--json", "cancel", "ORD-N", "--full", "--key", "k-n", "--wait", "0s", "-y"];
    let planned = scene.run(&cancel).await.ends(3).json();
    let id = planned["id"].as_str().unwrap();
    scene.run(&["withdraw", id, "--by", "kim", "--reason", "typo"]).await.ends(0);
    scene.run(&["status", id]).await.ends(1);
    // after a restored backup every payment is suspect, until its ledger was compared or a person says so
    scene.run(&["recover", "--after-restore"]).await.ends(2);
    let marked = scene
        .run(&["recover", "--after-restore", "--by", "kim", "--reason", "backup of 03:00"])
        .await
        .ends(0);
    assert!(marked.out.contains("3 payments are marked as suspect"), "{}", marked.out);
    assert!(scene.run(&["pending"]).await.out.contains("Suspect after a restored backup"));
    let key = format!("chaiport/shop/{}", ids[0]);
    let trust = ["trust", &key, "--by", "kim", "--reason", "compared by hand", "--yes"];
    // what was lost may be on its way yet
    assert!(scene.korean(&trust).await.ends(3).err.contains(" 뒤에 다시 시도하세요"));
    scene.run(&[&trust[..], &["--force"]].concat()).await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_registers_all_or_nothing() {
    let scene = Scene::new("import").await;
    let bad = "imp_uid,merchant_uid,amount\nimp_111111111111,A,1000\nimp_111111111112,B,\"1,000\"\nimp_111111111113,,5\n";
    let path = scene.write("bad.csv", bad);
    let ended = scene.run(&["payments", "import", path.to_str().unwrap()]).await.ends(2);
    assert!(ended.err.contains("line 3: amount: must be a plain number"), "{}", ended.err);
    assert!(ended.err.contains("line 4: merchant_uid: must be given"), "{}", ended.err);
    assert!(scene.run(&["payments", "list"]).await.ends(0).err.contains("nothing to show"));
    let mut good = "imp_uid,merchant_uid,amount,buyer\n".to_owned();
    for number in 0..300 {
        good += &format!("imp_{number:012},ORD-{number},1000,x\n");
    }
    let path = scene.write("good.csv", &good);
    let import = ["payments", "import", path.to_str().unwrap()];
    let ended = scene.run(&import).await.ends(0);
    assert_eq!(ended.out, "300 payments registered, 0 were registered before\n");
    assert_eq!(ended.err, "columns that are not used: buyer\n");
    assert_eq!(scene.korean(&import).await.ends(0).out, "새로 등록 0건, 이미 등록된 결제 300건\n");
    // another amount under the same number is found before anything is stored
    let path = scene.write(
        "other.csv",
        "imp_uid,merchant_uid,amount\nimp_999999999999,N,1\nimp_000000000000,ORD-0,2000\n",
    );
    let ended = scene.run(&["payments", "import", path.to_str().unwrap()]).await.ends(2);
    assert!(
        ended.err.contains("line 3: imp_uid: this payment is registered already")
            && ended.err.contains("amount (registered: 1,000 KRW, file: 2,000 KRW)"),
        "{}",
        ended.err
    );
    scene.run(&["status", "N"]).await.ends(2);
    let list = scene.run(&["--json", "payments", "list", "--limit", "7"]).await.ends(0).json();
    assert_eq!(list.as_array().unwrap().len(), 7);
    // a reader that has seen enough is no fault
    let mut child = scene.command(&["payments", "list", "--limit", "300"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_first_minute_needs_nothing() {
    let folder = std::env::temp_dir().join(format!("cancel-desk-cli-first-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let run = |arguments: &[&str]| Ended::of(program(&folder, arguments).output().unwrap());
    let hello = run(&[]).ends(2);
    assert!(hello.out.contains("cancel-desk demo") && hello.out.contains("config example"));
    assert!(run(&["--lang", "ko"]).out.contains("설정 파일 만들기"));
    let help = run(&["--help"]).ends(0);
    assert!(help.out.contains("Exit codes:") && help.out.contains("First minute:"));
    assert!(run(&["--lang=ko", "--help"]).ends(0).out.contains("종료 코드:"));
    assert!(run(&["config", "check"]).ends(0).err.contains("no merchant account"));
    let example = run(&["config", "example"]).ends(0);
    std::fs::write(folder.join("cancel-desk.toml"), example.out).unwrap();
    let faults = run(&["config", "check"]).ends(5);
    for variable in ["CHAIPORT_API_KEY", "CHAIPORT_API_SECRET", "REFUNDS_TOKEN"] {
        assert!(faults.err.contains(variable), "{}", faults.err);
    }
    std::fs::write(folder.join("log.toml"), "[log]\nfilter = \"=loud=\"\n").unwrap();
    let faults = run(&["config", "check", "--config", "log.toml"]).ends(5);
    assert!(faults.err.contains("log.toml:2: log.filter: must be such as"), "{}", faults.err);
    // payments are registered and the journal is read without the secrets of gateways
    run(&["pending"]).ends(5);
    std::fs::write(folder.join("p.csv"), "imp_uid,merchant_uid,amount\nimp_1,A,1\n").unwrap();
    run(&["payments", "import", "p.csv"]).ends(0);
    assert_eq!(
        run(&["pending", "--lang", "en"]).ends(0).out,
        "nothing is under way and nothing waits for a person\n"
    );
    let banks = run(&["banks", "신한", "--lang", "en"]).ends(0);
    assert!(banks.out.contains("088") && banks.out.contains("inicis 88") && banks.out.contains("kcp BK88"));
    assert_eq!(run(&["--json", "banks", "88", "--scheme", "inicis"]).ends(0).json()[0]["kftc"], "088");
    run(&["banks", "no such bank"]).ends(1);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A running `serve`, and everything that it writes.
#[cfg(unix)]
struct Service {
    child: std::process::Child,
    address: String,
    written: std::thread::JoinHandle<String>,
}

#[cfg(unix)]
impl Service {
    fn start(scene: &Scene, arguments: &[&str]) -> Self {
        use std::io::{BufRead, BufReader, Read};

        let mut child = scene.command(arguments).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let (mut address, mut written) = (String::new(), String::new());
        while address.is_empty() {
            let mut line = String::new();
            assert!(err.read_line(&mut line).unwrap() > 0, "it ended: {written}");
            if let Some((_, rest)) = line.split_once("http://127") {
                address = format!("127{}", rest.split(',').next().unwrap());
            }
            written += &line;
        }
        let written = std::thread::spawn(move || {
            err.read_to_string(&mut written).unwrap();
            written
        });
        Self { child, address, written }
    }

    /// `POST /payments/cancel`: the answer with its head.
    async fn cancel(&self, token: &str, key: &str, body: &str) -> String {
        let text = format!(
            "POST /payments/cancel HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let address = self.address.clone();
        let ask = move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            let mut answer = String::new();
            // a service that was stopped cuts the connection
            let _cut = std::io::Read::read_to_string(&mut stream, &mut answer).is_err();
            answer
        };
        tokio::task::spawn_blocking(ask).await.unwrap()
    }

    /// SIGTERM, so often; then how it ended and what it wrote.
    async fn stop(mut self, times: usize) -> (Option<i32>, String) {
        for _ in 0..times {
            let pid = self.child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let ended = tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap();
        (ended.code(), self.written.join().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_account_leaves_the_program() {
    let scene = Scene::new("canary").await;
    let paid = NewPayment::chaiport("ORD-V", 30_000).pg_provider("html5_inicis").vbank();
    let id = scene.sandbox.pay(paid);
    let file = format!(
        "imp_uid,merchant_uid,amount,pay_method,pg_provider\n{},ORD-V,30000,vbank,html5_inicis\n",
        id.as_str()
    );
    let path = scene.write("v.csv", &file);
    let account = format!(r#"{{"refund_bank":"88","refund_account":"{NUMBER}","refund_holder":"{HOLDER}"}}"#);
    let account = scene.write("account.json", &account);
    let broken =
        scene.write("broken.json", &format!(r#"{{"refund_account":"{NUMBER}","refund_holdr":"{HOLDER}"}}"#));
    let inline = format!(
        "[http]\ntoken = \"{TOKEN}\"\n[journal]\naccount_key = \"{ACCOUNT_KEY}\"\n[[account]]\ngateway = \"chaiport\"\nname = \"shop\"\nkey = \"{}\"\nsecret_env = \"{}\"\n",
        credentials::CHAIPORT_KEY,
        credentials::CHAIPORT_SECRET
    );
    let inline = scene.write("inline.toml", &inline);
    let lost =
        Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(false);
    scene.sandbox.fault(lost);
    let (path, account, broken, inline) = (
        path.to_str().unwrap(),
        account.to_str().unwrap(),
        broken.to_str().unwrap(),
        inline.to_str().unwrap(),
    );
    let cancel = ["cancel", "ORD-V", "--full", "--key", "k", "--yes", "--wait", "0s", "--refund-to"];
    let mut told = String::new();
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["payments", "import", path],
        [&cancel[..], &[broken]].concat(),
        [&cancel[..], &[account]].concat(),
        vec!["status", "ORD-V", "--events"],
        vec!["--json", "status", "ORD-V"],
        vec!["lookup", "ORD-V"],
        vec!["pending"],
        vec!["journal", "events"],
        vec!["journal", "verify"],
        vec!["recover"],
        vec!["config", "check"],
        vec!["--json", "config", "check"],
        vec!["config", "check", "--config", inline],
        vec!["cancel", "ORD-V", "--full", "--key", "k2", "--yes"],
    ];
    for command in &mut commands {
        command.push("-vvv");
        let mut command = scene.command(command);
        command.env("CANCEL_DESK_LOG_FORMAT", "json");
        let ended = scene.finish(command).await;
        told += &ended.out;
        told += &ended.err;
    }
    #[cfg(unix)]
    {
        let service = Service::start(&scene, &["serve", "-vvv"]);
        let asked = format!(
            r#"{{"merchant_uid":"ORD-V","cancel_request_amount":1000,"refund_bank":"88","refund_account":"{NUMBER}","refund_holder":"{HOLDER}"}}"#
        );
        for (token, body) in
            [(TOKEN, asked.as_str()), ("wrong-wrong-wrong-wrong", &asked), (TOKEN, asked.get(..40).unwrap())]
        {
            told += &service.cancel(token, "k3", body).await;
        }
        told += &service.stop(2).await.1;
    }
    let mut disk = Vec::new();
    for name in ["refunds.db", "refunds.db-wal"] {
        disk.extend(std::fs::read(scene.folder.join(name)).unwrap_or_default());
    }
    // the control: what may be seen is seen
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has(told.as_bytes(), "ORD-V") && has(&disk, "ORD-V"));
    assert!(told.contains("\"level\":\"INFO\"") && told.contains("operation ended"), "the log is on");
    for secret in [
        NUMBER,
        HOLDER,
        TOKEN,
        ACCOUNT_KEY,
        credentials::CHAIPORT_KEY,
        credentials::CHAIPORT_SECRET,
        credentials::EXIMBAY_KEY,
    ] {
        assert!(!has(told.as_bytes(), secret), "told: {}", around(&told, secret));
        assert!(!has(&disk, secret), "on disk: {}", secret.len());
    }
}

fn around(text: &str, secret: &str) -> String {
    text.lines().find(|line| line.contains(secret)).unwrap_or_default().replace(secret, "<SECRET>")
}
