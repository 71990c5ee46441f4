//! What parent and children have in common: where things are, and the accounts.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cancel_desk::journal::{
    Journal, JournalError, PostgresJournal, PostgresOptions, SqliteJournal, SqliteOptions,
};
use cancel_desk::pg_core::CancelGateway;
use cancel_desk::protocol::Policy;
use cancel_desk::worker::{Account, Accounts};
use pg_sandbox::credentials;
use serde::{Deserialize, Serialize};

use crate::clock::{SPEED, SharedClock};

/// The environment variable that makes a process of this test a child.
pub(crate) const CHILD: &str = "CANCEL_DESK_KILL_CHILD";
/// The one merchant account at each gateway.
pub(crate) const SHOP: &str = "shop";

/// How long a claim lasts, in time of the world: shorter than the longer stops, so that others take over.
const LEASE: Duration = Duration::from_millis(400);
const DEADLINE: Duration = Duration::from_millis(300);
const QUIET: Duration = Duration::from_millis(400);
/// Longer than the sandbox keeps a request back.
const UPSTREAM_QUIET: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// Carries refunds through until it is killed.
    Worker,
    /// Submits every wish, and ends.
    Submitter,
}

/// What is wrong with the desk, on purpose: the harness must find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Broken {
    /// Sends every order a second time, with the guard refreshed.
    SendsTwice,
    /// Takes an unknown outcome for a success.
    BelievesInSuccess,
    /// Takes an unknown outcome for a refusal.
    BelievesInRefusal,
    /// Acknowledges some wishes that it never stores.
    ForgetsWishes,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Store {
    Sqlite(PathBuf),
    /// `own_time`: leases and pauses by the server's clock, not by the shared one.
    Postgres {
        url: String,
        schema: String,
        own_time: bool,
    },
}

impl Store {
    pub(crate) async fn open(&self, clock: Arc<SharedClock>) -> Result<Arc<dyn Journal>, JournalError> {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteOptions::new(path).with_clock(clock);
                Ok(Arc::new(SqliteJournal::open(options)?))
            }
            Self::Postgres { url, schema, own_time } => {
                let options = PostgresOptions::new(url).with_schema(schema).with_connections(6);
                let options = if *own_time { options } else { options.with_clock(clock) };
                Ok(Arc::new(PostgresJournal::open(options).await?))
            }
        }
    }

    /// Makes every look-up that was hinted at the scheduled one, as if its time had come: hints alone end nothing.
    /// Tells whether there was one.
    pub(crate) async fn take_hints_for_the_schedule(&self) -> bool {
        let Self::Postgres { url, schema, .. } = self else { return false };
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let _ends_with_the_client = tokio::spawn(connection);
        let sql = format!("UPDATE {schema}.intent SET scheduled_at = NULL WHERE scheduled_at IS NOT NULL");
        client.execute(&sql, &[]).await.unwrap() > 0
    }

    pub(crate) const fn has_own_time(&self) -> bool {
        matches!(self, Self::Postgres { own_time: true, .. })
    }

    fn policy(&self) -> Policy {
        let speed = if self.has_own_time() { 1 } else { SPEED };
        let mut policy = Policy::default();
        policy.lease = LEASE.saturating_mul(speed);
        policy.quiet = QUIET.saturating_mul(speed);
        policy.upstream_quiet = UPSTREAM_QUIET.saturating_mul(speed);
        policy.deadline = DEADLINE;
        policy
    }
}

/// Everything a child has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setting {
    pub(crate) role: Role,
    pub(crate) store: Store,
    pub(crate) clock: PathBuf,
    pub(crate) wishes: PathBuf,
    pub(crate) log: PathBuf,
    /// Chaiport, Eximbay, Settlebank.
    pub(crate) urls: [String; 3],
    pub(crate) seed: u64,
    pub(crate) broken: Option<Broken>,
}

/// One refund that is asked for, by both submitters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) key: String,
    pub(crate) payment: cancel_desk::record::PaymentKey,
    pub(crate) currency: String,
    pub(crate) amount: i64,
}

/// What children tell: one line for each event, written at once, so that a kill loses none.
#[derive(Debug)]
pub(crate) struct Log(File);

impl Log {
    pub(crate) fn open(setting: &Setting) -> Self {
        Self(File::options().create(true).append(true).open(&setting.log).unwrap())
    }

    pub(crate) fn line(&self, words: &[&str]) {
        let line = format!("{}\n", words.join(" "));
        (&self.0).write_all(line.as_bytes()).unwrap();
    }
}

macro_rules! impatient {
    ($builder:expr) => {
        $builder
            .connect_timeout(Duration::from_millis(200))
            .total_timeout(Duration::from_millis(280))
            .build()
            .unwrap()
    };
}

/// The three clients, each in its wrapping.
pub(crate) fn accounts(
    urls: &[String; 3],
    store: &Store,
    wrap: impl Fn(Arc<dyn CancelGateway>) -> Arc<dyn CancelGateway>,
) -> Accounts {
    let [chaiport, eximbay, settlebank] = urls;
    let chaiport = {
        use chaiport_cancel::{ChaiportClient, Config, Endpoint};
        let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET);
        ChaiportClient::witness(impatient!(config.endpoint(Endpoint::Custom(chaiport.clone())))).unwrap()
    };
    let eximbay = {
        use eximbay_cancel::{Config, Endpoint, EximbayClient};
        let config = Config::builder(credentials::EXIMBAY_KEY, credentials::EXIMBAY_MID);
        EximbayClient::witness(impatient!(config.endpoint(Endpoint::Custom(eximbay.clone())))).unwrap()
    };
    let settlebank = {
        use settlebank_cancel::{Config, Endpoint, SettlebankClient};
        let config = Config::standard(
            credentials::SETTLEBANK_MID,
            credentials::SETTLEBANK_LICENCE_KEY,
            credentials::SETTLEBANK_AES_KEY,
        );
        SettlebankClient::witness(impatient!(config.endpoint(Endpoint::Custom(settlebank.clone())))).unwrap()
    };
    let clients: [Arc<dyn CancelGateway>; 3] = [Arc::new(chaiport), Arc::new(eximbay), Arc::new(settlebank)];
    clients.into_iter().fold(Accounts::new(), |accounts, client| {
        accounts.with(SHOP, Account::new(wrap(client)).with_policy(store.policy())).unwrap()
    })
}
