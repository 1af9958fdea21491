//! Whole conversations, written as one reads them: what the caller and the store do, and what is ordered then.
mod any_order;
mod composing;
mod greetings;
mod listening;
mod log_on;
mod main_menu;
mod message_menu;
mod name_search;
mod options;
mod pin_change;
mod whole_call;
mod wrong_keys;

use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use mailbox::{
    Greetings, KeptGreeting, LogOn, Mailbox, MailboxCard, MailboxRoom, MessageId, MessageState,
    MessageSummary, NamesFound, PhoneOptions, PinRefusal, PinStanding, RecordedGreeting, RecordedName,
};
use telephony::{AudioCodec, Extension};

use super::*;
use crate::{
    attendant::PeopleOffered,
    conversation::{DialScope, Pause, RecordingEnd, Skip, Successor, TransferFailure},
    question::Answer,
};

const EXCHANGE: KeyLayout = KeyLayout::exchange();
const ASTERISK: KeyLayout = KeyLayout::asterisk_like();

fn settings(layout: KeyLayout) -> SubscriberAccessSettings {
    SubscriberAccessSettings {
        caller_number: None,
        welcome: None,
        announcement: None,
        input_failures: 3,
        logon_failures: 3,
        recording_silence: Duration::from_secs(5),
        longest_message: Duration::from_secs(600),
        longest_greetings: BTreeMap::new(),
        layout,
        language: Language::English,
        directory: None,
        operator: Some("99".into()),
        // Half past eleven in the evening in New York, the day after in Greenwich.
        started: "2026-11-22T04:30:00Z".parse().unwrap(),
        time_zone: TimeZone::get("America/New_York").unwrap(),
        extension_digits: 2,
    }
}

fn name() -> RecordedName {
    RecordedName::new(AudioCodec::Pcmu, vec![0x55; 800]).unwrap()
}

/// What was recorded in this call.
fn recorded_now() -> RecordedGreeting {
    RecordedGreeting { id: mailbox::GreetingId(8), length: Duration::from_secs(4) }
}

fn name_of_now() -> RecordedName {
    RecordedName::new(AudioCodec::Pcmu, vec![0x2a; 800]).unwrap()
}

fn card(extension: &str) -> MailboxCard {
    MailboxCard {
        id: MailboxId(extension.parse().unwrap()),
        extension: Extension::parse(extension).unwrap(),
        name: "Somebody".into(),
        recorded_name: None,
    }
}

fn subscriber() -> Subscriber {
    Subscriber {
        mailbox: Mailbox {
            id: MailboxId(41),
            dial_plan: "hq".into(),
            extension: Extension::parse("41").unwrap(),
            numbers: Vec::new(),
            name: "Ann".into(),
            email: None,
            policy: "staff".into(),
            created: Timestamp::UNIX_EPOCH,
            recorded_name: None,
        },
        recorded_name: Some(name()),
        pin: PinStanding::Good,
        options: PhoneOptions::default(),
        greetings: Greetings {
            personal: Some(RecordedGreeting { id: mailbox::GreetingId(7), length: Duration::from_secs(9) }),
            out_of_office: None,
        },
        room: MailboxRoom::Some,
        deleted_soon: 0,
    }
}

/// Two new messages, the urgent one of extension 42 and one from outside; a private one that is saved.
fn messages() -> Vec<MessageSummary> {
    let plain = MessageSummary {
        id: MessageId(12),
        received: "2026-11-21T15:04:05Z".parse().unwrap(),
        length: Duration::from_secs(8),
        urgent: false,
        private: false,
        state: MessageState::New,
        caller: Some("5550100".into()),
        sender: None,
    };
    let urgent = MessageSummary {
        id: MessageId(11),
        urgent: true,
        caller: Some("42".into()),
        sender: Some(card("42")),
        ..plain.clone()
    };
    let private = MessageSummary {
        id: MessageId(13),
        private: true,
        state: MessageState::Saved,
        caller: None,
        ..plain.clone()
    };
    vec![urgent, plain, private]
}

