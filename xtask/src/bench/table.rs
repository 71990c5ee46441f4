//! The figures as tables.

use std::fmt::Write;

use super::connections::{Cost, Race};
use super::peers::Peer;
use super::processes::Piece;
use super::report::Report;
use super::rounds::{Ratios, Row};
use super::weight::Weight;

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
    if !report.connections.is_empty() {
        text.push_str(&connections(&report.connections, language));
        text.push_str(&races(&report.races, language));
    }
    if !report.peers.is_empty() {
        text.push_str(&peers(&report.peers, language));
    }
    if !report.weights.is_empty() {
        text.push_str(&weights(&report.weights, language));
    }
    text
}

fn cancels(gateway: &str, rows: &[&Row], language: Language) -> String {
    let mut text = String::from(language.of(
        "client | µs CPU | ÷ twin | ÷ hyper | cancels/s | p50 alone, µs | ÷ twin | allocations | instructions, k | ÷ twin | system calls | peak MiB | start, ms | ÷ twin",
        "클라이언트 | CPU µs | ÷ twin | ÷ hyper | 초당 취소 | 단독 p50 µs | ÷ twin | 할당 | 명령어(천) | ÷ twin | 시스템 콜 | 최대 MiB | 시작 ms | ÷ twin",
    ));
    text = format!(
        "**{gateway}**\n\n| {text} |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    let twin = rows.iter().find(|row| row.client == "twin").and_then(|twin| twin.instructions);
    for row in rows {
        let ratio = |to: &Option<Ratios>, what: fn(&Ratios) -> f64| {
            to.as_ref().map_or(String::new(), |ratios| format!("{:.2}", what(ratios)))
        };
        let _infallible = writeln!(
            text,
            "| {} | {:.1} | {} | {} | {:.0} | {:.1} | {} | {} | {} | {} | {} | {:.1} | {:.1} | {} |",
            row.client,
            row.cpu_us,
            ratio(&row.to_twin, |ratios| ratios.cpu),
            ratio(&row.to_hyper, |ratios| ratios.cpu),
            row.per_second,
            row.p50_us,
            ratio(&row.to_twin, |ratios| ratios.p50),
            row.allocations.map_or(String::new(), |count| count.to_string()),
            row.instructions.map_or("–".to_owned(), |count| format!("{:.1}", count / 1e3)),
            row.instructions.zip(twin).map_or(String::new(), |(ours, twin)| format!("{:.2}", ours / twin)),
            row.system_calls.map_or("–".to_owned(), |calls| format!("{calls:.2}")),
            row.peak_mib,
            row.start_ms,
            ratio(&row.to_twin, |ratios| ratios.start),
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

fn connections(costs: &[Cost], language: Language) -> String {
    let mut text = String::from(language.of(
        "| server | transport | kept, µs CPU | one for each cancel, µs CPU |\n",
        "| 서버 | 전송 방식 | 연결 유지, CPU µs | 취소마다 새 연결, CPU µs |\n",
    ));
    text.push_str("|---|---|---:|---:|\n");
    for cost in costs {
        let Cost { server, transport, kept_us, own_us } = cost;
        let _infallible = writeln!(text, "| {server} | {transport} | {kept_us:.1} | {own_us:.1} |");
    }
    text.push('\n');
    text
}

fn races(races: &[Race], language: Language) -> String {
    let mut text = String::from(language.of(
        "| race with a closing server | connections | completed | proven not sent | unknown |\n",
        "| 닫히는 연결과의 경합 | 연결 | 완료 | 미전송 확인 | 결과 불명 |\n",
    ));
    text.push_str("|---|---|---:|---:|---:|\n");
    for Race { transport, kept, ended } in races {
        let connections = match kept {
            true => language.of("kept", "유지"),
            false => language.of("one for each cancel", "취소마다 새 연결"),
        };
        let _infallible = writeln!(
            text,
            "| {transport} | {connections} | {} | {} | {} |",
            ended.completed, ended.not_sent, ended.unknown
        );
    }
    text.push('\n');
    text
}

/// Against the first, the one written by hand.
fn peers(peers: &[Peer], language: Language) -> String {
    let mut text = String::from(language.of(
        "| client | µs CPU | ÷ twin | cancels/s | peak MiB |\n",
        "| 클라이언트 | CPU µs | ÷ twin | 초당 취소 | 최대 MiB |\n",
    ));
    text.push_str("|---|---:|---:|---:|---:|\n");
    let Some(twin) = peers.first() else { return text };
    for Peer { client, cpu_us, per_second, peak_mib } in peers {
        let ratio = cpu_us / twin.cpu_us;
        let _infallible =
            writeln!(text, "| {client} | {cpu_us:.1} | {ratio:.2} | {per_second:.0} | {peak_mib:.1} |");
    }
    text.push('\n');
    text
}

/// Against the first, bare reqwest.
fn weights(weights: &[Weight], language: Language) -> String {
    let mut text = String::from(language.of(
        "| program | crates | more | build, s CPU | ÷ reqwest | build, s | MiB |\n",
        "| 프로그램 | 크레이트 | 차이 | 빌드 CPU 초 | ÷ reqwest | 빌드 초 | MiB |\n",
    ));
    text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    let Some(bare) = weights.first() else { return text };
    for weight in weights {
        let _infallible = writeln!(
            text,
            "| {} | {} | {:+} | {:.1} | {:.2} | {:.1} | {:.2} |",
            weight.program,
            weight.crates,
            i64::try_from(weight.crates).unwrap_or(0) - i64::try_from(bare.crates).unwrap_or(0),
            weight.cpu_s,
            weight.cpu_s / bare.cpu_s,
            weight.build_s,
            weight.mib,
        );
    }
    text.push('\n');
    text
}
