use dial_plan::{DialPlan, GatewayAddress, GatewayPatch, HuntGroup, Name, Pilot, SiteChange, VoipSecurity};
use sip_signaling::{Message, StatusCode, parse_datagram};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const SETTINGS: ProbeSettings =
    ProbeSettings { interval: MINUTE, clear: Some(Transport::Udp), has_tls: true };

/// The probes, their clock, and what they have told.
struct Rig {
    probes: GatewayProbes,
    site: Site,
    start: Instant,
    now: Instant,
    transactions: u64,
    told: Vec<ProbeOutput>,
    /// Those of every gateway, and which of them were tried.
    addresses: Vec<SocketAddr>,
    tried: Vec<SocketAddr>,
}

/// How the world treats a probe.
#[derive(Clone, Copy)]
enum World {
    Answers(&'static str),
    Refuses(&'static str),
    KeepsSilent,
    HangsUp,
}

impl Rig {
    fn new(settings: ProbeSettings) -> Self {
        let now = Instant::now();
        let probes = GatewayProbes::new(settings, [3; 32]);
        let mut rig = Self {
            probes,
            site: Site::empty(),
            start: now,
            now,
            transactions: 0,
            told: Vec::new(),
            addresses: vec![remote()],
            tried: Vec::new(),
        };
        for mode in [VoipSecurity::Unsecured, VoipSecurity::SipSecured, VoipSecurity::Secured] {
            let mut plan = DialPlan::new(name(mode.word()), 4);
            plan.voip_security = mode;
            rig.change(&SiteChange::CreateDialPlan(plan));
        }
        rig
    }

    fn change(&mut self, change: &SiteChange) {
        let (site, _) = self.site.apply(change).unwrap();
        self.site = site;
        self.probes.follow(&self.site, self.now);
    }

    /// A gateway whose calls belong to plans of these modes.
    fn gateway(&mut self, gateway: &str, modes: &[VoipSecurity]) {
        let address = GatewayAddress::parse(&format!("{gateway}.example.com")).unwrap();
        let dial_plan = modes.first().map(|mode| name(mode.word()));
        let new = IpGateway::new(name(gateway), address);
        self.change(&SiteChange::CreateGateway { gateway: new, dial_plan });
        for (number, mode) in modes.iter().enumerate().skip(1) {
            self.change(&SiteChange::CreateHuntGroup(HuntGroup {
                name: name(&format!("{gateway} {number}")),
                gateway: name(gateway),
                dial_plan: name(mode.word()),
                pilot: Some(Pilot::parse(&format!("500{number}")).unwrap()),
            }));
        }
    }

    fn set(&mut self, gateway: &str, patch: GatewayPatch) {
        self.change(&SiteChange::SetGateway { name: gateway.to_owned(), patch });
    }

    /// Plays the world until nothing more is asked for: milliseconds after the start, gateway and transport of each probe.
    fn play(&mut self, world: World) -> Vec<(u128, String)> {
        let mut asked = Vec::new();
        while let Some(output) = self.probes.poll_output() {
            match output {
                ProbeOutput::Open { attempt, gateway, transport, aim } => {
                    asked.push((self.at(), format!("{gateway} {}", transport.via_token())));
                    match world {
                        World::Refuses(reason) => self.probes.no_way(attempt, reason, self.now, date()),
                        World::Answers(_) | World::KeepsSilent | World::HangsUp => {
                            let mut addresses = self.addresses.clone();
                            aim.arrange(&mut addresses);
                            self.tried.push(addresses[0]);
                            self.probes.way_found(attempt, FlowId(1), addresses[0], self.now);
                        }
                    }
                }
                ProbeOutput::Ask(Question { attempt, .. }) => self.reply(attempt, world),
                told => self.told.push(told),
            }
        }
        asked
    }

    fn reply(&mut self, attempt: ProbeAttempt, world: World) {
        match world {
            World::Answers(status) => {
                self.now += Duration::from_millis(7);
                self.probes.answered(attempt, &response(status), None, self.now, date());
            }
            World::HangsUp => {
                self.probes.unanswered(attempt, TerminationCause::TransportFailed, self.now, date());
            }
            World::KeepsSilent | World::Refuses(_) => self.transactions += 1,
        }
    }

    /// The same for so long.
    fn run(&mut self, world: World, length: Duration) -> Vec<(u128, String)> {
        let until = self.now + length;
        let mut asked = self.play(world);
        while let Some(at) = self.probes.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.probes.handle_timeout(self.now, date());
            asked.extend(self.play(world));
        }
        self.now = self.now.max(until);
        asked
    }

    fn at(&self) -> u128 {
        (self.now - self.start).as_millis()
    }

    /// Each report so far in short.
    fn reports(&mut self) -> Vec<String> {
        let reports = self.told.iter().filter_map(|told| match told {
            ProbeOutput::Report(report) => {
                Some(format!("{} {}: {}", report.gateway, report.state.word(), report.outcome))
            }
            _ => None,
        });
        reports.collect()
    }

    /// Each event so far: its number and its fields.
    fn events(&self) -> Vec<String> {
        let events = self.told.iter().filter_map(|told| match told {
            ProbeOutput::Event(event) => {
                assert!(!event.remedy_words().is_empty(), "{event:?}");
                Some(format!("{event:?}"))
            }
            _ => None,
        });
        events.collect()
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn date() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn remote() -> SocketAddr {
    "192.0.2.7:5060".parse().unwrap()
}

fn response(status: &str) -> Response {
    let text = format!(
        "SIP/2.0 {status}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\n\
         Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nServer: Example PBX\r\nContent-Length: 0\r\n\r\n"
    );
    match parse_datagram(&text.into_bytes().into()).unwrap() {
        Message::Response(response) => response,
        Message::Request(_) => panic!("a response"),
    }
}

fn names(asked: &[(u128, String)]) -> Vec<&str> {
    asked.iter().map(|(_, what)| what.as_str()).collect()
}

#[test]
fn each_transport_class_of_a_gateways_plans_is_probed_once_and_at_once() {
    use VoipSecurity::{Secured, SipSecured, Unsecured};
    let rows: [(&[VoipSecurity], &[&str]); 5] = [
        (&[Unsecured], &["gw1 UDP"]),
        (&[Secured], &["gw1 TLS"]),
        (&[SipSecured, Secured], &["gw1 TLS"]),
        (&[Unsecured, SipSecured, Secured], &["gw1 UDP", "gw1 TLS"]),
        (&[], &[]),
    ];
    for (modes, expected) in rows {
        let mut rig = Rig::new(SETTINGS);
        rig.gateway("gw1", modes);
        // Hunt groups came one by one, and each was a new Site.
        let asked = rig.run(World::Answers("200 OK"), Duration::from_secs(1));

        let mut probed = names(&asked);
        probed.sort_unstable();
        probed.dedup();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(probed, expected, "{modes:?}");
        assert!(asked.iter().all(|(at, _)| *at < 100), "{asked:?}");
    }
}

#[test]
fn clear_transport_is_the_gateways_and_auto_is_the_servers() {
    let tcp_alone = ProbeSettings { clear: Some(Transport::Tcp), ..SETTINGS };
    let no_clear = ProbeSettings { clear: None, ..SETTINGS };
    let rows: [(ProbeSettings, ClearTransport, &[&str]); 5] = [
        (SETTINGS, ClearTransport::Auto, &["gw1 UDP"]),
        (SETTINGS, ClearTransport::Tcp, &["gw1 TCP"]),
        (tcp_alone, ClearTransport::Auto, &["gw1 TCP"]),
        (tcp_alone, ClearTransport::Udp, &["gw1 UDP"]),
        (no_clear, ClearTransport::Auto, &[]),
    ];
    for (settings, transport, expected) in rows {
        let mut rig = Rig::new(settings);
        let mut gateway = IpGateway::new(name("gw1"), GatewayAddress::parse("192.0.2.7").unwrap());
        gateway.transport = transport;
        let dial_plan = Some(name("unsecured"));

        rig.change(&SiteChange::CreateGateway { gateway, dial_plan });

        assert_eq!(names(&rig.play(World::Answers("200 OK"))), expected, "{settings:?} {transport:?}");
    }
}

#[test]
fn gateway_that_takes_no_calls_and_a_server_without_tls_or_interval_probe_nobody() {
    for status in [GatewayStatus::Disabled, GatewayStatus::NoNewCalls] {
        let mut rig = Rig::new(SETTINGS);
        rig.gateway("gw1", &[VoipSecurity::Unsecured]);
        rig.play(World::Answers("200 OK"));

        rig.set("gw1", GatewayPatch { status: Some(status), ..GatewayPatch::default() });

        assert!(rig.run(World::Answers("200 OK"), MINUTE * 5).is_empty());
        let forgotten =
            |told: &ProbeOutput| matches!(told, ProbeOutput::Forget { gateway, .. } if &**gateway == "gw1");
        assert_eq!(rig.told.iter().filter(|told| forgotten(told)).count(), 1);
    }
    for settings in [ProbeSettings { has_tls: false, ..SETTINGS }, ProbeSettings::OFF] {
        let mut rig = Rig::new(settings);
        rig.gateway("gw1", &[VoipSecurity::Secured]);

        assert!(rig.run(World::Answers("200 OK"), MINUTE * 5).is_empty());
        assert_eq!(rig.probes.poll_timeout(), None);
    }
}

#[test]
fn probes_come_at_the_interval_a_tenth_more_or_less_and_never_in_step() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);

    let asked = rig.run(World::Answers("200 OK"), MINUTE * 60);

    let gaps: Vec<u128> = asked.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!((55..=66).contains(&gaps.len()), "{} gaps", gaps.len());
    assert!(gaps.iter().all(|gap| (54_000..=66_010).contains(gap)), "{gaps:?}");
    let mut distinct = gaps.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() > gaps.len() / 2, "{gaps:?}");
}

