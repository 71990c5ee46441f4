//! `cargo xtask demo`: the main job, start to end, against the sandbox on loopback.
//!
//! The oracle is the sandbox's ledger: a row is right only if the books moved by what the client said. It ends with the
//! desk's own demonstration: refunds in bulk that survive a kill.

mod desk;
mod table;

use std::path::Path;

use contract_tests::world::ALONE;
use contract_tests::{Kind, Paid, Patience, World};
use pg_core::{Bank, CancelError, CancelGateway, CancelOrder, Cancelled, Money, RefundAccount, Verdict};
use pg_sandbox::{Fault, FaultKind, Operation};
use serde::Serialize;

/// One line of the demo.
#[derive(Debug, Serialize)]
struct Row {
    gateway: &'static str,
    case: &'static str,
    asked: String,
    outcome: String,
    state: Option<&'static str>,
    cancelled: Option<String>,
    currency: &'static str,
    remaining: Option<String>,
    code: Option<String>,
    wire_requests: usize,
    ledger_before: String,
    ledger_after: String,
    /// Whether the ledger moved exactly as the outcome says, and the outcome is the expected one.
    agrees: bool,
}

/// What a case must come to.
#[derive(Clone, Copy)]
enum Expected {
    /// Done, in this state.
    Done(&'static str),
    /// Not done: one of these words, and the books untouched.
    NotDone(&'static [&'static str]),
    /// Unknown, and the books moved: the answer was lost.
    LostAnswer,
}

const COMPLETED: Expected = Expected::Done("completed");
const ACCEPTED: Expected = Expected::Done("accepted");
const REFUSED: Expected = Expected::NotDone(&["rejected", "unknown"]);

struct Demo {
    world: World,
    json: bool,
    rows: Vec<Row>,
}

pub(crate) async fn run(root: &Path, json: bool) -> Result<(), String> {
    let mut demo = Demo { world: World::start(Patience::SHORT).await, json, rows: Vec::new() };
    if !json {
        println!("Three simulated gateways on loopback; every amount is compared with their ledgers.\n");
        table::head();
    }
    for kind in Kind::ALL {
        demo.gateway(kind).await?;
    }
    let wrong = demo.rows.iter().filter(|row| !row.agrees).count();
    if !json {
        println!("\n{} cases, {} ledgers agree, {wrong} do not.", demo.rows.len(), demo.rows.len() - wrong);
        println!(
            "\"unknown\" claims no more than the answer proves: an earlier copy of ours could be why it was refused."
        );
        println!("A simulator is a simulator: this shows the documents' behaviour, not a gateway's own.");
    }
    if wrong > 0 {
        return Err(format!("{wrong} cases do not agree with the ledger"));
    }
    desk::run(root, json)
}

impl Demo {
    async fn gateway(&mut self, kind: Kind) -> Result<(), String> {
        let client = self.world.client(kind);
        let client = client.as_ref();

        let paid = self.world.pay(kind);
        let order = self.world.order(&paid, 10_000, 10_000, 1);
        self.case(client, "full", &paid, &order, COMPLETED).await;
        let again = self.world.order(&paid, 10_000, 10_000, 2);
        self.case(client, "double cancel, not moved", &paid, &again, REFUSED).await;

        let paid = self.world.pay(kind);
        let order = self.world.order(&paid, 2_000, 10_000, 1);
        self.case(client, "partial", &paid, &order, COMPLETED).await;
        let order = self.world.order(&paid, 3_000, 8_000, 2);
        self.case(client, "partial again, guarded", &paid, &order, COMPLETED).await;
        // the merchant's record is old: it still believes that all is there
        let order = self.world.order(&paid, 9_000, 10_000, 3);
        self.case(client, "over-cancel, not moved", &paid, &order, REFUSED).await;

        if kind == Kind::Eximbay {
            let paid = self.world.pay_dollars("1.00");
            let order = self.world.order(&paid, 50, 100, 1);
            self.case(client, "partial, dollars", &paid, &order, COMPLETED).await;
            let paid = self.world.pay_dollars("1");
            let order = self.world.order(&paid, 100, 100, 1);
            self.case(client, "full, dollars", &paid, &order, COMPLETED).await;
        }
        if matches!(kind, Kind::Chaiport | Kind::SettlebankStandard) {
            let (paid, order) = self.virtual_account(kind)?;
            self.case(client, "virtual account refund", &paid, &order, ACCEPTED).await;
        }

        let paid = self.world.pay(kind);
        let order = self.world.order(&paid, 4_000, 10_000, 1);
        let silence = Fault::on(kind.sandbox(), Operation::Cancel).kind(FaultKind::Silence).apply(true);
        // the token and the connection are there already: what is lost is the answer to the cancel
        client.look_up(&paid.payment).await.map_err(|error| format!("{kind}: {error}"))?;
        self.world.sandbox.fault(silence);
        self.case(client, "time-out after applying", &paid, &order, Expected::LostAnswer).await;
        self.world.sandbox.clear_faults();
        self.reconciled(client, &paid, &order).await;
        Ok(())
    }

