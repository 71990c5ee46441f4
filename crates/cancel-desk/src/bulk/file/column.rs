/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    MerchantUid,
    PaymentId,
    Gateway,
    Account,
    Amount,
    Reason,
    Key,
    RefundBank,
    RefundHolder,
    RefundAccount,
    RefundTel,
    /// What a file of left-out rows says of them: not read.
    Remark,
}

const NAMES: [(&str, Column); 25] = [
    ("merchant_uid", Column::MerchantUid),
    ("order_id", Column::MerchantUid),
    ("주문번호", Column::MerchantUid),
    ("payment_id", Column::PaymentId),
    ("imp_uid", Column::PaymentId),
    ("transaction_id", Column::PaymentId),
    ("org_trd_no", Column::PaymentId),
    ("orgtrdno", Column::PaymentId),
    ("결제번호", Column::PaymentId),
    ("gateway", Column::Gateway),
    ("account", Column::Account),
    ("merchant", Column::Account),
    ("amount", Column::Amount),
    ("cancel_request_amount", Column::Amount),
    ("환불금액", Column::Amount),
    ("reason", Column::Reason),
    ("환불사유", Column::Reason),
    ("key", Column::Key),
    ("idempotency_key", Column::Key),
    ("refund_bank", Column::RefundBank),
    ("은행", Column::RefundBank),
    ("refund_holder", Column::RefundHolder),
    ("예금주", Column::RefundHolder),
    ("refund_account", Column::RefundAccount),
    ("계좌번호", Column::RefundAccount),
];

impl Column {
    /// The column of a header's word; letter case and surrounding space do not count.
    pub(super) fn named(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        match word.as_str() {
            "refund_tel" => return Some(Self::RefundTel),
            "left_out" | "why" => return Some(Self::Remark),
            _ => {}
        }
        NAMES.iter().find(|(name, _)| *name == word).map(|(_, column)| *column)
    }

    /// Its first name.
    pub(super) fn name(self) -> &'static str {
        if self == Self::RefundTel {
            return "refund_tel";
        }
        NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }
}

/// What to do about an unknown column.
pub(super) const UNKNOWN: &str = "not a column of this file: rename it or take it out (columns: merchant_uid, \
    payment_id, gateway, account, amount, reason, key, refund_bank, refund_holder, refund_account, refund_tel)";
