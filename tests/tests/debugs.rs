//! `Debug` of every public type that holds text, with free text in every field that can have it.
//!
//! The types are read from the sources: a new one that holds text fails this test until it is shown here, or is named
//! among those that may be shown whole.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use pg_core::text::Word;
use pg_core::wire::{HeaderText, Method, WireRequest, WireResponse};
use pg_core::{
    AttemptTag, Bank, CancelOrder, CancelState, Cancelled, Gateway, GatewayText, LookUpError,
    LookUpErrorKind, Money, NotSent, NotSentPhase, PaymentRef, PaymentState, RefundAccount, Rejected,
    RejectionKind, Secret, Unknown, UnknownReason,
};
use time::macros::{date, datetime};

/// Free text with a secret in it: no word, number or code of a gateway's.
const CANARY: &str = "CANARY 카나리아 {}";
/// The same where only visible ASCII may stand.
const PLAIN: &str = "CANARY-abcdefghijklmnopqrstuvwxy";

/// Types with text that may be shown whole, and why.
const OPEN: &[(&str, &str)] = &[
    ("pg-core::AttemptTag", "checked, and there to be seen"),
    ("pg-core::Bank", "a code or a name of a bank, nobody's own"),
    ("pg-core::BaseUrl", "checked: no user, no query"),
    ("pg-core::Currency", "one of a list"),
    ("pg-core::Invalid", "names a field and never a value"),
    ("pg-core::OpenAttempt", "the tag"),
    ("pg-core::PaymentRef", "the merchant's own numbers"),
    ("pg-core::TransportError", "its cause carries no url, header or body; held by the test of echoes"),
    ("chaiport-cancel::ImpUid", "checked"),
    ("chaiport-cancel::MerchantUid", "the merchant's own number"),
    ("chaiport-cancel::WebhookHint", "checked: words and numbers alone"),
    ("eximbay-cancel::AmountText", "checked: an amount"),
    ("eximbay-cancel::Code", "one of a list"),
    ("eximbay-cancel::Tax", "checked: letters and digits"),
    ("settlebank-cancel::Entry", "one of a list"),
    ("settlebank-cancel::PaymentRecord", "the merchant's own numbers"),
    ("settlebank-cancel::NotificationStatus", "checked: four digits"),
];

#[derive(Default)]
struct Shown {
    types: BTreeSet<String>,
    leaks: Vec<String>,
}

impl Shown {
    fn show<T: Debug + ?Sized>(&mut self, value: &T) {
        let name = std::any::type_name::<T>().split('<').next().unwrap_or_default();
        let (crate_name, name) =
            (name.split("::").next().unwrap_or_default(), name.rsplit("::").next().unwrap_or_default());
        let folder = match crate_name {
            "pg_cancel_core" | "pg_core" => "pg-core".to_owned(),
            other => other.replace('_', "-"),
        };
        self.types.insert(format!("{folder}::{name}"));
        for shown in [format!("{value:?}"), format!("{value:#?}")] {
            if shown.contains("CANARY") || shown.contains("카나리아") {
                self.leaks.push(format!("{folder}::{name}: {shown}"));
            }
        }
    }
}

fn won(amount: i64) -> Money {
    Money::krw(amount).expect("positive")
}

fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, "90817263540033", CANARY).expect("an account")
}

fn core(shown: &mut Shown) {
    let text = || GatewayText::scrubbed(CANARY, &[]);
    let secret = Secret::new("key", PLAIN, 64).expect("a secret");
    let payment = PaymentRef::new(Gateway::Chaiport, "imp_1", "ORD-1", won(10_000));
    let tag: AttemptTag = "t1".parse().expect("a tag");
    let order = CancelOrder::new(payment, won(1), won(10_000), tag, 1, datetime!(2026-11-21 0:00 UTC));
    shown.show(&order.expect("an order").with_reason(CANARY).with_refund_account(account()));
    shown.show(&account());
    shown.show(&secret);
    shown.show(&HeaderText::Secret(secret.clone()));
    let request = WireRequest::post_json(format!("/x?{CANARY}"), "application/json", CANARY.into());
    shown.show(&request.with_header("authorization", HeaderText::Secret(secret)));
    shown.show(&WireRequest::new(Method::Get, CANARY));
    shown.show(&WireResponse::new(200, CANARY.into()));
    shown.show(&text());
    shown.show(&Word(CANARY));
    shown.show(&NotSent::new(NotSentPhase::Credentials).with_refusal(CANARY, text()));
    shown.show(&Rejected::new(RejectionKind::Amount, CANARY, text(), 200));
    shown.show(&Unknown::new(UnknownReason::Upstream).with_answer(CANARY, text()));
    shown.show(&pg_core::CancelError::from(Rejected::new(RejectionKind::Amount, CANARY, text(), 200)));
    shown.show(&LookUpError::new(LookUpErrorKind::Refused).with_answer(CANARY, text()));
    shown.show(&Cancelled::new(CancelState::Completed, won(1), ()).with_cancel_id(Some(CANARY.to_owned())));
    let entry =
        pg_core::CancelEntry { amount: won(1), at: None, reason: text(), cancel_id: Some(CANARY.to_owned()) };
    shown.show(&entry);
    let state = PaymentState::new(won(2), won(1), CANARY).expect("a state");
    shown.show(&state.with_history(vec![entry]));
    let proxy = format!("http://{PLAIN}@proxy.example");
    shown.show(&pg_core::TransportOptions::new(std::time::Duration::from_secs(1)).proxy(proxy));
}

