use super::*;

fn says(rows: Vec<(Phrase, &str)>) {
    are_said(Language::Spanish, " ", rows);
}

#[test]
fn numbers_are_spoken_as_in_spain() {
    says(vec![
        (Phrase::Number(0), "cero"),
        (Phrase::Number(1), "uno"),
        (Phrase::Number(16), "dieciséis"),
        (Phrase::Number(21), "veintiuno"),
        (Phrase::Number(22), "veintidós"),
        (Phrase::Number(30), "treinta"),
        (Phrase::Number(31), "treinta y uno"),
        (Phrase::Number(99), "noventa y nueve"),
        (Phrase::Number(100), "cien"),
        (Phrase::Number(101), "ciento uno"),
        (Phrase::Number(121), "ciento veintiuno"),
        (Phrase::Number(200), "doscientos"),
        (Phrase::Number(555), "quinientos cincuenta y cinco"),
        (Phrase::Number(1000), "mil"),
        (Phrase::Number(1001), "mil uno"),
        (Phrase::Number(2000), "dos mil"),
        (Phrase::Number(21_340), "veintiún mil trescientos cuarenta"),
        (Phrase::Number(31_000), "treinta y un mil"),
        (Phrase::Number(100_000), "cien mil"),
        (Phrase::Number(101_000), "ciento un mil"),
        (Phrase::Number(999_999), "novecientos noventa y nueve mil novecientos noventa y nueve"),
    ]);
}

#[test]
fn counts_agree_in_gender_and_shorten_one() {
    says(vec![
        (Phrase::Count(0, Counted::NewMessages), "ningún mensaje nuevo"),
        (Phrase::Count(1, Counted::NewMessages), "un mensaje nuevo"),
        (Phrase::Count(2, Counted::NewMessages), "dos mensajes nuevos"),
        (Phrase::Count(21, Counted::NewMessages), "veintiún mensajes nuevos"),
        (Phrase::Count(31, Counted::SavedMessages), "treinta y un mensajes guardados"),
        (Phrase::Count(1, Counted::SavedMessages), "un mensaje guardado"),
        (Phrase::Count(200, Counted::Messages), "doscientos mensajes"),
        (Phrase::Count(3, Counted::UrgentMessages), "tres mensajes urgentes"),
        (Phrase::Count(1, Counted::Days), "un día"),
        (Phrase::Count(14, Counted::Days), "catorce días"),
        (Phrase::Count(0, Counted::Matches), "ninguna coincidencia"),
        (Phrase::Count(1, Counted::Matches), "una coincidencia"),
        (Phrase::Count(21, Counted::Matches), "veintiuna coincidencias"),
        (Phrase::Count(41, Counted::Matches), "cuarenta y una coincidencias"),
        (Phrase::Count(100, Counted::Matches), "cien coincidencias"),
        (Phrase::Count(201, Counted::Matches), "doscientas una coincidencias"),
        (Phrase::Count(21_500, Counted::Matches), "veintiuna mil quinientas coincidencias"),
    ]);
}

#[test]
fn days_are_told_from_the_caller_s_day() {
    let today = "2026-03-10";
    says(vec![
        (day("2026-03-10", today), "hoy"),
        (day("2026-03-09", today), "ayer"),
        (day("2026-03-11", today), "mañana"),
        (day("2026-03-08", today), "domingo"),
        (day("2026-03-03", today), "martes tres de marzo"),
        (day("2026-03-01", today), "domingo uno de marzo"),
        (day("2026-12-31", today), "jueves treinta y uno de diciembre"),
        (day("2025-12-21", today), "domingo veintiuno de diciembre de dos mil veinticinco"),
        (day("1999-08-01", today), "domingo uno de agosto de mil novecientos noventa y nueve"),
    ]);
}

#[test]
fn times_have_twenty_four_hours_unless_the_caller_chose_otherwise() {
    says(vec![
        (time("00:00", Clock::OfLanguage), "las cero horas"),
        (time("01:00", Clock::OfLanguage), "la una hora"),
        (time("15:05", Clock::OfLanguage), "las quince horas y cinco minutos"),
        (time("21:01", Clock::TwentyFour), "las veintiuna horas y un minuto"),
        (time("09:21", Clock::TwentyFour), "las nueve horas y veintiún minutos"),
        (time("00:10", Clock::Twelve), "las doce y diez de la noche"),
        (time("01:00", Clock::Twelve), "la una de la madrugada"),
        (time("06:30", Clock::Twelve), "las seis y treinta de la mañana"),
        (time("12:00", Clock::Twelve), "las doce del mediodía"),
        (time("13:01", Clock::Twelve), "la una y un minuto de la tarde"),
        (time("15:05", Clock::Twelve), "las tres y cinco de la tarde"),
        (time("15:11", Clock::Twelve), "las tres y once de la tarde"),
        (time("20:51", Clock::Twelve), "las ocho y cincuenta y un minutos de la tarde"),
        (time("21:00", Clock::Twelve), "las nueve de la noche"),
    ]);
}

#[test]
fn lengths_are_masculine() {
    says(vec![
        (seconds(0), "cero segundos"),
        (seconds(1), "un segundo"),
        (seconds(21), "veintiún segundos"),
        (seconds(61), "un minuto y un segundo"),
        (seconds(125), "dos minutos y cinco segundos"),
        (seconds(1_860), "treinta y un minutos"),
    ]);
}

#[test]
fn extension_is_spoken_key_by_key() {
    says(vec![(Phrase::Digits("4001".into()), "cuatro cero cero uno")]);
}
