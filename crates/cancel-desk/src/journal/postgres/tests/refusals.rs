//! What is refused: at the opening, and by the database itself.

use pg_core::{Gateway, PaymentRef};

use super::super::super::conformance::{
    about, account, attempt, claimed, completed, payment, sound, submitted, tampered, wish, won,
};
use super::*;
use crate::record::{NewPayment, PaymentKey, hex};

fn invalid(result: Result<PostgresJournal, JournalError>) -> String {
    match result {
        Err(JournalError::Invalid(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn many_may_open_a_new_journal_at_once() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let openers: Vec<_> = (0..6).map(|_| tokio::spawn(PostgresJournal::open(options.clone()))).collect();
    for opener in openers {
        opener.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_empty_database_becomes_a_journal() {
    let Some(server) = Server::shared() else { return };
    let options = PostgresOptions::new(server.database());
    drop(open(&options).await);
    sound(&*open(&options).await).await;
}

#[tokio::test]
async fn other_tables_are_refused() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    drop(open(&options).await);
    let client = raw(&options).await;
    client.batch_execute("UPDATE journal SET version = version + 1").await.unwrap();
    assert!(invalid(PostgresJournal::open(options.clone()).await).contains("version"));
    let foreign = PostgresOptions { schema: Server::schema(), ..options };
    client
        .batch_execute(&format!("CREATE SCHEMA {0}; CREATE TABLE {0}.shop ()", foreign.schema))
        .await
        .unwrap();
    assert!(invalid(PostgresJournal::open(foreign).await).contains("another program's"));
}

#[tokio::test]
async fn options_are_checked_before_anything_is_sent() {
    let good = || PostgresOptions::new("postgresql://u@127.0.0.1:1/d");
    for (options, field) in [
        (PostgresOptions::new("journal.db"), "journal"),
        (good().with_schema(""), "schema"),
        (good().with_schema("A"), "schema"),
        (good().with_schema("a\"; DROP"), "schema"),
        (good().with_schema("1a"), "schema"),
        (good().with_schema("pg_x"), "schema"),
        (good().with_schema("x".repeat(64)), "schema"),
        (good().with_connections(0), "connections"),
        (good().with_time_limit(Duration::ZERO), "time_limit"),
    ] {
        let error = invalid(PostgresJournal::open(options).await);
        assert!(error.starts_with(field), "{error}");
    }
    // nobody listens
    let refused = PostgresJournal::open(good()).await;
    assert!(matches!(refused, Err(JournalError::Storage(_))));
}

#[tokio::test]
async fn a_user_without_rights_to_make_tables_can_work() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    drop(open(&options).await);
    let role = format!("worker_{}", options.schema);
    raw(&options)
        .await
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {0} TO {role};
             GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {0} TO {role};
             GRANT DELETE ON {0}.event_new TO {role}",
            options.schema
        ))
        .await
        .unwrap();
    let url = options.url.replace("postgres@", &format!("{role}@"));
    if url == options.url {
        return; // somebody's own server: its users are not ours to choose
    }
    let journal = open(&PostgresOptions { url, ..options }).await;
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&*journal, wish("p", "k", 3_000)).await;
    sound(&*journal).await;
}

#[tokio::test]
async fn a_wrong_password_is_not_shown() {
    let Some(server) = Server::shared().filter(|server| server.is_ours()) else { return };
    let admin = options(server);
    drop(open(&admin).await);
    let make = "CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'r1ght-word'";
    raw(&admin).await.batch_execute(make).await.unwrap();
    let right = PostgresOptions { url: server.url_with_password("r1ght-word"), ..admin.clone() };
    assert!(!format!("{right:?}").contains("r1ght-word"));
    let journal = open(&right).await;
    assert!(!format!("{journal:?}").contains("r1ght-word"));
    let wrong = PostgresOptions { url: server.url_with_password("wr0ng-word"), ..admin };
    let Err(JournalError::Storage(error)) = PostgresJournal::open(wrong).await else { panic!("let in") };
    let text = format!("{error} {error:?}");
    assert!(text.contains("28P01") && !text.contains("wr0ng-word"), "{text}");
}

