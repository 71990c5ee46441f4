//! A test certificate authority made at start, and a server certificate: right, or wrong in a chosen way.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::options::Certificate;

fn failed(error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(error.to_string())
}

fn authority() -> std::io::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut authority = CertificateParams::new(Vec::<String>::new()).map_err(failed)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "pg-cancel-sandbox test authority");
    CertifiedIssuer::self_signed(authority, KeyPair::generate().map_err(failed)?).map_err(failed)
}

/// An acceptor with the certificate asked for, and the authority's certificate (PEM) that clients are to trust.
pub(crate) fn acceptor(kind: Certificate) -> std::io::Result<(TlsAcceptor, String)> {
    let issuer = authority()?;
    let stranger = authority()?;
    let signer = if kind == Certificate::Untrusted { &stranger } else { &issuer };
    let names: &[&str] = match kind {
        Certificate::WrongHost => &["elsewhere.invalid"],
        _ => &["127.0.0.1", "::1", "localhost"],
    };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut leaf = CertificateParams::new(names).map_err(failed)?;
    if kind == Certificate::Expired {
        leaf.not_before = rcgen::date_time_ymd(2019, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let leaf_key = KeyPair::generate().map_err(failed)?;
    let leaf = match kind {
        Certificate::SelfSigned => leaf.self_signed(&leaf_key),
        _ => leaf.signed_by(&leaf_key, signer),
    }
    .map_err(failed)?;

    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), issuer.pem()))
}
