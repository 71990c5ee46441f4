//! What Hecto allows in text (getting-started guide, 2026-09): lengths in UTF-8 bytes, forbidden characters.

use pg_core::Invalid;

/// Characters that Hecto drops or refuses. Its guide also names "HTML words" without listing them.
const FORBIDDEN: [char; 8] = [':', '&', '?', '\'', '"', '\n', '<', '>'];

/// Checks free text: not empty, at most `max` bytes of UTF-8, nothing that Hecto would drop.
pub(crate) fn free_text(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if text.len() > max {
        return Err(Invalid::new(field, format!("must be at most {max} bytes of utf-8")));
    }
    if text.chars().any(|c| FORBIDDEN.contains(&c) || c.is_control()) {
        return Err(Invalid::new(field, "must not contain : & ? ' \" < > or control characters"));
    }
    if text.chars().any(is_emoji) {
        return Err(Invalid::new(field, "must not contain emoji, which the gateway drops"));
    }
    Ok(())
}

/// Checks an identifier: 1 to `max` visible ASCII characters, none of the forbidden ones.
pub(crate) fn identifier(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if text.len() > max {
        return Err(Invalid::new(field, format!("must be at most {max} characters")));
    }
    if !text.chars().all(|c| c.is_ascii_graphic() && !FORBIDDEN.contains(&c)) {
        return Err(Invalid::new(field, "must be visible ascii without spaces and without : & ? ' \" < >"));
    }
    Ok(())
}

/// Emoji, and what joins or colours them.
const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{200d}' | '\u{20e3}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bytes_of_utf_8() {
        assert!(free_text("reason", &"가".repeat(85), 255).is_ok());
        assert!(free_text("reason", &"가".repeat(86), 255).is_err());
    }

    #[test]
    fn what_the_gateway_drops_is_refused_here() {
        for bad in ["", " ", "a:b", "a&b", "a?b", "a'b", "a\"b", "a\nb", "<b>", "a\u{1f600}", "☎", "a\0b"] {
            let error = free_text("reason", bad, 255).unwrap_err();
            assert_eq!(error.field(), "reason", "{bad:?}");
        }
        assert!(free_text("reason", "고객 변심 (배송 전), 50% 환불!", 255).is_ok());
    }

    #[test]
    fn identifiers_are_plain() {
        assert!(identifier("trade_no", "STFP_PGCAnxca_jt_il0211129135810M1494620", 40).is_ok());
        for bad in ["", "가", "a b", "a:b", "a\"b", "xxxxx"] {
            assert!(identifier("trade_no", bad, 4).is_err(), "{bad:?}");
        }
    }
}
