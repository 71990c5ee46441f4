use super::*;

fn defaults() -> Defaults {
    let accounts = vec![
        (Gateway::Chaiport, "shop".to_owned()),
        (Gateway::Eximbay, "global".to_owned()),
        (Gateway::Settlebank, "a".to_owned()),
        (Gateway::Settlebank, "b".to_owned()),
    ];
    Defaults { accounts, ..Defaults::default() }
}

fn read_csv(text: &str) -> File {
    read(text.as_bytes(), "p.csv", &defaults())
}

#[test]
fn columns_are_bounded() {
    let more: String = (0..MAX_COLUMNS).map(|n| format!(",c{n}")).collect();
    let file = read_csv(&format!("imp_uid{more}\n"));
    assert!(file.faults[0].text.contains("at most 64 columns"), "{:?}", file.faults);
}

#[test]
fn the_guides_table_is_read() {
    let file = read_csv(
        "\u{feff}imp_uid,merchant_uid,amount,cancel_amount,pay_method,pg_provider,paid_at,buyer_name\n\
         imp_448280090638,ORD20180131-0000011,10000,0,card,html5_inicis,1790000000,홍길동\n\
         imp_448280090639,\"주문, 둘\",20000,5000,,,2026-09-22T00:30:00+09:00,\n",
    );
    assert_eq!(file.faults, []);
    assert_eq!(file.ignored, ["buyer_name"]);
    let (line, first) = &file.payments[0];
    assert_eq!((*line, first.merchant.as_str()), (2, "shop"));
    assert_eq!(first.payment.paid, Money::krw(10_000).unwrap());
    assert_eq!(first.payment.method.as_deref(), Some("card"));
    assert_eq!(first.payment.paid_on.unwrap().to_string(), "2026-09-21");
    let second = &file.payments[1].1;
    assert_eq!(second.payment.merchant_uid, "주문, 둘");
    assert_eq!(second.already_refunded, Money::krw(5_000).unwrap());
    assert_eq!(second.payment.paid_on.unwrap().to_string(), "2026-09-22");
}

#[test]
fn lines_of_a_spreadsheets_file_are_counted_right() {
    let text = "imp_uid,merchant_uid,amount\r\nimp_1,\"O\n-1\",1000\r\n\r\nimp_2,O-2,1000\r\nimp_3,O-3\r\nimp_4,O-4,x\r\n";
    let file = read_csv(text);
    let found: Vec<u64> = file.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(found, [6, 2, 7], "{:?}", file.faults);
    assert_eq!(file.payments[0].0, 5);
}

#[test]
fn what_could_never_be_refunded_is_refused_with_what_to_write() {
    let of = |method: &str, pg: &str| {
        read_csv(&format!("imp_uid,merchant_uid,amount,결제수단,원천PG\nimp_1,O-1,1000,{method},{pg}\n"))
    };
    let payment = of("무통장입금", "KG이니시스").payments.remove(0).1.payment;
    assert_eq!(
        (payment.method.as_deref(), payment.pg_provider.as_deref()),
        (Some("vbank"), Some("html5_inicis"))
    );
    for (method, pg, column, part) in [
        ("가상계좌", "", "pg_provider", "must be given for a virtual account"),
        ("간편결제", "kcp", "method", "write the gateway's code"),
        ("카드", "나이스페이", "pg_provider", "nice or nice_v2"),
    ] {
        let file = of(method, pg);
        let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
        assert_eq!((fault.line, fault.column.as_str(), file.payments.len()), (2, column, 0));
        assert!(fault.head.is_some() && fault.text.contains(part), "{fault:?}");
        assert!(crate::korean::said(&fault.text).is_some(), "{fault:?}");
    }
    assert_eq!(of("카드", "").faults, []);
}

