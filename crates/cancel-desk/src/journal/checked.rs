use crate::record::{PaymentRecord, Suspect, Timestamp};

/// What a person's decision was checked against, and what is to hold still when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// The balance that the gateway showed, in minor units, where it has to have room for the cancel. `None`: nobody asked.
    pub balance: Option<i64>,
    /// The payment's fence, read before anything was checked: as long as it stands there, no worker has taken up the payment
    /// since and nobody has decided about a cancel of it. `None`: whatever happened since.
    pub fence: Option<i64>,
}

/// What was known of a suspect payment when its clearing was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    fence: i64,
    known_balance: i64,
    suspect: Option<Suspect>,
    since: Option<Timestamp>,
}

impl From<&PaymentRecord> for Seen {
    fn from(payment: &PaymentRecord) -> Self {
        let PaymentRecord { fence, known_balance, suspect, suspect_since: since, .. } = *payment;
        Self { fence, known_balance, suspect, since }
    }
}
