//! `um attendant test`: the conversation itself, with keys from a keyboard and the words on a screen.
use std::io::{BufRead, IsTerminal};

use admin_api::{DirectoryEntry, DirectoryFound};
use clap::Args;
use dial_plan::{DiallingScope, NumberHolder, Site};
use ivr::{
    Answer, AttendantSettings, AutoAttendant, DialScope, IvrInput, IvrOutput, Question, Successor,
    TransferFailure,
};
use jiff::{Timestamp, civil::DateTime};
use mailbox::{MailboxCard, MailboxId, NameOrder, NamesFound};
use telephony::Digit;

use super::spoken::Texts;
use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{self, talk};

/// `um attendant test`
#[derive(Args, Debug)]
pub(crate) struct TestAttendant {
    /// The attendant; it need not be enabled.
    name: String,
    /// When the call comes, by the attendant's clock, such as 2026-12-25T10:30. Default: now.
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime>,
}

impl TestAttendant {
    /// Reads keys until the call is over.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let site: Site = client.get(&path(&["site"])).await?;
        let unknown = || {
            Failure::no(
                format!("there is no auto attendant `{}`", self.name),
                "run `um attendant list` to see the names",
            )
        };
        let zone = site.zone_of_attendant(&self.name).ok_or_else(unknown)?;
        let at = match self.at {
            Some(local) => zone.to_timestamp(local).map_err(|error| {
                Failure::no(
                    format!("{local} is no time of the attendant's clock: {error}"),
                    "give another time",
                )
            })?,
            None => Timestamp::now(),
        };
        let plan = site
            .attendant(&self.name)
            .map(|attendant| attendant.dial_plan.to_string())
            .ok_or_else(unknown)?;
        if site.attendant(&self.name).is_some_and(|attendant| !attendant.enabled) {
            talk(format!("attendant `{}` is not enabled: no call reaches it yet", self.name));
        }
        if std::io::stdin().is_terminal() {
            talk("type keys, then Enter; an empty line presses nothing; Ctrl-D hangs up");
        }
        let people = OfServer { client, plan: plan.clone() };
        let mut walk =
            Walk { site: &site, plan, at, texts: Texts::built_in(), people, screen: Box::new(report::text) };
        walk.take_call(&self.name, std::io::stdin().lock()).await
    }
}

/// Whom a conversation may find.
trait People {
    async fn holder(&self, number: &str) -> Result<Option<DirectoryEntry>, Failure>;
    async fn spelled(&self, digits: &str, order: NameOrder) -> Result<DirectoryFound, Failure>;
}

/// The mailboxes of the running server.
struct OfServer<'a> {
    client: &'a Client,
    plan: String,
}

impl People for OfServer<'_> {
    async fn holder(&self, number: &str) -> Result<Option<DirectoryEntry>, Failure> {
        let found: Vec<DirectoryEntry> =
            self.client.get(&path(&["dial-plans", &self.plan, "directory", number])).await?;
        Ok(found.into_iter().next())
    }

    async fn spelled(&self, digits: &str, order: NameOrder) -> Result<DirectoryFound, Failure> {
        let order = match order {
            NameOrder::LastFirst => "last-first",
            NameOrder::FirstLast => "first-last",
        };
        let options = [("digits", Some(digits.to_owned())), ("order", Some(order.to_owned()))];
        self.client.get(&query(&path(&["dial-plans", &self.plan, "directory"]), &options)).await
    }
}

/// Shows a line.
type Screen<'a> = dyn FnMut(&str) -> Result<(), Failure> + 'a;

/// One call, from conversation to conversation.
struct Walk<'a, P> {
    site: &'a Site,
    plan: String,
    at: Timestamp,
    texts: Texts,
    people: P,
    /// Where each line of what happens goes.
    screen: Box<Screen<'a>>,
}

/// What the conversation waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Waits {
    /// A key, or silence after what was said.
    ForKey,
    /// More keys of a number or name; a line of keys ends with such a pause.
    ForMore,
    /// Nothing: the call is over.
    Over,
}

