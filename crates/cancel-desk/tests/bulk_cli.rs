//! `cancel-desk bulk` as a process: files, approval, a kill in the middle, exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use cancel_desk::bulk::approve;
use cancel_desk::journal::{Journal, SqliteJournal, SqliteOptions};
use cancel_desk::pg_core::Money;
use pg_sandbox::{BodyKind, Fault, FaultKind, Gateway, NewPayment, Operation, Options, Sandbox, credentials};
use serde_json::Value;

const ORDERS: usize = 40;

struct Shop {
    folder: PathBuf,
    sandbox: Sandbox,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.folder);
    }
}

impl Shop {
    async fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cancel-desk-bulk-cli-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let config = format!(
            "[journal]\nsqlite = \"{}\"\n[[account]]\ngateway = \"chaiport\"\nname = \"shop\"\n\
             key_env = \"KEY\"\nsecret_env = \"SECRET\"\nendpoint = \"{}\"\ntotal_timeout_s = 5\n\
             [account.policy]\nlease_s = 8\ndeadline_s = 6\nquiet_s = 2\n",
            folder.join("refunds.db").display(),
            sandbox.url(Gateway::Chaiport)
        );
        std::fs::write(folder.join("desk.toml"), config).unwrap();
        let shop = Self { folder, sandbox };
        let mut payments = "gateway,account,imp_uid,merchant_uid,amount,pg_provider\n".to_owned();
        let mut orders = "merchant_uid,amount\n".to_owned();
        for number in 0..ORDERS {
            let id = shop.sandbox.pay(NewPayment::chaiport(format!("ORD-{number}"), 10_000));
            payments.push_str(&format!("chaiport,shop,{id},ORD-{number},10000,html5_inicis\n"));
            orders.push_str(&format!("ORD-{number},{}\n", 1_000 + number));
        }
        orders.push_str("ORD-X,1\n");
        shop.write("payments.csv", &payments);
        shop.write("orders.csv", &orders);
        shop
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cancel-desk"));
        command.current_dir(&self.folder).env("KEY", credentials::CHAIPORT_KEY);
        command.env("SECRET", credentials::CHAIPORT_SECRET).env("CANCEL_DESK_LANG", "en");
        command.args(["--config", "desk.toml"]).args(words).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; its exit code and its one document.
    fn json(&self, words: &[&str]) -> (i32, Value) {
        let Output { status, stdout, stderr } = self.command(words).arg("--json").output().unwrap();
        let document = serde_json::from_slice(&stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&stderr)));
        (status.code().unwrap(), document)
    }

    /// The same in Korean, as people read it: exit code, standard output, standard error.
    fn korean(&self, words: &[&str]) -> (i32, String, String) {
        let output = self.command(words).env("CANCEL_DESK_LANG", "ko").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn refunds(&self) -> Vec<usize> {
        self.sandbox.payments(Gateway::Chaiport).iter().map(|ledger| ledger.entries.len()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_planned_approved_killed_resumed_and_told_about() {
    let shop = Shop::new("whole").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);

    shop.write("bad.csv", "merchant_uid,amount\nORD-1,1.2E+07\nORD-2,\"1,000\"\n");
    let (code, refused) = shop.json(&["bulk", "plan", "bad.csv"]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        code == 2 && message.contains("line 2, column amount") && message.contains("line 3"),
        "{message}"
    );

    let (code, plan) = shop.json(&["bulk", "plan", "orders.csv", "--left-out", "left-out.csv"]);
    assert_eq!((code, plan["job"]["rows"].as_u64()), (0, Some(40)), "{plan}");
    let left_out = std::fs::read_to_string(shop.folder.join("left-out.csv")).unwrap();
    assert!(left_out.contains("\nORD-X,,,,1,") && left_out.contains("not_registered"), "{left_out}");
    #[cfg(unix)]
    {
        let meta = std::fs::metadata(shop.folder.join("left-out.csv")).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&meta) & 0o777, 0o600);
        let again = ["bulk", "plan", "orders.csv", "--left-out", "left-out.csv"];
        assert_eq!(shop.json(&again).0, 0);
        let second = std::fs::read_to_string(shop.folder.join("left-out-2.csv")).unwrap();
        assert_eq!(second, left_out, "written beside, nothing is overwritten");
        assert_eq!(shop.json(&[&again[..], &["--force"]].concat()).0, 0);
        assert!(!shop.folder.join("left-out-3.csv").exists());
        // nor written through a link
        shop.write("precious", "mine");
        std::os::unix::fs::symlink("precious", shop.folder.join("link.csv")).unwrap();
        for force in [&["--force"][..], &[]] {
            let link = [&["bulk", "plan", "orders.csv", "--left-out", "link.csv"], force].concat();
            assert_eq!(shop.json(&link).0, 0);
        }
        assert!(shop.folder.join("link-2.csv").is_file() && shop.folder.join("link-3.csv").is_file());
        assert_eq!(std::fs::read_to_string(shop.folder.join("precious")).unwrap(), "mine");
    }
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    let total = plan["job"]["totals"][0].as_str().unwrap();

    let not_yet = [
        vec!["bulk", "run", &job],
        vec!["bulk", "run", &job, "--resume"],
        vec!["bulk", "run", &job, "--approve", &hash, "--total", "KRW 1", "--by", "kim", "--yes"],
        vec!["bulk", "run", &job, "--approve", "0123456789abcdef", "--total", total, "--by", "kim", "--yes"],
        // a document that is asked for is no yes, and the placeholder is nobody
        vec!["bulk", "run", &job, "--approve", &hash, "--total", total, "--by", "kim"],
        vec!["bulk", "run", &job, "--approve", &hash, "--total", total, "--by", "NAME", "--yes"],
    ];
    for words in not_yet {
        assert_eq!(shop.json(&words).0, 2, "{words:?}");
    }
    assert_eq!(shop.sandbox.count(Gateway::Chaiport, Operation::Cancel), 0);

    // killed while cancels are on the wire
    let slow = Fault::on(Gateway::Chaiport, Operation::Cancel).always();
    shop.sandbox.fault(slow.kind(FaultKind::Latency(Duration::from_millis(400))));
    let approve = ["bulk", "run", &job, "--approve", &hash, "--total", total, "--by", "kim"];
    let mut child = shop.command(&approve).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if shop.sandbox.count(Gateway::Chaiport, Operation::Cancel) > 7 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    shop.sandbox.clear_faults();
    let (code, report) = shop.json(&["bulk", "report", &job]);
    assert_eq!(code, 3, "{report}");

    // what the dead process held is free when its lease ends
    let (code, end, told) = shop.korean(&["bulk", "run", &job, "--resume", "--wait", "2m"]);
    assert_eq!(code, 0, "{end} {told}");
    assert!(told.contains("점유가 끝나는 대로 이어서 처리합니다 (최대 "), "{told}");
    assert_eq!(shop.refunds(), vec![1; ORDERS]);
    let (code, report) = shop.json(&["bulk", "report", &job, "--csv", "rows.csv"]);
    assert_eq!((code, report["states"][0]["rows"].as_u64()), (0, Some(40)), "{report}");
    assert_eq!(report["states"][0]["sums"][0].as_str(), Some(total));
    assert_eq!(report["state"], "done");
    assert_eq!(shop.json(&["bulk", "list"]).1[0]["state"], "done");
    assert_eq!(std::fs::read_to_string(shop.folder.join("rows.csv")).unwrap().lines().count(), 41);
    assert_eq!(shop.json(&["bulk", "plan", "orders.csv"]).1["begun"], true);
    let (_, planned_before, _) = shop.korean(&["bulk", "plan", "orders.csv"]);
    assert!(planned_before.contains("`--name 다른이름`"), "{planned_before}");
    // what has ended is not given up
    let discard = ["bulk", "discard", &job, "--by", "kim", "--reason", "x", "--yes"];
    let (code, refused) = shop.json(&discard);
    assert_eq!((code, refused["error"]["code"].as_str()), (1, Some("not_allowed")), "{refused}");
    assert!(shop.korean(&discard).2.contains("모두 끝난 작업입니다"));
    assert_eq!(shop.json(&["bulk", "list"]).1[0]["state"], "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_halted_job_says_why_and_a_discarded_one_what_became_of_it() {
    let shop = Shop::new("halted").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);
    let (_, plan, _) = shop.korean(&["bulk", "plan", "orders.csv", "--left-out", "left.csv"]);
    let left = std::fs::read_to_string(shop.folder.join("left.csv")).unwrap();
    assert!(
        left.contains(",not_registered,등록되지 않은 결제입니다. 먼저 등록하세요,42,등록되지 않은 결제\n"),
        "{left}"
    );
    assert!(
        left.starts_with("\u{feff}merchant_uid,") && left.contains(",left_out,why,line,판정\n"),
        "{left}"
    );
    let job = plan.split_once("작업 ").unwrap().1.split(',').next().unwrap().to_owned();
    let (_, plan) = shop.json(&["bulk", "plan", "orders.csv", "--look-up"]);
    assert_eq!(plan["job"]["job"], job.as_str(), "the same rows are the same plan");
    let (hash, total) = (plan["job"]["hash"].as_str().unwrap(), plan["job"]["totals"][0].as_str().unwrap());

    // the right hash and the right totals are not given away to who has not looked
    let wrong = ["bulk", "run", &job, "--approve", "0123456789abcdef", "--total", total, "--by", "김"];
    let (code, _, err) = shop.korean(&wrong);
    assert!(code == 2 && err.contains("이 계획의 해시가 아닙니다") && !err.contains(hash), "{err}");
    let wrong = ["bulk", "run", &job, "--approve", hash, "--total", "KRW 7", "--by", "김"];
    let (code, _, err) = shop.korean(&wrong);
    assert!(code == 2 && err.contains(&format!("(계획 {total}, 입력 KRW 7)")), "{err}");

    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(Gateway::Chaiport, Operation::Cancel);
    shop.sandbox.fault(fault.kind(FaultKind::Status(200, refusal)).apply(false));
    let run = ["bulk", "run", &job, "--approve", hash, "--total", total, "--by", "김", "--wait", "3s"];
    let (code, out, err) = shop.korean(&run);
    assert_eq!(code, 4, "{out} {err}");
    shop.sandbox.clear_faults();
    for (code, out, err) in [(code, out, err), shop.korean(&["bulk", "report", &job])] {
        assert_eq!(code, 4, "{out} {err}");
        for part in [
            "멈춤: 처음 몇 건 중 환불되지 않은 건이 있습니다",
            "완료되지 않은 행:",
            "ORD-",
            "행: PG가 거절했습니다 (",
            ", 코드 1)",
            "--resume --by 이름",
        ] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
    assert_eq!(shop.json(&["bulk", "report", &job]).0, 4);
    // what it holds back is not under way, and is told all the same
    let (code, out, _) = shop.korean(&["pending"]);
    let resume = format!("cancel-desk bulk run {job} --resume --by 이름 --reason 사유");
    assert!(code == 4 && out.contains("시작 안 한 35건") && out.contains(&resume), "{code} {out}");
    assert!(out.contains("처음 몇 건 중 환불되지 않은 건이 있습니다"), "{out}");
    let (code, pending) = shop.json(&["pending"]);
    let halted = &pending["halted_jobs"][0];
    assert_eq!(
        (code, &halted["not_started"], &halted["job"]),
        (4, &35.into(), &job.as_str().into()),
        "{pending}"
    );
    assert_eq!(pending["approved_jobs"].as_array().map(Vec::len), Some(0), "{pending}");
    // its file planned again says the same: without a name and a reason it does not go on
    let (code, out, _) = shop.korean(&["bulk", "plan", "orders.csv"]);
    assert!(
        code == 0 && out.contains(&resume) && out.contains(&format!("bulk report {job}")),
        "{code} {out}"
    );
    assert!(out.contains("처음 몇 건 중 환불되지 않은 건이 있습니다"), "{out}");
    assert_eq!(out.matches("--resume").count(), 1, "{out}");
    let (_, out, _) = shop.korean(&["bulk", "list"]);
    let columns: Vec<&str> = out.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(columns, ["작업", "상태", "건수", "합계", "계획", "시각", "계획", "이름"], "{out}");
    // who confirms has been told what is wrong before
    let wrong = ["--json", "bulk", "run", &job, "--resume", "--by", "이름", "--reason", "x"];
    let (code, told) = shop.json(&wrong[1..]);
    assert!(code == 2 && told["error"]["code"] == "usage", "{told}");
    let blank = ["bulk", "discard", &job, "--by", " ", "--reason", "다시"];
    let (code, told) = shop.json(&blank);
    assert!(code == 2 && told["error"]["field"] == "by", "{told}");
    let discard = ["bulk", "discard", &job, "--by", "김", "--reason", "다시"];
    let (code, out, _) = shop.korean(&discard);
    assert!(code == 0 && out.contains("철회(전송 안 함) 0건") && out.contains("시작 안 함 35건"), "{out}");
    let (_, jobs) = shop.json(&["bulk", "list"]);
    let told = (&jobs[0]["discarded_because"], &jobs[0]["halted_because"]);
    assert!(told.0.as_str().is_some_and(|why| why.contains("다시")) && told.1.is_null(), "{jobs}");
    assert!(out.contains("이미 환불됨 4건") && out.contains("환불되지 않음: 거절 1건"), "{out}");
    assert!(!out.contains("철회되지 않음"), "{out}");
    assert_eq!(shop.korean(&["pending"]).0, 0, "nothing is held back by a job that was given up");
    let (code, out, _) = shop.korean(&["bulk", "report", &job]);
    assert!(code == 1 && out.contains("폐기(시작 안 함)") && !out.contains("--resume"), "{code} {out}");
    let (_, out, _) = shop.korean(&["bulk", "plan", "orders.csv"]);
    assert!(out.contains("--name") && !out.contains("--resume"), "{out}");

    // two rows: both are among the first, and nothing is left to go on with
    shop.write("two.csv", "주문번호,환불금액\nORD-30,2000\nORD-31,2000\n");
    let (_, plan) = shop.json(&["bulk", "plan", "two.csv", "--left-out", "none.csv"]);
    assert!(!shop.folder.join("none.csv").exists(), "nothing is left out");
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(Gateway::Chaiport, Operation::Cancel);
    shop.sandbox.fault(fault.kind(FaultKind::Status(200, refusal)).apply(false));
    let (job, hash) = (word("job"), word("hash"));
    let (code, out, _) = shop.korean(&[
        "bulk",
        "run",
        &job,
        "--approve",
        &hash,
        "--total",
        "KRW 4000",
        "--by",
        "김",
        "--wait",
        "20s",
    ]);
    assert!(!out.contains("멈춤") && !out.contains("--resume"), "{code} {out}");
    let (again, out, _) = shop.korean(&["bulk", "report", &job]);
    assert!(code == again && !out.contains("멈춤"), "{code} {again} {out}");
}

/// Nothing of it is under way, and nobody else begins it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_job_that_nobody_runs_waits_for_a_person() {
    let shop = Shop::new("approved").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);
    shop.write("three.csv", "merchant_uid,amount\nORD-1,3000\nORD-2,3000\nORD-3,3000\n");
    let (_, plan) = shop.json(&["bulk", "plan", "three.csv"]);
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    assert_eq!(shop.json(&["pending"]).0, 0, "nobody approved it");
    let journal = SqliteJournal::open(SqliteOptions::new(shop.folder.join("refunds.db"))).unwrap();
    let (id, total) = (job.parse().unwrap(), [Money::krw(9000).unwrap()]);
    approve(&journal, id, &hash, &total, "kim").await.unwrap();

    let resume = format!("cancel-desk bulk run {job} --resume\n");
    let (code, out, _) = shop.korean(&["pending"]);
    assert!(code == 4 && out.contains("실행 중이거나 중단됨") && out.contains(&resume), "{code} {out}");
    assert!(out.contains("시작 안 한 3건") && !out.contains("점유"), "{out}");
    // a turn at one of its rows: perhaps a run's
    let long = Duration::from_secs(600);
    let (_, claim) = journal.start_row(id, 2, "another", long).await.unwrap();
    let (code, out, _) = shop.korean(&["pending"]);
    assert!(code == 0 && out.contains("시작 안 한 2건, 프로세스가 점유한 1건"), "{code} {out}");
    assert!(out.contains("실행 중이거나 중단됨") && out.contains(&resume), "{out}");
    journal.release(&claim.unwrap().lease).await.unwrap();
    let (code, pending) = shop.json(&["pending"]);
    let told = &pending["approved_jobs"][0];
    assert_eq!((code, &told["not_started"], &told["held"]), (4, &2.into(), &0.into()), "{pending}");

    let (code, end) = shop.json(&["bulk", "run", &job, "--resume"]);
    assert_eq!((code, &end["end"]), (0, &"done".into()), "{end}");
    let (code, out, _) = shop.korean(&["pending"]);
    assert!(code == 0 && out.contains("확인이 필요한 건이 없습니다"), "{code} {out}");
    assert_eq!(shop.refunds().iter().sum::<usize>(), 3);
}

