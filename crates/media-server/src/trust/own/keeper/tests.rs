use std::{fs, path::Path};

use cert_manager::{Authority, CertificateFacts, IssueRequest, KeyKind, LeafRequest, Standing};
use dial_plan::{IpGateway, Name, Site, SiteChange};
use sip_signaling::PeerName;

use super::*;
use crate::{
    config::{Overrides, ServerConfig},
    trust::{Arrival, OwnRevocation},
};

const NOW: &str = "2026-11-21T12:00:00Z";

/// A keeper over a folder of its own, and what it told.
struct Rig {
    keeper: CertificateKeeper,
    told: Arc<Mutex<Vec<Event>>>,
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(prepare: impl FnOnce(&mut CertificateStore), change: impl FnOnce(&mut OwnSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        prepare(&mut CertificateStore::load(&settings.folder));
        Self::over(folder, settings)
    }

    fn over(folder: tempfile::TempDir, settings: OwnSettings) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        let tell = move |event| telling.lock().unwrap().push(event);
        let keeper = CertificateKeeper::open(settings, &Site::default(), tell, at(NOW)).unwrap();
        Self { keeper, told, folder }
    }

    /// The kinds of what was told since the last question.
    fn told(&self) -> Vec<&'static str> {
        self.told.lock().unwrap().drain(..).map(|event| event.kind.name).collect()
    }

    fn shown(&self) -> Option<Arc<CertificateFacts>> {
        let identity = self.keeper.presenting().inbound(&Arrival::default()).ok()?;
        Some(Arc::clone(identity.facts()))
    }

    fn store(&self) -> std::path::PathBuf {
        self.keeper.settings().folder.clone()
    }
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn settings(folder: &Path) -> OwnSettings {
    let overrides = Overrides { data_dir: Some(folder.to_owned()), socket: None };
    let mut config = ServerConfig::load(None, &overrides).unwrap();
    config.sip.domain = "um.example.com".to_owned();
    config.sip.certificate_key = KeyKind::P256;
    config.sip.listen = vec!["192.0.2.9".parse().unwrap(), "::".parse().unwrap()];
    OwnSettings::of(&config)
}

fn issued(fqdn: &str, moment: &str) -> Identity {
    issue_self_signed(&IssueRequest::new(fqdn, KeyKind::P256), at(moment)).unwrap()
}

#[test]
fn certificate_is_generated_at_the_first_start_and_chosen_at_the_second() {
    let first = Rig::new(|_| {}, |_| {});
    let told = first.told();
    let shown = first.shown().unwrap();
    let second = Rig::over(first.folder, first.keeper.settings.clone());

    assert_eq!(told, ["certificate-generated"]);
    assert_eq!(second.told(), ["certificate-chosen"]);
    assert_eq!(second.shown().unwrap(), shown);
    assert_eq!(shown.names(), ["um.example.com", "192.0.2.9"]);
}

#[test]
fn expired_certificate_is_passed_over_with_its_thumbprints_and_replaced() {
    let rig = Rig::new(
        |store| {
            store.add(issued("um.example.com", "2019-01-01T00:00:00Z"), Flags::default()).unwrap();
        },
        |_| {},
    );

    let told = rig.told.lock().unwrap();
    let names: Vec<_> = told[0].fields.iter().map(|field| field.0).collect();
    assert_eq!(told[1].kind.name, "certificate-generated");
    assert_eq!(names, ["subject", "issuer", "serial", "sha1", "sha256", "not_after", "reason"]);
}

#[test]
fn file_that_comes_is_shown_at_the_next_look_and_an_unchanged_store_is_left_alone() {
    let rig = Rig::new(|_| {}, |_| {});
    rig.told();
    let longer = issued("um.example.com", "2026-11-21T13:00:00Z");
    let sha256 = longer.facts().sha256.clone();

    rig.keeper.look(at(NOW));
    let silence = rig.told();
    // Made an hour later: it lives an hour longer, and every certificate of ours begins a day before it is made.
    CertificateStore::load(&rig.store()).add(longer, Flags::default()).unwrap();
    rig.keeper.look(at("2026-11-21T12:00:01Z"));

    assert_eq!(silence, Vec::<&str>::new());
    assert_eq!(rig.told(), ["certificate-chosen"]);
    assert_eq!(rig.shown().unwrap().sha256, sha256);
}

