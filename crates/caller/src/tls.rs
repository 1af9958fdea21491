use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use rustls::{
    AlertDescription, ClientConfig, ProtocolVersion, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream, server};

use crate::TestIdentity;

/// One exchange, from the connection to its end.
const LONGEST_EXCHANGE: Duration = Duration::from_secs(60);

/// How a connection over TLS is made: who we are, whom we expect, what we trust.
#[derive(Clone, Debug)]
pub struct TlsPlan {
    /// What we present; `None` presents no certificate.
    pub identity: Option<TestIdentity>,
    /// Certificates in PEM: the server's own, or CAs above it.
    pub trust: String,
    /// The name that the server's certificate must carry.
    pub server_name: String,
    /// The only version that we offer; `None` offers 1.2 and 1.3.
    pub version: Option<TlsVersion>,
}

impl TlsPlan {
    /// Presents `identity` to `server_name`, whose certificate must stand in or under `trust`; TLS 1.2 or 1.3.
    pub fn new(identity: Option<TestIdentity>, trust: &str, server_name: &str) -> Self {
        Self { identity, trust: trust.to_owned(), server_name: server_name.to_owned(), version: None }
    }

    /// Sends `octets` over a connection of its own and gives all that comes back until the server closes, a minute at most.
    ///
    /// # Errors
    /// No connection, no handshake, or the server refuses our certificate.
    pub async fn exchange(&self, server: SocketAddr, octets: &[u8]) -> anyhow::Result<Vec<u8>> {
        let exchange = async {
            let mut stream = self.connect(TcpStream::connect(server).await?).await?;
            stream.write_all(octets).await?;
            let mut answer = Vec::new();
            match stream.read_to_end(&mut answer).await {
                // Some servers leave out the last words of TLS.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
                read => drop(read?),
            }
            Ok(answer)
        };
        timeout(LONGEST_EXCHANGE, exchange).await.context("the server does not end the exchange")?
    }

    /// Makes the handshake. In TLS 1.3 it ends before the server has judged our certificate: a refusal comes with the
    /// next reading.
    pub(crate) async fn connect(&self, stream: TcpStream) -> anyhow::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(self.server_name.clone())
            .with_context(|| format!("{} is no server name", self.server_name))?;
        let connector = TlsConnector::from(Arc::new(self.config()?));
        Ok(connector.connect(name, stream).await?)
    }

    /// Takes the handshake of the server's client side, which must present a certificate in or under `trust`.
    pub(crate) async fn accept(&self, stream: TcpStream) -> anyhow::Result<server::TlsStream<TcpStream>> {
        let (chain, key) =
            self.identity.as_ref().context("a gateway that listens needs an identity")?.parts()?;
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(self.roots()?), provider()).build()?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&self.versions())?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .context("the identity cannot be used")?;
        Ok(TlsAcceptor::from(Arc::new(config)).accept(stream).await?)
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        match self.version {
            None => vec![&TLS13, &TLS12],
            Some(TlsVersion::Tls12) => vec![&TLS12],
            Some(TlsVersion::Tls13) => vec![&TLS13],
        }
    }

    fn config(&self) -> anyhow::Result<ClientConfig> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&self.versions())?
            .with_root_certificates(self.roots()?);
        match &self.identity {
            None => Ok(config.with_no_client_auth()),
            Some(identity) => {
                let (chain, key) = identity.parts()?;
                config.with_client_auth_cert(chain, key).context("the identity cannot be used")
            }
        }
    }

    fn roots(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.trust.as_bytes()) {
            roots
                .add(certificate.context("what is trusted is no PEM")?)
                .context("what is trusted cannot be read")?;
        }
        ensure!(!roots.is_empty(), "no certificate of the server is trusted");
        Ok(roots)
    }
}

type Parts = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl TestIdentity {
    fn parts(&self) -> anyhow::Result<Parts> {
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem().as_bytes());
        let chain = chain.collect::<Result<Vec<_>, _>>().context("the identity's chain is no PEM")?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem().as_bytes());
        Ok((chain, key.context("the identity's key is no PEM")?))
    }
}

/// What a handshake agreed on, and what the server showed in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFacts {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite, by its name in the registry: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The server's own certificate (DER).
    pub certificate: Vec<u8>,
}

impl TlsFacts {
    pub(crate) fn of(version: TlsVersion, stream: &TlsStream<TcpStream>) -> Self {
        let connection = stream.get_ref().1;
        let cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
        let chain = connection.peer_certificates().unwrap_or_default();
        Self {
            version,
            cipher: cipher.unwrap_or_default(),
            certificate: chain.first().map(|der| der.to_vec()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// A version of TLS that is still in use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl TlsVersion {
    /// The version that a handshake agreed on.
    pub(crate) fn of(stream: &TlsStream<TcpStream>) -> Option<Self> {
        match stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Some(Self::Tls12),
            Some(ProtocolVersion::TLSv1_3) => Some(Self::Tls13),
            _ => None,
        }
    }
}

/// The alert with which the server ended TLS; `Display` gives the RFC's name of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Alert(pub u8);

impl Alert {
    /// The alert that stands behind an error of this crate, if one does.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| cause.downcast_ref::<io::Error>().and_then(Self::of_io))
    }

    /// The alert inside an error of reading or writing.
    pub(crate) fn of_io(error: &io::Error) -> Option<Self> {
        match error.get_ref()?.downcast_ref::<rustls::Error>()? {
            rustls::Error::AlertReceived(alert) => Some(Self::from(*alert)),
            _ => None,
        }
    }
}

impl From<AlertDescription> for Alert {
    fn from(alert: AlertDescription) -> Self {
        Self(alert.into())
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 8446 6.2 and, for 41, RFC 5246 7.2.2.
        let name = match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            112 => "unrecognized_name",
            116 => "certificate_required",
            other => return write!(f, "alert {other}"),
        };
        f.write_str(name)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alert_is_found_behind_its_context_and_named_as_the_rfc_does() {
        let inner = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
        let error = Err::<(), _>(io::Error::new(io::ErrorKind::InvalidData, inner))
            .context("nothing answers any more")
            .unwrap_err();

        assert_eq!(Alert::of(&error), Some(Alert(116)));
        assert_eq!(Alert(116).to_string(), "certificate_required");
        assert_eq!(Alert(48).to_string(), "unknown_ca");
        assert_eq!(Alert(255).to_string(), "alert 255");
    }

    #[test]
    fn error_without_alert_has_none() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::ConnectionReset));

        assert_eq!(Alert::of(&error), None);
    }

    #[test]
    fn plan_that_trusts_nothing_is_refused() {
        let plan = TlsPlan::new(None, "", "um.test");

        assert_eq!(plan.config().unwrap_err().to_string(), "no certificate of the server is trusted");
    }
}
