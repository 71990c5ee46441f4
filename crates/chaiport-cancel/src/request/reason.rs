//! The reason as it goes onto the wire, made once.

use pg_core::AttemptTag;

/// Room for the tag and a usual reason, in bytes.
const USUAL_LENGTH: usize = 96;

/// `[c:TAG]`, and behind a space the reason, where there is one.
#[derive(Clone)]
pub(super) struct Reason {
    text: String,
    /// Bytes of `[c:TAG]`.
    label: usize,
    tagged: bool,
}

impl Reason {
    pub(super) fn new(tag: &AttemptTag) -> Self {
        let mut text = String::with_capacity(USUAL_LENGTH);
        tag.push_in_reason(&mut text);
        Self { label: text.len(), text, tagged: true }
    }

    pub(super) fn set_tag(&mut self, tag: &AttemptTag) {
        let mut with_tag = Self { tagged: self.tagged, ..Self::new(tag) };
        with_tag.set_given(self.given().unwrap_or_default());
        *self = with_tag;
    }

    /// Sets the reason itself; an empty one is none.
    pub(super) fn set_given(&mut self, reason: &str) {
        self.text.truncate(self.label);
        if !reason.is_empty() {
            self.text.push(' ');
            self.text.push_str(reason);
        }
    }

    pub(super) const fn leave_out_tag(&mut self) {
        self.tagged = false;
    }

    /// `[c:TAG]`; `None` when it is left out.
    pub(super) fn label(&self) -> Option<&str> {
        self.text.get(..self.label).filter(|_| self.tagged)
    }

    /// The reason itself, where there is one.
    pub(super) fn given(&self) -> Option<&str> {
        self.text.get(self.label..)?.strip_prefix(' ')
    }

    /// What is sent.
    pub(super) fn sent(&self) -> Option<&str> {
        if self.tagged { Some(&self.text) } else { self.given() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_and_reason_are_set_in_any_order() {
        let (first, second): (AttemptTag, AttemptTag) = ("t-1".parse().unwrap(), "tag-2".parse().unwrap());
        let mut reason = Reason::new(&first);
        assert_eq!((reason.sent(), reason.given(), reason.label()), (Some("[c:t-1]"), None, Some("[c:t-1]")));
        reason.set_given("고객 변심");
        assert_eq!((reason.sent(), reason.given()), (Some("[c:t-1] 고객 변심"), Some("고객 변심")));
        reason.set_tag(&second);
        assert_eq!((reason.sent(), reason.label()), (Some("[c:tag-2] 고객 변심"), Some("[c:tag-2]")));
        reason.set_given("a");
        assert_eq!(reason.sent(), Some("[c:tag-2] a"));
        reason.leave_out_tag();
        reason.set_tag(&first);
        assert_eq!((reason.sent(), reason.given(), reason.label()), (Some("a"), Some("a"), None));
        reason.set_given("");
        assert_eq!((reason.sent(), reason.given()), (None, None));
    }
}
