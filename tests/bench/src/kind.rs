//! What is measured: clients and gateways by name.

use clap::ValueEnum;

/// Whose cancel it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GatewayKind {
    /// A token first, then `POST /payments/cancel`; the answer is the whole payment, 2.3 KB.
    Chaiport,
    /// `POST /v1/payments/{transaction_id}/cancel`.
    Eximbay,
    /// Settlebank's standard form: a hash and encrypted amounts.
    Settlebank,
    /// Settlebank's flat form: a hash.
    SettlebankFlat,
}

/// Who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientKind {
    /// A bare socket: fixed bytes out, as many bytes in as the first answer had.
    Floor,
    /// hyper's HTTP/1 connection: the answer's bytes, not read.
    Hyper,
    /// reqwest: the answer's bytes, not read.
    ReqwestBytes,
    /// reqwest and serde as one would write it by hand: token kept, the same fields asked and typed.
    Twin,
    /// The crate's client over reqwest, everything on.
    OursReqwest,
    /// The crate's client over the witness transport, everything on.
    OursWitness,
}
