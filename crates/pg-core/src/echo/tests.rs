use proptest::prelude::*;

use super::*;

const KEY: &str = "sandbox/Secret-0123";

fn scrubbed(document: &str) -> Option<String> {
    json_without(document.as_bytes(), [KEY].into_iter()).map(|body| String::from_utf8(body).unwrap())
}

#[test]
fn a_secret_is_found_however_it_is_escaped() {
    for echo in [
        "sandbox/Secret-0123",
        r"sandbox\/Secret-0123",
        r"\u0073andbox/Secret-0123",
        r"sandbox\u002fSecret\u002D0123",
        r"sandbox\u002FSECRET-\u0030123",
        "SANDBOX/SECRET-0123",
        r"s\u0041ndbox\/sEcret-012\u0033",
    ] {
        let document = format!(r#"{{"id":"가 \"{echo}\\","n":{{"more":"\uac00{echo}{echo}"}}}}"#);
        let clean = scrubbed(&document).unwrap();
        assert_eq!(clean, r#"{"id":"가 \"***\\","n":{"more":"\uac00******"}}"#, "{echo}");
    }
}

#[test]
fn what_is_none_stays_as_it_was() {
    for document in [
        "",
        "{}",
        r#"{"url":"https:\/\/shop.example\/sandbox\/Secret-012"}"#,
        // a backslash that is escaped is no escape
        r#"{"id":"sandbox\\/Secret-0123"}"#,
        r#"{"id":"sandbox\\u002fSecret-0123"}"#,
        // neither escapes nor a document
        r#"{"id":"sandbox\x2fSecret-0123\u00zz\u00"#,
        "\\",
    ] {
        assert_eq!(scrubbed(document), None, "{document}");
    }
}

#[test]
fn an_escape_is_never_cut() {
    // the digits of an escape and what follows read like the key
    for (key, echo) in [("0041xyzxyzxyz", r"\u0041xyzxyzxyz"), ("5aaaabbbbcccc", r"\u0035aaaabbbbcccc")] {
        let document = format!(r#"{{"id":"{echo}"}}"#);
        let clean =
            json_without(document.as_bytes(), [key].into_iter()).unwrap_or_else(|| document.into_bytes());
        let read: serde_json::Value = serde_json::from_slice(&clean).unwrap();
        assert_eq!(read["id"], if key.starts_with('0') { "Axyzxyzxyz" } else { "***" });
    }
    let twice = json_without(br#""\u00355aaaabbbbcccc""#, ["5aaaabbbbcccc"].into_iter()).unwrap();
    assert_eq!(twice, br#""\u0035***""#);
}

#[test]
fn secrets_that_overlap_go_together() {
    let clean = |secrets: [&'static str; 2]| json_without(br#""aabbccddee""#, secrets.into_iter()).unwrap();
    assert_eq!(clean(["aabbcc", "ccdd"]), br#""***ee""#);
    assert_eq!(clean(["bb", "aabbccdd"]), br#""***ee""#);
    assert_eq!(clean(["aabb", "ccdd"]), br#""******ee""#);
}

#[test]
fn a_name_is_found_by_its_letters() {
    assert_eq!(without("허준 Hong 허준", "허준").as_deref(), Some("*** Hong ***"));
    assert_eq!(without("예금주 HONG GILDONG", "Hong Gildong").as_deref(), Some("예금주 ***"));
    assert_eq!(without("a", ""), None);
    // a Korean name goes as an escape too
    let escaped = json_without(br#""\ud5c8\uc900""#, ["허준"].into_iter());
    assert_eq!(escaped.as_deref(), Some(&br#""***""#[..]));
}

/// A character of a JSON string, in one of the forms that it may be written in.
fn written(c: char, form: u8) -> String {
    match (form, c) {
        (0, '/') => r"\/".to_owned(),
        (1, _) => format!("\\u{:04x}", u32::from(c)),
        (2, _) => format!("\\u{:04X}", u32::from(c)),
        (3, _) => written(c.to_ascii_uppercase(), 9),
        (4, _) => written(c.to_ascii_lowercase(), 1),
        (_, '"' | '\\') => format!("\\{c}"),
        _ => c.to_string(),
    }
}

proptest! {
    #[test]
    fn a_value_is_found_where_it_first_stands(value in "[a-cA-C01가]{1,5}", text in "[a-cA-C01가]{0,40}") {
        let lower = |text: &str| text.to_ascii_lowercase();
        prop_assert_eq!(find(text.as_bytes(), value.as_bytes()), lower(&text).find(&lower(&value)));
    }

    #[test]
    fn a_long_value_is_found_amid_a_text(
        value in "[!-~]{12,300}", before in "[ -~]{0,80}", after in "[ -~]{0,80}"
    ) {
        let text = [before, value.clone(), after].concat();
        prop_assert!(find(text.as_bytes(), value.as_bytes()).is_some());
        prop_assert!(find(&value.as_bytes()[1..], value.as_bytes()).is_none());
    }

    #[test]
    fn no_form_of_writing_hides_a_secret(
        secret in "[!-~]{12,40}",
        forms in prop::collection::vec(0_u8..12, 40),
        before in "[ -~가]{0,20}",
    ) {
        let echo: String = secret.chars().zip(&forms).map(|(c, form)| written(c, *form)).collect();
        let quoted = serde_json::json!(before).to_string();
        let document = format!(r#"{{"a":{quoted},"b":"{echo}"}}"#);
        let clean = json_without(document.as_bytes(), [secret.as_str()].into_iter()).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&clean).unwrap();
        prop_assert_eq!(read["b"].as_str(), Some("***"));
        prop_assert_eq!(read["a"].as_str(), Some(before.as_str()));
    }

    #[test]
    fn no_bytes_panic_and_a_document_stays_one(bytes in prop::collection::vec(any::<u8>(), 0..80), text in any::<String>()) {
        let secrets = || ["a", "\\", "가", "0041"].into_iter();
        let _any = json_without(&bytes, secrets());
        let document = serde_json::json!({ "text": text, "more": "\u{1}\u{ac00}" }).to_string();
        if let Some(clean) = json_without(document.as_bytes(), ["xx", "gg"].into_iter()) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&clean).is_ok());
        }
    }
}
