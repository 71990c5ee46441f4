//! `demo`: the whole way, with nothing set up: simulated gateways that misbehave, a bulk refund that is killed in the
//! middle and goes on, and a report that is compared with the gateways' books.

mod books;
mod carry;
mod scene;
mod words;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::bulk::file::OrderFile;
use crate::bulk::{Planner, Report, RowState, approve, short_hash};
use crate::journal::Journal;
use crate::record::{JobId, JobRecord};

use super::bulk_text;
use super::exit::{Exit, Failure};
use super::serve::Signals;
use super::shell::Shell;
use super::show;

use books::Books;
use carry::Order;
use scene::Scene;

/// How often the parent looks how far the child is.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a child may take; then the demonstration itself has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// The share of the rows, in hundredths, at which the first child is killed.
const KILLED_AT: usize = 40;

#[derive(Debug, Args)]
#[command(after_help = "\
Starts the three simulated gateways on loopback and a journal in a temporary folder, which is removed again. Needs no
configuration and no network.")]
pub(crate) struct DemoArgs {
    /// How many orders to refund
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(30..=5_000))]
    orders: u32,
    /// Seed of what goes wrong at the gateways
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// The process that is killed; the demonstration starts it itself
    #[arg(long, hide = true, value_name = "FILE")]
    carry: Option<PathBuf>,
}

/// Whatever stops the demonstration itself.
fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Setup, "demo", error.to_string())
}

pub(crate) async fn run(shell: &Shell, args: &DemoArgs) -> Result<Exit, Failure> {
    if let Some(file) = &args.carry {
        return carry::run(file).await;
    }
    let mut signals = Signals::new()?;
    tokio::select! {
        end = demonstrate(shell, args) => end,
        // child and folder go as they would in the end
        () = signals.next() => Err(broken(words::STOPPED.of(shell.lang()))),
    }
}

async fn demonstrate(shell: &Shell, args: &DemoArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let lang = shell.lang();
    let scene = Scene::start(args.orders, args.seed).await?;
    say(shell, &words::BEGIN.fill(lang, &[&scene.payments]));
    let job = plan(shell, &scene).await?;

    scene.misbehave();
    say(shell, words::FAULTS.of(lang));
    let mut child = Carrier::start(&scene, job.id)?;
    let killed = kill_in_the_middle(shell, &scene, &mut child, &job).await?;
    say(shell, words::RESUMES.of(lang));
    let mut child = Carrier::start(&scene, job.id)?;
    child.carry_through(&scene, &job).await?;

    // what the network still holds back arrives now: it must change nothing
    scene.sandbox.clear_faults();
    scene.sandbox.deliver_late();
    let report = Report::of(&*scene.journal, job.id).await.map_err(broken)?;
    let books = Books::compare(&*scene.journal, &scene.sandbox, &report).await?;
    let seconds = began.elapsed().as_secs();
    match shell.json {
        true => shell.json(&json!({
            "simulated": true,
            "killed_at": killed,
            "seconds": seconds,
            "report": report.to_json(),
            "books": books,
        })),
        false => shell.say(&conclusion(shell, &report, &books, seconds)),
    }
    Ok(if books.agree() { Exit::Done } else { Exit::Refused })
}

/// Tells people how far it is; programs get one document at the end.
fn say(shell: &Shell, line: &str) {
    if !shell.json && !shell.quiet {
        shell.line(line);
    }
}

/// The file of orders becomes an approved plan, as `bulk plan` and `bulk run --approve` make it.
async fn plan(shell: &Shell, scene: &Scene) -> Result<JobRecord, Failure> {
    let file = OrderFile::read(scene.orders.as_bytes()).map_err(broken)?;
    let planner = Planner::new(Arc::clone(&scene.journal), Arc::new(carry::accounts(&scene.urls())?));
    let plan = planner.plan(file, "orders.csv").await.map_err(broken)?;
    let lang = shell.lang();
    let left_out: Vec<String> = plan
        .left_out()
        .map(|row| {
            let order = row.given.merchant_uid.clone().unwrap_or_default();
            format!("{order}, {}", bulk_text::verdict(lang, row.verdict.as_str()))
        })
        .collect();
    let job = plan.job.ok_or_else(|| broken("nothing can be refunded"))?;
    let totals: Vec<_> = job.totals.iter().map(|total| total.approved).collect();
    let hash = short_hash(&job);
    let sums: Vec<String> = totals.iter().map(|total| show::money(*total)).collect();
    say(shell, &words::PLANNED.fill(lang, &[&job.rows, &sums.join(", "), &hash]));
    for why in left_out {
        say(shell, &words::NOT_PLANNED.fill(lang, &[&why]));
    }
    approve(&*scene.journal, job.id, &hash, &totals, "demo").await.map_err(broken)
}

