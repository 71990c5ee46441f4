//! `status`: a cancel or all of an order, and the history of a cancel.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};

use crate::config::Config;
use crate::desk::{Desk, DeskError, Waiting};
use crate::journal::EventRecord;
use crate::record::{
    AccountName, IntentId, IntentRecord, IntentState, Outcome, ParseIdError, PaymentRecord, Proof,
    RejectedBecause,
};

use super::bulk_text as words;
use super::exit::{Exit, Failure};
use super::shell::{Among, Shell};
use super::{bulk_halted, events, show, text};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: of a cancel by its outcome (0 refunded, 1 not refunded, 3 under way, 4 waits for a person); of an order 0.

Examples:
  cancel-desk status ORD20180131-0000011
  cancel-desk status --key return-4711
  cancel-desk status tbrirf35fhtyogzwlvntyou2rd --events")]
pub(crate) struct StatusArgs {
    /// Order number (merchant_uid), GATEWAY/ACCOUNT/PAYMENT, or a cancel's id
    #[arg(value_name = "ORDER", required_unless_present = "key")]
    order: Option<String>,
    #[command(flatten)]
    among: Among,
    /// The cancel under this key of yours, whatever its order
    #[arg(long, conflicts_with_all = ["order", "payment_id"])]
    key: Option<String>,
    /// With everything that was recorded of it
    #[arg(long)]
    events: bool,
}

pub(crate) async fn run(shell: &Shell, args: &StatusArgs) -> Result<Exit, Failure> {
    let (config, desk) = shell.journal_and_config().await?;
    let found = match &args.key {
        Some(key) => Some(of_key(shell, &config, &desk, key, args).await?),
        None => cancel(shell, &desk, args.order.as_deref().unwrap_or_default()).await?,
    };
    if let Some(intent) = found {
        let events = if args.events { Some(events_of(shell, &desk, &[intent.id]).await?) } else { None };
        show_cancel(shell, &desk, &intent, events).await?;
        return Ok(Exit::of_state(intent.state));
    }
    let which = args.among.selector(args.order.as_deref().unwrap_or_default())?;
    let found = shell.find(&desk, &which).await;
    let is_id = args.order.as_deref().is_some_and(|text| text.parse::<IntentId>().is_ok());
    let payment = match found {
        // no order looks like the number of a cancel by chance
        Err(failure) if is_id && failure.code == "no_such_payment" => {
            return Err(shell.desk_failed(&DeskError::NoSuchCancel));
        }
        found => found?,
    };
    if args.events && !shell.json {
        let intents = intents(shell, &desk, &payment).await?;
        show_payment(shell, &desk, &payment).await?;
        let ids: Vec<IntentId> = intents.iter().map(|intent| intent.id).collect();
        shell.say(&events::table(shell, &events_of(shell, &desk, &ids).await?));
        return Ok(Exit::Done);
    }
    show_payment(shell, &desk, &payment).await?;
    Ok(Exit::Done)
}

/// The one cancel under this key at the accounts that are configured or named.
async fn of_key(
    shell: &Shell,
    config: &Config,
    desk: &Desk,
    key: &str,
    args: &StatusArgs,
) -> Result<IntentRecord, Failure> {
    // an account may be configured no longer
    let known = desk.journal().accounts().await.map_err(|error| shell.journal_failed(error))?;
    let mut names: BTreeSet<AccountName> = match (args.among.gateway, &args.among.account) {
        (Some(gateway), Some(merchant)) => [AccountName { gateway, merchant: merchant.clone() }].into(),
        _ => config
            .account_list()
            .iter()
            .map(|account| AccountName { gateway: account.gateway(), merchant: account.name().to_owned() })
            .chain(known)
            .collect(),
    };
    names.retain(|name| args.among.has(name.gateway, &name.merchant));
    let names: Vec<AccountName> = names.into_iter().collect();
    let mut found = desk.of_key(key, &names).await.map_err(|error| shell.desk_failed(&error))?;
    match (found.len(), found.pop()) {
        (1, Some(intent)) => Ok(intent),
        (_, None) => Err(Failure::new(Exit::Usage, "no_such_cancel", shell.t(&text::NO_SUCH_KEY))),
        (_, Some(last)) => {
            found.push(last);
            let accounts: Vec<String> = found.iter().map(|one| one.payment.account().to_string()).collect();
            let failure = Failure::new(Exit::Usage, "several_cancels", shell.t(&text::SEVERAL_KEYS));
            Err(failure.next(accounts.join(", ")))
        }
    }
}

