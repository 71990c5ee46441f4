//! `bulk report`: what became of every row.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use pg_core::Money;

use crate::bulk::{Report, RowState, write_rows};
use crate::config::Lang;
use crate::desk::Desk;
use crate::record::{IntentRecord, JobId, JobRow, JobState, Outcome, PaymentKey};

use super::bulk::{failed, read_job};
use super::bulk_files::{create, no_file};
use super::bulk_text as words;
use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{show, text};

/// How many rows are shown, and how many reasons.
const SHOWN: usize = 20;
/// How many lines are named with one reason.
const LINES: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The plan
    #[arg(value_parser = read_job)]
    job: JobId,
    /// Write every row as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Replace the file of --csv
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(shell: &Shell, args: &ReportArgs) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let report = Report::of(&**desk.journal(), args.job).await.map_err(|error| failed(shell, error))?;
    if let Some(path) = &args.csv {
        let out = create(shell, path, args.force)?;
        let orders = report.orders(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
        let held = report.keys_held(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
        write_rows(out, &report.rows, &orders, &held).map_err(|error| no_file(path, &error))?;
    }
    match shell.json {
        true => {
            let held = report.keys_held(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
            let mut document = report.to_json();
            if let (Some(members), false) = (document.as_object_mut(), held.is_empty()) {
                let held = held.iter().map(|(line, intent)| {
                    serde_json::json!({
                        "line": line, "key": intent.caller_key, "cancel": intent.id, "state": intent.state,
                    })
                });
                members.insert("keys_held".to_owned(), held.collect());
            }
            shell.json(&document);
        }
        false => {
            shell.say(&report_text(shell, &desk, &report).await?);
            if let (JobState::Halted, false) = (report.job.state, report.is_settled()) {
                let why = report.job.halted_because.clone().unwrap_or_default();
                shell.line(&words::HALTED.fill(shell.lang(), &[&shell.said(&why), &report.job.id]));
            }
        }
    }
    Ok(exit_of(&report))
}

/// The worst of the rows: a person is needed, something is open, something was not refunded.
pub(super) fn exit_of(report: &Report) -> Exit {
    let any = |states: &[RowState]| states.iter().any(|state| report.count(*state) > 0);
    match () {
        () if any(&[RowState::Manual]) => Exit::Person,
        // it goes on only when a person says so
        () if report.job.state == JobState::Halted && !report.is_settled() => Exit::Person,
        () if any(&[RowState::Unknown, RowState::Waiting, RowState::Accepted]) => Exit::Later,
        () if any(&[RowState::NotStarted]) && report.job.state != JobState::Discarded => Exit::Later,
        () if any(&[
            RowState::Rejected,
            RowState::LeftOut,
            RowState::Withdrawn,
            RowState::NotStarted,
            RowState::Elsewhere,
        ]) =>
        {
            Exit::Refused
        }
        () => Exit::Done,
    }
}

pub(super) async fn report_text(shell: &Shell, desk: &Desk, report: &Report) -> Result<String, Failure> {
    let orders = report.orders(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
    let held = report.keys_held(desk.journal()).await.map_err(|error| shell.journal_failed(error))?;
    let mut text = states_text(shell, report);
    text.push_str(&not_completed(shell, report, &orders, &held));
    Ok(text)
}

/// The first rows that began, or never can, and are not completed, by their order numbers; so are those not started whose
/// key another cancel holds.
fn not_completed(
    shell: &Shell,
    report: &Report,
    orders: &BTreeMap<PaymentKey, String>,
    held: &BTreeMap<i64, IntentRecord>,
) -> String {
    let lang = shell.lang();
    let told = |row: &&JobRow| match RowState::of(row) {
        RowState::Completed | RowState::RefundedElsewhere => false,
        // what it asks for may be refunded all the same
        RowState::NotStarted => held.contains_key(&row.line),
        _ => true,
    };
    let rows: Vec<_> = report.rows.iter().filter(told).collect();
    if rows.is_empty() {
        return String::new();
    }
    let shown = rows.iter().take(SHOWN).map(|row| {
        let (state, order) = (RowState::of(row), orders.get(&row.payment).cloned().unwrap_or_default());
        let holder = held.get(&row.line);
        let cancel = row.stored.as_deref().or(holder);
        let cancel = cancel.map_or_else(|| "-".to_owned(), |intent| intent.id.to_string());
        let state = words::state_in(report.job.state, state).of(lang);
        let state = match holder {
            Some(holder) => words::KEY_HELD.fill(lang, &[&state, &show::state(holder.state).of(lang)]),
            None => state.to_owned(),
        };
        vec![row.line.to_string(), order, state, show::money(row.amount), row.caller_key.clone(), cancel]
    });
    let header = [words::LINE, words::ORDER, words::STATE, text::AMOUNT, text::KEY, text::CANCEL];
    let header = header.map(|word| word.of(lang));
    let mut text =
        format!("\n{}\n{}", words::ROWS_OPEN.of(lang), show::table(&header, &[0, 3], shown.collect()));
    text.push_str(&reasons(lang, &rows, held));
    let more = rows.len().saturating_sub(SHOWN);
    if more > 0 {
        text.push_str(&words::ROWS_MORE.fill(lang, &[&more, &report.job.id]));
        text.push('\n');
    }
    let open = [RowState::Manual, RowState::Unknown, RowState::Waiting, RowState::Accepted];
    if open.iter().any(|state| report.count(*state) > 0) {
        text.push_str(words::SEE_PENDING.of(lang));
        text.push('\n');
    }
    text
}

/// Why rows ended without a refund, or wait for a person: what several have in common is told once.
fn reasons(lang: Lang, rows: &[&JobRow], held: &BTreeMap<i64, IntentRecord>) -> String {
    let mut reasons: Vec<(String, Vec<i64>)> = Vec::new();
    for row in rows {
        let why = match held.contains_key(&row.line) {
            true => Some(words::KEY_HELD_WHY.of(lang).to_owned()),
            false => why(lang, row),
        };
        let Some(why) = why else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, lines)) => lines.push(row.line),
            None => reasons.push((why, vec![row.line])),
        }
    }
    let mut text = String::new();
    let more = reasons.len().saturating_sub(SHOWN);
    for (why, lines) in reasons.into_iter().take(SHOWN) {
        let shown: Vec<String> = lines.iter().take(LINES).map(ToString::to_string).collect();
        let shown = shown.join(", ");
        text.push_str(&match lines.len().saturating_sub(LINES) {
            0 => words::OF_LINES.fill(lang, &[&shown, &why]),
            more => words::OF_LINES_MORE.fill(lang, &[&shown, &more, &why]),
        });
        text.push('\n');
    }
    if more > 0 {
        text.push_str(&words::REASONS_MORE.fill(lang, &[&more]));
        text.push('\n');
    }
    text
}

