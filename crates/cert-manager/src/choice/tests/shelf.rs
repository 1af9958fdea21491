//! How a store of the table is written down, laid out in a folder, and asked.

use std::{cell::OnceCell, fs, os::unix::fs::PermissionsExt as _, path::Path};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, SanType, date_time_ymd};

use super::super::*;
use crate::{
    mint::{Authority, Minted, dns, now},
    pem,
};

pub const FQDN: &str = "um.example.com";

/// A store and what is to become of it. In words, `{a}` stands for the first 8 digits of the SHA-256 of `a.pem`.
pub struct Row {
    pub title: &'static str,
    pub chosen: Option<&'static str>,
    pub dialing: Option<&'static str>,
    pub words: Vec<String>,
    pub faults: Vec<String>,
    shelf: Vec<OnShelf>,
    pinned: Option<&'static str>,
    revoked: Option<&'static str>,
    owner: Option<&'static str>,
    fqdn: &'static str,
    sorted: Sorted,
}

/// What was chosen, by the names of files.
pub struct Found {
    pub chosen: Option<String>,
    pub dialing: Option<String>,
    pub words: Vec<String>,
    pub faults: Vec<String>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Sorted {
    AsWritten,
    ByThumbprint,
}

type Change = Box<dyn Fn(&mut CertificateParams)>;

/// A certificate of the store.
pub struct OnShelf {
    name: &'static str,
    made: OnceCell<Minted>,
    issuer: Issuer,
    change: Vec<Change>,
    flags: Option<String>,
    key: Key,
}

enum Issuer {
    Itself,
    Company,
    Fixture(&'static str),
}

enum Key {
    Beside,
    Within,
    Missing,
    OfAnother,
    Broken,
}

/// Self-signed, for our name and both purposes, from 1975 until 2035.
pub fn own(name: &'static str) -> OnShelf {
    OnShelf::new(name, Issuer::Itself)
}

/// The same, issued by the company's CA.
pub fn issued(name: &'static str) -> OnShelf {
    OnShelf::new(name, Issuer::Company)
}

/// As it lies in `fixtures/`.
pub fn fixture(name: &'static str, text: &'static str) -> OnShelf {
    OnShelf::new(name, Issuer::Fixture(text))
}

impl OnShelf {
    fn new(name: &'static str, issuer: Issuer) -> Self {
        Self { name, made: OnceCell::new(), issuer, change: Vec::new(), flags: None, key: Key::Beside }
    }

    pub fn with(mut self, change: impl Fn(&mut CertificateParams) + 'static) -> Self {
        self.change.push(Box::new(change));
        self
    }

    pub fn until(self, year: i32) -> Self {
        self.with(move |parameters| parameters.not_after = date_time_ymd(year, 1, 1))
    }

    pub fn from(self, year: i32) -> Self {
        self.with(move |parameters| parameters.not_before = date_time_ymd(year, 1, 1))
    }

    pub fn named(self, names: &'static [&'static str]) -> Self {
        self.with(move |parameters| {
            parameters.subject_alt_names = names.iter().map(|name| dns(name)).collect()
        })
    }

    pub fn san(self, names: Vec<SanType>) -> Self {
        self.with(move |parameters| parameters.subject_alt_names.clone_from(&names))
    }

    pub fn cn(self, name: &'static str) -> Self {
        self.with(move |parameters| parameters.distinguished_name.push(DnType::CommonName, name))
    }

    pub fn made_for(self, purposes: &'static [ExtendedKeyUsagePurpose]) -> Self {
        self.with(move |parameters| parameters.extended_key_usages = purposes.to_vec())
    }

    /// Lines of its flags; `{a}` stands for the whole SHA-256 of `a.pem`.
    pub fn flagged(mut self, text: &str) -> Self {
        self.flags = Some(text.to_owned());
        self
    }

    pub fn key_within(mut self) -> Self {
        self.key = Key::Within;
        self
    }

    pub fn without_key(mut self) -> Self {
        self.key = Key::Missing;
        self
    }

    pub fn key_of_another(mut self) -> Self {
        self.key = Key::OfAnother;
        self
    }

    pub fn broken_key(mut self) -> Self {
        self.key = Key::Broken;
        self
    }

    fn mint(&self, company: &Authority) -> Minted {
        let change = |parameters: &mut CertificateParams| {
            parameters.subject_alt_names = vec![dns(FQDN)];
            self.change.iter().for_each(|change| change(parameters));
        };
        match self.issuer {
            Issuer::Itself => Minted::self_signed_with(change),
            Issuer::Company => company.issue_with(change),
            Issuer::Fixture(text) => Minted {
                chain: pem::certificates(text).unwrap(),
                key: pem::private_key(text).unwrap_or_else(|| Minted::self_signed(FQDN).key),
            },
        }
    }

