#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    io::{self, Read},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use mailbox::{MailboxId, RecordingHeader, RecordingPurpose};
use telephony::AudioCodec;

/// The newest version of the file format that this program knows.
pub const FORMAT_VERSION: u16 = 2;
/// Octets of audio in one block at most; a longer length in a file means damage.
pub const BLOCK_LONGEST: usize = 4000;

const MAGIC: [u8; 8] = *b"UMAUDIO\n";
/// Octets of the fields behind the fixed head at most.
const FIELDS_LONGEST: usize = 16 * 1024;
/// Octets of one text in the header at most; longer ones are cut.
const TEXT_LONGEST: usize = 1024;
/// The version without a purpose, which messages have to this day: earlier programs read them too, and leave the drafts
/// of version 2, which they would take for messages, alone.
const WITHOUT_PURPOSE: u16 = 1;
/// The purpose octet of a draft.
const DRAFT: u8 = 1;
/// No sealing: the payload is the codec's octets.
const SEAL_NONE: u8 = 0;
/// magic, version, codec, seal, length of the fields.
const FIXED_HEAD: usize = 16;
/// length, number, CRC32C.
pub(super) const BLOCK_HEAD: usize = 12;

/// A piece of a recording on its way to the disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AudioBlock {
    /// From 0, ascending by one.
    pub number: u32,
    /// At most [`BLOCK_LONGEST`] octets in the recording's codec.
    pub payload: Bytes,
    /// The recording ends with this block, which may be empty.
    pub last: bool,
}

/// Why an audio file cannot be read from its head on.
#[derive(Debug, thiserror::Error)]
pub enum AudioFileError {
    /// The system could not read it.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
    /// It ends inside of its head.
    #[error("the file ends inside of its head")]
    HeadCut,
    /// It begins with other octets.
    #[error("the file is no recording of um")]
    NotOurs,
    /// A later program wrote it.
    #[error("the file has format version {found}, this program knows {FORMAT_VERSION}")]
    TooNew {
        /// The version in the file.
        found: u16,
    },
    /// It is sealed, and this program has no key for it.
    #[error("the file is sealed by method {seal}, which this program does not know")]
    Sealed {
        /// The method in the file.
        seal: u8,
    },
    /// The head does not match its checksum, or holds what cannot be.
    #[error("the head of the file is damaged")]
    HeadDamaged,
}

/// Why the audio of a file ends before its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BlockError {
    /// The file ends inside of the block.
    #[error("block {number} is cut off")]
    Cut {
        /// The block.
        number: u32,
    },
    /// Length, number or checksum do not fit.
    #[error("block {number} is damaged")]
    Damaged {
        /// The block.
        number: u32,
    },
    /// The system could not read on.
    #[error("block {number} could not be read")]
    Unreadable {
        /// The block.
        number: u32,
    },
}

