//! What became of a job, to the last unit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pg_core::Money;
use serde::{Serialize, Serializer};
use tokio::task::JoinSet;

use crate::journal::{Journal, JournalError};
use crate::record::{IntentRecord, JobId, JobRecord, JobRow, JobState, PaymentKey};

use super::run::all_rows;
use super::{BulkError, RowState};

/// How many payments or keys are asked about at once.
const AT_ONCE: usize = 64;
/// The word of [`JobRow::refused`] for a row whose key stood for another refund.
const KEY_CONFLICT: &str = "key_conflict";

/// How many rows are in a state, and how much they ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// The state.
    pub state: RowState,
    /// How many rows.
    pub rows: u64,
    /// Their sum in every currency.
    #[serde(serialize_with = "texts")]
    pub sums: Vec<Money>,
}

/// What became of a job. Its states add up to the plan exactly.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The job.
    pub job: JobRecord,
    /// Every state that a row is in, in a fixed order.
    pub states: Vec<Amounts>,
    /// The rows, in the order of their lines.
    pub rows: Vec<JobRow>,
}

impl Report {
    /// Reads a job and adds it up.
    ///
    /// # Errors
    /// [`BulkError::NoSuchJob`]; [`BulkError::DoesNotAddUp`] when count or sum of the rows is not the plan's, or more
    /// was submitted than approved; [`BulkError::Journal`].
    pub async fn of(journal: &dyn Journal, id: JobId) -> Result<Self, BulkError> {
        let rows = all_rows(journal, id).await?;
        // after the rows: what is submitted only grows
        let job = journal.job(id).await?.ok_or(BulkError::NoSuchJob(id))?;
        let states = add_up(&rows)?;
        check(&job, &rows, &states)?;
        Ok(Self { job, states, rows })
    }

    /// The rows in a state.
    #[must_use]
    pub fn count(&self, state: RowState) -> u64 {
        self.states.iter().find(|amounts| amounts.state == state).map_or(0, |amounts| amounts.rows)
    }

    /// The order numbers of the rows' payments.
    ///
    /// # Errors
    /// Of the journal.
    pub async fn orders(
        &self,
        journal: &Arc<dyn Journal>,
    ) -> Result<BTreeMap<PaymentKey, String>, JournalError> {
        let keys: BTreeSet<&PaymentKey> = self.rows.iter().map(|row| &row.payment).collect();
        let keys: Vec<&PaymentKey> = keys.into_iter().collect();
        let mut orders = BTreeMap::new();
        for keys in keys.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for key in keys {
                let (journal, key) = (Arc::clone(journal), PaymentKey::clone(key));
                asked.spawn(async move { journal.payment(&key).await.map(|payment| (key, payment)) });
            }
            for answer in asked.join_all().await {
                let (key, payment) = answer?;
                orders.extend(payment.map(|payment| (key, payment.payment.merchant_uid)));
            }
        }
        Ok(orders)
    }

    /// The cancels that hold the keys of rows that were not submitted, by the rows' lines: they ask for something else, be it
    /// with another reason alone, and may have refunded what the row asks for.
    ///
    /// # Errors
    /// Of the journal.
    pub async fn keys_held(
        &self,
        journal: &Arc<dyn Journal>,
    ) -> Result<BTreeMap<i64, IntentRecord>, JournalError> {
        let without = |row: &&JobRow| match (&row.stored, row.refused.as_deref()) {
            (None, None) => true,
            (None, Some(why)) => why == KEY_CONFLICT,
            (Some(_), _) => false,
        };
        let rows: Vec<&JobRow> = self.rows.iter().filter(without).collect();
        let mut held = BTreeMap::new();
        for rows in rows.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for row in rows {
                let (journal, account, key) =
                    (Arc::clone(journal), row.payment.account(), row.caller_key.clone());
                let line = row.line;
                asked.spawn(async move { journal.by_key(&account, &key).await.map(|found| (line, found)) });
            }
            for answer in asked.join_all().await {
                let (line, found) = answer?;
                held.extend(found.map(|intent| (line, intent)));
            }
        }
        Ok(held)
    }

    /// Why rows were left out: each of the words of [`JobRow::refused`] with the number of rows.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<&str, u64> {
        let mut refusals = BTreeMap::new();
        for row in self.rows.iter().filter(|row| RowState::of(row) == RowState::LeftOut) {
            let count: &mut u64 = refusals.entry(row.refused.as_deref().unwrap_or_default()).or_default();
            *count = count.saturating_add(1);
        }
        refusals
    }

    /// Whether every row is settled.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.states.iter().all(|amounts| amounts.state.is_settled())
    }

    /// Whether the job is done: it was approved, and every row is settled.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.job.state, JobState::Approved | JobState::Halted) && self.is_settled()
    }

    /// It as JSON: the job's id, name, hash and state (`done` once it [is](Self::is_done), and then no reason why it was halted before), its totals, each state with rows and sums (amounts as
    /// `"KRW 12000"`), and how many rows were left out for which reason.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let totals: Vec<String> = self.job.totals.iter().map(|total| text(total.approved)).collect();
        serde_json::json!({
            "job": self.job.id.to_string(),
            "name": self.job.name,
            "hash": super::short_hash(&self.job),
            "state": if self.is_done() { "done" } else { self.job.state.as_str() },
            "approved_by": self.job.approved_by,
            "halted_because": self.job.halted_because.as_ref().filter(|_| !self.is_done()),
            "rows": self.job.rows,
            "totals": totals,
            "states": self.states,
            "left_out": self.refusals(),
        })
    }
}

