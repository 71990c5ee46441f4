//! `cancel`: one refund, from the wish to its outcome.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use pg_core::decimal::Decimal;
use pg_core::{Money, RefundAccount};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::config::{AccountConfig, Config};
use crate::desk::{Amount, Desk, DeskError, RefundTo, Selector, Waiting, Wish, scheme_of};
use crate::journal::{Submitted, check_key};
use crate::record::{AttemptRecord, IntentRecord, IntentState, PaymentRecord};
use crate::worker::Worker;

use super::exit::{Exit, Failure};
use super::shell::{Shell, Which, parse_span};
use super::{show, status, text};

/// Largest file of an account, in bytes.
const MAX_ACCOUNT: u64 = 65_536;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("how_much").required(true).args(["amount", "full"]), after_help = "\
The same --key is the same refund: run the very same command again after anything went wrong, and nothing is refunded
twice. A new refund needs a new key; the number of the return or the ticket makes a good one.

The account of a virtual-account refund is read from a file or from standard input, never from the command line:
  {\"refund_bank\": \"88\", \"refund_account\": \"56211105948400\", \"refund_holder\": \"홍길동\"}
refund_bank is the bank's code in the numbering of the payment's PG (cancel-desk banks shows them); refund_tel may be
added.

Examples:
  cancel-desk cancel ORD20180131-0000011 --amount 3000 --key return-4711 --reason \"size\"
  cancel-desk cancel ORD20180131-0000011 --full --key return-4712 --yes --wait 2m
  cancel-desk cancel ORD-7 --full --key return-4713 --refund-to account.json")]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    which: Which,
    /// How much, in the payment's currency: 3000, or 12.50
    #[arg(long)]
    amount: Option<String>,
    /// All that can still be refunded
    #[arg(long)]
    full: bool,
    /// Your key for this refund, 1 to 200 visible ASCII characters: the same key is the same refund
    #[arg(long)]
    key: String,
    /// Why; goes to the gateway: at most 500 characters, fewer at some (settlebank: 255 bytes, no : & ? ' " < >)
    #[arg(long)]
    reason: Option<String>,
    /// JSON file with the account to refund into; - for standard input
    #[arg(long, value_name = "FILE")]
    refund_to: Option<PathBuf>,
    /// How long to wait for the outcome: 30s, 2m; a sending under way is finished first (up to total_timeout_s)
    #[arg(long, default_value = "30s", value_parser = parse_span)]
    wait: Duration,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

pub(crate) async fn run(shell: &Shell, args: CancelArgs) -> Result<Exit, Failure> {
    let amount = args.amount.as_deref().map(amount).transpose()?;
    check_key(&args.key).map_err(|why| {
        let mut failure = Failure::usage(format!("--key: {why}"));
        failure.field = Some("idempotency_key".to_owned());
        failure
    })?;
    let account = args.refund_to.as_ref().map(account).transpose()?;
    let which = args.which.selector()?;
    if shell.json {
        shell.consent(args.yes)?;
    }
    let (config, desk) = shell.desk().await?;
    let payment = desk.find_for(&which, &args.key).await.map_err(|error| shell.desk_failed(&error))?;
    let intents = desk.journal().intents_of(&payment.key()).await;
    let intents = intents.map_err(|error| shell.journal_failed(error))?;
    // the refund that is stored under this key, if there is one: the same command again asks for that very one
    let before = intents.iter().find(|intent| intent.caller_key == args.key).cloned();
    if let (true, Some(before)) = (args.full, &before) {
        let attempts = desk.journal().attempts_of(before.id).await;
        let attempts = attempts.map_err(|error| shell.journal_failed(error))?;
        if !was_full(&payment, &intents, before, attempts.first()) {
            return Err(key_stands(shell, &payment, before).next(shell.t(&text::NOT_FULL)));
        }
    }
    if args.full && before.is_none() {
        Desk::check_rest(&payment).map_err(|error| shell.desk_failed(&error.into()))?;
    }
    let amount = wanted(&payment, before.as_ref(), amount);
    let refund = amount.money(payment.paid().currency()).ok();
    let mut wish = Wish::new(Selector::key(payment.key()), args.key.as_str(), amount);
    wish.reason.clone_from(&args.reason);
    if let Some(account) = account {
        wish = wish.with_account(account);
    }
    let is_warned = before.is_none() && warn_of_the_same(shell, &desk, &intents, refund).await?;
    if !args.yes && (before.is_none() || !shell.can_ask()) {
        about_to(shell, &config, &payment, &wish, refund)?;
        shell.consent(args.yes)?;
        let refund = refund.map(|refund| show::spoken(shell.lang(), refund)).unwrap_or_default();
        if !shell.ask(&text::ASK_REFUND.fill(shell.lang(), &[&refund])) {
            shell.warn(shell.t(&text::NOT_ASKED));
            return Ok(Exit::Usage);
        }
    }
    let submitted = desk.cancel(wish).await.map_err(|error| {
        if let DeskError::KeyReused(Some(held)) = &error {
            let is_same = held.payment == payment.key() && refund == Some(held.amount);
            let only_reason = is_same && args.reason != held.reason;
            let failure = key_stands(shell, &payment, held);
            let stored = held.reason.clone().unwrap_or_else(|| shell.t(&text::WITHOUT_REASON).to_owned());
            let next = text::ONLY_REASON.fill(shell.lang(), &[&stored]);
            return if only_reason { failure.next(next) } else { failure };
        }
        let failure = account_help(shell, &payment, args.refund_to.is_some(), shell.desk_failed(&error));
        if failure.code == "journal_failed" { failure.next(shell.t(&text::SAME_KEY_AGAIN)) } else { failure }
    })?;
    if matches!(submitted, Submitted::Existing(_)) {
        shell.remark(shell.t(&text::STORED_BEFORE));
    }
    let intent = pursue(shell, &desk, submitted.intent(), args.wait).await?;
    let exit = ended(shell, &desk, &intent).await?;
    // nobody was asked
    if is_warned && args.yes && intent.state == IntentState::Planned && payment.suspect.is_none() {
        shell.remark(&text::WAY_OUT.fill(shell.lang(), &[&intent.id]));
    }
    Ok(exit)
}

/// Names the refunds of this amount under other keys that were made, or may be. Whether there are any.
async fn warn_of_the_same(
    shell: &Shell,
    desk: &Desk,
    intents: &[IntentRecord],
    refund: Option<Money>,
) -> Result<bool, Failure> {
    let mut is_warned = false;
    for same in intents {
        let is_gone = matches!(same.state, IntentState::Rejected | IntentState::Withdrawn);
        if is_gone || Some(same.amount) != refund {
            continue;
        }
        is_warned = true;
        let held = desk.journal().held_by(same.id).await.map_err(|error| shell.journal_failed(error))?;
        let (lang, amount) = (shell.lang(), show::money(same.amount));
        let text = match (same.state, held) {
            (IntentState::Completed, _) => {
                let at = show::time(same.updated_at);
                shell.warn(&text::SAME_COMPLETED.fill(lang, &[&amount, &same.id, &same.caller_key, &at]));
                continue;
            }
            (_, Some(job)) => {
                shell.warn(&text::SAME_HELD.fill(lang, &[&amount, &same.id, &same.caller_key, &job]));
                continue;
            }
            (IntentState::Open, None) => &text::SAME_OPEN,
            (IntentState::Accepted, None) => &text::SAME_ACCEPTED,
            (IntentState::Manual, None) => &text::SAME_MANUAL,
            _ => &text::SAME_UNSENT,
        };
        shell.warn(&text.fill(lang, &[&amount, &same.id, &same.caller_key]));
    }
    Ok(is_warned)
}

fn amount(text: &str) -> Result<Decimal, Failure> {
    let wrong = |why: String| {
        let mut failure =
            Failure::usage(format!("--amount: must be a plain number such as 3000 or 12.50 ({why})"));
        failure.field = Some("amount".to_owned());
        failure
    };
    Decimal::parse(text).map_err(|error| wrong(error.to_string()))
}

/// The account as the guide's request names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    refund_bank: String,
    refund_account: String,
    refund_holder: String,
    #[serde(default)]
    refund_tel: Option<String>,
}

