//! Attendants that lead to attendants, and people who are found by name.
use dial_plan::{AutoAttendant, BusinessHours};
use ivr::Counted;

use super::{visit::*, *};

/// Attendants of these names, each greeting with a recording of its name; the first answers the calls.
fn named(names: &[&str], change: impl Fn(&mut AutoAttendant)) -> Rig {
    let mut made: Vec<AutoAttendant> = names.iter().map(|name| attendant(name, &[])).collect();
    made[0].pilots = vec![number(DIALLED)];
    for attendant in &mut made {
        attendant.business.greeting = Some(attendant.name.clone());
    }
    // They name one another: first all without keys.
    let mut changes: Vec<SiteChange> = made.iter().cloned().map(create).collect();
    for attendant in &mut made {
        change(attendant);
        let keys = attendant.business.keys.iter().map(|(key, mapping)| dial_plan::KeyChange {
            when: dial_plan::MenuTime::Business,
            key: *key,
            mapping: Some(mapping.clone()),
        });
        let patch = dial_plan::AttendantPatch { keys: keys.collect(), ..Default::default() };
        changes.push(SiteChange::SetAttendant { name: attendant.name.to_string(), patch: Box::new(patch) });
    }
    rig_with(&changes, names)
}

#[test]
fn three_attendants_deep_and_back_each_with_its_own_words_and_keys() {
    let rig = named(&["main", "sales", "spares"], |attendant| match attendant.name.as_str() {
        "main" => key(attendant, "1", "attendant:sales"),
        "sales" => {
            key(attendant, "2", "attendant:spares");
            key(attendant, "9", "attendant:main");
        }
        _ => {
            key(attendant, "3", "transfer:4002");
            key(attendant, "8", "attendant:sales");
            key(attendant, "9", "attendant:main");
        }
    });
    let mut visit = Visit::new(rig, &Town::of(&[("4002", "Tony Smith")]));
    assert!(visit.hears(&[recording("main")]));

    let way = [("1,", "sales"), (".2,", "spares"), (".8,", "sales"), ("2,", "spares"), ("9,", "main")];
    for (deeds, greeting) in way {
        visit.does(deeds);
        assert!(visit.hears(&[recording(greeting)]), "{deeds} {greeting}: {:?}", visit.last_words());
    }
    // What is a key in spares is none in main.
    visit.does("3,");
    assert_eq!(visit.refers(), []);
    visit.does("1,2,3,.");

    let refer = "<sip:4002@127.0.0.1:6000;user=phone>";
    assert_eq!(visit.refers(), [(refer.to_owned(), "<sip:um.example.com>".to_owned())]);
}

#[test]
fn nested_attendant_opens_by_its_own_clock_and_one_that_takes_no_calls_is_not_reached() {
    let mut main = attendant("main", &[DIALLED]);
    let mut away = attendant("away", &[]);
    away.time_zone = Some("America/New_York".to_owned());
    away.hours = BusinessHours::parse(["Mon-Fri.09:00-17:00"]).unwrap();
    let mut closed = attendant("closed", &[]);
    closed.enabled = false;
    key(&mut main, "1", "attendant:away");
    key(&mut main, "2", "attendant:closed");
    let changes = [create(away), create(closed), create(main)];
    // 15:00 in Berlin, 09:00 in New York.
    for (at, words) in
        [("2026-11-20T13:59:59Z", "attendant-closed"), ("2026-11-20T14:00:00Z", "attendant-dial-extension")]
    {
        let mut rig = rig_with(&changes, &[]);
        rig.date = at.parse().unwrap();
        let mut visit = Visit::new(rig, &Town::of(&[]));

        visit.does("1,");
        assert!(visit.hears(&[said("attendant-welcome"), said(words)]), "{at}");
    }
    let mut visit = Visit::new(rig_with(&changes, &[]), &Town::of(&[]));

    visit.does("2,");

    assert!(
        visit.hears(&[said("attendant-not-now"), said("attendant-dial-extension")]),
        "{:?}",
        visit.played.last()
    );
}

