use super::*;

fn says(rows: Vec<(Phrase, &str)>) {
    are_said(Language::French, " ", rows);
}

#[test]
fn numbers_are_spoken_as_in_france() {
    says(vec![
        (Phrase::Number(0), "zéro"),
        (Phrase::Number(1), "un"),
        (Phrase::Number(17), "dix-sept"),
        (Phrase::Number(21), "vingt et un"),
        (Phrase::Number(22), "vingt-deux"),
        (Phrase::Number(70), "soixante-dix"),
        (Phrase::Number(71), "soixante et onze"),
        (Phrase::Number(77), "soixante-dix-sept"),
        (Phrase::Number(80), "quatre-vingts"),
        (Phrase::Number(81), "quatre-vingt-un"),
        (Phrase::Number(91), "quatre-vingt-onze"),
        (Phrase::Number(99), "quatre-vingt-dix-neuf"),
        (Phrase::Number(100), "cent"),
        (Phrase::Number(101), "cent un"),
        (Phrase::Number(200), "deux cents"),
        (Phrase::Number(271), "deux cent soixante et onze"),
        (Phrase::Number(1000), "mille"),
        (Phrase::Number(1001), "mille un"),
        (Phrase::Number(2000), "deux mille"),
        (Phrase::Number(21_340), "vingt et un mille trois cent quarante"),
        (Phrase::Number(100_000), "cent mille"),
        (Phrase::Number(300_000), "trois cent mille"),
        (Phrase::Number(300_300), "trois cent mille trois cents"),
        (Phrase::Number(999_999), "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf"),
    ]);
}

#[test]
fn counts_agree_in_gender_and_have_the_singular_below_two() {
    says(vec![
        (Phrase::Count(0, Counted::NewMessages), "aucun nouveau message"),
        (Phrase::Count(1, Counted::NewMessages), "un nouveau message"),
        (Phrase::Count(2, Counted::NewMessages), "deux nouveaux messages"),
        (Phrase::Count(21, Counted::NewMessages), "vingt et un nouveaux messages"),
        (Phrase::Count(1, Counted::SavedMessages), "un message archivé"),
        (Phrase::Count(80, Counted::SavedMessages), "quatre-vingts messages archivés"),
        (Phrase::Count(200, Counted::SavedMessages), "deux cents messages archivés"),
        (Phrase::Count(0, Counted::UrgentMessages), "aucun message urgent"),
        (Phrase::Count(3, Counted::UrgentMessages), "trois messages urgents"),
        (Phrase::Count(1, Counted::Messages), "un message"),
        (Phrase::Count(14, Counted::Days), "quatorze jours"),
        (Phrase::Count(0, Counted::Matches), "aucune correspondance"),
        (Phrase::Count(1, Counted::Matches), "une correspondance"),
        (Phrase::Count(31, Counted::Matches), "trente et une correspondances"),
        (Phrase::Count(71, Counted::Matches), "soixante et onze correspondances"),
        (Phrase::Count(101, Counted::Matches), "cent une correspondances"),
    ]);
}

#[test]
fn six_eight_and_ten_lose_their_last_sound_before_what_is_counted() {
    let last_number = |phrase| {
        let pieces = speak(&[phrase], Language::French);
        let Some([Piece::Prompt(number), _]) = pieces.last_chunk() else { panic!("{pieces:?}") };
        number.as_str()
    };

    assert_eq!(last_number(Phrase::Count(6, Counted::Messages)), "number-before-unit-6");
    assert_eq!(last_number(Phrase::Count(108, Counted::Days)), "number-before-unit-8");
    assert_eq!(last_number(Phrase::Length(Duration::from_secs(600))), "number-before-unit-10");
    assert_eq!(last_number(Phrase::Count(7, Counted::Messages)), "number-7");
    assert_eq!(
        speak(&[Phrase::Number(6)], Language::French),
        speak(&[Phrase::Number(6)], Language::English),
        "alone it keeps them"
    );
}

#[test]
fn days_are_told_from_the_caller_s_day() {
    let today = "2026-03-10";
    says(vec![
        (day("2026-03-10", today), "aujourd'hui"),
        (day("2026-03-09", today), "hier"),
        (day("2026-03-11", today), "demain"),
        (day("2026-03-08", today), "dimanche"),
        (day("2026-03-03", today), "mardi trois mars"),
        (day("2026-03-01", today), "dimanche premier mars"),
        (day("2026-03-21", today), "samedi vingt et un mars"),
        (day("2026-12-31", today), "jeudi trente et un décembre"),
        (day("2025-12-31", today), "mercredi trente et un décembre deux mille vingt-cinq"),
        (day("1999-08-01", today), "dimanche premier août mille neuf cent quatre-vingt-dix-neuf"),
    ]);
}

#[test]
fn times_have_twenty_four_hours_unless_the_caller_chose_otherwise() {
    says(vec![
        (time("00:00", Clock::OfLanguage), "zéro heure"),
        (time("00:05", Clock::OfLanguage), "zéro heure cinq"),
        (time("01:00", Clock::OfLanguage), "une heure"),
        (time("15:05", Clock::OfLanguage), "quinze heures cinq"),
        (time("21:21", Clock::TwentyFour), "vingt et une heures vingt et une"),
        (time("09:30", Clock::TwentyFour), "neuf heures trente"),
        (time("00:00", Clock::Twelve), "minuit"),
        (time("00:10", Clock::Twelve), "minuit dix"),
        (time("09:01", Clock::Twelve), "neuf heures une du matin"),
        (time("12:00", Clock::Twelve), "midi"),
        (time("12:15", Clock::Twelve), "midi quinze"),
        (time("13:00", Clock::Twelve), "une heure de l'après-midi"),
        (time("17:59", Clock::Twelve), "cinq heures cinquante-neuf de l'après-midi"),
        (time("18:00", Clock::Twelve), "six heures du soir"),
        (time("23:30", Clock::Twelve), "onze heures trente du soir"),
    ]);
}

#[test]
fn lengths_are_feminine() {
    says(vec![
        (seconds(0), "zéro seconde"),
        (seconds(1), "une seconde"),
        (seconds(21), "vingt et une secondes"),
        (seconds(60), "une minute"),
        (seconds(61), "une minute et une seconde"),
        (seconds(125), "deux minutes et cinq secondes"),
        (seconds(1_860), "trente et une minutes"),
        (seconds(480), "huit minutes"),
    ]);
}

#[test]
fn extension_is_spoken_key_by_key() {
    says(vec![(Phrase::Digits("4001".into()), "quatre zéro zéro un")]);
}
