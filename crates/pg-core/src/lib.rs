//! What the payment-cancel SDKs for Chaiport, Eximbay and Settlebank share: money, bank codes, outcomes, the wire.
//!
//! Published as `pg-cancel-core`; you get it through a gateway crate and rarely depend on it yourself.
//! Unofficial: not made or endorsed by any of the gateways.
//!
//! A cancel moves money, and none of the three gateways has an idempotency key. So an outcome is one of
//! [`Cancelled`] (the gateway took it) and the four of [`CancelError`]; *unknown* is the default, and leaving it
//! needs proof.
//!
//! | module | holds |
//! |---|---|
//! | [`money`], [`currency`], [`decimal`] | amounts in whole minor units, read exactly |
//! | [`bank`], [`account`] | banks with every PG's own numbering; the refund account |
//! | [`error`], [`outcome`], [`attempt`] | how a cancel ends, and when a refusal may be believed |
//! | [`lookup`], [`mod@reconcile`] | what the ledger says, and what that proves |
//! | [`gateway`] | the trait that all gateways share |
//! | [`wire`], [`json`], [`classify`], [`transport`] | requests and answers as data; sending one |
//!
//! | feature | brings |
//! |---|---|
//! | `reqwest` (default) | `ReqwestTransport`: reqwest on rustls |
//! | `witness` | `WitnessTransport`: hyper's HTTP/1 connection on rustls; counts what leaves, and so proves "not sent" more often |
//! | `client` | the [`Transport`] trait alone |
//! | none | types, building and parsing only |

pub mod account;
pub mod attempt;
pub mod bank;
#[cfg(feature = "client")]
pub mod base_url;
#[cfg(feature = "client")]
mod cancel_gateway;
pub mod classify;
pub mod currency;
pub mod decimal;
mod echo;
pub mod error;
pub mod gateway;
pub mod json;
mod kst;
pub mod lookup;
pub mod money;
pub mod outcome;
pub mod reconcile;
#[cfg(feature = "reqwest")]
pub mod reqwest_transport;
pub mod secret;
mod stored;
pub mod text;
#[cfg(any(feature = "reqwest", feature = "witness"))]
mod tls;
#[cfg(feature = "client")]
pub mod trace;
pub mod transport;
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub mod transport_options;
pub mod wire;
#[cfg(feature = "witness")]
pub mod witness;

pub use account::RefundAccount;
pub use attempt::{AttemptTag, SendLog, SendTicket};
pub use bank::{Bank, BankScheme};
#[cfg(feature = "client")]
pub use base_url::BaseUrl;
pub use currency::Currency;
pub use error::{
    CancelError, Invalid, NextStep, NotSent, NotSentPhase, Rejected, RejectionKind, Unknown, UnknownReason,
};
#[cfg(feature = "client")]
pub use gateway::CancelGateway;
pub use gateway::{CancelOrder, Capabilities, Evidence, Gateway, Guard, LedgerKnowledge, PaymentRef};
pub use kst::KST;
pub use lookup::{CancelEntry, LookUpError, LookUpErrorKind, PaymentState};
pub use money::{Money, MoneyError};
pub use outcome::{CancelState, Cancelled};
pub use reconcile::{Attribution, Doubt, OpenAttempt, Verdict};
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use secret::Secret;
pub use text::GatewayText;
#[cfg(feature = "client")]
pub use transport::Transport;
pub use transport::{Sent, TransportError, TransportErrorKind};
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub use transport_options::{ConnectionReuse, TransportOptions};
#[cfg(feature = "witness")]
pub use witness::WitnessTransport;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