#[test]
fn who_goes_round_a_ring_of_attendants_is_let_go_after_the_longest_call() {
    let rig = named(&["red", "green", "blue"], |attendant| {
        let next = match attendant.name.as_str() {
            "red" => "attendant:green",
            "green" => "attendant:blue",
            _ => "attendant:red",
        };
        key(attendant, "1", next);
    });
    let mut visit = Visit::new(rig, &Town::of(&[]));
    let began = visit.rig.now;
    let mut rounds = 0;
    while !visit.has_hung_up() {
        visit.does("1,");
        rounds += 1;
        assert!(rounds < 1000, "nobody ends it");
    }

    let lasted = visit.rig.now - began;
    // The plan's half an hour, six seconds a key: one greeting for each key, and nothing is left of the others.
    assert!(lasted <= Duration::from_secs(30 * 60) + PATIENCE, "{lasted:?}");
    assert_eq!(rounds, 300);
    assert!(visit.played.len() <= rounds + 1, "{}", visit.played.len());
}

#[test]
fn silent_caller_is_led_along_the_time_outs_once_and_then_let_go() {
    let rig = named(&["red", "green", "blue"], |attendant| match attendant.name.as_str() {
        "red" => key(attendant, "timeout", "attendant:green"),
        "green" => key(attendant, "timeout", "attendant:blue"),
        _ => {}
    });
    let mut visit = Visit::new(rig, &Town::of(&[]));

    visit.does(&".,".repeat(20));

    assert!(visit.has_hung_up());
    let greeted = ["red", "green", "blue"].map(|greeting| {
        let clips = visit.rig.clips(&[recording(greeting)]);
        visit.played.iter().filter(|played| played.first() == clips.first()).count()
    });
    assert_eq!(greeted, [1, 1, 1]);
    // Red, green, blue, its menu twice more, goodbye.
    assert_eq!(visit.played.len(), 6, "{:?}", visit.last_words());
    assert_eq!(visit.refers(), []);
}

const SMITHS: [(&str, &str); 4] =
    [("4101", "Ann Smith"), ("4102", "Tony Smith"), ("4103", "Zoe Smith"), ("4104", "Bob Jones")];

fn directory() -> Visit {
    let rig = rig_with(&[create(attendant("main", &[DIALLED]))], &[]);
    let mut visit = Visit::new(rig, &Town::of(&SMITHS));
    // SMITH
    visit.does("#.76484#");
    visit
}

#[test]
fn people_of_one_name_are_all_read_out_each_with_its_key() {
    let visit = directory();

    let mut words = vec![Phrase::Count(3, Counted::Matches)];
    for (extension, key) in [("4101", "1"), ("4102", "2"), ("4103", "3")] {
        words.extend([said("attendant-for-person"), said("attendant-at-extension")]);
        words.extend([Phrase::Digits(extension.into()), said("attendant-press"), Phrase::Digits(key.into())]);
    }
    words.push(said("attendant-other-name"));
    assert_eq!(visit.played.last(), Some(&visit.rig.clips(&words)));
    assert_eq!(visit.refers(), []);
}

#[test]
fn the_one_who_is_chosen_is_called_and_no_other() {
    let refer_to = |extension: &str| Some(format!("<sip:{extension}@127.0.0.1:6000;user=phone>"));
    let rows = [
        // Chosen while the list is read, and after it.
        ("11.", refer_to("4101")),
        ("21.", refer_to("4102")),
        (".3.1.", refer_to("4103")),
        // Nobody has that key; another one then.
        (".4.", None),
        (".9.2.1.", refer_to("4102")),
        // Another name instead: JONES has no namesake.
        (".2.*.56637#.1.", refer_to("4104")),
        // Back to the list of names, and the other Smith.
        ("1*.76484#.31.", refer_to("4103")),
        // A message is no call.
        (".2.2.", None),
        // SMITH A is one.
        ("*.764842#1.", refer_to("4101")),
    ];
    for (deeds, expected) in rows {
        let mut visit = directory();

        visit.does(deeds);

        let by = "<sip:um.example.com>".to_owned();
        assert_eq!(visit.refers(), Vec::from_iter(expected.map(|to| (to, by))), "{deeds}");
    }
}

#[test]
fn who_is_found_by_name_and_gets_a_message_is_the_one_who_was_chosen() {
    let mut visit = directory();

    visit.does(".2.2.");

    let recorded = visit.asked.iter().find_map(|asked| match asked {
        StoreRequestKind::BeginRecording { header, .. } => Some(header.mailbox),
        _ => None,
    });
    assert_eq!(recorded, Some(MailboxId(101)));
}