/// How many rows are in a state that `wanted` picks.
async fn count(
    journal: &dyn Journal,
    job: &JobRecord,
    wanted: impl Fn(RowState) -> bool,
) -> Result<usize, Failure> {
    let rows = journal.job_rows(job.id, 0, u32::MAX).await.map_err(broken)?;
    Ok(rows.iter().filter(|row| wanted(RowState::of(row))).count())
}

/// Kills the child, without a warning, once it is in the middle of its work. Tells how many rows it had settled.
async fn kill_in_the_middle(
    shell: &Shell,
    scene: &Scene,
    child: &mut Carrier,
    job: &JobRecord,
) -> Result<usize, Failure> {
    let rows = usize::try_from(job.rows).unwrap_or(0);
    let enough = rows.saturating_mul(KILLED_AT).div_euclid(100);
    let began = Instant::now();
    while count(&*scene.journal, job, RowState::is_settled).await? < enough {
        if child.has_ended()? || began.elapsed() > PATIENCE {
            return Err(broken("the refunding process ended before it was killed"));
        }
        sleep(GLANCE).await;
    }
    child.kill();
    let settled = count(&*scene.journal, job, RowState::is_settled).await?;
    let open = count(&*scene.journal, job, |state| state == RowState::Unknown).await?;
    say(shell, &words::KILLED.fill(shell.lang(), &[&child.id(), &settled, &rows, &open]));
    Ok(settled)
}

fn conclusion(shell: &Shell, report: &Report, books: &Books, seconds: u64) -> String {
    let lang = shell.lang();
    let rows = report.states.iter().map(|amounts| {
        let sums: Vec<String> = amounts.sums.iter().map(|sum| show::money(*sum)).collect();
        vec![bulk_text::state(amounts.state).of(lang).to_owned(), amounts.rows.to_string(), sums.join(", ")]
    });
    let header = [bulk_text::STATE, bulk_text::ROWS, bulk_text::SUM].map(|word| word.of(lang));
    let mut text = format!("\n{}\n", show::table(&header, &[1, 2], rows.collect()));
    for (word, found) in [
        (words::SENDS, books.cancels_seen),
        (words::TROUBLE, books.faults_played),
        (words::REFUNDS, books.refunds),
        (words::TWICE, books.refunded_twice),
        (words::LOST, books.lost),
        (words::DIFFERENCES, books.differences),
    ] {
        text.push_str(&format!("{}{found}\n", word.of(lang)));
    }
    let verified = if books.journal_faults == 0 { &words::SOUND } else { &words::UNSOUND };
    text.push_str(&format!("{}\n\n", verified.fill(lang, &[&books.events, &books.journal_faults])));
    let verdict = if books.agree() { &words::AGREE } else { &words::DO_NOT_AGREE };
    text.push_str(&format!("{}\n{}\n", verdict.fill(lang, &[&seconds]), words::SIMULATED.of(lang)));
    text
}

/// The child process that refunds; it never outlives this value.
struct Carrier(Child);

impl Drop for Carrier {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Carrier {
    fn start(scene: &Scene, job: JobId) -> Result<Self, Failure> {
        let order = Order { journal: scene.journal_path(), urls: scene.urls(), job };
        let file = scene.folder().join("carry.json");
        std::fs::write(&file, serde_json::to_vec(&order).map_err(broken)?).map_err(broken)?;
        let child = Command::new(std::env::current_exe().map_err(broken)?)
            .args(["demo", "--carry"])
            .arg(file)
            // its end tells the child that its parent is gone
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        child.map(Self).map_err(broken)
    }

    fn id(&self) -> u32 {
        self.0.id()
    }

    fn has_ended(&mut self) -> Result<bool, Failure> {
        self.0.try_wait().map(|status| status.is_some()).map_err(broken)
    }

    /// `SIGKILL`, where there are signals.
    fn kill(&mut self) {
        let _ended_already = self.0.kill();
        let _ended = self.0.wait();
    }

    /// Waits until it has done what it can; the gateways behave again once everything is submitted.
    async fn carry_through(&mut self, scene: &Scene, job: &JobRecord) -> Result<(), Failure> {
        let began = Instant::now();
        while !self.has_ended()? {
            if began.elapsed() > PATIENCE {
                return Err(broken("the refunding process does not come to an end"));
            }
            if count(&*scene.journal, job, |state| state == RowState::NotStarted).await? == 0 {
                scene.sandbox.clear_faults();
            }
            sleep(GLANCE.saturating_mul(5)).await;
        }
        Ok(())
    }
}
