//! The event log replayed: what the tables must say, if nobody changed them past the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::record::{
    AttemptId, AttemptRecord, IntentId, IntentRecord, IntentState, JobRecord, JobRow, JobState, Outcome,
    PaymentRecord, Proof, RejectedBecause, Resolution, hex,
};

use super::EventRecord;
use super::jobs::RESTORED;
use super::trail::{self, Before, Books, Left, Mark};

/// What an event tells of a row, as a digest: a journal has many of them.
type Facts = [u8; 32];

const NO_EVENT: &str = "there is no event of it";
const OTHER: &str = "is not what its event says";
const NOT_AS_LEFT: &str = "is not what its last event left";
const NOT_LEFT: &str = "it did not find the rows as the events before it had left them";
const NO_ROW: &str = "there is an event of it, but no row that can be read";

/// What the events say, until a row is found that says the same.
#[derive(Debug, Default)]
pub(super) struct Replay {
    payments: BTreeMap<Arc<str>, Account>,
    intents: BTreeMap<IntentId, Wish>,
    attempts: BTreeMap<AttemptId, Try>,
    jobs: BTreeMap<String, Plan>,
    restored: bool,
}

#[derive(Debug)]
struct Account {
    facts: Facts,
    books: Books,
}

#[derive(Debug)]
struct Wish {
    payment: Arc<str>,
    facts: Facts,
    end: Option<(IntentState, Facts)>,
    /// As the last event left it.
    left: Option<Mark>,
}

#[derive(Debug)]
struct Try {
    facts: Facts,
    left: Option<Mark>,
}

#[derive(Debug)]
struct Plan {
    facts: Facts,
    rows: Facts,
    state: JobState,
    by: Option<String>,
    because: Option<String>,
}

