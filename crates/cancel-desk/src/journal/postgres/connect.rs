//! Where the server is, how it is talked to, and what it must promise before a refund is entrusted to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use pg_core::Invalid;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::JournalError;
use super::error::no_connection;

/// A server that does not take a connection within this time is down.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a transaction may stand still between two of its steps while it holds locks.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(10);

/// A server's address, read from its URL.
#[derive(Debug)]
pub(super) struct Address {
    config: Config,
    root_certificate: Option<PathBuf>,
}

const fn invalid(rule: &'static str) -> InvalidUrl {
    InvalidUrl(rule)
}

/// A rule that the URL breaks; never a part of the URL itself, which holds the password.
struct InvalidUrl(&'static str);

impl From<InvalidUrl> for Invalid {
    fn from(error: InvalidUrl) -> Self {
        Self::new("journal", error.0)
    }
}

impl Address {
    /// Reads `postgresql://user:password@host/database?sslmode=..&sslrootcert=..`.
    pub(super) fn parse(url: &str) -> Result<Self, Invalid> {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("postgres" | "postgresql")) {
            return Err(invalid("must be a url postgresql://user:password@host/database").into());
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root_certificate, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", word)) => mode = Some(word),
                Some(("sslrootcert", path)) => root_certificate = Some(PathBuf::from(path)),
                _ => rest.push(pair),
            }
        }
        let mut config: Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(|_| invalid("must be a postgresql url with known options alone"))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(invalid("must name a host").into());
        }
        config.ssl_mode(ssl_mode(mode, is_local(&config))?);
        config.connect_timeout(CONNECT).tcp_user_timeout(Duration::from_secs(30));
        config.keepalives(true).keepalives_idle(Duration::from_secs(30));
        // a stand-by could be read, but never written
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("cancel-desk");
        }
        Ok(Self { config, root_certificate })
    }

    /// A pool of connections, none of them made yet. Each is checked when it is made.
    pub(super) fn pool(self, session: Session, connections: usize) -> Result<Pool, JournalError> {
        let limit = session.limit;
        // a connection is used again unless it is closed; what it was left in was rolled back before
        let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if self.config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(self.config, NoTls, fast)
        } else {
            let tls = tls(self.root_certificate)?;
            Manager::from_config(self.config, MakeRustlsConnect::new(tls), fast)
        };
        let session = Arc::new(session);
        let ready = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let session = Arc::clone(&session);
            Box::pin(async move { session.begin(client).await })
        });
        Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limit))
            .create_timeout(Some(CONNECT))
            .post_create(ready)
            .build()
            .map_err(|_| Invalid::new("journal", "must be opened with a pool of connections").into())
    }
}

