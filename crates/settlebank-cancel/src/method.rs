//! Payment methods, and what each of them allows.

use std::fmt;
use std::str::FromStr;

use pg_core::Invalid;

use crate::codes::Family;

/// How a payment was made (Hecto payment code page, 2026-09).
///
/// It decides the path, the version and the fields of a cancel. The easy pays are all cancelled as `PZ`; only
/// the inquiry tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `CA`, credit card; also Samsung Pay payments that were made as `CA`.
    Card,
    /// `RA`, account transfer.
    BankTransfer,
    /// `VA`, virtual account.
    VirtualAccount,
    /// `VA` of the "010" kind, whose number is a phone number: version `0A18`, shorter fields. Its text here
    /// is `VA010`.
    VirtualAccount010,
    /// `MP`, mobile carrier billing.
    Mobile,
    /// `PZ`, an easy pay of which the provider is not known. The inquiry page does not list `PZ`; give the
    /// provider if you know it.
    EasyPay,
    /// KakaoPay: cancelled as `PZ`, inquired as `KP`.
    KakaoPay,
    /// NaverPay: cancelled as `PZ`, inquired as `NP`.
    NaverPay,
    /// PAYCO: cancelled as `PZ`, inquired as `PC`.
    Payco,
    /// TossPay: cancelled as `PZ`, inquired as `TS` (the inquiry page; the payment code page prints `TOS`).
    TossPay,
    /// `TC`, Teencash.
    Teencash,
    /// `HM`, HappyMoney voucher: gone from the newest pages, still in the 2024-07 specification.
    HappyMoney,
    /// `CG`, Culture Cash (Cultureland).
    CultureCash,
    /// `SG`, Smart Munsang.
    SmartMunsang,
    /// `BG`, book voucher.
    BookVoucher,
    /// `TM`, T-money.
    TMoney,
    /// `CP`, Point Damoa.
    PointDamoa,
}

impl Method {
    /// Every method.
    pub fn all() -> impl Iterator<Item = Self> {
        use Method::*;
        [
            Card,
            BankTransfer,
            VirtualAccount,
            VirtualAccount010,
            Mobile,
            EasyPay,
            KakaoPay,
            NaverPay,
            Payco,
            TossPay,
            Teencash,
            HappyMoney,
            CultureCash,
            SmartMunsang,
            BookVoucher,
            TMoney,
            PointDamoa,
        ]
        .into_iter()
    }

    /// The method's text: its two-letter code as the inquiry has it, `VA010` for the 010 kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VirtualAccount010 => "VA010",
            _ => self.inquiry_code(),
        }
    }

    /// The code that a cancel carries.
    #[must_use]
    pub const fn cancel_code(self) -> &'static str {
        match self {
            Self::KakaoPay | Self::NaverPay | Self::Payco | Self::TossPay => "PZ",
            _ => self.inquiry_code(),
        }
    }

    /// The code that an inquiry carries.
    #[must_use]
    pub const fn inquiry_code(self) -> &'static str {
        match self {
            Self::Card => "CA",
            Self::BankTransfer => "RA",
            Self::VirtualAccount | Self::VirtualAccount010 => "VA",
            Self::Mobile => "MP",
            Self::EasyPay => "PZ",
            Self::KakaoPay => "KP",
            Self::NaverPay => "NP",
            Self::Payco => "PC",
            Self::TossPay => "TS",
            Self::Teencash => "TC",
            Self::HappyMoney => "HM",
            Self::CultureCash => "CG",
            Self::SmartMunsang => "SG",
            Self::BookVoucher => "BG",
            Self::TMoney => "TM",
            Self::PointDamoa => "CP",
        }
    }

    /// Whether its cancels all carry the sequence number 001 and, by the API pages, are full only (vouchers,
    /// T-money, Point Damoa). The guide contradicts them for Teencash and T-money; the API pages are taken.
    #[must_use]
    pub const fn is_full_only(self) -> bool {
        matches!(
            self,
            Self::Teencash
                | Self::HappyMoney
                | Self::CultureCash
                | Self::SmartMunsang
                | Self::BookVoucher
                | Self::TMoney
                | Self::PointDamoa
        )
    }

    /// Whether its cancels carry tax fields.
    #[must_use]
    pub const fn has_tax(self) -> bool {
        !self.is_full_only()
    }

    /// Whether its cancels carry a service charge (`svcAmt`): cards and the easy pays.
    #[must_use]
    pub const fn has_service_charge(self) -> bool {
        matches!(self, Self::Card) || self.is_easy_pay()
    }

    /// Whether it is one of the easy pays.
    #[must_use]
    pub const fn is_easy_pay(self) -> bool {
        matches!(self, Self::EasyPay | Self::KakaoPay | Self::NaverPay | Self::Payco | Self::TossPay)
    }

    /// Whether it is a virtual account of either kind.
    #[must_use]
    pub const fn is_virtual_account(self) -> bool {
        matches!(self, Self::VirtualAccount | Self::VirtualAccount010)
    }

    /// The family whose codes its answers use beside the common ones.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Card => Family::Card,
            Self::BankTransfer => Family::BankTransfer,
            Self::VirtualAccount | Self::VirtualAccount010 => Family::Common,
            Self::Mobile => Family::Mobile,
            Self::EasyPay | Self::KakaoPay | Self::NaverPay | Self::Payco | Self::TossPay => Family::EasyPay,
            Self::Teencash
            | Self::HappyMoney
            | Self::CultureCash
            | Self::SmartMunsang
            | Self::BookVoucher => Family::Gift,
            Self::TMoney => Family::TMoney,
            Self::PointDamoa => Family::PointDamoa,
        }
    }
}

impl FromStr for Method {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // the payment code page prints TOS where the inquiry page prints TS
        let text = if text == "TOS" { "TS" } else { text };
        Self::all().find(|method| method.as_str() == text).ok_or_else(|| {
            Invalid::new("method", "must be one of CA RA VA VA010 MP PZ KP NP PC TS TC HM CG SG BG TM CP")
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_text() {
        for method in Method::all() {
            assert_eq!(method.as_str().parse::<Method>().unwrap(), method);
            assert_eq!(method.cancel_code().len(), 2);
        }
        assert_eq!("TOS".parse::<Method>().unwrap(), Method::TossPay);
        for bad in ["", "ca", "WL", "XX", "CA "] {
            assert_eq!(bad.parse::<Method>().unwrap_err().field(), "method");
        }
    }

    #[test]
    fn easy_pays_are_cancelled_as_one() {
        for method in Method::all().filter(|m| m.is_easy_pay()) {
            assert_eq!(method.cancel_code(), "PZ");
        }
        assert_eq!(Method::KakaoPay.inquiry_code(), "KP");
        let easy_pays: Vec<_> = Method::all().filter(|m| m.is_easy_pay()).map(|m| m.to_string()).collect();
        assert_eq!(easy_pays, ["PZ", "KP", "NP", "PC", "TS"]);
    }

    #[test]
    fn full_only_methods_are_those_of_the_api_pages() {
        let codes: Vec<_> = Method::all().filter(|m| m.is_full_only()).map(Method::cancel_code).collect();
        assert_eq!(codes, ["TC", "HM", "CG", "SG", "BG", "TM", "CP"]);
    }
}
