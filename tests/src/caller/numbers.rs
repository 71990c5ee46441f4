//! Amounts as text, as numbers and as stored JSON; counts and times.

use pg_core::{AttemptTag, CancelOrder, Currency, Money};
use time::OffsetDateTime;
use time::macros::datetime;

use super::places::{order, payment};
use super::{Case, Expected, Made, Refusal};
use crate::kind::Kind;
use crate::world::NOON;

pub(super) fn all() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(paid_texts());
    cases.extend(minors());
    cases.extend(sequences_and_times());
    cases.extend(stored());
    cases.extend(time_limits());
    cases
}

fn case(
    place: impl Into<String>,
    value: impl Into<String>,
    expected: Expected,
    make: impl Fn(&str) -> Made + Send + Sync + 'static,
) -> Case {
    let value = value.into();
    let given = value.clone();
    let input = value.chars().take(60).collect::<String>().escape_debug().to_string();
    Case { place: place.into(), input, value, expected, make: Box::new(move || make(&given)) }
}

const AMOUNTS: &[&str] = &[
    "0",
    "1",
    "3000",
    "10000",
    "10000.0",
    "10000.00",
    "0010000",
    "0.5",
    "0.50",
    "0.005",
    "1.005",
    "1.000",
    "00",
    "0.0",
    "-0",
    "-1",
    "+1",
    "--1",
    "1-",
    "1e3",
    "1E3",
    "1e-3",
    "1e400",
    "1e",
    "e3",
    "0x10",
    "0b1",
    "0o7",
    "1_000",
    "1,000",
    "1'000",
    "1 000",
    "1\u{a0}000",
    "1\u{202f}000",
    " 1",
    "1 ",
    "\t1",
    "1\n",
    "",
    " ",
    ".",
    ".5",
    "5.",
    "1..5",
    "1.5.0",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "null",
    "true",
    "１０",
    "１.０",
    "１０００",
    "١٢٣",
    "1২3",
    "²",
    "½",
    "Ⅳ",
    "一千",
    "1000원",
    "₩1000",
    "$1",
    "1 KRW",
    "1%",
    "1/2",
    "1;2",
    "1\0",
    "1\u{200b}0",
    "\u{202e}1",
    "\u{feff}1",
    "\"1\"",
    "[1]",
    "{}",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "92233720368547758.07",
    "92233720368547758.08",
    "9223372036854775.807",
    "9223372036854775.808",
    "18446744073709551615",
    "18446744073709551616",
    "184467440737095516.15",
    "99999999999999999999",
    "340282366920938463463374607431768211456",
    "0.00000000000000000001",
    "1.00000000000000000000",
    "0000000000000000000000000000000000000001",
    "00000000000000000000000000000000000000001",
    "123456789012345",
    "1234567890123456",
    "999999999999",
    "1000000000000",
    "9999999999",
    "10000000000",
];

/// Digits, and digits behind a point, and their worth in units of 10^-`digits`: an oracle of its own, in `u128`.
fn worth(text: &str, digits: u32) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(part) || text.len() > 40 {
        return None;
    }
    let part = if text.contains('.') { part } else { "" };
    // more digits than an amount can have are refused, whatever they are worth
    let all: u128 = format!("{whole}{part}").parse().ok()?;
    u64::try_from(all).ok()?;
    let kept = part.trim_end_matches('0');
    if kept.len() > digits as usize {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let scale = 10_u128.pow(digits - kept.len() as u32);
    let part: u128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    i64::try_from(whole.checked_mul(10_u128.pow(digits))? + part * scale).ok()
}

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

/// A payment's number that no other case has.
fn serial(kind: Kind, number: usize) -> usize {
    let base = match kind {
        Kind::Chaiport => 200_000,
        Kind::Eximbay => 400_000,
        Kind::SettlebankStandard => 600_000,
        Kind::SettlebankFlat => 800_000,
    };
    base + number
}

fn texts() -> Vec<Case> {
    let mut cases = Vec::new();
    for code in ["KRW", "USD", "KWD"] {
        for text in AMOUNTS {
            let worth = worth(text, u32::from(currency(code).minor_digits()));
            let expected = worth.map_or(Expected::Invalid("amount"), |_| Expected::Accepted);
            cases.push(case(format!("amount in {code}"), *text, expected, move |text| {
                Made::Checked(match Money::parse(text, currency(code)) {
                    Ok(money) if Some(money.minor()) == worth => Ok(()),
                    Ok(money) => Err(Refusal { field: "another amount", said: money.to_string() }),
                    Err(error) => Err(Refusal::new("amount", &error)),
                })
            }));
        }
    }
    cases
}

