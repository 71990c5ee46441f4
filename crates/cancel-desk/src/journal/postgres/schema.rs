//! Tables, and what they refuse by themselves. Amounts are minor units, times milliseconds since 1970 UTC.

use deadpool_postgres::Object;
use pg_core::Invalid;
use tokio_postgres::Client;

use super::super::JournalError;
use super::parts;

/// Rises when the tables change.
const VERSION: i64 = 4;
/// The lock under which one host makes the tables, so that the others find them made.
const LOCK: i64 = 0x7067_6364;

const TABLES: &str = r#"
CREATE TABLE journal (
    only_row BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    version BIGINT NOT NULL,
    major BIGINT
);

CREATE TABLE part (
    name TEXT COLLATE "C" PRIMARY KEY,
    definition TEXT NOT NULL
);

CREATE TABLE payment (
    gateway TEXT COLLATE "C" NOT NULL,
    merchant TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    merchant_uid TEXT COLLATE "C" NOT NULL,
    currency TEXT NOT NULL,
    paid BIGINT NOT NULL CHECK (paid > 0),
    reference TEXT NOT NULL,
    known_balance BIGINT NOT NULL CHECK (known_balance >= 0 AND known_balance <= paid),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    refunded BIGINT NOT NULL CHECK (refunded >= 0),
    foreign_refunded BIGINT NOT NULL CHECK (foreign_refunded >= 0),
    cancels BIGINT NOT NULL CHECK (cancels >= 0),
    lease_owner TEXT,
    lease_until BIGINT,
    fence BIGINT NOT NULL,
    due_at BIGINT,
    suspect TEXT CHECK (suspect IN ('unchecked', 'differs')),
    suspect_since BIGINT,
    PRIMARY KEY (gateway, merchant, payment_id),
    CHECK ((suspect IS NULL) = (suspect_since IS NULL)),
    CHECK (reserved + refunded + foreign_refunded <= paid)
) WITH (fillfactor = 70);
CREATE INDEX payment_order ON payment (merchant_uid);
CREATE INDEX payment_due ON payment (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE intent (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    gateway TEXT COLLATE "C" NOT NULL,
    merchant TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    caller_key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT,
    state TEXT NOT NULL CHECK (state IN
        ('planned', 'open', 'completed', 'accepted', 'rejected', 'manual', 'withdrawn')),
    outcome TEXT,
    evidence TEXT,
    due_at BIGINT,
    scheduled_at BIGINT,
    looks BIGINT NOT NULL,
    account BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (gateway, merchant, caller_key),
    FOREIGN KEY (gateway, merchant, payment_id) REFERENCES payment (gateway, merchant, payment_id),
    CHECK (state <> 'manual' OR evidence IS NOT NULL),
    CHECK ((state IN ('completed', 'rejected')) = (outcome IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX intent_payment ON intent (gateway, merchant, payment_id);
CREATE INDEX intent_waiting ON intent (created_at) WHERE evidence IS NOT NULL;

CREATE TABLE attempt (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    intent BYTEA NOT NULL REFERENCES intent (id),
    no BIGINT NOT NULL,
    gateway TEXT COLLATE "C" NOT NULL,
    merchant TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    balance_before BIGINT NOT NULL CHECK (balance_before > 0),
    amount BIGINT NOT NULL CHECK (amount > 0 AND amount <= balance_before),
    sequence BIGINT NOT NULL,
    frozen TEXT NOT NULL,
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    state TEXT NOT NULL CHECK (state IN ('sending', 'unknown', 'accepted', 'applied', 'closed')),
    fence BIGINT NOT NULL,
    sends BIGINT NOT NULL CHECK (sends >= 1),
    doubts BIGINT NOT NULL CHECK (doubts >= 0 AND doubts <= sends),
    hold BOOLEAN NOT NULL,
    taken BOOLEAN NOT NULL,
    upstream BIGINT NOT NULL,
    looks_since_send BIGINT NOT NULL,
    refusal TEXT,
    last_reason TEXT,
    first_send_at BIGINT NOT NULL,
    last_send_at BIGINT NOT NULL,
    UNIQUE (intent, no)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX one_open_attempt ON attempt (gateway, merchant, payment_id)
    WHERE state IN ('sending', 'unknown', 'accepted');

CREATE TABLE restored (
    at BIGINT NOT NULL,
    settled BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE job (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    state TEXT NOT NULL CHECK (state IN ('planned', 'approved', 'halted', 'discarded')),
    rows BIGINT NOT NULL CHECK (rows > 0),
    approved_by TEXT,
    halted_because TEXT,
    seen_event BIGINT NOT NULL CHECK (seen_event >= 0),
    created_at BIGINT NOT NULL,
    CHECK (state <> 'approved' OR approved_by IS NOT NULL)
);

CREATE TABLE job_total (
    job BYTEA NOT NULL REFERENCES job (id),
    currency TEXT COLLATE "C" NOT NULL,
    approved BIGINT NOT NULL CHECK (approved > 0),
    submitted BIGINT NOT NULL CHECK (submitted >= 0),
    PRIMARY KEY (job, currency),
    CHECK (submitted <= approved)
) WITH (fillfactor = 50);

CREATE TABLE job_row (
    job BYTEA NOT NULL REFERENCES job (id),
    line BIGINT NOT NULL CHECK (line > 0),
    intent BYTEA NOT NULL UNIQUE CHECK (length(intent) = 16),
    gateway TEXT COLLATE "C" NOT NULL,
    merchant TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    caller_key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    reason TEXT,
    account BYTEA,
    refused TEXT,
    PRIMARY KEY (job, line),
    UNIQUE (job, gateway, merchant, caller_key)
) WITH (fillfactor = 90);

CREATE TABLE event (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    intent BYTEA,
    attempt BYTEA,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX event_intent ON event (intent) WHERE intent IS NOT NULL;
CREATE INDEX job_row_key ON job_row (caller_key);

CREATE TABLE event_new (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    intent BYTEA,
    attempt BYTEA,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
);
"#;

/// Triggers, and the function that seals events into the chain.
///
/// A chain that every transaction wrote itself would let one commit at a time reach the disk. So a transaction only adds
/// its events, and they are sealed afterwards, many at a time, by one host at a time. Events of one payment are numbered
/// under its lock: their order is theirs. Each statement of the function sees what was committed before it began.
const TRIGGERS: &str = r"
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TRIGGER part_is_kept BEFORE UPDATE OR DELETE ON part
FOR EACH ROW EXECUTE FUNCTION refuse('what the journal is made of never changes');
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON event
FOR EACH ROW EXECUTE FUNCTION refuse('events are append-only');
CREATE TRIGGER event_is_kept BEFORE TRUNCATE ON event
FOR EACH STATEMENT EXECUTE FUNCTION refuse('events are append-only');
CREATE TRIGGER payment_is_kept BEFORE DELETE ON payment
FOR EACH ROW EXECUTE FUNCTION refuse('payments are kept');
CREATE TRIGGER intent_is_kept BEFORE DELETE ON intent
FOR EACH ROW EXECUTE FUNCTION refuse('intents are kept');
CREATE TRIGGER attempt_is_kept BEFORE DELETE ON attempt
FOR EACH ROW EXECUTE FUNCTION refuse('attempts are kept');
CREATE TRIGGER attempts_are_kept BEFORE TRUNCATE ON attempt
FOR EACH STATEMENT EXECUTE FUNCTION refuse('attempts are kept');
CREATE TRIGGER job_is_kept BEFORE DELETE ON job
FOR EACH ROW EXECUTE FUNCTION refuse('jobs are kept');
CREATE TRIGGER job_total_is_kept BEFORE DELETE ON job_total
FOR EACH ROW EXECUTE FUNCTION refuse('jobs are kept');
CREATE TRIGGER job_row_is_kept BEFORE DELETE ON job_row
FOR EACH ROW EXECUTE FUNCTION refuse('jobs are kept');
CREATE TRIGGER job_totals_are_kept BEFORE TRUNCATE ON job_total
FOR EACH STATEMENT EXECUTE FUNCTION refuse('jobs are kept');
CREATE TRIGGER job_rows_are_kept BEFORE TRUNCATE ON job_row
FOR EACH STATEMENT EXECUTE FUNCTION refuse('jobs are kept');
CREATE TRIGGER job_is_frozen BEFORE UPDATE ON job FOR EACH ROW
WHEN ((NEW.id, NEW.name, NEW.hash, NEW.rows, NEW.seen_event, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.name, OLD.hash, OLD.rows, OLD.seen_event, OLD.created_at)
    OR (OLD.state = 'discarded' AND NEW.state IS DISTINCT FROM OLD.state))
EXECUTE FUNCTION refuse('a plan never changes');
CREATE TRIGGER job_total_is_frozen BEFORE UPDATE ON job_total FOR EACH ROW
WHEN ((NEW.job, NEW.currency, NEW.approved) IS DISTINCT FROM (OLD.job, OLD.currency, OLD.approved)
    OR NEW.submitted < OLD.submitted)
EXECUTE FUNCTION refuse('a plan never changes');
CREATE TRIGGER job_row_is_frozen BEFORE UPDATE ON job_row FOR EACH ROW
WHEN ((NEW.job, NEW.line, NEW.intent, NEW.gateway, NEW.merchant, NEW.payment_id, NEW.caller_key,
        NEW.fingerprint, NEW.amount, NEW.currency, NEW.reason)
    IS DISTINCT FROM
    (OLD.job, OLD.line, OLD.intent, OLD.gateway, OLD.merchant, OLD.payment_id, OLD.caller_key,
        OLD.fingerprint, OLD.amount, OLD.currency, OLD.reason))
EXECUTE FUNCTION refuse('a plan never changes');
CREATE TRIGGER intent_outcome_is_final BEFORE UPDATE ON intent FOR EACH ROW
WHEN (OLD.state IN ('completed', 'rejected', 'withdrawn')
    AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.outcome IS DISTINCT FROM OLD.outcome))
EXECUTE FUNCTION refuse('the outcome is final');
CREATE TRIGGER payment_is_frozen BEFORE UPDATE ON payment FOR EACH ROW
WHEN ((NEW.gateway, NEW.merchant, NEW.payment_id, NEW.merchant_uid, NEW.currency, NEW.paid, NEW.reference)
    IS DISTINCT FROM
    (OLD.gateway, OLD.merchant, OLD.payment_id, OLD.merchant_uid, OLD.currency, OLD.paid, OLD.reference))
EXECUTE FUNCTION refuse('what was paid never changes');
CREATE TRIGGER intent_wish_is_frozen BEFORE UPDATE ON intent FOR EACH ROW
WHEN ((NEW.id, NEW.gateway, NEW.merchant, NEW.payment_id, NEW.caller_key, NEW.amount, NEW.fingerprint,
        NEW.reason, NEW.created_at)
    IS DISTINCT FROM
    (OLD.id, OLD.gateway, OLD.merchant, OLD.payment_id, OLD.caller_key, OLD.amount, OLD.fingerprint,
        OLD.reason, OLD.created_at))
EXECUTE FUNCTION refuse('what was asked never changes');
CREATE TRIGGER attempt_is_frozen BEFORE UPDATE ON attempt FOR EACH ROW
WHEN ((NEW.id, NEW.intent, NEW.no, NEW.gateway, NEW.merchant, NEW.payment_id, NEW.balance_before, NEW.amount,
        NEW.sequence, NEW.frozen, NEW.digest, NEW.first_send_at)
    IS DISTINCT FROM
    (OLD.id, OLD.intent, OLD.no, OLD.gateway, OLD.merchant, OLD.payment_id, OLD.balance_before, OLD.amount,
        OLD.sequence, OLD.frozen, OLD.digest, OLD.first_send_at))
EXECUTE FUNCTION refuse('an attempt never changes');
CREATE TRIGGER attempt_end_is_final BEFORE UPDATE ON attempt FOR EACH ROW
WHEN (OLD.state IN ('applied', 'closed') AND NEW.state IS DISTINCT FROM OLD.state)
EXECUTE FUNCTION refuse('the outcome is final');

CREATE TRIGGER event_new_never_changes BEFORE UPDATE ON event_new
FOR EACH ROW EXECUTE FUNCTION refuse('events are append-only');
CREATE TRIGGER event_new_is_kept BEFORE TRUNCATE ON event_new
FOR EACH STATEMENT EXECUTE FUNCTION refuse('events are append-only');

CREATE FUNCTION seal() RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    place BIGINT;
    before BYTEA;
    new RECORD;
    done BIGINT[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(1885823844, 'event'::regclass::oid::int);
    SELECT e.seq, e.hash INTO place, before FROM event e ORDER BY e.seq DESC LIMIT 1;
    place := coalesce(place, 0);
    before := coalesce(before, decode(repeat('00', 32), 'hex'));
    FOR new IN SELECT * FROM event_new n ORDER BY n.id LIMIT 1000 LOOP
        place := place + 1;
        before := sha256(
            before || int8send(place) || int8send(new.at)
            || CASE WHEN new.intent IS NULL THEN '\x00'::bytea ELSE '\x01'::bytea || new.intent END
            || CASE WHEN new.attempt IS NULL THEN '\x00'::bytea ELSE '\x01'::bytea || new.attempt END
            || int8send(octet_length(new.kind)::bigint) || convert_to(new.kind, 'UTF8')
            || int8send(octet_length(new.detail)::bigint) || convert_to(new.detail, 'UTF8'));
        INSERT INTO event VALUES (place, new.at, new.intent, new.attempt, new.kind, new.detail, before);
        done := done || new.id;
    END LOOP;
    DELETE FROM event_new n WHERE n.id = ANY (done);
    RETURN cardinality(done);
END $$;
";

const OTHER_VERSION: &str = "must be of this version's tables";

/// Makes the tables, if there are none. Where they are, none of the rights to make any is needed.
pub(super) async fn make(client: &mut Object, schema: &str) -> Result<(), JournalError> {
    if is_made(client, schema).await? {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    // another host may have been faster
    if !is_made(transaction.client(), schema).await? {
        let known = transaction.query("SELECT FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
        if known.is_empty() {
            transaction.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
        }
        transaction.batch_execute(TABLES).await?;
        transaction.batch_execute(TRIGGERS).await?;
        transaction.execute("INSERT INTO journal (version) VALUES ($1)", &[&VERSION]).await?;
        parts::note(transaction.client()).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn is_made(client: &Client, schema: &str) -> Result<bool, JournalError> {
    let tables = "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                  WHERE nspname = $1 AND relkind = 'r'";
    let mut found = Vec::new();
    for row in client.query(tables, &[&schema]).await? {
        found.push(row.try_get::<_, String>(0)?);
    }
    if found.is_empty() {
        return Ok(false);
    }
    if !["journal", "payment", "event"].iter().all(|table| found.iter().any(|name| name == table)) {
        let rule = "must be a journal, not another program's schema";
        return Err(Invalid::new("journal", rule).into());
    }
    let row = client.query_opt("SELECT version FROM journal", &[]).await?;
    match row.map(|row| row.try_get::<_, i64>(0)).transpose()? {
        Some(VERSION) => {
            parts::check(client).await?;
            Ok(true)
        }
        _ => Err(Invalid::new("journal", OTHER_VERSION).into()),
    }
}
