//! The page with the figures: docs/performance.md and its Korean twin. What stands outside the marks is kept.

use std::fs;
use std::path::Path;

use super::report::{PARTS, Report, Stamp};
use super::table::Language;
use super::{plot, table};

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->";
const END: &str = "<!-- end of figures -->";
const FOLDER: &str = "docs/performance";
const FIGURES: &str = "docs/performance/figures.json";

pub(super) fn write(root: &Path, report: Report) -> Result<(), String> {
    let report = &report.with_earlier(Report::read(&root.join(FIGURES))?);
    let put =
        |file: &str, text: &str| fs::write(root.join(file), text).map_err(|error| format!("{file}: {error}"));
    fs::create_dir_all(root.join(FOLDER)).map_err(|error| format!("{FOLDER}: {error}"))?;
    put(&format!("{FOLDER}/cpu.svg"), &plot::svg(&report.cancels))?;
    let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    put(FIGURES, &format!("{json}\n"))?;
    for (file, language) in
        [("docs/performance.md", Language::English), ("docs/performance.ko.md", Language::Korean)]
    {
        let page = fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let marks = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let Some((before, after)) = marks else {
            return Err(format!("{file}: the marks around the figures are missing"));
        };
        let runs: String =
            PARTS.iter().filter_map(|part| Some(run(part, report.measured.get(*part)?, language))).collect();
        let picture = language.of(
            "![Processor time of one cancel](performance/cpu.svg)",
            "![취소 1건의 CPU 시간](performance/cpu.svg)",
        );
        let figures = table::all(report, language);
        put(file, &format!("{before}{BEGIN}\n{runs}\n{picture}\n\n{figures}{END}{after}"))?;
    }
    Ok(())
}

/// Where and when a part was measured.
fn run(part: &str, Stamp { date, commit, machine, rounds, quick }: &Stamp, language: Language) -> String {
    let medians = match (language, *rounds) {
        (_, 1) => String::new(),
        (Language::English, rounds) => format!("; medians of {rounds} rounds"),
        (Language::Korean, rounds) => format!("; {rounds}회 측정의 중앙값"),
    };
    let commit = format!("{} {commit}", language.of("commit", "커밋"));
    let quick = if *quick { " --quick" } else { "" };
    format!("- `cargo xtask bench --only {part}{quick}`: {date}, {commit}, {machine}{medians}\n")
}
