//! Members of a request: names, types, lengths (legacy guide 2.3 under the Open API's names).

use super::refusal;
use crate::body::{Fields, Scalar};
use crate::world::{Reply, World};

/// One member of a request: its name, its name in error texts, its longest value, whether it must be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    name: &'static str,
    legacy: &'static str,
    most: usize,
    required: bool,
}

const fn must(name: &'static str, legacy: &'static str, most: usize) -> Member {
    Member { name, legacy, most, required: true }
}

const fn may(name: &'static str, legacy: &'static str, most: usize) -> Member {
    Member { name, legacy, most, required: false }
}

pub(super) const REFUND: &[Member] = &[
    must("refund_type", "refund.refundtype", 1),
    may("refund_amount", "refund.refundamt", 15),
    must("refund_id", "refund.refundid", 30),
    must("reason", "refund.reason", 255),
];
pub(super) const PAYMENT: &[Member] = &[
    must("order_id", "payment.ref", 30),
    must("currency", "payment.cur", 3),
    must("amount", "payment.amt", 15),
    must("balance", "payment.balance", 13),
    must("lang", "payment.lang", 2),
];
pub(super) const RETRIEVED: &[Member] = &[
    may("order_id", "payment.ref", 30),
    must("currency", "payment.cur", 3),
    must("amount", "payment.amt", 15),
    may("transaction_id", "payment.transid", 24),
    may("lang", "payment.lang", 2),
];
pub(super) const ACCOUNT: &[Member] = &[
    must("user_name", "username", 20),
    must("bank_code", "bankcode", 3),
    must("account_number", "accountnumber", 15),
];
pub(super) const TAX: &[Member] = &[
    may("receipt_status", "receiptstatus", 15),
    may("amount_tax_free", "amt_taxFree", 15),
    may("amount_taxable", "amt_taxable", 15),
    may("amount_vat", "amt_vat", 15),
    may("amount_service_fee", "amt_serviceFee", 15),
];
pub(super) const OTHER: &[Member] =
    &[may("param1", "param1", 255), may("param2", "param2", 255), may("param3", "param3", 255)];

/// Checks an object's members: none unknown, all strings, none too long, none missing.
pub(super) fn check(world: &World, fields: &Fields, members: &[Member]) -> Result<(), Box<Reply>> {
    for (name, value) in fields.iter() {
        if !members.iter().any(|member| member.name == name) {
            return Err(bad(world, &format!("{name} is not a parameter")));
        }
        if !matches!(value, Scalar::Text(_)) {
            return Err(bad(world, &format!("{name} must be a string")));
        }
    }
    for member in members {
        let value = fields.text(member.name).unwrap_or("");
        if value.chars().count() > member.most {
            let text = format!("{} size must be between 0 and {}", member.legacy, member.most);
            return Err(missing(world, &text));
        }
        if member.required && value.is_empty() {
            return Err(missing(world, &format!("{} must not be empty", member.legacy)));
        }
    }
    Ok(())
}

/// The names an object may have; the objects' own members are checked apart.
pub(super) fn only(world: &World, fields: &Fields, names: &[&str]) -> Result<(), Box<Reply>> {
    match fields.iter().find(|(name, _)| !names.contains(name)) {
        Some((name, _)) => Err(bad(world, &format!("{name} is not a parameter"))),
        None => Ok(()),
    }
}

/// An inner object, checked. `Ok(None)` when absent.
pub(super) fn inner(
    world: &World,
    fields: &Fields,
    name: &str,
    members: &[Member],
) -> Result<Option<Fields>, Box<Reply>> {
    if fields.get(name).is_none() {
        return Ok(None);
    }
    let object = fields.object(name).ok_or_else(|| bad(world, &format!("{name} must be an object")))?;
    check(world, &object, members)?;
    Ok(Some(object))
}

pub(super) fn bad(world: &World, text: &str) -> Box<Reply> {
    Box::new(refusal(world, "EC00", &format!("Invalid request parameter ({text})")))
}

pub(super) fn missing(world: &World, text: &str) -> Box<Reply> {
    Box::new(refusal(world, "REQUIRED_PARAMETER_MISSING", text))
}
