//! The rows of a job on their way: which is next for which merchant account, and how far each is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::{AccountName, IntentId, IntentRecord, JobRow};

use super::RowState;

/// All rows of a job.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    sheet: Mutex<Sheet>,
}

#[derive(Debug, Default)]
struct Sheet {
    states: BTreeMap<i64, RowState>,
    counts: BTreeMap<&'static str, u64>,
    waiting: BTreeMap<AccountName, VecDeque<i64>>,
    /// Submitted, and not settled.
    open: BTreeMap<i64, IntentId>,
    /// Those of them that a task of this run is at.
    in_hand: BTreeSet<i64>,
    /// Settled since this run began.
    settled: u64,
}

/// Says that a task is at a row, until dropped.
#[derive(Debug)]
pub(super) struct InHand<'a> {
    lanes: &'a Lanes,
    line: i64,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.lanes.sheet().in_hand.remove(&self.line);
    }
}

impl Lanes {
    /// Takes in more rows as they are stored: of each, only what its way needs is kept.
    pub(super) fn add(&self, rows: &[JobRow]) {
        let mut sheet = self.sheet();
        for row in rows {
            let state = RowState::of(row);
            match &row.stored {
                None if state == RowState::NotStarted => {
                    sheet.waiting.entry(row.payment.account()).or_default().push_back(row.line);
                }
                Some(intent) if !state.is_settled() => {
                    sheet.open.insert(row.line, intent.id);
                }
                _ => {}
            }
            sheet.set(row.line, state);
        }
        sheet.settled = 0;
    }

    fn sheet(&self) -> MutexGuard<'_, Sheet> {
        self.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts that have rows to be submitted.
    pub(super) fn accounts(&self) -> Vec<AccountName> {
        self.sheet().waiting.keys().cloned().collect()
    }

    /// The next row of an account.
    pub(super) fn next(&self, account: &AccountName) -> Option<i64> {
        self.sheet().waiting.get_mut(account)?.pop_front()
    }

    /// The first so many rows, whoever submitted them, and those of them that this run is to submit. What had ended
    /// badly before this run is left out where a person let the job go on since: `let_go_on`, or rows behind the first
    /// were begun.
    pub(super) fn first(&self, many: usize, let_go_on: bool) -> (Vec<i64>, Vec<i64>) {
        let mut sheet = self.sheet();
        let is_known =
            let_go_on || sheet.states.values().skip(many).any(|state| *state != RowState::NotStarted);
        let known = |state: RowState| is_known && state.is_settled() && !state.is_good();
        let lines: Vec<i64> = sheet
            .states
            .iter()
            .filter(|(_, state)| !known(**state))
            .map(|(line, _)| *line)
            .take(many)
            .collect();
        let mut mine = Vec::new();
        for lane in sheet.waiting.values_mut() {
            mine.extend(lane.iter().filter(|line| lines.contains(line)));
            lane.retain(|line| !lines.contains(line));
        }
        mine.sort_unstable();
        (lines, mine)
    }

    /// Takes a row in hand.
    pub(super) fn in_hand(&self, line: i64) -> InHand<'_> {
        self.sheet().in_hand.insert(line);
        InHand { lanes: self, line }
    }

    /// Notes how far a submitted row is.
    pub(super) fn submitted(&self, line: i64, intent: &IntentRecord) {
        let state = RowState::of_intent(intent);
        let mut sheet = self.sheet();
        if state.is_settled() {
            sheet.open.remove(&line);
        } else {
            sheet.open.insert(line, intent.id);
        }
        sheet.set(line, state);
    }

    /// Notes that a row could not be submitted.
    pub(super) fn left_out(&self, line: i64) {
        self.sheet().set(line, RowState::LeftOut);
    }

    /// Submitted rows that are not settled and not in hand, in the order of their lines, those after `line`.
    pub(super) fn open_after(&self, line: i64, limit: usize) -> Vec<(i64, IntentId)> {
        let sheet = self.sheet();
        let after = sheet.open.range((std::ops::Bound::Excluded(line), std::ops::Bound::Unbounded));
        let after = after.filter(|(line, _)| !sheet.in_hand.contains(line));
        after.take(limit).map(|(line, intent)| (*line, *intent)).collect()
    }

    pub(super) fn state(&self, line: i64) -> RowState {
        self.sheet().states.get(&line).copied().unwrap_or(RowState::NotStarted)
    }

    pub(super) fn count(&self, state: RowState) -> u64 {
        self.sheet().counts.get(state.as_str()).copied().unwrap_or(0)
    }

    pub(super) fn rows(&self) -> u64 {
        u64::try_from(self.sheet().states.len()).unwrap_or(u64::MAX)
    }

    /// Settled since this run began.
    pub(super) fn settled(&self) -> u64 {
        self.sheet().settled
    }
}

impl Sheet {
    fn set(&mut self, line: i64, state: RowState) {
        let before = self.states.insert(line, state);
        if before == Some(state) {
            return;
        }
        if let Some(count) = before.and_then(|before| self.counts.get_mut(before.as_str())) {
            *count = count.saturating_sub(1);
        }
        let count = self.counts.entry(state.as_str()).or_default();
        *count = count.saturating_add(1);
        if state.is_settled() && !before.is_some_and(RowState::is_settled) {
            self.settled = self.settled.saturating_add(1);
        }
    }
}
