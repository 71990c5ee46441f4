//! Webhooks: only ever a reason to look a payment up. Anybody can send Chaiport's, so an answer tells nothing about a
//! payment, and a flood of them is one look-up per payment and pause.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chaiport_cancel::webhook::WebhookHint;
use pg_core::Gateway;
use settlebank_cancel::Config;
use settlebank_cancel::noti::{self, Acknowledgement, Charset, Notification, NotificationError};
use tracing::debug;

use super::body::{SMALL, read};
use super::problem::Problem;
use super::state::Shared;
use crate::record::PaymentKey;

/// `POST /webhooks/chaiport`
pub(super) async fn chaiport(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(&parts.headers, body, SMALL, shared.options.body_timeout).await?;
    let hint = WebhookHint::from_body(&bytes)?;
    let accounts = shared.desk.accounts().names().iter().filter(|name| name.gateway == Gateway::Chaiport);
    for name in accounts {
        let key = PaymentKey::new(Gateway::Chaiport, name.merchant.as_str(), hint.imp_uid().as_str());
        // what is not registered is not remembered: a flood of invented numbers fills nothing
        if matches!(shared.desk.journal().payment(&key).await, Ok(Some(_))) {
            shared.hints.hint(key).await;
        }
    }
    Ok(text("OK"))
}

/// `POST /webhooks/settlebank/{account}`
pub(super) async fn settlebank(
    State(shared): State<Arc<Shared>>,
    account: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(&parts.headers, body, SMALL, shared.options.body_timeout).await?;
    let account = account.map(|Path(account)| account).unwrap_or_default();
    let Some(config) = shared.options.settlebank.get(&account) else {
        debug!("a notification for an account that takes none");
        return Ok(text(Acknowledgement::Fail.body()));
    };
    let acknowledgement = match notified(&bytes, config) {
        Ok(notification) => noted(&shared, &account, &notification).await,
        Err(error) => {
            debug!(error = %error, "a notification that is not settlebank's");
            error.acknowledgement()
        }
    };
    Ok(text(acknowledgement.body()))
}

/// The documents name no way to tell the character set; what decides is the same in both.
fn notified(body: &[u8], config: &Config) -> Result<Notification, NotificationError> {
    match noti::read(body, Charset::Utf8, config) {
        Err(NotificationError::Charset) => noti::read(body, Charset::EucKr, config),
        read => read,
    }
}

/// `FAIL` only when the journal failed: then it is to come again.
async fn noted(shared: &Shared, account: &str, notification: &Notification) -> Acknowledgement {
    let numbers = [notification.original_trade_no(), notification.trade_no()];
    for number in numbers.into_iter().flatten() {
        let key = PaymentKey::new(Gateway::Settlebank, account, number);
        match shared.desk.journal().payment(&key).await {
            Ok(Some(_)) => shared.hints.hint(key).await,
            Ok(None) => {}
            Err(_) => return Acknowledgement::Fail,
        }
    }
    Acknowledgement::Ok
}

/// Exactly this text.
fn text(body: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))], body).into_response()
}
