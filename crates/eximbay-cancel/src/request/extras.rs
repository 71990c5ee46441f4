//! The optional blocks of a cancel: tax portions, and the merchant's own data.

use std::fmt;

use pg_core::{Invalid, Money};

use crate::ids::check_free_text;

/// Longest echoed text (characters).
const MAX_PARAM: usize = 255;
/// Longest receipt status (the guide gives the whole block 15).
const MAX_RECEIPT_STATUS: usize = 15;

/// The tax portions of a refund (`tax`), each optional.
///
/// Each must not exceed the refund. Their sum is not checked: whether `amount_taxable` includes the VAT is stated
/// nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Tax {
    receipt_status: Option<String>,
    tax_free: Option<Money>,
    taxable: Option<Money>,
    vat: Option<Money>,
    service_fee: Option<Money>,
}

impl Tax {
    /// No portions yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `receipt_status`: 1 to 15 letters and digits. Its values are documented nowhere; an official sample of a
    /// payment has `N`.
    ///
    /// # Errors
    /// [`Invalid`] naming `tax.receipt_status`.
    pub fn with_receipt_status(mut self, status: &str) -> Result<Self, Invalid> {
        let plain = status.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if status.is_empty() || status.len() > MAX_RECEIPT_STATUS || !plain {
            return Err(Invalid::new("tax.receipt_status", "must be 1 to 15 letters and digits"));
        }
        self.receipt_status = Some(status.to_owned());
        Ok(self)
    }

    /// Sets `amount_tax_free`.
    pub const fn with_tax_free(mut self, portion: Money) -> Self {
        self.tax_free = Some(portion);
        self
    }

    /// Sets `amount_taxable`; KakaoPay ignores it.
    pub const fn with_taxable(mut self, portion: Money) -> Self {
        self.taxable = Some(portion);
        self
    }

    /// Sets `amount_vat`.
    pub const fn with_vat(mut self, portion: Money) -> Self {
        self.vat = Some(portion);
        self
    }

    /// Sets `amount_service_fee`.
    pub const fn with_service_fee(mut self, portion: Money) -> Self {
        self.service_fee = Some(portion);
        self
    }

    /// `receipt_status`.
    #[must_use]
    pub fn receipt_status(&self) -> Option<&str> {
        self.receipt_status.as_deref()
    }

    /// `amount_tax_free`.
    #[must_use]
    pub const fn tax_free(&self) -> Option<Money> {
        self.tax_free
    }

    /// `amount_taxable`.
    #[must_use]
    pub const fn taxable(&self) -> Option<Money> {
        self.taxable
    }

    /// `amount_vat`.
    #[must_use]
    pub const fn vat(&self) -> Option<Money> {
        self.vat
    }

    /// `amount_service_fee`.
    #[must_use]
    pub const fn service_fee(&self) -> Option<Money> {
        self.service_fee
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The portions that are set, with the names of their fields.
    pub(crate) fn portions(&self) -> impl Iterator<Item = (&'static str, Money)> {
        [
            ("tax.amount_tax_free", self.tax_free),
            ("tax.amount_taxable", self.taxable),
            ("tax.amount_vat", self.vat),
            ("tax.amount_service_fee", self.service_fee),
        ]
        .into_iter()
        .filter_map(|(field, portion)| portion.map(|portion| (field, portion)))
    }
}

/// The merchant's own data (`other_param.param1` to `param3`), echoed by the gateway: each 1 to 255 characters.
///
/// `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct OtherParams([Option<String>; 3]);

impl OtherParams {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `param1`.
    ///
    /// # Errors
    /// [`Invalid`] naming `other_param.param1`.
    pub fn with_param1(mut self, text: &str) -> Result<Self, Invalid> {
        self.0[0] = Some(checked("other_param.param1", text)?);
        Ok(self)
    }

    /// Sets `param2`.
    ///
    /// # Errors
    /// [`Invalid`] naming `other_param.param2`.
    pub fn with_param2(mut self, text: &str) -> Result<Self, Invalid> {
        self.0[1] = Some(checked("other_param.param2", text)?);
        Ok(self)
    }

    /// Sets `param3`.
    ///
    /// # Errors
    /// [`Invalid`] naming `other_param.param3`.
    pub fn with_param3(mut self, text: &str) -> Result<Self, Invalid> {
        self.0[2] = Some(checked("other_param.param3", text)?);
        Ok(self)
    }

    /// `param1`, `param2`, `param3`.
    #[must_use]
    pub fn values(&self) -> [Option<&str>; 3] {
        let [first, second, third] = &self.0;
        [first.as_deref(), second.as_deref(), third.as_deref()]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

fn checked(field: &'static str, text: &str) -> Result<String, Invalid> {
    check_free_text(field, text, MAX_PARAM)?;
    Ok(text.to_owned())
}

impl fmt::Debug for OtherParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.0.iter().flatten().count();
        write!(f, "OtherParams([{given} given])")
    }
}
