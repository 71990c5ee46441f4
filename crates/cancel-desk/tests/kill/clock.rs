//! Journal time that runs faster than the world's, is the same in all processes, and can be put forward.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cancel_desk::journal::Clock;
use cancel_desk::record::Timestamp;

/// How many seconds of journal time pass in one of the world.
pub(crate) const SPEED: u32 = 20;

/// A clock in a file: when it began, and by how much it was put forward, both in milliseconds.
#[derive(Debug)]
pub(crate) struct SharedClock(File);

fn real_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl SharedClock {
    pub(crate) fn create(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        file.write_all_at(&real_now().to_le_bytes(), 0).unwrap();
        file.write_all_at(&0_i64.to_le_bytes(), 8).unwrap();
        Self(file)
    }

    pub(crate) fn open(path: &Path) -> Self {
        Self(File::options().read(true).write(true).open(path).unwrap())
    }

    fn read(&self, at: u64) -> i64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at).unwrap();
        i64::from_le_bytes(bytes)
    }

    /// Puts it forward, for everybody.
    pub(crate) fn put_forward(&self, by: Duration) {
        let forward = self.read(8) + i64::try_from(by.as_millis()).unwrap();
        self.0.write_all_at(&forward.to_le_bytes(), 8).unwrap();
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        let began = self.read(0);
        Timestamp(began + (real_now() - began) * i64::from(SPEED) + self.read(8))
    }
}
