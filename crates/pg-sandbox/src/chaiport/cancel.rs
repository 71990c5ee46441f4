//! `POST /payments/cancel` and `DELETE /vbanks/{imp_uid}`.

use super::{banks, refused};
use crate::body::{Fields, Scalar};
use crate::clock::{date8, hour};
use crate::ledger::{Books, Record, Status, Waits};
use crate::money::{self, Beyond};
use crate::options::GuardMode;
use crate::server::http::Request;
use crate::world::{Change, Echo, Effect, Reply, Verdict, World};

const NO_SUCH_PAYMENT: &str = "취소할 결제건이 존재하지 않습니다.";
const ALREADY: &str = "이미 전액취소된 주문입니다.";
const NO_UID: &str = "imp_uid 또는 merchant_uid 중 하나는 반드시 지정해주셔야합니다.";

/// Longest values, characters (cancel guide's API page, 2022).
const LENGTHS: [(&str, usize); 7] = [
    ("imp_uid", 32),
    ("merchant_uid", 40),
    ("reason", 256),
    ("refund_holder", 16),
    ("refund_bank", 4),
    ("refund_account", 16),
    ("refund_tel", 16),
];
const AMOUNTS: [&str; 4] = ["amount", "checksum", "tax_free", "vat_amount"];
const SWITCHES: [&str; 3] = ["retain_promotion", "enable_webhook", "escrow_confirmed"];

/// Refused by Chaiport before it asks the PG.
fn no(message: &str) -> Reply {
    refused(200, 1, message)
}

/// Refused by the PG.
fn pg_says_no(text: &str) -> Reply {
    refused(200, -1, &format!("결제취소에 실패하였습니다. {text}"))
}

struct Order {
    fields: Fields,
    amount: Option<i64>,
    checksum: Option<i64>,
    tax_free: Option<i64>,
    vat: Option<i64>,
}

impl Order {
    fn text(&self, name: &str) -> Option<&str> {
        self.fields.text(name).filter(|text| !text.is_empty())
    }
}

pub(super) fn decide(world: &World, books: &mut Books, request: &Request) -> Verdict {
    match accept(world, books, request) {
        Ok(change) => Verdict::Change(Box::new(change)),
        Err(reply) => (*reply).into(),
    }
}

fn accept(world: &World, books: &Books, request: &Request) -> Result<Change, Box<Reply>> {
    let fields = match request.media_type().as_str() {
        "application/json" => Fields::from_json(&request.body),
        "application/x-www-form-urlencoded" => Fields::from_form(&request.body),
        _ => return Err(Box::new(refused(415, -1, "[sandbox] unsupported content type"))),
    };
    let fields = fields.map_err(|_| refused(400, -1, "[sandbox] unreadable body"))?;
    shape(&fields)?;
    let record = find(books, &fields)?;
    let about = |reply: Reply| Box::new(reply.about(&record.id));
    let order = amounts(fields, &record.spec.currency).map_err(about)?;
    let amount = permitted(world, record, &order).map_err(about)?;
    pg_rules(world, record, &order, amount).map_err(about)?;
    let waits = record.spec.asynchronous.unwrap_or_else(|| works_later(record));
    Ok(Change {
        payment: record.id.clone(),
        amount,
        tag: order.text("reason").unwrap_or_default().to_owned(),
        cancel_id: world.rng.text(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 20),
        effect: if waits { Effect::Wait(Waits::ForPg) } else { Effect::Refund },
        keys: Vec::new(),
        sloppy: world.guards().checksum == GuardMode::Sloppy,
        echo: Echo::None,
    })
}

