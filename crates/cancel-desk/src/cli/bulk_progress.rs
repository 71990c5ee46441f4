//! How far a run is: a bar on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bulk::{FirstRows, Progress, Report, RowState, Run};
use crate::config::Lang;
use crate::desk::{Desk, DeskError};
use crate::record::JobRow;

use super::bulk_text as words;
use super::shell::Shell;
use super::show;

/// How often a bar and a line are renewed.
const BAR: Duration = Duration::from_millis(200);
const LINE: Duration = Duration::from_secs(5);

/// Of how many rows at most it is asked who has them.
const MOST_HELD: usize = 1_000;

/// Says how long rows that another process has, or had when it was killed, may stand still.
pub(super) async fn tell_held(shell: &Shell, desk: &Desk, report: &Report) -> Result<(), DeskError> {
    let now = desk.journal().now().await?;
    let open = |row: &&JobRow| matches!(RowState::of(row), RowState::Unknown | RowState::Waiting);
    let (mut rows, mut longest) = (0_u64, Duration::ZERO);
    for row in report.rows.iter().filter(open).take(MOST_HELD) {
        if let Some(left) = desk.payment(&row.payment).await?.held_for(now) {
            rows = rows.saturating_add(1);
            longest = longest.max(left);
        }
    }
    if rows > 0 {
        shell.remark(&words::HELD_ROWS.fill(shell.lang(), &[&rows, &show::span(longest)]));
    }
    Ok(())
}

/// The showing of one run.
#[derive(Debug)]
pub(super) struct Shown {
    over: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Shown {
    pub(super) fn begin(shell: &Shell, run: Arc<Run>) -> Self {
        let (over, is_over) = watch::channel(false);
        let lang = shell.lang();
        let task = match (shell.quiet || shell.json, std::io::stderr().is_terminal()) {
            (true, _) => None,
            (false, true) => Some(tokio::spawn(bar(run, lang, is_over))),
            (false, false) => Some(tokio::spawn(lines(run, lang, is_over))),
        };
        Self { over, task }
    }

    pub(super) async fn end(self) {
        self.over.send_replace(true);
        if let Some(task) = self.task {
            let _shown = task.await.is_ok();
        }
    }
}

async fn bar(run: Arc<Run>, lang: Lang, mut is_over: watch::Receiver<bool>) {
    let bar = ProgressBar::new(run.progress().rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    loop {
        let now = run.progress();
        bar.set_position(now.done);
        bar.set_message(text(&now, lang));
        let over = tokio::time::timeout(BAR, is_over.wait_for(|over| *over)).await;
        if over.is_ok() {
            break;
        }
    }
    let now = run.progress();
    bar.set_position(now.done);
    bar.abandon_with_message(text(&now, lang));
}

async fn lines(run: Arc<Run>, lang: Lang, mut is_over: watch::Receiver<bool>) {
    use std::io::Write;

    while tokio::time::timeout(LINE, is_over.wait_for(|over| *over)).await.is_err() {
        let now = run.progress();
        let line = format!("{}/{}  {}", now.done, now.rows, text(&now, lang));
        let _gone = writeln!(std::io::stderr().lock(), "{line}").is_err();
    }
}

/// Rate, time left, cancels in flight, and how many rows are where.
fn text(now: &Progress, lang: Lang) -> String {
    let millis = now.running.as_millis().max(1);
    let tenths = u128::from(now.settled).saturating_mul(10_000).checked_div(millis).unwrap_or(0);
    let per_second = format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10));
    let left = u128::from(now.rows.saturating_sub(now.done));
    let left = left
        .saturating_mul(millis)
        .checked_div(u128::from(now.settled))
        .map(|millis| show::span(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))));
    let states: Vec<String> = now
        .states
        .iter()
        .filter(|(state, _)| *state != RowState::NotStarted)
        .map(|(state, count)| format!("{} {count}", words::state(*state).of(lang)))
        .collect();
    let left = left.unwrap_or_else(|| "-".to_owned());
    let mut text = match &now.first {
        // a rate would say that it goes on
        _ if now.halted => words::HALTED_NOW.of(lang).to_owned(),
        Some(first) => first_rows(first, lang),
        None => words::PROGRESS.fill(lang, &[&per_second, &left, &now.in_flight, &now.width]),
    };
    if !states.is_empty() {
        text.push_str("  ");
        text.push_str(&states.join(" · "));
    }
    text
}

/// What is waited for before the other rows go.
fn first_rows(first: &FirstRows, lang: Lang) -> String {
    match first.next_look {
        Some(next) => words::FIRST_NEXT.fill(lang, &[&first.rows, &first.open, &next.as_secs()]),
        None => words::FIRST.fill(lang, &[&first.rows, &first.open]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_foretold_from_the_first_rows() {
        let mut now = Progress {
            rows: 1_000,
            done: 4,
            settled: 4,
            states: vec![(RowState::Completed, 4), (RowState::Unknown, 1)],
            in_flight: 0,
            width: 2,
            running: Duration::from_secs(4),
            halted: false,
            first: Some(FirstRows { rows: 5, open: 1, next_look: Some(Duration::from_secs(7)) }),
        };
        assert_eq!(
            text(&now, Lang::Ko),
            "처음 5건의 결과를 기다리는 중 (미확인 1건, 다음 조회 7초 뒤)  완료 4 · 미확인 1"
        );
        let english = text(&now, Lang::En);
        assert!(
            english.starts_with("waiting for the first 5 rows (1 unknown, next look-up in 7 s)"),
            "{english}"
        );
        now.first = None;
        assert!(text(&now, Lang::En).starts_with("1.0/s, 16m 36s left"), "{}", text(&now, Lang::En));
        now.halted = true;
        assert_eq!(
            text(&now, Lang::Ko),
            "멈춤: 더 시작하지 않고, 이미 전송한 건의 결과만 확인합니다  완료 4 · 미확인 1"
        );
        assert!(!text(&now, Lang::En).contains("/s"), "{}", text(&now, Lang::En));
    }
}
