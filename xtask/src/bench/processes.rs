//! The programs that measure, as processes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::machine::target;

/// What one process measured of itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Measured {
    pub(super) cpu_ns: f64,
    pub(super) per_second: f64,
    pub(super) p50_ns: Option<f64>,
    pub(super) peak_kib: f64,
    pub(super) allocations: Option<u64>,
}

/// What a pure part takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) name: String,
    /// What it is compared with: another part's name.
    pub(super) against: Option<String>,
    pub(super) ns: f64,
    pub(super) allocations: Option<u64>,
}

pub(super) fn program(root: &Path, name: &str) -> PathBuf {
    target(root).join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The mock gateway; it ends with this.
#[derive(Debug)]
pub(super) struct Mock {
    child: Child,
    pub(super) port: u16,
}

impl Mock {
    pub(super) fn start(root: &Path) -> Result<Self, String> {
        Self::with(root, &["--awake"])
    }

    pub(super) fn with(root: &Path, options: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(program(root, "bench"));
        let started = command.arg("mock").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("the mock gateway: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(|error| format!("the mock gateway: {error}"))?;
        }
        let port = line.trim().parse().map_err(|_| "the mock gateway: it told no port".to_owned());
        match port {
            Ok(port) => Ok(Self { child, port }),
            Err(fault) => {
                let _ended = child.kill();
                Err(fault)
            }
        }
    }

    /// How many tokens it gave since it was last asked.
    pub(super) fn tokens(&self) -> Result<u64, String> {
        let fault = |error: std::io::Error| format!("the mock gateway: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(fault)?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).map_err(fault)?;
        stream.write_all(b"GET /bench/tokens HTTP/1.1\r\nhost: mock\r\n\r\n").map_err(fault)?;
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).map_err(fault)?;
        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let body = text.split_once("\r\n\r\n").and_then(|(_, body)| body.trim().parse().ok());
        body.ok_or_else(|| "the mock gateway: it told no count of tokens".to_owned())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// One process of one client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) name: &'a str,
    pub(super) gateway: &'a str,
    pub(super) requests: u64,
    pub(super) concurrency: u64,
    pub(super) warm_up: u64,
}

impl Client<'_> {
    fn arguments(&self, port: u16) -> Vec<String> {
        let words = ["client", self.name, "--gateway", self.gateway];
        let numbers = [
            ("--port", u64::from(port)),
            ("--requests", self.requests),
            ("--concurrency", self.concurrency),
            ("--warm-up", self.warm_up),
        ];
        let mut arguments: Vec<String> = words.map(str::to_owned).to_vec();
        arguments
            .extend(numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]));
        arguments
    }

    /// Runs `bench`, or `bench-count`, which counts allocations.
    pub(super) fn run(&self, root: &Path, by: &str, mock: &Mock) -> Result<Measured, String> {
        told(Command::new(program(root, by)).args(self.arguments(mock.port)))
            .map_err(|fault| format!("{} {}: {fault}", self.gateway, self.name))
    }

    /// Milliseconds from the start of the process to its end, one cancel done.
    pub(super) fn start_up(&self, root: &Path, mock: &Mock) -> Result<f64, String> {
        let began = Instant::now();
        self.run(root, "bench", mock)?;
        Ok(began.elapsed().as_secs_f64() * 1e3)
    }

    /// System calls of one cancel: those of a run less those of one with half as many. `None` without `strace`.
    pub(super) fn system_calls(&self, root: &Path, mock: &Mock) -> Result<Option<f64>, String> {
        let whole = self.traced(root, mock)?;
        let half = Self { requests: self.requests / 2, ..*self }.traced(root, mock)?;
        Ok(whole.zip(half).map(|(whole, half)| (whole - half) / (self.requests - self.requests / 2) as f64))
    }

    /// Instructions of one cancel in user space, counted the same way. `None` without `valgrind`.
    pub(super) fn instructions(&self, root: &Path, mock: &Mock) -> Result<Option<f64>, String> {
        if !has_valgrind() {
            return Ok(None);
        }
        let count = |client: Self| instructions(root, &client.arguments(mock.port));
        let half = Self { requests: self.requests / 2, ..*self };
        let more = count(*self)?.saturating_sub(count(half)?);
        Ok(Some(more as f64 / (self.requests - half.requests) as f64))
    }

    fn traced(&self, root: &Path, mock: &Mock) -> Result<Option<f64>, String> {
        let report = target(root).join("bench-strace.txt");
        let mut command = Command::new("strace");
        command.args(["-c", "-f", "-qq", "-o"]).arg(&report).arg(program(root, "bench"));
        let Ok(output) = command.args(self.arguments(mock.port)).output() else { return Ok(None) };
        if !output.status.success() {
            return Ok(None);
        }
        let text =
            std::fs::read_to_string(&report).map_err(|error| format!("{}: {error}", report.display()))?;
        // "100.00    0.000432           5        82         3 total"
        let total = text.lines().find(|line| line.trim_end().ends_with("total"));
        Ok(total.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()))
    }
}

/// Instructions in user space of a process that runs `bench` so.
pub(super) fn instructions(root: &Path, arguments: &[String]) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program(root, "bench"))
        .args(arguments)
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    // "==17== Collected : 12345"
    let told = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    told.ok_or_else(|| format!("valgrind told no count for {}: {}", arguments.join(" "), text.trim()))
}

pub(super) fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs a program and reads the JSON that it prints.
pub(super) fn told<T: DeserializeOwned>(command: &mut Command) -> Result<T, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// The pure parts, timed, with their allocations counted apart.
pub(super) fn pieces(root: &Path, only: Option<&str>) -> Result<Vec<Piece>, String> {
    let mut timed = pieces_by(root, "bench", only)?;
    let counted = pieces_by(root, "bench-count", only)?;
    for (piece, counted) in timed.iter_mut().zip(counted) {
        piece.allocations = counted.allocations;
    }
    Ok(timed)
}

pub(super) fn pieces_by(root: &Path, by: &str, only: Option<&str>) -> Result<Vec<Piece>, String> {
    let mut command = Command::new(program(root, by));
    command.arg("pieces");
    if let Some(only) = only {
        command.args(["--only", only]);
    }
    let output = command.output().map_err(|error| format!("pieces: {error}"))?;
    if !output.status.success() {
        return Err(format!("pieces: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("pieces: {error}"))).collect()
}
