//! The page with the figures: docs/campaign.md and its Korean twin. What stands outside the marks is kept.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use time::OffsetDateTime;

use super::state::Row;
use crate::machine::machine;

const BEGIN: &str = "<!-- figures: written by `cargo xtask campaign --write` -->";
const END: &str = "<!-- end of figures -->";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Korean,
}

impl Language {
    const fn of(self, english: &'static str, korean: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Korean => korean,
        }
    }
}

/// The rows as a Markdown table, and what each counted.
pub(super) fn table(rows: &[Row], language: Language) -> String {
    let mut text = String::new();
    let head = language.of(
        "| class | parts | trials | violations | time |",
        "| 항목 | 완료한 묶음 | 시도 | 위반 | 소요 시간 |",
    );
    text.push_str(head);
    text.push_str("\n|---|---:|---:|---:|---:|\n");
    for row in rows {
        let (done, all) = row.parts;
        let (trials, broken) = (grouped(row.trials), row.violations.len());
        let _infallible = writeln!(
            text,
            "| {} | {done}/{all} | {trials} | {broken} | {} |",
            row.class,
            time_of(row.seconds)
        );
    }
    text.push('\n');
    for row in rows.iter().filter(|row| !row.counts.is_empty()) {
        let counts: Vec<String> =
            row.counts.iter().map(|(what, count)| format!("{what} {}", grouped(*count))).collect();
        let _infallible = writeln!(text, "- **{}**: {}", row.class, counts.join(", "));
        for note in &row.notes {
            let _infallible = writeln!(text, "  - {note}");
        }
    }
    text
}

pub(super) fn write(root: &Path, level: &str, seed: u64, rows: &[Row]) -> Result<(), String> {
    for (file, language) in
        [("docs/campaign.md", Language::English), ("docs/campaign.ko.md", Language::Korean)]
    {
        let path = root.join(file);
        let page = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let marks = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let Some((before, after)) = marks else {
            return Err(format!("{file}: the marks around the figures are missing"));
        };
        let mut commits: Vec<&str> =
            rows.iter().flat_map(|row| row.commits.iter().map(String::as_str)).collect();
        commits.sort_unstable();
        commits.dedup();
        let date = OffsetDateTime::now_utc().date();
        let run = match language {
            Language::English => format!(
                "`cargo xtask campaign --level {level} --seed {seed}`, {date}, commit {}, {}.",
                commits.join(", "),
                machine()
            ),
            Language::Korean => format!(
                "`cargo xtask campaign --level {level} --seed {seed}`, {date}, 커밋 {}, {}.",
                commits.join(", "),
                machine()
            ),
        };
        let figures = table(rows, language);
        let text = format!("{before}{BEGIN}\n{run}\n\n{figures}{END}{after}");
        fs::write(&path, text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn time_of(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.1} min", seconds / 60.0) }
}