impl<P: People> Walk<'_, P> {
    async fn take_call(&mut self, attendant: &str, keys: impl BufRead) -> Result<(), Failure> {
        let mut conversation = self.conversation(attendant).ok_or_else(|| {
            Failure::no(format!("there is no auto attendant `{attendant}`"), "run `um attendant list`")
        })?;
        let mut waits = self.tell(&mut conversation, IvrInput::Begin).await?;
        for line in keys.lines() {
            if waits == Waits::Over {
                break;
            }
            let line = line.map_err(|error| {
                Failure::could_not_run(format!("the keys cannot be read: {error}"), "type 0-9, * and #")
            })?;
            waits = self.press(&mut conversation, line.trim(), waits).await?;
        }
        if waits != Waits::Over {
            self.say("the caller hangs up")?;
        }
        Ok(())
    }

    /// A line of keys and the pause behind it; an empty one is silence.
    async fn press(
        &mut self,
        conversation: &mut AutoAttendant,
        line: &str,
        before: Waits,
    ) -> Result<Waits, Failure> {
        let mut waits = before;
        for key in line.chars().filter(|key| !key.is_whitespace()) {
            let Some(digit) = Digit::from_char(key) else {
                talk(format!("{key:?} is no key: type 0-9, * and #"));
                continue;
            };
            waits = self.tell(conversation, IvrInput::Digit(digit)).await?;
            if waits == Waits::Over {
                return Ok(waits);
            }
        }
        if line.is_empty() || waits == Waits::ForMore {
            waits = self.tell(conversation, IvrInput::Waited).await?;
        }
        Ok(waits)
    }

    fn conversation(&self, attendant: &str) -> Option<AutoAttendant> {
        let now = self.site.menu_at(attendant, self.at)?;
        Some(AutoAttendant::new(AttendantSettings::of(&now)))
    }

    /// Tells the conversation, and does what it orders until it waits. Whatever is said is heard to its end.
    async fn tell(&mut self, conversation: &mut AutoAttendant, input: IvrInput) -> Result<Waits, Failure> {
        let mut waits = Waits::ForKey;
        let mut next = Some(input);
        while let Some(input) = next.take() {
            // What waits after a key waits for more of them.
            let after_key = matches!(input, IvrInput::Digit(_));
            conversation.handle_input(input);
            while let Some(order) = conversation.poll_output() {
                match order {
                    IvrOutput::Play(phrases) => {
                        let line = self.texts.line(&phrases);
                        self.say(&format!("says: {line}"))?;
                        next = Some(IvrInput::PlayFinished);
                    }
                    IvrOutput::Speak(language) => self.say(&format!("speaks {language}"))?,
                    IvrOutput::Await(_) => waits = if after_key { Waits::ForMore } else { Waits::ForKey },
                    IvrOutput::Ask(question) => next = Some(IvrInput::Answered(self.answer(question).await?)),
                    IvrOutput::Transfer { number, scope } => match self.dial(&number, &scope).await? {
                        Some(failure) => next = Some(IvrInput::NotTransferred(failure)),
                        None => return Ok(Waits::Over),
                    },
                    IvrOutput::HandOver(successor) => match self.hand_over(&successor).await? {
                        Handed::ToAttendant(other) => {
                            *conversation = *other;
                            next = Some(IvrInput::Begin);
                        }
                        Handed::Away => return Ok(Waits::Over),
                        Handed::ToNobody => next = Some(IvrInput::NotHandedOver),
                    },
                    IvrOutput::HangUp | IvrOutput::Finished => {
                        self.say("hangs up")?;
                        return Ok(Waits::Over);
                    }
                    // An attendant does nothing else.
                    IvrOutput::StopPlaying
                    | IvrOutput::PlayRecording { .. }
                    | IvrOutput::PlayMessage { .. }
                    | IvrOutput::Pause(_)
                    | IvrOutput::Skip(_)
                    | IvrOutput::Speed { .. }
                    | IvrOutput::Record(_)
                    | IvrOutput::StopRecording
                    | IvrOutput::Keep(_)
                    | IvrOutput::Discard
                    | IvrOutput::Missed => {}
                }
            }
        }
        Ok(waits)
    }

    async fn answer(&self, question: Question) -> Result<Answer, Failure> {
        Ok(match question {
            Question::Card { number } => {
                Answer::Card(self.people.holder(&number).await?.map(|found| Box::new(card(found))))
            }
            Question::Names { digits, order } => {
                let DirectoryFound { entries, more } = self.people.spelled(&digits, order).await?;
                Answer::Names(NamesFound { cards: entries.into_iter().map(card).collect(), more })
            }
            Question::LogOn { .. }
            | Question::SetPin { .. }
            | Question::Messages { .. }
            | Question::Mark { .. }
            | Question::Send(_)
            | Question::KeepGreeting { .. }
            | Question::SetOption { .. } => Answer::Failed,
        })
    }

    /// `None`: the caller is put through, as far as the dialling rules go.
    async fn dial(&mut self, number: &str, scope: &DialScope) -> Result<Option<TransferFailure>, Failure> {
        let holder = match self.people.holder(number).await? {
            Some(_) => NumberHolder::Mailbox,
            None => NumberHolder::Nobody,
        };
        let scope = match scope {
            DialScope::DialPlan => DiallingScope::DialPlan,
            DialScope::Attendant(name) => DiallingScope::Attendant(name),
            DialScope::Subscriber { policy } => DiallingScope::Policy(policy),
        };
        match self.site.may_dial(&self.plan, scope, number, holder) {
            Ok(dialled) => {
                self.say(&format!("transfers to {}: {}", dialled.number(), dialled.by()))?;
                Ok(None)
            }
            Err(refusal) => {
                self.say(&format!("does not dial {number}: {refusal}; {}", refusal.remedy()))?;
                Ok(Some(TransferFailure::NotAllowed))
            }
        }
    }

    async fn hand_over(&mut self, successor: &Successor) -> Result<Handed, Failure> {
        match successor {
            Successor::Attendant(name) => {
                let enabled = self.site.attendant(name).is_some_and(|attendant| attendant.enabled);
                match self.conversation(name).filter(|_| enabled) {
                    Some(conversation) => {
                        self.say(&format!("hands over to attendant {name}"))?;
                        Ok(Handed::ToAttendant(Box::new(conversation)))
                    }
                    None => {
                        self.say(&format!("cannot hand over to attendant {name}: it is not enabled"))?;
                        Ok(Handed::ToNobody)
                    }
                }
            }
            Successor::Mailbox { number } => match self.people.holder(number).await? {
                Some(found) => {
                    self.say(&format!("takes a message for {} ({})", found.extension, found.name))?;
                    Ok(Handed::Away)
                }
                None => {
                    self.say(&format!("cannot take a message for {number}: there is no such mailbox"))?;
                    Ok(Handed::ToNobody)
                }
            },
            Successor::SubscriberAccess { .. } => {
                self.say("asks for a PIN")?;
                Ok(Handed::Away)
            }
        }
    }

    fn say(&mut self, line: &str) -> Result<(), Failure> {
        (self.screen)(line)
    }
}

