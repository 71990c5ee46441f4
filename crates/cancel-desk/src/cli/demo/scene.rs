//! The simulated gateways, the journal in its folder, the payments and the file of orders.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pg_core::{Currency, Gateway, KST, Money, PaymentRef};
use pg_sandbox::{Options, Rates, Sandbox};
use time::OffsetDateTime;

use crate::journal::{Journal, SqliteJournal, SqliteOptions};
use crate::record::{IntentId, NewPayment};

use super::super::exit::Failure;
use super::broken;

/// The one merchant account at each gateway.
pub(super) const SHOP: &str = "demo";

/// What goes wrong, in thousandths of the requests. Answers lost in silence are left out: they cost time alone.
const RATES: Rates = Rates {
    lost_before: 20,
    applied_lost: 40,
    server_error_applied: 20,
    server_error_not_applied: 20,
    refused: 5,
    cut_body: 10,
    redirect: 0,
    duplicate: 30,
    late: 40,
    look_up_fails: 20,
    silence: false,
};

/// A folder of its own, removed in the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Result<Self, Failure> {
        let unique = IntentId::random().map_err(broken)?;
        let folder = std::env::temp_dir().join(format!("cancel-desk-demo-{unique}"));
        std::fs::create_dir(&folder).map_err(broken)?;
        Ok(Self(folder))
    }
}

pub(super) struct Scene {
    // stops before its folder goes
    pub(super) journal: Arc<dyn Journal>,
    pub(super) sandbox: Sandbox,
    /// The file, as CSV.
    pub(super) orders: String,
    pub(super) payments: u32,
    seed: u64,
    folder: Folder,
}

impl Scene {
    pub(super) async fn start(orders: u32, seed: u64) -> Result<Self, Failure> {
        let folder = Folder::new()?;
        let sandbox = Sandbox::start(Options::default().seed(seed)).await.map_err(broken)?;
        let journal = SqliteJournal::open(SqliteOptions::new(folder.0.join("journal.db"))).map_err(broken)?;
        let journal: Arc<dyn Journal> = Arc::new(journal);
        let csv = "merchant_uid,amount,reason\n".to_owned();
        let mut scene = Self { journal, sandbox, orders: csv, payments: 0, seed, folder };
        for number in 1..=orders {
            scene.order(number).await?;
        }
        // two rows that no careful plan takes in
        scene.row("ORD-0001", "99999", "more than was paid");
        scene.row("ORD-9999", "1000", "never registered");
        Ok(scene)
    }

    /// Pays an order, registers the payment, and writes a row: in full or in part.
    async fn order(&mut self, number: u32) -> Result<(), Failure> {
        let name = format!("ORD-{number:04}");
        let payment = self.pay(&name, number)?;
        let paid = payment.paid;
        let amount = match number.rem_euclid(4) {
            0 => paid,
            part => {
                Money::from_minor(paid.minor().div_euclid(i64::from(part).saturating_add(1)), paid.currency())
                    .map_err(broken)?
            }
        };
        self.journal.register_payment(NewPayment::new(SHOP, payment)).await.map_err(broken)?;
        self.payments = self.payments.saturating_add(1);
        self.row(&name, &amount.to_decimal_text(), "단순 변심");
        Ok(())
    }

    fn row(&mut self, order: &str, amount: &str, reason: &str) {
        let _never_fails = writeln!(self.orders, "{order},{amount},{reason}");
    }

    fn pay(&self, order: &str, number: u32) -> Result<PaymentRef, Failure> {
        let won = Money::krw(i64::from(number).saturating_mul(100).saturating_add(5_000)).map_err(broken)?;
        Ok(match number.rem_euclid(3) {
            0 => {
                let id = self.sandbox.pay(pg_sandbox::NewPayment::chaiport(order, won.minor()));
                PaymentRef::new(Gateway::Chaiport, id.as_str(), order, won)
                    .with_method("card")
                    .with_pg_provider("html5_inicis")
            }
            1 => {
                let dollars = Money::from_minor(won.minor(), Currency::USD).map_err(broken)?;
                let text = dollars.to_decimal_text();
                let id = self.sandbox.pay(pg_sandbox::NewPayment::eximbay(order, "USD", &text));
                PaymentRef::new(Gateway::Eximbay, id.as_str(), order, dollars).with_paid_text(text)
            }
            _ => {
                let id = self.sandbox.pay(pg_sandbox::NewPayment::settlebank(order, won.minor()));
                PaymentRef::new(Gateway::Settlebank, id.as_str(), order, won)
                    .with_method("CA")
                    .with_paid_on(self.today().map_err(broken)?.date())
            }
        })
    }

    /// Now in Korea, by the sandbox's clock.
    fn today(&self) -> Result<OffsetDateTime, time::error::ComponentRange> {
        Ok(OffsetDateTime::from_unix_timestamp(self.sandbox.clock().now())?.to_offset(KST))
    }

    pub(super) fn misbehave(&self) {
        self.sandbox.random_faults(self.seed, RATES);
    }

    pub(super) fn urls(&self) -> [String; 3] {
        pg_sandbox::Gateway::ALL.map(|gateway| self.sandbox.url(gateway))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.folder.0.join("journal.db")
    }
}
