use pg_core::{Currency, Invalid, Money};

use crate::journal::{Journal, check_person};
use crate::record::{JobId, JobRecord, JobState, hex};

use super::BulkError;

/// How many characters of a plan's hash are shown, and must be given at least.
const SHORT: usize = 16;

/// The first 16 hexadecimal characters of a plan's hash.
#[must_use]
pub fn short_hash(job: &JobRecord) -> String {
    hex(&job.hash).chars().take(SHORT).collect()
}

/// Approves exactly this plan: the hash as shown (16 characters or all 64) and the total of every currency.
///
/// # Errors
/// [`BulkError::Invalid`] naming `approve`, `total` or `by`; of totals, what was planned and what was given;
/// [`BulkError::NoSuchJob`]; [`BulkError::NotApproved`] when it has halted: see [`approve_again`]; [`BulkError::Journal`]
/// when it was discarded.
pub async fn approve(
    journal: &dyn Journal,
    id: JobId,
    hash: &str,
    totals: &[Money],
    by: &str,
) -> Result<JobRecord, BulkError> {
    let job = checked(journal, id, hash, totals).await?;
    if job.state == JobState::Halted {
        return Err(BulkError::NotApproved { state: job.state, because: job.halted_because });
    }
    Ok(journal.approve_job(id, job.hash, totals, by).await?)
}

/// The job that a run goes on with, and whether a person let it go on after it had halted.
///
/// [`approve_again`] and [`let_go_on`] give it to [`Run::new`](super::Run::new). From a [`JobId`] it is that of a job that
/// never halted, or whose run was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "`Run::new` takes it: a run that is given the job's id alone halts again over the very rows that were let go on"]
pub struct Approval {
    job: JobId,
    let_go_on: bool,
}

impl Approval {
    /// The job.
    #[must_use]
    pub const fn job(self) -> JobId {
        self.job
    }

    /// Whether a person let it go on: which of its first rows ended badly is known then.
    #[must_use]
    pub const fn is_let_go_on(self) -> bool {
        self.let_go_on
    }
}

impl From<JobId> for Approval {
    fn from(job: JobId) -> Self {
        Self { job, let_go_on: false }
    }
}

/// As [`approve`], for a job that has halted: who approves it again says why it may go on, and that is recorded.
///
/// # Errors
/// As of [`approve`], and [`BulkError::Invalid`] naming `reason`.
pub async fn approve_again(
    journal: &dyn Journal,
    id: JobId,
    hash: &str,
    totals: &[Money],
    by: &str,
    reason: &str,
) -> Result<Approval, BulkError> {
    let job = checked(journal, id, hash, totals).await?;
    signed(journal, &job, by, reason).await
}

/// Lets a halted job go on, for who has seen hash and totals before: as [`approve_again`], without naming them once more.
///
/// # Errors
/// [`BulkError::NoSuchJob`]; [`BulkError::NotApproved`] when it was never approved, or was discarded;
/// [`BulkError::Invalid`] naming `by` or `reason`; [`BulkError::Journal`].
pub async fn let_go_on(
    journal: &dyn Journal,
    id: JobId,
    by: &str,
    reason: &str,
) -> Result<Approval, BulkError> {
    let job = journal.job(id).await?.ok_or(BulkError::NoSuchJob(id))?;
    match job.state {
        JobState::Halted => signed(journal, &job, by, reason).await,
        JobState::Approved => Ok(Approval::from(id)),
        // hash and totals were never named
        state => Err(BulkError::NotApproved { state, because: job.halted_because }),
    }
}

async fn signed(
    journal: &dyn Journal,
    job: &JobRecord,
    by: &str,
    reason: &str,
) -> Result<Approval, BulkError> {
    check_person(by, reason)?;
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    let approved = journal.approve_job(job.id, job.hash, &totals, &format!("{by}: {reason}")).await?;
    Ok(Approval { job: approved.id, let_go_on: true })
}

/// Whether hash and totals are this job's.
///
/// # Errors
/// As of [`approve`], but for the name and the state.
pub(crate) async fn checked(
    journal: &dyn Journal,
    id: JobId,
    hash: &str,
    totals: &[Money],
) -> Result<JobRecord, BulkError> {
    let job = journal.job(id).await?.ok_or(BulkError::NoSuchJob(id))?;
    let given = hash.trim().to_ascii_lowercase();
    if given.len() < SHORT || !hex(&job.hash).starts_with(&given) {
        // the right one is not told: it stands for having seen the plan
        let why = "must be the hash of this plan, as «bulk plan» showed it: look at the plan again";
        return Err(Invalid::new("approve", why).into());
    }
    let mut given = totals.to_vec();
    given.sort_by_key(|total| total.currency().code());
    if !given.iter().eq(job.totals.iter().map(|total| &total.approved)) {
        let planned: Vec<String> =
            job.totals.iter().map(|total| super::report::text(total.approved)).collect();
        let given: Vec<String> = given.iter().map(|total| super::report::text(*total)).collect();
        let given = if given.is_empty() { "-".to_owned() } else { given.join(", ") };
        let why = format!(
            "must be the plan's own, once for each currency (planned {}; given {given})",
            planned.join(", ")
        );
        return Err(Invalid::new("total", why).into());
    }
    Ok(job)
}

/// Reads a total as a person writes it: `KRW 12,345,000`, `12345000 KRW`, `USD 7.50`.
///
/// # Errors
/// [`Invalid`] naming `total`.
pub fn parse_total(text: &str) -> Result<Money, Invalid> {
    let invalid = || Invalid::new("total", "must be a currency and an amount, like: KRW 12,345,000");
    let mut words = text.split([' ', '=']).filter(|word| !word.is_empty());
    let (Some(one), Some(other), None) = (words.next(), words.next(), words.next()) else {
        return Err(invalid());
    };
    let currency = |word: &str| word.to_ascii_uppercase().parse::<Currency>().ok();
    let (currency, digits) = match (currency(one), currency(other)) {
        (Some(currency), None) => (currency, other),
        (None, Some(currency)) => (currency, one),
        _ => return Err(invalid()),
    };
    if !are_groups_of_three(digits) {
        return Err(invalid());
    }
    Money::parse(&digits.replace(',', ""), currency).map_err(|_| invalid())
}

/// Whether every comma of a number stands before three digits.
fn are_groups_of_three(number: &str) -> bool {
    let whole = number.split('.').next().unwrap_or(number);
    let mut groups = whole.split(',');
    let first = groups.next().map_or(0, str::len);
    let mut single = true;
    let rest = groups.all(|group| {
        single = false;
        group.len() == 3
    });
    rest && (single || (1..=3).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_as_people_write_them() {
        let won = Money::krw(12_345_000).unwrap();
        for text in ["KRW 12,345,000", "krw=12345000", "12,345,000 KRW", "  KRW  12345000 "] {
            assert_eq!(parse_total(text).unwrap(), won, "{text}");
        }
        assert_eq!(parse_total("USD 1,007.50").unwrap().minor(), 100_750);
        for text in [
            "",
            "KRW",
            "12345",
            "KRW 1,2345",
            "KRW 1,,000",
            "KRW -1",
            "KRW 1 2",
            "KRW 1.5",
            "KRW USD",
            "XXX 1",
        ] {
            assert_eq!(parse_total(text).unwrap_err().field(), "total", "{text}");
        }
    }
}
