//! Inputs to begin with: answers that each target takes in every respect, and what the fixtures of the crates say.

use std::fs;
use std::path::Path;

use crate::LONGEST;
use crate::naive::Json;
use crate::targets::{EXIMBAY_ID, EXIMBAY_MID, SETTLEBANK_TAG};

fn text(parts: &[&str]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.as_bytes().to_vec()).collect()
}

/// The answers of a crate's fixtures, and what was asked, each as status and body.
fn fixtures(names: &[&str]) -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates"));
    let mut found = Vec::new();
    for name in names {
        let bytes = fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let json = Json::read(&bytes).unwrap_or_else(|| panic!("{name}: no json"));
        for case in json.items() {
            let body = |part: &str| case.told(part).and_then(|part| part.told("body")).and_then(Json::text);
            let status = case.told("answer").and_then(|answer| answer.told("status")).and_then(Json::scalar);
            let answer = match (status, body("answer")) {
                (Some(status), Some(answer)) => format!("{status} {answer}"),
                _ => String::new(),
            };
            found.push((answer, body("request").unwrap_or_default().to_owned()));
        }
    }
    found
}

/// Every answer of the fixtures behind each of these scenes, in turn.
fn answers(scenes: &str, names: &[&str]) -> Vec<Vec<u8>> {
    let mut scenes = scenes.chars().cycle();
    let answers = fixtures(names).into_iter().filter(|(answer, _)| !answer.is_empty());
    let inputs = answers.filter_map(|(answer, _)| Some(format!("{}\n{answer}", scenes.next()?).into_bytes()));
    inputs.filter(|input| input.len() <= LONGEST).collect()
}

fn chaiport(payment: &str) -> String {
    format!(
        r#"200 {{"code":0,"message":null,"response":{{"imp_uid":"imp_448280090638","merchant_uid":"ORD20180131-0000011",{payment}}}}}"#
    )
}

