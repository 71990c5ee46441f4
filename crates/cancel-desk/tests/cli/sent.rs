//! `resolve` of a cancel that was sent, against the gateway's books.

use super::restored::hurried;
use super::words::undecided;
use super::*;

const PAST_QUIET: std::time::Duration = std::time::Duration::from_millis(1_100);

fn decide<'a>(id: &'a str, how: &'a str) -> [&'a str; 8] {
    ["resolve", id, how, "--by", "kim", "--reason", "admin page", "--yes"]
}

/// Eximbay tells no single cancels: called not happened, it would be refunded once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_there_is_not_called_not_happened() {
    let scene = Scene::new("sent").await;
    hurried(&scene);
    let id = undecided(&scene).await;
    tokio::time::sleep(PAST_QUIET).await;
    let denied = decide(&id, "--did-not-happen");
    let told = scene.run(&[&["--json"], &denied[..]].concat()).await.ends(4).json();
    assert_eq!(told["error"]["code"], "may_have_happened", "{told}");
    let told = scene.run(&denied).await.ends(4).err;
    assert!(told.contains("WARNING: the gateway's balance already fell by 3.00 USD"), "{told}");
    assert!(told.contains("add --force") && !told.contains("your word"), "{told}");
    // nothing was lost: what is repeated here is refunded once more
    assert!(!told.contains("lost wishes"), "{told}");
    assert!(scene.korean(&denied).await.ends(4).err.contains("두 번 환불됩니다"));
    // by an answer it is known, and without one it is not
    let lost = Fault::on(Gateway::Eximbay, Operation::LookUp).kind(FaultKind::CloseWithoutAnswer);
    scene.sandbox.fault(lost.always());
    for how in ["--did-not-happen", "--happened"] {
        let told = scene.run(&[&["--json"], &decide(&id, how)[..]].concat()).await.ends(3).json();
        assert_eq!(told["error"]["code"], "look_up_failed", "{told}");
    }
    scene.sandbox.clear_faults();
    scene.run(&decide(&id, "--happened")).await.ends(0);
    assert!(scene.run(&["journal", "verify"]).await.ends(0).out.starts_with("sound"));
}

/// Called happened, it would never be refunded.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_called_happened() {
    let scene = Scene::new("not-there").await;
    hurried(&scene);
    let first = undecided(&scene).await;
    scene.run(&decide(&first, "--happened")).await.ends(0);
    let lost = Fault::on(Gateway::Eximbay, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer);
    scene.sandbox.fault(lost.apply(false));
    let cancel = ["--json", "cancel", "E-1", "--amount", "2.00", "--key", "k2", "--wait"];
    scene.run(&[&cancel[..], &["0s", "-y"]].concat()).await.ends(3);
    scene.run(&[&cancel[..], &["1s", "-y"]].concat()).await.ends(3);
    let shown = scene.run(&["--json", "payments", "show", "E-1"]).await.ends(0).json();
    let paid = shown["payment_id"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
    scene.sandbox.console_refund(Gateway::Eximbay, &paid, 100).unwrap();
    let waits = scene.run(&[&cancel[..], &["20s", "-y"]].concat()).await.ends(4).json();
    assert_eq!(waits["evidence"]["why"], "other_amount", "{waits}");
    let id = waits["id"].as_str().unwrap();
    tokio::time::sleep(PAST_QUIET).await;
    let told = scene.run(&decide(id, "--happened")).await.ends(4).err;
    assert!(
        told.contains("the gateway refunded 4.00 USD of this payment, of which 3.00 USD stand"),
        "{told}"
    );
    assert!(told.contains("it was sent, and may still come: do not make it in the admin page"), "{told}");
    let denied = scene.run(&decide(id, "--did-not-happen")).await.ends(0).err;
    assert!(
        denied.contains("no refund that can be this 2.00 USD") && denied.contains("your word"),
        "{denied}"
    );
    // asked for anew, it is refunded once
    scene.run(&["cancel", "E-1", "--amount", "2.00", "--key", "k3", "--wait", "20s", "--yes"]).await.ends(0);
    let ledger = scene.sandbox.payment(Gateway::Eximbay, &paid).unwrap();
    assert_eq!(ledger.entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [300, 100, 200]);
    assert!(scene.run(&["journal", "verify"]).await.ends(0).out.starts_with("sound"));
}
