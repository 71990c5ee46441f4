//! Looks one payment up: settings from the environment, the payment from arguments, what the ledger says as
//! JSON on stdout.
//!
//! Exit code: 0 found, 5 not found, 3 unavailable, 4 other, 64 invalid.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks")]

use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};
use settlebank_cancel::{
    Config, Currency, Invalid, LookUpError, LookUpErrorKind, LookedUp, Method, Money, PaymentRecord,
    SettlebankClient,
};
use time::Date;
use time::macros::format_description;

const ENVIRONMENT: &str = "\
Environment:
  SETTLEBANK_FORM                   standard or flat (required; the inquiry is the same in both)
  SETTLEBANK_MID                    merchant id, mchtId (required)
  SETTLEBANK_LICENCE_KEY            licence key, for hashes (required)
  SETTLEBANK_AES_KEY                AES key, exactly 32 characters (required for standard)
  SETTLEBANK_ENV                    production or sandbox (required without a base url)
  SETTLEBANK_BASE_URL               another address, such as http://127.0.0.1:8080
  SETTLEBANK_ALLOW_CUSTOM_HOST      1 to allow a base url off loopback
  SETTLEBANK_TOTAL_TIMEOUT_SECONDS  1 to 600, default 35
  SETTLEBANK_CA_FILE                PEM file of further certificate authorities

Exit code: 0 found, 5 not found, 3 unavailable, 4 other, 64 invalid.";

/// Looks up a payment at Settlebank (Hecto Financial): what was paid and what has been cancelled. Moves
/// nothing.
#[derive(Parser)]
#[command(name = "look_up", after_help = ENVIRONMENT)]
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
    #[arg(long)]
    paid: String,
    /// KRW, or USD for cards.
    #[arg(long, default_value = "KRW")]
    currency: String,
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
            eprint!("{error}");
            return nothing(64);
        }
    };
    let (client, payment) = match prepare(&args) {
        Ok(prepared) => prepared,
        Err(error) => return invalid(&error),
    };
    match client.look_up(&payment).await {
        Ok(looked_up) => {
            println!("{}", found(&looked_up));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn prepare(args: &Args) -> Result<(SettlebankClient, PaymentRecord), Invalid> {
    let client = SettlebankClient::new(Config::from_env()?)?;
    let currency: Currency = args
        .currency
        .parse()
        .map_err(|_| Invalid::new("currency", "must be an ISO 4217 code such as KRW"))?;
    let paid = Money::parse(&args.paid, currency).map_err(|error| Invalid::new("paid", error.to_string()))?;
    let paid_on = Date::parse(&args.org_date, format_description!("[year][month][day]"))
        .map_err(|_| Invalid::new("paid_on", "must be a day as YYYYMMDD"))?;
    let payment = PaymentRecord::new(&args.org_trd_no, &args.org_order_no, paid_on, paid)?
        .with_method(args.method.parse::<Method>()?);
    Ok((client, payment))
}

fn found(looked_up: &LookedUp) -> Value {
    json!({
        "gateway": "settlebank",
        "paid": looked_up.paid().to_decimal_text(),
        "cancelled": looked_up.cancelled().to_decimal_text(),
        "balance": looked_up.balance().to_decimal_text(),
        "currency": looked_up.paid().currency().code(),
        "status": looked_up.status().as_str(),
        "history": null,
    })
}

fn failed(error: &LookUpError) -> ExitCode {
    match error.kind() {
        LookUpErrorKind::Invalid(error) => return invalid(error),
        _ => eprintln!("{error}{}", error.code().map(|code| format!(" (code {code})")).unwrap_or_default()),
    }
    nothing(match error.kind() {
        LookUpErrorKind::NotFound => 5,
        LookUpErrorKind::Unavailable => 3,
        _ => 4,
    })
}

fn invalid(error: &Invalid) -> ExitCode {
    let argument = match error.field() {
        "trade_no" => "--org-trd-no",
        "order_no" => "--org-order-no",
        "paid_on" => "--org-date",
        "method" => "--method",
        "paid" => "--paid",
        "currency" => "--currency",
        other => other,
    };
    eprintln!("{argument}: {}", error.reason());
    nothing(64)
}

fn nothing(code: u8) -> ExitCode {
    let line = json!({
        "gateway": "settlebank", "paid": null, "cancelled": null, "balance": null, "currency": null, "status": null,
        "history": null,
    });
    println!("{line}");
    ExitCode::from(code)
}
