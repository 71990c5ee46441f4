//! The process that refunds, and is killed.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pg_core::CancelGateway;
use pg_sandbox::credentials;
use serde::{Deserialize, Serialize};

use crate::bulk::{Run, RunOptions};
use crate::journal::{Journal, SqliteJournal, SqliteOptions};
use crate::protocol::Policy;
use crate::record::JobId;
use crate::worker::{Account, Accounts, Limits};

use super::super::exit::{Exit, Failure};
use super::broken;
use super::scene::SHOP;

/// How long it waits for outcomes that are not known yet.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) journal: PathBuf,
    /// Chaiport, Eximbay, Settlebank.
    pub(super) urls: [String; 3],
    pub(super) job: JobId,
}

pub(super) async fn run(file: &Path) -> Result<Exit, Failure> {
    // whatever becomes of the parent, no child stays behind
    std::thread::spawn(|| {
        let _at_its_end = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(9);
    });
    let order: Order = serde_json::from_slice(&std::fs::read(file).map_err(broken)?).map_err(broken)?;
    let journal = SqliteJournal::open(SqliteOptions::new(order.journal)).map_err(broken)?;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    journal.recover().await.map_err(broken)?;
    let accounts = accounts(&order.urls)?;
    // it would stop for a person at the first burst of unknowns: here the trouble is wanted
    let limits = Limits {
        unknown_of_100: u16::MAX,
        unknown_in_a_row: u16::MAX,
        unreachable_in_a_row: u16::MAX,
        ..Limits::default()
    };
    let options = RunOptions::default().with_most(8).with_limits(limits).with_patience(PATIENCE);
    let run = Run::new(journal, &accounts, order.job, options).await.map_err(broken)?;
    run.carry(std::future::pending()).await.map_err(broken)?;
    Ok(Exit::Done)
}

/// Pauses short enough to be watched, and what the simulated gateways are known to do: check their guards, and let
/// nobody else cancel.
fn policy() -> Policy {
    Policy {
        lease: Duration::from_secs(6),
        quiet: Duration::from_secs(2),
        upstream_quiet: Duration::from_secs(2),
        deadline: Duration::from_secs(4),
        sole_actor: true,
        resend_on_unproven_guard: true,
    }
}

/// The sandbox's merchant at all three gateways.
pub(super) fn accounts(urls: &[String; 3]) -> Result<Accounts, Failure> {
    let [chaiport, eximbay, settlebank] = urls;
    let clients: [Arc<dyn CancelGateway>; 3] = [
        Arc::new(self::chaiport(chaiport)?),
        Arc::new(self::eximbay(eximbay)?),
        Arc::new(self::settlebank(settlebank)?),
    ];
    clients.into_iter().try_fold(Accounts::new(), |accounts, client| {
        accounts.with(SHOP, Account::new(client).with_policy(policy())).map_err(broken)
    })
}

/// What all three builders are told alike; they are of different types with the same setters.
macro_rules! impatient {
    ($builder:expr) => {
        $builder
            .connect_timeout(Duration::from_secs(1))
            .total_timeout(Duration::from_secs(3))
            .build()
            .map_err(broken)?
    };
}

fn chaiport(url: &str) -> Result<chaiport_cancel::ChaiportClient, Failure> {
    use chaiport_cancel::{ChaiportClient, Config, Endpoint};

    let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET);
    let config = config.endpoint(Endpoint::Custom(url.to_owned()));
    ChaiportClient::witness(impatient!(config)).map_err(broken)
}

fn eximbay(url: &str) -> Result<eximbay_cancel::EximbayClient, Failure> {
    use eximbay_cancel::{Config, Endpoint, EximbayClient};

    let config = Config::builder(credentials::EXIMBAY_KEY, credentials::EXIMBAY_MID);
    let config = config.endpoint(Endpoint::Custom(url.to_owned()));
    EximbayClient::witness(impatient!(config)).map_err(broken)
}

fn settlebank(url: &str) -> Result<settlebank_cancel::SettlebankClient, Failure> {
    use settlebank_cancel::{Config, Endpoint, SettlebankClient};

    let config = Config::standard(
        credentials::SETTLEBANK_MID,
        credentials::SETTLEBANK_LICENCE_KEY,
        credentials::SETTLEBANK_AES_KEY,
    );
    let config = config.endpoint(Endpoint::Custom(url.to_owned()));
    SettlebankClient::witness(impatient!(config)).map_err(broken)
}
