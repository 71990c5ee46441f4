//! A merchant's world: three gateways, a journal in a folder of its own, and time that runs fast.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cancel_desk::bulk::file::OrderFile;
use cancel_desk::bulk::{
    Approval, BulkError, Plan, Planner, Report, Run, RunEnd, RunOptions, approve, approve_again, short_hash,
};
use cancel_desk::journal::{Clock, Journal, SqliteJournal, SqliteOptions, Vault, VaultKey};
use cancel_desk::pg_core::{CancelGateway, Currency, Gateway, Money, PaymentRef};
use cancel_desk::protocol::Policy;
use cancel_desk::record::{JobRecord, JobState, NewPayment, PaymentRecord, Timestamp};
use cancel_desk::worker::{Account, Accounts};
use pg_sandbox::{Options, Sandbox, credentials};

/// The merchant's account at every gateway.
pub(crate) const SHOP: &str = "shop";

/// Runs so many times faster than the world.
#[derive(Debug)]
struct FastClock {
    since: Instant,
    by: u32,
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let elapsed = self.since.elapsed() * self.by;
        Timestamp(1_790_000_000_000 + i64::try_from(elapsed.as_millis()).unwrap())
    }
}

pub(crate) struct Scene {
    folder: PathBuf,
    clock: Arc<FastClock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) accounts: Accounts,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.folder);
    }
}

const fn sandboxed(gateway: Gateway) -> pg_sandbox::Gateway {
    match gateway {
        Gateway::Eximbay => pg_sandbox::Gateway::Eximbay,
        Gateway::Settlebank => pg_sandbox::Gateway::Settlebank,
        _ => pg_sandbox::Gateway::Chaiport,
    }
}

fn clients(sandbox: &Sandbox) -> [Arc<dyn CancelGateway>; 3] {
    let url = |gateway| sandbox.url(sandboxed(gateway));
    let chaiport = chaiport_cancel::Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
        .endpoint(chaiport_cancel::Endpoint::Custom(url(Gateway::Chaiport)))
        .build()
        .unwrap();
    let eximbay = eximbay_cancel::Config::builder(credentials::EXIMBAY_KEY, credentials::EXIMBAY_MID)
        .endpoint(eximbay_cancel::Endpoint::Custom(url(Gateway::Eximbay)))
        .build()
        .unwrap();
    let settlebank = settlebank_cancel::Config::standard(
        credentials::SETTLEBANK_MID,
        credentials::SETTLEBANK_LICENCE_KEY,
        credentials::SETTLEBANK_AES_KEY,
    )
    .endpoint(settlebank_cancel::Endpoint::Custom(url(Gateway::Settlebank)))
    .build()
    .unwrap();
    [
        Arc::new(chaiport_cancel::ChaiportClient::witness(chaiport).unwrap()),
        Arc::new(eximbay_cancel::EximbayClient::witness(eximbay).unwrap()),
        Arc::new(settlebank_cancel::SettlebankClient::witness(settlebank).unwrap()),
    ]
}

