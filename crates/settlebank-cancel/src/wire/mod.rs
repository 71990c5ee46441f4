//! Requests as bytes. Pure: the same request and configuration always make the same bytes.

mod flat;
mod inquiry;
mod standard;

use pg_core::Invalid;
use pg_core::wire::WireRequest;

pub use inquiry::Inquiry;
pub(crate) use inquiry::hash as inquiry_hash;
pub(crate) use standard::{cancel_hash, revoke_hash};

use crate::config::Config;
use crate::request::{CancelRequest, Form, RevokeRequest};

/// `Content-Type` of every request (Hecto PG spec 0A19, 2024-07-16).
pub const CONTENT_TYPE: &str = "application/json; charset=UTF-8";

/// Room for a body, in bytes.
const USUAL_LENGTH: usize = 768;

/// Builds a cancel.
///
/// # Errors
/// [`Invalid`] naming `form` when the request was made for the other wire form than the configuration.
pub fn cancel(request: &CancelRequest, config: &Config) -> Result<WireRequest, Invalid> {
    let credentials = &config.credentials;
    match (request, credentials.aes_key()) {
        (CancelRequest::Standard(request), Some(aes)) => standard::cancel(request, credentials, aes),
        (CancelRequest::Flat(request), None) => flat::cancel(request, credentials),
        _ => Err(other_form(config.form())),
    }
}

/// Builds the revocation of a virtual account (standard form only).
///
/// # Errors
/// [`Invalid`] naming `form` for a configuration of the flat form.
pub fn revoke(request: &RevokeRequest, config: &Config) -> Result<WireRequest, Invalid> {
    match config.credentials.aes_key() {
        Some(aes) => standard::revoke(request, &config.credentials, aes),
        None => Err(other_form(Form::Flat)),
    }
}

/// Builds an inquiry; it is the same in both forms.
///
/// # Errors
/// [`Invalid`] when the body could not be written.
pub fn look_up(inquiry: &Inquiry, config: &Config) -> Result<WireRequest, Invalid> {
    inquiry::build(inquiry, &config.credentials)
}

fn other_form(configured: Form) -> Invalid {
    let reason = match configured {
        Form::Standard => "must be the standard form, for which this client is built",
        Form::Flat => "must be the flat form, for which this client is built",
    };
    Invalid::new("form", reason)
}

fn post<T: serde::Serialize>(path: &str, body: &T) -> Result<WireRequest, Invalid> {
    let mut json = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut json, body).map_err(|_| Invalid::new("body", "could not be written"))?;
    Ok(WireRequest::post_json(path, CONTENT_TYPE, json))
}

#[cfg(test)]
mod tests;
