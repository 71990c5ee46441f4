//! Look-ups: by `imp_uid`, by `merchant_uid`, many at once.

use serde_json::{Value, json};

use super::object::payment;
use super::{envelope, refused};
use crate::body::Fields;
use crate::ledger::{Books, Record};
use crate::server::http::Request;
use crate::world::{Reply, World};

const NOT_FOUND: &str = "존재하지 않는 결제정보입니다.";
const STATUSES: [&str; 5] = ["all", "ready", "paid", "cancelled", "failed"];
const MOST_AT_ONCE: usize = 100;

fn not_found() -> Reply {
    refused(404, -1, NOT_FOUND)
}

pub(super) fn answer(world: &World, books: &mut Books, request: &Request, rest: &[&str]) -> Reply {
    let view = books.look(world.clock.now());
    let query = request.query();
    let shown = |record: &Record| payment(&record.as_of(view));
    match rest {
        [] | [""] => many(books, &query, shown),
        ["find", merchant_uid] => find(books, merchant_uid, None, &query, shown),
        ["find", merchant_uid, status] => find(books, merchant_uid, Some(status), &query, shown),
        ["findAll", merchant_uid] => find_all(books, merchant_uid, None, &query, shown),
        ["findAll", merchant_uid, status] => find_all(books, merchant_uid, Some(status), &query, shown),
        [imp_uid] => match books.get(imp_uid) {
            Some(record) if record.spec.sandbox_channel && query.text("include_sandbox") != Some("true") => {
                not_found()
            }
            Some(record) => envelope(200, 0, None, shown(record)).about(&record.id),
            None => not_found(),
        },
        _ => refused(404, -1, "[sandbox] no such path"),
    }
}

fn many(books: &Books, query: &Fields, shown: impl Fn(&Record) -> Value) -> Reply {
    let by_imp: Vec<&str> = [query.texts("imp_uid[]"), query.texts("imp_uid")].concat();
    let by_merchant: Vec<&str> = [query.texts("merchant_uid[]"), query.texts("merchant_uid")].concat();
    let asked = by_imp.len().saturating_add(by_merchant.len());
    if asked == 0 || asked > MOST_AT_ONCE {
        return refused(400, -1, "[sandbox] between 1 and 100 uids");
    }
    let records = by_imp
        .iter()
        .map(|id| books.get(id))
        .chain(by_merchant.iter().map(|order| books.of_order(order).next_back()));
    let found: Vec<Value> = records.flatten().map(shown).collect();
    match found.len() {
        0 => not_found(),
        count => envelope(if count < asked { 207 } else { 200 }, 0, None, Value::Array(found)),
    }
}

/// The payments of an order in the order asked for; `Err` when the words are wrong.
fn sorted<'a>(
    books: &'a Books,
    merchant_uid: &str,
    status: Option<&str>,
    query: &Fields,
) -> Result<Vec<&'a Record>, Reply> {
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(refused(400, -1, "지원되지 않는 상태값입니다."));
    }
    let wanted = status.filter(|status| *status != "all");
    let word = |record: &Record| payment(record).get("status").and_then(Value::as_str).map(str::to_owned);
    let mut records: Vec<&Record> = books
        .of_order(merchant_uid)
        .filter(|record| wanted.is_none_or(|wanted| word(record).as_deref() == Some(wanted)))
        .collect();
    match query.text("sorting").unwrap_or("-started") {
        "started" | "paid" | "updated" => {}
        "-started" | "-paid" | "-updated" => records.reverse(),
        _ => return Err(refused(400, -1, "[sandbox] unknown sorting")),
    }
    Ok(records)
}

fn find(
    books: &Books,
    merchant_uid: &str,
    status: Option<&str>,
    query: &Fields,
    shown: impl Fn(&Record) -> Value,
) -> Reply {
    match sorted(books, merchant_uid, status, query) {
        Err(refusal) => refusal,
        Ok(records) => records
            .first()
            .map_or_else(not_found, |record| envelope(200, 0, None, shown(record)).about(&record.id)),
    }
}

fn find_all(
    books: &Books,
    merchant_uid: &str,
    status: Option<&str>,
    query: &Fields,
    shown: impl Fn(&Record) -> Value,
) -> Reply {
    let records = match sorted(books, merchant_uid, status, query) {
        Err(refusal) => return refusal,
        Ok(records) if records.is_empty() => return not_found(),
        Ok(records) => records,
    };
    let number =
        |name: &str, default: usize| query.text(name).map_or(Some(default), |text| text.parse().ok());
    let (Some(page), Some(limit)) = (number("page", 1), number("limit", 20)) else {
        return refused(400, -1, "[sandbox] page and limit are numbers");
    };
    if page == 0 || limit == 0 || limit > 1_000 {
        return refused(400, -1, "[sandbox] page from 1, limit from 1 to 1000");
    }
    let skipped = page.saturating_sub(1).saturating_mul(limit);
    let list: Vec<Value> = records.iter().skip(skipped).take(limit).map(|record| shown(record)).collect();
    if list.is_empty() {
        return not_found();
    }
    let more = skipped.saturating_add(list.len()) < records.len();
    let next = if more { page.saturating_add(1) } else { 0 };
    envelope(
        200,
        0,
        None,
        json!({"total": records.len(), "previous": page.saturating_sub(1), "next": next, "list": list}),
    )
}
