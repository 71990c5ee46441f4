//! What a person decides: `resolve`, `withdraw`, `trust`.

use clap::Args;

use pg_core::Money;

use crate::desk::{ByHand, CONTRADICTS_ITSELF, Desk, DeskError, OLD_ANSWER, OTHER_PAID};
use crate::journal::{self, WORKED_ON, may_be_lost};
use crate::record::{
    IntentRecord, IntentState, Outcome, PaymentKey, PaymentRecord, RejectedBecause, Resolution, Suspect,
};

use super::exit::{Exit, Failure};
use super::shell::{Among, Shell};
use super::{lookup, show, status, text, trust_matching};

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
    /// Whether it can be recorded: asked before anybody is asked to confirm.
    fn check(&self, shell: &Shell) -> Result<(), Failure> {
        check_person(shell, &self.by, Some(&self.reason))
    }

    pub(crate) fn by(&self) -> &str {
        &self.by
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

/// Whether a name and a reason can be recorded.
pub(super) fn check_person(shell: &Shell, by: &str, reason: Option<&str>) -> Result<(), Failure> {
    // as the commands that are shown have it
    if ["NAME", "이름"].contains(&by.trim()) {
        return Err(Failure::usage(shell.t(&text::NOT_THE_EXAMPLE)));
    }
    // a command without a reason records none
    journal::check_person(by, reason.unwrap_or("-")).map_err(|error| {
        let mut failure = Failure::new(Exit::Usage, "invalid", format!("--{error}"));
        failure.field = Some(error.field().to_owned());
        failure
    })
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("decision").required(true), after_help = "\
Shows the evidence and what the gateway's ledger shows now, then asks. `happened` and `did-not-happen` are final: look
at the gateway's admin page before. When in doubt: --look-again. Of what was sent, is to be made by hand, or a restored
journal may have lost, it looks the payment up even with --yes. It refuses --did-not-happen while the gateway may have made
this refund or may still make it, and --happened while nothing that the gateway refunded can be it (exit code 4; 3 where it
is too early). After a restored backup `sent 0×` proves nothing.

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
    /// Do not ask. The gateway is asked all the same before a decision that its books can speak against
    #[arg(long, short = 'y')]
    yes: bool,
    /// Although the gateway's books speak against it: this cancel may be among what the gateway refunded, or still come, and
    /// the same wish may be refunded twice; or they do not show what happened
    #[arg(long, conflicts_with = "look_again")]
    force: bool,
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

    const fn by_hand(&self) -> ByHand {
        if self.force { ByHand::Everything } else { ByHand::Nothing }
    }
}

pub(crate) async fn resolve(shell: &Shell, args: &ResolveArgs) -> Result<Exit, Failure> {
    let (resolution, name) = args.decision();
    let id = status::an_id(shell, &args.id)?;
    args.person.check(shell)?;
    let asks = !args.yes;
    let mut desk = shell.desk_of_journal().await?;
    let intent = status::the_cancel(shell, &desk, id).await?;
    shell.consent(args.yes)?;
    if asks {
        desk = shell.desk_there().await?.1;
    }
    let payment = desk.payment(&intent.payment).await.map_err(|error| shell.desk_failed(&error))?;
    let is_doubtful = !args.happened && may_be_lost(&payment, &intent);
    let by_the_books = desk.is_decided_by_the_books(&payment, &intent, resolution).await;
    let by_the_books = by_the_books.map_err(|error| shell.desk_failed(&error))?;
    let is_checked = by_the_books && args.did_not_happen && !args.force;
    let mut seen = intent.evidence.as_ref().and_then(|evidence| evidence.seen_balance);
    if !asks && (by_the_books || (is_doubtful && !args.force)) {
        match shell.desk_there().await {
            Ok((_, there)) => desk = there,
            Err(_) if args.force => {}
            Err(failure) => return Err(failure),
        }
    }
    if asks || is_checked || (is_doubtful && !args.force) {
        let found = desk.look_up(&payment.key()).await;
        if asks {
            shell.warn(&status::cancel_text(shell, &desk, &intent).await?);
            shell.warn(&lookup::told(shell, &desk, &payment, &found).await?);
        }
        if let Ok(state) = &found {
            seen = Some(state.balance.minor());
            if is_doubtful {
                let missing = desk.missing(&payment, state, Some(intent.id)).await;
                warn_of_missing(shell, &missing.map_err(|error| shell.desk_failed(&error))?.amounts());
            }
        }
        if args.did_not_happen && !(is_doubtful && asks) {
            warn_if_fallen(shell, &payment, &intent, seen);
        }
        if is_checked {
            let checked = desk.check_not_there(&payment, &intent, found).await;
            checked.map_err(|error| not_decided(shell, &payment, &intent, &error))?;
            shell.warn(&text::NOT_SHOWN.fill(shell.lang(), &[&show::money(intent.amount)]));
        }
    } else if args.did_not_happen {
        warn_if_fallen(shell, &payment, &intent, seen);
    }
    if by_the_books && args.happened {
        shell.warn(&text::BY_THE_BOOKS.fill(shell.lang(), &[&show::money(intent.amount)]));
    }
    let question = match resolution {
        Resolution::LookAgain => shell.t(&text::ASK_LOOK_AGAIN).to_owned(),
        _ => text::ASK_RESOLVE.fill(shell.lang(), &[&shell.t(name)]),
    };
    if asks && !shell.ask(&question) {
        return Ok(Exit::Usage);
    }
    let person = &args.person;
    let decided = desk.resolve(intent.id, resolution, person.by(), person.reason(), args.by_hand()).await;
    let decided = decided.map_err(|error| not_decided(shell, &payment, &intent, &error))?;
    status::show_cancel(shell, &desk, &decided, None).await?;
    Ok(Exit::Done)
}

/// Says loudly what the gateway refunded that a restored journal cannot explain.
fn warn_of_missing(shell: &Shell, missing: &[Money]) {
    if !missing.is_empty() {
        shell.warn(&text::MISSING.fill(shell.lang(), &[&sum(missing)]));
    }
}

fn sum(amounts: &[Money]) -> String {
    amounts.iter().copied().map(show::money).collect::<Vec<_>>().join(" + ")
}

fn not_decided(shell: &Shell, payment: &PaymentRecord, intent: &IntentRecord, error: &DeskError) -> Failure {
    let failure = shell.look_up_failed(intent.payment.gateway, error);
    let was_sent = intent.evidence.as_ref().is_none_or(|evidence| evidence.doubts > 0);
    match error {
        // only a restored journal lost wishes: repeated where none was lost, one is refunded twice
        DeskError::MayHaveHappened { .. } if payment.suspect.is_some() => {
            failure.next(shell.t(&text::SEEN_OR_LOST))
        }
        DeskError::MayHaveHappened { .. } => failure.next(shell.t(&text::SEEN_OR_FORCE)),
        DeskError::NotInLedger { .. } | DeskError::NotInList { .. } if was_sent => {
            failure.next(shell.t(&text::SHOWN_OR_FORCE))
        }
        DeskError::NotInLedger { .. } | DeskError::NotInList { .. } => {
            failure.next(shell.t(&text::MADE_OR_FORCE))
        }
        DeskError::LookUp(_) | DeskError::NotAllowed(OLD_ANSWER | OTHER_PAID | CONTRADICTS_ITSELF) => {
            failure.next(shell.t(&text::COMPARE_BY_HAND))
        }
        _ => failure,
    }
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
    let id = status::an_id(shell, &args.id)?;
    args.person.check(shell)?;
    let desk = shell.desk_of_journal().await?;
    let intent = status::the_cancel(shell, &desk, id).await?;
    shell.consent(args.yes || !shell.json)?;
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
cancel of the payment has no outcome: what is still wanted is asked for anew afterwards, under a new key.

With --all-matching it looks up every suspect payment, clears those whose paid amount, refunds and balance are exactly the
journal's, with every check of a single one, and lists the others with why; exit code 4 while any is left. Where something
was refunded elsewhere, a person clears that payment alone.

Examples:
  cancel-desk trust ORD20180131-0000011 --by kim --reason \"compared in the admin page\"
  cancel-desk trust --all-matching --by kim --reason \"all lost wishes are repeated\"")]
