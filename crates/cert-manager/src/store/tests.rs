use super::*;
use crate::{
    choice::choose,
    issue::{IssueRequest, KeyKind, issue_self_signed},
    mint::{Authority, Minted, now},
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

    let added = CertificateStore::load(&folder).add(identity).unwrap();
    let store = CertificateStore::load(&folder);

    let found = choose(store.candidates(), "um.example.com", now()).chosen.unwrap();
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
    assert_eq!(store.faults()[0].reason, "it holds more than 1024 files; the rest is not read");
    assert_eq!(store.faults()[1024].file, folder.path().join("1023.pem"));
}
