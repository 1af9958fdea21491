//! Whether what was found in the store is shown from now on, or what was shown before. Knows no files, clocks or tasks.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use cert_manager::{Candidate, CertificateStore, OwnIdentities, Standing};
use jiff::Timestamp;

/// A certificate that is shown under one name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// The owner; `None` for our own.
    pub owner: Option<String>,
    /// Where it was read.
    pub file: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// Its last moment.
    pub not_after: Timestamp,
    /// Whether it was issued by itself.
    pub self_signed: bool,
    /// Whether `um cert use` has named it.
    pub preferred: bool,
    /// SHA-256 of the predecessor whose place it has taken by itself.
    pub taken_over: Option<String>,
}

/// What a look into the store has found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Every name under which something is to be shown.
    pub names: BTreeSet<Option<String>>,
    /// What would be shown.
    pub shown: Vec<Shown>,
    /// Files that cannot be used as they are, and why.
    pub broken: BTreeMap<PathBuf, String>,
    /// SHA-256 of every certificate that is there with its key and with flags that can be read, whether or not it fits.
    pub whole: BTreeSet<String>,
}

/// What becomes of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It is shown from now on.
    Take,
    /// What was shown goes on.
    Keep {
        /// Why, with the file.
        reason: String,
    },
}

/// Decides. As long as what is shown is valid, it is not lost to a file that broke or vanished: only to a better
/// certificate, or to an administrator who takes it out of use and leaves it in the store. Never to its own successor,
/// which peers need not know yet.
pub fn decide(before: &[Shown], found: &Found, now: Timestamp) -> Decision {
    for old in before {
        let is_asked_for = found.names.contains(&old.owner);
        if !is_asked_for || old.not_after < now || found.whole.contains(&old.sha256) {
            continue;
        }
        if let Some(reason) = found.broken.get(&old.file) {
            let replaced = found.replaces(old);
            if !replaced {
                return Decision::Keep { reason: reason.clone() };
            }
        }
        let in_its_place = || found.shown.iter().filter(|new| new.owner == old.owner);
        if in_its_place().any(|new| new.has_succeeded(old)) {
            let reason = format!(
                "{} is gone before its time, and peers need not know its successor yet: put it back, or run `um cert \
                 activate` if every gateway has the successor",
                shown_path(&old.file)
            );
            return Decision::Keep { reason };
        }
        if in_its_place().next().is_none() {
            let whose = old.owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
            let reason = format!(
                "{} is gone, and no other certificate{whose} can be shown: put one there, or take it out of use with \
                 `um cert deactivate` first",
                shown_path(&old.file)
            );
            return Decision::Keep { reason };
        }
    }
    Decision::Take
}

impl Found {
    /// What the store holds, and what was made of it.
    pub fn of(store: &CertificateStore, compiled: &OwnIdentities) -> Self {
        let mut found = Self::default();
        let unread: BTreeSet<&Path> = store.faults().iter().map(|fault| fault.file.as_path()).collect();
        let flags_are_read =
            |candidate: &Candidate| !unread.contains(candidate.file.with_extension("flags").as_path());
        for candidate in store.candidates() {
            match &candidate.identity {
                // Until its flags can be read nobody knows whether it is to be shown.
                Ok(_) if !flags_are_read(candidate) => {}
                Ok(_) => {
                    found.whole.insert(candidate.facts.sha256.clone());
                }
                Err(error) => {
                    let reason = format!("{}: {error}", shown_path(&candidate.file));
                    found.broken.insert(candidate.file.clone(), reason);
                }
            }
        }
        for fault in store.faults() {
            let file = fault.file.with_extension("pem");
            let is_whole = |file: &Path| {
                store.candidates().iter().any(|candidate| {
                    candidate.file == file && candidate.identity.is_ok() && flags_are_read(candidate)
                })
            };
            if !is_whole(&file) {
                found.broken.insert(file, format!("{}: {}", shown_path(&fault.file), fault.reason));
            }
        }
        for (owner, choice) in compiled.choices() {
            let owner = owner.map(str::to_owned);
            found.names.insert(owner.clone());
            for standing in &choice.explanation {
                match standing.standing {
                    Standing::Chosen { .. } | Standing::ChosenForDialing { .. } => found.shown.push(Shown {
                        owner: owner.clone(),
                        file: standing.file.clone(),
                        sha256: standing.facts.sha256.clone(),
                        not_after: standing.facts.not_after,
                        self_signed: standing.facts.self_signed,
                        preferred: store.preferred() == Some(standing.facts.sha256.as_str()),
                        taken_over: taken_over(store, &standing.file),
                    }),
                    Standing::Outranked { .. } | Standing::Waiting { .. } | Standing::PassedOver { .. } => {}
                }
            }
        }
        found
    }

    /// Whether something better is shown instead of `old`: then its broken file is only litter.
    fn replaces(&self, old: &Shown) -> bool {
        self.shown.iter().any(|new| new.owner == old.owner && new.is_better_than(old))
    }
}

impl Shown {
    /// By the rule of the choice; a successor is better only once it is activated.
    fn is_better_than(&self, old: &Self) -> bool {
        let is_named = self.preferred || !old.preferred;
        let is_of_its_class = old.self_signed || !self.self_signed;
        is_named && is_of_its_class && self.not_after > old.not_after && !self.has_succeeded(old)
    }

