use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pg_core::{CancelGateway, Invalid};
#[cfg(feature = "bulk")]
use pg_core::{LookUpError, PaymentRef, PaymentState};

use crate::protocol::Policy;
use crate::record::{AccountName, PaymentKey};

use super::Pace;

/// A merchant's account at a gateway: the client that talks to it, and what the operator decided about it.
#[derive(Debug, Clone)]
pub struct Account {
    gateway: Arc<dyn CancelGateway>,
    policy: Policy,
    pace: Arc<Pace>,
}

impl Account {
    /// An account with the default policy and pace.
    #[must_use]
    pub fn new(gateway: Arc<dyn CancelGateway>) -> Self {
        Self { gateway, policy: Policy::default(), pace: Arc::default() }
    }

    /// Sets the policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the pace; all who work on the account share it.
    #[must_use]
    pub fn with_pace(mut self, pace: Arc<Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// The client.
    #[must_use]
    pub fn gateway(&self) -> &dyn CancelGateway {
        &*self.gateway
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Looks a payment up at the account's pace. `None` when it took too long, its turn included.
    #[cfg(feature = "bulk")]
    pub(crate) async fn look_up(&self, payment: &PaymentRef) -> Option<Result<PaymentState, LookUpError>> {
        // many may be waiting before it
        let place = self.pace.look_up(Duration::from_secs(3_600)).await?;
        let answer = tokio::time::timeout(self.policy.deadline, self.gateway.look_up(payment)).await.ok()?;
        self.pace.looked_up(place, &answer);
        Some(answer)
    }

    /// How long a worker that holds a payment waits for its place on the wire before it gives the payment back.
    #[must_use]
    pub(super) fn patience(&self) -> Duration {
        self.policy.lease.checked_div(4).unwrap_or_default()
    }

    /// The pace.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.pace
    }
}

/// The accounts that a process can work on.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    accounts: BTreeMap<AccountName, Account>,
    names: Vec<AccountName>,
}

impl Accounts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account under the name that payments are registered with.
    ///
    /// # Errors
    /// [`Invalid`] naming `merchant` when it is empty or there already is one of this name at this gateway.
    pub fn with(mut self, merchant: impl Into<String>, account: Account) -> Result<Self, Invalid> {
        let merchant = merchant.into();
        if merchant.is_empty() {
            return Err(Invalid::new("merchant", "must not be empty"));
        }
        let name = AccountName::new(account.gateway.capabilities().gateway, merchant);
        if self.accounts.insert(name, account).is_some() {
            return Err(Invalid::new("merchant", "must be given once per gateway"));
        }
        self.names = self.accounts.keys().cloned().collect();
        Ok(self)
    }

    /// The account that a payment was made with.
    #[must_use]
    pub fn of(&self, payment: &PaymentKey) -> Option<&Account> {
        self.accounts.get(&payment.account())
    }

    /// Their names, in order.
    #[must_use]
    pub fn names(&self) -> &[AccountName] {
        &self.names
    }

    /// Sets the pace of every account anew.
    #[must_use]
    pub fn with_paces(mut self, pace: impl Fn() -> Pace) -> Self {
        for account in self.accounts.values_mut() {
            account.pace = Arc::new(pace());
        }
        self
    }

    /// All of them with their names.
    #[cfg(feature = "bulk")]
    pub(crate) fn by_name(&self) -> impl Iterator<Item = (&AccountName, &Account)> {
        self.accounts.iter()
    }

    /// All of them.
    #[cfg(feature = "bulk")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The longest of the leases: when a payment is claimed, its account is not known yet.
    #[must_use]
    pub fn lease(&self) -> Duration {
        let leases = self.accounts.values().map(|account| account.policy.lease);
        leases.max().unwrap_or_else(|| Policy::default().lease)
    }
}
