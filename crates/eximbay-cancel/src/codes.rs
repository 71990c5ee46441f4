//! Gateway code → meaning, and what it proves about a cancel.

use pg_core::RejectionKind;

mod table;

/// The `rescode` of success, the only one.
pub const SUCCESS: &str = "0000";
/// The `rescode` of a look-up that found nothing.
pub const NO_TRANSACTION: &str = "Q004";
/// The `rescode` of a wrong `Authorization` header.
pub const UNAUTHORIZED: &str = "EC1000";

/// One code of Eximbay's, old style (`rescode`, `RC18`) or new (`errcode`, `TRANSACTION_ALREADY_CANCELED`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    code: &'static str,
    meaning: &'static str,
    on_cancel: OnCancel,
}

/// What a code proves when it answers a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnCancel {
    /// Done, if the rest of the answer agrees.
    Success,
    /// A definite refusal: no money moved, and this attempt never will.
    Refused(RejectionKind),
    /// Already cancelled, a duplicate, or a state that an earlier copy of ours may have caused.
    AlreadySeen,
    /// The gateway, or the company behind it, failed in between: it does not know either.
    Upstream,
    /// A known code that proves nothing about a cancel: it belongs to payments or look-ups, or its text leaves open
    /// whether anything was executed.
    Unproven,
}

impl Code {
    /// The code, as the gateway spells it (three of the new ones are misspelt).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What it means, in English.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// What it proves when it answers a cancel.
    #[must_use]
    pub const fn on_cancel(&self) -> OnCancel {
        self.on_cancel
    }
}

/// The entry of a code, compared exactly; `None` for a code on no list.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    table::RESCODES.iter().chain(table::ERRCODES).find(|entry| entry.code == code)
}

/// Every known `rescode`.
pub fn rescodes() -> impl Iterator<Item = &'static Code> {
    table::RESCODES.iter()
}

/// Every known `errcode`.
pub fn errcodes() -> impl Iterator<Item = &'static Code> {
    table::ERRCODES.iter()
}

/// What a code proves when it answers a cancel; a code on no list proves nothing.
#[must_use]
pub fn on_cancel(code: &str) -> OnCancel {
    find(code).map_or(OnCancel::Unproven, Code::on_cancel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_complete_and_no_code_stands_twice() {
        assert_eq!((rescodes().count(), errcodes().count()), (56, 52));
        let mut codes: Vec<_> = rescodes().chain(errcodes()).map(Code::code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 108);
    }

    #[test]
    fn every_code_says_what_it_means() {
        assert_eq!(find(SUCCESS).map(Code::meaning), Some("done"));
        assert_eq!(find("DM02").map(Code::meaning), Some("payment declined: high-risk country"));
        for code in rescodes().chain(errcodes()) {
            assert!(code.meaning().len() > 3, "{}", code.code());
        }
    }

    #[test]
    fn these_and_no_others_are_definite_refusals() {
        let mut refused: Vec<_> = rescodes()
            .chain(errcodes())
            .filter(|code| matches!(code.on_cancel(), OnCancel::Refused(_)))
            .map(Code::code)
            .collect();
        refused.sort_unstable();
        assert_eq!(
            refused,
            [
                "EC00",
                "EC1000",
                "EC1001",
                "EC1002",
                "EC1003",
                "INSUFFICIENT_MERCHANT_REFUND_FUNDS",
                "INVALID_REQEUST_AMOUNT",
                "ORIGINAL_TRANSACTION_NOT_EXIST",
                "RC18",
                "REQUIRED_PARAMETER_MISSING",
                "W414",
            ]
        );
    }

    #[test]
    fn only_one_code_is_success() {
        let successes: Vec<_> = rescodes()
            .chain(errcodes())
            .filter(|code| code.on_cancel() == OnCancel::Success)
            .map(Code::code)
            .collect();
        assert_eq!(successes, [SUCCESS]);
        for code in ["", "0", "00000", " 0000", "9999", "rc18"] {
            assert_eq!(on_cancel(code), OnCancel::Unproven, "{code:?}");
        }
    }

    #[test]
    fn what_an_earlier_copy_may_have_caused_is_no_refusal() {
        for code in [
            "TRANSACTION_ALREADY_CANCELED",
            "DUPLICATION_DECLINE",
            "INVALID_CANCEL_REQUEST",
            "INVALID_OR_MISSING_FIELD",
            "TRANSACTION_ALREADY_CAPTURED_OR_CANCELED",
            "ALREADY_VOID_CAPTURED_TRANSACTION",
            "DUPLICATE_TRANSACTION",
        ] {
            assert_eq!(on_cancel(code), OnCancel::AlreadySeen, "{code}");
        }
        for code in [
            "EE00",
            "EE01",
            "EE02",
            "EE99",
            "EM00",
            "EX00",
            "EX01",
            "EX02",
            "EX99",
            "EX1000",
            "TEMPORARY_ERROR",
        ] {
            assert_eq!(on_cancel(code), OnCancel::Upstream, "{code}");
        }
    }
}
