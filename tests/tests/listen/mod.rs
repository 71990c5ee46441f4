//! Every log line of the process at TRACE, every panic, and the search for what was planted.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

static LOGGED: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn sink() -> Arc<Mutex<Vec<u8>>> {
    LOGGED.get_or_init(Arc::default).clone()
}

#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines of the `log` crate, which the HTTP client's own libraries write to.
struct LogSink;

impl log::Log for LogSink {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}\n", record.level(), record.target(), record.args());
        sink().lock().expect("not poisoned").extend_from_slice(line.as_bytes());
    }

    fn flush(&self) {}
}

/// Begins to listen; once in a process.
pub fn listen() {
    let to = Sink(sink());
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || to.clone())
        .init();
    log::set_max_level(log::LevelFilter::Trace);
    log::set_logger(&LogSink).expect("the only logger");
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.lock().expect("not poisoned").push(panic.to_string());
        before(panic);
    }));
}

/// All that was logged so far.
pub fn logged() -> String {
    String::from_utf8_lossy(&sink().lock().expect("not poisoned")).into_owned()
}

/// Every panic so far.
pub fn panics() -> Vec<String> {
    PANICS.lock().expect("not poisoned").clone()
}

/// Lines in which something planted stands, as `name in place: line`.
pub fn search(planted: &[(&'static str, String)], places: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, text) in places {
        for line in text.lines() {
            for (name, value) in planted {
                if let Some(at) = line.find(value.as_str()) {
                    let from = line[..at].char_indices().rev().nth(150).map_or(0, |(index, _)| index);
                    let shown: String = line[from..].chars().take(320).collect();
                    found.push(format!("{name} in {place}: {shown}"));
                }
            }
        }
    }
    found
}