#[test]
fn broken_file_is_refused_once_the_old_certificate_stays_and_the_mended_file_is_taken() {
    let rig = Rig::new(|_| {}, |_| {});
    let before = rig.shown().unwrap();
    let file = rig.store().join(format!("{}.pem", before.sha256));
    let text = fs::read(&file).unwrap();
    rig.told();

    fs::write(&file, "no certificate").unwrap();
    rig.keeper.look(at("2026-11-21T12:00:01Z"));
    let refused = rig.told();
    rig.keeper.look(at("2026-11-21T12:00:02Z"));
    let silence = rig.told();
    let held = rig.keeper.reload(at("2026-11-21T12:00:03Z"));
    rig.told();
    fs::write(&file, text).unwrap();
    rig.keeper.look(at("2026-11-21T12:00:04Z"));

    assert_eq!(refused, ["certificate-passed-over", "certificates-kept"]);
    assert_eq!(silence, Vec::<&str>::new());
    assert!(held.unwrap().starts_with(&format!("{}.pem: ", before.sha256)));
    assert_eq!(rig.shown().unwrap(), before);
    assert_eq!(rig.keeper.view(at(NOW)).held, None);
}

#[test]
fn without_leave_to_make_one_nothing_is_shown_and_that_is_told() {
    let rig = Rig::new(|_| {}, |settings| settings.self_signed = SelfSigned::Forbid);

    assert_eq!(rig.told(), ["certificate-missing"]);
    let missing = rig.keeper.presenting().inbound(&Arrival::default()).unwrap_err();
    assert_eq!((missing.owner, missing.gateway), (None, None));
    assert!(CertificateStore::load(&rig.store()).candidates().is_empty());
}

#[test]
fn listener_of_an_owner_without_certificate_shows_nothing_and_never_the_default() {
    let rig = Rig::new(
        |_| {},
        |settings| {
            settings.listener_owners.insert("partner".to_owned());
        },
    );
    let arrival = Arrival { listener_owner: Some("partner"), ..Arrival::default() };

    let missing = rig.keeper.presenting().inbound(&arrival).unwrap_err();
    let flags = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
    let theirs = issued("um.partner.example", NOW);
    let sha256 = theirs.facts().sha256.clone();
    let change = StoreChange { who: "test", what: "import".to_owned() };
    let done = rig.keeper.change(change, at(NOW), |store| store.add(theirs, flags)).unwrap();

    assert_eq!(missing.owner.as_deref(), Some("partner"));
    assert_eq!(rig.keeper.owners_without(), Vec::<String>::new());
    assert_eq!(done.1, None);
    assert_eq!(rig.keeper.presenting().inbound(&arrival).unwrap().facts().sha256, sha256);
    assert_ne!(rig.shown().unwrap().sha256, sha256);
}

#[test]
fn successor_of_a_self_signed_certificate_is_made_with_its_key_waits_and_takes_over_at_the_end() {
    let rig = Rig::new(|_| {}, |_| {});
    let first = rig.shown().unwrap();
    rig.told();
    let near = first.not_after.checked_sub(SignedDuration::from_hours(24 * 59)).unwrap();
    let next_day = near.checked_add(SignedDuration::from_hours(24)).unwrap();
    let after = first.not_after.checked_add(SignedDuration::from_secs(1)).unwrap();

    rig.keeper.look(near);
    let made = rig.told();
    let shown_before_the_end = rig.shown().unwrap();
    rig.keeper.look(next_day);
    let announced = rig.told();
    rig.keeper.look(after);

    assert_eq!(made[0], "certificate-successor-made");
    assert_eq!(announced, ["certificate-successor-waits"]);
    assert_eq!(shown_before_the_end, first);
    let successor = rig.shown().unwrap();
    assert_eq!(successor.spki_sha256, first.spki_sha256);
    assert_ne!(successor.sha256, first.sha256);
    assert!(rig.told().contains(&"certificate-successor-took-over"));
}

