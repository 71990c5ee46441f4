//! Codes of account transfers and of Point Damoa (Hecto error codes page, 2026-09).

use pg_core::RejectionKind as Kind;

use super::super::{Entry, Family, Reading};

pub(in crate::codes) const BANK_TRANSFER: &[Entry] = &[
    Entry::new(Family::BankTransfer, Reading::Undecided, "too many transfers", &["RA01"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "over the limit", &["RA02", "RA03", "RA04"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "too little on the account", &["RA05"]),
    Entry::new(
        Family::BankTransfer,
        Reading::Undecided,
        "customer differs",
        &["RA10", "RA11", "RA12", "RA13"],
    ),
    Entry::new(Family::BankTransfer, Reading::Refused(Kind::Amount), "amount exceeded", &["RA14"]),
    Entry::new(Family::BankTransfer, Reading::Refused(Kind::Amount), "amount differs", &["RA15"]),
    Entry::new(Family::BankTransfer, Reading::AlreadySeen, "duplicate payment", &["RA16"]),
    Entry::new(
        Family::BankTransfer,
        Reading::Refused(Kind::RefundAccount),
        "no such bank",
        &["RA17", "RA20"],
    ),
    Entry::new(
        Family::BankTransfer,
        Reading::Refused(Kind::RefundAccount),
        "state of the account",
        &["RA21"],
    ),
    Entry::new(Family::BankTransfer, Reading::Upstream, "outside business hours", &["RA30", "RA31"]),
    Entry::new(
        Family::BankTransfer,
        Reading::Refused(Kind::Policy),
        "service not available for the merchant",
        &["RA32"],
    ),
    Entry::new(Family::BankTransfer, Reading::AlreadySeen, "already cancelled", &["RA33"]),
    Entry::new(Family::BankTransfer, Reading::Upstream, "look-up of the original trade failed", &["RA34"]),
    Entry::new(Family::BankTransfer, Reading::Refused(Kind::NotFound), "no such trade", &["RA35"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "cheque", &["RA40"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "certificate of deposit", &["RA41"]),
    Entry::new(Family::BankTransfer, Reading::Upstream, "network to the provider", &["RA80", "RA81", "RA83"]),
    Entry::new(Family::BankTransfer, Reading::Upstream, "failure at Hecto", &["RA82", "RA84"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "authentication", &["RA85"]),
    Entry::new(Family::BankTransfer, Reading::Undecided, "bank", &["RA86", "RA87"]),
    Entry::new(Family::BankTransfer, Reading::Upstream, "bank's business hours over", &["RA88"]),
];

pub(in crate::codes) const POINT_DAMOA: &[Entry] = &[
    Entry::new(Family::PointDamoa, Reading::Undecided, "over the limit", &["CP01"]),
    Entry::new(Family::PointDamoa, Reading::Refused(Kind::Amount), "more than is available", &["CP02"]),
    Entry::new(Family::PointDamoa, Reading::Refused(Kind::Amount), "more than can be asked for", &["CP03"]),
    Entry::new(Family::PointDamoa, Reading::Refused(Kind::Amount), "amount differs", &["CP04"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "customer look-up failed", &["CP10", "CP11"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "authentication", &["CP12"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "no such customer", &["CP13"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "no consent to the terms", &["CP14"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "membership", &["CP15", "CP16"]),
    Entry::new(Family::PointDamoa, Reading::AlreadySeen, "duplicate payment", &["CP17", "CP34"]),
    Entry::new(Family::PointDamoa, Reading::AlreadySeen, "already cancelled", &["CP30"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "the trade's time ran out", &["CP31"]),
    Entry::new(
        Family::PointDamoa,
        Reading::Upstream,
        "look-up of the original trade failed",
        &["CP32", "CP33"],
    ),
    Entry::new(Family::PointDamoa, Reading::Refused(Kind::Policy), "state of the merchant", &["CP70"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "advertisement", &["CP71"]),
    Entry::new(
        Family::PointDamoa,
        Reading::Undecided,
        "provider",
        &["CP80", "CP81", "CP82", "CP83", "CP84", "CP85", "CP86", "CP87"],
    ),
    Entry::new(Family::PointDamoa, Reading::Undecided, "file", &["CP88"]),
    Entry::new(Family::PointDamoa, Reading::Undecided, "points could not be looked up", &["CP89"]),
    Entry::new(Family::PointDamoa, Reading::Refused(Kind::Request), "input", &["CP90"]),
];
