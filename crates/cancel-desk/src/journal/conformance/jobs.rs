//! Jobs: planned, approved as a whole, submitted within what was approved; halted, they hold what has not begun.

use super::*;

pub(super) fn plan(rows: &[(i64, &str, i64)]) -> NewJob {
    let row = |(line, id, amount): &(i64, &str, i64)| {
        NewJobRow::new(*line, PaymentKey::new(Gateway::Chaiport, "shop", *id), won(*amount))
    };
    NewJob { rows: rows.iter().map(row).collect(), ..NewJob::default() }
}

pub(crate) async fn a_plan_is_approved_as_a_whole(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q")).await.unwrap();
    let rows = [(2, "p", 3_000), (3, "q", 4_000)];
    let job = journal.plan_job(plan(&rows)).await.unwrap();
    assert_eq!((job.state, job.rows), (JobState::Planned, 2));
    assert_eq!(job.totals, [JobTotal { approved: won(7_000), submitted: 0 }]);
    assert_eq!(journal.plan_job(plan(&rows)).await.unwrap(), job);
    let again = NewJob { name: "a second time".to_owned(), ..plan(&rows) };
    assert_ne!(journal.plan_job(again).await.unwrap().id, job.id);
    assert_eq!(sums(&*journal).await, (0, 0, 0));
    let early = journal.submit_row(job.id, 2).await;
    assert!(matches!(early, Err(JournalError::NotAllowed(_))), "not approved");
    assert!(journal.halt_job(job.id, "x").await.is_err());
    for (hash, totals, by) in [
        ([0; 32], vec![won(7_000)], "kim"),
        (job.hash, vec![won(7_001)], "kim"),
        (job.hash, vec![], "kim"),
        (job.hash, vec![won(7_000), won(7_000)], "kim"),
        (job.hash, vec![won(7_000)], " "),
    ] {
        let refused = journal.approve_job(job.id, hash, &totals, by).await;
        assert!(matches!(refused, Err(JournalError::Invalid(_))), "{totals:?}");
    }
    let approved = journal.approve_job(job.id, job.hash, &[won(7_000)], "kim").await.unwrap();
    assert_eq!((approved.state, approved.approved_by.as_deref()), (JobState::Approved, Some("kim")));
    let Submitted::New(first) = journal.submit_row(job.id, 2).await.unwrap() else { panic!("new") };
    assert_eq!(first.caller_key, format!("bulk:{}:2", job.id));
    assert_eq!(journal.submit_row(job.id, 2).await.unwrap(), Submitted::Existing(first.clone()));
    assert_eq!(sums(&*journal).await, (3_000, 0, 0));
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!(told.totals, [JobTotal { approved: won(7_000), submitted: 3_000 }]);
    let found = journal.job_rows(job.id, 0, 10).await.unwrap();
    let states: Vec<_> = found.iter().map(|row| (row.line, row.stored.as_ref().map(|i| i.id))).collect();
    assert_eq!(states, [(2, Some(first.id)), (3, None)]);
    assert_eq!(journal.job_rows(job.id, 2, 10).await.unwrap().len(), 1);
    // halted, nothing more of it begins; approved again, it goes on
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    assert!(matches!(journal.submit_row(job.id, 3).await, Err(JournalError::NotAllowed(_))));
    journal.approve_job(job.id, job.hash, &[won(7_000)], "lee").await.unwrap();
    journal.submit_row(job.id, 3).await.unwrap();
    assert!(matches!(journal.submit_row(job.id, 4).await, Err(JournalError::NotFound)));
    assert_eq!(journal.jobs(10).await.unwrap().len(), 2);
    sound(&*journal).await;
}