/// A certificate authority's own certificate, and one of its making for this name with its key.
fn certificates(name: &str) -> [String; 3] {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    [authority.pem(), certificate.pem(), key.serialize_pem()]
}

#[tokio::test]
async fn over_tls_the_server_must_prove_its_name() {
    let Some(server) = Server::start() else { return };
    let plain = options(&server);
    let client = raw(&PostgresOptions { schema: "public".to_owned(), ..plain.clone() }).await;
    let root = std::env::temp_dir().join(format!("{}.pem", plain.schema));
    let over_tls = |rest: &str| {
        let url = format!("{}?sslmode=require{rest}", server.url());
        PostgresOptions { url, ..plain.clone() }
    };
    let trusting = || over_tls(&format!("&sslrootcert={}", root.display()));
    assert!(PostgresJournal::open(over_tls("")).await.is_err(), "the server has no tls yet");
    for (name, good) in [("db.example", false), ("127.0.0.1", true)] {
        let [authority, certificate, key] = certificates(name);
        std::fs::write(&root, authority).unwrap();
        for (file, text) in [("server.crt", certificate), ("server.key", key)] {
            // the server writes it itself, as the user it runs as
            let stored = client.query_one("SELECT lo_from_bytea(0, $1)", &[&text.as_bytes()]).await.unwrap();
            let object: u32 = stored.get(0);
            client.query("SELECT lo_export($1, $2)", &[&object, &file]).await.unwrap();
        }
        client
            .batch_execute("COPY (SELECT 1) TO PROGRAM 'chmod 600 server.key; cat >/dev/null'")
            .await
            .unwrap();
        client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.batch_execute("SELECT pg_reload_conf(), pg_sleep(0.5)").await.unwrap();
        let mut opened = PostgresJournal::open(trusting()).await;
        // a busy server takes its time to read them
        for _ in 0..40 {
            if opened.is_ok() == good {
                break;
            }
            client.batch_execute("SELECT pg_sleep(0.25)").await.unwrap();
            opened = PostgresJournal::open(trusting()).await;
        }
        assert_eq!(opened.is_ok(), good, "{name}: {opened:?}");
    }
    let journal = open(&trusting()).await;
    let session = journal.pool.get().await.unwrap();
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(session.query_one(sql, &[]).await.unwrap().get::<_, bool>(0));
    // an authority that nobody was told of
    let Err(JournalError::Storage(error)) = PostgresJournal::open(over_tls("")).await else {
        panic!("trusted")
    };
    assert!(error.to_string().contains("certificate"), "{error}");
    std::fs::remove_file(&root).unwrap();
}

#[tokio::test]
async fn a_server_that_may_lose_commits_is_refused() {
    let Some(server) = Server::start() else { return };
    let options = options(&server);
    let client = raw(&PostgresOptions { schema: "public".to_owned(), ..options.clone() }).await;
    for setting in ["fsync", "full_page_writes"] {
        let set = |value| format!("ALTER SYSTEM SET {setting} = {value}");
        client.batch_execute(&set("off")).await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        let error = loop {
            // the server reads its files when it finds the time
            match PostgresJournal::open(options.clone()).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                refused => break invalid(refused),
            }
        };
        assert!(error.contains(&format!("{setting} = on")), "{error}");
        client.batch_execute(&set("on")).await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        while PostgresJournal::open(options.clone()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // what a session may set for itself is set
    let lower = "ALTER DATABASE postgres SET synchronous_commit = off;
                 ALTER DATABASE postgres SET default_transaction_isolation = serializable";
    client.batch_execute(lower).await.unwrap();
    let journal = open(&options).await;
    let session = journal.pool.get().await.unwrap();
    for (setting, expected) in
        [("synchronous_commit", "on"), ("default_transaction_isolation", "read committed")]
    {
        let row = session.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), expected);
    }
    // with it no trigger fires
    client.batch_execute("ALTER DATABASE postgres SET session_replication_role = replica").await.unwrap();
    assert!(invalid(PostgresJournal::open(options).await).contains("session_replication_role"));
}

