use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pg_core::{CancelGateway, Invalid};

use crate::protocol::Policy;
use crate::record::{AccountName, PaymentKey};

/// A merchant's account at a gateway: the client that talks to it, and what the operator decided about it.
#[derive(Debug, Clone)]
pub struct Account {
    gateway: Arc<dyn CancelGateway>,
    policy: Policy,
}

impl Account {
    /// An account with the default policy.
    #[must_use]
    pub fn new(gateway: Arc<dyn CancelGateway>) -> Self {
        Self { gateway, policy: Policy::default() }
    }

    /// Sets the policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
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

    /// The gateway and the name of each account.
    pub fn names(&self) -> impl Iterator<Item = (Gateway, &str)> {
        self.accounts.keys().map(|(gateway, merchant)| (*gateway, merchant.as_str()))
    }

    /// The longest of the leases: when a payment is claimed, its account is not known yet.
    #[must_use]
    pub fn lease(&self) -> Duration {
        let leases = self.accounts.values().map(|account| account.policy.lease);
        leases.max().unwrap_or_else(|| Policy::default().lease)
    }
}
