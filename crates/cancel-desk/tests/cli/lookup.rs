//! `lookup`: what it advises, and what it calls explained.

use super::*;

/// A journal begun anew beside refunds of an older one: nothing was lost, and what is asked for again is refunded again.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_journal_refunded_is_not_to_be_asked_for_again() {
    let scene = Scene::new("other-journal").await;
    let ids = scene.pay(&["ORD-1"]).await;
    for (amount, key) in [("1000", "r-1"), ("300", "r-2")] {
        let cancel = ["cancel", "ORD-1", "--amount", amount, "--key", key, "--yes", "--wait", "20s"];
        scene.run(&cancel).await.ends(0);
    }
    for name in ["refunds.db", "refunds.db-wal", "refunds.db-shm", "last-of-refunds.db"] {
        let _none = std::fs::remove_file(scene.folder.join(name));
    }
    let file = format!("imp_uid,merchant_uid,amount,cancel_amount\n{},ORD-1,10000,1300\n", ids[0]);
    let file = scene.write("anew.csv", &file);
    scene.run(&["payments", "import", file.to_str().unwrap()]).await.ends(0);
    let looked = scene.run(&["lookup", "ORD-1"]).await.ends(0);
    assert!(looked.out.contains("journal and gateway agree"), "{}", looked.out);
    for part in ["another journal", "300 KRW", "it would be refunded once more"] {
        assert!(looked.out.contains(part), "{part}: {}", looked.out);
    }
    let told = format!("{}{}", looked.out, looked.err);
    assert!(!told.contains("old key") && !told.contains("trust"), "{told}");
    let looked = scene.korean(&["lookup", "ORD-1"]).await.ends(0);
    assert!(looked.out.contains("여기서 다시 요청하면 한 번 더 환불됩니다"), "{}", looked.out);
    assert!(!format!("{}{}", looked.out, looked.err).contains("원래 키"), "{}", looked.out);
    let json = scene.run(&["--json", "lookup", "ORD-1"]).await.ends(0).json();
    assert_eq!((&json["verdict"], &json["unexplained"]), (&"agree".into(), &serde_json::json!([1000, 300])));
    assert_eq!(scene.refunded(&ids[0]), [1_000, 300]);
}

/// Stored, and nothing of it sent: it explains no difference.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_under_way_explains_no_more_than_it_may_have_refunded() {
    let scene = Scene::new("explains").await;
    let ids = scene.pay(&["ORD-1"]).await;
    let cancel = ["cancel", "ORD-1", "--amount", "600", "--key", "k", "--yes", "--wait"];
    let before = Fault::on(Gateway::Chaiport, Operation::LookUp).kind(FaultKind::CloseWithoutAnswer);
    scene.sandbox.fault(before.always());
    scene.run(&[&cancel[..], &["1s"]].concat()).await.ends(3);
    scene.sandbox.clear_faults();
    for refunded in [600, 400] {
        scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], refunded).unwrap();
        let looked = scene.run(&["--json", "lookup", "ORD-1"]).await.ends(4).json();
        assert_eq!(looked["verdict"], "differ", "{looked}");
        assert_eq!(looked["journal"]["reserved_amount"], 600);
    }
    let looked = scene.korean(&["lookup", "ORD-1"]).await.ends(4).out;
    assert!(looked.contains("이 프로그램의 환불로 설명되지 않습니다"), "{looked}");

    // one whose answer was lost explains its own amount, and not what somebody else refunded beside it
    let ids = scene.pay(&["ORD-2"]).await;
    let lost = Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer);
    scene.sandbox.fault(lost.apply(true));
    let cancel = ["cancel", "ORD-2", "--amount", "600", "--key", "k-2", "--yes", "--wait", "0s"];
    scene.run(&cancel).await.ends(3);
    let looked = scene.run(&["--json", "lookup", "ORD-2"]).await.ends(3).json();
    assert_eq!(looked["verdict"], "under_way", "{looked}");
    scene.sandbox.console_refund(Gateway::Chaiport, &ids[0], 1_000).unwrap();
    let looked = scene.run(&["--json", "lookup", "ORD-2"]).await.ends(4).json();
    assert_eq!(looked["verdict"], "differ", "{looked}");
}