#[test]
fn any_final_answer_says_that_the_gateway_is_there_and_which_it_was() {
    for (status, words) in [
        ("200 OK", "gw1 up: it answered 200 OK"),
        ("403 Forbidden", "gw1 up: it answered 403 Forbidden"),
        ("503 Service Unavailable", "gw1 up: it answered 503 Service Unavailable"),
    ] {
        let mut rig = Rig::new(SETTINGS);
        rig.gateway("gw1", &[VoipSecurity::Unsecured]);

        rig.play(World::Answers(status));

        assert_eq!(rig.reports(), [words]);
        assert!(rig.events().is_empty(), "up from the first is no change: {:?}", rig.events());
        let Some(ProbeOutput::Report(report)) = rig.told.last() else { panic!("{:?}", rig.told) };
        let ProbeOutcome::Answered { status: code, product, round_trip, .. } = &report.outcome else {
            panic!("{report:?}")
        };
        assert_eq!(StatusCode::new(code.code()), Some(*code));
        assert_eq!((product.as_deref(), *round_trip), (Some("Example PBX"), Duration::from_millis(7)));
        assert_eq!((report.remote, report.since), (Some(remote()), Some(date())));
    }
}

#[test]
fn failed_connection_is_down_at_once_and_an_answer_up_again_each_with_event_1400() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Secured]);
    rig.play(World::Answers("200 OK"));

    rig.run(World::Refuses("192.0.2.7:5061 takes no connection"), MINUTE * 4);
    rig.run(World::Answers("200 OK"), MINUTE * 2);

    let events = rig.events();
    assert_eq!(events.len(), 2, "one for each change: {events:?}");
    assert_eq!(
        events[0],
        "1400 gateway-state gateway=\"gw1\" state=\"down\" transport=\"TLS\" address=\"192.0.2.7:5060\" \
         reason=\"192.0.2.7:5061 takes no connection\""
    );
    assert!(events[1].contains("state=\"up\"") && events[1].contains("it answered 200 OK"), "{events:?}");
}

