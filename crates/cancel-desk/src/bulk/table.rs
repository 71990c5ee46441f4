//! Rows as CSV, for people's spreadsheets. No account data is in it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::record::{IntentRecord, JobRow, Outcome, PaymentKey, RejectedBecause};

use super::RowState;
use super::plan::{PlannedRow, Verdict};

/// What a spreadsheet takes Korean text for UTF-8 by.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The columns of a job's rows. Names and order stay as they are; new ones come last.
const ROWS: [&str; 13] = [
    "line",
    "merchant_uid",
    "gateway",
    "account",
    "payment_id",
    "amount",
    "currency",
    "key",
    "state",
    "detail",
    "intent",
    "key_held_by",
    "key_held_state",
];

/// The columns of left-out rows: those of an order file, and three that it does not read. The verdict for people follows.
const LEFT_OUT: [&str; 10] = [
    "merchant_uid",
    "payment_id",
    "gateway",
    "account",
    "amount",
    "reason",
    "key",
    "left_out",
    "why",
    "line",
];

/// Writes a job's rows as UTF-8 with a byte order mark: line, merchant_uid, gateway, account, payment_id, amount (plain
/// digits in major units), currency, key, state, detail, intent, and of a row that was not submitted because another cancel
/// holds its key, or would be refused for it: that cancel and its state. `orders`: the order numbers, as
/// [`Report::orders`](super::Report::orders) tells them; `held`: those cancels, as
/// [`Report::keys_held`](super::Report::keys_held) does.
///
/// # Errors
/// Of the writer.
pub fn write_rows<'a>(
    mut out: impl Write,
    rows: impl IntoIterator<Item = &'a JobRow>,
    orders: &BTreeMap<PaymentKey, String>,
    held: &BTreeMap<i64, IntentRecord>,
) -> io::Result<()> {
    out.write_all(MARK)?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(ROWS)?;
    for row in rows {
        let held = held.get(&row.line);
        csv.write_record([
            row.line.to_string(),
            harmless(orders.get(&row.payment).map_or("", String::as_str)),
            row.payment.gateway.to_string(),
            harmless(&row.payment.merchant),
            harmless(&row.payment.payment_id),
            row.amount.to_decimal_text(),
            row.amount.currency().code().to_owned(),
            harmless(&row.caller_key),
            RowState::of(row).to_string(),
            harmless(&detail(row)),
            row.stored.as_ref().map(|intent| intent.id.to_string()).unwrap_or_default(),
            held.map(|intent| intent.id.to_string()).unwrap_or_default(),
            held.map(|intent| intent.state.to_string()).unwrap_or_default(),
        ])?;
    }
    csv.flush()
}

/// Writes the rows that a plan left out as UTF-8 with a byte order mark: as the file gave them, the verdict's word for
/// programs, why, on which line they stand, and the verdict for people. `told`: the verdict and why, as people read it
/// ([`Verdict`] says why in English); `heading`: of the last column, `verdict` or `판정`. Corrected, it is an order file
/// again; the account to refund into is not in it.
///
/// # Errors
/// Of the writer.
pub fn write_left_out<'a>(
    mut out: impl Write,
    rows: impl IntoIterator<Item = &'a PlannedRow>,
    heading: &str,
    told: impl Fn(&Verdict) -> (String, String),
) -> io::Result<()> {
    out.write_all(MARK)?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(LEFT_OUT.into_iter().chain([heading]))?;
    for row in rows {
        let given = &row.given;
        let (verdict, why) = told(&row.verdict);
        let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
        csv.write_record([
            text(&given.merchant_uid),
            text(&given.payment_id),
            given.gateway.map(|gateway| gateway.to_string()).unwrap_or_default(),
            text(&given.account),
            given.asked.clone(),
            text(&given.reason),
            text(&given.key),
            row.verdict.as_str().to_owned(),
            harmless(&why),
            given.line.to_string(),
            harmless(&verdict),
        ])?;
    }
    csv.flush()
}

/// A cell that a spreadsheet takes for text and not for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Why a row is where it is, in a few words.
fn detail(row: &JobRow) -> String {
    let Some(intent) = &row.stored else {
        return row.refused.clone().unwrap_or_default();
    };
    match (&intent.outcome, &intent.evidence) {
        (Some(Outcome::Completed { proof, cancel_id }), _) => {
            cancel_id.as_ref().map_or_else(|| proof.to_string(), |id| format!("{proof} {id}"))
        }
        (Some(Outcome::Rejected(because)), _) => match because {
            RejectedBecause::Insufficient { balance } => format!("insufficient {balance}"),
            RejectedBecause::Refused { kind, code } => format!("refused {kind} {code}"),
            RejectedBecause::Invalid { field } => format!("invalid {field}"),
            RejectedBecause::Person => "person".to_owned(),
        },
        (None, Some(evidence)) => evidence.why.to_string(),
        (None, None) => String::new(),
    }
}
