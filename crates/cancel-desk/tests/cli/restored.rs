//! After a backup: what a person is asked, and what is refused.

use super::*;

const BY: [&str; 4] = ["--by", "kim", "--reason", "x"];

const FILES: [&str; 2] = ["refunds.db", "refunds.db-wal"];

/// Nobody has it open: the file and its log together are a whole journal.
fn back_up(scene: &Scene) {
    for name in FILES {
        let _none = std::fs::copy(scene.folder.join(name), scene.folder.join(format!("old-{name}")));
    }
}

fn restore(scene: &Scene) {
    let _none = std::fs::remove_file(scene.folder.join("refunds.db-shm"));
    for name in FILES {
        let _none = std::fs::remove_file(scene.folder.join(name));
        let _none = std::fs::copy(scene.folder.join(format!("old-{name}")), scene.folder.join(name));
    }
}

/// What was lost is on its way for no more than a second, at every account.
fn hurried(scene: &Scene) {
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    let quick = "[account.policy]\nquiet_s = 1\nupstream_quiet_s = 1\n";
    let config = config
        .replace("[[account]]\ngateway = \"eximbay\"", &format!("{quick}[[account]]\ngateway = \"eximbay\""));
    scene.write("cancel-desk.toml", &config.replace("[http]", &format!("{quick}[http]")));
}

