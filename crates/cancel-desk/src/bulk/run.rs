//! The run of an approved job.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::journal::{Journal, JournalError};
use crate::protocol::Claim;
use crate::record::{IntentRecord, IntentState, JobId, JobRecord, JobRow, JobState, Timestamp};
use crate::worker::{Accounts, Circuit, Limits, Pace, Worker};

use super::lanes::Lanes;
use super::{Approval, BulkError, RowState};

/// How many rows are read at once.
const PAGE: u32 = 1_000;
/// How often rows that others work on are looked at.
const GLANCE: Duration = Duration::from_millis(250);
/// The same, while the first rows are waited for.
const GLANCE_AT_FIRST: Duration = Duration::from_millis(50);
/// How many of them at once.
const GLANCED: usize = 200;
/// Workers for what is due again, beside those that submit.
const FOLLOWERS: u16 = 4;
/// How often a failing journal is asked again for one row, and after which pause.
const AGAIN: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// How long a halted run still waits for what is open.
const AFTER_HALT: Duration = Duration::from_secs(10);
/// Turns at one payment before a row is left to the followers.
const TURNS: u32 = 20;

/// How a job is run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunOptions {
    /// Most cancels in flight for each merchant account, and as many look-ups; grows from 2.
    pub most: u16,
    /// What stops it.
    pub limits: Limits,
    /// So many rows go first, and the others only when all of these are refunded.
    pub canary: u16,
    /// How long the first rows may take.
    pub canary_patience: Duration,
    /// How long it waits, once nothing more is to be submitted, for outcomes that are not known yet.
    pub patience: Duration,
}

impl Default for RunOptions {
    /// 32 at once, the default limits, five first within two minutes, ten minutes for what is open.
    fn default() -> Self {
        Self {
            most: 32,
            limits: Limits::default(),
            canary: 5,
            canary_patience: Duration::from_secs(120),
            patience: Duration::from_secs(600),
        }
    }
}

impl RunOptions {
    /// Sets the most cancels in flight for each merchant account.
    #[must_use]
    pub const fn with_most(mut self, most: u16) -> Self {
        self.most = most;
        self
    }

    /// Sets what stops it.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many rows go first; 0 for none.
    #[must_use]
    pub const fn with_canary(mut self, rows: u16) -> Self {
        self.canary = rows;
        self
    }

    /// Sets how long the first rows may take.
    #[must_use]
    pub const fn with_canary_patience(mut self, patience: Duration) -> Self {
        self.canary_patience = patience;
        self
    }

    /// Sets how long it waits for outcomes that are not known yet.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunEnd {
    /// Every row is settled.
    Done,
    /// Every row is submitted; so many have no known outcome yet. Any worker carries them on.
    StillOpen(u64),
    /// It was halted: nothing new is submitted until it is approved again.
    Halted(String),
    /// It was asked to stop; another run goes on.
    Stopped,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The rows of the job.
    pub rows: u64,
    /// Those that are settled.
    pub done: u64,
    /// Those that were settled since this run began.
    pub settled: u64,
    /// How many rows are in each state; states without any are left out.
    pub states: Vec<(RowState, u64)>,
    /// Cancels in flight.
    pub in_flight: u64,
    /// How many may be.
    pub width: u64,
    /// How long it has been running.
    pub running: Duration,
    /// Whether it was halted: nothing more begins, and what was sent is waited for.
    pub halted: bool,
    /// While the first rows are waited for: nothing can be told yet of how long the others take.
    pub first: Option<FirstRows>,
}

/// The first rows of a run, which go alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirstRows {
    /// How many.
    pub rows: u64,
    /// Those without an outcome yet.
    pub open: u64,
    /// In how long the next of them is looked up, if that is known.
    pub next_look: Option<Duration>,
}

/// One run of an approved job. Several at once share the work; none submits a row that another has submitted.
#[derive(Debug)]
pub struct Run {
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    job: JobId,
    let_go_on: bool,
    options: RunOptions,
    lanes: Lanes,
    began: Instant,
    stop: AtomicBool,
    halted: Mutex<Option<String>>,
    failed: Mutex<Option<JournalError>>,
    bell: Notify,
    first: Mutex<Option<FirstLines>>,
}

/// The lines of the first rows, while they are waited for, and when the next look-up is due.
#[derive(Debug)]
struct FirstLines {
    lines: Vec<i64>,
    next_look: Option<Instant>,
}

