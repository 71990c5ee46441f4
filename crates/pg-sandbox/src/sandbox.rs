//! The handle on a running sandbox.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, date8};
use crate::faults::{Fault, FaultKind, Rates};
use crate::ledger::{Actor, Entry, Ledger, Record, Status, Waits};
use crate::log::{Operation, Seen};
use crate::options::{Gateway, Guards, Options};
use crate::payment::{NewPayment, PaymentId};
use crate::server::{self, Acceptor};
use crate::settlebank::{NotiCharset, NotiKind};
use crate::world::World;
use crate::{admin, eximbay, settlebank};

/// Why something could not be done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SandboxError {
    /// No payment of that id.
    NoSuchPayment,
    /// The amount is not above 0 and within the balance.
    Amount,
    /// The payment is not in a state for it.
    State,
}

impl std::fmt::Display for SandboxError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::NoSuchPayment => "no such payment",
            Self::Amount => "amount is not within the balance",
            Self::State => "payment is not in a state for it",
        })
    }
}

impl std::error::Error for SandboxError {}

/// Three simulated gateways and an admin listener on loopback ports.
///
/// A simulator: written from the gateways' documents, it never spoke to the real ones. It stops when the
/// handle is dropped.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    ports: [u16; 4],
    shut: [watch::Receiver<bool>; 3],
    tasks: Vec<JoinHandle<()>>,
    ca_pem: Option<String>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn port_of(door: &server::Door) -> std::io::Result<u16> {
    Ok(door.open.local_addr()?.port())
}

#[cfg(feature = "tls")]
fn security(options: &Options) -> std::io::Result<(Acceptor, Option<String>)> {
    if !options.tls {
        return Ok((None, None));
    }
    let (acceptor, ca_pem) = crate::tls::acceptor(options.certificate)?;
    Ok((Some(acceptor), Some(ca_pem)))
}

#[cfg(not(feature = "tls"))]
fn security(options: &Options) -> std::io::Result<(Acceptor, Option<String>)> {
    if options.tls {
        return Err(std::io::Error::other("built without the feature tls"));
    }
    Ok((None, None))
}

