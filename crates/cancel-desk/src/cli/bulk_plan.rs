//! A plan of `bulk`, as people read it.

use crate::bulk::{Plan, PlanSum, Verdict};
use crate::record::AccountName;

use super::bulk_text as words;
use super::shell::Shell;
use super::show;

/// How many rows that a plan leaves out are shown.
const SHOWN: usize = 20;

/// How many rows have which verdict, and the first of those that are left out.
pub(super) fn verdicts(shell: &Shell, plan: &Plan, written: bool) -> String {
    let lang = shell.lang();
    // what is done first, then what is most
    let mut counts: Vec<(&str, u64)> = plan.counts().into_iter().collect();
    counts.sort_by_key(|(verdict, count)| (*verdict != "ok", std::cmp::Reverse(*count)));
    let rows = counts
        .into_iter()
        .map(|(verdict, count)| vec![words::verdict(lang, verdict).to_owned(), count.to_string()])
        .collect();
    let mut text = show::table(&[words::VERDICT.of(lang), words::ROWS.of(lang)], &[1], rows);
    let left_out = plan.left_out().count();
    if left_out > 0 {
        text.push('\n');
        let shown = plan.left_out().take(SHOWN).map(|row| {
            let order = row.given.merchant_uid.clone().unwrap_or_default();
            vec![row.given.line.to_string(), order, verdict(shell, &row.verdict)]
        });
        let header = [words::LINE, words::ORDER, words::WHY].map(|word| word.of(lang));
        text.push_str(&show::table(&header, &[0], shown.collect()));
        let more = left_out.saturating_sub(SHOWN);
        if more > 0 && !written {
            text.push_str(&words::MORE.fill(lang, &[&more]));
            text.push('\n');
        }
    }
    text.push('\n');
    text
}

/// A verdict in a sentence.
pub(super) fn verdict(shell: &Shell, verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotCancellable { field, why } => {
            format!("{}: {}", words::column(shell.lang(), field), shell.said(why))
        }
        verdict => shell.said(&verdict.to_string()),
    }
}

/// The rows that may be refunds that were asked for before, under other keys.
pub(super) fn doubtful(shell: &Shell, plan: &Plan) -> String {
    let (lang, count) = (shell.lang(), plan.doubtful().count());
    if count == 0 {
        return String::new();
    }
    let shown = plan.doubtful().take(SHOWN).map(|(row, same)| {
        let order = row.given.merchant_uid.clone().unwrap_or_default();
        vec![row.given.line.to_string(), order, shell.said(&same.to_string())]
    });
    let header = [words::LINE, words::ORDER, words::WHY].map(|word| word.of(lang));
    let rows = show::table(&header, &[0], shown.collect());
    let more = count.saturating_sub(SHOWN);
    let more = if more > 0 { format!("{}\n", words::MORE_SAME.fill(lang, &[&more])) } else { String::new() };
    format!("{}\n{rows}{more}\n", words::SAME.fill(lang, &[&count]))
}

/// Rows and sum for every account and currency.
pub(super) fn sums(shell: &Shell, plan: &Plan) -> String {
    let lang = shell.lang();
    let row = |((account, _), sum): (&(AccountName, &str), &PlanSum)| {
        vec![account.to_string(), sum.rows.to_string(), show::money(sum.sum)]
    };
    let rows = plan.sums.iter().map(row).collect();
    let header = [words::ACCOUNT, words::ROWS, words::SUM].map(|word| word.of(lang));
    format!("{}\n", show::table(&header, &[1, 2], rows))
}
