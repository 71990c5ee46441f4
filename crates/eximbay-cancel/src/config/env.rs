//! A configuration from environment variables.

use pg_core::Invalid;

use super::Config;
use crate::endpoint::Endpoint;

const API_KEY: &str = "EXIMBAY_API_KEY";
const MID: &str = "EXIMBAY_MID";
const BASE_URL: &str = "EXIMBAY_BASE_URL";
const ALLOW_CUSTOM_HOST: &str = "EXIMBAY_ALLOW_CUSTOM_HOST";
#[cfg(any(feature = "reqwest", feature = "witness"))]
const TOTAL_TIMEOUT_SECONDS: &str = "EXIMBAY_TOTAL_TIMEOUT_SECONDS";
#[cfg(any(feature = "reqwest", feature = "witness"))]
const CA_FILE: &str = "EXIMBAY_CA_FILE";
/// Longest total time limit that can be meant (seconds).
#[cfg(any(feature = "reqwest", feature = "witness"))]
const MAX_TIMEOUT: u64 = 600;

impl Config {
    /// Reads the configuration from the process's environment.
    ///
    /// | variable | |
    /// |---|---|
    /// | `EXIMBAY_API_KEY` | required: the key (`test_…` or `live_…`) |
    /// | `EXIMBAY_MID` | required: the merchant id, 10 letters and digits |
    /// | `EXIMBAY_BASE_URL` | another endpoint; by the key's prefix unless given |
    /// | `EXIMBAY_ALLOW_CUSTOM_HOST` | `1` allows a base URL that is neither Eximbay's nor loopback |
    /// | `EXIMBAY_TOTAL_TIMEOUT_SECONDS` | 1 to 600; 35 unless given (feature `reqwest` or `witness`) |
    /// | `EXIMBAY_CA_FILE` | a PEM file of further certificate authorities (feature `reqwest` or `witness`) |
    ///
    /// A variable that is set but empty is refused, not ignored.
    ///
    /// # Errors
    /// [`Invalid`] naming the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Invalid> {
        // lossy on purpose: text that is not unicode must be refused, not taken for absent
        Self::from_vars(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads the configuration from variables given by `vars`, as [`Config::from_env`] does.
    ///
    /// # Errors
    /// [`Invalid`] naming the variable that is missing or wrong.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self, Invalid> {
        let required = |name: &'static str| vars(name).ok_or_else(|| Invalid::new(name, "must be set"));
        let mut builder = Self::builder(required(API_KEY)?, required(MID)?);
        if let Some(url) = vars(BASE_URL) {
            builder = builder.endpoint(Endpoint::Custom(url));
        }
        builder = builder.allow_custom_host(match vars(ALLOW_CUSTOM_HOST).as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => return Err(Invalid::new(ALLOW_CUSTOM_HOST, "must be 1 or 0")),
        });
        #[cfg(any(feature = "reqwest", feature = "witness"))]
        {
            if let Some(text) = vars(TOTAL_TIMEOUT_SECONDS) {
                builder = builder.total_timeout(timeout(&text)?);
            }
            if let Some(path) = vars(CA_FILE) {
                let pem = std::fs::read(path).map_err(|_| Invalid::new(CA_FILE, "could not be read"))?;
                builder = builder.extra_root_certificates(pem);
            }
        }
        builder.build().map_err(named_as_variable)
    }
}

#[cfg(any(feature = "reqwest", feature = "witness"))]
fn timeout(text: &str) -> Result<std::time::Duration, Invalid> {
    match text.parse() {
        Ok(seconds @ 1..=MAX_TIMEOUT) => Ok(std::time::Duration::from_secs(seconds)),
        _ => Err(Invalid::new(TOTAL_TIMEOUT_SECONDS, "must be a number from 1 to 600")),
    }
}

fn named_as_variable(error: Invalid) -> Invalid {
    let variable = match error.field() {
        "api_key" => API_KEY,
        "mid" => MID,
        "endpoint" | "base_url" => BASE_URL,
        _ => return error,
    };
    Invalid::new(variable, error.reason().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, Option<&str>)]) -> Result<Config, Invalid> {
        Config::from_vars(|name| {
            if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
                return value.map(str::to_owned);
            }
            match name {
                API_KEY => Some("test_1849705C642C217E0B2D".to_owned()),
                MID => Some("1849705C64".to_owned()),
                _ => None,
            }
        })
    }

    #[test]
    fn key_and_merchant_id_are_enough() {
        assert_eq!(read(&[]).unwrap().endpoint(), &Endpoint::Sandbox);
        let loopback = read(&[(BASE_URL, Some("http://127.0.0.1:8080"))]).unwrap();
        assert_eq!(loopback.endpoint().url(), "http://127.0.0.1:8080");
    }

    #[test]
    fn every_bad_variable_is_named() {
        for (name, value) in [
            (API_KEY, None),
            (API_KEY, Some("")),
            (API_KEY, Some("no_prefix_and_no_endpoint")),
            (MID, None),
            (MID, Some("short")),
            (BASE_URL, Some("https://api.eximbay.com")),
            (ALLOW_CUSTOM_HOST, Some("yes")),
            (ALLOW_CUSTOM_HOST, Some("")),
        ] {
            let field = read(&[(name, value)]).unwrap_err().field();
            // a key that tells no endpoint asks for the endpoint
            let named = if value == Some("no_prefix_and_no_endpoint") { BASE_URL } else { name };
            assert_eq!(field, named, "{value:?}");
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_base_url_is_checked_at_once() {
        for url in ["", "https://proxy.example", "http://proxy.example"] {
            assert_eq!(read(&[(BASE_URL, Some(url))]).unwrap_err().field(), BASE_URL, "{url}");
        }
        assert!(read(&[(BASE_URL, Some("https://proxy.example")), (ALLOW_CUSTOM_HOST, Some("1"))]).is_ok());
    }

    #[cfg(any(feature = "reqwest", feature = "witness"))]
    #[test]
    fn transport_variables_are_checked() {
        for bad in ["0", "601", "x", "", "1.5"] {
            let error = read(&[(TOTAL_TIMEOUT_SECONDS, Some(bad))]).unwrap_err();
            assert_eq!(error.field(), TOTAL_TIMEOUT_SECONDS, "{bad}");
        }
        assert!(read(&[(TOTAL_TIMEOUT_SECONDS, Some("60"))]).is_ok());
        let error = read(&[(CA_FILE, Some("no such file"))]).unwrap_err();
        assert_eq!(error.field(), CA_FILE);
    }
}
