//! Answers in the flat form (developer-site prototype, 2025-09).

use std::fmt;

use pg_core::GatewayText;
use pg_core::json::{self, JsonFault, scalar_text};
use pg_core::text::Word;
use serde::Deserialize;

use super::field::strict_text;
use super::message::{kept_code, message};
use super::told;
use crate::codes::flat;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    result_code: String,
    #[serde(default, deserialize_with = "scalar_text")]
    result_msg: Option<String>,
    #[serde(default, deserialize_with = "strict_text")]
    can_trd_no: Option<String>,
}

/// An answer in the flat form. It tells no amount, no payment and no balance.
#[derive(Clone)]
#[non_exhaustive]
pub struct FlatAnswer {
    /// `resultCode`: `0000`, or why not; see [`codes::flat`](crate::codes::flat). Verbatim, but for secrets in a
    /// code that is on no list.
    pub code: String,
    /// `resultMsg`. Free text: it may name people.
    pub message: GatewayText,
    /// `canTrdNo`: Hecto's number of the cancel; null on failure. Longer than 40 characters in the one
    /// sample.
    pub cancel_trade_no: Option<String>,
}

impl fmt::Debug for FlatAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlatAnswer")
            .field("code", &Word(&self.code))
            .field("message", &self.message)
            .field("cancel_trade_no", &Word::of(&self.cancel_trade_no))
            .finish()
    }
}

/// Reads an answer in the flat form; `sensitive` are the values to be blanked out in the message and
/// in a code that is on no list.
///
/// # Errors
/// [`JsonFault`] when it is no such JSON: `resultCode` missing or no text, `canTrdNo` neither text nor null.
pub fn parse_flat(body: &[u8], sensitive: &[&str]) -> Result<FlatAnswer, JsonFault> {
    let raw: Raw = json::parse(body)?;
    let listed = flat::find(&raw.result_code).is_some();
    Ok(FlatAnswer {
        code: kept_code(raw.result_code, listed, sensitive),
        message: message(raw.result_msg.as_deref(), sensitive),
        cancel_trade_no: told(raw.can_trd_no),
    })
}