/// A rule that does not hold, and where.
pub(super) type Found = (&'static str, String);

impl Replay {
    pub(super) fn event(&mut self, event: &EventRecord) -> Option<Found> {
        let detail = &serde_json::from_str::<Value>(&event.detail).unwrap_or(Value::Null);
        match (event.kind.as_str(), event.intent, event.attempt) {
            ("registered", None, None) => {
                let parts = ["payment", "paid", "currency", "reference"].map(|name| of(detail, name));
                let account = Account { facts: facts(&parts), books: Books::default() };
                self.payments.insert(text(of(detail, "payment")).into(), account);
            }
            ("submitted", Some(intent), None) => {
                let parts = ["payment", "amount", "currency", "key"].map(|name| of(detail, name));
                let payment = text(of(detail, "payment"));
                let known = self.payments.get_key_value(payment.as_str());
                let payment = known.map_or_else(|| payment.as_str().into(), |(key, _)| Arc::clone(key));
                let wish = Wish { payment, facts: facts(&parts), end: None, left: None };
                self.intents.insert(intent, wish);
            }
            ("attempt", Some(intent), Some(attempt)) => {
                let parts = ["no", "amount", "before", "sequence", "digest"].map(|name| of(detail, name));
                let intent = json!(intent);
                let [no, amount, before, sequence, digest] = parts;
                let facts = facts(&[&intent, no, amount, before, sequence, digest]);
                self.attempts.insert(attempt, Try { facts, left: None });
            }
            ("completed", Some(intent), _) => {
                self.ended(intent, IntentState::Completed, of(detail, "what"));
            }
            ("rejected", Some(intent), _) => self.ended(intent, IntentState::Rejected, of(detail, "what")),
            ("withdrawn", Some(intent), _) => {
                self.ended(intent, IntentState::Withdrawn, &Value::Null);
            }
            ("resolved", Some(intent), _) => self.resolved(intent, of(detail, "as")),
            ("planned" | "approved" | "halted" | "discarded", None, None) => {
                self.job_event(event, detail);
            }
            ("suspected", None, None) => self.suspected(of(detail, "payments")),
            ("restored", None, None) => {
                self.restored = true;
                for plan in self.jobs.values_mut().filter(|plan| plan.state == JobState::Approved) {
                    plan.state = JobState::Halted;
                    plan.because = Some(RESTORED.to_owned());
                }
            }
            ("settled", None, None) => self.restored = false,
            _ => {}
        }
        let same = self.goes_on(event, detail);
        (!same).then(|| (NOT_LEFT, format!("event {}", event.seq)))
    }

    /// Takes in what the event left of the rows. Tells whether it found them as the events before it had left them.
    fn goes_on(&mut self, event: &EventRecord, detail: &Value) -> bool {
        let Some(left) = detail.get("left") else { return true };
        let Ok(left) = Left::deserialize(left) else { return false };
        let wish = event.intent.and_then(|id| self.intents.get_mut(&id));
        let payment = match &wish {
            Some(wish) => Arc::clone(&wish.payment),
            None => text(of(detail, "payment")).into(),
        };
        // that it has no event of its own is told where its row is found
        let Some(account) = self.payments.get_mut(&payment) else { return true };
        let attempt = event.attempt.and_then(|id| self.attempts.get_mut(&id));
        let marks = (wish.as_ref().and_then(|wish| wish.left), attempt.as_ref().and_then(|one| one.left));
        let same = left.found(&Before::told(&account.books, marks.0, marks.1));
        account.books = left.books;
        if let Some(wish) = wish {
            wish.left = left.intent();
        }
        if let Some(attempt) = attempt {
            attempt.left = left.attempt();
        }
        same
    }

    fn suspected(&mut self, payments: &Value) {
        for (key, mark) in payments.as_object().into_iter().flatten() {
            let Ok((suspect, since)) = Deserialize::deserialize(mark) else { continue };
            if let Some(account) = self.payments.get_mut(key.as_str()) {
                (account.books.suspect, account.books.since) = (suspect, since);
            }
        }
    }

    fn ended(&mut self, intent: IntentId, state: IntentState, what: &Value) {
        if let Some(wish) = self.intents.get_mut(&intent) {
            wish.end = Some((state, facts(&[what])));
        }
    }

    fn resolved(&mut self, intent: IntentId, how: &Value) {
        if how == Resolution::Happened.as_str() {
            let what = outcome(&Outcome::Completed { proof: Proof::Person, cancel_id: None });
            self.ended(intent, IntentState::Completed, &what);
        } else if how == Resolution::DidNotHappen.as_str() {
            self.ended(intent, IntentState::Rejected, &json!(RejectedBecause::Person));
        }
    }

    fn job_event(&mut self, event: &EventRecord, detail: &Value) {
        let Some(state) = JobState::from_word(&event.kind) else { return };
        let id = text(of(detail, "job"));
        let approved = |total: &Value| json!([of(total, "currency"), of(total, "approved")]);
        let totals: Vec<Value> =
            of(detail, "totals").as_array().into_iter().flatten().map(approved).collect();
        let known = self.jobs.remove(&id);
        let (by, rows) = known.map_or((None, None), |plan| (plan.by, Some(plan.rows)));
        let plan = Plan {
            facts: facts(&[of(detail, "hash"), of(detail, "rows"), &json!(totals)]),
            rows: rows.unwrap_or_else(|| {
                facts(&[of(detail, "name"), &json!(event.at), of(detail, "seen_event"), of(detail, "plan")])
            }),
            by: match state {
                JobState::Approved => of(detail, "by").as_str().map(str::to_owned),
                _ => by,
            },
            because: of(detail, "because").as_str().map(str::to_owned),
            state,
        };
        self.jobs.insert(id, plan);
    }

    pub(super) fn payment(&mut self, payment: &PaymentRecord) -> Vec<Found> {
        let at = payment.key().to_string();
        let paid = payment.paid();
        let stored = facts(&[
            &json!(at),
            &json!(paid.minor()),
            &json!(paid.currency().code()),
            &json!(hex(&trail::of_reference(&payment.payment))),
        ]);
        let Some(Account { facts, books: told }) = self.payments.remove(at.as_str()) else {
            return vec![(NO_EVENT, at)];
        };
        let now = Books::of(payment);
        let rules = [
            (facts == stored, OTHER),
            (told.known == now.known, "known_balance is not what its events say"),
            (told.reserved == now.reserved, "reserved is not what its events say"),
            (told.refunded == now.refunded, "refunded is not what its events say"),
            (told.foreign == now.foreign, "foreign_refunded is not what its events say"),
            (told.cancels == now.cancels, "cancels is not what its events say"),
            (told.suspect == now.suspect, "suspect is not what its events say"),
            (told.since == now.since, "suspect_since is not what its events say"),
        ];
        rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| (rule, at.clone())).collect()
    }

    pub(super) fn intent(&mut self, intent: &IntentRecord) -> Option<Found> {
        let at = intent.id.to_string();
        let Some(wish) = self.intents.remove(&intent.id) else {
            return Some((NO_EVENT, at));
        };
        let amount = intent.amount;
        let stored = facts(&[
            &json!(intent.payment.to_string()),
            &json!(amount.minor()),
            &json!(amount.currency().code()),
            &json!(intent.caller_key),
        ]);
        if stored != wish.facts {
            return Some((OTHER, at));
        }
        let what = intent.outcome.as_ref().map_or(Value::Null, outcome);
        let end = intent.state.is_final().then(|| (intent.state, facts(&[&what])));
        if end != wish.end {
            return Some(("its end is not the one that its events say", at));
        }
        (wish.left != Some(trail::of_intent(intent))).then_some((NOT_AS_LEFT, at))
    }

    pub(super) fn attempt(&mut self, attempt: &AttemptRecord) -> Option<Found> {
        let at = attempt.id.to_string();
        let Some(told) = self.attempts.remove(&attempt.id) else {
            return Some((NO_EVENT, at));
        };
        let stored = facts(&[
            &json!(attempt.intent),
            &json!(attempt.no),
            &json!(attempt.amount.minor()),
            &json!(attempt.balance_before.minor()),
            &json!(attempt.sequence),
            &json!(hex(&attempt.digest)),
        ]);
        if stored != told.facts {
            return Some((OTHER, at));
        }
        (told.left != Some(trail::of_attempt(attempt))).then_some((NOT_AS_LEFT, at))
    }

    pub(super) fn job(&mut self, job: &JobRecord, rows: &[JobRow]) -> Option<Found> {
        let at = job.id.to_string();
        let Some(plan) = self.jobs.remove(&at) else {
            return Some((NO_EVENT, at));
        };
        let totals = job.totals.iter().map(|total| total.approved);
        let totals: Vec<Value> = totals.map(|sum| json!([sum.currency().code(), sum.minor()])).collect();
        let same = facts(&[&json!(hex(&job.hash)), &json!(job.rows), &json!(totals)]) == plan.facts
            && job.state == plan.state
            && job.approved_by == plan.by
            && job.halted_because == plan.because;
        if !same {
            return Some((OTHER, at));
        }
        let planned = hex(&trail::of_plan(rows.iter()));
        let rows = [json!(job.name), json!(job.created_at), json!(job.seen_event), json!(planned)];
        let rows = facts(&rows.each_ref());
        (rows != plan.rows).then_some(("its rows are not the ones that were planned", at))
    }

    /// Whether what the journal lost is settled.
    pub(super) fn restored(&self, restored: bool) -> Option<Found> {
        let rule = "whether the journal was restored is not what its events say";
        (restored != self.restored).then(|| (rule, "journal".to_owned()))
    }

    /// What no row was found for.
    pub(super) fn left(self) -> impl Iterator<Item = Found> {
        let intents = self.intents.into_keys().map(|id| id.to_string());
        let attempts = self.attempts.into_keys().map(|id| id.to_string());
        let payments = self.payments.into_keys().map(|key| key.to_string());
        let all = payments.chain(intents).chain(attempts).chain(self.jobs.into_keys());
        all.map(|at| (NO_ROW, at))
    }
}

/// An outcome as the event of it tells it.
fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Completed { proof, cancel_id } => json!({ "proof": proof, "cancel_id": cancel_id }),
        Outcome::Rejected(because) => json!(because),
    }
}

/// A field of a detail; null where it has none.
fn of<'a>(detail: &'a Value, name: &str) -> &'a Value {
    static NONE: Value = Value::Null;
    detail.get(name).unwrap_or(&NONE)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn facts(parts: &[&Value]) -> Facts {
    Sha256::digest(json!(parts).to_string().as_bytes()).into()
}
