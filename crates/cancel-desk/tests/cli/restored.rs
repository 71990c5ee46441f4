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

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_wish_is_repeated_and_resolved_before_its_payment_is_trusted() {
    let scene = Scene::new("lost").await;
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    let eximbay = "[[account]]\ngateway = \"eximbay\"";
    let quick = format!("[account.policy]\nquiet_s = 1\nupstream_quiet_s = 1\n{eximbay}");
    scene.write("cancel-desk.toml", &config.replace(eximbay, &quick));
    let ids = scene.pay(&["ORD-1"]).await;
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    restore(&scene);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
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
    scene.pay(&["ORD-1"]).await;
    back_up(&scene);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--yes", "--wait", "20s"];
    scene.run(&cancel).await.ends(0);
    restore(&scene);
    scene.run(&[&["recover", "--after-restore"], &BY[..]].concat()).await.ends(4);
    scene.run(&[&["trust", "ORD-1"], &BY[..], &["--yes"]].concat()).await.ends(4);
    scene.run(&[&["trust", "ORD-1"], &BY[..], &["--yes", "--force"]].concat()).await.ends(0);
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
