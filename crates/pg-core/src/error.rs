//! How a cancel may end without money known to have moved.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::text::GatewayText;

pub(crate) type Source = Box<dyn StdError + Send + Sync + 'static>;

/// A kept cause, as [`StdError::source`] hands it out.
pub(crate) fn as_source(source: Option<&Source>) -> Option<&(dyn StdError + 'static)> {
    source.map(|source| -> &(dyn StdError + 'static) { source.as_ref() })
}

/// Why a cancel did not come back as done.
///
/// Exhaustive on purpose: a caller can, and should, match all four.
///
/// | variant | what the gateway may have done | what to do |
/// |---|---|---|
/// | [`Invalid`](Self::Invalid) | nothing by this call; our own checks stopped it | correct the named field |
/// | [`NotSent`](Self::NotSent) | nothing; it cannot have seen the cancel | send the same request again later |
/// | [`Rejected`](Self::Rejected) | refused it, for good | read the code; do not repeat it |
/// | [`Unknown`](Self::Unknown) | perhaps everything | look the payment up before anything else |
#[derive(Debug)]
pub enum CancelError {
    /// A check of ours failed. Nothing was sent by this call. Of an attempt that may have been sent before, it says
    /// nothing about the earlier copies.
    Invalid(Invalid),
    /// There is proof that no byte of the cancel reached the gateway. The same request may be sent again as it is.
    NotSent(NotSent),
    /// The gateway answered completely, and with a code that is on the list of definite refusals: no money moved,
    /// and this attempt can never move any.
    Rejected(Rejected),
    /// Everything else: the cancel may have happened, or may still happen. Look the payment up, and if the cancel
    /// is to be sent again, send **the same** request with the same guard, never a new one.
    Unknown(Unknown),
}

impl CancelError {
    /// What to do now.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Invalid(_) => NextStep::CorrectTheRequest,
            Self::NotSent(error) => match error.phase {
                NotSentPhase::Credentials => NextStep::CheckCredentials,
                _ => NextStep::SendTheSameAgain,
            },
            Self::Rejected(error) => match error.kind {
                RejectionKind::Credentials => NextStep::CheckCredentials,
                RejectionKind::MerchantFunds => NextStep::FundTheMerchantAccount,
                _ => NextStep::ReadTheRefusal,
            },
            Self::Unknown(error) => match error.reason {
                UnknownReason::AwaitingMerchantFunds => NextStep::FundTheMerchantAccount,
                _ => NextStep::LookUpFirst,
            },
        }
    }

    /// Whether money may have moved, or may still move, because of this call.
    #[must_use]
    pub const fn may_have_happened(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// One word for logs and tables: `invalid`, `not_sent`, `rejected`, `unknown`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotSent(_) => "not_sent",
            Self::Rejected(_) => "rejected",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The gateway's own code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Rejected(error) => Some(error.code()),
            Self::Unknown(error) => error.code(),
            Self::NotSent(error) => error.code(),
            Self::Invalid(_) => None,
        }
    }

    /// The gateway's own message, where it gave one. It may name people: do not log it unread.
    #[must_use]
    pub fn message(&self) -> Option<&GatewayText> {
        match self {
            Self::Rejected(error) => Some(error.message()),
            Self::Unknown(error) => error.message(),
            Self::NotSent(error) => error.message(),
            Self::Invalid(_) => None,
        }
    }
}

impl fmt::Display for CancelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::NotSent(error) => error.fmt(f),
            Self::Rejected(error) => error.fmt(f),
            Self::Unknown(error) => error.fmt(f),
        }
    }
}

impl StdError for CancelError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NotSent(error) => StdError::source(error),
            Self::Unknown(error) => StdError::source(error),
            Self::Invalid(_) | Self::Rejected(_) => None,
        }
    }
}

/// What a caller should do about a [`CancelError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NextStep {
    /// Correct the field that the error names; nothing was sent by this call.
    CorrectTheRequest,
    /// Send the very same request again when the cause is gone; nothing was sent.
    SendTheSameAgain,
    /// The gateway does not accept the key; nothing was executed.
    CheckCredentials,
    /// The refusal is final for this request: read its code and message.
    ReadTheRefusal,
    /// The merchant's balance at the gateway is too small: pay it up. Look the payment up before any new attempt.
    FundTheMerchantAccount,
    /// Look the payment up and reconcile before anything else; never issue a new cancel in its place.
    LookUpFirst,
}

