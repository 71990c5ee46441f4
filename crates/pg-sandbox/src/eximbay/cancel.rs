//! `POST /v1/payments/{transaction_id}/cancel`.

use serde_json::{Value, json};

use super::shape::{self, bad, missing};
use super::{VIRTUAL_ACCOUNT, refusal};
use crate::body::Fields;
use crate::credentials::EXIMBAY_MID;
use crate::ledger::{Books, Record, Status, Waits};
use crate::money::{self, Beyond};
use crate::options::GuardMode;
use crate::server::http::Request;
use crate::world::{Change, Echo, Effect, Reply, World};

const ID_LENGTH: usize = 24;
const LANGUAGES: [&str; 8] = ["KR", "EN", "CN", "JP", "RU", "TH", "TW", "VN"];
/// Banks of refund accounts (domestic guide, appendix E).
const BANKS: &[&str] = &[
    "001", "002", "003", "004", "005", "007", "008", "011", "012", "020", "023", "027", "031", "032", "034",
    "035", "037", "039", "045", "048", "050", "052", "054", "055", "071", "081", "088", "089", "090",
];

/// The parts of a request that passed the shape check.
struct Parts {
    top: Fields,
    refund: Fields,
    payment: Fields,
    account: Option<Fields>,
    tax: Option<Fields>,
    other: Option<Fields>,
}

impl Parts {
    fn refund(&self, name: &str) -> &str {
        self.refund.text(name).unwrap_or("")
    }

    fn payment(&self, name: &str) -> &str {
        self.payment.text(name).unwrap_or("")
    }
}

pub(super) fn accept(
    world: &World,
    books: &mut Books,
    request: &Request,
    id: &str,
) -> Result<Change, Box<Reply>> {
    if id.len() != ID_LENGTH {
        return Err(Box::new(refusal(world, "EC1002", "TransactionID length limited 24")));
    }
    let parts = read(world, request)?;
    let number = books.next_number();
    let no = |code: &str, text: &str| Box::new(refusal(world, code, text).about(id));
    if parts.top.text("mid") != Some(EXIMBAY_MID) {
        return Err(no("INVALID_MERCHANT", "mid does not belong to the key"));
    }
    let missing_original = || no("ORIGINAL_TRANSACTION_NOT_EXIST", "original transaction not exist");
    let record = books.get(id).ok_or_else(missing_original)?;
    if parts.payment("order_id") != record.spec.order {
        return Err(missing_original());
    }
    let guards = world.guards();
    let key = format!("refund_id:{}", parts.refund("refund_id"));
    if World::checks(guards.refund_id) && books.used.contains(&key) {
        return Err(no("DUPLICATION_DECLINE", "refund_id is duplicated"));
    }
    match record.status() {
        Status::Paid | Status::Cancelled => {}
        Status::Ready | Status::Failed | Status::Revoked => {
            return Err(no("INVALID_CANCEL_REQUEST", "transaction is not a sale"));
        }
    }
    let reserved = if world.options.pending_reserves { record.reserved() } else { 0 };
    let left = record.balance().saturating_sub(reserved);
    if left <= 0 {
        return Err(no("TRANSACTION_ALREADY_CANCELED", "transaction is already canceled"));
    }
    let amount = amount(world, record, &parts, left)?;
    let balance = read_amount(world, record, &parts, "balance")?;
    if World::checks(guards.balance) && balance != left {
        return Err(no("INVALID_CANCEL_REQUEST", "balance does not match"));
    }
    if amount > left {
        return Err(no("INVALID_REQEUST_AMOUNT", "refund amount exceeds the balance"));
    }
    if parts.refund("refund_type") == "P" && amount == record.spec.amount {
        return Err(no("RC18", "partial refund of the whole amount"));
    }
    if parts.refund("refund_type") == "P" && !record.spec.allows_partial {
        return Err(no("INVALID_CANCEL_REQUEST", "partial refund is not allowed"));
    }
    method_rules(world, record, &parts)?;
    if books.funds.is_some_and(|funds| amount > funds) {
        return Err(no("W414", "not enough unsettled balance of the merchant"));
    }
    let sloppy = guards.balance == GuardMode::Sloppy || guards.refund_id == GuardMode::Sloppy;
    let waits = record.spec.asynchronous.unwrap_or(false);
    Ok(Change {
        payment: record.id.clone(),
        amount,
        tag: parts.refund("refund_id").to_owned(),
        cancel_id: super::transaction_id(world.clock.now(), number),
        effect: if waits { Effect::Wait(Waits::ForPg) } else { Effect::Refund },
        keys: vec![key],
        sloppy,
        echo: Echo::Eximbay {
            refund_id: parts.refund("refund_id").to_owned(),
            other_param: parts.other.as_ref().map(echoed),
        },
    })
}

