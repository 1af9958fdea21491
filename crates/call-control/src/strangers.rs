//! Answers to sources that are no gateway: the bare `403`, rarely (security-modes 1).
use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip_signaling::{HeaderName, Headers, Request, Response, StatusCode};

/// Bare refusals a source gets within [`WINDOW`]; afterwards silence.
pub const ANSWERS_PER_WINDOW: u32 = 10;
/// The window of [`ANSWERS_PER_WINDOW`].
pub const WINDOW: Duration = Duration::from_secs(60);
/// Sources remembered at once; when full, a source whose window is over makes place, else the newcomer hears nothing.
pub const REMEMBERED_SOURCES: usize = 4096;
/// At most this often the table is searched for windows that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// A bare refusal is at most this much longer than its request, so that we amplify nothing.
pub const LONGER_THAN_REQUEST: usize = 64;

/// Counts refusals per source address.
#[derive(Debug, Default)]
pub(crate) struct StrangerLimiter {
    seen: HashMap<IpAddr, Window>,
    /// When windows that are over were last looked for: a flood from many addresses must not pay for it each time.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    answers: u32,
}

impl StrangerLimiter {
    /// Whether this source may be answered once more.
    pub(crate) fn admit(&mut self, source: IpAddr, now: Instant) -> bool {
        if !self.seen.contains_key(&source) && self.seen.len() >= REMEMBERED_SOURCES {
            if self.swept.is_some_and(|at| now.duration_since(at) < SWEEP_EVERY) {
                return false;
            }
            self.swept = Some(now);
            self.seen.retain(|_, window| now.duration_since(window.began) < WINDOW);
            if self.seen.len() >= REMEMBERED_SOURCES {
                return false;
            }
        }
        let window = self.seen.entry(source).or_insert(Window { began: now, answers: 0 });
        if now.duration_since(window.began) >= WINDOW {
            *window = Window { began: now, answers: 0 };
        }
        window.answers = window.answers.saturating_add(1);
        window.answers <= ANSWERS_PER_WINDOW
    }
}

/// The bare `403`: Via, From, To, Call-ID, CSeq, Content-Length and nothing else; `None` if it would be too long.
pub(crate) fn bare_refusal(request: &Request, request_length: usize) -> Option<Bytes> {
    let mut headers = Headers::new();
    for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
        for value in request.headers.all(&name) {
            headers.push(name.clone(), value.clone());
        }
    }
    headers.push(HeaderName::ContentLength, Bytes::from_static(b"0"));
    let mut response = Response::new(StatusCode::FORBIDDEN);
    response.headers = headers;
    let bytes = response.to_bytes();
    (bytes.len() <= request_length.saturating_add(LONGER_THAN_REQUEST)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleventh_request_of_a_minute_hears_nothing_and_the_next_minute_begins_anew() {
        let mut limiter = StrangerLimiter::default();
        let source: IpAddr = "192.0.2.9".parse().unwrap();
        let start = Instant::now();

        let answered = (0..11).filter(|_| limiter.admit(source, start)).count();

        assert_eq!(answered, 10);
        assert!(limiter.admit(source, start + WINDOW));
    }

    #[test]
    fn memory_for_strangers_is_bounded() {
        let mut limiter = StrangerLimiter::default();
        let start = Instant::now();

        for n in 0..10_000_u32 {
            limiter.admit(IpAddr::from(n.to_be_bytes()), start);
        }

        assert_eq!(limiter.seen.len(), REMEMBERED_SOURCES);
    }
}