/// The backup is put back, and everything is suspect.
async fn recover(scene: &Scene) {
    restore(scene);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_wish_is_repeated_and_resolved_before_its_payment_is_trusted() {
    let scene = Scene::new("lost").await;
    hurried(&scene);
    let ids = scene.pay(&["ORD-1"]).await;
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    recover(&scene).await;
    let trust = [&["trust", "ORD-1"], &BY[..], &["--yes"]].concat();
    let refused = scene.run(&trust).await.ends(4);
    let told = refused.err.contains("3,000 KRW") && refused.err.contains("under their old keys first");
    assert!(told, "{}", refused.err);
    let settled = [&["recover", "--settled"], &BY[..]].concat();
    assert!(scene.run(&settled).await.ends(4).err.contains("still suspect"));
    // the same wish again waits for a person, and is not refunded a second time
    let mut again = cancel.to_vec();
    again.push("--json");
    let waits = scene.run(&again).await.json();
    let id = waits["id"].as_str().unwrap_or_else(|| panic!("{waits}")).to_owned();
    scene.run(&trust).await.ends(4);
    let looked = scene.run(&["lookup", "ORD-1"]).await.ends(4);
    assert!(looked.out.contains(&format!("cancel-desk resolve {id}")), "{}", looked.out);
    scene.run(&[&["resolve", &id, "--happened"], &BY[..], &["--yes"]].concat()).await.ends(0);
    scene.run(&[&["--json", "trust", "ORD-1"], &BY[..]].concat()).await.ends(2);
    scene.run(&[&["trust", "ORD-1"], &BY[..]].concat()).await.ends(2);
    scene.run(&trust).await.ends(0);
    scene.run(&cancel).await.ends(0);
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
    scene.run(&settled).await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_force_by_name_trusts_past_an_unexplained_refund() {
    let scene = Scene::new("force").await;
    hurried(&scene);
    scene.pay(&["ORD-1"]).await;
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    recover(&scene).await;
    let refused = scene.run(&[&["--json", "trust", "ORD-1"], &BY[..], &["--yes"]].concat()).await.ends(4);
    assert_eq!(refused.json()["error"]["code"], "lost_wishes");
    scene.run(&[&["trust", "ORD-1"], &BY[..], &["--yes", "--force"]].concat()).await.ends(0);
}

/// This gateway tells no single cancels: nothing but the order of the steps keeps the lost wish from a second refund.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_wish_that_waits_is_not_begun_by_trusting_its_payment() {
    let scene = Scene::new("waits").await;
    hurried(&scene);
    let id = scene.sandbox.pay(NewPayment::eximbay("E-1", "USD", "10.00"));
    let row = format!(
        "{{\"gateway\":\"eximbay\",\"transaction_id\":\"{}\",\"merchant_uid\":\"E-1\",\"amount\":10.00,\"currency\":\"USD\"}}\n",
        id.as_str()
    );
    let path = scene.write("payments.jsonl", &row);
    scene.run(&["payments", "import", path.to_str().unwrap()]).await.ends(0);
    back_up(&scene);
    let cancel = ["--json", "cancel", "E-1", "--amount", "3.00", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    recover(&scene).await;
    let trust = [&["--json", "trust", "E-1"], &BY[..], &["--yes"]].concat();
    let refused = async || {
        let told = scene.run(&trust).await.ends(1).json();
        assert_eq!(told["error"]["code"], "not_allowed", "{told}");
        assert!(told["error"]["next"].as_str().unwrap().contains("--did-not-happen"), "{told}");
    };
    // stored, and not looked at yet
    let mut at_once = cancel.to_vec();
    *at_once.last_mut().unwrap() = "0s";
    let id_of_cancel = scene.run(&at_once).await.json()["id"].as_str().unwrap().to_owned();
    refused().await;
    scene.run(&cancel).await.ends(4);
    refused().await;
    scene.run(&[&["resolve", &id_of_cancel, "--look-again"], &BY[..], &["--yes"]].concat()).await.ends(0);
    refused().await;
    scene.run(&cancel).await.ends(4);
    scene.run(&[&["resolve", &id_of_cancel, "--happened"], &BY[..], &["--yes"]].concat()).await.ends(0);
    scene.run(&trust).await.ends(0);
    scene.run(&cancel).await.ends(0);
    let ledger = scene.sandbox.payment(Gateway::Eximbay, id.as_str()).unwrap();
    assert_eq!(ledger.entries.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_asked_for_is_no_yes() {
    let scene = Scene::new("json-yes").await;
    scene.pay(&["ORD-1"]).await;
    let id = "tbrirf35fhtyogzwlvntyou2rd";
    for command in [
        vec!["cancel", "ORD-1", "--full", "--key", "k"],
        [&["resolve", id, "--happened"], &BY[..]].concat(),
        [&["withdraw", id], &BY[..]].concat(),
        [&["recover", "--after-restore"], &BY[..]].concat(),
        [&["bulk", "discard", id], &BY[..]].concat(),
        vec!["bulk", "run", id, "--approve", "0123456789abcdef", "--total", "KRW 1", "--by", "kim"],
    ] {
        let ended = scene.run(&[&["--json"], &command[..]].concat()).await.ends(2).json();
        assert_eq!(ended["error"]["code"], "needs_yes", "{command:?}");
    }
    assert!(scene.run(&["pending"]).await.ends(0).out.contains("nothing is under way"));
    assert_eq!(scene.sandbox.count(Gateway::Chaiport, Operation::Cancel), 0);
    let restored = [&["--json", "recover", "--after-restore"], &BY[..], &["--yes"]].concat();
    assert_eq!(scene.run(&restored).await.ends(0).json()["suspects"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_for_another_refund_tells_which() {
    let scene = Scene::new("key").await;
    let ids = scene.pay(&["ORD-1"]).await;
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--reason", "a", "--yes"];
    scene.run(&cancel).await.ends(0);
    let other = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--reason", "b", "--yes"];
    let told = scene.korean(&other).await.ends(2).err;
    assert!(told.contains("이 키로 이미 3,000원 환불이 접수되어 있습니다(환불 완료, 취소번호 "), "{told}");
    assert!(told.contains("새 키를 쓰지 마세요") && told.contains("사유만 다릅니다"), "{told}");
    // all of it, under the key of a part
    let full = ["cancel", "ORD-1", "--full", "--key", "k", "--reason", "a", "--yes"];
    let told = scene.run(&full).await.ends(2).err;
    assert!(told.contains("a refund of 3,000 KRW is stored already") && told.contains("--amount"), "{told}");
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_a_lost_refund_is_neither_called_the_rest_nor_not_refunded() {
    let scene = Scene::new("rest").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    scene.run(&["cancel", "ORD-1", "--amount", "2000", "--key", "k-0", "--yes"]).await.ends(0);
    back_up(&scene);
    let full = ["--json", "cancel", "ORD-1", "--full", "--key", "f-1", "--yes"];
    scene.run(&full).await.ends(0);
    scene.run(&["cancel", "ORD-2", "--amount", "10000", "--key", "w-1", "--yes"]).await.ends(0);
    restore(&scene);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    // the rest is not what it was when the lost wish was stored
    for _ in 0..2 {
        let told = scene.run(&full).await.ends(2).json();
        assert_eq!((&told["error"]["code"], &told["error"]["field"]), (&"invalid".into(), &"amount".into()));
        assert!(told["error"]["message"].as_str().unwrap().contains("under the old key"), "{told}");
    }
    assert!(scene.korean(&full[1..]).await.ends(2).err.contains("원래 키로 요청하세요"));
    // what is stored is told as ever
    scene.run(&["cancel", "ORD-1", "--amount", "2000", "--key", "k-0", "--yes"]).await.ends(0);

    // another wish takes the room: a person has to tell whether it was refunded
    scene.run(&["cancel", "ORD-2", "--amount", "1000", "--key", "w-2", "--yes", "--wait", "0s"]).await;
    let lost = scene.run(&["--json", "cancel", "ORD-2", "--amount", "10000", "--key", "w-1", "--yes"]);
    assert_eq!(lost.await.ends(4).json()["error"]["code"], "not_allowed");
    assert_eq!(scene.refunded(&ids[1]), [10_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_halted_is_not_approved_again_without_a_reason() {
    let scene = Scene::new("halted").await;
    scene.pay(&["ORD-1"]).await;
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-1,3000\n");
    let plan = scene.run(&["--json", "bulk", "plan", file.to_str().unwrap()]).await.ends(0).json();
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    let approve = ["bulk", "run", &job, "--approve", &hash, "--total", "KRW 3,000", "--by", "kim", "--yes"];
    scene.run(&approve).await.ends(0);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(0);
    let refused = scene.run(&approve).await.ends(2).err;
    assert!(
        refused.contains("halted: the journal was restored") && refused.contains("--reason"),
        "{refused}"
    );
    let wrong = ["bulk", "run", &job, "--approve", "0123456789abcdef", "--total", "KRW 3,000", "--by", "kim"];
    scene.run(&[&wrong[..], &["--reason", "compared"]].concat()).await.ends(2);
    scene.run(&[&approve[..], &["--reason", "compared"]].concat()).await.ends(0);
    let told = scene.run(&["--json", "bulk", "report", &job]).await.ends(0).json();
    assert_eq!(told["approved_by"], "kim: compared");
}
