//! Planted secrets and personal data must not come out anywhere: no log line at TRACE, no `Debug`, no `Display`.
//!
//! One test in a process of its own, because it listens to every log line of the process.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use contract_tests::world::{ALONE, Keys};
use contract_tests::{Kind, Over, Patience, World};
use pg_core::{Bank, RefundAccount};
use pg_sandbox::{BodyKind, FaultKind, credentials};

const HOLDER: &str = "카나리아홀더";
const ACCOUNT: &str = "90817263540011";
const PHONE: &str = "01099887766";
const REASON: &str = "변심 카나리아사유";

static LOGGED: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();

fn logged() -> Arc<Mutex<Vec<u8>>> {
    LOGGED.get_or_init(Arc::default).clone()
}

#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines of the `log` crate, which the HTTP client's own libraries write to.
struct LogSink;

impl log::Log for LogSink {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}\n", record.level(), record.target(), record.args());
        logged().lock().expect("not poisoned").extend_from_slice(line.as_bytes());
    }

    fn flush(&self) {}
}

/// What must not be found, by name. The keys are those that the clients were given.
fn canaries() -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("holder", HOLDER.to_owned()),
        ("account", ACCOUNT.to_owned()),
        ("phone", PHONE.to_owned()),
        ("reason", REASON.to_owned()),
        ("chaiport key", credentials::CHAIPORT_KEY.to_owned()),
        ("chaiport secret", credentials::CHAIPORT_SECRET.to_owned()),
        ("eximbay key", credentials::EXIMBAY_KEY.to_owned()),
        ("eximbay key, encoded", "dGVzdF8xODQ5NzA1QzY0MkMyMTdFMEIyRDo".to_owned()),
        ("settlebank licence key", credentials::SETTLEBANK_LICENCE_KEY.to_owned()),
        ("settlebank aes key", credentials::SETTLEBANK_AES_KEY.to_owned()),
    ];
    // the wrong keys differ in the last character only
    let stems: Vec<_> = all
        .iter()
        .filter(|(name, _)| name.contains("key") || name.contains("secret"))
        .map(|(name, value)| (*name, value.chars().take(value.chars().count() - 1).collect()))
        .collect();
    all.extend(stems);
    all
}

fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, ACCOUNT, HOLDER).and_then(|a| a.with_phone(PHONE)).expect("an account")
}

async fn exercise(kind: Kind, over: Over, shown: &mut String) {
    let world = World::start(Patience::SHORT_ALONE.over(over)).await;
    let faults = [
        None,
        Some(FaultKind::Silence),
        Some(FaultKind::CloseWithoutAnswer),
        Some(FaultKind::CutBody(20)),
        Some(FaultKind::Garbage),
        Some(FaultKind::Redirect(302, "http://127.0.0.1:9/".into())),
        Some(FaultKind::Status(500, BodyKind::Html)),
        Some(FaultKind::Status(
            400,
            BodyKind::Envelope("-1".into(), format!("{HOLDER} {ACCOUNT} {PHONE} {REASON}")),
        )),
        Some(FaultKind::Status(
            200,
            BodyKind::Envelope("-1".into(), format!("{HOLDER} {ACCOUNT} {PHONE} {REASON}")),
        )),
        Some(FaultKind::Malformed),
        Some(FaultKind::OtherAmount),
        Some(FaultKind::RefuseConnections),
    ];
    for keys in [Keys::Right, Keys::Wrong] {
        let client = world.client_with(kind, keys);
        writeln!(shown, "{client:?} {:?}", client.capabilities()).expect("a string");
        for fault in &faults {
            let (method, vbank) = match kind {
                Kind::Chaiport => ("vbank", true),
                Kind::SettlebankStandard => ("VA", true),
                Kind::Eximbay | Kind::SettlebankFlat => ("CA", false),
            };
            let mut paid = world
                .pay_as(kind, |new| if vbank { new.vbank().mid(credentials::SETTLEBANK_MID) } else { new });
            if vbank {
                paid.payment = paid.payment.with_method(method);
            }
            let mut order = world.order(&paid, 10_000, 10_000, 1).with_reason(REASON);
            if kind != Kind::SettlebankFlat {
                order = order.with_refund_account(account());
            }
            if let Some(fault) = fault {
                world.arm(kind, fault, true).await;
            }
            let outcome = client.cancel(&order).await;
            writeln!(shown, "{outcome:?}").expect("a string");
            if let Err(error) = &outcome {
                let mut cause: Option<&dyn std::error::Error> = Some(error);
                while let Some(error) = cause {
                    writeln!(shown, "{error} {error:?}").expect("a string");
                    cause = error.source();
                }
                // what is kept verbatim has lost our own secrets all the same
                let message = error.message().map(|text| text.as_str().to_owned()).unwrap_or_default();
                let sent = |name: &str| {
                    order.refund_account().is_some() || name.contains("key") || name.contains("secret")
                };
                for (name, value) in canaries().iter().filter(|(name, _)| *name != "reason" && sent(name)) {
                    assert!(!message.contains(value), "{kind}: the message still contains the {name}");
                }
            }
            world.disarm(kind).await;
            writeln!(
                shown,
                "{:?} {:?}",
                client.look_up(&paid.payment).await,
                client.reconcile(&order, ALONE).await
            )
            .expect("a string");
            writeln!(shown, "{:?}", order.refund_account()).expect("a string");
        }
    }
    typed(&world, kind, shown).await;
}

/// The gateways' own, typed answers.
async fn typed(world: &World, kind: Kind, shown: &mut String) {
    match kind {
        Kind::Chaiport => writeln!(shown, "{:?}", world.chaiport_with(Keys::Right)),
        Kind::Eximbay => writeln!(shown, "{:?}", world.eximbay_with(Keys::Right)),
        Kind::SettlebankStandard => writeln!(shown, "{:?}", world.settlebank_with(Keys::Right, true)),
        Kind::SettlebankFlat => writeln!(shown, "{:?}", world.settlebank_with(Keys::Right, false)),
    }
    .expect("a string");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_comes_out() {
    let sink = Sink(logged());
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .init();
    log::set_max_level(log::LevelFilter::Trace);
    log::set_logger(&LogSink).expect("the only logger");

    let mut shown = String::new();
    for over in Over::ALL {
        for kind in Kind::ALL {
            exercise(kind, over, &mut shown).await;
        }
    }
    let log = String::from_utf8_lossy(&logged().lock().expect("not poisoned")).into_owned();

    // the control: the search works, and there was something to search
    assert!(log.contains("pg_cancel"), "no span was logged");
    assert!(log.contains("outcome"), "no outcome was logged");
    assert!(log.lines().count() > 100, "only {} log lines", log.lines().count());
    tracing::info!("control {HOLDER}");
    let control = String::from_utf8_lossy(&logged().lock().expect("not poisoned")).into_owned();
    assert!(control.contains(HOLDER), "the search would not have found a canary");

    let mut found = Vec::new();
    for (name, value) in canaries() {
        for (place, text) in [("a log line", &log), ("debug or display", &shown)] {
            if let Some(line) = text.lines().find(|line| line.contains(&value)) {
                found.push(format!("{name} in {place}: {}", line.chars().take(300).collect::<String>()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    println!(
        "{} canaries, {} log lines, {} lines of debug and display: 0 found",
        canaries().len(),
        log.lines().count(),
        shown.lines().count()
    );
}