pub(crate) fn chaiport_cancel() -> Vec<Vec<u8>> {
    let entry =
        |amount: &str| format!(r#"{{"amount":{amount},"cancelled_at":1517376601,"reason":"[c:t1] 변심"}}"#);
    let says = |scene: char, paid: &str, gone: &str, more: &str, history: &str| {
        let payment = format!(
            r#""amount":{paid},"cancel_amount":{gone},"currency":"KRW","status":"cancelled",{more}"cancel_history":[{history}]"#
        );
        format!("{scene}\n{}", chaiport(&payment))
    };
    let earlier = r#"{"amount":2500,"reason":"first"},"#.to_owned();
    let mut seeds = vec![
        says('0', "10000", "2000", "", &entry("2000")),
        says('1', "10000", "10000", "", &entry("10000")),
        says('2', "10000", "4500", "", &(earlier + &entry("2000"))),
        says('3', "7.50", "2.50", r#""pg_provider":"paypal_v2","#, &entry("2.50")).replace("KRW", "USD"),
        says('3', "7.50", "0", r#""pg_provider":"paypal_v2","#, "").replace("KRW", "USD"),
        says('4', "10000", "2000", r#""pay_method":"vbank","#, &entry("2000")),
        says('5', "10000", "9000", "", &entry("2000")),
        says('6', "10000", "2000", "", &entry("2000")),
        says('7', "9000", "3500", "", &entry("2000")),
        says('8', "10000", "2000", "", &entry("2000")),
        says(':', "10000", "0", r#""pg_provider":"smartro_v2","pay_method":"vbank","#, ""),
    ];
    let refused =
        |code: i64, message: &str| format!(r#"{{"code":{code},"message":"{message}","response":null}}"#);
    let done = says('0', "10000", "2000", "", &entry("2000")).split_off(2);
    seeds.extend([
        format!("0\n200 {}", refused(1, "취소할 결제건이 존재하지 않습니다.")),
        format!("0\n200 {}\0{done}", refused(1, "이미 전액취소된 주문입니다.")),
        format!("9\n200 {}", refused(-1, "결제취소에 실패하였습니다. [8178] 취소 불가")),
        format!("0\n401 {}\0{done}", refused(-1, "Unauthorized")),
        format!("0\n401 {}\0401 {}", refused(-1, "Unauthorized"), refused(-1, "KEY-CANARY-1 56211105948400")),
        format!("0\n!t\0{done}"),
        format!("0\n!C\0{done}"),
        format!("0\n!t\0200 {}", refused(1, "취소할 결제건이 존재하지 않습니다.")),
        format!("~\n200 {}", refused(0, "").replace("null", "{}")),
        format!("~\n404 {}", refused(1, "존재하지 않는 결제정보입니다.")),
        "~\n401 {\"code\":-1,\"message\":\"Unauthorized\",\"response\":null}\0!C".to_owned(),
    ]);
    let mut seeds: Vec<_> = seeds.into_iter().map(String::into_bytes).collect();
    let files = ["chaiport-cancel/fixtures/cancel.json", "chaiport-cancel/fixtures/refusals.json"];
    seeds.extend(answers("0123456789:", &files));
    seeds.extend(answers("~", &["chaiport-cancel/fixtures/revoke.json"]));
    seeds
}

pub(crate) fn chaiport_token() -> Vec<Vec<u8>> {
    let mut seeds = text(&[
        "0\n200 {\"code\":0,\"message\":null,\"response\":{\"access_token\":\"T\",\"now\":1,\"expired_at\":1801}}",
        "0\n401 {\"code\":-1,\"message\":\"인증에 실패하였습니다. KEY-CANARY-1\",\"response\":null}",
        "0\n!t",
    ]);
    seeds.extend(answers("0", &["chaiport-cancel/fixtures/token.json"]));
    seeds
}

pub(crate) fn chaiport_look_up() -> Vec<Vec<u8>> {
    let payment = r#""amount":10000,"cancel_amount":4500,"currency":"KRW","status":"cancelled","cancel_history":[{"amount":2500,"cancelled_at":1,"reason":"a"},{"amount":2000,"cancelled_at":2,"reason":"[c:t1]"}]"#;
    let one = chaiport(payment);
    let untouched = chaiport(
        r#""amount":10000,"cancel_amount":2500,"currency":"KRW","status":"paid","cancel_history":[{"amount":2500}]"#,
    );
    let object =
        one.strip_prefix("200 ").and_then(|one| one.split_once("\"response\":")).map_or("", |(_, rest)| rest);
    let object = object.strip_suffix('}').unwrap_or(object);
    let list = format!(
        r#"200 {{"code":0,"message":null,"response":{{"total":1,"previous":0,"next":0,"list":[{object}]}}}}"#
    );
    let many = format!(r#"207 {{"code":0,"message":null,"response":[{object},null]}}"#);
    let mut seeds: Vec<Vec<u8>> = [
        format!("0\n{one}"),
        format!("1\n{one}"),
        format!("2\n{list}"),
        format!("3\n{many}"),
        format!("4\n{one}"),
        format!("4\n{untouched}"),
        format!("5\n{untouched}"),
        format!("6\n{list}"),
        format!("7\n{one}"),
        "0\n404 {\"code\":-1,\"message\":\"존재하지 않는 결제정보입니다.\",\"response\":null}".to_owned(),
        "0\n401 {\"code\":-1,\"message\":\"Unauthorized\",\"response\":null}\0!t".to_owned(),
    ]
    .map(String::into_bytes)
    .into();
    seeds.extend(answers("0457", &["chaiport-cancel/fixtures/look_up.json"]));
    seeds.extend(answers("1236", &["chaiport-cancel/fixtures/find.json"]));
    seeds
}

/// What was asked in these fixtures.
fn bodies(names: &[&str]) -> Vec<Vec<u8>> {
    let bodies = fixtures(names).into_iter().map(|(_, body)| body.into_bytes());
    bodies.filter(|body| !body.is_empty() && body.len() <= LONGEST).collect()
}

pub(crate) fn chaiport_webhook() -> Vec<Vec<u8>> {
    let mut seeds = text(&[
        r#"{"imp_uid":"imp_1","merchant_uid":"\uc8fc \ubb38+1","status":"cancelled","cancellation_id":"06JC8FVH"}"#,
        "imp_uid=imp_1&merchant_uid=%EC%A3%BC+%eb%ac%b8%2B1&status=cancelled&cancellation_id=06JC8FVH",
        "imp_uid=imp_1&imp_uid=imp_2",
    ]);
    seeds.extend(bodies(&["chaiport-cancel/fixtures/webhook.json"]));
    seeds
}

fn eximbay(scene: char, rescode: &str, amounts: [&str; 2], currency: &str, more: &str) -> String {
    let [refunded, balance] = amounts;
    format!(
        r#"{scene}
200 {{"rescode":"{rescode}","resmsg":"Success.","mid":"{EXIMBAY_MID}","refund":{{"refund_amount":"{refunded}","refund_id":"refund-1","refund_date":"20220922113927","refund_transaction_id":"1849705C6420220922000014"}},"payment":{{"order_id":"ORD-1","currency":"{currency}","amount":"1.00","transaction_id":"{EXIMBAY_ID}","balance":"{balance}"{more}}},"foreign":{{"foregin_currency":"USD","foregin_amount":"1.00","foregin_rate":"0"}}}}"#
    )
}

pub(crate) fn eximbay_cancel() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        eximbay('0', "0000", ["0.50", "0.30"], "USD", ""),
        eximbay('1', "0000", ["1.00", "0.00"], "USD", r#","payment_method":"P101""#),
        eximbay('2', "0000", ["300", "700"], "KRW", ""),
        eximbay('3', "0000", ["300", "700"], "KRW", r#","payment_method":"P305""#),
        eximbay('4', "0000", ["0.50", "0.30"], "USD", ""),
        eximbay('5', "0000", ["0.50", "0.30"], "USD", ""),
        eximbay('6', "0000", ["0.50", "0.30"], "USD", ""),
    ];
    let done = seeds.first().map(|seed| seed.split_at(2).1.to_owned()).unwrap_or_default();
    let coded =
        |code: &str| format!("{{\"rescode\":\"{code}\",\"resmsg\":\"test_KEYCANARY4 and 56211105948400\"}}");
    for code in ["RC18", "EC1000", "EE99", "Q004", "TRANSACTION_ALREADY_CANCELED", "TEMPORARY_ERROR"] {
        seeds.push(format!("0\n200 {}\0{done}", coded(code)));
        seeds.push(format!("3\n!t\0400 {}", coded(code)));
    }
    let errcode = coded("RC18").replace('}', ",\"errcode\":\"INSUFFICIENT_MERCHANT_REFUND_FUNDS\"}");
    seeds.push(format!("0\n400 {errcode}"));
    seeds.push(
        "0\n401 {\"code\":\"EC1000\",\"message\":\"Authorization required\",\"description\":\"d\"}"
            .to_owned(),
    );
    let mut seeds: Vec<_> = seeds.into_iter().map(String::into_bytes).collect();
    seeds.extend(answers(
        "0123456",
        &["eximbay-cancel/fixtures/cancel.json", "eximbay-cancel/fixtures/refusals.json"],
    ));
    seeds
}

pub(crate) fn eximbay_look_up() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scene in '0'..='3' {
        for (balance, status) in
            [("0.80", "SALE"), ("0.30", "SALE"), ("0.00", "AUTH"), ("0.10", "SALE"), ("1.00", "NONE")]
        {
            seeds.push(format!(
                "{scene}\n200 {{\"rescode\":\"0000\",\"resmsg\":\"Success.\",\"mid\":\"{EXIMBAY_MID}\",\"payment\":{{\"order_id\":\"ORD-1\",\
                 \"currency\":\"USD\",\"amount\":\"1.00\",\"transaction_id\":\"{EXIMBAY_ID}\",\"status\":\"{status}\",\"balance\":\"{balance}\"}}}}"
            ));
        }
    }
    let mut seeds: Vec<_> = seeds.into_iter().map(String::into_bytes).collect();
    seeds.extend(answers("0123", &["eximbay-cancel/fixtures/retrieve.json"]));
    seeds
}

const HASH: &str = "a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1";

fn hecto(scene: char, stat: &str, code: &str, data: &str) -> String {
    format!(
        r#"{scene}
200 {{"params":{{"mchtId":"nxca_jt_il","ver":"0A19","method":"CA","bizType":"C0","mchtTrdNo":"{SETTLEBANK_TAG}","trdNo":"T2","outStatCd":"{stat}","outRsltCd":"{code}","outRsltMsg":"%EC%B7%A8%EC%86%8C 56211105948400"}},"data":{data}}}"#
    )
}

pub(crate) fn settlebank_standard() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scene in '0'..='8' {
        let data = format!(
            r#"{{"pktHash":"{HASH}","orgTrdNo":"T1","cnclAmt":"AntV/eDpxIaKF0hJiePDKA==","blcAmt":"500"}}"#
        );
        seeds.push(hecto(scene, "0021", "0000", &data));
        seeds.push(hecto(
            scene,
            "0021",
            "0000",
            r#"{"cnclAmt":"1000","cardCnclAmt":"1000","pntCnclAmt":"0","rfdPsblCd":"1"}"#,
        ));
    }
    for code in [
        "ST57", "ST25", "CA12", "3007", "9999", "VTIM", "1901", "MP82", "RA33", "GC41", "TM01", "PZ87",
        "CP30",
    ] {
        let refused = hecto('0', "0031", code, "null");
        let again = hecto('0', "0031", code, "{}").split_off(2);
        seeds.push(format!("{refused}\0{again}"));
    }
    let mut seeds: Vec<_> = seeds.into_iter().map(String::into_bytes).collect();
    let files = ["settlebank-cancel/fixtures/standard.json", "settlebank-cancel/fixtures/refusals.json"];
    let all = answers("012345678", &files);
    // some of the many
    seeds.extend(all.into_iter().step_by(3));
    seeds
}

pub(crate) fn settlebank_flat() -> Vec<Vec<u8>> {
    let mut seeds = text(&[
        "0\n200 {\"resultCode\":\"0000\",\"resultMsg\":\"ok\",\"canTrdNo\":\"T2\"}",
        "1\n200 {\"resultCode\":\"0000\",\"resultMsg\":\"ok\",\"canTrdNo\":12}",
        "0\n200 {\"resultCode\":\"1002\",\"resultMsg\":\"no\",\"canTrdNo\":null}\0!t",
        "2\n200 {\"resultCode\":\"1002\",\"resultMsg\":\"no\"}",
    ]);
    seeds.extend(answers("012", &["settlebank-cancel/fixtures/flat.json"]));
    seeds
}

pub(crate) fn settlebank_inquiry() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scene in '0'..='7' {
        seeds.push(hecto(scene, "0021", "0000", r#"{"orgTrdNo":"T1","trdAmt":"1500","cnclAmt":"0"}"#));
        seeds.push(hecto(scene, "0021", "0001", r#"{"trdAmt":1500,"cnclAmt":"1000"}"#).replace("CA", ""));
    }
    seeds.push(hecto('0', "0021", "0009", "{}"));
    seeds.push(hecto('0', "0031", "ST10", "null"));
    let mut seeds: Vec<_> = seeds.into_iter().map(String::into_bytes).collect();
    seeds.extend(answers("01234567", &["settlebank-cancel/fixtures/inquiry.json"]));
    seeds
}

pub(crate) fn settlebank_revoke() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        hecto('0', "0021", "0000", r#"{"orgTrdNo":"T1","vAcntNo":"56211105948400"}"#).into_bytes(),
        hecto('1', "0021", "0000", "{}").into_bytes(),
        hecto('0', "0031", "1901", "null").into_bytes(),
    ];
    seeds.extend(answers("01", &["settlebank-cancel/fixtures/revoke.json"]));
    seeds
}

pub(crate) fn settlebank_notification() -> Vec<Vec<u8>> {
    let mut seeds = text(&[
        "outStatCd=0021&trdNo=T2&method=CA&bizType=C0&mchtId=nxca_jt_il&mchtTrdNo=O1&mchtName=%ED%99%8D&trdDtm=20211231100000&trdAmt=1000&orgTrdNo=T1&orgTrdDt=20211129&cnclType=10&pktHash=@",
        "koutStatCd=0021&mchtId=nxca_jt_il&mchtTrdNo=O1&mchtName=%C8%AB&trdDtm=20211231100000&trdAmt=1000&pktHash=@",
        "outStatCd=0031&bizType=A2&mchtId=nxca_jt_il&mchtTrdNo=O1&trdDtm=20211231100000&pktHash=@",
        "outStatCd=0051&mchtId=nxca_jt_il&mchtTrdNo=O1&trdDtm=20211231100000&trdAmt=1000&pktHash=@&trdAmt=2",
    ]);
    seeds.extend(bodies(&["settlebank-cancel/fixtures/notification.json"]));
    seeds
}

pub(crate) fn step01() -> Vec<Vec<u8>> {
    let row = r#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,"cancel_amount":2500,"pg_provider":"html5_inicis","pay_method":"vbank"}"#;
    let mut seeds: Vec<Vec<u8>> = [
        r#"{"merchant_uid":"ORD-1","cancel_request_amount":2000,"reason":"변심"}"#,
        r#"{"merchant_uid":"ORD-1","cancel_request_amount":2000,"refund_holder":"홍길동","refund_bank":"88","refund_account":"56211105948400","refund_tel":"010-0000-0000"}"#,
        r#"{"merchant_uid":"ORD-1","cancel_request_amount":7501}"#,
        r#"{"merchant_uid":"ORD-1","cancel_request_amount":0}"#,
        r#"{"merchant_uid":"ORD-1","cancel_request_amount":1,"amount":1}"#,
    ]
    .map(|body| format!("{row}\0{body}").into_bytes())
    .into();
    let dollars =
        r#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":7.50,"currency":"USD","status":"paid"}"#;
    let asked = r#"{"merchant_uid":"ORD-1","cancel_request_amount":2.5}"#;
    seeds.push(format!("{dollars}\0{asked}").into_bytes());
    let rows = fixtures(&["chaiport-cancel/fixtures/merchant.json"]).into_iter();
    let rows = rows.filter(|(_, body)| !body.is_empty());
    seeds.extend(rows.map(|(_, body)| format!("{row}\0{body}").into_bytes()));
    seeds
}

pub(crate) fn http() -> Vec<Vec<u8>> {
    text(&[
        "POST /payments/cancel k-1\n{\"merchant_uid\":\"ORD-1\",\"cancel_request_amount\":2000,\"reason\":\"변심\"}",
        "POST /payments/cancel \"k-2\"\n{\"merchant_uid\":\"ORD-2\",\"cancel_request_amount\":7.50,\"imp_uid\":\"imp_2\"}",
        "POST /payments/cancel k-3\n{\"merchant_uid\":\"ORD-3\",\"cancel_request_amount\":7500,\"refund_bank\":\"88\",\"refund_holder\":\"홍길동\",\"refund_account\":\"56211105948400\",\"refund_tel\":\"010-0000-0000\"}",
        "POST /payments/cancel k-4\n{\"merchant_uid\":\"ORD-3\",\"cancel_request_amount\":7501}",
        "POST /payments/cancel\n{\"merchant_uid\":\"ORD-1\",\"cancel_request_amount\":2000}",
        "POST /payments k\n{\"imp_uid\":\"imp_9\",\"merchant_uid\":\"ORD-9\",\"amount\":10000,\"method\":\"card\",\"pg_provider\":\"html5_inicis\"}",
        "POST /payments k\n{\"gateway\":\"settlebank\",\"account\":\"shop\",\"payment_id\":\"T1\",\"merchant_uid\":\"ORD-9\",\"amount\":10000,\"paid_on\":\"2026-11-21\",\"method\":\"CA\"}",
        "POST /payments/bulk k\n[{\"imp_uid\":\"imp_8\",\"merchant_uid\":\"ORD-8\",\"amount\":1},{\"imp_uid\":\"imp_9\",\"merchant_uid\":\"ORD-9\",\"amount\":10000,\"cancel_amount\":1}]",
        "POST /webhooks/chaiport k\nimp_uid=imp_1&merchant_uid=ORD-1&status=cancelled",
        "POST /webhooks/settlebank/shop k\noutStatCd=0021&mchtId=nxca_jt_il",
        "GET /payments/ORD-1?gateway=chaiport k\n",
        "GET /payments/%EC%A3%BC k\n",
        "GET /cancels?waiting=person&limit=3 k\n",
        "GET /cancels/aaaaaaaaaaaaaaaaaaaaaaaaaa k\n",
        "POST /cancels/aaaaaaaaaaaaaaaaaaaaaaaaaa/resolve k\n{\"resolution\":\"happened\",\"by\":\"kim\",\"reason\":\"seen\"}",
        "POST /cancels/aaaaaaaaaaaaaaaaaaaaaaaaaa/withdraw k\n{\"by\":\"kim\",\"reason\":\"twice\"}",
        "GET /metrics k\n",
        "GET /openapi.json k\n",
        "GET /readyz k\n",
        "POST /nowhere k\n{}",
    ])
}

pub(crate) fn order_file() -> Vec<Vec<u8>> {
    let mut seeds = text(&[
        "merchant_uid,amount,reason\nORD-1,12000,변심\nORD-2,full,\"늦음, 파손\"\n",
        "\u{feff}주문번호;환불금액;환불사유\r\nORD-1;12000;변심\r\n",
        "payment_id\tgateway\taccount\tamount\tkey\nimp_1\tchaiport\tshop\t7.50\tk-1\n",
        "merchant_uid,amount,은행,예금주,계좌번호,refund_tel\nORD-1,전액,88,홍길동,56211105948400,01000000000\n",
        "merchant_uid,amount\nORD-1,1.2E+07\nCANARY-7,-1\nORD-3,\"1,000\"\n",
        "{\"merchant_uid\":\"ORD-1\",\"amount\":12000,\"reason\":null}\n{\"payment_id\":\"imp_1\",\"amount\":\"full\",\"key\":\"k\"}\n",
        "{\"merchant_uid\":\"ORD-1\",\"amount\":1,\"amount\":2}\n{\"CANARY-7\":1}\n",
        "[{\"merchant_uid\":\"ORD-1\"}]",
        "PK\u{3}\u{4}",
    ]);
    // 주문번호,환불금액 in CP949
    let mut korean = vec![
        0xC1, 0xD6, 0xB9, 0xAE, 0xB9, 0xF8, 0xC8, 0xA3, b',', 0xC8, 0xAF, 0xBA, 0xD2, 0xB1, 0xDD, 0xBE, 0xD7,
    ];
    korean.extend_from_slice(b"\nORD-1,12000\n");
    seeds.push(korean);
    seeds.push(vec![0xFF, 0xFE, b'a', 0]);
    seeds
}

pub(crate) fn payments_file() -> Vec<Vec<u8>> {
    text(&[
        "cgateway,account,imp_uid,merchant_uid,amount,cancel_amount,pg_provider,pay_method,paid_at\nchaiport,shop,imp_1,ORD-1,10000,0,html5_inicis,card,1763683200\n",
        "cimp_uid,merchant_uid,amount\nimp_1,ORD-1,12000\nimp_1,ORD-1,12001\n",
        "c\u{feff}gateway,transaction_id,order_id,amount,currency\neximbay,1849705C6420220922000013,ORD-1,7.50,USD\n",
        "cgateway,org_trd_no,merchant_uid,amount,method,trade_date\nsettlebank,T1,ORD-1,10000,CA,20261121\n",
        "j{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"ORD-1\",\"amount\":10000,\"paid_at\":\"2026-11-21T10:00:00+09:00\"}\n",
        "j[{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"ORD-1\",\"amount\":\"10000\",\"cancel_amount\":2500,\"x\":{}}]",
        "jimp_uid,amount\nCANARY-7,x\n",
        "j",
    ])
}

pub(crate) fn money() -> Vec<Vec<u8>> {
    text(&[
        "KRW1000",
        "USD0.5",
        "USD7.50",
        "KWD1.005",
        "CLF0.0001",
        "KRW1.0E7",
        "USD92233720368547758.07",
        "USD92233720368547758.08",
        "KRW9223372036854775807",
        "USD1e400",
        "USD1,000",
        "JPY１",
        "XXX1",
        "USD0000000000000000000000000000000001.10",
        "{\"minor\":1000,\"currency\":\"KRW\"}",
        "{\"minor\":-1,\"currency\":\"KRW\"}",
    ])
}

pub(crate) fn ids() -> Vec<Vec<u8>> {
    text(&[
        "imp_448280090638",
        "ORD20180131-0000011",
        "주문 1/2?x#y",
        "..",
        "a/../b",
        "%2e%2e",
        "1849705C6420220922000013",
        "1849705C64",
        "c-tag_1",
        "CA",
        "VA010",
        "https://proxy.example:8443",
        "http://127.0.0.1:9",
        "http://[::1]:9/",
        "http://localhost:1",
        "https://user@host",
        "SECRET-VALUE\nbad key SECRET-VALUE \u{202e}CANARY",
        "홍길동\n홍길동 님",
        "x [c:t1] y",
        "/payments/..",
    ])
}

pub(crate) fn journal() -> Vec<Vec<u8>> {
    let order = |gateway: &str, id: &str, more: &str, rest: &str| {
        format!(
            r#"o{{"payment":{{"gateway":"{gateway}","gateway_id":"{id}","merchant_uid":"ORD-1","paid":{{"minor":10000,"currency":"KRW"}},"paid_text":null,"paid_on":null,"method":null,"pg_provider":null{more}}},"amount":{{"minor":2000,"currency":"KRW"}},"balance_before":{{"minor":7500,"currency":"KRW"}},"tag":"c1","sequence":2,"at":1763683200,"reason":"변심","earlier":{rest},"wants_account":false}}"#
        )
    };
    let mut seeds: Vec<Vec<u8>> = [
        order("chaiport", "imp_1", "", "null"),
        order("eximbay", "1849705C6420220922000013", "", "null"),
        order("settlebank", "T1", "", r#"[{"minor":2500,"currency":"KRW"}]"#)
            .replace(r#""paid_on":null,"method":null"#, r#""paid_on":[2026,325],"method":"CA""#),
        order("chaiport", "imp_1", "", "null").replace("\"wants_account\":false", "\"wants_account\":true"),
        order("chaiport", "imp_1", "", "null").replace("7500", "1"),
    ]
    .map(String::into_bytes)
    .into();
    seeds.extend(text(&[
        "eregistered {\"payment\":\"chaiport/shop/imp_1\",\"paid\":10000,\"currency\":\"KRW\"}\nsubmitted/i {\"payment\":\"chaiport/shop/imp_1\",\"amount\":2000,\"currency\":\"KRW\",\"key\":\"k\"}\nattempt/ia {\"no\":1,\"amount\":2000,\"before\":10000,\"sequence\":1}\ncompleted/ia {\"what\":{\"proof\":\"tag\",\"cancel_id\":null}}",
        "esubmitted/i {}\nresolved/i {\"as\":\"happened\"}\nresolved/i {\"as\":\"did_not_happen\"}\nwithdrawn/i {}\nrejected/i {\"what\":null}",
        "eplanned {\"job\":\"j\",\"hash\":\"00\",\"rows\":1,\"totals\":[{\"currency\":\"KRW\",\"approved\":1}]}\napproved {\"job\":\"j\",\"by\":\"kim\"}\nrestored {}\nhalted {\"job\":\"j\"}",
        "s56211105948400\n홍길동\n01000000000", "s1\nx\n", "wsending", "wmanual", "waaaaaaaaaaaaaaaaaaaaaaaaaa", "whaaaaaaaaaaaaaaaaaaaaaaaaa",
        "w0707070707070707070707070707070707070707070707070707070707070707",
        "r{\"outcome\":\"completed\",\"proof\":\"tag\",\"cancel_id\":\"C-1\"}", "r{\"outcome\":\"rejected\",\"because\":\"refused\",\"kind\":\"amount\",\"code\":\"ST57\"}",
        "r{\"outcome\":\"rejected\",\"because\":\"insufficient\",\"balance\":0}", "r{\"kind\":\"amount\",\"code\":\"1\",\"could_be_our_own_doing\":true}",
        "r{\"why\":\"nothing_seen\",\"seen_balance\":null,\"known_balance\":1,\"balance_before\":1,\"amount\":1,\"sends\":1,\"doubts\":1,\"looks\":9,\"last_reason\":\"timeout\",\"refusal_code\":null}",
        "r{\"gateway\":\"chaiport\",\"merchant\":\"shop\",\"payment_id\":\"imp_1\"}", "r\"settlebank\"",
        "r{\"gateway\":\"settlebank\",\"gateway_id\":\"T1\",\"merchant_uid\":\"O\",\"paid\":{\"minor\":1,\"currency\":\"KRW\"},\"paid_text\":null,\"paid_on\":[2026,325],\"method\":\"CA\",\"pg_provider\":null}",
    ]));
    seeds
}

pub(crate) fn config() -> Vec<Vec<u8>> {
    let chaiport = "[[account]]\ngateway = \"chaiport\"\nname = \"shop\"\nkey_env = \"K\"\nsecret_env = \"S\"\nendpoint = \"production\"\n";
    let keys = "\0K=CANARY-key-123456\nS=CANARY-secret-123456\nL=CANARY-key-licence\nA=pgSettle30y739r82jtd709yOfZ2yK5X\nT=CANARY-key-token-0123456789";
    let eximbay = "[[account]]\ngateway = \"eximbay\"\nname = \"global\"\nmid = \"1849705C64\"\nkey_env = \"E\"\nendpoint = \"sandbox\"\n";
    let settlebank = "[[account]]\ngateway = \"settlebank\"\nname = \"shop\"\nform = \"standard\"\nmid = \"nxca\"\nlicence_key_env = \"L\"\naes_key_env = \"A\"\nendpoint = \"production\"\n";
    let mut seeds: Vec<Vec<u8>> = [
        String::new(),
        format!("lang = \"en\"\n[journal]\nsqlite = \"a.db\"\n{chaiport}{keys}"),
        format!("{chaiport}[account.policy]\nsole_actor = true\nlease_s = 120\ndeadline_s = 75\nquiet_s = 90\n{eximbay}{keys}\nE=test_CANARY-key"),
        format!("{settlebank}[http]\nlisten = \"127.0.0.1:8080\"\ntoken_env = \"T\"\n[worker]\ncount = 4\n[log]\nformat = \"json\"\nfilter = \"info\"\n{keys}"),
        format!("{chaiport}{chaiport}{keys}"),
        format!("{chaiport}allow_custom_host = true\n{keys}").replace("production", "https://proxy.example"),
        "\0CANCEL_DESK_LISTEN=0.0.0.0:1\nCANCEL_DESK_WORKERS=0\nCANCEL_DESK_LANG=ko_KR.UTF-8\nCANCEL_DESK_LOG_FORMAT=x\nCANCEL_DESK_ACCOUNT_KEY=CANARY-key".to_owned(),
        "\0CANCEL_DESK_POSTGRES_URL=postgresql://u:CANARY-secret@host/db\nCANCEL_DESK_TOKEN=CANARY-key".to_owned(),
        "[journal]\nsqlite = 1\n[[account]]\n[x]\n= 1".to_owned(),
    ]
    .map(String::into_bytes)
    .into();
    let example = cancel_desk::config::EXAMPLE.as_bytes();
    let (first, second) = example.split_at(example.len() / 2);
    seeds.extend([first.to_vec(), second.to_vec()]);
    seeds.retain(|seed| seed.len() <= LONGEST);
    seeds
}
