//! `recover`: after a crash, or after a journal restored from a backup.

use clap::Args;
use serde_json::json;

use super::decide::check_person;
use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{show as shown, text};
use crate::desk::Desk;
use crate::record::PaymentKey;
use crate::worker::{Comparison, compare};

#[derive(Debug, Args)]
#[command(after_help = "\
After a crash nothing needs to be done: `serve` and `worker` recover when they start.

After the journal was restored from a backup, refunds may have been sent that it does not know. Stop every `serve` and
`worker`, and run this before anything else:
  cancel-desk recover --after-restore --by kim --reason \"disk failed, backup of 03:00\"
It asks every payment's gateway and lists where money is gone that the journal does not know. Payments that are
registered from then on are in doubt too, until you say that all of it is settled:
  cancel-desk recover --settled --by kim --reason \"all compared with the settlement files\"

Exit codes: 0 nothing differs; 4 a person has to settle what differs.")]
pub(crate) struct RecoverArgs {
    /// The journal was restored from a backup: trust no payment, and ask every gateway
    #[arg(long, requires = "by", requires = "reason")]
    after_restore: bool,
    /// Everything that the restored journal lost is settled: payments registered from now on are in no doubt
    #[arg(long, requires = "by", requires = "reason", conflicts_with = "after_restore")]
    settled: bool,
    /// Needed with --json for --after-restore; with --settled: although payments are still suspect
    #[arg(long, short = 'y')]
    yes: bool,
    /// Your name, as it is recorded; needed with --after-restore and --settled
    #[arg(long)]
    by: Option<String>,
    /// Why, as it is recorded; needed with --after-restore and --settled
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) async fn run(shell: &Shell, args: &RecoverArgs) -> Result<Exit, Failure> {
    if args.after_restore || args.settled {
        let (by, reason) = signed(args);
        check_person(shell, by, Some(reason))?;
    }
    if args.after_restore {
        return after_restore(shell, args).await;
    }
    let desk = shell.desk_of_journal().await?;
    if args.settled {
        return settled(shell, &desk, args).await;
    }
    let open = desk.journal().recover().await.map_err(|error| shell.journal_failed(error))?;
    if shell.json {
        shell.json(&json!({ "open": open }));
    } else {
        recovered(shell, open);
    }
    Ok(Exit::Done)
}

fn recovered(shell: &Shell, open: u64) {
    shell.line(&text::RECOVERED.fill(shell.lang(), &[&open]));
    shell.remark(&text::NEXT.fill(shell.lang(), &[&shell.t(&text::RUN_WORKER)]));
}

async fn settled(shell: &Shell, desk: &Desk, args: &RecoverArgs) -> Result<Exit, Failure> {
    let suspects = desk.journal().counts().await.map_err(|error| shell.journal_failed(error))?.suspects;
    if suspects > 0 && !args.yes {
        let text = text::SUSPECTS_REMAIN.fill(shell.lang(), &[&suspects]);
        return Err(Failure::new(Exit::Person, "suspects_remain", text));
    }
    let (by, reason) = signed(args);
    let ended = desk.journal().settled(by, reason).await.map_err(|error| shell.journal_failed(error))?;
    if shell.json {
        shell.json(&json!({ "settled": ended, "suspects": suspects }));
        return Ok(Exit::Done);
    }
    shell.line(shell.t(if ended { &text::SETTLED } else { &text::NOTHING_TO_SETTLE }));
    if suspects > 0 {
        shell.line(&text::STILL_SUSPECT.fill(shell.lang(), &[&suspects]));
    }
    Ok(Exit::Done)
}

fn signed(args: &RecoverArgs) -> (&str, &str) {
    (args.by.as_deref().unwrap_or_default(), args.reason.as_deref().unwrap_or_default())
}

async fn after_restore(shell: &Shell, args: &RecoverArgs) -> Result<Exit, Failure> {
    shell.consent(args.yes || !shell.json)?;
    let (_config, desk) = shell.desk_there().await?;
    let (by, reason) = signed(args);
    let journal = desk.journal();
    let count = journal.suspect_all(by, reason).await.map_err(|error| shell.journal_failed(error))?;
    let counts = journal.counts().await.map_err(|error| shell.journal_failed(error))?;
    if !shell.json {
        shell.line(&text::SUSPECTED.fill(shell.lang(), &[&count]));
        let unmarked = counts.payments.saturating_sub(counts.suspects);
        if unmarked > 0 {
            shell.line(&text::NOT_SUSPECTED.fill(shell.lang(), &[&unmarked]));
        }
    }
    let found = compare(journal, desk.accounts(), |done| {
        if done % 1_000 == 0 {
            shell.remark(&text::COMPARING.fill(shell.lang(), &[&done, &count]));
        }
    });
    let found = found.await.map_err(|error| shell.journal_failed(error))?;
    let open = journal.recover().await.map_err(|error| shell.journal_failed(error))?;
    if shell.json {
        shell.json(&json!({
            "suspects": count,
            "payments": counts.payments,
            "equal": found.equal,
            "differs": found.differs,
            "unanswered": found.unanswered,
            "elsewhere": found.elsewhere,
            "open": open,
        }));
    } else {
        show(shell, &desk, &found).await?;
        recovered(shell, open);
    }
    Ok(if found.differs.is_empty() { Exit::Done } else { Exit::Person })
}

/// A payment with its order number.
async fn with_order(shell: &Shell, desk: &Desk, key: &PaymentKey) -> Result<String, Failure> {
    let payment = desk.journal().payment(key).await.map_err(|error| shell.journal_failed(error))?;
    let order = payment.map(|payment| payment.payment.merchant_uid).unwrap_or_default();
    Ok(format!("{key} ({} {order})", shell.t(&text::ORDER)))
}

async fn show(shell: &Shell, desk: &Desk, found: &Comparison) -> Result<(), Failure> {
    let lang = shell.lang();
    let (differs, unanswered) = (found.differs.len(), found.unanswered.len());
    shell.line(&text::COMPARED.fill(lang, &[&found.equal, &differs, &unanswered, &found.elsewhere]));
    if found.equal > 0 {
        let quiet = desk.accounts().all().map(|account| account.policy().upstream_quiet).max();
        shell.line(&text::EQUAL_GO_ON.fill(lang, &[&found.equal, &shown::quiet(lang, quiet)]));
    }
    for key in &found.differs {
        let key = with_order(shell, desk, key).await?;
        shell.line(&text::LEDGER_DIFFERS.fill(lang, &[&key]));
    }
    for key in &found.unanswered {
        let key = with_order(shell, desk, key).await?;
        shell.line(&text::LEDGER_UNANSWERED.fill(lang, &[&key]));
    }
    if differs > 0 {
        shell.remark(&text::NEXT.fill(lang, &[&shell.t(&text::SETTLE_THEM)]));
    }
    Ok(())
}
