use std::time::Instant;

/// What the store is asked, one thing at a time: known by its token, so that an answer that comes too late, or to
/// something else, is not heard.
#[derive(Debug)]
pub(super) struct Asked<T> {
    open: Option<Open<T>>,
}

#[derive(Debug)]
struct Open<T> {
    token: u64,
    until: Instant,
    what: T,
}

impl<T> Asked<T> {
    /// This request is waited for until then; an earlier one counts no more.
    pub(super) fn begin(&mut self, token: u64, until: Instant, what: T) {
        self.open = Some(Open { token, until, what });
    }

    /// What was asked, if this answers it.
    pub(super) fn answered(&mut self, token: u64) -> Option<T> {
        self.open.take_if(|open| open.token == token).map(|open| open.what)
    }

    /// What was asked, if its time is over.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<T> {
        self.open.take_if(|open| open.until <= now).map(|open| open.what)
    }

    /// Nobody waits for an answer any more.
    pub(super) fn forget(&mut self) {
        self.open = None;
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.until)
    }
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { open: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_request_that_was_made_last_is_answered_and_once() {
        let now = Instant::now();
        let mut asked = Asked::default();
        asked.begin(1, now, "first");
        asked.begin(2, now, "second");

        let answers = [1, 2, 2].map(|token| asked.answered(token));

        assert_eq!(answers, [None, Some("second"), None]);
    }

    #[test]
    fn nothing_answers_what_is_overdue() {
        let (now, moment) = (Instant::now(), Duration::from_millis(1));
        let mut asked = Asked::default();
        asked.begin(1, now + moment, ());

        assert_eq!((asked.until(), asked.overdue(now)), (Some(now + moment), None));
        assert_eq!((asked.overdue(now + moment), asked.answered(1), asked.until()), (Some(()), None, None));
    }
}
