//! Where the file may lie: not on a file system that another machine serves, for locks and fsync lie there.

use std::path::Path;

use super::super::JournalError;

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

/// Refuses a folder on a network file system.
#[cfg(target_os = "linux")]
pub(super) fn check(folder: &Path) -> Result<(), JournalError> {
    let found = rustix::fs::statfs(folder).map_err(|error| JournalError::Storage(Box::new(error)))?;
    // the number is a signed or an unsigned word, by platform; only its lower 32 bits mean anything
    let magic = u32::try_from(i128::from(found.f_type) & 0xffff_ffff).unwrap_or(0);
    if is_remote(magic) {
        return Err(pg_core::Invalid::new("journal", "must not lie on a network file system").into());
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_remote(magic: u32) -> bool {
    REFUSED.contains(&magic)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check(_folder: &Path) -> Result<(), JournalError> {
    Ok(())
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
}
