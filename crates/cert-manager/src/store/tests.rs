use std::{fs, os::unix::fs::PermissionsExt as _, time::SystemTime};

use rcgen::{CertificateParams, KeyPair};
use telephony::Secret;

use super::*;
use crate::{
    choice::{Wanted, choose},
    issue::{IssueRequest, issue_self_signed},
    key_kind::KeyKind,
    mint::{Authority, Minted, dns, now},
    signing_request::SigningRequest,
};

fn put(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn folder_that_is_not_there_is_an_empty_store() {
    let folder = tempfile::tempdir().unwrap();

    let store = CertificateStore::load(&folder.path().join("none"));

    assert!(store.candidates().is_empty());
    assert_eq!(store.faults(), []);
}

#[test]
fn certificate_that_was_added_is_found_again_and_its_key_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("certificates");
    let identity = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();

    let added = CertificateStore::load(&folder).add(identity, Flags::default()).unwrap();
    let store = CertificateStore::load(&folder);

    let found = choose(&store, &Wanted::ours("um.example.com"), now()).chosen.unwrap();
    assert_eq!(found.facts(), added.facts());
    assert_eq!(found.chain(), added.chain());
    assert_eq!(store.faults(), []);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let hash = &added.facts().sha256;
    assert_eq!(names, [folder.join(format!("{hash}.key")), folder.join(format!("{hash}.pem"))]);
    assert_eq!((mode(&names[0]), mode(&names[1])), (0o600, 0o600));
}

#[test]
fn key_stands_beside_the_certificate_or_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = Authority::root("Company Root");
    let (beside, within, without) =
        (root.issue("a.example.com"), root.issue("b.example.com"), root.issue("c.example.com"));
    put(folder.path(), "a.pem", &format!("{}{}", beside.pem(), root.pem()));
    put(folder.path(), "a.key", &beside.key_pem());
    put(folder.path(), "b.pem", &format!("{}{}", within.key_pem(), within.pem()));
    put(folder.path(), "c.pem", &without.pem());

    let store = CertificateStore::load(folder.path());

    let lengths: Vec<Result<usize, IdentityError>> = store
        .candidates()
        .iter()
        .map(|candidate| candidate.identity.as_ref().map(|found| found.chain().len()).map_err(Clone::clone))
        .collect();
    assert_eq!(lengths, [Ok(2), Ok(1), Err(IdentityError::NoKey)]);
    assert_eq!(store.faults(), []);
}

#[test]
fn what_is_wrong_is_told_and_the_rest_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (Minted::self_signed("a.example.com"), Minted::self_signed("b.example.com"));
    put(folder.path(), "a.pem", &good.pem());
    put(folder.path(), "a.key", &good.key_pem());
    fs::set_permissions(folder.path().join("a.key"), fs::Permissions::from_mode(0o640)).unwrap();
    put(folder.path(), "b.pem", &bad.pem());
    put(folder.path(), "b.key", &good.key_pem());
    put(folder.path(), "c.pem", "nothing");
    put(folder.path(), "d.pem", &" ".repeat(256 * 1024 + 1));
    put(folder.path(), "notes.txt", "not looked at");

    let store = CertificateStore::load(folder.path());

    let identities: Vec<_> =
        store.candidates().iter().map(|candidate| candidate.identity.as_ref().err()).collect();
    assert_eq!(identities, [None, Some(&IdentityError::KeyOfAnother)]);
    let faults: Vec<(&str, &str)> = store
        .faults()
        .iter()
        .map(|fault| (fault.file.file_name().unwrap().to_str().unwrap(), fault.reason.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            ("a.key", "others may read this private key: run `chmod 600` on it"),
            ("c.pem", "there is no certificate in it: remove the file"),
            ("d.pem", "it is no file of at most 262144 bytes"),
        ]
    );
}

#[test]
fn debug_of_an_identity_does_not_show_its_key() {
    let minted = Minted::self_signed("um.example.com");
    let identity = Identity::from_pem(&minted.pem(), &minted.key_pem()).unwrap();

    let shown = format!("{identity:?}");

    assert!(shown.starts_with("Identity { facts: CertificateFacts { subject: "), "{shown}");
    assert!(shown.ends_with("purposes: [\"serverAuth\", \"clientAuth\"] }, .. }"), "{shown}");
}

#[test]
fn files_that_are_looked_at_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..1025 {
        put(folder.path(), &format!("{number:04}.pem"), "");
    }

    let store = CertificateStore::load(folder.path());

    assert_eq!(store.faults().len(), 1025);
    assert_eq!(store.faults()[0].reason, "it holds more than 1024 files `*.pem`; the rest is not read");
    assert_eq!(store.faults()[1024].file, folder.path().join("1023.pem"));
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

