//! One `tracing` span for each operation, from an allow-list of fields. Nothing else is ever logged.

use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

/// The span of one operation: `gateway`, `operation`, `tag`, and at its end `outcome` and `duration_ms`.
///
/// Used by the gateway crates; the fields are all there will ever be.
#[derive(Debug)]
pub struct OperationSpan {
    span: Span,
    started: Instant,
}

impl OperationSpan {
    /// Begins an operation. `tag` is the attempt's own tag, never a payment's or a person's data.
    #[must_use]
    pub fn begin(gateway: &'static str, operation: &'static str, tag: Option<&str>) -> Self {
        let span =
            tracing::info_span!("pg_cancel", gateway, operation, tag, outcome = Empty, duration_ms = Empty);
        Self { span, started: Instant::now() }
    }

    /// The span, to be entered by the operation's future.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends the operation with one word for its outcome.
    pub fn end(self, outcome: &'static str) {
        if self.span.is_disabled() {
            return;
        }
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.span.record("outcome", outcome);
        self.span.record("duration_ms", elapsed);
        self.span.in_scope(|| tracing::info!(outcome, duration_ms = elapsed, "operation ended"));
    }
}
