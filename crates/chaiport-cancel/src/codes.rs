//! What refusals mean.
//!
//! Chaiport publishes no table of codes: `code` 0 is success, everything else is told by `message`, in which the PG's
//! own code and text are passed on. So there are two lists here: the few sentences of Chaiport's own that are known
//! (from its clients' tests), and the codes of the PGs' books (linked by the PortOne page on PG error codes, 2026; for
//! NICE its own manual). What is on neither list is unknown, never a refusal.

use pg_core::RejectionKind;

/// What a refusal proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// No money moved, and this attempt can never move any.
    Refused(RejectionKind),
    /// Already cancelled, requested or in progress: perhaps by an earlier copy of this very cancel.
    AlreadySeen,
    /// The PG, card company or bank did not answer in time, or is down: it may still execute.
    Upstream,
}

/// The sentence before a PG's own code and text.
const PG_FAILURE: &str = "결제취소에 실패하였습니다";

/// What a sentence of Chaiport's own means; `None` for sentences that are on no list.
#[must_use]
pub fn own_sentence(code: i64, message: &str) -> Option<Meaning> {
    let message = message.trim();
    match (code, message) {
        (1, "취소할 결제건이 존재하지 않습니다.") => {
            Some(Meaning::Refused(RejectionKind::NotFound))
        }
        (1, "이미 전액취소된 주문입니다.") => Some(Meaning::AlreadySeen),
        // any other sentence with "already" in it: not known, and nothing to be believed
        _ if message.contains("이미") => Some(Meaning::AlreadySeen),
        // a PG's text may end in anything
        _ if message.ends_with("지정해주셔야합니다.") && !is_pg_failure(message) => {
            Some(Meaning::Refused(RejectionKind::Request))
        }
        _ => None,
    }
}

/// Whether a message says that the PG refused.
#[must_use]
pub fn is_pg_failure(message: &str) -> bool {
    message.trim_start().starts_with(PG_FAILURE)
}

/// The PG's code in a message such as `결제취소에 실패하였습니다. [500626|기 취소 거래]` or `… [8178] …`.
///
/// Formats differ between PGs, so only this one is read: the known sentence, and in it exactly one bracket that
/// begins with a code of 1 to 12 characters.
#[must_use]
pub fn pg_code(message: &str) -> Option<&str> {
    let rest = message.trim_start().strip_prefix(PG_FAILURE)?;
    let (_, rest) = rest.split_once('[')?;
    let (inside, behind) = rest.split_once(']')?;
    if inside.contains('[') || behind.contains('[') {
        return None;
    }
    let code = inside.split_once('|').map_or(inside, |(code, _)| code).trim();
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    ((1..=12).contains(&code.len()) && plain).then_some(code)
}

/// What a PG's code means in the answer to a cancel; `None` when it is on no list.
///
/// A code means nothing without its PG, and where the PG's book has one sheet a method, nothing without the method.
#[must_use]
pub fn pg_meaning(pg_provider: &str, pay_method: Option<&str>, code: &str) -> Option<Meaning> {
    let rows = book(pg_provider)?;
    rows.iter()
        .filter(|(method, _, _)| method.is_none_or(|method| pay_method == Some(method)))
        .find(|(_, _, codes)| codes.contains(&code))
        .map(|(_, meaning, _)| *meaning)
}