#[test]
fn a_column_that_is_one_letter_off_is_refused() {
    let file = read_csv("imp_uid,merchant_uid,amount,결재수단,메모\nimp_1,O-1,1000,card,x\n");
    let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
    assert_eq!((fault.line, fault.column.as_str()), (1, "결재수단"));
    assert!(crate::korean::said(&fault.text).unwrap().contains("`결제수단`"), "{fault:?}");
    // beside the one that is meant, it is another
    let beside = read_csv("imp_uid,merchant_uid,amount,결재수단,결제수단\nimp_1,O-1,1000,x,card\n");
    assert_eq!(
        (beside.faults.as_slice(), beside.ignored.as_slice()),
        (&[][..], &["결재수단".to_owned()][..])
    );
}

#[test]
fn what_is_there_twice_is_refused_by_column_and_line() {
    let csv = "imp_uid,merchant_uid,amount,결제금액,pay_method,method\n\
               imp_1,O-1,1000,,card,\n\
               imp_2,O-2,1000,2000,,card\n\
               imp_3,O-3,,1000,card,card\n";
    for (text, name, expected) in [
        (csv, "p.csv", &[(3, "amount"), (4, "method")][..]),
        (
            "{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"O-1\",\"amount\":1000,\"결제 금액\":2000}\n\
             {\"imp_uid\":\"imp_2\",\"merchant_uid\":\"O-2\",\"amount\":1000,\"amount\":2000}\n\
             {\"imp_uid\":\"imp_3\",\"merchant_uid\":\"O-3\",\"amount\":1000,\"AMOUNT\":null}",
            "p.jsonl",
            &[(2, "amount"), (3, "amount"), (1, "amount")][..],
        ),
        (
            "[{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"O-1\",\"amount\":1000,\"amount\":1000}]",
            "p.json",
            &[(1, "amount")][..],
        ),
    ] {
        let file = read(text.as_bytes(), name, &defaults());
        let found: Vec<(u64, &str)> = file.faults.iter().map(|f| (f.line, f.column.as_str())).collect();
        assert_eq!(found, expected, "{:?}", file.faults);
        for fault in &file.faults {
            assert!(fault.text.contains("twice") && crate::korean::said(&fault.text).is_some(), "{fault:?}");
        }
    }
    // nobody knows which counts: both are named
    let fault = read_csv(csv).faults.remove(0);
    assert!(fault.text.contains("`amount` and as `결제금액`"), "{fault:?}");
}

#[test]
fn a_virtual_account_is_one_however_it_is_spelt() {
    for word in ["vbank", "VBANK", "Vbank", "ｖｂａｎｋ", "가상계좌"] {
        let of = |pg: &str| {
            read_csv(&format!("imp_uid,merchant_uid,amount,method,pg_provider\nimp_1,O-1,1000,{word},{pg}\n"))
        };
        let found: Vec<String> = of("").faults.into_iter().map(|fault| fault.column).collect();
        assert_eq!(found, ["pg_provider"], "{word}");
        let payment = of("KCP").payments.remove(0).1.payment;
        assert_eq!(
            (payment.method.as_deref(), payment.pg_provider.as_deref()),
            (Some("vbank"), Some("kcp")),
            "{word}"
        );
    }
    let file = read_csv("imp_uid,merchant_uid,amount,method\nimp_1,O-1,1000,vbаnk\n");
    assert_eq!(file.faults[0].column, "method", "a letter of another script: {:?}", file.faults);
}

#[test]
fn an_unclosed_quote_swallows_no_row() {
    let text = "imp_uid,merchant_uid,amount,메모\nimp_1,O-1,1000,\"a\nimp_2,O-2,1000,b\n";
    for text in [text.to_owned(), format!("{text}imp_3,O-3,1000,\"c\"\n")] {
        let file = read_csv(&text);
        let found: Vec<(u64, bool)> =
            file.faults.iter().map(|fault| (fault.line, fault.text.contains("not closed"))).collect();
        assert_eq!((found.as_slice(), file.payments.len()), (&[(2, true)][..], 0));
    }
    let closed = "imp_uid,merchant_uid,amount,메모\nimp_1,O-1,1000,\"a\n\"\"b\"\"\"\nimp_2,O-2,1000,b\n";
    assert_eq!(read_csv(closed).payments.len(), 2);
}

