//! Rows as CSV, for people's spreadsheets. No account data is in it.

use std::io::{self, Write};

use crate::record::{JobRow, Outcome, RejectedBecause};

use super::RowState;
use super::plan::PlannedRow;
use super::report::text;

/// Writes a job's rows: line, gateway, account, payment_id, amount, key, state, detail, intent.
///
/// # Errors
/// Of the writer.
pub fn write_rows<'a>(out: impl Write, rows: impl IntoIterator<Item = &'a JobRow>) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "line",
        "gateway",
        "account",
        "payment_id",
        "amount",
        "key",
        "state",
        "detail",
        "intent",
    ])?;
    for row in rows {
        csv.write_record([
            row.line.to_string(),
            row.payment.gateway.to_string(),
            harmless(&row.payment.merchant),
            harmless(&row.payment.payment_id),
            text(row.amount),
            harmless(&row.caller_key),
            RowState::of(row).to_string(),
            harmless(&detail(row)),
            row.stored.as_ref().map(|intent| intent.id.to_string()).unwrap_or_default(),
        ])?;
    }
    csv.flush()
}

/// Writes the rows that a plan left out: line, merchant_uid, gateway, account, payment_id, amount, verdict, why.
///
/// # Errors
/// Of the writer.
pub fn write_left_out<'a>(out: impl Write, rows: impl IntoIterator<Item = &'a PlannedRow>) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "line",
        "merchant_uid",
        "gateway",
        "account",
        "payment_id",
        "amount",
        "verdict",
        "why",
    ])?;
    for row in rows {
        let payment = row.payment.as_ref();
        csv.write_record([
            row.line.to_string(),
            harmless(row.merchant_uid.as_deref().unwrap_or_default()),
            payment.map(|payment| payment.gateway.to_string()).unwrap_or_default(),
            harmless(payment.map_or("", |payment| &payment.merchant)),
            harmless(payment.map_or("", |payment| &payment.payment_id)),
            row.amount.map(text).unwrap_or_default(),
            row.verdict.as_str().to_owned(),
            harmless(&row.verdict.to_string()),
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