fn chaiport(shown: &mut Shown) {
    use chaiport_cancel::{CancelRequest, Config, Endpoint, PaymentRecord};
    let builder = Config::builder(PLAIN, PLAIN).endpoint(Endpoint::Custom(CANARY.to_owned()));
    shown.show(&builder);
    let config = builder.build().expect("settings");
    shown.show(&config);
    shown.show(config.endpoint());
    let json = format!(
        r#"{{"code":0,"message":"{0}","response":{{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10,"cancel_amount":1,
        "currency":"KRW","status":"{0}","pay_method":"{0}","pg_provider":"{0}","emb_pg_provider":"{0}","buyer_name":"{0}",
        "vbank_num":"{0}","card_number":"{0}","custom_data":"{0}","promotion":{{"id":"{0}","discount":1}},
        "deposit_history":[{{"pg_tid":"{0}","amount":1,"depositor_name":"{0}"}}],
        "cancel_history":[{{"amount":1,"reason":"{0}","cancellation_id":"{0}","pg_tid":"{0}","receipt_url":"{0}"}}]}}}}"#,
        CANARY
    );
    let payment = chaiport_cancel::response::parse_payment(json.as_bytes()).expect("a payment");
    shown.show(&payment);
    shown.show(payment.status());
    shown.show(&payment.history()[0]);
    let details = payment.details().expect("details");
    shown.show(&details);
    shown.show(details.promotion.as_ref().expect("a promotion"));
    shown.show(&details.deposit_history[0]);
    let record = PaymentRecord::from(&payment);
    shown.show(&record);
    let request =
        CancelRequest::full(record.with_pg_provider("kcp").with_pay_method("vbank")).expect("a request");
    let short = RefundAccount::new(Bank::Shinhan, "9081726354", "카나리아").expect("an account");
    shown.show(&request.with_reason(CANARY).and_then(|r| r.with_refund_account(short)).expect("a request"));
    let posted = format!(
        r#"{{"merchant_uid":"ORD-1","cancel_request_amount":1,"reason":"{0}","refund_holder":"{0}","refund_bank":"{0}",
        "refund_account":"{0}","refund_tel":"{0}"}}"#,
        CANARY
    );
    shown.show(
        &chaiport_cancel::merchant::ClientCancelRequest::from_json(posted.as_bytes()).expect("a request"),
    );
    let answer = |json: String| WireResponse::new(200, json.into_bytes());
    let token = format!(
        r#"{{"code":0,"message":null,"response":{{"access_token":"{PLAIN}","now":1,"expired_at":1801}}}}"#
    );
    let token = chaiport_cancel::token::parse_token(&answer(token), &[]).expect("a token");
    shown.show(&token);
    shown.show(&chaiport_cancel::wire::Authorization::new(&config, &token));
    let refused = format!(r#"{{"code":-1,"message":"{CANARY}","response":null}}"#);
    shown.show(&chaiport_cancel::token::parse_token(&answer(refused), &[]).expect_err("no token"));
}

