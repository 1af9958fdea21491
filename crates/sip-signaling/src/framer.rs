//! Cuts a stream of bytes (TCP, TLS) into messages by their Content-Length (RFC 3261 18.3).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::{Buf, Bytes, BytesMut};

use crate::limits::{MAX_HEADER_LINE, MAX_MESSAGE};
use crate::message::{Fault, Head, ParseFailure, head_length};
use crate::scanner::is_token;

/// One event of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// One whole message, for [`parse_datagram`](crate::parse_datagram). Its bytes are its own: holding them holds nothing
    /// else of the stream.
    Message(Bytes),
    /// A double CRLF between messages: answer it with one CRLF (RFC 5626 4.4.1).
    KeepAlive,
    /// Where the next message begins cannot be known. Send the answer, if there is one, and close. No frame follows.
    Broken {
        /// A `400`, if the headers of the request could be read.
        answer: Option<Bytes>,
        /// What is wrong, printable.
        detail: String,
    },
}

/// Holds the bytes of one connection until they are a message. At most [`MAX_MESSAGE`] bytes and what one `push` brings
/// are held; drain it after every push.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buffer: BytesMut,
    /// How far the end of the head has been looked for.
    searched: usize,
    /// Length of the message at the front, once its head is whole.
    expected: Option<usize>,
    is_broken: bool,
}

impl StreamFramer {
    /// A framer at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they come. After [`Frame::Broken`] they are thrown away.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.is_broken {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Bytes held that are no whole message yet. Above zero the peer owes the rest: a deadline for slow senders starts.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Whether a [`Frame::Broken`] has been given.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Steps over line ends between messages; `Some` if a double one was a keep-alive.
    fn skip_line_ends(&mut self) -> Option<Frame> {
        if self.searched > 0 {
            return None;
        }
        while self.buffer.first() == Some(&b'\r') {
            match self.buffer.get(..4) {
                Some(b"\r\n\r\n") => {
                    self.buffer.advance(4);
                    return Some(Frame::KeepAlive);
                }
                Some(start) if start.starts_with(b"\r\n") => self.buffer.advance(2),
                Some(_) => return Some(self.broken(None, "carriage return between messages")),
                // One CRLF may be the first half of two: wait, unless it cannot be.
                None if b"\r\n\r".starts_with(&self.buffer) => return None,
                None if self.buffer.starts_with(b"\r\n") => self.buffer.advance(2),
                None => return Some(self.broken(None, "carriage return between messages")),
            }
        }
        None
    }

    /// Finds the length of the message at the front; `None` while its head is not whole.
    fn measure(&mut self) -> Result<Option<usize>, Frame> {
        if let Some(length) = self.expected {
            return Ok(Some(length));
        }
        if self.buffer.first().is_some_and(|byte| !is_token(*byte)) {
            return Err(self.broken(None, "not SIP: a message begins with a token"));
        }
        let Some(head_length) = head_length(&self.buffer, self.searched) else {
            self.searched = self.buffer.len();
            return self.check_unfinished_head().map(|()| None);
        };
        let head_bytes = Bytes::copy_from_slice(self.buffer.get(..head_length).unwrap_or_default());
        let head = Head::read(&head_bytes, &head_bytes);
        if !head.names_sip() {
            // A body longer than told, read as if it were the next message: what follows is anybody's guess.
            return Err(self.broken(None, "not SIP: a start line without a version"));
        }
        let length = match (head.fault.clone(), head.content_length()) {
            (Some(fault), _) | (None, Err(fault)) => Err(fault),
            (None, Ok(None)) => Err(Fault::limit("Content-Length Missing")),
            (None, Ok(Some(body))) => Ok(head_length.saturating_add(body)),
        };
        let length = length.and_then(|length| match length <= MAX_MESSAGE {
            true => Ok(length),
            false => Err(Fault::limit("Message Too Large")),
        });
        match length {
            Ok(length) => {
                self.expected = Some(length);
                Ok(Some(length))
            }
            Err(fault) => Err(self.broken_by(head.fail(fault))),
        }
    }

    fn check_unfinished_head(&mut self) -> Result<(), Frame> {
        if self.buffer.len() > MAX_MESSAGE {
            return Err(self.broken(None, "headers exceed the largest message"));
        }
        let line_has_ended =
            memchr::memchr(b'\n', self.buffer.get(..MAX_HEADER_LINE).unwrap_or_default()).is_some();
        match self.buffer.len() > MAX_HEADER_LINE && !line_has_ended {
            true => Err(self.broken(None, "start line too long")),
            false => Ok(()),
        }
    }

    fn broken_by(&mut self, failure: ParseFailure) -> Frame {
        match failure {
            ParseFailure::Drop { detail } => self.broken(None, &detail),
            ParseFailure::Answer { response_bytes, detail, .. } => self.broken(Some(response_bytes), &detail),
        }
    }

    fn broken(&mut self, answer: Option<Bytes>, detail: &str) -> Frame {
        self.is_broken = true;
        self.buffer = BytesMut::new();
        Frame::Broken { answer, detail: detail.to_owned() }
    }
}

/// Gives what the bytes so far amount to; `None` until more are pushed.
impl Iterator for StreamFramer {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if self.is_broken {
            return None;
        }
        if let Some(frame) = self.skip_line_ends() {
            return Some(frame);
        }
        if self.buffer.is_empty() || self.buffer.first() == Some(&b'\r') {
            return None;
        }
        let length = match self.measure() {
            Ok(length) => length?,
            Err(frame) => return Some(frame),
        };
        let message = Bytes::copy_from_slice(self.buffer.get(..length)?);
        self.buffer.advance(length);
        (self.searched, self.expected) = (0, None);
        Some(Frame::Message(message))
    }
}
