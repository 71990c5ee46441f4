//! What must hold when connections break, the server dies or stands still, and others are at the same rows.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use pg_core::Gateway;

use super::super::super::conformance::{
    LEASE, about, attempt, claimed, completed, payment, sound, submitted, wish,
};
use super::super::super::{NewIntent, Submitted};
use super::*;
use crate::record::{AccountName, IntentState, PaymentKey};
use std::sync::atomic::Ordering;

fn key(id: &str) -> PaymentKey {
    PaymentKey::new(Gateway::Chaiport, "shop", id)
}

fn shop() -> [AccountName; 1] {
    [AccountName::new(Gateway::Chaiport, "shop")]
}

/// What was said about a wish must be what is stored: stored once if so told, and after a failure perhaps.
async fn kept(
    journal: &PostgresJournal,
    told: &[(NewIntent, Result<Submitted, JournalError>)],
) -> (usize, usize) {
    let (mut stored, mut unsure) = (0, 0);
    for (wish, told) in told {
        let found = journal.intent(wish.id).await.unwrap();
        match told {
            Ok(submitted) => {
                stored += 1;
                assert_eq!(found.map(|intent| intent.id), Some(submitted.intent().id));
            }
            Err(JournalError::Storage(_)) => {
                unsure += 1;
                // the same wish again settles it, and is not a second one
                let again = journal.submit(wish.clone()).await.unwrap();
                assert_eq!(matches!(again, Submitted::Existing(_)), found.is_some());
            }
            Err(error) => panic!("{error}"),
        }
    }
    (stored, unsure)
}

#[tokio::test]
async fn the_servers_time_is_the_journals() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let journal = open(&options).await;
    let client = raw(&options).await;
    let sql = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let before: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    journal.register_payment(payment("p")).await.unwrap();
    let stored = submitted(&*journal, wish("p", "k", 1_000)).await.created_at;
    let short = Duration::from_millis(300);
    let claim = journal.claim("one", short, &shop()).await.unwrap().unwrap();
    let after: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    assert!((before..=after).contains(&stored.0) && (before..=after).contains(&claim.snapshot.now.0));
    assert!(journal.claim("two", LEASE, &shop()).await.unwrap().is_none());
    tokio::time::sleep(Duration::from_millis(350)).await;
    let taken = journal.claim("two", LEASE, &shop()).await.unwrap().expect("the lease has ended");
    let late = journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await;
    assert!(matches!(late, Err(JournalError::LeaseLost)));
    journal.open_attempt(&taken.lease, &attempt(&taken, 10_000)).await.unwrap();
}

/// Two hosts, one payment at a time, everything at once: keys, claims, attempts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_race_on_one_payment_500_times() {
    let Some(server) = Server::shared() else { return };
    let options = options(server);
    let hosts = [open(&options).await, open(&options).await];
    for round in 0..500 {
        let id = format!("p{round}");
        hosts[round % 2].register_payment(payment(&id)).await.unwrap();
        let race = |host: usize| {
            let (journal, id) = (Arc::clone(&hosts[host]), id.clone());
            tokio::spawn(async move {
                // the same wish from both sides, and one of its own that the payment has no room for
                let same = journal.submit(wish(&id, &format!("same-{id}"), 6_000)).await.unwrap();
                let own = journal.submit(wish(&id, &format!("own-{host}-{id}"), 4_000)).await;
                let claim = journal.claim_payment(&key(&id), &format!("w{host}"), LEASE).await.unwrap();
                let mut opened = 0;
                if let Some(claim) = &claim {
                    let new = attempt(claim, 10_000);
                    journal.open_attempt(&claim.lease, &new).await.unwrap();
                    opened = 1;
                }
                (matches!(same, Submitted::New(_)), same.intent().id, own.is_ok(), opened)
            })
        };
        let (one, two) = (race(0), race(1));
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(one.1, two.1, "one wish");
        assert!(one.0 != two.0, "stored by one of them");
        assert!(one.2 != two.2, "room for one of them");
        assert_eq!(one.3 + two.3, 1, "claimed by one of them");
        let stored = hosts[0].payment(&key(&id)).await.unwrap().unwrap();
        assert_eq!((stored.reserved, stored.available()), (10_000, 0));
    }
    sound(&*hosts[0]).await;
}

