//! Cancels one payment and prints what happened as one JSON object.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

use std::process::ExitCode;

use chaiport_cancel::{
    AttemptTag, Bank, BankScheme, CancelError, CancelRecord, CancelRequest, ChaiportClient, Config, Currency,
    FindOptions, ImpUid, Invalid, LookUpError, LookUpErrorKind, LookUpOptions, MerchantUid, Money, NextStep,
    Payment, PaymentIds, PaymentRecord, PaymentStatus, RefundAccount, Unknown, UnknownReason,
};
use clap::{ArgGroup, Parser};
use serde_json::{Value, json};

const ENVIRONMENT: &str = "\
Environment:
  CHAIPORT_API_KEY, CHAIPORT_API_SECRET   REST API key and secret (required)
  CHAIPORT_BASE_URL                       another host, e.g. a simulator on http://127.0.0.1:8080
  CHAIPORT_ALLOW_CUSTOM_HOST=1            allow a host that is neither Chaiport's nor loopback
  CHAIPORT_AUTHORIZATION=raw|bearer       how the token is sent (raw)
  CHAIPORT_TIER                           tier code of a sub-merchant
  CHAIPORT_INCLUDE_SANDBOX=1              let look-ups find test-channel payments
  CHAIPORT_TOTAL_TIMEOUT_SECONDS          1 to 600 (65)
  CHAIPORT_CA_FILE                        PEM file with further certificate authorities

Exit code: 0 completed or accepted, 2 rejected, 3 not sent, 4 unknown, 64 invalid";

/// Cancel (refund) a payment at Chaiport
#[derive(Parser)]
#[command(name = "cancel", after_help = ENVIRONMENT)]
#[command(group(ArgGroup::new("how_much").required(true).args(["amount", "full"])))]
struct Arguments {
    /// Chaiport's number of the payment
    #[arg(long, value_name = "IMP_UID")]
    imp_uid: Option<String>,
    /// The merchant's order number; ignored by Chaiport where --imp-uid is given
    #[arg(long, value_name = "ORDER")]
    merchant_uid: Option<String>,
    /// Amount to refund, in major units: 2000, 7.50
    #[arg(long, value_name = "DECIMAL", allow_negative_numbers = true)]
    amount: Option<String>,
    /// Refund all that is left
    #[arg(long)]
    full: bool,
    /// Balance before this cancel: the guard. Left out, the payment is looked up first
    #[arg(long, value_name = "DECIMAL", allow_negative_numbers = true)]
    balance: Option<String>,
    /// What was paid, to be compared with the answer (with --balance)
    #[arg(long, value_name = "DECIMAL", allow_negative_numbers = true)]
    paid: Option<String>,
    /// Currency of the amounts
    #[arg(long, value_name = "ISO", default_value = "KRW")]
    currency: String,
    /// Reason for the buyer
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The PG behind Chaiport: html5_inicis, kcp, tosspayments, ...
    #[arg(long, value_name = "PG")]
    pg_provider: Option<String>,
    /// How it was paid: card, vbank, trans, phone, ...
    #[arg(long, value_name = "METHOD")]
    pay_method: Option<String>,
    /// Bank of the refund account: a name or its KFTC code
    #[arg(long, value_name = "BANK")]
    refund_bank: Option<String>,
    /// Number of the refund account
    #[arg(long, value_name = "NUMBER")]
    refund_account: Option<String>,
    /// Holder of the refund account
    #[arg(long, value_name = "NAME")]
    refund_holder: Option<String>,
    /// Phone number of the holder
    #[arg(long, value_name = "PHONE")]
    refund_tel: Option<String>,
    /// Tag of the attempt. It may be a repeat then: the history is searched for it, and what is no proof about the
    /// earlier copy is reported as unknown. With --balance: the balance as it was then, never a fresh one
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// With --tag: no copy of this attempt was ever sent
    #[arg(long, requires = "tag")]
    first_send: bool,
}

/// An end before the cancel.
enum Stop {
    Invalid(Invalid),
    LookUp(LookUpError),
    /// The attempt is in the payment's history already.
    Done(Box<(Payment, CancelRecord)>),
    /// It may be.
    Doubt,
}

impl From<Invalid> for Stop {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            println!("{}", error.to_string().trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let message = usage_message(&error);
            eprintln!("{message}");
            let more = json!({ "message": message, "next_step": NextStep::CorrectTheRequest.advice() });
            return finish(64, result("invalid", more));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(_) => return finish(3, result("not_sent", json!({ "message": "no runtime" }))),
    };
    let (code, mut value) = runtime.block_on(run(&arguments, Config::from_env()));
    if let (Some(tag), Some(object)) = (&arguments.tag, value.as_object_mut()) {
        object.insert("tag".to_owned(), json!(tag));
    }
    finish(code, value)
}

