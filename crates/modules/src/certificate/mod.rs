//! The bundled forms of certificate.

use semper_blocks::certificate::CertificateModule;

mod x509;

/// Every bundled form: one file and one entry here for each.
pub const ALL: &[&dyn CertificateModule] = &[&x509::X509];
