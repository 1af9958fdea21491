use super::*;

/// The end of every life in these tests.
const END: &str = "2031-01-01T12:30:00Z";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn watched(key: &str, what: WatchedKind) -> Watched {
    Watched {
        key: key.to_owned(),
        what,
        subject: "CN=um.example.com".to_owned(),
        since: None,
        not_after: moment(END),
        remedy: "run `um cert import FILE` with a new one".to_owned(),
    }
}

fn own() -> Watched {
    watched("own", WatchedKind::OwnCertificate)
}

/// Days after the beginning of the clock (300 days before the end) and days left of each notice, the clock being asked
/// every quarter of an hour for 400 days.
fn told_over_400_days(watch: &mut ExpiryWatch, watched: &Watched) -> Vec<(i64, i64)> {
    let begin = moment(END) - SignedDuration::from_hours(300 * 24);
    let mut told = Vec::new();
    for quarter in 0..400 * 96 {
        let now = begin + SignedDuration::from_mins(15 * quarter);
        for notice in watch.look(std::slice::from_ref(watched), now) {
            assert_eq!(quarter % 96, 0, "at the hour of the end, {now}");
            told.push((quarter / 96, notice.days_left));
        }
    }
    told
}

#[test]
fn first_warning_is_30_days_before_the_end_then_daily_and_daily_after_it() {
    let told = told_over_400_days(&mut ExpiryWatch::new(Vec::new()), &own());

    let expected: Vec<(i64, i64)> = (270..400).map(|day| (day, 300 - day)).collect();
    assert_eq!(told, expected);
    assert_eq!((told.first(), told.last(), told.len()), (Some(&(270, 30)), Some(&(399, -99)), 130));
}

#[test]
fn each_configured_step_is_told_once_and_every_day_from_the_last_one_on() {
    let told = told_over_400_days(&mut ExpiryWatch::new(vec![3, 90, 14]), &own());

    let mut expected = vec![(210, 90), (286, 14)];
    expected.extend((297..400).map(|day| (day, 300 - day)));
    assert_eq!(told, expected);
}

#[test]
fn short_life_is_told_of_in_its_second_half() {
    let week = Watched {
        since: Some(moment(END) - SignedDuration::from_hours(7 * 24)),
        ..watched("crl", WatchedKind::Crl)
    };
    let hours = Watched { since: Some(moment(END) - SignedDuration::from_hours(20)), ..own() };
    let year = Watched { since: Some(moment(END) - SignedDuration::from_hours(365 * 24)), ..own() };

    let first = |watched| told_over_400_days(&mut ExpiryWatch::new(vec![90, 30]), &watched)[0];

    assert_eq!(first(week), (297, 3));
    assert_eq!(first(hours), (300, 0));
    assert_eq!(first(year), (210, 90));
}

#[test]
fn start_of_the_server_tells_at_once_what_is_due() {
    let mut watch = ExpiryWatch::new(vec![90, 30]);
    let now = moment(END) - SignedDuration::from_hours(45 * 24);

    let first = watch.look(&[own()], now);
    let again = watch.look(&[own()], now + SignedDuration::from_hours(24));

    assert_eq!(first.iter().map(|notice| notice.days_left).collect::<Vec<_>>(), [45]);
    assert_eq!(again, []);
}

#[test]
fn days_that_nobody_looked_are_not_told_afterwards() {
    let mut watch = ExpiryWatch::new(Vec::new());
    let days_before = |days: i64| moment(END) - SignedDuration::from_hours(24 * days);

    let told: Vec<i64> = [29, 10, 10, 9]
        .into_iter()
        .flat_map(|days| watch.look(&[own()], days_before(days)))
        .map(|notice| notice.days_left)
        .collect();

    assert_eq!(told, [29, 10, 9]);
}

#[test]
fn renewed_one_is_silent_and_one_that_is_watched_no_more_is_forgotten() {
    let mut watch = ExpiryWatch::new(Vec::new());
    let now = moment(END) - SignedDuration::from_hours(24);
    let renewed = Watched { not_after: moment("2036-01-01T00:00:00Z"), ..own() };

    assert_eq!(watch.look(&[own()], now).len(), 1);
    assert_eq!(watch.look(&[renewed], now), []);
    assert_eq!(watch.look(&[own()], now).len(), 1, "the old one again");
    assert_eq!(watch.look(&[], now), []);
    assert!(watch.told.is_empty());
}

#[test]
fn what_is_watched_twice_is_told_once_and_others_on_their_own() {
    let mut watch = ExpiryWatch::new(Vec::new());
    let root = watched("root", WatchedKind::TrustedRoot);
    let now = moment(END);

    let keys: Vec<String> =
        watch.look(&[own(), root, own()], now).into_iter().map(|notice| notice.key).collect();

    assert_eq!(keys, ["own", "root"]);
}

#[test]
fn notice_says_what_when_and_what_mends_it() {
    let words = |what, days: i64| {
        let now = moment(END) - SignedDuration::from_hours(24 * days);
        ExpiryWatch::new(Vec::new()).look(&[watched("", what)], now)[0].to_string()
    };
    let tail = "on 2031-01-01T12:30:00Z: run `um cert import FILE` with a new one";

    assert_eq!(
        words(WatchedKind::OwnCertificate, 30),
        format!("our certificate CN=um.example.com expires in 30 days, {tail}")
    );
    assert_eq!(
        words(WatchedKind::TrustedRoot, 1),
        format!("the trusted root CN=um.example.com expires within a day, {tail}")
    );
    assert_eq!(
        words(WatchedKind::Intermediate, 0),
        format!("the CA certificate CN=um.example.com has expired, {tail}")
    );
    assert_eq!(
        words(WatchedKind::Crl, -1),
        format!("the revocation list of CN=um.example.com expired a day ago, {tail}")
    );
    assert_eq!(
        words(WatchedKind::PeerCertificate, -12),
        format!("the peer's certificate CN=um.example.com expired 12 days ago, {tail}")
    );
}

#[test]
fn check_finds_what_ends_within_the_given_time() {
    let within = |days: i64, before: i64| {
        let now = moment(END) - SignedDuration::from_hours(24 * before);
        own().is_due(SignedDuration::from_hours(24 * days), now)
    };

    assert!(!within(30, 31));
    assert!(within(30, 30));
    assert!(within(30, -5));
    assert!(!within(0, 1));
}

#[test]
fn check_finds_a_revocation_list_in_the_second_half_of_its_life_alone() {
    let list = |life: i64| {
        let since = moment(END) - SignedDuration::from_hours(24 * life);
        Watched { what: WatchedKind::Crl, since: Some(since), ..own() }
    };
    let due = |life: i64, within: i64, before: i64| {
        let now = moment(END) - SignedDuration::from_hours(24 * before);
        list(life).is_due(SignedDuration::from_hours(24 * within), now)
    };

    assert!(!due(30, 30, 29));
    assert!(!due(30, 30, 16));
    assert!(due(30, 30, 15));
    assert!(due(30, 30, -1));
    assert!(!due(90, 30, 31));
    assert!(due(90, 30, 30));
}
