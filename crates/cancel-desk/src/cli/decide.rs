//! What a person decides: `resolve`, `withdraw`, `trust`.

use clap::Args;
use pg_core::{AttemptTag, Money, PaymentState};

use crate::desk::{Desk, DeskError};
use crate::record::{IntentRecord, Outcome, PaymentRecord, Proof, Resolution};

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which};
use super::{lookup, show, status, text};

/// Who decides, and why: both are recorded.
#[derive(Debug, Args)]
pub(crate) struct Person {
    /// Your name, as it is recorded
    #[arg(long)]
    by: String,
    /// Why, as it is recorded
    #[arg(long)]
    reason: String,
}

impl Person {
    pub(crate) fn by(&self) -> &str {
        &self.by
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("decision").required(true), after_help = "\
Shows the evidence and what the gateway's ledger shows now, then asks. `happened` and `did-not-happen` are final: look
at the gateway's admin page before. When in doubt: --look-again.

Examples:
  cancel-desk resolve tbrirf35fhtyogzwlvntyou2rd --happened --by kim --reason \"seen in the admin page, 1 refund\"
  cancel-desk resolve tbrirf35fhtyogzwlvntyou2rd --look-again --by kim --reason \"credentials corrected\"")]
pub(crate) struct ResolveArgs {
    /// The cancel's id
    #[arg(value_name = "CANCEL-ID")]
    id: String,
    /// It happened, exactly once
    #[arg(long, group = "decision")]
    happened: bool,
    /// It did not happen, and never can
    #[arg(long, group = "decision")]
    did_not_happen: bool,
    /// Look again, from the beginning of the schedule
    #[arg(long, group = "decision")]
    look_again: bool,
    #[command(flatten)]
    person: Person,
    /// Do not ask, and do not ask the gateway before
    #[arg(long, short = 'y')]
    yes: bool,
}

impl ResolveArgs {
    const fn decision(&self) -> (Resolution, &'static text::Text) {
        if self.happened {
            (Resolution::Happened, &text::HAPPENED)
        } else if self.did_not_happen {
            (Resolution::DidNotHappen, &text::DID_NOT_HAPPEN)
        } else {
            (Resolution::LookAgain, &text::LOOK_AGAIN)
        }
    }
}

pub(crate) async fn resolve(shell: &Shell, args: &ResolveArgs) -> Result<Exit, Failure> {
    let (resolution, name) = args.decision();
    shell.consent(args.yes)?;
    let asks = !args.yes;
    let desk = if asks { shell.desk_there().await?.1 } else { shell.desk_of_journal().await? };
    let intent = status::the_cancel(shell, &desk, &args.id).await?;
    let payment = desk.payment(&intent.payment).await.map_err(|error| shell.desk_failed(&error))?;
    let mut seen = intent.evidence.as_ref().and_then(|evidence| evidence.seen_balance);
    if asks {
        shell.warn(&status::cancel_text(shell, &desk, &intent).await?);
        let state = desk.look_up(&payment.key()).await;
        shell.warn(&lookup::told(shell, &payment, &state));
        seen = state.ok().map(|state| state.balance.minor()).or(seen);
    }
    if args.did_not_happen {
        warn_if_fallen(shell, &payment, &intent, seen);
    }
    if asks && !shell.ask(&text::ASK_RESOLVE.fill(shell.lang(), &[&shell.t(name)])) {
        return Ok(Exit::Usage);
    }
    let decided = desk.resolve(intent.id, resolution, args.person.by(), args.person.reason()).await;
    let decided = decided.map_err(|error| shell.desk_failed(&error))?;
    status::show_cancel(shell, &desk, &decided, None).await?;
    Ok(Exit::Done)
}

