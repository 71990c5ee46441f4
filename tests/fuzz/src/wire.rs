//! A gateway that answers what the input says.
//!
//! An input of the clients' targets is text: its first character chooses a scene, and after the first line break come
//! the answers, divided by null bytes. An answer is `200 {"code":0}` (status and body) or `!t`, no answer: `b` build,
//! `c` connect, `t` time-out, `x` connection lost, `y` body cut, `l` too large; in upper case with proof that nothing
//! was sent.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use pg_core::wire::{WireRequest, WireResponse};
use pg_core::{BaseUrl, Sent, Transport, TransportError, TransportErrorKind};

/// What the gateway does with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Answers.
    Says(u16, Vec<u8>),
    /// Does not.
    Fails(Sent, TransportErrorKind),
}

impl Answer {
    fn read(frame: &[u8]) -> Self {
        if let Some(word) = frame.strip_prefix(b"!") {
            let letter = word.first().copied().unwrap_or(b't');
            let sent = if letter.is_ascii_uppercase() { Sent::No } else { Sent::Maybe };
            let kind = match letter.to_ascii_lowercase() {
                b'b' => TransportErrorKind::Build,
                b'c' => TransportErrorKind::Connect,
                b'x' => TransportErrorKind::Connection,
                b'y' => TransportErrorKind::Body,
                b'l' => TransportErrorKind::TooLarge,
                _ => TransportErrorKind::Timeout,
            };
            return Self::Fails(sent, kind);
        }
        let status = frame.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        match (status, frame.get(3)) {
            (Some(status), Some(b' ')) => Self::Says(status, frame.get(4..).unwrap_or_default().to_vec()),
            _ => Self::Says(200, frame.to_vec()),
        }
    }

    /// Status and body, if it answers.
    #[must_use]
    pub fn said(&self) -> Option<(u16, &[u8])> {
        if let Self::Says(status, body) = self { Some((*status, body)) } else { None }
    }
}

/// An input of a client's target: scene and answers.
#[derive(Debug)]
pub struct Input {
    /// The scene's letter.
    pub scene: u8,
    /// The answers in their order.
    pub answers: VecDeque<Answer>,
}

impl Input {
    /// Reads one; any bytes are one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let scene = bytes.first().copied().unwrap_or(b'0');
        let rest = bytes.iter().position(|byte| *byte == b'\n').and_then(|at| bytes.get(at + 1..));
        let answers = rest.unwrap_or_default().split(|byte| *byte == 0).take(8).map(Answer::read);
        Self { scene, answers: answers.collect() }
    }

    /// Which of so many scenes.
    #[must_use]
    pub fn scene_of(&self, many: u8) -> u8 {
        self.scene.wrapping_sub(b'0') % many
    }

    /// The first answer as a response; an empty one when it fails.
    #[must_use]
    pub fn response(&self) -> WireResponse {
        let (status, body) = self.answers.front().and_then(Answer::said).unwrap_or((200, &[]));
        WireResponse::new(status, body.to_vec())
    }
}

/// Something that was asked, and what came of it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The target of the request.
    pub target: String,
    /// Its body.
    pub body: Vec<u8>,
    /// The answer.
    pub answer: Answer,
}

/// The transport that answers by script.
pub struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    /// What a target of this name is answered, outside the script.
    aside: Option<(&'static str, Answer)>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    /// A script of answers; when they end, no answer comes any more.
    #[must_use]
    pub fn new(answers: VecDeque<Answer>, aside: Option<(&'static str, Answer)>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), asked: Mutex::default(), aside })
    }

    /// What was asked of this target, or of all when there is none.
    #[must_use]
    pub fn asked(&self, target: &str) -> Vec<Asked> {
        let asked = self.asked.lock().expect("no panic while it is held");
        asked.iter().filter(|asked| asked.target.starts_with(target)).cloned().collect()
    }

    /// Whether answers are left.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.answers.lock().expect("no panic while it is held").is_empty()
    }
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        base.join(request.target()).expect("every request has a target on its host");
        let aside = self.aside.as_ref().filter(|(target, _)| *target == request.target());
        let answer = match aside {
            Some((_, answer)) => answer.clone(),
            None => {
                let next = self.answers.lock().expect("no panic while it is held").pop_front();
                next.unwrap_or(Answer::Fails(Sent::Maybe, TransportErrorKind::Timeout))
            }
        };
        let asked = Asked {
            target: request.target().to_owned(),
            body: request.body().to_vec(),
            answer: answer.clone(),
        };
        self.asked.lock().expect("no panic while it is held").push(asked);
        match answer {
            Answer::Says(status, body) => Ok(WireResponse::new(status, body)),
            Answer::Fails(sent, kind) => Err(TransportError::new(sent, kind)),
        }
    }
}

/// Drives a future that never waits for anything outside itself.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("a client waits for something that never comes");
}