impl Sandbox {
    /// Starts the listeners on the current tokio runtime.
    ///
    /// # Errors
    /// When a port cannot be bound, or TLS is asked for and cannot be set up.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let (acceptor, ca_pem) = security(&options)?;
        let wanted = options.ports.unwrap_or_default();
        let [chaiport, eximbay, settlebank, admin] = wanted.map(server::listen);
        let (doors, admin) = ([chaiport?, eximbay?, settlebank?], admin?);
        let [first, second, third] = &doors;
        let ports = [port_of(first)?, port_of(second)?, port_of(third)?, port_of(&admin)?];
        let world = Arc::new(World::new(options));
        let gates: [watch::Sender<bool>; 3] = std::array::from_fn(|_| watch::Sender::new(false));
        let [a, b, c] = &gates;
        let shut = [a.subscribe(), b.subscribe(), c.subscribe()];
        let mut tasks = Vec::new();
        for ((gateway, door), gate) in Gateway::ALL.into_iter().zip(doors).zip(gates) {
            let task = server::accept_loop(Arc::clone(&world), gateway, door, acceptor.clone(), gate);
            tasks.push(tokio::spawn(task));
        }
        tasks.push(tokio::spawn(admin::accept_loop(Arc::clone(&world), admin)));
        Ok(Self { world, ports, shut, tasks, ca_pem })
    }

    /// Stops the listeners and every connection, and waits until they are gone.
    pub async fn shutdown(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            // An aborted task ends with an error by design.
            drop(task.await);
        }
    }

    fn port(&self, gateway: Gateway) -> u16 {
        let [chaiport, eximbay, settlebank, _] = self.ports;
        match gateway {
            Gateway::Chaiport => chaiport,
            Gateway::Eximbay => eximbay,
            Gateway::Settlebank => settlebank,
        }
    }

    /// Base URL of a gateway, without a trailing slash: `http://127.0.0.1:PORT`, or `https` with TLS.
    pub fn url(&self, gateway: Gateway) -> String {
        let scheme = if self.world.options.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port(gateway))
    }

    /// Base URL of the admin listener; always plain HTTP.
    pub fn admin_url(&self) -> String {
        let [.., admin] = self.ports;
        format!("http://127.0.0.1:{admin}")
    }

    /// The test certificate authority, PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<String> {
        self.ca_pem.clone()
    }

    /// The seed in use.
    pub fn seed(&self) -> u64 {
        self.world.options.seed
    }

    /// Puts a payment into the books and tells the gateway's id of it.
    pub fn pay(&self, payment: NewPayment) -> PaymentId {
        put(&self.world, payment)
    }

    /// The books of a payment: the oracle.
    pub fn payment(&self, gateway: Gateway, id: impl AsRef<str>) -> Option<Ledger> {
        self.world.books(gateway).get(id.as_ref()).map(Record::ledger)
    }

    /// The books of every payment of a gateway, oldest first.
    pub fn payments(&self, gateway: Gateway) -> Vec<Ledger> {
        self.world.books(gateway).all().map(Record::ledger).collect()
    }

    /// A person refunds at the gateway's admin page. Amount in minor units.
    ///
    /// # Errors
    /// When there is no such payment, it is not paid, or the amount is not within the balance.
    pub fn console_refund(
        &self,
        gateway: Gateway,
        id: impl AsRef<str>,
        amount: i64,
    ) -> Result<Entry, SandboxError> {
        console_refund(&self.world, gateway, id.as_ref(), amount)
    }

    /// The gateway takes its newest refund of a payment back, so that the balance rises again. Gives the entry.
    pub fn roll_back(&self, gateway: Gateway, id: impl AsRef<str>) -> Option<Entry> {
        self.world.books(gateway).get_mut(id.as_ref())?.entries.pop()
    }

    /// Carries out the waiting (asynchronous) cancels of a payment. Tells how many.
    pub fn settle(&self, gateway: Gateway, id: impl AsRef<str>) -> usize {
        let now = self.world.clock.now();
        let mut books = self.world.books(gateway);
        books.get_mut(id.as_ref()).map_or(0, |record| record.settle(Waits::ForPg, now, None))
    }

    /// The PG turns the waiting cancels of a payment down; nothing moves. Tells how many.
    pub fn turn_down(&self, gateway: Gateway, id: impl AsRef<str>) -> usize {
        let mut books = self.world.books(gateway);
        books.get_mut(id.as_ref()).map_or(0, |record| std::mem::take(&mut record.pending).len())
    }

    /// Delivers every request that a fault kept back, and carries out every cancel that waits for funds.
    /// Tells how many refunds that made.
    pub fn deliver_late(&self) -> usize {
        let kept = self.world.deliver(None);
        Gateway::ALL
            .into_iter()
            .fold(kept, |total, gateway| total.saturating_add(self.world.run_awaiting(gateway)))
    }

    /// The merchant pays in: `amount` minor units are added to the funds (limitless if `None`), and what
    /// waits for funds is carried out. Tells how many refunds that made.
    pub fn deposit_funds(&self, gateway: Gateway, amount: Option<i64>) -> usize {
        {
            let mut books = self.world.books(gateway);
            books.funds = match (books.funds, amount) {
                (Some(funds), Some(amount)) => Some(funds.saturating_add(amount)),
                _ => None,
            };
        }
        self.world.run_awaiting(gateway)
    }

    /// Limits what the merchant can refund from: Eximbay then answers `W414`, Settlebank `3007`. `None` lifts
    /// the limit.
    pub fn set_funds(&self, gateway: Gateway, minor: Option<i64>) {
        self.world.books(gateway).funds = minor;
    }

    /// The PG's own books change behind Chaiport's back: it has refunded, Chaiport does not know. Tells
    /// whether the payment exists.
    pub fn refund_at_pg_only(&self, id: impl AsRef<str>) -> bool {
        let mut books = self.world.books(Gateway::Chaiport);
        books.get_mut(id.as_ref()).map(|record| record.spec.pg_already_cancelled = true).is_some()
    }

    /// Look-ups answer as of so long ago (whole seconds of sandbox time).
    pub fn set_read_lag(&self, gateway: Gateway, lag: Duration) {
        self.world.books(gateway).read_lag = i64::try_from(lag.as_secs()).unwrap_or(i64::MAX);
    }

    /// The next `count` look-ups miss the newest refund.
    pub fn stale_reads(&self, gateway: Gateway, count: u32) {
        self.world.books(gateway).stale_reads = count;
    }

    /// The body of the notification that Settlebank would post for this payment
    /// (`application/x-www-form-urlencoded`), with its hash. `None` when there is nothing to tell.
    pub fn settlebank_noti(
        &self,
        id: impl AsRef<str>,
        kind: NotiKind,
        charset: NotiCharset,
    ) -> Option<Vec<u8>> {
        settlebank::notification(&self.world.books(Gateway::Settlebank), id.as_ref(), kind, charset)
    }

    /// Every request the servers read at least one byte of, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        self.world.log.all()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.world.log.clear();
    }

    /// How many requests of an operation the gateway read at least one byte of.
    pub fn count(&self, gateway: Gateway, operation: Operation) -> usize {
        self.world.log.count(gateway, operation)
    }

    /// How many requests for a token Chaiport saw.
    pub fn token_requests(&self) -> usize {
        self.count(Gateway::Chaiport, Operation::Token)
    }

    /// How many connections the gateway accepted since the start.
    pub fn connections(&self, gateway: Gateway) -> usize {
        self.world.connected(gateway).load(Ordering::SeqCst)
    }

    /// The sandbox's clock.
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// The living Chaiport token is over, as if its time had passed.
    pub fn expire_tokens(&self) {
        let now = self.world.clock.now();
        if let Some(token) = &mut self.world.books(Gateway::Chaiport).token {
            token.expires_at = now;
        }
    }

    /// The living Chaiport token is void before its time; the next request for one gets a new one.
    pub fn revoke_tokens(&self) {
        self.world.books(Gateway::Chaiport).token = None;
    }

    /// The guards' modes in force.
    pub fn guards(&self) -> Guards {
        self.world.guards()
    }

    /// Changes the guards' modes.
    pub fn set_guards(&self, guards: Guards) {
        self.world.set_guards(guards);
    }

    /// Adds a fault to the plan. [`FaultKind::RefuseConnections`] (whatever its operation and counters) is asked
    /// for here but holds only once the listener's task has run: await [`refuse_connections`](Sandbox::refuse_connections) to be sure.
    pub fn fault(&self, fault: Fault) {
        if fault.kind == FaultKind::RefuseConnections {
            self.world.gate(fault.gateway).send_replace(true);
        } else {
            self.world.faults.add(fault);
        }
    }

    /// Random faults, repeatable by seed; all rates 0 ends them.
    pub fn random_faults(&self, seed: u64, rates: Rates) {
        self.world.faults.random(seed, rates);
    }

    /// Empties the plan, ends random faults and refusals. Requests kept back stay kept.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
        for gateway in Gateway::ALL {
            self.world.gate(gateway).send_replace(false);
        }
    }

    /// Closes the gateway's listener and waits until it is closed: connections are refused from then on, idle
    /// ones are ended.
    pub async fn refuse_connections(&self, gateway: Gateway) {
        self.world.gate(gateway).send_replace(true);
        self.wait_shut(gateway, true).await;
    }

    /// Opens the gateway's listener again and waits until it is open.
    pub async fn accept_connections(&self, gateway: Gateway) {
        self.world.gate(gateway).send_replace(false);
        self.wait_shut(gateway, false).await;
    }

    async fn wait_shut(&self, gateway: Gateway, wanted: bool) {
        let [chaiport, eximbay, settlebank] = &self.shut;
        let mut shut = match gateway {
            Gateway::Chaiport => chaiport,
            Gateway::Eximbay => eximbay,
            Gateway::Settlebank => settlebank,
        }
        .clone();
        // An error means that the listener's task is gone, and with it the listener.
        drop(shut.wait_for(|shut| *shut == wanted).await);
    }
}

