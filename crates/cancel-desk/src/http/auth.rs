use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::problem::Problem;
use super::state::Shared;

/// Who may ask.
#[derive(Clone)]
pub(super) enum Access {
    /// Whoever knows one of these tokens; kept as their SHA-256.
    Tokens(Arc<[[u8; 32]]>),
    /// Anybody.
    Everybody,
}

impl Access {
    pub(super) fn tokens<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        Self::Tokens(tokens.map(digest).collect())
    }

    /// Whether a request may pass. Every token is compared, each in constant time.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Self::Tokens(known) = self else { return true };
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else { return false };
        let Some(token) = value.to_str().ok().and_then(bearer) else { return false };
        let given = digest(token);
        let same = known.iter().fold(Choice::from(0), |same, known| same | known.ct_eq(&given));
        same.into()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokens(tokens) => write!(f, "{} token(s)", tokens.len()),
            Self::Everybody => f.write_str("everybody"),
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The token of an `Authorization` header; the scheme's case does not count.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// What needs no token: health, and webhooks, which cannot bring one.
fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz") || path.starts_with("/webhooks/")
}

/// Asked before anything else of the request is looked at.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if is_public(request.uri().path()) || shared.options.access.admits(request.headers()) {
        return next.run(request).await;
    }
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "a valid bearer token is needed")
        .korean("유효한 Bearer 토큰이 필요합니다.");
    let mut response = problem.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_right_token_and_nothing_else_passes() {
        let access = Access::tokens(["first-token-of-ours", "second-token-of-ours"].into_iter());
        let admits = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            access.admits(&headers)
        };
        assert!(admits(&["Bearer first-token-of-ours"]));
        assert!(admits(&["bearer second-token-of-ours"]));
        for wrong in [
            &[][..],
            &["Bearer "],
            &["Bearer first-token-of-our"],
            &["Bearer first-token-of-ourss"],
            &["Basic first-token-of-ours"],
            &["first-token-of-ours"],
            &["Bearer first-token-of-ours", "Bearer first-token-of-ours"],
        ] {
            assert!(!admits(wrong), "{wrong:?}");
        }
        assert!(Access::Everybody.admits(&HeaderMap::new()));
        assert!(!format!("{access:?}").contains("ours"));
    }
}
