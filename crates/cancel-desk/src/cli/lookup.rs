//! `lookup`: what the gateway's ledger shows now, beside the journal.

use clap::Args;
use pg_core::text::Word;
use pg_core::{Money, PaymentState};
use serde_json::json;

use crate::desk::{Desk, DeskError, Number, PaymentView, StateView};
use crate::protocol::{self, Missing, Origin};
use crate::record::{AttemptRecord, IntentRecord, PaymentRecord};
use crate::worker;

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which};
use super::{decide, show, text};

#[derive(Debug, Args)]
#[command(after_help = "\
Looking up moves no money and changes nothing in the journal.

Exit codes: 0 journal and gateway agree, 3 they differ by exactly what a refund under way may have refunded (or the
gateway did not answer), 4 a person has to decide about a cancel of it, or they differ and no refund of ours explains it.")]
pub(crate) struct LookupArgs {
    #[command(flatten)]
    which: Which,
}

pub(crate) async fn run(shell: &Shell, args: &LookupArgs) -> Result<Exit, Failure> {
    let which = args.which.selector()?;
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &which).await?;
    let found = desk.look_up(&payment.key()).await;
    let state = found.map_err(|error| shell.look_up_failed(payment.payment.gateway, &error))?;
    let cancels = worker::known(&**desk.journal(), &payment.key()).await;
    let cancels = cancels.map_err(|error| shell.journal_failed(error))?;
    // read before and after: a refund that ended in between is in neither's sums for certain
    let now = desk.payment(&payment.key()).await.map_err(|error| shell.desk_failed(&error))?;
    let missing = Missing::of(&state, payment.refunded, &cancels);
    let contradicted = protocol::contradicted(&state, &cancels);
    let is_suspect = payment.suspect.is_some();
    let is_waiting = cancels.iter().any(|(intent, _)| intent.waits_for_a_person());
    let (exit, verdict) = match compare(&payment, &now, &state, &under_way(&cancels)) {
        _ if is_suspect && !missing.marked.is_empty() => (Exit::Person, "lost_wishes"),
        _ if !contradicted.is_empty() => (Exit::Person, "unexplained"),
        // in a journal that lost something, what it took for somebody else's may have been ours
        (Exit::Done, _) if is_suspect && !missing.is_empty() => (Exit::Person, "unexplained"),
        (Exit::Later | Exit::Done, _) if is_waiting => (Exit::Person, "waits_for_a_person"),
        compared => compared,
    };
    if shell.json {
        shell.json(&json!({
            "journal": PaymentView::new(&payment), "gateway": StateView::from(&state), "verdict": verdict,
            "unexplained": missing.marked.iter().copied().map(Number).collect::<Vec<_>>(),
        }));
        return Ok(exit);
    }
    shell.say(&ledger(shell, &desk, &payment, &state).await?);
    shell.line("");
    let lang = shell.lang();
    let amounts =
        |amounts: &[Money]| amounts.iter().copied().map(show::money).collect::<Vec<_>>().join(" + ");
    match verdict {
        "agree" if payment.suspect.is_some() => shell.line(shell.t(&text::AGREES_SUSPECT)),
        "agree" if payment.reserved > 0 => {
            let open = show::spoken(lang, payment.money(payment.reserved));
            shell.line(&text::AGREES_SO_FAR.fill(lang, &[&open]));
        }
        "agree" => shell.line(shell.t(&text::AGREES)),
        "under_way" => shell.line(shell.t(&text::DIFFERS_UNDER_WAY)),
        // told below, of each
        "waits_for_a_person" => {}
        "lost_wishes" => shell.line(&text::LOST_WISHES.fill(lang, &[&amounts(&missing.marked)])),
        "unexplained" if !is_suspect => {
            shell.line(&text::CONTRADICTED.fill(lang, &[&amounts(&contradicted)]));
        }
        "unexplained" => shell.line(&text::MISSING.fill(lang, &[&amounts(&missing.amounts())])),
        _ => shell.line(shell.t(&text::DIFFERS)),
    }
    // nothing was lost here: what is not in this journal was made from elsewhere
    let mut elsewhere = missing.marked.clone();
    for amount in &contradicted {
        if let Some(index) = elsewhere.iter().position(|other| other == amount) {
            let _its = elsewhere.swap_remove(index);
        }
    }
    if !is_suspect && !elsewhere.is_empty() {
        shell.line(&text::MADE_ELSEWHERE.fill(lang, &[&amounts(&elsewhere)]));
    }
    if let Some(suspect) = show::suspect(lang, &payment) {
        shell.line(&suspect);
    }
    if is_suspect && matches!(verdict, "lost_wishes" | "unexplained") {
        let next = decide::what_to_do(shell, &desk, &payment.key(), &missing.marked).await;
        let next = next.map_err(|error| shell.desk_failed(&error))?;
        shell.remark(&text::NEXT.fill(lang, &[&next]));
    }
    for intent in cancels.iter().map(|(intent, _)| intent).filter(|intent| intent.waits_for_a_person()) {
        match intent.is_for_the_admin_page() {
            true => shell.line(&show::decision(lang, intent)),
            false => shell.line(&text::DECIDE_IT.fill(lang, &[&intent.id])),
        }
    }
    Ok(exit)
}

