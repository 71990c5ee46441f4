//! Every refusal in one shape: `{"code", "message", "field"?, …}`, in English or Korean.

use std::fmt;

use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pg_core::{Gateway, Invalid, Money, PaymentRef};
use serde::Serialize;
use serde_json::value::RawValue;

use super::korean;
use crate::desk::{CancelView, DeskError, Difference, Number, differences};
use crate::journal::JournalError;
use crate::korean::said;
use crate::record::{PaymentKey, PaymentRecord};

/// A refusal, not written out yet: in which language is decided where the request is known.
#[derive(Clone)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    korean: Option<String>,
    field: Option<String>,
    more: Option<Box<More>>,
}

/// What some refusals tell besides.
#[derive(Clone, Default, Serialize)]
pub(super) struct More {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancelable_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reserved_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gateway_code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rows: Vec<RowFault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) faults: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) differs: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel: Option<Box<CancelView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_url: Option<String>,
}

/// A payment that could be meant.
#[derive(Clone, Serialize)]
pub(super) struct Choice {
    gateway: Gateway,
    account: String,
    payment_id: String,
}

impl From<PaymentKey> for Choice {
    fn from(key: PaymentKey) -> Self {
        Self { gateway: key.gateway, account: key.merchant, payment_id: key.payment_id }
    }
}

/// What is wrong with one row of many.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RowFault {
    /// Which, from 1.
    pub(super) row: usize,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) message: String,
    #[serde(skip)]
    korean: Option<String>,
}