pub(crate) async fn what_a_job_cannot_submit_is_noted(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&*journal, wish("p", "mine", 9_000)).await;
    let mut new = plan(&[(1, "p", 2_000), (2, "none", 1_000), (3, "p", 9_000), (4, "p", 1_000), (5, "p", 1)]);
    for (index, key) in [(2, "mine"), (4, "mine2")] {
        new.rows[index].key = Some(key.to_owned());
    }
    submitted(&*journal, wish("p", "mine2", 1)).await;
    let job = journal.plan_job(new).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(13_001)], "kim").await.unwrap();
    assert!(matches!(journal.submit_row(job.id, 1).await, Err(JournalError::Exceeds { available: 999 })));
    assert!(matches!(journal.submit_row(job.id, 2).await, Err(JournalError::NotFound)));
    assert!(matches!(journal.submit_row(job.id, 3).await.unwrap(), Submitted::Existing(_)));
    assert!(journal.submit_row(job.id, 4).await.is_err());
    assert!(matches!(journal.submit_row(job.id, 5).await.unwrap(), Submitted::Existing(_)));
    let rows = journal.job_rows(job.id, 0, 10).await.unwrap();
    let refused: Vec<_> = rows.iter().map(|row| row.refused.as_deref()).collect();
    assert_eq!(refused, [Some("exceeds"), Some("not_registered"), None, Some("exceeds"), None]);
    assert!(rows.iter().all(|row| !row.is_submitted()), "the same key was another wish's before");
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!(told.totals, [JobTotal { approved: won(13_001), submitted: 0 }]);
    sound(&*journal).await;
}

pub(crate) async fn accounts_of_a_plan_are_sealed_and_erased(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let mut new = plan(&[(1, "p", 1_000), (2, "p", 2_000)]);
    new.rows.iter_mut().for_each(|row| row.account = Some(account()));
    let job = journal.plan_job(new).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
    let intent = journal.submit_row(job.id, 1).await.unwrap().intent().id;
    let back = journal.refund_account(intent).await.unwrap().unwrap();
    assert_eq!(back.expose_number(), account().expose_number());
    let discarded = journal.discard_job(job.id, "kim", "called off").await.unwrap();
    assert_eq!(discarded.state, JobState::Discarded);
    assert!(journal.refund_account(intent).await.unwrap().is_none(), "taken back with its job");
    assert!(journal.submit_row(job.id, 2).await.is_err());
    let again = journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await;
    assert!(matches!(again, Err(JournalError::NotAllowed(_))));
    sound(&*journal).await;
}

/// What is refused needs its account no longer, however often it is asked for again.
pub(crate) async fn the_account_of_a_refused_row_is_erased(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let mut new = plan(&[(1, "p", 9_000), (2, "p", 2_000), (3, "p", 1_000)]);
    new.rows.iter_mut().for_each(|row| row.account = Some(account()));
    let job = journal.plan_job(new).await.unwrap();
    approved(&*journal, &job).await;
    let first = journal.submit_row(job.id, 1).await.unwrap().intent().id;
    assert!(matches!(journal.submit_row(job.id, 2).await, Err(JournalError::Exceeds { available: 1_000 })));
    journal.withdraw(first, "kim", "a mistake").await.unwrap();
    // there is room again, but nothing to refund into
    for _ in 0..2 {
        assert!(matches!(journal.submit_row(job.id, 2).await, Err(JournalError::Exceeds { available: 0 })));
    }
    journal.submit_row(job.id, 3).await.unwrap();
    sound(&*journal).await;
}

pub(crate) async fn a_bad_plan_is_not_stored(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let same_key = |key: &str| {
        let mut new = plan(&[(1, "p", 1), (2, "q", 1)]);
        new.rows.iter_mut().for_each(|row| row.key = Some(key.to_owned()));
        new
    };
    let long = NewJob { name: "x".repeat(101), ..plan(&[(1, "p", 1)]) };
    let bad = [
        plan(&[]),
        plan(&[(1, "p", 1), (1, "q", 1)]),
        plan(&[(0, "p", 1)]),
        plan(&[(1, "p", 0)]),
        same_key("k"),
        same_key("with space"),
        long,
    ];
    for new in bad {
        let text = format!("{new:?}");
        assert!(matches!(journal.plan_job(new).await, Err(JournalError::Invalid(_))), "{text}");
    }
    assert!(journal.jobs(10).await.unwrap().is_empty());
}

