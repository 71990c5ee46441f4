//! What every answer of Eximbay's carries: its code and message, in either of two shapes.

use pg_core::json::{JsonFault, parse};
use pg_core::{GatewayText, RejectionKind, UnknownReason};

use crate::codes::{self, OnCancel};
use crate::fields::debug_told;

/// Code and message of an answer: `rescode`/`resmsg` with an optional `errcode`, or `code`/`message`/`description`.
///
/// Which of the two shapes errors have is not documented; both are read, on any HTTP status.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Envelope {
    /// `rescode`: `0000` is success.
    pub rescode: Option<String>,
    /// `errcode`: the newer code in words, absent when there is none.
    pub errcode: Option<String>,
    /// `code`: the second shape's code.
    pub code: Option<String>,
    /// `resmsg`, with echoed secrets blanked.
    pub resmsg: Option<GatewayText>,
    /// `message`: the second shape's message, with echoed secrets blanked.
    pub message: Option<GatewayText>,
    /// `description`: the second shape's longer message, with echoed secrets blanked.
    pub description: Option<GatewayText>,
}

/// What an envelope's codes prove about a cancel, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says<'a> {
    Success,
    Refused(RejectionKind, &'a str),
    Unknown(UnknownReason, &'a str),
}

debug_told!(Envelope { rescode, errcode, code; resmsg, message, description });

impl Envelope {
    /// Reads code and message; echoes of `sensitive` values are blanked.
    ///
    /// # Errors
    /// [`JsonFault`] when the body is no JSON object, or a code is neither text nor number.
    pub fn parse(body: &[u8], sensitive: &[&str]) -> Result<Self, JsonFault> {
        parse(body).map(|mut bare: Bare| bare.envelope(sensitive))
    }

    /// What stands on the wire, without echoes of what was sent.
    pub(crate) fn told(
        [rescode, errcode, code]: [Option<String>; 3],
        texts: [Option<String>; 3],
        sensitive: &[&str],
    ) -> Self {
        let text = |text: Option<String>| text.map(|text| GatewayText::scrubbed(text, sensitive));
        // a listed code decides and is no echo; any other may be free text
        let unechoed = |code: Option<String>| match code {
            Some(code) if codes::find(&code).is_none() => {
                text(Some(code)).map(|text| text.as_str().to_owned())
            }
            listed => listed,
        };
        let [resmsg, message, description] = texts.map(text);
        Self {
            rescode: unechoed(rescode),
            errcode: unechoed(errcode),
            code: unechoed(code),
            resmsg,
            message,
            description,
        }
    }

    /// Every code that was told.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        [&self.rescode, &self.errcode, &self.code].into_iter().filter_map(|code| code.as_deref())
    }

    /// Whether there is a code at all: without one, the answer is not the gateway's.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.codes().next().is_some()
    }

    /// The first message that was told.
    #[must_use]
    pub fn text(&self) -> GatewayText {
        [&self.resmsg, &self.message, &self.description]
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .cloned()
            .unwrap_or_default()
    }

    /// What the codes prove together. Where they disagree, the more cautious reading holds: doubt before refusal, and
    /// a success that is contradicted is none.
    pub(crate) fn says(&self) -> Says<'_> {
        let mut most_cautious: Option<(u8, Says<'_>)> = None;
        for code in self.codes() {
            let next = says(code);
            let caution = caution(next);
            if most_cautious.is_none_or(|(so_far, _)| caution > so_far) {
                most_cautious = Some((caution, next));
            }
        }
        let succeeded = |code: &str| codes::on_cancel(code) == OnCancel::Success;
        match most_cautious {
            // `errcode` comes in addition to `rescode`; alone it is half an envelope, which refuses nothing
            Some((_, Says::Success | Says::Refused(..))) if self.rescode.is_none() && self.code.is_none() => {
                Says::Unknown(UnknownReason::Malformed, self.errcode.as_deref().unwrap_or_default())
            }
            // the second shape is for errors: success is `rescode` alone
            Some((_, Says::Success)) if self.rescode.is_none() => {
                Says::Unknown(UnknownReason::Malformed, codes::SUCCESS)
            }
            Some((_, Says::Success)) => Says::Success,
            Some((_, Says::Refused(_, code))) if self.codes().any(succeeded) => {
                Says::Unknown(UnknownReason::Integrity, code)
            }
            Some((_, verdict)) => verdict,
            None => Says::Unknown(UnknownReason::Malformed, ""),
        }
    }
}

fn says(code: &str) -> Says<'_> {
    match codes::on_cancel(code) {
        OnCancel::Success => Says::Success,
        OnCancel::Refused(kind) => Says::Refused(kind, code),
        OnCancel::AlreadySeen => Says::Unknown(UnknownReason::AlreadySeen, code),
        OnCancel::Upstream => Says::Unknown(UnknownReason::Upstream, code),
        OnCancel::Unproven => Says::Unknown(UnknownReason::UnlistedCode, code),
    }
}

/// A higher one wins. Among refusals the one that tells more does: "a field is wrong" says the least, and the
/// merchant's money concerns more than this one cancel.
fn caution(says: Says<'_>) -> u8 {
    match says {
        Says::Success => 0,
        Says::Refused(RejectionKind::Request, _) => 1,
        Says::Refused(RejectionKind::MerchantFunds, _) => 3,
        Says::Refused(..) => 2,
        Says::Unknown(UnknownReason::UnlistedCode, _) => 4,
        Says::Unknown(UnknownReason::AlreadySeen, _) => 5,
        Says::Unknown(..) => 6,
    }
}

