use super::*;

fn says(rows: Vec<(Phrase, &str)>) {
    are_said(Language::Mandarin, "", rows);
}

#[test]
fn numbers_have_sections_of_ten_thousand_and_one_zero_for_each_gap() {
    says(vec![
        (Phrase::Number(0), "零"),
        (Phrase::Number(2), "二"),
        (Phrase::Number(10), "十"),
        (Phrase::Number(12), "十二"),
        (Phrase::Number(20), "二十"),
        (Phrase::Number(22), "二十二"),
        (Phrase::Number(100), "一百"),
        (Phrase::Number(101), "一百零一"),
        (Phrase::Number(110), "一百一十"),
        (Phrase::Number(115), "一百一十五"),
        (Phrase::Number(202), "两百零二"),
        (Phrase::Number(1000), "一千"),
        (Phrase::Number(1005), "一千零五"),
        (Phrase::Number(1015), "一千零一十五"),
        (Phrase::Number(1105), "一千一百零五"),
        (Phrase::Number(2222), "两千两百二十二"),
        (Phrase::Number(10_000), "一万"),
        (Phrase::Number(10_010), "一万零一十"),
        (Phrase::Number(15_000), "一万五千"),
        (Phrase::Number(20_300), "两万零三百"),
        (Phrase::Number(100_000), "十万"),
        (Phrase::Number(120_000), "十二万"),
        (Phrase::Number(305_004), "三十万五千零四"),
        (Phrase::Number(999_999), "九十九万九千九百九十九"),
    ]);
}

#[test]
fn counts_have_their_measure_word_and_two_is_liang() {
    says(vec![
        (Phrase::Count(0, Counted::NewMessages), "没有新留言"),
        (Phrase::Count(1, Counted::NewMessages), "一条新留言"),
        (Phrase::Count(2, Counted::NewMessages), "两条新留言"),
        (Phrase::Count(12, Counted::NewMessages), "十二条新留言"),
        (Phrase::Count(22, Counted::SavedMessages), "二十二条已保存的留言"),
        (Phrase::Count(0, Counted::SavedMessages), "没有已保存的留言"),
        (Phrase::Count(2, Counted::UrgentMessages), "两条紧急留言"),
        (Phrase::Count(200, Counted::Messages), "两百条留言"),
        (Phrase::Count(2, Counted::Days), "两天"),
        (Phrase::Count(14, Counted::Days), "十四天"),
        (Phrase::Count(0, Counted::Matches), "没有匹配的姓名"),
        (Phrase::Count(3, Counted::Matches), "三个匹配的姓名"),
    ]);
}

#[test]
fn days_go_from_the_year_to_the_weekday() {
    let today = "2026-03-10";
    says(vec![
        (day("2026-03-10", today), "今天"),
        (day("2026-03-09", today), "昨天"),
        (day("2026-03-11", today), "明天"),
        (day("2026-03-08", today), "星期日"),
        (day("2026-03-03", today), "三月三号星期二"),
        (day("2026-03-02", today), "三月二号星期一"),
        (day("2026-12-31", today), "十二月三十一号星期四"),
        (day("2025-12-31", today), "二零二五年十二月三十一号星期三"),
        (day("1999-08-01", today), "一九九九年八月一号星期日"),
    ]);
}

#[test]
fn times_have_twenty_four_hours_unless_the_caller_chose_otherwise() {
    says(vec![
        (time("00:00", Clock::OfLanguage), "零点"),
        (time("02:00", Clock::OfLanguage), "两点"),
        (time("12:02", Clock::OfLanguage), "十二点零二分"),
        (time("15:05", Clock::TwentyFour), "十五点零五分"),
        (time("22:22", Clock::TwentyFour), "二十二点二十二分"),
        (time("00:30", Clock::Twelve), "凌晨十二点三十分"),
        (time("05:59", Clock::Twelve), "凌晨五点五十九分"),
        (time("09:10", Clock::Twelve), "上午九点十分"),
        (time("12:00", Clock::Twelve), "中午十二点"),
        (time("14:15", Clock::Twelve), "下午两点十五分"),
        (time("18:00", Clock::Twelve), "晚上六点"),
    ]);
}

#[test]
fn lengths_are_minutes_and_seconds() {
    says(vec![
        (seconds(0), "零秒"),
        (seconds(2), "两秒"),
        (seconds(60), "一分钟"),
        (seconds(125), "两分钟五秒"),
        (seconds(722), "十二分钟两秒"),
    ]);
}

#[test]
fn one_is_yao_in_an_extension_and_yi_as_a_key() {
    says(vec![(Phrase::Digits("4101".into()), "四幺零幺"), (Phrase::Digits("1".into()), "一")]);
}