#[test]
fn json_is_read_as_lines_and_as_an_array_without_floats() {
    let one = r#"{"gateway":"eximbay","transaction_id":"202601010000000000000001","merchant_uid":"E-1","amount":10.00,"currency":"USD","paid":true}"#;
    let two = r#"{"imp_uid":"imp_1","merchant_uid":"O-2","amount":"3000","cancel_amount":null}"#;
    for (text, name) in [(format!("{one}\n\n{two}\n"), "p.jsonl"), (format!("[{one},\n{two}]"), "p.json")] {
        let file = read(text.as_bytes(), name, &defaults());
        assert_eq!(file.faults, [], "{name}");
        assert_eq!(file.payments[0].1.payment.paid_text.as_deref(), Some("10.00"));
        assert_eq!(file.payments[0].1.payment.paid.minor(), 1000);
        assert_eq!(file.payments[1].1.payment.paid.minor(), 3000);
    }
}

#[test]
fn korean_columns_and_a_spreadsheets_times_are_read() {
    let text = "PG사,결제번호,주문번호,결제 금액,결제수단,결제일,통화,환불금액\n\
                kcp,imp_1,O-1,1000,vbank,2026/11/22,KRW,100\n";
    let accounts = Defaults { gateway: Some(Gateway::Chaiport), ..defaults() };
    let file = read(text.as_bytes(), "p.csv", &accounts);
    assert_eq!((file.faults.as_slice(), file.ignored.as_slice()), (&[][..], &[][..]));
    let payment = &file.payments[0].1.payment;
    assert_eq!(payment.method.as_deref(), Some("vbank"));
    assert_eq!(payment.pg_provider.as_deref(), Some("kcp"));
    assert_eq!(payment.paid_on.unwrap().to_string(), "2026-11-22");
    assert_eq!(file.payments[0].1.already_refunded.minor(), 100);
    for (text, day) in [
        ("2026/11/22", Some("2026-11-22")),
        ("2026.11.22", Some("2026-11-22")),
        ("2026-11-22 14:22:11", Some("2026-11-22")),
        ("2026-11-22T14:22:11", Some("2026-11-22")),
        ("2026-11-22 9:05", Some("2026-11-22")),
        ("2026-11-22 23:59:59.123", Some("2026-11-22")),
        ("2026-1-2", Some("2026-01-02")),
        ("2026-11-21T23:30:00Z", Some("2026-11-22")),
        ("2026-11-21 23:30:11.123+00", Some("2026-11-22")),
        ("2026-11-21 23:30:11 +0000", Some("2026-11-22")),
        ("2026-11-22 00:30:11.5+09:00", Some("2026-11-22")),
        ("2026-11-22 00:30 Z", Some("2026-11-22")),
        ("2026-11-21 23:30:11.123-08", Some("2026-11-22")),
        ("2026-11-21 23:30:11.x", None),
        ("2026-11-21 23:30:11.", None),
        ("2026-11-21 23:30:11.123 UTC", None),
        ("2026-11-21 23:30+9", None),
        ("2026-11-21 23:30+09:99", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31 23:59:59+00", None),
        ("+026-11-21", None),
        ("22/11/2026", None),
        ("2026-11-22 25:00:00", None),
        ("2026-11-22 noon", None),
        ("2026-13-01", None),
        ("2026/11-22", None),
        ("26.11.22", None),
        ("", None),
    ] {
        assert_eq!(date(text).map(|day| day.to_string()).as_deref(), day, "{text}");
    }
    for (gateway, word, code) in [
        (Gateway::Chaiport, "계좌이체", "trans"),
        (Gateway::Settlebank, "신용카드", "CA"),
        (Gateway::Chaiport, "kakaopay", "kakaopay"),
    ] {
        let text = format!(
            "gateway,account,결제번호,주문번호,결제금액,결제수단,결제일\n{gateway},{},p1,O-1,1000,{word},2026.11.22\n",
            if gateway == Gateway::Chaiport { "shop" } else { "a" }
        );
        let file = read(text.as_bytes(), "p.csv", &defaults());
        assert_eq!(file.payments[0].1.payment.method.as_deref(), Some(code), "{:?}", file.faults);
    }
    // what is missing is called as the file calls it
    let text =
        "gateway,account,결제번호,주문번호,결제금액,결제수단,결제 일시\nsettlebank,a,S1,O-1,1000,CA,\n";
    let fault = read(text.as_bytes(), "p.csv", &defaults()).faults.remove(0);
    assert_eq!((fault.column.as_str(), fault.head.as_deref()), ("paid_at", Some("결제 일시")), "{fault:?}");
}

#[test]
fn every_fault_has_its_line_and_column() {
    let file = read_csv(
        "gateway,account,payment_id,merchant_uid,amount,cancel_amount,currency,paid_at,method\n\
         chaiport,shop,imp_1,O-1,\"12,000\",,,,\n\
         chaiport,shop,imp_2,O-2,1.2E+07,,,,\n\
         chaiport,other,imp_3,O-3,100,,,,\n\
         paypal,,x,O-4,100,,,,\n\
         chaiport,shop,imp_5,O-5,100,200,,,\n\
         chaiport,shop,,O-6,100,,XXX,yesterday,\n\
         settlebank,,S1,O-7,100,,,20260101,CA\n\
         settlebank,a,S1,O-8,100,,,,CA\n\
         chaiport,shop\n\
         chaiport,shop,imp_9,O-9,10.5,,,,\n\
         chaiport,shop,imp_10,O-10,100,,,,\n\
         chaiport,shop,imp_10,O-10,101,,,,\n",
    );
    let found: Vec<(u64, &str)> = file.faults.iter().map(|f| (f.line, f.column.as_str())).collect();
    for expected in [
        (2, "amount"),
        (3, "amount"),
        (4, "account"),
        (5, "gateway"),
        (6, "cancel_amount"),
        (7, "payment_id"),
        (7, "currency"),
        (7, "paid_at"),
        (8, "account"),
        (10, "-"),
        (11, "amount"),
        (13, "payment_id"),
    ] {
        assert!(found.contains(&expected), "{expected:?} {found:?}");
    }
    assert!(found.iter().any(|(line, _)| *line == 9), "settlebank needs the day");
}

#[test]
fn what_is_no_table_at_all_is_one_clear_fault() {
    for (bytes, part) in [
        (&b""[..], "holds no payment"),
        (b"imp_1,O-1,1000\n", "name the columns"),
        (b"imp_uid,merchant_uid,amount\nimp_1,\xff\xff,1\n", "UTF-8"),
        (b"[1,2]", "json array"),
        (b"{\"imp_uid\":", "json object"),
        (b"imp_uid,imp_uid,amount\n", "twice"),
    ] {
        let file = read(bytes, "-", &defaults());
        assert!(file.faults[0].text.contains(part), "{part}: {:?}", file.faults);
        assert!(file.payments.is_empty());
    }
    let file = read(b"imp_uid,merchant_uid,amount\nimp_1,\xff\xff,1\n", "a.csv", &defaults());
    assert_eq!(file.faults[0].line, 2);
}

#[test]
fn what_a_korean_spreadsheet_writes_is_read() {
    let text = "gateway;결제번호;주문번호;결제금액\nchaiport;imp_1;주문-1;1000\n";
    let (bytes, _, lossy) = encoding_rs::EUC_KR.encode(text);
    assert!(!lossy);
    let file = read(&bytes, "a.csv", &defaults());
    assert!(file.faults.is_empty() && file.cp949, "{:?}", file.faults);
    let (_, payment) = &file.payments[0];
    assert_eq!((payment.payment.merchant_uid.as_str(), payment.payment.paid.minor()), ("주문-1", 1_000));
}

#[test]
fn a_mistyped_name_is_found_in_every_row_of_json() {
    let row = |id: &str, name: &str| {
        format!("{{\"imp_uid\":\"{id}\",\"merchant_uid\":\"O\",\"amount\":9,\"{name}\":5}}\n")
    };
    let text = row("imp_1", "cancel_amount") + &row("imp_2", "cancel_amout") + &row("imp_3", "cancel_amout");
    let file = read(text.as_bytes(), "p.jsonl", &defaults());
    let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
    assert_eq!((fault.line, fault.column.as_str()), (2, "cancel_amout"));
}

#[test]
fn what_looks_like_an_amount_is_not_ignored() {
    for name in ["누적환불금액", "refund_amount", "REFUNDED AMOUNT"] {
        let text = |cell: &str| format!("imp_uid,merchant_uid,amount,{name}\nimp_1,O-1,1000,{cell}\n");
        let file = read_csv(&text("500"));
        let [fault] = file.faults.as_slice() else { panic!("{name}: {:?}", file.faults) };
        assert!(fault.line == 2 && fault.text.contains("looks like an amount"), "{fault:?}");
        assert!(crate::korean::said(&fault.text).is_some());
        assert_eq!(read_csv(&text("")).faults, [], "empty, it says nothing");
    }
}

#[test]
fn names_of_full_width_and_of_single_letters_are_known() {
    // 결제금액 and 환불금액, letter by letter
    let paid = "\u{1100}\u{1167}\u{11af}\u{110c}\u{1166}\u{1100}\u{1173}\u{11b7}\u{110b}\u{1162}\u{11a8}";
    let gone =
        "\u{1112}\u{116a}\u{11ab}\u{1107}\u{116e}\u{11af}\u{1100}\u{1173}\u{11b7}\u{110b}\u{1162}\u{11a8}";
    let file = read_csv(&format!("ｉｍｐ＿ｕｉｄ,주문번호,{paid},{gone}\nimp_1,O-1,1000,300\n"));
    assert_eq!((file.faults.as_slice(), file.ignored.as_slice()), (&[][..], &[][..]));
    assert_eq!(file.payments[0].1.already_refunded.minor(), 300);
    let loose = read_csv("imp_uid,merchant_uid,amount,\u{1100}\u{11a8}x\nimp_1,O-1,1000,\n");
    assert!(loose.faults[0].text.contains("taken apart"), "{:?}", loose.faults);
}

#[test]
fn what_a_spreadsheet_leaves_empty_is_no_fault() {
    let file = read_csv(
        "imp_uid,merchant_uid,amount,메모,메모,,\nimp_1,O-1,1000,a,b,,\n,,,,,,\n,\nimp_2,O-2,1000,,,,\n",
    );
    assert_eq!((file.faults.as_slice(), file.payments.len()), (&[][..], 2));
    assert_eq!((file.payments[1].0, file.ignored.as_slice()), (5, &["메모".to_owned()][..]));
    // a value without a name has slipped from somewhere
    let slipped = read_csv("imp_uid,merchant_uid,amount,\nimp_1,O-1,1000,500\n");
    assert!(slipped.faults[0].text.contains("without a name"), "{:?}", slipped.faults);
}

#[test]
fn a_file_without_gateways_has_one_fault_and_a_single_account_needs_none() {
    let text =
        "결제번호,주문번호,결제금액,결제수단,결제일\nT1,O-1,1000,CA,20261121\nT2,O-2,1000,CA,20261121\n";
    let file = read_csv(text);
    let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
    assert_eq!((fault.line, fault.column.as_str(), file.payments.len()), (1, "gateway", 0));
    let accounts = vec![(Gateway::Settlebank, "a".to_owned())];
    let only = Defaults { accounts, ..Defaults::default() };
    let file = read(text.as_bytes(), "p.csv", &only);
    assert_eq!((file.faults.as_slice(), file.payments.len()), (&[][..], 2));
    for (word, gateway) in [
        ("차이포트", Gateway::Chaiport),
        ("엑심베이", Gateway::Eximbay),
        ("세틀뱅크", Gateway::Settlebank),
        ("ＥＸＩＭＢＡＹ", Gateway::Eximbay),
    ] {
        assert_eq!(words::gateway(word), gateway.to_string());
    }
}
