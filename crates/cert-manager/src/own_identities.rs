#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    choice::{Choice, Wanted, choose, names},
    facts::CertificateFacts,
    identity::Identity,
    store::CertificateStore,
};

/// The resolution of a certificate's dates: it is valid through the whole of its last second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What this server presents to whom, compiled from the store for one moment and swapped whole.
///
/// A listener or a gateway that is bound to an owner is shown that owner's certificate or none, never the default.
#[derive(Clone, Debug)]
pub struct OwnIdentities {
    fqdn: String,
    default: Choice,
    owners: BTreeMap<String, Choice>,
    changes: BTreeSet<Timestamp>,
}

/// Nothing can be presented, so there is no TLS with this peer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoIdentity {
    /// None of ours will do.
    #[error(
        "no certificate of this server can be presented: `um cert explain` says why, `um cert generate` makes one"
    )]
    Ours,
    /// The owner has none that will do.
    #[error(
        "no certificate of the owner `{owner}` can be presented, and a binding never falls back to another: `um cert \
         explain --for GATEWAY` says why, `um cert import FILE` brings one"
    )]
    Owner {
        /// The owner that the listener or the gateway is bound to.
        owner: String,
    },
}

impl OwnIdentities {
    /// Chooses ours and one for each of `owners` (those that listeners and gateways are bound to).
    pub fn compile(
        store: &CertificateStore,
        fqdn: &str,
        owners: &BTreeSet<String>,
        revoked: &dyn Fn(&Identity) -> bool,
        now: Timestamp,
    ) -> Self {
        let choice = |owner| choose(store, &Wanted { owner, fqdn, revoked }, now);
        let lives = store.candidates().iter().map(|candidate| &candidate.facts);
        Self {
            fqdn: fqdn.to_owned(),
            default: choice(None),
            owners: owners.iter().map(|owner| (owner.clone(), choice(Some(owner.as_str())))).collect(),
            changes: lives.flat_map(|facts| [Some(facts.not_before), end(facts)]).flatten().collect(),
        }
    }

    /// What a peer that connects to us is shown. The first of these that says anything decides: the owner of the
    /// listener; the name that the peer asks for (SNI), if it is not our own and one owner's certificate alone has it; the
    /// owner that the one gateway with the peer's address is bound to; the default.
    ///
    /// # Errors
    /// [`NoIdentity`]: the handshake fails; who is bound to an owner never gets the default instead.
    pub fn inbound(
        &self,
        listener_owner: Option<&str>,
        sni: Option<&str>,
        bound_owner: Option<&str>,
    ) -> Result<&Arc<Identity>, NoIdentity> {
        let of = |owner| self.choice(owner).and_then(|choice| choice.chosen.as_ref());
        if listener_owner.is_some() {
            return of(listener_owner).ok_or_else(|| NoIdentity::of(listener_owner));
        }
        if let Some(identity) = sni.and_then(|name| self.named(name)) {
            return Ok(identity);
        }
        of(bound_owner).ok_or_else(|| NoIdentity::of(bound_owner))
    }

    /// What a gateway is shown that we connect to.
    ///
    /// # Errors
    /// [`NoIdentity`]: there is no connection; a gateway that is bound to an owner never sees the default instead.
    pub fn outbound(&self, bound_owner: Option<&str>) -> Result<&Arc<Identity>, NoIdentity> {
        let choice = self.choice(bound_owner);
        choice.and_then(|choice| choice.dialing.as_ref()).ok_or_else(|| NoIdentity::of(bound_owner))
    }

    /// Ours first, then each owner's by name.
    pub fn choices(&self) -> impl Iterator<Item = (Option<&str>, &Choice)> {
        let owners = self.owners.iter().map(|(owner, choice)| (Some(owner.as_str()), choice));
        std::iter::once((None, &self.default)).chain(owners)
    }

    /// When it has to be compiled anew because the life of a certificate begins or ends; `None`: never by itself.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.changes.range((Bound::Excluded(now), Bound::Unbounded)).next().copied()
    }

    fn choice(&self, owner: Option<&str>) -> Option<&Choice> {
        owner.map_or(Some(&self.default), |owner| self.owners.get(owner))
    }

    /// The one owner's certificate that bears the name. Our own name says nothing: whoever dials us asks for it.
    fn named(&self, sni: &str) -> Option<&Arc<Identity>> {
        let sni = sni.strip_suffix('.').unwrap_or(sni);
        let bears = |identity: &&Arc<Identity>| names(identity.facts(), sni);
        if sni.eq_ignore_ascii_case(&self.fqdn) || self.default.chosen.as_ref().is_some_and(|own| bears(&own))
        {
            return None;
        }
        let mut found = self.owners.values().filter_map(|choice| choice.chosen.as_ref()).filter(bears);
        let first = found.next()?;
        found.all(|other| other.facts().sha256 == first.facts().sha256).then_some(first)
    }
}

impl NoIdentity {
    fn of(owner: Option<&str>) -> Self {
        owner.map_or(Self::Ours, |owner| Self::Owner { owner: owner.to_owned() })
    }
}

/// The first moment at which it is valid no more.
fn end(facts: &CertificateFacts) -> Option<Timestamp> {
    facts.not_after.checked_add(SECOND).ok()
}

#[cfg(test)]
mod tests;
