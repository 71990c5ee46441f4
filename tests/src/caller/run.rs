//! Giving every case to the clients: nothing invalid may reach a sandbox, what is valid must end right there.

use std::fmt;
use std::sync::Arc;

use pg_core::{CancelError, CancelGateway, CancelOrder, Invalid};
use pg_sandbox::{NewPayment, Operation, credentials};

use super::{Case, Expected, Made, Refusal, proxies};
use crate::kind::Kind;
use crate::report::Report;
use crate::truth::{Tried, check};
use crate::world::{Keys, Paid, Patience, World};

/// Every so many of the accepted orders is sent.
const SAMPLE: usize = 4;

/// What was tried.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Inputs.
    pub cases: usize,
    /// Of these, to be refused.
    pub refused: usize,
    /// Of these, to be taken.
    pub accepted: usize,
    /// Of the accepted, sent to the sandbox.
    pub sent: usize,
    /// Counts of the sent, and every broken rule.
    pub report: Report,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} inputs: {} to be refused, {} to be accepted, {} of these sent; {}",
            self.cases, self.refused, self.accepted, self.sent, self.report
        )
    }
}

/// Clients of a sandbox, one for each kind.
struct Clients {
    world: World,
    clients: Vec<Arc<dyn CancelGateway>>,
}

impl Clients {
    async fn start() -> Self {
        let world = World::start(Patience::LONG).await;
        let clients = Kind::ALL.into_iter().map(|kind| world.client(kind)).collect();
        Self { world, clients }
    }

    fn of(&self, kind: Kind) -> &dyn CancelGateway {
        let at = Kind::ALL.iter().position(|known| *known == kind).expect("a kind");
        self.clients[at].as_ref()
    }
}

/// Tries every case.
pub async fn run(cases: &[Case]) -> Figures {
    let mut figures = Figures { cases: cases.len(), ..Figures::default() };
    // what is refused is given to clients of a sandbox that must see nothing at all
    let quiet = Clients::start().await;
    let live = Clients::start().await;
    for case in cases {
        match case.expected {
            Expected::Invalid(_) => figures.refused += 1,
            Expected::Accepted => figures.accepted += 1,
        }
        let (kind, order) = match (case.make)() {
            Made::Checked(result) => {
                judge(&mut figures.report, case, result);
                continue;
            }
            Made::Order(kind, order) => (kind, order),
        };
        if case.expected != Expected::Accepted {
            let outcome = quiet.of(kind).cancel(&order).await;
            judge(&mut figures.report, case, as_check(outcome));
            look_up_refused(&mut figures.report, case, &quiet, kind, &order).await;
            continue;
        }
        judge(&mut figures.report, case, pure(&live.world, kind, &order).map_err(Into::into));
        if figures.accepted.is_multiple_of(SAMPLE) && can_be_paid(&order) {
            figures.sent += 1;
            send(&mut figures.report, case, &live, kind, &order).await;
        }
    }
    figures.cases += proxies::run(&mut figures.report).await;
    paths(&mut figures, cases, &live.world).await;
    for gateway in pg_sandbox::Gateway::ALL {
        let seen = quiet.world.sandbox.count(gateway, Operation::Any);
        let connections = quiet.world.sandbox.connections(gateway);
        if seen + connections > 0 {
            figures.report.violate(format!("{}: {seen} requests of refused orders", gateway.name()));
        }
    }
    figures
}

/// Holds what came of a case against what must.
fn judge(report: &mut Report, case: &Case, result: Result<(), Refusal>) {
    match (result, case.expected) {
        (Ok(()), Expected::Accepted) => {}
        (Ok(()), Expected::Invalid(_)) => report.violate(format!("{case:?}: was accepted")),
        (Err(refusal), expected) => {
            if expected != Expected::Invalid(refusal.field) {
                report.violate(format!("{case:?}: {}", refusal.said));
            }
            discreet(report, case, &refusal.said);
        }
    }
}

/// An error repeats nothing of the value, and stays on its line.
fn discreet(report: &mut Report, case: &Case, said: &str) {
    let value = case.value.trim();
    // shorter ones stand in any sentence; a number of a limit in the rule
    let telling = value.chars().count() > 4 && !matches!(value, "undefined" | "10000" | "https://");
    if telling && said.contains(value) {
        report.violate(format!("{case:?}: the error repeats the value: {said}"));
    }
    if said.contains("CANARY") {
        report.violate(format!("{case:?}: the error tells a secret: {said}"));
    }
    if said.chars().any(char::is_control) {
        report.violate(format!("{case:?}: the error has control characters: {said:?}"));
    }
    if said.len() > 600 {
        report.violate(format!("{case:?}: the error is {} bytes long", said.len()));
    }
}

fn as_check(outcome: Result<pg_core::Cancelled, CancelError>) -> Result<(), Refusal> {
    match outcome {
        Ok(_) => Ok(()),
        Err(CancelError::Invalid(error)) => Err(error.into()),
        Err(error) => Err(Refusal::new(error.label(), &error)),
    }
}

