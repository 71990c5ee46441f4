//! Cancels (refunds) payments at **Settlebank**, now Hecto Financial (세틀뱅크, 헥토파이낸셜): full and partial, cards,
//! transfers, virtual accounts, carrier billing, easy pays, vouchers. Never twice, and never "failed" of
//! something that may have happened.
//!
//! Unofficial: written from public documents, not made or endorsed by Hecto Financial, and never run against
//! its gateway. What is documented, inferred and unknown stands in `docs/gateways/settlebank.md` of the
//! repository.
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use settlebank_cancel::{CancelRequest, Config, Method, Money, PaymentRecord, SettlebankClient};
//! use time::macros::date;
//!
//! let client = SettlebankClient::new(Config::from_env()?)?;
//! let (trade_no, paid_on) = ("STFP_PGCAnxca_jt_il0211129135810M1494620", date!(2021 - 11 - 29));
//! let payment = PaymentRecord::new(trade_no, "ORDER-1", paid_on, Money::krw(1000)?)?
//!     .with_method(Method::Card);
//! let request = CancelRequest::partial(&payment, Money::krw(500)?).in_form(client.form())?;
//! match client.cancel(&request).await {
//!     Ok(cancelled) => println!("{}, {} left", cancelled.state().label(), payment.after(&cancelled)?.balance()),
//!     Err(error) => println!("{error}: {}", error.next_step().advice()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Two wire forms
//! | | [standard](Form::Standard) | [flat](Form::Flat) |
//! |---|---|---|
//! | source | every published specification and SDK of Hecto's | a developer-site prototype alone |
//! | body | `{"params": …, "data": …}`, amounts encrypted | one object, plain |
//! | guard | `cnclOrd` 001, 002, … and a number of its own | an identical request is recognisable |
//! | answer | codes, amount, balance, echoes: compared | a code and a number: nothing to compare |
//!
//! Which one is named when the client is built; there is no default. A request of the other form is refused
//! before anything is sent.
//!
//! # Outcomes
//! | outcome | what happened | next |
//! |---|---|---|
//! | `Ok`, `Completed` | Hecto's ledger has it | write it down |
//! | `Ok`, `Accepted` | taken; paid into an account later (virtual accounts, mobile refunds; in the flat form every mobile payment) | follow it up |
//! | [`Invalid`](CancelError::Invalid) | nothing: a check of ours | correct the named field |
//! | [`NotSent`](CancelError::NotSent) | nothing: no byte reached Hecto | send the same request again |
//! | [`Rejected`](CancelError::Rejected) | refused for good | read the code |
//! | [`Unknown`](CancelError::Unknown) | perhaps everything | `SettlebankClient::reconcile` first, then a person |
//!
//! # Features
//! - `reqwest` (default): the client over reqwest and rustls.
//! - `witness`: `SettlebankClient::witness`, the client over hyper and rustls, without reqwest; counts what leaves, so
//!   "not sent" is proven more often.
//! - `client`: the client, over a `Transport` of your own.
//! - `euc-kr`: [notifications](noti) in EUC-KR, for merchants that Hecto has set to it; five more crates.
//! - none: requests, answers, classification, notifications; no I/O.
//!
//! # Environment
//! [`Config::from_env`] reads `SETTLEBANK_FORM`, `SETTLEBANK_MID`, `SETTLEBANK_LICENCE_KEY`,
//! `SETTLEBANK_AES_KEY`, `SETTLEBANK_ENV` or `SETTLEBANK_BASE_URL`, and a few more.

pub mod aes;
pub mod classify;
#[cfg(feature = "client")]
mod client;
pub mod codes;
mod config;
pub mod gateway;
mod kst;
pub mod lookup;
mod method;
pub mod noti;
mod payment;
pub mod request;
pub mod response;
pub mod sign;
mod text;
pub mod wire;

pub use pg_core;
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub use pg_core::ConnectionReuse;
pub use pg_core::{
    AttemptTag, Bank, BankScheme, CancelError, CancelOrder, CancelState, Capabilities, Currency, Gateway,
    GatewayText, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, Money, NextStep, NotSent,
    PaymentRef, PaymentState, RefundAccount, Rejected, RejectionKind, SendLog, Unknown, UnknownReason,
    Verdict,
};
#[cfg(feature = "client")]
pub use pg_core::{BaseUrl, CancelGateway, Transport};

pub use classify::Cancelled;
#[cfg(feature = "client")]
pub use client::SettlebankClient;
pub use config::{
    Config, ConfigBuilder, Endpoint, EqualAmounts, PRODUCTION_URL, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY,
    SANDBOX_URL,
};
pub use lookup::{LookedUp, TradeStatus};
pub use method::Method;
pub use payment::PaymentRecord;
pub use request::{
    CancelDraft, CancelRequest, FlatCancel, Form, MobileRefund, OsType, RevokeRequest, StandardCancel,
    TaxSplit, TaxType,
};
pub use response::{Answer, AnswerAccount, AnswerAmount, FlatAnswer, StandardAnswer};

#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
mod readme {}
