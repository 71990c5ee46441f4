//! Whether the standard form's request may change the books: state, sequence, amounts, windows, accounts.

use super::standard::{No, StandardEcho, no};
use crate::clock::{date8, days_between};
use crate::ledger::{Books, Record, Status, Waits};
use crate::options::GuardMode;
use crate::world::{Change, Echo, Effect, World};

/// A request's numbers. Amounts are minor units: won, or cents of dollars as the form sends them.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) mid: String,
    pub(super) mcht_trd_no: String,
    pub(super) org_trd_no: String,
    pub(super) currency: String,
    pub(super) order: String,
    pub(super) amount: i64,
    pub(super) tax_type: String,
    /// Taxable, VAT, tax-free, service charge.
    pub(super) tax: [Option<i64>; 4],
    pub(super) bank: String,
    pub(super) account: String,
    pub(super) holder: String,
    pub(super) virtual_account: String,
}

/// Banks of the specification's table.
const BANKS: &[&str] = &[
    "002", "003", "004", "005", "007", "011", "012", "020", "023", "027", "031", "032", "034", "035", "037",
    "039", "045", "048", "050", "054", "055", "057", "060", "062", "064", "071", "081", "088", "089", "090",
    "092", "103", "209", "218", "238", "240", "243", "247", "261", "262", "263", "264", "265", "266", "267",
    "269", "270", "271", "278", "279", "280", "287", "290", "291", "292",
];

/// Methods whose cancel is whole or not at all, and whose `cnclOrd` is always `001`.
fn whole_only(method: &str) -> bool {
    ["TC", "HM", "CG", "SG", "BG", "TM", "CP"].contains(&method)
}

fn already(method: &str) -> &'static str {
    match method {
        "CA" => "CA12",
        "RA" => "RA33",
        "MP" => "MP82",
        "TC" | "HM" | "CG" | "SG" | "BG" => "GC41",
        "TM" => "TM01",
        "CP" => "CP30",
        "PZ" => "PZ87",
        _ => "ST39",
    }
}

pub(super) fn judge(
    world: &World,
    books: &mut Books,
    wish: Wish,
    echo: StandardEcho,
    key: String,
) -> Result<Change, No> {
    let now = world.clock.now();
    let number = books.next_number();
    let Some(record) = books.get(&wish.org_trd_no) else { return no("ST06", "거래정보 없음") };
    if record.spec.mid != wish.mid || record.spec.method != echo.method {
        return no("ST06", "거래정보 없음");
    }
    let effect = if echo.biz_type == "A2" {
        issue_cancel(record, &wish)?;
        Effect::Revoke
    } else {
        refund(world, record, &wish, &echo)?;
        match books.funds {
            Some(funds) if wish.amount > funds => Effect::Wait(Waits::ForFunds),
            _ if record.spec.asynchronous.unwrap_or(false) => Effect::Wait(Waits::ForPg),
            _ => Effect::Refund,
        }
    };
    let guards = world.guards();
    Ok(Change {
        payment: record.id.clone(),
        amount: wish.amount,
        tag: format!("{}:{}", wish.order, wish.mcht_trd_no),
        cancel_id: super::trade_number(&echo.method, &wish.mid, now, number),
        effect,
        keys: vec![key],
        sloppy: guards.cncl_ord == GuardMode::Sloppy || guards.mcht_trd_no == GuardMode::Sloppy,
        echo: Echo::Standard(Box::new(echo)),
    })
}

fn issue_cancel(record: &Record, wish: &Wish) -> Result<(), No> {
    match record.status() {
        Status::Ready => {}
        Status::Revoked => return no("ST25", "중복 취소 요청"),
        _ => return no("0004", "이미 입금된 가상계좌입니다."),
    }
    if record.spec.account.as_ref().is_some_and(|account| *account != wish.virtual_account) {
        return no("ST26", "취소 정보 오류");
    }
    Ok(())
}

