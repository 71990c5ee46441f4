//! What both transports ask of TLS.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::Invalid;

/// TLS 1.2 or later on ring; the web's root certificates and `extra_roots_pem`; sessions are resumed, without early data.
pub(crate) fn tls_config(extra_roots_pem: &[Vec<u8>]) -> Result<rustls::ClientConfig, Invalid> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let invalid = || Invalid::new("extra_root_certificates", "must be certificates in pem");
    for pem in extra_roots_pem {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
            found = true;
        }
        if !found {
            return Err(invalid());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| Invalid::new("transport", "the tls library offers no usable version"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // early data can be replayed: a replayed cancel is a double refund
    config.enable_early_data = false;
    Ok(config)
}
