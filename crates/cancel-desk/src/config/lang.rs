/// The language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Reads `ko` or `en`; `None` for any other text.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::En),
            "ko" => Some(Self::Ko),
            _ => None,
        }
    }

    /// `en` or `ko`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language of a locale's name such as `ko_KR.UTF-8`: Korean, or else English.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ko") || language.eq_ignore_ascii_case("korean") {
            Self::Ko
        } else {
            Self::En
        }
    }

    /// One of two texts.
    #[must_use]
    pub const fn pick<T: Copy>(self, english: T, korean: T) -> T {
        match self {
            Self::En => english,
            Self::Ko => korean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_read_by_their_language() {
        for korean in ["ko", "ko_KR.UTF-8", "ko-KR", "KO_KR.eucKR", "ko@hangul"] {
            assert_eq!(Lang::of_locale(korean), Lang::Ko, "{korean}");
        }
        for other in ["", "C", "POSIX", "en_US.UTF-8", "kok_IN"] {
            assert_eq!(Lang::of_locale(other), Lang::En, "{other}");
        }
        assert_eq!(Lang::from_code("ko_KR"), None);
    }
}
