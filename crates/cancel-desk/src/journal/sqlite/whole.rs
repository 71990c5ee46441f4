//! The whole journal read, to be verified.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::record::{AttemptRecord, IntentRecord, PaymentKey, PaymentRecord, Timestamp};

use super::super::verify::Verifier;
use super::super::{Clock as _, JournalError, SystemClock, Verification};
use super::{jobs, open, rows};

type OfPayment = (PaymentRecord, Vec<IntentRecord>, Vec<AttemptRecord>);

/// A payment with all of its own.
fn of_payment(c: &Connection, key: &PaymentKey) -> Result<Option<OfPayment>, JournalError> {
    let Some(payment) = rows::payment(c, key)? else {
        return Ok(None);
    };
    let intents = rows::intents_of(c, key)?;
    let attempts = rows::attempts_of_payment(c, key)?;
    Ok(Some((payment, intents, attempts)))
}

/// Whether the whole can be read, and holds what it must.
pub(super) fn is_sound(path: &Path) -> bool {
    const PATIENCE: Duration = Duration::from_secs(10);

    tracing::warn!(
        "the journal was changed later than its write-ahead log: all of it is verified before anything is done"
    );
    verify(path, PATIENCE, SystemClock.now()).is_ok_and(|found| found.is_sound())
}

pub(super) fn verify(path: &Path, timeout: Duration, now: Timestamp) -> Result<Verification, JournalError> {
    let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, timeout)?;
    let c = connection.transaction()?;
    let mut verifier = Verifier::with_events();
    verifier.at(now);
    let mut last = 0;
    loop {
        let events = rows::events(&c, last, 1000)?;
        let Some(end) = events.last().map(|event| event.seq) else { break };
        last = end;
        events.iter().for_each(|event| verifier.event(event));
    }
    let mut after = [const { String::new() }; 3];
    loop {
        let keys = rows::words_after(&c, &after, 500)?;
        let Some(end) = keys.last().cloned() else { break };
        after = end;
        for words in keys {
            let read = rows::key_of(&words).and_then(|key| of_payment(&c, &key));
            match read {
                Ok(Some((payment, intents, attempts))) => verifier.payment(&payment, &intents, &attempts),
                Ok(None) => {}
                // what else is wrong is told all the same
                Err(error) if rows::is_unreadable(&error) => verifier.unreadable(words.join("/")),
                Err(error) => return Err(error),
            }
        }
    }
    for (at, id) in jobs::ids(&c)? {
        let read = jobs::must(&c, id).and_then(|job| Ok((jobs::rows_of(&c, id, 0, u32::MAX)?, job)));
        match read {
            Ok((rows, job)) => verifier.job(&job, &rows),
            Err(error) if rows::is_unreadable(&error) => verifier.unreadable(at),
            Err(error) => return Err(error),
        }
    }
    verifier.restored(rows::is_restored(&c)?);
    Ok(verifier.finish())
}
