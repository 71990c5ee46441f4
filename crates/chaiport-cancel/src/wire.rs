//! Requests as bytes: pure, no I/O.

use pg_core::wire::{HeaderText, Method, WireRequest, percent_encode};
use pg_core::{Invalid, Money, Secret};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::{AuthorizationForm, Config};
use crate::ids::{ImpUid, MerchantUid};
use crate::lookup::{FindOptions, LookUpOptions, Page};
use crate::request::CancelRequest;
use crate::token::Token;

const JSON: &str = "application/json";
/// Room for the body of a cancel, in bytes.
const USUAL_LENGTH: usize = 256;

/// What authorises a request: the token, and the sub-merchant it acts for.
#[derive(Debug, Clone, Copy)]
pub struct Authorization<'a> {
    token: &'a Token,
    form: AuthorizationForm,
    tier: Option<&'a Secret>,
}

impl<'a> Authorization<'a> {
    /// A token in the form, and for the tier, that the settings say.
    #[must_use]
    pub const fn new(config: &'a Config, token: &'a Token) -> Self {
        Self { token, form: config.authorization, tier: config.tier.as_ref() }
    }

    fn on(self, request: WireRequest) -> WireRequest {
        let value = match self.form {
            AuthorizationForm::Raw => self.token.secret().clone(),
            AuthorizationForm::Bearer => self.token.secret().with_scheme("Bearer"),
        };
        let request = request.with_header("authorization", HeaderText::Secret(value));
        match self.tier {
            Some(tier) => request.with_header("tier", HeaderText::Secret(tier.clone())),
            None => request,
        }
    }
}

/// `POST /users/getToken`.
///
/// # Errors
/// [`Invalid`] never in practice.
pub fn get_token(config: &Config) -> Result<WireRequest, Invalid> {
    #[derive(Serialize)]
    struct Body<'a> {
        imp_key: &'a str,
        imp_secret: &'a str,
    }
    let body = Body { imp_key: config.key.expose(), imp_secret: config.secret.expose() };
    Ok(WireRequest::post_json("/users/getToken", JSON, to_json(&body)?))
}

/// `POST /payments/cancel`.
///
/// # Errors
/// [`Invalid`] when the request lacks what its PG asks for; see [`CancelRequest::check`].
pub fn cancel(request: &CancelRequest, authorization: Authorization<'_>) -> Result<WireRequest, Invalid> {
    Ok(authorization.on(WireRequest::post_json("/payments/cancel", JSON, cancel_body(request)?)))
}

#[derive(Serialize)]
struct CancelBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imp_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_uid: Option<&'a str>,
    amount: JsonNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vat_amount: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_holder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_bank: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_tel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retain_promotion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_webhook: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escrow_confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Extra>,
}

// the schema calls it an array; clients and pages send an object
#[derive(Serialize)]
struct Extra {
    requester: &'static str,
}

/// The JSON body of `POST /payments/cancel`: the same request always gives the same bytes.
///
/// # Errors
/// As [`cancel`].
pub fn cancel_body(request: &CancelRequest) -> Result<Vec<u8>, Invalid> {
    request.check()?;
    let imp_uid = request.ids().imp_uid().map(ImpUid::as_str);
    let merchant_uid = match imp_uid {
        // only imp_uid identifies when both are given
        Some(_) => None,
        None => request.ids().merchant_uid().map(MerchantUid::as_str),
    };
    let refund = request.refund();
    let checksum = request.is_guarded().then(|| request.balance_before());
    to_json(&CancelBody {
        reason: request.reason_to_send(),
        imp_uid,
        merchant_uid,
        amount: number("amount", request.amount())?,
        checksum: checksum.map(|money| number("checksum", money)).transpose()?,
        tax_free: request.tax_free().map(|money| number("tax_free", money)).transpose()?,
        vat_amount: request.vat_amount().map(|money| number("vat_amount", money)).transpose()?,
        refund_holder: refund.map(|refund| refund.account.expose_holder()),
        refund_bank: refund.map(|refund| refund.bank_code.as_str()),
        refund_account: refund.map(|refund| refund.account.expose_number()),
        refund_tel: refund.and_then(|refund| refund.account.expose_phone()),
        retain_promotion: request.retain_promotion(),
        enable_webhook: request.webhook(),
        escrow_confirmed: request.escrow_confirmed(),
        extra: request.requester().map(|requester| Extra { requester: requester.as_str() }),
    })
}

