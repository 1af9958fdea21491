//! Requests.

use bytes::{BufMut, Bytes, BytesMut};

use crate::header::{HeaderName, Headers, MediaType};
use crate::message::body::sdp_of;
use crate::message::start_line::VERSION;
use crate::method::Method;
use crate::uri::Uri;

/// A request. Made by [`parse_datagram`](crate::parse_datagram), [`Request::new`] or a [`RequestBuilder`](crate::RequestBuilder).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI, of any scheme.
    pub uri: Uri,
    /// The header lines.
    pub headers: Headers,
    /// The body, any bytes.
    pub body: Bytes,
    /// The version as received, where it is not in capitals.
    pub(crate) version: Option<Bytes>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::new(), body: Bytes::new(), version: None }
    }

    /// The request as it stands on the wire; Content-Length is as the headers say.
    pub fn to_bytes(&self) -> Bytes {
        let line = self.method.as_str().len() + self.uri.as_str().len() + VERSION.len() + 4;
        let mut out = BytesMut::with_capacity(line + self.headers.wire_length() + 2 + self.body.len());
        out.put_slice(self.method.as_str().as_bytes());
        out.put_u8(b' ');
        out.put_slice(self.uri.as_str().as_bytes());
        out.put_u8(b' ');
        out.put_slice(self.version.as_deref().unwrap_or(VERSION));
        out.put_slice(b"\r\n");
        self.headers.write(&mut out);
        out.put_slice(b"\r\n");
        out.put_slice(&self.body);
        out.freeze()
    }

    /// The media type of the body; `None` if there is no Content-Type or it cannot be read.
    pub fn media_type(&self) -> Option<MediaType> {
        self.headers.read().ok().flatten()
    }

    /// The session description: the body, or the first `application/sdp` part of a multipart body.
    pub fn sdp(&self) -> Option<Bytes> {
        sdp_of(&self.headers, &self.body)
    }

    /// Whether the To carries a tag: the request belongs to a dialog, ours or one that is gone.
    pub fn has_to_tag(&self) -> bool {
        self.headers.get(&HeaderName::To).is_some_and(|to| crate::header::to_tag(to).is_some())
    }
}
