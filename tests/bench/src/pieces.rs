//! The parts that need no wire: building, reading, judging, hashing; each beside what is bare or written by hand.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use chaiport_cancel::{CancelError, ChaiportClient};
use cpu_time::ProcessTime;
use pg_core::wire::{WireRequest, WireResponse};
use pg_core::{BaseUrl, Transport, TransportError};
use serde::Serialize;
use settlebank_cancel::Form;
use sha2::{Digest as _, Sha256};

use crate::kind::GatewayKind;
use crate::measure::Meter;
use crate::mock::{Manner, Mock};
use crate::{ours, twin};

/// An amount of 1000 won.
const ENCRYPTED: &str = "AntV/eDpxIaKF0hJiePDKA==";

type Fault = Box<dyn std::error::Error + Send + Sync>;
/// Does it so many times.
type Work = Box<dyn FnMut(u64)>;

/// One part.
struct Piece {
    name: &'static str,
    /// The part it is compared with.
    against: Option<&'static str>,
    work: Work,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    against: Option<&'static str>,
    ns: f64,
    allocations: Option<u64>,
}

fn piece<T>(
    name: &'static str,
    against: Option<&'static str>,
    mut once: impl FnMut() -> T + 'static,
) -> Piece {
    let work = Box::new(move |times| {
        for _ in 0..times {
            black_box(once());
        }
    });
    Piece { name, against, work }
}

/// Every part.
fn all() -> Result<Vec<Piece>, Fault> {
    let mut pieces = chaiport()?;
    pieces.extend(eximbay()?);
    pieces.extend(settlebank()?);
    pieces.extend(settlebank_flat()?);
    Ok(pieces)
}

/// The mock's answer to a request.
fn answer_to(request: &WireRequest) -> Vec<u8> {
    let mut bytes =
        format!("{} {} HTTP/1.1\r\n\r\n", request.method().as_str(), request.target()).into_bytes();
    bytes.extend_from_slice(request.body());
    let mut answer = Vec::new();
    Mock::new(Manner::default()).answer(&bytes, &mut answer);
    answer
}

fn chaiport() -> Result<Vec<Piece>, Fault> {
    use chaiport_cancel::{classify, response, token, wire};
    let request = ours::chaiport_request(1)?;
    let config = ours::chaiport_config(1)?;
    let token_answer = WireResponse::new(200, answer_to(&wire::get_token(&config)?));
    let kept = token::parse_token(&token_answer, &[])?;
    let wire_request = wire::cancel(&request, wire::Authorization::new(&config, &kept))?;
    let body = answer_to(&wire_request);
    let response = WireResponse::new(200, body.clone());
    assert!(classify::classify(&request, &response).is_ok(), "the mock's answer is no success");
    let payment = response::parse_payment(&body)?;
    let (judged, parsed, typed) = (response.clone(), body.clone(), body);
    let built = request.clone();
    let echoing = response.clone();
    Ok(vec![
        piece("chaiport-request", None, || ours::chaiport_request(1).ok()),
        piece("chaiport-build", Some("chaiport-build-twin"), move || wire::cancel_body(&built).ok()),
        piece("chaiport-build-twin", None, || {
            let body = twin::chaiport::Body {
                reason: black_box("[c:caaaaaaaaaaaaaaaaaaaaaaaaaa] 고객 변심"),
                imp_uid: black_box("imp_000000000001"),
                amount: 35_000,
                checksum: 35_000,
            };
            serde_json::to_vec(&body).ok()
        }),
        piece("chaiport-scrub", None, move || {
            let secrets =
                ["1111111111111111", "bench-secret-0123456789", "a9ace025c90c0da2161075da6ddd3492a2fca776"];
            echoing.clone().without(&secrets)
        }),
        piece("chaiport-parse", Some("chaiport-parse-twin"), move || response::parse_payment(&parsed).ok()),
        piece("chaiport-classify", Some("chaiport-parse-twin"), move || {
            classify::classify(&request, &judged).ok()
        }),
        piece("chaiport-details", None, move || payment.details().ok()),
        piece("chaiport-parse-twin", None, move || {
            serde_json::from_slice::<twin::chaiport::Envelope<twin::chaiport::Payment>>(&typed).ok()
        }),
        piece("chaiport-token", None, move || token::parse_token(&token_answer, &[]).ok()),
        without_wire()?,
    ])
}

