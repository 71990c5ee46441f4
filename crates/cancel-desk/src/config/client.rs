//! What a gateway's client is made of, by the keys of an account.
//!
//! The gateway's own crate checks the values, and names the first that it refuses. It is asked again with a stand-in for
//! that one, so that every fault is told at once.

use std::time::Duration;

use chaiport_cancel::ChaiportClient;
use eximbay_cancel::EximbayClient;
use pg_core::{BaseUrl, Gateway, Invalid};
use settlebank_cancel::SettlebankClient;

use super::account::Merchant;
use super::secret::{Names, Need, SecretText, secret};
use super::section::{Found, Section};
use super::{ClientConfig, Place, Problem};

/// In the place of a key that is missing or refused: no key of a gateway's looks like it.
const NO_KEY: &str = "stand-in";
/// The same for an AES key, which has a length.
const NO_AES_KEY: &str = "stand-in-stand-in-stand-in-stand";
/// The same for a merchant id, of 10 letters and digits.
const NO_MID: &str = "0000000000";
/// The same for an address. Nothing is sent to it.
const NO_ADDRESS: &str = "http://127.0.0.1:9";
/// What the gateways' crates call an address, and certificates.
const ADDRESS: [&str; 2] = ["endpoint", "base_url"];
const ROOTS: &str = "extra_root_certificates";

/// What all three clients are told alike.
struct Common {
    endpoint: Option<Found<String>>,
    allow_custom_host: bool,
    timeout: Option<Duration>,
    roots: Option<Found<Vec<u8>>>,
}

impl Common {
    fn read(section: &Section<'_, '_>, timeout: Option<Duration>, words: &[&str]) -> Self {
        let endpoint = endpoint(section, words);
        let allow_custom_host = section.flag("allow_custom_host");
        Self { endpoint, allow_custom_host, timeout, roots: roots(section) }
    }

    /// The address; one that is refused is not asked about again.
    fn address(&self, refused: &Refused) -> &str {
        let given = self.endpoint.as_ref().filter(|_| !ADDRESS.iter().any(|field| refused.has(field)));
        given.map_or(NO_ADDRESS, |found| found.value.as_str())
    }

    /// The address, the same however it is spelt.
    fn told(&self) -> String {
        let given = self.endpoint.as_ref().map_or("", |found| found.value.as_str());
        let url = BaseUrl::custom(given, true).and_then(|base| base.join("/"));
        url.map_or_else(|_| given.to_owned(), |url| url.to_string())
    }

    fn roots(&self, refused: &Refused) -> Option<Vec<u8>> {
        self.roots.as_ref().filter(|_| !refused.has(ROOTS)).map(|found| found.value.clone())
    }
}

/// The fields that were refused, by the names that the gateways' crates have for them.
#[derive(Default)]
struct Refused(Vec<&'static str>);

impl Refused {
    fn has(&self, field: &str) -> bool {
        self.0.contains(&field)
    }

    /// What was given, or a stand-in.
    fn or<'a>(&self, field: &str, given: Option<&'a str>, stand_in: &'a str) -> &'a str {
        given.filter(|_| !self.has(field)).unwrap_or(stand_in)
    }
}

/// Reads what a client is made of, and whose account that is. `None`: faults were found, or the secrets are not read this
/// time.
pub(super) fn read(
    section: &Section<'_, '_>,
    gateway: Gateway,
    timeout: Option<Duration>,
) -> Option<(ClientConfig, Merchant)> {
    match gateway {
        Gateway::Chaiport => chaiport(section, timeout),
        Gateway::Eximbay => eximbay(section, timeout),
        Gateway::Settlebank => settlebank(section, timeout),
        _ => None,
    }
}

/// Makes it, again with a stand-in for each field that is refused. `is_whole`: nothing that it needs is missing.
fn made<C>(
    section: &Section<'_, '_>,
    common: &Common,
    is_whole: bool,
    make: impl Fn(&Refused) -> Result<C, Invalid>,
) -> Option<C> {
    let mut refused = Refused::default();
    loop {
        match make(&refused) {
            Ok(made) => return (is_whole && refused.0.is_empty()).then_some(made),
            // no stand-in helps
            Err(error) if refused.has(error.field()) => return None,
            Err(error) => {
                tell(section, common, &error);
                refused.0.push(error.field());
            }
        }
    }
}

/// Names the key of the file instead of the client's field.
fn tell(section: &Section<'_, '_>, common: &Common, error: &Invalid) {
    let key = match error.field() {
        "api_key" => "key",
        "api_secret" => "secret",
        "base_url" => "endpoint",
        ROOTS => "ca_file",
        "endpoint" | "mid" | "tier" | "licence_key" | "aes_key" => error.field(),
        _ => "gateway",
    };
    let of = |place: &Place| place.clone();
    let place = match key {
        "ca_file" => common.roots.as_ref().map(|found| of(&found.place)),
        "endpoint" => common.endpoint.as_ref().map(|found| of(&found.place)),
        _ => names_of(key).iter().find_map(|name| section.get(name)).map(|found| found.place),
    };
    section.fault(
        place.unwrap_or_else(|| Place::clone(&section.place)),
        key,
        Problem::refused(remedy(error.reason())),
    );
}

/// By which keys of the file a value can be named.
const fn names_of(key: &str) -> &'static [&'static str] {
    match key.as_bytes() {
        b"key" => &["key_env", "key_file"],
        b"secret" => &["secret_env", "secret_file"],
        b"tier" => &["tier_env", "tier_file"],
        b"licence_key" => &["licence_key_env", "licence_key_file"],
        b"aes_key" => &["aes_key_env", "aes_key_file"],
        b"mid" => &["mid"],
        _ => &["gateway"],
    }
}