/// Types and lengths.
fn shape(fields: &Fields) -> Result<(), Box<Reply>> {
    for (name, most) in LENGTHS {
        match fields.get(name) {
            None | Some(Scalar::Null) => {}
            Some(Scalar::Text(text)) if text.chars().count() <= most => {}
            Some(Scalar::Text(_)) => {
                return Err(Box::new(no(&format!("[sandbox] {name} is longer than {most}"))));
            }
            Some(_) => return Err(Box::new(no(&format!("[sandbox] {name} must be a string")))),
        }
    }
    for name in SWITCHES {
        match fields.get(name) {
            None | Some(Scalar::Null | Scalar::Bool(_)) => {}
            Some(Scalar::Text(text)) if text == "true" || text == "false" => {}
            Some(_) => return Err(Box::new(no(&format!("[sandbox] {name} must be a boolean")))),
        }
    }
    if requester(fields).is_some_and(|who| who != "customer" && who != "admin") {
        return Err(Box::new(no("[sandbox] extra.requester is customer or admin")));
    }
    Ok(())
}

fn requester(fields: &Fields) -> Option<String> {
    let nested = fields.object("extra").and_then(|extra| extra.text("requester").map(str::to_owned));
    nested.or_else(|| fields.text("extra[requester]").map(str::to_owned))
}

/// `imp_uid` wins; a wrong one fails the call whatever `merchant_uid` says.
fn find<'a>(books: &'a Books, fields: &Fields) -> Result<&'a Record, Box<Reply>> {
    let given = |name| fields.text(name).filter(|text: &&str| !text.is_empty());
    let record = match (given("imp_uid"), given("merchant_uid")) {
        (Some(imp_uid), _) => books.get(imp_uid),
        (None, Some(merchant_uid)) => books.of_order(merchant_uid).next_back(),
        (None, None) => return Err(Box::new(no(NO_UID))),
    };
    record.ok_or_else(|| Box::new(no(NO_SUCH_PAYMENT)))
}

fn amounts(fields: Fields, currency: &str) -> Result<Order, Reply> {
    let exponent = money::exponent(currency);
    let mut read = [None; 4];
    for (name, place) in AMOUNTS.iter().zip(read.iter_mut()) {
        *place = match fields.get(name) {
            None | Some(Scalar::Null) => None,
            Some(Scalar::Number(text) | Scalar::Text(text)) => {
                match money::read(text, exponent, Beyond::Zeros) {
                    Some(minor) => Some(minor),
                    None => return Err(no(&format!("[sandbox] {name} is no amount of {currency}"))),
                }
            }
            Some(_) => return Err(no(&format!("[sandbox] {name} must be a number"))),
        };
    }
    let [amount, checksum, tax_free, vat] = read;
    Ok(Order { fields, amount, checksum, tax_free, vat })
}

/// Chaiport's own checks. Returns what is to be refunded, minor units.
fn permitted(world: &World, record: &Record, order: &Order) -> Result<i64, Reply> {
    match record.status() {
        Status::Paid | Status::Cancelled => {}
        Status::Ready | Status::Failed | Status::Revoked => {
            return Err(no("[sandbox] 결제완료 상태가 아닌 결제건입니다."));
        }
    }
    let reserved = if world.options.pending_reserves { record.reserved() } else { 0 };
    let left = record.balance().saturating_sub(reserved);
    if left <= 0 {
        return Err(no(ALREADY));
    }
    // Omitted and 0 both mean everything that is left.
    let amount = order.amount.filter(|amount| *amount != 0).unwrap_or(left);
    if amount > left {
        return Err(no("[sandbox] 취소 요청 금액이 취소 가능 금액보다 큽니다."));
    }
    if World::checks(world.guards().checksum) && order.checksum.is_some_and(|checksum| checksum != left) {
        return Err(no("[sandbox] checksum과 취소 가능 금액이 일치하지 않습니다."));
    }
    let parts = order.tax_free.unwrap_or(0).saturating_add(order.vat.unwrap_or(0));
    if parts > amount {
        return Err(no("[sandbox] tax_free + vat_amount > amount"));
    }
    Ok(amount)
}

