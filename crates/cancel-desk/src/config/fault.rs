//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::path::PathBuf;

use super::Lang;
use crate::korean::{said, syntax};

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of the file, from 1; 0 is the file as a whole.
    Line(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// Neither: something that is missing where no file was read.
    Nowhere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, 0) => write!(f, "{}", file.display()),
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Nowhere => f.write_str("(defaults)"),
        }
    }
}

/// What is wrong. No variant holds a value of the configuration that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The file is no TOML.
    Syntax(String),
    /// The file cannot be read.
    NoFile,
    /// A key that means nothing here.
    UnknownKey {
        /// The key that may have been meant.
        nearest: Option<String>,
        /// All the keys that mean something here.
        known: String,
    },
    /// Something that must be there.
    Missing {
        /// What to write, as it would stand in the file.
        write: String,
    },
    /// Another type of value.
    WrongType {
        /// The wanted one, with an example.
        wanted: &'static str,
    },
    /// None of the words that are possible.
    NotOneOf(&'static [&'static str]),
    /// A number outside of its range.
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A secret in the file itself.
    InlineSecret,
    /// Two keys that exclude each other.
    BothGiven {
        /// The other one.
        other: String,
    },
    /// The variable that is named is not set.
    VariableNotSet {
        /// Its name.
        name: String,
    },
    /// The file that is named cannot be read as text.
    Unreadable {
        /// Its path.
        path: PathBuf,
    },
    /// Other users of this computer can read the file of a secret.
    ReadableByOthers {
        /// Its path.
        path: PathBuf,
    },
    /// The same thing twice.
    Twice,
    /// Two accounts with one address and the same credentials.
    SameMerchant {
        /// The account's name.
        name: String,
        /// The name of the one above it.
        other: String,
    },
    /// A check says no.
    Refused {
        /// Its reason.
        reason: String,
    },
    /// An address that other computers can reach, and it is not said that this is meant.
    NotLoopback,
    /// No token, and it is not said that this is meant.
    NoToken,
}

impl Problem {
    pub(super) fn missing(write: impl Into<String>) -> Self {
        Self::Missing { write: write.into() }
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// What is wrong and what to write, in one line.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Ko => self.korean(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Syntax(message) => format!("is not toml: {message}"),
            Self::NoFile => "cannot be read: name a file that exists, or begin with `cancel-desk config example`".into(),
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("means nothing here; `{nearest}` may be meant"),
            Self::UnknownKey { known, .. } => format!("means nothing here; known are: {known}"),
            Self::Missing { write } => format!("is missing: write {write}"),
            Self::WrongType { wanted } => format!("must be {wanted}"),
            Self::NotOneOf(words) => format!("must be one of: {}", words.join(", ")),
            Self::OutOfRange { least, most } => format!("must be from {least} to {most}"),
            Self::InlineSecret => {
                "must not stand in this file: put the value into an environment variable or a file, and name it here as \
                 `…_env` or `…_file`; change the secret if others could read this one"
                    .into()
            }
            Self::BothGiven { other } => format!("excludes `{other}`: leave one of them out"),
            Self::VariableNotSet { name } => format!("names the variable {name}, which is not set: set it, or name another"),
            Self::Unreadable { path } => {
                format!("names the file {}, which cannot be read: check path and permissions", path.display())
            }
            Self::ReadableByOthers { path } => {
                format!("names a file that is open to other users: chmod 600 {}", path.display())
            }
            Self::Twice => "is there twice: leave one of them out, or give it another name".into(),
            Self::SameMerchant { name, other } => format!(
                "{name} is the same account of the gateway as {other}, and what was refunded under one name would be refunded \
                 again under the other: leave one of them out"
            ),
            Self::Refused { reason } => reason.clone(),
            Self::NotLoopback => {
                "can be reached from other computers: write 127.0.0.1, or `allow_non_loopback = true` if a proxy with \
                 TLS stands before it"
                    .into()
            }
            Self::NoToken => {
                "has no token: write token_env = \"NAME\" or token_file = \"…\", or `without_token = true` if whoever \
                 reaches it may refund"
                    .into()
            }
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::Syntax(message) => format!("TOML 형식이 아닙니다: {}", syntax(message)),
            Self::NoFile => "파일을 읽을 수 없습니다. 있는 파일을 지정하거나 `cancel-desk config example`로 시작하세요".into(),
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("알 수 없는 항목입니다. `{nearest}`인지 확인하세요"),
            Self::UnknownKey { known, .. } => format!("알 수 없는 항목입니다. 쓸 수 있는 항목: {known}"),
            Self::Missing { write } => {
                let write = said(write).unwrap_or_else(|| write.clone());
                format!("값이 없습니다. 이렇게 적으세요: {write}")
            }
            Self::WrongType { wanted } => {
                format!("값의 형식이 다릅니다. 이렇게 적으세요: {}", said(wanted).unwrap_or_else(|| (*wanted).to_owned()))
            }
            Self::NotOneOf(words) => format!("다음 중 하나여야 합니다: {}", words.join(", ")),
            Self::OutOfRange { least, most } => format!("{least}~{most} 사이여야 합니다"),
            Self::InlineSecret => {
                "비밀 값을 설정 파일에 적을 수 없습니다. 환경변수나 별도 파일에 두고 `…_env` 또는 `…_file`로 이름만 적으세요. 다른 \
                 사람이 볼 수 있었다면 값을 재발급하세요"
                    .into()
            }
            Self::BothGiven { other } => format!("`{other}`와 함께 쓸 수 없습니다. 하나만 남기세요"),
            Self::VariableNotSet { name } => format!("설정되지 않은 환경변수입니다: {name}"),
            Self::Unreadable { path } => format!("읽을 수 없는 파일입니다: {}. 경로와 권한을 확인하세요", path.display()),
            Self::ReadableByOthers { path } => {
                format!("다른 사용자에게 열려 있는 파일입니다: chmod 600 {}", path.display())
            }
            Self::Twice => "중복되었습니다. 하나를 지우거나 다른 이름을 쓰세요".into(),
            Self::SameMerchant { name, other } => format!(
                "{name} 계정과 {other} 계정의 주소와 인증 정보가 같습니다. 한 이름으로 환불한 것을 다른 이름으로 또 환불할 수 있으니 하나를 \
                 지우세요"
            ),
            Self::Refused { reason } => said(reason).unwrap_or_else(|| reason.clone()),
            Self::NotLoopback => {
                "다른 컴퓨터에서 접근할 수 있는 주소입니다. 127.0.0.1로 바꾸거나, 앞단에 TLS 프록시가 있으면 \
                 `allow_non_loopback = true`를 적으세요"
                    .into()
            }
            Self::NoToken => {
                "토큰이 없습니다. token_env = \"이름\" 또는 token_file = \"…\"을 적으세요. 접근하는 누구나 환불해도 된다면 \
                 `without_token = true`를 적으세요"
                    .into()
            }
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Which field, as a path such as `http.listen`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

impl Fault {
    /// Place, field, what is wrong and what to write: one line.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let what = self.problem.text(lang);
        match self.field.as_str() {
            "" => format!("{}: {what}", self.place),
            // a variable is its own field
            field if matches!(&self.place, Place::Variable(name) if name == field) => {
                format!("{field}: {what}")
            }
            field => format!("{}: {field}: {what}", self.place),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub(super) Vec<Fault>);

impl Faults {
    /// The faults, in order of the file.
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { "\n" };
            write!(f, "{between}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
