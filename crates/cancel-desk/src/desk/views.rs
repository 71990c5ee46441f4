//! Payments and cancels as they are shown: over HTTP, and by `--json`. Never account data.

use pg_core::text::Word;
use pg_core::{Currency, Gateway, Money, PaymentState};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Number, Waiting};
use crate::record::{
    AttemptRecord, Evidence, IntentId, IntentRecord, IntentState, JobId, Outcome, PaymentRecord, Proof,
    RejectedBecause, Suspect, Timestamp, Why,
};

/// A payment in the words of Chaiport's guide. Amounts are in major units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentView {
    /// The gateway.
    pub gateway: Gateway,
    /// The merchant's account there.
    pub account: String,
    /// The gateway's number, under the name that the guide gives it; only of Chaiport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imp_uid: Option<String>,
    /// The gateway's number: `imp_uid`, `transaction_id`, `orgTrdNo`.
    pub payment_id: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What was paid.
    pub amount: Number,
    /// What is refunded, through this desk or known to be refunded elsewhere.
    pub cancel_amount: Number,
    /// What is held for refunds under way.
    pub reserved_amount: Number,
    /// What can still be asked for.
    pub cancelable_amount: Number,
    /// The payment method in the gateway's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The PG behind the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_provider: Option<String>,
    /// The day of the payment in Korea, `2026-11-21`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_on: Option<String>,
    /// Why it is not trusted after the journal was restored from a backup: no new refund of it is begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspect: Option<Suspect>,
    /// Its cancels, oldest first, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancels: Option<Vec<CancelView>>,
}

impl PaymentView {
    /// A payment, without its cancels.
    #[must_use]
    pub fn new(record: &PaymentRecord) -> Self {
        let payment = &record.payment;
        let number = |minor| Number(record.money(minor));
        Self {
            gateway: payment.gateway,
            account: record.merchant.clone(),
            imp_uid: (payment.gateway == Gateway::Chaiport).then(|| payment.gateway_id.clone()),
            payment_id: payment.gateway_id.clone(),
            merchant_uid: payment.merchant_uid.clone(),
            currency: payment.paid.currency(),
            amount: Number(payment.paid),
            cancel_amount: number(record.refunded.saturating_add(record.foreign_refunded)),
            reserved_amount: number(record.reserved),
            cancelable_amount: number(record.available()),
            method: payment.method.clone(),
            pg_provider: payment.pg_provider.clone(),
            paid_on: payment.paid_on.map(|day| day.to_string()),
            suspect: record.suspect,
            cancels: None,
        }
    }

    /// Adds its cancels.
    #[must_use]
    pub fn with_cancels(mut self, cancels: Vec<CancelView>) -> Self {
        self.cancels = Some(cancels);
        self
    }
}

/// A cancel. Amounts are in major units of `currency`, times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CancelView {
    /// Its id.
    pub id: IntentId,
    /// How far it is.
    pub state: IntentState,
    /// Whether that can never change again.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether a person has to look at it.
    pub waits_for_a_person: bool,
    /// The bulk job that holds it: halted, and nothing is sent until it is approved again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<JobId>,
    /// Why it waits, while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waiting>,
    /// The payment's gateway.
    pub gateway: Gateway,
    /// The merchant's account there.
    pub account: String,
    /// The gateway's number of the payment.
    pub payment_id: String,
    /// The caller's key.
    pub idempotency_key: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What is to be refunded.
    pub amount: Number,
    /// Why, in the merchant's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it ended, once it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeView>,
    /// What a person needs to decide, while one is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
    /// How many attempts there were. One attempt may have been sent more than once.
    pub attempts: usize,
    /// How often it was sent, all attempts together.
    pub sends: i64,
    /// How many look-ups were made.
    pub looks: i64,
    /// Why the outcome is not known yet, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// When the gateway is looked at next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_look_at: Option<String>,
    /// When it was stored.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

impl CancelView {
    /// A cancel with its attempts.
    #[must_use]
    pub fn new(intent: &IntentRecord, attempts: &[AttemptRecord]) -> Self {
        let currency = intent.amount.currency();
        let settled = intent.state.is_final();
        let told = intent.evidence.as_ref().filter(|_| intent.waits_for_a_person());
        let last_reason = attempts.last().and_then(|attempt| attempt.last_reason.clone());
        Self {
            id: intent.id,
            state: intent.state,
            is_final: settled,
            waits_for_a_person: intent.waits_for_a_person(),
            held_by: None,
            waits: None,
            gateway: intent.payment.gateway,
            account: intent.payment.merchant.clone(),
            payment_id: intent.payment.payment_id.clone(),
            idempotency_key: intent.caller_key.clone(),
            currency,
            amount: Number(intent.amount),
            reason: intent.reason.clone(),
            outcome: intent.outcome.as_ref().map(|outcome| OutcomeView::new(outcome, currency)),
            evidence: told.map(|evidence| EvidenceView::new(evidence, currency)),
            attempts: attempts.len(),
            sends: attempts.iter().fold(0, |sum, attempt| attempt.sends_told().saturating_add(sum)),
            looks: intent.looks,
            last_reason: last_reason.filter(|_| !settled),
            next_look_at: intent.due_at.map(rfc3339),
            created_at: rfc3339(intent.created_at),
            updated_at: rfc3339(intent.updated_at),
        }
    }
}

