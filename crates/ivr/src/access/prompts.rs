//! The prompts of subscriber access; their texts are in `prompts/<language>/access.toml`.
use crate::{phrase::PromptKey, speech::Language};

pub(super) const WELCOME: PromptKey = PromptKey("mailbox-welcome");
pub(super) const ENTER_EXTENSION: PromptKey = PromptKey("enter-your-extension");
pub(super) const ENTER_PIN: PromptKey = PromptKey("enter-pin");
pub(super) const STAR_FOR_OTHER_EXTENSION: PromptKey = PromptKey("star-for-other-extension");
pub(super) const LOG_ON_REFUSED: PromptKey = PromptKey("log-on-refused");

pub(super) const PIN_EXPIRES_IN: PromptKey = PromptKey("pin-expires-in");
pub(super) const PIN_EXPIRES_TODAY: PromptKey = PromptKey("pin-expires-today");
pub(super) const PIN_MUST_CHANGE: PromptKey = PromptKey("pin-must-change");
pub(super) const ENTER_NEW_PIN: PromptKey = PromptKey("enter-new-pin");
pub(super) const ENTER_NEW_PIN_AGAIN: PromptKey = PromptKey("enter-new-pin-again");
pub(super) const PINS_DIFFER: PromptKey = PromptKey("pins-differ");
pub(super) const PIN_CHANGED: PromptKey = PromptKey("pin-changed");
pub(super) const PIN_TOO_SHORT: PromptKey = PromptKey("pin-too-short");
pub(super) const PIN_TOO_LONG: PromptKey = PromptKey("pin-too-long");
pub(super) const PIN_TOO_EASY: PromptKey = PromptKey("pin-too-easy");
pub(super) const PIN_HOLDS_EXTENSION: PromptKey = PromptKey("pin-holds-extension");
pub(super) const PIN_USED_BEFORE: PromptKey = PromptKey("pin-used-before");

pub(super) const YOU_HAVE: PromptKey = PromptKey("you-have");
pub(super) const NO_MESSAGES: PromptKey = PromptKey("no-messages");
pub(super) const NO_NEW_MESSAGES: PromptKey = PromptKey("no-new-messages");
pub(super) const NO_SAVED_MESSAGES: PromptKey = PromptKey("no-saved-messages");
pub(super) const MAILBOX_IS_ALMOST_FULL: PromptKey = PromptKey("mailbox-is-almost-full");
pub(super) const MAILBOX_IS_FULL: PromptKey = PromptKey("mailbox-is-full");
pub(super) const MESSAGES_ARE_TOO_OLD_SOON: PromptKey = PromptKey("messages-are-too-old-soon");
pub(super) const MESSAGES_UNKNOWN: PromptKey = PromptKey("messages-unknown");

pub(super) const NEW_MESSAGE: PromptKey = PromptKey("new-message");
pub(super) const SAVED_MESSAGE: PromptKey = PromptKey("saved-message");
pub(super) const DELETED_MESSAGE: PromptKey = PromptKey("deleted-message");
pub(super) const URGENT: PromptKey = PromptKey("message-is-urgent");
pub(super) const PRIVATE: PromptKey = PromptKey("message-is-private");
pub(super) const FROM: PromptKey = PromptKey("message-from");
pub(super) const EXTENSION: PromptKey = PromptKey("extension-number");
pub(super) const UNKNOWN_NUMBER: PromptKey = PromptKey("unknown-number");
pub(super) const RECEIVED: PromptKey = PromptKey("message-received");
pub(super) const LENGTH: PromptKey = PromptKey("message-length");

pub(super) const WHILE_LISTENING: PromptKey = PromptKey("while-listening");
pub(super) const SAVED: PromptKey = PromptKey("message-is-saved");
pub(super) const DELETED: PromptKey = PromptKey("message-is-deleted");
pub(super) const UNDELETED: PromptKey = PromptKey("message-is-undeleted");
pub(super) const MARKED_NEW: PromptKey = PromptKey("message-is-new-again");
pub(super) const MESSAGE_IS_GONE: PromptKey = PromptKey("message-is-gone");
pub(super) const FIRST_MESSAGE: PromptKey = PromptKey("first-message");
pub(super) const NO_MORE_MESSAGES: PromptKey = PromptKey("no-more-messages");
pub(super) const NO_MORE_NEW_MESSAGES: PromptKey = PromptKey("no-more-new-messages");
pub(super) const NO_NUMBER_TO_CALL: PromptKey = PromptKey("no-number-to-call");
pub(super) const CALL_NOT_ALLOWED: PromptKey = PromptKey("call-not-allowed");
pub(super) const CALL_FAILED: PromptKey = PromptKey("call-failed");
pub(super) const NOT_DONE: PromptKey = PromptKey("not-done");
pub(super) const CANCELLED: PromptKey = PromptKey("cancelled");

