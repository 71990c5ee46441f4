//! Payments and cancels for people: words, amounts, tables.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use comfy_table::{CellAlignment, Table, TableStyle};
use pg_core::{Gateway, KST, Money};
use time::OffsetDateTime;

use crate::config::Lang;
use crate::desk::Waiting;
use crate::record::{
    Evidence, IntentRecord, IntentState, Outcome, PaymentKey, PaymentRecord, Proof, RejectedBecause, Suspect,
    Timestamp, Why,
};

use super::text::{self, Text};

/// The language of amounts and spans: a process speaks one.
static IN_KOREAN: AtomicBool = AtomicBool::new(false);

/// From now on amounts and spans are told in this language.
pub(crate) fn speak(lang: Lang) {
    IN_KOREAN.store(lang == Lang::Ko, Ordering::Relaxed);
}

/// An amount with separators, as people read it: `12,345,000 KRW`, in Korean `12,345,000원`; `1,234.50 USD`.
pub(crate) fn money(money: Money) -> String {
    let lang = if IN_KOREAN.load(Ordering::Relaxed) { Lang::Ko } else { Lang::En };
    spoken(lang, money)
}

fn grouped(money: Money) -> String {
    let plain = money.to_decimal_text();
    let (whole, rest) =
        plain.split_once('.').map_or((plain.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::with_capacity(plain.len().saturating_mul(2));
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(rest) = rest {
        grouped.push('.');
        grouped.push_str(rest);
    }
    format!("{grouped} {}", money.currency())
}

/// An amount in a language: Korean says `3,000원`.
pub(crate) fn spoken(lang: Lang, amount: Money) -> String {
    let shown = grouped(amount);
    match (lang, shown.strip_suffix(" KRW")) {
        (Lang::Ko, Some(won)) => format!("{won}원"),
        _ => shown,
    }
}

/// A time as people of the desk read it: Korean time, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(at.seconds()) else { return at.0.to_string() };
    let time = time.to_offset(KST);
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} KST", time.date())
}

/// How long something takes or is ago, in its two largest units.
pub(crate) fn span(span: Duration) -> String {
    let lang = if IN_KOREAN.load(Ordering::Relaxed) { Lang::Ko } else { Lang::En };
    span_in(lang, span)
}

