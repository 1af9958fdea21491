//! Attendants and the clock on their wall: a call each, a second before and at the minute in which something changes.
use dial_plan::{BusinessHours, Holiday};

use super::{visit::*, *};

const RECORDINGS: [&str; 4] = ["day", "night", "merry", "closed-week"];

/// What greets a caller of an attendant with these hours at this time: the recording of the day or of the night, or a
/// holiday's.
fn greeting(hours: &str, zone: &str, holidays: &[Holiday], at: &str) -> Phrase {
    let mut main = attendant("main", &[DIALLED]);
    main.hours = BusinessHours::parse([hours]).unwrap();
    main.time_zone = Some(zone.to_owned());
    main.business.greeting = Some(name("day"));
    main.after_hours.greeting = Some(name("night"));
    main.holidays = holidays.to_vec();
    let mut rig = rig_with(&[create(main)], &RECORDINGS);
    rig.date = at.parse().unwrap();
    let visit = Visit::new(rig, &Town::of(&[]));
    let words: Vec<Phrase> = RECORDINGS.into_iter().map(recording).collect();
    let heard: Vec<&Phrase> = words.iter().filter(|word| visit.hears(std::slice::from_ref(word))).collect();
    assert_eq!(heard.len(), 1, "{zone} {at}: {heard:?}");
    heard[0].clone()
}

fn greets(zone: &str, hours: &str, holidays: &[Holiday], rows: &[(&str, &str)]) {
    for (at, wanted) in rows {
        assert_eq!(greeting(hours, zone, holidays, at), recording(wanted), "{zone} {at}");
    }
}

#[test]
fn berlin_opens_and_closes_by_the_wall_on_the_days_around_both_changes() {
    // UTC+2 from 2026-03-29 01:00Z to 2026-10-25 01:00Z, else UTC+1.
    greets(
        "Europe/Berlin",
        "Mon-Sun.09:00-17:00",
        &[],
        &[
            ("2026-03-28T07:59:59Z", "night"),
            ("2026-03-28T08:00:00Z", "day"),
            ("2026-03-28T15:59:59Z", "day"),
            ("2026-03-28T16:00:00Z", "night"),
            ("2026-03-29T06:59:59Z", "night"),
            ("2026-03-29T07:00:00Z", "day"),
            ("2026-03-29T14:59:59Z", "day"),
            ("2026-03-29T15:00:00Z", "night"),
            ("2026-10-24T06:59:59Z", "night"),
            ("2026-10-24T07:00:00Z", "day"),
            ("2026-10-24T14:59:59Z", "day"),
            ("2026-10-24T15:00:00Z", "night"),
            ("2026-10-25T07:59:59Z", "night"),
            ("2026-10-25T08:00:00Z", "day"),
            ("2026-10-25T15:59:59Z", "day"),
            ("2026-10-25T16:00:00Z", "night"),
        ],
    );
}

#[test]
fn new_york_opens_and_closes_by_the_wall_on_the_days_around_both_changes() {
    // UTC-4 from 2026-03-08 07:00Z to 2026-11-01 06:00Z, else UTC-5.
    greets(
        "America/New_York",
        "Mon-Sun.09:00-17:00",
        &[],
        &[
            ("2026-03-07T13:59:59Z", "night"),
            ("2026-03-07T14:00:00Z", "day"),
            ("2026-03-07T21:59:59Z", "day"),
            ("2026-03-07T22:00:00Z", "night"),
            ("2026-03-08T12:59:59Z", "night"),
            ("2026-03-08T13:00:00Z", "day"),
            ("2026-03-08T20:59:59Z", "day"),
            ("2026-03-08T21:00:00Z", "night"),
            ("2026-10-31T12:59:59Z", "night"),
            ("2026-10-31T13:00:00Z", "day"),
            ("2026-10-31T20:59:59Z", "day"),
            ("2026-10-31T21:00:00Z", "night"),
            ("2026-11-01T13:59:59Z", "night"),
            ("2026-11-01T14:00:00Z", "day"),
            ("2026-11-01T21:59:59Z", "day"),
            ("2026-11-01T22:00:00Z", "night"),
        ],
    );
}