/// `KRW 12000`, `USD 7.50`: read back by [`parse_total`](super::parse_total).
pub(super) fn text(money: Money) -> String {
    format!("{} {}", money.currency().code(), money.to_decimal_text())
}

fn texts<S: Serializer>(sums: &[Money], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sums.iter().map(|sum| text(*sum)))
}

/// Adds to the sum of an amount's currency.
fn add(sums: &mut BTreeMap<&'static str, Money>, amount: Money) -> Result<(), BulkError> {
    let sum = sums.entry(amount.currency().code()).or_insert(Money::zero(amount.currency()));
    let too_much = || BulkError::DoesNotAddUp("a sum is too large".to_owned());
    *sum = sum.checked_add(amount).ok_or_else(too_much)?;
    Ok(())
}

fn add_up(rows: &[JobRow]) -> Result<Vec<Amounts>, BulkError> {
    let mut states = Vec::new();
    for state in RowState::ALL {
        let (mut count, mut sums) = (0_u64, BTreeMap::new());
        for row in rows.iter().filter(|row| RowState::of(row) == state) {
            count = count.saturating_add(1);
            add(&mut sums, row.amount)?;
        }
        if count > 0 {
            states.push(Amounts { state, rows: count, sums: sums.into_values().collect() });
        }
    }
    Ok(states)
}

/// The states' rows and sums against the plan's.
fn check(job: &JobRecord, rows: &[JobRow], states: &[Amounts]) -> Result<(), BulkError> {
    let counted: u64 = states.iter().map(|amounts| amounts.rows).sum();
    if i64::try_from(counted) != Ok(job.rows) {
        return Err(BulkError::DoesNotAddUp(format!("{counted} rows where {} were planned", job.rows)));
    }
    let mut sums = BTreeMap::new();
    for sum in states.iter().flat_map(|amounts| &amounts.sums) {
        add(&mut sums, *sum)?;
    }
    let planned = job.totals.iter().map(|total| &total.approved);
    if !sums.values().eq(planned) {
        let found: Vec<String> = sums.values().map(ToString::to_string).collect();
        return Err(BulkError::DoesNotAddUp(format!("the rows come to {}", found.join(", "))));
    }
    for total in &job.totals {
        let own = rows
            .iter()
            .filter(|row| row.is_submitted() && row.amount.currency() == total.approved.currency());
        let submitted = own.fold(0_i64, |sum, row| sum.saturating_add(row.amount.minor()));
        if submitted > total.submitted || total.submitted > total.approved.minor() {
            return Err(BulkError::DoesNotAddUp(format!(
                "{submitted} {} submitted",
                total.approved.currency()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pg_core::Gateway;

    use super::*;
    use crate::journal::conformance::won;
    use crate::record::{IntentId, JobTotal, Timestamp};

    fn row(line: i64, amount: i64) -> JobRow {
        JobRow {
            line,
            intent: IntentId::from_bits(1),
            payment: PaymentKey::new(Gateway::Chaiport, "shop", "imp_1"),
            caller_key: format!("k{line}"),
            fingerprint: [0; 32],
            amount: won(amount),
            reason: None,
            refused: None,
            stored: None,
        }
    }

    fn job(rows: i64, approved: i64, submitted: i64) -> JobRecord {
        JobRecord {
            id: JobId::from_bits(1),
            name: String::new(),
            hash: [0; 32],
            state: JobState::Approved,
            totals: vec![JobTotal { approved: won(approved), submitted }],
            rows,
            approved_by: None,
            halted_because: None,
            seen_event: 0,
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn a_job_that_is_done_does_not_say_why_it_was_halted() {
        let refused = |line| JobRow { refused: Some("exceeds".to_owned()), ..row(line, 100) };
        let halted = JobRecord {
            state: JobState::Halted,
            halted_because: Some("many unknown outcomes".to_owned()),
            ..job(2, 200, 0)
        };
        for (rows, state, why) in [
            (vec![refused(1), row(2, 100)], "halted", serde_json::json!("many unknown outcomes")),
            (vec![refused(1), refused(2)], "done", serde_json::Value::Null),
        ] {
            let states = add_up(&rows).unwrap();
            let told = Report { job: halted.clone(), rows, states }.to_json();
            assert_eq!((&told["state"], &told["halted_because"]), (&state.into(), &why), "{told}");
        }
    }

    #[test]
    fn whatever_does_not_add_up_to_the_plan_is_an_error() {
        let refused = JobRow { refused: Some("exceeds".to_owned()), ..row(2, 200) };
        let rows = [row(1, 100), refused];
        let states = add_up(&rows).unwrap();
        assert_eq!(states.iter().map(|amounts| amounts.rows).collect::<Vec<_>>(), [1, 1]);
        assert!(check(&job(2, 300, 0), &rows, &states).is_ok());
        for (wrong, about) in [
            (job(3, 300, 0), "2 rows where 3 were planned"),
            (job(2, 301, 0), "the rows come to 300 KRW"),
            (job(2, 300, 301), "submitted"),
        ] {
            let error = check(&wrong, &rows, &states).unwrap_err().to_string();
            assert!(error.contains(about), "{error}");
        }
    }
}
