//! Looks one payment up and prints what the gateway's ledger says as one JSON object.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

use std::process::ExitCode;

use chaiport_cancel::{
    ChaiportClient, Config, FindOptions, ImpUid, Invalid, LookUpError, LookUpErrorKind, LookUpOptions,
    MerchantUid, Payment,
};
use clap::Parser;
use serde_json::{Value, json};

const ENVIRONMENT: &str = "\
Environment:
  CHAIPORT_API_KEY, CHAIPORT_API_SECRET   REST API key and secret (required)
  CHAIPORT_BASE_URL                       another host, e.g. a simulator on http://127.0.0.1:8080
  CHAIPORT_ALLOW_CUSTOM_HOST=1            allow a host that is neither Chaiport's nor loopback
  CHAIPORT_AUTHORIZATION=raw|bearer       how the token is sent (raw)
  CHAIPORT_TIER                           tier code of a sub-merchant
  CHAIPORT_INCLUDE_SANDBOX=1              as --include-sandbox
  CHAIPORT_TOTAL_TIMEOUT_SECONDS          1 to 600 (65)
  CHAIPORT_CA_FILE                        PEM file with further certificate authorities

Exit code: 0 found, 5 not found, 3 unavailable, 4 other, 64 invalid";

/// Look a payment up at Chaiport
#[derive(Parser)]
#[command(name = "look_up", after_help = ENVIRONMENT)]
struct Arguments {
    /// Chaiport's number of the payment
    #[arg(long, value_name = "IMP_UID", conflicts_with = "merchant_uid")]
    imp_uid: Option<String>,
    /// The merchant's order number: the first payment that has it
    #[arg(long, value_name = "ORDER")]
    merchant_uid: Option<String>,
    /// Find payments of a test channel too (with --imp-uid)
    #[arg(long)]
    include_sandbox: bool,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            println!("{}", error.to_string().trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("{error}");
            let text = error.to_string();
            let cause = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error:");
            let message = cause.split_whitespace().collect::<Vec<_>>().join(" ");
            return finish(64, result(json!({ "message": message })));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(_) => return finish(4, result(json!({ "message": "no runtime" }))),
    };
    let (code, value) = match runtime.block_on(look_up(&arguments)) {
        Ok(payment) => (0, result(found(&payment))),
        Err(error) => failed(&error),
    };
    finish(code, value)
}

async fn look_up(arguments: &Arguments) -> Result<Payment, LookUpError> {
    let imp_uid: Option<ImpUid> = arguments
        .imp_uid
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: Invalid| Invalid::new("--imp-uid", error.reason().to_owned()))?;
    let merchant_uid: Option<MerchantUid> = arguments
        .merchant_uid
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: Invalid| Invalid::new("--merchant-uid", error.reason().to_owned()))?;
    let client = ChaiportClient::new(Config::from_env()?)?;
    match (imp_uid, merchant_uid) {
        (Some(imp_uid), _) if arguments.include_sandbox => {
            client.look_up_with(&imp_uid, LookUpOptions::new().include_sandbox(true)).await
        }
        (Some(imp_uid), _) => client.look_up(&imp_uid).await,
        (None, Some(merchant_uid)) => client.find(&merchant_uid, FindOptions::new()).await,
        (None, None) => Err(Invalid::new("--imp-uid", "must be given, or --merchant-uid").into()),
    }
}

fn found(payment: &Payment) -> Value {
    let history: Vec<Value> = payment
        .history()
        .iter()
        .map(|entry| {
            json!({
                "amount": entry.amount.to_decimal_text(),
                "at": entry.cancelled_at.map(|at| at.unix_timestamp()),
                "cancel_id": entry.cancellation_id,
            })
        })
        .collect();
    json!({
        "paid": payment.paid().to_decimal_text(),
        "cancelled": payment.cancelled().to_decimal_text(),
        "balance": payment.balance().to_decimal_text(),
        "currency": payment.paid().currency().code(),
        "status": payment.status().as_str(),
        "history": history,
    })
}

fn failed(error: &LookUpError) -> (u8, Value) {
    let code = match error.kind() {
        LookUpErrorKind::NotFound => 5,
        LookUpErrorKind::Unavailable => 3,
        LookUpErrorKind::Invalid(_) => 64,
        _ => 4,
    };
    let message = error.message().map_or_else(|| error.to_string(), ToString::to_string);
    (code, result(json!({ "code": error.code(), "message": message })))
}

/// The result object: every key there, null where nothing is known.
fn result(more: Value) -> Value {
    let mut value = json!({
        "gateway": "chaiport", "paid": null, "cancelled": null, "balance": null, "currency": null,
        "status": null, "history": null,
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