/// How a cancel ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutcomeView {
    /// Refunded.
    Completed {
        /// How that is known.
        proof: Proof,
        /// The gateway's number of the cancel.
        #[serde(skip_serializing_if = "Option::is_none")]
        cancel_id: Option<String>,
    },
    /// Not refunded, and never because of this cancel.
    Rejected {
        /// Why: `insufficient`, `refused`, `invalid`, `person`.
        because: &'static str,
        /// What is left at the gateway at most (`insufficient`).
        #[serde(skip_serializing_if = "Option::is_none")]
        balance: Option<Number>,
        /// What the gateway's refusal is about, in one word (`refused`).
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// The gateway's code, verbatim (`refused`).
        #[serde(skip_serializing_if = "Option::is_none")]
        gateway_code: Option<String>,
        /// The field that could not be sent (`invalid`).
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
}

impl OutcomeView {
    fn new(outcome: &Outcome, currency: Currency) -> Self {
        match outcome {
            Outcome::Completed { proof, cancel_id } => {
                Self::Completed { proof: *proof, cancel_id: cancel_id.clone() }
            }
            Outcome::Rejected(because) => Self::rejected(because, currency),
        }
    }

    fn rejected(because: &RejectedBecause, currency: Currency) -> Self {
        let (mut balance, mut kind, mut gateway_code, mut field) = (None, None, None, None);
        let because = match because {
            RejectedBecause::Insufficient { balance: left } => {
                balance = Some(number(*left, currency));
                "insufficient"
            }
            RejectedBecause::Refused { kind: about, code } => {
                kind = Some(about.clone());
                gateway_code = Some(code.clone());
                "refused"
            }
            RejectedBecause::Invalid { field: name } => {
                field = Some(name.clone());
                "invalid"
            }
            RejectedBecause::Person => "person",
        };
        Self::Rejected { because, balance, kind, gateway_code, field }
    }
}

/// What is known about a cancel that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EvidenceView {
    /// Why only a person can decide.
    pub why: Why,
    /// What the last look-up showed to be left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_balance: Option<Number>,
    /// The lowest balance ever proven.
    pub known_balance: Number,
    /// The balance before the attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance_before: Option<Number>,
    /// What is to be refunded.
    pub amount: Number,
    /// How often the attempt was sent.
    pub sends: i64,
    /// How many of these may have reached the gateway.
    pub doubts: i64,
    /// How many look-ups were made for it.
    pub looks: i64,
    /// Why the outcome was unknown, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// The gateway's code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal_code: Option<String>,
}

impl EvidenceView {
    fn new(evidence: &Evidence, currency: Currency) -> Self {
        Self {
            why: evidence.why,
            seen_balance: evidence.seen_balance.map(|minor| number(minor, currency)),
            known_balance: number(evidence.known_balance, currency),
            balance_before: evidence.balance_before.map(|minor| number(minor, currency)),
            amount: number(evidence.amount, currency),
            sends: evidence.sends,
            doubts: evidence.doubts,
            looks: evidence.looks,
            last_reason: evidence.last_reason.clone(),
            refusal_code: evidence.refusal_code.clone(),
        }
    }
}

/// A payment as its gateway's ledger has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateView {
    /// The gateway's own word for the status. Amounts decide, not this word.
    pub status: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What was paid.
    pub amount: Number,
    /// What has been refunded, by anyone.
    pub cancel_amount: Number,
    /// What can still be refunded.
    pub cancelable_amount: Number,
    /// How many cancels the gateway tells, where it tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancels: Option<usize>,
}

impl From<&PaymentState> for StateView {
    fn from(state: &PaymentState) -> Self {
        Self {
            // free text may name people
            status: Word(&state.status).shown().to_owned(),
            currency: state.paid.currency(),
            amount: Number(state.paid),
            cancel_amount: Number(state.cancelled),
            cancelable_amount: Number(state.balance),
            cancels: state.history.as_ref().map(Vec::len),
        }
    }
}

/// A time of the journal in RFC 3339, UTC, to the millisecond.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let nanos = i128::from(at.0).saturating_mul(1_000_000);
    let text = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|at| at.format(&Rfc3339).ok());
    text.unwrap_or_else(|| at.0.to_string())
}

fn number(minor: i64, currency: Currency) -> Number {
    Number(Money::from_minor(minor, currency).unwrap_or(Money::zero(currency)))
}
