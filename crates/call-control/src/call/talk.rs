//! One conversation with the caller, and all that is there only as long as it goes on.
use std::time::{Duration, Instant};

use ivr::{Conversation, IvrInput, IvrOutput, Language};
use mailbox::Mailbox;

use super::{dialogue::Errand, transfer::Transfer};

/// A conversation. Whoever takes the caller over begins with none of what the one before waited for.
#[derive(Debug)]
pub(super) struct Talk {
    conversation: Conversation,
    turn: Turn,
    /// What it speaks now.
    pub(super) language: Language,
    /// What it asks the store, by token.
    pub(super) question: Option<u64>,
    /// The message that the store is to keep, by token.
    pub(super) keeping: Option<u64>,
    pub(super) transfer: Option<Transfer>,
    /// The mailbox that the caller has opened with its PIN.
    pub(super) open_mailbox: Option<Mailbox>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    /// The conversation's: it begins then, for the gateway may need a moment before it carries what comes first.
    ToBegin { at: Instant },
    /// It has begun; if a key is waited for, until then.
    Begun { key_until: Option<Instant> },
    /// The caller has gone: no key is waited for.
    CallerGone,
}

impl Talk {
    /// [`Self::due`] says when it begins.
    pub(super) fn new(conversation: Conversation, language: Language, at: Instant) -> Self {
        Self {
            conversation,
            turn: Turn::ToBegin { at },
            language,
            question: None,
            keeping: None,
            transfer: None,
            open_mailbox: None,
        }
    }

    pub(super) fn hear(&mut self, input: IvrInput) {
        self.conversation.handle_input(input);
    }

    pub(super) fn next_order(&mut self) -> Option<IvrOutput> {
        self.conversation.poll_output()
    }

    /// What was asked with this token; `None` if this conversation does not wait for the answer.
    pub(super) fn answered(&mut self, token: u64) -> Option<Errand> {
        if self.transfer.as_ref().is_some_and(|transfer| transfer.is_judged_by(token)) {
            return Some(Errand::Judgement);
        }
        let question = self.question.take_if(|open| *open == token).map(|_| Errand::Question);
        question.or_else(|| self.keeping.take_if(|open| *open == token).map(|_| Errand::Keeping))
    }

    /// When [`Self::due`] has something to tell.
    pub(super) fn until(&self) -> Option<Instant> {
        match self.turn {
            Turn::ToBegin { at } => Some(at),
            Turn::Begun { key_until } => key_until,
            Turn::CallerGone => None,
        }
    }

    /// What the conversation is to hear because so much time has passed.
    pub(super) fn due(&mut self, now: Instant) -> Option<IvrInput> {
        self.until().filter(|until| *until <= now)?;
        let input = match self.turn {
            Turn::ToBegin { .. } => IvrInput::Begin,
            Turn::Begun { .. } | Turn::CallerGone => IvrInput::Waited,
        };
        self.turn = Turn::Begun { key_until: None };
        Some(input)
    }

    /// The caller has this much time to press a key.
    pub(super) fn await_key(&mut self, until: Instant) {
        if let Turn::Begun { key_until } = &mut self.turn {
            *key_until = Some(until);
        }
    }

    /// The caller has pressed a key: whether the conversation is to begin before it hears of that. Whoever knows the
    /// menu presses before the first word.
    pub(super) fn take_turn(&mut self) -> bool {
        let is_early = matches!(self.turn, Turn::ToBegin { .. });
        if self.turn != Turn::CallerGone {
            self.turn = Turn::Begun { key_until: None };
        }
        is_early
    }

    /// The caller was on hold for so long: their turn ends so much later.
    pub(super) fn delay(&mut self, by: Duration) {
        match &mut self.turn {
            Turn::ToBegin { at } | Turn::Begun { key_until: Some(at) } => *at += by,
            Turn::Begun { key_until: None } | Turn::CallerGone => {}
        }
    }

    /// What is left is to make safe what was recorded.
    pub(super) fn lose_caller(&mut self) {
        self.turn = Turn::CallerGone;
        self.transfer = None;
    }
}

#[cfg(test)]
mod tests {
    use dial_plan::{AutoAttendant, DialPlan, Name, Site, SiteChange};
    use ivr::AttendantSettings;
    use jiff::Timestamp;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    fn talk(at: Instant) -> Talk {
        let (plan, main) = (Name::parse("hq").unwrap(), Name::parse("main").unwrap());
        let (site, _) =
            Site::empty().apply(&SiteChange::CreateDialPlan(DialPlan::new(plan.clone(), 4))).unwrap();
        let attendant = SiteChange::CreateAttendant(Box::new(AutoAttendant::new(main, plan)));
        let (site, _) = site.apply(&attendant).unwrap();
        let menu = site.menu_at("main", Timestamp::UNIX_EPOCH).unwrap();
        let attendant = ivr::AutoAttendant::new(AttendantSettings::of(&menu));
        Talk::new(attendant.into(), Language::English, at)
    }

    #[test]
    fn conversation_begins_in_its_time_and_once() {
        let now = Instant::now();
        let mut talk = talk(now + MOMENT);

        let due = [now, now + MOMENT, now + MOMENT].map(|now| talk.due(now));

        assert_eq!(due, [None, Some(IvrInput::Begin), None]);
    }

    #[test]
    fn no_key_is_waited_for_before_the_first_word_nor_after_the_caller_has_gone() {
        let now = Instant::now();
        let mut talk = talk(now + MOMENT);

        talk.await_key(now);
        let before = talk.due(now);
        talk.due(now + MOMENT);
        talk.await_key(now + MOMENT);
        let begun = talk.due(now + MOMENT);
        talk.lose_caller();
        talk.await_key(now + MOMENT);

        assert_eq!((before, begun, talk.due(now + MOMENT)), (None, Some(IvrInput::Waited), None));
    }

    #[test]
    fn hold_lengthens_the_time_of_the_caller() {
        let now = Instant::now();
        let mut talk = talk(now);
        talk.due(now);
        talk.await_key(now + MOMENT);

        talk.delay(2 * MOMENT);

        assert_eq!(talk.until(), Some(now + 3 * MOMENT));
    }
}