#[tokio::test]
async fn what_the_database_cannot_hold_is_refused_before() {
    let Some(server) = Server::shared() else { return };
    let journal = open(&options(server)).await;
    let key = |id: &str| PaymentKey::new(Gateway::Chaiport, "shop", id);
    for (id, order) in [("a\0b", "o"), ("a", "o\0"), (&"x".repeat(501), "o"), ("a", &"x".repeat(3_000))] {
        let new = NewPayment::new("shop", PaymentRef::new(Gateway::Chaiport, id, order, won(10)));
        let refused = journal.register_payment(new).await;
        assert!(matches!(refused, Err(JournalError::Invalid(_))), "{refused:?}");
    }
    assert!(journal.payment(&key("a\0b")).await.unwrap().is_none());
    assert!(journal.payments_of_order("a\0b").await.unwrap().is_empty());
    assert!(journal.intents_of(&key("a\0b")).await.unwrap().is_empty());
    assert!(!journal.hint(&key("a\0b")).await.unwrap());
    assert!(matches!(journal.submit(wish("a\0b", "k", 1)).await, Err(JournalError::NotFound)));
    assert!(journal.claim_payment(&key("a\0b"), "w", Duration::from_secs(1)).await.is_err());
    // a name in Korean and signs that mean something elsewhere are only text
    for id in ["결제-1", "'; DROP TABLE payment; --", "a%_\\", "\u{1F600}"] {
        let new = NewPayment::new("상점", PaymentRef::new(Gateway::Chaiport, id, "주문", won(10)));
        let stored = journal.register_payment(new.clone()).await.unwrap();
        assert_eq!(journal.payment(&new.key()).await.unwrap(), Some(stored));
    }
    assert_eq!(journal.payments_of_order("주문").await.unwrap().len(), 4);
    sound(&*journal).await;
}

#[tokio::test]
async fn account_data_is_nowhere_in_the_tables() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let journal = open(&options).await;
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000).with_account(account())).await;
    let client = raw(&options).await;
    let all = "SELECT string_agg(t, ' ') FROM (SELECT p::text t FROM payment p UNION ALL
               SELECT encode(account, 'escape') FROM intent UNION ALL SELECT i::text FROM intent i UNION ALL
               SELECT e::text FROM event e) x";
    let text: String = client.query_one(all, &[]).await.unwrap().get(0);
    assert!(text.contains("order-p") && text.contains(&hex(&intent.id.to_bytes())));
    for value in account().sensitive_values() {
        assert!(!text.contains(value));
    }
}