/// The same key for different payments: the row locks differ, the key does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_is_one_wish_across_payments() {
    let Some(server) = Server::shared() else { return };
    let journal = open(&options(server)).await;
    for id in ["a", "b", "c", "d"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    for round in 0..25 {
        let wishes = ["a", "b", "c", "d"].map(|id| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.submit(wish(id, &format!("k{round}"), 100)).await })
        });
        let mut new = 0;
        for wish in wishes {
            match wish.await.unwrap() {
                Ok(Submitted::New(_)) => new += 1,
                Err(JournalError::KeyConflict) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(new, 1);
    }
    sound(&*journal).await;
}

/// Work goes on while its connections are ended under it, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_lose_nothing() {
    let Some(server) = Server::shared() else { return };
    let mut options = options(server);
    options.url = format!("{}?application_name={}", options.url, options.schema);
    let journal = open(&options).await;
    for id in 0..4 {
        journal.register_payment(payment(&format!("p{id}"))).await.unwrap();
    }
    let client = raw(&PostgresOptions { url: server.url().to_owned(), ..options.clone() }).await;
    let done = Arc::new(AtomicBool::new(false));
    let cut = {
        let (done, schema) = (Arc::clone(&done), options.schema.clone());
        tokio::spawn(async move {
            let sql =
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1";
            let mut cuts = 0;
            while !done.load(Ordering::SeqCst) {
                cuts += client.query_one(sql, &[&schema]).await.unwrap().get::<_, i64>(0);
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            cuts
        })
    };
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let mut told = Vec::new();
                for n in 0..20 {
                    let wish = wish(&format!("p{}", task % 4), &format!("k{task}-{n}"), 10);
                    told.push((wish.clone(), journal.submit(wish).await));
                }
                told
            })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.extend(task.await.unwrap());
    }
    done.store(true, Ordering::SeqCst);
    assert!(cut.await.unwrap() > 0, "connections were cut");
    let (stored, unsure) = kept(&journal, &told).await;
    assert_eq!(stored + unsure, 160);
    assert!(stored > 0, "{stored} stored, {unsure} unsure");
    let reserved: i64 = sums(&journal).await;
    assert_eq!(reserved, 1_600);
    sound(&*journal).await;
}

async fn sums(journal: &PostgresJournal) -> i64 {
    journal.payments(None, 100).await.unwrap().iter().map(|payment| payment.reserved).sum()
}

/// The server dies in the middle of everything and comes back: what was acknowledged is there, the journal goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_server_loses_nothing_acknowledged() {
    let Some(server) = Server::start() else { return };
    let server = Arc::new(server);
    let journal = open(&options(&server)).await;
    for id in 0..4 {
        journal.register_payment(payment(&format!("p{id}"))).await.unwrap();
    }
    let mut told = Vec::new();
    for round in 0..3 {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let journal = Arc::clone(&journal);
                tokio::spawn(async move {
                    let mut told = Vec::new();
                    loop {
                        let n = told.len();
                        let wish = wish(&format!("p{}", task % 4), &format!("k{round}-{task}-{n}"), 1);
                        let result = journal.submit(wish.clone()).await;
                        let failed = result.is_err();
                        told.push((wish, result));
                        if failed || n > 1_000 {
                            return told;
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(150 + 70 * round)).await;
        let dying = Arc::clone(&server);
        tokio::task::spawn_blocking(move || dying.crash()).await.unwrap();
        for task in tasks {
            told.extend(task.await.unwrap());
        }
        assert!(matches!(journal.now().await, Err(JournalError::Storage(_))));
        let back = Arc::clone(&server);
        tokio::task::spawn_blocking(move || back.restart()).await.unwrap();
        journal.now().await.expect("the same journal works on");
    }
    let (stored, unsure) = kept(&journal, &told).await;
    assert!(stored > 0 && unsure > 0, "{stored} stored, {unsure} unsure");
    assert_eq!(usize::try_from(sums(&journal).await).unwrap(), stored + unsure);
    sound(&*journal).await;
}

/// A server that stands still keeps nobody waiting for ever, and is not asked to commit twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_not_waited_for() {
    let Some(server) = Server::start() else { return };
    let limit = Duration::from_millis(500);
    let journal = open(&options(&server).with_time_limit(limit).with_connections(3)).await;
    journal.register_payment(payment("p")).await.unwrap();
    server.pause();
    let started = Instant::now();
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let journal = Arc::clone(&journal);
            let wish = wish("p", &format!("k{n}"), 10);
            tokio::spawn(async move { (wish.clone(), journal.submit(wish).await) })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert!(told.iter().all(|(_, told)| matches!(told, Err(JournalError::Storage(_)))));
    server.resume();
    kept(&journal, &told).await;
    assert_eq!(sums(&journal).await, 60);
    sound(&*journal).await;
}

/// A lock that somebody else holds, and no connection left: the rest fails in time, and nothing stays behind.
#[tokio::test]
async fn a_held_lock_and_a_full_pool_fail_in_time() {
    let Some(server) = Server::shared() else { return };
    let limit = Duration::from_millis(300);
    let options = options(server).with_time_limit(limit).with_connections(2);
    let journal = open(&options).await;
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q")).await.unwrap();
    let client = raw(&options).await;
    client.batch_execute("BEGIN; SELECT FROM payment WHERE payment_id = 'p' FOR UPDATE").await.unwrap();
    let waiting: Vec<_> = (0..4)
        .map(|n| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.submit(wish("p", &format!("k{n}"), 10)).await })
        })
        .collect();
    for task in waiting {
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, JournalError::Storage(_)), "{error}");
    }
    // another payment is not held up, and the locked one is passed by
    submitted(&*journal, wish("q", "k", 10)).await;
    assert_eq!(claimed(&*journal, "w").await.lease.payment, key("q"));
    client.batch_execute("ROLLBACK").await.unwrap();
    submitted(&*journal, wish("p", "k0", 10)).await;
    assert_eq!(sums(&journal).await, 20);
    sound(&*journal).await;
}

