//! `lookup`: what the gateway's ledger shows now, beside the journal.

use clap::Args;
use pg_core::{Money, PaymentState};
use serde_json::json;

use crate::desk::{DeskError, PaymentView, StateView};
use crate::record::{IntentRecord, PaymentRecord};

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which};
use super::{show, text};

#[derive(Debug, Args)]
#[command(after_help = "\
Looking up moves no money and changes nothing in the journal.

Exit codes: 0 journal and gateway agree, 3 they differ while a refund is under way (or the gateway did not answer),
4 a person has to decide about a cancel of it, or they differ and no refund of ours explains it.")]
pub(crate) struct LookupArgs {
    #[command(flatten)]
    which: Which,
}

pub(crate) async fn run(shell: &Shell, args: &LookupArgs) -> Result<Exit, Failure> {
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &args.which).await?;
    let state = desk.look_up(&payment.key()).await.map_err(|error| shell.desk_failed(&error))?;
    let intents = desk.journal().intents_of(&payment.key()).await;
    let mut waiting = intents.map_err(|error| shell.journal_failed(error))?;
    waiting.retain(IntentRecord::waits_for_a_person);
    let (exit, verdict) = match compare(&payment, &state) {
        (Exit::Later | Exit::Done, _) if !waiting.is_empty() => (Exit::Person, "waits_for_a_person"),
        compared => compared,
    };
    if shell.json {
        shell.json(&json!({
            "journal": PaymentView::new(&payment), "gateway": StateView::from(&state), "verdict": verdict
        }));
        return Ok(exit);
    }
    shell.say(&ledger(shell, &payment, &state));
    shell.line("");
    shell.line(shell.t(match verdict {
        "agree" => &text::AGREES,
        "under_way" => &text::DIFFERS_UNDER_WAY,
        "waits_for_a_person" => &text::MANUAL,
        _ => &text::DIFFERS,
    }));
    for intent in &waiting {
        shell.line(&text::DECIDE_IT.fill(shell.lang(), &[&intent.id]));
    }
    Ok(exit)
}

fn compare(payment: &PaymentRecord, state: &PaymentState) -> (Exit, &'static str) {
    let refunded = payment.refunded.saturating_add(payment.foreign_refunded);
    if state.paid == payment.paid() && state.cancelled == payment.money(refunded) {
        (Exit::Done, "agree")
    } else if state.paid == payment.paid() && payment.reserved > 0 {
        (Exit::Later, "under_way")
    } else {
        (Exit::Person, "differ")
    }
}

/// Journal and ledger side by side.
fn ledger(shell: &Shell, payment: &PaymentRecord, state: &PaymentState) -> String {
    let amount = |minor: i64| show::money(payment.money(minor));
    let refunded = payment.refunded.saturating_add(payment.foreign_refunded);
    let line = |name: &text::Text, journal: String, gateway: String| {
        vec![shell.t(name).to_owned(), journal, gateway]
    };
    let rows = vec![
        line(&text::PAID, amount(payment.paid().minor()), show::money(state.paid)),
        line(&text::REFUNDED, amount(refunded), show::money(state.cancelled)),
        line(&text::UNDER_WAY, amount(payment.reserved), "-".to_owned()),
        line(&text::REFUNDABLE, amount(payment.available()), show::money(state.balance)),
        line(&text::STATUS, "-".to_owned(), state.status.clone()),
    ];
    let header = ["", shell.t(&text::JOURNAL), shell.t(&text::GATEWAY)];
    let mut shown = show::table(&header, &[1, 2], rows);
    for entry in state.history.iter().flatten() {
        let at =
            entry.at.map(|at| show::time(crate::record::Timestamp(at.unix_timestamp().saturating_mul(1000))));
        shown.push_str(&format!("  - {} {}\n", show_amount(entry.amount), at.unwrap_or_default()));
    }
    shown
}

fn show_amount(amount: Money) -> String {
    show::money(amount)
}

/// What a look-up showed, for somebody who decides. A gateway that does not answer is told as that.
pub(crate) fn told(
    shell: &Shell,
    payment: &PaymentRecord,
    found: &Result<PaymentState, DeskError>,
) -> String {
    match found {
        Ok(state) => format!("{}\n{}", shell.t(&text::LEDGER_NOW), ledger(shell, payment, state)),
        Err(error) => {
            format!("{}\n", text::LEDGER_SILENT.fill(shell.lang(), &[&shell.said(&error.to_string())]))
        }
    }
}
