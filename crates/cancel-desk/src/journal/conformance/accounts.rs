//! The accounts that payments are registered under.

use super::*;

pub(crate) async fn a_number_is_registered_under_one_account(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let under = |account: &str, id: &str| NewPayment { merchant: account.to_owned(), ..payment(id) };
    let refused = |result: Result<PaymentRecord, JournalError>| match result {
        Err(JournalError::NotAllowed(why)) => why.contains("another account"),
        _ => false,
    };
    assert!(journal.accounts().await.unwrap().is_empty());
    for (account, id) in [("shop", "p"), ("a", "of-a"), ("b", "of-b"), ("shop1", "of-1"), ("z", "of-z")] {
        journal.register_payment(under(account, id)).await.unwrap();
    }
    for other in ["A", "a", "aa", "sho", "shop ", "shop1", "shop2", "z", "쇼핑"] {
        assert!(refused(journal.register_payment(under(other, "p")).await), "{other}");
        assert_eq!(journal.payment(&under(other, "p").key()).await.unwrap(), None);
    }
    assert!(refused(journal.register_payment(under("shop", "of-z")).await));
    journal.register_payment(payment("p")).await.unwrap();
    // at another gateway the same number is another payment
    let mut elsewhere = under("other", "p");
    elsewhere.payment.gateway = Gateway::Settlebank;
    journal.register_payment(elsewhere).await.unwrap();
    let mut accounts =
        ["a", "b", "shop", "shop1", "z"].map(|name| AccountName::new(Gateway::Chaiport, name)).to_vec();
    accounts.push(AccountName::new(Gateway::Settlebank, "other"));
    assert_eq!(journal.accounts().await.unwrap(), accounts.into_iter().collect());
    let at_once = (0..8).map(|number| {
        let (journal, new) = (Arc::clone(&journal), under(&format!("shop{number}"), "wanted"));
        tokio::spawn(async move { journal.register_payment(new).await })
    });
    let mut registered = 0;
    for done in at_once.collect::<Vec<_>>() {
        let done = done.await.unwrap();
        registered += usize::from(done.is_ok());
        assert!(done.is_ok() || refused(done));
    }
    assert_eq!(registered, 1);
    sound(&*journal).await;
}
