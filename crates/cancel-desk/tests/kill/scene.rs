//! One journal, one sandbox, and the payments and wishes of a round.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cancel_desk::journal::Journal;
use cancel_desk::pg_core::{Currency, Gateway, Money, PaymentRef};
use cancel_desk::record::{NewPayment, PaymentKey};
use pg_sandbox::{Options, Sandbox};
use time::{OffsetDateTime, UtcOffset};

use crate::clock::SharedClock;
use crate::rng::Rng;
use crate::setting::{Broken, Role, SHOP, Setting, Store, Wish};

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) folder: PathBuf,
    pub(crate) sandbox: Sandbox,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<SharedClock>,
    pub(crate) store: Store,
    orders: u64,
}

impl Scene {
    pub(crate) async fn new(folder: PathBuf, store: Store, seed: u64) -> Self {
        let sandbox = Sandbox::start(Options::default().seed(seed).hold(std::time::Duration::from_secs(1)));
        let clock = Arc::new(SharedClock::create(&clock_in(&folder)));
        let journal = store.open(Arc::clone(&clock)).await.unwrap();
        Self { folder, sandbox: sandbox.await.unwrap(), journal, clock, store, orders: 0 }
    }

    pub(crate) fn urls(&self) -> [String; 3] {
        pg_sandbox::Gateway::ALL.map(|gateway| self.sandbox.url(gateway))
    }

    /// The settings of a round's children: three workers, two submitters of the same wishes.
    pub(crate) fn settings(&self, round: u64, broken: Option<Broken>, rng: &mut Rng) -> Vec<Setting> {
        let roles = [Role::Worker, Role::Worker, Role::Worker, Role::Submitter, Role::Submitter];
        let setting = |role| Setting {
            role,
            store: self.store.clone(),
            clock: clock_in(&self.folder),
            wishes: self.folder.join(format!("wishes-{round}.jsonl")),
            log: self.log(round),
            urls: self.urls(),
            seed: rng.next(),
            broken,
        };
        roles.map(setting).into()
    }

    pub(crate) fn log(&self, round: u64) -> PathBuf {
        self.folder.join(format!("log-{round}.txt"))
    }

    /// New payments at all three gateways, registered, and what is to be refunded of them: in full, in parts, the same
    /// amount twice, more than there is.
    pub(crate) async fn prepare(&mut self, round: u64, rng: &mut Rng) -> (Vec<PaymentKey>, Vec<Wish>) {
        let mut file = std::fs::File::create(self.folder.join(format!("wishes-{round}.jsonl"))).unwrap();
        let (mut keys, mut wishes) = (Vec::new(), Vec::new());
        for place in 0..12 {
            self.orders += 1;
            let gateway = match place {
                0..5 => Gateway::Chaiport,
                5..8 => Gateway::Eximbay,
                _ => Gateway::Settlebank,
            };
            let payment = self.pay(gateway, rng);
            let stored = self.journal.register_payment(NewPayment::new(SHOP, payment)).await.unwrap();
            let (key, paid) = (stored.key(), stored.paid());
            for (number, amount) in amounts(paid.minor(), rng).into_iter().enumerate() {
                wishes.push(Wish {
                    key: format!("return-{}-{number}", self.orders),
                    payment: key.clone(),
                    currency: paid.currency().code().to_owned(),
                    amount,
                });
            }
            keys.push(key);
        }
        for wish in &wishes {
            writeln!(file, "{}", serde_json::to_string(wish).unwrap()).unwrap();
        }
        (keys, wishes)
    }

    /// PGs that decide later do so now. Tells how many refunds that made.
    pub(crate) fn settle_pending(&self) -> usize {
        let chaiport = pg_sandbox::Gateway::Chaiport;
        let ledgers = self.sandbox.payments(chaiport);
        let pending = ledgers.iter().filter(|ledger| !ledger.pending.is_empty());
        pending.map(|ledger| self.sandbox.settle(chaiport, &ledger.id)).sum()
    }

    fn pay(&self, gateway: Gateway, rng: &mut Rng) -> PaymentRef {
        let order = format!("ORD-{}", self.orders);
        let won = Money::krw(10_000).unwrap();
        match gateway {
            Gateway::Chaiport => {
                // a PG that decides later, now and then
                let (pg, later) = if rng.chance(100) { ("paypal_v2", true) } else { ("html5_inicis", false) };
                let new = pg_sandbox::NewPayment::chaiport(&order, 10_000).pg_provider(pg);
                let id = self.sandbox.pay(if later { new.asynchronous(true) } else { new });
                PaymentRef::new(gateway, id.as_str(), order, won).with_method("card").with_pg_provider(pg)
            }
            Gateway::Eximbay => {
                let (currency, text) =
                    if rng.chance(500) { (Currency::USD, "100.00") } else { (Currency::KRW, "10000") };
                let id = self.sandbox.pay(pg_sandbox::NewPayment::eximbay(&order, currency.code(), text));
                let paid = Money::parse(text, currency).unwrap();
                PaymentRef::new(gateway, id.as_str(), order, paid).with_paid_text(text)
            }
            _ => {
                let id = self.sandbox.pay(pg_sandbox::NewPayment::settlebank(&order, 10_000));
                let today = self.sandbox.clock().now();
                let korea = UtcOffset::from_hms(9, 0, 0).unwrap();
                let today = OffsetDateTime::from_unix_timestamp(today).unwrap().to_offset(korea).date();
                PaymentRef::new(gateway, id.as_str(), order, won).with_method("CA").with_paid_on(today)
            }
        }
    }
}

fn clock_in(folder: &Path) -> PathBuf {
    folder.join("clock")
}

fn amounts(paid: i64, rng: &mut Rng) -> Vec<i64> {
    match rng.below(6) {
        0 => vec![paid],
        1 => vec![paid / 2, paid / 2],
        2 => vec![1_000, 1_000, 2_500],
        3 => vec![paid / 3, paid / 5, 700, 120],
        // more than there is: one of them has to be refused
        4 => vec![paid - 1_000, 2_000],
        _ => vec![paid, paid / 4, paid / 2],
    }
}