/// A key that stands for another wish is no outcome of the row's own.
pub(crate) async fn another_wish_of_the_same_key_is_not_the_rows(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    for id in ["p", "q"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    submitted(&*journal, wish("p", "return-1", 2_000)).await;
    clock.advance(SECOND);
    let mut new = plan(&[(1, "q", 3_000), (2, "p", 2_000), (3, "p", 2_001)]);
    for (row, key) in new.rows.iter_mut().zip(["return-1", "return-2", "return-3"]) {
        row.key = Some(key.to_owned());
    }
    submitted(&*journal, wish("p", "return-3", 1)).await;
    let job = journal.plan_job(new).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(7_001)], "kim").await.unwrap();
    for (line, conflicts) in [(1, true), (2, false), (3, true)] {
        let result = journal.submit_row(job.id, line).await;
        assert_eq!(matches!(result, Err(JournalError::KeyConflict)), conflicts, "{line}");
    }
    let rows = journal.job_rows(job.id, 0, 10).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.stored.is_some(), row.refused.as_deref())).collect();
    let conflict = (false, Some("key_conflict"));
    assert_eq!(told, [conflict, (true, None), conflict]);
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!(told.totals, [JobTotal { approved: won(7_001), submitted: 2_000 }]);
    sound(&*journal).await;
}

/// What other plans would submit is found by its key, until they are given up or the row is refused.
pub(crate) async fn rows_are_found_by_their_keys(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    let keyed = |name: &str, amount: i64, key: &str| {
        let mut new = plan(&[(7, "p", amount)]);
        name.clone_into(&mut new.name);
        new.rows[0].key = Some(key.to_owned());
        new
    };
    let a = journal.plan_job(keyed("a", 1_000, "k-a")).await.unwrap();
    let b = journal.plan_job(keyed("b", 20_000, "k-b")).await.unwrap();
    let (shop, keys) = (payment("p").key().account(), ["k-a", "k-b", "k-c"].map(str::to_owned));
    let found = async |but: &str| journal.planned_under(&shop, &keys, but).await.unwrap();
    let (of_a, of_b) = (("k-a".to_owned(), (a.id, 7)), ("k-b".to_owned(), (b.id, 7)));
    assert_eq!(found("x").await, [of_a.clone(), of_b.clone()].into());
    assert_eq!(found("a").await, [of_b].into());
    let other = AccountName { merchant: "other".to_owned(), ..shop.clone() };
    assert!(journal.planned_under(&other, &keys, "").await.unwrap().is_empty());
    approved(&*journal, &b).await;
    assert!(matches!(journal.submit_row(b.id, 7).await, Err(JournalError::Exceeds { .. })));
    assert_eq!(found("x").await, [of_a].into());
    journal.discard_job(a.id, "kim", "the wrong file").await.unwrap();
    assert!(found("x").await.is_empty());
}

/// Rows at once, each several times: the total is counted once for each.
pub(crate) async fn rows_at_once_are_counted_once(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let mut new = plan(&[]);
    for line in 1..=20 {
        let id = format!("p{line}");
        journal.register_payment(payment(&id)).await.unwrap();
        new.rows.extend(plan(&[(line, &id, 100)]).rows);
    }
    let job = journal.plan_job(new).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(2_000)], "kim").await.unwrap();
    let callers: Vec<_> = (0..60)
        .map(|n| {
            let (journal, id) = (Arc::clone(&journal), job.id);
            tokio::spawn(async move { journal.submit_row(id, n % 20 + 1).await })
        })
        .collect();
    let mut new = 0;
    for caller in callers {
        new += i64::from(matches!(caller.await.unwrap().unwrap(), Submitted::New(_)));
    }
    assert_eq!(new, 20);
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!(told.totals, [JobTotal { approved: won(2_000), submitted: 2_000 }]);
    sound(&*journal).await;
}

/// An approved job of 1,000 each of these payments, all submitted. Its lines begin with 1.
pub(super) async fn all_submitted(journal: &dyn Journal, ids: &[&str]) -> (JobRecord, Vec<IntentRecord>) {
    let mut new = plan(&[]);
    for (line, id) in (1..).zip(ids) {
        journal.register_payment(payment(id)).await.unwrap();
        new.rows.extend(plan(&[(line, id, 1_000)]).rows);
    }
    let job = journal.plan_job(new).await.unwrap();
    approved(journal, &job).await;
    let mut intents = Vec::new();
    for row in journal.job_rows(job.id, 0, 100).await.unwrap() {
        intents.push(journal.submit_row(job.id, row.line).await.unwrap().intent().clone());
    }
    (job, intents)
}

pub(super) async fn approved(journal: &dyn Journal, job: &JobRecord) {
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    journal.approve_job(job.id, job.hash, &totals, "kim").await.unwrap();
}

