//! Whose refund a key is.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_quotes_is_refused_before_anything_is_asked() {
    let scene = Scene::new("quotes").await;
    let ids = scene.pay(&["ORD-1"]).await;
    for key in ["'abc'", "\"abc\"", "`abc`", "abc'", "a\"b", " abc", "abc "] {
        let cancel = ["--json", "cancel", "ORD-1", "--amount", "3000", "--key", key, "--yes"];
        let refused = scene.run(&cancel).await.ends(2).json();
        assert_eq!(refused["error"]["field"], "idempotency_key", "{key}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("--key: must be "), "{message}");
    }
    let file = scene.write("orders.csv", "merchant_uid,amount,key\nORD-1,3000,'abc'\n");
    let refused = scene.run(&["bulk", "plan", file.to_str().unwrap()]).await.ends(2);
    assert!(refused.err.contains("line 2, column key: must be given without quotes"), "{}", refused.err);
    assert!(scene.refunded(&ids[0]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_refunded_since_makes_no_part_a_full_refund() {
    let scene = Scene::new("since").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    scene.run(&["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--yes"]).await.ends(0);
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], 7_000).unwrap();
    scene.run(&["cancel", "ORD-1", "--amount", "7000", "--key", "k2", "--yes"]).await.ends(1);
    let told = scene.run(&["cancel", "ORD-1", "--full", "--key", "k", "--yes"]).await.ends(2).err;
    assert!(told.contains("a refund of 3,000 KRW is stored already") && told.contains("--amount"), "{told}");
    // somebody else came first: all of the rest is a full refund, however often it is asked for
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[1], 4_000).unwrap();
    scene.run(&["cancel", "ORD-2", "--amount", "10000", "--key", "f1", "--yes"]).await.ends(1);
    for _ in 0..2 {
        scene.run(&["cancel", "ORD-2", "--full", "--key", "f2", "--yes"]).await.ends(0);
    }
    assert_eq!(scene.refunded(&ids[1]), [4_000, 6_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_order_tells_which_one() {
    let scene = Scene::new("elsewhere").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    scene.run(&["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--yes"]).await.ends(0);
    let other = ["cancel", "ORD-2", "--amount", "3000", "--key", "k", "--yes"];
    let told = scene.korean(&other).await.ends(2).err;
    let named = format!("다른 결제(chaiport/shop/{})의 3,000원 환불이 접수되어 있습니다(환불 완료, ", ids[0]);
    assert!(told.contains(&named), "{told}");
    let told = scene.run(&other).await.ends(2).err;
    assert!(told.contains(&ids[0]) && !told.contains("a new wish needs a new key"), "{told}");
    // more than is left there, but the key comes first
    let more = ["cancel", "ORD-2", "--amount", "30000", "--key", "k", "--yes"];
    assert!(scene.run(&more).await.ends(2).err.contains(&ids[0]));
    assert!(scene.refunded(&ids[1]).is_empty());

    let shown = scene.run(&["--json", "status", "--key", "k"]).await.ends(0).json();
    assert_eq!((&shown["payment_id"], &shown["state"]), (&ids[0].as_str().into(), &"completed".into()));
    scene.run(&["status", "--key", "k", "--account", "shop", "--gateway", "chaiport"]).await.ends(0);
    for nothing in [vec!["--key", "other"], vec!["--key", "k", "--account", "global"]] {
        let told = scene.run(&[&["status"], &nothing[..]].concat()).await.ends(2).err;
        assert!(told.contains("no cancel is stored under this key"), "{told}");
    }
    scene.run(&["status", "ORD-1", "--key", "k"]).await.ends(2);
    scene.run(&["status"]).await.ends(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_found_though_its_account_is_configured_no_longer_and_what_is_none_is_refused() {
    let scene = Scene::new("gone").await;
    scene.pay(&["ORD-1"]).await;
    scene.run(&["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--yes"]).await.ends(0);
    for key in ["'k'", "\"k\"", "k ", ""] {
        let refused = scene.run(&["--json", "status", "--key", key]).await.ends(2).json();
        assert_eq!(refused["error"]["field"], "key", "{key}: {refused}");
    }
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    scene.write("cancel-desk.toml", &config.replace("name = \"shop\"", "name = \"new\""));
    for more in [&[][..], &["--account", "shop"], &["--gateway", "chaiport", "--account", "shop"]] {
        scene.run(&[&["status", "--key", "k"], more].concat()).await.ends(0);
    }
    scene.run(&["status", "--key", "k", "--account", "new"]).await.ends(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_amount_under_another_key_is_warned_of_though_it_was_refunded() {
    let scene = Scene::new("same").await;
    scene.pay(&["ORD-1"]).await;
    let cancel = |key: &'static str| ["cancel", "ORD-1", "--amount", "3000", "--key", key, "--yes"];
    let first = scene.run(&cancel("by-hand")).await.ends(0);
    assert!(!first.err.contains("WARNING"), "{}", first.err);
    let second = scene.run(&cancel("return-1")).await.ends(0).err;
    for part in ["WARNING: 3,000 KRW of this payment was refunded already", "key by-hand, 2", "KST"] {
        assert!(second.contains(part), "{part}: {second}");
    }
    // made by now: nothing of it can be withdrawn
    assert!(!second.contains("cancel-desk withdraw"), "{second}");
    let again = scene.run(&cancel("return-1")).await.ends(0).err;
    assert!(!again.contains("WARNING"), "{again}");
    // one that another keeps from being sent can be
    scene.sandbox.fault(
        Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(true),
    );
    let lost = ["cancel", "ORD-1", "--amount", "500", "--key", "lost", "--wait", "1s", "--yes"];
    scene.run(&lost).await.ends(3);
    let behind = ["cancel", "ORD-1", "--amount", "500", "--key", "behind", "--wait", "0s", "--yes"];
    let behind = scene.korean(&behind).await.ends(3).err;
    assert!(behind.contains("경고: 이 결제의 500원 환불이 이미 진행 중"), "{behind}");
    assert!(behind.contains("철회하세요: cancel-desk withdraw "), "{behind}");
}
