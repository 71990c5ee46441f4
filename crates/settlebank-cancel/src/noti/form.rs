//! `application/x-www-form-urlencoded`, in UTF-8 or EUC-KR.

use super::NotificationError;
use crate::response::decode_form;

const MAX_BODY: usize = 64 * 1024;
const MAX_FIELDS: usize = 200;

/// The character set of a merchant's notifications: a setting at Hecto. Older texts default to EUC-KR, the
/// newest show UTF-8; the documents name no way to tell from the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// EUC-KR (as browsers read it, with the extension of code page 949).
    #[cfg(feature = "euc-kr")]
    EucKr,
}

impl Charset {
    fn decode(self, bytes: Vec<u8>) -> Result<String, NotificationError> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).map_err(|_| NotificationError::Charset),
            #[cfg(feature = "euc-kr")]
            Self::EucKr => encoding_rs::EUC_KR
                .decode_without_bom_handling_and_without_replacement(&bytes)
                .map(std::borrow::Cow::into_owned)
                .ok_or(NotificationError::Charset),
        }
    }
}

/// The fields in their order.
pub(super) fn fields(body: &[u8], charset: Charset) -> Result<Vec<(String, String)>, NotificationError> {
    if body.len() > MAX_BODY {
        return Err(NotificationError::TooLarge);
    }
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() >= MAX_FIELDS {
            return Err(NotificationError::TooLarge);
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut next = || charset.decode(decode_form(halves.next().unwrap_or_default()).bytes);
        fields.push((next()?, next()?));
    }
    Ok(fields)
}
