//! The log: lines of text or JSON on standard error, each with the refund that it is about.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

use super::exit::{Exit, Failure};
use super::shell::Shell;

/// Starts it; a second start changes nothing.
pub(crate) fn start(shell: &Shell, config: &LogConfig) -> Result<(), Failure> {
    let by_flag = match (shell.quiet, shell.verbose) {
        (true, _) => Some("error"),
        (_, 0) => None,
        (_, 1) => Some("info"),
        (_, 2) => Some("debug"),
        _ => Some("trace"),
    };
    // the file's filter is for services: a command's reader wants the result
    let by_variable = std::env::var("CANCEL_DESK_LOG").ok().filter(|filter| !filter.is_empty());
    let usual = if shell.is_service { config.filter.as_deref().unwrap_or("info") } else { "warn" };
    let filter = by_flag.or(by_variable.as_deref()).unwrap_or(usual);
    let filter = read(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text if std::io::stderr().is_terminal() => {
            builder.without_time().with_target(false).try_init()
        }
        LogFormat::Text => builder.try_init(),
    };
    let _already = started.is_err();
    Ok(())
}

fn read(filter: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(filter).map_err(|_| {
        let why = "log.filter: must be such as `info` or `warn,cancel_desk=debug`";
        Failure::new(Exit::Setup, "configuration", why)
    })
}
