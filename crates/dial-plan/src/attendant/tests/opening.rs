//! Which menu is heard when.
use jiff::Timestamp;

use super::*;

fn open_from(hours: &[&str], zone: &str) -> Site {
    let main = AutoAttendant {
        hours: BusinessHours::parse(hours.iter().copied()).unwrap(),
        time_zone: Some(zone.to_owned()),
        ..attendant("main", "5000")
    };
    site(&[plan("hq"), create(main)])
}

fn word(site: &Site, at: &str) -> String {
    match site.menu_at("main", at.parse::<Timestamp>().unwrap()).unwrap().moment {
        Moment::Business => "open".to_owned(),
        Moment::AfterHours => "closed".to_owned(),
        Moment::Holiday(holiday) => holiday.name.to_string(),
    }
}

fn is_told(site: &Site, table: &[(&str, &str)]) {
    for (at, wanted) in table {
        assert_eq!(word(site, at), *wanted, "{at}");
    }
}

#[test]
fn an_attendant_without_hours_is_always_open() {
    is_told(
        &open_from(&[], "Europe/Berlin"),
        &[("2026-01-01T00:00:00Z", "open"), ("2026-08-02T03:00:00Z", "open")],
    );
}

#[test]
fn hours_are_those_of_the_wall_clock_before_and_after_daylight_saving_begins() {
    // Berlin goes from UTC+1 to UTC+2 on 2026-03-29 at 02:00.
    is_told(
        &open_from(&["Mon-Sun.09:00-17:00"], "Europe/Berlin"),
        &[
            ("2026-03-28T07:59:59Z", "closed"),
            ("2026-03-28T08:00:00Z", "open"),
            ("2026-03-28T15:59:59Z", "open"),
            ("2026-03-28T16:00:00Z", "closed"),
            ("2026-03-29T06:59:59Z", "closed"),
            ("2026-03-29T07:00:00Z", "open"),
            ("2026-03-29T14:59:59Z", "open"),
            ("2026-03-29T15:00:00Z", "closed"),
        ],
    );
}

#[test]
fn hours_in_the_hour_that_is_skipped_are_passed_over_and_in_the_repeated_one_hold_twice() {
    let night = open_from(&["Sun.02:00-03:00"], "Europe/Berlin");

    // 02:00 to 03:00 does not exist on 2026-03-29, and comes twice on 2026-10-25.
    is_told(
        &night,
        &[
            ("2026-03-29T00:59:59Z", "closed"),
            ("2026-03-29T01:00:00Z", "closed"),
            ("2026-10-24T23:59:59Z", "closed"),
            ("2026-10-25T00:00:00Z", "open"),
            ("2026-10-25T01:00:00Z", "open"),
            ("2026-10-25T01:59:59Z", "open"),
            ("2026-10-25T02:00:00Z", "closed"),
        ],
    );
}

#[test]
fn hours_may_go_over_midnight_and_over_the_end_of_the_week() {
    is_told(
        &open_from(&["Fri.22:00-Sat.02:00", "Sat.23:30-Sun.00:30"], "UTC"),
        &[
            ("2026-11-20T21:59:00Z", "closed"),
            ("2026-11-20T22:00:00Z", "open"),
            ("2026-11-21T01:59:00Z", "open"),
            ("2026-11-21T02:00:00Z", "closed"),
            ("2026-11-21T23:30:00Z", "open"),
            ("2026-11-22T00:29:59Z", "open"),
            ("2026-11-22T00:30:00Z", "closed"),
        ],
    );
}

#[test]
fn the_plan_says_where_it_is_unless_the_attendant_does() {
    let mut main = attendant("main", "5000");
    main.hours = BusinessHours::parse(["Mon-Fri.09:00-17:00"]).unwrap();
    let hq = DialPlan { time_zone: "America/New_York".to_owned(), ..DialPlan::new(name("hq"), 4) };
    let site = site(&[SiteChange::CreateDialPlan(hq), create(main)]);

    is_told(&site, &[("2026-11-23T13:59:00Z", "closed"), ("2026-11-23T14:00:00Z", "open")]);
    let berlin =
        AttendantPatch { time_zone: Some(Some("Europe/Berlin".into())), ..AttendantPatch::default() };
    let (moved, _) = site.apply(&set("main", berlin)).unwrap();
    is_told(&moved, &[("2026-11-23T08:00:00Z", "open"), ("2026-11-23T16:00:00Z", "closed")]);
}

fn holiday(text: &str, from: &str, until: Option<&str>, greeting: Option<&str>) -> Holiday {
    Holiday {
        name: name(text),
        from: from.parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        greeting: greeting.map(name),
    }
}

