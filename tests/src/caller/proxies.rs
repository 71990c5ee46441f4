//! Proxies: what cannot be used is refused by name or ends as not sent; it is never passed by.

use std::sync::Arc;

use pg_core::{CancelGateway, Invalid};
use pg_sandbox::{Operation, credentials};

use crate::kind::Kind;
use crate::report::Report;
use crate::truth::{Tried, check};
use crate::world::{Patience, World};

/// Proxies that lead nowhere: nobody listens on the discard port.
const PROXIES: &[&str] = &[
    "",
    " ",
    "x",
    "not a url",
    "://",
    "http://",
    "http://127.0.0.1:9",
    "https://127.0.0.1:9",
    "http://user:PASSWORD-CANARY@127.0.0.1:9",
    "http://user:PASSWORD-CANARY@127.0.0.1:99999",
    "127.0.0.1:9",
    "socks5://127.0.0.1:9",
    "socks5h://user:PASSWORD-CANARY@127.0.0.1:9",
    "socks4://127.0.0.1:9",
    "ftp://127.0.0.1:9",
    "file:///dev/null",
    "unix:/run/x.sock",
    "http://127.0.0.1:9\r\nX-Injected: 1",
    "direct",
    "null",
];

/// Cancels through each of them. Tells how many were tried.
pub(super) async fn run(report: &mut Report) -> usize {
    let world = World::start(Patience::LONG).await;
    let mut tried = 0;
    for kind in Kind::ALL {
        for proxy in PROXIES {
            tried += 1;
            one(report, &world, kind, proxy).await;
        }
        let seen = world.sandbox.count(kind.sandbox(), Operation::Any);
        if seen > 0 {
            report.violate(format!("{kind}: {seen} requests went past the proxy"));
        }
    }
    tried
}

async fn one(report: &mut Report, world: &World, kind: Kind, proxy: &str) {
    let what = format!("{kind}, proxy {proxy:?}");
    let discreet = |said: &str| !said.contains("CANARY") && !said.chars().any(char::is_control);
    let client = match client(world, kind, proxy) {
        Ok(client) => client,
        Err(error) => {
            if error.field() != "proxy" || !discreet(&format!("{error} {error:?}")) {
                report.violate(format!("{what}: was refused as {error:?}"));
            }
            return;
        }
    };
    let paid = world.pay(kind);
    let order = world.order(&paid, 3_000, 10_000, 1);
    let before = world.cancels_seen(kind);
    let outcome = CancelGateway::cancel(client.as_ref(), &order).await;
    let tried = Tried { outcome, seen: world.cancels_seen(kind) - before };
    check(report, &what, world, &paid, &order, &tried, 1);
    let mut said = format!("{client:?}");
    if let Err(error) = &tried.outcome {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            said.push_str(&format!(" {error} {error:?}"));
            cause = error.source();
        }
    }
    if said.contains("CANARY") {
        report.violate(format!("{what}: tells its password: {said}"));
    }
    if tried.label() != "not_sent" {
        report.violate(format!("{what}: said {:?}", tried.outcome));
    }
}

/// A client with the right keys that goes through a proxy.
fn client(world: &World, kind: Kind, proxy: &str) -> Result<Arc<dyn CancelGateway>, Invalid> {
    let (proxy, url) = (proxy.to_owned(), world.sandbox.url(kind.sandbox()));
    Ok(match kind {
        Kind::Chaiport => {
            use chaiport_cancel::{ChaiportClient, Config, Endpoint};
            let builder = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET);
            Arc::new(ChaiportClient::new(builder.endpoint(Endpoint::Custom(url)).proxy(proxy).build()?)?)
        }
        Kind::Eximbay => {
            use eximbay_cancel::{Config, Endpoint, EximbayClient};
            let builder = Config::builder(credentials::EXIMBAY_KEY, credentials::EXIMBAY_MID);
            Arc::new(EximbayClient::new(builder.endpoint(Endpoint::Custom(url)).proxy(proxy).build()?)?)
        }
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            use settlebank_cancel::{Config, Endpoint, SettlebankClient};
            let (mid, licence) = (credentials::SETTLEBANK_MID, credentials::SETTLEBANK_LICENCE_KEY);
            let builder = match kind {
                Kind::SettlebankFlat => Config::flat(mid, licence),
                _ => Config::standard(mid, licence, credentials::SETTLEBANK_AES_KEY),
            };
            Arc::new(SettlebankClient::new(builder.endpoint(Endpoint::Custom(url)).proxy(proxy).build()?)?)
        }
    })
}
