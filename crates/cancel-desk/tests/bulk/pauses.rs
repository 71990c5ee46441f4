use std::time::Duration;

use cancel_desk::bulk::{Approval, BulkError, Report, RowState, Run, RunEnd, RunOptions, let_go_on};
use cancel_desk::journal::{Journal, JournalError};
use cancel_desk::pg_core::Gateway;
use cancel_desk::record::{JobRecord, JobState};
use cancel_desk::worker::Worker;
use pg_sandbox::{BodyKind, Fault, FaultKind, Operation};

use crate::scene::{Scene, approved_again, sound};

const ROWS: usize = 60;

fn options() -> RunOptions {
    RunOptions::default().with_most(4).with_patience(Duration::from_millis(300))
}

/// A job at one gateway, with the first rows gone well.
struct Begun {
    scene: Scene,
    journal: std::sync::Arc<dyn Journal>,
    job: JobRecord,
}

impl Begun {
    async fn new(gateway: Gateway) -> Self {
        let scene = Scene::new().await;
        let journal = scene.journal();
        let file = scene.orders(&*journal, &[gateway], ROWS).await;
        let job = scene.approved(&journal, &file).await;
        Self { scene, journal, job }
    }

    fn fault(&self, gateway: pg_sandbox::Gateway, operation: Operation, kind: FaultKind) {
        // the first rows go well
        self.scene.sandbox.fault(Fault::on(gateway, operation).nth(8).always().kind(kind).apply(false));
    }

    /// Runs until it halts; tells why. Most rows are not submitted.
    async fn halted(&self) -> String {
        let end = self.scene.carry(&self.journal, self.job.id, options()).await;
        let RunEnd::Halted(why) = end else { panic!("{end:?}") };
        let job = self.journal.job(self.job.id).await.unwrap().unwrap();
        assert_eq!((job.state, job.halted_because.as_deref()), (JobState::Halted, Some(why.as_str())));
        let report = Report::of(&*self.journal, self.job.id).await.unwrap();
        assert!(report.count(RowState::NotStarted) > 20, "{:?}", report.states);
        self.scene.ledgers_agree(&report);
        let refused =
            Run::new(self.journal.clone(), &self.scene.accounts, self.job.id, options()).await.unwrap_err();
        assert!(matches!(refused, BulkError::NotApproved { state: JobState::Halted, .. }));
        why
    }

    /// Once mended and approved again, it is carried to the end.
    async fn goes_on(&self) {
        self.scene.sandbox.clear_faults();
        let approval = approved_again(&*self.journal, &self.job).await;
        let options = options().with_patience(Duration::from_secs(60));
        assert_eq!(self.scene.carry(&self.journal, approval, options).await, RunEnd::Done);
        let report = Report::of(&*self.journal, self.job.id).await.unwrap();
        self.scene.ledgers_agree(&report);
        assert!(report.is_settled(), "{:?}", report.states);
        sound(&*self.journal).await;
    }
}

#[tokio::test]
async fn many_unknown_outcomes_halt_it() {
    let begun = Begun::new(Gateway::Chaiport).await;
    begun.fault(pg_sandbox::Gateway::Chaiport, Operation::Cancel, FaultKind::CloseWithoutAnswer);
    let why = begun.halted().await;
    assert!(why.contains("of the last 100 cancels have an unknown outcome"), "{why}");
    begun.goes_on().await;
}

#[tokio::test]
async fn a_redirect_halts_it_at_once() {
    let begun = Begun::new(Gateway::Eximbay).await;
    begun.fault(
        pg_sandbox::Gateway::Eximbay,
        Operation::Cancel,
        FaultKind::Redirect(302, "https://elsewhere.example/".to_owned()),
    );
    assert!(begun.halted().await.contains("redirected"));
    assert!(begun.scene.sandbox.count(pg_sandbox::Gateway::Eximbay, Operation::Cancel) < 20);
}

#[tokio::test]
async fn refused_credentials_halt_it_the_second_time() {
    let begun = Begun::new(Gateway::Chaiport).await;
    let refusal = BodyKind::Envelope("-1".to_owned(), "Unauthorized".to_owned());
    for operation in [Operation::Token, Operation::LookUp, Operation::Cancel] {
        let nth = if operation == Operation::Token { 1 } else { 8 };
        let fault = Fault::on(pg_sandbox::Gateway::Chaiport, operation).nth(nth).always();
        begun.scene.sandbox.fault(fault.kind(FaultKind::Status(401, refusal.clone())).apply(false));
    }
    let why = begun.halted().await;
    assert!(why.contains("refuses the credentials"), "{why}");
    begun.goes_on().await;
}

