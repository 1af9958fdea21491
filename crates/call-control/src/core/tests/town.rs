//! What a store knows and answers.
use mailbox::{
    Greetings, LogOn, MailboxCard, MailboxRoom, MessageState, MessageSummary, NamesFound, PhoneOptions,
    PhoneQuestion, PinAttempt, PinStanding, Subscriber,
};

use super::*;

/// The PIN of every mailbox.
pub(super) const PIN: &str = "730294";

/// What the store knows: whose mailboxes there are, and one message in each.
#[derive(Clone)]
pub(super) struct Town {
    people: Vec<(String, String)>,
    /// Who has left the message: the number as the call brought it.
    pub(super) caller: Option<String>,
    /// Or the mailbox that has sent it.
    pub(super) sender: Option<String>,
}

impl Town {
    /// Extension and name of each.
    pub(super) fn of(people: &[(&str, &str)]) -> Self {
        let people = people.iter().map(|(extension, name)| ((*extension).into(), (*name).into())).collect();
        Self { people, caller: Some("2002".into()), sender: None }
    }

    fn mailbox(&self, number: &str) -> Option<Mailbox> {
        let place = self.people.iter().position(|(extension, _)| extension == number)?;
        let (extension, name) = &self.people[place];
        let id = MailboxId(100 + i64::try_from(place).unwrap());
        let extension = Extension::parse(extension).unwrap();
        Some(Mailbox { id, extension, name: name.clone(), ..super::mailbox() })
    }

    fn card(&self, number: &str) -> Option<MailboxCard> {
        let Mailbox { id, extension, name, .. } = self.mailbox(number)?;
        Some(MailboxCard { id, extension, name, recorded_name: None })
    }

    fn summary(&self) -> MessageSummary {
        MessageSummary {
            id: MessageId(7),
            received: "2026-11-20T12:00:00Z".parse().unwrap(),
            length: Duration::from_secs(4),
            urgent: false,
            private: false,
            state: MessageState::New,
            caller: self.caller.clone(),
            sender: self.sender.as_deref().map(|sender| self.card(sender).unwrap()),
        }
    }

    fn log_on(&self, attempt: &PinAttempt) -> LogOn {
        let own = self.mailbox(&attempt.number);
        match own.filter(|own| attempt.pin.expose() == PIN && attempt.rules.contains_key(&own.policy)) {
            None => LogOn::Refused,
            Some(mailbox) => LogOn::Opened(Box::new(Subscriber {
                mailbox,
                recorded_name: None,
                pin: PinStanding::Good,
                options: PhoneOptions::default(),
                greetings: Greetings::default(),
                room: MailboxRoom::Some,
                deleted_soon: 0,
            })),
        }
    }

    pub(super) fn answer(&self, question: &StoreRequestKind) -> StoreReplyKind {
        match question {
            StoreRequestKind::FindMailbox { candidates, .. } => {
                let numbered = candidates.iter().enumerate();
                let found =
                    numbered.filter_map(|(place, number)| Some((place, self.mailbox(number)?))).next();
                StoreReplyKind::Mailbox(found.map(|(candidate, mailbox)| {
                    let room = MailboxRoom::Some;
                    Box::new(FoundMailbox { candidate, mailbox, recorded_name: None, greeting: None, room })
                }))
            }
            StoreRequestKind::BeginRecording { .. } => StoreReplyKind::RecordingBegun,
            StoreRequestKind::CommitMessage { .. } => StoreReplyKind::Committed { message: MessageId(1) },
            StoreRequestKind::DiscardRecording { .. } => StoreReplyKind::Discarded,
            StoreRequestKind::LogOn(attempt) => StoreReplyKind::LogOn(self.log_on(attempt)),
            StoreRequestKind::Phone(PhoneQuestion::Card { number, .. }) => {
                StoreReplyKind::Card(self.card(number).map(Box::new))
            }
            StoreRequestKind::Phone(PhoneQuestion::Messages { .. }) => {
                StoreReplyKind::Messages(vec![self.summary()])
            }
            StoreRequestKind::Phone(PhoneQuestion::Names { digits, order, .. }) => {
                let spelled = self.people.iter().filter(|(_, name)| mailbox::spells(digits, name, *order));
                let cards = spelled.map(|(extension, _)| self.card(extension).unwrap()).collect();
                StoreReplyKind::Names(NamesFound { cards, more: false })
            }
            StoreRequestKind::Change { .. } | StoreRequestKind::NoteMissed(_) => {
                StoreReplyKind::Changed(true)
            }
        }
    }
}
