use std::{collections::BTreeSet, sync::Arc};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;
use crate::{
    choice::{Wanted, choose},
    identity::Identity,
    mint::{Authority, Minted, dns},
    own_identities::OwnIdentities,
};

const FQDN: &str = "um.example.com";

/// A server whose self-signed certificate ends with the first second of 2031.
struct Rig {
    folder: TempDir,
    store: CertificateStore,
    key: KeyPair,
    old: Arc<CertificateFacts>,
}

impl Rig {
    fn new(flags: Flags) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = CertificateStore::load(folder.path());
        let key = KeyPair::generate().unwrap();
        let old = store.add(identity(&key, 2031), flags).unwrap();
        Self { store, key, old: Arc::clone(old.facts()), folder }
    }

    fn choice(&self, at: &str) -> Choice {
        let owner = self.store.candidates()[0].flags.owner.as_deref();
        choose(&self.store, &Wanted { owner, ..Wanted::ours(FQDN) }, moment(at))
    }

    fn presented(&self, at: &str) -> Option<String> {
        self.choice(at).chosen.map(|identity| identity.facts().sha256.clone())
    }

    fn steps(&self, at: &str) -> Vec<SuccessionStep> {
        succession(&self.store, &self.choice(at), moment(at))
    }

    /// The words of the steps.
    fn told(&self, at: &str) -> Vec<String> {
        let word = |step: &SuccessionStep| match step {
            SuccessionStep::Make { of, .. } => format!("make {}", self.name(of)),
            SuccessionStep::Announce { successor, of, days_left } => {
                let (successor, of) = (self.name(successor), self.name(of));
                format!("announce {successor} of {of}, {days_left} days")
            }
            SuccessionStep::TakeOver { successor, of, .. } => {
                format!("{} takes over from {}", self.name(successor), self.name(of))
            }
        };
        self.steps(at).iter().map(word).collect()
    }

    fn name(&self, sha256: &str) -> &'static str {
        if sha256 == self.old.sha256 { "old" } else { "new" }
    }

    /// Does what the one step says, as the server does.
    fn make_successor(&mut self, at: &str) -> Arc<CertificateFacts> {
        let steps = self.steps(at);
        let [SuccessionStep::Make { of, flags }] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!(*of, self.old.sha256);
        let made = identity(&self.key, 2036);
        Arc::clone(self.store.add(made, flags.clone()).unwrap().facts())
    }
}

