//! The figures as tables.

use std::fmt::Write;

use super::Report;
use super::processes::Piece;
use super::rounds::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Korean,
}

impl Language {
    pub(super) const fn of(self, english: &'static str, korean: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Korean => korean,
        }
    }
}

/// Every table, and what was counted beside them.
pub(super) fn all(report: &Report, language: Language) -> String {
    let mut text = String::new();
    let mut gateways: Vec<&str> = report.cancels.iter().map(|row| row.gateway.as_str()).collect();
    gateways.dedup();
    for gateway in gateways {
        let rows: Vec<&Row> = report.cancels.iter().filter(|row| row.gateway == gateway).collect();
        text.push_str(&cancels(gateway, &rows, language));
    }
    if !report.cold_start_tokens.is_empty() {
        let counts: Vec<String> =
            report.cold_start_tokens.iter().map(|(client, count)| format!("{client} {count}")).collect();
        let what = language.of(
            "Tokens fetched when 64 callers start at once",
            "64개 호출이 동시에 시작할 때 발급받은 토큰 수",
        );
        let _infallible = writeln!(text, "{what}: {}.\n", counts.join(", "));
    }
    if !report.pieces.is_empty() {
        text.push_str(&pieces(&report.pieces, language));
    }
    text
}

fn cancels(gateway: &str, rows: &[&Row], language: Language) -> String {
    let cpu_of = |name: &str| rows.iter().find(|row| row.client == name).map(|row| row.cpu_us);
    let (twin, hyper) = (cpu_of("twin"), cpu_of("hyper"));
    let mut text = String::from(language.of(
        "client | µs CPU | ÷ twin | ÷ hyper | cancels/s | p50 alone, µs | allocations | system calls | peak MiB | start, ms",
        "클라이언트 | CPU µs | ÷ twin | ÷ hyper | 초당 취소 | 단독 p50 µs | 할당 | 시스템 콜 | 최대 MiB | 시작 ms",
    ));
    text = format!("**{gateway}**\n\n| {text} |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for row in rows {
        let ratio = |to: Option<f64>| to.map_or(String::new(), |to| format!("{:.2}", row.cpu_us / to));
        let _infallible = writeln!(
            text,
            "| {} | {:.1} | {} | {} | {:.0} | {:.1} | {} | {} | {:.1} | {:.1} |",
            row.client,
            row.cpu_us,
            ratio(twin),
            ratio(hyper),
            row.per_second,
            row.p50_us,
            row.allocations.map_or(String::new(), |count| count.to_string()),
            row.system_calls.map_or("–".to_owned(), |calls| format!("{calls:.2}")),
            row.peak_mib,
            row.start_ms,
        );
    }
    text.push('\n');
    text
}

fn pieces(pieces: &[Piece], language: Language) -> String {
    let mut text = String::from(language.of(
        "| part | ns | allocations | compared with | ratio |\n",
        "| 부분 | ns | 할당 | 비교 대상 | 비율 |\n",
    ));
    text.push_str("|---|---:|---:|---|---:|\n");
    for piece in pieces {
        let against = piece.against.as_deref();
        let other = against.and_then(|name| pieces.iter().find(|piece| piece.name == name));
        let _infallible = writeln!(
            text,
            "| {} | {:.0} | {} | {} | {} |",
            piece.name,
            piece.ns,
            piece.allocations.map_or(String::new(), |count| count.to_string()),
            against.unwrap_or_default(),
            other.map_or(String::new(), |other| format!("{:.2}", piece.ns / other.ns)),
        );
    }
    text.push('\n');
    text
}
