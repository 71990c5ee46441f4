use std::time::Duration;

use pg_core::{Capabilities, Evidence, Guard};

/// What the operator of the desk decides about one merchant account at one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a claim lasts without a sign of life. Only for efficiency: the guard at the gateway is the fence.
    pub lease: Duration,
    /// How long after a sending an untouched balance may mean that it will not arrive any more. Spares the gateway;
    /// safety does not rest on it.
    pub quiet: Duration,
    /// The same, when the gateway itself did not know, 10 minutes unless set: the PG behind it may still be at work. Also how long a refusal
    /// waits to be believed that a doubled copy of the attempt could have caused.
    pub upstream_quiet: Duration,
    /// How long a sending may take at most, resolving to answer. It is not begun when the lease would end earlier.
    pub deadline: Duration,
    /// Nobody else can cancel these payments: no admin page, no other program. Decides only where the gateway tells
    /// no more than a balance. When in doubt, `false`: a person decides then.
    pub sole_actor: bool,
    /// Send an attempt of unknown outcome again although the guard is not documented by the gateway. Only for a
    /// gateway whose guard was seen to work in its own sandbox.
    pub resend_on_unproven_guard: bool,
}

impl Default for Policy {
    /// Lease 120 s, quiet 90 s, upstream 10 min, deadline 75 s; somebody else may cancel; no unproven re-sending.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(120),
            quiet: Duration::from_secs(90),
            upstream_quiet: Duration::from_secs(600),
            deadline: Duration::from_secs(75),
            sole_actor: false,
            resend_on_unproven_guard: false,
        }
    }
}

impl Policy {
    /// Whether the gateway's guard may be relied on: it has one, and it is documented for a balance guard, verified
    /// for a sequence, or switched on by name.
    #[must_use]
    pub const fn trusts_guard(&self, capabilities: &Capabilities) -> bool {
        match capabilities.guard {
            Guard::Balance => {
                matches!(capabilities.evidence, Evidence::Documented | Evidence::Verified)
                    || self.resend_on_unproven_guard
            }
            Guard::Sequence => {
                matches!(capabilities.evidence, Evidence::Verified) || self.resend_on_unproven_guard
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use pg_core::Gateway;

    use super::*;

    #[test]
    fn only_a_proven_guard_is_trusted_by_itself() {
        let trusts = |guard, evidence, by_name| {
            let policy = Policy { resend_on_unproven_guard: by_name, ..Policy::default() };
            policy.trusts_guard(&Capabilities::new(Gateway::Eximbay, guard, evidence, false))
        };
        assert!(trusts(Guard::Balance, Evidence::Documented, false));
        assert!(!trusts(Guard::Balance, Evidence::Inferred, false));
        assert!(trusts(Guard::Balance, Evidence::Inferred, true));
        assert!(!trusts(Guard::Sequence, Evidence::Documented, false));
        assert!(trusts(Guard::Sequence, Evidence::Verified, false));
        for guard in [Guard::IdenticalRequest, Guard::None] {
            assert!(!trusts(guard, Evidence::Verified, true), "{guard:?}");
        }
    }
}
