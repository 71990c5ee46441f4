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

const NAMES: [(&str, Column); 36] = [
    ("merchant_uid", Column::MerchantUid),
    ("order_id", Column::MerchantUid),
    ("주문번호", Column::MerchantUid),
    ("payment_id", Column::PaymentId),
    ("imp_uid", Column::PaymentId),
    ("transaction_id", Column::PaymentId),
    ("결제번호", Column::PaymentId),
    ("org_trd_no", Column::PaymentId),
    ("orgtrdno", Column::PaymentId),
    ("gateway", Column::Gateway),
    ("account", Column::Account),
    ("merchant", Column::Account),
    ("계정", Column::Account),
    ("amount", Column::Amount),
    ("cancel_request_amount", Column::Amount),
    ("환불금액", Column::Amount),
    ("취소금액", Column::Amount),
    ("금액", Column::Amount),
    ("reason", Column::Reason),
    ("환불사유", Column::Reason),
    ("취소사유", Column::Reason),
    ("사유", Column::Reason),
    ("key", Column::Key),
    ("idempotency_key", Column::Key),
    ("요청키", Column::Key),
    ("키", Column::Key),
    ("refund_bank", Column::RefundBank),
    ("은행", Column::RefundBank),
    ("은행코드", Column::RefundBank),
    ("refund_holder", Column::RefundHolder),
    ("예금주", Column::RefundHolder),
    ("refund_account", Column::RefundAccount),
    ("계좌번호", Column::RefundAccount),
    ("refund_tel", Column::RefundTel),
    ("전화번호", Column::RefundTel),
    ("연락처", Column::RefundTel),
];

impl Column {
    /// The column of a header's word; letter case and spaces do not count.
    pub(super) fn named(word: &str) -> Option<Self> {
        let word: String = word.to_ascii_lowercase().split_whitespace().collect();
        if matches!(word.as_str(), "left_out" | "why" | "line" | "verdict" | "줄" | "제외사유" | "판정")
        {
            return Some(Self::Remark);
        }
        NAMES.iter().find(|(name, _)| *name == word).map(|(_, column)| *column)
    }

    /// Its first name.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }
}

/// Longest name of a column that is repeated, in characters.
const MAX_SHOWN: usize = 30;

/// What to do about an unknown column. `beside`: whether other columns are known, so that its word is a name and not a
/// value of a file without a header row.
pub(super) fn unknown(word: &str, beside: bool) -> String {
    let word: String = word.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
    let is_a_word = word.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '_'));
    match beside && is_a_word && !word.is_empty() {
        true => format!("«{word}» {UNKNOWN}"),
        false => UNKNOWN.to_owned(),
    }
}

const UNKNOWN: &str = "is not a column of an order file: rename it or delete it in a copy of the file, and plan the copy (columns: \
    merchant_uid, payment_id, gateway, account, amount, reason, key, refund_bank, refund_holder, refund_account, refund_tel)";
