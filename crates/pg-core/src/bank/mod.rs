//! Banks, and the numbers that each gateway knows them by.
//!
//! A refund into an account names the bank by a code, and every PG has its own: Shinhan is `88` at Inicis, `BK88`
//! at KCP, `088` at most others and `10` at Daou. Answers mostly carry the national (KFTC) code, so a code read from
//! one place is never sent to another as it is; it becomes a [`Bank`] first.
//!
//! The table is `data/banks.csv` of this crate, made from Chaiport's bank code page (current and 2022 editions), Hecto
//! Financial's bank code pages (2026-09) and the Eximbay domestic guide (2021-04, appendix E). The file says where
//! they disagree and what was taken.

mod find;
mod kind;
mod scheme;
mod serde_impls;
#[rustfmt::skip] // generated, a few lines a row
mod table;
#[cfg(test)]
mod tests;

pub use kind::BankKind;
pub use scheme::BankScheme;
pub use table::Bank;

/// One row of `data/banks.csv`.
#[derive(Debug)]
struct Row {
    bank: Bank,
    kftc: &'static str,
    kind: BankKind,
    name_ko: &'static str,
    name_en: &'static str,
    v2_enum: Option<&'static str>,
    merged_into: Option<Bank>,
    aliases: &'static [&'static str],
    /// What a refund is sent with, per scheme; KFTC apart.
    codes: &'static [(BankScheme, &'static str)],
    /// Understood in answers, never sent.
    read_only: &'static [(BankScheme, &'static str)],
}

impl Row {
    fn code(&self, scheme: BankScheme) -> Option<&'static str> {
        match scheme {
            BankScheme::Kftc => Some(self.kftc),
            _ => self.codes.iter().find(|(of, _)| *of == scheme).map(|(_, code)| *code),
        }
    }
}

impl Bank {
    fn row(&self) -> Option<&'static Row> {
        table::ROWS.iter().find(|row| row.bank == *self)
    }

    /// Every institution of the table in the order of KFTC codes, merged ones included; never [`Bank::Other`].
    pub fn all() -> impl Iterator<Item = Bank> {
        table::ROWS.iter().map(|row| row.bank.clone())
    }

    /// The Korean name, e.g. `신한은행`; for [`Bank::Other`] its text.
    #[must_use]
    pub fn name_ko(&self) -> &str {
        self.row().map_or_else(|| self.text(), |row| row.name_ko)
    }

    /// The English name, e.g. `Shinhan Bank`; for [`Bank::Other`] its text.
    #[must_use]
    pub fn name_en(&self) -> &str {
        self.row().map_or_else(|| self.text(), |row| row.name_en)
    }

    /// Former, short and alternative names, Korean ones first; none for [`Bank::Other`].
    #[must_use]
    pub fn aliases(&self) -> &'static [&'static str] {
        self.row().map_or(&[], |row| row.aliases)
    }

    /// The name in Chaiport's V2 API, e.g. `SHINHAN`, where it has one.
    #[must_use]
    pub fn v2_enum(&self) -> Option<&'static str> {
        self.row().and_then(|row| row.v2_enum)
    }

    /// The national code (KFTC), 3 digits; `None` for [`Bank::Other`].
    #[must_use]
    pub fn kftc(&self) -> Option<&'static str> {
        self.row().map(|row| row.kftc)
    }

    /// What sort of institution this is; [`BankKind::Unknown`] for [`Bank::Other`].
    #[must_use]
    pub fn kind(&self) -> BankKind {
        self.row().map_or(BankKind::Unknown, |row| row.kind)
    }

    /// The institution that took this one over, where the table has both: `KoreaExchange` → `Hana`.
    ///
    /// A merged bank keeps the codes that the sources give it, as accounts opened there still exist.
    #[must_use]
    pub fn merged_into(&self) -> Option<Bank> {
        self.row().and_then(|row| row.merged_into.clone())
    }

    /// The code to send for this bank in a gateway's numbering; `None` where no source gives one.
    ///
    /// `None` means *do not send*: the gateway cannot refund to that bank, or nobody documents how. [`Bank::Other`]
    /// has no code in any scheme, not even the one it was read in. Codes that are only understood when read (see
    /// [`Bank::from_code`]) are not given here either.
    #[must_use]
    pub fn code(&self, scheme: BankScheme) -> Option<&'static str> {
        self.row().and_then(|row| row.code(scheme))
    }

    /// The bank that a gateway means by `code`, compared exactly (`"88"` is not KFTC's `"088"`); an unknown code is
    /// carried as [`Bank::Other`].
    ///
    /// - A code that a merged bank shares with its heir is the heir: `81` at Inicis is Hana, never 외환은행.
    /// - Old Inicis virtual-account codes (`53` Citi, `D1`… securities firms) are understood, though never sent.
    /// - So are the eleven codes that Hecto documents for its Easy-Cash product only.
    #[must_use]
    pub fn from_code(scheme: BankScheme, code: &str) -> Bank {
        let holders = || table::ROWS.iter().filter(|row| row.code(scheme) == Some(code));
        let read_only = |row: &&Row| row.read_only.contains(&(scheme, code));
        holders()
            .find(|row| row.merged_into.is_none())
            .or_else(|| holders().next())
            .or_else(|| table::ROWS.iter().find(read_only))
            .map_or_else(|| Bank::Other(code.to_owned()), |row| row.bank.clone())
    }

    /// The gateways' schemes that have a code for this bank, to say "this PG cannot refund to X; these can: …".
    ///
    /// Without [`BankScheme::Kftc`], which is no gateway, and without [`BankScheme::Danal`]: Danal has a column in
    /// Chaiport's table, but Chaiport's help centre says that Danal does not refund virtual accounts.
    #[must_use]
    pub fn schemes_that_can_refund(&self) -> Vec<BankScheme> {
        BankScheme::all()
            .filter(|scheme| !matches!(scheme, BankScheme::Kftc | BankScheme::Danal))
            .filter(|scheme| self.code(*scheme).is_some())
            .collect()
    }

    fn text(&self) -> &str {
        match self {
            Self::Other(text) => text,
            _ => "",
        }
    }
}
