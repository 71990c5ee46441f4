//! `recover`: after a crash, or after a journal restored from a backup.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::text;

#[derive(Debug, Args)]
#[command(after_help = "\
After a crash nothing needs to be done: `serve` and `worker` recover when they start.

After the journal was restored from a backup, refunds may have been sent that it does not know. Run this before
anything else:
  cancel-desk recover --after-restore --by kim --reason \"disk failed, backup of 03:00\"
Each payment is then compared with its gateway before anything new begins on it.")]
pub(crate) struct RecoverArgs {
    /// The journal was restored from a backup: trust no payment before its gateway was asked
    #[arg(long, requires = "by", requires = "reason")]
    after_restore: bool,
    /// Your name, as it is recorded
    #[arg(long)]
    by: Option<String>,
    /// Why, as it is recorded
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) async fn run(shell: &Shell, args: &RecoverArgs) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let journal = desk.journal();
    let mut suspects = None;
    if args.after_restore {
        let (by, reason) =
            (args.by.as_deref().unwrap_or_default(), args.reason.as_deref().unwrap_or_default());
        suspects = Some(journal.suspect_all(by, reason).await.map_err(|error| shell.journal_failed(error))?);
    }
    let open = journal.recover().await.map_err(|error| shell.journal_failed(error))?;
    if shell.json {
        shell.json(&json!({ "suspects": suspects, "open": open }));
        return Ok(Exit::Done);
    }
    if let Some(count) = suspects {
        shell.line(&text::SUSPECTED.fill(shell.lang(), &[&count]));
    }
    shell.line(&text::RECOVERED.fill(shell.lang(), &[&open]));
    shell.remark(&text::NEXT.fill(shell.lang(), &[&shell.t(&text::RUN_WORKER)]));
    Ok(Exit::Done)
}
