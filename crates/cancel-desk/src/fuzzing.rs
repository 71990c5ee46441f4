//! What is private and reads bytes from outside, for tests that throw bytes at it. Not for use.

use pg_core::{Gateway, RefundAccount};

use crate::cli::import;
use crate::journal::{EventRecord, JournalError, Vault, Verification, Verifier};
use crate::record::{IntentId, NewPayment};

/// What a file of payments came to.
#[derive(Debug)]
pub struct PaymentsFile {
    /// The payments with their lines.
    pub payments: Vec<(u64, NewPayment)>,
    /// Line, column and text of every fault.
    pub faults: Vec<(u64, String, String)>,
    /// The columns that mean nothing here, as they are shown.
    pub ignored: Vec<String>,
}

/// Reads a file of payments as `payments import` does, with one account of each gateway called `account`.
#[must_use]
pub fn payments_file(bytes: &[u8], name: &str, account: &str) -> PaymentsFile {
    let gateways = [Gateway::Chaiport, Gateway::Eximbay, Gateway::Settlebank];
    let accounts = gateways.map(|gateway| (gateway, account.to_owned())).to_vec();
    let file = import::read(bytes, name, &import::Defaults { accounts, ..import::Defaults::default() });
    let faults = file.faults.into_iter().map(|fault| (fault.line, fault.column, fault.text)).collect();
    PaymentsFile { payments: file.payments, faults, ignored: file.ignored }
}

/// Seals an account for an intent.
///
/// # Errors
/// As of the journal.
pub fn seal(vault: &Vault, intent: IntentId, account: &RefundAccount) -> Result<Vec<u8>, JournalError> {
    vault.seal(intent, account)
}

/// Opens a sealed account.
///
/// # Errors
/// As of the journal.
pub fn open_sealed(vault: &Vault, intent: IntentId, sealed: &[u8]) -> Result<RefundAccount, JournalError> {
    vault.open(intent, sealed)
}

/// Verifies a journal that holds these events and no row.
#[must_use]
pub fn verify_events(events: &[EventRecord]) -> Verification {
    let mut verifier = Verifier::with_events();
    for event in events {
        verifier.event(event);
    }
    verifier.finish()
}
