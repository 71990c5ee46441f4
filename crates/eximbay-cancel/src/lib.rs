//! Cancels (refunds) payments at [Eximbay](https://developer.eximbay.com), and tells the truth about what happened.
//!
//! **Unofficial**: not made, endorsed or supported by Eximbay. The names are their owner's marks.
//!
//! A refund moves money and the gateway has no idempotency key. So the promise is: never refund twice, never lose a
//! refund, never say "failed" of something that may have happened.
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn refund() -> Result<(), Box<dyn std::error::Error>> {
//! use eximbay_cancel::{AmountText, CancelError, CancelRequest, Config, Currency, EximbayClient, LookUp, Money};
//!
//! let client = EximbayClient::new(Config::from_env()?)?;
//! let paid = AmountText::parse("17.75", Currency::USD)?; // exactly as it was written at payment time
//! let found = client.look_up(&LookUp::by_transaction("1849705C6420220922000013", paid)?).await?;
//! let request = CancelRequest::partial(&found.payment()?, Money::parse("5.00", Currency::USD)?)?;
//! match client.cancel(&request).await {
//!     Ok(done) => println!("{:?}, {:?} left", done.state(), done.remaining()),
//!     Err(CancelError::Unknown(_)) => println!("{:?}", client.reconcile(&request, Default::default()).await?),
//!     Err(error) => println!("{error}: {}", error.next_step().advice()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | outcome | what the gateway did | what to do |
//! |---|---|---|
//! | `Ok`, `Completed` | refunded: the answer tells the new balance, or our own refund | nothing |
//! | `Ok`, `Accepted` | took it; the buyer is paid by a later step (virtual account, cash in Japan) | follow it up |
//! | [`CancelError::Invalid`] | nothing; our own checks stopped it | correct the named field |
//! | [`CancelError::NotSent`] | nothing; it cannot have seen it | send the same request again |
//! | [`CancelError::Rejected`] | refused it for good | read code and message |
//! | [`CancelError::Unknown`] | perhaps everything | `EximbayClient::reconcile`; send **the same** request at most |
//!
//! The guard: `balance` (what was refundable before) and a unique `refund_id` go with every cancel and stay with the
//! [`CancelRequest`]. A *new* request in place of one whose outcome is unknown is the double refund.
//!
//! # Modules
//! [`request`] → [`wire`] (request to bytes) → transport → [`response`] (bytes to facts) → [`mod@classify`] (facts to
//! outcome); [`lookup`] for the ledger; [`codes`] for what the gateway's codes mean. All but the client is pure.
//!
//! # Features
//! `reqwest` (default): the client over reqwest and rustls. `witness`: `EximbayClient::witness`, the client over hyper
//! and rustls, without reqwest; counts what leaves, so "not sent" is proven more often. `client`: the client over a
//! `pg_core::Transport` of your own. None of them: requests, answers and their classification alone.
//!
//! # Environment
//! [`Config::from_env`] reads `EXIMBAY_API_KEY`, `EXIMBAY_MID`, and optionally `EXIMBAY_BASE_URL`,
//! `EXIMBAY_ALLOW_CUSTOM_HOST`, `EXIMBAY_TOTAL_TIMEOUT_SECONDS`, `EXIMBAY_CA_FILE`.

pub mod amount;
pub mod classify;
#[cfg(feature = "client")]
pub mod client;
pub mod codes;
pub mod config;
pub mod endpoint;
pub mod envelope;
mod fields;
pub mod gateway;
pub mod ids;
pub mod lang;
pub mod lookup;
pub mod method;
pub mod payment;
pub mod request;
pub mod response;
pub mod stamp;
pub mod wire;

pub use amount::AmountText;
#[cfg(feature = "client")]
pub use client::EximbayClient;
pub use config::{Config, ConfigBuilder};
pub use endpoint::Endpoint;
pub use envelope::Envelope;
pub use ids::{MerchantId, OrderId, TransactionId};
pub use lang::Lang;
pub use lookup::{LookUp, PaymentStatus, RetrieveAnswer, Retrieved};
pub use method::PaymentMethod;
pub use payment::PaymentRecord;
pub use request::{CancelRequest, OtherParams, RefundType, Tax};
pub use response::CancelAnswer;
pub use stamp::Stamp;

pub use pg_core;
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub use pg_core::ConnectionReuse;
#[cfg(feature = "reqwest")]
pub use pg_core::ReqwestTransport;
#[cfg(feature = "witness")]
pub use pg_core::WitnessTransport;
pub use pg_core::{
    AttemptTag, Attribution, Bank, CancelError, CancelOrder, CancelState, Currency, Doubt, Gateway, Invalid,
    LedgerKnowledge, LookUpError, LookUpErrorKind, Money, NextStep, NotSent, PaymentRef, PaymentState,
    RefundAccount, Rejected, RejectionKind, Unknown, UnknownReason, Verdict,
};
#[cfg(feature = "client")]
pub use pg_core::{BaseUrl, CancelGateway, Transport};

/// A cancel that the gateway took, with its whole answer.
pub type Cancelled = pg_core::Cancelled<CancelAnswer>;

#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
mod readme {}