impl Arguments {
    /// Whether an earlier run may have sent this attempt.
    const fn may_repeat(&self) -> bool {
        self.tag.is_some() && !self.first_send
    }
}

async fn run(arguments: &Arguments, config: Result<Config, Invalid>) -> (u8, Value) {
    let (client, request) = match prepare(arguments, config).await {
        Ok(prepared) => prepared,
        Err(Stop::Invalid(error)) => return failed(&error.into()),
        Err(Stop::LookUp(error)) => return not_looked_up(&error, arguments.may_repeat()),
        Err(Stop::Done(done)) => return found_done(&done.0, &done.1),
        Err(Stop::Doubt) => return failed(&Unknown::new(UnknownReason::AlreadySeen).into()),
    };
    // what a repeat needs, before the first byte leaves
    eprintln!(
        "to repeat this attempt: --tag {} --balance {} --amount {}",
        request.tag(),
        request.balance_before().to_decimal_text(),
        request.amount().to_decimal_text(),
    );
    match client.cancel(&request).await {
        Ok(cancelled) => {
            let more = json!({
                "state": cancelled.state().label(),
                "cancelled": cancelled.amount().to_decimal_text(),
                "currency": cancelled.amount().currency().code(),
                "remaining": cancelled.remaining().map(Money::to_decimal_text),
                "cancel_id": cancelled.cancel_id(),
                "tag": request.tag().as_str(),
            });
            (0, result(cancelled.state().label(), more))
        }
        Err(error) => {
            let (code, mut value) = failed(&error);
            if let Some(object) = value.as_object_mut() {
                object.insert("tag".to_owned(), json!(request.tag().as_str()));
            }
            (code, value)
        }
    }
}

async fn prepare(
    arguments: &Arguments,
    config: Result<Config, Invalid>,
) -> Result<(ChaiportClient, CancelRequest), Stop> {
    let currency: Currency = arguments
        .currency
        .parse()
        .map_err(|_| Invalid::new("--currency", "must be an ISO 4217 code such as KRW"))?;
    let money = |name: &'static str, text: &Option<String>| {
        text.as_deref()
            .map(|text| Money::parse(text, currency).map_err(|error| Invalid::new(name, error.to_string())))
            .transpose()
    };
    let amount = money("--amount", &arguments.amount)?;
    let balance = money("--balance", &arguments.balance)?;
    let paid = money("--paid", &arguments.paid)?;
    let ids = ids(arguments)?;
    let account = refund_account(arguments)?;
    let tag = arguments
        .tag
        .as_deref()
        .map(|text| {
            text.parse::<AttemptTag>().map_err(|error| Invalid::new("--tag", error.reason().to_owned()))
        })
        .transpose()?;
    let client = ChaiportClient::new(config?).map_err(named)?;
    let mut record = match balance {
        Some(balance) => match paid {
            Some(paid) => {
                let cancelled = paid
                    .checked_sub(balance)
                    .ok_or_else(|| Invalid::new("--balance", "must not exceed --paid"))?;
                PaymentRecord::new(ids, paid).with_cancelled(cancelled).map_err(named)?
            }
            None => PaymentRecord::of_balance(ids, balance),
        },
        None => {
            let payment = looked_up(&client, &ids, currency, arguments.may_repeat()).await?;
            if let (Some(tag), true) = (&tag, arguments.may_repeat()) {
                check_not_done(&payment, tag, amount)?;
            }
            PaymentRecord::from(&payment)
        }
    };
    if let Some(pg_provider) = &arguments.pg_provider {
        record = record.with_pg_provider(pg_provider);
    }
    if let Some(pay_method) = &arguments.pay_method {
        record = record.with_pay_method(pay_method);
    }
    let mut request = match amount {
        Some(amount) => CancelRequest::partial(record, amount),
        None => CancelRequest::full(record),
    }
    .map_err(named)?;
    if let Some(tag) = tag {
        request = request.with_tag(tag);
        if arguments.may_repeat() {
            request = request.sent_before();
        }
    }
    if let Some(reason) = &arguments.reason {
        request = request.with_reason(reason).map_err(named)?;
    }
    if let Some(account) = account {
        request = request.with_refund_account(account).map_err(named)?;
    }
    request.check().map_err(named)?;
    Ok((client, request))
}