/// Declares an answer as it stands on the wire: the envelope's members and its own, so that it is read once.
macro_rules! answer {
    ($name:ident { $($own:tt)* }) => {
        #[derive(serde::Deserialize)]
        struct $name {
            #[serde(default, deserialize_with = "crate::fields::deciding")]
            rescode: Option<String>,
            #[serde(default, deserialize_with = "crate::fields::deciding")]
            errcode: Option<String>,
            #[serde(default, deserialize_with = "crate::fields::deciding")]
            code: Option<String>,
            #[serde(default, deserialize_with = "crate::fields::told")]
            resmsg: Option<String>,
            #[serde(default, deserialize_with = "crate::fields::told")]
            message: Option<String>,
            #[serde(default, deserialize_with = "crate::fields::told")]
            description: Option<String>,
            $($own)*
        }

        impl $name {
            /// Takes the envelope out.
            fn envelope(&mut self, sensitive: &[&str]) -> $crate::envelope::Envelope {
                let codes = [&mut self.rescode, &mut self.errcode, &mut self.code];
                let texts = [&mut self.resmsg, &mut self.message, &mut self.description];
                $crate::envelope::Envelope::told(codes.map(Option::take), texts.map(Option::take), sensitive)
            }
        }
    };
}
pub(crate) use answer;

answer!(Bare {});

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(json: &str) -> Envelope {
        Envelope::parse(json.as_bytes(), &["SECRET-VALUE"]).unwrap()
    }

    #[test]
    fn both_shapes_are_read() {
        let first = envelope(r#"{"rescode":"RC18","resmsg":"No.","errcode":""}"#);
        assert_eq!((first.rescode.as_deref(), first.errcode), (Some("RC18"), None));
        let second = envelope(r#"{"code":"EC1000","message":"Authorization required","description":"d"}"#);
        assert_eq!(second.says(), Says::Refused(RejectionKind::Credentials, "EC1000"));
        assert_eq!(second.text().as_str(), "Authorization required");
        assert!(!envelope(r#"{"status":400,"error":"Bad Request"}"#).is_present());
        // a number is a code like any other
        assert_eq!(envelope(r#"{"rescode":9999}"#).rescode.as_deref(), Some("9999"));
    }

    #[test]
    fn where_codes_disagree_the_more_cautious_wins() {
        let unknown = |json| match envelope(json).says() {
            Says::Unknown(reason, _) => reason,
            other => panic!("{json}: {other:?}"),
        };
        for (json, reason) in [
            (r#"{"rescode":"0000","errcode":"TEMPORARY_ERROR"}"#, UnknownReason::Upstream),
            (r#"{"rescode":"0000","errcode":"INVALID_REQEUST_AMOUNT"}"#, UnknownReason::Integrity),
            (r#"{"rescode":"0000","errcode":"NEW"}"#, UnknownReason::UnlistedCode),
            (r#"{"rescode":"RC18","errcode":"TRANSACTION_ALREADY_CANCELED"}"#, UnknownReason::AlreadySeen),
            (r#"{"rescode":"EC00","errcode":"DUPLICATION_DECLINE"}"#, UnknownReason::AlreadySeen),
            (
                r#"{"rescode":"A123","errcode":"INSUFFICIENT_MERCHANT_REFUND_FUNDS"}"#,
                UnknownReason::UnlistedCode,
            ),
            (r#"{"rescode":"EE02","errcode":"TRANSACTION_ALREADY_CANCELED"}"#, UnknownReason::Upstream),
            (r#"{"code":"0000","message":"Success."}"#, UnknownReason::Malformed),
            (r#"{"errcode":"INVALID_REQEUST_AMOUNT"}"#, UnknownReason::Malformed),
            (r#"{"errcode":"DUPLICATION_DECLINE"}"#, UnknownReason::AlreadySeen),
        ] {
            assert_eq!(unknown(json), reason, "{json}");
        }
        for (json, says) in [
            (
                r#"{"rescode":"EC00","errcode":"INVALID_REQEUST_AMOUNT"}"#,
                Says::Refused(RejectionKind::Amount, "INVALID_REQEUST_AMOUNT"),
            ),
            (
                r#"{"rescode":"RC18","errcode":"INSUFFICIENT_MERCHANT_REFUND_FUNDS"}"#,
                Says::Refused(RejectionKind::MerchantFunds, "RC18"),
            ),
            (r#"{"rescode":"0000","errcode":"0000"}"#, Says::Success),
        ] {
            assert_eq!(envelope(json).says(), says, "{json}");
        }
    }

    #[test]
    fn echoed_secrets_are_blanked() {
        let envelope = envelope(r#"{"rescode":"EC1000","resmsg":"key SECRET-VALUE is invalid"}"#);
        assert_eq!(envelope.text().as_str(), "key *** is invalid");
        assert!(!format!("{envelope:?}").contains("is invalid"));
    }

    #[test]
    fn a_listed_code_decides_though_it_was_sent_and_any_other_is_an_echo() {
        let sent = ["INVALID_REQEUST_AMOUNT", "SECRET-VALUE"];
        let parse =
            |code: &str| Envelope::parse(format!(r#"{{"rescode":"{code}"}}"#).as_bytes(), &sent).unwrap();
        let listed = parse("INVALID_REQEUST_AMOUNT");
        assert_eq!(listed.says(), Says::Refused(RejectionKind::Amount, "INVALID_REQEUST_AMOUNT"));
        assert_eq!(parse("SECRET-VALUE").rescode.as_deref(), Some("***"));
    }

    #[test]
    fn what_is_no_object_has_no_envelope() {
        for body in [&b"[]"[..], b"", b"null", b"\"0000\"", br#"["0000","Success."]"#, b"{\"rescode\":{}}"] {
            assert!(Envelope::parse(body, &[]).is_err(), "{body:?}");
        }
    }
}