#[tokio::test]
async fn the_database_itself_refuses_what_must_not_be() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let journal = open(&options).await;
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&*journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    let row = crate::record::NewJobRow::new(1, claim.lease.payment.clone(), won(100));
    let job =
        crate::record::NewJob { name: "x".to_owned(), rows: vec![row], ..crate::record::NewJob::default() };
    let job = journal.plan_job(job).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(100)], "kim").await.unwrap();
    journal.submit_row(job.id, 1).await.unwrap();
    assert_eq!(journal.events(0, 100).await.unwrap().len(), 6);
    let client = raw(&options).await;
    for forbidden in [
        "UPDATE payment SET reserved = 10001",
        "UPDATE payment SET foreign_refunded = 7001",
        "UPDATE payment SET reserved = -1",
        "UPDATE payment SET suspect = 'unchecked'",
        "UPDATE intent SET state = 'failed'",
        "UPDATE intent SET state = 'manual'",
        "UPDATE intent SET amount = 1",
        "UPDATE intent SET merchant = 'x'",
        "UPDATE intent SET reason = 'x'",
        "UPDATE payment SET merchant_uid = 'x'",
        "UPDATE payment SET paid = 20000",
        "UPDATE payment SET reference = '{}'",
        "UPDATE attempt SET no = 2",
        "UPDATE job_row SET reason = 'x'",
        "UPDATE job SET name = 'y'",
        "UPDATE part SET definition = ''",
        "DELETE FROM part",
        "UPDATE attempt SET balance_before = 9000",
        "UPDATE attempt SET frozen = '{}'",
        "INSERT INTO attempt SELECT substr(sha256(id), 1, 16), intent, 2, gateway, merchant, payment_id, balance_before,
            amount, sequence, frozen, digest, state, fence, sends, doubts, hold, taken, upstream, looks_since_send,
            refusal, last_reason, first_send_at, last_send_at FROM attempt",
        "INSERT INTO event SELECT seq, at, intent, attempt, kind, detail, hash FROM event",
        "UPDATE event SET kind = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "TRUNCATE event_new",
        "DELETE FROM intent",
        "DELETE FROM payment",
        "DELETE FROM attempt",
        "TRUNCATE payment CASCADE",
        "UPDATE job_total SET approved = 1000",
        "UPDATE job_total SET submitted = 101",
        "UPDATE job_total SET submitted = 0",
        "UPDATE job_row SET amount = 50",
        "DELETE FROM job_row",
        "TRUNCATE job CASCADE",
        "UPDATE job SET state = 'approved', approved_by = NULL",
    ] {
        let refused = client.batch_execute(forbidden).await.unwrap_err();
        let code = refused.code().unwrap().code();
        // a check, a key, or a trigger of ours: never a mistake of the statement's own
        assert!(["23514", "23505", "P0001"].contains(&code), "{forbidden}: {refused:?}");
    }
    journal.record(&claim.lease, &about(intent.id, Some(new.id), completed())).await.unwrap();
    for forbidden in [
        "UPDATE intent SET state = 'planned', outcome = NULL",
        "UPDATE intent SET outcome = '{}' WHERE state = 'completed'",
        "UPDATE attempt SET state = 'unknown'",
    ] {
        assert!(client.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
    sound(&*journal).await;
}

#[tokio::test]
async fn tampering_past_the_triggers_is_found() {
    let Some(server) = Server::shared() else { return };
    for (tamper, rule) in [
        ("UPDATE event SET detail = '{}' WHERE seq = 2", "chain"),
        ("DELETE FROM event WHERE seq = 1", "missing"),
        ("UPDATE event SET seq = 9 WHERE seq = 2", "missing"),
        ("UPDATE payment SET refunded = 100", "refunded sum"),
        ("UPDATE payment SET reserved = 2999", "reserved sum"),
        ("UPDATE attempt SET frozen = '{}'", "frozen"),
        ("UPDATE attempt SET state = 'closed'", "no attempt"),
        ("DELETE FROM attempt", "no attempt"),
    ] {
        let options = options(server);
        let journal = open(&options).await;
        journal.register_payment(payment("p")).await.unwrap();
        submitted(&*journal, wish("p", "k", 3_000)).await;
        let claim = claimed(&*journal, "w").await;
        journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await.unwrap();
        sound(&*journal).await;
        // as the one who owns the server can
        let all = format!("SET session_replication_role = replica; {tamper}");
        raw(&options).await.batch_execute(&all).await.unwrap();
        let faults = journal.verify().await.unwrap().faults;
        assert!(faults.iter().any(|fault| fault.rule.contains(rule)), "{tamper}: {faults:?}");
    }
}

/// Changes tables as the one who owns the server can.
async fn tamper(options: &PostgresOptions, sql: &str) {
    let all = format!("SET session_replication_role = replica; BEGIN; {sql}; COMMIT");
    raw(options).await.batch_execute(&all).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

const TABLES: [&str; 7] = ["payment", "intent", "attempt", "restored", "job", "job_total", "job_row"];

#[tokio::test]
async fn every_change_past_the_journal_is_found() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let journal = open(&options).await;
    let claim = tampered::scene(&*journal).await;
    let each = |sql: &str| TABLES.map(|table| sql.replace("{}", table)).join(";");
    tamper(&options, &each("CREATE TABLE kept_{} AS TABLE {}")).await;
    let (request, digest) = tampered::OTHER_REQUEST;
    let blob = format!(
        "UPDATE attempt SET frozen = '{request}', digest = decode('{digest}', 'hex') WHERE state = 'unknown'"
    );
    let mut missed = Vec::new();
    for (sql, rule) in tampered::tamperings().into_iter().chain([(blob, "its event says")]) {
        tamper(&options, &sql).await;
        let faults = journal.verify().await.unwrap().faults;
        if !faults.iter().any(|fault| fault.rule.contains(rule)) {
            missed.push(format!("{sql} ({rule}): {faults:?}"));
        }
        tamper(&options, &each("DELETE FROM {}; INSERT INTO {} SELECT * FROM kept_{}")).await;
    }
    assert!(missed.is_empty(), "{missed:#?}");
    sound(&*journal).await;
    // and though the journal goes on with it
    tamper(&options, "UPDATE attempt SET sends = sends + 1 WHERE state = 'unknown'").await;
    tampered::goes_on(&*journal, &claim).await;
    let faults = journal.verify().await.unwrap().faults;
    assert!(faults.iter().any(|fault| fault.rule.contains("it did not find")), "{faults:?}");
}

#[tokio::test]
async fn a_schema_that_lacks_a_part_is_not_opened() {
    let Some(server) = Server::shared() else { return };
    for (tamper, part) in [
        ("DROP TABLE restored", "table restored"),
        ("ALTER TABLE payment DROP COLUMN suspect_since", "column payment.suspect_since"),
        ("ALTER TABLE payment ALTER COLUMN reference DROP NOT NULL", "column payment.reference"),
        (
            "ALTER TABLE payment DROP CONSTRAINT payment_reserved_check",
            "constraint payment.payment_reserved_check",
        ),
        (
            "ALTER TABLE job_total DROP CONSTRAINT job_total_check;
             ALTER TABLE job_total ADD CONSTRAINT job_total_check CHECK (submitted <= approved + 1)",
            "constraint job_total.job_total_check",
        ),
        ("DROP INDEX one_open_attempt", "index one_open_attempt"),
        ("DROP TRIGGER event_is_append_only ON event", "trigger event.event_is_append_only"),
        ("ALTER TABLE attempt DISABLE TRIGGER attempt_is_frozen", "trigger attempt.attempt_is_frozen"),
        ("ALTER TABLE intent DISABLE TRIGGER ALL", "constraint attempt.attempt_intent_fkey"),
        (
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "function refuse",
        ),
        ("TRUNCATE part", "the list of its parts"),
    ] {
        let options = options(server);
        drop(open(&options).await);
        drop(open(&options).await);
        raw(&options).await.batch_execute(tamper).await.unwrap();
        let error = invalid(PostgresJournal::open(options).await);
        assert!(error.contains(part), "{tamper}: {error}");
    }
}

/// After a move to a server of another major version, which may word definitions otherwise.
#[tokio::test]
async fn on_another_major_version_the_names_alone_are_compared() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    drop(open(&options).await);
    let client = raw(&options).await;
    let reworded = "ALTER TABLE job_total DROP CONSTRAINT job_total_check;
                    ALTER TABLE job_total ADD CONSTRAINT job_total_check CHECK (NOT submitted > approved)";
    client.batch_execute(&format!("UPDATE journal SET major = major - 1; {reworded}")).await.unwrap();
    drop(open(&options).await);
    client.batch_execute("DROP INDEX one_open_attempt").await.unwrap();
    assert!(invalid(PostgresJournal::open(options).await).contains("index one_open_attempt"));
}