impl NextStep {
    /// The advice in a sentence, in English.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::CorrectTheRequest => "correct the named field and try again; nothing was sent by this call",
            Self::SendTheSameAgain => "send the same request again later; nothing was sent",
            Self::CheckCredentials => "check the key of this gateway; nothing was executed",
            Self::ReadTheRefusal => {
                "read the gateway's code and message; repeating the request will not help"
            }
            Self::FundTheMerchantAccount => {
                "pay up the merchant's balance at the gateway, then look the payment up before anything else"
            }
            Self::LookUpFirst => {
                "look the payment up first; if it must be sent again, send the same request unchanged"
            }
        }
    }

    /// The advice in a sentence, in Korean.
    #[must_use]
    pub const fn advice_ko(self) -> &'static str {
        match self {
            Self::CorrectTheRequest => {
                "표시된 항목을 고쳐 다시 요청하세요. 이번 호출로는 아무것도 전송되지 않았습니다"
            }
            Self::SendTheSameAgain => {
                "잠시 뒤 같은 요청을 그대로 다시 보내세요. 아무것도 전송되지 않았습니다"
            }
            Self::CheckCredentials => "PG사 키를 확인하세요. 취소는 실행되지 않았습니다",
            Self::ReadTheRefusal => "PG사의 코드와 메시지를 확인하세요. 같은 요청을 되풀이해도 소용없습니다",
            Self::FundTheMerchantAccount => {
                "PG사에 맡긴 가맹점 잔액을 채우세요. 그런 다음 다른 조치보다 결제 조회를 먼저 하세요"
            }
            Self::LookUpFirst => "먼저 결제를 조회하세요. 다시 보내야 한다면 같은 요청을 그대로 보내세요",
        }
    }
}

/// A value that a check of ours refused; it names the field and never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    field: &'static str,
    reason: Cow<'static, str>,
}

impl Invalid {
    /// A refusal of `field`, with the rule it breaks: "must be …".
    #[must_use]
    pub fn new(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field, reason: reason.into() }
    }

    /// The field, as the SDK or its documentation spells it.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that it breaks.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

impl StdError for Invalid {}

/// Proof that the gateway cannot have seen the cancel.
#[derive(Debug)]
pub struct NotSent {
    phase: NotSentPhase,
    code: Option<Code>,
    message: Option<GatewayText>,
    source: Option<Source>,
}

/// How far a cancel came that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSentPhase {
    /// The request could not be put together.
    Build,
    /// The credentials were not accepted when a token was asked for, so no cancel was sent.
    Credentials,
    /// A token could not be had for another reason, so no cancel was sent.
    Token,
    /// Resolving, connecting or the TLS handshake failed.
    Connect,
    /// The connection was made, but no byte of the request was handed to it.
    BeforeFirstByte,
}

impl NotSent {
    /// A cancel that was not sent.
    #[must_use]
    pub const fn new(phase: NotSentPhase) -> Self {
        Self { phase, code: None, message: None, source: None }
    }

    /// Adds what the gateway said when it refused the token.
    #[must_use]
    pub fn with_refusal(mut self, code: impl Into<String>, message: GatewayText) -> Self {
        self.code = Some(Code(code.into()));
        self.message = Some(message);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How far it came.
    #[must_use]
    pub const fn phase(&self) -> NotSentPhase {
        self.phase
    }

    /// The gateway's code, when it refused to give a token.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// The gateway's message, when it refused to give a token.
    #[must_use]
    pub const fn message(&self) -> Option<&GatewayText> {
        self.message.as_ref()
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            NotSentPhase::Build => "not sent: the request could not be put together",
            NotSentPhase::Credentials => "not sent: the gateway did not accept the key and secret",
            NotSentPhase::Token => "not sent: no access token was obtained",
            NotSentPhase::Connect => "not sent: no connection to the gateway",
            NotSentPhase::BeforeFirstByte => "not sent: the connection failed before the first byte",
        })
    }
}

impl StdError for NotSent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        as_source(self.source.as_ref())
    }
}

