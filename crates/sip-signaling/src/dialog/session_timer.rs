//! How long a session lives without a refresh (RFC 4028).

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{HeaderName, Method, MinSe, Refresher, Request, RequestHead, SessionExpires};

/// The shortest interval that we take, and RFC 4028's own: "the minimum .. is 90 seconds" (section 4).
pub(crate) const SHORTEST_INTERVAL: Duration = Duration::from_secs(90);

/// A refresh of ours that failed is tried again after this time, as long as the session lives.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The BYE comes so long before the end: "the minimum of 32 seconds and one third of the session interval" (section 10).
const LONGEST_MARGIN: Duration = Duration::from_secs(32);

/// The option tag.
const TIMER: &str = "timer";

/// How we can refresh a session.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum OwnRefresh {
    /// The peer takes UPDATE: one without a body (RFC 4028 7.4 recommends it).
    Update,
    /// The peer has not said that it takes UPDATE: a re-INVITE.
    #[default]
    Reinvite,
}

impl OwnRefresh {
    /// What the Allow of a request says; `None` if it has none.
    pub(crate) fn told_by(request: &Request) -> Option<Self> {
        request.headers.contains(&HeaderName::Allow).then(|| {
            match request.headers.allowed_methods().any(|method| method == Method::Update) {
                true => Self::Update,
                false => Self::Reinvite,
            }
        })
    }
}

/// What a 2xx of ours to INVITE or UPDATE says about the session's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SessionTerms {
    pub(crate) interval: Duration,
    /// Seen from the request that is answered: `Uas` are we.
    pub(crate) refresher: Refresher,
    /// Whether the sender of the request knows session timers.
    understood: bool,
}

/// The interval of a request is below [`SHORTEST_INTERVAL`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct IntervalTooSmall;

impl SessionTerms {
    /// The terms by Table 2 of RFC 4028 9: who knows timers refreshes by itself, unless it asks us to. `None` = the session
    /// has no timer from this answer on, for none was asked for.
    ///
    /// # Errors
    /// [`IntervalTooSmall`]: answer 422. Not to a peer that does not know timers, for which a proxy has asked: that one
    /// would not know what 422 means, and gets a session without a timer.
    pub(crate) fn of(request: &Request, head: &RequestHead) -> Result<Option<Self>, IntervalTooSmall> {
        // A malformed header that the dialog does not need is passed over (docs/security-modes.md section 0).
        let Ok(Some(SessionExpires { interval, refresher })) = request.headers.read() else {
            return Ok(None);
        };
        let understood = head.supports(TIMER);
        if interval < SHORTEST_INTERVAL {
            return if understood { Err(IntervalTooSmall) } else { Ok(None) };
        }
        let refresher = match (understood, refresher) {
            (true, Some(Refresher::Uac) | None) => Refresher::Uac,
            (true, Some(Refresher::Uas)) | (false, _) => Refresher::Uas,
        };
        Ok(Some(Self { interval, refresher, understood }))
    }

    /// The headers of the 2xx: "if the refresher parameter is 'uac', the UAS MUST place a Require header field into the
    /// response with the value 'timer'" (section 9), and in general if the peer knows timers.
    pub(crate) fn headers(self) -> Vec<(HeaderName, Bytes)> {
        let expires = SessionExpires { interval: self.interval, refresher: Some(self.refresher) };
        let mut headers = vec![(HeaderName::SessionExpires, Bytes::from(expires.to_string()))];
        if self.understood {
            headers.push((HeaderName::Require, Bytes::from_static(TIMER.as_bytes())));
        }
        headers
    }
}

/// What a [`SessionTimer`] asks for when its time has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SessionOutput {
    /// Refresh the session.
    Refresh,
    /// Nobody has: BYE.
    Expired,
}

/// The timer of one session, from one refresh to the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SessionTimer {
    interval: Duration,
    /// The Min-SE of a 422 to our refresh.
    least: Option<Duration>,
    /// When to refresh; `None` if the peer does, or while our refresh waits for its answer.
    refresh_at: Option<Instant>,
    /// When our last refresh was sent.
    asked_at: Option<Instant>,
    give_up_at: Instant,
}

impl SessionTimer {
    /// A 2xx with these terms was sent now.
    pub(crate) fn begin(terms: SessionTerms, now: Instant) -> Self {
        match terms.refresher {
            Refresher::Uac => Self::lasting(terms.interval, now),
            Refresher::Uas => Self::lasting(terms.interval, now).refreshed_by_us(now),
        }
    }

    /// Our refresh was answered 2xx: the same interval if it says nothing (RFC 4028 10: we go on to refresh).
    pub(crate) fn renewed(&self, answer: Option<SessionExpires>, now: Instant) -> Self {
        let least = self.least;
        let interval = answer.map_or(self.interval, |answer| answer.interval.max(SHORTEST_INTERVAL));
        // Here the sender of the request are we.
        let renewed = match answer.and_then(|answer| answer.refresher) {
            Some(Refresher::Uas) => Self::lasting(interval, now),
            Some(Refresher::Uac) | None => Self::lasting(interval, now).refreshed_by_us(now),
        };
        Self { least, ..renewed }
    }

    fn lasting(interval: Duration, now: Instant) -> Self {
        let margin = LONGEST_MARGIN.min(interval / 3);
        let give_up_at = now + interval.saturating_sub(margin);
        Self { interval, least: None, refresh_at: None, asked_at: None, give_up_at }
    }