fn ids(arguments: &Arguments) -> Result<PaymentIds, Invalid> {
    let imp_uid: Option<ImpUid> = arguments.imp_uid.as_deref().map(str::parse).transpose().map_err(named)?;
    let merchant_uid: Option<MerchantUid> =
        arguments.merchant_uid.as_deref().map(str::parse).transpose().map_err(named)?;
    match (imp_uid, merchant_uid) {
        (Some(imp_uid), merchant_uid) => Ok(PaymentIds::ImpUid { imp_uid, merchant_uid }),
        (None, Some(merchant_uid)) => Ok(merchant_uid.into()),
        (None, None) => Err(Invalid::new("--imp-uid", "must be given, or --merchant-uid")),
    }
}

fn refund_account(arguments: &Arguments) -> Result<Option<RefundAccount>, Invalid> {
    let (bank, number, holder) =
        match (&arguments.refund_bank, &arguments.refund_account, &arguments.refund_holder) {
            (None, None, None) if arguments.refund_tel.is_none() => return Ok(None),
            (None, _, _) => return Err(Invalid::new("--refund-bank", "must be given with an account")),
            (_, None, _) => return Err(Invalid::new("--refund-account", "must be given with a bank")),
            (_, _, None) => return Err(Invalid::new("--refund-holder", "must be given with an account")),
            (Some(bank), Some(number), Some(holder)) => (bank, number, holder),
        };
    let bank = match Bank::from_code(BankScheme::Kftc, bank) {
        Bank::Other(name) => Bank::find(&name)
            .ok_or_else(|| Invalid::new("--refund-bank", "must be a bank's name or KFTC code"))?,
        known => known,
    };
    let account = RefundAccount::new(bank, number, holder).map_err(named)?;
    match &arguments.refund_tel {
        Some(phone) => account.with_phone(phone).map(Some).map_err(named),
        None => Ok(Some(account)),
    }
}

async fn looked_up(
    client: &ChaiportClient,
    ids: &PaymentIds,
    currency: Currency,
    may_repeat: bool,
) -> Result<Payment, Stop> {
    let found = match ids {
        // the earlier copy found a test payment, whatever the settings say about look-ups
        PaymentIds::ImpUid { imp_uid, .. } if may_repeat => {
            client.look_up_with(imp_uid, LookUpOptions::new().include_sandbox(true)).await
        }
        PaymentIds::ImpUid { imp_uid, .. } => client.look_up(imp_uid).await,
        PaymentIds::MerchantUid(merchant_uid) => client.find(merchant_uid, FindOptions::new()).await,
    };
    let payment = found.map_err(Stop::LookUp)?;
    if payment.paid().currency() != currency {
        return Err(Invalid::new("--currency", "must be the payment's").into());
    }
    if ids.merchant_uid().is_some_and(|known| known.as_str() != payment.merchant_uid()) {
        return Err(Invalid::new("--merchant-uid", "must be the payment's").into());
    }
    Ok(payment)
}

/// A repeat with a fresh balance would be a double refund if the earlier copy is in the history already. If it is
/// not, the balance that was just read is one that the earlier copy has not met and, once it is used up, never can;
/// but for a copy whose outcome was "does not know the outcome itself": that one is past the check of the balance, so
/// wait 10 minutes before it is repeated.
fn check_not_done(payment: &Payment, tag: &AttemptTag, amount: Option<Money>) -> Result<(), Stop> {
    let label = format!("[c:{tag}]");
    let mut history = payment.history().iter();
    if let Some(entry) = history.clone().find(|entry| entry.reason.as_str().contains(&label)) {
        let same = amount.is_none_or(|amount| amount == entry.amount);
        return Err(if same { Stop::Done(Box::new((payment.clone(), entry.clone()))) } else { Stop::Doubt });
    }
    // without a whole tag it may be the earlier copy, its reason cut off
    let nameless = |entry: &CancelRecord| !AttemptTag::stands_in(entry.reason.as_str());
    let balance = payment.balance();
    let amount = amount.unwrap_or(balance);
    let too_little_left = balance.is_zero() || amount.minor() > balance.minor();
    if too_little_left || history.any(|entry| nameless(entry) && entry.amount == amount) {
        // a full cancel that has happened leaves nothing, and a part less than it took
        return Err(Stop::Doubt);
    }
    Ok(())
}

