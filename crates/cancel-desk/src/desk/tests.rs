#![allow(clippy::arithmetic_side_effects, reason = "the ledger of the fake gateway")]

use pg_core::decimal::Decimal;
use pg_core::{
    CancelEntry, CancelError, CancelGateway, CancelOrder, CancelState, Cancelled, Capabilities, Currency,
    Evidence, Gateway, GatewayText, Guard, Money, PaymentRef,
};

use super::*;
use crate::journal::{MemoryJournal, SystemClock, Vault, VaultKey};

mod by_the_books;
mod clearing;
mod in_job;
#[cfg(feature = "gateways")]
mod refused_here;
mod sent;
mod waits;

/// A gateway that does what it is told, at once.
#[derive(Debug, Default)]
struct Obedient {
    refunded: Mutex<Vec<Money>>,
}

#[async_trait::async_trait]
impl CancelGateway for Obedient {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, true)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let ticket = order.sends().begin();
        self.refunded.lock().unwrap().push(order.amount());
        order.sends().judge(ticket, Ok(Cancelled::new(CancelState::Completed, order.amount(), ())))
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let refunded = self.refunded.lock().unwrap().clone();
        let sum = won(refunded.iter().map(|amount| amount.minor()).sum());
        let history = refunded.into_iter().map(|amount| CancelEntry {
            amount,
            at: None,
            reason: GatewayText::default(),
            cancel_id: None,
        });
        Ok(PaymentState::new(payment.paid, sum, "paid")?.with_history(history.collect()))
    }
}

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn desk() -> Desk {
    let vault = Vault::new(VaultKey::new([7; 32]));
    let journal = MemoryJournal::new(Arc::new(SystemClock), vault);
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(Obedient::default()))).unwrap();
    Desk::new(Arc::new(journal), Arc::new(accounts))
}

fn paid(id: &str, order: &str) -> NewPayment {
    let payment = PaymentRef::new(Gateway::Chaiport, id, order, won(10_000));
    NewPayment::new("shop", payment.with_method("card").with_pg_provider("html5_inicis"))
}

fn wish(order: &str, key: &str, amount: &str) -> Wish {
    Wish::new(Selector::order(order), key, Amount::Exact(Decimal::parse(amount).unwrap()))
}

async fn asked(desk: &Desk, wish: Wish) -> Result<Submitted, &'static str> {
    desk.cancel(wish).await.map_err(|error| error.code())
}

#[tokio::test]
async fn a_wish_is_carried_through_and_its_key_gives_the_stored_outcome() {
    let desk = desk();
    desk.register(paid("imp_1", "ORD-1")).await.unwrap();
    let workers = desk.start_workers(2).unwrap();
    let first = desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap();
    let patience = Duration::from_secs(20);
    let done = desk.pursue(first.intent().id, patience).await.unwrap();
    assert_eq!(done.state, IntentState::Completed);
    assert!(
        matches!(desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap(), Submitted::Existing(same) if same == done)
    );
    assert_eq!(asked(&desk, wish("ORD-1", "k", "3001")).await, Err("idempotency_key_reused"));

    // all that is left, only if it is as much as expected; and the same answer ever after
    let rest =
        |expected| Wish::new(Selector::order("ORD-1"), "rest", Amount::Remaining { expected: won(expected) });
    assert_eq!(asked(&desk, rest(10_000)).await, Err("remaining_differs"));
    let last = desk.cancel(rest(7_000)).await.unwrap().intent().id;
    assert_eq!(desk.pursue(last, patience).await.unwrap().state, IntentState::Completed);
    assert_eq!(desk.cancel(rest(7_000)).await.unwrap().intent().id, last);
    assert_eq!(asked(&desk, wish("ORD-1", "more", "1")).await, Err("already_refunded"));
    let state = desk.look_up(&paid("imp_1", "ORD-1").key()).await.unwrap();
    assert_eq!(state.balance, won(0));
    let payment = desk.find(&Selector::payment_id("imp_1")).await.unwrap();
    let shown = serde_json::to_value(desk.show_payment(&payment).await.unwrap()).unwrap();
    assert_eq!((&shown["cancel_amount"], &shown["cancelable_amount"]), (&10_000.into(), &0.into()));
    assert_eq!(shown["cancels"][1]["outcome"]["proof"], "answer");
    assert_eq!(workers.stop(Duration::from_secs(5)).await, 0);
    desk.ring();
    assert!(desk.bells().is_empty(), "the bells of stopped workers are forgotten");
}