/// What the world says, from its name here; anything else is keys.
fn inputs(text: &str) -> Vec<IvrInput> {
    let recorded = |why, speech| IvrInput::RecordFinished {
        why,
        length: Duration::from_secs(4),
        speech: Duration::from_millis(speech),
    };
    let refused = |refusal| IvrInput::Answered(Answer::Pin(Err(refusal)));
    let standing =
        |pin| IvrInput::Answered(Answer::LogOn(LogOn::Opened(Box::new(Subscriber { pin, ..subscriber() }))));
    let named = |cards: &[&str], more| {
        let cards = cards.iter().map(|extension| card(extension)).collect();
        IvrInput::Answered(Answer::Names(NamesFound { cards, more }))
    };
    let kept = |kept| IvrInput::Answered(Answer::GreetingKept(Some(kept)));
    vec![match text {
        "begin" => IvrInput::Begin,
        "played" => IvrInput::PlayFinished,
        "waited" => IvrInput::Waited,
        "hangs up" => IvrInput::PeerHungUp,
        "cut off" => IvrInput::CutOff,
        "opened" => standing(PinStanding::Good),
        "opened, must change" => standing(PinStanding::MustChange),
        "opened, 3 days" => standing(PinStanding::ExpiresIn { days: 3 }),
        "opened, today" => standing(PinStanding::ExpiresIn { days: 0 }),
        "refused" => IvrInput::Answered(Answer::LogOn(LogOn::Refused)),
        "failed" => IvrInput::Answered(Answer::Failed),
        "messages" => IvrInput::Answered(Answer::Messages(messages())),
        "no messages" => IvrInput::Answered(Answer::Messages(Vec::new())),
        "Personal kept" => kept(KeptGreeting::Personal(recorded_now())),
        "OutOfOffice kept" => kept(KeptGreeting::OutOfOffice(recorded_now())),
        "Name kept" => kept(KeptGreeting::Name(name_of_now())),
        "greeting not kept" => IvrInput::Answered(Answer::GreetingKept(None)),
        "done" => IvrInput::Answered(Answer::Changed(true)),
        "not there" => IvrInput::Answered(Answer::Changed(false)),
        "PIN set" => IvrInput::Answered(Answer::Pin(Ok(()))),
        "PIN short" => refused(PinRefusal::TooShort { length: 4, minimum: 6 }),
        "PIN long" => refused(PinRefusal::TooLong),
        "PIN sequence" => refused(PinRefusal::Sequence),
        "PIN repeat" => refused(PinRefusal::Repeat),
        "PIN no digits" => refused(PinRefusal::NotADigit),
        "PIN extension" => refused(PinRefusal::HoldsExtension),
        "PIN used" => refused(PinRefusal::UsedBefore),
        "card" => IvrInput::Answered(Answer::Card(Some(Box::new(card("43"))))),
        "named card" => {
            let card = MailboxCard { recorded_name: Some(name()), ..card("43") };
            IvrInput::Answered(Answer::Card(Some(Box::new(card))))
        }
        "one name" => named(&["42"], false),
        "two names" => named(&["42", "43"], false),
        "many names" => named(&["42", "43", "44", "45", "46", "47", "48", "49"], true),
        "no name" => named(&[], false),
        "no card" => IvrInput::Answered(Answer::Card(None)),
        "recorded" => recorded(RecordingEnd::Stopped, 3000),
        "recorded, silent" => recorded(RecordingEnd::Silence, 3000),
        "recorded, longest" => recorded(RecordingEnd::Maximum, 3000),
        "recorded, cut off" => recorded(RecordingEnd::Truncated, 3000),
        "recorded, 999 ms" => recorded(RecordingEnd::Silence, 999),
        "recorded, 200 ms" => recorded(RecordingEnd::Stopped, 200),
        "recorded, 199 ms" => recorded(RecordingEnd::Stopped, 199),
        "not allowed" => IvrInput::NotTransferred(TransferFailure::NotAllowed),
        "not handed over" => IvrInput::NotHandedOver,
        "not connected" => IvrInput::NotTransferred(TransferFailure::Failed),
        keys => return keys.chars().map(|c| IvrInput::Digit(Digit::from_char(c).unwrap())).collect(),
    }]
}

