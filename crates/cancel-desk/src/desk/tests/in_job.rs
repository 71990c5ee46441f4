//! Clearing a payment that a bulk job asks to refund.

use super::clearing::{Restored, waiting};
use super::*;
use crate::record::{JobRecord, NewJob, NewJobRow};

async fn planned(restored: &Restored, name: &str, key: Option<&str>, amount: i64) -> JobRecord {
    let row =
        NewJobRow { key: key.map(str::to_owned), ..NewJobRow::new(1, restored.key.clone(), won(amount)) };
    let plan = NewJob { name: name.to_owned(), rows: vec![row], ..NewJob::default() };
    restored.desk.journal().plan_job(plan).await.unwrap()
}

/// A PG may cut our mark off: what stands in a history without one can be a row's too.
#[tokio::test]
async fn a_refund_without_a_mark_may_be_a_jobs() {
    for (shown, amount, ends) in [
        (&[("변심 [c:cabcd", 3_000)][..], 3_000, Err("in_job")),
        (&[("console", 2_000), ("console", 1_000)], 3_000, Ok(())),
        (&[("console", 4_000)], 3_000, Ok(())),
    ] {
        let restored = Restored::new(true, shown).await;
        let job = planned(&restored, "june", None, amount).await;
        assert_eq!(restored.trust(ByHand::Nothing).await.map(|_| ()).map_err(|error| error.code()), ends);
        if ends.is_err() {
            let asked = waiting(&restored, &format!("bulk:{}:1", job.id), "3000").await;
            restored.desk.resolve(asked, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
            restored.trust(ByHand::Nothing).await.unwrap();
        }
    }
}

/// Asked for under the row's key with another reason, the row would be left out as another refund's.
#[tokio::test]
async fn what_a_job_may_have_refunded_is_asked_for_with_its_reason() {
    for (reason, told) in
        [(Some("고객 \"변심\""), r#"with the reason "고객 \"변심\"" and"#), (None, "without a reason")]
    {
        let restored = Restored::new(false, &[("", 3_000)]).await;
        let (desk, journal) = (&restored.desk, restored.desk.journal());
        let mut row = NewJobRow::new(1, restored.key.clone(), won(3_000));
        row.reason = reason.map(str::to_owned);
        let plan = NewJob { name: "june".to_owned(), rows: vec![row], ..NewJob::default() };
        let job = journal.plan_job(plan).await.unwrap();
        journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
        let error = restored.trust(ByHand::Sums).await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        let DeskError::InJob { key, reason, .. } = error else { panic!("{error}") };
        // exactly as it is told
        let mut again = wish("ORD-1", &key, "3000");
        again.reason = reason;
        let asked = desk.cancel(again).await.unwrap().intent().id;
        let worker = Worker::new(Arc::clone(desk.journal()), Arc::clone(desk.accounts()));
        worker.unwrap().turn().await.unwrap().unwrap();
        desk.resolve(asked, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
        restored.trust(ByHand::Sums).await.unwrap();
        let rows = journal.job_rows(job.id, 0, 1).await.unwrap();
        assert_eq!(rows[0].stored.as_ref().map(|stored| stored.id), Some(asked), "the row is that refund");
    }
}

/// Less is gone than the row asks for.
#[tokio::test]
async fn a_job_that_asks_for_more_than_is_missing_has_not_refunded_it() {
    let restored = Restored::new(false, &[("", 2_999)]).await;
    planned(&restored, "june", None, 3_000).await;
    restored.trust(ByHand::Sums).await.unwrap();
}

/// Refused for good only after the restore, it may have been refunded in the lost part all the same.
#[tokio::test]
async fn a_row_that_was_refused_since_the_restore_is_a_doubt() {
    for (key, other) in [("k-1", "another payment"), ("l-1", "another key")] {
        let restored = Restored::new(false, &[("", 3_000)]).await;
        let (desk, journal) = (&restored.desk, restored.desk.journal());
        desk.register(paid("imp_2", "ORD-2")).await.unwrap();
        let job = planned(&restored, "june", Some("k-1"), 3_000).await;
        journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
        assert_eq!(restored.refused(ByHand::Sums).await, "in_job");
        match other {
            "another key" => waiting(&restored, key, "3000").await,
            _ => desk.cancel(wish("ORD-2", key, "500")).await.unwrap().intent().id,
        };
        assert!(journal.submit_row(job.id, 1).await.is_err());
        assert!(journal.job_rows(job.id, 0, 1).await.unwrap()[0].refused.is_some(), "{other}");
        if other == "another key" {
            // it was another refund, and a person who knows says so
            let id = journal.by_key(&restored.key.account(), key).await.unwrap().unwrap().id;
            desk.resolve(id, Resolution::DidNotHappen, "kim", "not this", ByHand::Everything).await.unwrap();
        }
        assert_eq!(restored.refused(ByHand::Sums).await, "in_job", "{other}");
        // asked for under its own key, or, where that is taken, under a new one, it is found
        let free = if other == "another key" { "k-1" } else { "k-2" };
        let asked = waiting(&restored, free, "3000").await;
        desk.resolve(asked, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
        restored.trust(ByHand::Sums).await.unwrap();
    }
}

/// A stored cancel explains a row only if it asks for the same, or took the key before the lost part.
#[tokio::test]
async fn another_amount_under_the_key_of_a_row_explains_it_only_from_before_the_restore() {
    for (before, ends) in [(true, Ok(())), (false, Err("in_job"))] {
        let restored = Restored::new(false, &[("", 3_000)]).await;
        let (desk, journal) = (&restored.desk, restored.desk.journal());
        if before {
            restored.trust(ByHand::Sums).await.unwrap();
        }
        let asked = desk.cancel(wish("ORD-1", "k-1", "500")).await.unwrap().intent().id;
        planned(&restored, "june", Some("k-1"), 3_000).await;
        if before {
            journal.suspect_all("kim", "once more").await.unwrap();
            restored.clock.advance(Duration::from_secs(600));
        }
        let worker = Worker::new(Arc::clone(desk.journal()), Arc::clone(desk.accounts()));
        worker.unwrap().turn().await.unwrap().unwrap();
        desk.resolve(asked, Resolution::DidNotHappen, "kim", "no", ByHand::Everything).await.unwrap();
        assert_eq!(restored.trust(ByHand::Sums).await.map(|_| ()).map_err(|error| error.code()), ends);
    }
}

/// Given up once a restore is settled, it can have refunded nothing in what the next one loses, unless the payment was in
/// doubt all along.
#[tokio::test]
async fn a_job_that_was_given_up_after_what_was_lost_was_settled_is_no_doubt() {
    for (in_doubt, ends) in [(false, Ok(())), (true, Err("in_job"))] {
        let mut restored = Restored::new(false, &[("", 3_000)]).await;
        restored.desk.journal().settled("kim", "all compared").await.unwrap();
        if !in_doubt {
            restored.key = restored.desk.register(paid("imp_3", "ORD-3")).await.unwrap().key();
        }
        let job = planned(&restored, "june", None, 3_000).await;
        let journal = restored.desk.journal();
        journal.discard_job(job.id, "kim", "the wrong file").await.unwrap();
        journal.suspect_all("kim", "once more").await.unwrap();
        restored.clock.advance(Duration::from_secs(600));
        assert_eq!(restored.trust(ByHand::Sums).await.map(|_| ()).map_err(|error| error.code()), ends);
    }
}

/// The same amount under the key of a row, of another payment: it tells nothing of the row.
#[tokio::test]
async fn a_cancel_of_another_payment_explains_no_row() {
    let restored = Restored::new(false, &[("", 3_000)]).await;
    restored.desk.register(paid("imp_2", "ORD-2")).await.unwrap();
    planned(&restored, "june", Some("k-1"), 3_000).await;
    restored.desk.cancel(wish("ORD-2", "k-1", "3000")).await.unwrap();
    assert_eq!(restored.refused(ByHand::Sums).await, "in_job");
}