/// Why a row is not refunded, as far as it is known: the gateway's code is the journal's, not its message.
fn why(lang: Lang, row: &JobRow) -> Option<String> {
    let intent = row.stored.as_ref()?;
    match (&intent.outcome, &intent.evidence) {
        (Some(outcome @ Outcome::Rejected(_)), _) => Some(show::outcome(lang, outcome)),
        (None, Some(evidence)) if intent.waits_for_a_person() => {
            Some(show::why(evidence.why).of(lang).to_owned())
        }
        _ => None,
    }
}

fn states_text(shell: &Shell, report: &Report) -> String {
    let lang = shell.lang();
    let sum = |sums: &[Money]| sums.iter().map(|sum| show::money(*sum)).collect::<Vec<_>>().join(", ");
    let mut rows: Vec<Vec<String>> = report
        .states
        .iter()
        .map(|amounts| {
            vec![
                words::state_in(report.job.state, amounts.state).of(lang).to_owned(),
                amounts.rows.to_string(),
                sum(&amounts.sums),
            ]
        })
        .collect();
    let totals: Vec<Money> = report.job.totals.iter().map(|total| total.approved).collect();
    rows.push(vec![words::TOTAL.of(lang).to_owned(), report.job.rows.to_string(), sum(&totals)]);
    let header = [words::STATE, words::ROWS, words::SUM].map(|word| word.of(lang));
    let state = words::job_state(report.job.state, report.is_done()).of(lang);
    let table = show::table(&header, &[1, 2], rows);
    let mut text = format!("{} ({}): {state}\n\n{table}\n", report.job.id, report.job.name);
    for (word, rows) in report.refusals() {
        let (left_out, why) = (words::LEFT_OUT.of(lang), words::refusal(lang, word));
        text.push_str(&format!("{left_out}: {rows} ({why})\n"));
    }
    text
}