/// Method that the codes belong to, where they belong to one; what they mean; the codes.
type Row = (Option<&'static str>, Meaning, &'static [&'static str]);

const AMOUNT: Meaning = Meaning::Refused(RejectionKind::Amount);
const NOT_CANCELLABLE: Meaning = Meaning::Refused(RejectionKind::NotCancellable);
const PERIOD: Meaning = Meaning::Refused(RejectionKind::Period);
const FUNDS: Meaning = Meaning::Refused(RejectionKind::MerchantFunds);
const ACCOUNT: Meaning = Meaning::Refused(RejectionKind::RefundAccount);
const SEEN: Meaning = Meaning::AlreadySeen;
const UPSTREAM: Meaning = Meaning::Upstream;

fn book(pg_provider: &str) -> Option<&'static [Row]> {
    Some(match pg_provider {
        "html5_inicis" | "inicis" => INICIS,
        "kcp" | "kcp_billing" | "kcp_quick" => KCP,
        "tosspayments" | "uplus" => TOSS,
        "nice" | "nice_v2" => NICE,
        "kakaopay" => KAKAO,
        "daou" => DAOU,
        "naverpay" => NAVER,
        _ => return None,
    })
}

/// KG Inicis; the first three digits are the method's, so a code needs no other scope.
const INICIS: &[Row] = &[
    (None, SEEN, &["500626", "504626", "512626", "120025", "160353", "190353"]),
    (None, AMOUNT, &["500826", "500706", "504706", "500501"]),
    (
        None,
        NOT_CANCELLABLE,
        &["500412", "500699", "500702", "500705", "500707", "500715", "500824", "11C9", "500685", "504685"],
    ),
    (None, PERIOD, &["500667", "500714"]),
    (Some("phone"), PERIOD, &["112003", "202003"]),
    (None, FUNDS, &["500906"]),
    (None, ACCOUNT, &["504425"]),
];

/// NHN KCP. `CCA6` is "cancelled or not cancellable": the reading that cannot refund twice.
const KCP: &[Row] = &[
    (None, SEEN, &["8023", "8133", "8337", "CCA6", "8040", "8340", "8387", "8388"]),
    (None, AMOUNT, &["8036", "8039", "8382", "8550", "8037", "8038", "8381"]),
    (None, NOT_CANCELLABLE, &["8141", "8142", "8328", "8385", "8386", "8392", "8327", "8E02"]),
    (None, FUNDS, &["8178"]),
    (None, UPSTREAM, &["8721", "8722", "8723", "8724", "8725", "8726", "8727"]),
];

/// Toss Payments. `S020` is "cancelled or not cancellable", `RF32` "done with a different amount", `C093` "an item is
/// still being processed": all three might be an earlier copy.
const TOSS: &[Row] = &[
    (None, SEEN, &["C0D3", "T020", "RF15", "RF35", "S020", "RF32", "RF23", "RF25", "C093"]),
    (Some("card"), SEEN, &["D3", "25", "140", "8579"]),
    (Some("trans"), SEEN, &["602", "702", "752"]),
    (Some("phone"), SEEN, &["507"]),
    (None, AMOUNT, &["C053", "CR10", "C094", "RF27", "C112"]),
    (
        None,
        NOT_CANCELLABLE,
        &["C054", "C083", "C090", "C097", "C103", "C107", "C110", "S025", "ES07", "ES12", "RF30"],
    ),
    (None, PERIOD, &["S060", "RF21", "W010", "W702"]),
    (None, FUNDS, &["RF08", "RF13"]),
    (None, ACCOUNT, &["RF20", "RF26", "RF31"]),
    (None, UPSTREAM, &["RF19", "RF34", "3001"]),
];

/// NICE, from its own manual. 2011 and 2032 (amounts) are left out: another table of the same manual gives these two
/// numbers other meanings.
const NICE: &[Row] = &[
    (None, SEEN, &["2013", "2015"]),
    (None, AMOUNT, &["2026", "2010"]),
    (None, NOT_CANCELLABLE, &["1534", "2028", "2029", "2030", "2033", "2052", "2031", "2027"]),
    (None, PERIOD, &["2016"]),
    (None, FUNDS, &["2023"]),
];

/// KakaoPay. -784 "bad state" might be a cancelled one.
const KAKAO: &[Row] = &[(None, SEEN, &["-785", "-784"]), (None, AMOUNT, &["-710"])];

/// Daou (Kiwoom Pay), from the help centre.
const DAOU: &[Row] = &[(None, FUNDS, &["9029"])];

/// Naver Pay, from the help centre.
const NAVER: &[Row] = &[(None, UPSTREAM, &["MaintenanceOngoing"])];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_code_is_read_from_the_one_known_form() {
        for (message, code) in [
            ("결제취소에 실패하였습니다. [500626|기 취소 거래]", Some("500626")),
            ("결제취소에 실패하였습니다. [8178] 취소금액 > 상계가능 정산금액", Some("8178")),
            ("결제취소에 실패하였습니다.[ -785 |중복]", Some("-785")),
            ("결제취소에 실패하였습니다. 취소금액이 미정산 금액보다 큽니다.", None),
            ("결제취소에 실패하였습니다. (requested cancel amount is bigger)", None),
            ("결제취소에 실패하였습니다. [8178][8023]", None),
            ("결제취소에 실패하였습니다. [[8178]]", None),
            ("결제취소에 실패하였습니다. [잔액|8178]", None),
            ("결제취소에 실패하였습니다. [|x]", None),
            ("[500626|기 취소 거래]", None),
        ] {
            assert_eq!(pg_code(message), code, "{message}");
        }
    }

    #[test]
    fn a_code_means_nothing_without_its_pg_and_method() {
        assert_eq!(pg_meaning("kcp", None, "8178"), Some(FUNDS));
        assert_eq!(pg_meaning("html5_inicis", None, "8178"), None);
        assert_eq!(pg_meaning("tosspayments", Some("trans"), "602"), Some(SEEN));
        assert_eq!(pg_meaning("tosspayments", Some("phone"), "602"), None);
        assert_eq!(pg_meaning("tosspayments", None, "602"), None);
        assert_eq!(pg_meaning("html5_inicis", Some("phone"), "112003"), Some(PERIOD));
        assert_eq!(pg_meaning("ksnet", Some("card"), "8178"), None);
        assert_eq!(pg_meaning("nice", Some("card"), "2032"), None);
    }

    #[test]
    fn no_code_stands_in_a_book_twice() {
        for pg in ["html5_inicis", "kcp", "tosspayments", "nice", "kakaopay", "daou", "naverpay"] {
            let mut codes: Vec<_> =
                book(pg).unwrap().iter().flat_map(|(_, _, codes)| codes.iter().copied()).collect();
            let count = codes.len();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), count, "{pg}");
        }
    }

    #[test]
    fn own_sentences() {
        let refused = |kind| Some(Meaning::Refused(kind));
        for (code, message, meaning) in [
            (1, "취소할 결제건이 존재하지 않습니다.", refused(RejectionKind::NotFound)),
            (-1, "취소할 결제건이 존재하지 않습니다.", None),
            (1, "이미 전액취소된 주문입니다.", Some(SEEN)),
            (-1, "이미 취소된 거래", Some(SEEN)),
            (1, "imp_uid 또는 merchant_uid를 지정해주셔야합니다.", refused(RejectionKind::Request)),
            (-1, "이미 취소 처리중인 거래입니다. 다른 imp_uid를 지정해주셔야합니다.", Some(SEEN)),
            (-1, "결제취소에 실패하였습니다. [8723|응답 시간 초과] 시각을 지정해주셔야합니다.", None),
            (1, "취소 가능 금액을 초과하였습니다.", None),
            (1, "", None),
        ] {
            assert_eq!(own_sentence(code, message), meaning, "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_message_panics(message in ".{0,80}") {
            let framed = format!("결제취소에 실패하였습니다. {message}");
            for text in [&message, &framed] {
                let _read = (pg_code(text), own_sentence(1, text), is_pg_failure(text));
            }
        }
    }
}
