//! Cancels (refunds) payments at **Chaiport** (차이포트), the former iamport / PortOne V1, without ever refunding twice.
//!
//! Unofficial: not made or endorsed by Chaiport, iamport or PortOne, whose marks these are. Nothing here has been
//! verified against the gateway itself; it follows the published cancel guide and schema.
//!
#![cfg_attr(feature = "reqwest", doc = "```no_run")]
#![cfg_attr(not(feature = "reqwest"), doc = "```ignore")]
//! use chaiport_cancel::{CancelError, CancelRequest, ChaiportClient, Config};
//!
//! # async fn refund() -> Result<(), Box<dyn std::error::Error>> {
//! let client = ChaiportClient::new(Config::from_env()?)?;
//! let payment = client.look_up(&"imp_448280090638".parse()?).await?;
//! let request = CancelRequest::full(&payment)?.with_reason("주문 취소")?;
//! match client.cancel(&request).await {
//!     Ok(cancelled) => println!("{}, left: {:?}", cancelled.state().label(), cancelled.remaining()),
//!     Err(CancelError::Unknown(_)) => {
//!         println!("{:?}", client.reconcile(&request, Default::default()).await?); // never a new request
//!     }
//!     Err(error) => println!("{error}; {}", error.next_step().advice()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # How a cancel ends
//!
//! | outcome | the gateway | what to do |
//! |---|---|---|
//! | `Ok`, [`Completed`](CancelState::Completed) | refunded exactly this amount; its history shows this attempt | write it back |
//! | `Ok`, [`Accepted`](CancelState::Accepted) | took it and pays later: virtual accounts, asynchronous PGs | look it up later |
//! | [`Invalid`](CancelError::Invalid) | saw nothing of this call | correct the named field |
//! | [`NotSent`](CancelError::NotSent) | saw no cancel: no token, no connection | send the same request again |
//! | [`Rejected`](CancelError::Rejected) | refused it, for good | read the code and message |
//! | [`Unknown`](CancelError::Unknown) | may have done it, or may still | [`reconcile`](ChaiportClient::reconcile), then at most the same request again |
//!
//! # Why sending again is safe
//!
//! Chaiport has no idempotency key. It has `checksum`: the balance before the cancel, compared before anything is
//! executed. The balance only falls, so once one copy of a request has moved it, no other finds its balance. A request
//! made anew from a *fresh* balance has no such protection from the first one: that is the double refund this crate
//! exists to prevent. So keep the request (or its [tag](CancelRequest::tag), balance and amount) until its outcome is
//! known. The tag stands first in the reason, `[c:TAG] …`, and finds the cancel again in the payment's history.
//!
//! Two cases in which the balance has not moved although a copy was taken:
//!
//! - **PGs that decide later** (PayPal, Paymentwall, Smartro's virtual accounts, WeChat Pay at KICC). A request to one of
//!   them, and any that Chaiport has answered with code 0, is sent once; sending it again ends as unknown without a
//!   byte on the wire, and [`reconcile`](ChaiportClient::reconcile) says [`Doubt::Pending`] until the PG has decided.
//!   The request must know its PG for that: make it from a [`Payment`], or a record with
//!   [`with_pg_provider`](PaymentRecord::with_pg_provider). Of a PayPal payment's second cancel Chaiport never tells whether
//!   PayPal approved it: it stays accepted, then pending, until a person looks at PayPal.
//! - **[`Upstream`](UnknownReason::Upstream)**: Chaiport lost the PG, behind its own checksum. Only when two look-ups, at
//!   least 10 minutes after the answer, still say [`NotYet`](Verdict::NotYet) may the same request be sent again.
//!
//! # Where things are
//!
//! | module | holds |
//! |---|---|
//! | [`client`] | [`ChaiportClient`]: cancel, look up, reconcile, revoke an unpaid virtual account |
//! | [`config`] | [`Config`], and the environment variables it is read from |
//! | [`request`], [`record`], [`ids`] | what is asked: [`CancelRequest`], made from a [`Payment`] or [`PaymentRecord`] |
//! | [`response`], [`details`] | what is answered: [`Payment`], and the rest of it on demand |
//! | [`mod@classify`], [`codes`] | from an answer to an outcome; what refusals mean |
//! | [`lookup`] | look-ups, and what they prove about a cancel |
//! | [`merchant`], [`webhook`] | the shop's side of the guide: its request, its row, its webhook |
//! | [`wire`], [`token`] | requests as bytes; the access token |
//! | [`gateway`] | the trait that all gateways of this family share |
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `reqwest` (default) | [`ChaiportClient::new`]: reqwest on rustls |
//! | `witness` | `ChaiportClient::witness`: hyper on rustls, without reqwest; counts what leaves, so "not sent" is proven more often |
//! | `client` | [`ChaiportClient::with_transport`]: a transport of your own |
//! | none | types, building, parsing, classifying, reconciling; no I/O |
//!
//! # Environment
//!
//! `CHAIPORT_API_KEY`, `CHAIPORT_API_SECRET`, and optionally `CHAIPORT_BASE_URL`, `CHAIPORT_ALLOW_CUSTOM_HOST`,
//! `CHAIPORT_AUTHORIZATION`, `CHAIPORT_TIER`, `CHAIPORT_INCLUDE_SANDBOX`, `CHAIPORT_TOTAL_TIMEOUT_SECONDS`,
//! `CHAIPORT_CA_FILE`; see [`Config::from_vars`].
#![cfg_attr(not(feature = "reqwest"), allow(rustdoc::broken_intra_doc_links))]

pub mod classify;
#[cfg(feature = "client")]
pub mod client;
pub mod codes;
pub mod config;
pub mod details;
#[cfg(feature = "client")]
pub mod gateway;
pub mod ids;
mod later;
pub mod lookup;
pub mod merchant;
pub mod record;
pub mod request;
pub mod response;
pub mod token;
pub mod webhook;
pub mod wire;

pub use pg_core;
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub use pg_core::ConnectionReuse;
pub use pg_core::{
    AttemptTag, Attribution, Bank, BankScheme, CancelError, CancelState, Currency, Doubt, GatewayText,
    Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, Money, MoneyError, NextStep, NotSent,
    NotSentPhase, PaymentState, RefundAccount, Rejected, RejectionKind, Secret, Unknown, UnknownReason,
    Verdict,
};
#[cfg(feature = "client")]
pub use pg_core::{BaseUrl, CancelGateway, Transport};

pub use classify::Cancelled;
#[cfg(feature = "client")]
pub use client::ChaiportClient;
pub use config::{AuthorizationForm, Config, ConfigBuilder, Endpoint};
pub use details::PaymentDetails;
pub use ids::{ImpUid, MerchantUid, PaymentIds};
pub use lookup::{FindOptions, FindStatus, FoundPayments, LookUpOptions, Page, PaymentPage, Sorting};
pub use record::PaymentRecord;
pub use request::{CancelRequest, Requester};
pub use response::{CancelRecord, Payment, PaymentStatus};

#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
mod readme {}
