//! Where the file may lie: under one name, and not on a file system that another machine serves, for locks and fsync
//! lie there.
//!
//! `SQLite` keeps the write-ahead log beside the name that the file is opened by. Through another name the file would have
//! another log: neither side would see what the other has refunded.

use std::path::{Path, PathBuf};

use pg_core::Invalid;

use super::super::JournalError;

const NETWORK: &str = "must not lie on a network file system";
#[cfg(unix)]
const LINKED: &str = "must have one name, and its file has another hard link: two names are two write-ahead logs, and \
                      refunds would be made twice; remove the other link";
#[cfg(target_os = "linux")]
const MOUNTED: &str = "must not be mounted as a single file: its write-ahead log would stay outside, and refunds would be \
                       made twice; mount the folder, not the file";

pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> JournalError {
    JournalError::Storage(Box::new(error))
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The file itself, every symbolic link followed; it need not be there yet.
#[cfg(unix)]
pub(super) fn resolve(path: &Path) -> Result<PathBuf, JournalError> {
    match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Ok(target) = path.read_link() {
                return resolve(&folder(path).join(target));
            }
            let name = path.file_name().ok_or_else(|| failed(error))?;
            Ok(folder(path).canonicalize().map_err(failed)?.join(name))
        }
        found => found.map_err(failed),
    }
}

#[cfg(not(unix))]
pub(super) fn resolve(path: &Path) -> Result<PathBuf, JournalError> {
    Ok(path.to_owned())
}

/// Network and user-space file systems, by the magic number that Linux reports (`statfs(2)`, `linux/magic.h`).
#[cfg(target_os = "linux")]
const REFUSED: [u32; 14] = [
    0x6969,      // nfs
    0x517b,      // smb
    0xff53_4d42, // cifs
    0xfe53_4d42, // smb2
    0x5346_414f, // afs
    0x0102_1997, // 9p
    0x00c3_6400, // ceph
    0x7375_7245, // coda
    0x0bd0_0bd0, // lustre
    0x7461_636f, // ocfs2
    0x0116_1970, // gfs2
    0x6573_5546, // fuse: sshfs, s3fs, gluster
    0x4750_4653, // gpfs
    0x1980_0202, // beegfs
];