pub(crate) fn put(world: &World, spec: NewPayment) -> PaymentId {
    let now = world.clock.now();
    let gateway = spec.gateway;
    let mut books = world.books(gateway);
    let number = books.next_number();
    let trade_date = spec.trade_date.clone().unwrap_or_else(|| date8(now));
    let id = spec.id.clone().unwrap_or_else(|| match gateway {
        Gateway::Chaiport => format!("imp_{:012}", number),
        Gateway::Eximbay => eximbay::transaction_id(now, number),
        Gateway::Settlebank => settlebank::trade_number(&spec.method, &spec.mid, now, number),
    });
    let pg_tid = format!("SANDBOX{}{number:010}", crate::clock::stamp14(now));
    books.insert(Record {
        spec,
        id: id.clone(),
        pg_tid,
        started_at: now,
        trade_date,
        revoked: false,
        entries: Vec::new(),
        pending: Vec::new(),
    });
    PaymentId(id)
}

pub(crate) fn console_refund(
    world: &World,
    gateway: Gateway,
    id: &str,
    amount: i64,
) -> Result<Entry, SandboxError> {
    let at = world.clock.now();
    let mut books = world.books(gateway);
    let number = books.next_number();
    let record = books.get_mut(id).ok_or(SandboxError::NoSuchPayment)?;
    if !matches!(record.status(), Status::Paid | Status::Cancelled) {
        return Err(SandboxError::State);
    }
    let before = record.balance();
    if amount <= 0 || amount > before {
        return Err(SandboxError::Amount);
    }
    let entry = Entry {
        amount,
        before,
        at,
        tag: "console".to_owned(),
        by: Actor::Console,
        cancel_id: format!("CONSOLE{number:013}"),
    };
    record.entries.push(entry.clone());
    Ok(entry)
}