/// Its row is stored and not sent; meanwhile somebody refunds the same by hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_halted_job_holds_is_not_refunded_a_second_time() {
    let shop = Shop::new("held").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);
    shop.write("one.csv", "merchant_uid,amount\nORD-1,3000\n");
    let (_, plan) = shop.json(&["bulk", "plan", "one.csv"]);
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    let run = ["bulk", "run", &job, "--approve", &hash, "--total", "KRW 3000", "--by", "kim"];
    let halted = shop.command(&run).env("SECRET", "wrong").output().unwrap();
    assert_eq!(halted.status.code(), Some(4), "{}", String::from_utf8_lossy(&halted.stdout));
    let (_, report) = shop.json(&["bulk", "report", &job]);
    assert_eq!(report["states"][0]["state"], "waiting", "{report}");
    let (code, out, _) = shop.korean(&["pending"]);
    assert!(code == 4 && out.contains("저장만 되고 전송 전인 1건"), "{code} {out}");
    let resume = format!("cancel-desk bulk run {job} --resume --by 이름");
    assert_eq!(out.matches(&resume).count(), 2, "of the job, and of the cancel: {out}");

    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "return-1", "--yes", "--wait", "20s"];
    let output = shop.command(&cancel).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("WARNING: 3,000 KRW") && told.contains(&format!("halted bulk job {job}")),
        "{told}"
    );

    let resume = ["bulk", "run", &job, "--resume", "--by", "kim", "--reason", "the key is right", "--yes"];
    let (_, end) = shop.json(&resume);
    assert_eq!(end["end"], "done", "{end}");
    let (_, report) = shop.json(&["bulk", "report", &job]);
    assert_eq!(report["states"][0]["state"], "withdrawn", "{report}");
    assert_eq!((&report["state"], &report["halted_because"]), (&"done".into(), &Value::Null));
    let refunds = shop.refunds();
    assert_eq!(refunds.iter().sum::<usize>(), 1, "{refunds:?}");
    assert_eq!(shop.json(&["journal", "verify"]).0, 0);
}

