//! `POST /payments/cancel`: the guide's STEP 01, made durable.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use pg_core::{Gateway, Invalid};
use serde::Serialize;
use tracing::info;

use super::body::{Fields, SMALL, check_type, read};
use super::korean::{self, ALREADY_REFUNDED};
use super::problem::{More, Problem, json};
use super::state::Shared;
use crate::desk::{Amount, CancelView, DeskError, OutcomeView, PaymentView, RefundTo, Selector, Wish};
use crate::record::{IntentId, IntentRecord, IntentState};

/// The header of the caller's key.
const KEY: &str = "Idempotency-Key";
/// The guide's name of the amount.
const AMOUNT: &str = "cancel_request_amount";
/// How long what the gateway accepted is waited for.
const SETTLING: Duration = Duration::from_secs(4);
/// The guide's STEP 01, and what tells payments of the same order apart. Whatever else a body says would be overlooked.
const MEMBERS: [&str; 11] = [
    "merchant_uid",
    AMOUNT,
    "reason",
    "refund_holder",
    "refund_bank",
    "refund_account",
    "refund_tel",
    "gateway",
    "account",
    "payment_id",
    "imp_uid",
];

/// The updated record, as the guide has it, and the cancel.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    payment: PaymentView,
    cancel: CancelView,
    status_url: String,
}

/// `POST /payments/cancel`
pub(super) async fn ask(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = idempotency_key(&parts.headers)?;
    check_type(&parts.headers, &["application/json"])?;
    let bytes = read(&parts.headers, body, SMALL, shared.options.body_timeout).await?;
    let wish = wish(&Fields::read(&bytes)?, key)?;
    let payment = wish.payment.clone();
    let submitted = match shared.desk.cancel(wish).await {
        Ok(submitted) => submitted,
        Err(DeskError::KeyReused(Some(held))) => return Err(stands_for(&shared, &payment, &held).await),
        Err(error) => {
            return Err(Problem::from(error).renamed("amount", AMOUNT).renamed("idempotency_key", KEY));
        }
    };
    let id = submitted.intent().id;
    info!(intent = %id, state = %submitted.intent().state, "asked for a refund");
    let intent = tokio::select! {
        biased;
        known = outcome(&shared, id) => known?,
        () = shared.hurry() => shared.desk.intent(id).await?,
    };
    info!(intent = %id, state = %intent.state, "answered");
    answer(&shared, &intent).await
}

/// Tells what a key stands for: whoever took another key for the same refund would refund twice.
async fn stands_for(shared: &Shared, payment: &Selector, held: &IntentRecord) -> Problem {
    // whoever may ask at all may see every cancel
    let found = shared.desk.find(payment).await.ok();
    let is_of_another = found.as_ref().is_some_and(|found| found.key() != held.payment);
    let is_suspect = found.is_some_and(|found| found.suspect.is_some());
    let cancel = shared.desk.show_cancel(held).await.ok().map(Box::new);
    let more = More { cancel, status_url: Some(status_url(shared, held.id)), ..More::default() };
    Problem::from(DeskError::KeyReused(None))
        .renamed("idempotency_key", KEY)
        .message(key_reused(held, is_of_another, is_suspect))
        .korean(korean::key_reused(held, is_of_another, is_suspect))
        .more(more)
}

fn key_reused(held: &IntentRecord, is_of_another: bool, is_suspect: bool) -> String {
    let advice = match held.state {
        _ if is_suspect => {
            "take no other key while the payment is suspect: what was asked for under this one may have been refunded in what \
             the restored journal lost"
        }
        IntentState::Rejected | IntentState::Withdrawn => {
            "nothing was refunded by it, and another refund needs its own key"
        }
        _ => "if this is the same refund, use what is stored; a different refund needs its own key",
    };
    let of = if is_of_another { format!(" of another payment, {}", held.payment) } else { String::new() };
    format!("{KEY}: this key already stands for a refund of {}{of} ({}); {advice}", held.amount, held.state)
}

fn status_url(shared: &Shared, id: IntentId) -> String {
    format!("{}/cancels/{id}", shared.options.prefix)
}

