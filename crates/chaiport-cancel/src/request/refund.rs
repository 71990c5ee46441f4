//! Where a refund goes when it cannot go back the way it came.

use pg_core::{BankScheme, Invalid, RefundAccount};

/// Longest `refund_holder` in characters (Chaiport REST reference, 2022).
const MAX_HOLDER: usize = 16;
/// Longest `refund_account` (Chaiport REST reference, 2022).
const MAX_NUMBER: usize = 16;
/// Longest `refund_bank` (Chaiport REST reference, 2022).
const MAX_BANK: usize = 4;

/// An account with its bank in the PG's own numbering.
#[derive(Debug, Clone)]
pub(crate) struct RefundTo {
    pub(crate) account: RefundAccount,
    pub(crate) bank_code: String,
}

impl RefundTo {
    /// Numbers the bank as the payment's PG does.
    pub(crate) fn numbered_by_pg(account: RefundAccount, pg_provider: Option<&str>) -> Result<Self, Invalid> {
        let pg_provider = pg_provider.ok_or_else(|| {
            Invalid::new("pg_provider", "must be known, because every pg numbers the banks its own way")
        })?;
        let scheme = BankScheme::for_chaiport_pg(pg_provider).ok_or_else(|| {
            Invalid::new(
                "pg_provider",
                "has no published table of bank codes; give the code by with_refund_account_and_raw_bank_code",
            )
        })?;
        if scheme == BankScheme::Danal {
            return Err(danal());
        }
        let Some(code) = account.bank().code(scheme) else {
            return Err(Invalid::new("refund_bank", cannot_refund(&account, scheme)));
        };
        Self::check_lengths(account, code)
    }

    /// Takes the bank's code as it is.
    pub(crate) fn with_raw_code(account: RefundAccount, code: &str) -> Result<Self, Invalid> {
        if !(1..=MAX_BANK).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Invalid::new("refund_bank", "must be 1 to 4 ascii letters or digits"));
        }
        Self::check_lengths(account, code)
    }

    // the phone number needs no check: an account's has at most the 16 digits that Chaiport takes
    fn check_lengths(account: RefundAccount, code: &str) -> Result<Self, Invalid> {
        if account.expose_holder().chars().count() > MAX_HOLDER {
            return Err(Invalid::new("refund_holder", "must be at most 16 characters"));
        }
        if account.expose_number().len() > MAX_NUMBER {
            return Err(Invalid::new("refund_account", "must be at most 16 digits"));
        }
        Ok(Self { account, bank_code: code.to_owned() })
    }
}

fn cannot_refund(account: &RefundAccount, scheme: BankScheme) -> String {
    // Hecto's and Eximbay's own numberings are no PGs behind Chaiport
    let able: Vec<&str> = account
        .bank()
        .schemes_that_can_refund()
        .into_iter()
        .filter(|scheme| !matches!(scheme, BankScheme::Hecto | BankScheme::Eximbay))
        .map(BankScheme::name)
        .collect();
    if able.is_empty() {
        return format!("is a bank that no pg's table has, {} neither", scheme.name());
    }
    format!("is a bank that {} cannot refund to; these pgs can: {}", scheme.name(), able.join(", "))
}

fn danal() -> Invalid {
    Invalid::new("pg_provider", "is danal, which does not refund virtual accounts; refund the buyer yourself")
}

/// What a payment's PG and method ask of a refund account.
pub(super) fn check(
    pg_provider: Option<&str>,
    pay_method: Option<&str>,
    refund: Option<&RefundTo>,
) -> Result<(), Invalid> {
    let vbank = pay_method == Some("vbank");
    let trans = pay_method == Some("trans");
    if vbank && matches!(pg_provider, Some("danal" | "danal_tpay")) {
        return Err(danal());
    }
    let new_modules = matches!(pg_provider, Some("smartro_v2" | "welcome"));
    let needs_account = vbank || (trans && new_modules);
    let needs_phone = (vbank && pg_provider == Some("smartro")) || ((vbank || trans) && new_modules);
    match refund {
        None if needs_account => Err(Invalid::new(
            "refund_account",
            "must be given with its bank and holder: this payment cannot be refunded the way it was paid",
        )),
        Some(refund) if needs_phone && refund.account.expose_phone().is_none() => {
            Err(Invalid::new("refund_tel", "must be given for refunds by this pg"))
        }
        _ => Ok(()),
    }
}
