//! `[[account]]`: a merchant's account at a gateway.

use std::fmt;
use std::time::Duration;

use pg_core::Gateway;
use sha2::{Digest, Sha256};

use crate::protocol::Policy;

use super::section::Section;
use super::{Problem, client};

/// Longest name of an account.
const MAX_NAME: usize = 64;

/// A merchant's account at a gateway, as configured. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    pub(super) gateway: Gateway,
    pub(super) name: String,
    pub(super) policy: Policy,
    pub(super) client: Option<ClientConfig>,
    pub(super) merchant: Option<Merchant>,
}

/// Whose account it is at the gateway, whatever it is named here: a hash of its address and credentials.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Merchant([u8; 32]);

impl Merchant {
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Merchant(..)")
    }
}

/// What the gateway's client is made of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientConfig {
    /// For Chaiport.
    Chaiport(chaiport_cancel::Config),
    /// For Eximbay.
    Eximbay(eximbay_cancel::Config),
    /// For Settlebank.
    Settlebank(Box<settlebank_cancel::Config>),
}

impl AccountConfig {
    /// Which gateway.
    #[must_use]
    pub const fn gateway(&self) -> Gateway {
        self.gateway
    }

    /// The name that payments are registered with, 1 to 64 characters of `a-z A-Z 0-9 _ - .`
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the operator decided about it.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What its client is made of; `None` when the secrets were not read
    /// ([`Loader::without_secrets`](super::Loader::without_secrets)).
    #[must_use]
    pub const fn client(&self) -> Option<&ClientConfig> {
        self.client.as_ref()
    }

    /// Where its requests go: the word for its address, or an address of the operator's own.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.client {
            Some(ClientConfig::Chaiport(config)) => match config.endpoint() {
                chaiport_cancel::Endpoint::Custom(url) => url.clone(),
                _ => self.endpoint().to_owned(),
            },
            Some(ClientConfig::Eximbay(config)) => match config.endpoint() {
                eximbay_cancel::Endpoint::Custom(url) => url.clone(),
                _ => self.endpoint().to_owned(),
            },
            Some(ClientConfig::Settlebank(config)) => match config.endpoint() {
                settlebank_cancel::Endpoint::Custom(url) => url.clone(),
                _ => self.endpoint().to_owned(),
            },
            None => String::new(),
        }
    }

    /// The words for its address: `production`, `sandbox`, `static_ip` or `custom`.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        match &self.client {
            Some(ClientConfig::Chaiport(config)) => match config.endpoint() {
                chaiport_cancel::Endpoint::Production => "production",
                chaiport_cancel::Endpoint::StaticIp => "static_ip",
                _ => "custom",
            },
            Some(ClientConfig::Eximbay(config)) => match config.endpoint() {
                eximbay_cancel::Endpoint::Production => "production",
                eximbay_cancel::Endpoint::Sandbox => "sandbox",
                _ => "custom",
            },
            Some(ClientConfig::Settlebank(config)) => match config.endpoint() {
                settlebank_cancel::Endpoint::Production => "production",
                settlebank_cancel::Endpoint::Sandbox => "sandbox",
                _ => "custom",
            },
            None => "",
        }
    }
}

/// Reads one account. `None`: faults were found, or it is not even known which gateway it is.
pub(super) fn read(section: Section<'_, '_>) -> Option<AccountConfig> {
    let gateway = gateway(&section);
    let name = name(&section);
    let timeout = section.number("total_timeout_s", 1, 600);
    let policy = policy(section.table("policy", "account.policy"), gateway, timeout);
    let Some(gateway) = gateway else {
        // the other keys mean something for one gateway or another
        for key in KEYS {
            let _known = section.get(key);
        }
        section.finish();
        return None;
    };
    let (client, merchant) = client::read(&section, gateway, timeout.and_then(seconds)).unzip();
    section.finish();
    Some(AccountConfig { gateway, name: name?, policy, client, merchant })
}

const KEYS: [&str; 24] = [
    "key",
    "key_env",
    "key_file",
    "secret",
    "secret_env",
    "secret_file",
    "tier",
    "tier_env",
    "tier_file",
    "mid",
    "form",
    "licence_key",
    "licence_key_env",
    "licence_key_file",
    "aes_key",
    "aes_key_env",
    "aes_key_file",
    "endpoint",
    "allow_custom_host",
    "authorization",
    "include_sandbox",
    "equal_amounts",
    "ca_file",
    "policy",
];

fn gateway(section: &Section<'_, '_>) -> Option<Gateway> {
    let words: &'static [&'static str] = &["chaiport", "eximbay", "settlebank"];
    if section.get("gateway").is_none() {
        section.missing("gateway", "gateway = \"chaiport\", \"eximbay\" or \"settlebank\"");
        return None;
    }
    section.word("gateway", words)?.parse().ok()
}

fn name(section: &Section<'_, '_>) -> Option<String> {
    if section.get("name").is_none() {
        section.missing("name", "name = \"shop\", the name that payments are registered with");
        return None;
    }
    let found = section.text("name")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if found.value.len() <= MAX_NAME && found.value.bytes().all(plain) {
        return Some(found.value);
    }
    section.fault(found.place, "name", Problem::refused("must be 1 to 64 characters of a-z A-Z 0-9 _ - ."));
    None
}

fn seconds(value: i64) -> Option<Duration> {
    u64::try_from(value).ok().map(Duration::from_secs)
}

fn policy(section: Section<'_, '_>, gateway: Option<Gateway>, timeout: Option<i64>) -> Policy {
    let mut policy = Policy::default();
    for (key, most, field) in [
        ("lease_s", 3600, &mut policy.lease),
        ("quiet_s", 86_400, &mut policy.quiet),
        ("upstream_quiet_s", 86_400, &mut policy.upstream_quiet),
        ("deadline_s", 900, &mut policy.deadline),
    ] {
        if let Some(value) = section.number(key, 1, most).and_then(seconds) {
            *field = value;
        }
    }
    policy.sole_actor = section.flag("sole_actor");
    policy.resend_on_unproven_guard = section.flag("resend_on_unproven_guard");
    let usual = if gateway == Some(Gateway::Chaiport) { 65 } else { 35 };
    let timeout = timeout.unwrap_or(usual).try_into().map_or(Duration::ZERO, Duration::from_secs);
    if policy.deadline < timeout {
        let reason = "must not be shorter than total_timeout_s (65 for chaiport, 35 for others unless given)";
        section.fault(section.place.clone(), "deadline_s", Problem::refused(reason));
    }
    if policy.lease <= policy.deadline {
        let reason = "must be longer than deadline_s (75 unless given)";
        section.fault(section.place.clone(), "lease_s", Problem::refused(reason));
    }
    section.finish();
    policy
}
