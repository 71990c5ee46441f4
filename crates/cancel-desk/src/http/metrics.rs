//! Prometheus text, written by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::state::Shared;
use crate::desk::DeskError;
use crate::journal::Counts;
use crate::record::Timestamp;

/// What this process counts of its requests: method, route and status.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
}

impl Metrics {
    pub(super) fn count(&self, method: &str, route: &str, status: u16) {
        // anybody may invent methods: only the usual ones get a line of their own
        let method = if matches!(method, "GET" | "POST" | "HEAD" | "PUT" | "DELETE" | "PATCH" | "OPTIONS") {
            method
        } else {
            "other"
        };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = requests.entry((method.to_owned(), route.to_owned(), status)).or_default();
        *counted = counted.saturating_add(1);
    }

    fn write(&self, counts: &Counts, now: Timestamp) -> String {
        let mut text = String::new();
        head(&mut text, "cancel_desk_payments", "gauge", "Payments registered.");
        line(&mut text, "cancel_desk_payments", &[], counts.payments);
        head(
            &mut text,
            "cancel_desk_suspect_payments",
            "gauge",
            "Payments not trusted after a restored backup.",
        );
        line(&mut text, "cancel_desk_suspect_payments", &[], counts.suspects);
        head(&mut text, "cancel_desk_cancels", "gauge", "Cancels by gateway and state.");
        for ((gateway, state), count) in &counts.intents {
            let labels = [("gateway", gateway.as_str()), ("state", state)];
            line(&mut text, "cancel_desk_cancels", &labels, *count);
        }
        head(
            &mut text,
            "cancel_desk_waiting_for_a_person",
            "gauge",
            "Cancels that only a person can decide.",
        );
        line(&mut text, "cancel_desk_waiting_for_a_person", &[], counts.waiting);
        let overdue = counts.oldest_due.map_or(0, |due| now.since(due).as_secs());
        head(&mut text, "cancel_desk_overdue_seconds", "gauge", "For how long the oldest work has been due.");
        line(&mut text, "cancel_desk_overdue_seconds", &[], overdue);
        head(&mut text, "cancel_desk_http_requests_total", "counter", "Requests answered by this process.");
        for ((method, route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = [("method", method.as_str()), ("route", route), ("status", &status.to_string())];
            line(&mut text, "cancel_desk_http_requests_total", &labels, *count);
        }
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // writing to a String does not fail
    let _written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").is_ok();
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _written = writeln!(text, "{name}{labels} {value}").is_ok();
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// `GET /metrics`
pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let journal = shared.desk.journal();
    let counts = journal.counts().await.map_err(DeskError::from)?;
    let now = journal.now().await.map_err(DeskError::from)?;
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))];
    Ok((headers, shared.metrics.write(&counts, now)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_methods_bounded() {
        let metrics = Metrics::default();
        metrics.count("GET", "/a\"b\\c\nd", 200);
        metrics.count("INVENTED", "/x", 405);
        metrics.count("INVENTED2", "/x", 405);
        let text = metrics.write(&Counts::default(), Timestamp(0));
        assert!(text.contains("route=\"/a\\\"b\\\\c\\nd\",status=\"200\"} 1\n"), "{text}");
        assert!(text.contains("{method=\"other\",route=\"/x\",status=\"405\"} 2\n"), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (_, value) = line.rsplit_once(' ').unwrap();
            value.parse::<u64>().unwrap();
        }
    }
}