impl Drop for AccountFile {
    fn drop(&mut self) {
        self.refund_account.zeroize();
        self.refund_holder.zeroize();
        self.refund_tel.zeroize();
    }
}

fn account(file: &PathBuf) -> Result<RefundTo, Failure> {
    let bad = |why: &str| {
        let mut failure = Failure::usage(format!("--refund-to: {why}"));
        failure.field = Some("refund_account".to_owned());
        failure
    };
    let mut text = Zeroizing::new(String::new());
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_ACCOUNT).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_ACCOUNT).read_to_string(&mut text))
    };
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => bad("there is no such file"),
        std::io::ErrorKind::PermissionDenied => bad("the file may not be read: check its permissions"),
        _ => bad("the file cannot be read as text"),
    })?;
    // the parser's own message could repeat a value
    let read: AccountFile = serde_json::from_str(&text).map_err(|_| {
        bad("must be a json object with the texts refund_bank, refund_account, refund_holder, and refund_tel if wanted")
    })?;
    let (bank, number) = (read.refund_bank.as_str(), read.refund_account.as_str());
    let to = RefundTo::by_code(bank, number, read.refund_holder.as_str());
    Ok(match &read.refund_tel {
        Some(phone) => to.with_phone(phone.as_str()),
        None => to,
    })
}

