//! Answers in the flat form (developer-site prototype, 2025-09).

use pg_core::GatewayText;
use pg_core::json::{self, JsonFault, scalar_text};
use serde::Deserialize;

use super::message::message;
use super::told;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    result_code: String,
    #[serde(default, deserialize_with = "scalar_text")]
    result_msg: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    can_trd_no: Option<String>,
}

/// An answer in the flat form. It tells no amount, no payment and no balance.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FlatAnswer {
    /// `resultCode`, verbatim: `0000`, or why not; see [`codes::flat`](crate::codes::flat).
    pub code: String,
    /// `resultMsg`. Free text: it may name people.
    pub message: GatewayText,
    /// `canTrdNo`: Hecto's number of the cancel; null on failure. Longer than 40 characters in the one
    /// sample.
    pub cancel_trade_no: Option<String>,
}

/// Reads an answer in the flat form; `sensitive` are the values to be blanked out in the message.
///
/// # Errors
/// [`JsonFault`] when it is no such JSON: `resultCode` missing or no text.
pub fn parse_flat(body: &[u8], sensitive: &[&str]) -> Result<FlatAnswer, JsonFault> {
    let raw: Raw = json::parse(body)?;
    Ok(FlatAnswer {
        code: raw.result_code,
        message: message(raw.result_msg.as_deref(), sensitive),
        cancel_trade_no: told(raw.can_trd_no),
    })
}