/// What the PG behind Chaiport asks for.
fn pg_rules(world: &World, record: &Record, order: &Order, amount: i64) -> Result<(), Reply> {
    let spec = &record.spec;
    let provider = spec.pg_provider.as_str();
    if spec.pg_already_cancelled {
        return Err(pg_says_no("[500626|기 취소 거래]"));
    }
    let partial = amount < spec.amount;
    if partial && !spec.allows_partial {
        return Err(pg_says_no("[500699|부분취소 불가]"));
    }
    if partial && provider == "ksnet" && record.entries.len() >= 9 {
        return Err(pg_says_no("[sandbox] ksnet: at most 9 partial cancels"));
    }
    if spec.tax_free > 0
        && order.tax_free.is_none()
        && ["kcp", "kcp_quick", "kicc", "nice", "payco"].contains(&provider)
    {
        return Err(pg_says_no("[sandbox] tax_free is required"));
    }
    let asks_vat = ["nice", "html5_inicis", "welcome", "nice_v2"].contains(&provider);
    if spec.vat.is_some() && order.vat.is_none() && asks_vat {
        return Err(pg_says_no("[sandbox] vat_amount is required"));
    }
    if provider == "naverpay" && (order.text("reason").is_none() || requester(&order.fields).is_none()) {
        return Err(pg_says_no("[sandbox] naverpay: reason and extra.requester are required"));
    }
    let now = world.clock.now();
    if spec.method == "phone" {
        let same_month = date8(now).get(..6) == record.trade_date.get(..6);
        if partial && provider != "kcp" && provider != "html5_inicis" {
            return Err(pg_says_no("[sandbox] phone: no partial cancel"));
        }
        if !same_month && provider != "kcp" {
            return Err(pg_says_no("[112003|당월 취소 기간 경과]"));
        }
        if !same_month {
            refund_account(order, provider, false)?;
        }
    }
    let into_account =
        spec.method == "vbank" || (spec.method == "trans" && ["welcome", "smartro_v2"].contains(&provider));
    if into_account {
        if provider == "danal_tpay" {
            return Err(pg_says_no("[sandbox] danal: no virtual account refund"));
        }
        if provider == "ksnet" && !(6..23).contains(&hour(now)) {
            return Err(pg_says_no("[sandbox] ksnet: no virtual account refund from 23:00 to 06:00"));
        }
        if !spec.refund_service {
            return Err(pg_says_no("[504425|환불서비스 미가입]"));
        }
        refund_account(order, provider, ["smartro", "smartro_v2", "welcome"].contains(&provider))?;
    }
    Ok(())
}

fn refund_account(order: &Order, provider: &str, asks_tel: bool) -> Result<(), Reply> {
    let given = |name| order.text(name);
    let (Some(_), Some(bank), Some(account)) =
        (given("refund_holder"), given("refund_bank"), given("refund_account"))
    else {
        return Err(pg_says_no("[sandbox] 환불계좌 정보가 누락되었습니다."));
    };
    if asks_tel && given("refund_tel").is_none() {
        return Err(pg_says_no("[sandbox] refund_tel is required"));
    }
    if !account.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(pg_says_no("[sandbox] 환불계좌 번호 오류"));
    }
    if !banks::known(provider, bank) {
        return Err(pg_says_no("[sandbox] 환불 불가 은행코드"));
    }
    Ok(())
}

/// PGs that accept a cancel and carry it out later, by their documents.
fn works_later(record: &Record) -> bool {
    let spec = &record.spec;
    match spec.pg_provider.as_str() {
        "paypal_v2" => true,
        "smartro_v2" => spec.method == "vbank",
        "kicc" | "kicc_v2" => spec.method == "wechat",
        _ => false,
    }
}

/// `DELETE /vbanks/{imp_uid}`: an unpaid virtual account is withdrawn.
pub(super) fn revoke(books: &Books, imp_uid: &str) -> Verdict {
    let Some(record) = books.get(imp_uid) else {
        return refused(404, -1, "존재하지 않는 결제정보입니다.").into();
    };
    if record.spec.method != "vbank" || record.status() != Status::Ready {
        return refused(400, -1, "[sandbox] 입금 대기 중인 가상계좌가 아닙니다.").about(&record.id).into();
    }
    Verdict::Change(Box::new(Change {
        payment: record.id.clone(),
        amount: 0,
        tag: "revoke".to_owned(),
        cancel_id: String::new(),
        effect: Effect::Revoke,
        keys: Vec::new(),
        sloppy: false,
        echo: Echo::None,
    }))
}