/// Whether a stored refund was all that could be refunded when it was stored.
fn was_full(
    payment: &PaymentRecord,
    intents: &[IntentRecord],
    before: &IntentRecord,
    first: Option<&AttemptRecord>,
) -> bool {
    let counted = |other: &&IntentRecord| {
        let gone = matches!(other.state, IntentState::Rejected | IntentState::Withdrawn)
            && other.updated_at < before.created_at;
        other.id == before.id || (other.created_at <= before.created_at && !gone)
    };
    let others = foreign_then(payment, intents, before, first);
    let asked = intents.iter().filter(counted);
    let asked = asked.fold(others, |sum, other| sum.saturating_add(other.amount.minor()));
    asked >= payment.paid().minor()
}

/// What others had refunded when a refund was first sent. What they refunded later made nothing of it full.
fn foreign_then(
    payment: &PaymentRecord,
    intents: &[IntentRecord],
    before: &IntentRecord,
    first: Option<&AttemptRecord>,
) -> i64 {
    let Some(first) = first else {
        // nothing of it was sent: of a refund that is done nevertheless it is not known
        return if before.state == IntentState::Completed { 0 } else { payment.foreign_refunded };
    };
    let ours = intents.iter().filter(|other| {
        other.id != before.id
            && other.state == IntentState::Completed
            && other.updated_at <= first.first_send_at
    });
    let ours = ours.fold(0_i64, |sum, other| sum.saturating_add(other.amount.minor()));
    let gone = payment.paid().minor().saturating_sub(first.balance_before.minor());
    gone.saturating_sub(ours).clamp(0, payment.foreign_refunded.max(0))
}

/// The key stands for another refund: what is stored, so that nobody refunds it a second time under a new key.
fn key_stands(shell: &Shell, payment: &PaymentRecord, held: &IntentRecord) -> Failure {
    let is_here = held.payment == payment.key();
    let text = match payment.suspect {
        _ if is_here => &text::KEY_STANDS,
        None => &text::KEY_ELSEWHERE,
        Some(_) => &text::KEY_OF_ANOTHER,
    };
    let (lang, amount) = (shell.lang(), show::spoken(shell.lang(), held.amount));
    let text = text.fill(lang, &[&amount, &shell.t(show::state(held.state)), &held.id, &held.payment]);
    let error = DeskError::KeyReused(None);
    let mut failure = Failure::new(Exit::Usage, error.code(), text);
    failure.field = error.field().map(str::to_owned);
    if payment.suspect.is_some() { failure.next(shell.t(&text::KEY_OF_SUSPECT)) } else { failure }
}

fn wanted(payment: &PaymentRecord, before: Option<&IntentRecord>, amount: Option<Decimal>) -> Amount {
    match (amount, before) {
        (Some(amount), _) => Amount::Exact(amount),
        // what was left then is not what is left now
        (None, Some(before)) => Amount::Money(before.amount),
        // nothing left: the desk says so, which is more than that zero is no amount
        (None, None) if payment.available() == 0 => Amount::Money(payment.paid()),
        (None, None) => Amount::Remaining { expected: payment.money(payment.available()) },
    }
}

