//! Account data at rest: sealed, bound to its intent, and never without a key.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use pg_core::{Bank, Invalid, RefundAccount};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::record::IntentId;

use super::{JournalError, NewIntent};

const NONCE: usize = 24;

/// The key that seals account data: 32 random bytes from the caller's environment or file.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// A key of 32 bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key of 64 hexadecimal digits, as `openssl rand -hex 32` prints it.
    ///
    /// # Errors
    /// [`Invalid`] naming `account_key`, never its value.
    pub fn from_hex(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("account_key", "must be 64 hexadecimal digits");
        let digits: Zeroizing<Vec<u8>> = Zeroizing::new(
            text.trim()
                .chars()
                .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
        );
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(wrong());
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = (*high << 4) | *low;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Seals and opens account data; without a key it refuses both.
#[derive(Debug, Clone, Default)]
pub struct Vault {
    key: Option<VaultKey>,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    bank: Bank,
    number: String,
    holder: String,
    phone: Option<String>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.number.zeroize();
        self.holder.zeroize();
        self.phone.zeroize();
    }
}

impl Vault {
    /// A vault with a key.
    #[must_use]
    pub const fn new(key: VaultKey) -> Self {
        Self { key: Some(key) }
    }

    /// A vault without a key: it takes no account data.
    #[must_use]
    pub const fn without_key() -> Self {
        Self { key: None }
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, JournalError> {
        let key = self.key.as_ref().ok_or(JournalError::NoKey)?;
        Ok(XChaCha20Poly1305::new(&Key::from(*key.0)))
    }

    /// Seals an account for one intent: nonce and ciphertext (XChaCha20-Poly1305), which open for this intent alone.
    pub(crate) fn seal(&self, intent: IntentId, account: &RefundAccount) -> Result<Vec<u8>, JournalError> {
        let cipher = self.cipher()?;
        let plain = Plain {
            bank: account.bank().clone(),
            number: account.expose_number().to_owned(),
            holder: account.expose_holder().to_owned(),
            phone: account.expose_phone().map(str::to_owned),
        };
        let text = Zeroizing::new(
            serde_json::to_vec(&plain).map_err(|_| JournalError::Corrupt("an account that is no json"))?,
        );
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|_| Invalid::new("refund_account", "the system gave no randomness to seal it"))?;
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: &text, aad: &intent.to_bytes() })
            .map_err(|_| JournalError::Corrupt("an account that cannot be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this intent.
    pub(crate) fn open(&self, intent: IntentId, sealed: &[u8]) -> Result<RefundAccount, JournalError> {
        const WRONG: JournalError = JournalError::Corrupt("an account that does not open with this key");
        let cipher = self.cipher()?;
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(WRONG)?;
        let text = cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: rest, aad: &intent.to_bytes() })
            .map_err(|_| WRONG)?;
        let text = Zeroizing::new(text);
        let plain: Plain = serde_json::from_slice(&text).map_err(|_| WRONG)?;
        let account = RefundAccount::new(plain.bank.clone(), &plain.number, &plain.holder)?;
        Ok(match &plain.phone {
            Some(phone) => account.with_phone(phone)?,
            None => account,
        })
    }

    /// A digest of what an intent asks. With account data it is keyed: the digest of an account number alone could
    /// be guessed back.
    pub(crate) fn fingerprint(&self, new: &NewIntent) -> Result<[u8; 32], JournalError> {
        let mut text = Zeroizing::new(Vec::new());
        let amount = new.amount.minor().to_string();
        let mut part = |value: Option<&str>| {
            // length before content, so that no two wishes run together into one text
            let length = value.map_or(u64::MAX, |v| u64::try_from(v.len()).unwrap_or(u64::MAX));
            text.extend_from_slice(&length.to_be_bytes());
            text.extend_from_slice(value.unwrap_or_default().as_bytes());
        };
        part(Some(new.payment.gateway.as_str()));
        part(Some(&new.payment.merchant));
        part(Some(&new.payment.payment_id));
        part(Some(&amount));
        part(Some(new.amount.currency().code()));
        part(new.reason.as_deref());
        let Some(account) = &new.account else {
            return Ok(Sha256::digest(text.as_slice()).into());
        };
        part(Some(account.bank().kftc().unwrap_or_else(|| account.bank().name_ko())));
        part(Some(account.expose_number()));
        part(Some(account.expose_holder()));
        part(account.expose_phone());
        let key = self.key.as_ref().ok_or(JournalError::NoKey)?;
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(key.0.as_slice()).map_err(|_| JournalError::NoKey)?;
        mac.update(b"cancel-desk fingerprint 1");
        mac.update(&text);
        Ok(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use pg_core::{Gateway, Money};

    use super::*;
    use crate::record::PaymentKey;

    fn account(number: &str) -> RefundAccount {
        RefundAccount::new(Bank::Shinhan, number, "홍길동").and_then(|a| a.with_phone("01000000000")).unwrap()
    }

    fn vault() -> Vault {
        Vault::new(VaultKey::new([7; 32]))
    }

    fn wish() -> NewIntent {
        let key = PaymentKey::new(Gateway::Chaiport, "shop", "imp_1");
        NewIntent::new(key, "k-1", Money::krw(1000).unwrap()).unwrap()
    }

    #[test]
    fn opens_for_its_own_intent_and_key_alone() {
        let (mine, other) = (IntentId::from_bits(1), IntentId::from_bits(2));
        let sealed = vault().seal(mine, &account("56211105948400")).unwrap();
        let back = vault().open(mine, &sealed).unwrap();
        assert_eq!(back.expose_number(), "56211105948400");
        assert_eq!(back.expose_phone(), Some("01000000000"));
        assert!(matches!(vault().open(other, &sealed), Err(JournalError::Corrupt(_))));
        let stranger = Vault::new(VaultKey::new([8; 32]));
        assert!(matches!(stranger.open(mine, &sealed), Err(JournalError::Corrupt(_))));
        for cut in [0, 10, 24, sealed.len() - 1] {
            assert!(vault().open(mine, &sealed[..cut]).is_err());
        }
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        let vault = Vault::without_key();
        assert!(matches!(vault.seal(IntentId::from_bits(1), &account("1")), Err(JournalError::NoKey)));
        assert!(matches!(vault.fingerprint(&wish().with_account(account("1"))), Err(JournalError::NoKey)));
        assert!(vault.fingerprint(&wish()).is_ok());
    }

    #[test]
    fn every_part_of_the_wish_is_in_its_fingerprint() {
        let plain = vault().fingerprint(&wish()).unwrap();
        assert_eq!(plain, Vault::without_key().fingerprint(&wish()).unwrap());
        let mut other = wish();
        other.amount = Money::krw(1001).unwrap();
        let mut elsewhere = wish();
        elsewhere.payment.payment_id = "imp_2".to_owned();
        let with = wish().with_account(account("1"));
        for different in [other, elsewhere, wish().with_reason(""), with.clone()] {
            assert_ne!(vault().fingerprint(&different).unwrap(), plain, "{different:?}");
        }
        let another = wish().with_account(account("2"));
        assert_ne!(vault().fingerprint(&with).unwrap(), vault().fingerprint(&another).unwrap());
    }

    #[test]
    fn a_key_is_read_from_hex_and_never_shown() {
        let key = VaultKey::from_hex(&"0a".repeat(32)).unwrap();
        assert_eq!(*key.0, [10; 32]);
        assert_eq!(format!("{key:?}"), "[REDACTED]");
        for bad in ["", "0a", &"zz".repeat(32), &"0".repeat(63), &"0".repeat(66)] {
            assert!(VaultKey::from_hex(bad).is_err());
        }
    }
}
