//! `bulk`: refunds from a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use pg_core::Money;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::bulk::file::{Encoding, MAX_BYTES, OrderFile};
use crate::bulk::{
    Approval, BulkError, Plan, Planner, Report, Run, RunEnd, RunOptions, Verdict, approve, approve_again,
    checked, is_done, let_go_on, parse_total, short_hash, write_left_out,
};
use crate::desk::Desk;
use crate::journal::JournalError;
use crate::record::{JobId, JobRecord, JobState};

use super::bulk_discard::DiscardArgs;
use super::bulk_files::{beside, create, free, no_file};
use super::bulk_plan::{doubtful, sums, verdict, verdicts};
use super::bulk_progress::{Shown, tell_held};
use super::bulk_report::{ReportArgs, exit_of, report_text};
use super::bulk_text as words;
use super::decide::check_person;
use super::exit::{Exit, Failure};
use super::serve::Signals;
use super::shell::{Shell, parse_span};
use super::{bulk_discard, bulk_halted, bulk_report, show};

#[derive(Debug, Args)]
pub(crate) struct BulkArgs {
    #[command(subcommand)]
    command: BulkCommand,
}

#[derive(Debug, Subcommand)]
enum BulkCommand {
    /// Look at a file of orders: what can be refunded, what cannot. Sends nothing
    Plan(PlanArgs),
    /// Refund a plan, once exactly that plan is approved; go on after a stop
    Run(RunArgs),
    /// Tell what became of every row
    Report(ReportArgs),
    /// List the plans
    List,
    /// Give a plan up: what has not begun never will
    Discard(DiscardArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
CSV with a header row, or one JSON object per line. Columns (no others):
  merchant_uid | 주문번호               which payment, by your order number
  payment_id | imp_uid | 결제번호       or by the gateway's; gateway and account | 계정 where that is not enough
  amount | 환불금액 | 금액              plain digits (12000, 7.50), or full: all that is left
  reason | 환불사유 | 사유              optional
  key | 요청키 | 키                     optional; a key of its own where the same amount is refunded again
  refund_bank | 은행, refund_holder | 예금주, refund_account | 계좌번호   for virtual accounts
  refund_tel | 전화번호                 where the PG wants it

  cancel-desk bulk plan orders.csv --left-out left-out.csv")]
pub(crate) struct PlanArgs {
    /// The file of orders
    file: PathBuf,
    /// Ask the gateways as well, not the journal alone
    #[arg(long)]
    look_up: bool,
    /// Write the rows that are left out, with the reasons, as CSV
    #[arg(long, value_name = "FILE")]
    left_out: Option<PathBuf>,
    /// Replace the file of --left-out; without it another one is written beside it
    #[arg(long)]
    force: bool,
    /// Another name for the plan than the file's: a plan that was discarded can be made again under it
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
  cancel-desk bulk run JOB --approve HASH --total \"KRW 12,345,000\" --by kim
  cancel-desk bulk run JOB --resume                              after a stop or a crash
  cancel-desk bulk run JOB --resume --by kim --reason \"paid in\"  after it halted itself

The first five rows go alone. It halts on many unknown outcomes, refused credentials, a redirect, a certificate that
is not to be trusted, and when the merchant's balance at the gateway is too small. Ctrl-C stops it after the work at
hand. While it runs it carries on every refund of the journal that is due, as a worker does, not only the job's.")]
pub(crate) struct RunArgs {
    /// The plan, as `bulk plan` and `bulk list` show it
    #[arg(value_parser = read_job)]
    job: JobId,
    /// The plan's hash, as `bulk plan` shows it
    #[arg(long, value_name = "HASH", requires = "by", conflicts_with = "resume")]
    approve: Option<String>,
    /// The plan's total; once for each currency
    #[arg(long, value_name = "AMOUNT", value_parser = read_total, requires = "approve")]
    total: Vec<Money>,
    /// Your name, as it is recorded
    #[arg(long)]
    by: Option<String>,
    /// Go on with a plan that was approved before
    #[arg(long)]
    resume: bool,
    /// Why it may go on, where it halted itself
    #[arg(long, requires = "by")]
    reason: Option<String>,
    /// Most cancels in flight for each merchant account, and as many look-ups
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    max_concurrency: u16,
    /// Yes: needed with --json to approve, or to go on after a halt
    #[arg(long, short = 'y')]
    yes: bool,
    /// How long to wait, at the end, for outcomes that are not known yet
    #[arg(long, default_value = "10m", value_parser = parse_span)]
    wait: Duration,
}

pub(super) fn read_job(text: &str) -> Result<JobId, String> {
    text.parse().map_err(|_| "must be a job's number, 26 characters of a-z 2-7: see `bulk list`".to_owned())
}

fn read_total(text: &str) -> Result<Money, String> {
    parse_total(text).map_err(|error| error.reason().to_owned())
}

pub(crate) async fn run(shell: &Shell, args: BulkArgs) -> Result<Exit, Failure> {
    match args.command {
        BulkCommand::Plan(args) => plan(shell, &args).await,
        BulkCommand::Run(args) => carry(shell, &args).await,
        BulkCommand::Report(args) => bulk_report::run(shell, &args).await,
        BulkCommand::List => list(shell).await,
        BulkCommand::Discard(args) => bulk_discard::run(shell, &args).await,
    }
}

pub(super) fn failed(shell: &Shell, error: BulkError) -> Failure {
    match error {
        BulkError::File(error) => {
            let faults: Vec<String> = error.first().iter().map(ToString::to_string).collect();
            let count = words::FAULTS.fill(shell.lang(), &[&error.count()]);
            Failure::new(Exit::Usage, "file", format!("{count}\n{}", faults.join("\n")))
        }
        BulkError::Invalid(error) => {
            let mut failure = Failure::new(Exit::Usage, "invalid", error.to_string());
            failure.field = Some(error.field().to_owned());
            failure
        }
        BulkError::Journal(JournalError::NotAllowed(why)) => Failure::new(Exit::Refused, "not_allowed", why),
        BulkError::Journal(error) => shell.journal_failed(error),
        error @ BulkError::NoSuchJob(_) => Failure::new(Exit::Usage, "no_such_job", error.to_string()),
        error @ BulkError::DoesNotAddUp(_) => {
            Failure::new(Exit::Refused, "does_not_add_up", error.to_string())
        }
        error @ BulkError::NotApproved { .. } => Failure::new(Exit::Usage, "not_approved", error.to_string()),
    }
}

fn read(shell: &Shell, path: &Path) -> Result<OrderFile, Failure> {
    let size = std::fs::metadata(path).map_err(|error| no_file(path, &error))?.len();
    if size > u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) {
        return Err(Failure::new(Exit::Usage, "file", words::TOO_LARGE.of(shell.lang())));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(path).map_err(|error| no_file(path, &error))?);
    OrderFile::read(&bytes).map_err(|error| failed(shell, error.into()))
}

async fn plan(shell: &Shell, args: &PlanArgs) -> Result<Exit, Failure> {
    let file = read(shell, &args.file)?;
    let (_, desk) = shell.desk().await?;
    if file.encoding == Encoding::EucKr {
        shell.remark(words::CP949.of(shell.lang()));
    }
    let of_file = args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(of_file).unwrap_or_default();
    let planner = Planner::new(Arc::clone(desk.journal()), Arc::clone(desk.accounts()))
        .looking_up(args.look_up)
        .keeping_all_rows(shell.json);
    let plan = planner.plan(file, &name).await.map_err(|error| failed(shell, error))?;
    if let Some(path) = args.left_out.as_deref().filter(|_| !plan.begun) {
        save_left_out(shell, &plan, path, args.force)?;
    }
    let done = match &plan.job {
        Some(job) => done(shell, &desk, job).await?,
        None => false,
    };
    match shell.json {
        true => shell.json(&plan_json(&plan, done)),
        false => shell.say(&plan_text(shell, &plan, done, args.left_out.is_some())),
    }
    Ok(if plan.job.is_some() { Exit::Done } else { Exit::Refused })
}

/// Writes the rows that a plan leaves out, if there are any. A file that is there stays: another one is written beside it.
fn save_left_out(shell: &Shell, plan: &Plan, path: &Path, force: bool) -> Result<(), Failure> {
    let lang = shell.lang();
    if plan.left_out().next().is_none() {
        shell.remark(&words::NOTHING_LEFT_OUT.fill(lang, &[&path.display()]));
        return Ok(());
    }
    let beside = (free(shell, path, force).is_err()).then(|| beside(path));
    let (to, force) = beside.as_deref().map_or((path, force), |beside| (beside, false));
    let out = create(shell, to, force)?;
    // the same words as on the screen
    let told = |found: &Verdict| (words::verdict(lang, found.as_str()).to_owned(), verdict(shell, found));
    let written = write_left_out(out, plan.left_out(), words::VERDICT.of(lang), told);
    written.map_err(|error| no_file(to, &error))?;
    shell.remark(&match beside.is_some() {
        true => words::NOT_OVERWRITTEN.fill(lang, &[&path.display(), &to.display()]),
        false => words::LEFT_OUT_IN.fill(lang, &[&to.display()]),
    });
    Ok(())
}

pub(super) fn job_json(job: &JobRecord, done: bool) -> Value {
    let totals: Vec<String> = job.totals.iter().map(|total| plain(total.approved)).collect();
    json!({
        "job": job.id.to_string(),
        "name": job.name,
        "hash": short_hash(job),
        "state": if done { "done" } else { job.state.as_str() },
        "rows": job.rows,
        "totals": totals,
        "approved_by": job.approved_by,
        (if job.state == JobState::Discarded { "discarded_because" } else { "halted_because" }): job.halted_because.as_ref().filter(|_| !done),
    })
}

/// As `--total` takes it.
fn plain(money: Money) -> String {
    format!("{} {}", money.currency().code(), money.to_decimal_text())
}

/// Whether a job is shown as done.
async fn done(shell: &Shell, desk: &Desk, job: &JobRecord) -> Result<bool, Failure> {
    is_done(&**desk.journal(), job).await.map_err(|error| shell.journal_failed(error))
}

fn plan_json(plan: &Plan, done: bool) -> Value {
    let rows: Vec<Value> = plan
        .rows
        .iter()
        .map(|row| {
            json!({
                "line": row.given.line,
                "merchant_uid": row.given.merchant_uid,
                "payment": row.payment.as_ref().map(ToString::to_string),
                "amount": row.amount.map(plain),
                "verdict": row.verdict.as_str(),
                "why": row.verdict.to_string(),
                "same_amount": row.same.as_ref().map(|same| json!({
                    "key": same.key,
                    "state": same.state,
                    "cancel": same.cancel.to_string(),
                })),
            })
        })
        .collect();
    json!({ "job": plan.job.as_ref().map(|job| job_json(job, done)), "begun": plan.begun, "same_amounts": plan.doubtful().count(), "rows": rows, "others": plan.others.iter().map(|other| other.id.to_string()).collect::<Vec<_>>() })
}

/// The command that approves exactly this plan.
fn approval(shell: &Shell, job: &JobRecord) -> String {
    let mut approval = format!("cancel-desk bulk run {} --approve {}", job.id, short_hash(job));
    for total in &job.totals {
        approval.push_str(&format!(" --total \"{}\"", plain(total.approved)));
    }
    approval.push_str(shell.lang().pick(" --by NAME", " --by 이름"));
    approval
}

fn plan_text(shell: &Shell, plan: &Plan, done: bool, written: bool) -> String {
    let lang = shell.lang();
    let Some(job) = &plan.job else {
        return format!("{}{}\n", verdicts(shell, plan, written), words::NOTHING.of(lang));
    };
    if plan.begun {
        if job.state == JobState::Discarded {
            return format!("{}\n", words::WAS_DISCARDED.fill(lang, &[&job.id]));
        }
        if done {
            return format!("{}\n", words::BEGUN_DONE.fill(lang, &[&job.id, &job.id]));
        }
        if job.state == JobState::Halted {
            return bulk_halted::planned_before(shell, job);
        }
        let state = words::job_state(job.state, done).of(lang);
        return format!("{}\n", words::BEGUN.fill(lang, &[&job.id, &state, &job.id, &job.id]));
    }
    let mut text = verdicts(shell, plan, written);
    text.push_str(&sums(shell, plan));
    text.push_str(&doubtful(shell, plan));
    let approval = approval(shell, job);
    for other in &plan.others {
        let state = words::job_state(other.state, false).of(lang);
        text.push_str(&words::OTHER_PLAN.fill(lang, &[&other.id, &state, &other.rows, &other.id]));
        text.push('\n');
    }
    text.push_str(&words::PLANNED.fill(lang, &[&job.id, &short_hash(job), &job.rows, &approval]));
    text.push('\n');
    text
}

/// Whether the job can go on by what was given: asked before anything else, so that nobody confirms what is wrong.
async fn fits(shell: &Shell, desk: &Desk, args: &RunArgs) -> Result<(), Failure> {
    if let Some(by) = &args.by {
        check_person(shell, by, args.reason.as_deref())?;
    }
    let found = desk.journal().job(args.job).await.map_err(|error| shell.journal_failed(error))?;
    let job = found.ok_or_else(|| failed(shell, BulkError::NoSuchJob(args.job)))?;
    let lang = shell.lang();
    if let Some(hash) = &args.approve {
        let fits = checked(&**desk.journal(), job.id, hash, &args.total).await;
        fits.map_err(|error| failed(shell, error))?;
    }
    match (job.state, &args.approve, &args.reason) {
        (JobState::Halted, None, None) if args.resume && done(shell, desk, &job).await? => {
            let next = words::REPORT.fill(lang, &[&job.id]);
            Err(Failure::new(Exit::Usage, "done", words::IS_DONE.of(lang)).next(next))
        }
        (JobState::Halted, _, None) => {
            let because = job.halted_because.unwrap_or_default();
            let text = words::IS_HALTED.fill(lang, &[&shell.said(&because)]);
            let next = words::RESUME_HALTED.fill(lang, &[&job.id]);
            Err(Failure::new(Exit::Usage, "halted", text).next(next))
        }
        (JobState::Approved, None, _) if !args.resume => {
            let next = words::RESUME.fill(lang, &[&job.id]);
            Err(Failure::new(Exit::Usage, "approved", words::IS_APPROVED.of(lang)).next(next))
        }
        (state @ (JobState::Planned | JobState::Discarded), None, _) => {
            let next = (state == JobState::Planned).then(|| approval(shell, &job));
            let failure = failed(shell, BulkError::NotApproved { state, because: job.halted_because });
            Err(match next {
                Some(next) => failure.next(next),
                None => failure,
            })
        }
        _ => Ok(()),
    }
}

/// Approves it, if that is asked for.
async fn approved(shell: &Shell, desk: &Desk, args: &RunArgs) -> Result<Approval, Failure> {
    let (journal, id) = (&**desk.journal(), args.job);
    let by = args.by.as_deref().unwrap_or_default();
    let found = journal.job(id).await.map_err(|error| shell.journal_failed(error))?;
    let is_halted = found.is_some_and(|job| job.state == JobState::Halted);
    let approved = match (&args.approve, &args.reason) {
        (Some(hash), Some(reason)) if is_halted => {
            approve_again(journal, id, hash, &args.total, by, reason).await
        }
        (Some(hash), _) => approve(journal, id, hash, &args.total, by).await.map(|job| job.id.into()),
        (None, Some(reason)) => let_go_on(journal, id, by, reason).await,
        (None, None) => Ok(id.into()),
    };
    approved.map_err(|error| failed(shell, error))
}

async fn carry(shell: &Shell, args: &RunArgs) -> Result<Exit, Failure> {
    let (_, desk) = shell.desk_there().await?;
    fits(shell, &desk, args).await?;
    let approves = args.approve.is_some() || args.reason.is_some();
    shell.consent(args.yes || !shell.json || !approves)?;
    let approval = approved(shell, &desk, args).await?;
    let journal = desk.journal();
    journal.recover().await.map_err(|error| shell.journal_failed(error))?;
    let before = Report::of(&**journal, args.job).await.map_err(|error| failed(shell, error))?;
    tell_held(shell, &desk, &before).await.map_err(|error| shell.desk_failed(&error))?;
    let options = RunOptions::default().with_most(args.max_concurrency).with_patience(args.wait);
    let run = Run::new(Arc::clone(journal), desk.accounts(), approval, options).await;
    let run = run.map_err(|error| failed(shell, error))?;
    let shown = Shown::begin(shell, Arc::clone(&run));
    let asked = Notify::new();
    let mut signals = Signals::new()?;
    let stopping = async {
        signals.next().await;
        shell.remark(words::STOPPING.of(shell.lang()));
        asked.notify_one();
        signals.next().await;
    };
    let end = tokio::select! {
        end = run.carry(asked.notified()) => end,
        // whatever is cut off is found by the next run
        () = stopping => Ok(RunEnd::Stopped),
    };
    shown.end().await;
    let end = end.map_err(|error| failed(shell, error))?;
    let report = Report::of(&**journal, args.job).await.map_err(|error| failed(shell, error))?;
    let (id, lang) = (args.job, shell.lang());
    // halted by the last of its rows: nothing is left to go on with
    let end = if matches!(end, RunEnd::Halted(_)) && report.is_settled() { RunEnd::Done } else { end };
    let (word, next) = match &end {
        RunEnd::Done => ("done", None),
        RunEnd::StillOpen(open) => ("still_open", Some(words::STILL_OPEN.fill(lang, &[open, &id]))),
        RunEnd::Halted(why) => ("halted", Some(words::HALTED.fill(lang, &[&shell.said(why), &id]))),
        RunEnd::Stopped => ("stopped", Some(words::STOPPED.fill(lang, &[&id]))),
    };
    if shell.json {
        shell.json(&json!({ "end": word, "next": next, "report": report.to_json() }));
    } else {
        shell.say(&report_text(shell, &desk, &report).await?);
        next.iter().for_each(|next| shell.line(next));
    }
    Ok(if matches!(end, RunEnd::Halted(_)) { Exit::Person } else { exit_of(&report) })
}

async fn list(shell: &Shell) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let jobs = desk.journal().jobs(1_000).await.map_err(|error| shell.journal_failed(error))?;
    let mut shown = Vec::with_capacity(jobs.len());
    for job in jobs {
        shown.push((done(shell, &desk, &job).await?, job));
    }
    if shell.json {
        shell.json(&shown.iter().map(|(done, job)| job_json(job, *done)).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let lang = shell.lang();
    let rows = shown
        .iter()
        .map(|(done, job)| {
            let sums: Vec<String> = job.totals.iter().map(|total| show::money(total.approved)).collect();
            let state = words::job_state(job.state, *done).of(lang).to_owned();
            let name = job.name.clone();
            vec![
                job.id.to_string(),
                state,
                job.rows.to_string(),
                sums.join(", "),
                show::time(job.created_at),
                name,
            ]
        })
        .collect();
    let header = [words::JOB, words::STATE, words::ROWS, words::SUM, words::AT, words::NAME];
    shell.say(&show::table(&header.map(|word| word.of(lang)), &[2, 3], rows));
    Ok(Exit::Done)
}
