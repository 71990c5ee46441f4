//! The books of a gateway: what was paid, what was refunded, by whom. Tests read them as the oracle.

use std::collections::{HashMap, HashSet};

use crate::options::Gateway;
use crate::payment::{NewPayment, Start};

/// Who made an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A request over HTTP, at once.
    Api,
    /// A person at the gateway's admin page.
    Console,
    /// A request that was held back, or a cancel that the gateway carried out by itself later.
    Late,
}

/// One refund in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Refunded, minor units.
    pub amount: i64,
    /// Balance before it, minor units.
    pub before: i64,
    /// Sandbox time, unix seconds.
    pub at: i64,
    /// What identifies the attempt: Chaiport `reason`, Eximbay `refund_id`, Settlebank `cnclOrd:mchtTrdNo`
    /// (flat form: `flat:` and the hash).
    pub tag: String,
    /// Who did it.
    pub by: Actor,
    /// The gateway's number of the cancel: `cancellation_id`, `refund_transaction_id`, `trdNo`.
    pub cancel_id: String,
}

/// State of a payment in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waiting for its deposit.
    Ready,
    /// Paid, nothing refunded.
    Paid,
    /// Something was refunded; the balance tells how much is left.
    Cancelled,
    /// The payment failed.
    Failed,
    /// The unpaid virtual account was withdrawn.
    Revoked,
}

/// The books of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ledger {
    /// Whose books.
    pub gateway: Gateway,
    /// The gateway's id of the payment.
    pub id: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// Currency code.
    pub currency: String,
    /// Paid, minor units.
    pub paid: i64,
    /// Paid less every entry, minor units. Below 0 when a guard that was off let too much through.
    pub balance: i64,
    /// Refunds carried out, oldest first.
    pub entries: Vec<Entry>,
    /// Refunds accepted and not yet carried out.
    pub pending: Vec<Entry>,
    /// State.
    pub status: Status,
    /// Sandbox time of the payment, unix seconds.
    pub paid_at: i64,
    /// Settlebank: date of the original trade, `yyyyMMdd` in Korean time.
    pub trade_date: String,
}

impl Ledger {
    /// Sum of all entries, minor units.
    pub fn refunded(&self) -> i64 {
        sum(&self.entries)
    }
}

fn sum(entries: &[Entry]) -> i64 {
    entries.iter().fold(0, |total: i64, entry| total.saturating_add(entry.amount))
}

/// Why a cancel waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// The PG works asynchronously.
    ForPg,
    /// The merchant's funds do not suffice; it runs by itself once they do.
    ForFunds,
}

#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) entry: Entry,
    pub(crate) waits: Waits,
}

/// A payment with everything the simulation knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) spec: NewPayment,
    pub(crate) id: String,
    pub(crate) pg_tid: String,
    pub(crate) started_at: i64,
    pub(crate) trade_date: String,
    pub(crate) revoked: bool,
    pub(crate) entries: Vec<Entry>,
    pub(crate) pending: Vec<Pending>,
}

impl Record {
    pub(crate) fn cancelled(&self) -> i64 {
        sum(&self.entries)
    }

    pub(crate) fn balance(&self) -> i64 {
        self.spec.amount.saturating_sub(self.cancelled())
    }

    /// Accepted but not carried out, minor units.
    pub(crate) fn reserved(&self) -> i64 {
        self.pending.iter().fold(0, |total: i64, pending| total.saturating_add(pending.entry.amount))
    }

    pub(crate) fn status(&self) -> Status {
        match self.spec.start {
            _ if self.revoked => Status::Revoked,
            Start::Ready => Status::Ready,
            Start::Failed => Status::Failed,
            Start::Paid if self.entries.is_empty() => Status::Paid,
            Start::Paid => Status::Cancelled,
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger {
            gateway: self.spec.gateway,
            id: self.id.clone(),
            merchant_uid: self.spec.order.clone(),
            currency: self.spec.currency.clone(),
            paid: self.spec.amount,
            balance: self.balance(),
            entries: self.entries.clone(),
            pending: self.pending.iter().map(|pending| pending.entry.clone()).collect(),
            status: self.status(),
            paid_at: self.started_at,
            trade_date: self.trade_date.clone(),
        }
    }

    /// Carries out whatever waits for the given reason. Returns how many.
    pub(crate) fn settle(&mut self, waits: Waits, at: i64, by: Option<Actor>) -> usize {
        let (due, rest): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|p| p.waits == waits);
        self.pending = rest;
        let mut count = 0_usize;
        for pending in due {
            let mut entry = pending.entry;
            entry.before = self.balance();
            // the PG has no more to give: it turns this one down
            if entry.amount > entry.before {
                continue;
            }
            count = count.saturating_add(1);
            entry.at = at;
            entry.by = by.unwrap_or(entry.by);
            self.entries.push(entry);
        }
        count
    }

    /// The payment as a look-up shows it that lags behind.
    pub(crate) fn as_of(&self, view: View) -> Self {
        let mut seen = self.clone();
        if view.stale {
            seen.entries.pop();
        }
        if let Some(moment) = view.moment {
            seen.entries.retain(|entry| entry.at <= moment);
        }
        seen
    }
}

/// How far behind a look-up is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct View {
    /// Entries after this moment are not shown yet.
    pub(crate) moment: Option<i64>,
    /// The newest entry is not shown.
    pub(crate) stale: bool,
}

/// Everything one gateway remembers. One lock holds it.
#[derive(Debug, Default)]
pub(crate) struct Books {
    records: HashMap<String, Record>,
    order: Vec<String>,
    by_order_number: HashMap<String, Vec<String>>,
    /// Numbers that may be used once.
    pub(crate) used: HashSet<String>,
    pub(crate) sequence: u64,
    /// Chaiport's token, once asked for.
    pub(crate) token: Option<Token>,
    /// What the merchant has to refund from; `None`: enough.
    pub(crate) funds: Option<i64>,
    /// Seconds that look-ups lag behind.
    pub(crate) read_lag: i64,
    /// How many coming look-ups miss the newest entry.
    pub(crate) stale_reads: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires_at: i64,
}

impl Books {
    pub(crate) fn insert(&mut self, record: Record) {
        let id = record.id.clone();
        self.by_order_number.entry(record.spec.order.clone()).or_default().push(id.clone());
        if self.records.insert(id.clone(), record).is_none() {
            self.order.push(id);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.records.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.records.get_mut(id)
    }

    /// Payments of an order number, oldest first.
    pub(crate) fn of_order<'a>(
        &'a self,
        order: &str,
    ) -> impl DoubleEndedIterator<Item = &'a Record> + use<'a> {
        self.by_order_number
            .get(order)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter_map(|id| self.records.get(id))
    }

    /// All payments, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Record> {
        self.order.iter().filter_map(|id| self.records.get(id))
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.values_mut()
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// How the next look-up sees the books; uses up one stale read.
    pub(crate) fn look(&mut self, now: i64) -> View {
        let stale = self.stale_reads > 0;
        self.stale_reads = self.stale_reads.saturating_sub(1);
        let moment = (self.read_lag > 0).then(|| now.saturating_sub(self.read_lag));
        View { moment, stale }
    }
}