/// A JSON number, digit for digit: no float has touched it.
#[derive(Serialize)]
#[serde(untagged)]
enum JsonNumber {
    Whole(i64),
    Decimal(Box<RawValue>),
}

/// An amount as a JSON number in major units.
fn number(field: &'static str, money: Money) -> Result<JsonNumber, Invalid> {
    if money.currency().minor_digits() == 0 {
        return Ok(JsonNumber::Whole(money.minor()));
    }
    RawValue::from_string(money.to_decimal_text())
        .map(JsonNumber::Decimal)
        .map_err(|_| Invalid::new(field, "cannot be written as a json number"))
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Invalid> {
    let mut json = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut json, body).map_err(|_| Invalid::new("body", "cannot be written as json"))?;
    Ok(json)
}

/// `GET /payments/{imp_uid}`.
///
/// # Errors
/// [`Invalid`] never in practice.
pub fn look_up(
    imp_uid: &ImpUid,
    options: LookUpOptions,
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    let mut query = Vec::new();
    if options.include_sandbox {
        query.push("include_sandbox=true".to_owned());
    }
    if options.extension {
        query.push("extension=true".to_owned());
    }
    get(format!("/payments/{}", percent_encode(imp_uid.as_str())), &query, authorization)
}

/// `GET /payments?imp_uid[]=…&merchant_uid[]=…`.
///
/// # Errors
/// [`Invalid`] naming `imp_uid` when there are none or more than 100.
pub fn look_up_many(
    imp_uids: &[ImpUid],
    merchant_uids: &[MerchantUid],
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    let count = imp_uids.len().saturating_add(merchant_uids.len());
    if !(1..=crate::lookup::MAX_MANY).contains(&count) {
        return Err(Invalid::new("imp_uid", "must be 1 to 100 numbers, merchant_uid included"));
    }
    // the brackets encoded: some servers and proxies do not take them bare
    let imp_uids = imp_uids.iter().map(|id| format!("imp_uid%5B%5D={}", percent_encode(id.as_str())));
    let merchant_uids =
        merchant_uids.iter().map(|id| format!("merchant_uid%5B%5D={}", percent_encode(id.as_str())));
    get("/payments".to_owned(), &imp_uids.chain(merchant_uids).collect::<Vec<_>>(), authorization)
}

/// `GET /payments/find/{merchant_uid}/{payment_status?}`: the first match alone.
///
/// # Errors
/// [`Invalid`] never in practice.
pub fn find(
    merchant_uid: &MerchantUid,
    options: FindOptions,
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    get(find_path("find", merchant_uid, options), &sorting(options), authorization)
}

/// `GET /payments/findAll/{merchant_uid}/{payment_status?}`: one page of all matches.
///
/// # Errors
/// [`Invalid`] never in practice.
pub fn find_all(
    merchant_uid: &MerchantUid,
    options: FindOptions,
    page: Page,
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    let mut query = vec![format!("page={}", page.number()), format!("limit={}", page.limit())];
    query.extend(sorting(options));
    get(find_path("findAll", merchant_uid, options), &query, authorization)
}

fn find_path(operation: &str, merchant_uid: &MerchantUid, options: FindOptions) -> String {
    let mut path = format!("/payments/{operation}/{}", percent_encode(merchant_uid.as_str()));
    if let Some(status) = options.status {
        path.push('/');
        path.push_str(status.as_str());
    }
    path
}

fn sorting(options: FindOptions) -> Vec<String> {
    options.sorting.map(|sorting| format!("sorting={}", sorting.as_str())).into_iter().collect()
}

/// `DELETE /vbanks/{imp_uid}`: revokes a virtual account that was not paid into. `pg_api_key` is Inicis's.
///
/// # Errors
/// [`Invalid`] never in practice.
pub fn revoke_virtual_account(
    imp_uid: &ImpUid,
    pg_api_key: Option<&Secret>,
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    let mut target = format!("/vbanks/{}", percent_encode(imp_uid.as_str()));
    if let Some(key) = pg_api_key {
        target.push_str("?pg_api_key=");
        target.push_str(&percent_encode(key.expose()));
    }
    Ok(authorization.on(WireRequest::new(Method::Delete, target)))
}

fn get(
    mut target: String,
    query: &[String],
    authorization: Authorization<'_>,
) -> Result<WireRequest, Invalid> {
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query.join("&"));
    }
    Ok(authorization.on(WireRequest::new(Method::Get, target)))
}

#[cfg(test)]
mod tests;
