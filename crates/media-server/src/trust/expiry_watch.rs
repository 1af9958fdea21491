//! Everything that TLS depends on and that ends one day: our certificates, those that peers are trusted by, and those that
//! they show. Told as events, listed by `um cert check`.
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use cert_manager::{
    CertificateFacts, ExpiryNotice, ExpiryWatch, Identity, RevocationList, Standing, Watched, WatchedKind,
};
use dial_plan::{AnchorKind, DeviceVendor, IpGateway, Site, TrustedRoot};
use jiff::Timestamp;
use telephony::{Event, kind};
use tokio::time::{MissedTickBehavior, interval};

use super::{CertificateKeeper, PeerTrust, RootOrigin};
use crate::{admin::SiteHolder, flow::FlowTable, observe::Observer};

/// Between two looks: an expiry is told this late.
const EVERY: Duration = Duration::from_secs(60);

/// Where the dates are.
#[derive(Clone)]
pub struct ExpirySources {
    /// Our certificates; `None` without TLS.
    pub keeper: Option<Arc<CertificateKeeper>>,
    /// The company's roots.
    pub trust: Arc<PeerTrust>,
    /// What peers have shown.
    pub flows: Arc<FlowTable>,
}

/// Tells what ends soon and what has ended, at `steps` days before and daily, until the server stops.
pub async fn watch_expiry(
    sources: ExpirySources,
    site: Weak<SiteHolder>,
    steps: Vec<u16>,
    observer: Observer,
) {
    let mut watch = ExpiryWatch::new(steps);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(site) = site.upgrade() else { return };
        let now = Timestamp::now();
        let watched = sources.watched(&site.current(), now);
        watch.look(&watched, now).iter().for_each(|notice| observer.tell(event(notice)));
    }
}

impl ExpirySources {
    /// All of it, as it is now.
    pub fn watched(&self, site: &Site, now: Timestamp) -> Vec<Watched> {
        let mut watched = self.keeper.as_ref().map(|keeper| own(keeper, now)).unwrap_or_default();
        watched.extend(site.gateways().flat_map(anchors));
        watched.extend(site.trusted_roots().map(of_trusted));
        let (roots, lists) = (self.trust.known_roots(), self.trust.lists());
        let in_folder = roots.iter().filter(|known| known.origin == RootOrigin::Folder);
        watched.extend(in_folder.map(|known| of_root(known.facts())));
        watched.extend(site.device_vendors().flat_map(of_vendor));
        watched.extend(lists.lists().map(|list| {
            let known = roots.iter().find(|known| known.facts().sha256 == list.issuer().sha256);
            of_list(list, known.and_then(|known| known.crl_source.as_deref()))
        }));
        let seen = self.flows.seen().into_iter().filter(|(gateway, _)| site.gateway(gateway).is_some());
        watched.extend(seen.map(|(gateway, certified)| Watched {
            key: format!("peer {gateway}"),
            what: WatchedKind::PeerCertificate,
            subject: format!("{} of gateway {gateway}", certified.subject),
            since: None,
            not_after: certified.not_after,
            remedy: format!("renew the certificate on the gateway; `um gateway show {gateway}` tells by what it is trusted"),
        }));
        watched
    }
}

/// What is shown under each name, with the issuers that are sent along; where nothing is, what was shown last.
fn own(keeper: &CertificateKeeper, now: Timestamp) -> Vec<Watched> {
    let mut watched: Vec<Watched> = Vec::new();
    let mut add = |one: Watched| {
        if !watched.iter().any(|known| known.key == one.key) {
            watched.push(one);
        }
    };
    let current = keeper.presenting().current();
    for (owner, choice) in current.choices() {
        for identity in [&choice.chosen, &choice.dialing].into_iter().flatten() {
            add(of_own(owner, identity.facts()));
            intermediates(owner, identity).into_iter().for_each(&mut add);
        }
        if choice.chosen.is_some() {
            continue;
        }
        let theirs = choice.explanation.iter().filter(|found| found.owner.as_deref() == owner);
        let ended = theirs.filter_map(|found| match found.standing {
            Standing::PassedOver { .. } if found.facts.not_after < now => Some(&found.facts),
            _ => None,
        });
        if let Some(last) = ended.max_by_key(|facts| facts.not_after) {
            add(of_own(owner, last));
        }
    }
    watched
}

fn of_own(owner: Option<&str>, facts: &CertificateFacts) -> Watched {
    let import = import_command(owner);
    let remedy = if facts.self_signed {
        format!("its successor takes over at the end: `um cert export --waiting --to FILE.pem`, or {import}")
    } else {
        format!("have it renewed by its issuer ({}), then {import}", facts.issuer)
    };
    Watched {
        key: format!("own {}", facts.sha256),
        what: WatchedKind::OwnCertificate,
        subject: match owner {
            Some(owner) => format!("{} of owner {owner}", facts.subject),
            None => facts.subject.clone(),
        },
        since: Some(facts.not_before),
        not_after: facts.not_after,
        remedy,
    }
}

fn intermediates(owner: Option<&str>, identity: &Identity) -> Vec<Watched> {
    let issuers = identity.chain().iter().skip(1).filter_map(|der| CertificateFacts::read(der).ok());
    let import = import_command(owner);
    issuers
        .map(|facts| Watched {
            key: format!("intermediate {}", facts.sha256),
            what: WatchedKind::Intermediate,
            subject: format!("{} in our chain", facts.subject),
            since: Some(facts.not_before),
            not_after: facts.not_after,
            remedy: format!("ask the issuer for the chain that follows it, then {import}"),
        })
        .collect()
}