/// What was sent goes on, halted or discarded; whoever looks at it is told of its job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_row_tells_of_its_halted_job_and_goes_on_when_the_job_is_discarded() {
    let shop = Shop::new("open").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);
    let silence = Fault::on(Gateway::Chaiport, Operation::Cancel).always();
    shop.sandbox.fault(silence.kind(FaultKind::CloseWithoutAnswer).apply(false));
    shop.write("one.csv", "merchant_uid,amount,key\nORD-1,3000,return-1\n");
    let (_, plan) = shop.json(&["bulk", "plan", "one.csv"]);
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    let run = ["bulk", "run", &job, "--approve", &hash, "--total", "KRW 3000", "--by", "kim", "-q"];
    let mut run = shop.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let open = async {
        while shop.json(&["status", "--key", "return-1"]).1["state"] != "open"
            || shop.sandbox.count(Gateway::Chaiport, Operation::Cancel) == 0
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), open).await.unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    let journal = SqliteJournal::open(SqliteOptions::new(shop.folder.join("refunds.db"))).unwrap();
    journal.halt_job(job.parse().unwrap(), "kim stopped it").await.unwrap();
    let (code, out, _) = shop.korean(&["status", "--key", "return-1"]);
    let line =
        out.lines().find(|line| line.starts_with("일괄 작업")).unwrap_or_else(|| panic!("{code} {out}"));
    assert!(
        line.contains("이 건은 계속 처리하지만")
            && line.contains(&format!("bulk run {job} --resume --by 이름")),
        "{line}"
    );
    let discard = ["bulk", "discard", &job, "--by", "김", "--reason", "다시"];
    let (code, out, err) = shop.korean(&discard);
    assert!(code == 0 && out.contains("철회되지 않음: 작업이 이미 넘긴 1건은"), "{out}");
    assert!(
        out.contains("결과를 알 때까지 조회합니다") && err.contains(&format!("bulk report {job}")),
        "{out} {err}"
    );
    let (_, out, _) = shop.korean(&["status", "--key", "return-1"]);
    assert!(!out.contains("--resume"), "{out}");
}

/// Whatever is not known to have ended may be the same refund.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_of_the_same_amount_is_told_of_as_long_as_it_has_no_outcome() {
    let shop = Shop::new("same").await;
    assert_eq!(shop.json(&["payments", "import", "payments.csv"]).0, 0);
    let silence = Fault::on(Gateway::Chaiport, Operation::Cancel).always();
    shop.sandbox.fault(silence.kind(FaultKind::CloseWithoutAnswer).apply(false));
    let ask = |amount: &str, key: &str| {
        let cancel = ["cancel", "ORD-1", "--amount", amount, "--key", key, "--yes", "--wait", "1s"];
        let output = shop.command(&cancel).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = ask("3000", "return-1");
    assert!(code == Some(3) && !told.contains("WARNING"), "{code:?} {told}");
    let (_, told) = ask("3000", "return-2");
    assert!(
        told.contains("under way already, and may have been refunded") && told.contains("key return-1"),
        "{told}"
    );
    let (_, told) = ask("3000", "return-3");
    assert!(told.contains("asked for already and not sent yet") && told.contains("key return-2"), "{told}");
    let (_, told) = ask("2000", "return-4");
    assert!(!told.contains("WARNING"), "{told}");
}
