//! Cancels one payment: settings from the environment, the payment from arguments, the outcome as JSON on
//! stdout.
//!
//! Exit code: 0 completed or accepted, 2 rejected, 3 not sent, 4 unknown, 64 invalid.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks")]

use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use serde_json::{Value, json};
use settlebank_cancel::{
    AttemptTag, Bank, BankScheme, CancelError, CancelRequest, Cancelled, Config, Currency, Form, Invalid,
    Method, Money, NextStep, PaymentRecord, RefundAccount, SettlebankClient,
};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

const ENVIRONMENT: &str = "\
Environment:
  SETTLEBANK_FORM                   standard or flat (required)
  SETTLEBANK_MID                    merchant id, mchtId (required)
  SETTLEBANK_LICENCE_KEY            licence key, for hashes (required)
  SETTLEBANK_AES_KEY                AES key, exactly 32 characters (required for standard)
  SETTLEBANK_ENV                    production or sandbox (required without a base url)
  SETTLEBANK_BASE_URL               another address, such as http://127.0.0.1:8080
  SETTLEBANK_ALLOW_CUSTOM_HOST      1 to allow a base url off loopback
  SETTLEBANK_TOTAL_TIMEOUT_SECONDS  1 to 600, default 35
  SETTLEBANK_CA_FILE                PEM file of further certificate authorities
  SETTLEBANK_FLAT_EQUAL_AMOUNTS     send or refuse; of no effect here, see --same-amount-again

Exit code: 0 completed or accepted, 2 rejected, 3 not sent, 4 unknown, 64 invalid.";

/// Cancels a payment at Settlebank (Hecto Financial), in full or in part.
#[derive(Parser)]
#[command(name = "cancel", after_help = ENVIRONMENT)]
#[command(group(ArgGroup::new("how_much").required(true).args(["amount", "full"])))]
struct Args {
    /// Hecto's number of the payment (orgTrdNo).
    #[arg(long)]
    org_trd_no: String,
    /// The merchant's order number of the payment.
    #[arg(long)]
    org_order_no: String,
    /// Day of the payment in Korea, YYYYMMDD.
    #[arg(long)]
    org_date: String,
    /// Payment method: CA RA VA VA010 MP PZ KP NP PC TS TC HM CG SG BG TM CP.
    #[arg(long)]
    method: String,
    /// What was paid, such as 10000 or 1.50.
    #[arg(long, allow_negative_numbers = true)]
    paid: String,
    /// What can still be cancelled; all that was paid unless given.
    #[arg(long, allow_negative_numbers = true)]
    balance: Option<String>,
    /// What to cancel.
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<String>,
    /// Cancel all that is left.
    #[arg(long)]
    full: bool,
    /// Which cancel of this payment it is (cnclOrd): 1 for the first, 2 for the second (then give --balance too).
    #[arg(long, default_value = "1")]
    cancel_order: String,
    /// KRW, or USD for cards.
    #[arg(long, default_value = "KRW")]
    currency: String,
    /// Reason (cnclRsn), at most 255 bytes; standard form only.
    #[arg(long)]
    reason: Option<String>,
    /// The attempt's tag (mchtTrdNo), random unless given. To repeat an attempt give its tag, --at, --balance and
    /// --cancel-order again; a refusal is then unknown.
    #[arg(long)]
    tag: Option<String>,
    /// Time of the attempt in Unix seconds, now unless given; standard form only. To repeat an attempt give its
    /// tag, --at, --balance and --cancel-order again; a refusal is then unknown.
    #[arg(long)]
    at: Option<String>,
    /// With --tag: no copy of this attempt was ever sent.
    #[arg(long, requires = "tag")]
    first_send: bool,
    /// Send an amount that may have been cancelled before (flat form).
    #[arg(long)]
    same_amount_again: bool,
    /// Bank to refund into: Hecto's code (088) or a name (신한은행).
    #[arg(long, requires_all = ["refund_account", "refund_holder"])]
    refund_bank: Option<String>,
    /// Account number to refund into, at most 16 digits.
    #[arg(long, requires = "refund_bank")]
    refund_account: Option<String>,
    /// Holder of the account to refund into, at most 50 bytes.
    #[arg(long, requires = "refund_bank")]
    refund_holder: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if !error.use_stderr() => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let message = usage_message(&error);
            eprintln!("{message}");
            return report_invalid(&message, None);
        }
    };
    let (client, request) = match prepare(&args) {
        Ok(prepared) => prepared,
        Err(error) => {
            let message = format!("{}: {}", argument(error.field()), error.reason());
            return report_invalid(&message, args.tag.as_deref());
        }
    };
    // what a repeat needs, before the first byte leaves
    let at = match &request {
        CancelRequest::Standard(request) => format!(" --at {}", request.at().unix_timestamp()),
        CancelRequest::Flat(_) => String::new(),
    };
    eprintln!(
        "to repeat this attempt: --tag {}{at} --balance {} --cancel-order {} --amount {}",
        request.tag(),
        request.balance_before().to_decimal_text(),
        args.cancel_order,
        request.amount().to_decimal_text(),
    );
    report(client.cancel(&request).await, request.tag())
}