/// Callers that go away at any moment leave no lock and no half of a transaction behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_leave_nothing_behind() {
    let Some(server) = Server::shared() else { return };
    let journal = open(&options(server).with_connections(4)).await;
    journal.register_payment(payment("p")).await.unwrap();
    let mut wishes = Vec::new();
    for n in 0..100_u64 {
        let wish = wish("p", &format!("k{n}"), 10);
        wishes.push(wish.clone());
        let task = {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.submit(wish).await })
        };
        if n % 10 == 0 {
            task.await.unwrap().unwrap();
            continue;
        }
        // from never begun to done
        tokio::time::sleep(Duration::from_micros(n * 370 % 40_000)).await;
        task.abort();
    }
    let mut stored = 0;
    for wish in wishes {
        stored += i64::from(matches!(journal.submit(wish).await.unwrap(), Submitted::Existing(_)));
    }
    assert!((10..=100).contains(&stored), "{stored} were stored before their caller went");
    assert_eq!(sums(&journal).await, 1_000);
    sound(&*journal).await;
}

/// What is checked is one moment, however much is written meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifying_in_the_middle_of_work_finds_no_fault() {
    let Some(server) = Server::shared() else { return };
    let journal = open(&options(server)).await;
    let done = Arc::new(AtomicBool::new(false));
    let work: Vec<_> = (0..4)
        .map(|task| {
            let (journal, done) = (Arc::clone(&journal), Arc::clone(&done));
            tokio::spawn(async move {
                let mut refunds = 0;
                while !done.load(Ordering::SeqCst) {
                    let id = format!("p{task}-{refunds}");
                    journal.register_payment(payment(&id)).await.unwrap();
                    submitted(&*journal, wish(&id, &id, 3_000)).await;
                    let claim = journal.claim_payment(&key(&id), &id, LEASE).await.unwrap().unwrap();
                    let new = attempt(&claim, 10_000);
                    journal.open_attempt(&claim.lease, &new).await.unwrap();
                    let done = about(claim.snapshot.intent.id, Some(new.id), completed());
                    journal.record(&claim.lease, &done).await.unwrap();
                    journal.release(&claim.lease).await.unwrap();
                    refunds += 1;
                }
                refunds
            })
        })
        .collect();
    for _ in 0..20 {
        sound(&*journal).await;
    }
    done.store(true, Ordering::SeqCst);
    let mut refunds = 0_u64;
    for task in work {
        refunds += task.await.unwrap();
    }
    assert_eq!(journal.counts().await.unwrap().in_state(IntentState::Completed), refunds);
    assert!(refunds > 0, "{refunds}");
}
