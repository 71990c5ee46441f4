//! The last event, told in a small file beside the journal. A backup that is put back takes the journal back to what it was and
//! leaves that file as it is: a process that starts afterwards sees that events are gone.
//!
//! It is written after a commit, not at every one: it may lag behind the journal, and is never ahead of it. Where it is not
//! whole it counts as not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::record::hex;

use super::place;

/// An event's number and its hash.
pub(super) type Last = (i64, [u8; 32]);

/// How old what it tells may become while events are written.
const STALE: Duration = Duration::from_secs(1);

/// The file. Its name does not begin with the journal's, so that it stays where `journal.db*` is moved away.
#[derive(Debug)]
pub(super) struct LastFile {
    path: PathBuf,
    /// Another name for every opener: what one has written in part no other puts in place.
    new: PathBuf,
    journal: PathBuf,
}

impl LastFile {
    /// The one of a journal.
    pub(super) fn of(journal: &Path) -> Self {
        static OPENERS: AtomicU32 = AtomicU32::new(0);

        let beside = |end: &str| {
            let mut name = std::ffi::OsString::from("last-of-");
            name.push(journal.file_name().unwrap_or_default());
            name.push(end);
            place::folder(journal).join(name)
        };
        let number = OPENERS.fetch_add(1, Ordering::Relaxed);
        Self {
            path: beside(""),
            new: beside(&format!(".{}-{number}", std::process::id())),
            journal: journal.to_owned(),
        }
    }

    /// Its name without its folder.
    pub(super) fn name(&self) -> Arc<str> {
        self.path.file_name().unwrap_or_default().to_string_lossy().into()
    }

    /// What it tells; nothing where it is not there, not whole, or cannot be read.
    pub(super) fn read(&self) -> Option<Last> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                let last = parsed(&bytes);
                if last.is_none() {
                    tracing::warn!(file = %self.name(), "the file is not whole: whether a backup was put back is not known");
                }
                last
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(
                    file = %self.name(), error = %error,
                    "the file cannot be read: whether a backup was put back is not known"
                );
                None
            }
        }
    }

    /// Tells another event, unless it tells a later one already; `anew`: whatever it tells.
    fn write(&self, last: Last, anew: bool) -> io::Result<()> {
        let known = fs::read(&self.path).ok().and_then(|bytes| parsed(&bytes));
        if !anew && known.is_some_and(|known| known.0 >= last.0) {
            return Ok(());
        }
        let written = self.make().and_then(|mut file| {
            file.write_all(text(last).as_bytes())?;
            // the name is given to what is on disk: a power cut leaves the old file or the new one
            file.sync_data()
        });
        let placed = written.and_then(|()| fs::rename(&self.new, &self.path));
        if placed.is_err() {
            let _best_effort = fs::remove_file(&self.new);
        }
        placed
    }

    fn make(&self) -> io::Result<File> {
        // one that died in the middle may have had the same number
        let _none = fs::remove_file(&self.new);
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let file = open.open(&self.new)?;
        #[cfg(unix)]
        self.give_to_owner(&file);
        Ok(file)
    }

    /// As `SQLite` does with its log: what root writes is to be read by whoever the journal belongs to.
    #[cfg(unix)]
    fn give_to_owner(&self, file: &File) {
        use std::os::unix::fs::{MetadataExt, fchown};

        let (Ok(journal), Ok(made)) = (self.journal.metadata(), file.metadata()) else { return };
        if (journal.uid(), journal.gid()) != (made.uid(), made.gid()) {
            let _not_root = fchown(file, Some(journal.uid()), Some(journal.gid()));
        }
    }
}

fn text((number, hash): Last) -> String {
    format!("{number} {}\n", hex(&hash))
}

/// Only exactly what was written is taken: a file that was cut short, or has anything else in it, tells nothing.
fn parsed(bytes: &[u8]) -> Option<Last> {
    let line = std::str::from_utf8(bytes).ok()?;
    let (number, digits) = line.strip_suffix('\n')?.split_once(' ')?;
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        let from = at.checked_mul(2)?;
        *byte = u8::from_str_radix(digits.get(from..from.checked_add(2)?)?, 16).ok()?;
    }
    let last = (number.parse().ok()?, hash);
    (text(last) == line).then_some(last)
}

/// Keeps the file as fresh as it has to be.
#[derive(Debug)]
pub(super) struct Keeper {
    file: LastFile,
    /// What it tells, as far as this process knows.
    told: Option<Last>,
    /// When it was last written, or could not be.
    at: Option<Instant>,
    /// What it tells is of a journal that is gone.
    is_anew: bool,
    has_failed: bool,
}

impl Keeper {
    /// The keeper of a journal's file, and what that tells now.
    pub(super) fn of(journal: &Path) -> (Self, Option<Last>) {
        let file = LastFile::of(journal);
        let told = file.read();
        (Self { file, told, at: None, is_anew: false, has_failed: false }, told)
    }

    /// The file's name without its folder.
    pub(super) fn name(&self) -> Arc<str> {
        self.file.name()
    }

    /// In what time this event has to be told; `None`: it is.
    pub(super) fn due_in(&self, last: Option<Last>) -> Option<Duration> {
        let is_told = last.is_none() || last == self.told;
        let since = |at: Instant| STALE.saturating_sub(at.elapsed());
        (self.is_anew || !is_told).then(|| self.at.map_or(Duration::ZERO, since))
    }

    /// Writes it whatever the file tells: the journal that it told of was put back, and people know.
    pub(super) fn begin_anew(&mut self) {
        self.is_anew = true;
        self.at = None;
    }

    /// Leaves the file as it is for now.
    pub(super) fn put_off(&mut self) {
        self.at = Some(Instant::now());
    }

    /// Tells an event that is committed. Where that fails the refunds go on: only a backup that is put back is not noticed.
    pub(super) fn tell(&mut self, last: Option<Last>) {
        let Some(last) = last else { return };
        self.put_off();
        match self.file.write(last, self.is_anew) {
            Ok(()) => {
                self.told = Some(last);
                self.is_anew = false;
            }
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!(
                    file = %self.name(), error = %error,
                    "the last event cannot be written beside the journal: a backup that is put back may not be noticed"
                );
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_tells_an_event() {
        for last in [(1, [0; 32]), (i64::MAX, [0xa5; 32]), (4_711, [0x0f; 32])] {
            let whole = text(last).into_bytes();
            assert_eq!(parsed(&whole), Some(last));
            for length in 0..whole.len() {
                assert_eq!(parsed(&whole[..length]), None, "{length}");
            }
            let mut zeros = whole.clone();
            zeros.fill(0);
            assert_eq!(parsed(&zeros), None);
            for more in [" ", "\n", "0"] {
                assert_eq!(parsed(&[&whole, more.as_bytes()].concat()), None);
                assert_eq!(parsed(&[more.as_bytes(), &whole].concat()), None);
            }
            assert_eq!(parsed(&whole.to_ascii_uppercase()).is_some(), last.1 == [0; 32]);
        }
        assert_eq!(parsed(format!("+1 {}\n", hex(&[0; 32])).as_bytes()), None);
        assert_eq!(parsed("1 ü\n".as_bytes()), None);
    }
}
