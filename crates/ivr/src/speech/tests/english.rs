use super::*;

fn says(rows: Vec<(Phrase, &str)>) {
    are_said(Language::English, " ", rows);
}

#[test]
fn numbers_are_spoken_as_an_american_reads_them() {
    says(vec![
        (Phrase::Number(0), "zero"),
        (Phrase::Number(7), "seven"),
        (Phrase::Number(19), "nineteen"),
        (Phrase::Number(20), "twenty"),
        (Phrase::Number(21), "twenty one"),
        (Phrase::Number(99), "ninety nine"),
        (Phrase::Number(100), "one hundred"),
        (Phrase::Number(101), "one hundred one"),
        (Phrase::Number(215), "two hundred fifteen"),
        (Phrase::Number(1000), "one thousand"),
        (Phrase::Number(1001), "one thousand one"),
        (Phrase::Number(21_340), "twenty one thousand three hundred forty"),
        (Phrase::Number(100_000), "one hundred thousand"),
        (Phrase::Number(999_999), "nine hundred ninety nine thousand nine hundred ninety nine"),
    ]);
}

#[test]
fn counts_have_the_singular_for_one_alone() {
    says(vec![
        (Phrase::Count(0, Counted::NewMessages), "no new messages"),
        (Phrase::Count(1, Counted::NewMessages), "one new message"),
        (Phrase::Count(2, Counted::NewMessages), "two new messages"),
        (Phrase::Count(1, Counted::SavedMessages), "one saved message"),
        (Phrase::Count(21, Counted::SavedMessages), "twenty one saved messages"),
        (Phrase::Count(1, Counted::UrgentMessages), "one urgent message"),
        (Phrase::Count(0, Counted::Messages), "no messages"),
        (Phrase::Count(101, Counted::Messages), "one hundred one messages"),
        (Phrase::Count(1, Counted::Days), "one day"),
        (Phrase::Count(14, Counted::Days), "fourteen days"),
        (Phrase::Count(1, Counted::Matches), "one match"),
        (Phrase::Count(3, Counted::Matches), "three matches"),
    ]);
}

#[test]
fn days_are_told_from_the_caller_s_day() {
    let today = "2026-03-10";
    says(vec![
        (day("2026-03-10", today), "today"),
        (day("2026-03-09", today), "yesterday"),
        (day("2026-03-11", today), "tomorrow"),
        (day("2026-03-08", today), "Sunday"),
        (day("2026-03-04", today), "Wednesday"),
        (day("2026-03-03", today), "Tuesday March third"),
        (day("2026-03-12", today), "Thursday March twelfth"),
        (day("2026-12-31", today), "Thursday December thirty-first"),
        (day("2025-12-31", today), "Wednesday December thirty-first twenty twenty five"),
        (day("2027-01-01", today), "Friday January first twenty twenty seven"),
        (day("2005-02-01", today), "Tuesday February first two thousand five"),
        (day("1905-02-01", today), "Wednesday February first nineteen oh five"),
        (day("1900-01-01", today), "Monday January first nineteen hundred"),
    ]);
}

#[test]
fn yesterday_is_told_across_the_turn_of_the_year() {
    says(vec![
        (day("2025-12-31", "2026-01-01"), "yesterday"),
        (day("2025-12-29", "2026-01-01"), "Monday"),
        (day("2024-02-29", "2024-03-01"), "yesterday"),
    ]);
}

#[test]
fn times_have_twelve_hours_unless_the_caller_chose_otherwise() {
    says(vec![
        (time("00:00", Clock::OfLanguage), "midnight"),
        (time("00:05", Clock::OfLanguage), "twelve oh five a m"),
        (time("09:30", Clock::OfLanguage), "nine thirty a m"),
        (time("12:00", Clock::Twelve), "noon"),
        (time("12:01", Clock::Twelve), "twelve oh one p m"),
        (time("15:00", Clock::Twelve), "three p m"),
        (time("15:15", Clock::Twelve), "three fifteen p m"),
        (time("23:59", Clock::Twelve), "eleven fifty nine p m"),
        (time("00:00", Clock::TwentyFour), "zero hundred hours"),
        (time("00:05", Clock::TwentyFour), "zero oh five"),
        (time("09:00", Clock::TwentyFour), "oh nine hundred hours"),
        (time("15:05", Clock::TwentyFour), "fifteen oh five"),
        (time("15:15", Clock::TwentyFour), "fifteen fifteen"),
        (time("21:21", Clock::TwentyFour), "twenty one twenty one"),
    ]);
}

#[test]
fn lengths_are_minutes_and_seconds() {
    says(vec![
        (seconds(0), "zero seconds"),
        (seconds(1), "one second"),
        (seconds(59), "fifty nine seconds"),
        (seconds(60), "one minute"),
        (seconds(61), "one minute and one second"),
        (seconds(125), "two minutes and five seconds"),
        (seconds(3_600), "sixty minutes"),
        (Phrase::Length(Duration::from_millis(1_499)), "one second"),
        (Phrase::Length(Duration::from_millis(1_500)), "two seconds"),
    ]);
}

#[test]
fn extension_is_spoken_key_by_key() {
    says(vec![(Phrase::Digits("40-1".into()), "four zero one")]);
}
