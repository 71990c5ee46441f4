//! Cancels one payment at Eximbay and prints the outcome as one JSON object.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgGroup, Parser};
use eximbay_cancel::{
    AmountText, AttemptTag, Bank, CancelError, CancelRequest, Cancelled, Config, Currency, EximbayClient,
    Invalid, Lang, LookUp, LookUpError, LookUpErrorKind, Money, NextStep, PaymentRecord, RefundAccount,
    pg_core::BankScheme,
};
use serde_json::{Value, json};

/// Refunds one Eximbay payment, in full or in part. At most one request leaves.
///
/// Prints one JSON object. Exit code: 0 completed or accepted, 2 rejected, 3 not sent, 4 unknown (it may have
/// happened: look the payment up), 64 invalid arguments or settings.
#[derive(Parser)]
#[command(name = "cancel", after_help = SETTINGS)]
#[command(group(ArgGroup::new("how_much").required(true).args(["amount", "full"])))]
#[command(group(ArgGroup::new("account").multiple(true).args(["refund_bank", "refund_account", "refund_holder"])
    .requires_all(["refund_bank", "refund_account", "refund_holder"])))]
struct Arguments {
    /// Eximbay's number of the approval: 24 letters and digits
    #[arg(long)]
    transaction_id: String,
    /// The merchant's order number, at most 30 characters
    #[arg(long)]
    order_id: String,
    /// The payment's currency, such as USD or KRW
    #[arg(long)]
    currency: String,
    /// What was paid, exactly as it was written at payment time (1.00 is not 1)
    #[arg(long, allow_negative_numbers = true)]
    paid: String,
    /// What can still be refunded; looked up first unless given
    #[arg(long, allow_negative_numbers = true)]
    balance: Option<String>,
    /// How much to refund, such as 0.50
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<String>,
    /// Refund all that is left
    #[arg(long)]
    full: bool,
    /// The reason, at most 255 characters [default: cancel]
    #[arg(long)]
    reason: Option<String>,
    /// The language: KR EN CN JP RU TH TW VN
    #[arg(long, default_value = "EN")]
    lang: String,
    /// Repeat the attempt with this refund id. Give the same --balance as the first time: a fresh one could refund
    /// twice. A refusal of a repeat is unknown, as the first copy may be its cause
    #[arg(long, requires = "balance")]
    refund_id: Option<String>,
    /// Virtual accounts: the bank to refund to, by name or 3-digit code
    #[arg(long)]
    refund_bank: Option<String>,
    /// Virtual accounts: the account number, at most 15 digits
    #[arg(long)]
    refund_account: Option<String>,
    /// Virtual accounts: the account's holder, at most 20 characters
    #[arg(long)]
    refund_holder: Option<String>,
}

const SETTINGS: &str = "\
Environment:
  EXIMBAY_API_KEY                the key, test_... or live_... (required)
  EXIMBAY_MID                    the merchant id, 10 letters and digits (required)
  EXIMBAY_BASE_URL               another endpoint; by the key's prefix unless given
  EXIMBAY_ALLOW_CUSTOM_HOST      1 allows a base URL that is neither Eximbay's nor loopback
  EXIMBAY_TOTAL_TIMEOUT_SECONDS  1 to 600, 35 unless given
  EXIMBAY_CA_FILE                a PEM file of further certificate authorities";

/// Why there was no cancel to send, or how it ended.
enum Failure {
    Cancel(CancelError),
    /// The balance was to be read first and could not be: no cancel was sent.
    LookUp(LookUpError),
}

impl<E: Into<CancelError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Cancel(error.into())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let message = usage_message(&error);
            eprintln!("{message}");
            return print(
                "invalid",
                json!({
                    "message": message,
                    "next_step": NextStep::CorrectTheRequest.advice(),
                }),
            );
        }
    };
    let mut tag = arguments.refund_id.clone();
    match run(&arguments, &mut tag).await {
        Ok(done) => print(
            done.state().label(),
            json!({
                "state": done.state().label(),
                "cancelled": done.amount().to_decimal_text(),
                "currency": done.amount().currency().code(),
                "remaining": done.remaining().map(Money::to_decimal_text),
                "cancel_id": done.cancel_id(),
                "tag": tag,
                "code": done.answer().envelope.rescode,
                "message": done.answer().envelope.text().to_string(),
            }),
        ),
        Err(Failure::Cancel(error)) => print(
            error.label(),
            json!({
                "tag": tag,
                "code": error.code(),
                "message": match (&error, error.message()) {
                    (CancelError::Invalid(invalid), _) => named(invalid),
                    (_, Some(text)) if !text.is_empty() => text.to_string(),
                    _ => error.to_string(),
                },
                "next_step": error.next_step().advice(),
            }),
        ),
        Err(Failure::LookUp(error)) => {
            let (label, next_step) = match error.kind() {
                LookUpErrorKind::Invalid(_) => ("invalid", NextStep::CorrectTheRequest),
                // what an earlier copy did is not known then
                _ if arguments.refund_id.is_some() => ("unknown", NextStep::LookUpFirst),
                LookUpErrorKind::NotFound => ("rejected", NextStep::ReadTheRefusal),
                LookUpErrorKind::Credentials => ("not_sent", NextStep::CheckCredentials),
                LookUpErrorKind::Unavailable => ("not_sent", NextStep::SendTheSameAgain),
                _ => ("not_sent", NextStep::ReadTheRefusal),
            };
            let hint = std::error::Error::source(&error).map(|source| format!(": {source}"));
            print(
                label,
                json!({
                    "tag": tag,
                    "code": error.code(),
                    "message": format!("{error}{}", hint.unwrap_or_default()),
                    "next_step": next_step.advice(),
                }),
            )
        }
    }
}