fn identity(key: &KeyPair, until: i32) -> Identity {
    let minted = Minted::self_signed_by(key, |parameters: &mut CertificateParams| {
        parameters.subject_alt_names = vec![dns(FQDN)];
        parameters.not_after = date_time_ymd(until, 1, 1);
    });
    Identity::from_pem(&minted.pem(), &minted.key_pem()).unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn successor_is_made_60_days_before_the_end_and_not_a_second_sooner() {
    let rig = Rig::new(Flags::default());

    assert_eq!(rig.told("2030-11-01T23:59:59Z"), Vec::<String>::new());
    assert_eq!(rig.told("2030-11-02T00:00:00Z"), ["make old"]);
    assert_eq!(rig.told("2031-01-01T00:00:00Z"), ["make old"]);
    assert_eq!(rig.told("2031-01-01T00:00:01Z"), Vec::<String>::new(), "nothing is presented any more");
}

#[test]
fn successor_waits_while_the_old_one_is_valid_and_takes_over_at_its_end() {
    let mut rig = Rig::new(Flags::default());
    let new = rig.make_successor("2030-11-02T00:00:00Z");

    assert_eq!(new.spki_sha256, rig.old.spki_sha256);
    let old = Some(rig.old.sha256.clone());
    assert_eq!(rig.presented("2030-11-02T00:00:00Z"), old);
    assert_eq!(rig.told("2030-11-02T00:00:00Z"), ["announce new of old, 60 days"]);
    assert_eq!(rig.told("2030-11-02T00:00:01Z"), ["announce new of old, 60 days"]);
    assert_eq!(rig.told("2030-12-31T12:00:00Z"), ["announce new of old, 1 days"]);
    assert_eq!(rig.presented("2031-01-01T00:00:00Z"), old, "in its last second");

    assert_eq!(rig.presented("2031-01-01T00:00:01Z"), Some(new.sha256.clone()));
    assert_eq!(rig.told("2031-01-01T00:00:01Z"), ["new takes over from old"]);
}

#[test]
fn taking_over_is_told_until_the_flags_say_so_and_outlasts_a_restart() {
    let mut rig = Rig::new(Flags::default());
    let new = rig.make_successor("2030-11-02T00:00:00Z");
    rig.store = CertificateStore::load(rig.folder.path());

    let steps = rig.steps("2031-03-01T00:00:00Z");
    let [SuccessionStep::TakeOver { successor, of, flags }] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!((successor, of), (&new.sha256, &rig.old.sha256));
    assert_eq!(*flags, Flags { successor_of: Some(rig.old.sha256.clone()), ..Flags::default() });
    rig.store.set_flags(&new.sha256, flags.clone()).unwrap();

    assert_eq!(rig.told("2031-03-01T00:00:00Z"), Vec::<String>::new());
    assert_eq!(rig.presented("2031-03-01T00:00:00Z"), Some(new.sha256.clone()));
}

#[test]
fn activated_successor_is_presented_at_once_and_nothing_is_announced_any_more() {
    let mut rig = Rig::new(Flags::default());
    let new = rig.make_successor("2030-11-02T00:00:00Z");
    let active = Flags { successor_of: Some(rig.old.sha256.clone()), ..Flags::default() };

    rig.store.set_flags(&new.sha256, active).unwrap();

    assert_eq!(rig.presented("2030-11-03T00:00:00Z"), Some(new.sha256.clone()));
    assert_eq!(rig.told("2030-11-03T00:00:00Z"), Vec::<String>::new());
}

#[test]
fn successor_is_not_made_again_after_it_was_taken_out_of_the_waiting() {
    let mut rig = Rig::new(Flags::default());
    let new = rig.make_successor("2030-11-02T00:00:00Z");

    rig.store.set_flags(&new.sha256, Flags { inactive: true, ..Flags::default() }).unwrap();

    assert_eq!(rig.told("2030-12-01T00:00:00Z"), Vec::<String>::new());
    assert_eq!(rig.presented("2031-01-01T00:00:01Z"), None, "it was told to stay inactive");
}

#[test]
fn successor_of_an_owners_certificate_is_that_owners() {
    let partner = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
    let mut rig = Rig::new(partner.clone());

    let new = rig.make_successor("2030-11-02T00:00:00Z");

    let flags = &rig.store.find(&new.sha256).unwrap().flags;
    let expected = Flags { inactive: true, successor_of: Some(rig.old.sha256.clone()), ..partner };
    assert_eq!(*flags, expected);
    let owners: BTreeSet<String> = ["partner".to_owned()].into();
    let at = |text| OwnIdentities::compile(&rig.store, FQDN, &owners, &|_| false, moment(text));
    let shown = |text| at(text).outbound(Some("partner")).unwrap().facts().sha256.clone();
    assert_eq!(shown("2030-12-31T00:00:00Z"), rig.old.sha256);
    assert_eq!(shown("2031-01-01T00:00:01Z"), new.sha256);
}

#[test]
fn certificate_of_a_ca_gets_no_successor() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CertificateStore::load(folder.path());
    let minted = Authority::root("Company Root").issue_with(|parameters| {
        parameters.subject_alt_names = vec![dns(FQDN)];
        parameters.not_after = date_time_ymd(2031, 1, 1);
    });
    store.add(Identity::from_pem(&minted.pem(), &minted.key_pem()).unwrap(), Flags::default()).unwrap();
    let at = moment("2030-12-31T00:00:00Z");

    let steps = succession(&store, &choose(&store, &Wanted::ours(FQDN), at), at);

    assert!(steps.is_empty(), "{steps:?}");
}

#[test]
fn certificate_that_is_presented_only_where_we_connect_gets_its_successor_too() {
    let mut rig = Rig::new(Flags::default());
    // What public CAs issue today: nothing for TLS clients.
    let public = Authority::root("Public CA").issue_with(|parameters| {
        parameters.subject_alt_names = vec![dns(FQDN)];
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_after = date_time_ymd(2040, 1, 1);
    });
    rig.store.add(Identity::from_pem(&public.pem(), &public.key_pem()).unwrap(), Flags::default()).unwrap();

    let early = rig.told("2030-11-01T00:00:00Z");
    let successor = rig.make_successor("2030-11-03T00:00:00Z");
    let waiting = rig.told("2030-12-31T00:00:00Z");
    let over = rig.told("2031-01-01T00:00:01Z");

    assert_eq!(early, [""; 0]);
    assert_eq!(waiting, ["announce new of old, 1 days"]);
    assert_eq!(over, ["new takes over from old"]);
    let dialing = rig.choice("2031-01-01T00:00:01Z").dialing.unwrap();
    assert_eq!(dialing.facts().sha256, successor.sha256);
}