/// Eximbay's amount as it was written: any spelling of what was paid, of at most 15 characters.
fn paid_texts() -> Vec<Case> {
    let make = |text: &str| {
        let mut payment = payment(Kind::Eximbay, 900_001);
        payment.paid_text = Some(text.to_owned());
        Made::Order(Kind::Eximbay, Box::new(order(payment)))
    };
    let fits = |text: &str| text.len() <= 15 && worth(text, 0) == Some(10_000);
    let expected = |text: &str| if fits(text) { Expected::Accepted } else { Expected::Invalid("paid_text") };
    AMOUNTS.iter().map(|text| case("eximbay: paid_text", *text, expected(text), make)).collect()
}

const MINORS: &[i64] = &[
    i64::MIN,
    -9_007_199_254_740_993,
    -1,
    0,
    1,
    999,
    10_000,
    999_999_999,
    9_999_999_999,
    10_000_000_000,
    999_999_999_999,
    1_000_000_000_000,
    9_007_199_254_740_991,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    i64::MAX,
];

/// Which of the three amounts of an order is the odd one.
#[derive(Debug, Clone, Copy)]
enum Odd {
    /// All three: everything of it is refunded.
    All,
    Amount,
    Balance,
}

fn minors() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for code in ["KRW", "USD", "JPY"] {
            for odd in [Odd::All, Odd::Amount, Odd::Balance] {
                for minor in MINORS {
                    let number = cases.len();
                    let place = format!("{kind}: {odd:?} of an order in {code}");
                    let make = move |_: &str| made(kind, odd, *minor, currency(code), number);
                    cases.push(case(place, minor.to_string(), expected(kind, odd, *minor, code), make));
                }
            }
        }
    }
    cases
}

fn expected(kind: Kind, odd: Odd, minor: i64, code: &str) -> Expected {
    let settlebank = matches!(kind, Kind::SettlebankStandard | Kind::SettlebankFlat);
    let (balance, amount) = match odd {
        Odd::All => (minor, minor),
        Odd::Amount => (10_000, minor),
        Odd::Balance => (minor, 1),
    };
    if minor < 0 {
        return Expected::Invalid("money");
    }
    if amount == 0 {
        return Expected::Invalid("amount");
    }
    if !matches!(odd, Odd::All) && balance > 10_000 {
        return Expected::Invalid("balance");
    }
    if amount > balance {
        return Expected::Invalid("amount");
    }
    // Eximbay: 15 characters of amount text, 10 digits of balance before the point
    if kind == Kind::Eximbay {
        let whole = if code == "USD" { balance / 100 } else { balance };
        let text = if code == "USD" { balance.to_string().len() + 1 } else { balance.to_string().len() };
        if matches!(odd, Odd::All) && text.max(4) > 15 {
            return Expected::Invalid("paid_text");
        }
        if whole.to_string().len() > 10 {
            return Expected::Invalid("balance");
        }
    }
    // Hecto: won; dollars by card in the standard form; 12 digits
    if settlebank {
        if code == "JPY" || (code == "USD" && kind == Kind::SettlebankFlat) {
            return Expected::Invalid("currency");
        }
        if amount.to_string().len() > 12 {
            return Expected::Invalid("amount");
        }
        // a part is gone, so the first number is taken
        if kind == Kind::SettlebankStandard && matches!(odd, Odd::Balance) && balance < 10_000 {
            return Expected::Invalid("sequence");
        }
        // the flat form cannot tell a second cancel of an amount from a repeat
        if kind == Kind::SettlebankFlat && matches!(odd, Odd::Balance) && balance < 10_000 {
            return Expected::Invalid("amount");
        }
    }
    Expected::Accepted
}

fn made(kind: Kind, odd: Odd, minor: i64, currency: Currency, number: usize) -> Made {
    let money = |minor| Money::from_minor(minor, currency);
    let amounts = match odd {
        Odd::All => (money(minor), money(minor), money(minor)),
        Odd::Amount => (money(10_000), money(10_000), money(minor)),
        Odd::Balance => (money(10_000), money(minor), money(1)),
    };
    let (Ok(paid), Ok(balance), Ok(amount)) = amounts else {
        return Made::Checked(Err(Refusal::new("money", &pg_core::MoneyError::Negative)));
    };
    let mut payment = payment(kind, serial(kind, 3_000 + number));
    payment.paid = paid;
    if kind == Kind::Eximbay {
        payment.paid_text = Some(paid.to_decimal_text());
    }
    let tag = AttemptTag::random().expect("randomness");
    match CancelOrder::new(payment, amount, balance, tag, 1, NOON) {
        Ok(order) => Made::Order(kind, Box::new(order)),
        Err(error) => Made::Checked(Err(error.into())),
    }
}

