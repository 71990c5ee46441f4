//! How a payment was made: the codes of answers.

use std::fmt;

use pg_core::text::Word;
use serde::Deserializer;

use MethodGroup::*;

/// A payment method in Eximbay's code (`P101` is VISA). Codes that are not in the table are carried as they are.
///
/// The table is made from the legacy guides (2021-04) and a third party's copy of the developer site's table
/// (2026-08); Eximbay adds to it without notice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PaymentMethod(String);

/// What sort of payment method it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MethodGroup {
    /// A card, brand not told.
    Card,
    /// A card of an international brand.
    InternationalCard,
    /// A card by its Korean issuer.
    KoreanCard,
    /// A card in a phone's wallet.
    CardWallet,
    /// A wallet outside Korea.
    OverseasWallet,
    /// A Korean wallet. NaverPay points want the tax block in a refund.
    KoreanWallet,
    /// Cash in Japan (convenience store, net bank): paid and refunded asynchronously, outside the API.
    JapaneseCash,
    /// A Korean bank: transfer or virtual account. A virtual account is refunded into an account that must be given.
    KoreanBank,
    /// A virtual account outside Korea.
    OverseasBank,
    /// Seen in one third-party client only.
    Unconfirmed,
}

impl PaymentMethod {
    /// Keeps a code.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code, verbatim.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    /// Its name in English, where the code is known.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.row().map(|(_, name, _)| *name)
    }

    /// What sort it is, where the code is known.
    #[must_use]
    pub fn group(&self) -> Option<MethodGroup> {
        self.row().map(|(_, _, group)| *group)
    }

    /// Whether a refund reaches the buyer by a separate, later step: Japanese cash (`P006`) and virtual accounts
    /// (`P305`, `P310`). Inferred for virtual accounts, from their wanting an account to pay into.
    #[must_use]
    pub fn is_refunded_later(&self) -> bool {
        matches!(self.code(), "P006" | "P305" | "P310")
    }

    /// Every known code.
    pub fn all() -> impl Iterator<Item = PaymentMethod> {
        ROWS.iter().map(|(code, _, _)| Self::new(*code))
    }

    fn row(&self) -> Option<&'static (&'static str, &'static str, MethodGroup)> {
        ROWS.iter().find(|(code, _, _)| *code == self.0)
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or_else(|| Word(&self.0).shown()))
    }
}

impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Word(&self.0), f)
    }
}

/// For `#[serde(deserialize_with)]`: a method; absent, `null`, empty and unreadable are `None`.
pub(crate) fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PaymentMethod>, D::Error> {
    Ok(crate::fields::told(deserializer)?.map(|text| PaymentMethod(text.trim().to_owned())))
}