/// Who has the caller now.
enum Handed {
    ToAttendant(Box<AutoAttendant>),
    Away,
    ToNobody,
}

fn card(found: DirectoryEntry) -> MailboxCard {
    MailboxCard { id: MailboxId(found.id), extension: found.extension, name: found.name, recorded_name: None }
}

#[cfg(test)]
mod tests {
    use telephony::Extension;

    use super::*;

    /// Tony Smith at 4001.
    struct Tony;

    impl People for Tony {
        async fn holder(&self, number: &str) -> Result<Option<DirectoryEntry>, Failure> {
            Ok((number == "4001").then(tony))
        }

        async fn spelled(&self, digits: &str, _: NameOrder) -> Result<DirectoryFound, Failure> {
            let entries = "76484".starts_with(digits).then(tony).into_iter().collect();
            Ok(DirectoryFound { entries, more: false })
        }
    }

    fn tony() -> DirectoryEntry {
        DirectoryEntry { id: 1, extension: Extension::parse("4001").unwrap(), name: "Tony Smith".to_owned() }
    }

    const SITE: &str = r#"
[[dial_plans]]
name = "hq"
extension_digits = 4

[[attendants]]
name = "main"
dial_plan = "hq"
enabled = true
hours = ["Mon-Fri.09:00-17:00"]
business = { keys = { 1 = { action = "transfer:4001" }, 2 = { action = "attendant:sales" } } }
after_hours = { keys = { 1 = { action = "message:4001" } } }

[[attendants]]
name = "sales"
dial_plan = "hq"
enabled = true
name_lookup = "off"
call_someone = false
"#;