pub(crate) struct TrustArgs {
    /// Order number (merchant_uid), or GATEWAY/ACCOUNT/PAYMENT
    #[arg(value_name = "ORDER", required_unless_present = "all_matching")]
    order: Option<String>,
    #[command(flatten)]
    among: Among,
    /// Every suspect payment whose ledger is exactly the journal's; the others are listed
    #[arg(long, conflicts_with_all = ["order", "payment_id", "force"])]
    all_matching: bool,
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

    pub(super) const fn yes(&self) -> bool {
        self.yes
    }

    pub(super) const fn person(&self) -> &Person {
        &self.person
    }

    /// Whether `--gateway` and `--account` leave this payment in.
    pub(super) fn means(&self, key: &PaymentKey) -> bool {
        self.among.has(key.gateway, &key.merchant)
    }
}

pub(crate) async fn trust(shell: &Shell, args: &TrustArgs) -> Result<Exit, Failure> {
    args.person.check(shell)?;
    if args.all_matching {
        return trust_matching::run(shell, args).await;
    }
    let which = args.among.selector(args.order.as_deref().unwrap_or_default())?;
    let (_, desk) = shell.desk_there().await?;
    let payment = shell.find(&desk, &which).await?;
    if payment.suspect.is_none() {
        shell.remark(&text::NOT_SUSPECT.fill(shell.lang(), &[&payment.key()]));
        status::show_payment(shell, &desk, &payment).await?;
        return Ok(Exit::Done);
    }
    let found = desk.look_up(&payment.key()).await;
    if !shell.json {
        shell.warn(&lookup::told(shell, &desk, &payment, &found).await?);
        if let (Some(_), Ok(state)) = (payment.suspect, &found) {
            let missing = desk.missing(&payment, state, None).await;
            warn_of_missing(shell, &missing.map_err(|error| shell.desk_failed(&error))?.amounts());
        }
    }
    if let Err(error) = desk.check_explained(&payment, found, args.by_hand()).await {
        return Err(not_cleared(shell, &desk, &payment.key(), &error).await);
    }
    shell.consent(args.yes)?;
    if !args.yes && !shell.ask(&text::ASK_TRUST.fill(shell.lang(), &[&payment.key()])) {
        return Ok(Exit::Usage);
    }
    let trusted = desk.trust(&payment.key(), args.person.by(), args.person.reason(), args.by_hand()).await;
    let trusted = match trusted {
        Ok(trusted) => trusted,
        Err(error) => return Err(not_cleared(shell, &desk, &payment.key(), &error).await),
    };
    if !shell.json {
        shell.line(&text::TRUSTED.fill(shell.lang(), &[&trusted.key()]));
    }
    status::show_payment(shell, &desk, &trusted).await?;
    Ok(Exit::Done)
}