/// Cancels; `tag` is what the attempt is known by, once it has one.
async fn run(arguments: &Arguments, tag: &mut Option<String>) -> Result<Cancelled, Failure> {
    let client = EximbayClient::new(Config::from_env()?)?;
    let currency: Currency = arguments
        .currency
        .parse()
        .map_err(|_| Invalid::new("currency", "must be an ISO 4217 code such as USD"))?;
    let lang: Lang = arguments.lang.parse()?;
    let paid = AmountText::parse(&arguments.paid, currency)?;
    let amount = arguments.amount.as_deref().map(|text| money("amount", text, currency)).transpose()?;
    let payment = match &arguments.balance {
        Some(balance) => {
            let balance = money("balance", balance, currency)?;
            PaymentRecord::new(&arguments.transaction_id, &arguments.order_id, paid, balance)?
        }
        None => {
            let look_up = LookUp::by_transaction(&arguments.transaction_id, paid)?
                .with_order_id(&arguments.order_id)?
                .with_lang(lang);
            client.look_up(&look_up).await.map_err(Failure::LookUp)?.payment()?
        }
    };
    let mut request = match amount {
        Some(amount) => CancelRequest::partial(&payment, amount)?,
        None => CancelRequest::full(&payment)?,
    }
    .with_lang(lang);
    if let Some(reason) = &arguments.reason {
        request = request.with_reason(reason)?;
    }
    if let Some(account) = account(arguments)? {
        request = request.with_refund_account(account)?;
    }
    if let Some(refund_id) = &arguments.refund_id {
        request = request.with_tag(refund_id.parse::<AttemptTag>()?).possibly_sent();
    }
    // what a repeat needs, before the first byte leaves
    let balance = payment.paid().in_style(payment.balance());
    *tag = Some(request.tag().to_string());
    eprintln!("to repeat this attempt: --refund-id {} --balance {balance}", request.tag());
    Ok(client.cancel(&request).await?)
}

fn money(field: &'static str, text: &str, currency: Currency) -> Result<Money, Invalid> {
    Money::parse(text, currency).map_err(|error| Invalid::new(field, error.to_string()))
}

fn account(arguments: &Arguments) -> Result<Option<RefundAccount>, Invalid> {
    let (Some(bank), Some(number), Some(holder)) =
        (&arguments.refund_bank, &arguments.refund_account, &arguments.refund_holder)
    else {
        return Ok(None);
    };
    let bank = match Bank::from_code(BankScheme::Eximbay, bank) {
        Bank::Other(name) => Bank::find(&name)
            .ok_or_else(|| Invalid::new("refund_account.bank", "must be the name or code of a bank"))?,
        known => known,
    };
    RefundAccount::new(bank, number, holder).map(Some)
}

/// The refusal of a value, under the argument's or the variable's own name.
fn named(invalid: &Invalid) -> String {
    let argument = match invalid.field() {
        "transaction_id" => "--transaction-id",
        "order_id" => "--order-id",
        "currency" => "--currency",
        "amount_text" => "--paid",
        "balance" => "--balance",
        "amount" => "--amount",
        "reason" => "--reason",
        "lang" => "--lang",
        "tag" => "--refund-id",
        "refund_account.bank" => "--refund-bank",
        "refund_account.number" => "--refund-account",
        "refund_account.holder" => "--refund-holder",
        other => other,
    };
    format!("{argument}: {}", invalid.reason())
}

fn print(outcome: &str, told: Value) -> ExitCode {
    let mut result = json!({
        "gateway": "eximbay", "outcome": outcome, "state": null, "cancelled": null, "currency": null,
        "remaining": null, "cancel_id": null, "tag": null, "code": null, "message": null, "next_step": null,
    });
    if let (Some(result), Value::Object(told)) = (result.as_object_mut(), told) {
        result.extend(told);
    }
    println!("{result}");
    ExitCode::from(match outcome {
        "completed" | "accepted" => 0,
        "rejected" => 2,
        "not_sent" => 3,
        "unknown" => 4,
        _ => 64,
    })
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
