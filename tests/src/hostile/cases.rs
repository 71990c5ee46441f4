//! What the gateway does, and what may come of it.

use std::time::Duration;

use pg_sandbox::{BodyKind, FaultKind};

use super::Asked;
use crate::kind::Kind;

/// Whether the truth can still be read from the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    /// No: a cancel is unknown, a look-up fails, without its token a cancel is not sent.
    Never,
    /// Yes, and then it must be: nothing that matters is wrong.
    Always,
    /// Either is right, as long as what is said is true.
    Perhaps,
}

/// One way to answer.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) fault: FaultKind,
    pub(super) readable: Readable,
    /// Whether it ends by the client's time limit.
    pub(super) slow: bool,
    /// What it applies to.
    pub(super) asked: &'static [Asked],
    /// Whether the answer says success of what may not have happened.
    pub(super) lies: bool,
}

const EVERYTHING: &[Asked] = &[Asked::Cancel, Asked::LookUp, Asked::Token];
const PAYMENTS: &[Asked] = &[Asked::Cancel, Asked::LookUp];
const CANCELS: &[Asked] = &[Asked::Cancel];
const LOOK_UPS: &[Asked] = &[Asked::LookUp];

impl Case {
    fn new(name: impl Into<String>, readable: Readable, fault: FaultKind) -> Self {
        Self { name: name.into(), fault, readable, slow: false, asked: EVERYTHING, lies: false }
    }

    fn never(name: impl Into<String>, fault: FaultKind) -> Self {
        Self::new(name, Readable::Never, fault)
    }

    fn always(name: impl Into<String>, fault: FaultKind) -> Self {
        Self::new(name, Readable::Always, fault)
    }

