//! What is heard, in words: the pieces are read back from the catalogues.
mod english;
mod french;
mod mandarin;
mod spanish;

use std::{collections::HashMap, fs, path::PathBuf};

use jiff::civil::{Date, Time};
use mailbox::Clock;

use super::*;
use crate::phrase::Counted;

/// Text of each key, from the `[prompts]` tables of a language's folder.
fn catalogue(language: Language) -> HashMap<String, String> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../prompts", language.tag()].iter().collect();
    let mut texts = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let mut table = String::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with('[') {
                line.clone_into(&mut table);
            }
            if let Some((key, text)) = line.split_once(" = \"").filter(|_| table == "[prompts]") {
                let earlier = texts.insert(key.to_owned(), text.trim_end_matches('"').to_owned());
                assert_eq!(earlier, None, "{key} has two texts in {language}");
            }
        }
    }
    texts
}

/// The words of phrases.
fn words(phrases: &[Phrase], language: Language, between: &str) -> String {
    let texts = catalogue(language);
    let words: Vec<_> = speak(phrases, language)
        .iter()
        .map(|piece| match piece {
            Piece::Prompt(key) => texts[key.as_str()].clone(),
            other => panic!("{other:?} is no prompt"),
        })
        .collect();
    words.join(between)
}

fn day(date: &str, today: &str) -> Phrase {
    let parse = |text: &str| -> Date { text.parse().unwrap() };
    Phrase::Day { date: parse(date), today: parse(today) }
}

fn time(text: &str, clock: Clock) -> Phrase {
    let time: Time = text.parse().unwrap();
    Phrase::TimeOfDay(time, clock)
}

fn seconds(seconds: u64) -> Phrase {
    Phrase::Length(Duration::from_secs(seconds))
}

/// Each phrase beside its words.
fn are_said(language: Language, between: &str, rows: Vec<(Phrase, &str)>) {
    for (phrase, expected) in rows {
        let told = format!("{phrase:?}");
        assert_eq!(words(&[phrase], language, between), expected, "{told}");
    }
}

#[test]
fn every_catalogue_has_a_text_for_each_key_of_its_language_and_for_no_other() {
    for language in Language::ALL {
        let mut keys: Vec<_> = language.keys().map(|key| key.as_str().to_owned()).collect();
        let mut texts: Vec<_> = catalogue(*language).into_keys().collect();
        keys.sort();
        texts.sort();

        assert_eq!(keys, texts, "{language}");
    }
}

#[test]
fn every_number_is_made_of_pieces_that_its_language_has() {
    for language in Language::ALL {
        let has: std::collections::HashSet<_> = language.keys().collect();
        let all = (0..=1_100).chain((1_100..=LARGEST_NUMBER).step_by(997)).chain([LARGEST_NUMBER]);
        for number in all {
            let counted = [Counted::NewMessages, Counted::Matches].map(|what| Phrase::Count(number, what));
            for phrase in counted.into_iter().chain([Phrase::Number(number), seconds(number.into())]) {
                let pieces = speak(std::slice::from_ref(&phrase), *language);

                assert!(!pieces.is_empty(), "{phrase:?} is silent in {language}");
                for piece in pieces {
                    assert!(
                        matches!(&piece, Piece::Prompt(key) if has.contains(key)),
                        "{language} has no {piece:?} for {phrase:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_day_and_minute_is_made_of_pieces_that_its_language_has() {
    let today: Date = "2026-11-22".parse().unwrap();
    for language in Language::ALL {
        let has: std::collections::HashSet<_> = language.keys().collect();
        let days = (0..800).map(|ahead| {
            let date = "2025-01-01".parse::<Date>().unwrap() + jiff::ToSpan::days(ahead);
            Phrase::Day { date, today }
        });
        let minutes = (0..24 * 60).flat_map(|minute: i16| {
            let at = jiff::civil::time((minute / 60) as i8, (minute % 60) as i8, 0, 0);
            [Clock::OfLanguage, Clock::Twelve, Clock::TwentyFour].map(|clock| Phrase::TimeOfDay(at, clock))
        });
        for phrase in days.chain(minutes) {
            let pieces = speak(std::slice::from_ref(&phrase), *language);

            assert!(!pieces.is_empty(), "{phrase:?} is silent in {language}");
            for piece in pieces {
                assert!(
                    matches!(&piece, Piece::Prompt(key) if has.contains(key)),
                    "{language} has no {piece:?} for {phrase:?}"
                );
            }
        }
    }
}

#[test]
fn number_beyond_a_million_is_spoken_digit_by_digit() {
    let count = Phrase::Count(1_000_000, Counted::Messages);

    assert_eq!(words(&[count], Language::English, " "), "one zero zero zero zero zero zero");
}

#[test]
fn time_on_a_day_is_joined_to_it() {
    let at = [day("2026-03-09", "2026-03-10"), time("15:05", Clock::OfLanguage)];

    assert_eq!(words(&at, Language::English, " "), "yesterday at three oh five p m");
    assert_eq!(words(&at, Language::French, " "), "hier à quinze heures cinq");
    assert_eq!(words(&at, Language::Spanish, " "), "ayer a las quince horas y cinco minutos");
    assert_eq!(words(&at, Language::Mandarin, ""), "昨天十五点零五分");
}

#[test]
fn language_tag_is_read_in_any_case_and_another_is_refused_with_the_choices() {
    assert_eq!("EN-us".parse(), Ok(Language::English));
    let refused = "tlh".parse::<Language>().unwrap_err().to_string();
    assert_eq!(refused, "the server does not speak `tlh`: choose one of en-US, fr-FR, es-ES, zh-CN");
}
