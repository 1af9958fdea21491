use bytes::Bytes;

use crate::{HeaderName, Headers, MediaType, Request, Response, StatusCode, TypedHeader, find_body_part};

/// A body with its type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SipBody {
    /// The value of `Content-Type`.
    pub content_type: Bytes,
    /// The body itself.
    pub bytes: Bytes,
}

impl SipBody {
    /// The body of a request, if it has one.
    pub(crate) fn of_request(request: &Request) -> Option<Self> {
        Self::new(&request.headers, &request.body)
    }

    /// The body of a response, if it has one.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        Self::new(&response.headers, &response.body)
    }

    fn new(headers: &Headers, body: &Bytes) -> Option<Self> {
        let content_type = headers.get(&HeaderName::ContentType).cloned().unwrap_or_default();
        (!body.is_empty()).then(|| Self { content_type, bytes: body.clone() })
    }

    /// The session description: the body, or the first `application/sdp` part of a multipart body.
    pub fn sdp(&self) -> Option<Bytes> {
        let media_type = MediaType::parse(&self.content_type).ok()?;
        find_body_part(&media_type, &self.bytes, "application/sdp")
    }
}

/// What the user of a transaction answers. The endpoint adds Via, From, To with its tag, Call-ID, CSeq,
/// Record-Route, Contact, Allow, Supported, Server and Content-Length where they belong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The words beside the status; the RFC's when `None`.
    pub phrase: Option<String>,
    /// Further headers in their order.
    pub headers: Vec<(HeaderName, Bytes)>,
    /// The body.
    pub body: Option<SipBody>,
}

impl Reply {
    /// A reply without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, phrase: None, headers: Vec::new(), body: None }
    }

    /// Replaces the RFC's words beside the status.
    #[must_use]
    pub fn phrase(mut self, words: impl Into<String>) -> Self {
        self.phrase = Some(words.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Bytes>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<Bytes>, bytes: impl Into<Bytes>) -> Self {
        self.body = Some(SipBody { content_type: content_type.into(), bytes: bytes.into() });
        self
    }
}