fn span_in(lang: Lang, span: Duration) -> String {
    let seconds = span.as_secs();
    let names = lang.pick(["d", "h", "m", "s"], ["일", "시간", "분", "초"]);
    let units = [86_400, 3600, 60, 1].into_iter().zip(names);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        let count = rest.checked_div(size).unwrap_or(0);
        rest = rest.checked_rem(size).unwrap_or(0);
        if count > 0 {
            parts.push(format!("{count}{name}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() { lang.pick("0s", "0초").to_owned() } else { parts.join(" ") }
}

pub(crate) const fn state(state: IntentState) -> &'static Text {
    match state {
        IntentState::Planned => &text::PLANNED,
        IntentState::Open => &text::OPEN,
        IntentState::Completed => &text::COMPLETED,
        IntentState::Accepted => &text::ACCEPTED,
        IntentState::Rejected => &text::REJECTED,
        IntentState::Manual => &text::MANUAL,
        IntentState::Withdrawn => &text::WITHDRAWN,
    }
}

/// Why a person is needed.
pub(crate) const fn why(why: Why) -> &'static Text {
    match why {
        Why::SameAmountWithoutTag => &text::WHY_SAME_AMOUNT,
        Why::SomebodyElsePossible => &text::WHY_SOMEBODY,
        Why::OtherAmount => &text::WHY_OTHER_AMOUNT,
        Why::Incoherent => &text::WHY_INCOHERENT,
        Why::GuardNotProven => &text::WHY_GUARD,
        Why::OtherPaidAmount => &text::WHY_OTHER_PAID,
        Why::NothingSeen => &text::WHY_NOTHING,
        Why::Pending => &text::WHY_PENDING,
        Why::NoAnswer => &text::WHY_NO_ANSWER,
        Why::NotFound => &text::WHY_NOT_FOUND,
        Why::Stuck => &text::WHY_STUCK,
        Why::OtherTerms => &text::WHY_OTHER_TERMS,
        Why::NextNumberUnknown => &text::WHY_NEXT_NUMBER,
        Why::RestoredJournal => &text::WHY_RESTORED,
        Why::AskedSince => &text::WHY_ASKED_SINCE,
    }
}

/// Why a cancel waits, in a sentence.
pub(crate) fn waits(lang: Lang, waiting: &Waiting) -> String {
    match waiting {
        Waiting::HaltedJob { job } => text::WAITS_JOB.fill(lang, &[job]),
        Waiting::AnotherCancel { cancel, waits_for_a_person } => {
            let text = if *waits_for_a_person { &text::WAITS_DECISION } else { &text::WAITS_ANOTHER };
            text.fill(lang, &[cancel])
        }
        Waiting::Suspect { goes_to_a_person, quiet_s } => {
            let text = if *goes_to_a_person { &text::WAITS_SUSPECT_PERSON } else { &text::WAITS_SUSPECT };
            text.fill(lang, &[&quiet(lang, quiet_s.map(Duration::from_secs))])
        }
        Waiting::LookUpFailed { kind } => match kind.as_deref() {
            Some("credentials") => text::WAITS_CREDENTIALS.of(lang).to_owned(),
            Some("not_found") => text::WAITS_NOT_FOUND.of(lang).to_owned(),
            Some(kind) => text::WAITS_LOOK_UP.fill(lang, &[&cause(lang, kind)]),
            None => text::WAITS_UNPROVEN.of(lang).to_owned(),
        },
        Waiting::Refused { code } => text::WAITS_REFUSED.fill(lang, &[code]),
        Waiting::OutcomeUnknown { reason } => text::WAITS_UNKNOWN.fill(lang, &[&cause(lang, reason)]),
        Waiting::NotSent { reason } => text::WAITS_NOT_SENT.fill(lang, &[&cause(lang, reason)]),
        Waiting::Accepted => text::WAITS_ACCEPTED.of(lang).to_owned(),
        Waiting::Held { for_s } => {
            let left = span_in(lang, Duration::from_secs(*for_s));
            text::WAITS_HELD.fill(lang, &[&left])
        }
        Waiting::NoWorker => text::WAITS_WORKER.of(lang).to_owned(),
    }
}

/// How long is waited after a restore, with the name of the setting: of the accounts that are known, the longest.
pub(crate) fn quiet(lang: Lang, longest: Option<Duration>) -> String {
    match longest {
        Some(quiet) => format!("{}{}(`upstream_quiet_s`)", span_in(lang, quiet), lang.pick(" ", "")),
        None => {
            let unless = span_in(lang, crate::protocol::Policy::default().upstream_quiet);
            text::QUIET_UNLESS.fill(lang, &[&unless])
        }
    }
}

/// The journal's one word for a cause, for people.
fn cause(lang: Lang, word: &str) -> String {
    let text = match word {
        "timeout" => &text::CAUSE_TIMEOUT,
        "connection_lost" | "unavailable" => &text::CAUSE_CONNECTION,
        "server_error" | "upstream" => &text::CAUSE_SERVER,
        "broken_answer" | "malformed" | "not_the_gateway" | "redirect" => &text::CAUSE_ANSWER,
        "throttled" => &text::CAUSE_THROTTLED,
        "refused" | "refused_on_repeat" => &text::CAUSE_REFUSED,
        "awaiting_merchant_funds" => &text::CAUSE_FUNDS,
        "unlisted_code" => &text::CAUSE_UNLISTED,
        "already_seen" => &text::CAUSE_SEEN,
        "integrity" => &text::CAUSE_INTEGRITY,
        "build" => &text::CAUSE_BUILD,
        "credentials" => &text::CAUSE_CREDENTIALS,
        "token" => &text::CAUSE_TOKEN,
        "connect" => &text::CAUSE_CONNECT,
        "before_first_byte" => &text::CAUSE_CUT,
        _ => return word.to_owned(),
    };
    text.of(lang).to_owned()
}

/// The journal's one word for a kind of refusal, for people.
fn refusal(lang: Lang, word: &str) -> String {
    let text = match word {
        "request" => &text::KIND_REQUEST,
        "credentials" => &text::CAUSE_CREDENTIALS,
        "not_found" => &text::KIND_NOT_FOUND,
        "amount" => &text::KIND_AMOUNT,
        "guard" => &text::KIND_GUARD,
        "not_cancellable" => &text::KIND_NOT_CANCELLABLE,
        "period" => &text::KIND_PERIOD,
        "refund_account" => &text::KIND_ACCOUNT,
        "merchant_funds" => &text::CAUSE_FUNDS,
        "policy" => &text::KIND_POLICY,
        _ => return word.to_owned(),
    };
    text.of(lang).to_owned()
}

/// The command by which a person decides, where one has to.
pub(crate) fn decision(lang: Lang, intent: &IntentRecord) -> String {
    let text = if intent.is_for_the_admin_page() { &text::REFUNDED_THERE } else { &text::RESOLVE_IT };
    text.fill(lang, &[&intent.id])
}

/// How a cancel ended, in a sentence.
pub(crate) fn outcome(lang: Lang, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed { proof, .. } => match proof {
            Proof::Answer => text::BY_ANSWER.of(lang).to_owned(),
            Proof::Tag => text::BY_TAG.of(lang).to_owned(),
            Proof::Balance => text::BY_BALANCE.of(lang).to_owned(),
            Proof::Person => text::BY_PERSON.of(lang).to_owned(),
        },
        Outcome::Rejected(because) => match because {
            RejectedBecause::Insufficient { .. } => text::INSUFFICIENT.of(lang).to_owned(),
            RejectedBecause::Refused { kind, code } => {
                text::REFUSED.fill(lang, &[&refusal(lang, kind), code])
            }
            RejectedBecause::Invalid { field } => text::NOT_SENDABLE.fill(lang, &[field]),
            RejectedBecause::Person => text::PERSON_SAYS_NO.of(lang).to_owned(),
        },
    }
}