    fn virtual_account(&self, kind: Kind) -> Result<(Paid, CancelOrder), String> {
        let method = if kind == Kind::Chaiport { "vbank" } else { "VA" };
        let mut paid =
            self.world.pay_as(kind, |new| new.vbank().mid(pg_sandbox::credentials::SETTLEBANK_MID));
        paid.payment = paid.payment.with_method(method);
        let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동")
            .map_err(|error| error.to_string())?;
        let order = self.world.order(&paid, 10_000, 10_000, 1).with_refund_account(account);
        Ok((paid, order))
    }

    async fn case(
        &mut self,
        client: &dyn CancelGateway,
        case: &'static str,
        paid: &Paid,
        order: &CancelOrder,
        expected: Expected,
    ) {
        let before = self.balance(paid);
        let seen = self.world.cancels_seen(paid.kind);
        let outcome = client.cancel(order).await;
        let wire_requests = self.world.cancels_seen(paid.kind) - seen;
        let after = self.balance(paid);
        let moved = before.minor() - after.minor();
        let word = outcome.as_ref().map_or_else(CancelError::label, |done| done.state().label());
        let told = outcome.as_ref().ok().and_then(Cancelled::remaining);
        let agrees = wire_requests <= 1
            && match expected {
                Expected::Done(state) => {
                    word == state && moved == order.amount().minor() && told.is_none_or(|told| told == after)
                }
                Expected::NotDone(words) => words.contains(&word) && moved == 0,
                Expected::LostAnswer => word == "unknown" && moved == order.amount().minor(),
            };
        let done = outcome.as_ref().ok();
        self.show(Row {
            gateway: paid.kind.as_str(),
            case,
            asked: order.amount().to_decimal_text(),
            outcome: word.to_owned(),
            state: done.map(|done| done.state().label()),
            cancelled: done.map(|done| done.amount().to_decimal_text()),
            currency: order.amount().currency().code(),
            remaining: told.map(Money::to_decimal_text),
            code: outcome.as_ref().err().and_then(CancelError::code).map(str::to_owned),
            wire_requests,
            ledger_before: before.to_decimal_text(),
            ledger_after: after.to_decimal_text(),
            agrees,
        });
    }

    /// The outcome was unknown; the ledger knows.
    async fn reconciled(&mut self, client: &dyn CancelGateway, paid: &Paid, order: &CancelOrder) {
        let before = self.balance(paid);
        let verdict = client.reconcile(order, ALONE).await;
        let after = self.balance(paid);
        let applied = matches!(verdict, Ok(Verdict::Applied { .. }));
        self.show(Row {
            gateway: paid.kind.as_str(),
            case: "… reconciled to the truth",
            asked: order.amount().to_decimal_text(),
            outcome: if applied { "applied".to_owned() } else { format!("{verdict:?}") },
            state: applied.then_some("completed"),
            cancelled: applied.then(|| order.amount().to_decimal_text()),
            currency: order.amount().currency().code(),
            remaining: Some(after.to_decimal_text()),
            code: None,
            wire_requests: 0,
            ledger_before: before.to_decimal_text(),
            ledger_after: after.to_decimal_text(),
            agrees: applied && before == after && self.world.entries(paid) == 1,
        });
    }

    /// What can still be cancelled, by the books; accepted refunds count as gone.
    fn balance(&self, paid: &Paid) -> Money {
        let ledger = self.world.ledger(paid);
        let pending: i64 = ledger.pending.iter().map(|entry| entry.amount).sum();
        Money::from_minor(ledger.balance - pending, paid.total().currency())
            .unwrap_or(Money::zero(paid.total().currency()))
    }

    fn show(&mut self, row: Row) {
        if self.json {
            println!("{}", serde_json::to_string(&row).unwrap_or_default());
        } else {
            table::line(&row);
        }
        self.rows.push(row);
    }
}
