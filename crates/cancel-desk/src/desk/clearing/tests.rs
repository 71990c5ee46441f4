use super::*;
use crate::journal::MemoryJournal;
use crate::journal::conformance::{payment, won};

/// The payments that are in doubt, by the order of the events.
async fn doubted(journal: &MemoryJournal, ids: &[&str]) -> Vec<bool> {
    let mut doubted = Vec::new();
    for id in ids {
        doubted.push(in_doubt(journal, &payment(id).key()).await.unwrap().since.is_some());
    }
    doubted
}

#[tokio::test]
async fn a_payment_is_in_doubt_from_a_restore_until_it_is_trusted_or_was_never_suspect() {
    let journal = MemoryJournal::default();
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q")).await.unwrap();
    // nothing is left of it that could be refunded twice
    journal.register_payment(payment("spent").with_already_refunded(won(10_000))).await.unwrap();
    assert_eq!(doubted(&journal, &["p", "q", "spent"]).await, [false, false, false]);
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    journal.register_payment(payment("between")).await.unwrap();
    let all = ["p", "q", "spent", "between"];
    assert_eq!(doubted(&journal, &all).await, [true, true, true, true]);
    journal.trust(&payment("q").key(), "kim", "compared", None).await.unwrap();
    assert_eq!(doubted(&journal, &all).await, [true, false, true, true]);
    journal.settled("kim", "nothing is missing").await.unwrap();
    assert_eq!(doubted(&journal, &all).await, [true, false, false, true]);
    journal.register_payment(payment("after")).await.unwrap();
    assert_eq!(doubted(&journal, &["after", "p"]).await, [false, true]);
}
