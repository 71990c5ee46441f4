use csv::{ReaderBuilder, StringRecord, Trim};

use super::MAX_ROWS;
use super::column::{Column, unknown};
use super::fault::Faults;
use super::row::{Draft, Head, Row};
use super::text;

/// The rows of CSV text with a header row.
pub(super) fn rows(text: &str, faults: &mut Faults) -> Vec<Row> {
    let delimiter = text::delimiter(text);
    if let Some(line) = text::open_quote(text, delimiter) {
        faults.add(line, None, text::OPEN_QUOTE);
        return Vec::new();
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(header)) = records.next() else {
        faults.add(1, None, "the header row cannot be read");
        return Vec::new();
    };
    let mut lines = text::Lines::new(text);
    let Some(columns) = header_of(lines.of(header.position()), &header, faults) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for record in records {
        let Ok(record) = record else {
            faults.add(0, None, "a row that cannot be read");
            continue;
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = lines.of(record.position());
        if rows.len() >= MAX_ROWS {
            faults.add(line, None, "more than 100000 rows: split the file");
            break;
        }
        if record.len() != columns.len() {
            let why = format!("{} fields where the header has {}", record.len(), columns.len());
            faults.add(line, None, format!("{why}: quote a field that contains the delimiter"));
            continue;
        }
        let mut draft = Draft::new(line, &columns);
        for ((column, _), field) in columns.iter().zip(record.iter()) {
            draft.set(*column, field);
        }
        rows.extend(draft.finish(faults));
    }
    rows
}

fn header_of(line: u64, header: &StringRecord, faults: &mut Faults) -> Option<Vec<Head>> {
    let mut columns: Vec<Head> = Vec::new();
    let mut sound = true;
    let beside = header.iter().any(|word| Column::named(word).is_some());
    let mut wrong = |name: &str, why: &str| {
        faults.add(line, Some(name), why);
        sound = false;
    };
    for (number, word) in (1_usize..).zip(header.iter()) {
        match Column::named(word) {
            None => wrong(&number.to_string(), &unknown(word, beside)),
            Some(column) if column != Column::Remark && columns.iter().any(|(has, _)| *has == column) => {
                wrong(word, "a column that stands there twice")
            }
            Some(column) => columns.push((column, word.to_owned())),
        }
    }
    let has = |column| columns.iter().any(|(has, _)| *has == column);
    if sound && !has(Column::Amount) {
        faults.add(line, None, "the column amount is missing");
        sound = false;
    }
    if sound && !has(Column::MerchantUid) && !has(Column::PaymentId) {
        faults.add(line, None, "the column merchant_uid or payment_id is missing");
        sound = false;
    }
    sound.then_some(columns)
}
