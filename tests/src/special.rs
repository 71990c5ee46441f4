//! Scenarios that need more than amounts: credentials, tokens, accounts, asynchronous PGs, two callers at once.

use std::sync::Arc;

use pg_core::{Bank, CancelError, Currency, Money, RefundAccount, UnknownReason, Verdict};
use pg_sandbox::{Fault, FaultKind, Operation, Options};

use crate::kind::Kind;
use crate::over::Over;
use crate::report::Report;
use crate::truth::{cancel, check, converge};
use crate::world::{ALONE, Keys, NOON, Paid, Patience, World};

/// Runs all of them that apply to a gateway.
pub async fn run(kind: Kind, over: Over) -> Report {
    let mut report = Report::default();
    not_found(&mut report, kind, over).await;
    unauthorised(&mut report, kind, over).await;
    same_order_twice(&mut report, kind, over).await;
    refused_on_repeat(&mut report, kind, over).await;
    if kind != Kind::SettlebankFlat {
        two_callers(&mut report, kind, over).await;
        virtual_account(&mut report, kind, over).await;
    }
    match kind {
        Kind::Chaiport => {
            expired_token(&mut report, over).await;
            one_token_for_all(&mut report, over).await;
            asynchronous(&mut report, over).await;
        }
        Kind::Eximbay => dollars(&mut report, over).await,
        Kind::SettlebankStandard => late_execution(&mut report, over).await,
        Kind::SettlebankFlat => {}
    }
    report
}

fn expect(report: &mut Report, what: &str, holds: bool, otherwise: impl FnOnce() -> String) {
    if !holds {
        report.violate(format!("{what}: {}", otherwise()));
    }
}

async fn not_found(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, no such payment");
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(kind);
    let paid = world.pay(kind);
    let mut other = paid.clone();
    other.payment.gateway_id = match kind {
        Kind::Chaiport => "imp_000000000000".into(),
        Kind::Eximbay => "1849705C6420000101000001".into(),
        Kind::SettlebankStandard | Kind::SettlebankFlat => "STFP_PGCAnxca_jt_il0200101000000M0000001".into(),
    };
    let order = world.order(&other, 1_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &tried, 1);
    // the flat form's cancel page lists no such code
    let word = if kind == Kind::SettlebankFlat { "unknown" } else { "rejected" };
    expect(report, &what, tried.label() == word, || format!("said {} {:?}", tried.label(), tried.outcome));
}

async fn unauthorised(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, wrong key");
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client_with(kind, Keys::Wrong);
    let paid = world.pay(kind);
    let order = world.order(&paid, 1_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &tried, 1);
    // Chaiport refuses the token, so no cancel leaves; the flat form's code for a wrong hash is in no document
    let (word, seen) = match kind {
        Kind::Chaiport => ("not_sent", 0),
        Kind::Eximbay | Kind::SettlebankStandard => ("rejected", 1),
        Kind::SettlebankFlat => ("unknown", 1),
    };
    expect(report, &what, tried.label() == word, || {
        format!("said {} {:?}, expected {word}", tried.label(), tried.outcome)
    });
    expect(report, &what, tried.seen == seen, || format!("the server saw {}, expected {seen}", tried.seen));
    expect(report, &what, world.entries(&paid) == 0, || "the books have an entry".into());
    if let Err(error) = &tried.outcome {
        let shown = format!("{error} {error:?} {:?}", error.message().map(|m| m.as_str().to_owned()));
        for key in [pg_sandbox::credentials::CHAIPORT_KEY, pg_sandbox::credentials::CHAIPORT_SECRET] {
            let stem: String = key.chars().take(key.chars().count() - 1).collect();
            expect(report, &what, !shown.contains(&stem), || "the error contains a key".into());
        }
    }
}

