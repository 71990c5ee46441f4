//! What differs between a payment as it is registered and as it is given again.

use pg_core::{Money, PaymentRef};
use serde::Serialize;

/// One field of a payment, with both values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) field: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given: Option<String>,
}

/// The fields that differ; `shown`: an amount in words.
pub(crate) fn differences(
    known: &PaymentRef,
    given: &PaymentRef,
    shown: impl Fn(Money) -> String,
) -> Vec<Difference> {
    let day = |payment: &PaymentRef| payment.paid_on.map(|day| day.to_string());
    let fields = [
        ("merchant_uid", Some(known.merchant_uid.clone()), Some(given.merchant_uid.clone())),
        ("amount", Some(shown(known.paid)), Some(shown(given.paid))),
        ("paid_text", known.paid_text.clone(), given.paid_text.clone()),
        ("paid_on", day(known), day(given)),
        ("method", known.method.clone(), given.method.clone()),
        ("pg_provider", known.pg_provider.clone(), given.pg_provider.clone()),
    ];
    let differing = fields.into_iter().filter(|(_, registered, given)| registered != given);
    differing.map(|(field, registered, given)| Difference { field, registered, given }).collect()
}
