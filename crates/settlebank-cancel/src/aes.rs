//! The encryption of single fields: AES-256, ECB, PKCS #7 padding, Base64 (Hecto PG spec 0A19, 2024-07-16).
//!
//! The key is the 32 bytes of the key string as it stands. Hecto's sample code pads or cuts other lengths;
//! here they are refused, because a key of another length is a wrong key.

use std::fmt;

use ::aes::Aes256;
use ::aes::cipher::{Array, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pg_core::Invalid;
use zeroize::Zeroizing;

const BLOCK: usize = 16;
/// Length of the key in bytes.
pub const KEY_LENGTH: usize = 32;

/// An AES key with its schedule: redacted in `Debug`, zeroised on drop.
#[derive(Clone)]
pub struct AesKey(Aes256);

impl AesKey {
    /// The key of a merchant: exactly 32 bytes, visible ASCII.
    ///
    /// # Errors
    /// [`Invalid`] naming `aes_key`, never its value.
    pub fn new(key: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("aes_key", "must be exactly 32 visible ascii characters");
        if key.len() != KEY_LENGTH || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(invalid());
        }
        Aes256::new_from_slice(key.as_bytes()).map(Self).map_err(|_| invalid())
    }

    /// Encrypts a field; the result is Base64 with padding.
    #[must_use]
    pub fn encrypt(&self, plain: &str) -> String {
        let padding = BLOCK.saturating_sub(plain.len() % BLOCK);
        let filler = u8::try_from(padding).unwrap_or(0);
        let length = plain.len().saturating_add(padding);
        // never grown: what a growth leaves behind is not zeroised
        let mut blocks = Zeroizing::new(Vec::with_capacity(length));
        blocks.extend_from_slice(plain.as_bytes());
        blocks.resize(length, filler);
        for chunk in blocks.chunks_exact_mut(BLOCK) {
            if let Ok(block) = <&mut Array<u8, _>>::try_from(chunk) {
                self.0.encrypt_block(block);
            }
        }
        STANDARD.encode(blocks.as_slice())
    }

    /// Decrypts a field. `None`: not Base64 of whole blocks, wrong padding, or no UTF-8.
    #[must_use]
    pub fn decrypt(&self, encrypted: &str) -> Option<Zeroizing<String>> {
        let mut blocks = Zeroizing::new(STANDARD.decode(encrypted).ok()?);
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return None;
        }
        for chunk in blocks.chunks_exact_mut(BLOCK) {
            let block = <&mut Array<u8, _>>::try_from(chunk).ok()?;
            self.0.decrypt_block(block);
        }
        let padding = usize::from(*blocks.last()?);
        let length = blocks.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding))?;
        let (plain, filler) = blocks.split_at_checked(length)?;
        if filler.iter().any(|byte| usize::from(*byte) != padding) {
            return None;
        }
        std::str::from_utf8(plain).ok().map(|text| Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> AesKey {
        AesKey::new("pgSettle30y739r82jtd709yOfZ2yK5K").unwrap()
    }

    #[test]
    fn a_key_of_another_length_is_a_wrong_key() {
        for bad in ["", "short", &"x".repeat(31), &"x".repeat(33), "pgSettle30y739r82jtd709yOfZ2yK5 "] {
            let error = AesKey::new(bad).unwrap_err();
            assert_eq!(error.field(), "aes_key");
            assert!(bad.is_empty() || !error.to_string().contains(bad));
        }
        assert_eq!(format!("{:?}", key()), "[REDACTED]");
    }

    #[test]
    fn what_is_not_ours_is_not_read() {
        for bad in ["", "1000", "AntV/eDpxIaKF0hJiePDKA", "AAAAAAAAAAAAAAAAAAAAAA==", "AntV", "가", "===="] {
            assert!(key().decrypt(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_whole_blocks_is_not_read_whatever_its_last_byte_says() {
        let mut bytes = STANDARD.decode(key().encrypt("1000")).unwrap();
        assert!(key().decrypt(&STANDARD.encode(&bytes)).is_some());
        bytes.push(1);
        assert!(key().decrypt(&STANDARD.encode(&bytes)).is_none());
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_read_again(text in ".{0,40}") {
            let read = key().decrypt(&key().encrypt(&text)).unwrap();
            prop_assert_eq!(read.as_str(), text);
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _unread = key().decrypt(&text);
        }
    }
}
