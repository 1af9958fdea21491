//! Answers to sources that are no gateway: the bare `403`, rarely (security-modes 1).
use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip_signaling::{HeaderName, Headers, Request, Response, StatusCode};
use telephony::{Event, kind};

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

/// Events about strangers within [`EVENT_WINDOW`], from all sources: each costs a durable write beside those of messages,
/// and a source can be spoofed. What is more is counted and told as one event at the window's end.
pub const EVENTS_PER_WINDOW: u32 = 10;
/// The window of [`EVENTS_PER_WINDOW`].
pub const EVENT_WINDOW: Duration = Duration::from_secs(1);

/// Counts refusals per source address, and the events about them.
#[derive(Debug, Default)]
pub(crate) struct StrangerLimiter {
    seen: HashMap<IpAddr, Window>,
    /// When windows that are over were last looked for: a flood from many addresses must not pay for it each time.
    swept: Option<Instant>,
    telling: Option<Telling>,
}

/// The running [`EVENT_WINDOW`].
#[derive(Debug)]
struct Telling {
    began: Instant,
    events: u32,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    answers: u32,
}

impl StrangerLimiter {
    /// Whether this source may be answered once more.
    pub(crate) fn admit(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = network_of(source);
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

    /// Whether one more refusal may have an event of its own; if not, it is counted.
    pub(crate) fn admit_event(&mut self, now: Instant) -> bool {
        let telling = self.telling.get_or_insert(Telling { began: now, events: 0 });
        telling.events = telling.events.saturating_add(1);
        telling.events <= EVENTS_PER_WINDOW
    }

    /// When [`StrangerLimiter::handle_timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.telling.as_ref().map(|telling| telling.began + EVENT_WINDOW)
    }

    /// The end of a window: one event for all refusals that had none of their own.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        let over = self.telling.take_if(|telling| telling.began + EVENT_WINDOW <= now)?;
        let untold = over.events.saturating_sub(EVENTS_PER_WINDOW);
        (untold > 0).then(|| {
            Event::new(&kind::STRANGER_REFUSED).with("source", "several addresses").with("requests", untold)
        })
    }
}

/// Who counts as one source: an IPv4 address, or the /64 that an IPv6 host may choose its addresses from.
fn network_of(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
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
    fn ipv6_hosts_of_one_network_share_the_limit() {
        let mut limiter = StrangerLimiter::default();
        let start = Instant::now();
        let source = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host]);

        let answered = (0..100).filter(|host| limiter.admit(source(*host), start)).count();

        assert_eq!(answered, 10);
        assert!(limiter.admit("2001:db8:0:2::1".parse().unwrap(), start));
    }

    #[test]
    fn flood_of_refusals_has_ten_events_a_second_and_one_that_counts_the_others() {
        let mut limiter = StrangerLimiter::default();
        let start = Instant::now();

        let told = (0..1_000).filter(|_| limiter.admit_event(start)).count();

        assert_eq!(told, 10);
        assert_eq!(limiter.poll_timeout(), Some(start + EVENT_WINDOW));
        assert_eq!(limiter.handle_timeout(start + EVENT_WINDOW / 2), None);
        let counted = limiter.handle_timeout(start + EVENT_WINDOW).unwrap();
        assert_eq!(counted.kind.name, "stranger-refused");
        assert_eq!(counted.fields, [("source", "several addresses".into()), ("requests", "990".into())]);
        assert_eq!(limiter.poll_timeout(), None);
        assert!(limiter.admit_event(start + EVENT_WINDOW));
        assert_eq!(limiter.handle_timeout(start + EVENT_WINDOW * 2), None);
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