fn made() -> Identity {
    issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap()
}

fn signing_request(fqdn: &str) -> (SigningRequest, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.subject_alt_names = vec![dns(fqdn)];
    let request = SigningRequest {
        fqdn: fqdn.to_owned(),
        pem: parameters.serialize_request(&key).unwrap().pem().unwrap(),
        key: Secret::new(key.serialize_pem()),
        spki_sha256: CertificateFacts::read(&Minted::self_signed_by(&key, |_| {}).chain[0])
            .unwrap()
            .spki_sha256,
    };
    (request, key)
}

#[test]
fn flags_and_preference_are_there_after_the_next_load() {
    let folder = tempfile::tempdir().unwrap();
    let flags = Flags { inactive: true, owner: Some("partner".to_owned()), successor_of: None };
    let mut store = CertificateStore::load(folder.path());
    let first = store.add(made(), flags.clone()).unwrap().facts().sha256.clone();
    let second = store.add(made(), Flags::default()).unwrap().facts().sha256.clone();
    store.prefer(Some(&second)).unwrap();

    let loaded = CertificateStore::load(folder.path());
    assert_eq!(loaded.find(&first).unwrap().flags, flags);
    assert_eq!(loaded.find(&second).unwrap().flags, Flags::default());
    assert_eq!((loaded.preferred(), store.preferred()), (Some(second.as_str()), Some(second.as_str())));
    assert_eq!(fs::read_to_string(folder.path().join("chosen")).unwrap(), format!("{second}\n"));

    store.set_flags(&first, Flags::default()).unwrap();
    store.prefer(None).unwrap();

    let loaded = CertificateStore::load(folder.path());
    assert_eq!(loaded.find(&first).unwrap().flags, Flags::default());
    assert_eq!(loaded.preferred(), None);
    assert_eq!(names(folder.path()).len(), 4);
}

#[test]
fn certificate_that_is_removed_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let flags = Flags { inactive: true, ..Flags::default() };
    let mut store = CertificateStore::load(folder.path());
    let sha256 = store.add(made(), flags).unwrap().facts().sha256.clone();
    store.prefer(Some(&sha256)).unwrap();

    store.remove(&sha256).unwrap();

    assert_eq!(names(folder.path()), Vec::<String>::new());
    assert!(store.candidates().is_empty());
    assert_eq!(store.preferred(), None);
}

#[test]
fn certificate_that_is_not_there_cannot_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CertificateStore::load(folder.path());
    let error = store.set_flags("../../etc/passwd", Flags::default()).unwrap_err().to_string();

    assert_eq!(
        error,
        "there is no certificate ../../etc/passwd in the store: `um cert list` shows those that are"
    );
    assert!(matches!(store.remove(&"0".repeat(64)), Err(StoreError::Unknown { .. })));
    assert!(matches!(store.prefer(Some("")), Err(StoreError::Unknown { .. })));
    let flags = Flags { owner: Some("a\ninactive".to_owned()), ..Flags::default() };
    assert!(
        matches!(store.add(made(), flags), Err(StoreError::BadOwner { owner }) if owner == "a\\ninactive")
    );
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn certificate_that_is_there_already_is_written_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let minted = Minted::self_signed("um.example.com");
    put(folder.path(), "mine.pem", &minted.pem());
    let mut store = CertificateStore::load(folder.path());
    let identity = Identity::from_pem(&minted.pem(), &minted.key_pem()).unwrap();

    store.add(identity, Flags::default()).unwrap();

    assert_eq!(names(folder.path()), ["mine.key", "mine.pem"]);
    assert_eq!(store.candidates().len(), 1);
    assert!(CertificateStore::load(folder.path()).candidates()[0].identity.is_ok());
}

#[test]
fn thumbprint_is_found_in_any_spelling_and_by_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CertificateStore::load(folder.path());
    let facts = Arc::clone(store.add(made(), Flags::default()).unwrap().facts());
    store.add(made(), Flags::default()).unwrap();
    let colons: Vec<String> = facts
        .sha1
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|two| String::from_utf8(two.to_vec()).unwrap())
        .collect();

    for spelling in [
        &facts.sha256,
        &facts.sha1,
        &colons.join(":"),
        &colons.join(" "),
        &facts.sha256.split_at(8).0.to_owned(),
    ] {
        assert_eq!(store.find(spelling).unwrap().facts, facts, "{spelling}");
    }
    assert_eq!(
        store.find(facts.sha256.split_at(7).0).unwrap_err().to_string(),
        format!(
            "`{}` is no thumbprint: give at least 8 hexadecimal digits; `um cert list` shows them",
            facts.sha256.split_at(7).0
        )
    );
    assert!(matches!(store.find("um.example.com"), Err(NotFound::NoThumbprint { .. })));
    let unknown = store.find(&"0".repeat(64)).unwrap_err();
    assert_eq!(unknown, NotFound::Unknown { thumbprint: "0".repeat(64) });
}