async fn same_order_twice(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, the same order twice");
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(kind);
    let paid = world.pay(kind);
    let order = world.order(&paid, 4_000, 10_000, 1);
    let first = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &first, 1);
    let second = cancel(&world, client.as_ref(), &paid, &order).await;
    expect(report, &what, first.outcome.is_ok(), || format!("the first was {:?}", first.outcome));
    expect(report, &what, second.label() == "unknown", || format!("the second was {:?}", second.outcome));
    expect(report, &what, world.entries(&paid) == 1, || format!("{} entries", world.entries(&paid)));
    report.count(second.label());
    report.seen += second.seen as u64;
}

/// The answer is lost, the caller sends the same order again, the gateway refuses the second copy: that refusal
/// must not become "rejected".
async fn refused_on_repeat(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, repeat after a lost answer");
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(kind);
    let paid = world.pay(kind);
    let order = world.order(&paid, 10_000, 10_000, 1);
    world
        .sandbox
        .fault(Fault::on(kind.sandbox(), Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(true));
    let first = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &first, 1);
    expect(report, &what, first.label() == "unknown", || format!("the first was {:?}", first.outcome));
    let second = cancel(&world, client.as_ref(), &paid, &order).await;
    report.count(second.label());
    report.seen += second.seen as u64;
    expect(report, &what, second.label() == "unknown", || format!("the second was {:?}", second.outcome));
    converge(report, &what, &world, client.as_ref(), &paid, &order).await;
    expect(report, &what, world.entries(&paid) == 1, || format!("{} entries", world.entries(&paid)));
}

/// Two callers cancel the same payment at once, each believing the whole balance is there.
async fn two_callers(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, two callers at once");
    let world = Arc::new(World::start(Patience::LONG.over(over)).await);
    let client = world.client(kind);
    let paid = world.pay(kind);
    let (a, b) = (world.order(&paid, 6_000, 10_000, 1), world.order(&paid, 6_000, 10_000, 1));
    let (first, second) = tokio::join!(client.cancel(&a), client.cancel(&b));
    let done = usize::from(first.is_ok()) + usize::from(second.is_ok());
    for outcome in [&first, &second] {
        report.count(outcome.as_ref().map_or_else(CancelError::label, |c| c.state().label()));
        report.seen += 1;
    }
    expect(report, &what, done == 1, || format!("{done} were done: {first:?} {second:?}"));
    expect(report, &what, world.entries(&paid) == 1, || format!("{} entries", world.entries(&paid)));
}

fn virtual_account_payment(world: &World, kind: Kind) -> Paid {
    match kind {
        Kind::Chaiport => {
            let mut paid = world.pay_as(kind, |new| new.pay_method("vbank").vbank());
            paid.payment = paid.payment.with_method("vbank");
            paid
        }
        Kind::Eximbay => world.pay_as(kind, |new| new.vbank()),
        _ => {
            let mut paid = world.pay_as(kind, |new| new.vbank().mid(pg_sandbox::credentials::SETTLEBANK_MID));
            paid.payment = paid.payment.with_method("VA");
            paid
        }
    }
}

async fn virtual_account(report: &mut Report, kind: Kind, over: Over) {
    let what = format!("{kind}, virtual account");
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(kind);
    let paid = virtual_account_payment(&world, kind);
    let order = world.order(&paid, 10_000, 10_000, 1);
    // Eximbay's record does not say that it is a virtual account: the gateway itself refuses
    let without = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &without, 1);
    let words: &[&str] = if kind == Kind::Eximbay { &["rejected", "unknown"] } else { &["invalid"] };
    expect(report, &what, words.contains(&without.label()), || {
        format!("without account: {:?}", without.outcome)
    });
    expect(report, &what, world.entries(&paid) == 0, || "refunded without an account".into());

    let Ok(account) = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동") else {
        return report.violate("the account is refused");
    };
    let order = world.order(&paid, 10_000, 10_000, 1).with_refund_account(account);
    let with = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, &what, &world, &paid, &order, &with, 1);
    let words: &[&str] = if kind == Kind::Eximbay { &["completed", "accepted"] } else { &["accepted"] };
    expect(report, &what, words.contains(&with.label()), || format!("with account: {:?}", with.outcome));
    expect(report, &what, world.entries(&paid) == 1, || format!("{} entries", world.entries(&paid)));
}

