//! Lamps on a virtual clock, with gateways that the test plays.
use std::net::SocketAddr;

use dial_plan::{
    DialPlan, GatewayAddress, GatewayPatch, GatewayStatus, IpGateway, Name, PolicyPatch, SiteChange,
    VoipSecurity,
};
use jiff::Timestamp;
use mailbox::Mailbox;
use proptest::prelude::*;
use sip_signaling::{Endpoint, EndpointConfig, FlowId, Origin, StatusCode, Transport, UserKey};
use telephony::Extension;

use super::{lamp::Phase, *};
use crate::gateway_probe::ProbeOutcome;

const BOTH: LampTransports = LampTransports { clear: Some(Transport::Udp), has_tls: true };

/// With more lamps than these the indexes are not looked at after every step: it takes too long.
const LOOKED_AT: usize = 100;

/// How a gateway treats a NOTIFY.
#[derive(Clone, Copy, Debug)]
enum Gateway {
    Answers(u16),
    KeepsSilent,
    HasNoWay,
}
use Gateway::{Answers, HasNoWay, KeepsSilent};

/// The lamps, their clock, and what they did.
struct Rig {
    lamps: MessageWaiting,
    site: Site,
    start: Instant,
    now: Instant,
    world: HashMap<String, Gateway>,
    /// Makes the ids of transactions.
    endpoint: Endpoint,
    /// Milliseconds, gateway, Request-URI and the line of counts.
    sent: Vec<(u128, String)>,
    events: Vec<(u128, u16, String)>,
    withdrawn: usize,
    asked_for_all: Vec<u128>,
    standings: BTreeMap<i64, String>,
}

impl Rig {
    /// Plan `hq` of this mode, with these gateways.
    fn new(mode: VoipSecurity, gateways: &[(&str, Gateway)], transports: LampTransports) -> Self {
        let now = Instant::now();
        let mut plan = DialPlan::new(name("hq"), 4);
        plan.voip_security = mode;
        let mut rig = Self {
            lamps: MessageWaiting::new("um.example.com".to_owned(), transports),
            site: Site::empty(),
            start: now,
            now,
            world: HashMap::new(),
            endpoint: Endpoint::new(EndpointConfig::new("um.example.com"), [5; 32]),
            sent: Vec::new(),
            events: Vec::new(),
            withdrawn: 0,
            asked_for_all: Vec::new(),
            standings: BTreeMap::new(),
        };
        rig.change(&SiteChange::CreateDialPlan(plan));
        for (gateway, behaviour) in gateways {
            let address = GatewayAddress::parse(&format!("{gateway}.example.com")).unwrap();
            let new = IpGateway::new(name(gateway), address);
            rig.change(&SiteChange::CreateGateway { gateway: new, dial_plan: Some(name("hq")) });
            rig.world.insert((*gateway).to_owned(), *behaviour);
        }
        rig
    }

    /// The same with one mailbox that is told already.
    fn with_mailbox(gateways: &[(&str, Gateway)]) -> Self {
        let mut rig = Self::new(VoipSecurity::Unsecured, gateways, BOTH);
        rig.take_all(Vec::new());
        rig.take(1, 0);
        rig.run_for(Duration::from_secs(1));
        rig.sent.clear();
        rig
    }

    fn at(&self) -> Moment {
        Moment { now: self.now, date: date() }
    }

    fn change(&mut self, change: &SiteChange) {
        let (site, _) = self.site.apply(change).unwrap();
        self.site = site;
        let site = Arc::new(self.site.clone());
        self.lamps.follow(&site, self.at());
        self.play();
    }

    fn set(&mut self, gateway: &str, patch: GatewayPatch) {
        self.change(&SiteChange::SetGateway { name: gateway.to_owned(), patch });
    }

    fn take(&mut self, mailbox: i64, new: u32) {
        self.lamps.take(state(mailbox, new), self.at());
        self.play();
    }

    fn take_all(&mut self, states: Vec<LampState>) {
        self.lamps.take_all(states, self.at());
        self.play();
    }

    fn probed(&mut self, gateway: &str, state: GatewayState) {
        let report = GatewayReport {
            gateway: gateway.into(),
            transport: Transport::Udp,
            state,
            since: None,
            probed: date(),
            outcome: ProbeOutcome::Unanswered { reason: String::new() },
            remote: Some(address()),
            certificate: None,
        };
        self.lamps.gateway_probed(&report, self.at());
        self.play();
    }

