//! What may become of a cancel request: one of each kind that the outcome table knows.

use std::time::Duration;

use contract_tests::Kind;
use pg_sandbox::{BodyKind, FaultKind};

/// What becomes of one cancel request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What goes wrong; `None`: nothing does.
    pub fault: Option<FaultKind>,
    /// Whether the gateway's books took it before that.
    pub applied: bool,
    /// Whether it reads like the gateway's own refusal.
    pub refusal: bool,
}

/// All of them for one gateway.
pub fn all(kind: Kind) -> Vec<Answer> {
    let mut answers = vec![Answer { fault: None, applied: true, refusal: false }];
    let early = [
        FaultKind::RefuseConnections,
        FaultKind::StallBeforeReading,
        FaultKind::ResetOnAccept,
        FaultKind::CloseOnAccept,
        FaultKind::CloseBeforeReading,
        FaultKind::ResetAfterBytes(1),
        FaultKind::ResetAfterBytes(90),
        FaultKind::StallAfterBytes(90),
    ];
    answers.extend(early.map(|fault| Answer { fault: Some(fault), applied: false, refusal: false }));
    // carried out, and told so in one way or another: what was not carried out is not told as done
    for fault in [FaultKind::ExtraFields, FaultKind::Latency(Duration::from_millis(120))] {
        answers.push(Answer { fault: Some(fault), applied: true, refusal: false });
    }
    for fault in doubled().into_iter().chain(successes(kind)) {
        answers.push(Answer { fault: Some(fault), applied: true, refusal: false });
    }
    for applied in [true, false] {
        for fault in lost().into_iter().chain(statuses()) {
            answers.push(Answer { fault: Some(fault), applied, refusal: false });
        }
        for (code, message) in envelopes(kind) {
            let envelope = BodyKind::Envelope((*code).to_owned(), (*message).to_owned());
            answers.push(Answer { fault: Some(FaultKind::Status(200, envelope)), applied, refusal: true });
        }
    }
    // a refusal that is final by the documents and carried out later all the same is a lie that no client can see
    let (code, message) = match kind {
        Kind::Chaiport => ("1", "새로 생긴 문장입니다."),
        Kind::Eximbay => ("EE99", "system error"),
        Kind::SettlebankStandard | Kind::SettlebankFlat => ("3007", "취소한도 초과"),
    };
    let late = FaultKind::RefusedThenApplied(code.to_owned(), message.to_owned());
    answers.push(Answer { fault: Some(late), applied: true, refusal: true });
    answers
}

/// No answer, or none that can be read.
fn lost() -> Vec<FaultKind> {
    vec![
        FaultKind::Silence,
        FaultKind::CloseWithoutAnswer,
        FaultKind::Reset,
        FaultKind::HeadOnly,
        FaultKind::CutBody(0),
        FaultKind::CutBody(17),
        FaultKind::StallBody(17),
        FaultKind::CloseDelimitedCut(9),
        FaultKind::Garbage,
        FaultKind::Interim100,
        FaultKind::HugeBody(2_000_000),
        FaultKind::EndlessBody,
        FaultKind::SlowBody(Duration::from_millis(50)),
        FaultKind::Malformed,
        FaultKind::DuplicateKeys,
        FaultKind::TrailingBytes,
        FaultKind::DeepJson(200),
        FaultKind::HeaderBomb(2_000),
    ]
}

/// More copies than one, or one that comes when nobody waits any more.
fn doubled() -> Vec<FaultKind> {
    vec![FaultKind::Twice, FaultKind::TwiceAnswerSecond, FaultKind::Late(Duration::from_secs(3_600))]
}

/// A success whose facts do not fit, as far as this wire form tells such facts.
fn successes(kind: Kind) -> Vec<FaultKind> {
    match kind {
        Kind::SettlebankFlat => vec![FaultKind::NullResponse],
        Kind::SettlebankStandard => vec![
            FaultKind::OtherPayment,
            FaultKind::OtherAmount,
            FaultKind::OldState,
            FaultKind::NullResponse,
            FaultKind::CodeAsString,
        ],
        Kind::Chaiport | Kind::Eximbay => vec![
            FaultKind::OtherPayment,
            FaultKind::OtherAmount,
            FaultKind::OtherCurrency,
            FaultKind::OldState,
            FaultKind::NullResponse,
            FaultKind::CodeAsString,
        ],
    }
}

fn statuses() -> Vec<FaultKind> {
    let redirects = [301, 302, 303, 307, 308].map(|s| FaultKind::Redirect(s, "http://127.0.0.1:9/".into()));
    let bodies = [BodyKind::Empty, BodyKind::Html, BodyKind::WrongEnvelope];
    let statuses = [400, 401, 403, 404, 405, 408, 409, 413, 425, 429, 500, 502, 503, 504];
    let with_body = statuses.iter().zip(bodies.iter().cycle());
    redirects.into_iter().chain(with_body.map(|(s, body)| FaultKind::Status(*s, body.clone()))).collect()
}

/// Refusals in the gateway's own envelope: final, already done, not known to the gateway, on no list.
fn envelopes(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Chaiport => &[
            ("1", "취소할 결제건이 존재하지 않습니다."),
            ("1", "이미 전액취소된 주문입니다."),
            ("-1", "결제취소에 실패하였습니다. [500626|기 취소 거래]"),
            ("1", "새로 생긴 문장입니다."),
        ],
        Kind::Eximbay => &[
            ("EC1000", "parameter error"),
            ("TRANSACTION_ALREADY_CANCELED", "already canceled"),
            ("EE99", "system error"),
            ("RC18", "insufficient funds of the merchant"),
            ("9999", "something new"),
        ],
        Kind::SettlebankStandard | Kind::SettlebankFlat => &[
            ("1002", "필수값 누락"),
            ("CA12", "기취소 거래"),
            ("VTIM", "응답 지연"),
            ("3007", "취소한도 초과"),
            ("7777", "새로 생긴 코드"),
        ],
    }
}
