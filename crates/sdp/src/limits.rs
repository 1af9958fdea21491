//! The bounds of a session description. What is over one is refused whole, unless it says otherwise.

/// The most bytes of a description.
pub const MAX_BYTES: usize = 32 * 1024;
/// The most lines of a description.
pub const MAX_LINES: usize = 1024;
/// The most `m=` lines.
pub const MAX_MEDIA: usize = 16;
/// The longest `c=` or `m=` line, in bytes.
pub const MAX_LINE: usize = 1024;
/// The longest `a=` line, in bytes; a longer one is passed over.
pub const MAX_ATTRIBUTE: usize = 1024;
/// The most payload formats of an `m=` line that are looked at; further ones are passed over.
pub const MAX_FORMATS: usize = 64;
/// The longest `o=` line that is kept, in bytes; a longer one counts as absent.
pub const MAX_ORIGIN: usize = 512;
/// The most `a=crypto` lines of an `m=` line; further ones are passed over.
pub const MAX_CRYPTO: usize = 32;
/// The longest master key identifier, in octets (RFC 4568 9.2).
pub const MAX_MKI: usize = 128;
/// The most bad `a=crypto` lines that a refusal explains.
pub const MAX_FAULTS_SHOWN: usize = 5;
