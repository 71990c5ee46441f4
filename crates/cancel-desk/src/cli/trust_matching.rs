//! `trust --all-matching`: clears every payment whose ledger is the journal's, and lists the others with why.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::desk::{ByHand, Desk, DeskError, seconds};
use crate::journal::Seen;
use crate::protocol::unquiet;
use crate::record::{PaymentKey, PaymentRecord, Suspect};

use super::decide::TrustArgs;
use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{show, text};

/// Look-ups at once.
const AT_ONCE: usize = 8;
/// Payments read at once.
const PAGE: u32 = 200;
/// So many that are left for the same reason are told one by one.
const FEW: usize = 3;
/// How many are done between two remarks.
const TELL: usize = 100;

/// Why a payment is left as it is.
enum Left {
    /// Its sums are not the journal's, or hold what no cancel here accounts for.
    NotTheSame,
    Refused(DeskError),
}

impl From<DeskError> for Left {
    fn from(error: DeskError) -> Self {
        Self::Refused(error)
    }
}

/// A payment with its order number, and what was found of it.
type Checked<T> = (PaymentKey, String, T);

pub(super) async fn run(shell: &Shell, args: &TrustArgs) -> Result<Exit, Failure> {
    let (_, desk) = shell.desk_there().await?;
    let suspects = suspects(shell, &desk, args).await?;
    if suspects.is_empty() {
        return told(shell, &[], &[]);
    }
    shell.consent(args.yes())?;
    let count = suspects.len();
    if !args.yes() && !shell.ask(&text::ASK_TRUST_MATCHING.fill(shell.lang(), &[&count])) {
        return Ok(Exit::Usage);
    }
    let mut running: JoinSet<Checked<Result<(), Left>>> = JoinSet::new();
    let (mut trusted, mut left) = (Vec::new(), Vec::new());
    let mut rest = suspects.into_iter();
    loop {
        while running.len() < AT_ONCE {
            let Some(payment) = rest.next() else { break };
            let desk = desk.clone();
            let person = (args.person().by().to_owned(), args.person().reason().to_owned());
            running.spawn(async move {
                let done = one(&desk, &payment, &person.0, &person.1).await;
                (payment.key(), payment.payment.merchant_uid, done)
            });
        }
        let Some(Ok((key, order, done))) = running.join_next().await else { break };
        match done {
            Ok(()) => trusted.push(key),
            // what the storage does not keep, no look-up mends
            Err(Left::Refused(error @ DeskError::Journal(_))) => return Err(shell.desk_failed(&error)),
            Err(why) => left.push((key, order, why)),
        }
        let done = trusted.len().saturating_add(left.len());
        if done.is_multiple_of(TELL) {
            shell.remark(&text::COMPARING.fill(shell.lang(), &[&done, &count]));
        }
    }
    trusted.sort();
    left.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    told(shell, &trusted, &left)
}

/// The suspect payments that are meant, those that differ included.
async fn suspects(shell: &Shell, desk: &Desk, args: &TrustArgs) -> Result<Vec<PaymentRecord>, Failure> {
    let mut found = Vec::new();
    let mut after: Option<PaymentKey> = None;
    loop {
        let page = desk.journal().payments(after.as_ref(), PAGE).await;
        let page = page.map_err(|error| shell.journal_failed(error))?;
        let Some(end) = page.last().map(PaymentRecord::key) else { return Ok(found) };
        after = Some(end);
        found.extend(
            page.into_iter().filter(|payment| payment.suspect.is_some() && args.means(&payment.key())),
        );
    }
}

