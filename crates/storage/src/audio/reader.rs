#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read, Seek},
    path::Path,
};

use bytes::Bytes;
use mailbox::RecordingHeader;

use super::format::{AudioFileError, BLOCK_HEAD, BLOCK_LONGEST, BlockError, block_crc, read_header};

/// Reads an audio file block by block and stops at the first bad one.
pub struct AudioReader<R = BufReader<File>> {
    from: R,
    header: RecordingHeader,
    next_number: u32,
    end: Option<EndOfAudio>,
}

/// Where the audio of a file ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndOfAudio {
    /// Behind the last whole block the file ends.
    Whole,
    /// A bad block; what stands behind it is not read.
    Bad(BlockError),
}

impl AudioReader {
    pub(crate) fn open(path: &Path) -> Result<Self, AudioFileError> {
        Self::new(BufReader::new(File::open(path).map_err(AudioFileError::Read)?))
    }
}

impl<R: Read> AudioReader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// The head is cut, damaged, sealed, of a later version, or not ours.
    pub fn new(mut from: R) -> Result<Self, AudioFileError> {
        let header = read_header(&mut from)?;
        Ok(Self { from, header, next_number: 0, end: None })
    }

    /// What was known when the recording began.
    pub fn header(&self) -> &RecordingHeader {
        &self.header
    }

    /// The payload of the next block; `None` at the end, whose reason [`AudioReader::end`] tells.
    pub fn next_block(&mut self) -> Option<Bytes> {
        if self.end.is_some() {
            return None;
        }
        match self.read_block() {
            Ok(payload) => {
                self.next_number = self.next_number.saturating_add(1);
                Some(payload)
            }
            Err(end) => {
                self.end = Some(end);
                None
            }
        }
    }

    /// Whole blocks read so far.
    pub fn blocks_read(&self) -> u32 {
        self.next_number
    }

    /// Why there are no more blocks; `None` while there may be.
    pub fn end(&self) -> Option<EndOfAudio> {
        self.end
    }

    fn read_block(&mut self) -> Result<Bytes, EndOfAudio> {
        let head = self.read_block_head()?;
        self.read_payload(head)
    }

    fn read_block_head(&mut self) -> Result<BlockHead, EndOfAudio> {
        let number = self.next_number;
        let cut = EndOfAudio::Bad(BlockError::Cut { number });
        let unreadable = EndOfAudio::Bad(BlockError::Unreadable { number });
        let mut head = Vec::with_capacity(BLOCK_HEAD);
        let whole_head = u64::try_from(BLOCK_HEAD).unwrap_or(u64::MAX);
        (&mut self.from).take(whole_head).read_to_end(&mut head).map_err(|_| unreadable)?;
        if head.is_empty() {
            return Err(EndOfAudio::Whole);
        }
        let &[l0, l1, l2, l3, n0, n1, n2, n3, c0, c1, c2, c3] = head.as_slice() else { return Err(cut) };
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let found = u32::from_le_bytes([n0, n1, n2, n3]);
        let octets = usize::try_from(length).unwrap_or(usize::MAX);
        if octets > BLOCK_LONGEST || found != number {
            return Err(EndOfAudio::Bad(BlockError::Damaged { number }));
        }
        Ok(BlockHead { length, crc: u32::from_le_bytes([c0, c1, c2, c3]) })
    }

    fn read_payload(&mut self, BlockHead { length, crc }: BlockHead) -> Result<Bytes, EndOfAudio> {
        let number = self.next_number;
        let mut payload = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.from.read_exact(&mut payload).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => EndOfAudio::Bad(BlockError::Cut { number }),
            _ => EndOfAudio::Bad(BlockError::Unreadable { number }),
        })?;
        if block_crc(length, number, &payload) != crc {
            return Err(EndOfAudio::Bad(BlockError::Damaged { number }));
        }
        Ok(Bytes::from(payload))
    }
}

