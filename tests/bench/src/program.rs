//! The command line that both programs share.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use pg_core::ConnectionReuse;
use tokio::net::TcpListener;

use crate::clients;
use crate::connections::{self, Connect, Over, Sessions};
use crate::kind::{ClientKind, GatewayKind};
use crate::measure::{Meter, Plan};
use crate::mock::{Manner, Mock};
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
        /// Close connections that lie idle for so long
        #[arg(long, value_name = "MS")]
        idle: Option<u64>,
        /// Speak TLS; the authority to trust is written to --authority
        #[arg(long, requires = "authority")]
        tls: Option<Sessions>,
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
        /// Never sleep while a connection is open: whoever sends then pays for no waking
        #[arg(long)]
        awake: bool,
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
    /// Send Chaiport's cancels over connections that are kept or not, and print as JSON what they took
    Connections {
        over: Over,
        #[command(flatten)]
        connect: Connecting,
        #[arg(long, default_value_t = 8_000)]
        requests: u64,
        #[arg(long, default_value_t = 16)]
        concurrency: u64,
        #[arg(long, default_value_t = 20)]
        warm_up: u64,
    },
    /// Send Chaiport's cancels just when the mock closes the connection, and print as JSON what they ended as
    Race {
        over: Over,
        #[command(flatten)]
        connect: Connecting,
        #[arg(long, default_value_t = 2_000)]
        trials: u64,
        /// After how long the mock closes
        #[arg(long, value_name = "MS")]
        idle: u64,
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

/// Where to, and how.
#[derive(clap::Args)]
struct Connecting {
    #[arg(long)]
    port: u16,
    /// Over TLS, with this authority's certificate
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// A connection of its own for every request
    #[arg(long)]
    never_kept: bool,
}

impl Connecting {
    fn read(&self) -> Result<Connect, String> {
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
        };
        let reuse = if self.never_kept { ConnectionReuse::Never } else { ConnectionReuse::WhileFresh };
        Ok(Connect { trust: self.trust.as_ref().map(read).transpose()?, reuse })
    }
}

/// Runs the program. `meter` counts allocations, where this program's allocator does.
#[must_use]
pub fn main(meter: Option<Meter>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = match Arguments::parse().part {
        Part::Mock { delay, idle, tls, authority, awake } => runtime.block_on(async {
            let tls = tls.map(|sessions| speak_tls(sessions, authority.as_deref())).transpose()?;
            let wait = |ms: u64| (ms > 0).then(|| Duration::from_millis(ms));
            serve(Manner { delay: wait(delay), idle: idle.and_then(wait), tls, awake }).await
        }),
        Part::Client { client, gateway, port, requests, concurrency, warm_up } => {
            let plan = Plan { requests, concurrency, warm_up };
            let measured = runtime.block_on(clients::measure(client, gateway, port, plan, meter));
            measured.map(|measured| print(&measured))
        }
        Part::Connections { over, connect, requests, concurrency, warm_up } => runtime.block_on(async {
            let plan = Plan { requests, concurrency, warm_up };
            connections::measure(over, connect.port, connect.read()?, plan).await.map(|ended| print(&ended))
        }),
        Part::Race { over, connect, trials, idle } => runtime.block_on(async {
            let idle = Duration::from_millis(idle);
            connections::race(over, connect.port, connect.read()?, trials, idle)
                .await
                .map(|ended| print(&ended))
        }),
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

fn print(measured: &impl serde::Serialize) {
    println!("{}", serde_json::to_string(measured).expect("plain numbers"));
}

fn speak_tls(sessions: Sessions, authority: Option<&Path>) -> Result<tokio_rustls::TlsAcceptor, String> {
    let (acceptor, pem) = connections::tls(sessions).map_err(|error| error.to_string())?;
    if let Some(file) = authority {
        std::fs::write(file, pem).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(acceptor)
}

async fn serve(manner: Manner) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?.port());
    // the one who started it holds the other end
    std::thread::spawn(|| {
        let _ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    Mock::new(manner).serve(listener).await.map_err(|error| error.to_string())
}
