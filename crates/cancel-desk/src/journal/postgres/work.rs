//! What the journal's methods are made of: load under locks, apply, write back with the commit.

use std::time::Duration;

use pg_core::Invalid;

use crate::protocol::{Claim, Record, Snapshot};
use crate::record::{
    AttemptRecord, IntentId, IntentRecord, JobState, NewPayment, PaymentKey, PaymentRecord, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::NewEvent;
use super::super::gate::{self, Instead, OfJob};
use super::super::trail::Before;
use super::super::verify::Verifier;
use super::super::{JournalError, NewIntent, Seen, Submitted, Verification};
use super::error::Stop;
use super::rows::{self, CORRUPT, all, one};
use super::transaction::{Answers, Step, Transaction};
use super::{PostgresJournal, jobs, steps};

/// Longest text that is part of an index, in bytes.
const MAX_KEY: usize = 500;
/// Rows read at a time when going through all of them.
pub(super) const PAGE: u32 = 1000;

/// The answers of the steps, one after the other.
pub(super) struct Told(std::vec::IntoIter<Vec<tokio_postgres::Row>>);

impl Told {
    pub(super) fn new(answers: Answers) -> Self {
        Self(answers.into_iter())
    }

    pub(super) fn rows(&mut self) -> Vec<tokio_postgres::Row> {
        self.0.next().unwrap_or_default()
    }

    pub(super) fn one<T>(
        &mut self,
        read: fn(&tokio_postgres::Row) -> Result<T, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        one(&self.rows(), read)
    }

    pub(super) fn all<T>(
        &mut self,
        read: fn(&tokio_postgres::Row) -> Result<T, JournalError>,
    ) -> Result<Vec<T>, JournalError> {
        all(&self.rows(), read)
    }

    pub(super) fn now(&mut self) -> Result<Timestamp, JournalError> {
        self.one(|row| rows::time(row, "now"))?.ok_or(CORRUPT)
    }

    /// As of [`steps::of_job`].
    pub(super) fn of_job(&mut self) -> Result<Option<OfJob>, JournalError> {
        self.one(|row| {
            let state = JobState::from_word(row.try_get("state")?).ok_or(CORRUPT)?;
            Ok(OfJob { state, asked_since: row.try_get("asked_since")? })
        })
    }
}

/// What a transaction about one intent begins with.
pub(super) struct Loaded {
    pub(super) found: Rows,
    /// The payment's open attempt, whose ever it is.
    pub(super) open: Option<AttemptRecord>,
    pub(super) now: Timestamp,
    pub(super) more: Told,
}

/// Commits these steps, the payment and an event; tells when the payment is due next.
pub(super) async fn commit(
    transaction: &Transaction,
    mut steps: Vec<Step>,
    payment: &mut PaymentRecord,
    event: Option<&NewEvent>,
) -> Result<(), Stop> {
    let place = steps.len();
    steps.push(steps::update_payment(payment));
    steps.extend(event.map(steps::append));
    let answers = transaction.commit(steps).await?;
    let due = answers.get(place).and_then(|rows| rows.first()).ok_or(Stop::Journal(CORRUPT))?;
    payment.due_at = rows::some_time(due, "due_at")?;
    Ok(())
}

/// Commits what [`apply`] made of the rows.
pub(super) async fn store(
    transaction: &Transaction,
    found: &mut Rows,
    event: Option<&NewEvent>,
) -> Result<(), Stop> {
    let mut steps = Vec::new();
    if let Some(attempt) = &found.attempt {
        steps.push(steps::update_attempt(attempt)?);
    }
    steps.push(steps::update_intent(&found.intent)?);
    commit(transaction, steps, &mut found.payment, event).await
}

/// Commits a change with its event.
pub(super) async fn record(
    transaction: &Transaction,
    mut found: Rows,
    record: &Record,
    now: Timestamp,
) -> Result<Snapshot, Stop> {
    let before = Before::rows(&found);
    apply::record(&mut found, record, now)?;
    let event = NewEvent::changed(record, &before, &found, now);
    store(transaction, &mut found, Some(&event)).await?;
    Ok(found.into_snapshot(now))
}

/// Commits what the gate has instead of a sending.
pub(super) async fn write(
    transaction: &Transaction,
    mut found: Rows,
    instead: Instead,
    now: Timestamp,
) -> Result<Snapshot, Stop> {
    match instead {
        Instead::Record(change) => record(transaction, found, &change, now).await,
        Instead::TakeBack(reason) => {
            let before = Before::rows(&found);
            apply::take_back(&mut found, now)?;
            let event = NewEvent::withdrawn(&before, &found, gate::DESK, reason, now);
            store(transaction, &mut found, Some(&event)).await?;
            Ok(found.into_snapshot(now))
        }
    }
}

/// What becomes of a wish, given what is stored under its key, and its payment.
pub(super) fn submit(
    known: Option<IntentRecord>,
    payment: Option<&mut PaymentRecord>,
    new: &NewIntent,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<Submitted, JournalError> {
    if let Some(known) = known {
        let same = known.fingerprint == fingerprint;
        return if same { Ok(Submitted::Existing(known)) } else { Err(JournalError::KeyConflict) };
    }
    let payment = payment.ok_or(JournalError::NotFound)?;
    apply::submit(payment, new, fingerprint, now).map(Submitted::New)
}

/// Whether the database can hold the text at all; no payment has a key that it cannot.
pub(super) fn can_be_stored(text: &str) -> bool {
    !text.contains('\0') && text.len() <= MAX_KEY
}

pub(super) fn is_key(key: &PaymentKey) -> bool {
    can_be_stored(&key.merchant) && can_be_stored(&key.payment_id)
}

pub(super) fn check_storable(new: &NewPayment) -> Result<(), Invalid> {
    for (field, text) in [
        ("merchant", &new.merchant),
        ("payment_id", &new.payment.gateway_id),
        ("merchant_uid", &new.payment.merchant_uid),
    ] {
        if !can_be_stored(text) {
            return Err(Invalid::new(field, "must be at most 500 bytes, none of them zero"));
        }
    }
    Ok(())
}

impl PostgresJournal {
    /// Begins a transaction about one intent: its payment locked, itself, the open attempt, and what else is wanted.
    pub(super) async fn load(
        &self,
        transaction: &Transaction,
        intent: IntentId,
        more: Vec<Step>,
    ) -> Result<Loaded, Stop> {
        let mut wanted = vec![
            steps::locked_payment_of(intent),
            steps::intent(intent),
            steps::open_beside(intent),
            steps::now(self.clock()),
        ];
        wanted.extend(more);
        let mut told = Told::new(transaction.begin(wanted).await?);
        let payment = told.one(rows::payment)?.ok_or(JournalError::NotFound)?;
        let intent = told.one(rows::intent)?.ok_or(JournalError::NotFound)?;
        let open = told.one(rows::attempt)?;
        let now = told.now()?;
        let attempt = open.clone().filter(|attempt| attempt.intent == intent.id);
        Ok(Loaded { found: Rows { payment, intent, attempt }, open, now, more: told })
    }

    /// What is worked on next at a payment: its current intent, the open attempt, the time.
    pub(super) fn current(&self, key: &PaymentKey) -> [Step; 3] {
        [steps::current(key), steps::open_attempt(key), steps::now(self.clock())]
    }

    /// Claims a locked payment, if it is due and free.
    pub(super) async fn take(
        transaction: &Transaction,
        mut payment: PaymentRecord,
        mut told: Told,
        owner: &str,
        length: Duration,
    ) -> Result<Option<Claim>, Stop> {
        let intent = told.one(rows::with_account)?;
        let open = told.one(rows::attempt)?;
        let now = told.now()?;
        let due = payment.due_at.is_some_and(|due| due <= now);
        if !due || !apply::is_free(&payment, owner, now) {
            return Ok(None);
        }
        let Some((intent, has_account)) =
            intent.filter(|(intent, _)| open.is_none() || intent.due_at.is_some())
        else {
            return Ok(None);
        };
        let lease = apply::claim(&mut payment, owner, length, now);
        transaction.commit(vec![steps::update_lease(&payment)]).await?;
        let snapshot = Rows { payment, intent, attempt: open }.into_snapshot(now);
        Ok(Some(Claim { lease, snapshot, has_account }))
    }

    /// Changes a payment alone, with its event.
    pub(super) async fn change_payment(
        &self,
        key: &PaymentKey,
        change: impl Fn(&mut PaymentRecord, Option<i64>, Timestamp) -> Result<NewEvent, JournalError>
        + Send
        + Sync,
    ) -> Result<PaymentRecord, JournalError> {
        let change = &change;
        self.again(|transaction| async move {
            let wanted = vec![steps::locked_payment(key), steps::open_attempt(key), steps::now(self.clock())];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let mut payment = told.one(rows::payment)?.ok_or(JournalError::NotFound)?;
            let open = told.one(rows::attempt)?.map(|attempt| attempt.amount.minor());
            let event = change(&mut payment, open, told.now()?)?;
            commit(&transaction, Vec::new(), &mut payment, Some(&event)).await?;
            Ok(payment)
        })
        .await
    }

    /// Clears a suspect payment of which nothing older waits.
    pub(super) async fn trust_payment(
        &self,
        key: &PaymentKey,
        (by, reason): (&str, &str),
        seen: Option<Seen>,
    ) -> Result<PaymentRecord, JournalError> {
        self.again(|transaction| async move {
            let wanted = vec![steps::locked_payment(key), steps::intents_of(key), steps::now(self.clock())];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let mut payment = told.one(rows::payment)?.ok_or(JournalError::NotFound)?;
            let before = Before::payment(&payment);
            apply::trust(&mut payment, &told.all(rows::intent)?, seen)?;
            let event = NewEvent::trusted(&before, &payment, by, reason, told.now()?);
            commit(&transaction, Vec::new(), &mut payment, Some(&event)).await?;
            Ok(payment)
        })
        .await
    }

    pub(super) async fn verify_all(&self, transaction: &Transaction) -> Result<Verification, Stop> {
        let mut verifier = Verifier::with_events();
        transaction.begin_reading().await?;
        verifier.at(Told::new(transaction.go_on(vec![steps::now(self.clock())]).await?).now()?);
        let mut last = 0;
        loop {
            let mut told = Told::new(transaction.go_on(vec![steps::events(last, PAGE)]).await?);
            let events = told.all(rows::event)?;
            let Some(end) = events.last().map(|event| event.seq) else { break };
            last = end;
            events.iter().for_each(|event| verifier.event(event));
        }
        // committed meanwhile, and not sealed yet
        let waiting = Told::new(transaction.go_on(vec![steps::unsealed()]).await?).all(rows::event)?;
        waiting.iter().for_each(|event| verifier.unsealed(event));
        let mut after = [const { String::new() }; 3];
        loop {
            let wanted = vec![steps::payments_after_words(&after, PAGE)];
            let mut payments = Told::new(transaction.go_on(wanted).await?).rows();
            let words = all(&payments, rows::words)?;
            let Some(end) = words.last().cloned() else { break };
            after = end;
            payments.retain(|row| rows::key(row).is_ok());
            for words in words.iter().filter(|[gateway, ..]| rows::gateway(gateway).is_err()) {
                verifier.unreadable(words.join("/"));
            }
            let keys = all(&payments, rows::key)?;
            let wanted =
                keys.iter().flat_map(|key| [steps::intents_of(key), steps::attempts_of_payment(key)]);
            let mut told = Told::new(transaction.go_on(wanted.collect()).await?);
            for (key, payment) in keys.iter().zip(&payments) {
                match (rows::payment(payment), told.all(rows::intent), told.all(rows::attempt)) {
                    (Ok(payment), Ok(intents), Ok(attempts)) => {
                        verifier.payment(&payment, &intents, &attempts);
                    }
                    // what else is wrong is told all the same
                    _ => verifier.unreadable(key.to_string()),
                }
            }
        }
        for id in Told::new(transaction.go_on(vec![jobs::ids()]).await?).all(jobs::id_of)? {
            match jobs::whole(transaction, id).await {
                Ok((job, rows)) => verifier.job(&job, &rows),
                Err(Stop::Journal(JournalError::Corrupt(_))) => verifier.unreadable(id.to_string()),
                Err(error) => return Err(error),
            }
        }
        let unsettled = transaction.go_on(vec![steps::unsettled()]).await?;
        verifier.restored(unsettled.iter().any(|rows| !rows.is_empty()));
        Ok(verifier.finish())
    }
}
