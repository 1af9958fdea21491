//! What is heard first, and what the menu says.
use dial_plan::KeyAction;

use super::*;

fn first_words(settings: AttendantSettings) -> IvrOutput {
    let mut attendant = AutoAttendant::new(settings);
    step(&mut attendant, IvrInput::Begin).remove(1)
}

#[test]
fn the_greeting_says_whether_the_business_is_open() {
    let at = |open| AttendantSettings { open, ..settings() };

    assert_eq!(first_words(at(Openness::Open)), play("welcome"));
    assert_eq!(first_words(at(Openness::Closed)), play("welcome closed"));
    assert_eq!(first_words(at(Openness::Holiday)), play("welcome closed-today"));
}

#[test]
fn recordings_take_the_place_of_greeting_and_menu() {
    let mut with = with_keys(&[("1", "transfer:4001")]);
    with.greeting = Some("hello".into());
    with.menu.prompt = Some(Name::parse("choose").unwrap());

    assert_eq!(first_words(with), play("\"hello\" \"choose\""));
}

/// Which recordings there are, and what is heard first.
#[test]
fn words_of_the_server_take_the_place_of_a_recording_that_is_not_there() {
    let mut named = with_keys(&[("1", "transfer:4001")]);
    named.greeting = Some("hello".into());
    named.announcement = Some(Announcement { recording: "news".into(), keys: AnnouncementKeys::Choose });
    named.menu.prompt = Some(Name::parse("choose").unwrap());
    let heard = |there: &[&str]| first_words(named.clone().with_recordings(|name| there.contains(&name)));

    assert_eq!(heard(&["hello", "news", "choose"]), play("\"hello\" \"news\" \"choose\""));
    assert_eq!(heard(&["news", "choose"]), play("welcome \"news\" \"choose\""));
    assert_eq!(heard(&["hello", "choose"]), play("\"hello\" \"choose\""));
    assert_eq!(heard(&["hello", "news"]), play("\"hello\" \"news\" for-extension =4001 press =1"));
    assert_eq!(heard(&[]), play("welcome for-extension =4001 press =1"));
}

#[test]
fn the_menu_is_made_from_the_keys() {
    let mut with = with_keys(&[
        ("1", "transfer:4001"),
        ("2", "message:4002"),
        ("3", "attendant:sales"),
        ("4", "hours"),
        ("5", "location"),
        ("6", "announcement"),
        ("7", "directory"),
        ("8", "operator"),
        ("timeout", "operator"),
    ]);
    with.people.calls = true;
    with.name_order = Some(NameOrder::LastFirst);
    with.operator = Some("4000".into());

    assert_eq!(
        first_words(with),
        play(
            "welcome dial-extension for-directory press-pound
             for-extension =4001 press =1 for-message =4002 press =2 for-menu press =3 for-hours press =4
             for-location press =5 for-information press =6 for-directory press =7 for-operator press =8
             for-operator press =0"
        )
    );
}

#[test]
fn a_key_cuts_an_announcement_short_unless_it_may_not() {
    let with = |keys| {
        let mut with = with_keys(&[("1", "transfer:4001")]);
        with.announcement = Some(Announcement { recording: "news".into(), keys });
        with
    };
    let mut may = AutoAttendant::new(with(AnnouncementKeys::Choose));
    let mut may_not = AutoAttendant::new(with(AnnouncementKeys::AreIgnored));

    assert_eq!(step(&mut may, IvrInput::Begin)[1], play("welcome \"news\" for-extension =4001 press =1"));
    assert_eq!(step(&mut may, key('1')), [play("one-moment")]);
    assert_eq!(step(&mut may_not, IvrInput::Begin)[1], play("welcome \"news\""));
    assert_eq!(step(&mut may_not, key('1')), []);
    assert_eq!(step(&mut may_not, IvrInput::PlayFinished), [play("for-extension =4001 press =1")]);
    assert_eq!(step(&mut may_not, key('1')), [play("one-moment")]);
}

