#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use sdp_types::Session;

use crate::{
    crypto::OfferedCrypto,
    limits::{MAX_ATTRIBUTE, MAX_BYTES, MAX_LINE, MAX_LINES, MAX_MEDIA, MAX_ORIGIN},
    stream::{Stream, StreamAddress},
};

/// Why bytes are no session description that could be judged.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SdpError {
    /// Over [`MAX_BYTES`].
    #[error("it has {bytes} bytes, {MAX_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Over [`MAX_LINES`].
    #[error("it has more than {MAX_LINES} lines")]
    TooManyLines,
    /// Over [`MAX_MEDIA`].
    #[error("it has more than {MAX_MEDIA} m= lines")]
    TooManyMedia,
    /// A `c=` or `m=` line over [`MAX_LINE`].
    #[error("line {line} is longer than {MAX_LINE} bytes")]
    LineTooLong {
        /// Counted from 1.
        line: usize,
    },
    /// The first line is not `v=0`.
    #[error("it does not begin with v=0")]
    NoVersion,
    /// A `c=` or `m=` line that cannot be read.
    #[error("{detail}")]
    Grammar {
        /// What and where, without the peer's text; lines are counted over `v=`, `c=`, `m=` and `a=` alone.
        detail: String,
    },
}

/// A peer's session description, reduced to what offer/answer asks for. Of its keys only those of `a=crypto` are kept, as
/// [`telephony::MasterKey`], which shows nothing and wipes itself; a clear plan never looks at them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    origin_line: String,
    pub(crate) time: (u64, u64),
    pub(crate) streams: Vec<Stream>,
}

impl Offer {
    /// Reads a description. Lenient: only `v=`, `c=` and `m=` lines must be right; what else cannot be read is passed
    /// over, order and missing `o=`, `s=`, `t=` do not matter.
    pub fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        if bytes.len() > MAX_BYTES {
            return Err(SdpError::TooLong { bytes: bytes.len() });
        }
        let needed = NeededLines::pick(bytes)?;
        let session =
            Session::parse(&needed.text).map_err(|error| SdpError::Grammar { detail: error.to_string() })?;
        let streams =
            session.medias.iter().map(|media| Stream::read(&session, media, &needed.crypto)).collect();
        Ok(Self { origin_line: needed.origin, time: needed.time, streams })
    }

    /// The value of the `o=` line as the peer wrote it; empty if there is none. If it is the same as before, the offer is.
    pub fn origin_line(&self) -> &str {
        &self.origin_line
    }

    /// Where the peer wants its audio: the addresses of the live audio lines that name one, in their order. The local
    /// address of the route towards one of them belongs into [`crate::LocalMedia`].
    pub fn audio_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.streams
            .iter()
            .filter(|stream| stream.is_audio() && stream.port != 0)
            .filter_map(|stream| match stream.address {
                StreamAddress::Ip(address) => Some(address.to_canonical()),
                StreamAddress::Name(_) | StreamAddress::Absent => None,
            })
            .filter(|address| !address.is_unspecified())
    }
}

/// The lines that the grammar is to see, so that a strange one elsewhere refuses no call.
struct NeededLines {
    text: Vec<u8>,
    /// Crypto lines, read already: the text has their places instead.
    crypto: Vec<OfferedCrypto>,
    origin: String,
    time: (u64, u64),
}

impl NeededLines {
    fn pick(bytes: &[u8]) -> Result<Self, SdpError> {
        let mut needed =
            Self { text: b"v=0\r\n".to_vec(), crypto: Vec::new(), origin: String::new(), time: (0, 0) };
        let mut media = 0_usize;
        let mut versions = 0_usize;
        let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        for (number, line) in (1_usize..).zip(lines) {
            if number > MAX_LINES {
                return Err(SdpError::TooManyLines);
            }
            if versions == 0 && !line.is_empty() && line.trim_ascii_end() != b"v=0" {
                return Err(SdpError::NoVersion);
            }
            match line {
                [b'v', b'=', ..] => versions = versions.saturating_add(1),
                [b'o', b'=', value @ ..] if needed.origin.is_empty() => needed.keep_origin(value),
                [b't', b'=', value @ ..] if needed.time == (0, 0) => needed.keep_time(value),
                [kind @ (b'c' | b'm'), b'=', ..] => {
                    if line.len() > MAX_LINE {
                        return Err(SdpError::LineTooLong { line: number });
                    }
                    media = media.saturating_add(usize::from(*kind == b'm'));
                    needed.keep_words(line);
                }
                [b'a', b'=', attribute @ ..] => needed.keep_attribute(attribute),
                _ => {}
            }
            if media > MAX_MEDIA {
                return Err(SdpError::TooManyMedia);
            }
        }
        if versions == 0 { Err(SdpError::NoVersion) } else { Ok(needed) }
    }

    fn keep_origin(&mut self, value: &[u8]) {
        if value.len() <= MAX_ORIGIN {
            self.origin = String::from_utf8_lossy(value).into_owned();
        }
    }

    fn keep_time(&mut self, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        let mut words = text.split_ascii_whitespace().map(str::parse::<u64>);
        if let (Some(Ok(start)), Some(Ok(stop)), None) = (words.next(), words.next(), words.next()) {
            self.time = (start, stop);
        }
    }

