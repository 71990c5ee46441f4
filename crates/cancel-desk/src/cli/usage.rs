//! What is wrong with a command line, in the language of the caller.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::config::Lang;

use super::exit::in_words;

/// One line without a prefix; in English clap's own.
pub(super) fn text(lang: Lang, error: &Error) -> String {
    let english = || {
        let rendered = error.render().to_string();
        let rendered = rendered.strip_prefix("error: ").unwrap_or(&rendered);
        let what: Vec<&str> = rendered.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        what.join(" ")
    };
    match lang {
        Lang::En => english(),
        Lang::Ko => korean(error).unwrap_or_else(english),
    }
}

/// `None` where nothing of it is known.
fn korean(error: &Error) -> Option<String> {
    let said = |kind| value(error, kind);
    let argument = said(ContextKind::InvalidArg).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("필수 항목이 없습니다: {argument}"),
        ErrorKind::UnknownArgument => {
            format!("알 수 없는 옵션입니다: {argument}{}", instead(said(ContextKind::SuggestedArg)))
        }
        ErrorKind::InvalidSubcommand => {
            let command = said(ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("알 수 없는 명령입니다: {command}{}", instead(said(ContextKind::SuggestedSubcommand)))
        }
        ErrorKind::MissingSubcommand => {
            let known = said(ContextKind::ValidSubcommand).unwrap_or_default();
            format!("명령이 없습니다. 쓸 수 있는 명령: {known}")
        }
        ErrorKind::ArgumentConflict => match said(ContextKind::PriorArg) {
            Some(other) if other != argument => format!("함께 쓸 수 없습니다: {argument}, {other}"),
            _ => format!("한 번만 쓸 수 있습니다: {argument}"),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => wrong_value(error, &argument),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("값의 개수가 맞지 않습니다: {argument}")
        }
        ErrorKind::InvalidUtf8 => "UTF-8이 아닌 글자가 있습니다".to_owned(),
        _ => return None,
    })
}

fn wrong_value(error: &Error, argument: &str) -> String {
    let given = value(error, ContextKind::InvalidValue).unwrap_or_default();
    if given.is_empty() {
        return format!("값이 필요합니다: {argument}");
    }
    let known = value(error, ContextKind::ValidValue).map(|known| format!("쓸 수 있는 값: {known}"));
    let rule = error.source().map(|why| in_words(Lang::Ko, &range(&why.to_string())));
    match known.or(rule) {
        Some(why) => format!("{argument}: 값이 잘못되었습니다({given}): {why}"),
        None => format!("{argument}: 값이 잘못되었습니다: {given}"),
    }
}

/// `5 is not in 1..=3`, as this program says it.
fn range(why: &str) -> String {
    let of_range = why.split_once(" is not in ").and_then(|(_, range)| range.split_once("..="));
    match (of_range, why) {
        (Some((least, most)), _) => format!("must be from {least} to {most}"),
        // the standard library's own
        (None, "invalid digit found in string" | "cannot parse integer from empty string") => {
            "must be a whole number".to_owned()
        }
        (None, why) if why.starts_with("number too ") => "must not be out of range".to_owned(),
        (None, why) => why.to_owned(),
    }
}

fn instead(known: Option<String>) -> String {
    known.map(|known| format!(" (비슷한 이름: {known})")).unwrap_or_default()
}

fn value(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}
