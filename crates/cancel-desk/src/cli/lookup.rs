//! `lookup`: what the gateway's ledger shows now, beside the journal.

use clap::Args;
use pg_core::{Money, PaymentState};
use serde_json::json;

use crate::desk::{Desk, DeskError, Number, PaymentView, StateView};
use crate::protocol::Origin;
use crate::record::{IntentRecord, PaymentRecord};

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which};
use super::{decide, show, text};

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
    let which = args.which.selector()?;
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &which).await?;
    let state = desk.look_up(&payment.key()).await.map_err(|error| shell.desk_failed(&error))?;
    let intents = desk.journal().intents_of(&payment.key()).await;
    let mut waiting = intents.map_err(|error| shell.journal_failed(error))?;
    waiting.retain(IntentRecord::waits_for_a_person);
    let missing = desk.missing(&payment, &state, None).await.map_err(|error| shell.desk_failed(&error))?;
    let (exit, verdict) = match compare(&payment, &state) {
        _ if !missing.marked.is_empty() => (Exit::Person, "lost_wishes"),
        // in a journal that lost something, what it took for somebody else's may have been ours
        (Exit::Done, _) if payment.suspect.is_some() && !missing.is_empty() => (Exit::Person, "unexplained"),
        (Exit::Later | Exit::Done, _) if !waiting.is_empty() => (Exit::Person, "waits_for_a_person"),
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
        "unexplained" => shell.line(&text::MISSING.fill(lang, &[&amounts(&missing.amounts())])),
        _ => shell.line(shell.t(&text::DIFFERS)),
    }
    if let Some(suspect) = show::suspect(lang, &payment) {
        shell.line(&suspect);
    }
    if matches!(verdict, "lost_wishes" | "unexplained") {
        let next = decide::what_to_do(shell, &desk, &payment.key(), &missing.marked).await;
        let next = next.map_err(|error| shell.desk_failed(&error))?;
        shell.remark(&text::NEXT.fill(lang, &[&next]));
    }
    for intent in &waiting {
        match intent.is_for_the_admin_page() {
            true => shell.line(&show::decision(lang, intent)),
            false => shell.line(&text::DECIDE_IT.fill(lang, &[&intent.id])),
        }
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
        line(&text::STATUS, "-".to_owned(), state.status.clone()),
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
