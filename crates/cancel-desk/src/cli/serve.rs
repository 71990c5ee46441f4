//! `serve` and `worker`: the desk as a service.

use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{ClientConfig, Config};
use crate::desk::{Desk, Workers};
use crate::http::{self, HttpOptions};

use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::text;

#[derive(Debug, Args)]
#[command(after_help = "\
Recovers when it starts: what was under way is looked up before anything else. SIGTERM or Ctrl-C stops it after the
work at hand; once more stops at once, which is safe: the journal carries on with the next start.")]
pub(crate) struct WorkerArgs {
    /// How many refunds are worked on at the same time, instead of worker.count
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
}

/// Longest that a stop takes after the grace: what hangs then is left to the next start.
pub(super) const LAST: Duration = Duration::from_secs(2);

pub(super) async fn worker(shell: &Shell, args: &WorkerArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::new()?;
    let (config, desk) = shell.desk().await?;
    let workers = start(shell, args, &config, &desk).await?;
    let place = config.journal_place();
    shell.remark(&text::WORKING.fill(shell.lang(), &[&workers.count(), &place]));
    signals.next().await;
    stopping(shell, &config);
    tokio::select! {
        dropped = workers.stop(config.http().grace) => stopped(shell, dropped),
        () = signals.next() => {}
    }
    Ok(Exit::Done)
}

pub(super) async fn serve(shell: &Shell, args: &WorkerArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::new()?;
    let (config, desk) = shell.desk_to_serve().await?;
    let options = options(shell, &config)?;
    let listen = config.http().listen;
    let failed =
        |error: std::io::Error| Failure::new(Exit::Setup, "listen", format!("http.listen {listen}: {error}"));
    options.check(Some(listen)).map_err(|error| shell.desk_failed(&error.into()))?;
    // an address in use is told before any work begins
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let workers = start(shell, args, &config, &desk).await?;
    let place = config.journal_place();
    shell.remark(&text::LISTENING.fill(shell.lang(), &[&address, &workers.count(), &place]));
    let (stop, mut told) = watch::channel(false);
    let told = async move {
        let _gone = told.wait_for(|stop| *stop).await.is_err();
    };
    let serving = async {
        // workers go on while requests wait for outcomes
        let served = http::serve(listener, desk, options, told).await;
        stopped(shell, workers.stop(config.http().grace).await);
        served
    };
    let twice = async {
        signals.next().await;
        stopping(shell, &config);
        stop.send_replace(true);
        signals.next().await;
    };
    tokio::select! {
        served = serving => served.map_err(failed)?,
        () = twice => {}
    }
    Ok(Exit::Done)
}

fn options(shell: &Shell, config: &Config) -> Result<HttpOptions, Failure> {
    let http = config.http();
    if let Some(problem) = http.lacks() {
        let text = format!("http: {}", problem.text(shell.lang()));
        return Err(Failure::new(Exit::Setup, "configuration", text));
    }
    // a token that was given is never passed over
    let options = if http.without_token && http.tokens.is_empty() {
        HttpOptions::open_to_everybody()
    } else {
        HttpOptions::with_tokens(&http.tokens).map_err(|error| shell.desk_failed(&error.into()))?
    };
    let mut options = options.patience(http.patience).grace(http.grace).connections(http.max_connections);
    if http.allow_non_loopback {
        options = options.beyond_loopback();
    }
    for account in config.account_list() {
        if let Some(ClientConfig::Settlebank(client)) = account.client() {
            options = options.settlebank_notifications(account.name(), (**client).clone());
        }
    }
    Ok(options)
}

/// Looks up first what an earlier process left open, then works.
async fn start(shell: &Shell, args: &WorkerArgs, config: &Config, desk: &Desk) -> Result<Workers, Failure> {
    let open = desk.journal().recover().await.map_err(|error| shell.journal_failed(error))?;
    if open > 0 {
        shell.remark(&text::RECOVERED.fill(shell.lang(), &[&open]));
    }
    let count = args.workers.map_or_else(|| config.workers(), usize::from);
    desk.start_workers(count).map_err(|error| shell.desk_failed(&error.into()))
}

fn stopping(shell: &Shell, config: &Config) {
    shell.remark(&text::STOPPING.fill(shell.lang(), &[&config.http().grace.as_secs()]));
}

fn stopped(shell: &Shell, dropped: usize) {
    if dropped > 0 {
        shell.remark(&text::PARKED.fill(shell.lang(), &[&dropped]));
    }
    shell.remark(shell.t(&text::STOPPED));
}

/// Ctrl-C and SIGTERM, one after the other.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let failed = |error: std::io::Error| Failure::new(Exit::Setup, "signals", error.to_string());
            let terminate = signal(SignalKind::terminate()).map_err(failed)?;
            let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
            Ok(Self { terminate, interrupt })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Ready when the process is asked to stop.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