/// A look-up with a bad id must not reach the wire either; what is wrong may be something that it does not need.
async fn look_up_refused(report: &mut Report, case: &Case, quiet: &Clients, kind: Kind, order: &CancelOrder) {
    let of_the_payment = ["imp_uid", "merchant_uid", "transaction_id", "order_id", "trade_no", "order_no"];
    let Expected::Invalid(field) = case.expected else { return };
    // the standard form's shorter trade number is its cancel's own
    let too_long_for_one = field == "trade_no" && order.payment().gateway_id.len() > 40;
    if !of_the_payment.contains(&field) || too_long_for_one {
        return;
    }
    match quiet.of(kind).look_up(order.payment()).await {
        Err(error) if error.to_string().contains(field) => {
            discreet(report, case, &format!("{error} {error:?}"));
        }
        other => report.violate(format!("{case:?}: a look-up said {other:?}")),
    }
}

/// An order number that was accepted stays one segment of the path, whatever is in it.
async fn paths(figures: &mut Figures, cases: &[Case], world: &World) {
    let client = world.chaiport_with(Keys::Right);
    let accepted = |case: &&Case| case.expected == Expected::Accepted;
    let numbers = cases.iter().filter(|case| case.place == "chaiport: merchant_uid").filter(accepted);
    for case in numbers {
        let Ok(number) = case.value.parse::<chaiport_cancel::MerchantUid>() else { continue };
        world.sandbox.clear_requests();
        // whether it is found does not matter here
        drop(client.find(&number, chaiport_cancel::FindOptions::new()).await);
        let seen = world.sandbox.requests();
        let path = seen.iter().rev().find(|seen| seen.method == "GET").map(|seen| seen.path.clone());
        let number = path.as_deref().and_then(|path| path.strip_prefix("/payments/find/"));
        if number.and_then(decoded).as_deref() != Some(case.value.as_str()) {
            figures.report.violate(format!("{case:?}: asked for {path:?}"));
        }
        figures.sent += 1;
    }
}

/// One path segment without its percent signs; `None` when it is more than one.
fn decoded(segment: &str) -> Option<String> {
    if segment.contains('/') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).ok()
}

/// The gateway's own checks, without a wire.
fn pure(world: &World, kind: Kind, order: &CancelOrder) -> Result<(), Invalid> {
    match kind {
        Kind::Chaiport => {
            let request = chaiport_cancel::gateway::request_for(order)?;
            chaiport_cancel::wire::cancel_body(&request).map(drop)
        }
        Kind::Eximbay => eximbay_cancel::CancelRequest::try_from(order).map(drop),
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            let client = world.settlebank_with(Keys::Right, kind == Kind::SettlebankStandard);
            settlebank_cancel::gateway::request_for(order, client.config()).map(drop)
        }
    }
}

/// Whether the sandbox can have such a payment: of won, made today, with nothing refunded.
fn can_be_paid(order: &CancelOrder) -> bool {
    let payment = order.payment();
    payment.paid.currency() == pg_core::Currency::KRW
        && payment.paid_text.as_deref().is_none_or(|text| text == payment.paid.to_decimal_text())
        && order.balance_before() == payment.paid
        && order.sequence() == 1
        && order.at() == crate::world::NOON
}

/// Pays, cancels, and looks into the books.
async fn send(report: &mut Report, case: &Case, live: &Clients, kind: Kind, order: &CancelOrder) {
    let payment = order.payment();
    let (world, paid) = (&live.world, payment.paid.minor());
    let virtual_account = order.refund_account().is_some();
    let new = match kind {
        Kind::Chaiport => NewPayment::chaiport(&payment.merchant_uid, paid).pg_provider("html5_inicis"),
        Kind::Eximbay => NewPayment::eximbay(&payment.merchant_uid, "KRW", &paid.to_string()),
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            NewPayment::settlebank(&payment.merchant_uid, paid).trade_date("20261121")
        }
    };
    let new = if virtual_account { new.vbank() } else { new };
    let new = match kind {
        Kind::SettlebankStandard | Kind::SettlebankFlat => new.mid(credentials::SETTLEBANK_MID),
        _ => new,
    };
    world.sandbox.pay(new.id(&payment.gateway_id));
    let paid = Paid { kind, payment: payment.clone() };
    let before = world.cancels_seen(kind);
    let outcome = live.of(kind).cancel(order).await;
    let tried = Tried { outcome, seen: world.cancels_seen(kind) - before };
    check(report, &format!("{case:?}"), world, &paid, order, &tried, 1);
    let word = tried.label();
    if !matches!(word, "completed" | "accepted") || tried.seen != 1 {
        report.violate(format!("{case:?}: the sandbox saw {}, said {:?}", tried.seen, tried.outcome));
    }
    match live.of(kind).look_up(payment).await {
        Ok(state) if state.balance.minor() == world.ledger(&paid).balance => {}
        other => report.violate(format!("{case:?}: the look-up behind it said {other:?}")),
    }
}
