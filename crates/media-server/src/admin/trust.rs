//! The certificates that a gateway is trusted by: files are judged here, by `cert_manager`, before the Site takes them in.

use admin_api::{ApiError, NewTrustedRoots, TrustFile};
use cert_manager::{CertificateFacts, Pin, Root, TrustEntry, TrustHow, TrustKind, read_trust};
use dial_plan::{AnchorKind, GatewayAddress, IpGateway, TrustAnchor, TrustChange, TrustedRoot, VendorRoot};
use jiff::Timestamp;

use super::answer::Refusal;
use crate::trust::PeerTrust;

/// How much a gateway's certificate may be judged by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TrustedBy {
    /// Certificates and keys that stand for it by themselves.
    pub(super) pins: usize,
    /// Roots, its own and the company's.
    pub(super) roots: usize,
}

impl TrustedBy {
    /// By the Site and the folder of roots.
    pub(super) fn of(gateway: &IpGateway, trust: &PeerTrust) -> Self {
        let count = |kind: AnchorKind| gateway.trust.iter().filter(|anchor| anchor.kind == kind).count();
        let roots = count(AnchorKind::Root).saturating_add(trust.roots_for(gateway));
        Self { pins: count(AnchorKind::Pin), roots }
    }

    /// Whether every certificate is refused.
    pub(super) fn is_nothing(self) -> bool {
        self == Self { pins: 0, roots: 0 }
    }
}

/// The anchors of these files for a gateway of this address; all of them or a refusal in words.
pub(super) fn anchors(files: &[TrustFile], address: &GatewayAddress) -> Result<Vec<TrustAnchor>, Refusal> {
    let address = address.to_string();
    let mut anchors: Vec<TrustAnchor> = Vec::new();
    for file in files {
        let how = match file.how {
            admin_api::TrustHow::Auto => TrustHow::Auto,
            admin_api::TrustHow::Pin => TrustHow::Pin,
            admin_api::TrustHow::Root => TrustHow::Root,
        };
        let entries = read_trust(&file.pem, how, &address, Timestamp::now()).map_err(|refusal| {
            let words = match file.file.as_str() {
                "" => refusal.to_string(),
                name => format!("{name}: {refusal}"),
            };
            Refusal(ApiError::told("trust-refused", &file.file, &words))
        })?;
        for anchor in entries.iter().map(anchor) {
            if !anchors.iter().any(|known| known.is_same(&anchor)) {
                anchors.push(anchor);
            }
        }
    }
    Ok(anchors)
}

/// These files instead of what was trusted before.
pub(super) fn replaced_by(files: &[TrustFile], address: &GatewayAddress) -> Result<TrustChange, Refusal> {
    if files.is_empty() {
        return Ok(TrustChange::Clear);
    }
    anchors(files, address).map(TrustChange::Replace)
}

/// Whether an anchor that came in as a whole is what its certificate says; else what differs.
pub(super) fn check(anchor: &TrustAnchor) -> Result<(), String> {
    let facts = match anchor.kind {
        AnchorKind::Pin => Pin::from_pem(&anchor.pem).map(|pin| pin.facts().clone()),
        AnchorKind::Root => Root::from_pem(&anchor.pem).map(|root| root.facts().clone()),
    };
    let facts = facts.map_err(|error| error.detail)?;
    let spki_sha256 = anchor.spki_sha256.as_ref().unwrap_or(&facts.spki_sha256);
    compare(&facts, [&anchor.sha256, spki_sha256, &anchor.subject], anchor.not_after)
}

/// Whether a trusted root that came in as a whole is what its certificate says; else what differs.
pub(super) fn check_root(root: &TrustedRoot) -> Result<(), String> {
    let facts =
        read_trust(&root.pem, TrustHow::Root, "", root.not_after).map_err(|refusal| refusal.to_string())?;
    let [only] = facts.as_slice() else { return Err("it holds more than one certificate".to_owned()) };
    compare(&only.facts, [&root.sha256, &root.spki_sha256, &root.subject], root.not_after)
}

/// Whether a vendor's root that came in as a whole is what its certificate says; else what differs.
pub(super) fn check_vendor_root(root: &VendorRoot) -> Result<(), String> {
    let facts =
        read_trust(&root.pem, TrustHow::Root, "", root.not_after).map_err(|refusal| refusal.to_string())?;
    let [only] = facts.as_slice() else { return Err("it holds more than one certificate".to_owned()) };
    compare(&only.facts, [&root.sha256, &only.facts.spki_sha256, &root.subject], root.not_after)
}

/// The roots of a vendor's file.
pub(super) fn vendor_roots(file: &str, pem: &str) -> Result<Vec<VendorRoot>, Refusal> {
    let file = NewTrustedRoots { file: file.to_owned(), pem: pem.to_owned(), gateways: Vec::new() };
    let of_vendor = |root: TrustedRoot| VendorRoot {
        sha256: root.sha256,
        subject: root.subject,
        not_after: root.not_after,
        pem: root.pem,
    };
    Ok(roots(&file)?.into_iter().map(of_vendor).collect())
}

/// The roots of a file, for these gateways or for all.
pub(super) fn roots(file: &NewTrustedRoots) -> Result<Vec<TrustedRoot>, Refusal> {
    let entries = read_trust(&file.pem, TrustHow::Root, "", Timestamp::now()).map_err(|refusal| {
        let words = match file.file.as_str() {
            "" => refusal.to_string(),
            name => format!("{name}: {refusal}"),
        };
        Refusal(ApiError::told("trust-refused", &file.file, &words))
    })?;
    let root = |entry: &TrustEntry| TrustedRoot {
        sha256: entry.facts.sha256.clone(),
        spki_sha256: entry.facts.spki_sha256.clone(),
        subject: entry.facts.subject.clone(),
        not_after: entry.facts.not_after,
        gateways: file.gateways.clone(),
        crl_source: None,
        pem: entry.pem.clone(),
    };
    Ok(entries.iter().map(root).collect())
}

/// A pin for the gateway, made of the certificate that a peer showed.
pub(super) fn pin(pem: &str) -> Result<TrustAnchor, Refusal> {
    let entries = read_trust(pem, TrustHow::Pin, "", Timestamp::now())
        .map_err(|refusal| Refusal(ApiError::told("trust-refused", "", &refusal.to_string())))?;
    let only = entries.first().map(anchor);
    only.ok_or_else(|| Refusal(ApiError::told("trust-refused", "", "there is no certificate: show it again")))
}

fn compare(facts: &CertificateFacts, said: [&String; 3], not_after: Timestamp) -> Result<(), String> {
    let is = [("sha256", &facts.sha256), ("spki_sha256", &facts.spki_sha256), ("subject", &facts.subject)];
    if let Some(((key, is), _)) = is.into_iter().zip(said).find(|((_, is), said)| is != said) {
        return Err(format!("its {key} is {is}"));
    }
    if facts.not_after != not_after {
        return Err(format!("its not_after is {}", facts.not_after));
    }
    Ok(())
}

fn anchor(entry: &TrustEntry) -> TrustAnchor {
    TrustAnchor {
        kind: match entry.kind {
            TrustKind::Pin => AnchorKind::Pin,
            TrustKind::Root => AnchorKind::Root,
        },
        sha256: entry.facts.sha256.clone(),
        spki_sha256: Some(entry.facts.spki_sha256.clone()),
        subject: entry.facts.subject.clone(),
        not_after: entry.facts.not_after,
        pem: entry.pem.clone(),
    }
}
