//! A job halts while one of its refunds is open, and the same refund is asked for by hand.

use super::*;
use crate::record::{JobRecord, NewJob, NewJobRow};

/// A job of one refund, halted after its first sending.
async fn halted(scene: &Scene, worker: &Worker) -> (JobRecord, IntentRecord) {
    scene.journal.register_payment(payment("p")).await.unwrap();
    let rows = vec![NewJobRow::new(1, payment("p").key(), won(3_000))];
    let job = scene.journal.plan_job(NewJob { rows, ..NewJob::default() }).await.unwrap();
    approve(scene, &job).await;
    let intent = scene.journal.submit_row(job.id, 1).await.unwrap().intent().clone();
    assert_eq!(worker.turn().await.unwrap().unwrap().intent.state, IntentState::Open);
    scene.journal.halt_job(job.id, "too many unknown").await.unwrap();
    (job, intent)
}

async fn approve(scene: &Scene, job: &JobRecord) {
    scene.journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
}

/// Works for two hours; tells how many turns that took.
async fn hours(scene: &Scene, worker: &Worker) -> usize {
    let mut turns = 0;
    for _ in 0..720 {
        scene.clock.advance(Duration::from_secs(10));
        while worker.turn().await.unwrap().is_some() {
            turns += 1;
        }
    }
    turns
}

#[tokio::test]
async fn what_is_open_is_looked_at_and_sent_again_only_once_its_job_goes_on() {
    for first in [Behaviour::NotSent, Behaviour::Lost] {
        let scene = Scene::new(&[first]);
        let worker = scene.worker();
        let (job, intent) = halted(&scene, &worker).await;
        let turns = hours(&scene, &worker).await;
        assert!((1..20).contains(&turns), "{first:?} {turns}");
        assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1, "{first:?}");
        approve(&scene, &job).await;
        hours(&scene, &worker).await;
        assert_eq!(scene.state(&intent).await.state, IntentState::Completed, "{first:?}");
        assert_eq!(scene.gateway.balance(), 7_000);
        sound(&*scene.journal).await;
    }
}

#[tokio::test]
async fn what_never_left_gives_way_to_what_is_asked_for_by_hand() {
    let scene = Scene::new(&[Behaviour::NotSent]);
    let worker = scene.worker();
    let (job, intent) = halted(&scene, &worker).await;
    let other = scene.wish(3_000).await;
    hours(&scene, &worker).await;
    approve(&scene, &job).await;
    scene.settle(&worker).await;
    assert_eq!(scene.state(&intent).await.state, IntentState::Withdrawn);
    assert_eq!(scene.state(&other).await.state, IntentState::Completed);
    assert_eq!(scene.gateway.balance(), 7_000);
    sound(&*scene.journal).await;
}

#[tokio::test]
async fn what_may_have_happened_is_sent_once_at_most_and_then_a_person_decides() {
    for (first, refunded) in [(Behaviour::Lost, 0), (Behaviour::AppliedAnswerLost, 3_000)] {
        let scene = Scene::new(&[first]);
        let worker = scene.worker();
        let (job, intent) = halted(&scene, &worker).await;
        let other = scene.wish(3_001).await;
        let same = submitted(&*scene.journal, wish("p", "by-hand", 3_000)).await;
        scene.journal.withdraw(other.id, "kim", "another amount").await.unwrap();
        approve(&scene, &job).await;
        let lost = refunded == 0;
        while scene.state(&intent).await.state == IntentState::Open {
            scene.clock.advance(Duration::from_secs(10));
            worker.turn().await.unwrap();
        }
        let told = scene.state(&intent).await;
        assert_eq!(told.state == IntentState::Manual, lost, "{told:?}");
        assert_eq!(told.evidence.map(|evidence| evidence.why), lost.then_some(Why::AskedSince));
        assert_eq!(10_000 - scene.gateway.balance(), refunded);
        assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1);
        if lost {
            scene.journal.resolve(intent.id, Resolution::DidNotHappen, "kim", "not there").await.unwrap();
            scene.settle(&worker).await;
            assert_eq!(scene.state(&same).await.state, IntentState::Completed);
            assert_eq!(scene.gateway.balance(), 7_000);
        }
        sound(&*scene.journal).await;
    }
}
