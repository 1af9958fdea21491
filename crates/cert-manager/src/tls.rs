use std::sync::Arc;

use jiff::Timestamp;
use rustls::{
    ClientConfig, ServerConfig, SupportedProtocolVersion,
    client::Resumption,
    pki_types::UnixTime,
    server::{NoServerSessionStorage, danger::ClientCertVerifier},
    time_provider::TimeProvider,
    version::{TLS12, TLS13},
};

use crate::{
    chain::unix,
    identity::{Identity, provider},
    judge::PeerSide,
    policy::PeerPolicies,
    verdict::VerdictCell,
    verifier::PeerVerifier,
};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// The server side of mutual TLS, with the certificate that this server presents.
#[derive(Debug)]
pub struct ServerTls {
    identity: Arc<Identity>,
}

/// The TLS library cannot be configured.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("TLS cannot be set up: {detail}")]
pub struct TlsError {
    /// Its words.
    pub detail: String,
}

impl ServerTls {
    /// Presents `identity` from now on.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self { identity }
    }

    /// What is presented.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The configuration of one accepted connection, whose client must show a certificate, and where the verdict on it
    /// is found once the handshake is complete. TLS 1.3 and 1.2; no session is ever resumed, since a resumed one would
    /// not be judged.
    ///
    /// # Errors
    /// [`TlsError`]: the TLS library refuses the settings.
    pub fn accept_config(
        &self,
        policies: Arc<PeerPolicies>,
        now: Timestamp,
    ) -> Result<(Arc<ServerConfig>, VerdictCell), TlsError> {
        let (verifier, cell) = PeerVerifier::new(policies, PeerSide::Client, now);
        Ok((self.config(Arc::new(verifier), now)?, cell))
    }

    /// No session is ever resumed.
    pub(crate) fn config(
        &self,
        verifier: Arc<dyn ClientCertVerifier>,
        now: Timestamp,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(GivenTime(unix(now))))
            .with_protocol_versions(&VERSIONS)
            .map_err(|error| TlsError { detail: error.to_string() })?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(self.identity.resolver());
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// The configuration of one connection to a gateway, whose policy is the only one in `policies`; the server name given to
/// the handshake is only what SNI says, the certificate is judged by the policy alone.
///
/// Our ClientHello brings the key share of X25519 and lists X25519MLKEM768 without one: with it the hello would have two
/// segments, which old stacks drop. A peer that wants the hybrid asks for it (HelloRetryRequest).
///
/// # Errors
/// [`TlsError`]: the TLS library refuses the settings.
pub fn connect_config(
    identity: &Identity,
    policies: Arc<PeerPolicies>,
    now: Timestamp,
) -> Result<(Arc<ClientConfig>, VerdictCell), TlsError> {
    let (verifier, cell) = PeerVerifier::new(policies, PeerSide::Server, now);
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(GivenTime(unix(now))))
        .with_protocol_versions(&VERSIONS)
        .map_err(|error| TlsError { detail: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(identity.resolver());
    config.resumption = Resumption::disabled();
    Ok((Arc::new(config), cell))
}

/// The moment that the driver gave, for as long as one handshake lasts.
#[derive(Debug)]
struct GivenTime(UnixTime);

impl TimeProvider for GivenTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;