/// A definite refusal: complete, parsed, and with a code on the list of those that never moved money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    kind: RejectionKind,
    code: Code,
    message: GatewayText,
    http_status: u16,
}

/// What a definite refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// A field of the request.
    Request,
    /// The credentials, or the merchant's permission.
    Credentials,
    /// No such payment.
    NotFound,
    /// More than can still be cancelled, or not an amount this payment can be cancelled by.
    Amount,
    /// The guard (balance, checksum, sequence) does not match: somebody else cancelled in between.
    Guard,
    /// This payment, or its method, cannot be cancelled (so).
    NotCancellable,
    /// Too late.
    Period,
    /// The refund account or its holder.
    RefundAccount,
    /// The merchant's balance at the gateway is too small.
    MerchantFunds,
    /// A limit or policy of the merchant or the PG.
    Policy,
}

impl Rejected {
    /// A definite refusal.
    #[must_use]
    pub fn new(kind: RejectionKind, code: impl Into<String>, message: GatewayText, http_status: u16) -> Self {
        Self { kind, code: Code(code.into()), message, http_status }
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// The gateway's code, verbatim.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code.0
    }

    /// The gateway's message, verbatim but for echoed secrets. It may name people: do not log it unread.
    #[must_use]
    pub const fn message(&self) -> &GatewayText {
        &self.message
    }

    /// The HTTP status it came with.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        self.http_status
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = match self.kind {
            RejectionKind::Request => "a field of the request",
            RejectionKind::Credentials => "credentials or permission",
            RejectionKind::NotFound => "no such payment",
            RejectionKind::Amount => "the amount",
            RejectionKind::Guard => "the balance has changed",
            RejectionKind::NotCancellable => "this payment cannot be cancelled so",
            RejectionKind::Period => "too late",
            RejectionKind::RefundAccount => "the refund account",
            RejectionKind::MerchantFunds => "the merchant's balance is too small",
            RejectionKind::Policy => "a limit or policy",
        };
        write!(f, "rejected with code {}: {about}", code_shown(&self.code.0))
    }
}

impl StdError for Rejected {}

/// No proof of anything: the cancel may have happened, or may still happen.
#[derive(Debug)]
pub struct Unknown {
    reason: UnknownReason,
    code: Option<Code>,
    message: Option<GatewayText>,
    http_status: Option<u16>,
    source: Option<Source>,
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownReason {
    /// The connection broke while the request was being written, or before an answer began.
    ConnectionLost,
    /// No complete answer within the time limit.
    Timeout,
    /// The answer began and did not end, was too large, or was no HTTP.
    BrokenAnswer,
    /// A complete HTTP answer without the gateway's envelope, with a client-error status or a status of no meaning.
    NotTheGateway,
    /// The body is not the JSON it should be, or a deciding field is missing.
    Malformed,
    /// A redirect; it was not followed.
    Redirect,
    /// A server error (5xx); its body is not believed.
    ServerError,
    /// Throttled or in conflict (408, 409, 425, 429); no gateway documents that such a request is not executed.
    Throttled,
    /// A success that does not match the request: payment, amount, currency or balance.
    Integrity,
    /// Already cancelled, duplicate or out of sequence: an earlier copy of ours may have been the cause.
    AlreadySeen,
    /// The gateway does not know either: time-out or failure between it and the PG, card company or bank. The copy is
    /// past the gateway's own guard, so wait at least 10 minutes, and for two look-ups, before the same one is sent
    /// again.
    Upstream,
    /// Refused for now, and executed by itself once the merchant has paid in (Settlebank 3007).
    AwaitingMerchantFunds,
    /// A code that is on no list.
    UnlistedCode,
    /// A refusal of an attempt that may have been sent before: the earlier copy may be why.
    RefusedOnRepeat,
    /// This copy was not sent, but another copy of the same attempt may have been.
    NotSentOnRepeat,
}

impl Unknown {
    /// An unknown outcome.
    #[must_use]
    pub const fn new(reason: UnknownReason) -> Self {
        Self { reason, code: None, message: None, http_status: None, source: None }
    }

