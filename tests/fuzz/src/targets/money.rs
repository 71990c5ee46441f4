//! Amounts and currencies.

use eximbay_cancel::AmountText;
use pg_core::decimal::Decimal;
use pg_core::{Currency, Money};

use crate::behaviour::Seen;
use crate::naive::{Json, minor};

/// What amounts are made of.
pub(super) const WORDS: &[&str] = &[
    "KRW",
    "USD",
    "KWD",
    "CLF",
    "JPY",
    "XXX",
    "krw",
    "1000",
    "0.5",
    "7.50",
    "1.005",
    "1e3",
    "1.0E7",
    "1e400",
    "1e-400",
    "92233720368547758.07",
    "92233720368547758.08",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "0.000",
    "000",
    "-",
    "+",
    ".",
    ",",
    "e",
    "E",
    "1e2147483647",
    "1e-2147483648",
    "１",
    "{\"minor\":",
    ",\"currency\":",
    "}",
];

/// The first three bytes are the currency, the rest is the text.
pub(super) fn money(bytes: &[u8]) -> u64 {
    let mut seen = Seen::new();
    let text = String::from_utf8_lossy(bytes);
    let (code, text) = text.split_at_checked(3).unwrap_or(("", &text));
    let Ok(currency) = code.parse::<Currency>() else {
        stored(code, text, &mut seen);
        return seen.note("currency").number();
    };
    assert_eq!(currency.code(), code);
    let digits = i32::from(currency.minor_digits());
    let plain = !text.contains(['e', 'E']);
    let fits = |value: i128| i64::try_from(value).is_ok();
    let expected = minor(text, digits).filter(|value| fits(*value));
    let ends_well = !text.ends_with('.') && text.len() <= 40;
    match Money::parse(text, currency) {
        Ok(money) => {
            assert!(plain, "an exponent was taken: {text}");
            assert_eq!(Some(i128::from(money.minor())), expected, "{text} {code}");
            same_again(money);
            seen.note("money").debug(&money.is_zero());
        }
        Err(error) => {
            // what is an amount by the oracle and refused all the same must be too long for 64 bits of digits
            let digits_fit = text.replace('.', "").parse::<u64>().is_ok();
            assert!(expected.is_none() || !plain || !ends_well || !digits_fit, "{text} {code}: {error}");
            seen.debug(&error);
        }
    }
    match Decimal::parse_json_number(text).map(|decimal| Money::from_decimal(decimal, currency)) {
        Ok(Ok(money)) => {
            assert_eq!(Some(i128::from(money.minor())), expected, "{text} {code}");
            assert!(plain || Decimal::parse(text).is_err());
            seen.note("json");
        }
        Ok(Err(error)) => {
            assert!(expected.is_none_or(|value| value > 10_i128.pow(18)), "{text} {code}: {error}");
            seen.debug(&error);
        }
        Err(error) => drop(seen.debug(&error)),
    }
    match AmountText::parse(text, currency) {
        Ok(amount) => {
            assert_eq!(amount.as_str(), text);
            assert_eq!(Some(i128::from(amount.money().minor())), expected);
            let half = Money::from_minor(amount.money().minor() / 2, currency).expect("not below zero");
            let styled = amount.in_style(half);
            assert_eq!(minor(&styled, digits), Some(i128::from(half.minor())), "{styled} is not {half}");
            seen.note("text");
        }
        Err(error) => drop(seen.note(error.reason())),
    }
    seen.number()
}

fn same_again(money: Money) {
    let text = money.to_decimal_text();
    assert_eq!(Money::parse(&text, money.currency()), Ok(money), "{text}");
    let json = serde_json::to_string(&money).expect("it can be written");
    assert_eq!(serde_json::from_str::<Money>(&json).expect("it can be read"), money);
    let one = Money::from_minor(1, money.currency()).expect("above zero");
    let more = money.checked_add(one);
    assert_eq!(more.is_none(), money.minor() == i64::MAX);
    assert!(
        more.is_none_or(|more| more.checked_sub(one) == Some(money) && money.checked_sub(more).is_none())
    );
}

/// Money as it is stored.
fn stored(code: &str, text: &str, seen: &mut Seen) {
    let json = format!("{code}{text}");
    let Ok(money) = serde_json::from_str::<Money>(&json) else { return };
    same_again(money);
    if let Some(oracle) = Json::read(json.as_bytes()).filter(Json::is_object) {
        assert_eq!(oracle.get("minor").and_then(|told| told.minor(0)), Some(i128::from(money.minor())));
    }
    seen.note("stored");
}
