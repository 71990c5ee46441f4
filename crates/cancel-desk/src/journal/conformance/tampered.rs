//! What verifying finds of tables that were changed past the journal: SQL that every store understands.

use super::*;

/// Every kind of row, at every stage. Gives the claim of the open attempt.
///
/// - `r` is suspect, from a restoration that is settled.
/// - `p` has a completed, a rejected and an open cancel: `a`, `b`, `c`.
/// - `s` has a planned cancel whose attempt was superseded, `s`, and a withdrawn one, `t`.
/// - `m` has one that waits for a person, `m`.
/// - A plan of `q` is approved, one row of it submitted; another one is discarded.
pub(crate) async fn scene(journal: &dyn Journal) -> (Claim, NewAttempt) {
    journal.register_payment(payment("r")).await.unwrap();
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    journal.settled("kim", "nothing is missing").await.unwrap();
    for id in ["p", "q", "s", "m"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    submitted(journal, wish("s", "s", 3_000)).await;
    let withdrawn = submitted(journal, wish("s", "t", 1_000)).await;
    journal.withdraw(withdrawn.id, "kim", "a mistake").await.unwrap();
    submitted(journal, wish("m", "m", 3_000).with_reason("broken")).await;
    carry(journal, "s", Change::Superseded).await;
    carry(journal, "m", Change::Manual(evidence())).await;
    submitted(journal, wish("p", "a", 3_000)).await;
    carry(journal, "p", completed()).await;
    submitted(journal, wish("p", "b", 3_000)).await;
    carry(journal, "p", Change::Rejected(RejectedBecause::Person)).await;
    for (name, rows) in [("one", &[(1, "q", 1_000), (2, "q", 2_000)][..]), ("two", &[(1, "q", 500)][..])] {
        let mut new = jobs::plan(rows);
        name.clone_into(&mut new.name);
        let job = journal.plan_job(new).await.unwrap();
        let totals: Vec<_> = job.totals.iter().map(|total| total.approved).collect();
        if name == "one" {
            journal.approve_job(job.id, job.hash, &totals, "kim").await.unwrap();
            journal.submit_row(job.id, 1).await.unwrap();
        } else {
            journal.discard_job(job.id, "kim", "the wrong file").await.unwrap();
        }
    }
    submitted(journal, wish("p", "c", 3_000)).await;
    let (claim, new) = carry(journal, "p", UNKNOWN).await;
    sound(journal).await;
    (claim, new)
}

/// The events of a cancel are those of all events, and the accounts those of all payments.
pub(crate) async fn what_is_about_a_cancel_is_found(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    scene(&*journal).await;
    let all = journal.events(0, 1_000).await.unwrap();
    for id in ["p", "m"] {
        for intent in journal.intents_of(&payment(id).key()).await.unwrap() {
            let mut of_it = all.clone();
            of_it.retain(|event| event.intent == Some(intent.id));
            assert!(of_it.len() > 1);
            assert_eq!(journal.events_of(intent.id).await.unwrap(), of_it);
        }
    }
    assert_eq!(journal.accounts().await.unwrap(), [payment("p").key().account()].into());
    let waits = journal.waiting_for_a_person(1).await.unwrap().remove(0);
    let refused = journal.withdraw(waits.id, "kim", "x").await.unwrap_err();
    assert!(refused.to_string().contains("resolve it"), "{refused}");
}

/// One attempt of a payment's cancel, and what becomes of it.
async fn carry(journal: &dyn Journal, id: &str, change: Change) -> (Claim, NewAttempt) {
    let claim = journal.claim_payment(&payment(id).key(), "w", LEASE).await.unwrap().unwrap();
    let new = attempt(&claim, claim.snapshot.payment.known_balance);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    let balance = matches!(change, Change::Completed { .. }).then_some(7_000);
    let record = about(claim.snapshot.intent.id, Some(new.id), change);
    journal.record(&claim.lease, &Record { proven_balance: balance, looked: true, ..record }).await.unwrap();
    (claim, new)
}

/// Goes on with the open attempt, as if nothing had happened.
pub(crate) async fn goes_on(journal: &dyn Journal, (claim, new): &(Claim, NewAttempt)) {
    let record = about(claim.snapshot.intent.id, Some(new.id), Change::Wait { pause: SECOND });
    journal.record(&claim.lease, &record).await.unwrap();
}

/// What the open attempt's request can be changed to, and its SHA-256 in hexadecimal digits.
pub(crate) const OTHER_REQUEST: (&str, &str) =
    ("{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");

const UNREAD: &str = "cannot be read";
const LEFT: &str = "is not what its last event left";
const OTHER: &str = "is not what its event says";
const EVENTS: &str = "is not what its events say";
const END: &str = "its end is not";
const PLAN: &str = "its rows are not the ones";
const C: &str = "caller_key = 'c'";

/// Statements with a part of the rule that they break.
pub(crate) fn tamperings() -> Vec<(String, &'static str)> {
    let columns = [
        // known to the merchant
        ("payment", "merchant_uid = 'order-r'", "payment_id = 'p'", UNREAD),
        ("payment", "currency = 'USD'", "payment_id = 'r'", UNREAD),
        ("payment", "paid = 20000", "payment_id = 'p'", UNREAD),
        (
            "payment",
            "reference = replace(reference, '\"order-r\"', '\"order-x\"'), merchant_uid = 'order-x'",
            "payment_id = 'r'",
            OTHER,
        ),
        (
            "payment",
            "reference = replace(reference, '\"method\":null', '\"method\":\"card\"')",
            "payment_id = 'r'",
            OTHER,
        ),
        // the books
        ("payment", "known_balance = known_balance - 1", "payment_id = 'p'", "known_balance"),
        ("payment", "foreign_refunded = foreign_refunded + 1", "payment_id = 'p'", "foreign_refunded"),
        ("payment", "cancels = cancels + 1", "payment_id = 'p'", "cancels"),
        ("payment", "reserved = reserved + 1", "payment_id = 'p'", "reserved is"),
        ("payment", "refunded = refunded + 1", "payment_id = 'p'", "refunded is"),
        ("payment", "due_at = NULL", "payment_id = 'p'", "due_at"),
        ("payment", "due_at = due_at + 60000", "payment_id = 'p'", "due_at"),
        ("payment", "due_at = NULL", "payment_id = 's'", "due_at"),
        ("payment", "due_at = NULL", "payment_id = 'q'", "due_at"),
        ("payment", "due_at = 1", "payment_id = 'm'", "due_at"),
        ("payment", "lease_owner = 'x', lease_until = 9000000000000000", "payment_id = 'q'", "lease"),
        ("payment", "gateway = 'x'", "payment_id = 'r'", UNREAD),
        ("job_row", "gateway = 'x'", "line = 2", UNREAD),
        ("job_row", "currency = 'x'", "line = 2", UNREAD),
        ("job_total", "currency = 'x'", "submitted > 0", UNREAD),
        ("payment", "suspect = NULL, suspect_since = NULL", "payment_id = 'r'", EVENTS),
        ("payment", "suspect = 'differs'", "payment_id = 'r'", EVENTS),
        ("payment", "suspect_since = suspect_since - 1", "payment_id = 'r'", EVENTS),
        ("payment", "suspect = 'unchecked', suspect_since = 1", "payment_id = 'p'", EVENTS),
        ("restored", "settled = NOT settled", "at > 0", "restored"),
        // a wish
        ("intent", "caller_key = 'x'", "caller_key = 'a'", OTHER),
        ("intent", "amount = amount - 1", "caller_key = 'b'", OTHER),
        ("intent", "fingerprint = (SELECT hash FROM job WHERE name = 'one')", "caller_key = 'a'", LEFT),
        ("intent", "reason = 'x'", "caller_key = 'm'", LEFT),
        ("intent", "created_at = created_at + 1", C, LEFT),
        ("intent", "updated_at = updated_at + 1", C, LEFT),
        ("intent", "looks = looks + 1", C, LEFT),
        ("intent", "due_at = due_at + 60000", C, LEFT),
        ("intent", "due_at = NULL", C, LEFT),
        ("intent", "scheduled_at = due_at - 1", C, "later than scheduled"),
        ("intent", "scheduled_at = due_at + 1", C, LEFT),
        ("intent", "state = 'accepted'", C, LEFT),
        ("intent", "evidence = replace(evidence, 'other_amount', 'no_answer')", "caller_key = 'm'", LEFT),
        ("intent", "evidence = NULL, state = 'open'", "caller_key = 'm'", LEFT),
        ("intent", "outcome = replace(outcome, 'answer', 'tag')", "caller_key = 'a'", END),
        ("intent", "state = 'planned', due_at = 1", "caller_key = 't'", END),
        ("intent", "payment_id = 'r'", "caller_key = 'a'", OTHER),
        // an attempt
        ("attempt", "no = no + 1", "state = 'unknown'", OTHER),
        ("attempt", "sequence = sequence + 1", "state = 'applied'", OTHER),
        ("attempt", "balance_before = balance_before + 1", "state = 'unknown'", OTHER),
        ("attempt", "payment_id = 'r'", "state = 'applied'", "another payment's"),
        ("attempt", "sends = sends + 1", "state = 'unknown'", LEFT),
        ("attempt", "doubts = 0", "state = 'unknown'", LEFT),
        ("attempt", "upstream = upstream + 1", "state = 'unknown'", LEFT),
        ("attempt", "hold = NOT hold", "state = 'unknown'", LEFT),
        ("attempt", "taken = NOT taken", "state = 'unknown'", LEFT),
        ("attempt", "looks_since_send = looks_since_send + 1", "state = 'unknown'", LEFT),
        ("attempt", "fence = fence + 1", "state = 'unknown'", LEFT),
        ("attempt", "last_reason = 'x'", "state = 'unknown'", LEFT),
        (
            "attempt",
            "refusal = '{\"kind\":\"x\",\"code\":\"1\",\"could_be_our_own_doing\":false}'",
            "state = 'unknown'",
            LEFT,
        ),
        ("attempt", "first_send_at = first_send_at - 1", "state = 'unknown'", LEFT),
        ("attempt", "last_send_at = last_send_at - 1", "state = 'unknown'", LEFT),
        ("attempt", "state = 'accepted'", "state = 'unknown'", LEFT),
        ("attempt", "state = 'unknown'", "payment_id = 's'", LEFT),
        // a plan
        ("job", "name = 'x'", "name = 'one'", PLAN),
        ("job", "created_at = created_at - 1", "name = 'one'", PLAN),
        ("job", "seen_event = seen_event + 1", "name = 'one'", PLAN),
        ("job", "halted_because = 'x'", "name = 'two'", OTHER),
        ("job", "state = 'approved', approved_by = 'kim'", "name = 'two'", OTHER),
        ("job_total", "submitted = 0", "submitted > 0", "submitted sum"),
        ("job_row", "payment_id = 'p'", "line = 2", PLAN),
        ("job_row", "merchant = 'other'", "line = 2", PLAN),
        ("job_row", "gateway = 'eximbay'", "line = 2", PLAN),
        ("job_row", "caller_key = 'x'", "line = 2", PLAN),
        ("job_row", "fingerprint = (SELECT hash FROM job WHERE name = 'one')", "line = 2", PLAN),
        ("job_row", "intent = (SELECT id FROM intent WHERE caller_key = 'a')", "line = 2", PLAN),
        ("job_row", "reason = 'x'", "line = 2", PLAN),
        ("job_row", "line = 3", "line = 2", PLAN),
    ];
    let mut all: Vec<_> = columns
        .into_iter()
        .map(|(table, set, which, rule)| (format!("UPDATE {table} SET {set} WHERE {which}"), rule))
        .collect();
    // several at once, so that the sums stay right
    let together = [
        (
            "UPDATE attempt SET state = 'closed' WHERE state = 'unknown';
             UPDATE intent SET state = 'planned' WHERE caller_key = 'c'",
            LEFT,
        ),
        (
            "UPDATE attempt SET state = 'unknown' WHERE payment_id = 's';
             UPDATE intent SET state = 'open' WHERE caller_key = 's'",
            LEFT,
        ),
        (
            "UPDATE attempt SET state = 'applied' WHERE payment_id = 'm';
             UPDATE intent SET state = 'completed', evidence = NULL, due_at = NULL,
                 outcome = (SELECT outcome FROM intent WHERE caller_key = 'a') WHERE caller_key = 'm';
             UPDATE payment SET reserved = 0, refunded = 3000, cancels = 1 WHERE payment_id = 'm'",
            END,
        ),
        (
            "UPDATE job_row SET amount = amount + 500 WHERE line = 1 AND amount = 1000;
             UPDATE job_row SET amount = amount - 500 WHERE line = 2;
             UPDATE job_total SET submitted = 1500 WHERE submitted > 0",
            PLAN,
        ),
    ];
    all.extend(together.into_iter().map(|(sql, rule)| (sql.to_owned(), rule)));
    all
}