fn is_local(config: &Config) -> bool {
    let named = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    named && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

/// Beyond this computer, plain text must be asked for by name; a name that is checked is all that TLS is good for, so
/// the weaker words for it mean no less.
fn ssl_mode(word: Option<&str>, local: bool) -> Result<SslMode, Invalid> {
    match word {
        Some("disable") => Ok(SslMode::Disable),
        Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
        Some("prefer") if !local => {
            Err(invalid("must have sslmode=require, or sslmode=disable on a network that is safe").into())
        }
        Some("prefer") => Ok(SslMode::Prefer),
        None if local => Ok(SslMode::Disable),
        None => Ok(SslMode::Require),
        Some(_) => Err(invalid("must have sslmode=require, prefer or disable").into()),
    }
}

fn tls(root_certificate: Option<PathBuf>) -> Result<ClientConfig, Invalid> {
    let unreadable = || invalid("must have a readable pem file of certificates as sslrootcert");
    let mut roots = RootCertStore::empty();
    match root_certificate {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
                let added = certificate.map(|certificate| roots.add(certificate));
                added.map_err(|_| unreadable())?.map_err(|_| unreadable())?;
            }
            if roots.is_empty() {
                return Err(unreadable().into());
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| invalid("must be reachable by tls 1.2 or 1.3"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What every connection is set to.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) schema: String,
    pub(super) limit: Duration,
}

impl Session {
    /// Sets it, and believes only what is read back.
    async fn begin(&self, client: &Client) -> Result<(), HookError> {
        let limit = self.limit.as_millis();
        let idle = IDLE_IN_TRANSACTION.min(self.limit).as_millis();
        // the schema's name is checked to be a plain word
        let set = format!(
            "SET search_path = \"{}\"; SET statement_timeout = {limit}; SET lock_timeout = {limit};
             SET idle_in_transaction_session_timeout = {idle};
             SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off;
             SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')",
            self.schema
        );
        client.batch_execute(&set).await.map_err(HookError::Backend)?;
        let row = client
            .query_one(
                "SELECT current_setting('synchronous_commit') IN ('on', 'remote_apply'),
                        current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on',
                        current_setting('server_encoding') = 'UTF8',
                        current_setting('server_version_num')::bigint >= 130000,
                        current_setting('default_transaction_isolation') = 'read committed',
                        current_setting('session_replication_role') <> 'replica'",
                &[],
            )
            .await
            .map_err(HookError::Backend)?;
        for (column, rule) in [
            "must be on a server that commits with synchronous_commit = on",
            "must be on a server that runs with fsync = on: without it a power failure loses refunds",
            "must be on a server that runs with full_page_writes = on: without it a power failure tears pages",
            "must be in a database of encoding UTF8",
            "must be on PostgreSQL 13 or later",
            "must be read and written at isolation level read committed",
            "must be written with session_replication_role = origin: else no trigger keeps what was written",
        ]
        .into_iter()
        .enumerate()
        {
            if !row.try_get::<_, bool>(column).map_err(HookError::Backend)? {
                return Err(HookError::message(rule));
            }
        }
        Ok(())
    }
}

pub(super) async fn connection(pool: &Pool) -> Result<Object, JournalError> {
    pool.get().await.map_err(no_connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> Result<SslMode, String> {
        Address::parse(url).map(|address| address.config.get_ssl_mode()).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_text_leaves_this_computer_only_when_asked_for_by_name() {
        for (url, expected) in [
            ("postgresql://u:p@127.0.0.1/d", SslMode::Disable),
            ("postgresql://u:p@localhost:6000/d", SslMode::Disable),
            ("postgresql://u:p@[::1]/d?sslmode=prefer", SslMode::Prefer),
            ("postgresql:///d?host=/run/postgresql", SslMode::Disable),
            ("postgres://u:p@127.0.0.1/d?sslmode=require", SslMode::Require),
            ("postgres://u:p@db.example/d", SslMode::Require),
            ("postgres://u:p@db.example/d?sslmode=verify-full", SslMode::Require),
            ("postgres://u:p@db.example/d?sslmode=disable&connect_timeout=3", SslMode::Disable),
            ("postgres://u:p@127.0.0.1,db.example/d", SslMode::Require),
            ("postgres://u:p@127.0.0.1/d?hostaddr=192.0.2.1", SslMode::Require),
            ("postgres://u:p@127.0.0.1.example/d", SslMode::Require),
        ] {
            assert_eq!(mode(url), Ok(expected), "{url}");
        }
        assert!(mode("postgres://u:p@db.example/d?sslmode=prefer").is_err());
        assert!(mode("postgres://u:p@db.example/d?sslmode=maybe").is_err());
    }

    #[test]
    fn an_unreadable_url_is_refused_without_being_shown() {
        for url in [
            "",
            "journal.db",
            "http://u:geheim@h/d",
            "host=h password=geheim",
            "postgres://u:geheim@h:port/d",
            "postgres://u:geheim@h/d?geheim=1",
            "postgres://u:geheim%ff@h:1:2/d",
            "postgres:///geheim",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.field(), "journal", "{url}");
            assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
        }
        let address = Address::parse("postgres://u:geheim@h/d").unwrap();
        assert!(!format!("{address:?}").contains("geheim"));
    }

    #[test]
    fn a_root_certificate_must_be_one() {
        assert!(tls(None).is_ok());
        for bad in ["/no/such/file.pem", "/dev/null"] {
            assert!(tls(Some(bad.into())).is_err(), "{bad}");
        }
    }
}
