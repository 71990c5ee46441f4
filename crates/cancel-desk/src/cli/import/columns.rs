//! What files call their columns.

use std::collections::BTreeSet;

use super::words::{is_near, narrow};
use super::{BadRow, File};

/// Each column with its names in lower case and without spaces, the Korean ones among them.
pub(super) const COLUMNS: [(&str, &[&str]); 10] = [
    ("gateway", &["gateway"]),
    ("account", &["account", "merchant", "계정"]),
    ("payment_id", &["imp_uid", "payment_id", "transaction_id", "org_trd_no", "orgtrdno", "결제번호"]),
    ("merchant_uid", &["merchant_uid", "order_id", "주문번호"]),
    ("amount", &["amount", "결제금액"]),
    ("currency", &["currency", "통화"]),
    ("cancel_amount", &["cancel_amount", "환불금액", "취소금액", "기환불금액"]),
    ("method", &["method", "pay_method", "결제수단", "결제방법"]),
    ("pg_provider", &["pg_provider", "pg사", "원천pg", "원천pg사"]),
    (
        "paid_at",
        &[
            "paid_at",
            "paid_on",
            "trade_date",
            "결제일",
            "결제일시",
            "결제일자",
            "결제시각",
            "승인일",
            "승인일시",
        ],
    ),
];

const LIKE_AN_AMOUNT: &str = "is not a column here and looks like an amount: rename it to 결제금액 (amount) or 환불금액 \
    (cancel_amount, refunded already) if it is one of these, or delete it";
const LOOSE_LETTERS: &str = "has Korean letters that are taken apart: write the name of the column anew";

/// What a missing column is called in Korean.
pub(crate) fn korean_name(column: &str) -> Option<&'static str> {
    Some(match column {
        "account" => "계정",
        "payment_id" => "결제번호",
        "merchant_uid" => "주문번호",
        "amount" => "결제금액",
        "currency" => "통화",
        "cancel_amount" => "이미 환불한 금액",
        "method" => "결제수단",
        "pg_provider" => "원천PG",
        "paid_at" => "결제일",
        _ => return None,
    })
}

/// A column's name without what does not count: case, spaces, full width, and syllables written letter by letter.
pub(super) fn plain(name: &str) -> String {
    let name: String = name.chars().map(narrow).collect();
    composed(&name.to_lowercase()).split_whitespace().collect()
}

pub(super) fn canonical(name: &str) -> Option<&'static str> {
    COLUMNS.iter().find(|(_, names)| names.contains(&name)).map(|(column, _)| *column)
}

/// A column's name as it may be shown: a file without a header would have values in its place.
pub(super) fn cut(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(30).collect()
}

/// Korean syllables of their letters, as some systems write them apart.
fn composed(text: &str) -> String {
    let mut whole = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some((lead, vowel)) = place(c, 0x1100, 19).zip(chars.peek().and_then(|c| place(*c, 0x1161, 21)))
        else {
            whole.push(c);
            continue;
        };
        let _vowel = chars.next();
        // the first place is that of no final letter
        let tail = chars.peek().and_then(|c| place(*c, 0x11a7, 28)).filter(|tail| *tail > 0);
        if tail.is_some() {
            let _tail = chars.next();
        }
        let syllable = lead.saturating_mul(21).saturating_add(vowel).saturating_mul(28);
        let syllable = syllable.saturating_add(tail.unwrap_or(0)).saturating_add(0xac00);
        whole.extend(char::from_u32(syllable));
    }
    whole
}

fn place(c: char, first: u32, many: u32) -> Option<u32> {
    u32::from(c).checked_sub(first).filter(|place| *place < many)
}

/// Checks the names of a header or of one object: what stands in a column that is taken for none would be lost.
/// `told`: the names of which it was said.
pub(super) fn check(line: u64, names: &[String], told: &mut BTreeSet<String>, file: &mut File) {
    let given: BTreeSet<&str> = names.iter().filter_map(|name| canonical(name)).collect();
    for name in names.iter().filter(|name| !name.is_empty() && canonical(name).is_none()) {
        let missing = COLUMNS.iter().filter(|(column, _)| !given.contains(column));
        let meant = missing.flat_map(|(_, names)| names.iter()).find(|known| is_near(name, known));
        let why = match meant {
            _ if name.chars().any(|c| ('\u{1100}'..='\u{11ff}').contains(&c)) => LOOSE_LETTERS.to_owned(),
            Some(meant) => {
                format!("is not a column here: `{meant}` may be meant; rename it, or delete it")
            }
            None => {
                file.ignored.push(cut(name));
                continue;
            }
        };
        if told.insert(name.clone()) {
            file.faults.push(BadRow::new(line, &cut(name), why));
        }
    }
}

/// Refuses a value under a name that nothing is known of, where it cannot be left aside.
pub(super) fn check_value(line: u64, name: &str, told: &mut BTreeSet<String>, file: &mut File) {
    if canonical(name).is_some() {
        return;
    }
    if name.is_empty() {
        file.faults.push(BadRow::new(line, "-", "has a value in a column without a name"));
    } else if (name.contains("amount") || name.contains("금액")) && told.insert(name.to_owned()) {
        file.faults.push(BadRow::new(line, &cut(name), LIKE_AN_AMOUNT));
    }
}
