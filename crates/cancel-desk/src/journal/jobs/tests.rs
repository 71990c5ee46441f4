use super::*;

#[test]
fn a_refusal_is_the_same_after_it_was_read_back() {
    let refused = |error: JournalError| {
        let word = refusal(&error).unwrap();
        (word, again(word))
    };
    assert!(matches!(refused(JournalError::NotFound), ("not_registered", JournalError::NotFound)));
    assert!(matches!(refused(JournalError::KeyConflict), ("key_conflict", JournalError::KeyConflict)));
    let exceeds = refused(JournalError::Exceeds { available: 7 });
    assert!(matches!(exceeds, ("exceeds", JournalError::Exceeds { available: 0 })));
    assert!(matches!(refused(JournalError::AskedSince), (ASKED_SINCE, JournalError::AskedSince)));
    assert_eq!(refusal(&Invalid::new("amount", "must be above zero").into()), Some("invalid"));
    for error in [JournalError::LeaseLost, JournalError::NotAllowed("x"), JournalError::Corrupt("x")] {
        assert_eq!(refusal(&error), None, "says nothing about the row");
    }
}