    /// Fires every deadline of so long a time.
    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.lamps.poll_timeout().filter(|due| *due <= end) {
            assert!(due >= self.now || self.lamps.outputs.is_empty());
            self.now = due.max(self.now);
            self.lamps.handle_timeout(self.at());
            self.play();
        }
        self.now = end;
    }

    fn play(&mut self) {
        self.check();
        while let Some(output) = self.lamps.poll_output() {
            match output {
                LampOutput::Open { attempt, gateway, .. } => match self.world[&*gateway] {
                    HasNoWay => self.lamps.no_way(attempt, "connection refused", self.at()),
                    Answers(_) | KeepsSilent => {
                        self.lamps.way_found(attempt, FlowId(1), address(), self.at());
                    }
                },
                LampOutput::Notify(notice) => self.notify(*notice),
                LampOutput::Abandon(_) => self.withdrawn += 1,
                LampOutput::Event(event) => {
                    let fields: Vec<String> =
                        event.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    self.events.push((self.elapsed(), event.kind.id, fields.join(" ")));
                }
                LampOutput::Report(report) => {
                    self.standings.insert(report.mailbox.0, words(&report.standing));
                }
                LampOutput::Gone(mailbox) => {
                    self.standings.remove(&mailbox.0);
                }
                LampOutput::ReadAll => self.asked_for_all.push(self.elapsed()),
                LampOutput::Tell { .. } | LampOutput::End(_) => panic!("nobody has subscribed"),
            }
            self.check();
        }
    }

    fn notify(&mut self, notice: LampNotice) {
        let LampNotice { attempt, gateway, target, notification, flow, transport, remote } = notice;
        assert_eq!(&notification.event[..], b"message-summary");
        assert_eq!(notification.state.to_string(), "terminated");
        let body = notification.body.clone().expect("a summary").bytes;
        let body = String::from_utf8(body.to_vec()).unwrap();
        let counts = body.lines().find_map(|line| line.strip_prefix("Voice-Message: ")).unwrap();
        self.sent.push((self.elapsed(), format!("{gateway} {target} {counts}")));
        let peers = Arc::from([gateway.clone()]);
        let way = Origin { flow, transport, local: address(), remote, peers };
        let user = UserKey(attempt.0);
        let transaction = self.endpoint.notify(user, target, notification, &way, self.now).unwrap();
        while self.endpoint.poll_output().is_some() {}
        self.lamps.sent(attempt, transaction);
        match self.world[&*gateway] {
            Answers(status) => {
                self.lamps.answered(attempt, StatusCode::new(status).unwrap(), self.at());
            }
            KeepsSilent => {}
            HasNoWay => unreachable!("there was no way"),
        }
    }

    fn elapsed(&self) -> u128 {
        (self.now - self.start).as_millis()
    }

    /// The gateways that were sent something, in order.
    fn told(&self) -> Vec<&str> {
        self.sent.iter().map(|(_, sent)| sent.split(' ').next().unwrap()).collect()
    }

    /// Every index says what the lamps say.
    fn check(&self) {
        let lamps = &self.lamps;
        if lamps.lamps.len() > LOOKED_AT {
            return;
        }
        let due: BTreeSet<_> =
            lamps.lamps.iter().filter_map(|(id, lamp)| Some((lamp.phase.deadline()?, *id))).collect();
        assert_eq!(due, lamps.timers);
        let queued = lamps.lamps.values().filter(|lamp| matches!(lamp.phase, Phase::Queued { .. })).count();
        assert_eq!(queued, lamps.queue.len());
        let under_way = lamps.lamps.values().filter(|lamp| lamp.phase.attempt().is_some()).count();
        assert_eq!(under_way, lamps.attempts.len());
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn date() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 5060))
}

fn words(standing: &LampStanding) -> String {
    match standing {
        LampStanding::Off | LampStanding::Pending => standing.word().to_owned(),
        LampStanding::Told { gateway, .. } => format!("told {gateway}"),
        LampStanding::Failed { reason, .. } => format!("failed: {reason}"),
    }
}

/// Mailbox 1 is extension 1001.
fn state(id: i64, new: u32) -> LampState {
    let mailbox = Mailbox {
        id: MailboxId(id),
        dial_plan: "hq".to_owned(),
        extension: Extension::parse(&(1000 + id).to_string()).unwrap(),
        numbers: Vec::new(),
        name: "Ada".to_owned(),
        email: None,
        policy: "hq Default Policy".to_owned(),
        created: date(),
        recorded_name: None,
    };
    LampState { mailbox, counts: MessageCounts { new, new_urgent: 0, old: 0, old_urgent: 0 } }
}

