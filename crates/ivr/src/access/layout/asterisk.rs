//! VoiceMailMain of Asterisk: `3` leads to the advanced options, `*` and `#` wind, `7` deletes and undeletes. It has
//! no folders but new and saved, and `1`, `2` and `39` are ours: Asterisk has no speed and no "mark as new".
use mailbox::{Clock, GreetingKind};

use super::{
    Action::{self, Back, Leave, MainMenu, More, Operator, Repeat},
    AfterDelete, GreetingAction, Introduction, KeyLayout, MessageAction, OptionAction, Playback,
    RecipientAction, ReviewAction, Row, Section, more, quiet, told,
};

pub(super) const LAYOUT: KeyLayout = KeyLayout {
    main: MAIN,
    playing: PLAYING,
    message: MESSAGE,
    options: OPTIONS,
    greetings: &[],
    greeting: GREETING,
    greeting_review: GREETING_REVIEW,
    message_review: MESSAGE_REVIEW,
    recipient: RECIPIENT,
    introduction: INTRODUCTION,
    clock: CLOCK,
    after_delete: AfterDelete::Stay,
};

const MAIN: &[Row] = &[
    told("1", Action::Listen(Section::New)),
    told("2", Action::Listen(Section::Saved)),
    told("3", More),
    told("0", Action::Options),
    told("*", Repeat),
    told("#", Leave),
    more("35", Action::Compose),
    more("30", Operator),
];

const PLAYING: &[Row] = &[
    told("*", Action::Playback(Playback::Back)),
    told("#", Action::Playback(Playback::Forward)),
    told("0", Action::Playback(Playback::Pause)),
    told("1", Action::Playback(Playback::Slower)),
    told("2", Action::Playback(Playback::Faster)),
    quiet("4", Action::Message(MessageAction::Previous)),
    quiet("5", Action::Message(MessageAction::Replay)),
    quiet("6", Action::Message(MessageAction::Next)),
    quiet("7", Action::Message(MessageAction::Delete)),
    quiet("8", Action::Message(MessageAction::Forward)),
    quiet("9", Action::Message(MessageAction::Save)),
    quiet("3", More),
    more("31", Action::Message(MessageAction::Reply)),
    more("32", Action::Message(MessageAction::CallSender)),
    more("33", Action::Message(MessageAction::Envelope)),
    more("39", Action::Message(MessageAction::MarkNew)),
];

const MESSAGE: &[Row] = &[
    told("3", More),
    told("4", Action::Message(MessageAction::Previous)),
    told("5", Action::Message(MessageAction::Replay)),
    told("6", Action::Message(MessageAction::Next)),
    told("7", Action::Message(MessageAction::Delete)),
    told("8", Action::Message(MessageAction::Forward)),
    told("9", Action::Message(MessageAction::Save)),
    told("*", Repeat),
    told("#", MainMenu),
    more("31", Action::Message(MessageAction::Reply)),
    more("32", Action::Message(MessageAction::CallSender)),
    more("33", Action::Message(MessageAction::Envelope)),
    more("39", Action::Message(MessageAction::MarkNew)),
];

const OPTIONS: &[Row] = &[
    told("1", Action::Option(OptionAction::Greeting(GreetingKind::Personal))),
    told("2", Action::Option(OptionAction::OutOfOffice)),
    told("3", Action::Option(OptionAction::Greeting(GreetingKind::Name))),
    told("4", Action::Option(OptionAction::Greeting(GreetingKind::OutOfOffice))),
    told("5", Action::Option(OptionAction::ChangePin)),
    told("6", Action::Option(OptionAction::Clock)),
    told("7", Action::Language),
    told("*", MainMenu),
    quiet("#", MainMenu),
    quiet("0", Repeat),
];

const GREETING: &[Row] = &[
    told("1", Action::Greeting(GreetingAction::Listen)),
    told("2", Action::Greeting(GreetingAction::Record)),
    told("*", Action::Options),
    quiet("#", MainMenu),
    quiet("0", Repeat),
];

const GREETING_REVIEW: &[Row] = &[
    told("1", Action::Review(ReviewAction::Accept)),
    told("2", Action::Review(ReviewAction::Listen)),
    told("3", Action::Review(ReviewAction::Again)),
    told("*", Action::Review(ReviewAction::Cancel)),
    quiet("0", Repeat),
];

const MESSAGE_REVIEW: &[Row] = &[
    told("1", Action::Review(ReviewAction::Accept)),
    told("2", Action::Review(ReviewAction::Listen)),
    told("3", Action::Review(ReviewAction::Again)),
    told("4", Action::Review(ReviewAction::Urgent)),
    told("5", Action::Review(ReviewAction::Private)),
    told("*", Action::Review(ReviewAction::Cancel)),
    quiet("0", Repeat),
];

const RECIPIENT: &[Row] = &[
    told("1", Action::Recipient(RecipientAction::Confirm)),
    told("2", Action::Recipient(RecipientAction::Another)),
    told("*", Action::Recipient(RecipientAction::Cancel)),
    quiet("0", Repeat),
    // It may still belong to the extension.
    quiet("#", Repeat),
];

const INTRODUCTION: &[Row] = &[
    told("1", Action::Introduction(Introduction::Record)),
    told("2", Action::Introduction(Introduction::Without)),
    told("*", Action::Recipient(RecipientAction::Cancel)),
    quiet("0", Repeat),
];

const CLOCK: &[Row] = &[
    told("1", Action::SetClock(Clock::Twelve)),
    told("2", Action::SetClock(Clock::TwentyFour)),
    told("3", Action::SetClock(Clock::OfLanguage)),
    told("*", Back),
    quiet("0", Repeat),
];