impl Run {
    /// Reads the job's rows: what is submitted already is not submitted again. `job`: the [`Approval`] by which a halted
    /// job goes on, or the [`JobId`] of one that is approved.
    ///
    /// # Errors
    /// [`BulkError::NoSuchJob`], [`BulkError::NotApproved`], [`BulkError::Journal`].
    pub async fn new(
        journal: Arc<dyn Journal>,
        accounts: &Accounts,
        job: impl Into<Approval>,
        options: RunOptions,
    ) -> Result<Arc<Self>, BulkError> {
        let approval = job.into();
        let job = approval.job();
        let record = journal.job(job).await?.ok_or(BulkError::NoSuchJob(job))?;
        must_be_approved(&record)?;
        let lanes = Lanes::default();
        each_page(&*journal, job, |rows| lanes.add(&rows)).await?;
        let (most, limits) = (options.most, options.limits);
        let accounts =
            accounts.clone().with_paces(|| Pace::new(most).with_circuit(Arc::new(Circuit::new(limits))));
        Ok(Arc::new(Self {
            journal,
            accounts: Arc::new(accounts),
            job,
            let_go_on: approval.is_let_go_on(),
            options,
            lanes,
            began: Instant::now(),
            stop: AtomicBool::new(false),
            halted: Mutex::default(),
            failed: Mutex::default(),
            bell: Notify::new(),
            first: Mutex::default(),
        }))
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let states = RowState::ALL.map(|state| (state, self.lanes.count(state)));
        let done = states.iter().filter(|(state, _)| state.is_settled()).map(|(_, count)| count).sum();
        let paces = || self.accounts.all().map(crate::worker::Account::pace);
        Progress {
            rows: self.lanes.rows(),
            done,
            settled: self.lanes.settled(),
            states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
            in_flight: paces().map(|pace| u64::from(pace.cancels_in_flight())).sum(),
            width: paces().map(|pace| u64::from(pace.cancel_width())).sum(),
            running: self.began.elapsed(),
            halted: self.halted_because().is_some(),
            first: self.first_rows(),
        }
    }

