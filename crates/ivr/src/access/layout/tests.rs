use std::time::Duration;

use telephony::Digit;

use super::{words::option_words, *};
use crate::{
    access::{
        key_reader::{KeyReader, Reading},
        prompts as say,
    },
    phrase::Phrase,
};

const MENUS: usize = 11;

fn menus(layout: KeyLayout) -> [&'static [Row]; MENUS] {
    [
        layout.main,
        layout.playing,
        layout.message,
        layout.options,
        layout.greetings,
        layout.greeting,
        layout.greeting_review,
        layout.message_review,
        layout.recipient,
        layout.introduction,
        layout.clock,
    ]
}

fn read(rows: &[Row], keys: &str) -> Reading {
    let mut reader = KeyReader::default();
    let readings = keys.chars().map(|key| reader.press(Digit::from_char(key).unwrap(), rows));
    match readings.last() {
        Some(Reading::Unfinished) => reader.waited(rows),
        Some(reading) => reading,
        None => Reading::Nothing,
    }
}

#[test]
fn every_row_of_every_menu_can_be_reached_with_its_keys() {
    for layout in [KeyLayout::exchange(), KeyLayout::asterisk_like()] {
        for rows in menus(layout) {
            for row in rows {
                assert_eq!(read(rows, row.keys), Reading::Chosen(row.action), "{}", row.keys);
            }
        }
    }
}

#[test]
fn further_options_begin_with_the_keys_that_lead_to_them() {
    for layout in [KeyLayout::exchange(), KeyLayout::asterisk_like()] {
        for rows in menus(layout) {
            let prefix = rows.iter().find(|row| row.action == Action::More).map(|row| row.keys);
            for row in rows.iter().filter(|row| row.told == Told::InMore) {
                assert!(row.keys.starts_with(prefix.unwrap()) && row.keys != prefix.unwrap(), "{}", row.keys);
            }
        }
    }
}

#[test]
fn what_is_ordered_while_a_message_is_heard_can_be_ordered_after_it_too() {
    for layout in [KeyLayout::exchange(), KeyLayout::asterisk_like()] {
        let after: Vec<Action> = layout.message.iter().map(|row| row.action).collect();
        for row in layout.playing.iter().filter(|row| !matches!(row.action, Action::Playback(_))) {
            assert!(after.contains(&row.action), "{:?}", row.action);
        }
    }
}

#[test]
fn every_menu_tells_how_to_leave_it() {
    for layout in [KeyLayout::exchange(), KeyLayout::asterisk_like()] {
        for rows in menus(layout).into_iter().filter(|rows| !rows.is_empty() && *rows != layout.playing) {
            let leads_away = |action: Action| match action {
                Action::Leave | Action::MainMenu | Action::Options | Action::Back => true,
                Action::Review(action) => action == ReviewAction::Cancel,
                Action::Recipient(action) => action == RecipientAction::Cancel,
                Action::Option(action) => action == OptionAction::Greetings,
                Action::Repeat
                | Action::More
                | Action::Operator
                | Action::Listen(_)
                | Action::Compose
                | Action::Language
                | Action::Playback(_)
                | Action::Message(_)
                | Action::Greeting(_)
                | Action::Introduction(_)
                | Action::SetClock(_)
                | Action::SetLanguage(_) => false,
            };
            assert!(rows.iter().any(|row| row.told != Told::Never && leads_away(row.action)), "{rows:?}");
        }
    }
}

#[test]
fn keys_are_told_as_digits_and_by_the_names_of_the_other_two() {
    let words = option_words(Action::Message(MessageAction::NextNew), "00##");

    assert_eq!(
        words,
        [
            Phrase::Prompt(say::TO_NEXT_NEW),
            Phrase::Digits("00".into()),
            Phrase::Prompt(say::POUND),
            Phrase::Prompt(say::POUND),
            Phrase::Pause(Duration::from_millis(250)),
        ]
    );
}