/// The cancel of this id, if the text is one.
async fn cancel(shell: &Shell, desk: &Desk, text: &str) -> Result<Option<IntentRecord>, Failure> {
    let Ok(id) = text.parse::<IntentId>() else { return Ok(None) };
    desk.journal().intent(id).await.map_err(|error| shell.journal_failed(error))
}

/// The id that a text is.
pub(crate) fn an_id(shell: &Shell, text: &str) -> Result<IntentId, Failure> {
    text.parse().map_err(|error: ParseIdError| {
        let code = DeskError::NoSuchCancel.code();
        Failure::new(Exit::Usage, code, shell.said(&error.to_string()))
    })
}

/// A cancel that must be there.
pub(crate) async fn the_cancel(shell: &Shell, desk: &Desk, id: IntentId) -> Result<IntentRecord, Failure> {
    let found = desk.journal().intent(id).await.map_err(|error| shell.journal_failed(error))?;
    found.ok_or_else(|| shell.desk_failed(&DeskError::NoSuchCancel))
}

async fn intents(shell: &Shell, desk: &Desk, payment: &PaymentRecord) -> Result<Vec<IntentRecord>, Failure> {
    desk.journal().intents_of(&payment.key()).await.map_err(|error| shell.journal_failed(error))
}

pub(crate) async fn show_payment(shell: &Shell, desk: &Desk, payment: &PaymentRecord) -> Result<(), Failure> {
    if shell.json {
        let view = desk.show_payment(payment).await.map_err(|error| shell.desk_failed(&error))?;
        shell.json(&view);
        return Ok(());
    }
    shell.say(&show::payments(shell.lang(), std::slice::from_ref(payment)));
    if let Some(how) = show::paid_how(shell.lang(), payment) {
        shell.line(&how);
    }
    if let Some(suspect) = show::suspect(shell.lang(), payment) {
        shell.line(&suspect);
    }
    let intents = intents(shell, desk, payment).await?;
    if !intents.is_empty() {
        let now = desk.journal().now().await.map_err(|error| shell.journal_failed(error))?;
        shell.line("");
        let order = [(payment.key(), payment.payment.merchant_uid.clone())].into();
        shell.say(&show::cancels(shell.lang(), now, &intents, &order));
    }
    for intent in intents.iter().filter(|intent| intent.waits_for_a_person()) {
        if let Some(evidence) = &intent.evidence {
            shell.line("");
            shell.line(&format!("{}: {}", intent.id, show::evidence(shell.lang(), payment, evidence)));
        }
    }
    Ok(())
}

pub(crate) async fn show_cancel(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
    events: Option<Vec<EventRecord>>,
) -> Result<(), Failure> {
    if shell.json {
        let view = desk.show_cancel(intent).await.map_err(|error| shell.desk_failed(&error))?;
        match events {
            None => shell.json(&view),
            Some(events) => shell.json(&json!({
                "cancel": view, "events": events.iter().map(events::json).collect::<Vec<_>>()
            })),
        }
        return Ok(());
    }
    shell.say(&cancel_text(shell, desk, intent).await?);
    if let Some(events) = events {
        shell.line("");
        shell.say(&events::table(shell, &events));
    }
    Ok(())
}