#[test]
fn bound_gateway_is_shown_its_owners_certificate_in_both_directions_or_nothing() {
    let rig = Rig::new(|_| {}, |_| {});
    let mut gateway = IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap());
    gateway.certificate_owner = Some("partner".to_owned());
    let create = SiteChange::CreateGateway { gateway: gateway.clone(), dial_plan: None };
    let (site, _) = Site::default().apply(&create).unwrap();
    let (bound, stranger) = ([PeerName::from("gw1")], [PeerName::from("gw2")]);
    let two = [PeerName::from("gw1"), PeerName::from("gw2")];
    let shown_to = |gateways: &[PeerName]| {
        let arrival = Arrival { gateways, ..Arrival::default() };
        let shown = rig.keeper.presenting().inbound(&arrival);
        shown.map(|identity| identity.facts().sha256.clone())
    };
    let own = rig.shown().unwrap().sha256.clone();
    rig.told();

    rig.keeper.follow(&site, at(NOW));
    let told = rig.told();
    let (inbound, outbound) = (shown_to(&bound), rig.keeper.presenting().outbound(&gateway));
    let theirs = issued("um.partner.example", NOW);
    let sha256 = theirs.facts().sha256.clone();
    let flags = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
    CertificateStore::load(&rig.store()).add(theirs, flags).unwrap();
    rig.keeper.look(at(NOW));

    let missing = inbound.unwrap_err();
    assert_eq!(told, ["certificate-missing"]);
    assert_eq!((missing.owner.as_deref(), missing.gateway.as_deref()), (Some("partner"), Some("gw1")));
    assert_eq!(outbound.unwrap_err(), missing);
    assert_eq!(shown_to(&bound), Ok(sha256.clone()));
    assert_eq!(rig.keeper.presenting().outbound(&gateway).unwrap().facts().sha256, sha256);
    assert_eq!(shown_to(&stranger), Ok(own.clone()));
    assert_eq!(shown_to(&two), Ok(own), "two gateways have the address: it tells nothing");
}

#[test]
fn certificate_whose_flags_can_be_read_no_more_is_shown_on() {
    let rig = Rig::new(|_| {}, |_| {});
    let shown = rig.shown().unwrap();
    rig.told();

    let flags = rig.store().join(format!("{}.flags", shown.sha256));
    fs::write(&flags, "inactiv\n").unwrap();
    rig.keeper.look(at("2026-11-21T12:00:01Z"));
    let told = rig.told();
    let still = rig.shown();
    fs::remove_file(&flags).unwrap();
    rig.keeper.look(at("2026-11-21T12:00:02Z"));

    assert_eq!(told, ["certificate-passed-over", "certificates-kept"]);
    assert_eq!(still.unwrap().sha256, shown.sha256);
    assert_eq!(rig.shown().unwrap().sha256, shown.sha256);
    assert_eq!(CertificateStore::load(&rig.store()).candidates().len(), 1, "no other was made");
}

#[test]
fn successor_does_not_take_over_from_a_certificate_whose_file_broke() {
    let rig = Rig::new(|_| {}, |_| {});
    let old = rig.shown().unwrap();
    rig.keeper.look(at("2031-10-01T00:00:00Z"));
    rig.told();

    fs::write(rig.store().join(format!("{}.pem", old.sha256)), "half a certific").unwrap();
    rig.keeper.look(at("2031-10-01T00:00:01Z"));
    let told = rig.told();
    let still = rig.shown().unwrap();
    rig.keeper.look(at("2031-11-23T00:00:00Z"));

    assert_eq!(told, ["certificate-passed-over", "certificates-kept"]);
    assert_eq!(still.sha256, old.sha256, "gateways trust this one alone");
    assert_ne!(rig.shown().unwrap().sha256, old.sha256, "it has ended");
}