#[test]
fn beginning_of_two_thumbprints_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CertificateStore::load(folder.path());
    let facts = Arc::clone(store.add(made(), Flags::default()).unwrap().facts());
    let mut twin = (*facts).clone();
    twin.sha256 = format!("{}{}", facts.sha256.split_at(8).0, "f".repeat(56));
    let twin = Candidate { facts: Arc::new(twin), ..store.candidates[0].clone() };
    store.candidates.push(twin);

    let error = store.find(facts.sha256.split_at(8).0).unwrap_err();

    assert_eq!(error, NotFound::Ambiguous { thumbprint: facts.sha256.split_at(8).0.to_owned(), count: 2 });
    assert!(store.find(&facts.sha256).is_ok());
}

#[test]
fn key_of_a_signing_request_waits_until_its_certificate_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let (request, key) = signing_request("um.example.com");
    let (other, _) = signing_request("other.example.com");
    let mut store = CertificateStore::load(folder.path());
    store.add_request(&request).unwrap();
    store.add_request(&other).unwrap();

    let loaded = CertificateStore::load(folder.path());
    assert_eq!(loaded.waiting_keys(), store.waiting_keys());
    assert_eq!(loaded.faults(), []);
    assert!(loaded.candidates().is_empty());
    let waiting = |fqdn: &str| loaded.waiting_keys().iter().find(|one| one.fqdn == fqdn).unwrap();
    assert_eq!(waiting("um.example.com").spki_sha256, request.spki_sha256);
    assert_eq!(loaded.waiting_key_pem(waiting("um.example.com")).unwrap(), *request.key.expose());

    let signed = Minted::self_signed_by(&key, |_| {});
    store.add(Identity::from_pem(&signed.pem(), &signed.key_pem()).unwrap(), Flags::default()).unwrap();

    let left: Vec<&str> = store.waiting_keys().iter().map(|one| one.fqdn.as_str()).collect();
    assert_eq!(left, ["other.example.com"]);
    assert_eq!(CertificateStore::load(folder.path()).waiting_keys(), store.waiting_keys());
    let gone = store.waiting_key_pem(waiting("um.example.com")).unwrap_err();
    assert!(gone.to_string().ends_with("make another one with `um cert csr`"), "{gone}");
}

#[test]
fn request_without_key_or_without_sense_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (request, key) = signing_request("um.example.com");
    put(folder.path(), "a.csr", &request.pem);
    put(folder.path(), "b.csr", "hello");
    put(folder.path(), "b.key", &key.serialize_pem());

    let store = CertificateStore::load(folder.path());

    let faults: Vec<&str> = store.faults().iter().map(|fault| fault.reason.as_str()).collect();
    assert_eq!(
        faults,
        [
            "there is no key to this signing request: make another one with `um cert csr`",
            "this is no certificate signing request in PEM form: remove the file",
        ]
    );
    assert_eq!(store.waiting_keys(), []);
}

#[test]
fn fingerprint_changes_with_every_file_that_is_read_and_with_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = vec![CertificateStore::fingerprint(folder.path())];
    let mut changed = |what: &str| {
        let now = CertificateStore::fingerprint(folder.path());
        assert!(!seen.contains(&now), "{what}");
        assert_eq!(now, CertificateStore::fingerprint(folder.path()), "{what}");
        seen.push(now);
    };

    for name in ["a.pem", "a.key", "a.flags", "b.csr", "chosen"] {
        put(folder.path(), name, "x");
        changed(name);
    }
    put(folder.path(), "a.pem", "xy");
    changed("size");
    let opened = fs::File::options().write(true).open(folder.path().join("a.pem")).unwrap();
    opened.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    changed("time");
    fs::rename(folder.path().join("b.csr"), folder.path().join("c.csr")).unwrap();
    changed("name");
    fs::remove_file(folder.path().join("c.csr")).unwrap();
    changed("removal");

    let before = CertificateStore::fingerprint(folder.path());
    put(folder.path(), "a.pem.part", "x");
    put(folder.path(), "notes.txt", "x");
    assert_eq!(CertificateStore::fingerprint(folder.path()), before);
}
