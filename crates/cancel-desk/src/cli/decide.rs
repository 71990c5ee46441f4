//! What a person decides: `resolve`, `withdraw`, `trust`.

use clap::Args;

use crate::desk::{ByHand, DeskError};
use crate::record::{IntentRecord, PaymentRecord, Resolution};

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
    let question = match resolution {
        Resolution::LookAgain => shell.t(&text::ASK_LOOK_AGAIN).to_owned(),
        _ => text::ASK_RESOLVE.fill(shell.lang(), &[&shell.t(name)]),
    };
    if asks && !shell.ask(&question) {
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
payment with this command. It shows the gateway's ledger beside the journal, asks, and refuses while copies of what was
lost may be on their way, while the gateway's list holds a refund of ours that the journal cannot explain, and while any
cancel of the payment has no outcome: what is still wanted is asked for anew afterwards, under a new key.")]
pub(crate) struct TrustArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    person: Person,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    /// Although refunds of ours are unexplained or may still be on their way, or the gateway does not answer: the same
    /// wish may be refunded twice
    #[arg(long)]
    force: bool,
}

impl TrustArgs {
    const fn by_hand(&self) -> ByHand {
        match (self.force, self.yes) {
            (true, _) => ByHand::Everything,
            (false, true) => ByHand::Sums,
            (false, false) => ByHand::Nothing,
        }
    }
}

pub(crate) async fn trust(shell: &Shell, args: &TrustArgs) -> Result<Exit, Failure> {
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &args.which).await?;
    let found = desk.look_up(&payment.key()).await;
    if !shell.json {
        shell.warn(&lookup::told(shell, &payment, &found));
    }
    let failed = |error| not_cleared(shell, &error);
    desk.check_explained(&payment, found, args.by_hand()).await.map_err(failed)?;
    shell.consent(args.yes)?;
    if !args.yes && !shell.ask(&text::ASK_TRUST.fill(shell.lang(), &[&payment.key()])) {
        return Ok(Exit::Usage);
    }
    let trusted = desk.trust(&payment.key(), args.person.by(), args.person.reason(), args.by_hand()).await;
    let trusted = trusted.map_err(failed)?;
    if !shell.json {
        shell.line(&text::TRUSTED.fill(shell.lang(), &[&trusted.key()]));
    }
    status::show_payment(shell, &desk, &trusted).await?;
    Ok(Exit::Done)
}

/// Why a payment is not cleared, and what to do about it.
fn not_cleared(shell: &Shell, error: &DeskError) -> Failure {
    let mut failure = shell.desk_failed(error);
    let next = match error {
        DeskError::LookUp(_) => &text::COMPARE_BY_HAND,
        DeskError::Unexplained(_) => &text::REPEAT_LOST,
        DeskError::NotAllowed(_) => &text::RESOLVE_FIRST,
        DeskError::NoHistory { .. } => {
            failure.code = "needs_yes";
            return failure;
        }
        _ => return failure,
    };
    failure.next(shell.t(next))
}
