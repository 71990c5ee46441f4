//! A gateway that sends back what it was sent, in every text, code and header, and misbehaves in every other way:
//! neither log nor `Debug` nor `Display` may carry it on.
//!
//! One test in a process of its own, because it listens to every log line of the process.

mod listen;

use std::fmt::{Debug, Write as _};

use contract_tests::hostile;
use contract_tests::world::{ALONE, Keys};
use contract_tests::{Kind, Over, Paid, Patience, World};
use pg_core::{Bank, CancelGateway, CancelOrder, LookUpError, RefundAccount};
use pg_sandbox::{BodyKind, Fault, FaultKind, Operation, credentials};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HOLDER: &str = "메아리카나리아";
const ACCOUNT: &str = "90817263540022";
const PHONE: &str = "01077665544";
const REVOKED: &str = "90817263540044";
const PG_KEY: &str = "PgApiKey0123456789+Canary";
const REASON: &str = "메아리사유카나리아";

/// What was written down: everything that `Debug` and `Display` show.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn debug(&mut self, what: &str, value: &impl Debug) {
        writeln!(self.0, "{what} {value:?}").expect("a string");
        // pretty printing writes other bytes: `\n` instead of spaces, nothing else may differ
        writeln!(self.0, "{what} {}", format!("{value:#?}").replace('\n', " ")).expect("a string");
    }

    fn error(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        let mut cause = Some(error);
        while let Some(error) = cause {
            writeln!(self.0, "{what} {error} {error:?}").expect("a string");
            cause = error.source();
        }
    }
}

/// What must not be found, by name.
fn canaries(token: &str) -> Vec<(&'static str, String)> {
    let own = |text: &str| text.to_owned();
    vec![
        ("holder", own(HOLDER)),
        ("account", own(ACCOUNT)),
        ("phone", own(PHONE)),
        ("reason", own(REASON)),
        ("account to revoke", own(REVOKED)),
        ("chaiport pg's key", own(PG_KEY)),
        ("chaiport pg's key, encoded", PG_KEY.replace('+', "%2B")),
        ("chaiport key", own(credentials::CHAIPORT_KEY)),
        ("chaiport secret", own(credentials::CHAIPORT_SECRET)),
        ("chaiport token", own(token)),
        ("eximbay key", own(credentials::EXIMBAY_KEY)),
        ("eximbay key, encoded", own("dGVzdF8xODQ5NzA1QzY0MkMyMTdFMEIyRDo")),
        ("settlebank licence key", own(credentials::SETTLEBANK_LICENCE_KEY)),
        ("settlebank aes key", own(credentials::SETTLEBANK_AES_KEY)),
    ]
}

/// A virtual-account payment and its refund, with everything personal in it.
fn planted(world: &World, kind: Kind) -> (Paid, CancelOrder) {
    let mut paid = match kind {
        Kind::Chaiport | Kind::Eximbay => world.pay_as(kind, |new| new.vbank()),
        _ => world.pay_as(kind, |new| new.vbank().mid(credentials::SETTLEBANK_MID)),
    };
    match kind {
        Kind::Chaiport => paid.payment = paid.payment.with_method("vbank"),
        Kind::SettlebankStandard => paid.payment = paid.payment.with_method("VA"),
        Kind::Eximbay => {}
        Kind::SettlebankFlat => paid = world.pay(kind),
    }
    let mut order = world.order(&paid, 10_000, 10_000, 1).with_reason(REASON);
    if kind != Kind::SettlebankFlat {
        let account = RefundAccount::new(Bank::Shinhan, ACCOUNT, HOLDER);
        order = order.with_refund_account(account.and_then(|a| a.with_phone(PHONE)).expect("an account"));
    }
    (paid, order)
}

/// Chaiport's token, which it gives again to whoever asks.
async fn token(world: &World) -> String {
    let address = world.sandbox.url(pg_sandbox::Gateway::Chaiport).replace("http://", "");
    let body = format!(
        r#"{{"imp_key":"{}","imp_secret":"{}"}}"#,
        credentials::CHAIPORT_KEY,
        credentials::CHAIPORT_SECRET
    );
    let request = format!(
        "POST /users/getToken HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let (_, rest) = answer.split_once("\"access_token\":\"").expect("a token");
    rest.split('"').next().expect("its end").to_owned()
}