fn sequences_and_times() -> Vec<Case> {
    let won = |amount| Money::krw(amount).expect("positive");
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for sequence in [0_u16, 1, 2, 998, 999, 1_000, 1_001, 32_768, u16::MAX] {
            let fits = (1..=999).contains(&sequence);
            let expected = if fits { Expected::Accepted } else { Expected::Invalid("sequence") };
            cases.push(case(format!("{kind}: sequence"), sequence.to_string(), expected, move |_| {
                let tag = AttemptTag::random().expect("randomness");
                match CancelOrder::new(
                    payment(kind, serial(kind, usize::from(sequence))),
                    won(1_000),
                    won(10_000),
                    tag,
                    sequence,
                    NOON,
                ) {
                    Ok(order) => Made::Order(kind, Box::new(order)),
                    Err(error) => Made::Checked(Err(error.into())),
                }
            }));
        }
        for at in [
            datetime!(-9999-01-01 0:00 UTC),
            datetime!(-0001-12-31 14:59:59 UTC),
            datetime!(-0001-12-31 15:00:00 UTC),
            datetime!(0000-01-01 0:00 UTC),
            OffsetDateTime::UNIX_EPOCH,
            datetime!(9999-12-31 14:59:59 UTC),
            datetime!(9999-12-31 15:00:00 UTC),
            datetime!(9999-12-31 23:59:59.999_999_999 -23:59),
        ] {
            // only the standard form writes the time, in Korea's, with four digits for the year
            let (first, last) = (datetime!(0000-01-01 0:00 +9), datetime!(9999-12-31 23:59:59 +9));
            let fits = kind != Kind::SettlebankStandard || (first <= at && at <= last);
            let expected = if fits { Expected::Accepted } else { Expected::Invalid("at") };
            cases.push(case(format!("{kind}: time"), at.to_string(), expected, move |_| {
                let tag = AttemptTag::random().expect("randomness");
                let order =
                    CancelOrder::new(payment(kind, serial(kind, 2_000)), won(1_000), won(10_000), tag, 1, at);
                Made::Order(kind, Box::new(order.expect("an order at any time")))
            }));
        }
    }
    cases
}

const LITERALS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "1.0",
    "1.5",
    "1e3",
    "1E3",
    "1e400",
    "1e-400",
    "999",
    "1000",
    "1001",
    "6999",
    "7000",
    "7001",
    "9999",
    "10000",
    "10001",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "99999999999999999999999999",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "01",
    "+1",
    "1_000",
    "1,000",
    "１０",
    "",
    " ",
    "null",
    "true",
    "false",
    "\"1000\"",
    "\"\"",
    "[]",
    "[1000]",
    "{}",
    "{\"minor\":1}",
    "1000 1000",
    "1000]",
    "1000}",
    "'1000'",
    "undefined",
];

