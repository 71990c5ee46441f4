//! A sandbox, the clients that talk to it, and the payments in it.

use std::sync::Arc;
use std::time::Duration;

use pg_core::{
    AttemptTag, CancelGateway, CancelOrder, ConnectionReuse, Currency, LedgerKnowledge, Money, PaymentRef,
};
use pg_sandbox::{Fault, FaultKind, Ledger, NewPayment, Operation, Options, Sandbox, credentials};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::kind::Kind;
use crate::over::Over;

/// What the clients talk over, and how long they wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the whole exchange.
    pub total: Duration,
    /// Whether connections are used again while fresh.
    pub reuse: bool,
    /// The transport.
    pub over: Over,
}

impl Patience {
    /// Long enough for an answer that comes at all.
    pub const LONG: Self = Self {
        connect: Duration::from_secs(5),
        total: Duration::from_secs(10),
        reuse: true,
        over: Over::Reqwest,
    };
    /// Short, for servers that never answer. Connecting has the shorter limit, or a stalled handshake could not be
    /// told from a stalled answer.
    pub const SHORT: Self = Self {
        connect: Duration::from_millis(250),
        total: Duration::from_millis(400),
        reuse: true,
        over: Over::Reqwest,
    };
    /// Short, and a connection of its own for every request.
    pub const SHORT_ALONE: Self = Self { reuse: false, ..Self::SHORT };

    /// The same over a certain transport.
    #[must_use]
    pub const fn over(self, over: Over) -> Self {
        Self { over, ..self }
    }

    fn connection_reuse(self) -> ConnectionReuse {
        if self.reuse { ConnectionReuse::WhileFresh } else { ConnectionReuse::Never }
    }
}

/// A payment in the sandbox and the merchant's record of it.
#[derive(Debug, Clone)]
pub struct Paid {
    /// Where.
    pub kind: Kind,
    /// The merchant's record.
    pub payment: PaymentRef,
}

impl Paid {
    /// The whole of it.
    pub fn total(&self) -> Money {
        self.payment.paid
    }
}

/// Noon of the sandbox's day.
pub const NOON: OffsetDateTime = datetime!(2026-11-21 12:00:00 +9);

/// A sandbox and what talks to it.
#[derive(Debug)]
pub struct World {
    /// The sandbox.
    pub sandbox: Sandbox,
    patience: Patience,
    /// Whether the clients speak TLS to a sandbox that does not.
    expects_tls: bool,
    serial: std::sync::atomic::AtomicU64,
}

/// What all three builders are told alike; they are of different types with the same setters.
macro_rules! configured {
    ($world:expr, $builder:expr) => {{
        let builder = $builder
            .connect_timeout($world.patience.connect)
            .total_timeout($world.patience.total)
            .connection_reuse($world.patience.connection_reuse());
        let builder = match $world.sandbox.ca_pem() {
            Some(ca) => builder.extra_root_certificates(ca),
            None => builder,
        };
        builder.build().expect("a valid configuration")
    }};
}

impl World {
    /// Starts a sandbox.
    pub async fn start(patience: Patience) -> Self {
        Self::with_options(Options::default().start_time(NOON.unix_timestamp()), patience).await
    }

    /// Starts a sandbox of a certain kind.
    pub async fn with_options(options: Options, patience: Patience) -> Self {
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts on loopback");
        Self { sandbox, patience, expects_tls: false, serial: std::sync::atomic::AtomicU64::new(1) }
    }

    /// The same world, to which the clients speak TLS, whether it does or not.
    #[must_use]
    pub fn expecting_tls(mut self) -> Self {
        self.expects_tls = true;
        self
    }

