//! The corpora as they lie in `tests/vectors`, and what is read of a message to find the answer to it.

use std::path::PathBuf;

/// One file of a corpus, octet for octet.
pub(crate) fn read(corpus: &str, name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(corpus);
    let file = if corpus == "rfc4475" { folder.join(format!("{name}.dat")) } else { folder.join(name) };
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The names of a corpus, in order.
pub(crate) fn names(corpus: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(corpus);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "md"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What an answer has in common with its request: Call-ID and CSeq, the first of each.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Identity(Option<String>, Option<String>);

impl Identity {
    /// Of any message, however wrong.
    pub(crate) fn of(octets: &[u8]) -> Self {
        let text = String::from_utf8_lossy(octets).replace("\r\n ", " ").replace("\r\n\t", " ");
        let first = |names: [&str; 2]| {
            text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let name = name.trim().to_ascii_lowercase();
                let words: Vec<&str> = value.split_whitespace().collect();
                names.contains(&name.as_str()).then(|| words.join(" "))
            })
        };
        Self(first(["call-id", "i"]), first(["cseq", "cseq"]))
    }
}

/// The status of a response; `None` if it is none.
pub(crate) fn status(octets: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(octets).into_owned();
    text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// An OPTIONS that is right in every way.
pub(crate) fn options(serial: u32, transport: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:um.test SIP/2.0\r\nVia: SIP/2.0/{transport} gw.test;rport;branch=z9hG4bK-alive-{serial}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:gw.test>;tag=alive\r\nTo: <sip:um.test>\r\n\
         Call-ID: alive-{serial}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
