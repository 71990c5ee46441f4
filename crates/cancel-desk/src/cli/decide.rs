//! What a person decides: `resolve`, `withdraw`, `trust`.

use clap::Args;

use crate::record::Resolution;

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which};
use super::{lookup, status, text};

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
    let asks = !args.yes && !shell.json;
    if asks && !shell.can_ask() {
        return Err(Failure::usage(shell.t(&text::NEEDS_YES)));
    }
    let desk = if asks { shell.desk_there().await?.1 } else { shell.desk_of_journal().await? };
    let intent = status::the_cancel(shell, &desk, &args.id).await?;
    if asks {
        shell.warn(&status::cancel_text(shell, &desk, &intent).await?);
        let payment = desk.payment(&intent.payment).await.map_err(|error| shell.desk_failed(&error))?;
        shell.warn(&lookup::now(shell, &desk, &payment).await);
        if !shell.ask(&text::ASK_RESOLVE.fill(shell.lang(), &[&shell.t(name)])) {
            return Ok(Exit::Usage);
        }
    }
    let decided = desk.resolve(intent.id, resolution, args.person.by(), args.person.reason()).await;
    let decided = decided.map_err(|error| shell.desk_failed(&error))?;
    status::show_cancel(shell, &desk, &decided, None).await?;
    Ok(Exit::Done)
}

#[derive(Debug, Args)]
#[command(after_help = "Possible only while nothing of it was sent. Exit code 1 when it is too late.")]
pub(crate) struct WithdrawArgs {
    /// The cancel's id
    #[arg(value_name = "CANCEL-ID")]
    id: String,
    #[command(flatten)]
    person: Person,
}

pub(crate) async fn withdraw(shell: &Shell, args: &WithdrawArgs) -> Result<Exit, Failure> {
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
refunds that the journal lost, a person settles that and clears the payment with this command.")]
pub(crate) struct TrustArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    person: Person,
}

pub(crate) async fn trust(shell: &Shell, args: &TrustArgs) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let payment = shell.find(&desk, &args.which).await?;
    let trusted = desk.journal().trust(&payment.key(), args.person.by(), args.person.reason()).await;
    let trusted = trusted.map_err(|error| shell.journal_failed(error))?;
    if !shell.json {
        shell.line(&text::TRUSTED.fill(shell.lang(), &[&trusted.key()]));
    }
    status::show_payment(shell, &desk, &trusted).await?;
    Ok(Exit::Done)
}