/// The one exception to "one copy": after a 401 with the envelope, documented as refused before execution, the
/// token is renewed and the same bytes go out once more.
async fn expired_token(report: &mut Report, over: Over) {
    let what = "chaiport, expired token (the one named repeat)";
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(Kind::Chaiport);
    let paid = world.pay(Kind::Chaiport);
    expect(report, what, client.look_up(&paid.payment).await.is_ok(), || "the look-up failed".into());
    world.sandbox.expire_tokens();
    let order = world.order(&paid, 3_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, what, &world, &paid, &order, &tried, 2);
    expect(report, what, tried.label() == "completed", || format!("said {:?}", tried.outcome));
    expect(report, what, tried.seen == 2, || format!("the server saw {}", tried.seen));
    let prints: Vec<u64> = world
        .sandbox
        .requests()
        .iter()
        .filter(|seen| seen.operation == Operation::Cancel)
        .map(|seen| seen.body_fingerprint)
        .collect();
    expect(report, what, prints.windows(2).all(|pair| pair[0] == pair[1]), || {
        "the repeat had other bytes".into()
    });

    // a second 401 stops
    let stubborn = Fault::on(Kind::Chaiport.sandbox(), Operation::Cancel).always();
    let envelope = pg_sandbox::BodyKind::Envelope("-1".into(), "Unauthorized".into());
    world.sandbox.fault(stubborn.kind(FaultKind::Status(401, envelope)).apply(false));
    let order = world.order(&paid, 3_000, 7_000, 2);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, what, &world, &paid, &order, &tried, 2);
    expect(report, what, tried.label() == "rejected" && tried.seen == 2, || {
        format!("{} after {}", tried.label(), tried.seen)
    });
}

async fn one_token_for_all(report: &mut Report, over: Over) {
    let what = "chaiport, 64 callers at a cold start";
    let world = Arc::new(World::start(Patience::LONG.over(over)).await);
    let client = world.client(Kind::Chaiport);
    let mut calls = Vec::new();
    for _ in 0..64 {
        let (world, client) = (world.clone(), client.clone());
        calls.push(tokio::spawn(async move {
            let paid = world.pay(Kind::Chaiport);
            client.cancel(&world.order(&paid, 1_000, 10_000, 1)).await.is_ok()
        }));
    }
    for call in calls {
        let done = call.await.unwrap_or(false);
        report.count(if done { "completed" } else { "unknown" });
        report.seen += 1;
        expect(report, what, done, || "a cancel failed".into());
    }
    let tokens = world.sandbox.token_requests();
    expect(report, what, tokens == 1, || format!("{tokens} token requests"));
}

/// A PG that answers later. Until it has, a second copy could be a second refund whatever the balance says, so
/// nothing may be sent and nothing may be called decided. Whether a pending refund already counts against the
/// balance is documented nowhere: both ways are tried.
async fn asynchronous(report: &mut Report, over: Over) {
    for reserves in [true, false] {
        for lost in [false, true] {
            pending(report, over, reserves, lost, false).await;
            pending(report, over, reserves, lost, true).await;
        }
    }
}

