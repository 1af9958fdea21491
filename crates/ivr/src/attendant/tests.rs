//! Whole conversations of attendants on values.
mod any_order;
mod by_name;
mod by_number;
mod greetings;
mod keys;

use std::collections::BTreeMap;

use dial_plan::{AttendantMenu, BusinessHours, Name};
use mailbox::{MailboxId, NamesFound, RecordedName};
use telephony::{AudioCodec, Extension};

use super::*;
use crate::{phrase::Counted, speech::Language};

const TIMEOUT: Duration = Duration::from_secs(5);
const STOP: IvrOutput = IvrOutput::StopPlaying;
const AWAIT: IvrOutput = IvrOutput::Await(TIMEOUT);
const NEXT: IvrOutput = IvrOutput::Await(NEXT_KEY_WAIT);

fn settings() -> AttendantSettings {
    AttendantSettings {
        name: "main".into(),
        language: Language::English,
        open: Openness::Open,
        greeting: None,
        announcement: None,
        menu: AttendantMenu::default(),
        hours: BusinessHours::default(),
        location: None,
        operator: None,
        timeout: TIMEOUT,
        input_failures: 3,
        name_order: None,
        people: PeopleOffered { calls: false, messages: true },
        extension_digits: 4,
        longest_number: 4,
    }
}

fn with_keys(keys: &[(&str, &str)]) -> AttendantSettings {
    let mapping = |action: &str| KeyMapping { action: action.parse().unwrap(), announcement: None };
    let keys: BTreeMap<MenuKey, KeyMapping> =
        keys.iter().map(|(key, action)| (key.parse().unwrap(), mapping(action))).collect();
    AttendantSettings { menu: AttendantMenu { keys, ..AttendantMenu::default() }, ..settings() }
}

fn key(c: char) -> IvrInput {
    IvrInput::Digit(Digit::from_char(c).unwrap())
}

fn card(extension: &str, recorded: bool) -> MailboxCard {
    MailboxCard {
        id: MailboxId(extension.parse().unwrap()),
        extension: Extension::parse(extension).unwrap(),
        name: format!("Person {extension}"),
        recorded_name: recorded.then(voice),
    }
}

fn voice() -> RecordedName {
    RecordedName::new(AudioCodec::Pcmu, vec![0x55; 800]).unwrap()
}

/// What plays: keys as the catalogue writes them without `attendant-`, `"recording"`, `=4001` for digits, `#2` for a
/// number of matches, `@` for a recorded name.
fn play(words: &str) -> IvrOutput {
    let phrase = |word: &str| {
        if let Some(name) = word.strip_prefix('"') {
            return Phrase::Announcement(name.trim_end_matches('"').to_owned());
        }
        if let Some(digits) = word.strip_prefix('=') {
            return Phrase::Digits(digits.to_owned());
        }
        if let Some(count) = word.strip_prefix('#') {
            return Phrase::Count(count.parse().unwrap(), Counted::Matches);
        }
        if word == "@" {
            return Phrase::Name(voice());
        }
        let own = format!("attendant-{word}");
        let known = PromptKey::ATTENDANT.iter().find(|key| key.as_str() == own);
        let common = [PromptKey::GOODBYE, PromptKey::NOT_UNDERSTOOD];
        let known = known.or_else(|| common.iter().find(|key| key.as_str() == word));
        Phrase::Prompt(*known.unwrap_or_else(|| panic!("no prompt {word}")))
    };
    IvrOutput::Play(words.split_whitespace().map(phrase).collect())
}

fn transfer(number: &str) -> IvrOutput {
    IvrOutput::Transfer { number: number.into(), scope: DialScope::Attendant("main".into()) }
}

fn who_has(number: &str) -> IvrOutput {
    IvrOutput::Ask(Question::Card { number: number.into() })
}

fn holder(card: Option<MailboxCard>) -> IvrInput {
    IvrInput::Answered(Answer::Card(card.map(Box::new)))
}

fn found(cards: Vec<MailboxCard>, more: bool) -> IvrInput {
    IvrInput::Answered(Answer::Names(NamesFound { cards, more }))
}

fn step(attendant: &mut AutoAttendant, input: IvrInput) -> Vec<IvrOutput> {
    attendant.handle_input(input);
    std::iter::from_fn(|| attendant.poll_output()).collect()
}

/// Tells one row after the other, and compares what each orders.
fn converse(mut attendant: AutoAttendant, rows: Vec<(IvrInput, Vec<IvrOutput>)>) {
    for (number, (input, orders)) in rows.into_iter().enumerate() {
        let told = format!("row {number}: {input:?}");
        assert_eq!(step(&mut attendant, input), orders, "{told}");
    }
}

/// A caller who hears greeting and menu.
fn begun(settings: AttendantSettings) -> AutoAttendant {
    let mut attendant = AutoAttendant::new(settings);
    let orders = step(&mut attendant, IvrInput::Begin);
    assert_eq!(orders[0], IvrOutput::Speak(Language::English));
    assert!(matches!(orders[1], IvrOutput::Play(_)) && orders.len() == 2, "{orders:?}");
    attendant
}

/// A caller who has heard the menu and has not pressed anything.
fn silent(settings: AttendantSettings) -> AutoAttendant {
    let mut attendant = begun(settings);
    assert_eq!(step(&mut attendant, IvrInput::PlayFinished), [AWAIT]);
    attendant
}
