use std::{fs, path::Path};

use cert_manager::{Root, TrustHow, TrustKind, read_trust};
use jiff::Timestamp;
use telephony::{Event, kind};

/// Files of root certificates that are read.
const MAX_ROOT_FILES: usize = 256;

/// The root certificates in `folder`, any number in each `.pem` file; a folder that is not there holds none. Tells of
/// files that are passed over.
pub fn company_roots(folder: &Path, now: Timestamp) -> (Vec<Root>, Vec<Event>) {
    let (mut roots, mut events) = (Vec::new(), Vec::new());
    let Ok(entries) = fs::read_dir(folder) else { return (roots, events) };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
        .collect();
    files.sort();
    for file in files.iter().take(MAX_ROOT_FILES) {
        match roots_of(file, now) {
            Ok(found) => roots.extend(found),
            Err(reason) => events.push(
                Event::new(&kind::CERTIFICATE_PASSED_OVER)
                    .with("file", file.display())
                    .with("reason", reason),
            ),
        }
    }
    (roots, events)
}

fn roots_of(file: &Path, now: Timestamp) -> Result<Vec<Root>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let entries = read_trust(&text, TrustHow::Root, "", now).map_err(|refusal| refusal.to_string())?;
    let roots = entries.iter().filter(|entry| entry.kind == TrustKind::Root);
    roots.map(|entry| Root::from_pem(&entry.pem).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_that_is_not_there_holds_no_roots_and_a_broken_file_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        fs::write(folder.path().join("a.pem"), "no certificate").unwrap();

        let (none, silence) = company_roots(&folder.path().join("missing"), now);
        let (roots, events) = company_roots(folder.path(), now);

        assert!(none.is_empty() && silence.is_empty());
        assert!(roots.is_empty());
        assert_eq!(events[0].kind.name, "certificate-passed-over");
    }
}