/// The evidence of a cancel that waits for a person, line by line.
pub(crate) fn evidence(lang: Lang, payment: &PaymentRecord, evidence: &Evidence) -> String {
    let amount = |minor: i64| money(payment.money(minor));
    let mut lines = vec![why(evidence.why).of(lang).to_owned()];
    // the word that the manual's table has
    let mut facts = vec![format!("{} {}", lang.pick("why", "이유"), evidence.why.as_str())];
    facts.push(format!("{} {}", text::AMOUNT.of(lang), amount(evidence.amount)));
    if evidence.why == Why::OtherPaidAmount {
        let paid = amount(payment.paid().minor());
        facts.push(format!("{} {paid}", lang.pick("registered as paid", "등록된 금액")));
    }
    if let Some(before) = evidence.balance_before {
        facts.push(format!("{} {}", lang.pick("before", "취소 전 잔액"), amount(before)));
    }
    facts.push(format!("{} {}", lang.pick("known balance", "확인된 잔액"), amount(evidence.known_balance)));
    if let Some(seen) = evidence.seen_balance {
        facts.push(format!("{} {}", lang.pick("last seen", "마지막 조회 잔액"), amount(seen)));
    }
    let times = |count: &i64| text::EVERY_TIMES.fill(lang, &[count]);
    facts.push(format!("{} {}", text::SENT.of(lang), times(&evidence.sends)));
    facts.push(format!("{} {}", text::LOOKS.of(lang), times(&evidence.looks)));
    if let Some(code) = &evidence.refusal_code {
        facts.push(format!("{} {code}", lang.pick("code", "코드")));
    }
    lines.push(facts.join(" · "));
    lines.join("\n")
}