#[test]
fn change_leaves_at_once_to_the_gateway_of_the_lowest_priority_then_by_name() {
    let mut rig = Rig::with_mailbox(&[("gw3", Answers(200)), ("gw2", Answers(200)), ("gw1", Answers(200))]);
    rig.set("gw1", GatewayPatch { mwi_priority: Some(200), ..GatewayPatch::default() });
    rig.run_for(Duration::from_secs(1));
    rig.sent.clear();
    let at = rig.elapsed();

    rig.take(1, 2);

    assert_eq!(rig.sent, [(at, "gw2 sip:1001@gw2.example.com:5060 2/0 (0/0)".to_owned())]);
    assert_eq!(rig.standings[&1], "told gw2");
    rig.run_for(Duration::from_secs(600));
    assert_eq!((rig.sent.len(), rig.events.len()), (1, 0));
}

#[test]
fn whatever_is_no_2xx_tries_the_next_gateway() {
    for first in [Answers(480), Answers(302), Answers(603), HasNoWay, KeepsSilent] {
        let mut rig = Rig::with_mailbox(&[("gw1", Answers(200)), ("gw2", Answers(202))]);
        rig.world.insert("gw1".to_owned(), first);

        rig.take(1, 1);
        rig.run_for(Duration::from_secs(9));

        assert_eq!(rig.told().last(), Some(&"gw2"), "{first:?}");
        assert_eq!((rig.standings[&1].as_str(), rig.events.len()), ("told gw2", 0));
    }
}

#[test]
fn nobody_takes_it_for_five_minutes_is_event_1344_once_and_the_next_change_is_told_anew() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200)), ("gw2", Answers(200))]);
    rig.world.insert("gw1".to_owned(), Answers(503));
    rig.world.insert("gw2".to_owned(), Answers(480));
    let changed = rig.elapsed();

    rig.take(1, 1);
    rig.run_for(Duration::from_secs(1_000));

    let [(at, 1344, fields)] = rig.events.as_slice() else { panic!("{:?}", rig.events) };
    assert_eq!(*at, changed + 300_000);
    assert_eq!(
        fields,
        "extension=1001 dial_plan=hq reason=gateway gw2: it answered 480 Temporarily Unavailable"
    );
    assert_eq!(rig.told()[..4], ["gw1", "gw2", "gw1", "gw2"]);
    assert_eq!(rig.sent.len(), 60, "both, every ten seconds");
    assert!(rig.standings[&1].starts_with("failed: "));

    rig.world.insert("gw1".to_owned(), Answers(200));
    rig.take(1, 2);

    assert_eq!((rig.told().last(), rig.standings[&1].as_str()), (Some(&"gw1"), "told gw1"));
}

#[test]
fn gateway_that_is_known_to_be_down_is_passed_over() {
    let mut rig = Rig::with_mailbox(&[("gw1", KeepsSilent), ("gw2", Answers(200))]);
    rig.probed("gw1", GatewayState::Down);
    rig.sent.clear();

    rig.take(1, 1);

    assert_eq!(rig.told(), ["gw2"]);
}

#[test]
fn gateway_that_is_back_is_told_what_it_missed_and_what_it_may_have_forgotten() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);
    rig.probed("gw1", GatewayState::Up);
    rig.take(2, 1);
    rig.probed("gw1", GatewayState::Down);
    rig.sent.clear();

    rig.take(1, 3);
    rig.run_for(Duration::from_secs(400));
    let while_down = rig.sent.clone();
    let event = rig.events.pop().map(|(_, id, fields)| (id, fields));
    rig.probed("gw1", GatewayState::Up);
    rig.run_for(Duration::from_secs(1));

    assert_eq!(while_down, []);
    assert_eq!(event, Some((1344, "extension=1001 dial_plan=hq reason=gateway gw1 is down".to_owned())));
    let uris: Vec<&str> = rig.sent.iter().map(|(_, sent)| sent.split(' ').nth(1).unwrap()).collect();
    assert_eq!(uris, ["sip:1001@gw1.example.com:5060", "sip:1002@gw1.example.com:5060"]);
}