/// The outcome, as far as it is known in time.
async fn outcome(shared: &Shared, id: IntentId) -> Result<IntentRecord, DeskError> {
    let intent = shared.desk.pursue(id, shared.options.patience).await?;
    if intent.state == IntentState::Accepted {
        // most ledgers show it at the first look-up; those that take days are not waited for
        return shared.desk.pursue_to_the_end(id, shared.options.patience.min(SETTLING)).await;
    }
    Ok(intent)
}

/// The caller's key, bare or as the string of a structured field: `k` and `"k"` are the same.
fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut given = headers.get_all(KEY).iter();
    let Some(value) = given.next() else {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_missing",
            format!("{KEY}: must be given: a key of your own for this refund, the same whenever you repeat the request"),
        )
        .korean(format!("{KEY} 헤더가 필요합니다. 환불 건마다 고유한 키를 정하고, 재시도할 때는 같은 키를 보내세요."))
        .field(KEY));
    };
    let text = value.to_str().ok().filter(|_| given.next().is_none()).map(str::trim).map(unquoted);
    text.ok_or_else(|| Problem::invalid(KEY, "must be one value of 1 to 200 visible ascii characters"))
}

/// A key without the quotes of a structured field.
pub(super) fn unquoted(text: &str) -> String {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}

fn wish(fields: &Fields, key: String) -> Result<Wish, Problem> {
    fields.only(&MEMBERS)?;
    let amount = Amount::Exact(fields.number(AMOUNT)?);
    let mut wish = Wish::new(selector(fields)?, key, amount);
    wish.reason = fields.text("reason")?;
    wish.account = refund_to(fields)?;
    Ok(wish)
}

/// The order, and what tells payments of the same order apart.
pub(super) fn selector(fields: &Fields) -> Result<Selector, Invalid> {
    let mut selector = Selector::order(fields.needed("merchant_uid")?);
    selector.account = fields.text("account")?;
    selector.payment_id = payment_id(fields)?;
    selector.gateway = fields.text("gateway")?.map(|text| gateway(&text)).transpose()?;
    Ok(selector)
}

/// The gateway's number under either of its names. Two numbers are two payments: neither is guessed.
pub(super) fn payment_id(fields: &Fields) -> Result<Option<String>, Invalid> {
    match (fields.text("payment_id")?, fields.text("imp_uid")?) {
        (Some(id), Some(imp_uid)) if id != imp_uid => {
            Err(Invalid::new("imp_uid", "must be the same as payment_id, or be left out"))
        }
        (id, imp_uid) => Ok(id.or(imp_uid)),
    }
}

/// A gateway by its name.
pub(super) fn gateway(text: &str) -> Result<Gateway, Invalid> {
    text.parse()
}

fn refund_to(fields: &Fields) -> Result<Option<RefundTo>, Invalid> {
    let given = [fields.text("refund_bank")?, fields.text("refund_account")?, fields.text("refund_holder")?];
    let tel = fields.text("refund_tel")?;
    if given.iter().all(Option::is_none) && tel.is_none() {
        return Ok(None);
    }
    let [bank, number, holder] = given;
    let needed = |field, value: Option<String>| value.ok_or_else(|| Invalid::new(field, "must be given"));
    let account = RefundTo::by_code(
        needed("refund_bank", bank)?,
        needed("refund_account", number)?,
        needed("refund_holder", holder)?,
    );
    Ok(Some(match tel {
        Some(tel) => account.with_phone(tel),
        None => account,
    }))
}

