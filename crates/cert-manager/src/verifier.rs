#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use webpki::RawPublicKeyEntity;

use crate::{
    facts,
    identity::provider,
    judge::PeerSide,
    policy::PeerPolicies,
    verdict::{Verdict, VerdictCell},
};

type SignatureVerified = Result<HandshakeSignatureValid, Error>;

/// Asks [`PeerPolicies::judge`] in one handshake and keeps its verdict. Both sides of TLS ask here; what they do
/// differently is what a certificate means that names nobody of the policies.
pub(crate) struct PeerVerifier {
    policies: Arc<PeerPolicies>,
    side: PeerSide,
    now: Timestamp,
    cell: VerdictCell,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PeerVerifier {
    pub(crate) fn new(policies: Arc<PeerPolicies>, side: PeerSide, now: Timestamp) -> (Self, VerdictCell) {
        let cell = VerdictCell::default();
        let algorithms = provider().signature_verification_algorithms;
        (Self { policies, side, now, cell: cell.clone(), algorithms }, cell)
    }

    /// rustls's own time is passed over: the whole handshake is judged at the moment that the driver gave.
    fn judge(&self, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Verdict {
        self.policies.judge_parts(leaf, intermediates, self.side, self.now)
    }

    /// Keeps the verdict, and says what it means to the handshake.
    fn conclude(&self, verdict: Verdict) -> Result<(), Error> {
        let meaning = match &verdict {
            Verdict::Known { .. } | Verdict::Unnamed { .. } => Ok(()),
            Verdict::Refused(refusal) => Err(refusal.alert.error()),
        };
        self.cell.set(verdict);
        meaning
    }

    /// With the key alone, so that pinned certificates of X.509 version 1 or with CA:TRUE can be used. Whether the
    /// certificate may be used at all has been judged before.
    fn signature_of_tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        let spki = key_of(certificate)?;
        let key = RawPublicKeyEntity::try_from(&spki).map_err(|_| CertificateError::BadEncoding)?;
        let mut candidates = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let (_, algorithms) =
            candidates.next().ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        let verifies = algorithms
            .iter()
            .any(|algorithm| key.verify_signature(*algorithm, message, signed.signature()).is_ok());
        verifies.then(HandshakeSignatureValid::assertion).ok_or_else(|| CertificateError::BadSignature.into())
    }

    fn signature_of_tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        verify_tls13_signature_with_raw_key(message, &key_of(certificate)?, signed, &self.algorithms)
    }
}

/// The server side: one that names nobody is told so in answer to its first request. No CA names are listed, so that
/// a client shows whatever certificate it has.
impl ClientCertVerifier for PeerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.conclude(self.judge(leaf, intermediates))?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        self.signature_of_tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        self.signature_of_tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The client side: the name is the policy's, never that of the URI which led here; a certificate that names somebody
/// else ends the handshake.
impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.conclude(self.judge(leaf, intermediates).refused_unless_named())?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        self.signature_of_tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> SignatureVerified {
        self.signature_of_tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl fmt::Debug for PeerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerVerifier").field("now", &self.now).finish_non_exhaustive()
    }
}

fn key_of(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    match facts::public_key(certificate) {
        Ok(key) => Ok(SubjectPublicKeyInfoDer::from(key)),
        Err(_) => Err(CertificateError::BadEncoding.into()),
    }
}
