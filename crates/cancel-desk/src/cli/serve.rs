//! `serve` and `worker`: the desk as a service.

use std::time::Duration;

use clap::Args;

use crate::config::Config;
use crate::desk::{Desk, Workers};

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

pub(crate) async fn worker(shell: &Shell, args: &WorkerArgs) -> Result<Exit, Failure> {
    let (config, desk) = shell.desk().await?;
    let workers = start(shell, args, &config, &desk).await?;
    let place = config.journal_place();
    shell.remark(&text::WORKING.fill(shell.lang(), &[&workers.count(), &place]));
    stop_signal().await;
    let grace = config.http().grace;
    shell.remark(&text::STOPPING.fill(shell.lang(), &[&grace.as_secs()]));
    tokio::select! {
        dropped = workers.stop(grace) => stopped(shell, dropped),
        () = stop_signal() => {}
    }
    Ok(Exit::Done)
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

fn stopped(shell: &Shell, dropped: usize) {
    if dropped > 0 {
        shell.remark(&text::PARKED.fill(shell.lang(), &[&dropped]));
    }
    shell.remark(shell.t(&text::STOPPED));
}

/// Ready when the process is asked to stop: Ctrl-C, or SIGTERM.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            // without a handler the signal ends the process, which is safe
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Longest that a stop takes after the grace: what hangs then is left to the next start.
pub(crate) const LAST: Duration = Duration::from_secs(2);