/// Refuses a folder or a file on a network file system.
#[cfg(target_os = "linux")]
pub(super) fn check(path: &Path) -> Result<(), JournalError> {
    let found = rustix::fs::statfs(path).map_err(failed)?;
    // the number is a signed or an unsigned word, by platform; only its lower 32 bits mean anything
    let magic = u32::try_from(i128::from(found.f_type) & 0xffff_ffff).unwrap_or(0);
    if is_remote(magic) {
        return Err(Invalid::new("journal", NETWORK).into());
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_remote(magic: u32) -> bool {
    REFUSED.contains(&magic)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check(_path: &Path) -> Result<(), JournalError> {
    Ok(())
}

/// Refuses a file that is there under another name too: by a hard link, or mounted without its folder.
#[cfg(unix)]
pub(super) fn check_name(file: &Path) -> Result<(), JournalError> {
    use std::os::unix::fs::MetadataExt;

    if file.metadata().map_err(failed)?.nlink() > 1 {
        return Err(Invalid::new("journal", LINKED).into());
    }
    #[cfg(target_os = "linux")]
    if !is_of_one_mount(file, folder(file)).map_err(failed)? {
        return Err(Invalid::new("journal", MOUNTED).into());
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_name(_file: &Path) -> Result<(), JournalError> {
    Ok(())
}

/// A file, whatever name it has, and the name that it was opened by.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    #[cfg(unix)]
    file: (u64, u64),
    /// Its write-ahead log, which stays the same as long as anybody has the journal open.
    #[cfg(unix)]
    log: Option<(u64, u64)>,
}

impl Opened {
    /// What was opened just now.
    pub(super) fn of(path: &Path) -> Result<Self, JournalError> {
        let path = path.to_owned();
        #[cfg(unix)]
        let (log, file) = (file(&log_of(&path)).ok(), file(&path).map_err(failed)?);
        Ok(Self {
            path,
            #[cfg(unix)]
            file,
            #[cfg(unix)]
            log,
        })
    }

    /// Whether its name still is its own: whoever opens it now gets the same file.
    #[cfg(unix)]
    pub(super) fn is_there(&self) -> std::io::Result<bool> {
        let log = self.log.map_or(Ok(true), |log| is(&log_of(&self.path), log))?;
        Ok(log && is(&self.path, self.file)?)
    }

    #[cfg(not(unix))]
    pub(super) fn is_there(&self) -> std::io::Result<bool> {
        self.path.try_exists()
    }

    /// As [`changed_past_its_log`].
    pub(super) fn changed_past_its_log(&self) -> std::io::Result<Option<Moment>> {
        changed_past_its_log(&self.path)
    }
}

/// When the file was changed, if that was long after the last change of a log that is not empty. `SQLite` changes it only
/// from the log, and hardly ever so late; a backup that is copied over it leaves the log as it was, and what is read then is
/// a mixture of both.
#[cfg(unix)]
pub(super) fn changed_past_its_log(path: &Path) -> std::io::Result<Option<Moment>> {
    use std::os::unix::fs::MetadataExt;

    const NANOS: i128 = 1_000_000_000;

    let moment = |seconds: i64, nanos: i64| {
        i128::from(seconds).saturating_mul(NANOS).saturating_add(i128::from(nanos))
    };
    let log = match log_of(path).symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    let file = path.symlink_metadata()?;
    // a copy may keep its time of writing; and whoever opens the log as root gives it to its owner anew
    let at = moment(file.ctime(), file.ctime_nsec());
    let late = moment(log.mtime(), log.mtime_nsec()).saturating_add(LATE);
    Ok(if log.len() > 0 && at > late { Some(at) } else { None })
}

#[cfg(not(unix))]
pub(super) fn changed_past_its_log(_path: &Path) -> std::io::Result<Option<Moment>> {
    Ok(None)
}

/// Nanoseconds, by the file system's clock.
pub(super) type Moment = i128;

/// How long after the log the file may be changed without a second look.
#[cfg(unix)]
const LATE: Moment = 200_000_000;

/// Whether that is still there under its name.
#[cfg(unix)]
fn is(path: &Path, opened: (u64, u64)) -> std::io::Result<bool> {
    match file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        found => Ok(found? == opened),
    }
}

#[cfg(unix)]
fn file(path: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    // a link that took the file's place leads whoever opens it now to another log
    let found = path.symlink_metadata()?;
    Ok((found.dev(), found.ino()))
}

/// The name of a journal's write-ahead log.
#[cfg(unix)]
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push("-wal");
    name.into()
}

/// Whether both are of the same mount; before Linux 5.8, whether they are of the same file system.
#[cfg(target_os = "linux")]
fn is_of_one_mount(file: &Path, folder: &Path) -> std::io::Result<bool> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    use std::os::unix::fs::MetadataExt;

    let mount = |path: &Path| {
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
        let is_told = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
        is_told.then_some(found.stx_mnt_id)
    };
    match (mount(file), mount(folder)) {
        (Some(of_file), Some(of_folder)) => Ok(of_file == of_folder),
        _ => Ok(file.metadata()?.dev() == folder.metadata()?.dev()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn remote_file_systems_are_told_from_local_ones() {
        // nfs, cifs; ext4, tmpfs, xfs, btrfs, overlay
        assert!([0x6969, 0xff53_4d42].into_iter().all(is_remote));
        let local = [0xef53, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630];
        assert!(!local.into_iter().any(is_remote));
        assert!(check(&std::env::temp_dir()).is_ok());
        assert!(matches!(check(Path::new("/no/such/folder")), Err(JournalError::Storage(_))));
    }

    #[test]
    fn a_file_of_another_mount_than_its_folder_is_found() {
        let here = std::env::current_exe().unwrap();
        assert!(is_of_one_mount(&here, folder(&here)).unwrap());
        assert!(!is_of_one_mount(Path::new("/proc/self/status"), folder(&here)).unwrap());
        assert!(is_of_one_mount(Path::new("/no/such/file"), folder(&here)).is_err());
    }
}