/// Characters that move the cursor, colour, break the line or turn its direction, each as U+FFFD: what a gateway or a
/// file says must not be able to rewrite what is shown.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) || c == '\n' { '\u{fffd}' } else { c }).collect()
}

/// As [`clean`], of lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

pub(crate) fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A table without borders: what is piped into other programs has no decoration.
pub(crate) fn table(header: &[&str], right: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell)).collect::<Vec<_>>());
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Names and values, one a line.
pub(crate) fn pairs(rows: Vec<(&str, String)>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    for (name, value) in rows {
        table.add_row(vec![name.to_owned(), clean(&value)]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

pub(crate) fn account(gateway: Gateway, name: &str) -> String {
    format!("{gateway}/{name}")
}

pub(crate) fn payments(lang: Lang, payments: &[PaymentRecord]) -> String {
    let header = [
        &text::ORDER,
        &text::ACCOUNT,
        &text::PAYMENT_ID,
        &text::PAID,
        &text::REFUNDED,
        &text::UNDER_WAY,
        &text::REFUNDABLE,
    ]
    .map(|text| text.of(lang));
    let rows = payments
        .iter()
        .map(|payment| {
            let amount = |minor: i64| money(payment.money(minor));
            vec![
                payment.payment.merchant_uid.clone(),
                account(payment.payment.gateway, &payment.merchant),
                payment.payment.gateway_id.clone(),
                amount(payment.paid().minor()),
                amount(payment.refunded.saturating_add(payment.foreign_refunded)),
                amount(payment.reserved),
                amount(payment.available()),
            ]
        })
        .collect();
    table(&header, &[3, 4, 5, 6], rows)
}

/// That a payment is suspect after a restored backup, if it is.
pub(crate) fn suspect(lang: Lang, payment: &PaymentRecord) -> Option<String> {
    let differs = match payment.suspect? {
        Suspect::Unchecked => text::NOT_DIFFERENT.of(lang).to_owned(),
        Suspect::Differs if payment.foreign_refunded > 0 => {
            text::IS_COUNTED.fill(lang, &[&spoken(lang, payment.money(payment.foreign_refunded))])
        }
        Suspect::Differs => text::IS_DIFFERENT.of(lang).to_owned(),
    };
    Some(text::IS_SUSPECT.fill(lang, &[&payment.payment.merchant_uid, &differs]))
}

/// How a payment was paid, as far as it is registered: method, the PG behind the gateway, day.
pub(crate) fn paid_how(lang: Lang, payment: &PaymentRecord) -> Option<String> {
    let payment = &payment.payment;
    let day = payment.paid_on.map(|day| day.to_string());
    let facts: Vec<String> = [
        (text::METHOD, payment.method.as_ref()),
        (text::PROVIDER, payment.pg_provider.as_ref()),
        (text::PAID_ON, day.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{}: {}", name.of(lang), clean(value?))))
    .collect();
    (!facts.is_empty()).then(|| facts.join(" · "))
}

/// Cancels in a table; `orders`: the order numbers of their payments.
pub(crate) fn cancels(
    lang: Lang,
    now: Timestamp,
    intents: &[IntentRecord],
    orders: &BTreeMap<PaymentKey, String>,
) -> String {
    let header = [
        &text::CANCEL,
        &text::STATE,
        &text::AMOUNT,
        &text::ORDER,
        &text::KEY,
        &text::PAYMENT_ID,
        &text::AGE,
        &text::NEXT_LOOK,
    ]
    .map(|text| text.of(lang));
    let rows = intents
        .iter()
        .map(|intent| {
            vec![
                intent.id.to_string(),
                state(intent.state).of(lang).to_owned(),
                money(intent.amount),
                orders.get(&intent.payment).cloned().unwrap_or_default(),
                intent.caller_key.clone(),
                intent.payment.to_string(),
                span(now.since(intent.created_at)),
                next_look(lang, now, intent),
            ]
        })
        .collect();
    table(&header, &[2], rows)
}

fn next_look(lang: Lang, now: Timestamp, intent: &IntentRecord) -> String {
    match intent.due_at {
        None => "-".to_owned(),
        Some(due) if due <= now => text::NOW.of(lang).to_owned(),
        Some(due) => format!("{}{}", span(due.since(now)), lang.pick("", " 뒤")),
    }
}

#[cfg(test)]
mod tests {
    use pg_core::Currency;

    use super::*;

    #[test]
    fn amounts_are_grouped_exactly() {
        for (minor, currency, text) in [
            (0, Currency::KRW, "0 KRW"),
            (999, Currency::KRW, "999 KRW"),
            (1_000, Currency::KRW, "1,000 KRW"),
            (12_345_678, Currency::KRW, "12,345,678 KRW"),
            (123_450, Currency::USD, "1,234.50 USD"),
            (5, Currency::USD, "0.05 USD"),
        ] {
            assert_eq!(money(Money::from_minor(minor, currency).unwrap()), text);
        }
    }

    /// A worker sends the same request again where the gateway's guard allows it: nobody is to be told otherwise.
    #[test]
    fn of_an_unknown_outcome_it_is_not_said_that_nothing_is_sent_again() {
        let waiting = Waiting::OutcomeUnknown { reason: "unlisted_code".to_owned() };
        let english = waits(Lang::En, &waiting);
        assert!(
            english.contains("sent again only where the gateway keeps it from being applied twice"),
            "{english}"
        );
        let korean = waits(Lang::Ko, &waiting);
        assert!(korean.contains("PG가 중복을 막는 경우에만 같은 요청을 다시 보내며"), "{korean}");
        assert!(!korean.contains("다시 요청하지 않") && !korean.contains("unlisted_code"), "{korean}");
    }

    #[test]
    fn nothing_that_is_shown_rewrites_the_screen() {
        let bad = "a\u{1b}[2Jb\rc\u{202e}d\u{9b}e\nf가";
        let shown = "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f가";
        assert_eq!(table(&["x"], &[], vec![vec![bad.to_owned()]]), format!("x\n{shown}\n"));
        assert_eq!(pairs(vec![("x", bad.to_owned())]), format!("x  {shown}\n"));
        assert_eq!(clean_lines(bad), shown.replace("e\u{fffd}f", "e\nf"));
    }

    #[test]
    fn times_are_korean_and_spans_are_short() {
        assert_eq!(time(Timestamp(1_790_000_000_000)), "2026-09-21 23:13:20 KST");
        assert_eq!(span(Duration::from_secs(0)), "0s");
        assert_eq!(span(Duration::from_secs(93_784)), "1d 2h");
        assert_eq!(span(Duration::from_secs(61)), "1m 1s");
        assert_eq!(span_in(Lang::Ko, Duration::from_secs(559)), "9분 19초");
        assert_eq!(span_in(Lang::Ko, Duration::from_secs(93_784)), "1일 2시간");
        assert_eq!(spoken(Lang::Ko, Money::from_minor(20_600, Currency::KRW).unwrap()), "20,600원");
        assert_eq!(spoken(Lang::Ko, Money::from_minor(20_600, Currency::USD).unwrap()), "206.00 USD");
    }

    #[test]
    fn korean_columns_line_up() {
        let rows = vec![vec!["환불 완료".to_owned(), "1".to_owned()], vec!["x".to_owned(), "22".to_owned()]];
        assert_eq!(table(&["상태", "n"], &[1], rows), "상태        n\n환불 완료   1\nx          22\n");
    }
}
