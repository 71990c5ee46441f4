//! Files: orders to be refunded, payments to be imported.

use cancel_desk::bulk::file::{OrderFile, RowAmount};
use cancel_desk::desk::Desk;
use cancel_desk::fuzzing;

use crate::behaviour::Seen;

/// What files are made of.
pub(super) const WORDS: &[&str] = &[
    "merchant_uid",
    "payment_id",
    "imp_uid",
    "transaction_id",
    "org_trd_no",
    "gateway",
    "account",
    "merchant",
    "amount",
    "cancel_request_amount",
    "reason",
    "key",
    "idempotency_key",
    "refund_bank",
    "refund_holder",
    "refund_account",
    "refund_tel",
    "주문번호",
    "결제번호",
    "환불금액",
    "환불사유",
    "은행",
    "예금주",
    "계좌번호",
    "currency",
    "cancel_amount",
    "method",
    "pay_method",
    "pg_provider",
    "paid_at",
    "trade_date",
    "order_id",
    "chaiport",
    "eximbay",
    "settlebank",
    "shop",
    "full",
    "전액",
    "12000",
    "7.50",
    "1.2E+07",
    "5.62E+13",
    "1,000",
    "₩1000",
    "imp_1",
    "1849705C6420220922000013",
    "2026-11-21",
    "20261121",
    "1763683200",
    "2026-11-21T10:00:00+09:00",
    "KRW",
    "USD",
    "CA",
    "vbank",
    "html5_inicis",
    "\"",
    "\"\"",
    ",",
    ";",
    "\t",
    "\r\n",
    "\n",
    "{\"",
    "\":\"",
    "\",\"",
    "\"}",
    "[{",
    "}]",
    "CANARY-7",
    "\u{feff}",
    "0",
    "\u{200b}",
];

const CANARY: &str = "CANARY-7";

/// A file of orders.
pub(super) fn order_file(bytes: &[u8]) -> u64 {
    let mut seen = Seen::new();
    match OrderFile::read(bytes) {
        Ok(file) => {
            assert!(!file.rows.is_empty());
            seen.note("rows").count(file.rows.len()).debug(&file.encoding);
            let mut line = 0;
            for row in &file.rows {
                assert!(row.line > line, "rows out of order");
                line = row.line;
                assert!(row.merchant_uid.is_some() || row.payment_id.is_some());
                let ids = [&row.merchant_uid, &row.payment_id, &row.account, &row.key];
                for id in ids.into_iter().flatten() {
                    assert!((1..=200).contains(&id.len()) && !id.contains(char::is_control), "{id:?}");
                }
                assert!(row.reason.as_ref().is_none_or(|reason| !reason.contains(char::is_control)));
                if let RowAmount::Exact(decimal) = row.amount {
                    let clf = pg_core::Currency::CLF;
                    assert!(
                        pg_core::Money::from_decimal(decimal, clf).map_or(true, |money| !money.is_zero())
                    );
                }
                assert!(!format!("{:?}", row.refund_into).contains("5621110"));
                seen.debug(&(
                    row.gateway,
                    row.reason.is_some(),
                    row.key.is_some(),
                    row.refund_into.is_some(),
                ));
            }
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(!shown.contains(CANARY), "a value of the file is shown: {shown}");
            assert!(shown.len() < 20_000 && error.count() > 0 && !error.first().is_empty());
            seen.count(error.first().len());
            for fault in error.first().iter().take(3) {
                seen.debug(&fault.why).debug(&fault.column);
            }
        }
    }
    seen.number()
}

/// A file of payments; its first byte decides how it is called.
pub(super) fn payments_file(bytes: &[u8]) -> u64 {
    let (first, rest) = bytes.split_first().unwrap_or((&b'j', &[]));
    let name = if *first == b'c' { "payments.csv" } else { "payments.json" };
    let file = fuzzing::payments_file(rest, name, "shop");
    let mut seen = Seen::new();
    seen.count(file.payments.len()).count(file.faults.len()).count(file.ignored.len());
    assert!(!(file.payments.is_empty() && file.faults.is_empty()), "neither a payment nor a fault");
    for (_, new) in &file.payments {
        Desk::check_payment(new).expect("what was read can be registered");
        assert!(!new.payment.paid.is_zero());
        assert!(new.payment.paid.checked_sub(new.already_refunded).is_some(), "more refunded than paid");
        assert_eq!(new.merchant, "shop");
        seen.debug(&(new.payment.gateway, new.payment.method.is_some(), new.payment.paid_on.is_some()));
    }
    for (_, column, text) in file.faults.iter().take(3) {
        assert!(!column.contains(char::is_control) && column.len() <= 200, "{column:?}");
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(!text.to_uppercase().contains(CANARY), "a value of the file is shown: {text}");
        seen.debug(text);
    }
    seen.number()
}