/// The head of an audio file:
///
/// ```text
/// 0   8  magic "UMAUDIO\n"          all numbers little-endian
/// 8   2  version
/// 10  1  codec (RTP payload type: 0 PCMU, 8 PCMA)
/// 11  1  seal (0 none)
/// 12  4  length of the fields
/// 16  n  mailbox i64, start i64 (microseconds since 1970), then four texts, each u16 length and octets:
///        seal parameters, call id, caller, caller's name (65535 = none); from version 2 on then the purpose (1 draft)
/// 16+n 4 CRC32C of everything before
/// ```
pub(crate) fn header_bytes(header: &RecordingHeader) -> Vec<u8> {
    let mut fields = Vec::with_capacity(256);
    fields.extend_from_slice(&header.mailbox.0.to_le_bytes());
    fields.extend_from_slice(&header.started.as_microsecond().to_le_bytes());
    push_text(&mut fields, Some(""));
    push_text(&mut fields, Some(&header.call_id));
    push_text(&mut fields, header.caller.as_deref());
    push_text(&mut fields, header.caller_name.as_deref());
    let version = match header.purpose {
        RecordingPurpose::Message => WITHOUT_PURPOSE,
        RecordingPurpose::Draft => {
            fields.push(DRAFT);
            FORMAT_VERSION
        }
    };

    let mut bytes = Vec::with_capacity(FIXED_HEAD.saturating_add(fields.len()).saturating_add(4));
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.push(codec_number(header.codec));
    bytes.push(SEAL_NONE);
    bytes.extend_from_slice(&u32::try_from(fields.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&fields);
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Reads the head, and leaves the reader at the first block.
pub(super) fn read_header(from: &mut impl Read) -> Result<RecordingHeader, AudioFileError> {
    let fixed: [u8; FIXED_HEAD] = read_array(from)?;
    let (magic, rest) = fixed.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(AudioFileError::NotOurs);
    }
    let &[v0, v1, codec, seal, l0, l1, l2, l3] = rest else { return Err(AudioFileError::HeadDamaged) };
    let version = u16::from_le_bytes([v0, v1]);
    if !(WITHOUT_PURPOSE..=FORMAT_VERSION).contains(&version) {
        return Err(AudioFileError::TooNew { found: version });
    }
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    if length > FIELDS_LONGEST {
        return Err(AudioFileError::HeadDamaged);
    }
    let mut fields = vec![0; length];
    from.read_exact(&mut fields).map_err(cut_or_unreadable)?;
    let crc: [u8; 4] = read_array(from)?;
    if u32::from_le_bytes(crc) != crc32c::crc32c_append(crc32c::crc32c(&fixed), &fields) {
        return Err(AudioFileError::HeadDamaged);
    }
    if seal != SEAL_NONE {
        return Err(AudioFileError::Sealed { seal });
    }
    let codec = codec_of_number(codec).ok_or(AudioFileError::HeadDamaged)?;
    fields_of(&fields, version, codec).ok_or(AudioFileError::HeadDamaged)
}

fn fields_of(mut fields: &[u8], version: u16, codec: AudioCodec) -> Option<RecordingHeader> {
    let mailbox = MailboxId(i64::from_le_bytes(take_array(&mut fields)?));
    let started = Timestamp::from_microsecond(i64::from_le_bytes(take_array(&mut fields)?)).ok()?;
    let _seal_parameters = take_text(&mut fields)?;
    let call_id = take_text(&mut fields)?.unwrap_or_default();
    let caller = take_text(&mut fields)?;
    let caller_name = take_text(&mut fields)?;
    let purpose = match version {
        WITHOUT_PURPOSE => RecordingPurpose::Message,
        _ => match take_array(&mut fields)? {
            [DRAFT] => RecordingPurpose::Draft,
            [_] => return None,
        },
    };
    Some(RecordingHeader { codec, mailbox, call_id, started, caller, caller_name, purpose })
}

/// A block as it stands in the file: length, number and CRC32C of both and the payload, then the payload.
pub(crate) fn block_bytes(number: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(BLOCK_HEAD.saturating_add(payload.len()));
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&block_crc(length, number, payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

pub(super) fn block_crc(length: u32, number: u32, payload: &[u8]) -> u32 {
    let head = crc32c::crc32c_append(crc32c::crc32c(&length.to_le_bytes()), &number.to_le_bytes());
    crc32c::crc32c_append(head, payload)
}

/// The codec in files and in the index: its static RTP payload type (RFC 3551 6).
pub(crate) fn codec_number(codec: AudioCodec) -> u8 {
    match codec {
        AudioCodec::Pcmu => 0,
        AudioCodec::Pcma => 8,
    }
}

/// Reads what [`codec_number`] wrote.
pub(crate) fn codec_of_number(number: u8) -> Option<AudioCodec> {
    match number {
        0 => Some(AudioCodec::Pcmu),
        8 => Some(AudioCodec::Pcma),
        _ => None,
    }
}

/// How long so many octets play.
pub(crate) fn playing_time(codec: AudioCodec, octets: u64) -> Duration {
    let thousandths = octets.saturating_mul(1000);
    Duration::from_millis(thousandths.checked_div(u64::from(codec.octets_per_second())).unwrap_or_default())
}

fn push_text(fields: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else { return fields.extend_from_slice(&u16::MAX.to_le_bytes()) };
    let end = text.floor_char_boundary(TEXT_LONGEST);
    let octets = text.as_bytes().get(..end).unwrap_or_default();
    fields.extend_from_slice(&u16::try_from(octets.len()).unwrap_or_default().to_le_bytes());
    fields.extend_from_slice(octets);
}

fn take_text(fields: &mut &[u8]) -> Option<Option<String>> {
    let length = u16::from_le_bytes(take_array(fields)?);
    if length == u16::MAX {
        return Some(None);
    }
    let (text, rest) = fields.split_at_checked(usize::from(length))?;
    *fields = rest;
    Some(Some(String::from_utf8(text.to_vec()).ok()?))
}

fn take_array<const N: usize>(fields: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = fields.split_first_chunk()?;
    *fields = rest;
    Some(*array)
}

fn read_array<const N: usize>(from: &mut impl Read) -> Result<[u8; N], AudioFileError> {
    let mut array = [0; N];
    from.read_exact(&mut array).map_err(cut_or_unreadable)?;
    Ok(array)
}

fn cut_or_unreadable(error: io::Error) -> AudioFileError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => AudioFileError::HeadCut,
        _ => AudioFileError::Read(error),
    }
}
