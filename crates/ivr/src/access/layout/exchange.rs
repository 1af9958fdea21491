//! Outlook Voice Access: exchange-um.md section 4.2. Save is its "next", which marks a message read; a deleted one
//! comes back with the key that deleted it.
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
    greetings: GREETINGS,
    greeting: GREETING,
    greeting_review: GREETING_REVIEW,
    message_review: MESSAGE_REVIEW,
    recipient: RECIPIENT,
    introduction: INTRODUCTION,
    clock: CLOCK,
    after_delete: AfterDelete::Next,
};

const MAIN: &[Row] = &[
    told("1", Action::Listen(Section::All)),
    told("4", Action::Compose),
    told("6", Action::Options),
    told("0", Repeat),
    told("00", More),
    more("001", Action::Listen(Section::New)),
    more("003", Action::Listen(Section::Saved)),
    more("0055", Action::Language),
    more("000", Operator),
    more("00*", Leave),
    quiet("*", MainMenu),
];

const PLAYING: &[Row] = &[
    told("1", Action::Playback(Playback::Back)),
    told("2", Action::Playback(Playback::Pause)),
    told("3", Action::Playback(Playback::Forward)),
    quiet("33", Action::Playback(Playback::ToEnd)),
    told("4", Action::Playback(Playback::Slower)),
    told("6", Action::Playback(Playback::Faster)),
    quiet("#", Action::Message(MessageAction::Next)),
    quiet("##", Action::Message(MessageAction::NextNew)),
    quiet("00##", Action::Message(MessageAction::NextNew)),
    quiet("11", Action::Message(MessageAction::Previous)),
    quiet("7", Action::Message(MessageAction::Delete)),
    quiet("8", Action::Message(MessageAction::Reply)),
    quiet("9", Action::Message(MessageAction::MarkNew)),
    more("001", Action::Message(MessageAction::Replay)),
    more("0011", Action::Message(MessageAction::Previous)),
    more("002", Action::Message(MessageAction::CallSender)),
    more("005", Action::Message(MessageAction::Envelope)),
    more("006", Action::Message(MessageAction::Forward)),
    more("0055", Action::Language),
    quiet("0", Repeat),
    quiet("00", More),
    quiet("*", MainMenu),
];

const MESSAGE: &[Row] = &[
    told("#", Action::Message(MessageAction::Next)),
    told("7", Action::Message(MessageAction::Delete)),
    told("8", Action::Message(MessageAction::Reply)),
    told("6", Action::Message(MessageAction::Forward)),
    told("9", Action::Message(MessageAction::MarkNew)),
    told("1", Action::Message(MessageAction::Replay)),
    told("11", Action::Message(MessageAction::Previous)),
    told("00", More),
    told("*", MainMenu),
    quiet("##", Action::Message(MessageAction::NextNew)),
    more("00##", Action::Message(MessageAction::NextNew)),
    more("001", Action::Message(MessageAction::Replay)),
    quiet("0011", Action::Message(MessageAction::Previous)),
    more("002", Action::Message(MessageAction::CallSender)),
    more("005", Action::Message(MessageAction::Envelope)),
    more("006", Action::Message(MessageAction::Forward)),
    more("0055", Action::Language),
    quiet("0", Repeat),
];

const OPTIONS: &[Row] = &[
    told("1", Action::Option(OptionAction::OutOfOffice)),
    told("2", Action::Option(OptionAction::Greetings)),
    told("3", Action::Option(OptionAction::ChangePin)),
    told("6", Action::Option(OptionAction::Clock)),
    told("7", Action::Language),
    told("*", MainMenu),
    quiet("0055", Action::Language),
    quiet("0", Repeat),
];

const GREETINGS: &[Row] = &[
    told("1", Action::Option(OptionAction::Greeting(GreetingKind::Personal))),
    told("2", Action::Option(OptionAction::Greeting(GreetingKind::OutOfOffice))),
    told("3", Action::Option(OptionAction::Greeting(GreetingKind::Name))),
    told("*", Action::Options),
    quiet("0", Repeat),
];

const GREETING: &[Row] = &[
    told("1", Action::Greeting(GreetingAction::Listen)),
    told("2", Action::Greeting(GreetingAction::Record)),
    told("*", Action::Option(OptionAction::Greetings)),
    quiet("0", Repeat),
];

const GREETING_REVIEW: &[Row] = &[
    told("1", Action::Review(ReviewAction::Accept)),
    told("2", Action::Review(ReviewAction::Again)),
    told("3", Action::Review(ReviewAction::Listen)),
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