/// Why a payment is not cleared, and what to do about it.
async fn not_cleared(shell: &Shell, desk: &Desk, key: &PaymentKey, error: &DeskError) -> Failure {
    let mut failure = shell.look_up_failed(key.gateway, error);
    match error {
        DeskError::NotAllowed(OLD_ANSWER | OTHER_PAID | CONTRADICTS_ITSELF) => {
            return failure.next(shell.t(&text::COMPARE_BY_HAND));
        }
        // the same once more, by what is known now
        DeskError::NotAllowed(WORKED_ON) => return failure,
        _ => {}
    }
    // what is refused is not what has to be decided
    if let (DeskError::NotAllowed(_), Ok(open)) = (error, undecided(desk, key).await)
        && !open.is_empty()
        && matches!(goes_by_itself(desk, key).await, Ok(true))
    {
        let quiet = desk.accounts().of(key).map(|account| account.policy().upstream_quiet);
        failure.text = text::SENT_BY_ITSELF.fill(shell.lang(), &[&open, &show::quiet(shell.lang(), quiet)]);
        return failure;
    }
    let lost: &[Money] = match error {
        DeskError::LookUp(_) => return failure.next(shell.t(&text::COMPARE_BY_HAND)),
        DeskError::Unexplained(lost) => lost,
        DeskError::NotAllowed(_) => &[],
        DeskError::NoHistory { .. } => {
            failure.code = "needs_yes";
            return match undecided(desk, key).await {
                Ok(open) if !open.is_empty() => {
                    failure.next(text::RESOLVE_THESE.fill(shell.lang(), &[&open]))
                }
                _ => failure,
            };
        }
        _ => return failure,
    };
    match what_to_do(shell, desk, key, lost).await {
        Ok(next) => failure.next(next),
        Err(_) => failure,
    }
}

/// What a person does next about a payment of which the gateway's list holds refunds that were lost.
pub(crate) async fn what_to_do(
    shell: &Shell,
    desk: &Desk,
    key: &PaymentKey,
    lost: &[Money],
) -> Result<String, DeskError> {
    let open = undecided(desk, key).await?;
    if !open.is_empty() {
        return Ok(text::RESOLVE_THESE.fill(shell.lang(), &[&open]));
    }
    // its key is final, so that the wish cannot be repeated under it
    let is_denied = |intent: &IntentRecord| {
        intent.outcome == Some(Outcome::Rejected(RejectedBecause::Person)) && lost.contains(&intent.amount)
    };
    let intents = desk.journal().intents_of(key).await?;
    Ok(match intents.iter().rev().find(|intent| is_denied(intent)) {
        Some(denied) => {
            let amount = show::money(denied.amount);
            text::DENIED.fill(shell.lang(), &[&denied.id, &denied.caller_key, &amount])
        }
        None => shell.t(&text::REPEAT_LOST).to_owned(),
    })
}

/// Whether what is open of a payment was not begun, and nothing is known that would keep a worker from sending it.
async fn goes_by_itself(desk: &Desk, key: &PaymentKey) -> Result<bool, DeskError> {
    let payment = desk.payment(key).await?;
    let open = desk.journal().intents_of(key).await?;
    let mut open = open.iter().filter(|intent| !intent.state.is_final());
    let is_equal = payment.suspect == Some(Suspect::Unchecked) && payment.foreign_refunded == 0;
    Ok(is_equal && open.all(|intent| intent.state == IntentState::Planned))
}

/// The cancels of a payment without an outcome.
async fn undecided(desk: &Desk, key: &PaymentKey) -> Result<String, DeskError> {
    let mut intents = desk.journal().intents_of(key).await?;
    intents.retain(|intent| !intent.state.is_final());
    Ok(intents.iter().map(|intent| intent.id.to_string()).collect::<Vec<_>>().join(", "))
}