    async fn walked(at: &str, keys: &str) -> Vec<String> {
        let site: Site = toml::from_str(SITE).unwrap();
        let mut lines = Vec::new();
        let mut walk = Walk {
            site: &site,
            plan: "hq".to_owned(),
            at: at.parse().unwrap(),
            texts: Texts::built_in(),
            people: Tony,
            screen: Box::new(|line| {
                lines.push(line.to_owned());
                Ok(())
            }),
        };
        walk.take_call("main", keys.as_bytes()).await.unwrap();
        drop(walk);
        lines
    }

    const OPEN: &str = "2026-11-23T10:00:00Z";
    const WELCOME: &str = "says: Welcome. If you know the extension, dial it at any time. To find somebody by name, \
                           press pound. For extension 4001 press 1 For another menu, press 2";

    #[tokio::test]
    async fn menu_is_told_and_a_key_is_followed() {
        assert_eq!(
            walked(OPEN, "1\n").await,
            [
                "speaks en-US",
                WELCOME,
                "says: One moment, please.",
                "transfers to 4001: it is a mailbox of the plan"
            ]
        );
    }

    #[tokio::test]
    async fn after_hours_another_menu_is_told() {
        let lines = walked("2026-11-23T18:00:00Z", "1\n").await;

        assert!(lines[1].starts_with("says: Welcome. We are closed at the moment."), "{lines:?}");
        assert_eq!(lines[2], "takes a message for 4001 (Tony Smith)");
    }

    #[tokio::test]
    async fn number_that_the_rules_refuse_is_told_with_the_rule_that_would_allow_it() {
        let lines = walked(OPEN, "4999\n").await;

        assert_eq!(
            lines[2],
            "does not dial 4999: a caller of attendant `main` may not dial 4999; if it should be, run `um dialplan rule \
             add hq GROUP 4999 4999` and `um attendant set main --allowed-groups 'GROUP'`"
        );
        assert!(lines[3].starts_with("says: Sorry, that number cannot be reached from here."), "{lines:?}");
        assert_eq!(lines[4], "the caller hangs up");
    }

    #[tokio::test]
    async fn name_is_spelled_and_called() {
        let lines = walked(OPEN, "#\n76484#\n1\n").await;

        assert!(lines[2].starts_with("says: Spell the last name"), "{lines:?}");
        assert!(lines[3].starts_with("says: the person at extension 4001 To call, press one."), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "transfers to 4001: it is a mailbox of the plan");
    }

    #[tokio::test]
    async fn other_attendant_takes_over_and_silence_ends_the_call() {
        assert_eq!(
            walked(OPEN, "2\n\n\n\n9\n").await,
            [
                "speaks en-US",
                WELCOME,
                "hands over to attendant sales",
                "speaks en-US",
                "says: Welcome.",
                "says: Goodbye.",
                "hangs up"
            ]
        );
    }
}