    /// How long the clients wait.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    fn url(&self, kind: Kind) -> String {
        let url = self.sandbox.url(kind.sandbox());
        if self.expects_tls { url.replacen("http://", "https://", 1) } else { url }
    }

    /// Pays 10,000 won at a gateway by card.
    pub fn pay(&self, kind: Kind) -> Paid {
        self.pay_as(kind, |payment| payment)
    }

    /// Pays 10,000 won at a gateway, with changes.
    pub fn pay_as(&self, kind: Kind, change: impl FnOnce(NewPayment) -> NewPayment) -> Paid {
        let number = self.serial.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let merchant_uid = format!("ORD20261121{number:06}");
        let new = match kind {
            Kind::Chaiport => {
                NewPayment::chaiport(&merchant_uid, 10_000).pay_method("card").pg_provider("html5_inicis")
            }
            Kind::Eximbay => NewPayment::eximbay(&merchant_uid, "KRW", "10000"),
            Kind::SettlebankStandard | Kind::SettlebankFlat => NewPayment::settlebank(&merchant_uid, 10_000)
                .method("CA")
                .mid(credentials::SETTLEBANK_MID)
                .trade_date("20261121"),
        };
        let id = self.sandbox.pay(change(new));
        let paid = Money::krw(10_000).expect("positive");
        let payment = PaymentRef::new(kind.gateway(), id.as_str(), merchant_uid, paid);
        let payment = match kind {
            Kind::Chaiport => payment.with_method("card").with_pg_provider("html5_inicis"),
            Kind::Eximbay => payment.with_paid_text("10000"),
            Kind::SettlebankStandard | Kind::SettlebankFlat => {
                payment.with_method("CA").with_paid_on(NOON.date())
            }
        };
        Paid { kind, payment }
    }

    /// Pays in US dollars at Eximbay; `text` as the merchant wrote it, such as `10.00`.
    pub fn pay_dollars(&self, text: &str) -> Paid {
        let number = self.serial.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let merchant_uid = format!("ORD20261121{number:06}");
        let id = self.sandbox.pay(NewPayment::eximbay(&merchant_uid, "USD", text));
        let paid = Money::parse(text, Currency::USD).expect("dollars");
        let payment =
            PaymentRef::new(Kind::Eximbay.gateway(), id.as_str(), merchant_uid, paid).with_paid_text(text);
        Paid { kind: Kind::Eximbay, payment }
    }

    /// Makes the next cancel (or, for what happens before reading, the next connection) go wrong.
    pub async fn arm(&self, kind: Kind, fault: &FaultKind, applied: bool) {
        if matches!(fault, FaultKind::RefuseConnections) {
            return self.sandbox.refuse_connections(kind.sandbox()).await;
        }
        let operation = if fault.is_early() { Operation::Any } else { Operation::Cancel };
        self.sandbox.fault(Fault::on(kind.sandbox(), operation).kind(fault.clone()).apply(applied));
    }

    /// Makes everything go right again.
    pub async fn disarm(&self, kind: Kind) {
        self.sandbox.clear_faults();
        self.sandbox.accept_connections(kind.sandbox()).await;
    }

    /// A client with the right keys.
    pub fn client(&self, kind: Kind) -> Arc<dyn CancelGateway> {
        self.client_with(kind, Keys::Right)
    }

    /// A client with certain keys.
    pub fn client_with(&self, kind: Kind, keys: Keys) -> Arc<dyn CancelGateway> {
        match kind {
            Kind::Chaiport => Arc::new(self.chaiport_with(keys)),
            Kind::Eximbay => Arc::new(self.eximbay_with(keys)),
            Kind::SettlebankStandard => Arc::new(self.settlebank_with(keys, true)),
            Kind::SettlebankFlat => Arc::new(self.settlebank_with(keys, false)),
        }
    }

    /// The Chaiport client itself.
    pub fn chaiport_with(&self, keys: Keys) -> chaiport_cancel::ChaiportClient {
        let secret = keys.of(credentials::CHAIPORT_SECRET);
        let builder = chaiport_cancel::Config::builder(credentials::CHAIPORT_KEY, &secret)
            .endpoint(chaiport_cancel::Endpoint::Custom(self.url(Kind::Chaiport)));
        let config = configured!(self, builder);
        let client = match self.patience.over {
            Over::Reqwest => chaiport_cancel::ChaiportClient::new(config),
            Over::Witness => chaiport_cancel::ChaiportClient::witness(config),
        };
        client.expect("a client")
    }

    /// The Eximbay client itself.
    pub fn eximbay_with(&self, keys: Keys) -> eximbay_cancel::EximbayClient {
        let key = keys.of(credentials::EXIMBAY_KEY);
        let builder = eximbay_cancel::Config::builder(&key, credentials::EXIMBAY_MID)
            .endpoint(eximbay_cancel::Endpoint::Custom(self.url(Kind::Eximbay)));
        let config = configured!(self, builder);
        let client = match self.patience.over {
            Over::Reqwest => eximbay_cancel::EximbayClient::new(config),
            Over::Witness => eximbay_cancel::EximbayClient::witness(config),
        };
        client.expect("a client")
    }

    /// The Settlebank client itself, in the standard or the flat form.
    pub fn settlebank_with(&self, keys: Keys, standard: bool) -> settlebank_cancel::SettlebankClient {
        use settlebank_cancel::{Config, Endpoint, SettlebankClient};
        let licence = keys.of(credentials::SETTLEBANK_LICENCE_KEY);
        let builder = if standard {
            Config::standard(credentials::SETTLEBANK_MID, &licence, credentials::SETTLEBANK_AES_KEY)
        } else {
            Config::flat(credentials::SETTLEBANK_MID, &licence)
        };
        let builder = builder.endpoint(Endpoint::Custom(self.url(Kind::SettlebankStandard)));
        let config = configured!(self, builder);
        let client = match self.patience.over {
            Over::Reqwest => SettlebankClient::new(config),
            Over::Witness => SettlebankClient::witness(config),
        };
        client.expect("a client")
    }

    /// A new attempt to refund `amount` won of a payment of which `balance` won are left.
    pub fn order(&self, paid: &Paid, amount: i64, balance: i64, sequence: u16) -> CancelOrder {
        let money = |minor| Money::from_minor(minor, paid.total().currency()).expect("positive");
        let tag = AttemptTag::random().expect("randomness");
        CancelOrder::new(paid.payment.clone(), money(amount), money(balance), tag, sequence, NOON)
            .expect("a valid order")
            .with_reason("테스트 결제 환불")
    }

    /// The gateway's books for a payment.
    pub fn ledger(&self, paid: &Paid) -> Ledger {
        self.sandbox.payment(paid.kind.sandbox(), &paid.payment.gateway_id).expect("a known payment")
    }

    /// Entries and pending entries of an order in the books, found by its tag or hash, not by the client's word.
    pub fn entries(&self, paid: &Paid) -> usize {
        let ledger = self.ledger(paid);
        ledger.entries.len() + ledger.pending.len()
    }

    /// How many cancel requests the gateway has seen, even in part.
    pub fn cancels_seen(&self, kind: Kind) -> usize {
        self.sandbox.count(kind.sandbox(), Operation::Cancel)
    }
}

/// Which keys a client is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// The sandbox's own.
    Right,
    /// Others of the same shape.
    Wrong,
}

impl Keys {
    fn of(self, right: &str) -> String {
        match self {
            Self::Right => right.to_owned(),
            // the last character changed keeps prefix and length
            Self::Wrong => {
                let mut text: String = right.chars().take(right.chars().count() - 1).collect();
                text.push(if right.ends_with('X') { 'Y' } else { 'X' });
                text
            }
        }
    }
}

/// What these tests know about a ledger: they are alone with it.
pub const ALONE: LedgerKnowledge = LedgerKnowledge { sole_actor: true, known_balance: None };
