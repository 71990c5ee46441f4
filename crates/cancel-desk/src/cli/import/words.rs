//! What people in Korea call methods, PGs and columns, where only one thing can be meant.

use pg_core::Gateway;

/// A method as the gateway names it; any other stays as it is. `None`: a Korean word that is not known.
pub(super) fn method(gateway: Gateway, text: &str) -> Option<&str> {
    let word = plain(text);
    let known = match gateway {
        Gateway::Chaiport => match word.as_str() {
            "카드" | "신용카드" | "체크카드" | "카드결제" | "신용카드결제" => "card",
            "가상계좌" | "무통장" | "무통장입금" | "가상계좌입금" => "vbank",
            "계좌이체" | "실시간계좌이체" | "실시간이체" => "trans",
            "휴대폰" | "휴대폰결제" | "휴대폰소액결제" | "핸드폰" | "핸드폰결제" | "휴대전화" => {
                "phone"
            }
            "카카오페이" => "kakaopay",
            "네이버페이" => "naverpay",
            "토스페이" => "tosspay",
            "페이코" => "payco",
            "문화상품권" | "컬쳐랜드" | "컬처랜드" => "cultureland",
            "스마트문상" => "smartculture",
            "도서문화상품권" => "booknlife",
            _ => return known_or_foreign(text),
        },
        Gateway::Settlebank => match word.as_str() {
            "카드" | "신용카드" | "체크카드" | "카드결제" | "신용카드결제" => "CA",
            "가상계좌" | "무통장" | "무통장입금" | "가상계좌입금" => "VA",
            "계좌이체" | "실시간계좌이체" | "실시간이체" => "RA",
            "휴대폰" | "휴대폰결제" | "휴대폰소액결제" | "핸드폰" | "핸드폰결제" | "휴대전화" => {
                "MP"
            }
            "카카오페이" => "KP",
            "네이버페이" => "NP",
            "페이코" => "PC",
            "토스페이" => "TS",
            // its own crate names the codes
            _ => text,
        },
        _ => text,
    };
    Some(known)
}

/// A PG behind Chaiport by its code; any other word stays as it is. `None`: a Korean word that is not known, or that more
/// than one code could be meant by.
pub(super) fn provider(gateway: Gateway, text: &str) -> Option<&str> {
    if gateway != Gateway::Chaiport {
        return Some(text);
    }
    Some(match plain(text).as_str() {
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
        _ => return known_or_foreign(text),
    })
}

fn known_or_foreign(text: &str) -> Option<&str> {
    (!text.chars().any(is_korean)).then_some(text)
}

const fn is_korean(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}')
}

/// Without spaces and the marks of a company, in lower case.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace("(주)", "").replace('㈜', "");
    text.split_whitespace().collect()
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
        ] {
            assert_eq!(method(Gateway::Chaiport, word), chaiport, "{word}");
            assert_eq!(method(Gateway::Settlebank, word), settlebank, "{word}");
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
        ] {
            assert_eq!(provider(Gateway::Chaiport, word), code, "{word}");
        }
        assert_eq!(provider(Gateway::Eximbay, "다날"), Some("다날"));
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
