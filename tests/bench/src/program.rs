//! The command line that both programs share.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;

use crate::clients;
use crate::kind::{ClientKind, GatewayKind};
use crate::measure::{Meter, Plan};
use crate::mock::Mock;
use crate::pieces;

#[derive(Parser)]
#[command(about = "One part of the benchmark; `cargo xtask bench` runs and compares them all")]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Serve as the gateway on a free port, which is printed, until standard input ends
    Mock {
        /// Wait before every answer
        #[arg(long, value_name = "MS", default_value_t = 0)]
        delay: u64,
    },
    /// Send cancels, and print as JSON what they took
    Client {
        client: ClientKind,
        #[arg(long, value_enum, default_value = "chaiport")]
        gateway: GatewayKind,
        #[arg(long)]
        port: u16,
        /// How many count
        #[arg(long, default_value_t = 20_000)]
        requests: u64,
        /// How many at once
        #[arg(long, default_value_t = 16)]
        concurrency: u64,
        /// How many each caller sends before that
        #[arg(long, default_value_t = 200)]
        warm_up: u64,
    },
    /// Time the pure parts alone, one JSON object a line
    Pieces {
        /// Only those whose name holds this
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
    /// Run one pure part so many times, for counting instructions
    PiecesOnce { name: String, times: u64 },
}

/// Runs the program. `meter` counts allocations, where this program's allocator does.
#[must_use]
pub fn main(meter: Option<Meter>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = match Arguments::parse().part {
        Part::Mock { delay } => runtime.block_on(serve(delay)),
        Part::Client { client, gateway, port, requests, concurrency, warm_up } => {
            let plan = Plan { requests, concurrency, warm_up };
            let measured = runtime.block_on(clients::measure(client, gateway, port, plan, meter));
            measured.map(|measured| println!("{}", serde_json::to_string(&measured).expect("plain numbers")))
        }
        Part::Pieces { only } => pieces::time_all(only.as_deref(), meter),
        Part::PiecesOnce { name, times } => pieces::once(&name, times),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(delay: u64) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?.port());
    // the one who started it holds the other end
    std::thread::spawn(|| {
        let _ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let delay = (delay > 0).then(|| Duration::from_millis(delay));
    Mock::new(delay).serve(listener).await.map_err(|error| error.to_string())
}