    fn lay(&self, folder: &Path, shelf: &[Self]) {
        let made = self.made.get().unwrap();
        let put = |extension: &str, text: &str| {
            let file = folder.join(format!("{}.{extension}", self.name));
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        };
        match self.key {
            Key::Within => put("pem", &format!("{}{}", made.key_pem(), made.pem())),
            Key::Beside | Key::Missing | Key::OfAnother | Key::Broken => put("pem", &made.pem()),
        }
        match self.key {
            Key::Beside => put("key", &made.key_pem()),
            Key::OfAnother => put("key", &Minted::self_signed(FQDN).key_pem()),
            Key::Broken => put("key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            Key::Within | Key::Missing => {}
        }
        if let Some(text) = &self.flags {
            let whole =
                |text: String, other: &Self| text.replace(&format!("{{{}}}", other.name), &other.sha256());
            put("flags", &shelf.iter().fold(text.clone(), whole));
        }
    }

    fn sha256(&self) -> String {
        CertificateFacts::read(&self.made.get().unwrap().chain[0]).unwrap().sha256
    }
}

impl Row {
    pub fn of(title: &'static str, shelf: Vec<OnShelf>) -> Self {
        Self {
            title,
            chosen: None,
            dialing: None,
            words: Vec::new(),
            faults: Vec::new(),
            shelf,
            pinned: None,
            revoked: None,
            owner: None,
            fqdn: FQDN,
            sorted: Sorted::AsWritten,
        }
    }

    pub fn pinned(self, name: &'static str) -> Self {
        Self { pinned: Some(name), ..self }
    }

    pub fn revoked(self, name: &'static str) -> Self {
        Self { revoked: Some(name), ..self }
    }

    pub fn for_owner(self, owner: &'static str) -> Self {
        Self { owner: Some(owner), ..self }
    }

    pub fn for_host(self, fqdn: &'static str) -> Self {
        Self { fqdn, ..self }
    }

    /// The files get their names in the order of their thumbprints.
    pub fn sorted_by_thumbprint(self) -> Self {
        Self { sorted: Sorted::ByThumbprint, ..self }
    }

    pub fn chooses(self, name: &'static str, words: &[&str]) -> Self {
        Self { chosen: Some(name), ..self.chooses_none(words) }
    }

    pub fn chooses_none(self, words: &[&str]) -> Self {
        Self { words: words.iter().map(|line| (*line).to_owned()).collect(), ..self }
    }

    pub fn but_dials_with(self, name: &'static str) -> Self {
        Self { dialing: Some(name), ..self }
    }

    pub fn with_faults(self, faults: &[&str]) -> Self {
        Self { faults: faults.iter().map(|line| (*line).to_owned()).collect(), ..self }
    }

    /// Lays the store out, reads it, and chooses at the beginning of 2030.
    pub fn choose(&self) -> Found {
        let folder = tempfile::tempdir().unwrap();
        self.lay(folder.path());
        let sha256 =
            |name: Option<&str>| self.shelf.iter().find(|one| Some(one.name) == name).map(OnShelf::sha256);
        let revoked = sha256(self.revoked);
        let is_revoked = |identity: &Identity| Some(&identity.facts().sha256) == revoked.as_ref();
        let wanted = Wanted { owner: self.owner, fqdn: self.fqdn, revoked: &is_revoked };
        let store = CertificateStore::load(folder.path());
        let choice = super::super::choose(&store, &wanted, now());

        let stem = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
        let named = |identity: &Arc<Identity>| {
            let is_it = |one: &&StandingOf| one.facts == *identity.facts();
            stem(&choice.explanation.iter().find(is_it).unwrap().file)
        };
        let in_words = |line: String| {
            self.shelf.iter().fold(line, |line, one| {
                line.replace(one.sha256().split_at(8).0, &format!("{{{}}}", one.name))
            })
        };
        let faults = store.faults().iter();
        Found {
            chosen: choice.chosen.as_ref().map(named),
            dialing: choice.dialing.as_ref().map(named),
            words: choice
                .explanation
                .iter()
                .map(|one| in_words(format!("{} {}", stem(&one.file), one.standing)))
                .collect(),
            faults: faults
                .map(|fault| format!("{}: {}", fault.file.file_name().unwrap().display(), fault.reason))
                .collect(),
        }
    }

    fn lay(&self, folder: &Path) {
        let company = Authority::root("Company Root");
        let mut made: Vec<Minted> = self.shelf.iter().map(|one| one.mint(&company)).collect();
        if self.sorted == Sorted::ByThumbprint {
            made.sort_by_key(|one| CertificateFacts::read(&one.chain[0]).unwrap().sha256);
        }
        for (one, made) in self.shelf.iter().zip(made) {
            assert!(one.made.set(made).is_ok(), "a row is laid out once");
        }
        self.shelf.iter().for_each(|one| one.lay(folder, &self.shelf));
        if let Some(pinned) = self.pinned {
            let found = self.shelf.iter().find(|one| one.name == pinned);
            let text = found.map_or_else(|| pinned.to_owned(), OnShelf::sha256);
            fs::write(folder.join("chosen"), text).unwrap();
        }
    }
}