#[test]
fn holidays_are_whole_days_of_the_attendants_clock_and_the_one_that_began_last_counts() {
    let holidays = vec![
        holiday("Year's end", "2026-12-24", Some("2027-01-01"), Some("closed-week")),
        holiday("Christmas", "2026-12-25", None, Some("merry")),
        holiday("Zeal", "2026-12-25", None, None),
    ];
    let patch = AttendantPatch { add_holidays: holidays, ..AttendantPatch::default() };
    let (site, _) = open_from(&["Mon-Sun.00:00-24:00"], "Asia/Tokyo").apply(&set("main", patch)).unwrap();

    // Tokyo is nine hours ahead.
    is_told(
        &site,
        &[
            ("2026-12-23T14:59:59Z", "open"),
            ("2026-12-23T15:00:00Z", "Year's end"),
            ("2026-12-24T15:00:00Z", "Christmas"),
            ("2026-12-25T14:59:59Z", "Christmas"),
            ("2026-12-25T15:00:00Z", "Year's end"),
            ("2027-01-01T14:59:59Z", "Year's end"),
            ("2027-01-01T15:00:00Z", "open"),
        ],
    );
}

#[test]
fn on_a_holiday_the_menu_after_hours_is_heard_with_the_holidays_greeting() {
    let patch = AttendantPatch {
        add_holidays: vec![
            holiday("Christmas", "2026-12-25", None, Some("merry")),
            holiday("Boxing Day", "2026-12-26", None, None),
        ],
        menus: vec![MenuChange {
            when: MenuTime::AfterHours,
            greeting: Some(Some(name("night"))),
            prompt: None,
            operator: Some(false),
        }],
        keys: vec![key(MenuTime::AfterHours, "1", "message:4001")],
        operator: Some(Some(number("4000"))),
        ..AttendantPatch::default()
    };
    let (site, _) = open_from(&[], "UTC").apply(&set("main", patch)).unwrap();
    let at = |at: &str| site.menu_at("main", at.parse().unwrap()).unwrap();

    let christmas = at("2026-12-25T12:00:00Z");
    let boxing_day = at("2026-12-26T12:00:00Z");
    let later = at("2026-12-27T12:00:00Z");

    assert_eq!(christmas.greeting, Some(&name("merry")));
    assert_eq!(christmas.menu.keys.len(), 1);
    assert_eq!(christmas.operator, None);
    assert_eq!(boxing_day.greeting, Some(&name("night")));
    assert_eq!((later.greeting, later.menu.keys.len()), (None, 0));
    assert_eq!(later.operator, Some(&number("4000")));
    assert_eq!(later.language, "en-US");
}

#[test]
fn hours_are_read_as_people_and_as_exchange_write_them() {
    let read = |text: &str| BusinessHours::parse([text]).map(|hours| hours.to_string());

    assert_eq!(
        read("Mon-Fri.9:00-17:00").unwrap(),
        "Mon.09:00-17:00, Tue.09:00-17:00, Wed.09:00-17:00, Thu.09:00-17:00, Fri.09:00-17:00"
    );
    assert_eq!(read("1.9:00-1.17:00").unwrap(), "Mon.09:00-17:00");
    assert_eq!(read("saturday.10:00-24:00").unwrap(), "Sat.10:00-24:00");
    assert_eq!(read("Fri.22:00-Sat.02:00").unwrap(), "Fri.22:00-Sat.02:00");
    assert_eq!(read("Sat-Sun.10:00-12:00").unwrap(), "Sun.10:00-12:00, Sat.10:00-12:00");
    assert_eq!(read("Mon.09:00-Mon.09:00").unwrap(), "Mon.09:00-Mon.09:00");
    assert_eq!(read("Mon.10:00-Mon.09:00").unwrap(), "Mon.10:00-Mon.09:00");
    for bad in [
        "",
        "Mon",
        "Mon.9-17",
        "Mon.09:00",
        "Moon.09:00-17:00",
        "7.9:00-7.17:00",
        "Mon.17:00-09:00",
        "Mon.9:60-10:00",
        "Mon.24:00-24:30",
        "Mon.+9:00-17:00",
        "Mon.09:00-25:00",
    ] {
        assert_eq!(read(bad), Err(BadHours::NotARange { text: bad.to_owned() }), "{bad}");
    }
    assert_eq!(read("Mon.09:00-09:14"), Err(BadHours::TooShort { text: "Mon.09:00-09:14".to_owned() }));
    assert!(read("Mon.09:00-09:15").is_ok());
}

#[test]
fn a_schedule_holds_sixty_four_ranges_and_no_more() {
    let many = |count: u16| {
        let texts: Vec<String> = (0..count)
            .map(|at| {
                let (day, quarter) = (at / 20, at % 20);
                format!("{day}.{:02}:00-{day}.{:02}:30", quarter, quarter)
            })
            .collect();
        BusinessHours::parse(texts.iter().map(String::as_str)).map(|hours| hours.ranges().len())
    };

    assert_eq!(many(64), Ok(64));
    assert_eq!(many(65), Err(BadHours::TooMany));
}
