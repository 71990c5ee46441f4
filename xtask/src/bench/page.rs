//! The page with the figures: docs/performance.md and its Korean twin. What stands outside the marks is kept.

use std::fs;
use std::path::Path;

use super::table::Language;
use super::{Report, plot, table};

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->";
const END: &str = "<!-- end of figures -->";
const FOLDER: &str = "docs/performance";

pub(super) fn write(root: &Path, report: &Report) -> Result<(), String> {
    let put =
        |file: &str, text: &str| fs::write(root.join(file), text).map_err(|error| format!("{file}: {error}"));
    fs::create_dir_all(root.join(FOLDER)).map_err(|error| format!("{FOLDER}: {error}"))?;
    put(&format!("{FOLDER}/cpu.svg"), &plot::svg(&report.cancels))?;
    let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    put(&format!("{FOLDER}/figures.json"), &format!("{json}\n"))?;
    for (file, language) in
        [("docs/performance.md", Language::English), ("docs/performance.ko.md", Language::Korean)]
    {
        let page = fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let marks = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let Some((before, after)) = marks else {
            return Err(format!("{file}: the marks around the figures are missing"));
        };
        let Report { date, commit, machine, rounds, .. } = report;
        let run = match language {
            Language::English => {
                format!(
                    "`cargo xtask bench`, {date}, commit {commit}, {machine}; medians of {rounds} rounds."
                )
            }
            Language::Korean => {
                format!(
                    "`cargo xtask bench`, {date}, 커밋 {commit}, {machine}. {rounds}회 측정의 중앙값입니다."
                )
            }
        };
        let picture = language.of(
            "![Processor time of one cancel](performance/cpu.svg)",
            "![취소 1건의 CPU 시간](performance/cpu.svg)",
        );
        let figures = table::all(report, language);
        put(file, &format!("{before}{BEGIN}\n{run}\n\n{picture}\n\n{figures}{END}{after}"))?;
    }
    Ok(())
}
