//! What a peer may ask of the grammar. Each number is enforced where its doc says and has a test.

/// Bytes of one message, head and body. More is answered `400` and the stream is closed.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Header lines of one message (a folded header is one line). More is answered `400`.
pub const MAX_HEADERS: usize = 256;

/// Bytes of one header line with its folds, and of the start line. More is answered `400`.
pub const MAX_HEADER_LINE: usize = 8 * 1024;

/// `Via` values of one request, over all lines. More is answered `400`.
pub const MAX_VIA: usize = 70;

/// `Record-Route` values of one message. More is answered `400`, because a cut route set would lead astray.
pub const MAX_RECORD_ROUTES: usize = 70;

/// Option tags read from `Require` or `Supported`. More in `Require` is answered `400`; in `Supported` the rest is
/// passed over.
pub const MAX_OPTION_TAGS: usize = 64;

/// Parts read from one multipart body; further parts are passed over.
pub const MAX_BODY_PARTS: usize = 16;

/// Multipart bodies inside multipart bodies that are followed.
pub const MAX_BODY_DEPTH: usize = 3;

/// Bytes of a reason phrase that this crate writes into an answer to a malformed request, so that the answer to a
/// stranger stays within the request's length and 64 bytes.
pub const MAX_FAULT_PHRASE: usize = 40;

/// Bytes of a peer's value quoted in the detail of a failure.
pub const MAX_QUOTED_VALUE: usize = 80;
