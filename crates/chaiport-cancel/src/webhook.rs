//! Webhooks of Chaiport (V1) carry no signature: anybody can post one. So a body is read into a hint that says which
//! payment to look up, and nothing else is to be believed.

use pg_core::Invalid;
use pg_core::json::{parse, scalar_text};
use serde::Deserialize;

use crate::ids::{ImpUid, MerchantUid};
use crate::response::PaymentStatus;

/// Largest body that is read.
pub const MAX_BODY: usize = 64 * 1024;
/// Longest `cancellation_id` that is kept; those seen have 20 characters.
const MAX_CANCELLATION_ID: usize = 64;

/// Somebody says that something happened to a payment. Look [`imp_uid`](Self::imp_uid) up and believe that.
///
/// Duplicates and a changed order are normal. A missing webhook means nothing either: look up, never cancel for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a webhook is worth nothing without the look-up"]
pub struct WebhookHint {
    imp_uid: ImpUid,
    merchant_uid: Option<MerchantUid>,
    claimed_status: Option<PaymentStatus>,
    claimed_cancellation_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default, deserialize_with = "scalar_text")]
    imp_uid: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    merchant_uid: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    cancellation_id: Option<String>,
}

impl WebhookHint {
    /// Reads a body, JSON or form, whichever the console was set to; at most 64 KiB. Other fields are ignored.
    ///
    /// # Errors
    /// [`Invalid`] naming `body`, `imp_uid` or `merchant_uid`.
    pub fn from_body(body: &[u8]) -> Result<Self, Invalid> {
        if body.len() > MAX_BODY {
            return Err(Invalid::new("body", "must be at most 64 KiB"));
        }
        let json = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        let body = if json {
            parse(body).map_err(|_| Invalid::new("body", "must be a json object or a form"))?
        } else {
            form(body)?
        };
        let imp_uid = body.imp_uid.ok_or_else(|| Invalid::new("imp_uid", "must be given"))?;
        let merchant_uid = body.merchant_uid.filter(|text| !text.is_empty());
        let plain = |text: &String| {
            text.len() <= MAX_CANCELLATION_ID
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        // anybody can send a hint: what is no word of a status is dropped, not shown
        let word =
            |text: &String| text.len() <= 20 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        Ok(Self {
            imp_uid: imp_uid.parse()?,
            merchant_uid: merchant_uid.map(|text| text.parse()).transpose()?,
            claimed_status: body.status.filter(word).as_deref().map(PaymentStatus::from),
            claimed_cancellation_id: body.cancellation_id.filter(|text| !text.is_empty()).filter(plain),
        })
    }

    /// The payment to look up.
    #[must_use]
    pub const fn imp_uid(&self) -> &ImpUid {
        &self.imp_uid
    }

    /// The merchant's number of it, to be compared with the look-up.
    #[must_use]
    pub const fn merchant_uid(&self) -> Option<&MerchantUid> {
        self.merchant_uid.as_ref()
    }

    /// What the sender claims to be its status. Unproven.
    #[must_use]
    pub const fn claimed_status(&self) -> Option<&PaymentStatus> {
        self.claimed_status.as_ref()
    }

    /// Which entry of the history to expect (`cancellation_id`, sent since 2024-02). Unproven.
    #[must_use]
    pub fn claimed_cancellation_id(&self) -> Option<&str> {
        self.claimed_cancellation_id.as_deref()
    }
}

fn form(body: &[u8]) -> Result<Body, Invalid> {
    let mut read = Body::default();
    for pair in body.split(|b| *b == b'&') {
        let (name, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => pair.split_at_checked(at).unwrap_or((pair, &[])),
            None => (pair, &[][..]),
        };
        let field = match name {
            b"imp_uid" => &mut read.imp_uid,
            b"merchant_uid" => &mut read.merchant_uid,
            b"status" => &mut read.status,
            b"cancellation_id" => &mut read.cancellation_id,
            _ => continue,
        };
        let value = decoded(value.strip_prefix(b"=").unwrap_or(value))?;
        if field.replace(value).is_some() {
            return Err(Invalid::new("body", "must not have a field twice"));
        }
    }
    Ok(read)
}

/// `+` and `%XX` undone.
fn decoded(text: &[u8]) -> Result<String, Invalid> {
    let invalid = || Invalid::new("body", "must be a form of percent-encoded utf-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit(), digit());
                high.zip(low)
                    .and_then(|(high, low)| u8::try_from(high.wrapping_mul(16).wrapping_add(low)).ok())
                    .ok_or_else(invalid)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_and_form_say_the_same() {
        let json = WebhookHint::from_body(
            br#" {"imp_uid":"imp_1","merchant_uid":"\uc8fc \ubb38+1","status":"cancelled","cancellation_id":"06JC8FVH","x":[1]}"#,
        )
        .unwrap();
        let form = WebhookHint::from_body(
            b"imp_uid=imp_1&x=%zz&merchant_uid=%EC%A3%BC+%eb%ac%b8%2B1&status=cancelled&cancellation_id=06JC8FVH",
        )
        .unwrap();
        assert_eq!(json, form);
        assert_eq!(json.imp_uid().as_str(), "imp_1");
        assert_eq!(json.merchant_uid().unwrap().as_str(), "주 문+1");
        assert_eq!(json.claimed_status(), Some(&PaymentStatus::Cancelled));
        assert_eq!(json.claimed_cancellation_id(), Some("06JC8FVH"));
    }

    #[test]
    fn what_names_no_payment_is_refused() {
        let large = [b'a'; MAX_BODY + 1];
        for (body, field) in [
            (&b""[..], "imp_uid"),
            (b"{}", "imp_uid"),
            (b"{", "body"),
            (b"imp_uid=..%2F", "imp_uid"),
            (b"imp_uid=imp_1&imp_uid=imp_2", "body"),
            (b"imp_uid=%f", "body"),
            (b"imp_uid=%FF", "body"),
            (br#"{"imp_uid":"imp_1","imp_uid":"imp_2"}"#, "body"),
            (b"imp_uid=imp_1&merchant_uid=%0A", "merchant_uid"),
            (&large, "body"),
        ] {
            assert_eq!(WebhookHint::from_body(body).unwrap_err().field(), field);
        }
    }

    #[test]
    fn a_strange_claim_is_dropped_or_kept_as_a_word() {
        let hint =
            WebhookHint::from_body(b"imp_uid=imp_1&status=odd&cancellation_id=a%20b&merchant_uid=").unwrap();
        assert_eq!(hint.claimed_status(), Some(&PaymentStatus::Other("odd".to_owned())));
        assert_eq!((hint.claimed_cancellation_id(), hint.merchant_uid()), (None, None));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _read = WebhookHint::from_body(&bytes);
        }
    }
}
