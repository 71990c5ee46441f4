//! Outcomes in the flat form.
//!
//! Its answer tells neither payment nor amount nor balance, so there is nothing to compare: `0000` with a
//! cancel number is believed, as its page says, and a refusal only if it has none. Look the payment up where that is
//! not enough.

use pg_core::classify::without_envelope;
use pg_core::wire::WireResponse;
use pg_core::{CancelError, CancelState, UnknownReason};

use super::{Cancelled, Told};
use crate::codes::{Reading, flat};
use crate::method::Method;
use crate::request::FlatCancel;
use crate::response::{Answer, parse_flat};

pub(super) fn cancel(
    request: &FlatCancel,
    response: &WireResponse,
    sensitive: &[&str],
) -> Result<Cancelled, CancelError> {
    let answer = parse_flat(response.body(), sensitive)
        .map_err(|fault| without_envelope(response.status()).with_source(fault))?;
    let told = Told { status: response.status(), code: &answer.code, message: &answer.message };
    told.undecidable()?;
    let reading = flat::find(&answer.code);
    if reading != Some(Reading::Success) {
        // a refusal with the number of a cancel contradicts itself
        if answer.cancel_trade_no.is_some() {
            return Err(told.unknown(UnknownReason::Integrity));
        }
        return Err(told.refused(reading));
    }
    // the page shows the number on every success, and null on failure only
    if !told.is_answer() || answer.cancel_trade_no.is_none() {
        return Err(told.unknown(UnknownReason::Integrity));
    }
    // paid out the next business day, whatever the form; a mobile payment of an earlier month too, and the form has
    // no time to tell the month by
    let later = |method: Method| method.is_virtual_account() || method == Method::Mobile;
    let later = request.payment().method().is_none_or(later);
    let state = if later { CancelState::Accepted } else { CancelState::Completed };
    let cancel_id = answer.cancel_trade_no.clone();
    Ok(Cancelled::new(state, request.amount(), Answer::Flat(answer)).with_cancel_id(cancel_id))
}