/// Orders as they are read back from storage, spoilt.
fn stored() -> Vec<Case> {
    let won = |amount| Money::krw(amount).expect("positive");
    let tag: AttemptTag = "cTAG".parse().expect("a tag");
    let order = CancelOrder::new(payment(Kind::Chaiport, 900_005), won(1_000), won(7_000), tag, 2, NOON);
    let json = serde_json::to_string(&order.expect("an order")).expect("json");
    let mut cases = Vec::new();
    for (member, now, from, to) in [
        ("amount", "\"minor\":1000", 1, 7_000),
        ("balance_before", "\"minor\":7000", 1_000, 10_000),
        ("paid", "\"minor\":10000", 7_000, i64::MAX),
        ("sequence", "\"sequence\":2", 1, 999),
    ] {
        let name = now.split_once(':').expect("a member").0;
        for literal in LITERALS {
            let spoilt = json.replacen(&format!("{now},"), &format!("{name}:{literal},"), 1);
            assert!(spoilt != json || now.ends_with(literal), "{member}: {json}");
            let canonical = literal.parse::<i64>().ok().filter(|number| number.to_string() == *literal);
            let fits = canonical.is_some_and(|number| (from..=to).contains(&number));
            cases.push(stored_case(format!("stored order: {member} of {literal}"), spoilt, fits));
        }
    }
    for (from, to, fits) in [
        ("\"KRW\"", "\"krw\"", false),
        ("\"KRW\"", "\"XXX\"", false),
        ("\"KRW\"", "\"\"", false),
        ("\"KRW\"", "410", false),
        ("\"chaiport\"", "\"Chaiport\"", false),
        ("\"chaiport\"", "\"other\"", false),
        ("\"cTAG\"", "\"\"", false),
        ("\"cTAG\"", "\"a b\"", false),
        ("\"cTAG\"", "\"a\\u0000b\"", false),
        ("\"cTAG\"", "\"\\ud800\"", false),
        ("imp_", "\\ud800", false),
        ("imp_", "\\udc00\\ud800", false),
        ("imp_", "\\u00 ", false),
        ("imp_", "\\x41", false),
        ("imp_", "a\nb", false),
        ("{", "[", false),
        ("{", "{{", false),
        ("{", "{\"sequence\":3,", false),
        ("{", "{\"new\":{\"of\":[\"tomorrow\"]},", true),
        ("{", "\u{feff}{", false),
    ] {
        let spoilt = json.replacen(from, to, 1);
        cases.push(stored_case(format!("stored order: {from} as {}", to.escape_debug()), spoilt, fits));
    }
    // what JSON can carry and an id cannot is refused by the client
    for escape in ["\\u0000", "\\u000a", "\\u202e", "\\ud83d\\ude00", "\\u002f"] {
        let spoilt = json.replacen("imp_", escape, 1);
        cases.push(case(
            format!("stored order: imp_uid with {escape}"),
            spoilt,
            Expected::Invalid("imp_uid"),
            |json| match serde_json::from_str::<CancelOrder>(json) {
                Ok(order) => Made::Order(Kind::Chaiport, Box::new(order)),
                Err(error) => Made::Checked(Err(Refusal::new("json", &error))),
            },
        ));
    }
    cases
}

fn stored_case(place: String, json: String, fits: bool) -> Case {
    let expected = if fits { Expected::Accepted } else { Expected::Invalid("json") };
    case(place, json, expected, |json| {
        let read = serde_json::from_str::<CancelOrder>(json);
        Made::Checked(read.map(drop).map_err(|error| Refusal::new("json", &error)))
    })
}

fn time_limits() -> Vec<Case> {
    let texts = [
        "0",
        "1",
        "600",
        "601",
        "-1",
        "1.5",
        "1e2",
        "",
        " ",
        "1 ",
        "60s",
        "NaN",
        "１",
        "4294967297",
        "18446744073709551617",
        "0x3c",
        "null",
    ];
    let mut cases = Vec::new();
    for text in texts {
        let seconds = text.parse::<u32>().is_ok_and(|seconds| (1..=600).contains(&seconds));
        for name in [
            "CHAIPORT_TOTAL_TIMEOUT_SECONDS",
            "EXIMBAY_TOTAL_TIMEOUT_SECONDS",
            "SETTLEBANK_TOTAL_TIMEOUT_SECONDS",
        ] {
            // empty counts as not given, but at Eximbay
            let taken = seconds || (text.is_empty() && !name.starts_with("EXIMBAY"));
            let expected = if taken { Expected::Accepted } else { Expected::Invalid(name) };
            cases.push(case(name, text, expected, move |text| {
                let get = |asked: &str| match asked {
                    _ if asked == name => Some(text.to_owned()),
                    "CHAIPORT_API_KEY" | "CHAIPORT_API_SECRET" | "SETTLEBANK_LICENCE_KEY" => {
                        Some("k".to_owned())
                    }
                    "EXIMBAY_API_KEY" => Some(pg_sandbox::credentials::EXIMBAY_KEY.to_owned()),
                    "EXIMBAY_MID" => Some(pg_sandbox::credentials::EXIMBAY_MID.to_owned()),
                    "SETTLEBANK_FORM" => Some("flat".to_owned()),
                    "SETTLEBANK_MID" => Some("m".to_owned()),
                    "SETTLEBANK_ENV" => Some("sandbox".to_owned()),
                    _ => None,
                };
                let result = match name.split('_').next() {
                    Some("CHAIPORT") => chaiport_cancel::Config::from_vars(get).map(drop),
                    Some("EXIMBAY") => eximbay_cancel::Config::from_vars(get).map(drop),
                    _ => settlebank_cancel::Config::from_vars(get).map(drop),
                };
                Made::Checked(result.map_err(Into::into))
            }));
        }
    }
    cases
}