/// What is about to happen, before anything is stored.
fn about_to(
    shell: &Shell,
    config: &Config,
    payment: &PaymentRecord,
    wish: &Wish,
    refund: Option<Money>,
) -> Result<(), Failure> {
    let of = &payment.payment;
    let endpoint = config
        .account_list()
        .iter()
        .find(|account| account.gateway() == of.gateway && account.name() == payment.merchant)
        .map_or_else(|| "-".to_owned(), AccountConfig::address);
    let mut rows = vec![
        (shell.t(&text::ORDER), of.merchant_uid.clone()),
        (shell.t(&text::PAYMENT_ID), payment.key().to_string()),
        (shell.t(&text::ENDPOINT), endpoint),
        (shell.t(&text::PAID), show::money(payment.paid())),
        (shell.t(&text::REFUNDABLE), show::money(payment.money(payment.available()))),
        (shell.t(&text::AMOUNT), refund.map(show::money).unwrap_or_default()),
        (shell.t(&text::KEY), wish.key.clone()),
    ];
    if let Some(reason) = &wish.reason {
        rows.push((shell.t(&text::REASON), reason.clone()));
    }
    if let Some(to) = &wish.account {
        let account = to
            .account(of)
            .map_err(|error| account_help(shell, payment, true, shell.desk_failed(&error.into())))?;
        rows.push((shell.t(&text::REFUND_TO), masked(shell, &account)));
    }
    shell.warn(shell.t(&text::WILL_REFUND));
    shell.warn(show::pairs(rows).trim_end());
    Ok(())
}

/// What to do about an account that is missing, or whose bank is not understood.
fn account_help(shell: &Shell, payment: &PaymentRecord, is_given: bool, failure: Failure) -> Failure {
    match failure.field.as_deref() {
        Some("refund_account") if !is_given => {
            // the codes of Chaiport and Settlebank
            let is_virtual = matches!(payment.payment.method.as_deref(), Some("vbank" | "VA"));
            let text = if is_virtual { &text::NEEDS_CUSTOMERS_ACCOUNT } else { &text::NEEDS_ACCOUNT };
            failure.next(shell.t(text))
        }
        Some("refund_bank") => match scheme_of(&payment.payment) {
            Ok(scheme) => failure.next(text::FIND_BANK.fill(shell.lang(), &[&scheme])),
            Err(_) => failure,
        },
        _ => failure,
    }
}

fn masked(shell: &Shell, account: &RefundAccount) -> String {
    let bank = shell.lang().pick(account.bank().name_en(), account.bank().name_ko());
    format!("{bank} {}", account.masked_number())
}

/// Carries it on here, whoever else may do so as well.
async fn pursue(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
    wait: Duration,
) -> Result<IntentRecord, Failure> {
    let worker = Worker::new(Arc::clone(desk.journal()), Arc::clone(desk.accounts()))
        .map_err(|error| shell.desk_failed(&error.into()))?;
    let mut signals = super::serve::Signals::new()?;
    tokio::select! {
        found = worker.pursue(intent.id, wait) => found.map_err(|error| {
            let next = text::LOOK_LATER.fill(shell.lang(), &[&intent.id]);
            shell.journal_failed(error).next(next)
        }),
        () = signals.next() => {
            // as after a crash: the attempt is looked up before anything else
            shell.warn(&text::INTERRUPTED.fill(shell.lang(), &[&intent.id]));
            desk.intent(intent.id).await.map_err(|error| shell.desk_failed(&error))
        }
    }
}

async fn ended(shell: &Shell, desk: &Desk, intent: &IntentRecord) -> Result<Exit, Failure> {
    status::show_cancel(shell, desk, intent, None).await?;
    let lang = shell.lang();
    match intent.state {
        IntentState::Planned | IntentState::Open | IntentState::Accepted => {
            let next = match status::waiting(shell, desk, intent).await? {
                Some(Waiting::AnotherCancel { cancel, waits_for_a_person: true }) => {
                    text::DECIDE_FIRST.fill(lang, &[&cancel])
                }
                _ => text::LOOK_LATER.fill(lang, &[&intent.id]),
            };
            shell.remark(&text::NEXT.fill(lang, &[&next]));
            shell.remark(shell.t(&text::NOT_AGAIN));
        }
        IntentState::Manual if intent.is_for_the_admin_page() => {
            shell.remark(&text::NEXT.fill(lang, &[&show::decision(lang, intent)]));
        }
        IntentState::Manual => {
            shell.remark(&text::NEXT.fill(lang, &[&show::decision(lang, intent)]));
            shell.remark(shell.t(&text::NOT_AGAIN));
        }
        IntentState::Completed | IntentState::Rejected | IntentState::Withdrawn => {}
    }
    Ok(Exit::of_state(intent.state))
}