impl<R: Read + Seek> AudioReader<R> {
    /// Passes over octets of audio without reading them, so that damage among them is not seen. What is left of the
    /// block in which the place lies; `None` if the place is at the beginning of a block, or behind the end.
    pub fn skip(&mut self, mut octets: u64) -> Option<Bytes> {
        while octets > 0 && self.end.is_none() {
            match self.skip_block(octets) {
                Ok(Passed::Whole(passed)) => octets = octets.saturating_sub(passed),
                Ok(Passed::Part(rest)) => {
                    self.next_number = self.next_number.saturating_add(1);
                    return Some(rest);
                }
                Err(end) => self.end = Some(end),
            }
        }
        None
    }

    fn skip_block(&mut self, octets: u64) -> Result<Passed, EndOfAudio> {
        let head = self.read_block_head()?;
        if u64::from(head.length) <= octets {
            let unreadable = EndOfAudio::Bad(BlockError::Unreadable { number: self.next_number });
            self.from.seek_relative(head.length.into()).map_err(|_| unreadable)?;
            self.next_number = self.next_number.saturating_add(1);
            return Ok(Passed::Whole(head.length.into()));
        }
        let mut payload = self.read_payload(head)?;
        Ok(Passed::Part(payload.split_off(usize::try_from(octets).unwrap_or(usize::MAX))))
    }
}

struct BlockHead {
    length: u32,
    crc: u32,
}

