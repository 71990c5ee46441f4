//! Looks one payment up at Eximbay and prints what its ledger says as one JSON object.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

use std::error::Error as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use eximbay_cancel::{
    AmountText, Config, Currency, EximbayClient, Invalid, LookUp, LookUpError, LookUpErrorKind, Retrieved,
};
use serde_json::json;

/// Reads one Eximbay payment: paid, cancelled, balance. Moves nothing.
///
/// Prints one JSON object. Exit code: 0 found, 5 not found, 3 no answer, 4 anything else, 64 invalid arguments or
/// settings.
#[derive(Parser)]
#[command(name = "look_up", after_help = SETTINGS)]
struct Arguments {
    /// Eximbay's number of the approval: 24 letters and digits
    #[arg(long)]
    transaction_id: String,
    /// The payment's currency, such as USD or KRW
    #[arg(long)]
    currency: String,
    /// What was paid, exactly as it was written at payment time (1.00 is not 1)
    #[arg(long)]
    paid: String,
}

const SETTINGS: &str = "\
Environment:
  EXIMBAY_API_KEY                the key, test_... or live_... (required)
  EXIMBAY_MID                    the merchant id, 10 letters and digits (required)
  EXIMBAY_BASE_URL               another endpoint; by the key's prefix unless given
  EXIMBAY_ALLOW_CUSTOM_HOST      1 allows a base URL that is neither Eximbay's nor loopback
  EXIMBAY_TOTAL_TIMEOUT_SECONDS  1 to 600, 35 unless given
  EXIMBAY_CA_FILE                a PEM file of further certificate authorities";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("{error}");
            return ExitCode::from(64);
        }
    };
    match run(&arguments).await {
        Ok(found) => {
            let state = found.state();
            println!(
                "{}",
                json!({
                    "gateway": "eximbay",
                    "paid": state.paid.to_decimal_text(),
                    "cancelled": state.cancelled.to_decimal_text(),
                    "balance": state.balance.to_decimal_text(),
                    "currency": state.paid.currency().code(),
                    "status": state.status,
                    "history": null, // Eximbay tells the balance alone
                })
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            match error.kind() {
                LookUpErrorKind::Invalid(invalid) => eprintln!("{}", named(invalid)),
                _ => eprintln!("{}", explained(&error)),
            }
            ExitCode::from(match error.kind() {
                LookUpErrorKind::Invalid(_) => 64,
                LookUpErrorKind::NotFound => 5,
                LookUpErrorKind::Unavailable => 3,
                _ => 4,
            })
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Retrieved, LookUpError> {
    let client = EximbayClient::new(Config::from_env()?)?;
    let currency: Currency = arguments
        .currency
        .parse()
        .map_err(|_| Invalid::new("currency", "must be an ISO 4217 code such as USD"))?;
    let paid = AmountText::parse(&arguments.paid, currency)?;
    client.look_up(&LookUp::by_transaction(&arguments.transaction_id, paid)?).await
}

/// The refusal of a value, under the argument's or the variable's own name.
fn named(invalid: &Invalid) -> String {
    let argument = match invalid.field() {
        "transaction_id" => "--transaction-id",
        "currency" => "--currency",
        "amount_text" => "--paid",
        other => other,
    };
    format!("{argument}: {}", invalid.reason())
}

fn explained(error: &LookUpError) -> String {
    let mut text = error.to_string();
    if let Some(code) = error.code() {
        text.push_str(&format!(" (code {code})"));
    }
    if let Some(source) = error.source() {
        text.push_str(&format!(": {source}"));
    }
    text
}