#[test]
fn lamp_that_waits_for_a_gateway_is_told_as_soon_as_it_is_up() {
    let mut rig = Rig::with_mailbox(&[("gw1", HasNoWay)]);
    rig.take(1, 1);
    assert_eq!(rig.standings[&1], "pending");

    rig.world.insert("gw1".to_owned(), Answers(200));
    rig.probed("gw1", GatewayState::Up);
    rig.run_for(Duration::from_millis(20));

    assert_eq!(rig.standings[&1], "told gw1");
}

#[test]
fn newer_change_withdraws_the_older_notify_before_it_is_told() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);
    rig.world.insert("gw1".to_owned(), KeepsSilent);
    rig.take(1, 1);
    rig.run_for(Duration::from_secs(2));
    let (before, withdrawn) = (rig.sent.len(), rig.withdrawn);
    rig.world.insert("gw1".to_owned(), Answers(200));
    let at = rig.elapsed();

    rig.take(1, 0);

    assert_eq!((before, withdrawn, rig.withdrawn), (1, 0, 1));
    assert_eq!(rig.sent.last().unwrap(), &(at, "gw1 sip:1001@gw1.example.com:5060 0/0 (0/0)".to_owned()));
    rig.run_for(Duration::from_secs(600));
    assert_eq!(rig.sent.len(), 2);
}

#[test]
fn after_a_start_all_lamps_are_told_one_every_20_ms_and_a_change_does_not_wait() {
    let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", Answers(200))], BOTH);
    assert_eq!(rig.asked_for_all, [0], "with the first Site");

    rig.take_all((1..=5_000).map(|id| state(id, 1)).collect());
    rig.run_for(Duration::from_secs(1));
    let first_second = rig.sent.len();
    rig.take(4_999, 7);
    let change = rig.sent.last().cloned().unwrap();
    rig.run_for(Duration::from_secs(120));

    assert_eq!(first_second, 51);
    assert_eq!(change, (1_000, "gw1 sip:5999@gw1.example.com:5060 7/0 (0/0)".to_owned()));
    assert_eq!(rig.sent.len(), 5_000, "the change has taken the place of its refresh");
    assert!(rig.sent.last().unwrap().0 <= 100_100, "{:?}", rig.sent.last());
    assert!(rig.standings.values().all(|standing| standing == "told gw1"));
}

#[test]
fn silent_gateway_has_no_more_than_64_refreshes_under_way() {
    let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", KeepsSilent)], BOTH);

    rig.take_all((1..=1_000).map(|id| state(id, 1)).collect());
    rig.run_for(Duration::from_millis(7_900));

    assert_eq!(rig.sent.len(), 64);
    assert_eq!(rig.lamps.attempts.len(), 64);
}

#[test]
fn outage_of_1000_lamps_is_eleven_events_a_minute() {
    let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", HasNoWay)], BOTH);

    rig.take_all((1..=1_000).map(|id| state(id, 1)).collect());
    rig.run_for(Duration::from_secs(700));

    assert!(rig.standings.values().all(|standing| standing.starts_with("failed")), "all were given up");
    let counted = rig.events.iter().filter(|(_, _, fields)| fields.contains("count=")).count();
    assert!(counted >= 1 && rig.events.len() <= 11 * 8, "{}", rig.events.len());
}

#[test]
fn all_mailboxes_are_read_again_every_twelve_hours_and_after_a_minute_if_nobody_brings_them() {
    let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", Answers(200))], BOTH);
    rig.run_for(Duration::from_secs(61));
    rig.take_all(vec![state(1, 1)]);
    rig.run_for(Duration::from_secs(12 * 3_600));

    assert_eq!(rig.asked_for_all, [0, 60_000, 61_000 + 12 * 3_600_000]);
}

#[test]
fn refresh_tells_what_has_not_changed_and_forgets_what_is_gone() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);
    rig.take(2, 1);
    rig.sent.clear();

    rig.take_all(vec![state(1, 0)]);
    rig.run_for(Duration::from_secs(1));

    assert_eq!(rig.told(), ["gw1"]);
    assert_eq!(rig.standings.keys().collect::<Vec<_>>(), [&1]);
    assert!(rig.lamps.lamps.len() == 1 && rig.lamps.by_number.len() == 1);
}

