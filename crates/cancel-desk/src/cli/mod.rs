//! The program `cancel-desk`: every command, in Korean or English, for people or with `--json` for programs.
//!
//! A command reads the configuration, asks the [desk](crate::desk), and ends with one of six exit codes.

mod banks;
mod bulk;
mod bulk_begun;
mod bulk_discard;
mod bulk_files;
mod bulk_halted;
mod bulk_plan;
mod bulk_progress;
mod bulk_report;
mod bulk_text;
mod cancel;
mod config;
mod decide;
mod demo;
mod events;
mod exit;
mod help;
mod help_korean;
pub(crate) mod import;
mod journal;
mod log;
mod lookup;
mod payments;
mod pending;
mod recover;
mod serve;
mod shell;
mod show;
mod status;
mod text;
mod trust_matching;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Lang;

use exit::{Exit, Failure};
use shell::Shell;

/// Refunds carried through: asked once, applied once, accounted for. For Chaiport, Eximbay and Settlebank.
#[derive(Debug, Parser)]
#[command(name = "cancel-desk", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "General options")]
struct Global {
    /// Configuration file; else CANCEL_DESK_CONFIG, else cancel-desk.toml if there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Language: ko or en; else CANCEL_DESK_LANG, the configuration, LC_ALL, LC_MESSAGES, LANG
    #[arg(long, global = true, value_parser = parse_lang)]
    lang: Option<Lang>,
    /// One JSON document on standard output, for programs; nothing is asked
    #[arg(long, global = true)]
    json: bool,
    /// Results and errors only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log more to standard error: -v info, -vv debug, -vvv trace
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

fn parse_lang(code: &str) -> Result<Lang, String> {
    Lang::from_code(code).ok_or_else(|| "must be ko or en".to_owned())
}

/// A command: a variant here, an arm in [`dispatch`], a line of Korean in `help.rs`.
#[derive(Debug, Subcommand)]
enum Command {
    /// Register payments, list and show them
    Payments(payments::PaymentArgs),
    /// Refund a payment, in part or in full
    Cancel(cancel::CancelArgs),
    /// Show an order with its cancels, or one cancel
    Status(status::StatusArgs),
    /// Ask the gateway about a payment now, and compare with the journal
    Lookup(lookup::LookupArgs),
    /// List what is under way and what waits for a person
    Pending(pending::PendingArgs),
    /// Record what a person decided about a cancel
    Resolve(decide::ResolveArgs),
    /// Take a cancel back before anything of it is sent
    Withdraw(decide::WithdrawArgs),
    /// Look up first what a crash left open, or distrust a restored journal
    Recover(recover::RecoverArgs),
    /// Clear a payment that is suspect after a restored backup
    Trust(decide::TrustArgs),
    /// Check the journal, print its events
    Journal(journal::JournalArgs),
    /// Refund a file of orders: plan, approve, run, report
    Bulk(bulk::BulkArgs),
    /// Find a bank by name or by code, in any numbering
    Banks(banks::BankArgs),
    /// Run the HTTP service, with workers
    Serve(serve::WorkerArgs),
    /// Work on refunds, without HTTP
    Worker(serve::WorkerArgs),
    /// Try everything: simulated gateways, a bulk refund that is killed and goes on
    Demo(demo::DemoArgs),
    /// Check the configuration, print an example
    Config(config::ConfigArgs),
}

async fn dispatch(shell: &Shell, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Payments(args) => payments::run(shell, args).await,
        Command::Cancel(args) => cancel::run(shell, args).await,
        Command::Status(args) => status::run(shell, &args).await,
        Command::Lookup(args) => lookup::run(shell, &args).await,
        Command::Pending(args) => pending::run(shell, &args).await,
        Command::Resolve(args) => decide::resolve(shell, &args).await,
        Command::Withdraw(args) => decide::withdraw(shell, &args).await,
        Command::Recover(args) => recover::run(shell, &args).await,
        Command::Trust(args) => decide::trust(shell, &args).await,
        Command::Journal(args) => journal::run(shell, &args).await,
        Command::Bulk(args) => bulk::run(shell, args).await,
        Command::Banks(args) => banks::run(shell, &args),
        Command::Serve(args) => serve::serve(shell, &args).await,
        Command::Worker(args) => serve::worker(shell, &args).await,
        Command::Demo(args) => demo::run(shell, &args).await,
        Command::Config(args) => config::run(shell, &args),
    }
}

/// Runs the program with this process's arguments, and tells how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let (lang, named, unknown) = language(&arguments);
    let mut shell = Shell::new(lang, named);
    // a command line that cannot be read says as well whether programs read the answer
    shell.json = arguments.iter().any(|word| word == "--json");
    if let Some(code) = unknown {
        shell.failed(&Failure::usage(format!("CANCEL_DESK_LANG: must be ko or en ({code})")));
        return Exit::Usage.code();
    }
    let command = help::in_language(Cli::command(), lang);
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&shell, &error),
    };
    let Global { config, json, quiet, verbose, .. } = cli.global;
    shell.json = json;
    shell.quiet = quiet;
    shell.verbose = verbose;
    shell.file = config;
    let Some(command) = cli.command else {
        shell.say(shell.t(&text::HELLO));
        return Exit::Usage.code();
    };
    shell.is_service = matches!(command, Command::Serve(_) | Command::Worker(_));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            shell.failed(&Failure::new(Exit::Setup, "runtime", error.to_string()));
            return Exit::Setup.code();
        }
    };
    let result = runtime.block_on(dispatch(&shell, command));
    // a thread that hangs in a look-up of names keeps nobody waiting
    runtime.shutdown_timeout(serve::LAST);
    match result {
        Ok(exit) => exit.code(),
        Err(failure) => {
            shell.failed(&failure);
            failure.exit.code()
        }
    }
}

/// What clap says: help and version on standard output, faults on standard error.
fn usage(shell: &Shell, error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        // help that stands in for a missing command is shown as it is
        let is_help = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if !shell.json && (is_help || shell.lang() == Lang::En) {
            shell.warn(text.trim_end());
            return Exit::Usage.code();
        }
        let failure = Failure::usage(usage::text(shell.lang(), error));
        shell.failed(&failure.next(shell.t(&text::SEE_HELP)));
        Exit::Usage.code()
    } else {
        shell.say(&text);
        Exit::Done.code()
    }
}

/// The language before anything is parsed, for help and faults; whether it was named on the command line; and a value
/// of `CANCEL_DESK_LANG` that names none.
fn language(arguments: &[std::ffi::OsString]) -> (Lang, bool, Option<String>) {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let code = match word.split_once('=') {
            Some(("--lang", code)) => Some(code),
            _ if word == "--lang" => words.next(),
            _ => None,
        };
        if let Some(lang) = code.and_then(Lang::from_code) {
            return (lang, true, None);
        }
    }
    if let Ok(code) = std::env::var("CANCEL_DESK_LANG")
        && !code.is_empty()
        && !["ko", "en"].contains(&code.split(['_', '-', '.']).next().unwrap_or_default())
    {
        let given = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(given);
        let locale = locale.and_then(|name| std::env::var(name).ok()).unwrap_or_default();
        return (Lang::of_locale(&locale), false, Some(code));
    }
    let given = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let by = ["CANCEL_DESK_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(given);
    let locale = by.and_then(|name| std::env::var(name).ok()).unwrap_or_default();
    (Lang::of_locale(&locale), false, None)
}