/// Clears one payment, if nothing at all speaks against it.
async fn one(desk: &Desk, payment: &PaymentRecord, by: &str, reason: &str) -> Result<(), Left> {
    let key = payment.key();
    if payment.suspect != Some(Suspect::Unchecked) {
        return Err(Left::NotTheSame);
    }
    let Some(since) = payment.suspect_since else { return Err(Left::NotTheSame) };
    let Some(account) = desk.accounts().of(&key) else {
        return Err(DeskError::NoAccount { gateway: key.gateway, merchant: key.merchant }.into());
    };
    let now = desk.journal().now().await.map_err(DeskError::from)?;
    // spares the gateway what could not be believed yet
    if let Some(wait) = unquiet(since, account.policy(), now) {
        return Err(DeskError::TooEarlyAfterRestore(wait).into());
    }
    let state = desk.look_up(&key).await?;
    // as it is now: a worker may have been at it
    let payment = desk.payment(&key).await?;
    if payment.suspect != Some(Suspect::Unchecked) {
        return Err(Left::NotTheSame);
    }
    let refunded = payment.refunded.saturating_add(payment.foreign_refunded);
    let same = state.paid == payment.paid()
        && state.cancelled == payment.money(refunded)
        && state.balance == payment.money(payment.paid().minor().saturating_sub(refunded));
    // two equal sums agree in nothing where one was taken over from the other
    if !same || !desk.missing(&payment, &state, None).await?.is_empty() {
        return Err(Left::NotTheSame);
    }
    desk.check_explained(&payment, Ok(state), ByHand::Sums).await?;
    desk.journal().trust(&key, by, reason, Some(Seen::from(&payment))).await.map_err(DeskError::from)?;
    desk.ring();
    Ok(())
}

fn told(shell: &Shell, trusted: &[PaymentKey], left: &[Checked<Left>]) -> Result<Exit, Failure> {
    let why = |left: &Left| match left {
        Left::NotTheSame => ("differs", shell.t(&text::NOT_THE_SAME).to_owned()),
        Left::Refused(error) => {
            let failure = shell.desk_failed(error);
            (failure.code, failure.text)
        }
    };
    if shell.json {
        let left = left.iter().map(|(key, order, left)| {
            let (code, why) = why(left);
            json!({ "payment": key.to_string(), "merchant_uid": order, "code": code, "message": why })
        });
        let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
        shell.json(&json!({ "trusted": trusted, "left": left.collect::<Vec<_>>() }));
    } else {
        for (_, left) in by_code(left) {
            people(shell, &left, &why);
        }
        shell.line(&text::TRUSTED_MATCHING.fill(shell.lang(), &[&trusted.len(), &left.len()]));
        let waits = left.iter().filter_map(|(.., left)| match left {
            Left::Refused(DeskError::TooEarly(wait) | DeskError::TooEarlyAfterRestore(wait)) => {
                Some(Duration::from_secs(seconds(*wait)))
            }
            _ => None,
        });
        if let Some(longest) = waits.max() {
            let next = text::ALL_AGAIN_THEN.fill(shell.lang(), &[&show::span(longest)]);
            shell.remark(&text::NEXT.fill(shell.lang(), &[&next]));
        }
    }
    Ok(if left.is_empty() { Exit::Done } else { Exit::Person })
}

/// Those that are left, by the word of why; the word is only to tell them apart.
fn by_code(left: &[Checked<Left>]) -> Vec<(&'static str, Vec<&Checked<Left>>)> {
    let mut groups: Vec<(&'static str, Vec<&Checked<Left>>)> = Vec::new();
    for one in left {
        let code = match &one.2 {
            Left::NotTheSame => "",
            Left::Refused(error) => error.code(),
        };
        match groups.iter_mut().find(|(known, _)| *known == code) {
            Some((_, group)) => group.push(one),
            None => groups.push((code, vec![one])),
        }
    }
    groups
}

/// One a line; what many wait for alike is summed up. What differs has to be settled one by one, and so is listed.
fn people(shell: &Shell, left: &[&Checked<Left>], why: &impl Fn(&Left) -> (&'static str, String)) {
    let named = |(key, order, _): &Checked<Left>| format!("{key} ({} {order})", shell.t(&text::ORDER));
    let longest = left.iter().max_by_key(|(.., left)| match left {
        Left::Refused(DeskError::TooEarly(wait) | DeskError::TooEarlyAfterRestore(wait)) => *wait,
        _ => Duration::ZERO,
    });
    match longest {
        Some((.., longest @ Left::Refused(_))) if left.len() > FEW => {
            shell.line(&text::STAY_SUSPECT.fill(shell.lang(), &[&left.len(), &why(longest).1]));
            let first: Vec<String> = left.iter().take(FEW).map(|one| named(one)).collect();
            shell.line(&text::FIRST_OF_THEM.fill(shell.lang(), &[&first.join(", ")]));
        }
        _ => {
            for one in left {
                shell.line(&text::STAYS_SUSPECT.fill(shell.lang(), &[&named(one), &why(&one.2).1]));
            }
        }
    }
}
