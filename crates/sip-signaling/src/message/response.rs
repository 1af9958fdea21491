//! Responses.

use bytes::{BufMut, Bytes, BytesMut};

use crate::header::Headers;
use crate::message::body::sdp_of;
use crate::message::start_line::VERSION;
use crate::status::{ResponseClass, StatusCode};

/// A response. Made by [`parse_datagram`](crate::parse_datagram), [`Response::new`] or a
/// [`ResponseBuilder`](crate::ResponseBuilder).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The reason phrase, any bytes but line ends.
    pub reason: Bytes,
    /// The header lines.
    pub headers: Headers,
    /// The body, any bytes.
    pub body: Bytes,
    /// The version as received, where it is not in capitals.
    pub(crate) version: Option<Bytes>,
    /// `SIP/2.0 200` without a space after it is read and printed back as it is.
    pub(crate) has_reason_space: bool,
}

impl Response {
    /// A response with the phrase of the RFC, without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            reason: Bytes::from_static(status.reason_phrase().as_bytes()),
            headers: Headers::new(),
            body: Bytes::new(),
            version: None,
            has_reason_space: true,
        }
    }

    /// The class of the status.
    pub fn class(&self) -> ResponseClass {
        self.status.class()
    }

    /// The response as it stands on the wire; Content-Length is as the headers say.
    pub fn to_bytes(&self) -> Bytes {
        let line = VERSION.len() + self.reason.len() + 7;
        let mut out = BytesMut::with_capacity(line + self.headers.wire_length() + 2 + self.body.len());
        out.put_slice(self.version.as_deref().unwrap_or(VERSION));
        out.put_slice(format!(" {:03}", self.status.code()).as_bytes());
        if self.has_reason_space || !self.reason.is_empty() {
            out.put_u8(b' ');
        }
        out.extend(self.reason.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }));
        out.put_slice(b"\r\n");
        self.headers.write(&mut out);
        out.put_slice(b"\r\n");
        out.put_slice(&self.body);
        out.freeze()
    }

    /// The session description: the body, or the first `application/sdp` part of a multipart body.
    pub fn sdp(&self) -> Option<Bytes> {
        sdp_of(&self.headers, &self.body)
    }
}
