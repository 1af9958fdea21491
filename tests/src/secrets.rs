//! The secrets of a run, in each form that could leak, and the search for them in what the server wrote and printed.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::program::Ran;

const PIN: &str = "a PIN";

/// Something that a server wrote or a command printed.
#[derive(Debug)]
pub struct Writing {
    /// Where it stands, for the words of a failure.
    pub place: String,
    /// All of it.
    pub octets: Vec<u8>,
}

/// What must be found nowhere. Takes each secret once, however often it was used.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The octets to be looked for, with what they are.
    patterns: BTreeMap<Vec<u8>, &'static str>,
}

/// What commands printed, without the PINs, which are printed once when they are made.
#[derive(Default)]
pub(crate) struct Printed {
    pub(crate) writings: Vec<Writing>,
    pub(crate) pins: Vec<String>,
}

impl Writing {
    /// Every file below a folder.
    ///
    /// # Panics
    /// A file cannot be read.
    pub fn files_below(folder: &Path) -> Vec<Self> {
        let read = |path: PathBuf| match fs::read(&path) {
            Ok(octets) => Some(Self { place: path.display().to_string(), octets }),
            // The database's journals come and go.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => panic!("{} cannot be read: {error}", path.display()),
        };
        paths_below(folder).into_iter().filter_map(read).collect()
    }
}

impl Printed {
    pub(crate) fn keep(&mut self, place: String, ran: &Ran) {
        let mut octets = Vec::new();
        for line in ran.stdout.lines().chain(ran.stderr.lines()) {
            match line.strip_prefix("PIN ") {
                Some(pin) => self.pins.push(pin.to_owned()),
                None => octets.extend_from_slice(line.as_bytes()),
            }
            octets.push(b'\n');
        }
        self.writings.push(Writing { place, octets });
    }
}

impl Secrets {
    /// How many forms of secrets are looked for.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The SRTP keys of a key log of the test caller: one to a line, key and salt in base64. No log, no keys.
    ///
    /// # Panics
    /// A line is no base64.
    pub fn add_key_log(&mut self, file: &Path) {
        for line in fs::read_to_string(file).unwrap_or_default().lines() {
            self.add_key(&STANDARD.decode(line).expect("a line of the key log is base64"));
            // These digits stand for octets of the key alone.
            self.add("an SRTP key in base64", &line.as_bytes()[..20]);
        }
    }

    /// The private keys in PEM below a folder: each of their whole lines; certificates in the same file are no secret.
    pub fn add_private_keys_below(&mut self, folder: &Path) {
        for path in paths_below(folder) {
            let text = fs::read_to_string(path).unwrap_or_default();
            let mut is_key = false;
            for line in text.lines() {
                if line.starts_with("-----") {
                    is_key = line.starts_with("-----BEGIN ") && line.ends_with("PRIVATE KEY-----");
                } else if is_key && line.len() >= 32 {
                    self.add("a private key", line.as_bytes());
                }
            }
        }
    }

    /// A PIN. It is looked for as a word of its own: its few digits stand in times and thumbprints by chance.
    pub fn add_pin(&mut self, pin: &str) {
        self.add(PIN, pin.as_bytes());
    }

    /// Looks through all of it.
    ///
    /// # Panics
    /// A secret stands in a writing.
    pub fn assert_in_none_of(&self, writings: &[Writing]) {
        let (octets, names): (Vec<&Vec<u8>>, Vec<&str>) =
            self.patterns.iter().map(|(octets, what)| (octets, *what)).unzip();
        let search = AhoCorasick::new(octets).expect("the patterns make a search");
        for Writing { place, octets } in writings {
            for found in search.find_overlapping_iter(octets) {
                let what = names[found.pattern().as_usize()];
                if what != PIN || is_word(octets, found.range()) {
                    panic!("{what} stands in {place} at octet {}", found.start());
                }
            }
        }
    }

    /// A key as octets, in hex of either case and as a printed list; salts have 12 or 14 octets, keys 16 or 32.
    fn add_key(&mut self, key_and_salt: &[u8]) {
        let key = &key_and_salt[..key_and_salt.len() - key_and_salt.len() % 16];
        let mut hex = String::new();
        key.iter().for_each(|octet| write!(hex, "{octet:02x}").expect("a String takes all"));
        let list: Vec<String> = key.iter().map(u8::to_string).collect();
        self.add("an SRTP key as octets", key);
        self.add("an SRTP key in HEX", hex.to_uppercase().as_bytes());
        self.add("an SRTP key in hex", hex.as_bytes());
        self.add("an SRTP key as a list", list.join(", ").as_bytes());
    }

    fn add(&mut self, what: &'static str, octets: &[u8]) {
        self.patterns.insert(octets.to_vec(), what);
    }
}

/// What stands there is no part of a longer word, and no fraction of a second.
fn is_word(octets: &[u8], range: Range<usize>) -> bool {
    let before = octets[..range.start].last();
    let behind = octets.get(range.end);
    !before.is_some_and(|octet| octet.is_ascii_alphanumeric() || *octet == b'.')
        && !behind.is_some_and(u8::is_ascii_alphanumeric)
}

fn paths_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths
        .flat_map(|path| if path.is_dir() { paths_below(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(place: &str, shown: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("keys");
        // 30 octets: key 0, 1, .. 15 and a salt of 14.
        fs::write(&log, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\n").unwrap();
        fs::write(
            folder.path().join("own.key"),
            "-----BEGIN CERTIFICATE-----\nMIIBbzCCARWgAwIBAgIUC5zgZDrsIU+89sPLUy8yW9dyJdQwCgYIKoZIzj0EAwIw\n\
             -----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n\
             MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n",
        )
        .unwrap();
        let mut secrets = Secrets::default();
        secrets.add_key_log(&log);
        secrets.add_private_keys_below(folder.path());
        secrets.add_pin("7302958164");
        let writing = Writing { place: place.to_owned(), octets: shown.to_vec() };
        let search = std::panic::catch_unwind(|| secrets.assert_in_none_of(&[writing]));
        search.err().map(|words| words.downcast_ref::<String>().cloned().unwrap())
    }

    #[test]
    fn each_form_of_a_secret_is_found_and_named() {
        let octets: Vec<u8> = (0..16).collect();
        let rows: [(&[u8], &str); 7] = [
            (&octets, "an SRTP key as octets"),
            (b"000102030405060708090a0b0c0d0e0f", "an SRTP key in hex"),
            (b"000102030405060708090A0B0C0D0E0F", "an SRTP key in HEX"),
            (b"[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]", "an SRTP key as a list"),
            (b"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^31", "an SRTP key in base64"),
            (b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg", "a private key"),
            (b"pin=7302958164", "a PIN"),
        ];
        for (shown, what) in rows {
            let words = found("the log", &[b"before ", shown].concat()).unwrap();

            assert!(words.starts_with(&format!("{what} stands in the log at octet ")), "{words}");
        }
    }

    #[test]
    fn what_shows_no_secret_passes() {
        assert_eq!(
            found(
                "the log",
                b"AAECAwQFBgcICQoLDA 000102 x7302958164 .7302958164Z -----BEGIN CERTIFICATE-----\n\
                  MIIBbzCCARWgAwIBAgIUC5zgZDrsIU+89sPLUy8yW9dyJdQwCgYIKoZIzj0EAwIw"
            ),
            None
        );
    }
}