#[test]
fn policy_or_gateway_that_does_not_allow_it_keeps_the_lamp_off_until_it_does() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);
    let no = GatewayPatch { message_waiting: Some(false), ..GatewayPatch::default() };
    let yes = GatewayPatch { message_waiting: Some(true), ..GatewayPatch::default() };
    let policy = |allowed| SiteChange::SetPolicy {
        name: "hq Default Policy".to_owned(),
        patch: PolicyPatch { allow_message_waiting: Some(allowed), ..PolicyPatch::default() },
    };

    rig.set("gw1", no);
    rig.take(1, 1);
    rig.run_for(Duration::from_secs(400));
    let while_off = (rig.sent.len(), rig.events.len(), rig.standings[&1].clone());
    rig.set("gw1", yes);
    rig.run_for(Duration::from_secs(1));
    let after = rig.sent.len();
    rig.change(&policy(false));
    rig.take(1, 2);
    rig.run_for(Duration::from_secs(1));
    let by_policy = (rig.sent.len(), rig.standings[&1].clone());
    rig.change(&policy(true));
    rig.run_for(Duration::from_secs(1));

    assert_eq!(while_off, (0, 0, "off".to_owned()));
    assert_eq!(after, 1);
    assert_eq!(by_policy, (1, "off".to_owned()));
    assert_eq!((rig.sent.len(), rig.standings[&1].as_str()), (2, "told gw1"));
}

#[test]
fn secured_plan_is_told_over_tls_and_without_tls_never_in_a_weaker_way() {
    for mode in [VoipSecurity::SipSecured, VoipSecurity::Secured] {
        let mut secured = Rig::new(mode, &[("gw1", Answers(200))], BOTH);
        let clear_only = LampTransports { clear: Some(Transport::Udp), has_tls: false };
        let mut impossible = Rig::new(mode, &[("gw1", Answers(200))], clear_only);
        for rig in [&mut secured, &mut impossible] {
            rig.take_all(vec![state(1, 1)]);
            rig.run_for(Duration::from_secs(400));
        }

        let uri = "gw1 sip:1001@gw1.example.com:5060;transport=tls 1/0 (0/0)";
        assert_eq!(secured.sent, [(0, uri.to_owned())]);
        assert!(impossible.sent.is_empty());
        assert_eq!(impossible.events.len(), 1);
        assert!(impossible.events[0].2.contains("the dial plan wants TLS"), "{:?}", impossible.events);
    }
}

#[test]
fn disabled_gateway_is_not_told_and_a_change_of_its_status_meanwhile_counts() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200)), ("gw2", Answers(200))]);
    rig.world.insert("gw1".to_owned(), KeepsSilent);
    rig.take(1, 1);

    rig.change(&SiteChange::SetGateway {
        name: "gw1".to_owned(),
        patch: GatewayPatch { status: Some(GatewayStatus::Disabled), ..GatewayPatch::default() },
    });
    rig.run_for(Duration::from_millis(100));

    assert_eq!((rig.told(), rig.withdrawn), (vec!["gw1", "gw2"], 1));
}

#[test]
fn gateway_that_has_moved_is_told_again() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);

    rig.set("gw1", GatewayPatch { port: Some(5070), ..GatewayPatch::default() });
    rig.set("gw1", GatewayPatch { out_calls: Some(false), ..GatewayPatch::default() });
    rig.run_for(Duration::from_secs(1));

    assert_eq!(rig.told(), ["gw1"]);
}

#[test]
fn stopping_tells_nobody_any_more() {
    let mut rig = Rig::with_mailbox(&[("gw1", KeepsSilent)]);
    rig.take(1, 1);
    let before = rig.sent.len();

    rig.lamps.stop();
    rig.play();
    rig.take(1, 2);
    rig.take_all(vec![state(1, 3)]);
    rig.run_for(REFRESH_EVERY * 2);

    assert_eq!(rig.sent.len(), before);
    assert_eq!(rig.lamps.poll_timeout(), None);
}

#[test]
fn late_words_about_an_attempt_that_is_over_change_nothing() {
    let mut rig = Rig::with_mailbox(&[("gw1", Answers(200))]);

    for attempt in (0..10).map(LampAttempt) {
        rig.lamps.way_found(attempt, FlowId(9), address(), rig.at());
        rig.lamps.answered(attempt, StatusCode::FORBIDDEN, rig.at());
        rig.lamps.no_way(attempt, "late", rig.at());
    }
    rig.play();

    assert_eq!((rig.sent.len(), rig.standings[&1].as_str()), (0, "told gw1"));
}

