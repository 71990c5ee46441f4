//! Keys and other values that must not be shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Invalid;

/// A key, token or password: redacted in `Debug`, no `Display`, no `Serialize`, no comparison, zeroised on drop.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret that may go into an HTTP header or a hash: 1 to `max` visible ASCII characters.
    ///
    /// # Errors
    /// [`Invalid`] that names the field and never the value.
    pub fn new(field: &'static str, value: &str, max: usize) -> Result<Self, Invalid> {
        if value.is_empty() {
            return Err(Invalid::new(field, "must not be empty"));
        }
        if value.len() > max {
            return Err(Invalid::new(field, format!("must be at most {max} characters")));
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Invalid::new(field, "must be visible ascii without spaces"));
        }
        Ok(Self(SecretString::from(value)))
    }

    /// The value of an `Authorization` header: a scheme such as `Bearer`, a space, and this secret.
    #[must_use]
    pub fn with_scheme(&self, scheme: &'static str) -> Self {
        Self(SecretString::from(format!("{scheme} {}", self.expose())))
    }

    /// The value itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shown() {
        let secret = Secret::new("api_key", "CANARY", 40).unwrap();
        assert_eq!(format!("{secret:?}"), "[REDACTED]");
        assert_eq!(secret.with_scheme("Bearer").expose(), "Bearer CANARY");
        for bad in ["", "with space", "줄", "a\r\nb", &"x".repeat(41)] {
            let error = Secret::new("api_key", bad, 40).unwrap_err().to_string();
            assert!(error.contains("api_key") && (bad.is_empty() || !error.contains(bad)), "{error}");
        }
    }
}
