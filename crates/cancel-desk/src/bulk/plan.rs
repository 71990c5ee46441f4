//! The dry run: what of a file can be refunded. Nothing is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use pg_core::{Invalid, Money, RefundAccount};
use sha2::{Digest, Sha256};

use crate::desk::checks;
use crate::journal::{Journal, JournalError, NewIntent};
use crate::record::{
    AccountName, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobState, NewJob, NewJobRow,
    PaymentKey, PaymentRecord, hex,
};
use crate::worker::Accounts;

use super::BulkError;
use super::file::{OrderFile, RefundInto, Row, RowAmount};
use super::ledgers::{Ledgers, take};
use super::select::{self, Found};

/// How many jobs are searched for one of the same file.
const SEARCHED: u32 = 10_000;
/// How many rows the journal is asked about before they are judged, and how many keys at once.
const ROWS_AT_ONCE: usize = 1_000;
/// Longest name of a file in a job's name, in characters.
const MAX_NAME: usize = 60;

/// A refund of the same amount of the same payment, under another key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Same {
    /// Its key.
    pub key: String,
    /// How far it is; never rejected or withdrawn.
    pub state: IntentState,
    /// It.
    pub cancel: IntentId,
}

impl Same {
    fn of(intent: &IntentRecord) -> Self {
        Self { key: intent.caller_key.clone(), state: intent.state, cancel: intent.id }
    }
}

impl fmt::Display for Same {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the same amount was asked for under the key {} ({}, cancel {}): leave the row out if it is the same refund",
            self.key, self.state, self.cancel
        )
    }
}

/// What a row of the file comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It can be refunded, and is in the job.
    Ok,
    /// Nothing is left to refund.
    AlreadyRefunded,
    /// More than is left.
    OverBalance {
        /// What is left, rows further up and open refunds counted.
        left: Money,
    },
    /// The journal knows no such payment.
    NotRegistered,
    /// Several payments fit.
    Ambiguous,
    /// It cannot be refunded as it is.
    NotCancellable {
        /// The column or field.
        field: String,
        /// Why.
        why: String,
    },
    /// The same key, or without a key of its own the same refund, was asked for before.
    Known {
        /// How far that refund is.
        state: IntentState,
        /// That one was not made, but the same amount was asked for under another key.
        same: Option<Same>,
    },
    /// A row of another plan, which is not discarded, has the same key.
    Planned {
        /// That plan.
        job: JobId,
        /// There.
        line: i64,
    },
    /// The same refund as further up, without keys of their own.
    Duplicate {
        /// There.
        line: u64,
    },
    /// The same key as further up.
    DuplicateKey {
        /// There.
        line: u64,
    },
    /// The gateway did not tell about it.
    NoAnswer,
}

impl Verdict {
    /// One word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::AlreadyRefunded => "already_refunded",
            Self::OverBalance { .. } => "over_balance",
            Self::NotRegistered => "not_registered",
            Self::Ambiguous => "ambiguous",
            Self::NotCancellable { .. } => "not_cancellable",
            Self::Known { .. } => "known",
            Self::Planned { .. } => "planned",
            Self::Duplicate { .. } => "duplicate",
            Self::DuplicateKey { .. } => "duplicate_key",
            Self::NoAnswer => "no_answer",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("can be refunded"),
            Self::AlreadyRefunded => f.write_str("nothing is left to refund"),
            Self::OverBalance { left } => write!(f, "more than the {left} that is left"),
            Self::NotRegistered => f.write_str("no such payment is registered: import it first"),
            Self::Ambiguous => f.write_str("several payments fit: add gateway, account or payment_id"),
            Self::NotCancellable { field, why } => write!(f, "{field} {why}"),
            Self::Known { state, same: Some(Same { key, state: there, cancel }) } => write!(
                f,
                "its own key's request is {state}, but the same amount was asked for under the key {key} ({there}, cancel {cancel}): do not ask again if it is the same refund"
            ),
            Self::Known { state: state @ (IntentState::Rejected | IntentState::Withdrawn), .. } => {
                write!(
                    f,
                    "its key was used before, and that refund is {state}: give it a new key to ask for it again"
                )
            }
            Self::Known {
                state:
                    state @ (IntentState::Planned
                    | IntentState::Open
                    | IntentState::Accepted
                    | IntentState::Manual),
                ..
            } => write!(
                f,
                "asked for before, and its outcome stands out ({state}): take no new key, settle that one first (`cancel-desk pending`)"
            ),
            Self::Known { state, .. } => {
                write!(f, "asked for before, and {state}: give it a key of its own if it is meant once more")
            }
            Self::Planned { job, line } => write!(
                f,
                "it is in plan {job} already, as its line {line}: run or discard that plan, or give it a key of its own if it is meant once more"
            ),
            Self::Duplicate { line } => {
                write!(f, "the same as line {line}: give both a key of their own if both are meant")
            }
            Self::DuplicateKey { line } => {
                write!(f, "the same key as line {line}: every refund needs a key of its own")
            }
            Self::NoAnswer => f.write_str("the gateway did not tell about it: plan again later, under another name once this plan is run"),
        }
    }
}

