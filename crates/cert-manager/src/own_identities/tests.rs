use std::{fs, path::Path};

use rcgen::{CertificateParams, date_time_ymd};
use tempfile::TempDir;

use super::*;
use crate::{
    mint::{Minted, dns, now},
    store::Flags,
};

const FQDN: &str = "um.example.com";

/// A store in which `partner` has a certificate that can be presented and `lapsed` has only one that has expired.
struct Rig {
    folder: TempDir,
}

impl Rig {
    fn new() -> Self {
        let rig = Self { folder: tempfile::tempdir().unwrap() };
        rig.keep("partner", &["um.partner.example", FQDN, "voice.example.com"], Some("partner"), 2035);
        rig.keep("lapsed", &["um.lapsed.example"], Some("lapsed"), 2029);
        rig
    }

    fn with_default(self) -> Self {
        self.keep("default", &[FQDN, "voice.example.com"], None, 2035);
        self
    }

    fn keep(&self, file: &str, names: &[&str], owner: Option<&str>, until: i32) {
        let made = Minted::self_signed_with(|parameters: &mut CertificateParams| {
            parameters.subject_alt_names = names.iter().map(|name| dns(name)).collect();
            parameters.not_after = date_time_ymd(until, 1, 1);
        });
        let put = |extension: &str, text: &str| {
            fs::write(self.folder.path().join(file).with_extension(extension), text).unwrap();
        };
        put("pem", &made.pem());
        put("key", &made.key_pem());
        put("flags", &owner.map(|owner| format!("owner = {owner}\n")).unwrap_or_default());
    }

    fn compile(&self) -> Compiled {
        let owners = ["partner", "lapsed"].into_iter().map(str::to_owned).collect();
        let store = CertificateStore::load(self.folder.path());
        let own = OwnIdentities::compile(&store, FQDN, &owners, &|_| false, now());
        let file = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let files =
            store.candidates().iter().map(|one| (one.facts.sha256.clone(), file(&one.file))).collect();
        Compiled { own, files }
    }
}

struct Compiled {
    own: OwnIdentities,
    files: BTreeMap<String, String>,
}

impl Compiled {
    fn named(&self, found: Result<&Arc<Identity>, NoIdentity>) -> String {
        match found {
            Ok(identity) => self.files.get(&identity.facts().sha256).unwrap().clone(),
            Err(NoIdentity::Ours) => "refused: ours".to_owned(),
            Err(NoIdentity::Owner { owner }) => format!("refused: {owner}"),
        }
    }

    fn inbound(&self, listener: &str, sni: &str, binding: &str) -> String {
        self.named(self.own.inbound(said(listener), said(sni), said(binding)))
    }

    fn outbound(&self, binding: &str) -> String {
        self.named(self.own.outbound(said(binding)))
    }
}

fn said(word: &str) -> Option<&str> {
    (word != "-").then_some(word)
}

/// Binding of the gateway, then what it is shown where we connect: with a default that can be presented, without.
const OUTBOUND: [(&str, &str, &str); 4] = [
    ("-", "default", "refused: ours"),
    ("partner", "partner", "partner"),
    ("lapsed", "refused: lapsed", "refused: lapsed"),
    ("unheard-of", "refused: unheard-of", "refused: unheard-of"),
];

/// Name that the peer asks for and binding of the gateway, then what it is shown on a listener without an owner.
const INBOUND: [(&str, &str, &str, &str); 24] = [
    ("-", "-", "default", "refused: ours"),
    ("-", "partner", "partner", "partner"),
    ("-", "lapsed", "refused: lapsed", "refused: lapsed"),
    ("-", "unheard-of", "refused: unheard-of", "refused: unheard-of"),
    ("um.example.com", "-", "default", "refused: ours"),
    ("um.example.com", "partner", "partner", "partner"),
    ("um.example.com", "lapsed", "refused: lapsed", "refused: lapsed"),
    ("um.example.com", "unheard-of", "refused: unheard-of", "refused: unheard-of"),
    ("voice.example.com", "-", "default", "partner"),
    ("voice.example.com", "partner", "partner", "partner"),
    ("voice.example.com", "lapsed", "refused: lapsed", "partner"),
    ("voice.example.com", "unheard-of", "refused: unheard-of", "partner"),
    ("UM.partner.example.", "-", "partner", "partner"),
    ("UM.partner.example.", "partner", "partner", "partner"),
    ("UM.partner.example.", "lapsed", "partner", "partner"),
    ("UM.partner.example.", "unheard-of", "partner", "partner"),
    ("um.lapsed.example", "-", "default", "refused: ours"),
    ("um.lapsed.example", "partner", "partner", "partner"),
    ("um.lapsed.example", "lapsed", "refused: lapsed", "refused: lapsed"),
    ("um.lapsed.example", "unheard-of", "refused: unheard-of", "refused: unheard-of"),
    ("", "-", "default", "refused: ours"),
    ("", "partner", "partner", "partner"),
    ("", "lapsed", "refused: lapsed", "refused: lapsed"),
    ("", "unheard-of", "refused: unheard-of", "refused: unheard-of"),
];

