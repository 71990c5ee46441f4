//! The files that `bulk` writes.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::bulk_text as words;
use super::exit::{Exit, Failure};
use super::shell::Shell;

const NO_FOLDER: &str = "is in a folder that does not exist: make it first";

pub(super) fn no_file(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Usage, "file", format!("{}: {error}", path.display()))
}

/// Whether a file may be written there: nothing is there, or a plain file that may be replaced.
pub(super) fn free(shell: &Shell, path: &Path, force: bool) -> Result<(), Failure> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !(force && meta.is_file()) => {
            Err(Failure::usage(words::EXISTS.fill(shell.lang(), &[&path.display()])))
        }
        _ => Ok(()),
    }
}

/// A new file, for its owner alone: it names orders and amounts.
pub(super) fn create(shell: &Shell, path: &Path, force: bool) -> Result<File, Failure> {
    free(shell, path, force)?;
    if force {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(no_file(path, &error)),
            _ => {}
        }
    }
    let mut open = File::options();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path).map_err(|error| match error.kind() {
        // a new file lacks nothing but its folder
        std::io::ErrorKind::NotFound => {
            Failure::new(Exit::Usage, "file", format!("{}: {NO_FOLDER}", path.display()))
        }
        _ => no_file(path, &error),
    })
}

/// `left-out-2.csv` beside `left-out.csv`: the first number that is free.
pub(super) fn beside(path: &Path) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = part(path.file_stem()).unwrap_or_default();
    let ending = part(path.extension()).map_or(String::new(), |ending| format!(".{ending}"));
    let mut numbered = (2..1_000).map(|number| path.with_file_name(format!("{stem}-{number}{ending}")));
    numbered.find(|path| std::fs::symlink_metadata(path).is_err()).unwrap_or_else(|| path.to_owned())
}
