//! Where a process dies.

use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::journal::{Call, Watch};

/// A moment at which the process dies: the crash points of the protocol, and three more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// K0: the caller, before the wish is stored.
    BeforeSubmit,
    /// K1: the caller, after the wish is stored and before it hears so.
    AfterSubmit,
    /// K2: the worker, with the payment claimed.
    Claimed,
    /// K3: after the look-up, before the attempt is stored.
    BeforeOpen,
    /// K4: after the attempt is stored, before its first byte leaves.
    Opened,
    /// K5: as the request leaves.
    Writing,
    /// K6: with the whole request at the gateway, before an answer.
    Waiting,
    /// K7: with the answer in hand, before it is stored.
    BeforeRecord,
    /// K8: with the answer stored, before the payment is given back.
    Recorded,
    /// K9: after that.
    Released,
    /// While a token is asked for.
    Token,
    /// While the payment is looked up.
    LookUp,
    /// After a repeat is stored, before it is sent.
    Resend,
}

impl Crash {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::BeforeSubmit,
        Self::AfterSubmit,
        Self::Claimed,
        Self::BeforeOpen,
        Self::Opened,
        Self::Writing,
        Self::Waiting,
        Self::BeforeRecord,
        Self::Recorded,
        Self::Released,
        Self::Token,
        Self::LookUp,
        Self::Resend,
    ];
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Waits for one moment, and then lets nothing go on.
#[derive(Debug)]
pub struct Trap {
    at: Crash,
    sprung: AtomicBool,
    /// The gateway has answered a cancel that is not stored yet.
    answered: AtomicBool,
    /// And is being stored.
    storing: AtomicBool,
    bell: Notify,
}

impl Trap {
    /// A trap at one moment.
    pub fn new(at: Crash) -> Self {
        Self {
            at,
            sprung: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            storing: AtomicBool::new(false),
            bell: Notify::new(),
        }
    }

    /// Whether this is the moment, and it has not come before.
    pub fn waits_for(&self, moment: Crash) -> bool {
        self.at == moment && !self.has_sprung()
    }

    /// Whether the moment has come.
    pub fn has_sprung(&self) -> bool {
        self.sprung.load(Ordering::SeqCst)
    }

    /// Dies, if this is the moment: whoever waits for it never hears again.
    pub async fn pass(&self, moment: Crash) {
        if self.waits_for(moment) {
            self.sprung.store(true, Ordering::SeqCst);
            self.bell.notify_one();
            pending::<()>().await;
        }
    }

    /// Ready when the moment has come.
    pub async fn sprung(&self) {
        self.bell.notified().await;
    }

    /// Notes that an answer is there.
    pub fn answer(&self) {
        self.answered.store(true, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Watch for Trap {
    async fn before(&self, call: Call) {
        match call {
            Call::Submit => self.pass(Crash::BeforeSubmit).await,
            Call::Open => self.pass(Crash::BeforeOpen).await,
            Call::Record { .. } if self.answered.swap(false, Ordering::SeqCst) => {
                self.storing.store(true, Ordering::SeqCst);
                self.pass(Crash::BeforeRecord).await;
            }
            _ => {}
        }
    }

    async fn after(&self, call: Call) {
        match call {
            Call::Submit => self.pass(Crash::AfterSubmit).await,
            Call::Claim { found: true } => self.pass(Crash::Claimed).await,
            Call::Open => self.pass(Crash::Opened).await,
            Call::Release => self.pass(Crash::Released).await,
            Call::Record { resend } => {
                if self.storing.swap(false, Ordering::SeqCst) {
                    self.pass(Crash::Recorded).await;
                }
                if resend {
                    self.pass(Crash::Resend).await;
                }
            }
            _ => {}
        }
    }
}
