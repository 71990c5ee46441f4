mod names;
mod put_back;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::conformance::{
    LEASE, TestClock, about, account, attempt, claimed, completed, journal_conformance, payment, sound,
    submitted, tampered, vault, wish, won,
};
use super::*;
use crate::record::NewJobRow;
use pg_core::Gateway;

/// A folder that goes when the test ends.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("cancel-desk-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    /// What tells the last event.
    fn last(&self) -> PathBuf {
        self.0.join("last-of-journal.db")
    }

    fn open(&self) -> Result<SqliteJournal, JournalError> {
        SqliteJournal::open(SqliteOptions::new(self.file()).with_vault(vault()))
    }

    /// Everything on disk, the write-ahead log included.
    fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.0);
    }
}

fn make(clock: Arc<TestClock>, vault: Vault) -> (Arc<dyn Journal>, Folder) {
    let folder = Folder::new();
    let options = SqliteOptions::new(folder.file()).with_clock(clock).with_vault(vault);
    (Arc::new(SqliteJournal::open(options).unwrap()), folder)
}

journal_conformance!(make);

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&journal, wish("p", "k", 3_000).with_reason("변심")).await;
    let claim = claimed(&journal, "w").await;
    let new = attempt(&claim, 10_000);
    let before = journal.open_attempt(&claim.lease, &new).await.unwrap();
    drop(journal);
    let journal = folder.open().unwrap();
    assert_eq!(journal.recover().await.unwrap(), 1);
    let stored = journal.attempts_of(intent.id).await.unwrap();
    assert_eq!(before.attempt, stored.first().cloned());
    let order = stored[0].order(None, false).unwrap();
    assert_eq!((order.reason(), order.tag().as_str()), (Some("변심"), new.id.tag().unwrap().as_str()));
    sound(&journal).await;
}

#[tokio::test]
async fn two_openings_of_one_file_share_the_work() {
    let folder = Folder::new();
    let (one, two) = (folder.open().unwrap(), folder.open().unwrap());
    one.register_payment(payment("p")).await.unwrap();
    submitted(&two, wish("p", "k", 3_000)).await;
    let accounts = [crate::record::AccountName::new(pg_core::Gateway::Chaiport, "shop")];
    assert!(one.claim("one", LEASE, &accounts).await.unwrap().is_some());
    assert!(two.claim("two", LEASE, &accounts).await.unwrap().is_none());
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = Folder::new();
    let openers: Vec<_> = (0..6)
        .map(|_| {
            let options = SqliteOptions::new(folder.file());
            std::thread::spawn(move || SqliteJournal::open(options).map(drop))
        })
        .collect();
    for opener in openers {
        opener.join().unwrap().unwrap();
    }
}

#[tokio::test]
async fn account_data_is_nowhere_on_disk() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&journal, wish("p", "k", 3_000).with_account(account())).await;
    let claim = claimed(&journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    journal.record(&claim.lease, &about(intent.id, Some(new.id), completed())).await.unwrap();
    let bytes = folder.bytes();
    assert!(contains(&bytes, "order-p"), "the search finds what is there");
    for value in account().sensitive_values() {
        assert!(!contains(&bytes, value));
    }
}

#[tokio::test]
async fn erased_account_data_is_soon_not_in_the_write_ahead_log_either() {
    let folder = Folder::new();
    // another process keeps the log from going when this one closes the file
    let other = folder.open().unwrap();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&journal, wish("p", "k", 3_000).with_account(account())).await;
    let sealed = journal.writer.run(move |c| rows::account(c, intent.id)).await.unwrap().unwrap();
    let is_there = || folder.bytes().windows(sealed.len()).any(|window| window == sealed);
    assert!(is_there(), "the search finds what is there");
    journal.withdraw(intent.id, "kim", "a mistake").await.unwrap();
    assert!(is_there(), "the log still has it");
    drop(journal);
    for _ in 0..500 {
        if !is_there() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!is_there());
    sound(&other).await;
}

