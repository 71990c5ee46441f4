//! What must hold of every outcome of a cancel, whatever the gateway.

use std::fmt::{Debug, Display};

use pg_core::{CancelError, CancelState, GatewayText, Money, SendLog, Sent};

use crate::behaviour::Seen;
use crate::naive::Json;
use crate::wire::{Answer, Asked};

/// A cancel that the gateway took, as far as all gateways tell it.
pub(super) struct Took {
    pub(super) state: CancelState,
    pub(super) amount: Money,
    pub(super) remaining: Option<Money>,
}

/// One sending, seen from outside.
pub(super) struct Sending<'a> {
    /// What went to the cancel's own address, in this sending alone.
    pub(super) asked: &'a [Asked],
    /// The log of the attempt, after the sending.
    pub(super) sends: &'a SendLog,
    /// Whether it may have been sent before this sending.
    pub(super) before: bool,
    /// What was asked back.
    pub(super) amount: Money,
    /// Keys, tokens and account data that go with it: what no error may show.
    pub(super) secrets: &'a [&'a str],
}

/// Checks an outcome; gives back the last answer of a success or a refusal, for the gateway's own oracle.
pub(super) fn check<'a>(
    outcome: &Result<Took, CancelError>,
    sending: &Sending<'a>,
    seen: &mut Seen,
) -> Option<(u16, &'a [u8])> {
    let answers = || sending.asked.iter().map(|asked| &asked.answer);
    let last = sending.asked.last().and_then(|asked| asked.answer.said());
    match outcome {
        Ok(took) => {
            assert_eq!(took.amount, sending.amount, "another amount than was asked");
            assert!(sending.sends.may_have_been_sent(), "taken, and not counted as sent");
            seen.note(took.state.label()).debug(&took.remaining.is_some());
            let (status, _) = last.expect("taken without an answer");
            assert_eq!(status, 200, "taken by another status than 200");
            last
        }
        Err(error) => {
            harmless(error, error.message(), sending.secrets);
            seen.note(error.label()).debug(error);
            match error {
                CancelError::Invalid(_) => {
                    assert!(sending.asked.is_empty(), "invalid, and something was sent")
                }
                CancelError::NotSent(_) => {
                    assert!(!sending.before, "not sent, of an attempt that was perhaps sent before");
                    let proven = answers().all(|answer| matches!(answer, Answer::Fails(Sent::No, _)));
                    assert!(proven, "not sent, though bytes may have left: {:?}", sending.asked);
                }
                CancelError::Rejected(rejected) => {
                    assert!(!sending.before, "a refusal of a repeat was believed");
                    let (status, _) = last.expect("refused without an answer");
                    assert_eq!(status, rejected.http_status());
                    let believable =
                        matches!(status, 200 | 400 | 401 | 403 | 404 | 405 | 413 | 414 | 415 | 422 | 431);
                    assert!(believable, "a refusal by status {status} was believed");
                    return last;
                }
                CancelError::Unknown(_) => {}
            }
            None
        }
    }
}

/// Errors are one line and show no secret.
pub(super) fn harmless(error: &(impl Display + Debug), message: Option<&GatewayText>, secrets: &[&str]) {
    let shown = error.to_string();
    assert!(!shown.chars().any(char::is_control), "more than one line: {shown:?}");
    assert!(shown.len() < 2000, "an error of {} bytes", shown.len());
    let whole = format!("{shown} {error:?} {}", message.map_or("", GatewayText::as_str));
    for secret in secrets {
        assert!(!whole.contains(secret), "an error shows {secret}: {whole}");
    }
}

/// The answer as the oracle reads it. What was believed must be readable.
pub(super) fn believed(body: &[u8]) -> Json {
    let json = Json::read(body).expect("believed, though it is no json");
    assert!(json.is_object(), "believed, though it is no object");
    json
}

/// The digits of an amount's currency.
pub(super) fn digits(money: Money) -> i32 {
    i32::from(money.currency().minor_digits())
}

/// An amount of the answer against one of ours.
pub(super) fn same(told: Option<&Json>, ours: Money, what: &str) {
    let told = told.and_then(|told| told.minor(digits(ours)));
    assert_eq!(told, Some(i128::from(ours.minor())), "{what} differs from {ours}");
}
