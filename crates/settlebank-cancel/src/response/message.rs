//! The message of an answer.

use pg_core::GatewayText;

/// Keeps a message, with sensitive values replaced.
///
/// The documents label it "URL Encoding, UTF-8", yet samples and SDKs have plain Korean: it is decoded only
/// if it carries a percent-encoded byte and the whole decodes to UTF-8; otherwise it stays as it came.
pub(crate) fn message(text: Option<&str>, sensitive: &[&str]) -> GatewayText {
    let text = text.unwrap_or_default();
    let decoded = percent_decoded(text);
    GatewayText::scrubbed(decoded.as_deref().unwrap_or(text), sensitive)
}

/// Keeps a code: as it came if it is a known one; otherwise it may be anything, an echo of ours too, and codes are
/// shown and logged.
pub(crate) fn kept_code(code: String, known: bool, sensitive: &[&str]) -> String {
    if known { code } else { GatewayText::scrubbed(code, sensitive).as_str().to_owned() }
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let bytes = decode_form(text.as_bytes());
    if bytes.found { String::from_utf8(bytes.bytes).ok() } else { None }
}

/// Bytes without their form encoding, and whether any was percent-encoded.
pub(crate) struct Decoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) found: bool,
}

/// Undoes `application/x-www-form-urlencoded`: `+` and `%XX`; a stray `%` stays.
pub(crate) fn decode_form(text: &[u8]) -> Decoded {
    let mut bytes = Vec::with_capacity(text.len());
    let mut found = false;
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|digits| (digits, after)),
            _ => None,
        };
        rest = match escaped {
            Some(((high, low), after)) => {
                found = true;
                bytes.push((high << 4) | low);
                after
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                after
            }
        };
    }
    Decoded { bytes, found }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_encoded_is_decoded() {
        for (text, read) in [
            ("정상적으로 처리되었습니다.", "정상적으로 처리되었습니다."),
            ("%EC%A0%95%EC%83%81+%EC%B2%98%EB%A6%AC", "정상 처리"),
            ("100% + 5%", "100% + 5%"),
            ("%FF%FE", "%FF%FE"),
            ("%", "%"),
            ("%4", "%4"),
            ("", ""),
        ] {
            assert_eq!(message(Some(text), &[]).as_str(), read);
        }
        assert_eq!(message(None, &[]).as_str(), "");
    }

    #[test]
    fn an_encoded_echo_is_scrubbed_too() {
        assert_eq!(message(Some("%EA%B3%84%EC%A2%8C+5621110"), &["5621110"]).as_str(), "계좌 ***");
    }
}
