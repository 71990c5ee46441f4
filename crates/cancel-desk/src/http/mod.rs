//! The HTTP service: the merchant server of Chaiport's guide, made durable and for all three gateways.
//!
//! | route | does |
//! |---|---|
//! | `POST /payments/cancel` | asks for a refund: the guide's STEP 01 body, and an `Idempotency-Key` header |
//! | `GET /payments/{merchant_uid}` | a payment with its cancels |
//! | `POST /payments`, `POST /payments/bulk` | registers payments |
//! | `GET /cancels/{id}` | how far a cancel is |
//! | `GET /cancels?waiting=person` | what waits for a person |
//! | `GET /cancels?key=…` | what a caller's key stands for, at each merchant account |
//! | `POST /cancels/{id}/resolve`, `…/withdraw` | what a person decided, signed |
//! | `POST /webhooks/chaiport`, `/webhooks/settlebank/{account}` | hints, never proofs |
//! | `GET /healthz`, `/readyz`, `/metrics`, `/openapi.json` | for machines |
//!
//! [`router`] is for a server of your own, [`serve()`] serves it with limits and a graceful end. Every answer is described
//! by [`OPENAPI`], to which the tests hold the service.
//!
//! An outcome that is not known when patience ends is answered with 202 and an address to ask at. **A repeat with the
//! same key is always safe; a new key for the same refund never is.**

mod auth;
mod body;
mod cancel;
mod cancels;
mod hints;
mod korean;
mod metrics;
mod options;
mod payments;
mod problem;
mod query;
mod routes;
mod serve;
mod state;
mod stream;
mod webhooks;

use axum::Router;
use pg_core::Invalid;
use tokio::sync::watch;

use crate::desk::Desk;

pub use options::HttpOptions;
pub use serve::serve;

/// The service's description, `OpenAPI` 3.1.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// The service as a router, to be mounted in a server of your own: size limits, the time of bodies and the token are
/// in it; time-outs of headers, the number of connections and the end are your server's.
///
/// # Errors
/// [`Invalid`] as [`HttpOptions::check`].
pub fn router(desk: Desk, options: HttpOptions) -> Result<Router, Invalid> {
    options.check(None)?;
    // nobody closes it: the sender is gone
    let (_, closing) = watch::channel(false);
    Ok(routes::router(state::Shared::new(desk, options, None, closing)))
}
