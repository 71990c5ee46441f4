//! The specification's two tools: SHA-256 in lower-case hex, and AES-256/ECB/PKCS#7 in Base64.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes256, Block};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::credentials::SETTLEBANK_AES_KEY;

const BLOCK: usize = 16;

/// SHA-256 of the parts joined without separators.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cipher() -> Option<Aes256> {
    Aes256::new_from_slice(SETTLEBANK_AES_KEY.as_bytes()).ok()
}

/// Encrypts a text with the published test key.
pub(super) fn encrypt(plain: &str) -> String {
    let Some(cipher) = cipher() else { return String::new() };
    let mut bytes = plain.as_bytes().to_vec();
    let padding = BLOCK.saturating_sub(bytes.len().checked_rem(BLOCK).unwrap_or(0));
    bytes.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or(0), padding));
    for chunk in bytes.chunks_exact_mut(BLOCK) {
        let mut block = Block::default();
        block.copy_from_slice(chunk);
        cipher.encrypt_block(&mut block);
        chunk.copy_from_slice(&block);
    }
    STANDARD.encode(bytes)
}

/// Decrypts; `None` when it is no Base64, no whole blocks, wrongly padded or no text.
pub(super) fn decrypt(text: &str) -> Option<String> {
    let mut bytes = STANDARD.decode(text).ok()?;
    if bytes.is_empty() || bytes.len().checked_rem(BLOCK) != Some(0) {
        return None;
    }
    let cipher = cipher()?;
    for chunk in bytes.chunks_exact_mut(BLOCK) {
        let mut block = Block::default();
        block.copy_from_slice(chunk);
        cipher.decrypt_block(&mut block);
        chunk.copy_from_slice(&block);
    }
    let padding = *bytes.last()?;
    let length = bytes.len().checked_sub(usize::from(padding))?;
    if padding == 0
        || usize::from(padding) > BLOCK
        || !bytes.get(length..)?.iter().all(|byte| *byte == padding)
    {
        return None;
    }
    bytes.truncate(length);
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::SETTLEBANK_LICENCE_KEY as KEY;

    /// Vectors printed in the Hecto PG specification 0A19 (2024-07-16).
    #[test]
    fn published_hashes() {
        let card = ["20211231", "100000", "nxca_jt_il", "ORDER20211231100000", "1000", KEY];
        assert_eq!(hash(&card), "a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1");
        let inquiry = ["20210806", "080101", "nx_mid_il", "PG_vbank_20210806075154649", "500", KEY];
        assert_eq!(hash(&inquiry), "996e651d9435700d54e0d69b5726b5489ad0691c3fc86be572314d39a2ae8b6d");
        let day = ["nx_mid_il", "20211231", KEY];
        assert_eq!(hash(&day), "346a2496f3e8b2cbb2ebd157eee0f7404c4e97c34d3cefe8a9b0113cc93f8cc1");
    }

    /// Computed from the documented rules.
    #[test]
    fn computed_hashes() {
        let issue = ["20211231", "100000", "nx_mid_il", "ORDER20211231100000", "0", KEY];
        assert_eq!(hash(&issue), "2611833d64804fd5053e35a05f7f36e2c6431bd16edb37fac839f021a5eb6bf5");
        let flat =
            ["STFP_PGCAnxca_jt_il0211129135810M1494620", "ORDER20231215143022", "20231215", "500", KEY];
        assert_eq!(hash(&flat), "7e05289ae0ffe63a0b21bec3bd585088283df146f6c4865854bd9c8e48e90885");
    }

    #[test]
    fn published_ciphers() {
        for (plain, cipher) in [
            ("1000", "AntV/eDpxIaKF0hJiePDKA=="),
            ("500", "vqIWIiimsJ5efjSJpfnnTw=="),
            ("1234567890123456", "t8dpJYhXxVUiliyrZCd6T6UIyplYZjvvlyPXaDcpMAg="),
        ] {
            assert_eq!(encrypt(plain), cipher);
            assert_eq!(decrypt(cipher).as_deref(), Some(plain));
        }
        assert_eq!(decrypt("1000"), None);
        assert_eq!(decrypt("AAAAAAAAAAAAAAAAAAAAAA=="), None);
    }
}
