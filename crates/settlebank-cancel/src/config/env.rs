//! A configuration from environment variables.

use std::time::Duration;

use pg_core::Invalid;

use super::{Config, ConfigBuilder, Endpoint, EqualAmounts};

/// Longest total time limit that is taken, in seconds.
const MAX_TOTAL_TIMEOUT: u64 = 600;

impl Config {
    /// Reads the configuration from the process environment:
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `SETTLEBANK_FORM` | `standard` or `flat`; required |
    /// | `SETTLEBANK_MID` | the merchant id (`mchtId`); required |
    /// | `SETTLEBANK_LICENCE_KEY` | the licence key, for hashes; required |
    /// | `SETTLEBANK_AES_KEY` | the AES key, exactly 32 characters; required for `standard` |
    /// | `SETTLEBANK_ENV` | `production` or `sandbox`; required unless a base URL is given |
    /// | `SETTLEBANK_BASE_URL` | another address, such as `http://127.0.0.1:8080`; goes before `SETTLEBANK_ENV` |
    /// | `SETTLEBANK_ALLOW_CUSTOM_HOST` | `1` to allow a base URL off loopback |
    /// | `SETTLEBANK_TOTAL_TIMEOUT_SECONDS` | whole seconds for the whole exchange, 1 to 600; 35 unless set |
    /// | `SETTLEBANK_CA_FILE` | a PEM file of further certificate authorities |
    /// | `SETTLEBANK_FLAT_EQUAL_AMOUNTS` | `send` or `refuse` (default), see [`EqualAmounts`] |
    ///
    /// An empty variable counts as missing.
    ///
    /// # Errors
    /// [`Invalid`] whose field is the variable's name.
    pub fn from_env() -> Result<Self, Invalid> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the variables from a function instead of the process
    /// environment.
    ///
    /// # Errors
    /// [`Invalid`] whose field is the variable's name.
    pub fn from_vars(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, Invalid> {
        let optional = |name| variable(name).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or_else(|| Invalid::new(name, "must be set"));
        let form = required("SETTLEBANK_FORM")?;
        let is_standard = match form.as_str() {
            "standard" => true,
            "flat" => false,
            _ => return Err(Invalid::new("SETTLEBANK_FORM", "must be standard or flat")),
        };
        let (mid, key) = (required("SETTLEBANK_MID")?, required("SETTLEBANK_LICENCE_KEY")?);
        let mut builder = if is_standard {
            Self::standard(mid, key, required("SETTLEBANK_AES_KEY")?)
        } else {
            Self::flat(mid, key)
        };
        builder = builder.endpoint(endpoint(optional("SETTLEBANK_BASE_URL"), optional("SETTLEBANK_ENV"))?);
        match optional("SETTLEBANK_ALLOW_CUSTOM_HOST").as_deref() {
            None | Some("0") => {}
            Some("1") => builder = builder.allow_custom_host(true),
            Some(_) => return Err(Invalid::new("SETTLEBANK_ALLOW_CUSTOM_HOST", "must be 0 or 1")),
        }
        match optional("SETTLEBANK_FLAT_EQUAL_AMOUNTS").as_deref() {
            None | Some("refuse") => {}
            Some("send") => builder = builder.equal_amounts(EqualAmounts::Send),
            Some(_) => return Err(Invalid::new("SETTLEBANK_FLAT_EQUAL_AMOUNTS", "must be send or refuse")),
        }
        if let Some(seconds) = optional("SETTLEBANK_TOTAL_TIMEOUT_SECONDS") {
            builder = builder.total_timeout(seconds_from(&seconds)?);
        }
        if let Some(path) = optional("SETTLEBANK_CA_FILE") {
            let pem = std::fs::read(path)
                .map_err(|_| Invalid::new("SETTLEBANK_CA_FILE", "must be a file that can be read"))?;
            builder = builder.extra_root_certificates(pem);
        }
        build(builder)
    }
}

fn endpoint(base_url: Option<String>, env: Option<String>) -> Result<Endpoint, Invalid> {
    match (base_url, env.as_deref()) {
        (Some(url), None | Some("production" | "sandbox")) => Ok(Endpoint::Custom(url)),
        (None, Some("production")) => Ok(Endpoint::Production),
        (None, Some("sandbox")) => Ok(Endpoint::Sandbox),
        (_, Some(_)) => Err(Invalid::new("SETTLEBANK_ENV", "must be production or sandbox")),
        (None, None) => Err(Invalid::new("SETTLEBANK_ENV", "must be set, or SETTLEBANK_BASE_URL")),
    }
}

fn seconds_from(text: &str) -> Result<Duration, Invalid> {
    text.parse()
        .ok()
        .filter(|seconds| (1..=MAX_TOTAL_TIMEOUT).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            Invalid::new("SETTLEBANK_TOTAL_TIMEOUT_SECONDS", "must be whole seconds from 1 to 600")
        })
}