#[test]
fn certificate_that_its_issuer_has_revoked_is_shown_no_more_and_that_is_told_once() {
    let mut authority = Authority::found("Example CA", KeyKind::P256, at(NOW)).unwrap();
    let request = LeafRequest { fqdn: "um.example.com", csr: None, days: 825, key: KeyKind::P256 };
    let leaf = authority.issue(&request, at(NOW)).unwrap();
    let identity = Identity::from_pem(&leaf.chain_pem, leaf.key.as_ref().unwrap().expose()).unwrap();
    let revocation = Arc::new(OwnRevocation::default());
    let rig = Rig::new(
        |store| {
            store.add(identity, Flags::default()).unwrap();
        },
        |settings| settings.revocation = Arc::clone(&revocation),
    );
    let list = rig.folder.path().join("list.crl");
    let note = |authority: &Authority, moment: &str| {
        fs::write(&list, authority.crl_der(at(moment)).unwrap()).unwrap();
        revocation.note_authority(&authority.certificate_pem(), &list).unwrap();
        rig.keeper.look(at(moment));
    };
    let first = rig.shown().unwrap();
    rig.told();

    note(&authority, "2026-11-21T12:00:01Z");
    let silence = rig.told();
    authority.revoke(&leaf.facts.serial, at("2026-11-21T12:00:02Z")).unwrap();
    note(&authority, "2026-11-21T12:00:03Z");
    let told = rig.told();
    note(&authority, "2026-11-21T12:00:04Z");

    assert_eq!(first.sha256, leaf.facts.sha256);
    assert_eq!(silence, Vec::<&str>::new());
    assert_eq!(told, ["own-certificate-revoked", "certificate-passed-over", "certificate-generated"]);
    assert_eq!(rig.told(), Vec::<&str>::new());
    assert_ne!(rig.shown().unwrap().sha256, leaf.facts.sha256);
    let view = rig.keeper.view(at("2026-11-21T12:00:05Z"));
    let (_, choice) = view.chosen.choices().next().unwrap();
    let standing = choice.explanation.iter().find(|found| found.facts.sha256 == leaf.facts.sha256).unwrap();
    let Standing::PassedOver { why } = &standing.standing else { panic!("{standing:?}") };
    assert!(why.starts_with("it was revoked by its issuer (CN=Example CA): import a new one"), "{why}");
}

#[test]
fn connection_under_the_default_is_not_kept_once_its_gateway_is_bound() {
    let rig = Rig::new(|_| {}, |_| {});
    let mut gateway = IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap());
    gateway.certificate_owner = Some("partner".to_owned());
    let create = SiteChange::CreateGateway { gateway, dial_plan: None };
    let site = Site::empty().apply(&create).unwrap().0;
    let own = rig.shown().unwrap().sha256.clone();
    let theirs = issued("um.partner.example", NOW);
    let partners = theirs.facts().sha256.clone();
    let both = [PeerName::from("gw1"), PeerName::from("gw2")];
    let suits = |gateways: &[PeerName], sha256: &str| {
        let presenting = rig.keeper.presenting();
        (presenting.suits_dialing(gateways, sha256), presenting.suits_arrival(gateways, sha256))
    };

    let unbound = suits(&both[..1], &own);
    rig.keeper.follow(&site, at(NOW));
    let bound = suits(&both[..1], &own);
    let flags = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
    let change = StoreChange { who: "test", what: "import".to_owned() };
    rig.keeper.change(change, at(NOW), |store| store.add(theirs, flags)).unwrap();

    assert_eq!((unbound, bound), ((true, true), (false, false)));
    assert_eq!(suits(&both[..1], &partners), (true, true));
    assert_eq!(suits(&both[1..], &own), (true, true), "this one is not bound");
    assert_eq!(suits(&both[1..], &partners), (false, true), "it may have asked for the partner's name");
    assert_eq!(suits(&both, &own), (true, true), "nobody knows which of them it is");
}