/// A whole cancel over a transport that has the answer at hand.
fn without_wire() -> Result<Piece, Fault> {
    #[derive(Debug)]
    struct AtHand {
        token: Vec<u8>,
        cancel: Vec<u8>,
    }
    #[async_trait::async_trait]
    impl Transport for AtHand {
        async fn send(&self, _: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
            let answer = if request.target() == "/users/getToken" { &self.token } else { &self.cancel };
            Ok(WireResponse::new(200, answer.clone()))
        }
    }
    let tag: pg_core::AttemptTag = "caaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?;
    let config = ours::chaiport_config(1)?;
    let token = answer_to(&chaiport_cancel::wire::get_token(&config)?);
    let request = ours::chaiport_request(1)?.with_tag(tag.clone());
    let body = chaiport_cancel::wire::cancel_body(&request)?;
    let cancel = answer_to(&WireRequest::post_json("/payments/cancel", "application/json", body));
    let client = ChaiportClient::with_transport(config, Arc::new(AtHand { token, cancel }))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let work = Box::new(move |times| {
        let done: Result<(), CancelError> = runtime.block_on(async {
            for _ in 0..times {
                let request = ours::chaiport_request(1).expect("a request").with_tag(tag.clone());
                let _done = black_box(client.cancel(&request).await?);
            }
            Ok(())
        });
        done.expect("the answer fits the request");
    });
    Ok(Piece { name: "chaiport-cancel-without-wire", against: None, work })
}

fn eximbay() -> Result<Vec<Piece>, Fault> {
    use eximbay_cancel::{classify, wire};
    let config = ours::eximbay_config(1)?;
    let request = ours::eximbay_request()?;
    let body = answer_to(&wire::cancel(&request, &config)?);
    let response = WireResponse::new(200, body.clone());
    assert!(classify::classify(&request, &config, &response).is_ok(), "the mock's answer is no success");
    let (built, its_config) = (request.clone(), config.clone());
    Ok(vec![
        piece("eximbay-request", None, || ours::eximbay_request().ok()),
        piece("eximbay-build", Some("eximbay-build-twin"), move || wire::cancel(&built, &its_config).ok()),
        piece("eximbay-build-twin", None, || {
            serde_json::to_vec(&twin::eximbay::Body::new(black_box("caaaaaaaaaaaaaaaaaaaaaaaaaa"))).ok()
        }),
        piece("eximbay-classify", Some("eximbay-parse-twin"), move || {
            classify::classify(&request, &config, &response).ok()
        }),
        piece("eximbay-parse-twin", None, move || {
            serde_json::from_slice::<twin::eximbay::Answer>(&body).ok()
        }),
    ])
}

fn settlebank() -> Result<Vec<Piece>, Fault> {
    use settlebank_cancel::{classify, sign, wire};
    let config = ours::settlebank_config(GatewayKind::Settlebank, 1)?;
    let request = ours::settlebank_request(Form::Standard)?;
    let body = answer_to(&wire::cancel(&request, &config)?);
    let response = WireResponse::new(200, body.clone());
    assert!(classify::classify(&request, &response, &config).is_ok(), "the mock's answer is no success");
    let (built, its_config) = (request.clone(), config.clone());
    let (aes, building) = (twin::settlebank::key(), twin::settlebank::key());
    let key = pg_core::Secret::new("licence_key", settlebank_cancel::SANDBOX_LICENCE_KEY, 64)?;
    let ours_aes = settlebank_cancel::aes::AesKey::new(settlebank_cancel::SANDBOX_AES_KEY)?;
    let (decrypting, bare, bare_again) = (ours_aes.clone(), twin::settlebank::key(), twin::settlebank::key());
    let parts = ["20261121", "210000", "nxca_jt_il", "caaaaaaaaaaaaaaaaaaaaaaaaaa", "1000"];
    Ok(vec![
        piece("settlebank-request", None, || ours::settlebank_request(Form::Standard).ok()),
        piece("settlebank-build", Some("settlebank-build-twin"), move || {
            wire::cancel(&built, &its_config).ok()
        }),
        piece("settlebank-build-twin", None, move || {
            let order_no = black_box("caaaaaaaaaaaaaaaaaaaaaaaaaa");
            serde_json::to_vec(&twin::settlebank::Body::new(&building, order_no)).ok()
        }),
        piece("settlebank-classify", Some("settlebank-parse-twin"), move || {
            classify::classify(&request, &response, &config).ok()
        }),
        piece("settlebank-parse-twin", None, move || {
            let answer = serde_json::from_slice::<twin::settlebank::Answer>(&body).ok()?;
            Some(answer.data.amounts(&aes).sum::<i64>())
        }),
        piece("hash", Some("hash-bare"), move || sign::pkt_hash(black_box(&parts), &key)),
        // the digest alone, not written as text
        piece("hash-bare", None, move || {
            let mut hasher = Sha256::new();
            for part in black_box(&parts) {
                hasher.update(part);
            }
            hasher.update(settlebank_cancel::SANDBOX_LICENCE_KEY);
            hasher.finalize()
        }),
        piece("encrypt", Some("encrypt-twin"), move || ours_aes.encrypt(black_box("1000"))),
        piece("encrypt-twin", None, move || twin::settlebank::encrypt(&bare, black_box("1000"))),
        piece("decrypt", Some("decrypt-twin"), move || decrypting.decrypt(black_box(ENCRYPTED))),
        piece("decrypt-twin", None, move || twin::settlebank::decrypt(&bare_again, black_box(ENCRYPTED))),
    ])
}

