use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::desk::Desk;
use crate::record::PaymentKey;

/// How many payments are remembered. When as many are hinted at within one pause, further ones are let go: the
/// schedule looks them up anyway.
const MOST: usize = 10_000;

/// Webhooks that anybody can send: at most one look-up per payment and pause, and none is forgotten.
#[derive(Debug)]
pub(super) struct Hints {
    desk: Desk,
    pause: Duration,
    recent: Mutex<BTreeMap<PaymentKey, Recent>>,
}

#[derive(Debug, Clone, Copy)]
struct Recent {
    /// The end of the pause.
    until: Instant,
    /// When a hint that came meanwhile is passed on.
    later: Option<Instant>,
}

/// What is done about a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Now,
    Later(Instant),
    Nothing,
}

impl Hints {
    pub(super) fn new(desk: Desk, pause: Duration) -> Arc<Self> {
        Arc::new(Self { desk, pause, recent: Mutex::default() })
    }

    /// Passes a hint on, now or at the end of the pause.
    pub(super) async fn hint(self: &Arc<Self>, key: PaymentKey) {
        match self.plan(&key, Instant::now()) {
            Plan::Now => self.pass(&key).await,
            Plan::Later(at) => {
                let hints = Arc::clone(self);
                tokio::spawn(async move {
                    sleep_until(at).await;
                    hints.pass(&key).await;
                });
            }
            Plan::Nothing => {}
        }
    }

    fn plan(&self, key: &PaymentKey, now: Instant) -> Plan {
        let Some(until) = now.checked_add(self.pause) else { return Plan::Nothing };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent.get_mut(key).filter(|known| known.until > now) {
            if known.later.is_some_and(|at| at > now) {
                return Plan::Nothing;
            }
            // the one that is passed on later begins a pause of its own
            let at = known.until;
            *known = Recent { until: at.checked_add(self.pause).unwrap_or(at), later: Some(at) };
            return Plan::Later(at);
        }
        if recent.len() >= MOST {
            recent.retain(|_, known| known.until > now);
        }
        if recent.len() >= MOST {
            return Plan::Nothing;
        }
        recent.insert(key.clone(), Recent { until, later: None });
        Plan::Now
    }

    async fn pass(&self, key: &PaymentKey) {
        if let Err(error) = self.desk.hint(key).await {
            warn!(error = %error, "a webhook's hint was not written");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]

    use pg_core::Gateway;

    use super::*;
    use crate::journal::MemoryJournal;
    use crate::worker::Accounts;

    #[test]
    fn a_flood_is_one_look_up_per_pause_and_the_last_hint_counts() {
        let desk = Desk::new(Arc::new(MemoryJournal::default()), Arc::new(Accounts::new()));
        let pause = Duration::from_secs(5);
        let hints = Hints::new(desk, pause);
        let key = PaymentKey::new(Gateway::Chaiport, "shop", "imp_1");
        let start = Instant::now();
        let at = |millis| hints.plan(&key, start + Duration::from_millis(millis));
        assert_eq!(at(0), Plan::Now);
        assert_eq!(at(1), Plan::Later(start + pause));
        for millis in [2, 100, 4_999] {
            assert_eq!(at(millis), Plan::Nothing);
        }
        assert_eq!(at(5_001), Plan::Later(start + 2 * pause), "it came after the one passed on");
        assert_eq!(at(9_000), Plan::Nothing);
        assert_eq!(at(15_001), Plan::Now);
        let other = PaymentKey::new(Gateway::Chaiport, "shop", "imp_2");
        assert_eq!(hints.plan(&other, start), Plan::Now);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let desk = Desk::new(Arc::new(MemoryJournal::default()), Arc::new(Accounts::new()));
        let hints = Hints::new(desk, Duration::from_secs(5));
        let start = Instant::now();
        let key = |number: usize| PaymentKey::new(Gateway::Chaiport, "shop", number.to_string());
        for number in 0..MOST {
            assert_eq!(hints.plan(&key(number), start), Plan::Now);
        }
        assert_eq!(hints.plan(&key(MOST), start), Plan::Nothing);
        assert_eq!(hints.plan(&key(MOST), start + Duration::from_secs(6)), Plan::Now);
        assert_eq!(hints.recent.lock().unwrap().len(), 1);
    }
}
