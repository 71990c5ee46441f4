use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::time::timeout;
use tracing::{Instrument as _, debug, info, info_span};

use super::problem::{self, Problem};
use super::state::Shared;
use super::{auth, cancel, cancels, metrics, payments, query, webhooks};
use crate::desk::DeskError;
use crate::journal::JournalError;
use crate::record::IntentId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long the journal may take to show that it is there.
const READY: Duration = Duration::from_secs(2);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let changing = Router::new()
        .route("/payments", post(payments::register))
        .route("/payments/bulk", post(payments::register_all))
        .route("/payments/cancel", post(cancel::ask))
        .route("/cancels/{id}/resolve", post(cancels::resolve))
        .route("/cancels/{id}/withdraw", post(cancels::withdraw))
        .route_layer(from_fn(query::none));
    changing
        .route("/payments/{merchant_uid}", get(payments::show))
        .route("/cancels", get(cancels::list))
        .route("/cancels/{id}", get(cancels::show))
        // a notification's address is the merchant's own, and may have a query
        .route("/webhooks/chaiport", post(webhooks::chaiport))
        .route("/webhooks/settlebank/{account}", post(webhooks::settlebank))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::show))
        .route("/openapi.json", get(openapi))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), auth::guard))
        .layer(from_fn_with_state(Arc::clone(&shared), around))
        .with_state(shared)
}

/// Around every request: an id, a line in the log, a count, and refusals written in the caller's language.
async fn around(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let headers = request.headers().clone();
    let public = auth::is_public(request.uri().path());
    let span = info_span!("http_request", request_id = %id.to_str().unwrap_or_default(), %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let problem = response.extensions_mut().remove::<Problem>();
    // whoever needs no token must not be able to fill the log
    let quiet = public || problem.as_ref().is_some_and(|problem| auth::TURNED_AWAY.contains(&problem.code()));
    if let Some(problem) = problem {
        span.in_scope(|| match quiet {
            true => debug!(code = problem.code(), "refused"),
            false => info!(code = problem.code(), "refused"),
        });
        *response.body_mut() = Body::from(problem.write(&headers));
    }
    response.headers_mut().insert(REQUEST_ID, id);
    let status = response.status().as_u16();
    shared.metrics.count(method.as_str(), &route, status);
    let millis = begun.elapsed().as_millis();
    span.in_scope(|| match quiet {
        true => debug!(status, millis, "request"),
        false => info!(status, millis, "request"),
    });
    response
}

/// The caller's own id of the request, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if let Some(given) = headers.get(REQUEST_ID).filter(plain) {
        return given.clone();
    }
    let made = IntentId::random().ok().and_then(|id| HeaderValue::from_str(&id.to_string()).ok());
    made.unwrap_or(HeaderValue::from_static("-"))
}

/// `GET /healthz`: the process answers.
async fn health() -> Response {
    problem::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// `GET /readyz`: the journal answers too.
async fn ready(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    match timeout(READY, shared.desk.journal().next_due()).await {
        Ok(Ok(_)) => Ok(problem::json(StatusCode::OK, &json!({ "status": "ready" }))),
        Ok(Err(error @ JournalError::PutBack { .. })) => Err(DeskError::from(error).into()),
        _ => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "journal_failed",
            "the journal does not answer",
        )
        .korean("저장소가 응답하지 않습니다.")),
    }
}

/// `GET /openapi.json`
async fn openapi() -> Response {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, super::OPENAPI).into_response()
}

async fn nowhere() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        "there is nothing at this address: see /openapi.json",
    )
    .korean("존재하지 않는 주소입니다. /openapi.json을 참고하세요.")
}

async fn not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address has another method")
        .korean("허용되지 않는 메서드입니다.")
}
