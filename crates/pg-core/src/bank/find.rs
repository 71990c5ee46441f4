use super::{Bank, BankScheme, Row, table};

impl Bank {
    /// The one bank of that name: Korean, English, an alias or the V2 name, whole.
    ///
    /// Case of ASCII letters, spaces and punctuation do not count. If nothing has the name, an ending 은행, 뱅크 or
    /// `bank` does not count either (`신한` finds 신한은행). `None` when no bank has the name **and when more than one
    /// does** (농협중앙회, 우리투자증권): a refund must not go by a guess. Codes are not names; use
    /// [`Bank::from_code`].
    ///
    /// ```
    /// use pg_cancel_core::bank::Bank;
    ///
    /// assert_eq!(Bank::find("kb 국민은행"), Some(Bank::KbKookmin));
    /// assert_eq!(Bank::find("shinhan"), Some(Bank::Shinhan));
    /// assert_eq!(Bank::find("농협중앙회"), None); // 011 or 012, the sources disagree
    /// ```
    #[must_use]
    pub fn find(text: &str) -> Option<Bank> {
        let wanted = fold(text);
        if wanted.is_empty() {
            return None;
        }
        let whole = |row: &&'static Row| names(row).any(|name| fold(name) == wanted);
        let mut exact = table::ROWS.iter().filter(whole);
        if let Some(row) = exact.next() {
            return exact.next().is_none().then(|| row.bank.clone());
        }
        let wanted = stem(&wanted);
        // One letter is no name: `K bank` would answer to it.
        if wanted.chars().count() < 2 {
            return None;
        }
        let mut stems = table::ROWS.iter().filter(|row| names(row).any(|name| stem(&fold(name)) == wanted));
        let row = stems.next()?;
        stems.next().is_none().then(|| row.bank.clone())
    }

    /// Every bank with `text` in a name, an alias, the V2 name or a code of any scheme, in the order of KFTC codes;
    /// for a person to choose from. Folds as [`Bank::find`] does; nothing for an empty text.
    #[must_use]
    pub fn search(text: &str) -> Vec<Bank> {
        let wanted = fold(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        table::ROWS
            .iter()
            .filter(|row| names(row).chain(codes(row)).any(|word| fold(word).contains(&wanted)))
            .map(|row| row.bank.clone())
            .collect()
    }
}

fn names(row: &'static Row) -> impl Iterator<Item = &'static str> {
    [row.name_ko, row.name_en].into_iter().chain(row.v2_enum).chain(row.aliases.iter().copied())
}

fn codes(row: &'static Row) -> impl Iterator<Item = &'static str> {
    let sent = BankScheme::all().filter_map(|scheme| row.code(scheme));
    sent.chain(row.read_only.iter().map(|(_, code)| *code))
}

fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

fn stem(folded: &str) -> &str {
    ["은행", "뱅크", "bank"].iter().find_map(|ending| folded.strip_suffix(ending)).unwrap_or(folded)
}
