//! What can be chosen when a sandbox starts: ports, seed, guards, and the readings of open questions.

use std::time::Duration;

use crate::clock::system_now;

/// Which gateway is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gateway {
    /// Chaiport, the former iamport: PortOne V1.
    Chaiport,
    /// Eximbay.
    Eximbay,
    /// Settlebank, now Hecto Financial; both wire forms.
    Settlebank,
}

impl Gateway {
    /// All three, in a fixed order.
    pub const ALL: [Self; 3] = [Self::Chaiport, Self::Eximbay, Self::Settlebank];

    /// Lower-case name, as the admin API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chaiport => "chaiport",
            Self::Eximbay => "eximbay",
            Self::Settlebank => "settlebank",
        }
    }

    /// The gateway of a lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gateway| gateway.name() == name)
    }
}

/// How a guard of the gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GuardMode {
    /// Checked and applied as one step.
    #[default]
    Strict,
    /// Not checked at all.
    Off,
    /// Checked, but check and apply are two steps: of two requests at once, both pass.
    Sloppy,
}

/// The gateways' guards against a second refund, each with its mode. All strict by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// Chaiport `checksum`.
    pub checksum: GuardMode,
    /// Eximbay `payment.balance`.
    pub balance: GuardMode,
    /// Settlebank `cnclOrd`.
    pub cncl_ord: GuardMode,
    /// Eximbay `refund.refund_id`, unique over all refunds.
    pub refund_id: GuardMode,
    /// Settlebank `mchtTrdNo`, unique within a Korean day.
    pub mcht_trd_no: GuardMode,
    /// Settlebank flat form: the same four values (so the same hash) a second time.
    pub flat_repeat: GuardMode,
}

impl Guards {
    /// Every guard in one mode.
    pub fn all(mode: GuardMode) -> Self {
        Self {
            checksum: mode,
            balance: mode,
            cncl_ord: mode,
            refund_id: mode,
            mcht_trd_no: mode,
            flat_repeat: mode,
        }
    }
}

/// How Eximbay writes an error: both shapes occur in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorShape {
    /// `rescode`, `resmsg` (and `errcode` where the code is one of the new words).
    #[default]
    Rescode,
    /// `code`, `message`.
    CodeMessage,
}

/// How Eximbay spells the foreign-currency fields of a cancel answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignSpelling {
    /// `foregin_currency` … as the developer guide's sample prints it.
    #[default]
    AsPrinted,
    /// `foreign_currency` … as the API reference has it.
    Correct,
    /// Both at once.
    Both,
}

/// The certificate that TLS listeners show; clients must refuse all but the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate {
    /// For 127.0.0.1, ::1 and localhost, valid, from the authority of `Sandbox::ca_pem`.
    #[default]
    Good,
    /// As good, for another host.
    WrongHost,
    /// As good, expired in 2020.
    Expired,
    /// From an authority nobody is told of.
    Untrusted,
    /// Signed by itself.
    SelfSigned,
}

/// Settings of a sandbox. Start from [`Options::default`] and chain the setters.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Seed of every number that the sandbox makes up.
    pub seed: u64,
    /// Whether the gateway listeners speak TLS (needs feature `tls`).
    pub tls: bool,
    /// Which certificate TLS listeners show.
    pub certificate: Certificate,
    /// Fixed ports: Chaiport, Eximbay, Settlebank, admin. `None` lets the system choose.
    pub ports: Option<[u16; 4]>,
    /// The guards' modes; may be changed later.
    pub guards: Guards,
    /// Life of a Chaiport token in seconds; documented: 1800.
    pub token_ttl: i64,
    /// Where the clock starts, unix seconds; it runs from there. Default: the machine's time.
    pub start_time: i64,
    /// How long a stalled socket is held when the client does not give up.
    pub hold: Duration,
    /// The pause between check and apply under [`GuardMode::Sloppy`].
    pub sloppy_window: Duration,
    /// Whether a cancel that waits (asynchronous PG) already counts against the balance and the checksum.
    pub pending_reserves: bool,
    /// HTTP status of Eximbay's errors, which no document tells. Default 200.
    pub eximbay_error_status: u16,
    /// Shape of Eximbay's errors.
    pub eximbay_error_shape: ErrorShape,
    /// Spelling of Eximbay's foreign-currency fields.
    pub eximbay_foreign: ForeignSpelling,
    /// Whether Settlebank answers amounts as plain digits (newest pages) instead of encrypted (older ones).
    pub settlebank_plain_amounts: bool,
    /// Whether a Settlebank failure still carries `data`.
    pub settlebank_failure_data: bool,
    /// Whether a wrong key's error repeats the submitted key, as some captures of Chaiport show.
    pub chaiport_echo_key: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            tls: false,
            certificate: Certificate::default(),
            ports: None,
            guards: Guards::default(),
            token_ttl: 1_800,
            start_time: system_now(),
            hold: Duration::from_secs(30),
            sloppy_window: Duration::from_millis(20),
            pending_reserves: true,
            eximbay_error_status: 200,
            eximbay_error_shape: ErrorShape::default(),
            eximbay_foreign: ForeignSpelling::default(),
            settlebank_plain_amounts: false,
            settlebank_failure_data: false,
            chaiport_echo_key: true,
        }
    }
}

macro_rules! setters {
    ($($name:ident: $kind:ty),+ $(,)?) => {
        impl Options {
            $(
                #[doc = concat!("Sets [`", stringify!($name), "`](Options#structfield.", stringify!($name), ").")]
                #[must_use]
                pub fn $name(mut self, value: $kind) -> Self {
                    self.$name = value;
                    self
                }
            )+
        }
    };
}

setters! {
    seed: u64,
    tls: bool,
    certificate: Certificate,
    guards: Guards,
    token_ttl: i64,
    start_time: i64,
    hold: Duration,
    sloppy_window: Duration,
    pending_reserves: bool,
    eximbay_error_status: u16,
    eximbay_error_shape: ErrorShape,
    eximbay_foreign: ForeignSpelling,
    settlebank_plain_amounts: bool,
    settlebank_failure_data: bool,
    chaiport_echo_key: bool,
}

impl Options {
    /// Fixes the four ports: Chaiport, Eximbay, Settlebank, admin.
    #[must_use]
    pub fn ports(mut self, ports: [u16; 4]) -> Self {
        self.ports = Some(ports);
        self
    }
}