#[test]
fn three_probes_in_a_row_without_an_answer_are_down_and_two_are_not() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    rig.play(World::Answers("200 OK"));
    let answered = rig.now;

    let asked = rig.run(World::KeepsSilent, MINUTE + Duration::from_secs(45));

    // Each is given up after 8 s, and in doubt the next one follows 5 s later.
    let first = u64::try_from(asked[0].0).unwrap();
    let offsets: Vec<u64> = asked.iter().take(3).map(|(at, _)| u64::try_from(*at).unwrap() - first).collect();
    assert_eq!(offsets, [0, 13_000, 26_000]);
    let told: Vec<String> = rig.reports().split_off(1);
    assert_eq!(
        told[..3],
        [
            "gw1 up: no answer to OPTIONS within 8 s",
            "gw1 up: no answer to OPTIONS within 8 s",
            "gw1 down: no answer to OPTIONS within 8 s"
        ]
    );
    assert_eq!(rig.events().len(), 1);
    assert!(rig.now - answered < MINUTE * 2, "it is known within two minutes");
}

#[test]
fn udp_probe_without_an_answer_goes_to_the_next_address_and_stays_where_one_answers() {
    let mut rig = Rig::new(SETTINGS);
    let address = |last: u8| SocketAddr::from(([192, 0, 2, last], 5060));
    rig.addresses = vec![address(1), address(2), address(3)];
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);

    rig.run(World::KeepsSilent, Duration::from_secs(20));
    rig.run(World::Answers("200 OK"), MINUTE * 2);

    assert_eq!(rig.tried[..4], [address(1), address(2), address(3), address(3)]);
    assert!(rig.events().is_empty(), "{:?}", rig.events());
}