/// The intent that is worked on next at a payment, given back at once.
pub(super) async fn next_at(journal: &dyn Journal, id: &str) -> Option<IntentId> {
    let key = PaymentKey::new(Gateway::Chaiport, "shop", id);
    let claim = journal.claim_payment(&key, "looker", LEASE).await.unwrap()?;
    journal.release(&claim.lease).await.unwrap();
    Some(claim.snapshot.intent.id)
}

async fn next(journal: &dyn Journal) -> Option<IntentId> {
    let claim = claim(journal, "looker").await?;
    journal.release(&claim.lease).await.unwrap();
    Some(claim.snapshot.intent.id)
}

pub(crate) async fn a_halted_job_holds_what_has_not_begun(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q", "r"]).await;
    // begun, and claimed to begin
    let p = claimed(journal, "w").await;
    let new = attempt(&p, 10_000);
    journal.open_attempt(&p.lease, &new).await.unwrap();
    let q = claimed(journal, "w2").await;
    assert_eq!([p.snapshot.intent.id, q.snapshot.intent.id], [intents[0].id, intents[1].id]);
    clock.advance(SECOND);
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    let late = journal.open_attempt(&q.lease, &attempt(&q, 10_000)).await;
    assert!(matches!(late, Err(JournalError::NotAllowed("its job is halted"))), "{late:?}");
    journal.release(&q.lease).await.unwrap();
    assert_eq!(next(journal).await, None);
    for id in ["q", "r"] {
        assert_eq!(next_at(journal, id).await, None, "{id}");
    }
    for (intent, by) in intents.iter().zip([None, Some(job.id), Some(job.id)]) {
        assert_eq!(journal.held_by(intent.id).await.unwrap(), by);
    }
    // what has begun is carried on, and alone counts as due
    let due = journal.next_due().await.unwrap();
    assert_eq!((due, journal.counts().await.unwrap().oldest_due), (Some(p.snapshot.now), due));
    let done = about(intents[0].id, Some(new.id), completed());
    assert_eq!(journal.record(&p.lease, &done).await.unwrap().intent.state, IntentState::Completed);
    assert_eq!(journal.next_due().await.unwrap(), None);
    assert_eq!(journal.intent(intents[1].id).await.unwrap().unwrap().state, IntentState::Planned);
    sound(journal).await;
    // another wish of the same payment goes
    let own = submitted(journal, wish("q", "own", 500)).await;
    assert_eq!(next(journal).await, Some(own.id));
    journal.withdraw(own.id, "kim", "no longer").await.unwrap();
    assert_eq!(next(journal).await, None);
    // approved again, it goes on at once
    approved(journal, &job).await;
    assert_eq!(journal.held_by(intents[1].id).await.unwrap(), None);
    assert_eq!(next(journal).await, Some(intents[1].id));
    let q = claimed(journal, "w2").await;
    journal.open_attempt(&q.lease, &attempt(&q, 10_000)).await.unwrap();
    assert_eq!(next_at(journal, "r").await, Some(intents[2].id));
    sound(journal).await;
}

