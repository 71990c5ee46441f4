//! What somebody who knows reqwest and serde writes in an afternoon: the client reused, the token kept, the same
//! fields asked, the whole answer typed. It proves nothing about what comes back.

pub mod chaiport;
pub mod eximbay;
pub mod settlebank;

use std::time::Duration;

/// reqwest with time limits, nothing else.
pub(crate) fn client() -> reqwest::Client {
    let limits = reqwest::Client::builder().timeout(Duration::from_secs(65));
    limits.connect_timeout(Duration::from_secs(5)).build().expect("a client")
}

/// Posts JSON and reads JSON, as `json` of reqwest does.
pub(crate) async fn exchange<T: serde::de::DeserializeOwned>(
    request: reqwest::RequestBuilder,
    body: &impl serde::Serialize,
) -> Result<T, String> {
    let body = serde_json::to_vec(body).map_err(|error| error.to_string())?;
    let request = request.header("content-type", "application/json").body(body);
    let response = request.send().await.and_then(reqwest::Response::error_for_status);
    let bytes = response.map_err(|error| error.to_string())?.bytes().await;
    let bytes = bytes.map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
