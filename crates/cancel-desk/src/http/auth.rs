use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::problem::Problem;
use super::state::Shared;

const UNAUTHORIZED: &str = "unauthorized";
const FOREIGN_HOST: &str = "foreign_host";
/// The codes of requests that were turned away at the door.
pub(super) const TURNED_AWAY: [&str; 2] = [UNAUTHORIZED, FOREIGN_HOST];

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
pub(super) fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz") || path.starts_with("/webhooks/")
}

/// Whether a request names this machine as its host. A web page whose name was made to lead here names itself: without
/// a token, nothing else keeps it from refunding.
/// What names no host, or several, names none of ours.
fn is_local(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut given = headers.get_all(HOST).iter();
    let host = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().ok(),
        // HTTP/2 names it there
        (None, _) => uri.authority().map(Authority::as_str),
        _ => None,
    };
    let Some(host) = host else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

fn foreign_host() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, FOREIGN_HOST, "host: must be localhost while no token is asked for")
        .korean("토큰 없이 실행 중일 때는 Host가 localhost여야 합니다.")
        .field("host")
}

/// Asked before anything else of the request is looked at.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let options = &shared.options;
    let open = matches!(options.access, Access::Everybody);
    if open && shared.on_loopback && !is_local(request.headers(), request.uri()) {
        return foreign_host().into_response();
    }
    if is_public(request.uri().path()) || options.access.admits(request.headers()) {
        return next.run(request).await;
    }
    let problem = Problem::new(StatusCode::UNAUTHORIZED, UNAUTHORIZED, "a valid bearer token is needed")
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
        for (host, local) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("192.168.0.7", false),
            ("shop.example:8080", false),
            ("localhost.shop.example", false),
            ("127.0.0.1.shop.example", false),
        ] {
            let headers = [(HOST, HeaderValue::from_static(host))].into_iter().collect();
            assert_eq!(is_local(&headers, &Uri::from_static("/")), local, "{host}");
        }
        let none = HeaderMap::new();
        assert!(!is_local(&none, &Uri::from_static("/")));
        assert!(is_local(&none, &Uri::from_static("http://localhost:8080/")));
        assert!(!is_local(&none, &Uri::from_static("http://shop.example/")));
        let strange = [(HOST, HeaderValue::from_bytes(b"localhost\xff").unwrap())].into_iter().collect();
        assert!(!is_local(&strange, &Uri::from_static("/")));
        let mut two = HeaderMap::new();
        two.append(HOST, HeaderValue::from_static("localhost"));
        two.append(HOST, HeaderValue::from_static("localhost"));
        assert!(!is_local(&two, &Uri::from_static("/")));
        assert!(Access::Everybody.admits(&HeaderMap::new()));
        assert!(!format!("{access:?}").contains("ours"));
    }
}