#[tokio::test]
async fn a_merchants_empty_balance_halts_it() {
    for (gateway, name) in [
        (Gateway::Eximbay, pg_sandbox::Gateway::Eximbay),
        (Gateway::Settlebank, pg_sandbox::Gateway::Settlebank),
    ] {
        let begun = Begun::new(gateway).await;
        begun.scene.sandbox.set_funds(name, Some(5_000));
        let why = begun.halted().await;
        assert!(why.contains("balance at the gateway is too small"), "{why}");
        begun.scene.sandbox.set_funds(name, None);
        begun.scene.sandbox.deposit_funds(name, None);
        begun.goes_on().await;
    }
}

#[tokio::test]
async fn a_gateway_that_is_not_reached_halts_it() {
    let begun = Begun::new(Gateway::Chaiport).await;
    begun.fault(pg_sandbox::Gateway::Chaiport, Operation::LookUp, FaultKind::CloseWithoutAnswer);
    assert!(begun.halted().await.contains("did not reach the gateway"));
    begun.goes_on().await;
}

#[tokio::test]
async fn the_first_rows_go_alone() {
    let begun = Begun::new(Gateway::Chaiport).await;
    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(pg_sandbox::Gateway::Chaiport, Operation::Cancel)
        .nth(2)
        .kind(FaultKind::Status(200, refusal));
    begun.scene.sandbox.fault(fault.apply(false));
    let why = begun.halted().await;
    assert!(why.contains("one of the first rows was not refunded"), "{why}");
    assert_eq!(begun.scene.sandbox.count(pg_sandbox::Gateway::Chaiport, Operation::Cancel), 5);
    begun.goes_on().await;
}

/// The approval carries what a person decided; the job's id alone does not, and a run that is given it halts anew.
#[tokio::test]
async fn a_run_knows_by_its_approval_that_a_person_let_it_go_on() {
    let begun = Begun::new(Gateway::Chaiport).await;
    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(pg_sandbox::Gateway::Chaiport, Operation::Cancel).nth(2);
    begun.scene.sandbox.fault(fault.kind(FaultKind::Status(200, refusal)).apply(false));
    begun.halted().await;
    begun.scene.sandbox.clear_faults();
    let (journal, id) = (&*begun.journal, begun.job.id);
    assert_eq!(
        let_go_on(journal, id, " ", "looked").await.unwrap_err().to_string(),
        "by: must be 1 to 500 characters"
    );
    let forgotten = let_go_on(journal, id, "김재무", "원인을 해결함").await.unwrap();
    assert!(forgotten.is_let_go_on() && forgotten.job() == id);
    assert!(begun.halted().await.contains("one of the first rows was not refunded"));
    let approval = let_go_on(journal, id, "김재무", "원인을 해결함").await.unwrap();
    let options = options().with_patience(Duration::from_secs(60));
    assert_eq!(begun.scene.carry(&begun.journal, approval, options).await, RunEnd::Done);
    // nothing had halted: there is nothing to let go on, and nothing is approved that nobody approved
    assert_eq!(let_go_on(journal, id, "김재무", "x").await.unwrap(), Approval::from(id));
    begun.scene.pay(journal, Gateway::Chaiport, "LATER", 1_000).await;
    let planned = begun.scene.planned(&begun.journal, "merchant_uid,amount\nLATER,500\n").await;
    let refused = let_go_on(journal, planned.id, "김재무", "x").await.unwrap_err();
    assert!(matches!(refused, BulkError::NotApproved { state: JobState::Planned, .. }), "{refused}");
}

/// The run that sent it was cut off before it saw how it ended.
#[tokio::test]
async fn a_first_row_that_ended_badly_meanwhile_halts_the_next_run() {
    let begun = Begun::new(Gateway::Chaiport).await;
    let refusal = BodyKind::Envelope("1".to_owned(), "취소할 결제건이 존재하지 않습니다.".to_owned());
    let fault = Fault::on(pg_sandbox::Gateway::Chaiport, Operation::Cancel);
    begun.scene.sandbox.fault(fault.nth(1).kind(FaultKind::Status(200, refusal)).apply(false));
    let row = begun.journal.job_rows(begun.job.id, 0, 1).await.unwrap().remove(0);
    begun.journal.submit_row(begun.job.id, row.line).await.unwrap();
    let worker = Worker::new(begun.journal.clone(), begun.scene.accounts.clone().into()).unwrap();
    for _ in 0..5 {
        let _turn = worker.turn_at(&row.payment).await.unwrap();
    }
    let why = begun.halted().await;
    assert!(why.contains("one of the first rows was not refunded"), "{why}");
    begun.goes_on().await;
}

