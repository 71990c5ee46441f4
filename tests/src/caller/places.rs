//! Every field that takes text, with its rule, times every hostile text and those around its limit.

use std::sync::Arc;

use pg_core::{AttemptTag, Bank, CancelOrder, Invalid, Money, PaymentRef, RefundAccount};
use pg_sandbox::credentials;

use super::rules::{self, Count, Rule, Space};
use super::{Case, Expected, Made, texts};
use crate::kind::Kind;
use crate::world::NOON;

/// Characters of a tag in front of Chaiport's reason: `[c:` + 27 + `] `.
const TAGGED: usize = 32;

type Expect = dyn Fn(&str) -> Expected + Send + Sync;
type Make = dyn Fn(&str, usize) -> Made + Send + Sync;

/// A field, where it is given.
struct Place {
    name: String,
    /// Limits to go around.
    limits: Vec<usize>,
    expect: Arc<Expect>,
    make: Arc<Make>,
}

fn place(
    name: impl Into<String>,
    field: &'static str,
    rule: Rule,
    make: impl Fn(&str, usize) -> Made + Send + Sync + 'static,
) -> Place {
    let expect =
        move |text: &str| if rule.takes(text) { Expected::Accepted } else { Expected::Invalid(field) };
    Place {
        name: name.into(),
        limits: vec![rule.min, rule.max],
        expect: Arc::new(expect),
        make: Arc::new(make),
    }
}

/// Every text at every place.
pub(super) fn all() -> Vec<Case> {
    let mut places = order_fields();
    places.extend(accounts());
    places.extend(keys());
    places.extend(extras());
    let hostile = texts::hostile();
    let mut cases = Vec::new();
    for place in places {
        let mut texts = hostile.clone();
        for limit in &place.limits {
            texts.extend(texts::around(*limit));
        }
        let mut seen = std::collections::HashSet::new();
        texts.retain(|(_, text)| seen.insert(text.clone()));
        for (input, value) in texts {
            let (make, serial, given) = (place.make.clone(), cases.len(), value.clone());
            cases.push(Case {
                place: place.name.clone(),
                input,
                expected: (place.expect)(&value),
                value,
                make: Box::new(move || make(&given, serial)),
            });
        }
    }
    cases
}

/// What identifies a payment, unlike any other's.
pub(super) fn payment(kind: Kind, serial: usize) -> PaymentRef {
    let id = match kind {
        Kind::Chaiport => format!("imp_{serial:012}"),
        Kind::Eximbay => format!("1849705C6420261121{serial:06}"),
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            format!("STFP_PGCAnxca_jt_il0261121120000M{serial:07}")
        }
    };
    let won = Money::krw(10_000).expect("positive");
    let payment = PaymentRef::new(kind.gateway(), id, format!("ORD20261121{serial:06}"), won);
    match kind {
        Kind::Chaiport => payment.with_method("card").with_pg_provider("html5_inicis"),
        Kind::Eximbay => payment.with_paid_text("10000"),
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            payment.with_method("CA").with_paid_on(NOON.date())
        }
    }
}

/// A refund of 3,000 won of a payment of 10,000.
pub(super) fn order(payment: PaymentRef) -> CancelOrder {
    let won = |amount| Money::krw(amount).expect("positive");
    let tag = AttemptTag::random().expect("randomness");
    CancelOrder::new(payment, won(3_000), won(10_000), tag, 1, NOON).expect("an order")
}

fn made(kind: Kind, order: CancelOrder) -> Made {
    Made::Order(kind, Box::new(order))
}

fn of_payment(
    kind: Kind,
    name: &str,
    field: &'static str,
    rule: Rule,
    set: fn(&mut PaymentRef, &str),
) -> Place {
    place(format!("{kind}: {name}"), field, rule, move |text, serial| {
        let mut payment = payment(kind, serial);
        set(&mut payment, text);
        made(kind, order(payment))
    })
}

fn of_reason(kind: Kind, rule: Rule) -> Place {
    place(format!("{kind}: reason"), "reason", rule, move |text, serial| {
        made(kind, order(payment(kind, serial)).with_reason(text))
    })
}