    fn has_succeeded(&self, old: &Self) -> bool {
        self.taken_over.as_ref() == Some(&old.sha256)
    }
}

/// The predecessor whose place the certificate of this file has taken although it was to wait.
fn taken_over(store: &CertificateStore, file: &Path) -> Option<String> {
    let candidate = store.candidates().iter().find(|candidate| candidate.file == file)?;
    candidate.flags.is_waiting().then(|| candidate.flags.successor_of.clone()).flatten()
}

/// The file's name: the folder is known.
fn shown_path(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";
    const LATER: &str = "2027-06-01T00:00:00Z";

    fn shown(owner: Option<&str>, sha256: &str, not_after: &str) -> Shown {
        Shown {
            owner: owner.map(str::to_owned),
            file: format!("/store/{sha256}.pem").into(),
            sha256: sha256.to_owned(),
            not_after: not_after.parse().unwrap(),
            self_signed: true,
            preferred: false,
            taken_over: None,
        }
    }

    /// What would be shown; all of it is whole.
    fn found(shown: Vec<Shown>) -> Found {
        let names = shown.iter().map(|one| one.owner.clone()).chain([None]).collect();
        let whole = shown.iter().map(|one| one.sha256.clone()).collect();
        Found { names, shown, whole, ..Found::default() }
    }

    fn broken(mut found: Found, file: &str) -> Found {
        found.broken.insert(format!("/store/{file}.pem").into(), format!("{file}.pem: no certificate"));
        found
    }

    fn verdict(before: &[Shown], found: &Found) -> &'static str {
        match decide(before, found, NOW.parse().unwrap()) {
            Decision::Take => "take",
            Decision::Keep { .. } => "keep",
        }
    }

    #[test]
    fn what_is_shown_is_lost_to_a_better_one_and_never_to_a_broken_file() {
        let old = || shown(None, "aa", "2027-01-01T00:00:00Z");
        let successor = || Shown { taken_over: Some("aa".to_owned()), ..shown(None, "bb", LATER) };
        let mut deactivated = found(Vec::new());
        deactivated.whole.insert("aa".to_owned());
        let rows = [
            ("the first look takes what is there", vec![], found(vec![old()]), "take"),
            ("nothing changed", vec![old()], found(vec![old()]), "take"),
            ("a better one", vec![old()], found(vec![shown(None, "bb", LATER)]), "take"),
            ("its own file broke, nothing else", vec![old()], broken(found(vec![]), "aa"), "keep"),
            (
                "its own file broke, a worse one is left",
                vec![old()],
                broken(found(vec![shown(None, "bb", "2026-12-01T00:00:00Z")]), "aa"),
                "keep",
            ),
            (
                "its own file broke after a better one came",
                vec![old()],
                broken(found(vec![shown(None, "bb", LATER)]), "aa"),
                "take",
            ),
            ("another file broke", vec![old()], broken(found(vec![old()]), "zz"), "take"),
            ("its file is gone, nothing else", vec![old()], found(vec![]), "keep"),
            (
                "its file is gone, another is left",
                vec![old()],
                found(vec![shown(None, "bb", "2026-12-01T00:00:00Z")]),
                "take",
            ),
            ("taken out of use by the administrator", vec![old()], deactivated, "take"),
            (
                "it has ended, and its file broke",
                vec![shown(None, "aa", "2026-11-22T11:59:59Z")],
                broken(found(vec![]), "aa"),
                "take",
            ),
            (
                "its own file broke, and its successor has come before its time",
                vec![old()],
                broken(found(vec![successor()]), "aa"),
                "keep",
            ),
            ("its file is gone, and its successor has come", vec![old()], found(vec![successor()]), "keep"),
            (
                "its own file broke, and one of a worse class lives longer",
                vec![Shown { self_signed: false, ..old() }],
                broken(found(vec![shown(None, "bb", LATER)]), "aa"),
                "keep",
            ),
            (
                "its own file broke, and it had been named before all others",
                vec![Shown { preferred: true, ..old() }],
                broken(found(vec![shown(None, "bb", LATER)]), "aa"),
                "keep",
            ),
            (
                "an owner's is gone, and somebody is bound to it",
                vec![old(), shown(Some("partner"), "cc", LATER)],
                {
                    let mut found = found(vec![old()]);
                    found.names.insert(Some("partner".to_owned()));
                    found
                },
                "keep",
            ),
            (
                "an owner's is gone, and nobody is bound to it",
                vec![old(), shown(Some("partner"), "cc", LATER)],
                found(vec![old()]),
                "take",
            ),
        ];
        for (what, before, found, expected) in rows {
            assert_eq!(verdict(&before, &found), expected, "{what}");
        }
    }

    #[test]
    fn reason_names_the_file() {
        let before = [shown(Some("partner"), "cc", LATER)];
        let mut gone = found(Vec::new());
        gone.names.insert(Some("partner".to_owned()));

        assert_eq!(
            decide(&before, &gone, NOW.parse().unwrap()),
            Decision::Keep {
                reason: "cc.pem is gone, and no other certificate of partner can be shown: put one there, or take it \
                         out of use with `um cert deactivate` first"
                    .to_owned()
            }
        );
        assert_eq!(
            decide(&before, &broken(gone, "cc"), NOW.parse().unwrap()),
            Decision::Keep { reason: "cc.pem: no certificate".to_owned() }
        );
    }
}
