//! The audio file: a header, then blocks, each with its length, number and CRC32C. Append-only; what is whole up to
//! any cut can be read. WAV exists at export only.

mod format;
mod reader;
mod wav;

pub use format::{AudioBlock, AudioFileError, BLOCK_LONGEST, BlockError, FORMAT_VERSION};
pub(crate) use format::{block_bytes, codec_number, codec_of_number, header_bytes, playing_time};
pub use reader::{AudioReader, EndOfAudio};
pub use wav::wav_bytes;