async fn pending(report: &mut Report, over: Over, reserves: bool, lost: bool, console: bool) {
    let what = &format!(
        "chaiport, asynchronous PG, pending reserves: {reserves}, answer lost: {lost}, console: {console}"
    );
    let options = Options::default().start_time(NOON.unix_timestamp()).pending_reserves(reserves);
    let world = World::with_options(options, Patience::LONG.over(over)).await;
    let client = world.client(Kind::Chaiport);
    let mut paid = world
        .pay_as(Kind::Chaiport, |new| new.pg_provider("paypal_v2").pay_method("paypal").asynchronous(true));
    paid.payment = paid.payment.with_pg_provider("paypal_v2").with_method("paypal");
    if lost {
        world.arm(Kind::Chaiport, &FaultKind::CloseWithoutAnswer, true).await;
    }
    let order = world.order(&paid, 4_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, what, &world, &paid, &order, &tried, 1);
    let word = if lost { "unknown" } else { "accepted" };
    expect(report, what, tried.label() == word, || format!("said {:?}", tried.outcome));
    world.disarm(Kind::Chaiport).await;

    let undecided = |verdict: &Result<Verdict, _>| matches!(verdict, Ok(Verdict::Unclear(_)));
    let verdict = client.reconcile(&order, ALONE).await;
    expect(report, what, undecided(&verdict), || format!("while pending: {verdict:?}"));
    let again = cancel(&world, client.as_ref(), &paid, &order).await;
    expect(report, what, again.label() == "unknown" && again.seen == 0, || format!("sent again: {again:?}"));
    report.count(again.label());

    // somebody at the admin page refunds in between: that closes nothing either
    if console {
        let refunded =
            world.sandbox.console_refund(Kind::Chaiport.sandbox(), &paid.payment.gateway_id, 3_000);
        expect(report, what, refunded.is_ok(), || "the console could not refund".into());
        let verdict = client.reconcile(&order, ALONE).await;
        expect(report, what, undecided(&verdict), || {
            format!("while pending, after the console: {verdict:?}")
        });
    }

    world.sandbox.settle(Kind::Chaiport.sandbox(), &paid.payment.gateway_id);
    let verdict = client.reconcile(&order, ALONE).await;
    // PayPal's status is the payment's: with two refunds, it does not tell which of them was approved
    let settled = if console { undecided(&verdict) } else { matches!(verdict, Ok(Verdict::Applied { .. })) };
    expect(report, what, settled, || format!("after settling: {verdict:?}"));
    let ours = world.ledger(&paid).entries.iter().filter(|entry| entry.amount == 4_000).count();
    expect(report, what, ours == 1, || format!("{ours} refunds of ours"));
}

async fn dollars(report: &mut Report, over: Over) {
    let what = "eximbay, dollars";
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(Kind::Eximbay);
    for text in ["1", "1.00", "17.75"] {
        let paid = world.pay_dollars(text);
        let total = paid.total().minor();
        let part = world.order(&paid, 50, total, 1);
        let tried = cancel(&world, client.as_ref(), &paid, &part).await;
        check(report, what, &world, &paid, &part, &tried, 1);
        let left = Money::from_minor(total - 50, Currency::USD).ok();
        let remaining = tried.outcome.as_ref().ok().and_then(pg_core::Cancelled::remaining);
        expect(report, what, remaining == left, || format!("{text}: {:?}", tried.outcome));
        let rest = world.order(&paid, total - 50, total - 50, 2);
        let tried = cancel(&world, client.as_ref(), &paid, &rest).await;
        check(report, what, &world, &paid, &rest, &tried, 1);
        expect(report, what, world.ledger(&paid).balance == 0, || format!("{text}: {:?}", tried.outcome));
    }
}

/// Settlebank refuses for want of the merchant's funds and executes by itself later.
async fn late_execution(report: &mut Report, over: Over) {
    let what = "settlebank, refused now and executed later (3007)";
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(Kind::SettlebankStandard);
    let paid = world.pay(Kind::SettlebankStandard);
    let fault = FaultKind::RefusedThenApplied("3007".into(), "취소한도 초과".into());
    world.sandbox.fault(Fault::on(Kind::SettlebankStandard.sandbox(), Operation::Cancel).kind(fault));
    let order = world.order(&paid, 4_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    check(report, what, &world, &paid, &order, &tried, 1);
    let reason = match &tried.outcome {
        Err(CancelError::Unknown(unknown)) => Some(unknown.reason()),
        _ => None,
    };
    expect(report, what, reason == Some(UnknownReason::AwaitingMerchantFunds), || {
        format!("{:?}", tried.outcome)
    });
    world.sandbox.deliver_late();
    let verdict = client.reconcile(&order, ALONE).await;
    expect(report, what, matches!(verdict, Ok(Verdict::Applied { .. })), || format!("later: {verdict:?}"));
    expect(report, what, world.entries(&paid) == 1, || format!("{} entries", world.entries(&paid)));
}