#[test]
fn in_the_very_minutes_of_the_changes_the_wall_jumps_and_goes_back() {
    // 02:00 to 03:00 is left out in spring: who closes at 02:30 closes a second after 01:59:59. In autumn it comes twice:
    // they close, open again when the clock goes back, and close for the second time.
    greets(
        "Europe/Berlin",
        "Sun.00:00-02:30",
        &[],
        &[
            ("2026-03-29T00:59:59Z", "day"),
            ("2026-03-29T01:00:00Z", "night"),
            ("2026-10-25T00:29:59Z", "day"),
            ("2026-10-25T00:30:00Z", "night"),
            ("2026-10-25T00:59:59Z", "night"),
            ("2026-10-25T01:00:00Z", "day"),
            ("2026-10-25T01:29:59Z", "day"),
            ("2026-10-25T01:30:00Z", "night"),
        ],
    );
    // In New York it is 01:00 to 02:00 that comes twice.
    greets(
        "America/New_York",
        "Sun.00:00-01:30",
        &[],
        &[
            ("2026-11-01T05:29:59Z", "day"),
            ("2026-11-01T05:30:00Z", "night"),
            ("2026-11-01T05:59:59Z", "night"),
            ("2026-11-01T06:00:00Z", "day"),
            ("2026-11-01T06:29:59Z", "day"),
            ("2026-11-01T06:30:00Z", "night"),
        ],
    );
    greets(
        "America/New_York",
        "Sun.02:00-03:30",
        &[],
        &[
            ("2026-03-08T06:59:59Z", "night"),
            ("2026-03-08T07:00:00Z", "day"),
            ("2026-03-08T07:29:59Z", "day"),
            ("2026-03-08T07:30:00Z", "night"),
        ],
    );
}

fn holiday(text: &str, (from, until): (&str, Option<&str>), greeting: Option<&str>) -> Holiday {
    Holiday {
        name: name(text),
        from: from.parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        greeting: greeting.map(name),
    }
}

#[test]
fn holiday_is_heard_with_its_own_words_from_its_first_second_to_its_last() {
    let week = holiday("Year's end", ("2026-12-24", Some("2027-01-01")), Some("closed-week"));
    let christmas = holiday("Christmas", ("2026-12-25", None), Some("merry"));
    let wordless = holiday("Inventory", ("2026-11-20", None), None);
    greets(
        "America/New_York",
        "Mon-Sun.00:00-24:00",
        &[week, christmas, wordless],
        &[
            ("2026-11-20T04:59:59Z", "day"),
            // Without words of its own it is heard as the night is.
            ("2026-11-20T05:00:00Z", "night"),
            ("2026-11-21T04:59:59Z", "night"),
            ("2026-11-21T05:00:00Z", "day"),
            ("2026-12-24T04:59:59Z", "day"),
            ("2026-12-24T05:00:00Z", "closed-week"),
            ("2026-12-25T04:59:59Z", "closed-week"),
            ("2026-12-25T05:00:00Z", "merry"),
            ("2026-12-26T04:59:59Z", "merry"),
            ("2026-12-26T05:00:00Z", "closed-week"),
            ("2027-01-02T04:59:59Z", "closed-week"),
            ("2027-01-02T05:00:00Z", "day"),
        ],
    );
}

#[test]
fn holiday_on_the_day_of_a_change_is_twenty_three_or_twenty_five_hours_long() {
    let spring = holiday("Spring", ("2026-03-29", None), Some("merry"));
    let autumn = holiday("Autumn", ("2026-10-25", None), Some("merry"));
    greets(
        "Europe/Berlin",
        "Mon-Sun.00:00-24:00",
        &[spring, autumn],
        &[
            ("2026-03-28T22:59:59Z", "day"),
            ("2026-03-28T23:00:00Z", "merry"),
            ("2026-03-29T21:59:59Z", "merry"),
            ("2026-03-29T22:00:00Z", "day"),
            ("2026-10-24T21:59:59Z", "day"),
            ("2026-10-24T22:00:00Z", "merry"),
            ("2026-10-25T22:59:59Z", "merry"),
            ("2026-10-25T23:00:00Z", "day"),
        ],
    );
}

#[test]
fn servers_own_words_say_open_closed_and_closed_today() {
    let mut main = attendant("main", &[DIALLED]);
    main.hours = BusinessHours::parse(["Mon-Fri.09:00-17:00"]).unwrap();
    main.holidays = vec![holiday("Today", ("2026-11-23", None), None)];
    let change = create(main);
    let rows = [
        ("2026-11-20T10:00:00Z", vec![said("attendant-welcome"), said("attendant-dial-extension")]),
        ("2026-11-20T18:00:00Z", vec![said("attendant-welcome"), said("attendant-closed")]),
        ("2026-11-23T10:00:00Z", vec![said("attendant-welcome"), said("attendant-closed-today")]),
        ("2026-11-24T10:00:00Z", vec![said("attendant-welcome"), said("attendant-dial-extension")]),
    ];
    for (at, words) in rows {
        let mut rig = rig_with(std::slice::from_ref(&change), &[]);
        rig.date = at.parse().unwrap();

        let visit = Visit::new(rig, &Town::of(&[]));

        assert!(visit.hears(&words), "{at}: {:?}", visit.last_words());
    }
}