#[tokio::test]
async fn the_database_itself_refuses_what_must_not_be() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    let raw = Connection::open(folder.file()).unwrap();
    for forbidden in [
        "UPDATE payment SET reserved = 10001",
        "UPDATE payment SET foreign_refunded = 7001",
        "UPDATE payment SET reserved = -1",
        "UPDATE intent SET state = 'failed'",
        "UPDATE intent SET state = 'manual'",
        "UPDATE intent SET amount = 1",
        "UPDATE intent SET gateway = 'eximbay'",
        "UPDATE intent SET merchant = 'other'",
        "UPDATE intent SET reason = 'x'",
        "UPDATE payment SET merchant_uid = 'x'",
        "UPDATE payment SET paid = 20000",
        "UPDATE payment SET reference = '{}'",
        "UPDATE attempt SET no = 2",
        "UPDATE attempt SET merchant = 'other'",
        "UPDATE attempt SET balance_before = 9000",
        "UPDATE attempt SET frozen = '{}'",
        "INSERT INTO attempt SELECT randomblob(16), intent, 2, gateway, merchant, payment_id, balance_before, amount,
            sequence, frozen, digest, state, fence, sends, doubts, hold, taken, upstream, looks_since_send, refusal,
            last_reason, first_send_at, last_send_at FROM attempt",
        "UPDATE event SET kind = 'x'",
        "DELETE FROM event",
        "DELETE FROM intent",
        "DELETE FROM payment",
        "DELETE FROM attempt",
    ] {
        assert!(raw.execute(forbidden, []).is_err(), "{forbidden}");
    }
    journal.record(&claim.lease, &about(intent.id, Some(new.id), completed())).await.unwrap();
    for forbidden in [
        "UPDATE intent SET state = 'planned', outcome = NULL",
        "UPDATE intent SET outcome = '{}'",
        "UPDATE attempt SET state = 'unknown'",
    ] {
        assert!(raw.execute(forbidden, []).is_err(), "{forbidden}");
    }
    sound(&journal).await;
}

#[tokio::test]
async fn tampering_past_the_triggers_is_found() {
    for (tamper, rule) in [
        ("DROP TRIGGER event_is_append_only; UPDATE event SET detail = '{}' WHERE seq = 2", "chain"),
        ("DROP TRIGGER event_is_kept; DELETE FROM event WHERE seq = 1", "missing"),
        ("UPDATE payment SET refunded = 100", "refunded sum"),
        ("UPDATE payment SET reserved = 2999", "reserved sum"),
        ("DROP TRIGGER attempt_is_frozen; UPDATE attempt SET frozen = '{}'", "frozen"),
        ("UPDATE attempt SET state = 'closed'", "no attempt"),
    ] {
        let folder = Folder::new();
        let journal = folder.open().unwrap();
        journal.register_payment(payment("p")).await.unwrap();
        submitted(&journal, wish("p", "k", 3_000)).await;
        let claim = claimed(&journal, "w").await;
        journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await.unwrap();
        sound(&journal).await;
        Connection::open(folder.file()).unwrap().execute_batch(tamper).unwrap();
        let faults = journal.verify().await.unwrap().faults;
        assert!(faults.iter().any(|fault| fault.rule.contains(rule)), "{tamper}: {faults:?}");
    }
}

