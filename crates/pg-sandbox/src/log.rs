//! What the servers saw: every request of which at least one byte was read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::options::Gateway;

/// What a request is for, told by its method and path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Chaiport `POST /users/getToken`.
    Token,
    /// A cancel or refund.
    Cancel,
    /// A look-up of payments.
    LookUp,
    /// Withdrawal of an unpaid virtual account.
    Revoke,
    /// Anything else, and requests too short to tell.
    Other,
    /// In a fault: every operation. No request is logged under it.
    Any,
}

impl Operation {
    /// Lower-case name, as the admin API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cancel => "cancel",
            Self::LookUp => "look_up",
            Self::Revoke => "revoke",
            Self::Other => "other",
            Self::Any => "any",
        }
    }

    /// The operation of a lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Token, Self::Cancel, Self::LookUp, Self::Revoke, Self::Other, Self::Any]
            .into_iter()
            .find(|operation| operation.name() == name)
    }
}

/// One request as a server saw it, whole or in part. Holds no header and no body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Which listener.
    pub gateway: Gateway,
    /// HTTP method; empty when too little arrived.
    pub method: String,
    /// Path without the query; empty when too little arrived.
    pub path: String,
    /// What it was for.
    pub operation: Operation,
    /// Bytes of the body that were read.
    pub body_len: usize,
    /// A fingerprint (FNV-1a, 64 bits) of the whole body, to compare two sends; 0 when incomplete.
    pub body_fingerprint: u64,
    /// Whether the whole request arrived.
    pub complete: bool,
    /// Bytes read, head and body; always above 0.
    pub bytes: u64,
    /// Whether the ledger changed because of it before the log was read.
    pub applied: bool,
    /// HTTP status of the answer that was written or begun; `None` when none was.
    pub status: Option<u16>,
    /// The fault that was played on it, by name.
    pub fault: Option<&'static str>,
    /// Serial number of the connection, from 1.
    pub connection: u64,
    /// The gateway's id of the payment, where the request could be read that far.
    pub payment: Option<String>,
    /// Sandbox time of arrival, unix seconds.
    pub at: i64,
}

#[derive(Debug, Default)]
struct Pages {
    /// Number of the first entry kept; entries before it were cleared.
    first: u64,
    seen: Vec<Seen>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    pages: Mutex<Pages>,
}

impl Log {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the first bytes of a request; returns its number for later [`update`](Log::update)s.
    pub(crate) fn begin(&self, gateway: Gateway, connection: u64, at: i64) -> u64 {
        let mut pages = self.pages();
        let number = pages.first.saturating_add(u64::try_from(pages.seen.len()).unwrap_or(0));
        pages.seen.push(Seen {
            gateway,
            method: String::new(),
            path: String::new(),
            operation: Operation::Other,
            body_len: 0,
            body_fingerprint: 0,
            complete: false,
            bytes: 0,
            applied: false,
            status: None,
            fault: None,
            connection,
            payment: None,
            at,
        });
        number
    }

    pub(crate) fn update(&self, number: u64, change: impl FnOnce(&mut Seen)) {
        let mut pages = self.pages();
        let Some(index) = number.checked_sub(pages.first).and_then(|i| usize::try_from(i).ok()) else {
            return;
        };
        if let Some(seen) = pages.seen.get_mut(index) {
            change(seen);
        }
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.pages().seen.clone()
    }

    pub(crate) fn clear(&self) {
        let mut pages = self.pages();
        pages.first = pages.first.saturating_add(u64::try_from(pages.seen.len()).unwrap_or(0));
        pages.seen.clear();
    }

    pub(crate) fn count(&self, gateway: Gateway, operation: Operation) -> usize {
        let matches = |seen: &&Seen| {
            seen.gateway == gateway && (operation == Operation::Any || seen.operation == operation)
        };
        self.pages().seen.iter().filter(matches).count()
    }
}

/// FNV-1a, 64 bits.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