/// Says loudly that the balance looks as if the refund was made.
fn warn_if_fallen(shell: &Shell, payment: &PaymentRecord, intent: &IntentRecord, seen: Option<i64>) {
    let settled = payment.refunded.saturating_add(payment.foreign_refunded);
    let by_journal = payment.paid().minor().saturating_sub(settled);
    let before = intent.evidence.as_ref().and_then(|evidence| evidence.balance_before).unwrap_or(by_journal);
    let Some(seen) = seen else { return };
    if before.saturating_sub(seen) >= intent.amount.minor() {
        let amount = |minor: i64| show::money(payment.money(minor));
        let (before, seen) = (amount(before), amount(seen));
        shell.warn(&text::FELL.fill(shell.lang(), &[&show::money(intent.amount), &before, &seen]));
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Possible only while nothing of it was sent. Exit code 1 when it is too late.")]
pub(crate) struct WithdrawArgs {
    /// The cancel's id
    #[arg(value_name = "CANCEL-ID")]
    id: String,
    #[command(flatten)]
    person: Person,
    /// Yes: needed with --json
    #[arg(long, short = 'y')]
    yes: bool,
}

pub(crate) async fn withdraw(shell: &Shell, args: &WithdrawArgs) -> Result<Exit, Failure> {
    shell.consent(args.yes || !shell.json)?;
    let desk = shell.desk_of_journal().await?;
    let intent = status::the_cancel(shell, &desk, &args.id).await?;
    let withdrawn = desk.withdraw(intent.id, args.person.by(), args.person.reason()).await;
    let withdrawn = withdrawn.map_err(|error| shell.desk_failed(&error))?;
    status::show_cancel(shell, &desk, &withdrawn, None).await?;
    Ok(Exit::Done)
}

#[derive(Debug, Args)]
#[command(after_help = "\
After `recover --after-restore` a payment is suspect until its gateway's ledger was compared. Where the ledger shows
refunds that the journal lost, their wishes are repeated under their old keys and resolved; then a person clears the
payment with this command. It shows the gateway's ledger beside the journal, asks, and refuses while the gateway's list
holds a refund of ours that the journal cannot explain.")]
pub(crate) struct TrustArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    person: Person,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    /// Although refunds of ours are unexplained, or the gateway does not answer: the same wish may be refunded twice
    #[arg(long)]
    force: bool,
}

pub(crate) async fn trust(shell: &Shell, args: &TrustArgs) -> Result<Exit, Failure> {
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &args.which).await?;
    let found = desk.look_up(&payment.key()).await;
    if !shell.json {
        shell.warn(&lookup::told(shell, &payment, &found));
    }
    if !args.force {
        explained(shell, &desk, &payment, found, args.yes).await?;
    }
    shell.consent(args.yes)?;
    if !args.yes && !shell.ask(&text::ASK_TRUST.fill(shell.lang(), &[&payment.key()])) {
        return Ok(Exit::Usage);
    }
    let trusted = desk.journal().trust(&payment.key(), args.person.by(), args.person.reason()).await;
    let trusted = trusted.map_err(|error| shell.journal_failed(error))?;
    if !shell.json {
        shell.line(&text::TRUSTED.fill(shell.lang(), &[&trusted.key()]));
    }
    status::show_payment(shell, &desk, &trusted).await?;
    Ok(Exit::Done)
}

/// Refuses while the gateway's ledger holds what the journal cannot explain.
async fn explained(
    shell: &Shell,
    desk: &Desk,
    payment: &PaymentRecord,
    found: Result<PaymentState, DeskError>,
    yes: bool,
) -> Result<(), Failure> {
    let state = found.map_err(|error| shell.desk_failed(&error).next(shell.t(&text::COMPARE_BY_HAND)))?;
    let lang = shell.lang();
    if state.history.is_none() && !yes {
        let known = payment.money(payment.refunded.saturating_add(payment.foreign_refunded));
        let (theirs, ours) = (show::money(state.cancelled), show::money(known));
        return Err(Failure::new(Exit::Usage, "needs_yes", text::NO_HISTORY.fill(lang, &[&theirs, &ours])));
    }
    let lost: Vec<String> = lost(shell, desk, payment, &state).await?.into_iter().map(show::money).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let text = text::LOST_WISHES.fill(lang, &[&lost.join(" + ")]);
    Err(Failure::new(Exit::Person, "lost_wishes", text).next(shell.t(&text::REPEAT_LOST)))
}

/// The refunds in the gateway's history that carry a mark of ours and that no cancel of the journal explains, neither
/// by its tag nor as a repeated wish that a person found to have happened.
async fn lost(
    shell: &Shell,
    desk: &Desk,
    payment: &PaymentRecord,
    state: &PaymentState,
) -> Result<Vec<Money>, Failure> {
    let history = state.history.as_deref().unwrap_or_default();
    let holds = |tag: &String| history.iter().any(|entry| entry.reason.as_str().contains(tag.as_str()));
    let (mut ours, mut settled) = (Vec::new(), Vec::new());
    let intents = desk.journal().intents_of(&payment.key()).await;
    for intent in intents.map_err(|error| shell.journal_failed(error))? {
        let attempts = desk.journal().attempts_of(intent.id).await;
        let attempts = attempts.map_err(|error| shell.journal_failed(error))?;
        let tags: Vec<String> =
            attempts.iter().filter_map(|a| a.id.tag().ok()).map(|t| t.in_reason()).collect();
        let by_person = matches!(intent.outcome, Some(Outcome::Completed { proof: Proof::Person, .. }));
        if by_person && !tags.iter().any(holds) {
            settled.push(intent.amount);
        }
        ours.extend(tags);
    }
    let mut lost = Vec::new();
    for entry in history {
        let reason = entry.reason.as_str();
        if !AttemptTag::stands_in(reason) || ours.iter().any(|tag| reason.contains(tag.as_str())) {
            continue;
        }
        match settled.iter().position(|amount| *amount == entry.amount) {
            Some(index) => drop(settled.swap_remove(index)),
            None => lost.push(entry.amount),
        }
    }
    Ok(lost)
}
