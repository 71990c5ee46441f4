//! `pending`: what is under way and what waits for a person.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::json;

use crate::desk::{CancelView, Desk, PaymentView};
use crate::record::{IntentRecord, IntentState, PaymentKey, PaymentRecord, Suspect};

use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{bulk_begun, bulk_halted, show, status, text};

/// How many payments are read at a time.
const PAGE: u32 = 1000;
/// Of how many cancels under way it is said why they wait.
const MOST_REASONS: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
A bulk job that has halted waits for a person too: what it holds back is told, and how it goes on. So is an approved
one with rows not started, which is running or was interrupted: it waits for a person unless a process holds a row of it.

A payment that is suspect after a restored backup waits for a person where the gateway's ledger differs, or may hold what was
lost; one that was not compared yet, or was found equal, does not.

Exit codes: 0 nothing waits for a person, 4 something does.")]
pub(crate) struct PendingArgs {
    /// At most so many of each kind
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Everything that is not finished.
#[derive(Default)]
struct Pending {
    waiting: Vec<IntentRecord>,
    open: Vec<IntentRecord>,
    suspects: Vec<PaymentRecord>,
    /// Bulk jobs that hold rows back.
    halted: Vec<bulk_halted::Halted>,
    /// Approved bulk jobs with rows not started.
    begun: Vec<bulk_begun::Begun>,
    /// The order numbers of the payments that these are of.
    orders: BTreeMap<PaymentKey, String>,
}

pub(crate) async fn run(shell: &Shell, args: &PendingArgs) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    // of a journal that was put back, nothing that is pending would be a comfort
    desk.journal().last_event().await.map_err(|error| shell.journal_failed(error))?;
    let mut found = read(shell, &desk).await?;
    // a halted job goes on only when a person says so, and so does one whose run was cut off
    let is_idle = found.waiting.is_empty()
        && !found.suspects.iter().any(|payment| payment.suspect == Some(Suspect::Differs))
        && found.halted.is_empty()
        && !found.begun.iter().any(bulk_begun::Begun::may_be_forgotten);
    let exit = if is_idle { Exit::Done } else { Exit::Person };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let is_more =
        [found.waiting.len(), found.open.len(), found.suspects.len()].iter().any(|count| *count > limit);
    found.waiting.truncate(limit);
    found.open.truncate(limit);
    found.suspects.truncate(limit);
    if shell.json {
        shell.json(&json!({
            "waiting_for_a_person": views(shell, &desk, &found.waiting).await?,
            "under_way": views(shell, &desk, &found.open).await?,
            "suspect_payments": found.suspects.iter().map(PaymentView::new).collect::<Vec<_>>(),
            "halted_jobs": found.halted.iter().map(bulk_halted::Halted::json).collect::<Vec<_>>(),
            "approved_jobs": found.begun.iter().map(bulk_begun::Begun::json).collect::<Vec<_>>(),
            "complete": !is_more,
        }));
        return Ok(exit);
    }
    people(shell, &desk, &found).await?;
    if is_more {
        shell.remark(&text::MORE.fill(shell.lang(), &[&args.limit.saturating_mul(10)]));
    }
    Ok(exit)
}

async fn read(shell: &Shell, desk: &Desk) -> Result<Pending, Failure> {
    let mut found = Pending::default();
    let now = desk.journal().now().await.map_err(|error| shell.journal_failed(error))?;
    let mut held = BTreeSet::new();
    let mut after = None;
    loop {
        let page = desk.journal().payments(after.as_ref(), PAGE).await;
        let page = page.map_err(|error| shell.journal_failed(error))?;
        let Some(last) = page.last().map(PaymentRecord::key) else { break };
        after = Some(last);
        for payment in page {
            // an unfinished refund holds its amount
            if payment.reserved > 0 {
                found.orders.insert(payment.key(), payment.payment.merchant_uid.clone());
                if payment.held_for(now).is_some() {
                    held.insert(payment.key());
                }
                let intents = desk.journal().intents_of(&payment.key()).await;
                for intent in intents.map_err(|error| shell.journal_failed(error))? {
                    match intent.state {
                        _ if intent.waits_for_a_person() => found.waiting.push(intent),
                        IntentState::Planned | IntentState::Open | IntentState::Accepted => {
                            found.open.push(intent)
                        }
                        _ => {}
                    }
                }
            }
            if payment.suspect.is_some() {
                found.suspects.push(payment);
            }
        }
    }
    found.waiting.sort_by_key(|intent| intent.created_at);
    found.open.sort_by_key(|intent| intent.created_at);
    found.halted = bulk_halted::all(shell, desk).await?;
    found.begun = bulk_begun::all(shell, desk, &held).await?;
    // what a person has to look at comes first
    found.suspects.sort_by_key(|payment| payment.suspect != Some(Suspect::Differs));
    Ok(found)
}

