//! How a cancelled amount is taxed.

use pg_core::{Invalid, Money};

/// `taxTypeCd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxType {
    /// `N`, taxable.
    Taxable,
    /// `Y`, tax-free.
    TaxFree,
    /// `G`, mixed.
    Mixed,
}

impl TaxType {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Taxable => "N",
            Self::TaxFree => "Y",
            Self::Mixed => "G",
        }
    }
}

/// How a cancelled amount is taxed, with its parts where they are told.
///
/// Told parts must add up to the cancelled amount, or Hecto answers `ST55`; that is checked before sending.
/// 1000 won taxed as usual are 909 and 91.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSplit {
    kind: TaxType,
    parts: Option<Parts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) taxable: Money,
    pub(crate) vat: Money,
    pub(crate) tax_free: Money,
    pub(crate) service: Option<Money>,
}

impl TaxSplit {
    /// Taxable, without parts: Hecto works them out.
    #[must_use]
    pub const fn taxable() -> Self {
        Self { kind: TaxType::Taxable, parts: None }
    }

    /// Tax-free, without parts.
    #[must_use]
    pub const fn tax_free() -> Self {
        Self { kind: TaxType::TaxFree, parts: None }
    }

    /// Mixed: the taxable amount (`taxAmt`), its value added tax (`vatAmt`) and the tax-free amount
    /// (`taxFreeAmt`).
    #[must_use]
    pub const fn mixed(taxable: Money, vat: Money, tax_free: Money) -> Self {
        Self { kind: TaxType::Mixed, parts: Some(Parts { taxable, vat, tax_free, service: None }) }
    }

    /// Tells the parts of a taxable or tax-free amount.
    #[must_use]
    pub const fn with_parts(self, taxable: Money, vat: Money, tax_free: Money) -> Self {
        Self { kind: self.kind, parts: Some(Parts { taxable, vat, tax_free, service: None }) }
    }

    /// Adds a service charge (`svcAmt`) to the parts: cards and easy pays only.
    ///
    /// # Errors
    /// [`Invalid`] naming `tax` when no parts were told.
    pub fn with_service_charge(mut self, service: Money) -> Result<Self, Invalid> {
        let parts = self
            .parts
            .as_mut()
            .ok_or_else(|| Invalid::new("tax", "must tell all its parts with a service charge"))?;
        parts.service = Some(service);
        Ok(self)
    }

    /// The tax type.
    #[must_use]
    pub const fn kind(&self) -> TaxType {
        self.kind
    }

    pub(crate) const fn parts(&self) -> Option<&Parts> {
        self.parts.as_ref()
    }

    pub(super) fn check(&self, amount: Money, service_allowed: bool) -> Result<(), Invalid> {
        let Some(parts) = &self.parts else { return Ok(()) };
        if parts.service.is_some() && !service_allowed {
            return Err(Invalid::new("tax", "must have no service charge but for cards and easy pays"));
        }
        let sum = parts
            .taxable
            .checked_add(parts.vat)
            .and_then(|sum| sum.checked_add(parts.tax_free))
            .and_then(|sum| parts.service.map_or(Some(sum), |service| sum.checked_add(service)));
        if sum == Some(amount) {
            Ok(())
        } else {
            Err(Invalid::new("tax", "must have parts that add up to the cancelled amount, in its currency"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn won(amount: i64) -> Money {
        Money::krw(amount).unwrap()
    }

    #[test]
    fn parts_must_add_up() {
        let mixed = TaxSplit::mixed(won(909), won(91), won(0));
        assert!(mixed.check(won(1000), false).is_ok());
        assert_eq!(mixed.check(won(1001), false).unwrap_err().field(), "tax");
        let served = TaxSplit::mixed(won(800), won(80), won(20)).with_service_charge(won(100)).unwrap();
        assert!(served.check(won(1000), true).is_ok());
        assert_eq!(served.check(won(1000), false).unwrap_err().field(), "tax");
        let cents = Money::from_minor(91, pg_core::Currency::USD).unwrap();
        assert!(TaxSplit::mixed(won(909), cents, won(0)).check(won(1000), true).is_err());
        let huge = won(i64::MAX);
        assert!(TaxSplit::mixed(huge, huge, huge).check(won(1000), true).is_err());
    }

    #[test]
    fn a_service_charge_needs_the_other_parts() {
        assert_eq!(TaxSplit::taxable().with_service_charge(won(1)).unwrap_err().field(), "tax");
        assert!(TaxSplit::tax_free().check(won(1), false).is_ok());
    }
}
