//! The tests, tested: designs that are known to be wrong must be found out, each within 1,000 seeds.
//!
//! Those of the protocol are the model's ablations; those of a client are built here around the production client, and
//! thrown at the same contract.

use std::sync::Arc;
use std::time::Instant;

use cancel_desk::journal::{Journal, JournalError, MemoryJournal, NewIntent, Vault};
use cancel_desk::record::NewPayment;
use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use contract_tests::random::{self, Dice};
use contract_tests::truth::cancel;
use contract_tests::{Kind, Patience, Report, World};
use pg_core::wire::{HeaderText, Method, WireRequest, WireResponse};
use pg_core::{
    BaseUrl, CancelError, CancelGateway, CancelOrder, CancelState, Cancelled, Capabilities, LedgerKnowledge,
    LookUpError, Money, NotSent, NotSentPhase, PaymentRef, PaymentState, ReqwestTransport, Sent, Transport,
    TransportError, TransportErrorKind, TransportOptions, UnknownReason, Verdict,
};
use pg_sandbox::credentials;

use crate::clock::HandClock;
use crate::desk::{SHOP, conclude, worker};
use crate::oracle::Oracle;
use crate::outcome::ClassReport;
use crate::{model, power};

/// A design of a client that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// A connection that closed before an answer is taken for "not sent".
    ClosedIsNotSent,
    /// Redirects are followed, as HTTP clients do by default.
    RedirectsFollowed,
    /// The amount is left out: then everything is refunded.
    AmountZeroByDefault,
    /// What went wrong is sent once more.
    RetriedByItself,
    /// `status=cancelled` is taken for: nothing is left.
    CancelledIsFull,
    /// "Already cancelled" is taken for success.
    AlreadyIsSuccess,
}

impl Design {
    const ALL: [Self; 6] = [
        Self::ClosedIsNotSent,
        Self::RedirectsFollowed,
        Self::AmountZeroByDefault,
        Self::RetriedByItself,
        Self::CancelledIsFull,
        Self::AlreadyIsSuccess,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::ClosedIsNotSent => "closed_is_not_sent",
            Self::RedirectsFollowed => "redirects_followed",
            Self::AmountZeroByDefault => "amount_zero_by_default",
            Self::RetriedByItself => "retried_by_itself",
            Self::CancelledIsFull => "cancelled_is_full",
            Self::AlreadyIsSuccess => "already_is_success",
        }
    }
}

/// Within so many seeds each must be caught.
const SEEDS: u64 = 1_000;

/// Throws everything at every wrong design. A design that is not caught is the violation.
pub async fn run(seed: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let began = Instant::now();
    let mut report = ClassReport::new("wrong", seed);
    model::wrong_designs(&mut report);
    for (done, design) in Design::ALL.into_iter().enumerate() {
        tell(done, Design::ALL.len());
        report.trials += 1;
        match first_catch(design, seed).await {
            Ok(Some((number, how))) => {
                report.count(&format!("{} caught at seed", design.name()), number);
                report.notes.push(format!("{}: {how}", design.name()));
            }
            Ok(None) => {
                report.violations.push(format!("{} was not caught within {SEEDS} seeds", design.name()));
            }
            Err(error) => report.violations.push(format!("{}: {error}", design.name())),
        }
    }
    report.trials += 1;
    match power::first_catch_of_a_journal_that_lies(seed).await {
        Some(number) => report.count("told_before_it_is_durable caught at seed", number),
        None => report.violations.push("a journal that tells too early was not caught".to_owned()),
    }
    report.took(began.elapsed())
}

async fn first_catch(design: Design, seed: u64) -> Result<Option<(u64, String)>, JournalError> {
    let world = Arc::new(World::start(Patience::SHORT).await);
    let client: Arc<dyn CancelGateway> = Arc::new(Wrong { design, client: client(design, &world) });
    for number in 0..SEEDS {
        let mut dice = Dice::new(seed.wrapping_add(number));
        let found = match design {
            Design::CancelledIsFull => second_part(&world, &client, number).await?,
            Design::AlreadyIsSuccess => after_the_console(&world, client.as_ref(), &mut dice).await,
            _ => {
                let mut report = Report::default();
                let what = format!("seed {}", seed.wrapping_add(number));
                random::trial(&mut report, &what, &world, client.as_ref(), Kind::Chaiport, &mut dice, false)
                    .await;
                report.violations
            }
        };
        if let Some(how) = found.into_iter().next() {
            return Ok(Some((number, how)));
        }
    }
    Ok(None)
}

/// A person refunds it all at the admin page first; then we try.
async fn after_the_console(world: &World, client: &dyn CancelGateway, dice: &mut Dice) -> Vec<String> {
    let mut report = Report::default();
    let paid = world.pay(Kind::Chaiport);
    if dice.below(2) == 0 {
        let console =
            world.sandbox.console_refund(Kind::Chaiport.sandbox(), &paid.payment.gateway_id, 10_000);
        if console.is_err() {
            report.violate("the console could not refund");
        }
    }
    let order = world.order(&paid, 10_000, 10_000, 1);
    let tried = cancel(world, client, &paid, &order).await;
    let books = world.ledger(&paid);
    let ours = books.entries.iter().filter(|entry| entry.by != pg_sandbox::Actor::Console).count();
    if tried.outcome.is_ok() && ours == 0 {
        report.violate("said done, but the books have nothing of ours");
    }
    report.violations
}