fn settlebank_flat() -> Result<Vec<Piece>, Fault> {
    use settlebank_cancel::{classify, wire};
    let config = ours::settlebank_config(GatewayKind::SettlebankFlat, 1)?;
    let request = ours::settlebank_request(Form::Flat)?;
    let body = answer_to(&wire::cancel(&request, &config)?);
    let response = WireResponse::new(200, body.clone());
    assert!(classify::classify(&request, &response, &config).is_ok(), "the mock's answer is no success");
    let (built, its_config) = (request.clone(), config.clone());
    Ok(vec![
        piece("settlebank-flat-build", Some("settlebank-flat-build-twin"), move || {
            wire::cancel(&built, &its_config).ok()
        }),
        piece("settlebank-flat-build-twin", None, || {
            serde_json::to_vec(&twin::settlebank::FlatBody::new(black_box("ORDER-1"))).ok()
        }),
        piece("settlebank-flat-classify", Some("settlebank-flat-parse-twin"), move || {
            classify::classify(&request, &response, &config).ok()
        }),
        piece("settlebank-flat-parse-twin", None, move || {
            serde_json::from_slice::<twin::settlebank::FlatAnswer>(&body).ok()
        }),
    ])
}

/// Times every part whose name holds `only`, and prints a line of JSON for each.
///
/// # Errors
/// When a part cannot be set up.
pub fn time_all(only: Option<&str>, meter: Option<Meter>) -> Result<(), String> {
    let all = all().map_err(|error| error.to_string())?;
    let wanted = all.into_iter().filter(|piece| only.is_none_or(|only| piece.name.contains(only)));
    let mut pieces: Vec<(Piece, Line)> = wanted.map(|piece| counted(piece, meter)).collect();
    if meter.is_none() {
        time(&mut pieces);
    }
    for (_, line) in pieces {
        println!("{}", serde_json::to_string(&line).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn counted(mut piece: Piece, meter: Option<Meter>) -> (Piece, Line) {
    (piece.work)(100);
    let allocations = meter.map(|count| {
        let before = count();
        (piece.work)(100);
        (count() - before) / 100
    });
    let line = Line { name: piece.name, against: piece.against, ns: 0.0, allocations };
    (piece, line)
}

/// Nanoseconds of processor time of one: the fastest of many batches, which nobody disturbed. The parts take turns.
fn time(pieces: &mut [(Piece, Line)]) {
    let batches: Vec<u64> = pieces.iter_mut().map(|(piece, _)| batch(&mut piece.work)).collect();
    for round in 0..100 {
        for ((piece, line), times) in pieces.iter_mut().zip(&batches) {
            let ns = timed(&mut piece.work, *times).as_secs_f64() * 1e9 / *times as f64;
            line.ns = if round == 0 { ns } else { line.ns.min(ns) };
        }
    }
}

/// How many take two milliseconds.
fn batch(work: &mut Work) -> u64 {
    let mut times = 100;
    while timed(work, times) < Duration::from_millis(2) {
        times *= 2;
    }
    times
}

fn timed(work: &mut Work, times: u64) -> Duration {
    let began = ProcessTime::now();
    work(times);
    began.elapsed()
}

/// Runs one part so many times.
///
/// # Errors
/// When there is no such part.
pub fn once(name: &str, times: u64) -> Result<(), String> {
    let pieces = all().map_err(|error| error.to_string())?;
    let piece = pieces.into_iter().find(|piece| piece.name == name);
    let mut piece = piece.ok_or_else(|| format!("there is no part {name}"))?;
    (piece.work)(times);
    Ok(())
}
