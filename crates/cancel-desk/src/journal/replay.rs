//! The event log replayed: what the tables must say, if nobody changed them past the journal.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::record::{
    AttemptId, AttemptRecord, IntentId, IntentRecord, IntentState, JobRecord, JobState, Outcome,
    PaymentRecord, Proof, RejectedBecause, Resolution,
};

use super::EventRecord;

/// What an event tells of a row, as a digest: a journal has many of them.
type Facts = [u8; 32];

const NO_EVENT: &str = "there is no event of it";
const OTHER: &str = "is not what its event says";
const NO_ROW: &str = "there is an event of it, but no row that can be read";

/// What the events say, until a row is found that says the same.
#[derive(Debug, Default)]
pub(super) struct Replay {
    payments: BTreeMap<String, Facts>,
    intents: BTreeMap<IntentId, Wish>,
    attempts: BTreeMap<AttemptId, Facts>,
    jobs: BTreeMap<String, Plan>,
}

#[derive(Debug)]
struct Wish {
    facts: Facts,
    end: Option<(IntentState, Facts)>,
}

#[derive(Debug)]
struct Plan {
    facts: Facts,
    state: JobState,
    by: Option<String>,
}

/// A rule that does not hold, and where.
pub(super) type Found = (&'static str, String);

impl Replay {
    pub(super) fn event(&mut self, event: &EventRecord) {
        let detail = || serde_json::from_str::<Value>(&event.detail).unwrap_or(Value::Null);
        match (event.kind.as_str(), event.intent, event.attempt) {
            ("registered", None, None) => {
                let detail = detail();
                let facts = facts(&[of(&detail, "payment"), of(&detail, "paid"), of(&detail, "currency")]);
                self.payments.insert(text(of(&detail, "payment")), facts);
            }
            ("submitted", Some(intent), None) => {
                let detail = detail();
                let parts = ["payment", "amount", "currency", "key"].map(|name| of(&detail, name));
                self.intents.insert(intent, Wish { facts: facts(&parts), end: None });
            }
            ("attempt", Some(intent), Some(attempt)) => {
                let detail = detail();
                let parts = ["no", "amount", "before", "sequence"].map(|name| of(&detail, name));
                let intent = json!(intent);
                let [no, amount, before, sequence] = parts;
                self.attempts.insert(attempt, facts(&[&intent, no, amount, before, sequence]));
            }
            ("completed", Some(intent), _) => {
                self.ended(intent, IntentState::Completed, of(&detail(), "what"));
            }
            ("rejected", Some(intent), _) => self.ended(intent, IntentState::Rejected, of(&detail(), "what")),
            ("withdrawn", Some(intent), None) => {
                self.ended(intent, IntentState::Withdrawn, &Value::Null);
            }
            ("resolved", Some(intent), None) => self.resolved(intent, of(&detail(), "as")),
            ("planned" | "approved" | "halted" | "discarded", None, None) => {
                self.job_event(&event.kind, &detail());
            }
            ("restored", None, None) => {
                for plan in self.jobs.values_mut().filter(|plan| plan.state == JobState::Approved) {
                    plan.state = JobState::Halted;
                }
            }
            _ => {}
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

    fn job_event(&mut self, kind: &str, detail: &Value) {
        let Some(state) = JobState::from_word(kind) else { return };
        let id = text(of(detail, "job"));
        let approved = |total: &Value| json!([of(total, "currency"), of(total, "approved")]);
        let totals: Vec<Value> =
            of(detail, "totals").as_array().into_iter().flatten().map(approved).collect();
        let facts = facts(&[of(detail, "hash"), of(detail, "rows"), &json!(totals)]);
        let by = match state {
            JobState::Approved => of(detail, "by").as_str().map(str::to_owned),
            _ => self.jobs.get(&id).and_then(|plan| plan.by.clone()),
        };
        self.jobs.insert(id, Plan { facts, state, by });
    }

    pub(super) fn payment(&mut self, payment: &PaymentRecord) -> Option<Found> {
        let at = payment.key().to_string();
        let paid = payment.paid();
        let stored = facts(&[&json!(at), &json!(paid.minor()), &json!(paid.currency().code())]);
        let told = self.payments.remove(&at);
        differs(told, stored).map(|rule| (rule, at))
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
        (end != wish.end).then_some(("its end is not the one that its events say", at))
    }

    pub(super) fn attempt(&mut self, attempt: &AttemptRecord) -> Option<Found> {
        let stored = facts(&[
            &json!(attempt.intent),
            &json!(attempt.no),
            &json!(attempt.amount.minor()),
            &json!(attempt.balance_before.minor()),
            &json!(attempt.sequence),
        ]);
        let told = self.attempts.remove(&attempt.id);
        differs(told, stored).map(|rule| (rule, attempt.id.to_string()))
    }

    pub(super) fn job(&mut self, job: &JobRecord) -> Option<Found> {
        let at = job.id.to_string();
        let Some(plan) = self.jobs.remove(&at) else {
            return Some((NO_EVENT, at));
        };
        let hash: String = job.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let totals = job.totals.iter().map(|total| total.approved);
        let totals: Vec<Value> = totals.map(|sum| json!([sum.currency().code(), sum.minor()])).collect();
        let same = facts(&[&json!(hash), &json!(job.rows), &json!(totals)]) == plan.facts
            && job.state == plan.state
            && job.approved_by == plan.by;
        (!same).then_some((OTHER, at))
    }

    /// What no row was found for.
    pub(super) fn left(self) -> impl Iterator<Item = Found> {
        let intents = self.intents.into_keys().map(|id| id.to_string());
        let attempts = self.attempts.into_keys().map(|id| id.to_string());
        let all = self.payments.into_keys().chain(intents).chain(attempts).chain(self.jobs.into_keys());
        all.map(|at| (NO_ROW, at))
    }
}

fn differs(told: Option<Facts>, stored: Facts) -> Option<&'static str> {
    match told {
        None => Some(NO_EVENT),
        Some(told) => (told != stored).then_some(OTHER),
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