    fn first_rows(&self) -> Option<FirstRows> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let first = first.as_ref()?;
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let open = first.lines.iter().filter(|line| !self.lanes.state(**line).is_settled()).count();
        let next_look = first.next_look.map(|at| at.saturating_duration_since(Instant::now()));
        Some(FirstRows { rows: count(first.lines.len()), open: count(open), next_look })
    }

    fn set_first(&self, lines: Option<Vec<i64>>) {
        let first = lines.map(|lines| FirstLines { lines, next_look: None });
        *self.first.lock().unwrap_or_else(PoisonError::into_inner) = first;
    }

    /// Keeps when the next of the first rows is looked up.
    async fn note_next_look(&self, due: Option<Timestamp>) {
        if self.first.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return;
        }
        let (Ok(now), Some(due)) = (self.journal.now().await, due) else { return };
        let at = Instant::now().checked_add(due.since(now));
        if let Some(first) = self.first.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            first.next_look = at;
        }
    }

    /// Submits and carries through, until all is settled, something halts it, or `stop` is ready: then what has begun
    /// is finished first.
    ///
    /// Dropped in the middle, it leaves what a crash would: nothing that another run does not find.
    ///
    /// # Errors
    /// [`BulkError::Journal`] when the storage fails for longer than a moment.
    pub async fn carry(self: &Arc<Self>, stop: impl Future<Output = ()> + Send) -> Result<RunEnd, BulkError> {
        let (over, is_over) = watch::channel(false);
        let mut followers = JoinSet::new();
        self.follow(&mut followers, FOLLOWERS, &is_over)?;
        let watching = async {
            tokio::select! {
                () = stop => {
                    self.stop.store(true, Ordering::SeqCst);
                    self.bell.notify_waiters();
                    std::future::pending().await
                }
                () = self.watch() => {}
            }
        };
        let end = tokio::select! {
            end = self.submit_all(&mut followers, &is_over) => end,
            () = watching => Ok(RunEnd::Stopped),
        };
        over.send_replace(true);
        // a turn that has begun is finished
        while followers.join_next().await.is_some() {}
        end
    }

    fn worker(&self) -> Result<Worker, BulkError> {
        Ok(Worker::new(Arc::clone(&self.journal), Arc::clone(&self.accounts))?)
    }

    /// Workers for whatever is due, until it is over.
    fn follow(
        &self,
        followers: &mut JoinSet<()>,
        many: u16,
        is_over: &watch::Receiver<bool>,
    ) -> Result<(), BulkError> {
        for _ in 0..many {
            let (worker, mut is_over) = (self.worker()?, is_over.clone());
            followers.spawn(async move {
                worker.run(async { drop(is_over.wait_for(|over| *over).await) }).await;
            });
        }
        Ok(())
    }

    async fn submit_all(
        self: &Arc<Self>,
        followers: &mut JoinSet<()>,
        is_over: &watch::Receiver<bool>,
    ) -> Result<RunEnd, BulkError> {
        self.canary().await?;
        let mut tasks = JoinSet::new();
        for account in self.lanes.accounts() {
            // one is on the wire, one looks up, some write: so that a cancel's place never waits for a row
            let many = u32::from(self.options.most).saturating_mul(5).div_euclid(2).saturating_add(4);
            for _ in 0..many {
                let (run, account, worker) = (Arc::clone(self), account.clone(), self.worker()?);
                tasks.spawn(async move {
                    while let Some(line) = run.may_go_on().then(|| run.lanes.next(&account)).flatten() {
                        run.row(&worker, line).await;
                    }
                });
            }
        }
        while tasks.join_next().await.is_some() {}
        // what a crash left open may come due all at once
        let many = if self.may_go_on() { self.options.most } else { 0 };
        self.follow(followers, many, is_over)?;
        self.end().await
    }

    /// The first rows: all of them must be refunded before any other goes.
    async fn canary(self: &Arc<Self>) -> Result<(), BulkError> {
        let (lines, mine) = self.lanes.first(usize::from(self.options.canary), self.let_go_on);
        self.set_first((!lines.is_empty()).then(|| lines.clone()));
        let mut tasks = JoinSet::new();
        for line in &mine {
            let (run, worker, line) = (Arc::clone(self), self.worker()?, *line);
            tasks.spawn(async move { run.row(&worker, line).await });
        }
        while tasks.join_next().await.is_some() {}
        let settled = async {
            while lines.iter().any(|line| !self.lanes.state(*line).is_settled()) && self.may_go_on() {
                sleep(GLANCE_AT_FIRST).await;
            }
        };
        let _in_time = timeout(self.options.canary_patience, settled).await;
        self.set_first(None);
        self.heed_trouble().await;
        if !self.may_go_on() {
            return Ok(());
        }
        if let Some(line) = lines.iter().find(|line| !self.lanes.state(**line).is_good()) {
            let state = self.lanes.state(*line);
            self.halt(format!("one of the first rows was not refunded: line {line} is {state}")).await;
        }
        Ok(())
    }

    fn may_go_on(&self) -> bool {
        let trouble = || self.accounts.all().any(|account| account.pace().circuit().trouble().is_some());
        !self.stop.load(Ordering::SeqCst)
            && self.halted_because().is_none()
            && !self.has_failed()
            && !trouble()
    }

    fn halted_because(&self) -> Option<String> {
        self.halted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_failed(&self) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn fail(&self, error: JournalError) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.bell.notify_waiters();
    }

    /// Stops the job, in the journal too; the first reason stays.
    async fn halt(&self, why: String) {
        if !self.halted_here(&why) {
            return;
        }
        for _ in 0..AGAIN {
            match self.journal.halt_job(self.job, &why).await {
                Err(JournalError::Storage(error)) => {
                    tracing::warn!(error = %error, "the halt could not be stored");
                    sleep(PAUSE).await;
                }
                // discarded at the same time: nothing is submitted either way
                Ok(_) | Err(_) => return,
            }
        }
        // nobody is to hear of a halt that others do not know of
        self.fail(JournalError::Corrupt("the halt of the job cannot be stored: other workers go on with it"));
    }

    /// Begins nothing more here. Tells whether that is news.
    fn halted_here(&self, why: &str) -> bool {
        {
            let mut halted = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
            if halted.is_some() {
                return false;
            }
            *halted = Some(why.to_owned());
        }
        self.bell.notify_waiters();
        true
    }

    /// Heeds that somebody else stopped the job.
    async fn heed_others(&self) {
        let Ok(Some(job)) = self.journal.job(self.job).await else { return };
        if matches!(job.state, JobState::Halted | JobState::Discarded) {
            let _known = self.halted_here(job.halted_because.as_deref().unwrap_or("the job is halted"));
        }
    }

    async fn heed_trouble(&self) {
        for (name, account) in self.accounts.by_name() {
            if let Some(trouble) = account.pace().circuit().trouble() {
                self.halt(format!("{name}: {trouble}")).await;
            }
        }
    }

    /// Submits a row and takes the first turns at it.
    async fn row(&self, worker: &Worker, line: i64) {
        let _in_hand = self.lanes.in_hand(line);
        let Some((mut intent, mut claim)) = self.start(worker, line).await else { return };
        self.lanes.submitted(line, &intent);
        for turns in 0..TURNS {
            let turn = match claim.take() {
                // what is claimed is not left so
                Some(claim) => worker.take(claim).await,
                None => {
                    let now = self.journal.now().await.unwrap_or(Timestamp(0));
                    if !is_due(&intent, now) || (turns > 0 && !self.may_go_on()) {
                        break;
                    }
                    worker.turn_at(&intent.payment).await
                }
            };
            match turn {
                Ok(Some(turn)) if turn.intent.id == intent.id => intent = turn.intent,
                // another refund of the same payment came first
                Ok(Some(_)) => {}
                // another worker holds it: seen to at the next glance
                Ok(None) => break,
                Err(error) => {
                    self.fail(error);
                    break;
                }
            }
            self.lanes.submitted(line, &intent);
        }
        self.heed_trouble().await;
    }

    async fn start(&self, worker: &Worker, line: i64) -> Option<(IntentRecord, Option<Claim>)> {
        for _ in 0..AGAIN {
            match worker.start_row(self.job, line).await {
                Ok((submitted, claim)) => return Some((submitted.into_intent(), claim)),
                // nothing says whether it was written; the same row again is the same intent
                Err(JournalError::Storage(error)) => {
                    tracing::warn!(line, error = %error, "the journal failed");
                    sleep(PAUSE).await;
                }
                Err(JournalError::NotAllowed(why)) => {
                    // by the journal's own reason, where it is halted or given up
                    self.heed_others().await;
                    self.halt(why.to_owned()).await;
                    return None;
                }
                Err(
                    JournalError::Invalid(_)
                    | JournalError::NotFound
                    | JournalError::KeyConflict
                    | JournalError::AskedSince
                    | JournalError::Exceeds { .. },
                ) => {
                    self.lanes.left_out(line);
                    return None;
                }
                Err(error) => {
                    self.fail(error);
                    return None;
                }
            }
        }
        self.fail(JournalError::Corrupt("the storage fails again and again"));
        None
    }

    /// Follows what is open: other workers may decide it.
    async fn watch(&self) {
        loop {
            let (mut after, mut due) = (0, None::<Timestamp>);
            loop {
                let open = self.lanes.open_after(after, GLANCED);
                let Some((last, _)) = open.last() else { break };
                after = *last;
                for (line, intent) in open {
                    if let Ok(Some(intent)) = self.journal.intent(intent).await {
                        due = [due, intent.due_at].into_iter().flatten().min();
                        self.lanes.submitted(line, &intent);
                    }
                }
            }
            self.note_next_look(due).await;
            self.heed_trouble().await;
            self.heed_others().await;
            sleep(GLANCE).await;
        }
    }

    async fn end(&self) -> Result<RunEnd, BulkError> {
        self.heed_trouble().await;
        let open = || {
            let waiting = self.lanes.count(RowState::Waiting);
            // what has not begun is held until the job is approved again
            let waiting = if self.halted_because().is_some() { 0 } else { waiting };
            self.lanes.count(RowState::Unknown).saturating_add(waiting)
        };
        let settling = async {
            while open() > 0 && !self.stop.load(Ordering::SeqCst) && !self.has_failed() {
                tokio::select! {
                    () = sleep(GLANCE) => {}
                    () = self.bell.notified() => {}
                }
            }
        };
        let halted = self.halted_because().is_some();
        let patience = if halted { self.options.patience.min(AFTER_HALT) } else { self.options.patience };
        let _in_time = timeout(patience, settling).await;
        if let Some(error) = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error.into());
        }
        Ok(match (self.halted_because(), open(), self.lanes.count(RowState::NotStarted)) {
            (Some(why), ..) => RunEnd::Halted(why),
            (None, 0, 0) => RunEnd::Done,
            (None, open, 0) if !self.stop.load(Ordering::SeqCst) => RunEnd::StillOpen(open),
            _ => RunEnd::Stopped,
        })
    }
}

/// Whether a turn at it may bring it on now.
fn is_due(intent: &IntentRecord, now: Timestamp) -> bool {
    matches!(intent.state, IntentState::Planned | IntentState::Open)
        && intent.due_at.is_some_and(|due| due <= now)
}

fn must_be_approved(job: &JobRecord) -> Result<(), BulkError> {
    match job.state {
        JobState::Approved => Ok(()),
        state => Err(BulkError::NotApproved { state, because: job.halted_because.clone() }),
    }
}

/// The rows of a job, all of them.
pub(super) async fn all_rows(journal: &dyn Journal, job: JobId) -> Result<Vec<JobRow>, JournalError> {
    let mut rows = Vec::new();
    each_page(journal, job, |page| rows.extend(page)).await?;
    Ok(rows)
}

/// The rows of a job, some at a time.
async fn each_page(
    journal: &dyn Journal,
    job: JobId,
    mut take: impl FnMut(Vec<JobRow>) + Send,
) -> Result<(), JournalError> {
    let mut after = 0;
    loop {
        let page = journal.job_rows(job, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.line;
        take(page);
    }
}
