//! The rows: one module for each page of codes. Meanings in our own words.

pub(super) mod card_mobile;
pub(super) mod common;
pub(super) mod reconciliation;
pub(super) mod transfer_point;
pub(super) mod voucher_easy_pay;