#[derive(Serialize)]
struct Written<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(flatten)]
    more: Option<&'a More>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), korean: None, field: None, more: None }
    }

    pub(super) fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    pub(super) fn korean(mut self, message: impl Into<String>) -> Self {
        self.korean = Some(message.into());
        self
    }

    pub(super) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(super) fn more(mut self, more: More) -> Self {
        self.more = Some(Box::new(more));
        self
    }

    /// A field that cannot be used.
    pub(super) fn invalid(field: impl Into<String>, reason: &str) -> Self {
        let field = field.into();
        Self::new(StatusCode::BAD_REQUEST, "invalid", format!("{field}: {reason}"))
            .korean(match said(reason) {
                Some(reason) => format!("{field}: {reason}."),
                None => format!("{field}: 값을 사용할 수 없습니다 ({reason})"),
            })
            .field(field)
    }

    /// Renames the field, where a request spells it otherwise than the desk.
    pub(super) fn renamed(mut self, from: &str, to: &'static str) -> Self {
        if self.field.as_deref() == Some(from) {
            let prefix = format!("{from}: ");
            for message in [Some(&mut self.message), self.korean.as_mut()].into_iter().flatten() {
                if let Some(rest) = message.strip_prefix(&prefix) {
                    *message = format!("{to}: {rest}");
                }
            }
            self.field = Some(to.to_owned());
        }
        self
    }

    /// A payment that is registered with other content: what differs.
    pub(super) fn conflict(known: &PaymentRecord, given: &PaymentRef) -> Self {
        let differs = differences(&known.payment, given, |money: Money| money.to_string());
        let told = |nothing: &str, between: [&str; 2], amount: fn(&str) -> Option<String>| {
            let value = |value: &Option<String>| match value {
                Some(value) => amount(value).unwrap_or_else(|| value.clone()),
                None => nothing.to_owned(),
            };
            let one = |one: &Difference| {
                let [registered, new] = between;
                let (was, is) = (value(&one.registered), value(&one.given));
                format!("{} ({registered} {was}, {new} {is})", one.field)
            };
            differs.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let error = DeskError::PaymentConflict;
        let english = format!("{error}: {}", told("nothing", ["registered", "given"], |_| None));
        let korean = format!(
            "이 결제는 다른 내용으로 이미 등록되어 있으며 바꿀 수 없습니다. 다른 항목: {}.",
            told("없음", ["등록:", "요청:"], crate::korean::amount)
        );
        let problem = Self::new(StatusCode::CONFLICT, error.code(), english).korean(korean);
        problem.more(More { differs, ..More::default() })
    }

    pub(super) fn row(self, row: usize) -> RowFault {
        RowFault { row, code: self.code, field: self.field, message: self.message, korean: self.korean }
    }

    pub(super) const fn code(&self) -> &'static str {
        self.code
    }

    /// The answer, in the language that was asked for.
    pub(super) fn write(&self, headers: &HeaderMap) -> Vec<u8> {
        let korean = self.korean.as_deref().filter(|_| wants_korean(headers));
        let message = korean.unwrap_or(&self.message);
        let mut more = self.more.clone();
        if let Some(more) = more.as_mut().filter(|_| wants_korean(headers)) {
            for row in &mut more.rows {
                row.message = row.korean.take().unwrap_or_else(|| std::mem::take(&mut row.message));
            }
        }
        let written =
            Written { code: self.code, message, field: self.field.as_deref(), more: more.as_deref() };
        serde_json::to_vec(&written).unwrap_or_else(|_| br#"{"code":"internal","message":""}"#.to_vec())
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.status)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl IntoResponse for Problem {
    /// Without a body: the outermost layer writes it, in the request's language.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Invalid> for Problem {
    fn from(error: Invalid) -> Self {
        Self::invalid(error.field(), error.reason())
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let status = status_of(&error);
        let code = match &error {
            DeskError::Invalid(error) => return Self::invalid(error.field(), error.reason()),
            // the guide's own sentence, in any language
            DeskError::AlreadyRefunded => return Self::new(status, error.code(), korean::ALREADY_REFUNDED),
            error => error.code(),
        };
        let mut problem = Self::new(status, code, error.to_string());
        problem.korean = korean::of(&error);
        problem.field = error.field().map(str::to_owned);
        problem.more(match error {
            DeskError::Exceeds { cancelable, reserved, .. } => More {
                cancelable_amount: Some(Number(cancelable)),
                reserved_amount: Some(Number(reserved)),
                ..More::default()
            },
            DeskError::RemainingDiffers { cancelable, .. } => {
                More { cancelable_amount: Some(Number(cancelable)), ..More::default() }
            }
            DeskError::Ambiguous(choices) => {
                More { choices: choices.into_iter().map(Choice::from).collect(), ..More::default() }
            }
            _ => More::default(),
        })
    }
}

const fn status_of(error: &DeskError) -> StatusCode {
    match error {
        DeskError::NoSuchPayment | DeskError::NoSuchCancel => StatusCode::NOT_FOUND,
        DeskError::Ambiguous(_)
        | DeskError::TooEarly(_)
        | DeskError::TooEarlyAfterRestore(_)
        | DeskError::Pending
        | DeskError::NoHistory { .. }
        | DeskError::Unexplained(_)
        | DeskError::MayHaveHappened { .. }
        | DeskError::LessRefunded { .. }
        | DeskError::NotInLedger { .. }
        | DeskError::NotInList { .. }
        | DeskError::InJob { .. }
        | DeskError::RemainingDiffers { .. }
        | DeskError::PaymentConflict
        | DeskError::NotAllowed(_) => StatusCode::CONFLICT,
        DeskError::KeyReused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        DeskError::NoAccountKey | DeskError::NoAccount { .. } => StatusCode::NOT_IMPLEMENTED,
        DeskError::LookUp(_) => StatusCode::BAD_GATEWAY,
        DeskError::Journal(JournalError::Storage(_) | JournalError::PutBack { .. }) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        DeskError::Journal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Whether Korean is the language that is liked best.
fn wants_korean(headers: &HeaderMap) -> bool {
    let Some(asked) = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut best: Option<(u32, bool)> = None;
    for part in asked.split(',').take(20) {
        let mut halves = part.splitn(2, ';');
        let tag = halves.next().unwrap_or_default().trim();
        let weight = halves.next().map_or(1000, weight);
        let korean = tag.eq_ignore_ascii_case("ko") || tag.to_ascii_lowercase().starts_with("ko-");
        if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, korean));
        }
    }
    best.is_some_and(|(_, korean)| korean)
}

/// `q=0.8` in thousandths; what cannot be read counts as nothing.
fn weight(parameter: &str) -> u32 {
    let text = parameter.trim().strip_prefix("q=").unwrap_or("x");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    match (whole, format!("{part:0<3}").parse::<u32>()) {
        ("1", _) => 1000,
        ("0", Ok(thousandths)) => thousandths.min(1000),
        _ => 0,
    }
}

/// JSON of an answer that went well.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (status, headers, bytes).into_response()
        }
        Err(_) => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the answer could not be written")
                .into_response()
        }
    }
}

/// A member of a request's body, as it was written.
pub(super) type Raw = Box<RawValue>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_liked_best() {
        let korean = |asked: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            wants_korean(&headers)
        };
        for yes in ["ko", "ko-KR,ko;q=0.9,en;q=0.8", "en;q=0.5, KO-kr", "ko;q=0.001"] {
            assert!(korean(yes), "{yes}");
        }
        for no in ["en", "", "en-US,ko;q=0.9", "kok", "ko;q=0", "ko;q=x", "*"] {
            assert!(!korean(no), "{no}");
        }
        assert!(!wants_korean(&HeaderMap::new()));
    }
}
