//! Reads the sources: whatever they can say to a person has to stand in the tables.

use std::path::{Path, PathBuf};

use super::*;

/// How what a check says begins.
const BEGINNINGS: [&str; 8] =
    ["must ", "cannot be ", "is ", "has ", "holds ", "may equal", "not an ", "not possible "];

/// Sources whose texts reach no person of the desk: simulations, what only an embedding program calls, tables of codes.
const ELSEWHERE: [&str; 14] = [
    "/korean/",
    "/model/",
    "/tests",
    "_tests",
    "/conformance",
    "/codes/",
    "/webhook",
    "/merchant.rs",
    "/record.rs",
    "/config/env.rs",
    "/cli/text.rs",
    "/cli/bulk_text.rs",
    "/journal/replay.rs",
    "/journal/verify.rs",
];

/// Texts that begin so and are told elsewhere or to nobody.
const OTHERS: &[&str] = &[
    // in Korean where they stand, or words of `record`
    "is not toml: {}",
    "is missing: write {}",
    "must be {}",
    "cannot be read: name a file that exists, or begin with `cancel-desk config example`",
    "has no token: write token_env = \"NAME\" or token_file = \"…\", or `without_token = true` if whoever reaches it may refund",
    "is there twice: leave one of them out, or give it another name",
    "must not stand in this file: put the value into an environment variable or a file, and name it here as `…_env` or `…_file`; change the secret if others could read this one",
    // read from the environment, which the desk does not do
    "must be 0 or 1",
    "must be set",
    "must be a file that can be read",
    "must be raw or bearer",
    "must be a whole number from 1 to 600",
    "must be whole seconds from 1 to 600",
    // answers and requests that the client makes itself
    "cannot be written as json",
    "cannot be written as a json number",
    "must be 1 to 100 numbers, merchant_uid included",
    "the answer has {}",
    // with what follows it
    "the job is {}",
    "{} {}",
    "must be 1 or more",
    "must be from 1 to 1000",
    "must be a text",
    "not an id: ",
    "has an unknown field {}",
];

/// Files in which everything that is written out is told to people.
const TOLD: &[&str] = &[
    "/src/worker/circuit.rs",
    "/src/bulk/error.rs",
    "/src/journal/error.rs",
    "/src/lookup.rs",
    "/src/bulk/plan.rs",
];

#[test]
fn every_rule_is_told_in_korean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    find(&root.join("src"), &mut files);
    // these are not there when this crate is built from its package
    for name in ["pg-core", "chaiport-cancel", "eximbay-cancel", "settlebank-cancel"] {
        find(&root.with_file_name(name).join("src"), &mut files);
    }
    assert!(files.len() > 50);
    let mut missing = Vec::new();
    for file in files {
        let path = file.display().to_string().replace('\\', "/");
        let place = path.rsplit_once("/src/").map_or(String::new(), |(_, place)| format!("/{place}"));
        if ELSEWHERE.iter().any(|part| place.contains(part)) {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (before, text) in literals(code) {
            let is_told = TOLD.iter().any(|told| path.ends_with(told))
                && (before.ends_with("write_str(") || before.ends_with("write!(f, "));
            let is_rule = BEGINNINGS.iter().any(|begin| text.starts_with(begin)) && text.contains(' ');
            let is_refusal = before.ends_with("NotAllowed(");
            let is_other = OTHERS.contains(&text.as_str()) || text.starts_with(' ') || text == "{}";
            if (is_told || is_rule || is_refusal) && !is_other && said(&text).is_none() {
                missing.push(format!("{path}: {text}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in Korean:\n{}", missing.join("\n"));
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The texts in quotes, each with the code of its line before it; `{name}` as `{}`.
fn literals(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                while chars.next().is_some_and(|c| c != '\n') {}
                before.clear();
            }
            '\'' if chars.peek() == Some(&'"') => drop(chars.next()),
            // a raw text has none of ours
            'r' if chars.next_if_eq(&'#').is_some() => {
                let (mut last, raw) = (' ', chars.next_if_eq(&'"').is_some());
                while let Some(next) = if raw { chars.next() } else { None } {
                    if (last, next) == ('"', '#') {
                        break;
                    }
                    last = next;
                }
            }
            '"' => {
                found.push((before.trim_start().to_owned(), literal(&mut chars)));
                before.push('"');
            }
            // what is called stands on the line above a long text
            '\n' if before.trim_end().ends_with('(') => before = before.trim_end().to_owned(),
            ' ' if before.ends_with('(') => {}
            '\n' => before.clear(),
            c => before.push(c),
        }
    }
    found
}

fn literal(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(c) => text.push(c),
                None => break,
            },
            '{' => {
                while chars.next().is_some_and(|c| c != '}') {}
                text.push_str("{}");
            }
            c => text.push(c),
        }
    }
    text
}

#[test]
fn both_languages_have_the_same_values() {
    for (english, korean) in TABLES.into_iter().flatten() {
        let count = english.matches("{}").count();
        for place in 0..count {
            assert!(korean.contains(&format!("{{{place}}}")), "{english}");
        }
        assert_eq!(korean.matches('{').count(), count, "{english}");
        assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{english}");
        let twice = TABLES.into_iter().flatten().filter(|(other, _)| other == english).count();
        assert_eq!(twice, 1, "{english}");
    }
}

#[test]
fn values_and_names_stay_where_they_are() {
    for (english, korean) in [
        ("amount: must be above zero", "amount: 0보다 커야 합니다"),
        ("line 2, column key: must be at most 200 bytes", "2행 key 열: 200바이트 이하여야 합니다"),
        ("line 2, column no. 4: must be at most 200 bytes", "2행 4번째 열: 200바이트 이하여야 합니다"),
        (
            "chaiport/shop: 10 cancels in a row have an unknown outcome",
            "chaiport/shop: 연속 10건의 결과를 알 수 없습니다",
        ),
        (
            "the job is halted (chaiport/shop: the gateway refuses the credentials): approve exactly its hash and its \
          totals first",
            "작업 상태: 멈춤 (chaiport/shop: PG가 인증을 거절합니다. 키를 확인하세요). 먼저 해시와 합계를 그대로 승인하세요",
        ),
        ("more than the 3,000 KRW that is left", "남은 금액 3,000 KRW보다 큽니다"),
    ] {
        assert_eq!(said(english).as_deref(), Some(korean));
    }
    for unknown in ["", "something else", "amount: something else", "must be ", "halted by kim"] {
        assert_eq!(said(unknown), None, "{unknown}");
    }
}

#[test]
fn amounts_and_what_the_system_says_are_told_in_korean() {
    for (english, korean) in [
        ("more than the 20600 KRW that is left", "남은 금액 20,600원보다 큽니다"),
        ("more than the 20600.00 USD that is left", "남은 금액 20,600.00 USD보다 큽니다"),
        ("a.csv: No such file or directory (os error 2)", "a.csv: 파일이 없습니다"),
        ("not an amount: KRW has 0 decimal places", "원화에는 소수점을 쓸 수 없습니다"),
        (
            "endpoint = \"production\" or \"sandbox\", or an address of your own",
            "endpoint = \"production\" 또는 \"sandbox\" 또는 직접 적은 주소",
        ),
    ] {
        assert_eq!(said(english).as_deref(), Some(korean));
    }
    for no_amount in ["a KRW", "1 krw", "1", " KRW", "1. KRW"] {
        assert_eq!(super::amount(no_amount), None, "{no_amount}");
    }
}