/// A payment with a completed, a rejected and an open cancel, and an approved plan, with every trigger dropped.
async fn without_triggers(folder: &Folder) -> (SqliteJournal, Connection) {
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q")).await.unwrap();
    let refused = crate::protocol::Change::Rejected(crate::record::RejectedBecause::Person);
    for (key, change) in [("a", Some(completed())), ("b", Some(refused)), ("c", None)] {
        let intent = submitted(&journal, wish("p", key, 3_000)).await;
        let claim = claimed(&journal, "w").await;
        let new = attempt(&claim, claim.snapshot.payment.known_balance);
        journal.open_attempt(&claim.lease, &new).await.unwrap();
        if let Some(change) = change {
            let mut record = about(intent.id, Some(new.id), change);
            record.proven_balance = Some(7_000);
            journal.record(&claim.lease, &record).await.unwrap();
        }
        journal.release(&claim.lease).await.unwrap();
    }
    let row = crate::record::NewJobRow::new(1, wish("q", "x", 1).payment, payment("q").payment.paid);
    let plan = NewJob { name: "plan".to_owned(), rows: vec![row], ..NewJob::default() };
    let job = journal.plan_job(plan).await.unwrap();
    let totals: Vec<_> = job.totals.iter().map(|total| total.approved).collect();
    journal.approve_job(job.id, job.hash, &totals, "kim").await.unwrap();
    sound(&journal).await;
    let raw = Connection::open(folder.file()).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let names = raw
        .prepare(sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<Vec<String>, _>>();
    for name in names.unwrap() {
        raw.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    raw.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    (journal, raw)
}

#[tokio::test]
async fn tables_that_tell_another_story_than_the_events_are_found() {
    const OTHER: &str = "is not what its event says";
    const NO_EVENT: &str = "there is no event of it";
    const NO_ROW: &str = "there is an event of it, but no row that can be read";
    const END: &str = "its end is not the one that its events say";
    for (tamper, rule) in [
        // an amount, consistently
        (
            "UPDATE intent SET amount = 2000 WHERE caller_key = 'a';
             UPDATE attempt SET amount = 2000 WHERE intent = (SELECT id FROM intent WHERE caller_key = 'a');
             UPDATE payment SET refunded = 2000 WHERE payment_id = 'p'",
            OTHER,
        ),
        // a completed refund denied, its sum freed
        (
            "UPDATE intent SET state = 'rejected', outcome = '{\"outcome\":\"rejected\",\"because\":\"person\"}'
                 WHERE caller_key = 'a';
             UPDATE attempt SET state = 'closed' WHERE state = 'applied';
             UPDATE payment SET refunded = 0 WHERE payment_id = 'p'",
            END,
        ),
        (
            "UPDATE intent SET outcome = '{\"outcome\":\"completed\",\"proof\":\"tag\",\"cancel_id\":null}'
                 WHERE caller_key = 'a'",
            END,
        ),
        // a cancel erased with its attempt
        (
            "DELETE FROM attempt WHERE intent = (SELECT id FROM intent WHERE caller_key = 'b');
             DELETE FROM intent WHERE caller_key = 'b'",
            NO_ROW,
        ),
        // a completed one invented
        (
            "INSERT INTO intent SELECT zeroblob(16), gateway, merchant, payment_id, 'z', fingerprint, 1000, reason, state,
                 '{\"outcome\":\"completed\",\"proof\":\"person\",\"cancel_id\":null}', evidence, due_at,
                 scheduled_at, looks, account, created_at, updated_at FROM intent WHERE caller_key = 'a';
             UPDATE payment SET refunded = refunded + 1000 WHERE payment_id = 'p'",
            NO_EVENT,
        ),
        ("DELETE FROM payment WHERE payment_id = 'q'", NO_ROW),
        (
            "UPDATE payment SET paid = 20000, reference = replace(reference, '10000', '20000') WHERE payment_id = 'q'",
            OTHER,
        ),
        ("UPDATE payment SET paid = 20000 WHERE payment_id = 'q'", "a row cannot be read"),
        ("DELETE FROM event", NO_EVENT),
        ("UPDATE intent SET caller_key = 'other' WHERE caller_key = 'a'", OTHER),
        ("UPDATE attempt SET sequence = 7", OTHER),
        ("UPDATE job SET approved_by = 'lee'", OTHER),
        ("UPDATE job SET hash = zeroblob(32)", OTHER),
        ("UPDATE job SET state = 'planned'", OTHER),
    ] {
        let folder = Folder::new();
        let (journal, raw) = without_triggers(&folder).await;
        raw.execute_batch(tamper).unwrap();
        let faults = journal.verify().await.unwrap().faults;
        assert!(faults.iter().any(|fault| fault.rule == rule), "{tamper}: {faults:?}");
    }
}

/// Changes a journal's tables with its triggers out of the way, and puts these back.
fn tamper(file: &Path, sql: &str) {
    let raw = Connection::open(file).unwrap();
    raw.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let triggers: Vec<(String, String)> = raw
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &triggers {
        raw.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    raw.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    for (_, trigger) in &triggers {
        raw.execute_batch(trigger).unwrap();
    }
}

/// A folder with a copy of a journal. One that was dropped may still be closing: its log belongs to it.
fn copy(folder: &Folder) -> Folder {
    let copied = Folder::new();
    let raw = Connection::open(folder.file()).unwrap();
    raw.busy_timeout(Duration::from_secs(10)).unwrap();
    raw.execute("VACUUM INTO ?1", [copied.file().to_str().unwrap()]).unwrap();
    copied
}

#[tokio::test]
async fn every_change_past_the_journal_is_found() {
    let folder = Folder::new();
    let claim = tampered::scene(&folder.open().unwrap()).await;
    // the log is written back when the last connection closes
    Connection::open(folder.file()).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let (request, digest) = tampered::OTHER_REQUEST;
    let blob =
        format!("UPDATE attempt SET frozen = '{request}', digest = x'{digest}' WHERE state = 'unknown'");
    let mut missed = Vec::new();
    for (sql, rule) in tampered::tamperings().into_iter().chain([(blob, "its event says")]) {
        let copied = copy(&folder);
        tamper(&copied.file(), &sql);
        let journal = copied.open().unwrap();
        let faults = journal.verify().await.unwrap().faults;
        if !faults.iter().any(|fault| fault.rule.contains(rule)) {
            missed.push(format!("{sql} ({rule}): {faults:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    // untouched, it is sound, and goes on so
    let copied = copy(&folder);
    tamper(&copied.file(), "");
    let journal = copied.open().unwrap();
    tampered::goes_on(&journal, &claim).await;
    sound(&journal).await;
}

#[tokio::test]
async fn a_change_is_found_though_the_journal_went_on_with_it() {
    for sql in [
        "UPDATE attempt SET sends = sends + 1 WHERE state = 'unknown'",
        "UPDATE attempt SET doubts = 0 WHERE state = 'unknown'",
        "UPDATE intent SET looks = 0 WHERE caller_key = 'c'",
        "UPDATE payment SET known_balance = known_balance - 1 WHERE payment_id = 'p'",
    ] {
        let folder = Folder::new();
        let journal = folder.open().unwrap();
        let claim = tampered::scene(&journal).await;
        tamper(&folder.file(), sql);
        tampered::goes_on(&journal, &claim).await;
        let faults = journal.verify().await.unwrap().faults;
        assert!(faults.iter().any(|fault| fault.rule.contains("it did not find")), "{sql}: {faults:?}");
    }
}

#[test]
fn only_a_journal_is_opened() {
    let folder = Folder::new();
    Connection::open(folder.file()).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(matches!(folder.open(), Err(JournalError::Invalid(_))));
    let folder = Folder::new();
    drop(folder.open().unwrap());
    Connection::open(folder.file()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(matches!(folder.open(), Err(JournalError::Invalid(_))));
    // another folder: an opener that was refused may still be closing its log
    let folder = Folder::new();
    std::fs::write(folder.file(), b"no database at all, only a text of some length").unwrap();
    assert!(matches!(folder.open(), Err(JournalError::Storage(_))));
}

#[test]
fn a_journal_that_lacks_a_part_is_not_opened() {
    for tamper in [
        "DROP TABLE restored",
        "DROP INDEX one_open_attempt",
        "DROP TRIGGER event_is_append_only",
        "DROP TRIGGER attempt_is_frozen; CREATE TRIGGER attempt_is_frozen BEFORE UPDATE ON attempt WHEN 0
            BEGIN SELECT 1; END",
        "PRAGMA user_version = 2",
    ] {
        let folder = Folder::new();
        drop(folder.open().unwrap());
        drop(folder.open().unwrap());
        Connection::open(folder.file()).unwrap().execute_batch(tamper).unwrap();
        assert!(matches!(folder.open(), Err(JournalError::Invalid(_))), "{tamper}");
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    drop(folder.open().unwrap());
    assert_eq!(std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn durability_is_read_back() {
    let memory = Connection::open_in_memory().unwrap();
    // a database in memory can keep no write-ahead log
    assert!(matches!(open::make_durable(&memory, Duration::ZERO), Err(JournalError::Storage(_))));
    let folder = Folder::new();
    let connection = Connection::open(folder.file()).unwrap();
    open::make_durable(&connection, Duration::ZERO).unwrap();
    let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(level, 2);
}

/// The same seed, the same run: what the two journals do differs in nothing that the protocol can see.
#[test]
fn the_model_runs_the_same_on_disk_as_in_memory() {
    use crate::model::{Face, Options, run_seed, run_seed_on};
    for face in Face::ALL {
        let options = Options::new(face, 0..1);
        for seed in 0..6 {
            let folder = Folder::new();
            let on_disk = run_seed_on(&options, seed, &|clock, _| {
                let options = SqliteOptions::new(folder.file()).with_clock(clock);
                Arc::new(SqliteJournal::open(options).unwrap())
            });
            assert_eq!(on_disk, run_seed(&options, seed), "{face} {seed}");
            assert!(on_disk.1.is_empty());
        }
    }
}

#[tokio::test]
async fn a_row_that_is_not_what_was_planned_is_not_submitted() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let key = PaymentKey::new(Gateway::Chaiport, "shop", "p");
    let rows = vec![NewJobRow::new(1, key, won(1_000))];
    let job = journal.plan_job(NewJob { name: String::new(), rows, ..NewJob::default() }).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(1_000)], "kim").await.unwrap();
    let beside = Connection::open(folder.file()).unwrap();
    let kept: String = beside
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'job_row_is_frozen'", [], |row| row.get(0))
        .unwrap();
    beside.execute_batch("DROP TRIGGER job_row_is_frozen; UPDATE job_row SET amount = 999").unwrap();
    beside.execute_batch(&kept).unwrap();
    assert!(matches!(journal.submit_row(job.id, 1).await, Err(JournalError::Corrupt(_))));
    assert!(journal.intents_of(&payment("p").key()).await.unwrap().is_empty());
    beside.execute_batch("DROP TRIGGER job_row_is_frozen; UPDATE job_row SET amount = 1000").unwrap();
    journal.submit_row(job.id, 1).await.unwrap();
}
