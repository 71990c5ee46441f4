//! What a gateway's own crate refuses, asked before anything is stored: a person hears of it at once, and not from a
//! cancel that ends as refused.

use pg_core::{Invalid, PaymentRef};

use crate::journal::NewIntent;
use crate::record::{NewPayment, PaymentRecord};
use crate::worker::Accounts;

/// Longest name of an account; the configuration allows no longer one.
const MAX_ACCOUNT: usize = 64;
/// What is said of a character that nobody sees.
const HIDDEN: &str =
    "must not contain control characters, marks of text direction, or characters that show nothing";
/// Longest short text of a payment, in characters.
const MAX_TEXT: usize = 40;

/// Whether the texts of a payment can be stored and shown.
pub(super) fn texts(new: &NewPayment) -> Result<(), Invalid> {
    let account = new.merchant.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !(1..=MAX_ACCOUNT).contains(&account.len()) || !account.iter().all(plain) {
        return Err(Invalid::new("account", "must be 1 to 64 characters of a-z A-Z 0-9 _ - ."));
    }
    let payment = &new.payment;
    let short = [
        ("method", &payment.method),
        ("pg_provider", &payment.pg_provider),
        ("paid_text", &payment.paid_text),
    ];
    for (field, text) in short {
        let Some(text) = text else { continue };
        if !(1..=MAX_TEXT).contains(&text.chars().count()) {
            return Err(Invalid::new(field, "must be 1 to 40 characters"));
        }
        visible(field, text)?;
    }
    visible("merchant_uid", &payment.merchant_uid)?;
    visible("payment_id", &payment.gateway_id)
}

/// Whether a text looks like what it is: nothing in it is hidden, or changes the line or the direction around it.
fn visible(field: &'static str, text: &str) -> Result<(), Invalid> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
            // letters and marks that show nothing, the Hangul fillers among them
            || matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
            || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
    };
    if text.chars().any(hidden) {
        return Err(Invalid::new(field, HIDDEN));
    }
    Ok(())
}

/// It could never be refunded into an account.
#[cfg(feature = "gateways")]
const NO_PROVIDER: &str = "must be given for a virtual account: its PG decides the bank codes of the refund, and it cannot be added \
    later (html5_inicis, kcp, tosspayments …)";

/// `VBANK` would be taken for another method than `vbank`, and its refund be made another way.
#[cfg(feature = "gateways")]
fn code(field: &'static str, text: Option<&str>) -> Result<(), Invalid> {
    let small = |b: u8| b.is_ascii_graphic() && !b.is_ascii_uppercase();
    if text.is_none_or(|text| text.bytes().all(small)) {
        return Ok(());
    }
    Err(Invalid::new(field, "must be the gateway's code, in small ascii letters without spaces"))
}

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
            code("method", payment.method.as_deref())?;
            code("pg_provider", payment.pg_provider.as_deref())?;
            if payment.method.as_deref() == Some("vbank") && payment.pg_provider.is_none() {
                return Err(Invalid::new("pg_provider", NO_PROVIDER));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether the gateway's crate would make a request of it. What depends on the balance is left to the journal.
#[cfg(feature = "gateways")]
pub(crate) fn wish(payment: &PaymentRecord, new: &NewIntent, accounts: &Accounts) -> Result<(), Invalid> {
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
        Gateway::Settlebank => match accounts.of(&payment.key()) {
            Some(account) => at_settlebank(&order, account.gateway().capabilities().guard),
            None => Ok(()),
        },
        _ => Ok(()),
    }
    .map_err(as_asked)
}

/// Its rules depend on the account's form, which the guard tells; never on its keys.
#[cfg(feature = "gateways")]
fn at_settlebank(order: &pg_core::CancelOrder, guard: pg_core::Guard) -> Result<(), Invalid> {
    use settlebank_cancel::{Config, Endpoint, EqualAmounts, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};

    let config = if guard == pg_core::Guard::Sequence {
        Config::standard("check", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY)
    } else {
        // whether an amount was refunded before is asked when it is sent
        Config::flat("check", SANDBOX_LICENCE_KEY).equal_amounts(EqualAmounts::Send)
    };
    let config = config.endpoint(Endpoint::Sandbox).build()?;
    match settlebank_cancel::gateway::request_for(order, &config) {
        // numbers are given when it is sent, and a person can have one settled
        Err(error) if error.field() == "sequence" => Ok(()),
        made => made.map(|_| ()),
    }
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
    let why = match (field, error.reason()) {
        ("reason", "must be at most 255 bytes of utf-8") => {
            "must be at most 255 bytes of utf-8 at this gateway (about 85 Korean characters)"
        }
        (_, why) => why,
    };
    Invalid::new(field, why.to_owned())
}

#[cfg(not(feature = "gateways"))]
pub(super) fn payment(_payment: &PaymentRef) -> Result<(), Invalid> {
    Ok(())
}

#[cfg(not(feature = "gateways"))]
pub(crate) fn wish(_payment: &PaymentRecord, _new: &NewIntent, _accounts: &Accounts) -> Result<(), Invalid> {
    Ok(())
}