pub(super) const ENTER_RECIPIENT: PromptKey = PromptKey("enter-recipient");
pub(super) const NOBODY_HAS_EXTENSION: PromptKey = PromptKey("nobody-has-extension");
pub(super) const TO: PromptKey = PromptKey("message-to");
pub(super) const PRIVATE_IS_NOT_FORWARDED: PromptKey = PromptKey("private-is-not-forwarded");
pub(super) const NO_REPLY_POSSIBLE: PromptKey = PromptKey("no-reply-possible");
pub(super) const POUND_WHEN_DONE: PromptKey = PromptKey("pound-when-done");
pub(super) const NOTHING_RECORDED: PromptKey = PromptKey("nothing-recorded");
pub(super) const SENT: PromptKey = PromptKey("message-is-sent");
pub(super) const RECIPIENT_TAKES_NOTHING: PromptKey = PromptKey("recipient-takes-nothing");

pub(super) const GREETING_KEPT: PromptKey = PromptKey("greeting-kept");
pub(super) const GREETING_NOT_RECORDED: PromptKey = PromptKey("greeting-not-recorded");
pub(super) const OPTION_SET: PromptKey = PromptKey("option-set");
pub(super) const OUT_OF_OFFICE_IS_ON: PromptKey = PromptKey("out-of-office-is-on");
pub(super) const OUT_OF_OFFICE_IS_OFF: PromptKey = PromptKey("out-of-office-is-off");
pub(super) const OUT_OF_OFFICE_NOT_RECORDED: PromptKey = PromptKey("out-of-office-not-recorded");
pub(super) const ENTER_FIRST_DAY: PromptKey = PromptKey("enter-first-day");
pub(super) const ENTER_LAST_DAY: PromptKey = PromptKey("enter-last-day");
pub(super) const NOT_A_DAY: PromptKey = PromptKey("not-a-day");
pub(super) const FROM_DAY: PromptKey = PromptKey("from-day");
pub(super) const UNTIL_DAY: PromptKey = PromptKey("until-day");

