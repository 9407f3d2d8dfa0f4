//! TLS 1.3 between parties (RFC 8446): servers show a certificate of the market, clients a key of
//! their own choice. Who somebody is comes from statements only; here a connection merely proves
//! that its other end holds a key.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivateSec1KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    SignatureScheme,
};
use semper_base::limits::{CERTIFICATE_BYTES_MAX, PATH_CERTIFICATES_MAX};
use semper_base::{Code, Fault};
use semper_support::comm::TlsKeyId;
use semper_support::crypto::{KeyPair, PublicKey};

/// A TLS key with its certificates: what one end of a connection shows.
#[derive(Clone)]
pub struct Identity {
    /// The key.
    pub pair: KeyPair,
    /// Certificates (DER): the key's own first, then its issuers without the root.
    pub chain: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({:?})", self.id())
    }
}

impl Identity {
    /// The name of the key on the wire.
    #[must_use]
    pub fn id(&self) -> TlsKeyId {
        self.pair.public.id()
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect()
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(ec_private_key(&self.pair)))
    }
}

/// The key as `ECPrivateKey` (RFC 5915): version 1, the scalar, curve prime256v1, the point. All
/// lengths are fixed, so the DER is a frame around two fields.
fn ec_private_key(pair: &KeyPair) -> Vec<u8> {
    const BEFORE_SCALAR: [u8; 7] = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
    const BEFORE_POINT: [u8; 17] =
        [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00];
    [BEFORE_SCALAR.as_slice(), pair.secret.danger_bytes(), &BEFORE_POINT, pair.public.point()].concat()
}

/// aws-lc, with the suite on SHA-256 first: it costs least and is as strong as P-256.
fn provider() -> Arc<CryptoProvider> {
    use aws_lc_rs::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};
    let cipher_suites = vec![TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256, TLS13_AES_256_GCM_SHA384];
    Arc::new(CryptoProvider { cipher_suites, ..aws_lc_rs::default_provider() })
}

fn fault(error: &rustls::Error) -> Fault {
    Fault::new(Code::Tls, error.to_string())
}

/// How our server talks TLS: 1.3 only, with a client certificate or not at all. Connections are
/// kept open, so no session is ever resumed.
pub(crate) fn server_config(identity: &Identity) -> Result<Arc<ServerConfig>, Fault> {
    let provider = provider();
    let clients = Arc::new(AnyKey { algorithms: provider.signature_verification_algorithms });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| fault(&error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(identity.certificates(), identity.key())
        .map_err(|error| fault(&error))?;
    config.ignore_client_order = true;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// How we talk TLS to a server: it must show a certificate for its name under `root` (DER, the
/// market's), and we show `identity`.
pub(crate) fn client_config(root: &[u8], identity: &Identity) -> Result<Arc<ClientConfig>, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root)).map_err(|error| fault(&error))?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| fault(&error))?
        .with_root_certificates(roots)
        .with_client_auth_cert(identity.certificates(), identity.key())
        .map_err(|error| fault(&error))?;
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The key that the client of this connection proved to hold.
pub(crate) fn client_key(connection: &rustls::ServerConnection) -> Option<TlsKeyId> {
    let certificate = connection.peer_certificates()?.first()?;
    public_key(certificate).ok().map(|key| key.id())
}

/// The key that the server of this connection proved to hold.
pub(crate) fn server_key(connection: &rustls::ClientConnection) -> Option<TlsKeyId> {
    let certificate = connection.peer_certificates()?.first()?;
    public_key(certificate).ok().map(|key| key.id())
}

/// The P-256 key in a certificate, in the one form that we read.
fn public_key(certificate: &CertificateDer<'_>) -> Result<PublicKey, rustls::Error> {
    if certificate.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::BadEncoding.into());
    }
    let parsed = ParsedCertificate::try_from(certificate)?;
    PublicKey::from_spki(&parsed.subject_public_key_info()).map_err(|_| CertificateError::BadEncoding.into())
}

/// Accepts every client that proves to hold the key of its certificate, whoever signed that.
#[derive(Debug)]
struct AnyKey {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if intermediates.len() >= PATH_CERTIFICATES_MAX {
            return Err(CertificateError::BadEncoding.into());
        }
        public_key(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    /// The proof of possession: a signature over the handshake by the certificate's key.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