/// What was passed over of a block.
enum Passed {
    Whole(u64),
    /// With what is left of it.
    Part(Bytes),
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "the test cuts its own bytes")]

    use mailbox::MailboxId;
    use telephony::AudioCodec;

    use super::*;
    use crate::audio::{block_bytes, header_bytes};

    fn header() -> RecordingHeader {
        RecordingHeader {
            codec: AudioCodec::Pcma,
            mailbox: MailboxId(7),
            call_id: "a84b4c76e66710@gw1".into(),
            started: "2026-11-05T09:30:00.25Z".parse().unwrap(),
            caller: Some("+14255550123".into()),
            caller_name: None,
            purpose: mailbox::RecordingPurpose::Message,
        }
    }

    /// Two blocks, of 3 and 2 octets.
    fn file() -> Vec<u8> {
        [header_bytes(&header()), block_bytes(0, &[1, 2, 3]), block_bytes(1, &[4, 5])].concat()
    }

    fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, EndOfAudio), AudioFileError> {
        let mut reader = AudioReader::new(bytes)?;
        let mut blocks = Vec::new();
        while let Some(block) = reader.next_block() {
            blocks.push(block.to_vec());
        }
        Ok((blocks, reader.end().unwrap()))
    }

    #[test]
    fn what_was_written_is_read_back() {
        let bytes = file();

        let mut reader = AudioReader::new(bytes.as_slice()).unwrap();

        assert_eq!(*reader.header(), header());
        assert_eq!(reader.next_block().unwrap(), [1, 2, 3].as_slice());
        assert_eq!(reader.next_block().unwrap(), [4, 5].as_slice());
        assert_eq!(reader.next_block(), None);
        assert_eq!(reader.end(), Some(EndOfAudio::Whole));
        assert_eq!(reader.blocks_read(), 2);
    }

    #[test]
    fn reading_goes_on_at_any_octet_that_was_skipped_to() {
        // Three octets in the first block, two in the second.
        let cases: [(u64, &[u8]); 7] = [
            (0, &[1, 2, 3, 4, 5]),
            (1, &[2, 3, 4, 5]),
            (2, &[3, 4, 5]),
            (3, &[4, 5]),
            (4, &[5]),
            (5, &[]),
            (6, &[]),
        ];
        for (octets, expected) in cases {
            let mut reader = AudioReader::new(std::io::Cursor::new(file())).unwrap();

            let mut rest = reader.skip(octets).unwrap_or_default().to_vec();
            while let Some(block) = reader.next_block() {
                rest.extend_from_slice(&block);
            }

            assert_eq!(rest, expected, "{octets}");
            assert_eq!((reader.end(), reader.blocks_read()), (Some(EndOfAudio::Whole), 2), "{octets}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_gives_the_whole_blocks_before_the_cut() {
        let bytes = file();
        let head = header_bytes(&header()).len();

        for cut in 0..head {
            assert!(matches!(read(&bytes[..cut]), Err(AudioFileError::HeadCut)), "cut at {cut}");
        }
        for cut in head..bytes.len() {
            let expected = match cut - head {
                0 => (vec![], EndOfAudio::Whole),
                1..15 => (vec![], EndOfAudio::Bad(BlockError::Cut { number: 0 })),
                15 => (vec![vec![1, 2, 3]], EndOfAudio::Whole),
                _ => (vec![vec![1, 2, 3]], EndOfAudio::Bad(BlockError::Cut { number: 1 })),
            };
            assert_eq!(read(&bytes[..cut]).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn no_flipped_bit_goes_unseen() {
        let bytes = file();

        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);

            let seen = match read(&flipped) {
                Err(_) => true,
                Ok((_, end)) => end != EndOfAudio::Whole,
            };
            assert!(seen, "bit {bit}");
        }
    }

    #[test]
    fn zeros_behind_the_last_block_are_no_audio() {
        let bytes = [file(), vec![0; 4096]].concat();

        assert_eq!(
            read(&bytes).unwrap(),
            (vec![vec![1, 2, 3], vec![4, 5]], EndOfAudio::Bad(BlockError::Damaged { number: 2 }))
        );
    }

    #[test]
    fn a_block_beyond_4000_octets_is_damage() {
        let fits = [header_bytes(&header()), block_bytes(0, &[9; 4000])].concat();
        let unfit = [header_bytes(&header()), block_bytes(0, &[9; 4001])].concat();

        assert_eq!(read(&fits).unwrap(), (vec![vec![9; 4000]], EndOfAudio::Whole));
        assert_eq!(read(&unfit).unwrap(), (vec![], EndOfAudio::Bad(BlockError::Damaged { number: 0 })));
    }

    #[test]
    fn a_later_version_is_refused_by_its_number() {
        let mut bytes = file();
        bytes[8] = 3;

        assert!(matches!(read(&bytes), Err(AudioFileError::TooNew { found: 3 })));
    }

    #[test]
    fn messages_have_version_1_and_drafts_version_2_with_their_purpose() {
        let draft = RecordingHeader { purpose: mailbox::RecordingPurpose::Draft, ..header() };

        let bytes = header_bytes(&draft);

        assert_eq!((header_bytes(&header())[8], bytes[8]), (1, 2));
        assert_eq!(bytes.len(), header_bytes(&header()).len() + 1);
        assert_eq!(*AudioReader::new(bytes.as_slice()).unwrap().header(), draft);
    }

    #[test]
    fn an_unknown_purpose_is_a_damaged_head() {
        let draft = RecordingHeader { purpose: mailbox::RecordingPurpose::Draft, ..header() };
        let mut bytes = header_bytes(&draft);
        let purpose = bytes.len() - 5;
        bytes[purpose] = 9;
        let crc = crc32c::crc32c(&bytes[..=purpose]);
        bytes[purpose + 1..].copy_from_slice(&crc.to_le_bytes());

        assert!(matches!(read(&bytes), Err(AudioFileError::HeadDamaged)));
    }

    #[test]
    fn a_text_beyond_1024_octets_is_cut_between_characters() {
        let long = RecordingHeader { caller_name: Some("\u{e4}\u{4e16}".repeat(500)), ..header() };

        let bytes = header_bytes(&long);
        let reader = AudioReader::new(bytes.as_slice()).unwrap();

        let name = reader.header().caller_name.as_deref().unwrap();
        assert_eq!(name.len(), 1022);
        assert!(long.caller_name.as_deref().unwrap().starts_with(name));
    }
}