fn order_fields() -> Vec<Place> {
    use Count::{Bytes, Chars, Utf16};
    use Kind::{Chaiport, Eximbay, SettlebankFlat, SettlebankStandard};
    let gateway_id = |payment: &mut PaymentRef, text: &str| text.clone_into(&mut payment.gateway_id);
    let order_no = |payment: &mut PaymentRef, text: &str| text.clone_into(&mut payment.merchant_uid);
    let method = |payment: &mut PaymentRef, text: &str| payment.method = Some(text.to_owned());
    let identifier = |max| Rule::new(1, max, Bytes, rules::hecto_identifier);
    let mut places = vec![
        of_payment(Chaiport, "imp_uid", "imp_uid", Rule::new(1, 32, Bytes, rules::word), gateway_id),
        of_payment(
            Chaiport,
            "merchant_uid",
            "merchant_uid",
            Rule::new(1, 40, Chars, rules::printed).except(&[".", ".."]),
            order_no,
        ),
        of_reason(Chaiport, Rule::new(0, 256 - TAGGED, Chars, rules::printed).space(Space::CutOrNone)),
        of_payment(
            Eximbay,
            "transaction_id",
            "transaction_id",
            Rule::new(24, 24, Bytes, rules::letter_or_digit),
            gateway_id,
        ),
        of_payment(
            Eximbay,
            "order_id",
            "order_id",
            Rule::new(1, 30, Utf16, rules::printed).space(Space::KeptNotAlone),
            order_no,
        ),
        of_reason(Eximbay, Rule::new(1, 255, Utf16, rules::printed).space(Space::KeptNotAlone)),
        of_payment(SettlebankStandard, "orgTrdNo", "trade_no", identifier(40), gateway_id),
        of_payment(SettlebankStandard, "orgMchtTrdNo", "order_no", identifier(100), order_no),
        of_reason(SettlebankStandard, Rule::new(1, 255, Bytes, rules::hecto_text).space(Space::KeptNotAlone)),
        of_payment(SettlebankFlat, "orgTrdNo", "trade_no", identifier(50), gateway_id),
        of_payment(SettlebankFlat, "orgMchtTrdNo", "order_no", identifier(100), order_no),
        // the flat form cannot carry a reason: it is left out
        of_reason(SettlebankFlat, Rule::new(0, usize::MAX / 8, Bytes, rules::anything)),
    ];
    for kind in [SettlebankStandard, SettlebankFlat] {
        let mut listed = of_payment(kind, "method", "method", Rule::new(2, 2, Bytes, rules::visible), method);
        // "CA" is the only one of the texts that is a method
        listed.expect =
            Arc::new(|text| if text == "CA" { Expected::Accepted } else { Expected::Invalid("method") });
        places.push(listed);
    }
    places.iter_mut().for_each(|place| place.limits.retain(|limit| *limit < 100_000));
    places
}

/// The accounts of buyers: the limits of all gateways first, then each gateway's own.
fn accounts() -> Vec<Place> {
    let number = Rule::new(1, 20, Count::Bytes, rules::digit).dropping(&['-', ' ']);
    let phone = Rule::new(1, 16, Count::Bytes, rules::digit).dropping(&['-', ' ']);
    let holder = Rule::new(1, 50, Count::Chars, rules::printed).space(Space::Cut);
    let mut places = Vec::new();
    for (kind, number_field, number_max, holder_field, holder_rule) in [
        (
            Kind::Chaiport,
            "refund_account",
            16,
            "refund_holder",
            Rule::new(1, 16, Count::Chars, rules::anything),
        ),
        (
            Kind::Eximbay,
            "refund_account.number",
            15,
            "refund_account.holder",
            Rule::new(1, 20, Count::Utf16, rules::anything),
        ),
        (
            Kind::SettlebankStandard,
            "refund_account.number",
            16,
            "refund_account.holder",
            Rule::new(1, 50, Count::Bytes, rules::hecto_text),
        ),
    ] {
        let own = Rule::new(1, number_max, Count::Bytes, rules::digit).dropping(&['-', ' ']);
        places.push(Place {
            name: format!("{kind}: account number"),
            limits: vec![number_max, 20],
            expect: both("refund_account.number", number, number_field, own),
            make: Arc::new(move |text, serial| {
                refund_to(kind, serial, RefundAccount::new(Bank::Shinhan, text, "홍길동"))
            }),
        });
        places.push(Place {
            name: format!("{kind}: account holder"),
            limits: vec![16, 20, 50],
            expect: both("refund_account.holder", holder, holder_field, holder_rule.space(Space::Cut)),
            make: Arc::new(move |text, serial| {
                refund_to(kind, serial, RefundAccount::new(Bank::Shinhan, "56211105948400", text))
            }),
        });
        places.push(place(
            format!("{kind}: account phone"),
            "refund_account.phone",
            phone,
            move |text, serial| {
                let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동");
                refund_to(kind, serial, account.and_then(|account| account.with_phone(text)))
            },
        ));
    }
    places
}

/// Two rules, one after the other.
fn both(first: &'static str, rule: Rule, second: &'static str, own: Rule) -> Arc<Expect> {
    Arc::new(move |text| {
        if !rule.takes(text) {
            Expected::Invalid(first)
        } else if !own.takes(text) {
            Expected::Invalid(second)
        } else {
            Expected::Accepted
        }
    })
}