    /// One blank between the words and none behind: some gateways are generous with them.
    fn keep_words(&mut self, line: &[u8]) {
        let words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        for (place, word) in words.enumerate() {
            if place > 0 {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(word);
        }
        self.text.extend_from_slice(b"\r\n");
    }

    /// Key material goes no further than this: a crypto line is read here and now, of other lines with keys in them
    /// (capabilities, Microsoft's `cryptoscale`) only the name stays.
    fn keep_attribute(&mut self, attribute: &[u8]) {
        let Ok(attribute) = std::str::from_utf8(attribute) else { return };
        let readable = !attribute.bytes().any(|byte| matches!(byte, 0 | b'\r'));
        if attribute.len() > MAX_ATTRIBUTE || attribute.is_empty() || !readable {
            return;
        }
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        if name.trim().is_empty() {
            return;
        }
        self.text.extend_from_slice(b"a=");
        if name.trim().eq_ignore_ascii_case("crypto") {
            self.text.extend_from_slice(format!("crypto:{}", self.crypto.len()).as_bytes());
            self.crypto.push(OfferedCrypto::read(value));
        } else if holds_key(name.trim(), value) {
            self.text.extend_from_slice(name.trim().as_bytes());
        } else {
            self.text.extend_from_slice(attribute.as_bytes());
        }
        self.text.extend_from_slice(b"\r\n");
    }
}

fn holds_key(name: &str, value: &str) -> bool {
    ["acap", "cryptoscale", "key-mgmt"].iter().any(|keyed| name.eq_ignore_ascii_case(keyed))
        || value.to_ascii_lowercase().contains("inline:")
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may fail by panic")]
mod tests {
    use super::*;

    #[test]
    fn a_bare_offer_without_o_s_and_t_is_read() {
        let offer = Offer::parse(b"v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n").unwrap();

        assert_eq!(offer.streams.len(), 1);
        assert_eq!(offer.origin_line(), "");
        assert_eq!(offer.time, (0, 0));
    }

    #[test]
    fn strange_lines_elsewhere_refuse_nothing() {
        let text = b"\r\nv=0\r\no=x yz not-a-number IN IP4 h\r\ns=caf\xe9\r\nb=bogus\r\nt=1 2\r\nz=?\r\nk=clear:secret\r\nbroken\r\nc=IN  IP4   192.0.2.1 \r\nm=audio  4000 RTP/AVP  0 8\r\na=\xff\xfe\r\na=ptime:30\r\n";

        let offer = Offer::parse(text).unwrap();

        assert_eq!(offer.origin_line(), "x yz not-a-number IN IP4 h");
        assert_eq!(offer.time, (1, 2));
        assert_eq!(offer.streams[0].formats, "0 8");
        assert_eq!(offer.streams[0].ptime, Some(30));
    }

    #[test]
    fn keys_do_not_survive_reading() {
        let offer = Offer::parse(
            b"v=0\r\nm=audio 4000 RTP/SAVP 0\r\nk=base64:SECRETKEY\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRETKEY\r\na=Crypto :2 AES_CM_128_HMAC_SHA1_32 inline:SECRETKEY\r\n",
        )
        .unwrap();

        assert_eq!(offer.streams[0].crypto.len(), 2);
        assert!(!format!("{offer:?}").contains("SECRETKEY"));
    }

    #[test]
    fn attributes_without_a_name_are_passed_over() {
        let text = b"v=0\r\nm=audio 4000 RTP/AVP 0\r\na= :inline:SECRETKEY\r\na=:x\r\na= \r\na=ptime:30\r\n";

        assert_eq!(Offer::parse(text).unwrap().streams[0].ptime, Some(30));
    }

    #[test]
    fn each_limit_holds_and_one_below_it_passes() {
        let with_media = |count: usize| format!("v=0\r\n{}", "m=audio 4000 RTP/AVP 0\r\n".repeat(count));
        let with_lines = |count: usize| format!("v=0\r\n{}", "s=\r\n".repeat(count - 2));
        let with_word =
            |length: usize| format!("v=0\r\nm=audio 4000 RTP/AVP {}\r\n", "0".repeat(length - 21));

        assert!(Offer::parse(with_media(MAX_MEDIA).as_bytes()).is_ok());
        assert_eq!(Offer::parse(with_media(MAX_MEDIA + 1).as_bytes()), Err(SdpError::TooManyMedia));
        assert!(Offer::parse(with_lines(MAX_LINES).as_bytes()).is_ok());
        assert_eq!(Offer::parse(with_lines(MAX_LINES + 1).as_bytes()), Err(SdpError::TooManyLines));
        assert!(Offer::parse(with_word(MAX_LINE).as_bytes()).is_ok());
        assert_eq!(Offer::parse(with_word(MAX_LINE + 1).as_bytes()), Err(SdpError::LineTooLong { line: 2 }));
        assert_eq!(Offer::parse(&vec![b'v'; MAX_BYTES + 1]), Err(SdpError::TooLong { bytes: MAX_BYTES + 1 }));
    }

    #[test]
    fn over_long_attributes_and_origins_are_passed_over() {
        let text = format!(
            "v=0\r\no={}\r\nm=audio 4000 RTP/AVP 0\r\na=ptime:30{}\r\n",
            "x".repeat(MAX_ORIGIN + 1),
            " ".repeat(MAX_ATTRIBUTE)
        );

        let offer = Offer::parse(text.as_bytes()).unwrap();

        assert_eq!(offer.origin_line(), "");
        assert_eq!(offer.streams[0].ptime, None);
    }

    #[test]
    fn what_does_not_begin_with_version_0_is_no_description() {
        for text in ["", "\r\n", "v=1\r\n", "m=audio 4000 RTP/AVP 0\r\nv=0\r\n", "<xml/>"] {
            assert_eq!(Offer::parse(text.as_bytes()), Err(SdpError::NoVersion), "{text}");
        }
    }

    #[test]
    fn an_unreadable_m_line_says_what_is_wrong_without_showing_it() {
        let error = Offer::parse(b"v=0\r\nm=audio 99999 RTP/AVP 0\r\n").unwrap_err();

        assert_eq!(
            error,
            SdpError::Grammar { detail: "Invalid field formatting in line 2 at Media port".to_owned() }
        );
    }
}
