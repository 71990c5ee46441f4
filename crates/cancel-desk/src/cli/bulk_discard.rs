//! `bulk discard`: gives a plan up, and tells what goes on all the same.

use clap::Args;
use serde_json::json;

use crate::bulk::{BulkError, Report, RowState};
use crate::journal::JournalError;
use crate::record::{IntentRecord, IntentState, JobId, JobRow};

use super::bulk::{failed, job_json, read_job};
use super::bulk_text as words;
use super::decide::check_person;
use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::text;

#[derive(Debug, Args)]
pub(crate) struct DiscardArgs {
    /// The plan
    #[arg(value_parser = read_job)]
    job: JobId,
    /// Your name, as it is recorded
    #[arg(long)]
    by: String,
    /// Why, as it is recorded
    #[arg(long)]
    reason: String,
    /// Yes: needed with --json
    #[arg(long, short = 'y')]
    yes: bool,
}

pub(super) async fn run(shell: &Shell, args: &DiscardArgs) -> Result<Exit, Failure> {
    check_person(shell, &args.by, Some(&args.reason))?;
    let desk = shell.desk_of_journal().await?;
    let before = Report::of(&**desk.journal(), args.job).await.map_err(|error| failed(shell, error))?;
    if before.is_done() {
        return Err(Failure::new(Exit::Refused, "not_allowed", words::ALL_ENDED.of(shell.lang())));
    }
    shell.consent(args.yes || !shell.json)?;
    let discarded = desk.journal().discard_job(args.job, &args.by, &args.reason).await;
    let job = discarded.map_err(|error| match error {
        JournalError::NotFound => failed(shell, BulkError::NoSuchJob(args.job)),
        error => failed(shell, error.into()),
    })?;
    let after = Report::of(&**desk.journal(), args.job).await.map_err(|error| failed(shell, error))?;
    let withdrawn = after.count(RowState::Withdrawn).saturating_sub(before.count(RowState::Withdrawn));
    let of = |state: RowState| after.count(state);
    let open = [RowState::Waiting, RowState::Unknown, RowState::Manual].map(of);
    let open = open.into_iter().fold(0_u64, u64::saturating_add);
    let elsewhere = of(RowState::Elsewhere).saturating_add(of(RowState::RefundedElsewhere));
    match shell.json {
        true => {
            let mut document = job_json(&job, false);
            if let Some(members) = document.as_object_mut() {
                members.insert("withdrawn".to_owned(), json!(withdrawn));
                members.insert("going_on".to_owned(), json!(open));
            }
            shell.json(&document);
        }
        false => {
            let lang = shell.lang();
            shell.line(&words::DISCARDED.fill(lang, &[&job.id]));
            let ended = [RowState::Completed, RowState::Accepted, RowState::NotStarted].map(of);
            shell.line(&words::DISCARDED_ROWS.fill(lang, &[&withdrawn, &ended[0], &ended[1], &ended[2]]));
            let held = after.keys_held(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
            let is_held = |row: &&JobRow| RowState::of(row) == RowState::NotStarted;
            let held: Vec<_> =
                after.rows.iter().filter(is_held).filter_map(|row| held.get(&row.line)).collect();
            if !held.is_empty() {
                let is_refunded = |intent: &&&IntentRecord| {
                    matches!(intent.state, IntentState::Completed | IntentState::Accepted)
                };
                let refunded = held.iter().filter(is_refunded).count();
                shell.line(&words::DISCARDED_HELD.fill(lang, &[&held.len(), &refunded, &job.id]));
            }
            let not = [of(RowState::Rejected), of(RowState::LeftOut), elsewhere];
            if not.iter().any(|count| *count > 0) {
                shell.line(&words::DISCARDED_NOT.fill(lang, &[&not[0], &not[1], &not[2]]));
            }
            if open > 0 {
                shell.line(&words::DISCARDED_OPEN.fill(lang, &[&open]));
                let going_on = [
                    (RowState::Unknown, &words::GOES_ON_UNKNOWN),
                    (RowState::Manual, &words::GOES_ON_MANUAL),
                    (RowState::Waiting, &words::GOES_ON_WAITING),
                ];
                for (state, text) in going_on.into_iter().filter(|(state, _)| of(*state) > 0) {
                    shell.line(&text.fill(lang, &[&of(state)]));
                }
                let next = words::DISCARDED_SEE.fill(lang, &[&job.id]);
                shell.remark(&text::NEXT.fill(lang, &[&next]));
            }
        }
    }
    Ok(Exit::Done)
}