    fn perhaps(name: impl Into<String>, fault: FaultKind) -> Self {
        Self::new(name, Readable::Perhaps, fault)
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    fn lie(self, asked: &'static [Asked]) -> Self {
        Self { lies: true, asked, ..self }
    }

    /// Whether the truth can be read from this gateway's answer, which may not carry what the fault is about.
    pub(super) fn readable(&self, kind: Kind, asked: Asked) -> Readable {
        let flat = kind == Kind::SettlebankFlat && asked == Asked::Cancel;
        let standard = kind == Kind::SettlebankStandard && asked == Asked::Cancel;
        match self.fault {
            // the flat answer names no payment, no amount and no currency
            FaultKind::OtherPayment
            | FaultKind::OtherAmount
            | FaultKind::OtherCurrency
            | FaultKind::OldState
            | FaultKind::Amounts(_)
                if flat =>
            {
                Readable::Always
            }
            // the standard answer carries no currency
            FaultKind::OtherCurrency if standard => Readable::Always,
            _ => self.readable,
        }
    }
}

const MIB: usize = 1024 * 1024;

/// Every case; `elsewhere` is where redirects lead.
pub(super) fn all(elsewhere: &str) -> Vec<Case> {
    let mut cases = floods();
    cases.extend(framing());
    cases.extend(json());
    cases.extend(facts());
    for status in [300, 301, 302, 303, 307, 308] {
        let fault = FaultKind::Redirect(status, format!("{elsewhere}/payments/cancel"));
        cases.push(Case::never(format!("{status} to another host"), fault));
    }
    cases
}

fn floods() -> Vec<Case> {
    vec![
        Case::never("a body of 200 MiB", FaultKind::HugeBody(200 * MIB)),
        Case::never("a body of 1 MiB and 1 byte", FaultKind::HugeBody(MIB + 1)),
        Case::always("a body of 1 MiB", FaultKind::HugeBody(MIB)),
        Case::never("a body without end", FaultKind::EndlessBody),
        Case::never("a byte a second", FaultKind::SlowBody(Duration::from_secs(1))).slow(),
        Case::always("50 header lines", FaultKind::HeaderBomb(50)),
        Case::never("2,000 header lines", FaultKind::HeaderBomb(2_000)),
        Case::always("a header line of 32 KiB", FaultKind::LongHeader(32 * 1024)),
        Case::never("a header line of 128 KiB", FaultKind::LongHeader(128 * 1024)),
        Case::never("a header line of 512 KiB", FaultKind::LongHeader(MIB / 2)),
        Case::never("headers without end", FaultKind::EndlessHeaders),
        Case::always("50 cookies", FaultKind::Cookies(50)),
        Case::never("1,000 cookies", FaultKind::Cookies(1_000)),
        Case::never("interim answers without end", FaultKind::EndlessInterim).slow(),
        Case::never("an interim answer alone", FaultKind::Interim100).slow(),
        Case::never("a chunk size without end", FaultKind::EndlessChunkSize),
        Case::never("trailers without end", FaultKind::EndlessTrailers),
        Case::never("gzip nobody asked for", FaultKind::Gzip(0)),
        Case::never("a gzip bomb of 8 MiB", FaultKind::Gzip(8 * MIB)),
    ]
}

fn framing() -> Vec<Case> {
    vec![
        Case::never("http/0.9", FaultKind::BodyOnly),
        Case::never("not http", FaultKind::Garbage),
        Case::never("another protocol", FaultKind::SwitchProtocols),
        Case::never("a chunk of 2^64 bytes", FaultKind::ChunkOverflow),
        Case::never("two lengths", FaultKind::TwoLengths),
        // RFC 9112 6.3: the chunks decide
        Case::perhaps("a length and chunks", FaultKind::LengthAndChunks),
        Case::never("a length 10 bytes short", FaultKind::ShortLength(10)),
        Case::always("a second answer behind it", FaultKind::SecondAnswer),
        Case::perhaps("no length, connection dropped", FaultKind::DropAfterBody),
        Case::never("an empty answer", FaultKind::Status(200, BodyKind::Empty)),
        Case::never("a page of html", FaultKind::Status(200, BodyKind::Html)),
        Case::never("another gateway's envelope", FaultKind::Status(200, BodyKind::WrongEnvelope)),
    ]
}

fn json() -> Vec<Case> {
    vec![
        Case::always("nested 20 deep", FaultKind::DeepJson(20)),
        Case::never("nested 33 deep", FaultKind::DeepJson(33)),
        Case::never("nested 100,000 deep", FaultKind::DeepJson(100_000)),
        Case::never("the deciding key twice", FaultKind::DuplicateKeys),
        Case::never("bytes behind the json", FaultKind::TrailingBytes),
        Case::never("not json", FaultKind::Malformed),
        Case::always("members nobody knows", FaultKind::ExtraFields),
        Case::always("the request in every text", FaultKind::Echo),
        // Hecto's documents allow EUC-KR
        Case::perhaps("euc-kr called utf-8", FaultKind::WrongCharset),
        Case::never("utf-16", FaultKind::Utf16),
        Case::never("a byte order mark", FaultKind::ByteOrderMark),
        Case::never("the code as another type", FaultKind::CodeAsString).lie(CANCELS),
    ]
}

fn facts() -> Vec<Case> {
    let mut cases = vec![
        Case::never("another payment", FaultKind::OtherPayment).lie(CANCELS),
        Case::never("another amount", FaultKind::OtherAmount).lie(CANCELS),
        Case::never("another currency", FaultKind::OtherCurrency).lie(CANCELS),
        Case::never("the state from before", FaultKind::OldState).lie(CANCELS),
        Case::never("success without facts", FaultKind::NullResponse).lie(CANCELS),
    ];
    // an inquiry's answer may not carry what is wrong; whatever is believed must be what the books say
    for (name, fault) in [
        ("a look-up of another payment", FaultKind::OtherPayment),
        ("a look-up in another currency", FaultKind::OtherCurrency),
        ("a look-up without facts", FaultKind::NullResponse),
    ] {
        cases.push(Case::perhaps(name, fault).lie(LOOK_UPS));
    }
    for token in [
        "NaN",
        "Infinity",
        "1e400",
        "1e-400",
        "-0",
        "-3000",
        "-1e3",
        "3000.5",
        "9007199254740993",
        "18446744073709551616",
        "\"３０００\"",
        "\"3,000\"",
        "\"\"",
        "true",
        "[3000]",
        "{}",
    ] {
        let fault = FaultKind::Amounts(token.to_owned());
        cases.push(Case::never(format!("amounts of {token}"), fault).lie(PAYMENTS));
    }
    cases
}