/// What each cancel without an outcome may have added to the gateway's ledger: what may have been sent, and what a person
/// decides about.
fn under_way(cancels: &[(IntentRecord, Vec<AttemptRecord>)]) -> Vec<Money> {
    let may_be_there = |(intent, attempts): &&(IntentRecord, Vec<AttemptRecord>)| {
        let is_sent = |attempt: &AttemptRecord| attempt.state.is_open() && attempt.doubts > 0;
        intent.waits_for_a_person() || (!intent.state.is_final() && attempts.iter().any(is_sent))
    };
    cancels.iter().filter(may_be_there).map(|(intent, _)| intent.amount).collect()
}

/// The ledger against the journal as it was before the look-up and as it is `now`.
fn compare(
    payment: &PaymentRecord,
    now: &PaymentRecord,
    state: &PaymentState,
    under_way: &[Money],
) -> (Exit, &'static str) {
    let refunded =
        |payment: &PaymentRecord| payment.money(payment.refunded.saturating_add(payment.foreign_refunded));
    if state.paid != payment.paid() {
        return (Exit::Person, "differ");
    }
    match state.cancelled.checked_sub(refunded(payment)) {
        Some(more) if more.is_zero() => (Exit::Done, "agree"),
        Some(more) if under_way.contains(&more) => (Exit::Later, "under_way"),
        _ if refunded(now) != refunded(payment) => (Exit::Later, "under_way"),
        // what is under way explains nothing but its own amount
        _ => (Exit::Person, "differ"),
    }
}

/// Journal and ledger side by side.
async fn ledger(
    shell: &Shell,
    desk: &Desk,
    payment: &PaymentRecord,
    state: &PaymentState,
) -> Result<String, Failure> {
    let origins = desk.origins(&payment.key(), state).await.map_err(|error| shell.desk_failed(&error))?;
    let amount = |minor: i64| show::money(payment.money(minor));
    let refunded = payment.refunded.saturating_add(payment.foreign_refunded);
    let line = |name: &text::Text, journal: String, gateway: String| {
        vec![shell.t(name).to_owned(), journal, gateway]
    };
    let mut rows = vec![
        line(&text::PAID, amount(payment.paid().minor()), show::money(state.paid)),
        line(&text::REFUNDED, amount(refunded), show::money(state.cancelled)),
    ];
    // two equal sums agree in nothing where one was taken over from the other
    if payment.suspect.is_some() && payment.foreign_refunded > 0 {
        rows.push(line(&text::COMPLETED_HERE, amount(payment.refunded), "-".to_owned()));
        rows.push(line(&text::TAKEN_FOR_OTHERS, amount(payment.foreign_refunded), "-".to_owned()));
    }
    rows.extend([
        line(&text::UNDER_WAY, amount(payment.reserved), "-".to_owned()),
        line(&text::REFUNDABLE, amount(payment.available()), show::money(state.balance)),
        line(&text::STATUS, "-".to_owned(), Word(&state.status).shown().to_owned()),
    ]);
    let header = ["", shell.t(&text::JOURNAL), shell.t(&text::GATEWAY)];
    let mut shown = show::table(&header, &[1, 2], rows);
    for (entry, (amount, origin)) in state.history.iter().flatten().zip(origins) {
        let at =
            entry.at.map(|at| show::time(crate::record::Timestamp(at.unix_timestamp().saturating_mul(1000))));
        let whose = match origin {
            Origin::Of(id) => text::OF_CANCEL.fill(shell.lang(), &[&id]),
            Origin::Lost => shell.t(&text::OF_LOST).to_owned(),
            // as ours looks whose reason a PG cut short
            Origin::Others if payment.suspect.is_some() => shell.t(&text::OF_NOBODY).to_owned(),
            Origin::Others => shell.t(&text::OF_OTHERS).to_owned(),
        };
        shown.push_str(&format!("  - {} {} · {whose}\n", show::money(amount), at.unwrap_or_default()));
    }
    Ok(shown)
}

/// What a look-up showed, for somebody who decides. A gateway that does not answer is told as that.
pub(crate) async fn told(
    shell: &Shell,
    desk: &Desk,
    payment: &PaymentRecord,
    found: &Result<PaymentState, DeskError>,
) -> Result<String, Failure> {
    Ok(match found {
        Ok(state) => {
            let ledger = ledger(shell, desk, payment, state).await?;
            format!("{}\n{ledger}", shell.t(&text::LEDGER_NOW))
        }
        Err(error) => {
            format!("{}\n", text::LEDGER_SILENT.fill(shell.lang(), &[&shell.said(&error.to_string())]))
        }
    })
}
