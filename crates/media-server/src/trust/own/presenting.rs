use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use cert_manager::{Identity, OwnIdentities};
use dial_plan::{IpGateway, Site};
use sip_signaling::PeerName;
use telephony::{Event, kind};

/// What this server shows, swapped whole: each handshake goes by the latest. Cloned freely.
#[derive(Clone)]
pub struct Presenting {
    identities: Arc<ArcSwap<OwnIdentities>>,
    /// Gateways that are bound to an owner.
    bindings: Arc<ArcSwap<BTreeMap<PeerName, String>>>,
    /// The names of the others.
    unbound: Arc<ArcSwap<Vec<String>>>,
}

/// A connection that a peer has opened, before anybody knows who it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrival<'a> {
    /// Whose certificate the listener shows, if it is one of an owner.
    pub listener_owner: Option<&'a str>,
    /// The name that the peer asks for.
    pub sni: Option<&'a str>,
    /// The gateways that have its address.
    pub gateways: &'a [PeerName],
}

/// There is nothing to show: the connection is not made, and never with another certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// In words.
    pub reason: String,
    /// Whose certificate it was to be; `None` for our own.
    pub owner: Option<String>,
    /// The gateway whose binding asks for it, if it is a binding.
    pub gateway: Option<String>,
}

impl Presenting {
    /// Shows `identities`, and knows of no binding yet.
    pub fn new(identities: OwnIdentities) -> Self {
        Self {
            identities: Arc::new(ArcSwap::from_pointee(identities)),
            bindings: Arc::default(),
            unbound: Arc::default(),
        }
    }

    /// What a peer that has connected is shown: by the listener's owner, then the name it asks for, then the binding of
    /// the one gateway that has its address; else our own.
    ///
    /// # Errors
    /// [`Missing`]: the handshake is to be refused.
    pub fn inbound(&self, arrival: &Arrival<'_>) -> Result<Arc<Identity>, Missing> {
        let bindings = self.bindings.load();
        let bound = match arrival.gateways {
            [only] => bindings.get(only).map(|owner| (only, owner)),
            [] | [..] => None,
        };
        let bound_owner = bound.map(|(_, owner)| owner.as_str());
        let identities = self.identities.load();
        identities.inbound(arrival.listener_owner, arrival.sni, bound_owner).map(Arc::clone).map_err(
            |error| {
                let (owner, gateway) = match (arrival.listener_owner, bound) {
                    (Some(owner), _) => (Some(owner.to_owned()), None),
                    (None, Some((gateway, owner))) => (Some(owner.clone()), Some(gateway.to_string())),
                    (None, None) => (None, None),
                };
                Missing { reason: error.to_string(), owner, gateway }
            },
        )
    }

    /// What a gateway is shown that we connect to: its owner's certificate if it is bound, never another; else our own.
    ///
    /// # Errors
    /// [`Missing`]: no connection is to be made.
    pub fn outbound(&self, gateway: &IpGateway) -> Result<Arc<Identity>, Missing> {
        let owner = gateway.certificate_owner.as_deref();
        self.identities.load().outbound(owner).map(Arc::clone).map_err(|error| Missing {
            reason: error.to_string(),
            owner: owner.map(str::to_owned),
            gateway: Some(gateway.name.to_string()),
        })
    }

    /// What is shown in this moment.
    pub fn current(&self) -> Arc<OwnIdentities> {
        self.identities.load_full()
    }

    /// Whether the certificate of this SHA-256 is shown to anybody.
    pub fn shows(&self, sha256: &str) -> bool {
        is_of(&self.identities.load(), |_| true, sha256)
    }

    /// Whether a connection of ours with the one of these gateways would be made under this certificate; where it may be
    /// several, nobody knows.
    pub fn suits_dialing(&self, gateways: &[PeerName], sha256: &str) -> bool {
        let [only] = gateways else { return true };
        let (identities, bindings) = (self.identities.load(), self.bindings.load());
        let owner = bindings.get(only).map(String::as_str);
        is_of(&identities, |found| found == owner, sha256)
    }

    /// Whether a connection from the address of these gateways may be made under this certificate. Who is bound to an owner
    /// is never shown the default; a listener or a name that is asked for may lead to any owner's.
    pub fn suits_arrival(&self, gateways: &[PeerName], sha256: &str) -> bool {
        let [only] = gateways else { return true };
        !self.bindings.load().contains_key(only)
            || is_of(&self.identities.load(), |owner| owner.is_some(), sha256)
    }

    /// Another set is shown from now on.
    pub(crate) fn swap(&self, identities: OwnIdentities) {
        self.identities.store(Arc::new(identities));
    }

    /// The bindings of this Site hold from now on.
    pub(super) fn bind(&self, site: &Site) {
        let bound = site.gateways().filter_map(|gateway| {
            let owner = gateway.certificate_owner.clone()?;
            Some((PeerName::from(gateway.name.as_str()), owner))
        });
        self.bindings.store(Arc::new(bound.collect()));
        let unbound = site.gateways().filter(|gateway| gateway.certificate_owner.is_none());
        self.unbound.store(Arc::new(unbound.map(|gateway| gateway.name.to_string()).collect()));
    }

    /// Who knows our own certificate, in words: every gateway but those that are bound to an owner.
    pub(super) fn unbound_words(&self) -> String {
        let unbound = self.unbound.load();
        if unbound.is_empty() { "no gateway".to_owned() } else { unbound.join(", ") }
    }

    /// The gateways that are bound to an owner, by name.
    pub(super) fn bound_to(&self, owner: &str) -> Vec<String> {
        let bindings = self.bindings.load();
        bindings.iter().filter(|(_, bound)| *bound == owner).map(|(gateway, _)| gateway.to_string()).collect()
    }
}

/// Whether this certificate is shown under one of the names that are meant.
fn is_of(identities: &OwnIdentities, is_meant: impl Fn(Option<&str>) -> bool, sha256: &str) -> bool {
    let mut choices = identities.choices().filter(|(owner, _)| is_meant(*owner));
    choices.any(|(_, choice)| {
        [&choice.chosen, &choice.dialing].into_iter().flatten().any(|own| own.facts().sha256 == sha256)
    })
}

impl Missing {
    /// How it is told.
    pub fn event(&self, direction: &'static str) -> Event {
        let mut event = Event::new(&kind::CERTIFICATE_MISSING).with("direction", direction);
        if let Some(gateway) = &self.gateway {
            event = event.with("gateway", gateway);
        }
        if let Some(owner) = &self.owner {
            event = event.with("owner", owner);
        }
        event.with("reason", &self.reason)
    }
}
