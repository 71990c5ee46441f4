use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<OrderFile, FileError> {
    OrderFile::read(text.as_bytes())
}

fn one(text: &str) -> Row {
    let mut rows = read(text).unwrap().rows;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// The first fault, which names neither value nor account.
fn fault(text: &str) -> String {
    read(text).unwrap_err().first()[0].to_string()
}

#[test]
fn the_guides_columns_are_read() {
    let row =
        one("merchant_uid,gateway,account,amount,reason,key,refund_bank,refund_holder,refund_account\n\
                   ORD-1,chaiport,main,12000,\"변심, 단순\",r-1,88,홍길동,562-111-05948400\n");
    assert_eq!(
        (row.line, row.merchant_uid.as_deref(), row.account.as_deref()),
        (2, Some("ORD-1"), Some("main"))
    );
    assert_eq!(row.amount, RowAmount::Exact("12000".parse_decimal()));
    assert_eq!((row.reason.as_deref(), row.key.as_deref()), (Some("변심, 단순"), Some("r-1")));
    let into = row.refund_into.as_ref().unwrap();
    assert_eq!((into.bank.as_str(), into.holder.as_str()), ("88", "홍길동"));
    assert!(!format!("{row:?}").contains("홍길동") && !format!("{row:?}").contains("05948400"));
}

trait ParseDecimal {
    fn parse_decimal(&self) -> pg_core::decimal::Decimal;
}

impl ParseDecimal for str {
    fn parse_decimal(&self) -> pg_core::decimal::Decimal {
        pg_core::decimal::Decimal::parse(self).unwrap()
    }
}

#[test]
fn json_lines_say_the_same() {
    let csv = one("imp_uid,amount,reason\nimp_1,7.50,변심\n");
    let mut json = one("\n{\"imp_uid\":\"imp_1\",\"amount\":7.50,\"reason\":\"변심\",\"key\":null}\n");
    assert_eq!(json.line, 2);
    json.line = csv.line;
    assert_eq!(json, csv);
    assert_eq!(one("{\"imp_uid\":\"imp_1\",\"amount\":\"7.50\",\"reason\":\"변심\"}").amount, csv.amount);
}

#[test]
fn spreadsheets_of_korea_are_read_without_loss() {
    let text = "주문번호;환불금액;환불사유\r\nORD-1;전액;뷁 변심\r\n;;\r\n";
    let marked = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    let (cp949, _, lossy) = encoding_rs::EUC_KR.encode(text);
    assert!(!lossy);
    for (bytes, encoding) in
        [(text.as_bytes(), Encoding::Utf8), (&marked, Encoding::Utf8), (&cp949, Encoding::EucKr)]
    {
        let file = OrderFile::read(bytes).unwrap();
        assert_eq!(file.encoding, encoding);
        assert_eq!(file.rows[0].reason.as_deref(), Some("뷁 변심"));
        assert_eq!((file.rows[0].amount, file.rows.len()), (RowAmount::Full, 1));
    }
}

#[test]
fn lines_are_those_that_an_editor_shows() {
    let plain =
        "merchant_uid,amount,reason\nB-1,1000,\nB-2,1000,\"two\nlines\"\n\nB-3,1000,\nB-4,\"1,000\",\n";
    for ending in ["\n", "\r\n", "\r"] {
        let told = read(&plain.replace('\n', ending)).unwrap_err();
        let lines: Vec<Option<u64>> = told.first().iter().map(|fault| fault.line).collect();
        // a reason of two lines is refused where its row begins
        assert_eq!(lines, [Some(3), Some(7)], "{ending:?}");
    }
    let told = fault("주문번호,환불금액\r\nB-001,1000\r\nB-002,1000\r\nB-003,1000\r\nB-004,\"1,000\"\r\n");
    assert!(told.starts_with("line 5, "), "{told}");
    assert!(fault("\r\n\r\nmerchant_uid,amount\r\nA,x\r\n").starts_with("line 4, "));
}

#[test]
fn a_quote_that_is_not_closed_is_named_by_its_line() {
    for (text, line) in [
        ("merchant_uid,amount\nA,1\nB,\"100\n", 3),
        ("merchant_uid,amount\nA,1\nB,\"100", 3),
        // the next quote, far below, does not close it
        ("merchant_uid,amount,reason\r\nA,1,\"x\r\nB,2,\r\nC,3,\"y\"\r\n", 2),
        ("merchant_uid;amount;reason\nA;1;\"a \"\" b\"\nB;2;\"c\"\"\n", 3),
        ("\"merchant_uid,amount\nA,1\n", 1),
    ] {
        let told = read(text).unwrap_err();
        assert_eq!((told.count(), told.first()[0].line), (1, Some(line)), "{text}");
        assert!(told.to_string().contains("not closed"), "{told}");
    }
    // quotes that are none, and closed ones with all that may stand in them
    let fine = "merchant_uid,amount,reason\nA,1,5\" screen\nB,2,\"a \"\"b\"\", c\" \nC,3,\"\"\n";
    assert_eq!(read(fine).unwrap().rows.len(), 3);
}

#[test]
fn files_that_are_no_text_are_refused_with_what_to_do() {
    for bytes in
        [&b"\xFF\xFEm\0"[..], b"PK\x03\x04....", b"amount\n\xFF\xFF\xFF\n", b"amount,merchant_uid\n1,\0\n"]
    {
        let error = OrderFile::read(bytes).unwrap_err();
        assert!(error.to_string().contains("save it as"), "{error}");
    }
    assert!(fault("").contains("empty") && fault("[{}]").contains("one object per line"));
    assert!(fault("merchant_uid,amount\n").contains("no rows"));
}

#[test]
fn ruined_amounts_are_named_by_line_and_column() {
    for (amount, about) in [
        ("1.2E+07", "spreadsheet"),
        ("\"12,000\"", "plain digits"),
        ("￦12000", "plain digits"),
        ("12000원", "plain digits"),
        ("１２０００", "plain digits"),
        ("-1", "above zero"),
        ("0", "above zero"),
        ("0.00", "above zero"),
        ("NaN", "plain digits"),
        ("1e400", "plain digits"),
        ("", "must be given"),
        (&"9".repeat(60), "digits"),
    ] {
        let told = fault(&format!("merchant_uid,amount\nA,1\nB,{amount}\n"));
        assert!(told.starts_with("line 3, column amount: ") && told.contains(about), "{amount}: {told}");
    }
    let told = fault("merchant_uid,amount\n2.0180131E+16,1\n");
    assert!(told.starts_with("line 2, column merchant_uid: a spreadsheet"), "{told}");
}

#[test]
fn every_fault_is_told_and_nothing_of_an_account() {
    let mut text = "merchant_uid,amount,refund_bank,refund_holder,refund_account\n".to_owned();
    for _ in 0..30 {
        text.push_str("A,1,,CANARY,5.62E+13\n");
    }
    let error = read(&text).unwrap_err();
    assert_eq!((error.first().len(), error.count()), (20, 60));
    assert!(!format!("{error} {error:?}").contains("CANARY"));
    let broken = "{\"refund_account\":\"CANARY\",\"refund_account\":\"CANARY\"}\n{\"amount\":CANARY}";
    let error = read(broken).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
    assert_eq!(error.count(), 2);
}

#[test]
fn the_header_row_is_read_strictly() {
    let told = fault("주문번호,환불금액,구매자명\nA,1,B\n");
    assert!(told.starts_with("line 1, column no. 3: «구매자명» is not a column of an order file"), "{told}");
    let told = crate::korean::said(&told).unwrap();
    assert!(told.contains("«구매자명»: 주문 파일에서") && told.contains("환불사유"), "{told}");
    // a file without a header has values there
    let told = fault("ORD-1,12000\nA,1\n");
    assert!(told.contains("is not a column") && !told.contains("ORD-1") && !told.contains("12000"), "{told}");
    let told = fault("amount,merchant_uid,56211105948400\n1,A,1\n");
    assert!(told.contains("is not a column") && !told.contains("56211105948400"), "{told}");
    let row = one("주문 번호,금액,사유,키,계정\nA,1,변심,k,shop\n");
    assert_eq!(
        (row.reason.as_deref(), row.key.as_deref(), row.account.as_deref()),
        (Some("변심"), Some("k"), Some("shop"))
    );
    assert!(fault("주문번호,환불금액\nA,1.2E+07\n").starts_with("line 2, column 환불금액: "));
    assert!(fault("{\"결제번호\":\"i\",\"금액\":-1}").starts_with("line 1, column 금액: "));
    assert!(fault("merchant_uid,amount,amount\nA,1,1\n").contains("twice"));
    assert!(fault("imp_uid,reason\nA,1\n").contains("amount is missing"));
    assert!(fault("amount,reason\n1,1\n").contains("merchant_uid or payment_id is missing"));
    assert_eq!(fault("merchant_uid,amount\nA,1,2\n").split(':').next(), Some("line 2"));
    assert!(fault("merchant_uid,payment_id,amount\n,,5\n").contains("must be given, or payment_id"));
}

#[test]
fn a_file_has_its_bounds() {
    let mut text = "merchant_uid,amount\n".to_owned();
    for _ in 0..=MAX_ROWS {
        text.push_str("A,1\n");
    }
    assert!(fault(&text).contains("split the file"));
    assert!(OrderFile::read(&vec![b'a'; MAX_BYTES + 1]).unwrap_err().to_string().contains("64 MiB"));
    assert!(fault(&format!("merchant_uid,amount\n{},1\n", "a".repeat(201))).contains("200"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _any = OrderFile::read(&bytes);
    }

    #[test]
    fn no_cells_make_it_panic(cells in proptest::collection::vec("[^\n\"]{0,12}", 0..24), json in any::<bool>()) {
        let mut text = String::new();
        if json {
            for cell in &cells {
                text.push_str(&format!("{{\"amount\":{cell},\"imp_uid\":\"{cell}\"}}\n"));
            }
        } else {
            text.push_str("merchant_uid,amount,refund_account\n");
            for row in cells.chunks(3) {
                text.push_str(&row.join(","));
                text.push('\n');
            }
        }
        if let Err(error) = read(&text) {
            prop_assert!(error.count() > 0 && !error.first().is_empty());
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn amounts_are_read_to_the_last_unit(amounts in proptest::collection::vec(1_i64..=9_007_199_254_740_993, 1..50)) {
        let mut text = "merchant_uid,amount\n".to_owned();
        for amount in &amounts {
            text.push_str(&format!("A,{amount}\n"));
        }
        let read: Vec<i64> = read(&text).unwrap().rows.iter().map(|row| match row.amount {
            RowAmount::Exact(decimal) => {
                pg_core::Money::from_decimal(decimal, pg_core::Currency::KRW).unwrap().minor()
            }
            RowAmount::Full => 0,
        }).collect();
        prop_assert_eq!(read, amounts);
    }
}
