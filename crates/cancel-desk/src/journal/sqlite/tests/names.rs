//! A file that is reached by two names would have two write-ahead logs.
#![cfg(unix)]

use std::os::unix::fs::symlink;

use super::*;

fn refused(path: PathBuf) -> String {
    match SqliteJournal::open(SqliteOptions::new(path)) {
        Err(JournalError::Invalid(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_with_another_hard_link_is_not_opened() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let other = folder.0.join("other.db");
    std::fs::hard_link(folder.file(), &other).unwrap();
    for name in [folder.file(), other.clone()] {
        assert!(refused(name.clone()).contains("hard link"));
        // a link is none of the file systems that may be taken on one's own risk
        let at_risk = SqliteOptions::new(name).allow_any_file_system();
        assert!(matches!(SqliteJournal::open(at_risk), Err(JournalError::Invalid(_))));
    }
    std::fs::remove_file(other).unwrap();
    folder.open().unwrap();
}

#[tokio::test]
async fn symbolic_links_are_followed_to_one_file() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let [link, of_link, of_folder] = ["link.db", "of_link.db", "folder"].map(|name| elsewhere.0.join(name));
    symlink(folder.file(), &link).unwrap();
    symlink("link.db", &of_link).unwrap();
    symlink(&folder.0, &of_folder).unwrap();
    // the file is not there yet
    for name in [of_link, link, of_folder.join("journal.db"), folder.file()] {
        let journal = SqliteJournal::open(SqliteOptions::new(name)).unwrap();
        assert_eq!(journal.options.path, folder.file().canonicalize().unwrap());
        journal.register_payment(payment("p")).await.unwrap();
        sound(&journal).await;
        assert!(folder.0.join("journal.db-wal").exists());
    }
    let names = |folder: &Folder| std::fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(names(&elsewhere), 3);
    let around = elsewhere.0.join("around.db");
    symlink("around.db", &around).unwrap();
    let opened = SqliteJournal::open(SqliteOptions::new(around));
    assert!(matches!(opened, Err(JournalError::Storage(_))));
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_link_names_is_looked_at() {
    let folder = Folder::new();
    let link = folder.file();
    symlink("/proc/self/nothing.db", &link).unwrap();
    assert_eq!(
        place::resolve(&link).unwrap().parent().unwrap(),
        Path::new("/proc/self").canonicalize().unwrap()
    );
}

/// The journal as another one of these finds it mounted: its file alone, and its folder.
#[cfg(target_os = "linux")]
const MOUNTS: [&str; 2] = ["CANCEL_DESK_MOUNTED_FILE", "CANCEL_DESK_MOUNTED_FOLDER"];

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by the test below, with mounts of its own"]
fn what_is_mounted() {
    let [file, folder] = MOUNTS.map(|name| std::env::var_os(name).map(PathBuf::from));
    let (Some(file), Some(folder)) = (file, folder) else { return };
    assert!(refused(file).contains("mount the folder"));
    SqliteJournal::open(SqliteOptions::new(folder.join("journal.db"))).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_mounted_without_its_folder_is_not_opened() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    drop(folder.open().unwrap());
    let (alone, whole) = (elsewhere.file(), elsewhere.0.join("whole"));
    std::fs::write(&alone, "").unwrap();
    std::fs::create_dir(&whole).unwrap();
    let script = "mount --bind \"$1\" \"$2\" && mount --bind \"$3\" \"$4\" || exit 77
                  exec \"$0\" --exact journal::sqlite::tests::names::what_is_mounted --ignored";
    for way in ["-m", "-rm"] {
        let run = std::process::Command::new("unshare")
            .args([way, "sh", "-c", script])
            .arg(std::env::current_exe().unwrap())
            .args([&folder.file(), &alone, &folder.0, &whole])
            .envs(MOUNTS.into_iter().zip([&alone, &whole]))
            .output();
        let Ok(run) = run else { continue };
        let said = String::from_utf8_lossy(&run.stdout);
        if said.contains("running 1 test") {
            assert!(run.status.success(), "{said}");
            return;
        }
    }
    // nobody here may mount anything
}