#[test]
fn nobody_subscribes_before_the_mailboxes_are_read_or_after_the_stop() {
    let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", Answers(200))], BOTH);
    let gateways = [PeerName::from("gw1")];
    let asked = SubscribeAsked {
        gateways: &gateways,
        class: TransportClass::Clear,
        user: "1001",
        seconds: None,
        event: "message-summary".into(),
    };

    let before = rig.lamps.judge(&asked);
    rig.take_all(vec![state(1, 0)]);
    let read = rig.lamps.judge(&asked).map(|granted| granted.seconds);
    rig.lamps.stop();

    assert_eq!(before, Err(SubscribeRefusal::NotReady));
    assert_eq!(read, Ok(3_600));
    assert_eq!(rig.lamps.judge(&asked), Err(SubscribeRefusal::NotReady));
}

/// Something that happens around two lamps and two gateways.
#[derive(Clone, Copy, Debug)]
enum Step {
    Change(i64, u32),
    Gone(i64),
    Behave(usize, Gateway),
    Probed(usize, GatewayState),
    ReadAll,
    Allow(usize, bool),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let gateway = prop_oneof![Just(Answers(200)), Just(Answers(503)), Just(KeepsSilent), Just(HasNoWay)];
    let state = prop_oneof![Just(GatewayState::Up), Just(GatewayState::Down), Just(GatewayState::Unknown)];
    prop_oneof![
        4 => (1..3_i64, 0..5_u32).prop_map(|(id, new)| Step::Change(id, new)),
        1 => (1..3_i64).prop_map(Step::Gone),
        2 => (0..2_usize, gateway).prop_map(|(place, behaviour)| Step::Behave(place, behaviour)),
        2 => (0..2_usize, state).prop_map(|(place, state)| Step::Probed(place, state)),
        1 => Just(Step::ReadAll),
        1 => (0..2_usize, any::<bool>()).prop_map(|(place, allowed)| Step::Allow(place, allowed)),
        4 => (0..40_000_u16).prop_map(Step::Wait),
    ]
}

const TWO: [&str; 2] = ["gw1", "gw2"];

impl Rig {
    fn take_step(&mut self, step: Step, truth: &mut BTreeMap<i64, u32>) {
        match step {
            Step::Change(id, new) => {
                truth.insert(id, new);
                self.take(id, new);
            }
            Step::Gone(id) => {
                truth.remove(&id);
                self.lamps.forget(MailboxId(id));
                self.play();
            }
            Step::Behave(place, behaviour) => {
                self.world.insert(TWO[place].to_owned(), behaviour);
            }
            Step::Probed(place, state) => self.probed(TWO[place], state),
            Step::ReadAll => self.take_all(truth.iter().map(|(id, new)| state(*id, *new)).collect()),
            Step::Allow(place, allowed) => {
                let patch = GatewayPatch { message_waiting: Some(allowed), ..GatewayPatch::default() };
                self.set(TWO[place], patch);
            }
            Step::Wait(milliseconds) => self.run_for(Duration::from_millis(u64::from(milliseconds))),
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_every_lamp_is_right_once_the_gateways_are_back(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut rig = Rig::new(VoipSecurity::Unsecured, &[("gw1", Answers(200)), ("gw2", Answers(200))], BOTH);
        let mut truth = BTreeMap::new();

        steps.into_iter().for_each(|step| rig.take_step(step, &mut truth));
        for (place, gateway) in TWO.into_iter().enumerate() {
            rig.take_step(Step::Behave(place, Answers(200)), &mut truth);
            rig.take_step(Step::Allow(place, true), &mut truth);
            rig.probed(gateway, GatewayState::Up);
        }
        rig.run_for(Duration::from_secs(60));

        for (id, new) in &truth {
            let uri = format!("sip:{}@", 1_000 + id);
            let last = rig.sent.iter().rev().find(|(_, sent)| sent.contains(&uri)).map(|(_, sent)| sent.as_str());
            let last = last.unwrap_or_default();
            prop_assert!(last.ends_with(&format!(" {new}/0 (0/0)")), "{last} and not {new}");
            prop_assert!(rig.standings[id].starts_with("told "), "{}", rig.standings[id]);
        }
        prop_assert_eq!(rig.standings.len(), truth.len());
        prop_assert!(rig.lamps.attempts.is_empty() && rig.lamps.timers.is_empty() && rig.lamps.queue.is_empty());
    }
}
