//! Certificates: what they say, which one this server presents, whom they prove a peer to be, and the TLS
//! configurations that follow from it (RFC 5280, 5922, 8446).
//!
//! The one rule: [`PeerPolicies::judge`] alone decides who a certificate is, in a handshake and for a connection that
//! is open already, and every refusal carries its reason and its alert. This crate does not know what a gateway is: it
//! sees names of peers. It is the only one that names rustls, rcgen and X.509.
//!
//! ```
//! use std::sync::Arc;
//! use cert_manager::{
//!     IssueRequest, KeyKind, PeerPolicies, PeerPolicy, PeerSide, Pin, ServerTls, Verdict, issue_self_signed,
//! };
//!
//! let now = "2026-11-21T12:00:00Z".parse().unwrap();
//! let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now).unwrap();
//! let gateway = issue_self_signed(&IssueRequest::new("gw1.example.com", KeyKind::P256), now).unwrap();
//!
//! let mut peer = PeerPolicy::new("gw1");
//! peer.pins.push(Pin::from_pem(&gateway.chain_pem()).unwrap());
//! let policies = Arc::new(PeerPolicies::new(vec![peer], Vec::new(), Arc::default()));
//! let (_config, verdict) = ServerTls::new(Arc::new(own)).accept_config(Arc::clone(&policies), now).unwrap();
//!
//! assert!(verdict.get().is_none(), "nobody has shaken hands yet");
//! let judged = policies.judge(gateway.chain(), PeerSide::Client, now);
//! assert!(matches!(judged, Verdict::Known { peers, .. } if *peers == ["gw1".into()]));
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod authority;
mod chain;
mod choice;
mod crl;
mod crl_der;
mod device;
mod expiry;
mod facts;
mod failure;
mod fqdn;
mod identity;
mod import;
mod issue;
mod judge;
mod key_kind;
mod legacy_sha1;
#[cfg(test)]
mod mint;
mod name_rule;
mod own_identities;
mod pem;
mod pkcs12;
mod pkcs8;
mod policy;
mod revocations;
mod signing_request;
mod store;
mod succession;
mod thumbprint;
mod tls;
mod trust;
mod verdict;
mod verifier;
mod waiting_key;

pub use rustls::{
    ClientConfig, ServerConfig,
    pki_types::{CertificateDer, ServerName},
};

pub use crate::{
    authority::{
        Authority, AuthorityError, AuthorityFolder, AuthorityFolderError, IssuedEntry, IssuedLeaf, KeptLeaf,
        LeafRefusal, LeafRequest, RevokeRefusal,
    },
    choice::{Choice, Standing, StandingOf, Wanted, choose},
    crl::{CrlRefusal, RevocationList, RevocationLists},
    device::{DeviceCertificate, DeviceNames, DeviceRoots},
    expiry::{ExpiryNotice, ExpiryWatch, Watched, WatchedKind},
    facts::{CertificateFacts, KeyFacts, UnreadableCertificate},
    failure::{
        ClosedBy, FailureReason, HandshakeFailure, amended_alert, explain_device_failure, explain_failure,
        explain_late_alert,
    },
    fqdn::{NameFault, check_fqdn},
    identity::{Identity, IdentityError},
    import::{ImportFault, ImportFile, ImportRefusal, Imported, read_import},
    issue::{IssueError, IssueRequest, issue_self_signed, renew_self_signed},
    judge::PeerSide,
    key_kind::KeyKind,
    legacy_sha1::ChainSignatures,
    own_identities::{NoIdentity, OwnIdentities},
    pem::certificate_text,
    pkcs12::{ExportError, check_export_password, export_pkcs12},
    policy::{Enforcement, PeerPolicies, PeerPolicy, Pin, RevocationDemand, Root},
    revocations::Revocations,
    signing_request::{RequestFor, SigningRequest, SigningRequestError, make_signing_request},
    store::{Candidate, CertificateStore, Flags, NotFound, StoreError, StoreFault, WaitingKeyError},
    succession::{SUCCESSION, SuccessionStep, succession},
    thumbprint::{BadThumbprint, Thumbprint},
    tls::{ServerTls, TlsError, connect_config},
    trust::{TrustEntry, TrustHow, TrustKind, TrustRefusal, read_trust},
    verdict::{Alert, Demand, Refusal, Verdict, VerdictCell, Waiver},
    waiting_key::WaitingKey,
};