/// A row of the file, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedRow {
    /// What the file gives, but for the account to refund into.
    pub given: Row,
    /// The payment, if there is exactly one.
    pub payment: Option<PaymentKey>,
    /// The amount, if it could be understood.
    pub amount: Option<Money>,
    /// What it comes to.
    pub verdict: Verdict,
    /// It can be refunded under its own key, and the same amount was asked for under another: it may be the same
    /// refund, or two that are meant.
    pub same: Option<Same>,
}

/// What a plan refunds at one account in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanSum {
    /// How many rows.
    pub rows: u64,
    /// Their sum.
    pub sum: Money,
}

/// A file, looked at.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Plan {
    /// The job of the rows that are [`Verdict::Ok`]; `None` when there are none.
    pub job: Option<JobRecord>,
    /// The file's own job had begun already: nothing was looked at, `job` is that one.
    pub begun: bool,
    /// How many rows are in the job, and their sums, by account and the currency's code.
    pub sums: BTreeMap<(AccountName, &'static str), PlanSum>,
    /// The rows that are not in the job, and those that are and [doubtful](Self::doubtful), in the file's order; all rows
    /// where the planner was told to [keep them](Planner::keeping_all_rows).
    pub rows: Vec<PlannedRow>,
    /// Other plans of the same file, with other rows, that nobody approved: [`job`](Self::job) is none of them.
    pub others: Vec<JobRecord>,
}

impl Plan {
    /// How many rows have which verdict, by [its word](Verdict::as_str).
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for row in self.left_out() {
            let count: &mut u64 = counts.entry(row.verdict.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        let ok = self.sums.values().fold(0_u64, |ok, sum| ok.saturating_add(sum.rows));
        counts.extend((ok > 0).then_some((Verdict::Ok.as_str(), ok)));
        counts
    }

    fn count(&mut self, row: &NewJobRow) {
        let currency = row.amount.currency();
        let sum = self.sums.entry((row.payment.account(), currency.code()));
        let sum = sum.or_insert(PlanSum { rows: 0, sum: Money::zero(currency) });
        sum.rows = sum.rows.saturating_add(1);
        // more than any amount can be is refused when the plan is stored
        sum.sum = sum.sum.checked_add(row.amount).unwrap_or(sum.sum);
    }

    /// The rows that are not in the job.
    pub fn left_out(&self) -> impl Iterator<Item = &PlannedRow> {
        self.rows.iter().filter(|row| row.verdict != Verdict::Ok)
    }

    /// The rows in the job whose amount was asked for under another key as well: to be looked at before approval.
    pub fn doubtful(&self) -> impl Iterator<Item = (&PlannedRow, &Same)> {
        let in_job = self.rows.iter().filter(|row| row.verdict == Verdict::Ok);
        in_job.filter_map(|row| Some((row, row.same.as_ref()?)))
    }
}

/// Makes plans.
#[derive(Debug, Clone)]
pub struct Planner {
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    look_up: bool,
    all_rows: bool,
}

impl Planner {
    /// A planner that asks the journal alone.
    #[must_use]
    pub const fn new(journal: Arc<dyn Journal>, accounts: Arc<Accounts>) -> Self {
        Self { journal, accounts, look_up: false, all_rows: false }
    }