/// What the gateway's crate says, with what to write in the file.
fn remedy(reason: &str) -> &str {
    match reason {
        "is not one of the gateway's hosts; allow it explicitly if it is meant" => {
            "is not one of the gateway's hosts: if it is meant, add allow_custom_host = true to this account"
        }
        "is the live host, but the api key is a test key" => {
            "is the live host, but the api key is a test key: write endpoint = \"sandbox\", or name the live key"
        }
        "is the test host, but the api key is a live key" => {
            "is the test host, but the api key is a live key: write endpoint = \"production\", or name the test key"
        }
        other => other,
    }
}

/// Further certificate authorities: no secret, so anyone may read the file.
fn roots(section: &Section<'_, '_>) -> Option<Found<Vec<u8>>> {
    let found = section.text("ca_file")?;
    let path = section.reading.path(&found.value);
    match std::fs::read(&path) {
        Ok(value) => Some(Found { value, place: found.place }),
        Err(_) => {
            section.fault(found.place, "ca_file", Problem::Unreadable { path });
            None
        }
    }
}

/// The address: a word, or an address of one's own.
fn endpoint(section: &Section<'_, '_>, words: &[&str]) -> Option<Found<String>> {
    if section.get("endpoint").is_none() {
        section.missing(
            "endpoint",
            &format!("endpoint = \"{}\", or an address of your own", words.join("\" or \"")),
        );
        return None;
    }
    let found = section.text("endpoint")?;
    if words.contains(&found.value.as_str()) || found.value.contains("://") {
        return Some(found);
    }
    let reason = format!("must be {}, or an address such as http://127.0.0.1:9101", words.join(", "));
    section.fault(found.place, "endpoint", Problem::Refused { reason });
    None
}

fn mid(section: &Section<'_, '_>) -> Option<String> {
    if section.get("mid").is_none() {
        section.missing("mid", "mid = \"…\", the merchant id");
        return None;
    }
    section.text("mid").map(|found| found.value)
}

fn text(secret: &Option<Found<SecretText>>) -> Option<&str> {
    secret.as_ref().map(|found| found.value.as_str())
}

macro_rules! names {
    ($name:literal) => {
        Names { inline: $name, env: concat!($name, "_env"), file: concat!($name, "_file") }
    };
}

fn chaiport(section: &Section<'_, '_>, timeout: Option<Duration>) -> Option<(ClientConfig, Merchant)> {
    use chaiport_cancel::{AuthorizationForm, Config, Endpoint};

    let key = secret(section, &names!("key"), Need::Required);
    let api_secret = secret(section, &names!("secret"), Need::Required);
    let tier = secret(section, &names!("tier"), Need::Optional);
    let common = Common::read(section, timeout, &["production", "static_ip"]);
    let authorization = section.word("authorization", &["raw", "bearer"]);
    let include = section.flag("include_sandbox");
    let is_whole = common.endpoint.is_some() && key.is_some() && api_secret.is_some();
    let made = made(section, &common, is_whole, |refused| {
        let endpoint = match common.address(refused) {
            "production" => Endpoint::Production,
            "static_ip" => Endpoint::StaticIp,
            address => Endpoint::Custom(address.to_owned()),
        };
        let key = refused.or("api_key", text(&key), NO_KEY);
        let mut builder = Config::builder(key, refused.or("api_secret", text(&api_secret), NO_KEY))
            .endpoint(endpoint)
            .allow_custom_host(common.allow_custom_host)
            .include_sandbox(include);
        if authorization == Some("bearer") {
            builder = builder.authorization(AuthorizationForm::Bearer);
        }
        if let Some(tier) = text(&tier).filter(|_| !refused.has("tier")) {
            builder = builder.tier(tier);
        }
        if let Some(limit) = common.timeout {
            builder = builder.total_timeout(limit);
        }
        if let Some(pem) = common.roots(refused) {
            builder = builder.extra_root_certificates(pem);
        }
        let config = builder.build()?;
        ChaiportClient::witness(config.clone()).map(|_| config)
    });
    // both addresses are of one service
    let address = match common.told() {
        word if word == "static_ip" => "production".to_owned(),
        address => address,
    };
    let parts = [&address, text(&key).unwrap_or_default(), text(&tier).unwrap_or_default()];
    made.map(|made| (ClientConfig::Chaiport(made), Merchant::of(&parts)))
}

