//! Starts the simulated gateways, seeds a few payments, and prints how to use them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks on its streams")]

use std::process::ExitCode;

use clap::Parser;
use pg_cancel_sandbox::{Gateway, NewPayment, Options, Sandbox, credentials};

/// Three Korean payment gateways (Chaiport, Eximbay, Settlebank), simulated on loopback ports.
///
/// A simulator, written from the gateways' documents: no money moves, nothing leaves this machine. It seeds a
/// few payments, prints the `export` lines that the examples of the SDK crates read, and an example command
/// for each payment. Books, faults and the clock are at the admin address (see docs/sandbox.md).
#[derive(Debug, Parser)]
#[command(
    name = "pg-cancel-sandbox",
    version,
    after_help = "Example: pg-cancel-sandbox --port 9100\n\
    then: curl http://127.0.0.1:9103/payments\n\
    and:  curl -X POST http://127.0.0.1:9103/faults -d '{\"gateway\":\"chaiport\",\"operation\":\"cancel\",\"kind\":\"close_without_answer\"}'"
)]
struct Arguments {
    /// First of four ports: Chaiport, Eximbay, Settlebank, admin. Default: free ports.
    #[arg(long)]
    port: Option<u16>,
    /// Seed of everything the simulator makes up.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Speak TLS with a test authority; its certificate is written to a file that the export lines name.
    #[arg(long)]
    tls: bool,
    /// Print the export lines only.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> std::io::Result<()> {
    let mut options = Options::default().seed(arguments.seed).tls(arguments.tls);
    if let Some(first) = arguments.port {
        let too_high =
            || std::io::Error::other(format!("--port {first}: four ports are needed, so at most 65532"));
        let port = |step: u16| first.checked_add(step).ok_or_else(too_high);
        options = options.ports([first, port(1)?, port(2)?, port(3)?]);
    }
    let sandbox = Sandbox::start(options).await.map_err(|error| match (error.kind(), arguments.port) {
        (std::io::ErrorKind::AddrInUse, Some(first)) => std::io::Error::other(format!(
            "--port {first}: it or one of the three above it is in use; choose another, or leave --port out"
        )),
        _ => error,
    })?;
    exports(&sandbox);
    if let Some(pem) = sandbox.ca_pem() {
        let file = std::env::temp_dir().join(format!("pg-cancel-sandbox-ca-{}.pem", std::process::id()));
        std::fs::write(&file, pem)?;
        for gateway in ["CHAIPORT", "EXIMBAY", "SETTLEBANK"] {
            println!("export {gateway}_CA_FILE={}", file.display());
        }
    }
    let seeded = seed(&sandbox);
    if !arguments.quiet {
        println!("\n# seeded payments, each with a command to try");
        for line in seeded {
            println!("{line}");
        }
        println!("\n# admin: {}   (simulator, seed {})   Ctrl-C stops", sandbox.admin_url(), sandbox.seed());
    }
    tokio::signal::ctrl_c().await?;
    sandbox.shutdown().await;
    Ok(())
}

fn exports(sandbox: &Sandbox) {
    let lines = [
        ("CHAIPORT_BASE_URL", sandbox.url(Gateway::Chaiport)),
        ("CHAIPORT_API_KEY", credentials::CHAIPORT_KEY.to_owned()),
        ("CHAIPORT_API_SECRET", credentials::CHAIPORT_SECRET.to_owned()),
        ("EXIMBAY_BASE_URL", sandbox.url(Gateway::Eximbay)),
        ("EXIMBAY_API_KEY", credentials::EXIMBAY_KEY.to_owned()),
        ("EXIMBAY_MID", credentials::EXIMBAY_MID.to_owned()),
        ("SETTLEBANK_BASE_URL", sandbox.url(Gateway::Settlebank)),
        ("SETTLEBANK_MID", credentials::SETTLEBANK_MID.to_owned()),
        ("SETTLEBANK_LICENCE_KEY", credentials::SETTLEBANK_LICENCE_KEY.to_owned()),
        ("SETTLEBANK_AES_KEY", credentials::SETTLEBANK_AES_KEY.to_owned()),
        ("SETTLEBANK_FORM", "standard".to_owned()),
        ("PG_SANDBOX_ADMIN_URL", sandbox.admin_url()),
    ];
    for (name, value) in lines {
        println!("export {name}={value}");
    }
}

/// The one place that knows the examples' flags.
fn seed(sandbox: &Sandbox) -> Vec<String> {
    let mut lines = Vec::new();
    let mut chaiport = |payment: NewPayment, amount: i64, balance: i64, more: &str| {
        let id = sandbox.pay(payment);
        lines.push(format!(
            "cargo run -p chaiport-cancel --example cancel -- --imp-uid {id} --amount {amount} --balance {balance}{more}"
        ));
    };
    chaiport(NewPayment::chaiport("ORD-1001", 10_000), 1_000, 10_000, "");
    chaiport(NewPayment::chaiport("ORD-1002", 25_000), 25_000, 25_000, "");
    let account = " --pg-provider html5_inicis --pay-method vbank --refund-bank 088 --refund-holder 홍길동 --refund-account 00011122233";
    chaiport(NewPayment::chaiport("ORD-1003", 30_000).vbank(), 30_000, 30_000, account);
    for (order, currency, amount, part) in
        [("ORD-2001", "USD", "10.00", "2.50"), ("ORD-2002", "KRW", "50000", "50000")]
    {
        let id = sandbox.pay(NewPayment::eximbay(order, currency, amount));
        lines.push(format!(
            "cargo run -p eximbay-cancel --example cancel -- --transaction-id {id} --order-id {order} --currency {currency} --paid {amount} --balance {amount} --amount {part}"
        ));
    }
    for (order, amount, part) in [("ORD-3001", 10_000, 500), ("ORD-3002", 20_000, 20_000)] {
        let id = sandbox.pay(NewPayment::settlebank(order, amount));
        let date =
            sandbox.payment(Gateway::Settlebank, &id).map(|ledger| ledger.trade_date).unwrap_or_default();
        lines.push(format!(
            "cargo run -p settlebank-cancel --example cancel -- --org-trd-no {id} --org-order-no {order} --org-date {date} --method CA --paid {amount} --amount {part}"
        ));
    }
    lines
}