fn refund(world: &World, record: &Record, wish: &Wish, echo: &StandardEcho) -> Result<(), No> {
    let method = echo.method.as_str();
    match record.status() {
        Status::Paid | Status::Cancelled => {}
        Status::Ready | Status::Revoked => return no("ST26", "취소 정보 오류"),
        Status::Failed => return no("ST06", "거래정보 없음"),
    }
    let reserved = if world.options.pending_reserves { record.reserved() } else { 0 };
    let left = record.balance().saturating_sub(reserved);
    if record.balance() <= 0 {
        return no(already(method), "기취소 거래");
    }
    sequence(world, record, wish, method)?;
    if wish.currency != record.spec.currency
        || (wish.currency != "KRW" && !(method == "CA" && wish.currency == "USD"))
    {
        return no("ST26", "취소 정보 오류(crcCd)");
    }
    if wish.amount <= 0 || (method == "CA" && wish.currency == "KRW" && wish.amount < 100) {
        return no(if method == "CA" { "CA40" } else { "ST26" }, "거래금액 오류");
    }
    if wish.amount > left {
        return no("ST57", "취소금액(환불금액)이 원거래금액을 초과합니다.");
    }
    window(world, record, echo)?;
    parts(world, record, wish, method)?;
    tax(wish)?;
    if echo.biz_type == "C1" || method == "VA" {
        account(record, wish)?;
    }
    Ok(())
}

fn sequence(world: &World, record: &Record, wish: &Wish, method: &str) -> Result<(), No> {
    let shaped = wish.order.len() == 3 && wish.order.bytes().all(|byte| byte.is_ascii_digit());
    let done = record.entries.len().saturating_add(record.pending.len());
    let expected = if whole_only(method) { 1 } else { done.saturating_add(1) };
    let strict = World::checks(world.guards().cncl_ord);
    if !shaped || (strict && wish.order != format!("{expected:03}")) {
        return no("ST56", "취소회차 오류");
    }
    Ok(())
}

fn parts(world: &World, record: &Record, wish: &Wish, method: &str) -> Result<(), No> {
    if wish.amount == record.spec.amount {
        return Ok(());
    }
    if whole_only(method) {
        return no("ST58", "취소요청금액이 원거래금액과 일치하지 않습니다.");
    }
    if record.spec.prepaid_card {
        return no(if method == "CA" { "CA88" } else { "ST54" }, "부분취소 불가");
    }
    let same_day = record.trade_date == date8(world.clock.now());
    if !record.spec.allows_partial || (method == "RA" && same_day) {
        return no("ST54", "부분취소 불가");
    }
    Ok(())
}

fn window(world: &World, record: &Record, echo: &StandardEcho) -> Result<(), No> {
    let today = date8(world.clock.now());
    let days = days_between(&record.trade_date, &today).unwrap_or(0);
    let same_month = today.get(..6) == record.trade_date.get(..6);
    match (echo.method.as_str(), echo.biz_type.as_str()) {
        ("MP", "C0") if !same_month => no("MP81", "취소 기간 경과"),
        ("MP", "C1") if same_month => no("ST26", "취소 정보 오류(당월은 취소)"),
        ("TM", _) if days > 90 => no("TM30", "환불 기간 초과"),
        ("RA", _) if days > 180 => no("ST46", "취소기간 경과"),
        _ if days > 365 => no("ST46", "취소기간 경과"),
        _ => Ok(()),
    }
}

fn tax(wish: &Wish) -> Result<(), No> {
    let [taxable, vat, free, service] = wish.tax;
    match wish.tax_type.as_str() {
        "" | "N" | "Y" => Ok(()),
        "G" => {
            let (Some(taxable), Some(vat), Some(free)) = (taxable, vat, free) else {
                return no("ST55", "복합과세 금액 불일치");
            };
            let parts = [taxable, vat, free, service.unwrap_or(0)];
            let sum = parts.into_iter().fold(0, |total: i64, part| total.saturating_add(part));
            if sum == wish.amount { Ok(()) } else { no("ST55", "복합과세 금액 불일치") }
        }
        _ => no("ST09", "유효하지 않은 요청전문(taxTypeCd)"),
    }
}

fn account(record: &Record, wish: &Wish) -> Result<(), No> {
    if !record.spec.refund_service {
        return no("ST69", "서비스 불가(환불서비스 미등록)");
    }
    let digits = wish.account.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !BANKS.contains(&wish.bank.as_str()) {
        return no("ST09", "유효하지 않은 요청전문(환불계좌)");
    }
    if record.spec.holder.as_ref().is_some_and(|holder| *holder != wish.holder) {
        return no("ST24", "예금주 불일치");
    }
    Ok(())
}
