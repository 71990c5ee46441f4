//! How a command ends.

use std::process::ExitCode;

use pg_core::LookUpErrorKind;

use crate::config::Lang;
use crate::desk::{CONTRADICTS_ITSELF, DeskError, OLD_ANSWER, seconds};
use crate::journal::{JournalError, MADE_BY_HAND, UNSETTLED};
use crate::korean::said;
use crate::record::IntentState;

use super::text;

/// Exit codes, few and documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done: refunded, or whatever was asked.
    Done = 0,
    /// Definitely not refunded; a check found something wrong.
    Refused = 1,
    /// The input or the command line is wrong. Nothing was stored or sent.
    Usage = 2,
    /// Under way: the outcome is not known yet. Look again later.
    Later = 3,
    /// A person has to decide.
    Person = 4,
    /// Configuration or storage. For a cancel: ask again with the same key.
    Setup = 5,
}

/// What `--help` says about exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done: refunded, or what was asked
  1  definitely not refunded; or a check found something wrong
  2  wrong input or command line: nothing was stored, nothing was sent
  3  under way, the outcome is not known yet: look again later
  4  a person has to decide
  5  configuration or storage failed: for a cancel, ask again with the same key";

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Later => 3,
            Self::Person => 4,
            Self::Setup => 5,
        })
    }

    pub(crate) const fn of_state(state: IntentState) -> Self {
        match state {
            IntentState::Completed => Self::Done,
            IntentState::Rejected | IntentState::Withdrawn => Self::Refused,
            IntentState::Manual => Self::Person,
            IntentState::Planned | IntentState::Open | IntentState::Accepted => Self::Later,
        }
    }
}

/// Why a command did not do what it was asked, in the language of the caller.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// One word for programs.
    pub(crate) code: &'static str,
    pub(crate) field: Option<String>,
    /// May have several lines: one fault each.
    pub(crate) text: String,
    /// What to do next.
    pub(crate) next: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, text: impl Into<String>) -> Self {
        Self { exit, code, field: None, text: text.into(), next: None }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", text)
    }

    pub(crate) fn next(mut self, text: impl Into<String>) -> Self {
        self.next = Some(text.into());
        self
    }

    pub(crate) fn of_desk(lang: Lang, error: &DeskError) -> Self {
        let (exit, text) = of_desk(lang, error);
        let mut failure = Self::new(exit, error.code(), text);
        failure.field = error.field().map(str::to_owned);
        if let DeskError::Ambiguous(choices) = error {
            let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
            failure.next = Some(choices.join(", "));
        }
        failure
    }

    pub(crate) fn of_journal(lang: Lang, error: JournalError) -> Self {
        Self::of_desk(lang, &DeskError::from(error))
    }
}