    /// Asks the gateways as well about every row that the journal would refund, at the accounts' pace.
    #[must_use]
    pub const fn looking_up(mut self, yes: bool) -> Self {
        self.look_up = yes;
        self
    }

    /// Keeps the rows that are in the job in [`Plan::rows`] as well: about a kilobyte each.
    #[must_use]
    pub const fn keeping_all_rows(mut self, yes: bool) -> Self {
        self.all_rows = yes;
        self
    }

    /// Looks at every row, and stores the job of those that can be refunded. The same file again gives the same job.
    ///
    /// `name` is the file's, without its folder.
    ///
    /// # Errors
    /// [`BulkError::Journal`]; [`JournalError::NoKey`] in it when the file names
    /// refund accounts and no key is set to seal them.
    pub async fn plan(&self, file: OrderFile, name: &str) -> Result<Plan, BulkError> {
        let seen_event = self.journal.last_event().await?;
        let name = job_name(&file, name);
        let jobs = self.journal.jobs(SEARCHED).await?;
        let begun = |job: &&JobRecord| job.name == name && job.state != JobState::Planned;
        if let Some(job) = jobs.iter().find(begun) {
            return Ok(Plan { job: Some(job.clone()), begun: true, ..Plan::default() });
        }
        let mut plan = Plan::default();
        let mut desk = Sheet { accounts: Arc::clone(&self.accounts), ..Sheet::default() };
        let mut ledgers = Ledgers::default();
        let mut new: Vec<NewJobRow> = Vec::with_capacity(file.rows.len());
        let mut left = Left::of(file.rows);
        while let Some(some) = left.next() {
            let found = select::find_all(&self.journal, self.accounts.names(), &some).await?;
            desk.planned = planned(&*self.journal, &some, &found, &name).await?;
            let mut looked = Vec::with_capacity(some.len());
            for (row, found) in some.into_iter().zip(&found) {
                looked.push(desk.look(row, found));
            }
            if self.look_up {
                let good = |(looked, found): (&Looked, Found)| match looked.row.verdict {
                    Verdict::Ok => found.payments,
                    _ => Vec::new(),
                };
                let payments = looked.iter().zip(found).flat_map(good);
                ledgers.ask(&self.journal, &self.accounts, payments).await?;
                ledgers.judge(&mut looked);
            }
            for mut looked in looked {
                if let Some(row) = looked.take_for_job() {
                    plan.count(&row);
                    new.push(row);
                }
                if self.all_rows || looked.row.verdict != Verdict::Ok || looked.row.same.is_some() {
                    plan.rows.push(looked.row);
                }
            }
        }
        drop((desk, ledgers));
        if !new.is_empty() {
            let new = NewJob { name, rows: new, seen_event: Some(seen_event) };
            plan.job = Some(self.journal.plan_job(new).await?);
        }
        let is_other = |other: &JobRecord| {
            plan.job.as_ref().is_some_and(|job| job.name == other.name && job.id != other.id)
        };
        plan.others = jobs.into_iter().filter(is_other).collect();
        Ok(plan)
    }
}

/// The rows of a file that are still to be looked at. What was taken is freed.
struct Left(Vec<Row>);

impl Left {
    fn of(mut rows: Vec<Row>) -> Self {
        rows.reverse();
        Self(rows)
    }

