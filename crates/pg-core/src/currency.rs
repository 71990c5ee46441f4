//! Currencies and how many digits their smallest unit has (ISO 4217).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency.
///
/// Every active ISO code is known with the digits of its minor unit; a code outside the list is refused, because
/// nobody could say what its amounts mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    digits: u8,
}

macro_rules! currencies {
    ($($code:ident $digits:literal),* $(,)?) => {
        impl Currency {
            $(
                #[doc = concat!("`", stringify!($code), "`, ", stringify!($digits), " minor digits.")]
                pub const $code: Currency = Currency { code: stringify!($code), digits: $digits };
            )*
            const LIST: &'static [Currency] = &[$(Currency::$code),*];
        }
    };
}

// ISO 4217 active list; the digits agree with Eximbay's currency appendix (2019) where that has a row.
currencies! {
    KRW 0, USD 2, EUR 2, GBP 2, JPY 0, THB 2, SGD 2, RUB 2, HKD 2, CAD 2, AUD 2, CNY 2, TWD 2, MYR 2, VND 0,
    PHP 2, MNT 2, NZD 2, AED 2, MOP 2, BRL 2, KZT 2, NOK 2, SAR 2, TRY 2,
    AFN 2, ALL 2, AMD 2, ANG 2, AOA 2, ARS 2, AWG 2, AZN 2, BAM 2, BBD 2, BDT 2, BGN 2, BHD 3, BIF 0, BMD 2,
    BND 2, BOB 2, BSD 2, BTN 2, BWP 2, BYN 2, BZD 2, CDF 2, CHF 2, CLF 4, CLP 0, COP 2, CRC 2, CUP 2, CVE 2,
    CZK 2, DJF 0, DKK 2, DOP 2, DZD 2, EGP 2, ERN 2, ETB 2, FJD 2, FKP 2, GEL 2, GHS 2, GIP 2, GMD 2, GNF 0,
    GTQ 2, GYD 2, HNL 2, HTG 2, HUF 2, IDR 2, ILS 2, INR 2, IQD 3, IRR 2, ISK 0, JMD 2, JOD 3, KES 2, KGS 2,
    KHR 2, KMF 0, KPW 2, KWD 3, KYD 2, LAK 2, LBP 2, LKR 2, LRD 2, LSL 2, LYD 3, MAD 2, MDL 2, MGA 2, MKD 2,
    MMK 2, MRU 2, MUR 2, MVR 2, MWK 2, MXN 2, MZN 2, NAD 2, NGN 2, NIO 2, NPR 2, OMR 3, PAB 2, PEN 2, PGK 2,
    PKR 2, PLN 2, PYG 0, QAR 2, RON 2, RSD 2, RWF 0, SBD 2, SCR 2, SDG 2, SEK 2, SHP 2, SLE 2, SOS 2, SRD 2,
    SSP 2, STN 2, SVC 2, SYP 2, SZL 2, TJS 2, TMT 2, TND 3, TOP 2, TTD 2, TZS 2, UAH 2, UGX 0, UYU 2, UZS 2,
    VED 2, VES 2, VUV 0, WST 2, XAF 0, XCD 2, XOF 0, XPF 0, YER 2, ZAR 2, ZMW 2,
}

/// A currency code that ISO 4217 does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCurrency;

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an ISO 4217 currency code (three upper-case letters)")
    }
}

impl std::error::Error for UnknownCurrency {}

impl Currency {
    /// The three-letter code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Digits of the minor unit: 0 for KRW, JPY and VND, 2 for most others.
    #[must_use]
    pub const fn minor_digits(self) -> u8 {
        self.digits
    }

    /// Every known currency.
    pub fn all() -> impl Iterator<Item = Currency> {
        Self::LIST.iter().copied()
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::LIST.iter().copied().find(|c| c.code == text).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_the_ones_that_bite() {
        for (code, digits) in [("KRW", 0), ("JPY", 0), ("VND", 0), ("USD", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(code.parse::<Currency>().unwrap().minor_digits(), digits);
        }
        for code in ["krw", "KR", "KRWW", "", "XXX", "원"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
        assert!(UnknownCurrency.to_string().contains("ISO 4217"));
        assert_eq!(format!("{} {:?}", Currency::KRW, Currency::USD), "KRW USD");
    }

    #[test]
    fn no_code_twice() {
        let mut codes: Vec<_> = Currency::all().map(Currency::code).collect();
        codes.sort_unstable();
        let before = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), before);
    }
}
