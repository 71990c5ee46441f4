//! Cancels by their id, and the people's part in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use pg_core::Invalid;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::body::{Fields, SMALL, check_type, read};
use super::cancel::unquoted;
use super::problem::{Problem, json};
use super::state::Shared;
use crate::desk::{ByHand, CancelView, DeskError};
use crate::record::{IntentId, Resolution};

/// How many are listed unless told otherwise, and at most.
const LISTED: u32 = 100;
const MOST_LISTED: u32 = 1000;

#[derive(Serialize)]
struct List {
    cancels: Vec<CancelView>,
}

/// The id in a path, if it is text at all.
type Id = Result<Path<String>, PathRejection>;

/// The question of `GET /cancels`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    key: Option<String>,
    waiting: Option<String>,
    limit: Option<String>,
}

/// `GET /cancels/{id}`
pub(super) async fn show(State(shared): State<Arc<Shared>>, id: Id) -> Result<Response, Problem> {
    let intent = shared.desk.intent(parsed(id)?).await?;
    Ok(json(StatusCode::OK, &shared.desk.show_cancel(&intent).await?))
}

/// `GET /cancels?waiting=person`, `GET /cancels?key=…`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(asked)) = asked else {
        return Err(Problem::invalid("query", "must be key, or waiting=person and at most one limit"));
    };
    let mut cancels = Vec::new();
    if let (Some(key), None, None) = (&asked.key, &asked.waiting, &asked.limit) {
        // an account may be configured no longer, or in another process alone
        let known = shared.desk.journal().accounts().await.map_err(DeskError::Journal)?;
        let names: BTreeSet<_> = shared.desk.accounts().names().iter().cloned().chain(known).collect();
        let names: Vec<_> = names.into_iter().collect();
        for intent in shared.desk.of_key(&unquoted(key.trim()), &names).await? {
            cancels.push(shared.desk.show_cancel(&intent).await?);
        }
        return Ok(json(StatusCode::OK, &List { cancels }));
    }
    if asked.key.is_some() {
        return Err(Problem::invalid("key", "must be the only parameter"));
    }
    if asked.waiting.as_deref() != Some("person") {
        return Err(Problem::invalid("waiting", "must be person"));
    }
    let limit = match &asked.limit {
        None => LISTED,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST_LISTED).contains(limit))
            .ok_or_else(|| Problem::invalid("limit", "must be a number from 1 to 1000"))?,
    };
    for intent in shared.desk.waiting(limit).await? {
        cancels.push(shared.desk.show_cancel(&intent).await?);
    }
    Ok(json(StatusCode::OK, &List { cancels }))
}

/// `POST /cancels/{id}/resolve`
pub(super) async fn resolve(
    State(shared): State<Arc<Shared>>,
    id: Id,
    request: Request,
) -> Result<Response, Problem> {
    let id = parsed(id)?;
    let fields = fields(&shared, request).await?;
    fields.only(&["resolution", "by", "reason", "force"])?;
    let resolution = resolution(&fields.needed("resolution")?)?;
    let (by, reason) = (fields.needed("by")?, fields.needed("reason")?);
    let by_hand = if fields.flag("force")? { ByHand::Everything } else { ByHand::Nothing };
    let resolved = shared.desk.resolve(id, resolution, &by, &reason, by_hand).await?;
    info!(intent = %id, resolution = resolution.as_str(), "resolved by a person");
    Ok(json(StatusCode::OK, &shared.desk.show_cancel(&resolved).await?))
}

/// `POST /cancels/{id}/withdraw`
pub(super) async fn withdraw(
    State(shared): State<Arc<Shared>>,
    id: Id,
    request: Request,
) -> Result<Response, Problem> {
    let id = parsed(id)?;
    let fields = fields(&shared, request).await?;
    fields.only(&["by", "reason"])?;
    let (by, reason) = (fields.needed("by")?, fields.needed("reason")?);
    let withdrawn = shared.desk.withdraw(id, &by, &reason).await?;
    info!(intent = %id, "withdrawn");
    Ok(json(StatusCode::OK, &shared.desk.show_cancel(&withdrawn).await?))
}

async fn fields(shared: &Shared, request: Request) -> Result<Fields, Problem> {
    let (parts, body) = request.into_parts();
    check_type(&parts.headers, &["application/json"])?;
    let bytes = read(&parts.headers, body, SMALL, shared.options.body_timeout).await?;
    Fields::read(&bytes)
}

/// What is no id is no cancel's id.
fn parsed(id: Id) -> Result<IntentId, Problem> {
    let id = id.ok().and_then(|Path(id)| id.parse().ok());
    id.ok_or_else(|| DeskError::NoSuchCancel.into())
}

fn resolution(word: &str) -> Result<Resolution, Invalid> {
    [Resolution::Happened, Resolution::DidNotHappen, Resolution::LookAgain]
        .into_iter()
        .find(|resolution| resolution.as_str() == word)
        .ok_or_else(|| Invalid::new("resolution", "must be happened, did_not_happen or look_again"))
}