#[test]
fn truth_table_of_bindings_holds_where_we_connect() {
    let (with, without) = (Rig::new().with_default().compile(), Rig::new().compile());

    for (binding, default_usable, none_usable) in OUTBOUND {
        assert_eq!(with.outbound(binding), default_usable, "binding {binding}, default usable");
        assert_eq!(without.outbound(binding), none_usable, "binding {binding}, none usable");
    }
}

#[test]
fn truth_table_of_bindings_holds_for_those_who_connect_to_us() {
    let (with, without) = (Rig::new().with_default().compile(), Rig::new().compile());

    for (sni, binding, default_usable, none_usable) in INBOUND {
        assert_eq!(with.inbound("-", sni, binding), default_usable, "SNI {sni}, binding {binding}");
        assert_eq!(
            without.inbound("-", sni, binding),
            none_usable,
            "SNI {sni}, binding {binding}, no default"
        );
    }
}

#[test]
fn owner_of_a_listener_decides_whatever_is_asked_for_and_bound() {
    let listeners =
        [("partner", "partner"), ("lapsed", "refused: lapsed"), ("unheard-of", "refused: unheard-of")];
    let (with, without) = (Rig::new().with_default().compile(), Rig::new().compile());

    for (listener, expected) in listeners {
        for (sni, binding, _, _) in INBOUND {
            assert_eq!(with.inbound(listener, sni, binding), expected, "{listener}, {sni}, {binding}");
            assert_eq!(without.inbound(listener, sni, binding), expected, "{listener}, {sni}, {binding}");
        }
    }
}

#[test]
fn name_that_two_owners_have_says_nothing() {
    let rig = Rig::new().with_default();
    rig.keep("second", &["um.partner.example"], Some("lapsed"), 2035);
    let compiled = rig.compile();

    assert_eq!(compiled.inbound("-", "um.partner.example", "-"), "default");
    assert_eq!(compiled.inbound("-", "um.partner.example", "lapsed"), "second");
    assert_eq!(compiled.inbound("-", "um.partner.example", "partner"), "partner");
}

#[test]
fn choices_are_ours_first_and_then_those_of_the_owners_by_name() {
    let compiled = Rig::new().with_default().compile();

    let choices: Vec<(Option<&str>, bool)> =
        compiled.own.choices().map(|(owner, choice)| (owner, choice.chosen.is_some())).collect();

    assert_eq!(choices, [(None, true), (Some("lapsed"), false), (Some("partner"), true)]);
}

#[test]
fn next_change_is_when_the_life_of_a_certificate_begins_or_has_ended() {
    let rig = Rig::new();
    rig.keep("short", &[FQDN], None, 2031);
    let own = rig.compile().own;
    let next = |at: &str| own.next_change(at.parse().unwrap()).map(|found| found.to_string());

    assert_eq!(next("1960-01-01T00:00:00Z").as_deref(), Some("1975-01-01T00:00:00Z"));
    assert_eq!(next("1975-01-01T00:00:00Z").as_deref(), Some("2029-01-01T00:00:01Z"));
    assert_eq!(next("2030-01-01T00:00:00Z").as_deref(), Some("2031-01-01T00:00:01Z"));
    assert_eq!(next("2031-01-01T00:00:00.5Z").as_deref(), Some("2031-01-01T00:00:01Z"));
    assert_eq!(next("2031-01-01T00:00:01Z").as_deref(), Some("2035-01-01T00:00:01Z"));
    assert_eq!(next("2035-01-01T00:00:01Z"), None);
}

#[test]
fn refusal_names_the_owner_and_what_to_do() {
    let compiled = Rig::new().compile();

    assert_eq!(
        compiled.own.outbound(Some("lapsed")).unwrap_err().to_string(),
        "no certificate of the owner `lapsed` can be presented, and a binding never falls back to another: `um cert \
         explain --for GATEWAY` says why, `um cert import FILE` brings one"
    );
    assert_eq!(
        compiled.own.inbound(None, None, None).unwrap_err().to_string(),
        "no certificate of this server can be presented: `um cert explain` says why, `um cert generate` makes one"
    );
}

#[test]
fn certificate_that_was_flagged_for_an_owner_later_is_found_after_the_next_compilation() {
    let rig = Rig::new().with_default();
    let mut store = CertificateStore::load(rig.folder.path());
    let default = store.candidates().first().unwrap().facts.sha256.clone();
    let flags = Flags { owner: Some("lapsed".to_owned()), ..Flags::default() };

    store.set_flags(&default, flags).unwrap();

    assert_eq!(rig.compile().outbound("lapsed"), "default");
    assert_eq!(rig.compile().outbound("-"), "refused: ours");
}