/// The SDK's names of fields as this program's arguments.
fn named(error: Invalid) -> Invalid {
    let argument = match error.field() {
        "imp_uid" => "--imp-uid",
        "merchant_uid" => "--merchant-uid",
        "amount" => "--amount",
        "balance" => "--balance",
        "reason" => "--reason",
        "tag" => "--tag",
        "pg_provider" => "--pg-provider",
        "refund_bank" => "--refund-bank",
        "refund_account" | "refund_account.number" => "--refund-account",
        "refund_holder" | "refund_account.holder" => "--refund-holder",
        "refund_tel" | "refund_account.phone" => "--refund-tel",
        other => other,
    };
    Invalid::new(argument, error.reason().to_owned())
}

fn failed(error: &CancelError) -> (u8, Value) {
    let code = match error {
        CancelError::Rejected(_) => 2,
        CancelError::NotSent(_) => 3,
        CancelError::Unknown(_) => 4,
        CancelError::Invalid(_) => 64,
    };
    // the gateway's own words where it spoke, ours where not
    let message = error.message().map_or_else(|| error.to_string(), ToString::to_string);
    let more = json!({
        "code": error.code(),
        "message": message,
        "next_step": error.next_step().advice(),
    });
    (code, result(error.label(), more))
}

/// The look-up before the cancel told nothing, so no cancel was sent now. What an earlier copy did is not known then.
fn not_looked_up(error: &LookUpError, may_repeat: bool) -> (u8, Value) {
    let (code, label, next_step) = match error.kind() {
        LookUpErrorKind::Invalid(_) => (64, "invalid", NextStep::CorrectTheRequest),
        _ if may_repeat => (4, "unknown", NextStep::LookUpFirst),
        LookUpErrorKind::NotFound => (2, "rejected", NextStep::ReadTheRefusal),
        LookUpErrorKind::Credentials => (3, "not_sent", NextStep::CheckCredentials),
        LookUpErrorKind::Unavailable => (3, "not_sent", NextStep::SendTheSameAgain),
        _ => (3, "not_sent", NextStep::ReadTheRefusal),
    };
    let more = json!({
        "code": error.code(),
        "message": error.message().map_or_else(|| error.to_string(), ToString::to_string),
        "next_step": next_step.advice(),
    });
    (code, result(label, more))
}

/// The attempt was found by its tag, so nothing was sent again.
fn found_done(payment: &Payment, entry: &CancelRecord) -> (u8, Value) {
    // a virtual account is paid out on the next business day; PayPal has approved once the status says so too, and then
    // only where no other cancel can have set it
    let ours_alone = payment.history().len() == 1 && payment.cancelled() == entry.amount;
    let approved = ours_alone && payment.status() == &PaymentStatus::Cancelled;
    let awaits_approval = payment.pg_provider() == Some("paypal_v2") && !approved;
    let later = awaits_approval || payment.pay_method() == Some("vbank");
    let state = if later { "accepted" } else { "completed" };
    let more = json!({
        "state": state,
        "cancelled": entry.amount.to_decimal_text(),
        "currency": entry.amount.currency().code(),
        "remaining": payment.balance().to_decimal_text(),
        "cancel_id": entry.cancellation_id,
        "message": "found in the payment's history; nothing was sent by this call",
    });
    (0, result(state, more))
}

/// The result object: every key there, null where nothing is known.
fn result(outcome: &str, more: Value) -> Value {
    let mut value = json!({
        "gateway": "chaiport", "outcome": outcome, "state": null, "cancelled": null, "currency": null,
        "remaining": null, "cancel_id": null, "tag": null, "code": null, "message": null, "next_step": null,
    });
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.extend(more);
    }
    value
}

fn finish(code: u8, value: Value) -> ExitCode {
    println!("{value}");
    ExitCode::from(code)
}

/// What is wrong with the command line, without what was typed: it may be a name or an account.
fn usage_message(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    let option = |name: &String| {
        let bare = name.trim_start_matches('<');
        bare.starts_with("--").then(|| bare.split(['=', ' ', '|']).next().unwrap_or(bare).to_owned())
    };
    let options: Vec<String> = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) => option(name).into_iter().collect(),
        Some(ContextValue::Strings(names)) => names.iter().filter_map(option).collect(),
        _ => Vec::new(),
    };
    let about = if options.is_empty() { "arguments".to_owned() } else { options.join(", ") };
    format!("{about}: {} (see --help; quote values with spaces)", error.kind())
}

#[cfg(test)]
#[path = "cancel/tests.rs"]
mod tests;