#[tokio::test]
async fn a_run_heeds_that_somebody_else_halted_its_job() {
    let begun = Begun::new(Gateway::Chaiport).await;
    let slow = Fault::on(pg_sandbox::Gateway::Chaiport, Operation::Cancel).always();
    begun.scene.sandbox.fault(slow.kind(FaultKind::Latency(Duration::from_millis(400))));
    let options = options().with_canary(0).with_patience(Duration::from_secs(60));
    let run = begun.scene.run(&begun.journal, begun.job.id, options).await;
    let halting = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        begun.journal.halt_job(begun.job.id, "kim stopped it").await.unwrap();
    };
    let carried = tokio::time::timeout(Duration::from_secs(30), run.carry(std::future::pending()));
    let (end, ()) = tokio::join!(carried, halting);
    assert_eq!(end.unwrap().unwrap(), RunEnd::Halted("kim stopped it".to_owned()));
    // a later reason does not take the place of the first
    begun.journal.halt_job(begun.job.id, "the job is halted").await.unwrap();
    let job = begun.journal.job(begun.job.id).await.unwrap().unwrap();
    assert_eq!(job.halted_because.as_deref(), Some("kim stopped it"));
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_halts_it() {
    let options = pg_sandbox::Options::default().tls(true);
    let begun = {
        let scene = Scene::with(options.certificate(pg_sandbox::Certificate::Untrusted)).await;
        let journal = scene.journal();
        let file = scene.orders(&*journal, &[Gateway::Chaiport], ROWS).await;
        let job = scene.approved(&journal, &file).await;
        Begun { scene, journal, job }
    };
    let why = begun.halted().await;
    assert!(why.contains("certificate is not to be trusted"), "{why}");
    assert_eq!(begun.scene.sandbox.requests().len(), 0);
}

#[tokio::test]
async fn no_more_than_approved_is_ever_submitted() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &[Gateway::Chaiport], 10).await;
    let job = scene.planned(&journal, &file).await;
    assert!(matches!(journal.submit_row(job.id, 2).await, Err(JournalError::NotAllowed(_))), "not approved");
    let _approval = approved_again(&*journal, &job).await;
    for line in 2..12 {
        // however often a row is submitted, it counts once
        for _ in 0..3 {
            journal.submit_row(job.id, line).await.unwrap();
        }
    }
    assert!(matches!(journal.submit_row(job.id, 12).await, Err(JournalError::NotFound)));
    let after = journal.job(job.id).await.unwrap().unwrap();
    assert!(after.totals.iter().all(|total| total.submitted == total.approved.minor()));
}

/// How many cancels of a job have begun: those with an attempt.
async fn begun(journal: &dyn Journal, job: &JobRecord) -> usize {
    let mut begun = 0;
    for row in Report::of(journal, job.id).await.unwrap().rows {
        begun += journal.attempts_of(row.intent).await.unwrap().len();
    }
    begun
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_it_is_halted_no_worker_begins_anything_more_of_it() {
    let chaiport = pg_sandbox::Gateway::Chaiport;
    let Begun { scene, journal, job } = Begun::new(Gateway::Chaiport).await;
    let slow = Fault::on(chaiport, Operation::Cancel).always();
    scene.sandbox.fault(slow.kind(FaultKind::Latency(Duration::from_millis(100))));
    let foreign = Worker::new(scene.journal(), std::sync::Arc::new(scene.accounts.clone())).unwrap();
    let (over, is_over) = tokio::sync::oneshot::channel::<()>();
    let foreign = tokio::spawn(async move { foreign.run(async { drop(is_over.await) }).await });
    let run = scene.run(&journal, job.id, options()).await;
    let carried = tokio::spawn(async move { run.carry(std::future::pending()).await.unwrap() });
    while scene.sandbox.count(chaiport, Operation::Cancel) < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // a person halts it, elsewhere
    let elsewhere = scene.journal();
    elsewhere.halt_job(job.id, "the wrong file").await.unwrap();
    let before = begun(&*elsewhere, &job).await;
    let end = carried.await.unwrap();
    assert!(matches!(end, RunEnd::Halted(_)), "{end:?}");
    // the foreign worker has nothing else to do than what is due
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(scene.sandbox.count(chaiport, Operation::Cancel), before);
    assert_eq!(begun(&*journal, &job).await, before);
    let report = Report::of(&*journal, job.id).await.unwrap();
    assert!(report.count(RowState::Waiting) > 3, "submitted ahead: {:?}", report.states);
    let waits = report.rows.iter().find(|row| RowState::of(row) == RowState::Waiting).unwrap();
    assert_eq!(journal.held_by(waits.intent).await.unwrap(), Some(job.id));
    assert_eq!(report.count(RowState::Completed), u64::try_from(before).unwrap(), "{:?}", report.states);
    sound(&*journal).await;
    let _approval = approved_again(&*journal, &job).await;
    let options = options().with_patience(Duration::from_secs(60));
    assert_eq!(scene.carry(&journal, job.id, options).await, RunEnd::Done);
    assert_eq!(scene.sandbox.count(chaiport, Operation::Cancel), ROWS);
    over.send(()).unwrap();
    foreign.await.unwrap();
}
