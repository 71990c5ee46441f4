//! Approved bulk jobs with rows that nothing is stored of. The journal does not know whether a run carries them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bulk::RowState;
use crate::desk::Desk;
use crate::record::{JobRecord, JobState, PaymentKey};

use super::bulk_halted::{each_row, jobs};
use super::bulk_text as words;
use super::exit::Failure;
use super::shell::Shell;

/// An approved job that has not begun all of its rows.
#[derive(Debug)]
pub(super) struct Begun {
    job: JobRecord,
    /// Rows that nothing is stored of.
    not_started: u64,
    /// Rows whose payment a process holds now.
    held: u64,
}

/// The approved jobs with rows not started; `held`: the payments that processes hold now.
pub(super) async fn all(
    shell: &Shell,
    desk: &Desk,
    held: &BTreeSet<PaymentKey>,
) -> Result<Vec<Begun>, Failure> {
    let mut found = Vec::new();
    for job in jobs(shell, desk, JobState::Approved).await? {
        // most jobs ended long ago: their rows are not read
        let is_all_submitted = job.totals.iter().all(|total| total.submitted >= total.approved.minor());
        if is_all_submitted {
            continue;
        }
        let settled = desk.journal().job_is_settled(job.id).await;
        if settled.map_err(|error| shell.journal_failed(error))? {
            continue;
        }
        let mut begun = Begun { job, not_started: 0, held: 0 };
        each_row(shell, desk, begun.job.id, |row| {
            match RowState::of(row) {
                RowState::NotStarted => begun.not_started = begun.not_started.saturating_add(1),
                state if !state.is_settled() && held.contains(&row.payment) => {
                    begun.held = begun.held.saturating_add(1);
                }
                _ => {}
            }
            true
        })
        .await?;
        if begun.not_started > 0 {
            found.push(begun);
        }
    }
    Ok(found)
}

impl Begun {
    /// Whether nothing tells that somebody works on it.
    pub(super) const fn may_be_forgotten(&self) -> bool {
        self.held == 0
    }

    pub(super) fn lines(&self, shell: &Shell) -> String {
        let (lang, id) = (shell.lang(), &self.job.id);
        let rows = match self.held {
            0 => words::BEGUN_JOB_ROWS.fill(lang, &[&self.not_started, id]),
            held => words::BEGUN_JOB_HELD.fill(lang, &[&self.not_started, &held, id]),
        };
        let job = words::BEGUN_JOB.fill(lang, &[id, &self.job.name]);
        [job, rows, words::BEGUN_JOB_NEXT.fill(lang, &[id])].join("\n")
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "job": self.job.id.to_string(),
            "name": self.job.name,
            "not_started": self.not_started,
            "held": self.held,
        })
    }
}
