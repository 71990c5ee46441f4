//! Bank numbers for refunds to an account: each PG has its own (bank code table of the PortOne V1 guide).

/// The shared three-digit column; the other columns are made of it, or are subsets.
const SHARED: &[&str] = &[
    "002", "003", "004", "007", "011", "012", "020", "023", "027", "031", "032", "034", "037", "039", "045",
    "048", "071", "081", "088", "089", "090", "092",
];
const NICE_V2: &[&str] =
    &["003", "004", "011", "020", "023", "031", "032", "034", "071", "081", "088", "089"];
const WELCOME: &[&str] =
    &["003", "004", "007", "020", "031", "032", "034", "037", "039", "081", "088", "089"];
/// Kiwoom Pay (daou) numbers on its own.
const DAOU: &[&str] = &["03", "04", "05", "08", "09", "10", "11", "12", "15", "31"];

/// Whether the PG knows the bank under this code. PGs without a printed column take any short code.
pub(super) fn known(provider: &str, code: &str) -> bool {
    let shared_end = |code: &str| SHARED.iter().any(|bank| bank.strip_prefix('0') == Some(code));
    match provider {
        "html5_inicis" | "inicis" => shared_end(code),
        "kcp" | "kcp_billing" | "kcp_quick" => code.strip_prefix("BK").is_some_and(shared_end),
        "nice_v2" => NICE_V2.contains(&code),
        "welcome" => WELCOME.contains(&code),
        "daou" => DAOU.contains(&code),
        "uplus" | "tosspayments" | "danal_tpay" | "nice" | "kicc" | "kicc_v2" | "smartro" | "smartro_v2"
        | "settle" | "settle_acc" | "jtnet" => SHARED.contains(&code),
        _ => (2..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn shinhan_in_four_numberings() {
        assert!(known("html5_inicis", "88") && known("kcp", "BK88") && known("tosspayments", "088"));
        assert!(known("daou", "10") && !known("daou", "88"));
        assert!(!known("html5_inicis", "088") && !known("kcp", "88") && !known("nice_v2", "090"));
    }
}