    /// Adds the HTTP status.
    #[must_use]
    pub const fn with_http_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Adds what the gateway said.
    #[must_use]
    pub fn with_answer(mut self, code: impl Into<String>, message: GatewayText) -> Self {
        self.code = Some(Code(code.into()));
        self.message = Some(message);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why it is unknown.
    #[must_use]
    pub const fn reason(&self) -> UnknownReason {
        self.reason
    }

    /// The gateway's code, verbatim, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// The gateway's message, where it gave one. It may name people: do not log it unread.
    #[must_use]
    pub const fn message(&self) -> Option<&GatewayText> {
        self.message.as_ref()
    }

    /// The HTTP status, where an answer began.
    #[must_use]
    pub const fn http_status(&self) -> Option<u16> {
        self.http_status
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outcome unknown: ")?;
        f.write_str(match self.reason {
            UnknownReason::ConnectionLost => "the connection was lost",
            UnknownReason::Timeout => "no complete answer in time",
            UnknownReason::BrokenAnswer => "the answer broke off, was too large or was not http",
            UnknownReason::NotTheGateway => "the answer is not the gateway's",
            UnknownReason::Malformed => "the answer could not be read",
            UnknownReason::Redirect => "the gateway redirected, which is not followed",
            UnknownReason::ServerError => "the gateway reported a server error",
            UnknownReason::Throttled => "the gateway was busy",
            UnknownReason::Integrity => "the answer does not match the request",
            UnknownReason::AlreadySeen => {
                "the gateway calls it already cancelled, a duplicate or out of sequence"
            }
            UnknownReason::Upstream => "the gateway does not know the outcome itself",
            UnknownReason::AwaitingMerchantFunds => "it executes by itself once the merchant has paid in",
            UnknownReason::UnlistedCode => "the gateway's code is on no list",
            UnknownReason::RefusedOnRepeat => "refused, but an earlier copy may be why",
            UnknownReason::NotSentOnRepeat => "this copy was not sent, but an earlier one may have been",
        })?;
        if let Some(status) = self.http_status {
            write!(f, " (http {status})")?;
        }
        if let Some(code) = &self.code {
            write!(f, " (code {})", code_shown(&code.0))?;
        }
        Ok(())
    }
}

impl StdError for Unknown {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        as_source(self.source.as_ref())
    }
}

/// A gateway's code, verbatim; `Debug` shows it as `Display` does.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) String);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(code_shown(&self.0))
    }
}

/// A code as it may be shown: a short run of code characters, or a placeholder.
fn code_shown(code: &str) -> &str {
    let plain =
        code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain { code } else { "(unprintable)" }
}

macro_rules! into_cancel_error {
    ($($name:ident),*) => {$(
        impl From<$name> for CancelError {
            fn from(error: $name) -> Self {
                Self::$name(error)
            }
        }
    )*};
}
into_cancel_error!(Invalid, NotSent, Rejected, Unknown);

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<CancelError> {
        let message = || GatewayText::scrubbed("MESSAGE-CANARY", &[]);
        vec![
            Invalid::new("amount", "must be above zero").into(),
            NotSent::new(NotSentPhase::Connect).with_source("SOURCE-CANARY").into(),
            NotSent::new(NotSentPhase::Credentials).with_refusal("-1", message()).into(),
            Rejected::new(RejectionKind::Amount, "ST57", message(), 200).into(),
            Unknown::new(UnknownReason::Upstream)
                .with_answer("bad\ncode", message())
                .with_source("SOURCE-CANARY")
                .into(),
        ]
    }

    #[test]
    fn display_is_one_lower_case_line_without_source_or_message() {
        for error in all() {
            let shown = error.to_string();
            assert!(!shown.contains("CANARY") && !shown.contains('\n'), "{shown}");
            assert!(shown.starts_with(|c: char| c.is_ascii_lowercase()), "{shown}");
        }
    }

    #[test]
    fn debug_keeps_the_message_to_itself() {
        for error in all() {
            let shown = format!("{error:?}");
            assert!(!shown.contains("MESSAGE-CANARY") && !shown.contains("bad"), "{shown}");
        }
    }

    #[test]
    fn only_unknown_may_have_happened() {
        for error in all() {
            assert_eq!(error.may_have_happened(), error.label() == "unknown");
            assert!(!error.next_step().advice().is_empty() && !error.next_step().advice_ko().is_empty());
        }
    }
}
