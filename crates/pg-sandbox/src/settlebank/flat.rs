//! The flat form: six values, one hash, no sequence and no time.
//!
//! Its hash covers nothing that tells one request from its repetition: two wanted partial refunds of the same
//! amount and one refund sent twice are the same bytes.

use serde_json::{Value, json};

use super::crypto::hash;
use super::tail;
use crate::body::{Fields, Scalar};
use crate::clock::is_date8;
use crate::credentials::{SETTLEBANK_LICENCE_KEY, SETTLEBANK_MIDS};
use crate::ledger::{Books, Status, Waits};
use crate::options::GuardMode;
use crate::world::{Change, Echo, Effect, Reply, Verdict, World};

const FIELDS: [(&str, usize); 6] = [
    ("mchtId", 10),
    ("orgTrdNo", 50),
    ("orgMchtTrdNo", 100),
    ("orgTrdDt", 8),
    ("canAmt", 12),
    ("pktHash", 64),
];

pub(super) fn refused(code: &str, message: &str) -> Reply {
    Reply::new(200, json!({"resultCode": code, "resultMsg": message, "canTrdNo": Value::Null}))
}

pub(super) fn done(cancel_id: &str, effect: Effect) -> Reply {
    if effect == Effect::Wait(Waits::ForFunds) {
        return refused("1010", "[sandbox, invented] 취소 한도 초과");
    }
    Reply::new(200, json!({"resultCode": "0000", "resultMsg": "정상 처리되었습니다.", "canTrdNo": cancel_id}))
}

pub(super) fn decide(world: &World, books: &mut Books, fields: &Fields) -> Verdict {
    match accept(world, books, fields) {
        Ok(change) => Verdict::Change(Box::new(change)),
        Err(reply) => (*reply).into(),
    }
}

fn accept(world: &World, books: &mut Books, fields: &Fields) -> Result<Change, Box<Reply>> {
    let no = |code: &str, message: &str| Box::new(refused(code, message));
    let malformed =
        |name: &str| Box::new(refused("1006", &format!("[sandbox, invented] 요청 항목 오류({name})")));
    if let Some((name, _)) = fields.iter().find(|(name, _)| !FIELDS.iter().any(|(known, _)| known == name)) {
        return Err(malformed(name));
    }
    for (name, most) in FIELDS {
        match fields.get(name) {
            Some(Scalar::Text(text)) if !text.is_empty() && text.len() <= most => {}
            _ => return Err(malformed(name)),
        }
    }
    let text = |name: &str| fields.text(name).unwrap_or("");
    if !SETTLEBANK_MIDS.contains(&text("mchtId")) {
        return Err(no("1001", "상점아이디 오류"));
    }
    if !is_date8(text("orgTrdDt")) {
        return Err(malformed("orgTrdDt"));
    }
    let digits = text("canAmt");
    let amount: i64 = match digits.parse() {
        Ok(amount) if amount > 0 && !digits.starts_with(['0', '+']) => amount,
        _ => return Err(malformed("canAmt")),
    };
    let parts = [text("orgTrdNo"), text("orgMchtTrdNo"), text("orgTrdDt"), digits, SETTLEBANK_LICENCE_KEY];
    if hash(&parts) != text("pktHash") {
        return Err(no("1007", "[sandbox, invented] 해쉬값 불일치"));
    }
    let number = books.next_number();
    let Some(record) = books.get(text("orgTrdNo")) else {
        return Err(no("1004", "거래내역이 없습니다."));
    };
    let about = |code: &str, message: &str| Box::new(refused(code, message).about(&record.id));
    let belongs = record.spec.mid == text("mchtId")
        && record.spec.order == text("orgMchtTrdNo")
        && record.trade_date == text("orgTrdDt");
    if !belongs {
        return Err(about("1004", "거래내역이 없습니다."));
    }
    let key = format!("flat:{}", text("pktHash"));
    let guards = world.guards();
    if World::checks(guards.flat_repeat) && books.used.contains(&key) {
        return Err(about("1005", "[sandbox, invented] 중복 취소 요청"));
    }
    if !matches!(record.status(), Status::Paid | Status::Cancelled) {
        return Err(about("1009", "[sandbox, invented] 취소할 수 없는 거래"));
    }
    if record.balance() <= 0 {
        return Err(about("1008", "[sandbox, invented] 이미 취소된 거래"));
    }
    let reserved = if world.options.pending_reserves { record.reserved() } else { 0 };
    if amount > record.balance().saturating_sub(reserved) {
        return Err(about("1002", "취소 금액이 원거래 금액을 초과합니다."));
    }
    if amount != record.spec.amount && !record.spec.allows_partial {
        return Err(about("1009", "[sandbox, invented] 부분취소 불가"));
    }
    let effect = match books.funds {
        Some(funds) if amount > funds => Effect::Wait(Waits::ForFunds),
        _ if record.spec.asynchronous.unwrap_or(false) => Effect::Wait(Waits::ForPg),
        _ => Effect::Refund,
    };
    Ok(Change {
        payment: record.id.clone(),
        amount,
        tag: key.clone(),
        cancel_id: format!("STFP_CANCEL_{}", tail(&record.spec.mid, world.clock.now(), number)),
        effect,
        keys: vec![key],
        sloppy: guards.flat_repeat == GuardMode::Sloppy,
        echo: Echo::Flat,
    })
}
