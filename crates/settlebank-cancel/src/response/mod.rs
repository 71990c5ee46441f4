//! Answers as facts. Pure: bytes in, a typed answer or a fault out; nothing is decided here.
//!
//! Deciding fields (`outStatCd`, `outRsltCd`; `resultCode`) must be there and be text. Everything else may be
//! missing, null, of another type or new.

mod amount;
mod flat;
mod message;
mod standard;

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
