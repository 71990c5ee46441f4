//! Requests as bytes: pure, no I/O. The same request always makes the same bytes.

use pg_core::wire::WireRequest;
use pg_core::{BankScheme, Invalid, RefundAccount};
use serde::Serialize;

use crate::config::Config;
use crate::lookup::{Key, LookUp};
use crate::payment::PaymentRecord;
use crate::request::{CancelRequest, OtherParams, Tax};

const CONTENT_TYPE: &str = "application/json";
/// Room for a body, in bytes.
const USUAL_LENGTH: usize = 512;
const RETRIEVE: &str = "/v1/payments/retrieve";

/// `POST /v1/payments/{transaction_id}/cancel` (Eximbay developer guide, cancel page).
///
/// Every scalar is a JSON string, numbers included. Fields that say nothing are left out, and nothing is sent that
/// the guides do not define.
///
/// # Errors
/// [`Invalid`] when the bytes cannot be put together, which no valid request leads to.
pub fn cancel(request: &CancelRequest, config: &Config) -> Result<WireRequest, Invalid> {
    let target = format!("/v1/payments/{}/cancel", request.payment().transaction_id());
    let payment = request.payment();
    let paid = payment.paid();
    post(
        target,
        config,
        &CancelBody {
            mid: config.mid().as_str(),
            refund: Refund {
                refund_type: request.refund_type().code(),
                refund_amount: paid.in_style(request.amount()),
                refund_id: request.tag().as_str(),
                reason: request.reason(),
            },
            payment: Payment {
                order_id: Some(payment.order_id().as_str()),
                currency: paid.currency().code(),
                amount: paid.as_str(),
                balance: Some(paid.in_style(request.balance_before())),
                transaction_id: None,
                lang: request.lang().code(),
            },
            refund_account: request.refund_account().map(account).transpose()?,
            tax: request.tax().map(|tax| tax_body(tax, payment)),
            other_param: request.other_params().map(params),
        },
    )
}

/// `POST /v1/payments/retrieve` (Eximbay developer guide, retrieve page).
///
/// # Errors
/// [`Invalid`] when the bytes cannot be put together, which no valid look-up leads to.
pub fn look_up(look_up: &LookUp, config: &Config) -> Result<WireRequest, Invalid> {
    let paid = look_up.paid();
    post(
        RETRIEVE.to_owned(),
        config,
        &RetrieveBody {
            mid: config.mid().as_str(),
            key_field: match look_up.key() {
                Key::Transaction => "transaction_id",
                Key::Order => "order_id",
            },
            payment: Payment {
                order_id: look_up.order_id().map(|id| id.as_str()),
                currency: paid.currency().code(),
                amount: paid.as_str(),
                balance: None,
                transaction_id: look_up.transaction_id().map(|id| id.as_str()),
                lang: look_up.lang().code(),
            },
        },
    )
}

fn post(target: String, config: &Config, body: &impl Serialize) -> Result<WireRequest, Invalid> {
    let mut json = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut json, body).map_err(|_| Invalid::new("body", "could not be put together"))?;
    let request = WireRequest::post_json(target, CONTENT_TYPE, json);
    Ok(request.with_header("authorization", config.authorization().clone()))
}

fn account(account: &RefundAccount) -> Result<Account<'_>, Invalid> {
    let bank_code = account
        .bank()
        .code(BankScheme::Eximbay)
        .ok_or_else(|| Invalid::new("refund_account.bank", "must be a bank that eximbay has a code for"))?;
    Ok(Account { user_name: account.expose_holder(), bank_code, account_number: account.expose_number() })
}

fn tax_body<'a>(tax: &'a Tax, payment: &PaymentRecord) -> TaxBody<'a> {
    let text = |portion: Option<pg_core::Money>| portion.map(|portion| payment.paid().in_style(portion));
    TaxBody {
        receipt_status: tax.receipt_status(),
        amount_tax_free: text(tax.tax_free()),
        amount_taxable: text(tax.taxable()),
        amount_vat: text(tax.vat()),
        amount_service_fee: text(tax.service_fee()),
    }
}

fn params(params: &OtherParams) -> ParamsBody<'_> {
    let [param1, param2, param3] = params.values();
    ParamsBody { param1, param2, param3 }
}

#[derive(Serialize)]
struct CancelBody<'a> {
    mid: &'a str,
    refund: Refund<'a>,
    payment: Payment<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_account: Option<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<TaxBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_param: Option<ParamsBody<'a>>,
}

#[derive(Serialize)]
struct RetrieveBody<'a> {
    mid: &'a str,
    key_field: &'static str,
    payment: Payment<'a>,
}

#[derive(Serialize)]
struct Refund<'a> {
    refund_type: &'static str,
    refund_amount: String,
    refund_id: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Payment<'a> {
    // some of the guide's samples misspell this name; the right one is meant
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    currency: &'static str,
    amount: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    lang: &'static str,
}

#[derive(Serialize)]
struct Account<'a> {
    user_name: &'a str,
    bank_code: &'static str,
    account_number: &'a str,
}

#[derive(Serialize)]
struct TaxBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_tax_free: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_taxable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_vat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_service_fee: Option<String>,
}

#[derive(Serialize)]
struct ParamsBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    param1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param3: Option<&'a str>,
}

#[cfg(test)]
mod tests;