#[tokio::test]
async fn of_several_payments_the_one_is_meant_that_the_key_stands_for() {
    let desk = desk();
    desk.register(paid("imp_1", "ORD-1")).await.unwrap();
    let first = desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap();
    // the order was paid once more, at this account and at another
    desk.register(paid("imp_2", "ORD-1")).await.unwrap();
    desk.register(NewPayment::new("other", paid("imp_3", "ORD-1").payment)).await.unwrap();
    let again = desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap();
    assert_eq!(again, Submitted::Existing(first.intent().clone()));
    for (wish, code) in [
        (wish("ORD-1", "k", "3001"), "idempotency_key_reused"),
        (wish("ORD-1", "l", "3000"), "several_payments"),
        (wish("ORD-1", "", "3000"), "several_payments"),
    ] {
        assert_eq!(asked(&desk, wish).await, Err(code));
    }
    // the key stands for another order's refund
    desk.register(paid("imp_4", "ORD-4")).await.unwrap();
    assert!(desk.cancel(wish("ORD-4", "l", "1")).await.is_ok());
    assert_eq!(asked(&desk, wish("ORD-1", "l", "3000")).await, Err("several_payments"));
    // and for one of each account
    let other = NewPayment::new("other", paid("imp_3", "ORD-1").payment).key();
    desk.journal().submit(NewIntent::new(other, "k", won(3_000)).unwrap()).await.unwrap();
    assert_eq!(asked(&desk, wish("ORD-1", "k", "3000")).await, Err("several_payments"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_it_is_stored() {
    let desk = desk();
    for (id, order) in [("imp_1", "ORD-1"), ("imp_2", "ORD-2"), ("imp_3", "ORD-2")] {
        desk.register(paid(id, order)).await.unwrap();
    }
    desk.register(NewPayment::new("other", paid("imp_4", "ORD-4").payment)).await.unwrap();
    let account = || RefundTo::by_code("88", "56211105948400", "홍길동");
    for (wish, code) in [
        (wish("ORD-9", "k", "1"), "no_such_payment"),
        (wish("", "k", "1"), "invalid"),
        (wish("ORD-2", "k", "1"), "several_payments"),
        (wish("ORD-4", "k", "1"), "no_such_account"),
        (wish("ORD-1", "", "1"), "invalid"),
        (wish("ORD-1", "k", "0"), "invalid"),
        (wish("ORD-1", "k", "0.5"), "invalid"),
        (wish("ORD-1", "k", "10001"), "exceeds_cancelable_amount"),
        (
            Wish::new(
                Selector::order("ORD-1"),
                "k",
                Amount::Money(Money::parse("1", Currency::USD).unwrap()),
            ),
            "invalid",
        ),
        (wish("ORD-1", "k", "1").with_reason("a\nb"), "invalid"),
        (wish("ORD-1", "k", "1").with_account(RefundTo::by_code("4444", "1", "x")), "invalid"),
    ] {
        assert_eq!(asked(&desk, wish).await, Err(code));
    }
    let waits = desk.journal().next_due().await.unwrap();
    assert_eq!(waits, None, "nothing was stored");
    let choice = Selector::order("ORD-2").with_payment_id("imp_3");
    assert_eq!(desk.find(&choice).await.unwrap().payment.gateway_id, "imp_3");
    let key = paid("imp_2", "ORD-2").key();
    assert_eq!(desk.find(&Selector::key(key.clone())).await.unwrap().key(), key);
    assert!(desk.cancel(wish("ORD-1", "k", "1").with_account(account())).await.is_ok());
    assert!(!format!("{:?}", account()).contains("5621"));
}

#[tokio::test]
async fn under_way_is_not_called_refunded() {
    let desk = desk();
    desk.register(paid("imp_1", "ORD-1")).await.unwrap();
    desk.cancel(wish("ORD-1", "a", "10000")).await.unwrap();
    let error = desk.cancel(wish("ORD-1", "b", "1")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 KRW is more than the 0 KRW that can still be refunded, 10000 KRW being held for refunds under way"
    );
    let open = desk.journal().intents_of(&paid("imp_1", "ORD-1").key()).await.unwrap();
    let early = desk.pursue(open[0].id, Duration::from_millis(30)).await.unwrap();
    assert_eq!(early.state, IntentState::Planned);
    assert_eq!(desk.withdraw(early.id, "김", "변심 철회").await.unwrap().state, IntentState::Withdrawn);
    let again = desk.resolve(early.id, Resolution::Happened, "김", "?", ByHand::Nothing).await.unwrap_err();
    assert_eq!(again.code(), "not_allowed");
    let nobody = desk.intent(IntentId::from_bits(1)).await.unwrap_err();
    assert_eq!(nobody.code(), "no_such_cancel");
}

#[test]
fn a_bank_is_read_in_the_numbering_of_the_payments_pg() {
    let at = |pg: &str| paid("imp_1", "O").payment.with_pg_provider(pg);
    let bank = |pg, code| RefundTo::by_code(code, "1", "홍").account(&at(pg)).map(|a| a.bank().clone());
    assert_eq!(bank("html5_inicis", "88"), Ok(pg_core::Bank::Shinhan));
    assert_eq!(bank("kcp", "BK88"), Ok(pg_core::Bank::Shinhan));
    for pg in ["html5_inicis", "kcp"] {
        for word in ["신한은행", " 신한 ", "shinhan", "088"] {
            assert_eq!(bank(pg, word), Ok(pg_core::Bank::Shinhan), "{pg} {word}");
        }
        // two banks have that name
        assert!(bank(pg, "농협중앙회").is_err() && bank(pg, "999").is_err() && bank(pg, "8").is_err());
    }
    for (pg, code) in [("kcp", "88"), ("ksnet", "88"), ("html5_inicis", "없음")] {
        assert_eq!(bank(pg, code).unwrap_err().field(), "refund_bank");
    }
    let (number, holder) = (RefundTo::by_code("88", "x", "홍"), RefundTo::by_code("88", "1", ""));
    assert_eq!(number.account(&at("html5_inicis")).unwrap_err().field(), "refund_account");
    assert_eq!(holder.account(&at("html5_inicis")).unwrap_err().field(), "refund_holder");
}

#[test]
fn amounts_are_shown_as_numbers_of_exact_text() {
    let shown =
        |text: &str, currency| serde_json::to_string(&Number(Money::parse(text, currency).unwrap())).unwrap();
    assert_eq!(shown("3000", Currency::KRW), "3000");
    assert_eq!(shown("7.5", Currency::USD), "7.50");
    assert_eq!(shown("90071992547409.93", Currency::USD), "90071992547409.93");
    assert_eq!(rfc3339(crate::record::Timestamp(1_790_000_000_123)), "2026-09-21T14:13:20.123Z");
}

#[cfg(feature = "gateways")]
#[tokio::test]
async fn what_the_gateways_crate_would_refuse_is_refused_at_once() {
    let desk = desk();
    let refused = async |new: NewPayment| match desk.register(new).await {
        Err(DeskError::Invalid(error)) => error.field(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(paid("a/b", "ORD-1")).await, "imp_uid");
    let settlebank = PaymentRef::new(Gateway::Settlebank, "STFP1", "ORD-1", won(1));
    assert_eq!(refused(NewPayment::new("shop", settlebank)).await, "paid_on");
    for other in ["VBANK", "ｖｂａｎｋ", "v bank"] {
        let payment = paid("imp_8", "ORD-8").payment.with_method(other);
        assert_eq!(refused(NewPayment::new("shop", payment)).await, "method", "{other}");
    }
    let vbank = NewPayment::new("shop", paid("imp_9", "ORD-9").payment.with_method("vbank"));
    desk.register(vbank).await.unwrap();
    let error = desk.cancel(wish("ORD-9", "k", "1")).await.unwrap_err();
    assert_eq!(error.field(), Some("refund_account"), "{error}");
}
