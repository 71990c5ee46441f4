//! An order that was made for another host, merchant id or form is refused before a byte leaves, and tells nothing by
//! what the gateway has in its books.

use contract_tests::{Kind, Over, Patience, World};
use pg_core::{CancelError, LedgerKnowledge, LookUpErrorKind};

#[tokio::test]
async fn an_order_is_sent_only_under_the_terms_that_it_was_made_for() {
    for over in Over::ALL {
        let world = World::start(Patience::LONG.over(over)).await;
        for kind in Kind::ALL {
            // both of Settlebank's forms are one gateway
            let seen_before = world.cancels_seen(kind);
            let paid = world.pay(kind);
            let client = world.client(kind);
            let terms = client.terms();
            assert!(terms.starts_with("127.0.0.1"), "{kind}: {terms}");
            for other in ["", "gateway.example", "127.0.0.1 mid another flat"] {
                let order = world.order(&paid, 1_000, 10_000, 1).with_terms(other);
                match client.cancel(&order).await {
                    Err(CancelError::Invalid(invalid)) => assert_eq!(invalid.field(), "terms"),
                    outcome => panic!("{kind}: {outcome:?}"),
                }
                let told = client.reconcile(&order, LedgerKnowledge::default()).await;
                let kind_of = told.map_err(|error| error.kind().clone());
                assert!(
                    matches!(&kind_of, Err(LookUpErrorKind::Invalid(invalid)) if invalid.field() == "terms"),
                    "{kind}: {kind_of:?}"
                );
            }
            assert_eq!((world.cancels_seen(kind), world.entries(&paid)), (seen_before, 0), "{kind}");
            let order = world.order(&paid, 1_000, 10_000, 1).with_terms(terms);
            let _done = client.cancel(&order).await.expect("under its own terms");
            assert_eq!(world.entries(&paid), 1, "{kind}");
        }
    }
}

#[tokio::test]
async fn the_two_forms_of_settlebank_have_different_terms() {
    let world = World::start(Patience::LONG).await;
    let [standard, flat] =
        [Kind::SettlebankStandard, Kind::SettlebankFlat].map(|kind| world.client(kind).terms());
    assert_ne!(standard, flat);
}
