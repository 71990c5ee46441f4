//! Tables, and what they refuse by themselves. Amounts are minor units, times milliseconds since 1970 UTC.
//!
//! What a row may be is said by `OR`: for an `IN` of three words or more `SQLite` fills a table of its own at every write
//! and every question. A trigger names the columns that it guards: a statement that sets none of them pays nothing for it.

/// Written into the file's header, so that another program's database is not mistaken for a journal.
pub(super) const APPLICATION_ID: i64 = 0x7067_6364;
/// Rises when the tables change.
pub(super) const VERSION: i64 = 6;

pub(super) const TABLES: &str = "
CREATE TABLE payment (
    gateway TEXT NOT NULL,
    merchant TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
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
);
CREATE INDEX payment_order ON payment (merchant_uid);
CREATE INDEX payment_due ON payment (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE intent (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    gateway TEXT NOT NULL,
    merchant TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    caller_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT,
    state TEXT NOT NULL CHECK (state = 'planned' OR state = 'open' OR state = 'completed' OR state = 'accepted'
        OR state = 'rejected' OR state = 'manual' OR state = 'withdrawn'),
    outcome TEXT,
    evidence TEXT,
    due_at BIGINT,
    scheduled_at BIGINT,
    looks BIGINT NOT NULL,
    account BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (gateway, merchant, caller_key),
    FOREIGN KEY (gateway, merchant, payment_id) REFERENCES payment (gateway, merchant, payment_id),
    CHECK (state <> 'manual' OR evidence IS NOT NULL),
    CHECK ((state IN ('completed', 'rejected')) = (outcome IS NOT NULL))
);
CREATE INDEX intent_payment ON intent (gateway, merchant, payment_id);
CREATE INDEX intent_waiting ON intent (created_at) WHERE evidence IS NOT NULL;

CREATE TABLE attempt (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    intent BLOB NOT NULL REFERENCES intent (id),
    no BIGINT NOT NULL,
    gateway TEXT NOT NULL,
    merchant TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    balance_before BIGINT NOT NULL CHECK (balance_before > 0),
    amount BIGINT NOT NULL CHECK (amount > 0 AND amount <= balance_before),
    sequence BIGINT NOT NULL,
    frozen TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    state TEXT NOT NULL CHECK (state = 'sending' OR state = 'unknown' OR state = 'accepted' OR state = 'applied'
        OR state = 'closed'),
    fence BIGINT NOT NULL,
    sends BIGINT NOT NULL CHECK (sends >= 1),
    doubts BIGINT NOT NULL CHECK (doubts >= 0 AND doubts <= sends),
    hold BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    upstream BIGINT NOT NULL,
    looks_since_send BIGINT NOT NULL,
    refusal TEXT,
    last_reason TEXT,
    first_send_at BIGINT NOT NULL,
    last_send_at BIGINT NOT NULL,
    UNIQUE (intent, no)
);
CREATE UNIQUE INDEX one_open_attempt ON attempt (gateway, merchant, payment_id)
    WHERE state = 'sending' OR state = 'unknown' OR state = 'accepted';

CREATE TABLE restored (
    at BIGINT NOT NULL,
    settled BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
);

CREATE TABLE job (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    state TEXT NOT NULL CHECK (state IN ('planned', 'approved', 'halted', 'discarded')),
    rows BIGINT NOT NULL CHECK (rows > 0),
    approved_by TEXT,
    halted_because TEXT,
    seen_event BIGINT NOT NULL CHECK (seen_event >= 0),
    created_at BIGINT NOT NULL,
    CHECK (state <> 'approved' OR approved_by IS NOT NULL)
);

CREATE TABLE job_total (
    job BLOB NOT NULL REFERENCES job (id),
    currency TEXT NOT NULL,
    approved BIGINT NOT NULL CHECK (approved > 0),
    submitted BIGINT NOT NULL CHECK (submitted >= 0),
    PRIMARY KEY (job, currency),
    CHECK (submitted <= approved)
);

CREATE TABLE job_row (
    job BLOB NOT NULL REFERENCES job (id),
    line BIGINT NOT NULL CHECK (line > 0),
    intent BLOB NOT NULL UNIQUE CHECK (length(intent) = 16),
    gateway TEXT NOT NULL,
    merchant TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    caller_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    reason TEXT,
    account BLOB,
    refused TEXT,
    PRIMARY KEY (job, line),
    UNIQUE (job, gateway, merchant, caller_key)
);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    intent BLOB,
    attempt BLOB,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
);
";

/// Indexes that came later: they are made where they are missing.
pub(super) const LATER: &str = "
CREATE INDEX IF NOT EXISTS job_row_key ON job_row (caller_key);
CREATE INDEX IF NOT EXISTS event_intent ON event (intent) WHERE intent IS NOT NULL;
";

