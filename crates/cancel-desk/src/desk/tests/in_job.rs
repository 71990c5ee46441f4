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

/// Less is gone than the row asks for.
#[tokio::test]
async fn a_job_that_asks_for_more_than_is_missing_has_not_refunded_it() {
    let restored = Restored::new(false, &[("", 2_999)]).await;
    planned(&restored, "june", None, 3_000).await;
    restored.trust(ByHand::Sums).await.unwrap();
}

/// What is refused for good neither was stored in the lost part nor can be: to ask for it under its key would be in vain.
#[tokio::test]
async fn a_row_that_can_never_run_is_no_doubt() {
    let restored = Restored::new(false, &[("", 3_000)]).await;
    let (desk, journal) = (&restored.desk, restored.desk.journal());
    desk.register(paid("imp_2", "ORD-2")).await.unwrap();
    let job = planned(&restored, "june", Some("k-1"), 3_000).await;
    journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
    assert_eq!(restored.refused(ByHand::Sums).await, "in_job");
    desk.cancel(wish("ORD-2", "k-1", "500")).await.unwrap();
    assert!(journal.submit_row(job.id, 1).await.is_err());
    assert!(journal.job_rows(job.id, 0, 1).await.unwrap()[0].is_refused_for_good());
    restored.trust(ByHand::Sums).await.unwrap();
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