fn import_command(owner: Option<&str>) -> String {
    let of = owner.map(|owner| format!(" --owner {owner}")).unwrap_or_default();
    format!("`um cert import FILE{of}`")
}

fn anchors(gateway: &IpGateway) -> impl Iterator<Item = Watched> {
    gateway.trust.iter().map(|anchor| {
        let (what, role) = match anchor.kind {
            AnchorKind::Pin => (WatchedKind::PeerCertificate, "pinned for"),
            AnchorKind::Root => (WatchedKind::TrustedRoot, "trusted for"),
        };
        Watched {
            key: format!("anchor {} {}", gateway.name, anchor.sha256),
            what,
            subject: format!("{} {role} gateway {}", anchor.subject, gateway.name),
            since: None,
            not_after: anchor.not_after,
            remedy: format!(
                "renew it on the gateway, then run `um gateway set {} --trust FILE.pem`",
                gateway.name.shell_word()
            ),
        }
    })
}

fn of_trusted(root: &TrustedRoot) -> Watched {
    Watched {
        key: format!("root {}", root.sha256),
        what: WatchedKind::TrustedRoot,
        subject: root.subject.clone(),
        since: None,
        not_after: root.not_after,
        remedy: "add the root that follows it with `um trust add FILE`, then `um trust remove` this one"
            .to_owned(),
    }
}

fn of_root(facts: &CertificateFacts) -> Watched {
    Watched {
        key: format!("root {}", facts.sha256),
        what: WatchedKind::TrustedRoot,
        subject: format!("{} trusted for every gateway", facts.subject),
        since: Some(facts.not_before),
        not_after: facts.not_after,
        remedy: "put the root that follows it into the folder trusted-roots beside it".to_owned(),
    }
}

fn of_vendor(vendor: &DeviceVendor) -> impl Iterator<Item = Watched> {
    vendor.roots.iter().map(|root| Watched {
        key: format!("vendor {} {}", vendor.name, root.sha256),
        what: WatchedKind::TrustedRoot,
        subject: format!("{} of device vendor {}", root.subject, vendor.name),
        since: None,
        not_after: root.not_after,
        remedy: format!(
            "give the roots of today: `um provisioning vendor set {} --root FILE.pem`",
            vendor.name.shell_word()
        ),
    })
}

fn of_list(list: &RevocationList, source: Option<&str>) -> Watched {
    let facts = list.issuer();
    let newest = format!("`um trust crl {} --from FILE|URL`", facts.sha256);
    Watched {
        key: format!("crl {}", facts.sha256),
        what: WatchedKind::Crl,
        subject: format!("revocation list of {}", facts.subject),
        since: Some(list.this_update()),
        not_after: list.next_update(),
        remedy: match source {
            Some(source) => {
                format!("{source} has given no newer one yet: look there, or give another with {newest}")
            }
            None => format!("give the newest list: {newest}"),
        },
    }
}

fn event(notice: &ExpiryNotice) -> Event {
    let kind = if notice.days_left > 0 { &kind::EXPIRES_SOON } else { &kind::HAS_EXPIRED };
    Event::new(kind)
        .with("what", notice.what)
        .with("subject", &notice.subject)
        .with("not_after", notice.not_after)
        .with("days_left", notice.days_left)
        .remedy(&notice.remedy)
}

#[cfg(test)]
mod tests {
    use cert_manager::{CertificateStore, Flags, IssueRequest, KeyKind, issue_self_signed};
    use dial_plan::SiteChange;

    use super::*;
    use crate::{
        config::{Overrides, ServerConfig},
        trust::OwnSettings,
    };

    #[test]
    fn owner_who_has_nothing_is_not_told_of_what_was_ours() {
        let (folder, now) = (tempfile::tempdir().unwrap(), "2026-11-22T12:00:00Z".parse().unwrap());
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut config = ServerConfig::load(None, &overrides).unwrap();
        config.sip.domain = "um.example.com".to_owned();
        config.sip.certificate_key = KeyKind::P256;
        let settings = OwnSettings::of(&config);
        let request = IssueRequest::new("um.example.com", KeyKind::P256);
        let lapsed = issue_self_signed(&request, "2019-01-01T00:00:00Z".parse().unwrap()).unwrap();
        CertificateStore::load(&settings.folder).add(lapsed, Flags::default()).unwrap();
        let mut gateway = IpGateway::new("gw1".parse().unwrap(), "gw1.example.com".parse().unwrap());
        gateway.certificate_owner = Some("partner".to_owned());
        let bound = SiteChange::CreateGateway { gateway, dial_plan: None };
        let site = Site::empty().apply(&bound).unwrap().0;
        let keeper = CertificateKeeper::open(settings, &site, |_| {}, now).unwrap();

        let subjects: Vec<String> = own(&keeper, now).into_iter().map(|watched| watched.subject).collect();

        assert_eq!(subjects, ["CN=um.example.com"]);
    }

    #[test]
    fn end_that_is_near_and_one_that_has_come_are_two_kinds_of_event_with_the_remedy_of_the_case() {
        let notice = |days_left| ExpiryNotice {
            key: "own aa".to_owned(),
            what: WatchedKind::OwnCertificate,
            subject: "CN=um.example.com".to_owned(),
            not_after: "2026-12-01T00:00:00Z".parse().unwrap(),
            days_left,
            remedy: "renew it".to_owned(),
        };

        let (near, ended) = (event(&notice(1)), event(&notice(0)));

        assert_eq!((near.kind.id, ended.kind.id), (2046, 2047));
        assert_eq!(near.remedy_words(), "renew it");
        assert!(near.fields.contains(&("days_left", "1".to_owned())), "{near:?}");
    }
}