pub(super) const POUND: PromptKey = PromptKey("key-pound");
pub(super) const STAR: PromptKey = PromptKey("key-star");
pub(super) const TO_REPEAT: PromptKey = PromptKey("to-repeat");
pub(super) const TO_HEAR_MORE: PromptKey = PromptKey("to-hear-more");
pub(super) const TO_GO_BACK: PromptKey = PromptKey("to-go-back");
pub(super) const TO_MAIN_MENU: PromptKey = PromptKey("to-main-menu");
pub(super) const TO_LEAVE: PromptKey = PromptKey("to-leave");
pub(super) const TO_OPERATOR: PromptKey = PromptKey("to-operator");
pub(super) const TO_LISTEN: PromptKey = PromptKey("to-listen");
pub(super) const TO_LISTEN_NEW: PromptKey = PromptKey("to-listen-new");
pub(super) const TO_LISTEN_SAVED: PromptKey = PromptKey("to-listen-saved");
pub(super) const TO_COMPOSE: PromptKey = PromptKey("to-compose");
pub(super) const TO_OPTIONS: PromptKey = PromptKey("to-options");
pub(super) const TO_LANGUAGE: PromptKey = PromptKey("to-language");
pub(super) const TO_REWIND: PromptKey = PromptKey("to-rewind");
pub(super) const TO_FAST_FORWARD: PromptKey = PromptKey("to-fast-forward");
pub(super) const TO_PAUSE: PromptKey = PromptKey("to-pause");
pub(super) const TO_SLOWER: PromptKey = PromptKey("to-slower");
pub(super) const TO_FASTER: PromptKey = PromptKey("to-faster");
pub(super) const TO_END: PromptKey = PromptKey("to-end");
pub(super) const TO_NEXT: PromptKey = PromptKey("to-next");
pub(super) const TO_NEXT_NEW: PromptKey = PromptKey("to-next-new");
pub(super) const TO_PREVIOUS: PromptKey = PromptKey("to-previous");
pub(super) const TO_REPLAY: PromptKey = PromptKey("to-replay");
pub(super) const TO_SAVE: PromptKey = PromptKey("to-save");
pub(super) const TO_DELETE: PromptKey = PromptKey("to-delete");
pub(super) const TO_UNDELETE: PromptKey = PromptKey("to-undelete");
pub(super) const TO_MARK_NEW: PromptKey = PromptKey("to-mark-new");
pub(super) const TO_ENVELOPE: PromptKey = PromptKey("to-envelope");
pub(super) const TO_CALL_SENDER: PromptKey = PromptKey("to-call-sender");
pub(super) const TO_FORWARD: PromptKey = PromptKey("to-forward");
pub(super) const TO_REPLY: PromptKey = PromptKey("to-reply");
pub(super) const TO_OUT_OF_OFFICE: PromptKey = PromptKey("to-out-of-office");
pub(super) const TO_GREETINGS: PromptKey = PromptKey("to-greetings");
pub(super) const TO_PERSONAL_GREETING: PromptKey = PromptKey("to-personal-greeting");
pub(super) const TO_OUT_OF_OFFICE_GREETING: PromptKey = PromptKey("to-out-of-office-greeting");
pub(super) const TO_RECORDED_NAME: PromptKey = PromptKey("to-recorded-name");
pub(super) const TO_CHANGE_PIN: PromptKey = PromptKey("to-change-pin");
pub(super) const TO_CLOCK: PromptKey = PromptKey("to-clock");
pub(super) const TO_HEAR_GREETING: PromptKey = PromptKey("to-hear-greeting");
pub(super) const TO_RECORD_GREETING: PromptKey = PromptKey("to-record-greeting");
pub(super) const TO_ACCEPT: PromptKey = PromptKey("to-accept");
pub(super) const TO_HEAR_RECORDING: PromptKey = PromptKey("to-hear-recording");
pub(super) const TO_RECORD_AGAIN: PromptKey = PromptKey("to-record-again");
pub(super) const TO_MARK_URGENT: PromptKey = PromptKey("to-mark-urgent");
pub(super) const TO_MARK_PRIVATE: PromptKey = PromptKey("to-mark-private");
pub(super) const TO_CANCEL: PromptKey = PromptKey("to-cancel");
pub(super) const TO_CONFIRM: PromptKey = PromptKey("to-confirm");
pub(super) const TO_ANOTHER_RECIPIENT: PromptKey = PromptKey("to-another-recipient");
pub(super) const TO_INTRODUCE: PromptKey = PromptKey("to-introduce");
pub(super) const TO_SEND_WITHOUT: PromptKey = PromptKey("to-send-without");
pub(super) const TO_CLOCK_TWELVE: PromptKey = PromptKey("to-clock-twelve");
pub(super) const TO_CLOCK_TWENTY_FOUR: PromptKey = PromptKey("to-clock-twenty-four");
pub(super) const TO_CLOCK_OF_LANGUAGE: PromptKey = PromptKey("to-clock-of-language");
pub(super) const TO_SPEAK_ENGLISH: PromptKey = PromptKey("to-speak-english");
pub(super) const TO_SPEAK_FRENCH: PromptKey = PromptKey("to-speak-french");
pub(super) const TO_SPEAK_SPANISH: PromptKey = PromptKey("to-speak-spanish");
pub(super) const TO_SPEAK_MANDARIN: PromptKey = PromptKey("to-speak-mandarin");

/// "For .., press", in the language that is spoken now.
pub(super) fn to_speak(language: Language) -> PromptKey {
    match language.tag() {
        "fr-FR" => TO_SPEAK_FRENCH,
        "es-ES" => TO_SPEAK_SPANISH,
        "zh-CN" => TO_SPEAK_MANDARIN,
        _ => TO_SPEAK_ENGLISH,
    }
}

