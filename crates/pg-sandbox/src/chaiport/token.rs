//! `POST /users/getToken` and the rules of a token's life (PortOne V1 authentication page).

use serde_json::json;

use super::{envelope, refused};
use crate::body::{Fields, Scalar};
use crate::credentials::{CHAIPORT_KEY, CHAIPORT_SECRET};
use crate::ledger::{Books, Token};
use crate::server::http::Request;
use crate::world::{Reply, World};

/// Asked again in the last minute, a token lives this much longer.
const EXTENSION: i64 = 300;
const LAST_MINUTE: i64 = 60;

pub(super) fn issue(world: &World, books: &mut Books, request: &Request) -> Reply {
    let fields = match request.media_type().as_str() {
        "application/json" => Fields::from_json(&request.body),
        "application/x-www-form-urlencoded" => Fields::from_form(&request.body),
        _ => return refused(415, -1, "[sandbox] unsupported content type"),
    };
    let Ok(fields) = fields else { return refused(400, -1, "[sandbox] unreadable body") };
    let text = |name| match fields.get(name) {
        Some(Scalar::Text(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    };
    let (Some(key), Some(secret)) = (text("imp_key"), text("imp_secret")) else {
        return refused(400, -1, "imp_key, imp_secret 파라메터가 누락되었습니다.");
    };
    if key != CHAIPORT_KEY || secret != CHAIPORT_SECRET {
        let mut message = "인증에 실패하였습니다. API키와 secret을 확인하세요.".to_owned();
        if world.options.chaiport_echo_key {
            message.push_str(&format!(" (imp_key: {key}, imp_secret: {secret})"));
        }
        return refused(401, -1, &message);
    }
    let now = world.clock.now();
    let ttl = world.options.token_ttl;
    let token = match books.token.take() {
        Some(token) if token.expires_at.saturating_sub(now) >= LAST_MINUTE => token,
        Some(token) if token.expires_at > now => {
            Token { expires_at: token.expires_at.saturating_add(EXTENSION), ..token }
        }
        _ => Token { text: world.rng.text(b"0123456789abcdef", 40), expires_at: now.saturating_add(ttl) },
    };
    let response = json!({"access_token": token.text, "now": now, "expired_at": token.expires_at});
    books.token = Some(token);
    envelope(200, 0, None, response)
}

/// Whether the header carries the living token, raw or as `Bearer`.
pub(super) fn accepts(world: &World, books: &Books, authorization: Option<&str>) -> bool {
    let Some(authorization) = authorization else { return false };
    let given = authorization.strip_prefix("Bearer ").unwrap_or(authorization);
    let now = world.clock.now();
    books.token.as_ref().is_some_and(|token| token.text == given && token.expires_at > now)
}