/// Whether a gateway is sent a planted value by an operation: it can echo nothing else. A look-up carries no account.
fn sent(kind: Kind, operation: Operation, name: &str) -> bool {
    let revoking = matches!(name, "account to revoke" | "chaiport pg's key" | "chaiport pg's key, encoded");
    if revoking || operation == Operation::Revoke {
        let own = matches!(
            (kind, name),
            (Kind::Chaiport, "chaiport pg's key" | "chaiport pg's key, encoded" | "chaiport token")
                | (Kind::SettlebankStandard, "account to revoke" | "settlebank licence key")
        );
        return operation == Operation::Revoke && own;
    }
    let personal = !name.contains("key") && !name.contains("secret") && !name.contains("token");
    if personal {
        return kind != Kind::SettlebankFlat && operation == Operation::Cancel;
    }
    let gateway = kind.gateway().as_str();
    let needs_aes = name.contains("aes") && kind == Kind::SettlebankFlat;
    let too_early = name.contains("token") && operation == Operation::Token;
    name.starts_with(gateway) && !needs_aes && !too_early
}

/// Echoes that aim: a single planted value as code, as message, as where to go next.
fn aimed(values: &[(&'static str, String)], kind: Kind, operation: Operation) -> Vec<FaultKind> {
    let mut faults = Vec::new();
    for (_, value) in values.iter().filter(|(name, _)| sent(kind, operation, name)) {
        for status in [200, 401] {
            faults.push(FaultKind::Status(status, BodyKind::Envelope(value.clone(), value.clone())));
        }
        faults.push(FaultKind::Redirect(302, format!("http://127.0.0.1:9/{value}")));
        faults.push(FaultKind::EchoValue(value.clone()));
    }
    faults
}

async fn exercise(
    world: &World,
    kind: Kind,
    planted_values: &[(&'static str, String)],
    shown: &mut Shown,
) -> usize {
    let mut calls = 0;
    for operation in [Operation::Cancel, Operation::LookUp, Operation::Token] {
        if operation == Operation::Token && kind != Kind::Chaiport {
            continue;
        }
        let mut faults = hostile::quick_faults();
        faults.extend(aimed(planted_values, kind, operation));
        for fault in faults {
            calls += 1;
            let what = format!("{kind} {} at {operation:?}", fault.name());
            let (paid, order) = planted(world, kind);
            // a client of its own, so that the token is asked for anew
            let client = world.client(kind);
            world.sandbox.fault(Fault::on(kind.sandbox(), operation).kind(fault.clone()).always());
            cancel(world, kind, client.as_ref(), &order, planted_values, &what, shown).await;
            look_up(world, kind, client.as_ref(), &paid, &order, &what, shown).await;
            world.disarm(kind).await;
        }
    }
    calls
}

async fn cancel(
    world: &World,
    kind: Kind,
    client: &dyn CancelGateway,
    order: &CancelOrder,
    planted_values: &[(&'static str, String)],
    what: &str,
    shown: &mut Shown,
) {
    shown.debug(what, order);
    // over the shared face, and again over the gateway's own, whose answers are typed
    let outcomes = [
        client.cancel(order).await.map(|done| format!("{done:?} {:?}", done.cancel_id())),
        typed(world, kind, order).await,
    ];
    for outcome in outcomes {
        match outcome {
            Ok(done) => writeln!(shown.0, "{what} {done}").expect("a string"),
            Err(error) => {
                shown.error(what, &error);
                shown.debug(what, &error.code());
                shown.debug(what, &error.next_step());
                // the message is shown only by who asks for it; what is secret has left it all the same
                let message = error.message().map(|text| text.as_str().to_owned()).unwrap_or_default();
                for (name, value) in planted_values.iter().filter(|(name, _)| *name != "reason") {
                    if sent(kind, Operation::Cancel, name) && message.contains(value.as_str()) {
                        writeln!(shown.0, "{what} the message still has the {name}: {value}")
                            .expect("a string");
                    }
                }
            }
        }
    }
}

/// Through the gateway's own client; its answer as `Debug` shows it.
async fn typed(world: &World, kind: Kind, order: &CancelOrder) -> Result<String, pg_core::CancelError> {
    Ok(match kind {
        Kind::Chaiport => {
            let request = chaiport_cancel::gateway::request_for(order)?;
            let done = world.chaiport_with(Keys::Right).cancel(&request).await?;
            let payment = done.answer();
            format!(
                "{request:?} {done:?} {:?} {:?} {:?} {:?}",
                payment.details(),
                payment.history(),
                payment.status(),
                chaiport_cancel::PaymentRecord::from(payment)
            )
        }
        Kind::Eximbay => {
            let request = eximbay_cancel::CancelRequest::try_from(order)?;
            let done = world.eximbay_with(Keys::Right).cancel(&request).await?;
            format!("{request:?} {done:?}")
        }
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            let client = world.settlebank_with(Keys::Right, kind == Kind::SettlebankStandard);
            let request = settlebank_cancel::gateway::request_for(order, client.config())?;
            let done = client.cancel(&request).await?;
            format!("{request:?} {done:?} {:?}", client.config())
        }
    })
}

async fn look_up(
    world: &World,
    kind: Kind,
    client: &dyn CancelGateway,
    paid: &Paid,
    order: &CancelOrder,
    what: &str,
    shown: &mut Shown,
) {
    let fail = |shown: &mut Shown, error: &LookUpError| {
        shown.error(what, error);
        shown.debug(what, &(error.kind(), error.code()));
    };
    match client.look_up(&paid.payment).await {
        Ok(state) => shown.debug(what, &state),
        Err(error) => fail(shown, &error),
    }
    match client.reconcile(order, ALONE).await {
        Ok(verdict) => shown.debug(what, &verdict),
        Err(error) => fail(shown, &error),
    }
    let found = match kind {
        Kind::Chaiport => {
            let id = paid.payment.gateway_id.parse().expect("an id");
            world.chaiport_with(Keys::Right).look_up(&id).await.map(|found| format!("{found:?}"))
        }
        Kind::Eximbay => {
            let look_up = eximbay_cancel::LookUp::try_from(&paid.payment).expect("a look-up");
            world
                .eximbay_with(Keys::Right)
                .look_up(&look_up)
                .await
                .map(|found| format!("{look_up:?} {found:?}"))
        }
        Kind::SettlebankStandard | Kind::SettlebankFlat => {
            let record = settlebank_cancel::PaymentRecord::try_from(&paid.payment).expect("a record");
            let client = world.settlebank_with(Keys::Right, kind == Kind::SettlebankStandard);
            client.look_up(&record).await.map(|found| format!("{record:?} {found:?}"))
        }
    };
    match found {
        Ok(found) => writeln!(shown.0, "{what} {found}").expect("a string"),
        Err(error) => fail(shown, &error),
    }
}

/// Virtual accounts revoked: a key of the PG's in the query, the account's number in the body.
async fn revocations(world: &World, planted_values: &[(&'static str, String)], shown: &mut Shown) -> usize {
    use settlebank_cancel::{Method, RevokeRequest};
    let mut calls = 0;
    for kind in [Kind::Chaiport, Kind::SettlebankStandard] {
        let mut faults = hostile::quick_faults();
        faults.extend(aimed(planted_values, kind, Operation::Revoke));
        for fault in faults {
            calls += 1;
            let what = format!("{kind} {} at Revoke", fault.name());
            world.sandbox.fault(Fault::on(kind.sandbox(), Operation::Revoke).kind(fault.clone()).always());
            let outcome = if kind == Kind::Chaiport {
                let id = "imp_000000000001".parse().expect("an id");
                let key = pg_core::Secret::new("pg_api_key", PG_KEY, 64).expect("a key");
                world
                    .chaiport_with(Keys::Right)
                    .revoke_virtual_account(&id, Some(&key))
                    .await
                    .map(|()| String::new())
            } else {
                let request =
                    RevokeRequest::new(Method::VirtualAccount, "STFP-1", REVOKED).expect("a request");
                let client = world.settlebank_with(Keys::Right, true);
                client.revoke_virtual_account(&request).await.map(|done| format!("{request:?} {done:?}"))
            };
            match outcome {
                Ok(done) => writeln!(shown.0, "{what} {done}").expect("a string"),
                Err(error) => {
                    shown.error(&what, &error);
                    let message = error.message().map(|text| text.as_str().to_owned());
                    writeln!(shown.0, "{what} {:?} {message:?}", error.code()).expect("a string");
                }
            }
            world.disarm(kind).await;
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_sent_comes_back() {
    listen::listen();
    let mut shown = Shown::default();
    let mut calls = 0;
    let mut all_planted = Vec::new();
    for over in Over::ALL {
        let world = World::start(Patience::LONG.over(over)).await;
        let planted = canaries(&token(&world).await);
        for kind in Kind::ALL {
            calls += exercise(&world, kind, &planted, &mut shown).await;
        }
        calls += revocations(&world, &planted, &mut shown).await;
        all_planted.extend(planted);
    }
    let mut planted = all_planted;
    planted.sort_unstable();
    planted.dedup();
    let log = listen::logged();
    let found = listen::search(&planted, &[("a log line", &log), ("debug or display", &shown.0)]);

    // the control: the answers did carry it, and the search would have found it
    assert!(log.contains("pg_cancel") && log.lines().count() > 100, "only {} log lines", log.lines().count());
    assert!(shown.0.lines().count() > 1_000, "only {} lines shown", shown.0.lines().count());
    tracing::info!("control {HOLDER}");
    let control = listen::search(&planted, &[("a log line", &listen::logged())]);
    assert_eq!(control.len(), found.iter().filter(|hit| hit.contains("a log line")).count() + 1);
    assert_eq!(listen::panics(), Vec::<String>::new());

    println!(
        "hostile echoes: {} canaries, {calls} rounds, {} log lines, {} lines of debug and display: {} found",
        planted.len(),
        log.lines().count(),
        shown.0.lines().count(),
        found.len()
    );
    assert!(found.is_empty(), "{} found\n{}", found.len(), found.join("\n"));
}
