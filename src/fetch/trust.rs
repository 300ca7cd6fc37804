//! Whose certificates are believed: the machine's authorities, or Mozilla's where it has none, and those of a file.

use std::io::Read;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::FetchError;

/// The biggest file of authorities: all of Mozilla's are a quarter of this.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The authorities of a PEM file. A file that cannot be used is a fault: to go on without it would be to fail at every
/// site, one by one.
pub(super) fn extra(file: &Path) -> Result<Vec<CertificateDer<'static>>, FetchError> {
    let fault = |why: String| FetchError::Setup(format!("fetch.extra_ca: {}: {why}", file.display()));
    let mut pem = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| fault(error.to_string()))?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut pem).map_err(|error| fault(error.to_string()))?;
    if u64::try_from(pem.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
        return Err(fault("it is bigger than 1 MiB".to_owned()));
    }
    let found: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| fault(error.to_string()))?;
    let mut roots = rustls::RootCertStore::empty();
    for authority in &found {
        roots.add(authority.clone()).map_err(|error| fault(error.to_string()))?;
    }
    if found.is_empty() { Err(fault("it holds no certificate".to_owned())) } else { Ok(found) }
}

/// TLS with Mozilla's certificates and these, for machines that have none.
pub(super) fn mozilla(extra: &[CertificateDer<'static>]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(extra.iter().cloned());
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}