fn echoed(other: &Fields) -> Value {
    let members = ["param1", "param2", "param3"].into_iter();
    members.filter_map(|name| other.text(name).map(|text| (name.to_owned(), json!(text)))).collect()
}

fn read(world: &World, request: &Request) -> Result<Parts, Box<Reply>> {
    let top = Fields::from_json(&request.body).map_err(|_| bad(world, "body is not readable"))?;
    shape::only(world, &top, &["mid", "refund", "payment", "refund_account", "tax", "other_param"])?;
    if top.text("mid").unwrap_or("").is_empty() {
        return Err(missing(world, "mid must not be empty"));
    }
    let needed = |name: &'static str| move || missing(world, &format!("{name} must not be null"));
    let refund = shape::inner(world, &top, "refund", shape::REFUND)?.ok_or_else(needed("refund"))?;
    let payment = shape::inner(world, &top, "payment", shape::PAYMENT)?.ok_or_else(needed("payment"))?;
    let account = shape::inner(world, &top, "refund_account", shape::ACCOUNT)?;
    let tax = shape::inner(world, &top, "tax", shape::TAX)?;
    let other = shape::inner(world, &top, "other_param", shape::OTHER)?;
    let parts = Parts { top, refund, payment, account, tax, other };
    if !LANGUAGES.contains(&parts.payment("lang")) {
        return Err(bad(world, "lang"));
    }
    Ok(parts)
}

fn read_amount(world: &World, record: &Record, parts: &Parts, name: &str) -> Result<i64, Box<Reply>> {
    let exponent = money::exponent(&record.spec.currency);
    money::read(parts.payment(name), exponent, Beyond::Nothing).ok_or_else(|| bad(world, name))
}

/// What is to be refunded, minor units.
fn amount(world: &World, record: &Record, parts: &Parts, left: i64) -> Result<i64, Box<Reply>> {
    let no = |text: &str| Box::new(refusal(world, "INVALID_REQEUST_AMOUNT", text).about(&record.id));
    if parts.payment("currency") != record.spec.currency {
        return Err(Box::new(
            refusal(world, "CURRENCY_NOT_SUPPORTED", "currency differs from the original").about(&record.id),
        ));
    }
    if read_amount(world, record, parts, "amount")? != record.spec.amount {
        return Err(no("amount differs from the original"));
    }
    let asked = match parts.refund("refund_amount") {
        "" => None,
        text => {
            let exponent = money::exponent(&record.spec.currency);
            Some(money::read(text, exponent, Beyond::Nothing).ok_or_else(|| bad(world, "refund_amount"))?)
        }
    };
    if asked == Some(0) {
        return Err(no("refund amount must be above 0"));
    }
    match (parts.refund("refund_type"), asked) {
        ("P", Some(asked)) => Ok(asked),
        ("P", None) => Err(missing(world, "refund.refundamt must not be empty")),
        ("F", Some(asked)) if asked == left => Ok(asked),
        ("F", Some(_)) => Err(no("full refund of another amount than the balance")),
        ("F", None) if record.spec.amount == left => Ok(left),
        ("F", None) => Err(no("full refund of a partly refunded payment")),
        // Anything that is not P runs as full, whatever amount is told: the legacy guide's trap.
        _ => Ok(left),
    }
}

fn method_rules(world: &World, record: &Record, parts: &Parts) -> Result<(), Box<Reply>> {
    if record.spec.method == VIRTUAL_ACCOUNT {
        let Some(account) = &parts.account else {
            return Err(missing(world, "username, bankcode, accountnumber must not be empty"));
        };
        let digits = account.text("account_number").unwrap_or("").bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !BANKS.contains(&account.text("bank_code").unwrap_or("")) {
            return Err(Box::new(
                refusal(world, "INVALID_ACCOUNT", "account is not refundable").about(&record.id),
            ));
        }
    }
    if record.spec.tax_required && parts.tax.is_none() {
        return Err(missing(world, "tax must not be null"));
    }
    Ok(())
}
