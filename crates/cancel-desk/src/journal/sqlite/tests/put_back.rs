//! A backup that is put back, while the journal is open and while it is not.

use super::*;

/// Puts all tables back to what they were, as `.restore` does it.
fn put_back(folder: &Folder, backup: &Folder) {
    let mut sql = format!("ATTACH '{}' AS backup;", backup.file().display());
    for table in ["attempt", "intent", "payment", "job_row", "job_total", "job", "restored", "event"] {
        sql.push_str(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM backup.{table};"));
    }
    tamper(&folder.file(), &sql);
}

/// As by somebody who said that it was put back.
async fn gone_on_with(folder: &Folder) -> SqliteJournal {
    let journal = folder.open().unwrap();
    journal.suspect_all("kim", "put back").await.unwrap();
    journal
}

/// As it is while the journal is open.
async fn is_refused(journal: &SqliteJournal) -> bool {
    refusals(journal).await.iter().all(|told_by| *told_by == Some(None))
}

/// As it is from the start.
async fn is_refused_at_start(journal: &SqliteJournal) -> bool {
    let name = || Some(Some("last-of-journal.db".to_owned()));
    refusals(journal).await.iter().all(|told_by| *told_by == name())
}

/// For all of them, by what it is told that the journal was put back.
async fn refusals(journal: &SqliteJournal) -> Vec<Option<Option<String>>> {
    let all = [
        journal.register_payment(payment("new")).await.map(drop),
        journal.payment(&payment("p").key()).await.map(drop),
        journal.submit(wish("p", "k", 3_000)).await.map(drop),
        journal.next_due().await.map(drop),
    ];
    let told_by = |done| match done {
        Err(JournalError::PutBack { told_by }) => Some(told_by),
        _ => None,
    };
    all.into_iter().map(told_by).collect()
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
    let other = gone_on_with(&folder).await;
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
            let third = gone_on_with(&folder).await;
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
            let other = gone_on_with(&folder).await;
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

/// What the file beside the journal tells.
fn told(folder: &Folder) -> Option<String> {
    std::fs::read_to_string(folder.last()).ok()
}

/// Its number.
fn number(folder: &Folder) -> i64 {
    told(folder).unwrap().split(' ').next().unwrap().parse().unwrap()
}

async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never");
}

/// Opened with a payment and closed; then a refund is stored and more, and the journal put back to what it was before.
async fn put_back_while_closed() -> (Folder, Folder) {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    drop(journal);
    let backup = copy(&folder);
    let journal = folder.open().unwrap();
    submitted(&journal, wish("p", "k", 3_000)).await;
    for id in 0..5 {
        journal.register_payment(payment(&format!("lost-{id}"))).await.unwrap();
    }
    drop(journal);
    until(|| number(&folder) == 7).await;
    put_back(&folder, &backup);
    (folder, backup)
}

#[tokio::test]
async fn a_journal_that_was_put_back_while_nobody_had_it_open_is_refused() {
    let (folder, _backup) = put_back_while_closed().await;
    // whoever opens it, and however often
    let (one, two) = (folder.open().unwrap(), folder.open().unwrap());
    for journal in [&one, &two, &one] {
        assert!(is_refused_at_start(journal).await);
    }
    // people can look
    assert_eq!(one.payments(None, 10).await.unwrap().len(), 1);
    assert!(one.verify().await.unwrap().is_sound());
    // nothing of this made it forget
    drop((one, two));
    assert!(is_refused_at_start(&folder.open().unwrap()).await);
}

#[tokio::test]
async fn recover_after_restore_is_the_way_out() {
    let (folder, backup) = put_back_while_closed().await;
    let (journal, waiting) = (folder.open().unwrap(), folder.open().unwrap());
    assert!(is_refused_at_start(&journal).await && is_refused_at_start(&waiting).await);
    // without a name it is refused, and lets nothing else go on
    assert!(journal.suspect_all("", "").await.is_err());
    // nor does what fails after it wrote
    let failing = journal.writer.run_after_restore(|c| {
        write::append(c, NewEvent::general(Timestamp(1), "restored", serde_json::json!({})))?;
        Err::<(), _>(JournalError::NotFound)
    });
    assert!(matches!(failing.await, Err(JournalError::NotFound)));
    assert!(is_refused_at_start(&journal).await);
    assert_eq!(number(&folder), 7);
    assert_eq!(journal.suspect_all("kim", "disk failed").await.unwrap(), 1);
    // in this process too, and in every one from here on
    assert!(journal.payment(&payment("p").key()).await.unwrap().unwrap().suspect.is_some());
    assert_eq!(number(&folder), 3);
    let other = folder.open().unwrap();
    other.register_payment(payment("q")).await.unwrap();
    journal.register_payment(payment("r")).await.unwrap();
    sound(&other).await;
    // who was there before has to be started anew
    assert!(is_refused_at_start(&waiting).await);
    // put back once more, beneath those that have it open: not even that is allowed
    put_back(&folder, &backup);
    assert!(journal.suspect_all("kim", "again").await.is_err() && is_refused(&journal).await);
    assert!(is_refused(&other).await);
}

#[tokio::test]
async fn what_was_put_back_beneath_has_no_way_out_in_the_same_process() {
    for is_new in [false, true] {
        let folder = Folder::new();
        let journal = folder.open().unwrap();
        journal.register_payment(payment("p")).await.unwrap();
        let backup = copy(&folder);
        submitted(&journal, wish("p", "k", 3_000)).await;
        // one that has seen nothing but its file, which another takes the place of
        let journal = if is_new { folder.open().unwrap() } else { journal };
        if is_new {
            std::fs::rename(folder.file(), folder.0.join("old.db")).unwrap();
            std::fs::copy(backup.file(), folder.file()).unwrap();
        } else {
            put_back(&folder, &backup);
        }
        let refused = journal.suspect_all("kim", "disk failed").await;
        assert!(matches!(refused, Err(JournalError::PutBack { told_by: None })), "{refused:?}");
        assert!(is_refused(&journal).await);
    }
}

#[tokio::test]
async fn a_deleted_journal_is_begun_anew_only_without_its_file() {
    let (folder, _backup) = put_back_while_closed().await;
    for end in ["", "-wal", "-shm"] {
        let _none = std::fs::remove_file(folder.0.join(format!("journal.db{end}")));
    }
    let journal = folder.open().unwrap();
    assert!(is_refused_at_start(&journal).await);
    let error = journal.next_due().await.unwrap_err().to_string();
    assert!(error.contains("Do not delete last-of-journal.db") && !error.contains('/'), "{error}");
    drop(journal);
    std::fs::remove_file(folder.last()).unwrap();
    folder.open().unwrap().register_payment(payment("p")).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_whole_or_not_there_refuses_nothing() {
    for length in [None, Some(0), Some(1), Some(40)] {
        let (folder, _backup) = put_back_while_closed().await;
        let whole = told(&folder).unwrap();
        match length {
            None => std::fs::remove_file(folder.last()).unwrap(),
            Some(length) => std::fs::write(folder.last(), whole.get(..length).unwrap()).unwrap(),
        }
        let journal = folder.open().unwrap();
        submitted(&journal, wish("p", "k", 1_000)).await;
        // and it is whole again
        assert!(told(&folder).unwrap().len() >= whole.len());
        sound(&journal).await;
    }
}

#[tokio::test]
async fn a_file_that_lags_behind_the_journal_refuses_nothing() {
    let folder = Folder::new();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    let (first, began) = (told(&folder).unwrap(), std::time::Instant::now());
    for id in ["a", "b", "c"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    // not at every commit
    let is_old = number(&folder) == 1;
    assert!(is_old || began.elapsed() > Duration::from_millis(900));
    // within a second or so, although nothing more is asked
    until(|| number(&folder) == 4).await;
    // a process that was killed between a commit and the writing of the file
    drop(journal);
    std::fs::write(folder.last(), &first).unwrap();
    let journal = folder.open().unwrap();
    submitted(&journal, wish("p", "k", 1_000)).await;
    assert_eq!(number(&folder), 5);
    submitted(&journal, wish("a", "l", 1_000)).await;
    // at the end
    drop(journal);
    until(|| number(&folder) == 6).await;
}

#[tokio::test]
async fn another_event_of_the_same_number_is_refused() {
    let (folder, _backup) = put_back_while_closed().await;
    // an older program knows nothing of the file, and wrote as many events as were lost, and more
    let file = told(&folder).unwrap();
    std::fs::remove_file(folder.last()).unwrap();
    let older = folder.open().unwrap();
    for id in 0..8 {
        older.register_payment(payment(&format!("later-{id}"))).await.unwrap();
    }
    drop(older);
    until(|| number(&folder) == 9).await;
    std::fs::write(folder.last(), file).unwrap();
    assert!(is_refused_at_start(&folder.open().unwrap()).await);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_fails_no_refund() {
    let folder = Folder::new();
    // a folder of its name: it cannot be read, nor another file put in its place
    std::fs::create_dir_all(folder.last().join("in the way")).unwrap();
    let journal = folder.open().unwrap();
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&journal, wish("p", "k", 1_000)).await;
    sound(&journal).await;
    // nothing that was begun is left lying about
    let left = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("last-of-journal.db.")));
    drop(journal);
    let other = folder.open().unwrap();
    other.register_payment(payment("q")).await.unwrap();
    // it is tried again
    std::fs::remove_dir_all(folder.last()).unwrap();
    until(|| told(&folder).is_some()).await;
    assert_eq!(number(&folder), 3);
}

#[tokio::test]
async fn several_writers_do_not_take_each_other_back() {
    let folder = Folder::new();
    let one = folder.open().unwrap();
    one.register_payment(payment("p")).await.unwrap();
    // to be told later
    one.register_payment(payment("q")).await.unwrap();
    let two = folder.open().unwrap();
    two.register_payment(payment("r")).await.unwrap();
    assert_eq!(number(&folder), 3);
    drop(one);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(number(&folder), 3);
    sound(&folder.open().unwrap()).await;
}

#[tokio::test]
async fn who_was_open_while_the_journal_was_put_back_tells_nothing_of_the_old_one() {
    let folder = Folder::new();
    let old = folder.open().unwrap();
    old.register_payment(payment("p")).await.unwrap();
    let backup = copy(&folder);
    // told a second later, when it is not there any more
    submitted(&old, wish("p", "k", 3_000)).await;
    submitted(&old, wish("p", "l", 3_000)).await;
    submitted(&old, wish("p", "m", 3_000)).await;
    put_back(&folder, &backup);
    folder.open().unwrap().suspect_all("kim", "disk failed").await.unwrap();
    let anew = told(&folder);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    drop(old);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(told(&folder), anew);
    folder.open().unwrap().register_payment(payment("q")).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    folder.open().unwrap().register_payment(payment("p")).await.unwrap();
    assert_eq!(std::fs::metadata(folder.last()).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Enough for pages of all kinds that nothing written later touches.
async fn filled(folder: &Folder) -> SqliteJournal {
    let journal = folder.open().unwrap();
    for number in 0..120 {
        let id = format!("p{number:03}");
        journal.register_payment(payment(&id)).await.unwrap();
        submitted(&journal, wish(&id, &id, 1_000)).await;
    }
    journal
}

/// What a copy that keeps to the clock takes: its file is changed long after the log.
fn wait() {
    std::thread::sleep(std::time::Duration::from_millis(400));
}

/// Pages of the log, and all others as they were before: the last event is there, the refund before it is not.
#[tokio::test]
async fn a_backup_that_is_copied_over_the_file_beside_its_log_is_noticed() {
    let folder = Folder::new();
    drop(filled(&folder).await);
    let backup = std::fs::read(folder.file()).unwrap();
    let journal = folder.open().unwrap();
    submitted(&journal, wish("p003", "lost", 3_000)).await;
    drop(journal);
    let journal = folder.open().unwrap();
    submitted(&journal, wish("p117", "kept", 2_000)).await;
    wait();
    std::fs::write(folder.file(), backup).unwrap();
    // by whoever has it open, and by whoever opens it then
    assert!(is_refused(&journal).await);
    let crashed = Folder::new();
    for name in ["journal.db-wal", "last-of-journal.db", "journal.db"] {
        std::fs::copy(folder.0.join(name), crashed.0.join(name)).unwrap();
        wait();
    }
    // nobody carries the log over into the file: it would be taken for a journal then
    drop(journal);
    for folder in [&folder, &crashed, &crashed] {
        let opened = folder.open();
        assert!(matches!(opened, Err(JournalError::PutBack { told_by: None })), "{opened:?}");
        assert!(std::fs::metadata(folder.0.join("journal.db-wal")).unwrap().len() > 0);
    }
}

#[tokio::test]
async fn a_file_that_is_changed_and_the_same_is_gone_on_with() {
    let folder = Folder::new();
    let journal = filled(&folder).await;
    submitted(&journal, wish("p003", "k", 3_000)).await;
    wait();
    let same = std::fs::metadata(folder.file()).unwrap().permissions();
    std::fs::set_permissions(folder.file(), same).unwrap();
    submitted(&journal, wish("p004", "k2", 3_000)).await;
    let other = folder.open().unwrap();
    assert!(other.by_key(&payment("p003").key().account(), "k").await.unwrap().is_some());
    sound(&journal).await;
}