fn refund_to(kind: Kind, serial: usize, account: Result<RefundAccount, Invalid>) -> Made {
    let account = match account {
        Ok(account) => account,
        Err(error) => return Made::Checked(Err(error.into())),
    };
    let mut payment = payment(kind, serial);
    match kind {
        Kind::Chaiport => payment.method = Some("vbank".to_owned()),
        Kind::SettlebankStandard | Kind::SettlebankFlat => payment.method = Some("VA".to_owned()),
        Kind::Eximbay => {}
    }
    made(kind, order(payment).with_refund_account(account))
}

fn checked<T>(result: Result<T, Invalid>) -> Made {
    Made::Checked(result.map(drop).map_err(Into::into))
}

/// Keys and merchant numbers, which go into headers, hashes and bodies.
fn keys() -> Vec<Place> {
    use chaiport_cancel::Config as Chaiport;
    use eximbay_cancel::Config as Eximbay;
    use settlebank_cancel::{Config as Settlebank, Endpoint};
    let secret = |max| Rule::new(1, max, Count::Bytes, rules::visible);
    let here = || "http://127.0.0.1:9".to_owned();
    let eximbay = move |key: &str, mid: &str| {
        checked(Eximbay::builder(key, mid).endpoint(eximbay_cancel::Endpoint::Custom(here())).build())
    };
    let standard = |mid: &str, key: &str, aes: &str| {
        checked(Settlebank::standard(mid, key, aes).endpoint(Endpoint::Sandbox).build())
    };
    let flat = |mid: &str, key: &str| checked(Settlebank::flat(mid, key).endpoint(Endpoint::Sandbox).build());
    let (licence, aes) = (credentials::SETTLEBANK_LICENCE_KEY, credentials::SETTLEBANK_AES_KEY);
    let mid = Rule::new(1, 12, Count::Bytes, rules::hecto_identifier);
    vec![
        place("chaiport: api_key", "api_key", secret(256), |text, _| {
            checked(Chaiport::builder(text, "secret").build())
        }),
        place("chaiport: api_secret", "api_secret", secret(256), |text, _| {
            checked(Chaiport::builder("key", text).build())
        }),
        place("chaiport: tier", "tier", Rule { min: 3, ..secret(3) }, |text, _| {
            checked(Chaiport::builder("key", "secret").tier(text).build())
        }),
        place(
            "eximbay: api_key",
            "api_key",
            Rule::new(1, 128, Count::Bytes, rules::visible_but_colon),
            move |text, _| eximbay(text, credentials::EXIMBAY_MID),
        ),
        place(
            "eximbay: mid",
            "mid",
            Rule::new(10, 10, Count::Bytes, rules::letter_or_digit),
            move |text, _| eximbay(credentials::EXIMBAY_KEY, text),
        ),
        place("settlebank: mid", "mid", mid, move |text, _| standard(text, licence, aes)),
        place("settlebank: licence_key", "licence_key", secret(128), move |text, _| standard("m", text, aes)),
        place("settlebank: aes_key", "aes_key", Rule { min: 32, ..secret(32) }, move |text, _| {
            standard("m", licence, text)
        }),
        place("settlebank-flat: mid", "mid", mid, move |text, _| flat(text, licence)),
        place("settlebank-flat: licence_key", "licence_key", secret(128), move |text, _| flat("m", text)),
    ]
}

/// Fields that only the gateways' own requests have.
fn extras() -> Vec<Place> {
    use eximbay_cancel::{OtherParams, Tax};
    let free = Rule::new(1, 255, Count::Utf16, rules::printed).space(Space::KeptNotAlone);
    let bank = Rule::new(1, 4, Count::Bytes, rules::letter_or_digit);
    let revoked = Rule::new(1, 20, Count::Bytes, rules::digit);
    vec![
        place("tag", "tag", Rule::new(1, 30, Count::Bytes, rules::word), |text, _| {
            checked(text.parse::<AttemptTag>())
        }),
        place("chaiport: bank code as it is", "refund_bank", bank, |text, _| {
            let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").expect("an account");
            let id: chaiport_cancel::ImpUid = "imp_1".parse().expect("a number");
            let record = chaiport_cancel::PaymentRecord::new(id, Money::krw(1_000).expect("positive"));
            let request = chaiport_cancel::CancelRequest::full(record).expect("a request");
            checked(request.with_refund_account_and_raw_bank_code(account, text))
        }),
        place("eximbay: param1", "other_param.param1", free, |text, _| {
            checked(OtherParams::new().with_param1(text))
        }),
        place("eximbay: param3", "other_param.param3", free, |text, _| {
            checked(OtherParams::new().with_param3(text))
        }),
        place(
            "eximbay: receipt_status",
            "tax.receipt_status",
            Rule::new(1, 15, Count::Bytes, rules::letter_or_digit),
            |text, _| checked(Tax::new().with_receipt_status(text)),
        ),
        place("settlebank: account to revoke", "account_no", revoked, |text, _| {
            checked(settlebank_cancel::RevokeRequest::new(
                settlebank_cancel::Method::VirtualAccount,
                "T1",
                text,
            ))
        }),
    ]
}