pub(super) const TRIGGERS: &str = "
CREATE TRIGGER event_is_append_only BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER payment_is_kept BEFORE DELETE ON payment
BEGIN SELECT RAISE(ABORT, 'payments are kept'); END;
CREATE TRIGGER intent_is_kept BEFORE DELETE ON intent
BEGIN SELECT RAISE(ABORT, 'intents are kept'); END;
CREATE TRIGGER attempt_is_kept BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'attempts are kept'); END;
CREATE TRIGGER job_is_kept BEFORE DELETE ON job
BEGIN SELECT RAISE(ABORT, 'jobs are kept'); END;
CREATE TRIGGER job_total_is_kept BEFORE DELETE ON job_total
BEGIN SELECT RAISE(ABORT, 'jobs are kept'); END;
CREATE TRIGGER job_row_is_kept BEFORE DELETE ON job_row
BEGIN SELECT RAISE(ABORT, 'jobs are kept'); END;
CREATE TRIGGER job_is_frozen BEFORE UPDATE ON job
WHEN NEW.id IS NOT OLD.id OR NEW.name IS NOT OLD.name OR NEW.hash IS NOT OLD.hash
    OR NEW.rows IS NOT OLD.rows OR NEW.seen_event IS NOT OLD.seen_event OR NEW.created_at IS NOT OLD.created_at
    OR (OLD.state = 'discarded' AND NEW.state IS NOT OLD.state)
BEGIN SELECT RAISE(ABORT, 'a plan never changes'); END;
CREATE TRIGGER job_total_is_frozen BEFORE UPDATE ON job_total
WHEN NEW.job IS NOT OLD.job OR NEW.currency IS NOT OLD.currency OR NEW.approved IS NOT OLD.approved
    OR NEW.submitted < OLD.submitted
BEGIN SELECT RAISE(ABORT, 'a plan never changes'); END;
CREATE TRIGGER job_row_is_frozen BEFORE UPDATE OF job, line, intent, gateway, merchant, payment_id,
    caller_key, fingerprint, amount, currency, reason ON job_row
WHEN NEW.job IS NOT OLD.job OR NEW.line IS NOT OLD.line OR NEW.intent IS NOT OLD.intent
    OR NEW.gateway IS NOT OLD.gateway OR NEW.merchant IS NOT OLD.merchant
    OR NEW.payment_id IS NOT OLD.payment_id OR NEW.caller_key IS NOT OLD.caller_key
    OR NEW.fingerprint IS NOT OLD.fingerprint OR NEW.amount IS NOT OLD.amount
    OR NEW.currency IS NOT OLD.currency OR NEW.reason IS NOT OLD.reason
BEGIN SELECT RAISE(ABORT, 'a plan never changes'); END;
CREATE TRIGGER intent_outcome_is_final BEFORE UPDATE OF state, outcome ON intent
WHEN (OLD.state = 'completed' OR OLD.state = 'rejected' OR OLD.state = 'withdrawn')
    AND (NEW.state IS NOT OLD.state OR NEW.outcome IS NOT OLD.outcome)
BEGIN SELECT RAISE(ABORT, 'the outcome is final'); END;
CREATE TRIGGER payment_is_frozen BEFORE UPDATE OF gateway, merchant, payment_id, merchant_uid, currency,
    paid, reference ON payment
WHEN NEW.gateway IS NOT OLD.gateway OR NEW.merchant IS NOT OLD.merchant OR NEW.payment_id IS NOT OLD.payment_id
    OR NEW.merchant_uid IS NOT OLD.merchant_uid OR NEW.currency IS NOT OLD.currency OR NEW.paid IS NOT OLD.paid
    OR NEW.reference IS NOT OLD.reference
BEGIN SELECT RAISE(ABORT, 'what was paid never changes'); END;
CREATE TRIGGER intent_wish_is_frozen BEFORE UPDATE OF id, gateway, merchant, payment_id, caller_key, amount,
    fingerprint, reason, created_at ON intent
WHEN NEW.id IS NOT OLD.id OR NEW.gateway IS NOT OLD.gateway OR NEW.merchant IS NOT OLD.merchant
    OR NEW.payment_id IS NOT OLD.payment_id OR NEW.caller_key IS NOT OLD.caller_key
    OR NEW.amount IS NOT OLD.amount OR NEW.fingerprint IS NOT OLD.fingerprint OR NEW.reason IS NOT OLD.reason
    OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'what was asked never changes'); END;
CREATE TRIGGER attempt_is_frozen BEFORE UPDATE OF id, intent, no, gateway, merchant, payment_id,
    first_send_at, balance_before, amount, sequence, frozen, digest ON attempt
WHEN NEW.id IS NOT OLD.id OR NEW.intent IS NOT OLD.intent OR NEW.no IS NOT OLD.no
    OR NEW.gateway IS NOT OLD.gateway OR NEW.merchant IS NOT OLD.merchant OR NEW.payment_id IS NOT OLD.payment_id
    OR NEW.first_send_at IS NOT OLD.first_send_at OR NEW.balance_before IS NOT OLD.balance_before
    OR NEW.amount IS NOT OLD.amount OR NEW.sequence IS NOT OLD.sequence OR NEW.frozen IS NOT OLD.frozen
    OR NEW.digest IS NOT OLD.digest
BEGIN SELECT RAISE(ABORT, 'an attempt never changes'); END;
CREATE TRIGGER attempt_end_is_final BEFORE UPDATE OF state ON attempt
WHEN OLD.state IN ('applied', 'closed') AND NEW.state IS NOT OLD.state
BEGIN SELECT RAISE(ABORT, 'the outcome is final'); END;
";
