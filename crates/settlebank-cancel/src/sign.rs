//! `pktHash`: SHA-256 over values and the licence key, in lower-case hexadecimal.
//!
//! | what | values before the key | source |
//! |---|---|---|
//! | standard cancel, refund | `trdDt trdTm mchtId mchtTrdNo cnclAmt` (plain amount) | Hecto PG spec 0A19 (2024-07-16) |
//! | revoking a virtual account | the same with the character `0` for the amount | the same |
//! | inquiry | the same with `trdAmt` | the same |
//! | flat cancel | `orgTrdNo orgMchtTrdNo orgTrdDt canAmt` | developer-site prototype (2025-09) |
//! | notification | `outStatCd trdDtm mchtId mchtTrdNo trdAmt` | Hecto notification page (2026-09) |
//!
//! No separators. The standard hash covers neither the original trade, nor the sequence number, nor the
//! method: what keeps those from being changed on the way is TLS alone.

use pg_core::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Length of a hash in characters.
pub const HASH_LENGTH: usize = 64;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The hash of `parts`, joined as they are, and the licence key.
#[must_use]
pub fn pkt_hash(parts: &[&str], licence_key: &Secret) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hasher.update(licence_key.expose().as_bytes());
    let mut text = [0; HASH_LENGTH];
    let (pairs, _) = text.as_chunks_mut();
    for ([high, low], byte) in pairs.iter_mut().zip(hasher.finalize()) {
        (*high, *low) = (digit(byte >> 4), digit(byte & 15));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The digit of a value below 16.
fn digit(value: u8) -> u8 {
    DIGITS.get(usize::from(value)).copied().unwrap_or(b'0')
}

/// Whether `given` is the hash `expected`, compared in constant time; upper case is taken too, as Hecto
/// prints both.
#[must_use]
pub fn is_same_hash(expected: &str, given: &str) -> bool {
    let bytes = |text: &str| <[u8; HASH_LENGTH]>::try_from(text.as_bytes());
    let (Ok(mut given), Ok(mut expected)) = (bytes(given), bytes(expected)) else {
        return false;
    };
    given.make_ascii_lowercase();
    expected.make_ascii_lowercase();
    given.ct_eq(&expected).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_compared_whole_and_in_either_case() {
        let key = Secret::new("licence_key", "key", 40).unwrap();
        let hash = pkt_hash(&["a", "b"], &key);
        assert_eq!(hash, pkt_hash(&["ab"], &key));
        let digest = Sha256::digest("abkey");
        assert_eq!(hash, digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        assert!(is_same_hash(&hash, &hash.to_uppercase()));
        for other in ["", "0", hash.get(1..).unwrap(), &format!("{hash}0"), &"0".repeat(64), &"가".repeat(22)]
        {
            assert!(!is_same_hash(&hash, other));
        }
        assert!(!is_same_hash("", ""));
    }
}
