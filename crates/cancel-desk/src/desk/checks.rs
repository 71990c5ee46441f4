//! What a gateway's own crate refuses, asked before anything is stored: a person hears of it at once, and not from a
//! cancel that ends as refused.

use pg_core::{Invalid, PaymentRef};

use crate::journal::NewIntent;
use crate::record::PaymentRecord;

/// Whether a payment has what its gateway needs to find and to cancel it.
#[cfg(feature = "gateways")]
pub(super) fn payment(payment: &PaymentRef) -> Result<(), Invalid> {
    use pg_core::Gateway;

    match payment.gateway {
        Gateway::Settlebank => {
            let record = settlebank_cancel::PaymentRecord::try_from(payment)?;
            match record.method() {
                Some(_) => Ok(()),
                None => Err(Invalid::new("method", "must be given: settlebank looks payments up by it")),
            }
        }
        Gateway::Eximbay => eximbay_cancel::LookUp::try_from(payment).map(|_| ()),
        Gateway::Chaiport => {
            let _imp_uid: chaiport_cancel::ImpUid = payment.gateway_id.parse()?;
            let _merchant_uid: chaiport_cancel::MerchantUid = payment.merchant_uid.parse()?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether the gateway's crate would make a request of it. What depends on the balance is left to the journal.
#[cfg(feature = "gateways")]
pub(crate) fn wish(payment: &PaymentRecord, new: &NewIntent) -> Result<(), Invalid> {
    use pg_core::{AttemptTag, CancelOrder, Gateway};

    let balance = payment.money(payment.known_balance);
    if balance.checked_sub(new.amount).is_none() {
        return Ok(());
    }
    let at = time::OffsetDateTime::now_utc();
    let tag = AttemptTag::random()?;
    let mut order = CancelOrder::new(payment.payment.clone(), new.amount, balance, tag, 1, at)?;
    if let Some(reason) = &new.reason {
        order = order.with_reason(reason.as_str());
    }
    if let Some(account) = &new.account {
        order = order.with_refund_account(account.clone());
    }
    match payment.payment.gateway {
        Gateway::Chaiport => {
            chaiport_cancel::gateway::request_for(&order).and_then(|request| request.check())
        }
        Gateway::Eximbay => eximbay_cancel::CancelRequest::try_from(&order).map(|_| ()),
        // its form, and so its rules, are the account's; the client checks before it sends
        _ => Ok(()),
    }
    .map_err(as_asked)
}

/// Names the field as callers spell it.
#[cfg(feature = "gateways")]
fn as_asked(error: Invalid) -> Invalid {
    let field = match error.field() {
        "refund_account.number" => "refund_account",
        "refund_account.holder" => "refund_holder",
        "refund_account.phone" => "refund_tel",
        "refund_account.bank" => "refund_bank",
        other => other,
    };
    Invalid::new(field, error.reason().to_owned())
}

#[cfg(not(feature = "gateways"))]
pub(super) fn payment(_payment: &PaymentRef) -> Result<(), Invalid> {
    Ok(())
}

#[cfg(not(feature = "gateways"))]
pub(crate) fn wish(_payment: &PaymentRecord, _new: &NewIntent) -> Result<(), Invalid> {
    Ok(())
}
