use std::fmt;

use pg_core::decimal::Decimal;
use pg_core::{Bank, BankScheme, Currency, Gateway, Invalid, Money, PaymentRef, RefundAccount};
use zeroize::Zeroizing;

use super::Selector;

/// A wish to refund, as a caller says it.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Of which payment.
    pub payment: Selector,
    /// The caller's key, 1 to 200 visible ASCII characters: the same key is the same wish.
    pub key: String,
    /// How much.
    pub amount: Amount,
    /// Why, at most 500 characters. Goes to the gateway.
    pub reason: Option<String>,
    /// The account to refund into, where the payment needs one (virtual accounts).
    pub account: Option<RefundTo>,
}

impl Wish {
    /// A wish with what every gateway needs.
    #[must_use]
    pub fn new(payment: Selector, key: impl Into<String>, amount: Amount) -> Self {
        Self { payment, key: key.into(), amount, reason: None, account: None }
    }

    /// Adds the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds the account to refund into.
    #[must_use]
    pub fn with_account(mut self, account: RefundTo) -> Self {
        self.account = Some(account);
        self
    }
}

/// How much is to be refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// This number, in major units of the payment's currency (`3000` won, `7.50` dollars).
    Exact(Decimal),
    /// This much.
    Money(Money),
    /// All that is left, which must be exactly this.
    Remaining {
        /// What the caller expects to be left.
        expected: Money,
    },
}

impl Amount {
    /// The amount in the payment's currency.
    ///
    /// # Errors
    /// [`Invalid`] naming `amount`: zero, another currency, more decimal places than the currency has, too large.
    pub fn money(self, currency: Currency) -> Result<Money, Invalid> {
        let money = match self {
            Self::Exact(decimal) => Money::from_decimal(decimal, currency)
                .map_err(|error| Invalid::new("amount", error.to_string()))?,
            Self::Money(money) | Self::Remaining { expected: money } => money,
        };
        if money.currency() != currency {
            return Err(Invalid::new("amount", format!("must be in {currency}, the payment's currency")));
        }
        if money.is_zero() {
            return Err(Invalid::new("amount", "must be above zero (a zero amount would cancel everything)"));
        }
        Ok(money)
    }
}

/// The account to refund into, as a caller names it. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct RefundTo {
    bank: BankWord,
    number: Zeroizing<String>,
    holder: Zeroizing<String>,
    phone: Option<Zeroizing<String>>,
}

/// How a caller names a bank.
#[derive(Clone, PartialEq, Eq)]
enum BankWord {
    Code(String),
    Bank(Bank),
}

impl RefundTo {
    /// An account, its bank by the code of the payment's PG (`"88"` at KG Inicis is Shinhan), by its name (`신한은행`) or
    /// by the clearing house's three digits (`"088"`).
    #[must_use]
    pub fn by_code(
        bank_code: impl Into<String>,
        number: impl Into<String>,
        holder: impl Into<String>,
    ) -> Self {
        Self::new(BankWord::Code(bank_code.into()), number.into(), holder.into())
    }

    /// An account at a known bank.
    #[must_use]
    pub fn at_bank(bank: Bank, number: impl Into<String>, holder: impl Into<String>) -> Self {
        Self::new(BankWord::Bank(bank), number.into(), holder.into())
    }

    fn new(bank: BankWord, number: String, holder: String) -> Self {
        Self { bank, number: number.into(), holder: holder.into(), phone: None }
    }

    /// Adds the holder's phone number, which some PGs want.
    #[must_use]
    pub fn with_phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(Zeroizing::new(phone.into()));
        self
    }

    /// The account, its bank understood in the numbering of the payment's PG.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_bank`, `refund_account`, `refund_holder` or `refund_tel`, never a value.
    pub fn account(&self, payment: &PaymentRef) -> Result<RefundAccount, Invalid> {
        let bank = self.bank.read(payment)?;
        let account = RefundAccount::new(bank, &self.number, &self.holder).map_err(field)?;
        match &self.phone {
            Some(phone) => account.with_phone(phone).map_err(field),
            None => Ok(account),
        }
    }
}

impl fmt::Debug for RefundTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefundTo([REDACTED])")
    }
}

impl BankWord {
    fn read(&self, payment: &PaymentRef) -> Result<Bank, Invalid> {
        let scheme = scheme_of(payment)?;
        let bank = match self {
            Self::Code(word) => named(scheme, word.trim()),
            Self::Bank(bank) => bank.clone(),
        };
        if bank.code(scheme).is_none() {
            let why = format!(
                "must be a bank that {scheme} refunds to, by its name, or by its code in {scheme}'s numbering"
            );
            return Err(Invalid::new("refund_bank", why));
        }
        Ok(bank)
    }
}

/// A bank by its code in this numbering; else by its whole name, or by the clearing house's three digits. Where one word
/// could mean two banks, none is taken.
fn named(scheme: BankScheme, word: &str) -> Bank {
    let own = Bank::from_code(scheme, word);
    if own.code(scheme).is_some() {
        return own;
    }
    let is_number = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(word) {
        // a numbering with three digits of its own could mean another bank
        let is_the_usual =
            |bank: &Bank| bank.code(scheme).is_none_or(|code| !is_number(code) || bank.kftc() == Some(code));
        return if Bank::all().all(|bank| is_the_usual(&bank)) {
            Bank::from_code(BankScheme::Kftc, word)
        } else {
            own
        };
    }
    let is_a_name = word.chars().any(char::is_alphabetic);
    Bank::find(word).filter(|_| is_a_name).unwrap_or(own)
}

/// The numbering of banks that a payment's refunds follow.
///
/// # Errors
/// [`Invalid`] naming `refund_bank` when the payment's PG is not known, or has no published numbering.
pub fn scheme_of(payment: &PaymentRef) -> Result<BankScheme, Invalid> {
    match payment.gateway {
        Gateway::Eximbay => Ok(BankScheme::Eximbay),
        Gateway::Settlebank => Ok(BankScheme::Hecto),
        _ => match payment.pg_provider.as_deref() {
            Some(pg) => BankScheme::for_chaiport_pg(pg).ok_or_else(|| {
                Invalid::new("refund_bank", format!("cannot be read: {pg:?} has no known bank codes"))
            }),
            None => Err(Invalid::new(
                "refund_bank",
                "cannot be read: the payment is registered without pg_provider, which decides the bank codes",
            )),
        },
    }
}

/// Names a field of the account as the guide spells it.
fn field(error: Invalid) -> Invalid {
    let field = match error.field() {
        "refund_account.holder" => "refund_holder",
        "refund_account.phone" => "refund_tel",
        _ => "refund_account",
    };
    Invalid::new(field, error.reason().to_owned())
}