    /// The next ones, in the file's order.
    fn next(&mut self) -> Option<Vec<Row>> {
        let mut some = self.0.split_off(self.0.len().saturating_sub(ROWS_AT_ONCE));
        self.0.shrink_to_fit();
        some.reverse();
        (!some.is_empty()).then_some(some)
    }
}

/// Name and contents of the file: the same file is the same job.
fn job_name(file: &OrderFile, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let digest: String = hex(&file.digest).chars().take(16).collect();
    format!("{name} {digest}")
}

/// A row with what the job needs of it.
pub(super) struct Looked {
    pub(super) row: PlannedRow,
    key: String,
    reason: Option<String>,
    account: Option<RefundAccount>,
}

impl Looked {
    fn take_for_job(&mut self) -> Option<NewJobRow> {
        if self.row.verdict != Verdict::Ok {
            return None;
        }
        let line = i64::try_from(self.row.given.line).ok()?;
        let mut new = NewJobRow::new(line, self.row.payment.clone()?, self.row.amount?);
        new.reason = self.reason.take();
        new.key = Some(std::mem::take(&mut self.key));
        new.account = self.account.take();
        Some(new)
    }
}

/// The rows of other plans that have the keys of these rows.
async fn planned(
    journal: &dyn Journal,
    rows: &[Row],
    found: &[Found],
    name: &str,
) -> Result<BTreeMap<(AccountName, String), (JobId, i64)>, JournalError> {
    let mut keys: BTreeMap<AccountName, BTreeSet<String>> = BTreeMap::new();
    for (row, found) in rows.iter().zip(found) {
        if let [payment] = found.payments.as_slice()
            && let Ok(amount) = amount_of(row.amount, payment, payment.available())
        {
            keys.entry(payment.key().account()).or_default().insert(key_of(row, payment, amount));
        }
    }
    let mut planned = BTreeMap::new();
    for (account, keys) in keys {
        let keys: Vec<String> = keys.into_iter().collect();
        for keys in keys.chunks(ROWS_AT_ONCE) {
            let known = journal.planned_under(&account, keys, name).await?;
            planned.extend(known.into_iter().map(|(key, row)| ((account.clone(), key), row)));
        }
    }
    Ok(planned)
}

/// What a row asks for, where so much is left.
fn amount_of(asked: RowAmount, payment: &PaymentRecord, left: i64) -> Result<Money, Invalid> {
    match asked {
        RowAmount::Full => Ok(payment.money(left)),
        RowAmount::Exact(decimal) => Money::from_decimal(decimal, payment.paid().currency())
            .map_err(|error| Invalid::new("amount", error.to_string())),
    }
}

/// The key of a row, its own or the one it gets.
fn key_of(row: &Row, payment: &PaymentRecord, amount: Money) -> String {
    row.key.clone().unwrap_or_else(|| own_key(&payment.key(), row.amount, amount))
}

/// Words as half a SHA-256: of a long file, all of them are kept.
type Short = [u8; 16];

fn short(words: [&str; 3]) -> Short {
    let mut digest = Sha256::new();
    for word in words {
        // length before content, so that no two run together into one text
        digest.update(u64::try_from(word.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(word.as_bytes());
    }
    let whole: [u8; 32] = digest.finalize().into();
    whole.first_chunk().copied().unwrap_or_default()
}

/// What the rows further up have taken.
#[derive(Default)]
struct Sheet {
    accounts: Arc<Accounts>,
    left: BTreeMap<Short, i64>,
    /// The lines of the keys that were taken.
    keys: BTreeMap<Short, u64>,
    /// The rows of other plans, by their keys.
    planned: BTreeMap<(AccountName, String), (JobId, i64)>,
}

impl Sheet {
    fn look(&mut self, mut row: Row, found: &Found) -> Looked {
        let into = row.refund_into.take();
        let reason = row.reason.clone();
        let mut looked = Looked {
            row: PlannedRow { given: row, payment: None, amount: None, verdict: Verdict::Ok, same: None },
            key: String::new(),
            reason,
            account: None,
        };
        looked.row.verdict = match found.payments.as_slice() {
            [] => Verdict::NotRegistered,
            [payment] => match self.judge(payment, found, into.as_deref(), &mut looked) {
                Ok(verdict) => verdict,
                Err(error) => Verdict::NotCancellable {
                    field: error.field().to_owned(),
                    why: error.reason().to_owned(),
                },
            },
            _ => Verdict::Ambiguous,
        };
        looked
    }

    fn judge(
        &mut self,
        payment: &PaymentRecord,
        found: &Found,
        into: Option<&RefundInto>,
        looked: &mut Looked,
    ) -> Result<Verdict, Invalid> {
        let row = &looked.row.given;
        looked.row.payment = Some(payment.key());
        let PaymentKey { gateway, merchant, payment_id } = payment.key();
        let number = short([gateway.as_str(), &merchant, &payment_id]);
        let left = self.left.entry(number).or_insert_with(|| payment.available());
        let amount = amount_of(row.amount, payment, *left)?;
        looked.row.amount = Some(amount);
        looked.key = key_of(row, payment, amount);
        let key = short([gateway.as_str(), &merchant, &looked.key]);
        if let Some(line) = self.keys.get(&key) {
            let line = *line;
            return Ok(match row.key {
                Some(_) => Verdict::DuplicateKey { line },
                None => Verdict::Duplicate { line },
            });
        }
        let not_made =
            |intent: &IntentRecord| matches!(intent.state, IntentState::Rejected | IntentState::Withdrawn);
        if let Some(known) = found.intents.iter().find(|intent| intent.caller_key == looked.key) {
            // of a full refund nothing is left now: what it was then counts
            let same = |intent: &&IntentRecord| {
                (intent.amount == known.amount || intent.amount == amount) && !not_made(intent)
            };
            let same = if not_made(known) { found.intents.iter().find(same).map(Same::of) } else { None };
            return Ok(Verdict::Known { state: known.state, same });
        }
        if let Some((job, line)) = self.planned.get(&(payment.key().account(), looked.key.clone())) {
            return Ok(Verdict::Planned { job: *job, line: *line });
        }
        // without a key of its own nothing tells it from a refund that was asked for before
        let same = found.intents.iter().find(|intent| intent.amount == amount && !not_made(intent));
        if let (None, RowAmount::Exact(_), Some(known)) = (&row.key, row.amount, same) {
            return Ok(Verdict::Known { state: known.state, same: None });
        }
        looked.row.same = same.map(Same::of);
        if let Some(into) = into {
            looked.account = Some(select::account(into, &payment.payment)?);
        }
        if payment.suspect.is_some() {
            let why = "is suspect after a restored backup: a person clears it first";
            return Err(Invalid::new("payment", why));
        }
        let before = *left;
        let verdict = take(left, payment.available(), amount);
        if verdict == Verdict::Ok {
            if let Err(error) = check(payment, looked, &self.accounts) {
                self.left.insert(number, before);
                return Err(error);
            }
            self.keys.insert(key, looked.row.given.line);
        }
        Ok(verdict)
    }
}

/// What the gateway's own crate refuses.
fn check(payment: &PaymentRecord, looked: &Looked, accounts: &Accounts) -> Result<(), Invalid> {
    let Some(amount) = looked.row.amount else { return Ok(()) };
    let mut new = NewIntent::new(payment.key(), looked.key.as_str(), amount)?;
    new.reason.clone_from(&looked.reason);
    new.account.clone_from(&looked.account);
    new.check()?;
    checks::wish(payment, &new, accounts)
}

/// The key of a row without one: the same refund of the same payment has the same key in every file.
fn own_key(payment: &PaymentKey, asked: RowAmount, amount: Money) -> String {
    let amount = match asked {
        RowAmount::Full => "full".to_owned(),
        RowAmount::Exact(_) => amount.minor().to_string(),
    };
    let number = &payment.payment_id;
    if number.len() <= 100 && number.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
        return format!("bulk:{number}:{amount}");
    }
    format!("bulk:{}:{amount}", hex(&Sha256::digest(number.as_bytes())))
}
