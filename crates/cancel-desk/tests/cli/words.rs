//! What is said where money is at stake: no more than is true, and what is to be done.

use super::*;

/// A payment of Eximbay, which tells no single cancels, with a cancel whose answer was lost; that cancel's number.
pub(super) async fn undecided(scene: &Scene) -> String {
    let id = scene.sandbox.pay(NewPayment::eximbay("E-1", "USD", "10.00"));
    let row = format!(
        "{{\"gateway\":\"eximbay\",\"transaction_id\":\"{}\",\"merchant_uid\":\"E-1\",\"amount\":10.00,\"currency\":\"USD\"}}\n",
        id.as_str()
    );
    let path = scene.write("payments.jsonl", &row);
    scene.run(&["payments", "import", path.to_str().unwrap()]).await.ends(0);
    let lost = Fault::on(Gateway::Eximbay, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(true);
    scene.sandbox.fault(lost);
    let cancel = ["--json", "cancel", "E-1", "--amount", "3.00", "--key", "k1", "--wait", "60s", "-y"];
    let first = scene.run(&cancel).await.ends(4).json();
    assert_eq!(first["evidence"]["why"], "somebody_else_possible", "{first}");
    first["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_behind_a_person_is_sent_to_that_decision() {
    let scene = Scene::new("behind").await;
    let first = undecided(&scene).await;
    let cancel = ["cancel", "E-1", "--amount", "2.00", "--key", "k2", "--wait", "1s", "--yes"];
    let behind = scene.korean(&cancel).await.ends(3);
    assert!(behind.out.contains("담당자 확인을 기다립니다"), "{}", behind.out);
    assert!(behind.err.contains(&format!("먼저 {first} 건을 `resolve`로 결정하세요")), "{}", behind.err);
    assert!(!behind.err.contains("이어서 처리합니다") && !behind.out.contains("끝나면"), "{}", behind.err);
    let shown = scene.run(&["--json", "status", "--key", "k2"]).await.ends(3).json();
    assert_eq!(shown["waits"]["because"], "another_cancel", "{shown}");
    assert_eq!(shown["waits"]["waits_for_a_person"], true, "{shown}");
    let pending = scene.run(&["pending"]).await.ends(4);
    assert!(pending.out.contains("no worker goes on before that one is decided"), "{}", pending.out);
    assert!(pending.out.contains("why somebody_else_possible"), "{}", pending.out);
    // a row for it takes no new key either
    let file = scene.write("orders.csv", "merchant_uid,amount\nE-1,3.00\n");
    let plan = scene.korean(&["bulk", "plan", file.to_str().unwrap()]).await.ends(1).out;
    assert!(plan.contains("새 키를 쓰지 말고") && !plan.contains("별도의 키"), "{plan}");
    scene.run(&["resolve", &first, "--happened", "--by", "kim", "--reason", "x", "--yes"]).await.ends(0);
    scene.run(&["cancel", "E-1", "--amount", "2.00", "--key", "k2", "--wait", "20s", "--yes"]).await.ends(0);
    let plan = scene.korean(&["bulk", "plan", file.to_str().unwrap()]).await.ends(1).out;
    assert!(plan.contains("상태: 환불 완료") && plan.contains("별도의 키"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_as_somebody_elses_is_named_after_a_restored_backup() {
    let scene = Scene::new("counted").await;
    let ids = scene.pay(&["ORD-1"]).await;
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], 700).unwrap();
    scene.run(&["cancel", "ORD-1", "--amount", "1000", "--key", "k", "--wait", "20s", "--yes"]).await.ends(0);
    scene.run(&["recover", "--after-restore", "--by", "kim", "--reason", "x"]).await;
    let looked = scene.korean(&["lookup", "ORD-1"]).await.ends(4).out;
    assert!(looked.contains("표시 없음: 다른 곳에서 한 취소이거나 표시가 잘린 우리 취소"), "{looked}");
    assert!(looked.contains("다른 곳에서 한 것으로 센 금액(700원)이"), "{looked}");
    assert!(!looked.contains("저널에 없는 환불이 PG 내역에 있음"), "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_names_the_option_that_shows_its_rest() {
    let scene = Scene::new("rest").await;
    scene.pay(&["ORD-1", "ORD-2"]).await;
    // minor units, as they stand in the log
    for (lang, told) in [("C", "detail (amounts in minor units"), ("ko_KR.UTF-8", "상세 (금액은 최소 단위")]
    {
        let mut events = scene.command(&["journal", "events"]);
        events.env("LANG", lang);
        let events = scene.finish(events).await.ends(0).out;
        assert!(events.lines().next().unwrap().contains(told), "{events}");
    }
    for (list, shown) in
        [(&["payments", "list", "--limit", "1"][..], "ORD-2"), (&["journal", "events", "--limit", "1"], "2")]
    {
        let first = scene.korean(list).await.ends(0);
        assert!(first.err.contains("다음 목록: --after "), "{}", first.err);
        let after = first.err.trim().rsplit_once("--after ").unwrap().1.to_owned();
        let rest = scene.korean(&[&list[..2], &["--after", &after]].concat()).await.ends(0);
        assert!(rest.out.contains(shown) && rest.err.is_empty(), "{} {}", rest.out, rest.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_called_by_its_name() {
    let scene = Scene::new("named").await;
    scene.pay(&["ORD-1"]).await;
    let id = "a".repeat(26);
    assert_eq!(scene.korean(&["status", &id]).await.ends(2).err, "오류: 저널에 없는 취소번호입니다\n");
    // what is wrong with a command is told before it asks for a yes
    let decide = |command: &'static str, id: &str, by: &str| {
        let mut words = vec![command.to_owned(), id.to_owned()];
        words.extend(["--by", by, "--reason", "x"].map(str::to_owned));
        if command == "resolve" {
            words.push("--happened".to_owned());
        }
        words
    };
    for (command, given, by, told) in [
        ("resolve", "nonsense", "kim", "오류: 취소번호가 아닙니다. a-z와 2-7로 된 26자여야 합니다\n"),
        ("resolve", id.as_str(), "kim", "오류: 저널에 없는 취소번호입니다\n"),
        ("resolve", id.as_str(), " ", "오류: --by: 1~500자여야 합니다\n"),
        ("withdraw", "nonsense", "kim", "오류: 취소번호가 아닙니다. a-z와 2-7로 된 26자여야 합니다\n"),
        ("recover", "--after-restore", " ", "오류: --by: 1~500자여야 합니다\n"),
        ("trust", "ORD-1", "이름", "오류: --by: 예시 글자가 아니라 본인 이름을 적으세요\n"),
    ] {
        let words = decide(command, given, by);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(scene.korean(&words).await.ends(2).err, told, "{words:?}");
        let json = scene.run(&[&["--json"], &words[..]].concat()).await.ends(2).json();
        assert_ne!(json["error"]["code"], "needs_yes", "{words:?}");
    }
    let cancel = ["cancel", "ORD-1", "--full", "--key", "k", "--refund-to", "none.json", "--yes"];
    assert_eq!(scene.korean(&cancel).await.ends(2).err, "오류: --refund-to: 파일이 없습니다\n");
    let trust = ["trust", "ORD-1", "--by", "kim", "--reason", "x", "--yes"];
    let trusted = scene.korean(&trust).await.ends(0);
    assert!(trusted.err.contains("점검 대상이 아닙니다"), "{}", trusted.err);
    assert!(!format!("{}{}", trusted.out, trusted.err).contains("다시 환불을 진행할 수"), "{}", trusted.out);
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-1,100\nORD-9,1\n");
    let plan = ["bulk", "plan", file.to_str().unwrap(), "--left-out", "no/such/x.csv"];
    let refused = scene.korean(&plan).await.ends(2).err;
    assert!(refused.contains("no/such/x.csv: 없는 폴더입니다"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_says_that_an_unknown_refund_is_unknown() {
    let scene = Scene::new("so-far").await;
    scene.pay(&["ORD-1"]).await;
    let lost =
        Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(false);
    scene.sandbox.fault(lost);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--wait", "1s", "--yes"];
    scene.run(&cancel).await.ends(3);
    let looked = scene.korean(&["lookup", "ORD-1"]).await.ends(0).out;
    assert!(
        looked.contains("완료된 환불은 일치합니다. 3,000원은 처리 중이라 아직 결과를 모릅니다"),
        "{looked}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_not_approved_is_answered_with_the_command() {
    let scene = Scene::new("approve").await;
    scene.pay(&["ORD-1"]).await;
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-1,100\n");
    let plan = scene.run(&["--json", "bulk", "plan", file.to_str().unwrap()]).await.ends(0).json();
    let job = plan["job"]["job"].as_str().unwrap();
    let refused = scene.korean(&["bulk", "run", job, "--resume"]).await.ends(2).err;
    let hash = plan["job"]["hash"].as_str().unwrap();
    let command = format!("cancel-desk bulk run {job} --approve {hash} --total \"KRW 100\" --by 이름");
    assert!(refused.contains(&command), "{refused}");
}

/// A row asked for by hand under its own key, with another reason: the money may be the buyer's already.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_key_another_cancel_holds_is_not_told_as_never_begun() {
    let scene = Scene::new("held-key").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    let file = scene
        .write("orders.csv", "merchant_uid,amount,key,reason\nORD-1,3000,row-1,변심\nORD-2,10,row-2,변심\n");
    let plan = scene.run(&["--json", "bulk", "plan", file.to_str().unwrap()]).await.ends(0).json();
    let job = plan["job"]["job"].as_str().unwrap().to_owned();
    let by_hand =
        ["--json", "cancel", "ORD-1", "--amount", "3000", "--key", "row-1", "--yes", "--wait", "20s"];
    let id = scene.run(&by_hand).await.ends(0).json()["id"].as_str().unwrap().to_owned();
    let told = scene.korean(&["bulk", "report", &job]).await.out;
    let line = told.lines().find(|line| line.contains("row-1")).unwrap_or_default();
    assert!(line.contains("시작 전. 키가 다른 취소에 쓰임: 환불 완료") && line.contains(&id), "{told}");
    assert!(
        told.contains("같은 키로 내용이 다른 취소가 접수되어 있습니다") && !told.contains("row-2"),
        "{told}"
    );
    let csv = scene.folder.join("report.csv");
    let json = ["--json", "bulk", "report", &job, "--csv", csv.to_str().unwrap()];
    let json = scene.run(&json).await.json();
    let held = serde_json::json!([{ "line": 2, "key": "row-1", "cancel": id, "state": "completed" }]);
    assert_eq!(json["keys_held"], held, "{json}");
    let csv = std::fs::read_to_string(csv).unwrap();
    assert!(csv.contains(&format!(",row-1,not_started,,,{id},completed\n")), "{csv}");
    assert!(csv.contains(",row-2,not_started,,,,\n"), "{csv}");
    let discard = ["bulk", "discard", &job, "--by", "김", "--reason", "x"];
    let discarded = scene.korean(&discard).await.ends(0).out;
    assert!(discarded.contains("1건은 같은 키로 다른 취소가 접수되어 있습니다(환불됨 1건)"), "{discarded}");
    let told = scene.run(&["bulk", "report", &job]).await.out;
    assert!(told.contains("discarded, never started; its key is another cancel's: refunded"), "{told}");
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_amount_under_another_key_are_counted_and_listed() {
    let scene = Scene::new("doubtful").await;
    scene.pay(&["ORD-1"]).await;
    scene.run(&["cancel", "ORD-1", "--amount", "3000", "--key", "by-hand", "--yes"]).await.ends(0);
    let file = scene.write("orders.csv", "merchant_uid,amount,key\nORD-1,3000,return-1\nORD-1,10,return-2\n");
    let plan = ["bulk", "plan", file.to_str().unwrap()];
    let json = scene.run(&[&["--json"], &plan[..]].concat()).await.ends(0).json();
    assert_eq!((&json["same_amounts"], &json["rows"][0]["verdict"]), (&1.into(), &"ok".into()), "{json}");
    let same = &json["rows"][0]["same_amount"];
    assert_eq!((&same["key"], &same["state"]), (&"by-hand".into(), &"completed".into()), "{json}");
    assert!(json["rows"][1]["same_amount"].is_null());
    let english = scene.run(&plan).await.ends(0).out;
    assert!(
        english.contains("WARNING: 1 rows") && english.contains("under the key by-hand (completed, "),
        "{english}"
    );
    let korean = scene.korean(&plan).await.ends(0).out;
    assert!(
        korean.contains("경고: 작업에 든 1건") && korean.contains("다른 키로 요청되었습니다(키 by-hand"),
        "{korean}"
    );
}
