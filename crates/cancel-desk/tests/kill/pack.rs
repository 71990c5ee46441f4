//! The child processes of a round: started, stopped, continued, killed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::rng::Rng;
use crate::setting::{CHILD, Role, Setting};

/// What was done to the children.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Blows {
    pub(crate) kills: u64,
    pub(crate) stops: u64,
    /// Stops that outlasted a lease.
    pub(crate) long_stops: u64,
}

#[derive(Debug)]
struct Member {
    setting: Setting,
    process: Child,
    /// Stopped by us, until then.
    stopped: Option<Instant>,
    done: bool,
}

impl Member {
    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        // one that has ended meanwhile takes no signal
        let _ended = id.map(|id| kill_process(id, signal));
    }

    fn kill(&mut self) {
        let _ended = self.process.kill();
        self.process.wait().unwrap();
    }
}

/// All children, none of which outlives it.
#[derive(Debug)]
pub(crate) struct Pack {
    members: Vec<Member>,
    serial: u64,
    pub(crate) blows: Blows,
}

impl Drop for Pack {
    fn drop(&mut self) {
        self.members.iter_mut().for_each(Member::kill);
    }
}

fn spawn(setting: &Setting) -> Child {
    // the child is this same program, at the one test that is its entry
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, serde_json::to_string(setting).unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

impl Pack {
    pub(crate) fn start(settings: Vec<Setting>) -> Self {
        let members = settings.into_iter().map(|setting| {
            let process = spawn(&setting);
            Member { setting, process, stopped: None, done: false }
        });
        Self { members: members.collect(), serial: 0, blows: Blows::default() }
    }

    /// Whether every submitter has come to its end.
    pub(crate) fn all_submitted(&self) -> bool {
        self.members.iter().all(|member| member.setting.role == Role::Worker || member.done)
    }

    /// Starts again what died, continues what was stopped for long enough.
    pub(crate) fn tend(&mut self) {
        for member in &mut self.members {
            if member.done {
                continue;
            }
            if let Some(status) = member.process.try_wait().unwrap() {
                if status.success() && member.setting.role == Role::Submitter {
                    member.done = true;
                    continue;
                }
                self.serial += 1;
                member.setting.seed = member.setting.seed.wrapping_add(self.serial << 32);
                member.process = spawn(&member.setting);
                member.stopped = None;
            } else if member.stopped.is_some_and(|until| until <= Instant::now()) {
                member.signal(Signal::CONT);
                member.stopped = None;
            }
        }
    }

    /// Does something to one of them, now and then; `only`: of this role.
    pub(crate) fn strike(&mut self, rng: &mut Rng, only: Option<Role>) {
        let at = rng.index(self.members.len());
        let fits = |member: &&mut Member| !member.done && only.is_none_or(|role| role == member.setting.role);
        let Some(member) = self.members.get_mut(at).filter(fits) else { return };
        match rng.below(10) {
            0..3 => {
                member.kill();
                self.blows.kills += 1;
            }
            3..6 if member.stopped.is_none() => {
                let long = rng.chance(400);
                let pause = if long { rng.between(450, 900) } else { rng.between(10, 250) };
                member.signal(Signal::STOP);
                member.stopped = Instant::now().checked_add(Duration::from_millis(pause));
                self.blows.stops += 1;
                self.blows.long_stops += u64::from(long);
            }
            // one that stopped of itself goes on
            6..9 if member.stopped.is_none() => member.signal(Signal::CONT),
            _ => {}
        }
    }

    /// Lets the submitters go on.
    pub(crate) fn wake_submitters(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.setting.role == Role::Submitter) {
            member.signal(Signal::CONT);
            member.stopped = None;
        }
    }

    /// Lets everybody go on who is stopped.
    pub(crate) fn wake(&mut self) {
        for member in &mut self.members {
            member.signal(Signal::CONT);
            member.stopped = None;
        }
    }

    /// Kills all but the sleepers: workers that are stopped right now, and stay so until they are woken.
    pub(crate) fn leave_sleepers(mut self, rng: &mut Rng) -> Self {
        let sleeps = rng.chance(600);
        for member in &mut self.members {
            if sleeps && member.stopped.is_some() && member.setting.role == Role::Worker {
                continue;
            }
            self.blows.kills += u64::from(!member.done);
            member.kill();
            member.done = true;
        }
        self.members.retain(|member| !member.done);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}