fn of_desk(lang: Lang, error: &DeskError) -> (Exit, String) {
    match error {
        DeskError::NoSuchPayment => (Exit::Usage, text::NO_SUCH_PAYMENT.of(lang).to_owned()),
        DeskError::NoSuchCancel => (Exit::Usage, text::NO_SUCH_CANCEL.of(lang).to_owned()),
        DeskError::Ambiguous(_) => (Exit::Usage, text::SEVERAL.of(lang).to_owned()),
        DeskError::AlreadyRefunded => (Exit::Refused, text::ALREADY_REFUNDED.of(lang).to_owned()),
        DeskError::Exceeds { asked, cancelable, reserved } => {
            let values = [shown(*asked), shown(*cancelable), shown(*reserved)];
            let [asked, cancelable, reserved] = &values;
            (Exit::Refused, text::EXCEEDS.fill(lang, &[asked, cancelable, reserved]))
        }
        DeskError::RemainingDiffers { expected, cancelable } => {
            (Exit::Refused, text::REMAINING_DIFFERS.fill(lang, &[&shown(*expected), &shown(*cancelable)]))
        }
        DeskError::KeyReused(_) => (Exit::Usage, text::KEY_REUSED.of(lang).to_owned()),
        DeskError::PaymentConflict => (Exit::Usage, text::PAYMENT_CONFLICT.of(lang).to_owned()),
        DeskError::NoAccountKey => (Exit::Setup, text::NO_ACCOUNT_KEY.of(lang).to_owned()),
        DeskError::NoAccount { gateway, merchant } => {
            (Exit::Setup, text::NO_SUCH_ACCOUNT.fill(lang, &[merchant, gateway]))
        }
        // it may have been refunded, in the part that was lost or by hand
        DeskError::NotAllowed(why)
            if [UNSETTLED, MADE_BY_HAND, OLD_ANSWER, CONTRADICTS_ITSELF].contains(why) =>
        {
            (Exit::Person, text::NOT_ALLOWED.fill(lang, &[&in_words(lang, why)]))
        }
        DeskError::NotAllowed(why) => (Exit::Refused, text::NOT_ALLOWED.fill(lang, &[&in_words(lang, why)])),
        DeskError::TooEarly(left) => {
            (Exit::Later, text::TOO_EARLY.fill(lang, &[&super::show::span(whole(*left))]))
        }
        DeskError::TooEarlyAfterRestore(left) => {
            (Exit::Later, text::TOO_EARLY_RESTORED.fill(lang, &[&super::show::span(whole(*left))]))
        }
        DeskError::Pending => (Exit::Person, text::PENDING_AT_PG.of(lang).to_owned()),
        DeskError::NoHistory { refunded, known } => {
            (Exit::Usage, text::NO_HISTORY.fill(lang, &[&shown(*refunded), &shown(*known)]))
        }
        DeskError::InJob { job, key, amount, reason } => {
            let reason = match reason {
                Some(reason) => format!("--reason {}", quoted(reason)),
                None => text::WITHOUT_REASON.of(lang).to_owned(),
            };
            (Exit::Person, text::IN_JOB.fill(lang, &[job, &shown(*amount), key, &reason]))
        }
        DeskError::Unexplained(lost) => {
            let lost: Vec<String> = lost.iter().copied().map(shown).collect();
            (Exit::Person, text::LOST_WISHES.fill(lang, &[&lost.join(" + ")]))
        }
        DeskError::MayHaveHappened { asked, found } => {
            let found: Vec<String> = found.iter().copied().map(shown).collect();
            (Exit::Person, text::MAY_HAVE_HAPPENED.fill(lang, &[&shown(*asked), &found.join(" + ")]))
        }
        DeskError::LessRefunded { refunded, known } => {
            (Exit::Person, text::LESS_REFUNDED.fill(lang, &[&shown(*refunded), &shown(*known)]))
        }
        DeskError::NotInLedger { asked, refunded, known } => (
            Exit::Person,
            text::NOT_IN_LEDGER.fill(lang, &[&shown(*asked), &shown(*refunded), &shown(*known)]),
        ),
        DeskError::NotInList { asked, found } if found.is_empty() => {
            (Exit::Person, text::ALL_ACCOUNTED_FOR.fill(lang, &[&shown(*asked)]))
        }
        DeskError::NotInList { asked, found } => {
            let found: Vec<String> = found.iter().copied().map(shown).collect();
            (Exit::Person, text::NOT_IN_LIST.fill(lang, &[&shown(*asked), &found.join(" + ")]))
        }
        DeskError::LookUp(error) if *error.kind() == LookUpErrorKind::Credentials => {
            (Exit::Later, text::LOOK_UP_KEYS.of(lang).to_owned())
        }
        DeskError::LookUp(error) if *error.kind() == LookUpErrorKind::NotFound => {
            (Exit::Later, text::LOOK_UP_UNKNOWN.of(lang).to_owned())
        }
        DeskError::LookUp(error) => {
            (Exit::Later, text::LOOK_UP_FAILED.fill(lang, &[&in_words(lang, &error.to_string())]))
        }
        // which journal is meant, and what to do, it says itself
        DeskError::Journal(error @ JournalError::PutBack { .. }) => {
            (Exit::Setup, in_words(lang, &error.to_string()))
        }
        DeskError::Journal(error) => {
            (Exit::Setup, text::JOURNAL_FAILED.fill(lang, &[&in_words(lang, &causes(error))]))
        }
        DeskError::Invalid(_) => (Exit::Usage, error.to_string()),
    }
}

/// What a check or a rule says, in a language.
pub(crate) fn in_words(lang: Lang, english: &str) -> String {
    match lang {
        Lang::En => english.to_owned(),
        Lang::Ko => said(english).unwrap_or_else(|| english.to_owned()),
    }
}

/// An error with what caused it, in one line. What a cause repeats of the error above it is told once.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // of what it is, stands there already
        let text = text.strip_prefix("journal: ").unwrap_or(&text).to_owned();
        if !text.is_empty() && !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        next = cause.source();
    }
    told.replace(['\n', '\r'], " ")
}

/// Never less than what is left.
fn whole(left: std::time::Duration) -> std::time::Duration {
    std::time::Duration::from_secs(seconds(left))
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn shown(money: pg_core::Money) -> String {
    super::show::money(money)
}
