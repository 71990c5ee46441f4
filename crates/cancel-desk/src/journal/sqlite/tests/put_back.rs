//! A backup that is put back while the journal is open.

use super::*;

/// Puts all tables back to what they were, as `.restore` does it.
fn put_back(folder: &Folder, backup: &Folder) {
    let mut sql = format!("ATTACH '{}' AS backup;", backup.file().display());
    for table in ["attempt", "intent", "payment", "job_row", "job_total", "job", "restored", "event"] {
        sql.push_str(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM backup.{table};"));
    }
    tamper(&folder.file(), &sql);
}

async fn is_refused(journal: &SqliteJournal) -> bool {
    let all = [
        journal.register_payment(payment("new")).await.map(drop),
        journal.payment(&payment("p").key()).await.map(drop),
        journal.submit(wish("p", "k", 3_000)).await.map(drop),
        journal.next_due().await.map(drop),
    ];
    all.iter().all(|done| match done {
        Err(JournalError::Storage(error)) => error.to_string().contains("recover --after-restore"),
        _ => false,
    })
}

#[tokio::test]
async fn what_was_put_back_beneath_is_not_gone_on_with() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let backup = copy(&folder);
    submitted(&journal, wish("p", "k", 3_000)).await;
    put_back(&folder, &backup);
    assert!(is_refused(&journal).await);
    // nor when it has become as long again, or longer
    let other = folder.open().unwrap();
    for id in ["a", "b", "c"] {
        other.register_payment(payment(id)).await.unwrap();
        assert!(is_refused(&journal).await);
    }
    assert!(other.intents_of(&payment("p").key()).await.unwrap().is_empty());
    assert!(other.payment(&payment("new").key()).await.unwrap().is_none());
    sound(&other).await;
}

#[tokio::test]
async fn what_others_wrote_stays_or_was_put_back_too() {
    for longer in [false, true] {
        let folder = Folder::new();
        let (one, two) = (folder.open().unwrap(), folder.open().unwrap());
        one.register_payment(payment("p")).await.unwrap();
        let backup = copy(&folder);
        for id in ["a", "b", "c"] {
            two.register_payment(payment(id)).await.unwrap();
            one.register_payment(payment(&format!("{id}2"))).await.unwrap();
        }
        submitted(&two, wish("p", "k", 3_000)).await;
        // seen by the one, written by the other
        assert!(one.by_key(&payment("p").key().account(), "k").await.unwrap().is_some());
        put_back(&folder, &backup);
        if longer {
            let third = folder.open().unwrap();
            for number in 0..20 {
                third.register_payment(payment(&format!("later-{number}"))).await.unwrap();
            }
        }
        assert!(is_refused(&one).await && is_refused(&two).await);
    }
}

#[tokio::test]
async fn nothing_to_remember_is_nothing_lost() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    assert!(journal.next_due().await.unwrap().is_none());
    let other = folder.open().unwrap();
    other.register_payment(payment("p")).await.unwrap();
    // fails after it wrote nothing, and again
    for _ in 0..2 {
        assert!(journal.submit(wish("q", "k", 1)).await.is_err());
    }
    submitted(&journal, wish("p", "k", 3_000)).await;
    sound(&journal).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_moved_away_is_not_gone_on_with() {
    for put_another in [false, true] {
        let folder = Folder::new();
        let journal = folder.open().unwrap();
        journal.register_payment(payment("p")).await.unwrap();
        let backup = copy(&folder);
        submitted(&journal, wish("p", "k", 3_000)).await;
        for end in ["", "-wal", "-shm"] {
            let [from, to] = ["journal.db", "old.db"].map(|name| folder.0.join(format!("{name}{end}")));
            std::fs::rename(from, to).unwrap();
        }
        if put_another {
            std::fs::copy(backup.file(), folder.file()).unwrap();
        }
        assert!(is_refused(&journal).await);
        if put_another {
            let other = folder.open().unwrap();
            submitted(&other, wish("p", "k", 3_000)).await;
            assert!(is_refused(&journal).await);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_is_not_the_journals_any_more_is_noticed() {
    // moved, with a link left behind; the log deleted; an older copy in the file's place, and the log deleted
    for how in 0..3 {
        let folder = Folder::new();
        let journal = folder.open().unwrap();
        journal.register_payment(payment("p")).await.unwrap();
        let backup = copy(&folder);
        submitted(&journal, wish("p", "k", 3_000)).await;
        let mut log = folder.file().into_os_string();
        log.push("-wal");
        if how == 0 {
            let moved = folder.file().with_extension("moved");
            std::fs::rename(folder.file(), &moved).unwrap();
            std::os::unix::fs::symlink(moved, folder.file()).unwrap();
        } else {
            if how == 2 {
                std::fs::copy(backup.file(), folder.file()).unwrap();
            }
            std::fs::remove_file(&log).unwrap();
        }
        assert!(is_refused(&journal).await, "{how}");
    }
}