/// What a cancel is answered with, by how far it is.
async fn answer(shared: &Shared, intent: &IntentRecord) -> Result<Response, Problem> {
    let cancel = shared.desk.show_cancel(intent).await?;
    let status_url = status_url(shared, intent.id);
    match intent.state {
        IntentState::Rejected | IntentState::Withdrawn => return Err(refusal(cancel, status_url)),
        _ => {}
    }
    let status = match intent.state {
        IntentState::Completed => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    let payment = PaymentView::new(&shared.desk.payment(&intent.payment).await?);
    let location = HeaderValue::from_str(&status_url).ok();
    let mut response = json(status, &Answer { payment, cancel, status_url });
    if let Some(location) = location.filter(|_| status == StatusCode::ACCEPTED) {
        response.headers_mut().insert(LOCATION, location);
        if matches!(intent.state, IntentState::Planned | IntentState::Open) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
    }
    Ok(response)
}

/// A cancel that ended without a refund, in the guide's way where the guide has one.
fn refusal(cancel: CancelView, status_url: String) -> Problem {
    let mut more = More { status_url: Some(status_url), ..More::default() };
    let problem = match &cancel.outcome {
        Some(OutcomeView::Rejected { balance: Some(left), .. }) if left.0.is_zero() => {
            Problem::new(StatusCode::BAD_REQUEST, "already_refunded", ALREADY_REFUNDED)
        }
        Some(OutcomeView::Rejected { balance: Some(left), .. }) => {
            more.cancelable_amount = Some(*left);
            let message = format!("{AMOUNT}: more than the {:?} that the gateway has left", left.0);
            Problem::new(StatusCode::BAD_REQUEST, "exceeds_cancelable_amount", message)
                .korean(format!("환불 요청 금액이 환불 가능 금액({:?})보다 큽니다.", left.0))
                .field(AMOUNT)
        }
        Some(OutcomeView::Rejected { gateway_code: Some(code), kind, .. }) => {
            more.gateway_code = Some(code.clone());
            let about = kind.as_deref().unwrap_or("other");
            rejected(format!(
                "the gateway refused it for good ({about}, code {code:?}); nothing was refunded"
            ))
        }
        Some(OutcomeView::Rejected { field: Some(field), .. }) => {
            rejected(format!("it cannot be sent as it is: {field}; nothing was refunded"))
                .field(field.as_str())
        }
        Some(_) => rejected("a person decided that it did not happen".to_owned()),
        None => {
            Problem::new(StatusCode::CONFLICT, "withdrawn", "it was withdrawn; nothing of it was refunded")
                .korean("철회된 취소 요청입니다. 이 요청으로는 환불되지 않았습니다.")
        }
    };
    more.cancel = Some(Box::new(cancel));
    problem.more(more)
}

fn rejected(message: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rejected", message)
        .korean("결제사가 취소를 거절했거나 취소되지 않은 것으로 확인되었습니다. 환불되지 않았습니다.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        for (given, key) in [("k-1", "k-1"), ("\"k-1\"", "k-1"), (" k ", "k"), ("\"", "\"")] {
            assert_eq!(unquoted(given.trim()), key);
        }
    }

    #[test]
    fn what_is_not_known_is_not_overlooked() {
        let read = |json: &str| {
            let fields = Fields::read(json.as_bytes()).ok()?;
            let row = |problem: Problem| problem.row(1).field.unwrap_or_default();
            Some(wish(&fields, "k".to_owned()).map_err(row).map(|_| ()))
        };
        let at = |field: &str| Some(Err(field.to_owned()));
        let with = |more: &str| read(&format!(r#"{{"merchant_uid":"O","cancel_request_amount":1{more}}}"#));
        assert_eq!(with(""), Some(Ok(())));
        assert_eq!(with(r#","imp_uid":"imp_1","payment_id":"imp_1""#), Some(Ok(())));
        for name in [
            "금액",
            "환불금액",
            "cancel_amout",
            "AMOUNT",
            "ａｍｏｕｎｔ",
            "결제번호",
            "Imp_uid",
            "checksum",
            "vat_amount",
        ] {
            assert_eq!(with(&format!(r#","{name}":1"#)), at(name), "{name}");
            assert_eq!(with(&format!(r#","{name}":null"#)), at(name), "{name}");
        }
        assert_eq!(with(r#","56211105948400":1"#), at("body"));
        for (more, field) in [
            (r#","reason":7"#, "reason"),
            (r#","refund_bank":"88""#, "refund_account"),
            (r#","refund_tel":"010""#, "refund_bank"),
            (r#","refund_account":56211105948400"#, "refund_account"),
            (r#","gateway":"paypal""#, "gateway"),
            (r#","imp_uid":"imp_1","payment_id":"imp_2""#, "imp_uid"),
        ] {
            assert_eq!(with(more), at(field), "{more}");
        }
        assert_eq!(with(r#","reason":"a","reason":"b""#), None);
        for amount in ["\"1\"", "-1", "null", "[1]", "true", "1e999999999999"] {
            let body = format!(r#"{{"merchant_uid":"O","cancel_request_amount":{amount}}}"#);
            assert_eq!(read(&body), at(AMOUNT), "{amount}");
        }
    }
}