/// A cancel, name by name.
pub(crate) async fn cancel_text(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
) -> Result<String, Failure> {
    let lang = shell.lang();
    let payment = desk.payment(&intent.payment).await.map_err(|error| shell.desk_failed(&error))?;
    let attempts =
        desk.journal().attempts_of(intent.id).await.map_err(|error| shell.journal_failed(error))?;
    let now = desk.journal().now().await.map_err(|error| shell.journal_failed(error))?;
    let mut state = shell.t(show::state(intent.state)).to_owned();
    if let Some(outcome) = &intent.outcome {
        state = format!("{state}: {}", show::outcome(lang, outcome));
    }
    let sends = attempts.iter().fold(0_i64, |sum, attempt| sum.saturating_add(attempt.sends_told()));
    let mut rows = vec![
        (shell.t(&text::CANCEL), intent.id.to_string()),
        (shell.t(&text::STATE), state),
        (shell.t(&text::AMOUNT), show::money(intent.amount)),
        (shell.t(&text::ORDER), payment.payment.merchant_uid.clone()),
        (shell.t(&text::PAYMENT_ID), intent.payment.to_string()),
        (shell.t(&text::KEY), intent.caller_key.clone()),
    ];
    if let Some(reason) = &intent.reason {
        rows.push((shell.t(&text::REASON), reason.clone()));
    }
    rows.push((shell.t(&text::STORED_AT), show::time(intent.created_at)));
    rows.push((shell.t(&text::SENT), text::EVERY_TIMES.fill(lang, &[&sends])));
    rows.push((shell.t(&text::LOOKS), text::EVERY_TIMES.fill(lang, &[&intent.looks])));
    if let Some((by, why)) = decided(shell, desk, intent).await? {
        rows.push((shell.t(&text::DECIDED_BY), by));
        rows.push((shell.t(&text::DECIDED_BECAUSE), why));
    }
    let held = desk.journal().held_by(intent.id).await.map_err(|error| shell.journal_failed(error))?;
    if let Some(job) = held {
        rows.push((shell.t(&text::NEXT_LOOK), text::HELD.fill(lang, &[&job])));
    } else if let Some(due) = intent.due_at {
        let next = if due <= now { shell.t(&text::NOW).to_owned() } else { show::span(due.since(now)) };
        rows.push((shell.t(&text::NEXT_LOOK), next));
    }
    if let Some(waiting) = waiting(shell, desk, intent).await? {
        rows.push((shell.t(&text::WAITS), show::waits(lang, &waiting)));
    }
    if let (None, Some(job)) = (held, bulk_halted::job_of(shell, desk, intent).await?) {
        rows.push((words::BULK_JOB.of(lang), bulk_halted::told(shell, &job)));
    }
    let mut shown = show::pairs(rows);
    if let (true, Some(evidence)) = (intent.waits_for_a_person(), &intent.evidence) {
        shown.push('\n');
        shown.push_str(&show::evidence(lang, &payment, evidence));
        shown.push('\n');
    }
    if let (false, Some(suspect)) = (intent.state.is_final(), show::suspect(lang, &payment)) {
        shown.push('\n');
        shown.push_str(&suspect);
        shown.push('\n');
    }
    Ok(shown)
}

/// Why a cancel under way waits.
pub(crate) async fn waiting(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
) -> Result<Option<Waiting>, Failure> {
    let waits = desk.show_cancel(intent).await.map_err(|error| shell.desk_failed(&error))?.waits;
    let Some(Waiting::LookUpFailed { .. }) = waits else { return Ok(waits) };
    let kind = desk.last_look_up_failure(intent.id).await.map_err(|error| shell.journal_failed(error))?;
    Ok(Some(Waiting::LookUpFailed { kind }))
}

/// Who decided how a cancel ended, and why, where a person did.
async fn decided(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
) -> Result<Option<(String, String)>, Failure> {
    let by_person = matches!(
        intent.outcome,
        Some(Outcome::Completed { proof: Proof::Person, .. } | Outcome::Rejected(RejectedBecause::Person))
    );
    if !by_person && intent.state != IntentState::Withdrawn {
        return Ok(None);
    }
    let mut events = events_of(shell, desk, &[intent.id]).await?;
    events.retain(|event| matches!(event.kind.as_str(), "resolved" | "withdrawn"));
    Ok(events.last().and_then(|event| {
        let detail: Value = serde_json::from_str(&event.detail).ok()?;
        let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((format!("{} ({})", text("by")?, show::time(event.at)), text("reason")?))
    }))
}

/// The events of some cancels, oldest first.
async fn events_of(shell: &Shell, desk: &Desk, intents: &[IntentId]) -> Result<Vec<EventRecord>, Failure> {
    let mut found = Vec::new();
    for intent in intents {
        let events = desk.journal().events_of(*intent).await;
        found.extend(events.map_err(|error| shell.journal_failed(error))?);
    }
    found.sort_by_key(|event| event.seq);
    Ok(found)
}