/// Nobody else refunds here, and the sandbox's guards are strict.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.sole_actor = true;
    policy.resend_on_unproven_guard = true;
    policy
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let random = cancel_desk::record::IntentId::random().unwrap();
        let folder = std::env::temp_dir().join(format!("cancel-desk-bulk-{random}"));
        std::fs::create_dir_all(&folder).unwrap();
        let sandbox = Sandbox::start(options).await.unwrap();
        let accounts = clients(&sandbox).into_iter().fold(Accounts::new(), |accounts, client| {
            accounts.with(SHOP, Account::new(client).with_policy(policy())).unwrap()
        });
        let clock = Arc::new(FastClock { since: Instant::now(), by: 40 });
        Self { folder, clock, sandbox, accounts }
    }

    /// The journal, opened as a process does that starts.
    pub(crate) fn journal(&self) -> Arc<dyn Journal> {
        let options = SqliteOptions::new(self.folder.join("journal.db"))
            .with_clock(self.clock.clone())
            .with_vault(Vault::new(VaultKey::new([7; 32])));
        Arc::new(SqliteJournal::open(options).unwrap())
    }

    /// Takes a payment of this many minor units (won; cents at Eximbay) and registers it.
    pub(crate) async fn pay(
        &self,
        journal: &dyn Journal,
        gateway: Gateway,
        order: &str,
        minor: i64,
    ) -> PaymentRecord {
        let cents = format!("{}.{:02}", minor / 100, minor % 100);
        let (new, paid) = match gateway {
            Gateway::Eximbay => (
                pg_sandbox::NewPayment::eximbay(order, "USD", &cents),
                Money::from_minor(minor, Currency::USD).unwrap(),
            ),
            Gateway::Settlebank => {
                (pg_sandbox::NewPayment::settlebank(order, minor), Money::krw(minor).unwrap())
            }
            _ => (pg_sandbox::NewPayment::chaiport(order, minor), Money::krw(minor).unwrap()),
        };
        let id = self.sandbox.pay(new);
        let payment = PaymentRef::new(gateway, id.as_str(), order, paid);
        let payment = match gateway {
            Gateway::Eximbay => payment.with_paid_text(cents),
            Gateway::Settlebank => {
                let on = self.sandbox.payment(sandboxed(gateway), &id).unwrap().trade_date;
                let format = time::macros::format_description!("[year][month][day]");
                payment.with_paid_on(time::Date::parse(&on, format).unwrap()).with_method("CA")
            }
            _ => payment.with_method("card").with_pg_provider("html5_inicis"),
        };
        journal.register_payment(NewPayment::new(SHOP, payment)).await.unwrap()
    }

    /// Takes so many payments at the gateways in turn, and writes the file that refunds each of them, in full or in
    /// part.
    pub(crate) async fn orders(&self, journal: &dyn Journal, gateways: &[Gateway], many: usize) -> String {
        let mut file = "merchant_uid,amount,reason\n".to_owned();
        for number in 0..many {
            let order = format!("ORD-{number}");
            self.pay(journal, gateways[number % gateways.len()], &order, 1_000).await;
            let amount = match gateways[number % gateways.len()] {
                _ if number % 3 == 0 => "full".to_owned(),
                Gateway::Eximbay => format!("2.{:02}", number % 100),
                // less than 100 won no gateway takes
                _ => (number % 900 + 100).to_string(),
            };
            file.push_str(&format!("{order},{amount},변심\n"));
        }
        file
    }

    pub(crate) async fn plan(&self, journal: &Arc<dyn Journal>, file: &str) -> Plan {
        let planner = Planner::new(Arc::clone(journal), Arc::new(self.accounts.clone()));
        planner
            .keeping_all_rows(true)
            .plan(OrderFile::read(file.as_bytes()).unwrap(), "orders.csv")
            .await
            .unwrap()
    }

    pub(crate) async fn planned(&self, journal: &Arc<dyn Journal>, file: &str) -> JobRecord {
        let plan = self.plan(journal, file).await;
        assert_eq!(plan.left_out().count(), 0, "{:?}", plan.left_out().next());
        plan.job.unwrap()
    }

    /// Plans and approves a file.
    pub(crate) async fn approved(&self, journal: &Arc<dyn Journal>, file: &str) -> JobRecord {
        let job = self.planned(journal, file).await;
        let _approval = approved_again(&**journal, &job).await;
        journal.job(job.id).await.unwrap().unwrap()
    }

    pub(crate) async fn run(
        &self,
        journal: &Arc<dyn Journal>,
        job: impl Into<Approval>,
        options: RunOptions,
    ) -> Arc<Run> {
        Run::new(Arc::clone(journal), &self.accounts, job, options).await.unwrap()
    }

    /// Runs a job to its end.
    pub(crate) async fn carry(
        &self,
        journal: &Arc<dyn Journal>,
        job: impl Into<Approval>,
        options: RunOptions,
    ) -> RunEnd {
        let run = self.run(journal, job, options).await;
        match tokio::time::timeout(Duration::from_secs(120), run.carry(std::future::pending())).await {
            Ok(end) => end.unwrap(),
            Err(_) => panic!("no end: {:?}", run.progress()),
        }
    }

    /// Every row's refund stands in the gateways' ledgers as often as the report says.
    pub(crate) fn ledgers_agree(&self, report: &Report) {
        for row in &report.rows {
            let ledger =
                self.sandbox.payment(sandboxed(row.payment.gateway), &row.payment.payment_id).unwrap();
            let refunds: Vec<i64> = ledger.entries.iter().map(|entry| entry.amount).collect();
            let state = cancel_desk::bulk::RowState::of(row);
            match state {
                state if state.is_good() => assert_eq!(refunds, [row.amount.minor()], "{row:?}"),
                cancel_desk::bulk::RowState::Unknown | cancel_desk::bulk::RowState::Manual => {
                    assert!(refunds.is_empty() || refunds == [row.amount.minor()], "{row:?}");
                }
                _ => assert!(refunds.is_empty(), "{state} {row:?}"),
            }
        }
    }
}

/// Approves exactly what is planned; after a halt with a reason.
pub(crate) async fn approved_again(journal: &dyn Journal, job: &JobRecord) -> Approval {
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    let (id, hash) = (job.id, short_hash(job));
    if journal.job(id).await.unwrap().unwrap().state == JobState::Halted {
        let without = approve(journal, id, &hash, &totals, "김재무").await;
        assert!(matches!(without, Err(BulkError::NotApproved { .. })), "{without:?}");
        return approve_again(journal, id, &hash, &totals, "김재무", "원인을 해결함").await.unwrap();
    }
    Approval::from(approve(journal, id, &hash, &totals, "김재무").await.unwrap().id)
}

pub(crate) async fn sound(journal: &dyn Journal) {
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}