const ROWS: &[(&str, &str, MethodGroup)] = &[
    ("P000", "Credit card (generic)", Card),
    ("P101", "VISA", InternationalCard),
    ("P102", "MasterCard", InternationalCard),
    ("P103", "AMEX", InternationalCard),
    ("P104", "JCB", InternationalCard),
    ("P105", "UnionPay 2D", InternationalCard),
    ("P106", "Diners", InternationalCard),
    ("P107", "Discover", InternationalCard),
    ("P108", "Mir", InternationalCard),
    ("P109", "UnionPay", InternationalCard),
    ("P110", "BC", KoreanCard),
    ("P111", "KB", KoreanCard),
    ("P112", "Hana (KEB Hana)", KoreanCard),
    ("P113", "Samsung", KoreanCard),
    ("P114", "Shinhan", KoreanCard),
    ("P115", "Hyundai", KoreanCard),
    ("P116", "Lotte", KoreanCard),
    ("P117", "NH", KoreanCard),
    ("P118", "Hana (old SK)", KoreanCard),
    ("P119", "Citi", KoreanCard),
    ("P120", "Woori", KoreanCard),
    ("P121", "Suhyup", KoreanCard),
    ("P122", "Jeju", KoreanCard),
    ("P123", "Jeonbuk (JB)", KoreanCard),
    ("P124", "Gwangju", KoreanCard),
    ("P125", "Kakao Bank", KoreanCard),
    ("P126", "K bank", KoreanCard),
    ("P127", "Mirae Asset", KoreanCard),
    ("P128", "Kona", KoreanCard),
    ("P129", "Toss card", KoreanCard),
    ("P130", "Chai", KoreanCard),
    ("P001", "PayPal", OverseasWallet),
    ("P002", "UnionPay UPOP", OverseasWallet),
    ("P003", "Alipay / Alipay+", OverseasWallet),
    ("P004", "Tenpay", OverseasWallet),
    ("P006", "Japan convenience store / net bank", JapaneseCash),
    ("P007", "Molpay", OverseasWallet),
    ("P008", "PaysBuy", OverseasWallet),
    ("P010", "BestPay", OverseasWallet),
    ("P011", "YooMoney (Yandex)", OverseasWallet),
    ("P141", "WeChat Pay PC", OverseasWallet),
    ("P142", "WeChat Pay mobile", OverseasWallet),
    ("P143", "WeChat Pay POP / OA", OverseasWallet),
    ("P144", "WeChat Pay MINI", OverseasWallet),
    ("P171", "Molpay/Razer MY", OverseasWallet),
    ("P172", "Molpay/Razer VN", OverseasWallet),
    ("P173", "Molpay/Razer TH", OverseasWallet),
    ("P174", "Alipay+ Alipay CN", OverseasWallet),
    ("P175", "Alipay+ TrueMoney", OverseasWallet),
    ("P176", "Alipay+ DANA", OverseasWallet),
    ("P177", "Alipay+ AlipayHK", OverseasWallet),
    ("P178", "Alipay+ Touch n Go", OverseasWallet),
    ("P179", "Alipay+ GCash", OverseasWallet),
    ("P195", "Alipay+ MINI", OverseasWallet),
    ("P185", "GrabPay SGD (2C2P)", OverseasWallet),
    ("P189", "GrabPay MYR", OverseasWallet),
    ("P190", "GrabPay PHP", OverseasWallet),
    ("P186", "LinePay (2C2P)", OverseasWallet),
    ("P194", "LinePay (eContext)", OverseasWallet),
    ("PG01", "2C2P", OverseasWallet),
    ("P197", "Klarna", OverseasWallet),
    ("P198", "Apple Pay", CardWallet),
    ("P091", "Apple Pay VISA", CardWallet),
    ("P092", "Apple Pay MasterCard", CardWallet),
    ("P093", "Apple Pay AMEX", CardWallet),
    ("P094", "Apple Pay JCB", CardWallet),
    ("P095", "Apple Pay UnionPay", CardWallet),
    ("P199", "Samsung Pay", CardWallet),
    ("P096", "Samsung Pay VISA", CardWallet),
    ("P097", "Samsung Pay MasterCard", CardWallet),
    ("P098", "Samsung Pay AMEX", CardWallet),
    ("P301", "Real-time bank transfer (BankPay)", KoreanBank),
    ("P305", "Virtual account", KoreanBank),
    ("P310", "Virtual account (overseas)", OverseasBank),
    ("P300", "Unifipay", OverseasWallet),
    ("P302", "KakaoPay", KoreanWallet),
    ("P303", "Toss", KoreanWallet),
    ("P304", "PAYCO", KoreanWallet),
    ("P015", "NaverPay (card and point)", KoreanWallet),
    ("P307", "NaverPay card", KoreanWallet),
    ("P308", "NaverPay point", KoreanWallet),
    ("P306", "SmilePay", KoreanWallet),
    ("P350", "GrabPay MYR", OverseasWallet),
    ("P351", "GrabPay SGD", OverseasWallet),
    ("P352", "ShopeePay THB", OverseasWallet),
    ("P353", "JKOPAY TWD", OverseasWallet),
    ("P354", "PayPay (Japan)", OverseasWallet),
    ("P201", "PayPay", Unconfirmed),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_have_a_name_and_unknown_ones_are_carried() {
        assert_eq!(PaymentMethod::new("P101").name(), Some("VISA"));
        assert_eq!(PaymentMethod::new("P305").group(), Some(KoreanBank));
        let unknown = PaymentMethod::new("P999");
        assert_eq!((unknown.name(), unknown.to_string().as_str()), (None, "P999"));
        assert_eq!(PaymentMethod::all().count(), 88);
    }

    #[test]
    fn debug_shows_a_code_and_no_free_text() {
        assert_eq!(format!("{:?}", PaymentMethod::new("P101")), "\"P101\"");
        let free = format!("{:?}", PaymentMethod::new("card 4111 1111 1111 1111"));
        assert!(!free.is_empty() && !free.contains("4111"), "{free}");
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<_> = ROWS.iter().map(|(code, _, _)| *code).collect();
        codes.sort_unstable();
        let before = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), before);
    }
}
