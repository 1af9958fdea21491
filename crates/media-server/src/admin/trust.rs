//! The certificates that a gateway is trusted by: files are judged here, by `cert_manager`, before the Site takes them in.

use admin_api::{ApiError, TrustFile, TrustHow};
use cert_manager::{Pin, Root, TrustEntry, TrustKind, read_trust};
use dial_plan::{AnchorKind, GatewayAddress, TrustAnchor, TrustChange};
use jiff::Timestamp;

use super::answer::Refusal;

/// The anchors of these files for a gateway of this address; all of them or a refusal in words.
pub(super) fn anchors(files: &[TrustFile], address: &GatewayAddress) -> Result<Vec<TrustAnchor>, Refusal> {
    let address = address.to_string();
    let mut anchors: Vec<TrustAnchor> = Vec::new();
    for file in files {
        let how = match file.how {
            TrustHow::Auto => cert_manager::TrustHow::Auto,
            TrustHow::Pin => cert_manager::TrustHow::Pin,
            TrustHow::Root => cert_manager::TrustHow::Root,
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
    let differs = |key: &str, is: &str| Err(format!("its {key} is {is}"));
    if facts.sha256 != anchor.sha256 {
        return differs("sha256", &facts.sha256);
    }
    if anchor.spki_sha256.as_ref().is_some_and(|said| *said != facts.spki_sha256) {
        return differs("spki_sha256", &facts.spki_sha256);
    }
    if facts.subject != anchor.subject {
        return differs("subject", &facts.subject);
    }
    if facts.not_after != anchor.not_after {
        return differs("not_after", &facts.not_after.to_string());
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