/// What is heard: prompts by their keys, the rest by its value. A menu is written as its first option.
fn written_words(phrases: &[Phrase]) -> String {
    let words = full_words(phrases);
    let mut told: Vec<&str> = Vec::new();
    let mut in_menu = false;
    for word in words.split(' ') {
        let is_option = word.starts_with("to-");
        let is_key = word.starts_with('`') || word.starts_with("key-");
        if !(in_menu && (is_option || is_key)) {
            told.push(word);
        }
        in_menu |= is_option;
    }
    told.join(" ")
}

/// Every word; the pauses between options are left out.
fn full_words(phrases: &[Phrase]) -> String {
    let written = |phrase: &Phrase| match phrase {
        Phrase::Prompt(key) => key.as_str().to_owned(),
        Phrase::Name(name) if *name == name_of_now() => "[name of now]".into(),
        Phrase::Name(_) => "[name]".into(),
        Phrase::Announcement(name) => format!("<{name}>"),
        Phrase::Greeting(greeting) => format!("[greeting {}]", greeting.id),
        Phrase::Digits(digits) => format!("`{digits}`"),
        Phrase::Number(number) => format!("({number})"),
        Phrase::Count(count, what) => format!("({count}x{what:?})"),
        Phrase::Day { date, today } => format!("({date}/{today})"),
        Phrase::TimeOfDay(time, clock) => format!("({time}/{clock:?})"),
        Phrase::Length(length) => format!("({}s)", length.as_secs()),
        Phrase::RecordTone => "[tone]".into(),
        other => panic!("a subscriber is never told {other:?}"),
    };
    let heard = phrases.iter().filter(|phrase| !matches!(phrase, Phrase::Pause(_)));
    heard.map(written).collect::<Vec<_>>().join(" ")
}

fn written(output: IvrOutput) -> String {
    match output {
        IvrOutput::Play(phrases) => written_words(&phrases),
        IvrOutput::PlayRecording { length } => format!("PLAY RECORDING {}s", length.as_secs()),
        IvrOutput::PlayMessage { message, length } => format!("PLAY {} {}s", message.0, length.as_secs()),
        IvrOutput::Pause(Pause::Stand) => "PAUSE".into(),
        IvrOutput::Pause(Pause::GoOn) => "GO ON".into(),
        IvrOutput::Skip(Skip::Forward(time)) => format!("SKIP +{}s", time.as_secs()),
        IvrOutput::Skip(Skip::Back(time)) => format!("SKIP -{}s", time.as_secs()),
        IvrOutput::Skip(Skip::ToBeginning) => "SKIP TO BEGINNING".into(),
        IvrOutput::Skip(Skip::ToEnd) => "SKIP TO END".into(),
        IvrOutput::Speed { percent } => format!("SPEED {percent}"),
        IvrOutput::Speak(language) => format!("SPEAK {language}"),
        IvrOutput::Ask(question) => format!("ASK {}", written_question(question)),
        IvrOutput::Transfer { number, scope: DialScope::DialPlan } => format!("TRANSFER {number} FOR PLAN"),
        IvrOutput::Transfer { number, scope: DialScope::Subscriber { policy } } => {
            format!("TRANSFER {number} FOR {policy}")
        }
        IvrOutput::StopPlaying => "STOP".into(),
        IvrOutput::Await(time) => format!("AWAIT {}s", time.as_secs()),
        IvrOutput::Record(order) => {
            assert_eq!(order.silence, Duration::from_secs(5));
            format!("RECORD {}s {:?}", order.maximum.as_secs(), order.purpose)
        }
        IvrOutput::StopRecording => "STOP RECORDING".into(),
        IvrOutput::Discard => "DISCARD".into(),
        IvrOutput::HangUp => "HANG UP".into(),
        IvrOutput::Finished => "FINISHED".into(),
        IvrOutput::HandOver(Successor::Mailbox { number }) => format!("HAND OVER to {number}"),
        other @ (IvrOutput::Transfer { scope: DialScope::Attendant(_), .. }
        | IvrOutput::HandOver(_)
        | IvrOutput::Keep(_)
        | IvrOutput::Missed) => panic!("a subscriber never orders {other:?}"),
    }
}

