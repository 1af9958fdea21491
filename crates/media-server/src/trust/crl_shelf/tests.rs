use std::sync::mpsc;

use dial_plan::{IpGateway, Name, Site, SiteChange, TrustedRoot};

use super::*;

const ROOT: &str = include_str!("root.pem");
/// Of 2026-01-01; revokes 0a.
const OLDER: &str = include_str!("older.pem");
/// Of 2026-02-01; revokes 0a and 0b.
const NEWER: &str = include_str!("newer.pem");

struct Rig {
    folder: tempfile::TempDir,
    trust: Arc<PeerTrust>,
    site: Site,
    events: mpsc::Receiver<Event>,
    tell: mpsc::Sender<Event>,
}

impl Rig {
    /// A site that trusts the root for gw1.
    fn new() -> Self {
        let trust = Arc::new(PeerTrust::new(Vec::new()));
        let name = Name::parse("gw1").unwrap();
        let gateway = IpGateway::new(name.clone(), "gw1.example.com".parse().unwrap());
        let facts = Root::from_pem(ROOT).unwrap().facts().clone();
        let root = TrustedRoot {
            sha256: facts.sha256.clone(),
            spki_sha256: facts.spki_sha256.clone(),
            subject: facts.subject.clone(),
            not_after: facts.not_after,
            gateways: vec![name],
            crl_source: None,
            pem: ROOT.split_once('\n').unwrap().1.to_owned(),
        };
        let changes =
            [SiteChange::CreateGateway { gateway, dial_plan: None }, SiteChange::AddTrustedRoot(root)];
        let site = changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0);
        assert!(trust.follow(&site).is_empty());
        let (tell, events) = mpsc::channel();
        Self { folder: tempfile::tempdir().unwrap(), trust, site, events, tell }
    }

    fn open(&self) -> CrlShelf {
        let tell = self.tell.clone();
        let folder = self.folder.path().join("crls");
        CrlShelf::open(folder, Arc::clone(&self.trust), move |event| tell.send(event).unwrap())
    }

    fn root(&self) -> KnownRoot {
        self.trust.known_roots().remove(0)
    }

    fn told(&self) -> Vec<&'static str> {
        self.events.try_iter().map(|event| event.kind.name).collect()
    }

    fn in_force(&self) -> Vec<usize> {
        self.trust.lists().lists().map(|list| list.count()).collect()
    }
}

#[test]
fn list_that_is_taken_is_in_force_at_once_and_after_a_restart() {
    let rig = Rig::new();

    let shelf = rig.open();
    shelf.install(&rig.root(), NEWER.as_bytes()).unwrap();

    assert_eq!(rig.in_force(), [2]);
    assert_eq!(rig.told(), ["revocation-list-taken"]);
    rig.trust.use_lists(Vec::new());
    let again = rig.open();
    assert_eq!(rig.in_force(), [2]);
    assert!(again.of(&rig.root().facts().sha256).unwrap().revokes(&[0x0b]));
    assert_eq!(rig.told(), [""; 0]);
}

#[test]
fn list_of_former_times_is_refused_and_the_newer_one_stays() {
    let rig = Rig::new();
    let shelf = rig.open();
    shelf.install(&rig.root(), NEWER.as_bytes()).unwrap();

    let error = shelf.install(&rig.root(), OLDER.as_bytes()).unwrap_err();

    assert_eq!(
        error.to_string(),
        "the list is of 2026-01-01T00:00:00Z, and the one in force is of 2026-02-01T00:00:00Z: give the newest one"
    );
    assert_eq!(rig.in_force(), [2]);
    shelf.install(&rig.root(), NEWER.as_bytes()).unwrap();
}

#[test]
fn broken_list_is_refused_and_a_broken_file_is_told_of() {
    let rig = Rig::new();
    let shelf = rig.open();
    shelf.install(&rig.root(), OLDER.as_bytes()).unwrap();

    assert!(matches!(shelf.install(&rig.root(), b"nothing"), Err(CrlTrouble::Refused(_))));
    assert_eq!(rig.in_force(), [1]);
    rig.told();
    fs::write(shelf.file(&rig.root().facts().sha256), "nothing").unwrap();
    let again = rig.open();

    assert_eq!(rig.told(), ["revocation-list-failed"]);
    assert!(again.of(&rig.root().facts().sha256).is_none());
}

#[test]
fn list_goes_out_of_force_with_its_root_and_is_in_force_again_when_the_root_comes_back() {
    let rig = Rig::new();
    let shelf = rig.open();
    let sha256 = rig.root().facts().sha256.clone();
    shelf.install(&rig.root(), NEWER.as_bytes()).unwrap();

    let (without, _) = rig.site.apply(&SiteChange::RemoveTrustedRoot { sha256: sha256.clone() }).unwrap();
    rig.trust.follow(&without);
    shelf.settle();
    let meanwhile = rig.in_force();
    rig.trust.follow(&rig.site);
    shelf.settle();

    assert_eq!(meanwhile, [0; 0]);
    assert_eq!(rig.in_force(), [2], "what was revoked stays revoked");
}

#[test]
fn list_that_our_own_ca_wrote_is_in_force_even_if_the_clock_was_set_back() {
    let rig = Rig::new();
    let shelf = rig.open();
    let sha256 = rig.root().facts().sha256.clone();
    shelf.install(&rig.root(), NEWER.as_bytes()).unwrap();
    rig.told();

    fs::write(shelf.file(&sha256), OLDER).unwrap();
    shelf.reread(&sha256, &shelf.file(&sha256));

    assert_eq!(rig.in_force(), [1]);
    assert_eq!(rig.told(), ["revocation-list-taken"]);
}
