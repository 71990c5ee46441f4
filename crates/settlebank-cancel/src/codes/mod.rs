//! Result codes (`outRsltCd`) of the standard form, and what each proves about a cancel.
//!
//! Source: Hecto error code page (2026-09), crossed with the WEB API specification of 2024-07-16: 433 codes,
//! one line of text each and no word on when they come. So only the texts that can mean nothing but a refusal
//! before execution are read as one; «취소 실패» (cancel failed), maintenance and every decline made for payments
//! leave the outcome unknown. The flat form has [codes of its own](flat).
//!
//! What differs from the plainest reading, each time to the side that cannot refund twice:
//! - 5001 and 5003–5005 (reached "in a wrong way": null, encoding, parse, mapping) are exceptions of a server
//!   rather than checks: undecided, like ST26 «취소 정보 오류»; 5006 (input or output failed) counts as upstream.
//! - CP31 and PZ79 (the trade's time ran out) may be a time-out of this very request: undecided.
//! - ST07, CA03 and PZ69 (message, its validity, its format) do not say whose message: the one between Hecto and the
//!   provider comes after ours was taken. 6001, ST09, PZ09 and CP90 speak of the request and stay refusals.
//! - RA34, CP32 and CP33 (the look-up of the original trade failed) and PZ80 (outside the period that can be queried)
//!   tell of a query, not of a trade that is not there or a cancel that comes too late.
//! - MP94, GC94 and ST68 (service not available, suspended) and PZ32 (outside the merchant's hours) are read as
//!   maintenance and closing hours are: upstream.
//! - STR1–STR8 («내부 정책», internal policy) say nothing more: undecided.
//! - ST90–ST97 are defined for each method and listed nowhere: undecided.
//! - The getting-started guide's own codes 0001–0005 stand on no page of codes, and 0001 means "cancelled" in
//!   an inquiry: they are not in the table, so they are unlisted.

pub mod flat;
mod table;

use pg_core::RejectionKind;

/// The page that a code stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Every method.
    Common,
    /// Cards.
    Card,
    /// Carrier billing.
    Mobile,
    /// Account transfers.
    BankTransfer,
    /// Point Damoa.
    PointDamoa,
    /// Gift vouchers.
    Gift,
    /// T-money.
    TMoney,
    /// Easy pays.
    EasyPay,
    /// The reconciliation file: never read into a cancel or an inquiry.
    Reconciliation,
}

/// What a code proves about the cancel that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reading {
    /// Done, if `outStatCd` says so too.
    Success,
    /// A definite refusal: not executed, and never will be.
    Refused(RejectionKind),
    /// Already cancelled, a duplicate, out of sequence or in progress: an earlier copy of ours may be the
    /// cause.
    AlreadySeen,
    /// A failure behind or inside the gateway, or maintenance: it may have been executed.
    Upstream,
    /// Not executed for want of the merchant's money, and executed by itself once that comes.
    AwaitingMerchantFunds,
    /// Too busy. No document says that such a request is not executed.
    Throttled,
    /// No text that decides: made for payments, or "other error".
    Undecided,
}

/// One row of the table: codes that share a page, a meaning and a reading.
#[derive(Debug)]
pub struct Entry {
    family: Family,
    reading: Reading,
    meaning: &'static str,
    codes: &'static [&'static str],
}

impl Entry {
    const fn new(
        family: Family,
        reading: Reading,
        meaning: &'static str,
        codes: &'static [&'static str],
    ) -> Self {
        Self { family, reading, meaning, codes }
    }

    /// The page that it stands on.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// What it proves.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// What it means, in English, in our words.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// The codes that mean it.
    #[must_use]
    pub const fn codes(&self) -> &'static [&'static str] {
        self.codes
    }
}

/// Every row, page by page.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    use table::{card_mobile, common, reconciliation, transfer_point, voucher_easy_pay};
    [
        common::COMMON,
        card_mobile::CARD,
        card_mobile::MOBILE,
        transfer_point::BANK_TRANSFER,
        transfer_point::POINT_DAMOA,
        voucher_easy_pay::GIFT,
        voucher_easy_pay::TMONEY,
        voucher_easy_pay::EASY_PAY,
        reconciliation::RECONCILIATION,
    ]
    .into_iter()
    .flatten()
}