#[test]
fn business_hours_are_told_by_runs_of_days() {
    let told = |texts: &[&str]| prompts::hours(&BusinessHours::parse(texts.iter().copied()).unwrap());
    let words = |text: &str| {
        let phrase = |word: &str| match word.parse() {
            Ok(time) => Phrase::TimeOfDay(time, mailbox::Clock::OfLanguage),
            Err(_) => match play(word) {
                IvrOutput::Play(mut phrases) => phrases.remove(0),
                _ => unreachable!(),
            },
        };
        text.split_whitespace().map(phrase).collect::<Vec<_>>()
    };

    assert_eq!(told(&[]), words("always-open"));
    assert_eq!(
        told(&["Mon-Fri.09:00-17:00", "Sat.10:00-14:00"]),
        words(
            "our-hours monday to-day friday from-time 09:00 until 17:00 saturday from-time 10:00 until 14:00"
        )
    );
    assert_eq!(
        told(&["Mon-Tue.09:00-12:00", "Mon-Tue.13:00-17:00", "Thu.09:00-12:00"]),
        words(
            "our-hours monday to-day tuesday from-time 09:00 until 12:00
             monday to-day tuesday from-time 13:00 until 17:00 thursday from-time 09:00 until 12:00"
        )
    );
    assert_eq!(
        told(&["Fri.22:00-Sat.02:00", "Sun.00:00-24:00"]),
        words("our-hours sunday from-time 00:00 until 00:00 friday from-time 22:00 until saturday 02:00")
    );
}

#[test]
fn every_key_of_an_attendant_has_its_text_in_the_catalogue_and_the_other_way_round() {
    let catalogue = include_str!("../../../../../prompts/en-US/attendant.toml");
    let mut texts: Vec<&str> = catalogue
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = ").map(|(key, _)| key))
        .collect();
    let mut keys: Vec<&str> = PromptKey::ATTENDANT.iter().map(|key| key.as_str()).collect();
    texts.sort_unstable();
    keys.sort_unstable();

    assert_eq!(keys, texts);
}

#[test]
fn settings_are_those_of_the_moment_and_the_plan_where_the_attendant_has_none() {
    let document = r#"
[[dial_plans]]
name = "hq"
extension_digits = 3
operator = "400"
input_failures = 7
dialling_rules = [{ group = "local", mask = "9*", dialled = "9*" }]

[[attendants]]
name = "main"
dial_plan = "hq"
timeout_seconds = 9
name_lookup = "first-last"
announcement = "news"
announcement_uninterruptible = true
hours = ["Mon.09:00-17:00"]
business = { greeting = "hello" }
after_hours = { operator = false, keys = { 2 = { action = "hours" } } }
dialling = { allowed_groups = ["local"] }

[[attendants]]
name = "plain"
dial_plan = "hq"
call_someone = false
send_messages = false
"#;
    let site: dial_plan::Site = toml::from_str(document).unwrap();
    let at = |name: &str, at: &str| AttendantSettings::of(&site.menu_at(name, at.parse().unwrap()).unwrap());

    let open = at("main", "2026-11-23T10:00:00Z");
    let closed = at("main", "2026-11-23T18:00:00Z");
    let plain = at("plain", "2026-11-23T18:00:00Z");

    assert_eq!(
        (open.open, open.greeting.as_deref(), open.operator.as_deref()),
        (Openness::Open, Some("hello"), Some("400"))
    );
    assert_eq!(
        (open.timeout, open.input_failures, open.extension_digits, open.longest_number),
        (Duration::from_secs(9), 7, 3, 32)
    );
    assert_eq!(open.name_order, Some(NameOrder::FirstLast));
    assert_eq!(
        open.announcement,
        Some(Announcement { recording: "news".into(), keys: AnnouncementKeys::AreIgnored })
    );
    assert_eq!((closed.open, closed.greeting, closed.operator), (Openness::Closed, None, None));
    assert_eq!(closed.menu.keys[&MenuKey::digit(2).unwrap()].action, KeyAction::Hours);
    assert_eq!((plain.open, plain.name_order, plain.longest_number), (Openness::Open, None, 3));
}