fn eximbay(shown: &mut Shown) {
    use eximbay_cancel::{CancelRequest, Config, Endpoint, OtherParams, PaymentMethod, Stamp};
    let builder =
        Config::builder(PLAIN, "1849705C64").endpoint(Endpoint::Custom("https://proxy.example".to_owned()));
    let builder = builder.allow_custom_host(true).proxy(format!("http://{PLAIN}@proxy.example"));
    shown.show(&builder);
    shown.show(&builder.build().expect("settings"));
    shown.show(&Endpoint::Custom(CANARY.to_owned()));
    let all = |names: &[&str]| {
        names.iter().map(|name| format!(r#""{name}":"{CANARY}""#)).collect::<Vec<_>>().join(",")
    };
    let payment = all(&[
        "order_id",
        "currency",
        "amount",
        "transaction_id",
        "balance",
        "base_amount",
        "base_rate",
        "dcc_rate",
        "payment_method",
        "auth_code",
        "status",
        "transaction_date",
    ]);
    let json = format!(
        r#"{{{},"refund":{{{}}},"payment":{{{payment}}},"foreign":{{{}}},"other_param":{{{}}},"card_info":{{{}}}}}"#,
        all(&["rescode", "errcode", "code", "resmsg", "message", "description", "mid"]),
        all(&["refund_amount", "refund_id", "refund_date", "refund_transaction_id"]),
        all(&[
            "foreign_currency",
            "foreign_amount",
            "foreign_rate",
            "foregin_currency",
            "foregin_amount",
            "foregin_rate"
        ]),
        all(&["param1", "param2", "param3"]),
        all(&["card_number1", "card_number4"]),
    );
    let answer = eximbay_cancel::response::parse(json.as_bytes(), &[]).expect("an answer");
    shown.show(&answer);
    shown.show(&answer.envelope);
    shown.show(&answer.refund);
    shown.show(&answer.payment);
    shown.show(&answer.foreign);
    shown.show(&answer.other_param);
    let retrieved = eximbay_cancel::lookup::parse(json.as_bytes(), &[]).expect("an answer");
    shown.show(&retrieved);
    shown.show(&retrieved.payment);
    shown.show(&retrieved.payment.status());
    shown.show(&retrieved.card_info);
    shown.show(&Stamp::new(CANARY));
    shown.show(&PaymentMethod::new(CANARY));
    assert_eq!(PaymentMethod::new(CANARY).to_string(), "(unprintable)");
    let params = OtherParams::new().with_param1(CANARY).expect("a parameter");
    shown.show(&params);
    let paid = eximbay_cancel::AmountText::parse("10000", eximbay_cancel::Currency::KRW).expect("an amount");
    let record = eximbay_cancel::PaymentRecord::new("1849705C6420220922000013", "ORD-1", paid, won(10_000));
    let request = CancelRequest::full(&record.expect("a record")).and_then(|r| r.with_reason(CANARY));
    let short = RefundAccount::new(Bank::Shinhan, "9081726354", CANARY).expect("an account");
    shown.show(
        &request.and_then(|r| r.with_refund_account(short)).expect("a request").with_other_params(params),
    );
}

fn settlebank(shown: &mut Shown) {
    use settlebank_cancel::noti::{self, Charset};
    use settlebank_cancel::{
        CancelRequest, Config, Endpoint, Method, PaymentRecord, RevokeRequest, response,
    };
    let builder = Config::standard("mid", PLAIN, PLAIN).endpoint(Endpoint::Sandbox);
    let builder = builder.proxy(format!("http://{PLAIN}@proxy.example"));
    shown.show(&builder);
    let config = builder.build().expect("settings");
    shown.show(&config);
    shown.show(&Endpoint::Custom(CANARY.to_owned()));
    shown.show(&settlebank_cancel::aes::AesKey::new(PLAIN).expect("a key"));
    let names = |names: &[&str]| {
        names.iter().map(|name| format!(r#""{name}":"{CANARY}""#)).collect::<Vec<_>>().join(",")
    };
    let json = format!(
        r#"{{"params":{{{}}},"data":{{{}}}}}"#,
        names(&[
            "outStatCd",
            "outRsltCd",
            "outRsltMsg",
            "mchtId",
            "ver",
            "method",
            "bizType",
            "encCd",
            "mchtTrdNo",
            "trdNo",
            "trdDt",
            "trdTm"
        ]),
        names(&[
            "pktHash",
            "orgTrdNo",
            "cnclAmt",
            "blcAmt",
            "cardCnclAmt",
            "dcCnclYn",
            "rfdPsblCd",
            "acntType",
            "vAcntNo",
            "method",
            "trdAmt"
        ]),
    );
    let answer = response::parse_standard(json.as_bytes(), settlebank_cancel::Currency::KRW, None, &[]);
    let answer = answer.expect("an answer");
    shown.show(&answer);
    shown.show(&answer.virtual_account);
    shown.show(answer.later_refund.as_ref().expect("a word"));
    let digits = r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"},"data":{"vAcntNo":"90817263540033"}}"#;
    let told = response::parse_standard(digits.as_bytes(), settlebank_cancel::Currency::KRW, None, &[]);
    assert!(!format!("{:?}", told.expect("an answer").virtual_account).contains("90817263540033"));
    let json = format!("{{{}}}", names(&["resultCode", "resultMsg", "canTrdNo"]));
    shown.show(&response::parse_flat(json.as_bytes(), &[]).expect("an answer"));
    let payment = PaymentRecord::new("T1", "O1", date!(2026 - 11 - 21), won(10_000)).expect("a record");
    let payment = payment.with_method(Method::VirtualAccount);
    let holder = RefundAccount::new(Bank::Shinhan, "9081726354", "CANARY 카나리아").expect("an account");
    let draft = CancelRequest::full(&payment).reason("CANARY 카나리아").refund_account(holder);
    shown.show(&draft);
    let request = draft.standard().expect("a request");
    let CancelRequest::Standard(standard) = &request else { panic!("the standard form") };
    shown.show(standard.as_ref());
    shown.show(&request);
    let revoke = RevokeRequest::new(Method::VirtualAccount, "T1", "90817263540033").expect("a request");
    assert!(!format!("{revoke:?}").contains("90817263540033"));
    shown.show(&revoke);

    // a notification's hash covers neither its kind nor its numbers
    let config = Config::flat("mid", "licence").endpoint(Endpoint::Sandbox).build().expect("settings");
    let licence = Secret::new("key", "licence", 64).expect("a key");
    let hash = settlebank_cancel::sign::pkt_hash(&["0021", "20261121120000", "mid", "O1", "1000"], &licence);
    let body = format!(
        "outStatCd=0021&trdDtm=20261121120000&mchtId=mid&mchtTrdNo=O1&trdAmt=1000&pktHash={hash}&cnclType={PLAIN}+x&\
         bizType={PLAIN}+x&trdNo={PLAIN}+x&vAcntNo={PLAIN}"
    );
    let notification = noti::read(body.as_bytes(), Charset::Utf8, &config).expect("a notification");
    shown.show(&notification);
    shown.show(notification.cancel_kind().expect("a kind"));
}

/// Public types of a crate whose definition holds text.
fn with_text(crate_name: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(crate_name).join("src");
    let mut found = BTreeSet::new();
    for path in sources(&root) {
        let source = std::fs::read_to_string(&path).expect("a source");
        let lines: Vec<&str> = source.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let declared = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            let Some(declared) = declared else { continue };
            let name: String = declared.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let whole = line.trim_end().ends_with(';') || line.trim_end().ends_with('}');
            let end = if whole {
                at
            } else {
                at + lines[at..].iter().position(|l| l.starts_with('}')).expect("an end")
            };
            let holds = lines[at..=end].iter().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                let words: Vec<&str> = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
                let text = [
                    "Source",
                    "String",
                    "Secret",
                    "SecretString",
                    "GatewayText",
                    "Cow",
                    "RawValue",
                    "Url",
                    "Code",
                    "str",
                ];
                words.iter().any(|word| text.contains(word)) || code.contains("Vec<u8>")
            });
            if holds {
                found.insert(format!("{crate_name}::{name}"));
            }
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            all.push(path);
        }
    }
    all
}

#[test]
fn no_debug_shows_free_text() {
    let mut shown = Shown::default();
    core(&mut shown);
    chaiport(&mut shown);
    eximbay(&mut shown);
    settlebank(&mut shown);
    assert!(shown.leaks.is_empty(), "{}", shown.leaks.join("\n"));

    let mut all = BTreeSet::new();
    for name in ["pg-core", "chaiport-cancel", "eximbay-cancel", "settlebank-cancel"] {
        all.extend(with_text(name));
    }
    assert!(all.len() > 50, "only {} types found", all.len());
    let open: BTreeSet<String> = OPEN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<_> =
        all.iter().filter(|name| !shown.types.contains(*name) && !open.contains(*name)).collect();
    assert!(missing.is_empty(), "not shown, and not named as open: {missing:?}");
    let gone: Vec<_> = open.iter().filter(|name| !all.contains(*name)).collect();
    assert!(gone.is_empty(), "named as open, and no such type holds text: {gone:?}");

    // the control: a derived `Debug` would have been noticed
    #[derive(Debug)]
    struct Careless {
        _text: String,
    }
    let before = shown.leaks.len();
    shown.show(&Careless { _text: CANARY.to_owned() });
    assert!(shown.leaks.len() > before, "a leak would not have been noticed");
    println!("{} public types hold text: {} shown, {} open", all.len(), shown.types.len(), open.len());
}
