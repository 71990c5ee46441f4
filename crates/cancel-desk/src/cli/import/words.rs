//! What people in Korea call methods, PGs and columns, where only one thing can be meant.

use pg_core::Gateway;

/// Words for one method, with Chaiport's code and Settlebank's.
type Method = (&'static [&'static str], &'static str, Option<&'static str>);

const METHODS: [Method; 11] = [
    (&["카드", "신용카드", "체크카드", "카드결제", "신용카드결제"], "card", Some("CA")),
    (&["가상계좌", "무통장", "무통장입금", "가상계좌입금"], "vbank", Some("VA")),
    (&["계좌이체", "실시간계좌이체", "실시간이체"], "trans", Some("RA")),
    (&["휴대폰", "휴대폰결제", "휴대폰소액결제", "핸드폰", "핸드폰결제", "휴대전화"], "phone", Some("MP")),
    (&["카카오페이"], "kakaopay", Some("KP")),
    (&["네이버페이"], "naverpay", Some("NP")),
    (&["토스페이"], "tosspay", Some("TS")),
    (&["페이코"], "payco", Some("PC")),
    (&["문화상품권", "컬쳐랜드", "컬처랜드"], "cultureland", None),
    (&["스마트문상"], "smartculture", None),
    (&["도서문화상품권"], "booknlife", None),
];

/// A method as the gateway names it. `None`: a word of Chaiport's that is not known.
pub(super) fn method(gateway: Gateway, text: &str) -> Option<String> {
    let word = plain(text);
    let known = METHODS.iter().find(|(words, ..)| words.contains(&word.as_str()));
    match (gateway, known) {
        (Gateway::Chaiport, Some((_, code, _))) => Some((*code).to_owned()),
        (Gateway::Chaiport, None) => code(text),
        (Gateway::Settlebank, Some((_, _, Some(code)))) => Some((*code).to_owned()),
        // its own crate names the codes
        _ => Some(text.to_owned()),
    }
}

/// A gateway's name as it is written here; another word as it is.
pub(super) fn gateway(text: &str) -> String {
    let word = plain(text);
    match word.as_str() {
        "차이포트" => "chaiport".to_owned(),
        "엑심베이" => "eximbay".to_owned(),
        "세틀뱅크" => "settlebank".to_owned(),
        _ => word,
    }
}

/// A PG behind Chaiport by its code. `None`: a word that is not known, or that more than one code could be meant by.
pub(super) fn provider(gateway: Gateway, text: &str) -> Option<String> {
    if gateway != Gateway::Chaiport {
        return Some(text.to_owned());
    }
    let known = match plain(text).as_str() {
        "이니시스" | "kg이니시스" | "케이지이니시스" => "html5_inicis",
        "kcp" | "nhnkcp" | "케이씨피" | "한국사이버결제" | "nhn한국사이버결제" => "kcp",
        "토스페이먼츠" => "tosspayments",
        "이지페이" | "kicc" | "한국정보통신" => "kicc",
        "제이티넷" | "jtnet" => "jtnet",
        "웰컴페이먼츠" => "welcome",
        "다우데이타" | "다우데이터" | "다우페이" => "daou",
        "케이에스넷" | "ksnet" => "ksnet",
        "카카오페이" => "kakaopay",
        "토스페이" => "tosspay",
        "페이코" => "payco",
        _ => return code(text),
    };
    Some(known.to_owned())
}

/// A code of Chaiport's, which has small letters only.
fn code(text: &str) -> Option<String> {
    let text: String = text.chars().map(narrow).collect::<String>().to_ascii_lowercase();
    text.bytes().all(|b| b.is_ascii_graphic()).then_some(text)
}

/// A letter of full width as the one that is meant.
pub(super) fn narrow(c: char) -> char {
    let shift = match c {
        '\u{ff01}'..='\u{ff5e}' => 0xfee0,
        _ => return c,
    };
    u32::from(c).checked_sub(shift).and_then(char::from_u32).unwrap_or(c)
}

/// Without spaces and the marks of a company, in lower case.
fn plain(text: &str) -> String {
    let text = text.chars().map(narrow).collect::<String>().to_lowercase();
    text.replace("(주)", "").replace('㈜', "").split_whitespace().collect()
}

/// Shortest name that is compared: among shorter ones, each is like another.
const SHORTEST: usize = 4;

/// Whether two names differ by one letter that is another, missing or too many.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let (mut long, mut short): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if long.len() < short.len() {
        std::mem::swap(&mut long, &mut short);
    }
    if short.len() < SHORTEST || long.len().saturating_sub(short.len()) > 1 {
        return false;
    }
    let same = long.iter().zip(&short).take_while(|(a, b)| a == b).count();
    let rest = |text: &[char], from: usize| text.get(from..).unwrap_or_default().to_vec();
    let past = same.saturating_add(1);
    let short_from = if long.len() == short.len() { past } else { same };
    one != other && rest(&long, past) == rest(&short, short_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_can_mean_one_thing_only_are_taken() {
        for (word, chaiport, settlebank) in [
            ("무통장입금", Some("vbank"), Some("VA")),
            ("무통장 입금", Some("vbank"), Some("VA")),
            ("휴대폰 결제", Some("phone"), Some("MP")),
            ("실시간 계좌이체", Some("trans"), Some("RA")),
            ("체크카드", Some("card"), Some("CA")),
            ("card", Some("card"), Some("card")),
            ("간편결제", None, Some("간편결제")),
            ("포인트", None, Some("포인트")),
            ("문화상품권", Some("cultureland"), Some("문화상품권")),
            // never beside a code that differs in letters only
            ("VBANK", Some("vbank"), Some("VBANK")),
            ("ｖＢａｎｋ", Some("vbank"), Some("ｖＢａｎｋ")),
            ("vbаnk", None, Some("vbаnk")),
            ("信用卡", None, Some("信用卡")),
        ] {
            assert_eq!(method(Gateway::Chaiport, word).as_deref(), chaiport, "{word}");
            assert_eq!(method(Gateway::Settlebank, word).as_deref(), settlebank, "{word}");
        }
        for (word, code) in [
            ("KG이니시스", Some("html5_inicis")),
            ("(주)케이지이니시스", Some("html5_inicis")),
            ("NHN KCP", Some("kcp")),
            ("토스페이먼츠", Some("tosspayments")),
            // one numbering of banks each: nobody guesses
            ("나이스페이", None),
            ("다날", None),
            ("스마트로", None),
            ("nice_v2", Some("nice_v2")),
            ("some_new_pg", Some("some_new_pg")),
            ("NICE_V2", Some("nice_v2")),
            ("ＫＣＰ", Some("kcp")),
            ("（주）케이씨피", Some("kcp")),
        ] {
            assert_eq!(provider(Gateway::Chaiport, word).as_deref(), code, "{word}");
        }
        assert_eq!(provider(Gateway::Eximbay, "다날").as_deref(), Some("다날"));
    }

    #[test]
    fn a_name_is_near_by_one_letter() {
        for (one, other) in [
            ("결재수단", "결제수단"),
            ("총결제금액", "결제금액"),
            ("merchant_id", "merchant_uid"),
            ("amout", "amount"),
        ] {
            assert!(is_near(one, other) && is_near(other, one), "{one}");
        }
        for (one, other) in [
            ("결제수단", "결제수단"),
            ("결제사", "결제일"),
            ("취소금액", "결제금액"),
            ("메모", "통화"),
            ("a", "amount"),
        ] {
            assert!(!is_near(one, other), "{one}");
        }
    }
}
