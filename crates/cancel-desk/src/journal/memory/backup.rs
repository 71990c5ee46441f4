//! Backups of a journal in memory, for the model.

use super::{MemoryJournal, Tables};

/// All that the journal held at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Backup(Tables);

impl MemoryJournal {
    /// Everything as it is now.
    pub(crate) fn backup(&self) -> Backup {
        Backup(self.tables().clone())
    }

    /// Puts everything back to what it was then. What came after is lost.
    pub(crate) fn restore(&self, backup: &Backup) {
        self.tables().clone_from(&backup.0);
    }
}
