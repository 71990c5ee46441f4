//! A desk with workers, served on a loopback port, in front of the simulated gateways.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cancel_desk::desk::{Desk, Workers};
use cancel_desk::http::{HttpOptions, serve};
use cancel_desk::journal::{Journal, MemoryJournal, SystemClock, Vault, VaultKey};
use cancel_desk::pg_core::{CancelGateway, Secret};
use cancel_desk::worker::{Account, Accounts};
use pg_sandbox::{Fault, FaultKind, Gateway, Ledger, NewPayment, Operation, Options, Sandbox, credentials};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Answer, Call, TOKEN};

pub(crate) const CHAIPORT: Gateway = Gateway::Chaiport;

pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) desk: Desk,
    pub(crate) address: SocketAddr,
    pub(crate) workers: Option<Workers>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
}

/// What a scene is made with.
pub(crate) struct Setting {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) workers: usize,
    pub(crate) options: HttpOptions,
}

impl Default for Setting {
    fn default() -> Self {
        Self { journal: journal(true), workers: 4, options: options() }
    }
}

pub(crate) fn journal(with_key: bool) -> Arc<dyn Journal> {
    let vault = if with_key { Vault::new(VaultKey::new([7; 32])) } else { Vault::without_key() };
    Arc::new(MemoryJournal::new(Arc::new(SystemClock), vault))
}

pub(crate) fn options() -> HttpOptions {
    let token = Secret::new("token", TOKEN, 100).unwrap();
    HttpOptions::with_tokens([&token])
        .unwrap()
        .patience(Duration::from_secs(20))
        .grace(Duration::from_secs(5))
}

/// The standard form, whose notifications these tests send.
pub(crate) fn settlebank(sandbox: &Sandbox) -> settlebank_cancel::Config {
    use settlebank_cancel::{Config, Endpoint};
    let (mid, licence) = (credentials::SETTLEBANK_MID, credentials::SETTLEBANK_LICENCE_KEY);
    let config = Config::standard(mid, licence, credentials::SETTLEBANK_AES_KEY);
    config.endpoint(Endpoint::Custom(sandbox.url(Gateway::Settlebank))).build().unwrap()
}

/// `20261121` as `2026-11-21`.
pub(crate) fn dashed(day: &str) -> String {
    let (year, rest) = day.split_at(4);
    let (month, day) = rest.split_at(2);
    format!("{year}-{month}-{day}")
}

fn accounts(sandbox: &Sandbox) -> Accounts {
    let chaiport = chaiport_cancel::Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
        .endpoint(chaiport_cancel::Endpoint::Custom(sandbox.url(CHAIPORT)));
    let chaiport = chaiport_cancel::ChaiportClient::witness(chaiport.build().unwrap()).unwrap();
    let eximbay = eximbay_cancel::Config::builder(credentials::EXIMBAY_KEY, credentials::EXIMBAY_MID)
        .endpoint(eximbay_cancel::Endpoint::Custom(sandbox.url(Gateway::Eximbay)));
    let eximbay = eximbay_cancel::EximbayClient::witness(eximbay.build().unwrap()).unwrap();
    let settlebank = settlebank_cancel::SettlebankClient::witness(settlebank(sandbox)).unwrap();
    let clients: [Arc<dyn CancelGateway>; 3] = [Arc::new(chaiport), Arc::new(eximbay), Arc::new(settlebank)];
    clients.into_iter().fold(Accounts::new(), |all, client| all.with("shop", Account::new(client)).unwrap())
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    pub(crate) async fn with(setting: Setting) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let desk = Desk::new(setting.journal, Arc::new(accounts(&sandbox)));
        let workers = (setting.workers > 0).then(|| desk.start_workers(setting.workers).unwrap());
        let options = setting.options.settlebank_notifications("shop", settlebank(&sandbox));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move {
            let _told = stopped.await;
        };
        let server = tokio::spawn(serve(listener, desk.clone(), options, stopped));
        Self { sandbox, desk, address, workers, stop: Some(stop), server }
    }

    pub(crate) async fn send(&self, call: Call) -> Answer {
        call.send(self.address).await
    }

    /// Tells the service to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// A payment at the gateway, registered over HTTP. Gives back the gateway's number.
    pub(crate) async fn paid(&self, payment: NewPayment, method: &str) -> String {
        let id = self.sandbox.pay(payment).as_str().to_owned();
        let ledger = self.ledger(&id);
        let body = format!(
            r#"{{"imp_uid":"{id}","merchant_uid":"{}","amount":{},"method":"{method}","pg_provider":"html5_inicis"}}"#,
            ledger.merchant_uid, ledger.paid
        );
        assert_eq!(self.send(Call::post("/payments", body)).await.status, 201);
        id
    }

    /// A card payment of 10,000 won through KG Inicis.
    pub(crate) async fn card(&self, order: &str) -> String {
        self.paid(NewPayment::chaiport(order, 10_000), "card").await
    }

    pub(crate) fn ledger(&self, imp_uid: &str) -> Ledger {
        self.sandbox.payment(CHAIPORT, imp_uid).unwrap()
    }

    /// What the gateway's ledger has refunded.
    pub(crate) fn refunds(&self, imp_uid: &str) -> Vec<i64> {
        self.ledger(imp_uid).entries.iter().map(|entry| entry.amount).collect()
    }

    /// What goes wrong with the next cancels.
    pub(crate) fn fault(&self, kind: FaultKind, applied: bool) {
        self.sandbox.fault(Fault::on(CHAIPORT, Operation::Cancel).kind(kind).apply(applied));
    }
}