pub(crate) async fn no_second_attempt_begins_in_a_halted_job(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p"]).await;
    let claim = claimed(journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    journal.halt_job(job.id, "kim stopped it").await.unwrap();
    let superseded = about(intents[0].id, Some(new.id), Change::Superseded);
    assert_eq!(journal.record(&claim.lease, &superseded).await.unwrap().intent.state, IntentState::Planned);
    journal.release(&claim.lease).await.unwrap();
    clock.advance(LEASE);
    assert_eq!((next(journal).await, next_at(journal, "p").await), (None, None));
    approved(journal, &job).await;
    assert_eq!(next(journal).await, Some(intents[0].id));
    sound(journal).await;
}

pub(crate) async fn a_discarded_job_takes_back_what_was_provably_never_sent(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q", "r", "s"]).await;
    let mut begun = Vec::new();
    for owner in ["w", "w2"] {
        let claim = claimed(journal, owner).await;
        let new = attempt(&claim, 10_000);
        journal.open_attempt(&claim.lease, &new).await.unwrap();
        begun.push((claim, new));
    }
    let (claim, new) = &begun[1];
    let superseded = about(intents[1].id, Some(new.id), Change::Superseded);
    journal.record(&claim.lease, &superseded).await.unwrap();
    journal.release(&claim.lease).await.unwrap();
    let own = submitted(journal, wish("r", "own", 500)).await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    assert_eq!(next_at(journal, "q").await, None);
    clock.advance(LEASE);
    journal.discard_job(job.id, "kim", "called off").await.unwrap();
    let states = journal.job_rows(job.id, 0, 10).await.unwrap().into_iter();
    let states: Vec<_> = states.map(|row| row.stored.unwrap().state).collect();
    use IntentState::{Open, Withdrawn};
    assert_eq!(states, [Open, Withdrawn, Withdrawn, Withdrawn]);
    let events = journal.events(0, 100).await.unwrap();
    let withdrawn = events.iter().filter(|event| event.kind == "withdrawn");
    let told: Vec<_> = withdrawn.map(|event| (event.intent, event.detail.contains("called off"))).collect();
    assert_eq!(told, [1, 2, 3].map(|row: usize| (Some(intents[row].id), true)));
    for (id, reserved) in [("p", 1_000), ("q", 0), ("r", 500), ("s", 0)] {
        let key = PaymentKey::new(Gateway::Chaiport, "shop", id);
        assert_eq!(journal.payment(&key).await.unwrap().unwrap().reserved, reserved, "{id}");
    }
    assert_eq!(next_at(journal, "q").await, None);
    assert_eq!(next_at(journal, "r").await, Some(own.id));
    assert_eq!(next_at(journal, "s").await, None);
    sound(journal).await;
}

/// Its turn brings it before a person; held back, it would never have an outcome.
pub(crate) async fn what_is_older_than_a_restore_is_not_held(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p"]).await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    assert_eq!(next(journal).await, None);
    clock.advance(SECOND);
    journal.suspect_all("kim", "restored").await.unwrap();
    assert_eq!(next(journal).await, Some(intents[0].id));
    journal.discard_job(job.id, "kim", "an attempt may have been lost").await.unwrap();
    assert_eq!(next(journal).await, Some(intents[0].id), "not withdrawn");
    journal.register_payment(payment("q")).await.unwrap();
    clock.advance(SECOND);
    let (job, newer) = all_submitted(journal, &["q"]).await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    assert_eq!(next_at(journal, "q").await, None, "{newer:?}");
    sound(journal).await;
}

pub(crate) async fn what_was_asked_for_since_the_plan_is_not_submitted(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    for id in ["p", "q", "r", "s", "t"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    submitted(journal, wish("q", "before", 1_000)).await;
    clock.advance(SECOND);
    let rows = [(1, "p", 3_000), (2, "p", 2_000), (3, "q", 1_000), (4, "r", 1_000), (5, "s", 1_000)];
    let mut new = plan(&rows);
    new.rows.extend(plan(&[(6, "t", 1_000), (7, "t", 1_000)]).rows);
    new.rows[3].key = Some("r-1".to_owned());
    let job = journal.plan_job(new).await.unwrap();
    approved(journal, &job).await;
    clock.advance(SECOND);
    let since = submitted(journal, wish("p", "return-1", 3_000)).await;
    // the row's own key; a refund that was taken back; within the job
    submitted(journal, wish("r", "r-1", 1_000)).await;
    let back = submitted(journal, wish("s", "return-2", 1_000)).await;
    journal.withdraw(back.id, "kim", "a mistake").await.unwrap();
    for line in 1..=7 {
        let result = journal.submit_row(job.id, line).await;
        assert_eq!(matches!(result, Err(JournalError::AskedSince)), line == 1, "{line} {result:?}");
        assert_eq!(result.is_ok(), line != 1, "{line}");
    }
    // final for this plan
    journal.withdraw(since.id, "kim", "by mistake").await.unwrap();
    assert!(matches!(journal.submit_row(job.id, 1).await, Err(JournalError::AskedSince)));
    let told = journal.job_rows(job.id, 0, 10).await.unwrap();
    assert_eq!((told[0].refused.as_deref(), told[1].refused.as_deref()), (Some("asked_since"), None));
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!(told.totals, [JobTotal { approved: won(10_000), submitted: 6_000 }]);
    sound(journal).await;
    let again = NewJob { name: "again".to_owned(), ..plan(&[(1, "p", 3_000)]) };
    let again = journal.plan_job(again).await.unwrap();
    approved(journal, &again).await;
    journal.submit_row(again.id, 1).await.unwrap();
}

/// Planning reads first and stores last, minutes later where gateways are asked.
pub(crate) async fn what_is_asked_for_while_it_is_planned_counts_as_asked_since(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    journal.register_payment(payment("p")).await.unwrap();
    assert_eq!(journal.last_event().await.unwrap(), 1);
    submitted(journal, wish("p", "before", 1_000)).await;
    let seen = journal.last_event().await.unwrap();
    assert_eq!(seen, 2);
    // it took its time before the planner looked, and is stored after
    clock.set_back(SECOND * 60);
    submitted(journal, wish("p", "return-1", 3_000)).await;
    clock.advance(SECOND * 120);
    let new = NewJob { seen_event: Some(seen), ..plan(&[(1, "p", 3_000), (2, "p", 1_000)]) };
    let job = journal.plan_job(new).await.unwrap();
    assert_eq!((job.seen_event, job.created_at), (seen, clock.now()));
    approved(journal, &job).await;
    assert!(matches!(journal.submit_row(job.id, 1).await, Err(JournalError::AskedSince)));
    journal.submit_row(job.id, 2).await.unwrap();
    // another journal was put in its place meanwhile: nobody can tell what the planner saw
    for wrong in [-1, journal.last_event().await.unwrap() + 1] {
        let other = NewJob { name: "other".to_owned(), seen_event: Some(wrong), ..plan(&[(1, "p", 1_000)]) };
        let refused = journal.plan_job(other).await;
        assert!(matches!(refused, Err(JournalError::Invalid(error)) if error.field() == "seen_event"));
    }
    sound(journal).await;
}

/// The clock was ahead while it was planned, and is put right before the same refund is asked for.
pub(crate) async fn a_clock_that_was_set_back_hides_nothing_from_a_plan(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    for id in ["p", "q"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    submitted(journal, wish("q", "before", 2_000)).await;
    clock.advance(SECOND * 3_600);
    let job = journal.plan_job(plan(&[(1, "p", 3_000), (2, "q", 2_000)])).await.unwrap();
    clock.set_back(SECOND * 3_600);
    let since = submitted(journal, wish("p", "return-1", 3_000)).await;
    assert_eq!((since.due_at, since.created_at), (Some(clock.now()), clock.now()), "no later for that");
    approved(journal, &job).await;
    assert!(matches!(journal.submit_row(job.id, 1).await, Err(JournalError::AskedSince)));
    journal.submit_row(job.id, 2).await.unwrap();
    sound(journal).await;
    // nothing that is stored is younger than a restore
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    for intent in journal.intents_of(&payment("p").key()).await.unwrap() {
        let payment = journal.payment(&intent.payment).await.unwrap().unwrap();
        assert!(intent.created_at <= payment.suspect_since.unwrap());
    }
    assert!(
        job.created_at <= journal.payment(&payment("p").key()).await.unwrap().unwrap().suspect_since.unwrap()
    );
    sound(journal).await;
}

/// Its rows were stored before it halted, and wait; meanwhile somebody refunds one of them by hand.
pub(crate) async fn what_a_halted_job_holds_is_not_begun_if_it_was_asked_for_since(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q", "r", "s"]).await;
    let p = claimed(journal, "w").await;
    journal.open_attempt(&p.lease, &attempt(&p, 10_000)).await.unwrap();
    journal.release(&p.lease).await.unwrap();
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    clock.advance(SECOND);
    // what has begun; the same refund; another one; one that was taken back
    for (id, amount) in [("p", 1_000), ("q", 1_000), ("r", 2_000), ("s", 1_000)] {
        submitted(journal, wish(id, &format!("return-{id}"), amount)).await;
    }
    let back = journal.by_key(&payment("s").key().account(), "return-s").await.unwrap().unwrap();
    journal.withdraw(back.id, "kim", "a mistake").await.unwrap();
    approved(journal, &job).await;
    let mut states = Vec::new();
    for intent in &intents {
        states.push(journal.intent(intent.id).await.unwrap().unwrap().state);
    }
    use IntentState::{Open, Planned, Withdrawn};
    assert_eq!(states, [Open, Withdrawn, Planned, Planned]);
    let events = journal.events_of(intents[1].id).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!(last.kind, "withdrawn");
    assert!(last.detail.contains("asked_since"), "{}", last.detail);
    let told = journal.job(job.id).await.unwrap().unwrap();
    assert_eq!((told.state, told.totals[0].submitted), (JobState::Approved, 4_000));
    sound(journal).await;
}
