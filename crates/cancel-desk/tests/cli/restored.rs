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
pub(super) fn hurried(scene: &Scene) {
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
    // a person is needed before anybody asked for anything
    let pending = scene.korean(&["pending"]).await.ends(4).out;
    assert!(pending.contains("PG 내역이 저널과 다르거나"), "{pending}");
    assert_eq!(scene.run(&["--json", "pending"]).await.json()["suspect_payments"][0]["suspect"], "differs");
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

/// It may be `trust`, or nothing at all, or a person first: only one of these is said.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_worker_sends_after_a_restore_is_not_called_sent_by_itself() {
    let scene = Scene::new("differs").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], 700).unwrap();
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    let mut told = Vec::new();
    for (order, key) in [("ORD-1", "d-1"), ("ORD-2", "e-1")] {
        let cancel = ["cancel", order, "--amount", "300", "--key", key, "--yes", "--wait", "0s"];
        told.push(scene.korean(&cancel).await.ends(3).out);
        told.push(scene.korean(&["status", "--key", key]).await.ends(3).out);
    }
    for differs in &told[..2] {
        assert!(differs.contains("담당자 확인으로 넘어가면 `resolve`로 결정한 다음 `trust`로"), "{differs}");
        assert!(
            !differs.contains("워커가 스스로 전송합니다") && !differs.contains("하지 않아도"),
            "{differs}"
        );
    }
    for equal in &told[2..] {
        assert!(equal.contains("워커가 스스로 전송합니다") && !equal.contains("`resolve`"), "{equal}");
    }
    // for how long is told where it is known
    assert!(told[0].contains("복원하고 10분(`upstream_quiet_s`) 뒤에"), "{}", told[0]);
    assert!(told[1].contains("`upstream_quiet_s`(설정하지 않았으면 10분) 뒤에"), "{}", told[1]);
    // one that was found equal waits for nobody
    assert_eq!(
        scene.run(&["--json", "pending"]).await.ends(4).json()["suspect_payments"][1]["suspect"],
        "unchecked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_found_equal_after_a_restore_wait_for_nobody() {
    let scene = Scene::new("equal").await;
    scene.pay(&["ORD-1"]).await;
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(0);
    let pending = scene.run(&["pending"]).await.ends(0).out;
    assert!(pending.contains("Suspect after a restored backup"), "{pending}");
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

/// What `recover` took over from the gateway agrees with it, and proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn who_trusts_a_payment_is_told_what_nothing_explains() {
    let scene = Scene::new("trust-missing").await;
    hurried(&scene);
    abroad(&scene).await;
    back_up(&scene);
    let cancel = ["cancel", "E-1", "--amount", "7.00", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    recover(&scene).await;
    let trusted = scene.run(&[&["trust", "E-1"], &BY[..], &["--yes"]].concat()).await.ends(0).err;
    assert!(trusted.contains("WARNING: the gateway refunded 7.00 USD"), "{trusted}");
    let columns = |name: &str| {
        let line = trusted.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert!(columns("refunded").ends_with("7.00 USD 7.00 USD"), "{trusted}");
    assert!(columns("completed here").ends_with("0.00 USD -"), "{trusted}");
    assert!(columns("taken for others'").ends_with("7.00 USD -"), "{trusted}");
}

/// A payment of USD 10.00 at a gateway that tells no single cancels; its id there.
async fn abroad(scene: &Scene) -> String {
    let id = scene.sandbox.pay(NewPayment::eximbay("E-1", "USD", "10.00")).as_str().to_owned();
    let row = format!(
        "{{\"gateway\":\"eximbay\",\"transaction_id\":\"{id}\",\"merchant_uid\":\"E-1\",\"amount\":10.00,\"currency\":\"USD\"}}\n"
    );
    let path = scene.write("payments.jsonl", &row);
    scene.run(&["payments", "import", path.to_str().unwrap()]).await.ends(0);
    id
}

/// `sent 0×`, and paid: the sentence that led into a second refund.
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_the_gateway_may_have_paid_is_not_called_not_happened() {
    let scene = Scene::new("not-happened").await;
    hurried(&scene);
    let paid = abroad(&scene).await;
    back_up(&scene);
    let cancel = ["--json", "cancel", "E-1", "--amount", "7.00", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    recover(&scene).await;
    let looked = scene.run(&["lookup", "E-1"]).await.ends(4);
    assert!(looked.out.contains("7.00 USD that this restored journal cannot explain"), "{}", looked.out);
    assert!(looked.out.contains("suspect after a restored backup"), "{}", looked.out);
    let id = scene.run(&cancel).await.ends(4).json()["id"].as_str().unwrap().to_owned();
    let look_again = [&["resolve", &id, "--look-again"], &BY[..], &["--yes"]].concat();
    assert!(scene.run(&look_again).await.ends(0).err.contains("WARNING"));
    scene.run(&cancel).await.ends(4);
    let denied = [&["resolve", &id, "--did-not-happen"], &BY[..], &["--yes"]].concat();
    let refused = scene.korean(&denied).await.ends(4).err;
    assert!(refused.contains("경고: 복원한 저널로 설명되지 않는 PG 환불이 있습니다: 7.00 USD"), "{refused}");
    assert!(refused.contains("--force"), "{refused}");
    let told = scene.run(&[&["--json"], &denied[..]].concat()).await.ends(4).json();
    assert_eq!(told["error"]["code"], "may_have_happened");
    assert_eq!(scene.run(&["--json", "status", &id]).await.ends(4).json()["state"], "manual");
    scene.run(&[&["resolve", &id, "--look-again", "--force"], &BY[..], &["--yes"]].concat()).await.ends(2);
    scene.run(&[&["resolve", &id, "--happened"], &BY[..], &["--yes"]].concat()).await.ends(0);
    assert!(scene.run(&["lookup", "E-1"]).await.ends(0).out.contains("agree"));
    assert_eq!(scene.sandbox.payment(Gateway::Eximbay, &paid).unwrap().entries.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_what_is_next_in_every_state() {
    let scene = Scene::new("next").await;
    hurried(&scene);
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    let known = ["cancel", "ORD-1", "--amount", "1000", "--key", "r-0", "--yes", "--wait", "20s"];
    let known = scene.run(&[&["--json"], &known[..]].concat()).await.ends(0).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    scene.run(&["cancel", "ORD-2", "--full", "--key", "r-2", "--yes", "--wait", "20s"]).await.ends(0);
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    restore(&scene);
    let recovered = scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    assert!(recovered.out.contains("1 registered payments are not marked"), "{}", recovered.out);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let trust = [&["trust", "ORD-1"], &BY[..], &["--yes"]].concat();
    let looked = scene.run(&["lookup", "ORD-1"]).await.ends(4);
    for part in
        [&format!("of this journal: cancel {known}"), "our mark, not in this journal", "suspect after"]
    {
        assert!(looked.out.contains(part), "{part}: {}", looked.out);
    }
    assert!(looked.err.contains("under their old keys"), "{}", looked.err);
    // now it is safe, and later it is not: both are said at once
    assert!(looked.out.contains("BEFORE the payment is trusted"), "{}", looked.out);
    let korean = scene.korean(&["lookup", "ORD-1"]).await.ends(4).out;
    assert!(korean.contains("해제(`trust`)하기 전에 그 요청을 원래 키로 다시 보내세요"), "{korean}");
    assert!(scene.run(&["status", "ORD-1"]).await.ends(0).out.contains("suspect after a restored backup"));
    let show = scene.korean(&["payments", "show", "ORD-1"]).await.ends(0).out;
    assert!(
        show.contains("다른 곳에서 한 것으로 센 금액(3,000원)이 저널이 잃어버린 우리 환불일 수"),
        "{show}"
    );
    // repeated, it waits
    let again = scene.run(&[&["--json"], &cancel[..]].concat()).await.ends(4).json();
    let id = again["id"].as_str().unwrap();
    let refused = scene.run(&trust).await.ends(4).err;
    assert!(
        refused.contains(&format!("decide {id} first")) && !refused.contains("old keys first"),
        "{refused}"
    );
    // called not happened, its key is final
    let denied = [&["resolve", id, "--did-not-happen"], &BY[..], &["--yes"]].concat();
    scene.run(&denied).await.ends(4);
    scene.run(&[&denied[..], &["--force"]].concat()).await.ends(0);
    let refused = scene.run(&trust).await.ends(4).err;
    assert!(refused.contains(&format!("cancel {id} (key r-1)")) && refused.contains("--force"), "{refused}");
    // others are left as they are, and it is said
    let settled = [&["recover", "--settled"], &BY[..], &["--yes"]].concat();
    assert!(scene.run(&settled).await.ends(0).out.contains("1 payments stay suspect"));
    assert_eq!(scene.refunded(&ids[0]), [1_000, 3_000]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_wrongly_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let scene = Scene::new("put-back").await;
    scene.pay(&["ORD-1"]).await;
    let path = scene.folder.join("refunds.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = scene.run(&["payments", "list"]).await.ends(0).err;
    assert_eq!(told.matches("chmod 600").count(), 1, "{told}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!scene.run(&["payments", "list"]).await.ends(0).err.contains("chmod"));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(8_192);
    bytes[100..].fill(7);
    std::fs::write(&path, bytes).unwrap();
    for name in ["refunds.db-wal", "refunds.db-shm"] {
        let _none = std::fs::remove_file(scene.folder.join(name));
    }
    let told = scene.korean(&["payments", "list"]).await.ends(5).err;
    assert!(told.contains("저널 파일이 손상되었거나 다른 저널의 -wal 파일과 섞여 있습니다"), "{told}");
}

/// This gateway tells no single cancels: nothing but the order of the steps keeps the lost wish from a second refund.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_wish_that_waits_is_not_begun_by_trusting_its_payment() {
    let scene = Scene::new("waits").await;
    hurried(&scene);
    let id = abroad(&scene).await;
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
    let ledger = scene.sandbox.payment(Gateway::Eximbay, &id).unwrap();
    assert_eq!(ledger.entries.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_asked_for_is_no_yes() {
    let scene = Scene::new("json-yes").await;
    scene.pay(&["ORD-1"]).await;
    // what is asked about is there: a mistake would be told first
    let cancel = ["--json", "cancel", "ORD-1", "--amount", "100", "--key", "first", "--yes"];
    let cancel = scene.run(&cancel).await.ends(0).json();
    let id = cancel["id"].as_str().unwrap();
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-1,200\n");
    let plan = scene.run(&["--json", "bulk", "plan", file.to_str().unwrap()]).await.ends(0).json();
    let word = |name: &str| plan["job"][name].as_str().unwrap().to_owned();
    let (job, hash) = (word("job"), word("hash"));
    let sent = scene.sandbox.count(Gateway::Chaiport, Operation::Cancel);
    for command in [
        vec!["cancel", "ORD-1", "--full", "--key", "k"],
        [&["resolve", id, "--happened"], &BY[..]].concat(),
        [&["withdraw", id], &BY[..]].concat(),
        [&["recover", "--after-restore"], &BY[..]].concat(),
        [&["bulk", "discard", &job], &BY[..]].concat(),
        vec!["bulk", "run", &job, "--approve", &hash, "--total", "KRW 200", "--by", "kim"],
    ] {
        let ended = scene.run(&[&["--json"], &command[..]].concat()).await.ends(2).json();
        assert_eq!(ended["error"]["code"], "needs_yes", "{command:?}");
    }
    assert!(scene.run(&["pending"]).await.ends(0).out.contains("nothing is under way"));
    assert_eq!(scene.sandbox.count(Gateway::Chaiport, Operation::Cancel), sent);
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

#[tokio::test(flavor = "multi_thread")]
async fn all_that_match_are_trusted_at_once_and_no_other() {
    let scene = Scene::new("matching").await;
    hurried(&scene);
    let ids = scene.pay(&["ORD-1", "ORD-2", "ORD-3", "ORD-4", "ORD-5"]).await;
    let paid = abroad(&scene).await;
    let cancel = async |order: &str, amount: &str| {
        let wish = ["cancel", order, "--amount", amount, "--key", order, "--yes", "--wait", "20s"];
        scene.run(&wish).await.ends(0);
    };
    // kept, and so explained
    cancel("ORD-2", "3000").await;
    // its sums are the journal's, and some of it is counted as somebody else's
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[3], 700).unwrap();
    cancel("ORD-4", "1000").await;
    back_up(&scene);
    // lost
    cancel("ORD-1", "3000").await;
    recover(&scene).await;
    // after the ledger was compared
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[2], 700).unwrap();

    let all = [&["trust", "--all-matching"], &BY[..], &["--yes"]].concat();
    let unasked = [&["--json", "trust", "--all-matching"], &BY[..]].concat();
    assert_eq!(scene.run(&unasked).await.ends(2).json()["error"]["code"], "needs_yes");
    for beside in ["ORD-1", "--force"] {
        scene.run(&[&all[..], &[beside]].concat()).await.ends(2);
    }
    scene.run(&[&["trust"], &BY[..]].concat()).await.ends(2);
    scene.run(&[&all[..], &["--gateway", "settlebank"]].concat()).await.ends(0);

    let done = scene.run(&[&["--json"], &all[..]].concat()).await.ends(4).json();
    let trusted = [format!("chaiport/shop/{}", ids[1]), format!("chaiport/shop/{}", ids[4])];
    let abroad = done["trusted"][2].as_str().unwrap();
    assert_eq!(done["trusted"].as_array().unwrap()[..2], trusted, "{done}");
    assert!(abroad.starts_with("eximbay/") && abroad.ends_with(&paid), "{done}");
    let left = done["left"].as_array().unwrap();
    let left: Vec<_> = left.iter().map(|of| (of["merchant_uid"].as_str(), of["code"].as_str())).collect();
    let differs = ["ORD-1", "ORD-3", "ORD-4"].map(|order| (Some(order), Some("differs")));
    assert_eq!(left, differs, "{done}");
    for (order, is_suspect) in [
        ("ORD-1", true),
        ("ORD-2", false),
        ("ORD-3", true),
        ("ORD-4", true),
        ("ORD-5", false),
        ("E-1", false),
    ] {
        let shown = scene.run(&["--json", "lookup", order]).await.json();
        assert_eq!(!shown["journal"]["suspect"].is_null(), is_suspect, "{order}: {shown}");
    }
    let told = scene.korean(&all).await.ends(4).out;
    assert!(told.contains("ORD-4") && told.contains("0건을 해제") && told.contains("3건은"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn none_is_trusted_while_what_was_lost_may_be_on_its_way() {
    let scene = Scene::new("matching-early").await;
    scene.pay(&["ORD-1"]).await;
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(0);
    let all = [&["--json", "trust", "--all-matching", "--yes"], &BY[..]].concat();
    let done = scene.run(&all).await.ends(4).json();
    assert_eq!(
        (&done["left"][0]["code"], done["trusted"].as_array().unwrap().len()),
        (&"too_early".into(), 0)
    );
    // a few are named; all of them wait for the same
    let orders: Vec<String> = (2..8).map(|number| format!("ORD-{number}")).collect();
    scene.pay(&orders.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let told = scene.korean(&all[1..]).await.ends(4);
    assert_eq!(told.out.lines().count(), 3, "{}", told.out);
    for part in [
        "결제 7건은 계속 점검 대상입니다: 백업을 복원한 저널이 잃어버린 요청이 아직",
        "그중 처음 몇 건: ",
        "결제 0건을 해제했습니다. 7건은",
    ] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    assert!(told.err.contains("뒤에 같은 명령을 다시 실행하세요"), "{}", told.err);
}

/// A wish that was lost, asked for under another key, would be refunded twice.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_for_another_key_while_a_payment_is_suspect() {
    let scene = Scene::new("other-key").await;
    scene.pay(&["ORD-1", "ORD-2"]).await;
    let first = ["cancel", "ORD-1", "--amount", "500", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&first).await.ends(0);
    let other = ["cancel", "ORD-2", "--amount", "700", "--key", "r-1", "--yes"];
    assert!(scene.run(&other).await.ends(2).err.contains("needs its own key"));
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(0);
    let same = ["cancel", "ORD-1", "--amount", "600", "--key", "r-1", "--yes"];
    for again in [other, same] {
        let told = scene.run(&again).await.ends(2).err;
        assert!(told.contains("take no other key while the payment is suspect"), "{told}");
        assert!(!told.contains("needs its own key"), "{told}");
        assert!(scene.korean(&again).await.ends(2).err.contains("다른 키로 요청하지 마세요"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_sends_by_itself_after_a_restore_needs_no_person() {
    let scene = Scene::new("itself").await;
    hurried(&scene);
    let ids = scene.pay(&["ORD-1"]).await;
    back_up(&scene);
    restore(&scene);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await;
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait"];
    let stored = scene.korean(&[&cancel[..], &["0s"]].concat()).await.ends(3);
    assert!(stored.out.contains("워커가 스스로 전송합니다"), "{}", stored.out);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let trust = [&["trust", "ORD-1"], &BY[..], &["--yes"]].concat();
    let refused = scene.korean(&trust).await.ends(1).err;
    assert!(refused.contains("워커가 스스로 전송합니다") && !refused.contains("resolve"), "{refused}");
    scene.run(&[&cancel[..], &["20s"]].concat()).await.ends(0);
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
}

/// Whoever forgets what comes after a restore is not let refund anything twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_without_a_word_is_noticed() {
    let scene = Scene::new("forgotten").await;
    hurried(&scene);
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    restore(&scene);
    let before = scene.sandbox.requests().len();
    let refused = scene.run(&cancel).await.ends(5).err;
    let told =
        refused.contains("recover --after-restore") && refused.contains("Do not delete last-of-refunds.db");
    assert!(told, "{refused}");
    let korean = scene.korean(&cancel).await.ends(5).err;
    assert!(korean.contains("last-of-refunds.db 파일이 가리키는 마지막 기록이 저널에 없습니다"), "{korean}");
    let json = scene.run(&[&["--json"], &cancel[..]].concat()).await.ends(5).json();
    assert_eq!(json["error"]["code"], "journal_put_back", "{json}");
    for command in [&["pending"][..], &["worker"], &["serve"], &["status", "--key", "r-1"]] {
        // nothing runs on
        let ended = tokio::time::timeout(std::time::Duration::from_secs(20), scene.run(command)).await;
        let refused = ended.unwrap().ends(5).err;
        assert!(refused.contains("recover --after-restore"), "{command:?}: {refused}");
    }
    // it may be looked at
    scene.run(&["journal", "verify"]).await.ends(0);
    assert!(scene.run(&["payments", "list"]).await.ends(0).out.contains("ORD-2"));
    assert_eq!((scene.refunded(&ids[0]), scene.sandbox.requests().len()), (vec![3_000], before));
    // the way out, once: the lost wish is suspect, another payment's refund goes on
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    scene.run(&["pending"]).await.ends(4);
    scene.run(&cancel).await.ends(4);
    let other = ["cancel", "ORD-2", "--amount", "700", "--key", "r-2", "--yes", "--wait", "20s"];
    scene.run(&other).await.ends(0);
    assert_eq!(scene.refunded(&ids[0]), [3_000]);
    assert_eq!(scene.refunded(&ids[1]), [700]);
}
