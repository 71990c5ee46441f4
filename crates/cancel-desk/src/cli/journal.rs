//! `journal verify`, `journal events`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::desk::Desk;
use crate::journal::EventRecord;
use crate::record::hex;

use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{events, text};

/// How many events are read at a time.
const PAGE: u32 = 1000;

#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    #[command(subcommand)]
    command: JournalCommand,
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Check the event chain and every rule that must hold
    #[command(after_help = "\
The head is the hash of the last event. Keep it elsewhere: given back with --expect-head, it shows that no event up to
then was cut off or replaced.

Exit codes: 0 sound, 1 not.")]
    Verify {
        /// A head that was shown before: 64 hexadecimal digits
        #[arg(long, value_name = "HASH", value_parser = parse_head)]
        expect_head: Option<String>,
    },
    /// Print the event log, oldest first
    Events {
        /// Those after this number
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most so many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
}

fn parse_head(text: &str) -> Result<String, String> {
    let head = text.to_ascii_lowercase();
    let is_hash = head.len() == 64 && head.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash { Ok(head) } else { Err("must be 64 hexadecimal digits".to_owned()) }
}

pub(crate) async fn run(shell: &Shell, args: &JournalArgs) -> Result<Exit, Failure> {
    match &args.command {
        JournalCommand::Verify { expect_head } => verify(shell, expect_head.as_deref()).await,
        JournalCommand::Events { after, limit } => events(shell, *after, *limit).await,
    }
}

async fn verify(shell: &Shell, expected: Option<&str>) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let found = desk.journal().verify().await.map_err(|error| shell.journal_failed(error))?;
    let has_head = match expected {
        None => None,
        Some(head) if head == hex(&found.head) => Some(true),
        Some(head) => Some(is_in_the_log(shell, &desk, head).await?),
    };
    let sound = found.is_sound() && has_head != Some(false);
    let exit = if sound { Exit::Done } else { Exit::Refused };
    if shell.json {
        shell.json(&json!({
            "sound": sound, "payments": found.payments, "cancels": found.intents, "attempts": found.attempts,
            "events": found.events, "head": hex(&found.head), "has_expected_head": has_head,
            "faults": found.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
        return Ok(exit);
    }
    for fault in &found.faults {
        shell.line(&fault.to_string());
    }
    if has_head == Some(false) {
        shell.line(shell.t(&text::HEAD_MISSING));
    }
    if sound {
        let counts: [&dyn std::fmt::Display; 4] =
            [&found.payments, &found.intents, &found.attempts, &found.events];
        shell.line(&text::SOUND.fill(shell.lang(), &counts));
    } else {
        shell.line(&text::UNSOUND.fill(shell.lang(), &[&found.faults.len()]));
        shell.remark(&text::NEXT.fill(shell.lang(), &[&shell.t(&text::KEEP_COPY)]));
    }
    shell.line(&text::HEAD.fill(shell.lang(), &[&hex(&found.head)]));
    Ok(exit)
}

/// Whether an earlier head is the hash of some event: the log has only grown since.
async fn is_in_the_log(shell: &Shell, desk: &Desk, head: &str) -> Result<bool, Failure> {
    let mut last = 0;
    loop {
        let page = desk.journal().events(last, PAGE).await.map_err(|error| shell.journal_failed(error))?;
        let Some(end) = page.last().map(|event| event.seq) else { return Ok(false) };
        if page.iter().any(|event| hex(&event.hash) == head) {
            return Ok(true);
        }
        last = end;
    }
}

async fn events(shell: &Shell, after: i64, limit: u32) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let found = desk.journal().events(after, limit.saturating_add(1)).await;
    let mut found: Vec<EventRecord> = found.map_err(|error| shell.journal_failed(error))?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > most;
    found.truncate(most);
    if shell.json {
        shell.json(&found.iter().map(events::json).collect::<Vec<_>>());
    } else if found.is_empty() {
        shell.remark(shell.t(&text::EMPTY));
    } else {
        shell.say(&events::table(shell, &found));
    }
    if let (true, Some(last)) = (is_more, found.last()) {
        shell.remark(&text::MORE_AFTER.fill(shell.lang(), &[&last.seq]));
    }
    Ok(Exit::Done)
}
