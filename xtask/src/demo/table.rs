//! The demo for people.

use super::Row;

const WIDTHS: [usize; 7] = [16, 26, 10, 10, 6, 22, 6];

pub(super) fn head() {
    let cells = ["gateway", "case", "asked", "outcome", "wire", "ledger before → after", ""];
    print_cells(&cells.map(str::to_owned));
    println!("{}", "─".repeat(WIDTHS.iter().sum::<usize>() + WIDTHS.len()));
}

pub(super) fn line(row: &Row) {
    let digits_apart = |text: &str| match text.split_once('.') {
        Some((major, minor)) => format!("{}.{minor}", thousands(major)),
        None => thousands(text),
    };
    print_cells(&[
        row.gateway.to_owned(),
        row.case.to_owned(),
        format!("{} {}", digits_apart(&row.asked), row.currency),
        row.outcome.clone(),
        row.wire_requests.to_string(),
        format!("{} → {}", digits_apart(&row.ledger_before), digits_apart(&row.ledger_after)),
        if row.agrees { "agrees" } else { "WRONG" }.to_owned(),
    ]);
}

fn print_cells(cells: &[String; 7]) {
    let line: Vec<String> = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:<width$}")).collect();
    println!("{}", line.join(" ").trim_end());
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (index, c) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