fn eximbay(section: &Section<'_, '_>, timeout: Option<Duration>) -> Option<(ClientConfig, Merchant)> {
    use eximbay_cancel::{Config, Endpoint};

    let key = secret(section, &names!("key"), Need::Required);
    let mid = mid(section);
    let common = Common::read(section, timeout, &["production", "sandbox"]);
    let is_whole = common.endpoint.is_some() && key.is_some() && mid.is_some();
    let made = made(section, &common, is_whole, |refused| {
        let endpoint = match common.address(refused) {
            "production" => Endpoint::Production,
            "sandbox" => Endpoint::Sandbox,
            address => Endpoint::Custom(address.to_owned()),
        };
        let key = refused.or("api_key", text(&key), NO_KEY);
        let mut builder = Config::builder(key, refused.or("mid", mid.as_deref(), NO_MID))
            .endpoint(endpoint)
            .allow_custom_host(common.allow_custom_host);
        if let Some(limit) = common.timeout {
            builder = builder.total_timeout(limit);
        }
        if let Some(pem) = common.roots(refused) {
            builder = builder.extra_root_certificates(pem);
        }
        let config = builder.build()?;
        EximbayClient::witness(config.clone()).map(|_| config)
    });
    let parts = [&common.told(), mid.as_deref().unwrap_or_default()];
    made.map(|made| (ClientConfig::Eximbay(made), Merchant::of(&parts)))
}

fn settlebank(section: &Section<'_, '_>, timeout: Option<Duration>) -> Option<(ClientConfig, Merchant)> {
    use settlebank_cancel::{Config, Endpoint, EqualAmounts};

    if section.get("form").is_none() {
        section.missing("form", "form = \"standard\" (or \"flat\")");
    }
    let form = section.word("form", &["standard", "flat"]);
    let mid = mid(section);
    let licence = secret(section, &names!("licence_key"), Need::Required);
    let wants_aes = if form == Some("flat") { Need::Optional } else { Need::Required };
    let aes = secret(section, &names!("aes_key"), wants_aes);
    let common = Common::read(section, timeout, &["production", "sandbox"]);
    let equal = section.word("equal_amounts", &["refuse", "send"]);
    let is_flat = form == Some("flat");
    let is_whole = common.endpoint.is_some()
        && form.is_some()
        && mid.is_some()
        && licence.is_some()
        && (is_flat || aes.is_some());
    let made = made(section, &common, is_whole, |refused| {
        let endpoint = match common.address(refused) {
            "production" => Endpoint::Production,
            "sandbox" => Endpoint::Sandbox,
            address => Endpoint::Custom(address.to_owned()),
        };
        let mid = refused.or("mid", mid.as_deref(), NO_MID);
        let licence = refused.or("licence_key", text(&licence), NO_KEY);
        let mut builder = match is_flat {
            true => Config::flat(mid, licence),
            false => Config::standard(mid, licence, refused.or("aes_key", text(&aes), NO_AES_KEY)),
        };
        builder = builder.endpoint(endpoint).allow_custom_host(common.allow_custom_host);
        if equal == Some("send") {
            builder = builder.equal_amounts(EqualAmounts::Send);
        }
        if let Some(limit) = common.timeout {
            builder = builder.total_timeout(limit);
        }
        if let Some(pem) = common.roots(refused) {
            builder = builder.extra_root_certificates(pem);
        }
        let config = builder.build()?;
        SettlebankClient::witness(config.clone()).map(|_| config)
    });
    let parts = [&common.told(), mid.as_deref().unwrap_or_default(), form.unwrap_or_default()];
    made.map(|made| (ClientConfig::Settlebank(Box::new(made)), Merchant::of(&parts)))
}
