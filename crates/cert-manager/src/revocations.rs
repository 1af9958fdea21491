#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    chain::Chain,
    crl::{RevocationList, RevocationLists},
    identity::Identity,
    legacy_sha1::ChainSignatures,
    policy::Root,
};

/// The lists of some CAs together with their certificates: whether a certificate of our own is on one of them. Not for
/// peers, whom [`crate::PeerPolicies::judge`] judges.
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    roots: Vec<Root>,
    lists: RevocationLists,
}

impl Revocations {
    /// These lists, of these roots and of CAs below them.
    pub fn new(roots: Vec<Root>, lists: Vec<Arc<RevocationList>>) -> Self {
        Self { roots, lists: RevocationLists::new(lists) }
    }

    /// Whether the certificate, or one above it in its chain, is revoked, at `now`. What leads to none of the roots, or
    /// has no list, is not known to be: a missing or stale list takes no certificate of ours out of use.
    pub fn revoke(&self, identity: &Identity, now: Timestamp) -> bool {
        let Some((leaf, intermediates)) = identity.chain().split_first() else { return false };
        let facts = identity.facts();
        let (roots, lists, signatures) = (&self.roots, &self.lists, ChainSignatures::Modern);
        !facts.self_signed && Chain { roots, lists, facts, leaf, intermediates, signatures }.is_revoked(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::{Authority, Minted, dns, now};

    fn identity(minted: Minted) -> Identity {
        Identity::new(minted.chain.clone(), minted.key.clone_key()).unwrap()
    }

    fn seventh(issuer: &Authority) -> Minted {
        issuer.issue_with(|parameters| {
            parameters.subject_alt_names = vec![dns("um.example.com")];
            parameters.serial_number = Some(7_u64.into());
        })
    }

    #[test]
    fn certificate_is_revoked_by_the_list_of_its_own_issuer_alone_even_if_the_list_is_stale() {
        let (root, other) = (Authority::root("Company Root"), Authority::root("Other Root"));
        let listed = |issuer: &Authority, serial, until| {
            let roots = vec![root.trusted(), other.trusted()];
            Revocations::new(roots, vec![issuer.revocations(&[serial], until)])
        };
        let own = identity(seventh(&root));

        assert!(listed(&root, 7, (2040, 1, 1)).revoke(&own, now()));
        assert!(listed(&root, 7, (2029, 12, 31)).revoke(&own, now()));
        assert!(!listed(&root, 8, (2040, 1, 1)).revoke(&own, now()));
        assert!(!listed(&other, 7, (2040, 1, 1)).revoke(&own, now()));
        assert!(!Revocations::default().revoke(&own, now()));
    }

    #[test]
    fn certificate_under_a_revoked_ca_is_revoked_with_it() {
        let root = Authority::root("Company Root");
        let below = root.intermediate("Issuing CA", |parameters| {
            parameters.serial_number = Some(66_u64.into());
        });
        let own = identity(seventh(&below).with(&below));
        let lists = |serial| vec![root.revocations(&[serial], (2040, 1, 1))];

        assert!(Revocations::new(vec![root.trusted()], lists(66)).revoke(&own, now()));
        assert!(!Revocations::new(vec![root.trusted()], lists(7)).revoke(&own, now()));
    }

    #[test]
    fn self_signed_certificate_is_on_nobodys_list() {
        let own = identity(Minted::self_signed("um.example.com"));
        let root = Authority::root("Company Root");
        let lists = vec![root.revocations(&[7], (2040, 1, 1))];

        assert!(!Revocations::new(vec![root.trusted()], lists).revoke(&own, now()));
    }
}
