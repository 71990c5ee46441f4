//! Halted bulk jobs, for those who look at single cancels: what they hold back, and how they go on.

use serde_json::{Value, json};

use crate::bulk::RowState;
use crate::desk::Desk;
use crate::record::{IntentRecord, JobId, JobRecord, JobRow, JobState};

use super::bulk_text as words;
use super::exit::Failure;
use super::shell::Shell;

/// How many jobs are read, and how many rows of one at a time.
const JOBS: u32 = 10_000;
const PAGE: u32 = 1_000;

/// A halted job that is not done.
#[derive(Debug)]
pub(super) struct Halted {
    job: JobRecord,
    /// Rows that nothing is stored of.
    not_started: u64,
    /// Cancels that are stored, and of which nothing was sent.
    waiting: u64,
}

/// The halted jobs that hold something back.
pub(super) async fn all(shell: &Shell, desk: &Desk) -> Result<Vec<Halted>, Failure> {
    let mut found = Vec::new();
    for job in jobs(shell, desk, JobState::Halted).await? {
        let mut halted = Halted { job, not_started: 0, waiting: 0 };
        each_row(shell, desk, halted.job.id, |row| {
            match RowState::of(row) {
                RowState::NotStarted => halted.not_started = halted.not_started.saturating_add(1),
                RowState::Waiting => halted.waiting = halted.waiting.saturating_add(1),
                _ => {}
            }
            true
        })
        .await?;
        if halted.not_started > 0 || halted.waiting > 0 {
            found.push(halted);
        }
    }
    Ok(found)
}

/// The halted job that a cancel without an outcome is a row of.
pub(super) async fn job_of(
    shell: &Shell,
    desk: &Desk,
    intent: &IntentRecord,
) -> Result<Option<JobRecord>, Failure> {
    if intent.state.is_final() {
        return Ok(None);
    }
    for job in jobs(shell, desk, JobState::Halted).await? {
        let mut is_its = false;
        each_row(shell, desk, job.id, |row| {
            is_its |= row.stored.as_ref().is_some_and(|stored| stored.id == intent.id);
            !is_its
        })
        .await?;
        if is_its {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

/// That a cancel's job is halted, and how the rest of it goes on.
pub(super) fn told(shell: &Shell, job: &JobRecord) -> String {
    words::OF_HALTED_JOB.fill(shell.lang(), &[&job.id, &because(shell, job)])
}

/// That a file's job is halted, why, and how it goes on.
pub(super) fn planned_before(shell: &Shell, job: &JobRecord) -> String {
    let (lang, id) = (shell.lang(), &job.id);
    let before = words::BEGUN_HALTED.fill(lang, &[id, &because(shell, job)]);
    let (next, report) = (words::HELD_JOB_NEXT.fill(lang, &[id]), words::BEGUN_REPORT.fill(lang, &[id]));
    format!("{before}\n{next}\n{report}\n")
}

impl Halted {
    pub(super) fn lines(&self, shell: &Shell) -> String {
        let (lang, id) = (shell.lang(), &self.job.id);
        [
            words::HELD_JOB.fill(lang, &[id, &self.job.name, &because(shell, &self.job)]),
            words::HELD_JOB_ROWS.fill(lang, &[&self.not_started, &self.waiting, id]),
            words::HELD_JOB_NEXT.fill(lang, &[id]),
        ]
        .join("\n")
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "job": self.job.id.to_string(),
            "name": self.job.name,
            "halted_because": self.job.halted_because,
            "not_started": self.not_started,
            "waiting": self.waiting,
        })
    }
}

fn because(shell: &Shell, job: &JobRecord) -> String {
    shell.said(job.halted_because.as_deref().unwrap_or_default())
}

/// The jobs in a state.
pub(super) async fn jobs(shell: &Shell, desk: &Desk, state: JobState) -> Result<Vec<JobRecord>, Failure> {
    let mut jobs = desk.journal().jobs(JOBS).await.map_err(|error| shell.journal_failed(error))?;
    jobs.retain(|job| job.state == state);
    Ok(jobs)
}

/// Goes through the rows of a job, until `go_on` says no.
pub(super) async fn each_row(
    shell: &Shell,
    desk: &Desk,
    job: JobId,
    mut go_on: impl FnMut(&JobRow) -> bool,
) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = desk.journal().job_rows(job, after, PAGE).await;
        let page = page.map_err(|error| shell.journal_failed(error))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.line;
        if !page.iter().all(&mut go_on) {
            return Ok(());
        }
    }
}
