//! Result codes (`resultCode`) of the flat form: a namespace of its own.
//!
//! Source: the developer-site prototype's pages (2025-09). The cancel page names `0000` and `1002` alone;
//! `1001` comes from its bill-key page, `1004` from its inquiry page, `1003` from its virtual-account page.

use pg_core::RejectionKind;

use super::Reading;

/// What a code of the flat form proves about the cancel that it answers. `None`: the code is on no list.
///
/// Only what the cancel page itself names decides. `1001` (merchant id), `1003` (virtual account could not be issued)
/// and `1004` (not found) are other pages' codes: what a cancel answered with one of them means, no page says.
#[must_use]
pub fn find(code: &str) -> Option<Reading> {
    Some(match code {
        "0000" => Reading::Success,
        "1002" => Reading::Refused(RejectionKind::Amount),
        "1001" | "1003" | "1004" => Reading::Undecided,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cancel_pages_own_code_is_a_refusal() {
        for code in ["1001", "1003", "1004"] {
            assert_eq!(find(code), Some(Reading::Undecided), "{code}");
        }
    }

    #[test]
    fn codes_of_the_standard_form_mean_nothing_here() {
        assert_eq!(find("1002"), Some(Reading::Refused(RejectionKind::Amount)));
        for code in ["ST57", "1901", "3007", "CA12", "0021", "", "1005"] {
            assert_eq!(find(code), None, "{code}");
        }
    }
}
