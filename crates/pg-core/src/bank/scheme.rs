use std::fmt;

/// A numbering of banks: the national one, or a gateway's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BankScheme {
    /// The national code of the Korea Financial Telecommunications and Clearings Institute, 3 digits. Chaiport's
    /// answers (`vbank_code`, `bank_code`) use it; no PG takes it under this name.
    Kftc,
    /// KG Inicis through Chaiport, 2 digits.
    Inicis,
    /// NHN KCP through Chaiport, `BK` and 2 digits.
    Kcp,
    /// Toss Payments (the former LG U+) through Chaiport, 3 digits.
    Toss,
    /// Danal T-Pay through Chaiport, 3 digits. Chaiport's help centre says that it does not refund virtual accounts.
    Danal,
    /// NICE (old module) through Chaiport, 3 digits.
    Nice,
    /// NICE Pay (new module) through Chaiport, 3 digits, 12 banks.
    NiceV2,
    /// KICC (Easy Pay) through Chaiport, 3 digits.
    Kicc,
    /// Smartro through Chaiport, 3 digits.
    Smartro,
    /// Settlebank (Hecto Financial) through Chaiport, 3 digits. Hecto's own API is [`BankScheme::Hecto`].
    Settle,
    /// JTNet through Chaiport, 3 digits. Only in the 2022 edition of the table.
    JtNet,
    /// Welcome Payments through Chaiport, 3 digits, 12 banks.
    Welcome,
    /// Daou (Payjoa, now Kiwoom Pay) through Chaiport, 2 digits in a numbering of its own, 10 banks.
    Daou,
    /// Hecto Financial's own API (`refundBankCd`), 3 digits.
    Hecto,
    /// Eximbay (`refund_account.bank_code`), 3 digits.
    Eximbay,
}

impl BankScheme {
    /// Every scheme, the national one first.
    pub fn all() -> impl Iterator<Item = BankScheme> {
        use BankScheme::*;
        [
            Kftc, Inicis, Kcp, Toss, Danal, Nice, NiceV2, Kicc, Smartro, Settle, JtNet, Welcome, Daou, Hecto,
            Eximbay,
        ]
        .into_iter()
    }

    /// The scheme's short name, lower case: `kftc`, `inicis`, `nice_v2`, …
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kftc => "kftc",
            Self::Inicis => "inicis",
            Self::Kcp => "kcp",
            Self::Toss => "toss",
            Self::Danal => "danal",
            Self::Nice => "nice",
            Self::NiceV2 => "nice_v2",
            Self::Kicc => "kicc",
            Self::Smartro => "smartro",
            Self::Settle => "settle",
            Self::JtNet => "jtnet",
            Self::Welcome => "welcome",
            Self::Daou => "daou",
            Self::Hecto => "hecto",
            Self::Eximbay => "eximbay",
        }
    }

    /// The numbering that Chaiport's `refund_bank` follows for a payment's `pg_provider`; `None` where no source has
    /// a table (`ksnet`, `mobilians`, `galaxia`, `bluewalnut`, `tosspay`, `kakaopay`, `naverpay`, …) and for values
    /// not known here, which are compared exactly.
    ///
    /// Chaiport's page heads its columns with brand names, not with `pg_provider` values. The brand's main module is
    /// clear: `html5_inicis`, `kcp`, `tosspayments`, `danal_tpay`, `nice`, `nice_v2`, `kicc`, `smartro`, `settle`,
    /// `jtnet`, `welcome`, `daou`. **Inferred** from the brand, and stated by no page, are `inicis` (the old module),
    /// `kcp_billing`, `kcp_quick`, `uplus` (the former name of Toss Payments), `kicc_v2`, `smartro_v2` and
    /// `settle_acc`. `danal` alone is phone payment, which has no bank to refund to.
    ///
    /// ```
    /// use pg_cancel_core::bank::BankScheme;
    ///
    /// assert_eq!(BankScheme::for_chaiport_pg("html5_inicis"), Some(BankScheme::Inicis));
    /// assert_eq!(BankScheme::for_chaiport_pg("ksnet"), None);
    /// ```
    #[must_use]
    pub fn for_chaiport_pg(pg_provider: &str) -> Option<BankScheme> {
        Some(match pg_provider {
            "html5_inicis" | "inicis" => Self::Inicis,
            "kcp" | "kcp_billing" | "kcp_quick" => Self::Kcp,
            "tosspayments" | "uplus" => Self::Toss,
            "danal_tpay" => Self::Danal,
            "nice" => Self::Nice,
            "nice_v2" => Self::NiceV2,
            "kicc" | "kicc_v2" => Self::Kicc,
            "smartro" | "smartro_v2" => Self::Smartro,
            "settle" | "settle_acc" => Self::Settle,
            "jtnet" => Self::JtNet,
            "welcome" => Self::Welcome,
            "daou" => Self::Daou,
            _ => return None,
        })
    }
}

impl fmt::Display for BankScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
