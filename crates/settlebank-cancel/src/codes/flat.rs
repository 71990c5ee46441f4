//! Result codes (`resultCode`) of the flat form: a namespace of its own.
//!
//! Source: the developer-site prototype's pages (2025-09). The cancel page names `0000` and `1002` alone;
//! `1001` comes from its bill-key page, `1004` from its inquiry page, `1003` from its virtual-account page.

use pg_core::RejectionKind;

use super::Reading;

/// What a code of the flat form proves about the cancel that it answers. `None`: the code is on no list.
///
/// `1001` and `1004` collide with the standard form's "missing" codes; both readings are refusals before
/// execution, so they are taken as definite. `1003` (virtual account could not be issued) says nothing about
/// a cancel.
#[must_use]
pub fn find(code: &str) -> Option<Reading> {
    Some(match code {
        "0000" => Reading::Success,
        "1001" => Reading::Refused(RejectionKind::Credentials),
        "1002" => Reading::Refused(RejectionKind::Amount),
        "1003" => Reading::Undecided,
        "1004" => Reading::Refused(RejectionKind::NotFound),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_standard_form_mean_nothing_here() {
        assert_eq!(find("1002"), Some(Reading::Refused(RejectionKind::Amount)));
        for code in ["ST57", "1901", "3007", "CA12", "0021", "", "1005"] {
            assert_eq!(find(code), None, "{code}");
        }
    }
}
