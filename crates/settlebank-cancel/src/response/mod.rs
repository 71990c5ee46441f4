//! Answers as facts. Pure: bytes in, a typed answer or a fault out; nothing is decided here.
//!
//! The codes (`outStatCd`, `outRsltCd`; `resultCode`) must be there and be text. Everything else may be missing, null
//! or new. What is compared and has the wrong type is kept as something that matches nothing, never as missing;
//! only fields that decide nothing may be of any type.

mod account;
mod amount;
mod field;
mod flat;
mod message;
mod standard;

pub use account::AnswerAccount;
pub use amount::AnswerAmount;
pub use flat::{FlatAnswer, parse_flat};
pub(crate) use message::decode_form;
pub use standard::{LaterRefund, StandardAnswer, parse_standard};

/// The whole typed answer to a cancel, in the form in which it was asked.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To a request in the standard form.
    Standard(Box<StandardAnswer>),
    /// To a request in the flat form.
    Flat(FlatAnswer),
}

/// Text that is there: not missing and not blank.
fn told(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