/// Builds, and names the variable instead of the builder's field.
fn build(builder: ConfigBuilder) -> Result<Config, Invalid> {
    builder.build().map_err(|error| {
        let name = match error.field() {
            "mid" => "SETTLEBANK_MID",
            "licence_key" => "SETTLEBANK_LICENCE_KEY",
            "aes_key" => "SETTLEBANK_AES_KEY",
            "base_url" => "SETTLEBANK_BASE_URL",
            other => other,
        };
        Invalid::new(name, error.reason().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
    use crate::request::Form;

    fn read(changes: &[(&str, &str)]) -> Result<Config, Invalid> {
        let mut vars = std::collections::HashMap::from([
            ("SETTLEBANK_FORM", "standard"),
            ("SETTLEBANK_MID", "nxca_jt_il"),
            ("SETTLEBANK_LICENCE_KEY", SANDBOX_LICENCE_KEY),
            ("SETTLEBANK_AES_KEY", SANDBOX_AES_KEY),
            ("SETTLEBANK_ENV", "sandbox"),
        ]);
        vars.extend(changes.iter().copied());
        Config::from_vars(|name| vars.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn both_forms_and_every_endpoint() {
        assert_eq!(read(&[]).unwrap().form(), Form::Standard);
        let flat = read(&[("SETTLEBANK_FORM", "flat"), ("SETTLEBANK_AES_KEY", "")]).unwrap();
        assert_eq!((flat.form(), flat.endpoint()), (Form::Flat, &Endpoint::Sandbox));
        let custom = read(&[("SETTLEBANK_BASE_URL", "http://127.0.0.1:9"), ("SETTLEBANK_ENV", "")]).unwrap();
        assert_eq!(custom.endpoint(), &Endpoint::Custom("http://127.0.0.1:9".into()));
        let own = "x".repeat(32);
        let keys = [("SETTLEBANK_LICENCE_KEY", "another"), ("SETTLEBANK_AES_KEY", own.as_str())];
        let live = read(&[("SETTLEBANK_ENV", "production"), keys[0], keys[1]]).unwrap();
        assert_eq!(live.endpoint(), &Endpoint::Production);
        let slow = read(&[("SETTLEBANK_TOTAL_TIMEOUT_SECONDS", "60")]).unwrap();
        assert_eq!(slow.transport.total_timeout, Duration::from_secs(60));
        let send = read(&[("SETTLEBANK_FLAT_EQUAL_AMOUNTS", "send")]).unwrap();
        assert_eq!(send.equal_amounts(), EqualAmounts::Send);
    }

    #[test]
    fn the_published_keys_are_named_at_the_live_host() {
        let live = ("SETTLEBANK_ENV", "production");
        assert_eq!(read(&[live]).unwrap_err().field(), "SETTLEBANK_LICENCE_KEY");
        let own = ("SETTLEBANK_LICENCE_KEY", "another");
        assert_eq!(read(&[live, own]).unwrap_err().field(), "SETTLEBANK_AES_KEY");
    }

    #[test]
    fn every_bad_variable_is_named() {
        for (name, value) in [
            ("SETTLEBANK_FORM", ""),
            ("SETTLEBANK_FORM", "Standard"),
            ("SETTLEBANK_MID", ""),
            ("SETTLEBANK_MID", "가맹점"),
            ("SETTLEBANK_LICENCE_KEY", ""),
            ("SETTLEBANK_LICENCE_KEY", "two words"),
            ("SETTLEBANK_AES_KEY", ""),
            ("SETTLEBANK_AES_KEY", "short"),
            ("SETTLEBANK_ENV", ""),
            ("SETTLEBANK_ENV", "live"),
            ("SETTLEBANK_ALLOW_CUSTOM_HOST", "yes"),
            ("SETTLEBANK_FLAT_EQUAL_AMOUNTS", "yes"),
            ("SETTLEBANK_TOTAL_TIMEOUT_SECONDS", "0"),
            ("SETTLEBANK_TOTAL_TIMEOUT_SECONDS", "601"),
            ("SETTLEBANK_TOTAL_TIMEOUT_SECONDS", "1.5"),
            ("SETTLEBANK_CA_FILE", "/nowhere/at/all.pem"),
            #[cfg(feature = "client")]
            ("SETTLEBANK_BASE_URL", "http://proxy.example"),
            #[cfg(feature = "client")]
            ("SETTLEBANK_BASE_URL", "https://proxy.example"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().field(), name, "{value}");
        }
    }
}
