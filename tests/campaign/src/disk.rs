//! A journal on disk that something has happened to: where it lies, and whether all that was told is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cancel_desk::journal::{Journal, JournalError, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::record::{IntentId, NewPayment, PaymentKey};
use cancel_desk::worker::{Accounts, Worker};
use contract_tests::random::Dice;
use contract_tests::world::NOON;
use contract_tests::{Kind, Over, Patience, World};
use pg_core::Money;
use pg_sandbox::Options;

use crate::clock::HandClock;
use crate::desk::{SHOP, accounts, conclude};
use crate::oracle::Oracle;
use crate::outcome::ClassReport;

/// A temporary folder, gone afterwards.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Result<Self, JournalError> {
        let folder = std::env::temp_dir().join(format!("cancel-campaign-{}", IntentId::random()?));
        fs::create_dir_all(&folder).map_err(|error| JournalError::Storage(Box::new(error)))?;
        Ok(Self(folder))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = fs::remove_dir_all(&self.0);
    }
}

/// A wish, and whether its caller was told that it is stored.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What is asked for.
    pub new: NewIntent,
    /// Under which id it was told as stored.
    pub told: Option<IntentId>,
}

/// A gateway, its payments and the clock; the journal is opened as often as wanted.
#[derive(Debug)]
pub struct Life {
    /// The sandbox.
    pub world: Arc<World>,
    /// Journal time.
    pub clock: Arc<HandClock>,
    /// The one account.
    pub accounts: Arc<Accounts>,
    kind: Kind,
}

impl Life {
    /// A gateway drawn from `dice`.
    pub async fn begin(seed: u64, dice: &mut Dice) -> Self {
        let kinds = [Kind::Chaiport, Kind::Eximbay, Kind::SettlebankStandard];
        let kind = kinds[usize::try_from(dice.below(3)).unwrap_or(0)];
        let options = Options::default().start_time(NOON.unix_timestamp()).seed(seed);
        let over = if dice.below(2) == 0 { Over::Reqwest } else { Over::Witness };
        let world = Arc::new(World::with_options(options, Patience::LONG.over(over)).await);
        let accounts = accounts(world.client(kind));
        Self { world, clock: Arc::new(HandClock::at_noon()), accounts, kind }
    }

    /// Opens a journal.
    pub fn open(&self, path: &Path) -> Result<Arc<dyn Journal>, JournalError> {
        let options = SqliteOptions::new(path).with_clock(Arc::clone(&self.clock) as Arc<_>);
        SqliteJournal::open(options).map(|journal| Arc::new(journal) as Arc<dyn Journal>)
    }

    /// So many payments of 10,000 won.
    pub async fn pay(&self, journal: &dyn Journal, many: usize) -> Result<Vec<PaymentKey>, JournalError> {
        let mut payments = Vec::new();
        for _ in 0..many {
            let new = NewPayment::new(SHOP, self.world.pay(self.kind).payment);
            payments.push(journal.register_payment(new).await?.key());
        }
        Ok(payments)
    }

    /// A wish for a part of a payment, or for all of it.
    pub fn wish(payment: &PaymentKey, key: &str, dice: &mut Dice) -> Result<NewIntent, JournalError> {
        let amount = [10_000, 3_000, 2_500, 1_000][usize::try_from(dice.below(4)).unwrap_or(0)];
        let amount = Money::krw(amount).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
        Ok(NewIntent::new(payment.clone(), key, amount)?)
    }

    /// Asks for a refund of one of the payments, and tells whether it could not be stored.
    pub async fn ask(
        journal: &dyn Journal,
        payments: &[PaymentKey],
        number: u32,
        dice: &mut Dice,
    ) -> Result<(Wish, bool), JournalError> {
        let many = u64::try_from(payments.len()).unwrap_or(1);
        let payment = &payments[usize::try_from(dice.below(many)).unwrap_or(0)];
        let new = Self::wish(payment, &format!("wish-{number}"), dice)?;
        let (told, failed) = match journal.submit(new.clone()).await {
            Ok(stored) => (Some(stored.intent().id), false),
            Err(JournalError::Exceeds { .. }) => (None, false),
            Err(_) => (None, true),
        };
        Ok((Wish { new, told }, failed))
    }

    /// Whatever happened: what was told is there, who heard nothing asks again, and everything comes to its end with
    /// one refund for each wish.
    pub async fn account_for(
        self,
        journal: Arc<dyn Journal>,
        wishes: &[Wish],
        what: &str,
        report: &mut ClassReport,
    ) -> Result<(), JournalError> {
        for wish in wishes {
            let key = &wish.new.caller_key;
            match wish.told {
                Some(id) if journal.intent(id).await?.is_none_or(|found| found.caller_key != *key) => {
                    report.violations.push(format!("{what}: {key} was told as stored and is gone"));
                }
                Some(_) => {}
                None => match journal.submit(wish.new.clone()).await {
                    Ok(_) | Err(JournalError::Exceeds { .. }) => {}
                    Err(error) => return Err(error),
                },
            }
        }
        // leases of whoever is gone run out
        self.clock.put_forward(Duration::from_secs(121));
        let worker = Worker::new(Arc::clone(&journal), self.accounts)?;
        report.count("asked a person", conclude(&worker, &*journal, &self.clock, &self.world).await?);
        let mut oracle = Oracle::default();
        let ends = oracle.compare(&*journal, &self.world.sandbox, true).await;
        report.count("refunds", ends.intents);
        report.count("completed", ends.completed);
        report.violations.extend(oracle.violations.iter().map(|broken| format!("{what}: {broken}")));
        Ok(())
    }
}
