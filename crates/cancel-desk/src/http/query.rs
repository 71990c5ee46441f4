//! What stands behind the `?` of a request that changes something.

use axum::extract::{Query, Request};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body::shown;
use super::problem::Problem;

/// Refuses a POST with a query: whoever wrote `?cancel_request_amount=5` meant something by it, and the body alone is read.
pub(super) async fn none(request: Request, next: Next) -> Response {
    if request.method() == Method::POST
        && let Some(problem) = refused(request.uri())
    {
        return problem.into_response();
    }
    next.run(request).await
}

fn refused(uri: &Uri) -> Option<Problem> {
    uri.query().filter(|query| !query.is_empty())?;
    let given =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(given)| given).unwrap_or_default();
    // what has no value may be one itself
    let name = given.first().filter(|(_, value)| !value.is_empty()).and_then(|(name, _)| shown(name));
    let why = "must not stand in the address: the body alone is read, write it there or leave it out";
    Some(Problem::invalid(name.unwrap_or("query"), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_refused_and_only_a_name_of_it_is_repeated() {
        let field = |uri: &str| refused(&uri.parse().unwrap()).map(|problem| problem.row(1).field.unwrap());
        for plain in ["/payments/cancel", "/payments/cancel?"] {
            assert_eq!(field(plain), None, "{plain}");
        }
        for (query, name) in [
            ("cancel_request_amount=5", "cancel_request_amount"),
            ("%EA%B8%88%EC%95%A1=5", "금액"),
            ("amount=5&reason=x", "amount"),
            ("56211105948400=1", "query"),
            ("56211105948400", "query"),
            ("token-of-ours", "query"),
            ("%0aamount=5", "query"),
            ("%ff=1", "query"),
            ("&", "query"),
            ("=", "query"),
        ] {
            assert_eq!(field(&format!("/payments/cancel?{query}")).as_deref(), Some(name), "{query}");
        }
    }
}
