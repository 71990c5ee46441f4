use crate::record::words;

words! {
    /// One rule of the protocol, broken on purpose.
    Ablation {
        /// The attempt is committed after it was sent.
        CommitAfterSend = "commit_after_send",
        /// After an unknown outcome a new attempt is opened with a freshly read balance.
        RefreshedGuard = "refreshed_guard",
        /// Some applied cancels are reported as not sent, and *not sent* opens a new attempt.
        NotSentOpensAnother = "not_sent_opens_another",
        /// An attempt that stays unknown is called failed after a while.
        FailByAge = "fail_by_age",
        /// A look-up is believed although it shows more than is already proven to be gone.
        StaleReads = "stale_reads",
        /// The same attempt is sent again at a gateway that checks nothing.
        NoGuard = "no_guard",
        /// What a PG has taken and decides later is held for not done.
        PendingIsNotYet = "pending_is_not_yet",
        /// A journal restored from a backup is believed as if nothing were missing.
        TrustRestored = "trust_restored",
    }
}

impl Ablation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CommitAfterSend,
        Self::RefreshedGuard,
        Self::NotSentOpensAnother,
        Self::FailByAge,
        Self::StaleReads,
        Self::NoGuard,
        Self::PendingIsNotYet,
        Self::TrustRestored,
    ];
}