/// The row of a code as an answer about `family` means it: the family's own row before the common one.
/// `None`: the code is on no list.
///
/// A code of another method's page is found too: gateways answer with them.
#[must_use]
pub fn find(family: Family, code: &str) -> Option<&'static Entry> {
    let rows = || all().filter(|entry| entry.family != Family::Reconciliation && entry.codes.contains(&code));
    rows().find(|entry| entry.family == family).or_else(|| rows().next())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]

    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn reading(code: &str) -> Option<Reading> {
        find(Family::Common, code).map(Entry::reading)
    }

    #[test]
    fn the_table_is_complete() {
        let mut families: BTreeMap<&str, Vec<Family>> = BTreeMap::new();
        let mut count = 0;
        for entry in all() {
            assert!(!entry.meaning.is_empty() && !entry.codes.is_empty());
            for code in entry.codes {
                count += 1;
                families.entry(code).or_default().push(entry.family);
            }
        }
        assert_eq!(count, 433);
        let twice: BTreeSet<_> =
            families.iter().filter(|(_, f)| f.len() > 1).map(|(code, _)| *code).collect();
        assert_eq!(twice, BTreeSet::from(["0000", "1001", "ST09", "ST10", "ST90", "ST91", "ST92"]));
        for (code, mut in_families) in families {
            let before = in_families.len();
            in_families.dedup();
            assert_eq!(in_families.len(), before, "{code} stands twice on one page");
        }
    }

    #[test]
    fn a_row_says_its_codes_and_what_they_mean() {
        let entry = find(Family::Common, "ST06").unwrap();
        assert!(entry.codes().contains(&"ST06"), "{entry:?}");
        assert_eq!(find(Family::Common, "0000").map(Entry::meaning), Some("done"));
    }

    #[test]
    fn only_0000_is_a_success() {
        for entry in all().filter(|e| e.reading == Reading::Success) {
            assert_eq!(entry.codes, ["0000"]);
        }
    }

    #[test]
    fn definite_refusals() {
        use RejectionKind::*;
        for (kind, codes) in [
            (Request, "1001 1013 1101 1127 6001 ST09 CA13 CA19 MP01 GC01 TM05 PZ09 CP90"),
            (Credentials, "1901 1902 ST47 ST48 MP04 GC04 TM14 CA87"),
            (NotFound, "ST06 CA10 MP03 RA35 GC03 GC05 TM02 PZ10 PZ82"),
            (Amount, "ST57 ST58 ST55 TM04 CP02 CP03 CP04 RA14 RA15 CA40 CA41 PZ26 PZ27"),
            (NotCancellable, "ST54 CA83 CA88 GC42 PZ75 PZ84"),
            (Period, "ST46 MP81 TM30"),
            (RefundAccount, "ST24 ST32 RA17 RA20 RA21"),
            (Policy, "ST69 ST70 CA60 CA65 CA80 GC12 RA32 CP70 PZ31 PZ70"),
        ] {
            for code in codes.split(' ') {
                assert_eq!(reading(code), Some(Reading::Refused(kind)), "{code}");
            }
        }
        // no code may be read as the guard's or the merchant's funds': those leave the outcome open here
        for entry in all() {
            assert!(!matches!(entry.reading, Reading::Refused(Guard | MerchantFunds)));
        }
    }

    #[test]
    fn what_an_earlier_copy_may_have_caused() {
        for code in "CA12 MP82 RA33 CP30 GC41 TM01 PZ87 PZ86 GC08 ST25 ST39 TM03 ST50 CA86 MP34 MP35 MP36 RA16 CP17 CP34 GC06 ST03 ST38 PZ81 ST56".split(' ') {
            assert_eq!(reading(code), Some(Reading::AlreadySeen), "{code}");
        }
    }

    #[test]
    fn what_the_gateway_does_not_know_itself() {
        for code in "VTIM 9901 9902 9903 9904 9905 9999 ST10 ST60 ST79 CA02 CA04 CA81 PZ02 PZ03 PZ71 RA80 RA81 RA82 RA83 RA84 MP97 GC95 GC96 GC97 ST45 MP80 GC40 TM40 TM11 PZ77 PZ78 CA85 ST11 CA01 PZ01 PZ05 RA30 RA31 RA88 ST44 5006 ST07 CA03 PZ69 PZ80 RA34 CP32 CP33 MP94 GC94 ST68 PZ32".split(' ') {
            assert_eq!(reading(code), Some(Reading::Upstream), "{code}");
        }
        assert_eq!(reading("3007"), Some(Reading::AwaitingMerchantFunds));
        for code in ["ST41", "MP95", "MP96"] {
            assert_eq!(reading(code), Some(Reading::Throttled), "{code}");
        }
    }

    #[test]
    fn declines_of_payments_decide_nothing() {
        for code in "0009 2001 5001 5002 9001 ST01 ST26 ST90 ST91 ST92 ST97 ST99 STR1 STR2 STR3 STR4 STR5 STR6 STR7 STR8 CA11 CA31 CA42 CA50 0905 8373 8375 J999 MP05 MP99 RA01 RA86 CP31 CP80 GC20 TM22 TM99 PZ06 PZ20 PZ88 PZ91".split(' ') {
            assert_eq!(reading(code), Some(Reading::Undecided), "{code}");
        }
    }

    #[test]
    fn the_guides_own_codes_are_unlisted() {
        for code in ["0001", "0002", "0003", "0004", "0005", "0021", "", "st57", "ST57 "] {
            assert!(find(Family::Common, code).is_none(), "{code}");
        }
    }

    #[test]
    fn the_reconciliation_file_is_another_namespace() {
        assert_eq!(reading("1001"), Some(Reading::Refused(RejectionKind::Request)));
        assert_eq!(find(Family::Gift, "ST90").map(Entry::family), Some(Family::Gift));
        assert_eq!(find(Family::Card, "ST90").map(Entry::family), Some(Family::Common));
        assert_eq!(find(Family::Reconciliation, "ST92").map(Entry::family), Some(Family::Common));
    }
}