fn prepare(args: &Args) -> Result<(SettlebankClient, CancelRequest), Invalid> {
    let client = SettlebankClient::new(Config::from_env()?)?;
    let currency: Currency = args
        .currency
        .parse()
        .map_err(|_| Invalid::new("currency", "must be an ISO 4217 code such as KRW"))?;
    let money = |field, text: &str| {
        Money::parse(text, currency).map_err(|error| Invalid::new(field, error.to_string()))
    };
    let paid_on = Date::parse(&args.org_date, format_description!("[year][month][day]"))
        .map_err(|_| Invalid::new("paid_on", "must be a day as YYYYMMDD"))?;
    let paid = money("paid", &args.paid)?;
    let balance = args.balance.as_deref().map_or(Ok(paid), |text| money("balance", text))?;
    let number: u16 = args
        .cancel_order
        .parse()
        .ok()
        .filter(|number| (1..=999).contains(number))
        .ok_or_else(|| Invalid::new("sequence", "must be from 1 to 999"))?;
    let payment = PaymentRecord::new(&args.org_trd_no, &args.org_order_no, paid_on, paid)?
        .with_method(args.method.parse::<Method>()?)
        .with_balance(balance, number.saturating_sub(1))?;
    let mut draft = match &args.amount {
        Some(amount) => CancelRequest::partial(&payment, money("amount", amount)?),
        None => CancelRequest::full(&payment),
    };
    if let Some(tag) = &args.tag {
        draft = draft.with_tag(tag.parse::<AttemptTag>()?);
    }
    // an earlier run may have sent what has a tag already
    if args.tag.is_some() && !args.first_send {
        draft = draft.possibly_sent();
    }
    if let Some(at) = &args.at {
        let at = at.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        draft = draft.at(at.ok_or_else(|| Invalid::new("at", "must be Unix seconds"))?);
    }
    if let Some(reason) = &args.reason {
        draft = draft.reason(reason);
    }
    if args.same_amount_again {
        draft = draft.same_amount_again();
    }
    if let Some(account) = refund_account(args)? {
        draft = draft.refund_account(account);
    }
    let request = match client.form() {
        Form::Standard => draft.standard(),
        Form::Flat => draft.flat(),
    }?;
    Ok((client, request))
}

fn refund_account(args: &Args) -> Result<Option<RefundAccount>, Invalid> {
    let (Some(bank), Some(number), Some(holder)) =
        (&args.refund_bank, &args.refund_account, &args.refund_holder)
    else {
        return Ok(None);
    };
    let bank = match Bank::from_code(BankScheme::Hecto, bank) {
        Bank::Other(text) => Bank::find(&text)
            .ok_or_else(|| Invalid::new("refund_account.bank", "must be a bank's code or name"))?,
        bank => bank,
    };
    RefundAccount::new(bank, number, holder).map(Some)
}

fn report(outcome: Result<Cancelled, CancelError>, tag: &AttemptTag) -> ExitCode {
    let (line, code) = match &outcome {
        Ok(cancelled) => {
            let line = json!({
                "gateway": "settlebank",
                "outcome": cancelled.state().label(),
                "state": cancelled.state().label(),
                "cancelled": cancelled.amount().to_decimal_text(),
                "currency": cancelled.amount().currency().code(),
                "remaining": cancelled.remaining().map(Money::to_decimal_text),
                "cancel_id": cancelled.cancel_id(),
                "tag": tag.as_str(),
                "code": null,
                "message": null,
                "next_step": null,
            });
            (line, 0)
        }
        Err(error) => {
            let message = error.message().map(ToString::to_string).filter(|text| !text.is_empty());
            let message = message.unwrap_or_else(|| error.to_string());
            let line = failure(error.label(), error.code(), &message, error.next_step(), Some(tag.as_str()));
            let code = match error {
                CancelError::Rejected(_) => 2,
                CancelError::NotSent(_) => 3,
                CancelError::Unknown(_) => 4,
                CancelError::Invalid(_) => 64,
            };
            (line, code)
        }
    };
    println!("{line}");
    ExitCode::from(code)
}

fn report_invalid(message: &str, tag: Option<&str>) -> ExitCode {
    println!("{}", failure("invalid", None, message, NextStep::CorrectTheRequest, tag));
    ExitCode::from(64)
}

fn failure(
    outcome: &str,
    code: Option<&str>,
    message: &str,
    next_step: NextStep,
    tag: Option<&str>,
) -> Value {
    json!({
        "gateway": "settlebank",
        "outcome": outcome,
        "state": null,
        "cancelled": null,
        "currency": null,
        "remaining": null,
        "cancel_id": null,
        "tag": tag,
        "code": code,
        "message": message,
        "next_step": next_step.advice(),
    })
}

/// The argument that sets a field.
fn argument(field: &str) -> &str {
    match field {
        "trade_no" => "--org-trd-no",
        "order_no" => "--org-order-no",
        "paid_on" => "--org-date",
        "method" => "--method",
        "paid" => "--paid",
        "balance" => "--balance",
        "amount" => "--amount",
        "sequence" => "--cancel-order",
        "currency" => "--currency",
        "reason" => "--reason",
        "tag" => "--tag",
        "at" => "--at",
        "same_amount_again" => "--same-amount-again",
        "refund_account" => "--refund-account",
        "refund_account.bank" => "--refund-bank",
        "refund_account.number" => "--refund-account",
        "refund_account.holder" => "--refund-holder",
        other => other,
    }
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