async fn views(shell: &Shell, desk: &Desk, intents: &[IntentRecord]) -> Result<Vec<CancelView>, Failure> {
    let mut views = Vec::new();
    for intent in intents {
        views.push(desk.show_cancel(intent).await.map_err(|error| shell.desk_failed(&error))?);
    }
    Ok(views)
}

async fn people(shell: &Shell, desk: &Desk, found: &Pending) -> Result<(), Failure> {
    let lang = shell.lang();
    let now = desk.journal().now().await.map_err(|error| shell.journal_failed(error))?;
    let is_idle = found.waiting.is_empty() && found.open.is_empty() && found.suspects.is_empty();
    let is_bulk = !found.halted.is_empty() || !found.begun.is_empty();
    if is_idle && !is_bulk {
        shell.line(shell.t(&text::NOTHING_PENDING));
        return Ok(());
    }
    if !found.waiting.is_empty() {
        let mut blocks = vec![format!(
            "{}\n{}",
            shell.t(&text::PERSONS),
            show::cancels(lang, now, &found.waiting, &found.orders)
        )];
        for intent in &found.waiting {
            let payment = desk.payment(&intent.payment).await.map_err(|error| shell.desk_failed(&error))?;
            if let Some(evidence) = &intent.evidence {
                blocks.push(format!("{}: {}\n", intent.id, show::evidence(lang, &payment, evidence)));
            }
        }
        shell.say(&blocks.join("\n"));
        let (there, others): (Vec<_>, Vec<_>) =
            found.waiting.iter().partition(|intent| intent.is_for_the_admin_page());
        for intent in there {
            shell.remark(&text::NEXT.fill(lang, &[&show::decision(lang, intent)]));
        }
        if !others.is_empty() {
            let next = text::RESOLVE_IT.fill(lang, &[&shell.t(&text::CANCEL)]);
            shell.remark(&text::NEXT.fill(lang, &[&next]));
        }
        if !found.open.is_empty() || !found.suspects.is_empty() || is_bulk {
            shell.line("");
        }
    }
    let mut blocks: Vec<String> = found.halted.iter().map(|halted| halted.lines(shell) + "\n").collect();
    blocks.extend(found.begun.iter().map(|begun| begun.lines(shell) + "\n"));
    if !found.open.is_empty() {
        let mut block =
            format!("{}\n{}", shell.t(&text::OPENS), show::cancels(lang, now, &found.open, &found.orders));
        // what many wait for is told once
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for intent in found.open.iter().take(MOST_REASONS) {
            if let Some(waiting) = status::waiting(shell, desk, intent).await? {
                let why = show::waits(lang, &waiting);
                match reasons.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, ids)) => ids.push(intent.id.to_string()),
                    None => reasons.push((why, vec![intent.id.to_string()])),
                }
            }
        }
        for (why, ids) in reasons {
            block.push_str(&format!("{}: {}: {why}\n", ids.join(", "), shell.t(&text::WAITS)));
        }
        blocks.push(block);
    }
    let differs = found.suspects.partition_point(|payment| payment.suspect == Some(Suspect::Differs));
    let (differ, unchecked) = found.suspects.split_at_checked(differs).unwrap_or_default();
    for (title, payments) in [(&text::SUSPECTS_DIFFER, differ), (&text::SUSPECTS, unchecked)] {
        if !payments.is_empty() {
            blocks.push(format!("{}\n{}", shell.t(title), show::payments(lang, payments)));
        }
    }
    shell.say(&blocks.join("\n"));
    Ok(())
}