fn written_question(question: Question) -> String {
    match question {
        Question::LogOn { number, pin } => format!("log-on {number} with {}", pin.expose()),
        Question::SetPin { mailbox, pin } => format!("PIN of {mailbox} to be {}", pin.expose()),
        Question::Card { number } => format!("card {number}"),
        Question::Messages { mailbox } => format!("messages of {mailbox}"),
        Question::Mark { mailbox, message, state } => format!("{state:?} {} of {mailbox}", message.0),
        Question::Send(message) => {
            let recorded = message.recorded.map(|length| format!(", recorded {}s", length.as_secs()));
            let forwarded = message.forwarded.map(|message| format!(", with {}", message.0));
            let urgent = message.urgent.then(|| ", urgent".to_owned());
            let private = message.private.then(|| ", private".to_owned());
            let parts = [recorded, forwarded, urgent, private].into_iter().flatten().collect::<String>();
            format!("send from {} to {}{parts}", message.from, message.to)
        }
        Question::KeepGreeting { mailbox, kind, length } => {
            format!("{kind:?} of {mailbox} {}s", length.as_secs())
        }
        Question::SetOption { mailbox, change } => format!("option of {mailbox} {change:?}"),
        Question::Names { digits, order } => format!("names {digits} {order:?}"),
    }
}

fn step(access: &mut SubscriberAccess, text: &str) -> String {
    let mut orders = Vec::new();
    for input in inputs(text) {
        access.handle_input(input);
        orders.extend(std::iter::from_fn(|| access.poll_output()).map(written));
    }
    orders.join(" | ")
}

/// Tells one row after the other, and compares what each orders.
#[track_caller]
fn converse(access: &mut SubscriberAccess, rows: &[(&str, &str)]) {
    for (number, (input, orders)) in rows.iter().enumerate() {
        assert_eq!(step(access, input), *orders, "row {number}: {input}");
    }
}

/// Inputs whose orders are told elsewhere.
fn after(mut access: SubscriberAccess, inputs: &[&str]) -> SubscriberAccess {
    for input in inputs {
        step(&mut access, input);
    }
    access
}

fn fresh(layout: KeyLayout) -> SubscriberAccess {
    SubscriberAccess::new(settings(layout))
}

/// Logged on; the main menu has been told, and a key is awaited.
fn at_main_menu(layout: KeyLayout) -> SubscriberAccess {
    after(fresh(layout), &["begin", "41#2580#", "opened", "messages", "played"])
}

/// The first new message is heard: its head has been told, its audio plays.
fn listening(layout: KeyLayout) -> SubscriberAccess {
    after(at_main_menu(layout), &["1", "played"])
}

/// The first new message was heard, and its menu has been told.
fn at_message_menu(layout: KeyLayout) -> SubscriberAccess {
    after(listening(layout), &["played", "done", "played"])
}

/// The options have been told.
fn at_options(layout: KeyLayout) -> SubscriberAccess {
    let key = if layout == EXCHANGE { "6" } else { "0" };
    after(at_main_menu(layout), &[key, "played"])
}

#[test]
fn every_prompt_has_its_text_in_english_once_and_no_text_lacks_its_prompt() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts/en-US/access.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let mut texts: Vec<&str> =
        text.lines().filter_map(|line| line.split_once(" = \"")).map(|(key, _)| key).collect();
    let mut keys: Vec<&str> = SubscriberAccess::PROMPTS.iter().map(|key| key.as_str()).collect();
    texts.sort_unstable();
    keys.sort_unstable();

    assert_eq!(keys, texts);
    keys.dedup();
    assert_eq!(keys.len(), SubscriberAccess::PROMPTS.len());
}

#[test]
fn today_is_the_day_where_the_plan_is() {
    assert_eq!(fresh(EXCHANGE).today(), date(2026, 11, 21));
}