/// Two parts of one payment, by the desk.
async fn second_part(
    world: &Arc<World>,
    client: &Arc<dyn CancelGateway>,
    number: u64,
) -> Result<Vec<String>, JournalError> {
    let clock = Arc::new(HandClock::at_noon());
    let journal: Arc<dyn Journal> =
        Arc::new(MemoryJournal::new(Arc::clone(&clock) as Arc<_>, Vault::default()));
    let paid = world.pay(Kind::Chaiport);
    let key = journal.register_payment(NewPayment::new(SHOP, paid.payment.clone())).await?.key();
    let worker = worker(&journal, client);
    for part in 0..=number % 2 {
        let amount = Money::krw(3_000).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
        journal.submit(NewIntent::new(key.clone(), format!("part-{part}"), amount)?).await?;
        conclude(&worker, &*journal, &clock, world).await?;
    }
    let mut oracle = Oracle::default();
    oracle.compare(&*journal, &world.sandbox, true).await;
    Ok(oracle.violations.iter().map(ToString::to_string).collect())
}

fn client(design: Design, world: &World) -> ChaiportClient {
    let options = TransportOptions::new(Patience::SHORT.total).connect_timeout(Patience::SHORT.connect);
    let inner = ReqwestTransport::new(&options).expect("a transport");
    let transport: Arc<dyn Transport> = match design {
        Design::RedirectsFollowed => Arc::new(Following::new()),
        _ => Arc::new(Changed { design, inner }),
    };
    let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
        .endpoint(Endpoint::Custom(world.sandbox.url(Kind::Chaiport.sandbox())))
        .build()
        .expect("a valid configuration");
    ChaiportClient::with_transport(config, transport).expect("a client")
}

/// The production client, its word turned round.
#[derive(Debug)]
struct Wrong {
    design: Design,
    client: ChaiportClient,
}

#[async_trait::async_trait]
impl CancelGateway for Wrong {
    fn capabilities(&self) -> Capabilities {
        CancelGateway::capabilities(&self.client)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let outcome = CancelGateway::cancel(&self.client, order).await;
        match (self.design, &outcome) {
            (Design::ClosedIsNotSent, Err(CancelError::Unknown(error)))
                if error.reason() == UnknownReason::ConnectionLost =>
            {
                Err(NotSent::new(NotSentPhase::BeforeFirstByte).into())
            }
            (Design::AlreadyIsSuccess, Err(CancelError::Unknown(error)))
                if error.reason() == UnknownReason::AlreadySeen =>
            {
                Ok(Cancelled::new(CancelState::Completed, order.amount(), ()))
            }
            _ => outcome,
        }
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let state = CancelGateway::look_up(&self.client, payment).await?;
        if self.design == Design::CancelledIsFull && state.status.as_str() == "cancelled" {
            // beside single cancels the desk would see that it cannot be true
            return Ok(PaymentState::new(state.paid, state.paid, "cancelled").unwrap_or(state));
        }
        Ok(state)
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        CancelGateway::reconcile(&self.client, order, ledger).await
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        CancelGateway::history_tag(&self.client, order)
    }
}

/// The production transport, what goes through it changed.
#[derive(Debug)]
struct Changed {
    design: Design,
    inner: ReqwestTransport,
}

#[async_trait::async_trait]
impl Transport for Changed {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let is_cancel = request.target() == "/payments/cancel";
        let request = match self.design {
            Design::AmountZeroByDefault if is_cancel => without_amount(request),
            _ => request,
        };
        let again = (self.design == Design::RetriedByItself && is_cancel).then(|| request.clone());
        match (self.inner.send(base, request).await, again) {
            (Err(_), Some(again)) => self.inner.send(base, again).await,
            (outcome, _) => outcome,
        }
    }
}

fn without_amount(request: WireRequest) -> WireRequest {
    let Ok(serde_json::Value::Object(mut body)) = serde_json::from_slice(request.body()) else {
        return request;
    };
    body.remove("amount");
    body.remove("checksum");
    let body = serde_json::Value::Object(body).to_string().into_bytes();
    request.with_body(body)
}

/// An HTTP client as it comes: it follows redirects, and takes whatever it gets in the end for the answer.
#[derive(Debug)]
struct Following(reqwest::Client);

impl Following {
    fn new() -> Self {
        // the first one stays: the same for every client of this process
        let _there_already = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(Patience::SHORT.total).no_proxy().build();
        Self(client.expect("a client"))
    }
}

#[async_trait::async_trait]
impl Transport for Following {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let failed = |error: &reqwest::Error| {
            let sent = if error.is_connect() { Sent::No } else { Sent::Maybe };
            TransportError::new(sent, TransportErrorKind::Connection)
        };
        let url = base
            .join(request.target())
            .map_err(|_| TransportError::new(Sent::No, TransportErrorKind::Build))?;
        let mut builder = match request.method() {
            Method::Post => self.0.post(url),
            _ => self.0.get(url),
        };
        for (name, value) in request.headers() {
            builder = builder.header(
                *name,
                match value {
                    HeaderText::Plain(text) => *text,
                    HeaderText::Secret(secret) => secret.expose(),
                },
            );
        }
        if request.method() == Method::Post {
            builder = builder.body(request.into_body());
        }
        let answer = builder.send().await.map_err(|error| failed(&error))?;
        let status = answer.status().as_u16();
        if answer.content_length().is_some_and(|length| length > 1_048_576) {
            return Err(TransportError::new(Sent::Maybe, TransportErrorKind::TooLarge));
        }
        let body = answer.bytes().await.map_err(|error| failed(&error))?;
        Ok(WireResponse::new(status, body.to_vec()))
    }
}