#[test]
fn one_answer_among_silent_probes_begins_the_count_anew() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    for _ in 0..5 {
        rig.run(World::KeepsSilent, Duration::from_secs(20));
        rig.run(World::Answers("200 OK"), Duration::from_secs(20));
    }

    assert!(rig.events().is_empty(), "{:?}", rig.events());
}

#[test]
fn connection_that_closes_before_the_answer_three_times_is_down_with_the_remedy_of_our_certificate() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Secured]);

    let asked = rig.run(World::HangsUp, Duration::from_secs(30));

    let at: Vec<u128> = asked.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [0, 5_000, 10_000]);
    let event = rig.told.iter().find_map(|told| match told {
        ProbeOutput::Event(event) => Some(event),
        _ => None,
    });
    let event = event.expect("event 1400");
    assert_eq!(event.kind.id, 1400);
    assert!(event.remedy_words().contains("`um cert export --to FILE.pem`"), "{event:?}");
}

#[test]
fn with_a_short_interval_a_probe_is_given_up_before_the_next_is_due() {
    let mut rig = Rig::new(ProbeSettings { interval: Duration::from_secs(1), ..SETTINGS });
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);

    let asked = rig.run(World::KeepsSilent, Duration::from_millis(5_500));

    let at: Vec<u128> = asked.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [0, 2_000, 4_000]);
    assert_eq!(rig.events().len(), 1, "down after three");
}

#[test]
fn new_site_makes_every_gateway_due_and_follows_a_probe_under_way() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    rig.gateway("gw2", &[VoipSecurity::Unsecured]);
    rig.run(World::Answers("200 OK"), Duration::from_secs(1));

    rig.set("gw1", GatewayPatch { port: Some(5070), ..GatewayPatch::default() });
    let at_once = rig.run(World::KeepsSilent, Duration::from_secs(1));
    rig.set("gw1", GatewayPatch { port: Some(5080), ..GatewayPatch::default() });
    let meanwhile = rig.run(World::KeepsSilent, Duration::from_secs(1));
    let after = rig.run(World::Answers("200 OK"), Duration::from_secs(7));

    assert_eq!(names(&at_once), ["gw1 UDP", "gw2 UDP"]);
    assert!(meanwhile.is_empty(), "one at a time: {meanwhile:?}");
    assert_eq!(names(&after), ["gw1 UDP", "gw2 UDP"], "right after those that were given up");
}

#[test]
fn gateway_that_goes_while_its_probe_is_under_way_is_forgotten_with_it() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    let Some(ProbeOutput::Open { attempt, .. }) = rig.probes.poll_output() else { panic!("a probe") };
    rig.probes.way_found(attempt, FlowId(1), remote(), rig.now);
    rig.probes.poll_output();

    rig.change(&SiteChange::DeleteGateway { name: "gw1".to_owned() });
    rig.probes.answered(attempt, &response("200 OK"), None, rig.now, date());

    rig.play(World::KeepsSilent);
    assert!(matches!(rig.told.as_slice(), [ProbeOutput::Forget { .. }]), "{:?}", rig.told);
    assert_eq!(rig.probes.poll_timeout(), None);
}

#[test]
fn never_more_than_the_bound_are_under_way_and_all_get_their_turn() {
    let mut rig = Rig::new(SETTINGS);
    for number in 0..50 {
        rig.gateway(&format!("gw{number}"), &[VoipSecurity::Unsecured]);
    }
    assert_eq!(rig.probes.timetable.under_way(), MAX_IN_FLIGHT);

    let first = rig.play(World::KeepsSilent);
    let rest = rig.run(World::Answers("200 OK"), Duration::from_secs(20));

    assert_eq!(first.len(), MAX_IN_FLIGHT);
    let mut probed: Vec<&str> = names(&first).into_iter().chain(names(&rest)).collect();
    probed.sort_unstable();
    probed.dedup();
    assert_eq!(probed.len(), 50);
}

#[test]
fn stopping_server_probes_nobody_any_more() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    rig.play(World::Answers("200 OK"));

    rig.probes.stop();
    rig.probes.follow(&rig.site.clone(), rig.now);

    assert!(rig.run(World::Answers("200 OK"), MINUTE * 10).is_empty());
    assert_eq!(rig.probes.poll_timeout(), None);
}

#[test]
fn way_that_nobody_finds_is_given_up() {
    let mut rig = Rig::new(SETTINGS);
    rig.gateway("gw1", &[VoipSecurity::Unsecured]);
    let Some(ProbeOutput::Open { .. }) = rig.probes.poll_output() else { panic!("a probe") };

    rig.run(World::KeepsSilent, Duration::from_secs(31));

    assert_eq!(rig.reports(), ["gw1 down: no way was found within 30 s"]);
}