    /// "It is RECOMMENDED that this refresh be sent once half the session interval has elapsed" (section 7.2).
    fn refreshed_by_us(self, now: Instant) -> Self {
        Self { refresh_at: Some(now + self.interval / 2), ..self }
    }

    /// Session-Expires and Min-SE of our refresh.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, Bytes)> {
        let expires = SessionExpires { interval: self.interval, refresher: Some(Refresher::Uac) };
        let mut headers = vec![(HeaderName::SessionExpires, Bytes::from(expires.to_string()))];
        headers.extend(self.least.map(|least| (HeaderName::MinSe, Bytes::from(least.as_secs().to_string()))));
        headers
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.refresh_at.map_or(self.give_up_at, |at| at.min(self.give_up_at))
    }

    /// What is due at `now`, if anything.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<SessionOutput> {
        if now >= self.give_up_at {
            return Some(SessionOutput::Expired);
        }
        self.refresh_at.take_if(|at| *at <= now)?;
        self.asked_at = Some(now);
        Some(SessionOutput::Refresh)
    }

    /// Our refresh was refused for a reason that may pass, or could not be sent.
    pub(crate) fn retry(&mut self) {
        self.refresh_at = self.asked_at.map(|asked| asked + RETRY_AFTER);
    }

    /// Our refresh was answered 422 (RFC 4028 7.3).
    pub(crate) fn lengthen(&mut self, least: Option<MinSe>) {
        if let Some(MinSe(least)) = least {
            self.least = Some(least);
            self.interval = self.interval.max(least);
        }
        self.retry();
    }

    /// The peer does not know the session any more, or is mute: the end is due at once.
    pub(crate) fn give_up(&mut self) {
        if let Some(asked) = self.asked_at {
            self.give_up_at = asked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, parse_datagram};

    fn terms(headers: &str) -> Result<Option<SessionTerms>, IntervalTooSmall> {
        let text = format!(
            "UPDATE sip:um SIP/2.0\r\nVia: SIP/2.0/UDP g;branch=z9hG4bK1\r\nFrom: <sip:g>;tag=1\r\nTo: <sip:u>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 UPDATE\r\nContact: <sip:g>\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        let Ok(Message::Request(request)) = parse_datagram(&Bytes::from(text)) else { panic!("a request") };
        SessionTerms::of(&request, &RequestHead::read(&request).unwrap())
    }

    fn written(terms: SessionTerms) -> Vec<String> {
        terms
            .headers()
            .into_iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(&value)))
            .collect()
    }

    #[test]
    fn the_answer_follows_table_2_of_rfc_4028() {
        let uac: &[&str] = &["Session-Expires: 1800;refresher=uac", "Require: timer"];
        let uas: &[&str] = &["Session-Expires: 1800;refresher=uas", "Require: timer"];
        let unaware: &[&str] = &["Session-Expires: 1800;refresher=uas"];
        for (supported, refresher, expected) in [
            ("Supported: timer\r\n", "", uac),
            ("Supported: timer\r\n", ";refresher=uac", uac),
            ("Supported: timer\r\n", ";refresher=uas", uas),
            ("Require: timer\r\n", "", uac),
            ("Require: timer\r\n", ";refresher=uas", uas),
            ("", "", unaware),
        ] {
            let headers = format!("{supported}Session-Expires: 1800{refresher}\r\n");

            let answered = terms(&headers).unwrap().map(written).unwrap_or_default();

            assert_eq!(answered, expected, "{headers}");
        }
        assert_eq!(terms("Supported: timer\r\n"), Ok(None));
        assert_eq!(terms("Supported: timer\r\nSession-Expires: soon\r\n"), Ok(None));
    }

    #[test]
    fn intervals_below_90_seconds_are_refused_to_those_who_know_timers() {
        let seconds = |seconds: u32, supported: &str| {
            terms(&format!("{supported}Session-Expires: {seconds}\r\n")).map(|terms| terms.is_some())
        };

        assert_eq!(seconds(89, "Supported: timer\r\n"), Err(IntervalTooSmall));
        assert_eq!(seconds(90, "Supported: timer\r\n"), Ok(true));
        assert_eq!(seconds(89, ""), Ok(false));
        assert_eq!(seconds(90, ""), Ok(true));
    }

    #[test]
    fn the_end_comes_a_third_or_32_seconds_before_the_interval_is_over() {
        let start = Instant::now();
        for (interval, refresher, refresh, end) in [
            (90, Refresher::Uac, None, 60),
            (1800, Refresher::Uac, None, 1768),
            (1800, Refresher::Uas, Some(900), 1768),
        ] {
            let terms = SessionTerms { interval: Duration::from_secs(interval), refresher, understood: true };
            let mut timer = SessionTimer::begin(terms, start);

            if let Some(refresh) = refresh {
                let at = timer.poll_timeout();
                assert_eq!((at - start).as_secs(), refresh);
                assert_eq!(timer.handle_timeout(at), Some(SessionOutput::Refresh));
            }
            let at = timer.poll_timeout();
            assert_eq!((at - start).as_secs(), end);
            assert_eq!(timer.handle_timeout(at), Some(SessionOutput::Expired));
        }
    }
}