/// Every prompt of subscriber access.
pub(crate) const KEYS: &[PromptKey] = &[
    WELCOME,
    ENTER_EXTENSION,
    ENTER_PIN,
    STAR_FOR_OTHER_EXTENSION,
    LOG_ON_REFUSED,
    PIN_EXPIRES_IN,
    PIN_EXPIRES_TODAY,
    PIN_MUST_CHANGE,
    ENTER_NEW_PIN,
    ENTER_NEW_PIN_AGAIN,
    PINS_DIFFER,
    PIN_CHANGED,
    PIN_TOO_SHORT,
    PIN_TOO_LONG,
    PIN_TOO_EASY,
    PIN_HOLDS_EXTENSION,
    PIN_USED_BEFORE,
    YOU_HAVE,
    NO_MESSAGES,
    NO_NEW_MESSAGES,
    NO_SAVED_MESSAGES,
    MAILBOX_IS_ALMOST_FULL,
    MAILBOX_IS_FULL,
    MESSAGES_ARE_TOO_OLD_SOON,
    MESSAGES_UNKNOWN,
    NEW_MESSAGE,
    SAVED_MESSAGE,
    DELETED_MESSAGE,
    URGENT,
    PRIVATE,
    FROM,
    EXTENSION,
    UNKNOWN_NUMBER,
    RECEIVED,
    LENGTH,
    WHILE_LISTENING,
    SAVED,
    DELETED,
    UNDELETED,
    MARKED_NEW,
    MESSAGE_IS_GONE,
    FIRST_MESSAGE,
    NO_MORE_MESSAGES,
    NO_MORE_NEW_MESSAGES,
    NO_NUMBER_TO_CALL,
    CALL_NOT_ALLOWED,
    CALL_FAILED,
    NOT_DONE,
    CANCELLED,
    ENTER_RECIPIENT,
    NOBODY_HAS_EXTENSION,
    TO,
    PRIVATE_IS_NOT_FORWARDED,
    NO_REPLY_POSSIBLE,
    POUND_WHEN_DONE,
    NOTHING_RECORDED,
    SENT,
    RECIPIENT_TAKES_NOTHING,
    GREETING_KEPT,
    GREETING_NOT_RECORDED,
    OPTION_SET,
    OUT_OF_OFFICE_IS_ON,
    OUT_OF_OFFICE_IS_OFF,
    OUT_OF_OFFICE_NOT_RECORDED,
    ENTER_FIRST_DAY,
    ENTER_LAST_DAY,
    NOT_A_DAY,
    FROM_DAY,
    UNTIL_DAY,
    POUND,
    STAR,
    TO_REPEAT,
    TO_HEAR_MORE,
    TO_GO_BACK,
    TO_MAIN_MENU,
    TO_LEAVE,
    TO_OPERATOR,
    TO_LISTEN,
    TO_LISTEN_NEW,
    TO_LISTEN_SAVED,
    TO_COMPOSE,
    TO_OPTIONS,
    TO_LANGUAGE,
    TO_REWIND,
    TO_FAST_FORWARD,
    TO_PAUSE,
    TO_SLOWER,
    TO_FASTER,
    TO_END,
    TO_NEXT,
    TO_NEXT_NEW,
    TO_PREVIOUS,
    TO_REPLAY,
    TO_SAVE,
    TO_DELETE,
    TO_UNDELETE,
    TO_MARK_NEW,
    TO_ENVELOPE,
    TO_CALL_SENDER,
    TO_FORWARD,
    TO_REPLY,
    TO_OUT_OF_OFFICE,
    TO_GREETINGS,
    TO_PERSONAL_GREETING,
    TO_OUT_OF_OFFICE_GREETING,
    TO_RECORDED_NAME,
    TO_CHANGE_PIN,
    TO_CLOCK,
    TO_HEAR_GREETING,
    TO_RECORD_GREETING,
    TO_ACCEPT,
    TO_HEAR_RECORDING,
    TO_RECORD_AGAIN,
    TO_MARK_URGENT,
    TO_MARK_PRIVATE,
    TO_CANCEL,
    TO_CONFIRM,
    TO_ANOTHER_RECIPIENT,
    TO_INTRODUCE,
    TO_SEND_WITHOUT,
    TO_CLOCK_TWELVE,
    TO_CLOCK_TWENTY_FOUR,
    TO_CLOCK_OF_LANGUAGE,
    TO_SPEAK_ENGLISH,
    TO_SPEAK_FRENCH,
    TO_SPEAK_SPANISH,
    TO_SPEAK_MANDARIN,
];
