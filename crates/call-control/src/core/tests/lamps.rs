//! Lamps through the core: NOTIFYs of our own, and subscriptions of peers (RFC 3842, RFC 6665).
use mailbox::MessageCounts;

use super::*;
use crate::{LampNews, LampStanding, LampState};

const PROBES: ProbeSettings =
    ProbeSettings { interval: Duration::ZERO, clear: Some(Transport::Udp), has_tls: true };

fn lamp(new: u32) -> LampState {
    LampState { mailbox: mailbox(), counts: MessageCounts { new, new_urgent: 0, old: 1, old_urgent: 0 } }
}

impl Rig {
    /// A core that knows its one mailbox, whose lamp nobody is told of yet.
    fn lit(mode: VoipSecurity) -> Self {
        let mut rig = Self::probing(mode, PROBES);
        rig.input(Input::Lamps(LampNews::All(vec![lamp(0)])));
        rig
    }

    fn count(&mut self, new: u32) -> Vec<Output> {
        self.input(Input::Lamps(LampNews::Changed(Box::new(lamp(new)))))
    }

    fn subscribe(&mut self, user: &str, headers: &str) -> Vec<Output> {
        self.invites += 1;
        self.subscribe_within(self.invites, 1, user, "", headers)
    }

    fn subscribe_within(&mut self, n: u32, cseq: u32, user: &str, tag: &str, headers: &str) -> Vec<Output> {
        self.message(&format!(
            "SUBSCRIBE sip:{user}@um.example.com SIP/2.0\n\
             Via: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKs{n}x{cseq}\n\
             From: <sip:phone@127.0.0.1>;tag=p1\nTo: <sip:{user}@um.example.com>{tag}\nCall-ID: s{n}\n\
             CSeq: {cseq} SUBSCRIBE\nContact: <sip:phone@127.0.0.1:6000>\nEvent: message-summary\n\
             {headers}Content-Length: 0\n\n"
        ))
    }

    /// The peer's answer to our only request among `outputs`.
    fn answer(&mut self, outputs: &[Output], status: &str) -> Vec<Output> {
        let text = answer_to(&our_request(outputs), status);
        self.message(&text)
    }

    /// A subscription whose first NOTIFY was taken: its number and our tag.
    fn subscribed(&mut self) -> (u32, String) {
        let outputs = self.subscribe("4001", "Expires: 600\n");
        self.answer(&outputs, "200 OK");
        (self.invites, format!(";tag={}", to_tag(&sent(&outputs)[0])))
    }
}

fn our_request(outputs: &[Output]) -> String {
    let mut requests: Vec<String> =
        sent(outputs).into_iter().filter(|text| !text.starts_with("SIP/2.0 ")).collect();
    assert_eq!(requests.len(), 1, "one request of ours: {outputs:?}");
    requests.remove(0)
}

fn answer_to(request: &str, status: &str) -> String {
    let copied = request.lines().filter(|line| {
        ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
    });
    let copied: String = copied.flat_map(|line| [line, "\n"]).collect();
    format!("SIP/2.0 {status}\n{copied}Content-Length: 0\n\n")
}

fn line<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("{name}: ");
    text.lines().find_map(|line| line.strip_prefix(start.as_str())).unwrap_or_default()
}

#[test]
fn change_goes_to_the_gateway_as_an_unsolicited_notify_and_its_200_is_told() {
    let mut rig = Rig::probing(VoipSecurity::Unsecured, PROBES);
    let asked = rig.input(Input::Lamps(LampNews::All(vec![lamp(0)])));
    let ticket = asked.iter().find_map(|output| match output {
        Output::OpenFlow(order) => Some(order.ticket),
        _ => None,
    });
    let ticket = ticket.expect("a way is sought");

    // What is told is what is true when the way is there.
    rig.count(2);
    let remote = SocketAddr::from(([127, 0, 0, 1], 5060));
    let outputs = rig.input(Input::FlowOpened { ticket, flow: FlowId(1), remote });
    let request = our_request(&outputs);
    let told = rig.answer(&outputs, "200 OK");

    assert!(request.starts_with("NOTIFY sip:4001@gw1.example.com:5060 SIP/2.0\r\n"), "{request}");
    assert_eq!(line(&request, "To"), "<sip:4001@gw1.example.com:5060>");
    assert_eq!(line(&request, "Subscription-State"), "terminated");
    assert_eq!(line(&request, "Event"), "message-summary");
    assert!(request.ends_with(
        "\r\n\r\nMessages-Waiting: yes\r\nMessage-Account: sip:4001@um.example.com\r\nVoice-Message: 2/1 (0/0)\r\n"
    ));
    let standing = told.iter().find_map(|output| match output {
        Output::LampChanged(report) => Some(report.standing.clone()),
        _ => None,
    });
    assert_eq!(standing, Some(LampStanding::Told { gateway: "gw1".into(), at: rig.date }));
}

#[test]
fn subscriber_is_told_at_once_and_of_every_change() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);

    let outputs = rig.subscribe("4001", "Expires: 600\n");
    let accepted = sent(&outputs)[0].clone();
    let first = our_request(&outputs);
    rig.answer(&outputs, "200 OK");
    let change = rig.count(3);
    let second = our_request(&change);

    assert!(accepted.starts_with("SIP/2.0 200 OK\r\n"), "{accepted}");
    assert_eq!(line(&accepted, "Expires"), "600");
    assert!(first.starts_with("NOTIFY sip:phone@127.0.0.1:6000 SIP/2.0\r\n"), "{first}");
    assert_eq!(line(&first, "Subscription-State"), "active;expires=600");
    assert_eq!(line(&first, "Voice-Message"), "0/1 (0/0)");
    assert_eq!((line(&second, "Voice-Message"), line(&second, "CSeq")), ("3/1 (0/0)", "2 NOTIFY"));
}

#[test]
fn change_while_a_notify_is_on_its_way_follows_its_answer() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.subscribed();
    let lost = rig.count(1);

    let meanwhile = rig.count(2);
    let repeated = rig.advance(Duration::from_millis(500));
    let after = rig.answer(&lost, "200 OK");

    assert!(sent(&meanwhile).is_empty(), "{meanwhile:?}");
    assert_eq!(line(&our_request(&repeated), "Voice-Message"), "1/1 (0/0)");
    assert_eq!(line(&our_request(&after), "Voice-Message"), "2/1 (0/0)");
}

#[test]
fn refresh_and_end_are_answered_and_followed_by_a_notify() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    let (n, tag) = rig.subscribed();
    rig.advance(Duration::from_secs(300));

    let refreshed = rig.subscribe_within(n, 2, "4001", &tag, "Expires: 900\n");
    rig.answer(&refreshed, "200 OK");
    let ended = rig.subscribe_within(n, 3, "4001", &tag, "Expires: 0\n");
    rig.answer(&ended, "200 OK");
    let later = rig.count(5);
    let unknown = rig.subscribe_within(n, 4, "4001", &tag, "");

    assert_eq!(line(&sent(&refreshed)[0], "Expires"), "900");
    assert_eq!(line(&our_request(&refreshed), "Subscription-State"), "active;expires=900");
    assert_eq!(line(&sent(&ended)[0], "Expires"), "0");
    assert_eq!(line(&our_request(&ended), "Subscription-State"), "terminated;reason=timeout");
    assert!(!sent(&later).iter().any(|text| text.starts_with("NOTIFY sip:phone")), "{later:?}");
    assert_eq!(status_line(&unknown), "SIP/2.0 481 Call/Transaction Does Not Exist");
}

#[test]
fn subscription_that_is_not_refreshed_expires_with_a_last_notify() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.subscribed();

    let before = rig.advance(Duration::from_secs(599));
    let at_its_end = rig.advance(Duration::from_secs(2));

    let to_phone = |outputs: &[Output]| -> Vec<String> {
        sent(outputs).into_iter().filter(|text| text.starts_with("NOTIFY sip:phone")).collect()
    };
    assert!(to_phone(&before).is_empty());
    let last = to_phone(&at_its_end);
    assert_eq!(line(&last[0], "Subscription-State"), "terminated;reason=timeout");
}

#[test]
fn subscribe_that_asks_once_is_told_once() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);

    let outputs = rig.subscribe("4001", "Expires: 0\n");
    rig.answer(&outputs, "200 OK");

    assert_eq!(line(&our_request(&outputs), "Subscription-State"), "terminated;reason=timeout");
    assert_eq!(line(&our_request(&outputs), "Voice-Message"), "0/1 (0/0)");
    assert_eq!(rig.core.endpoint.subscription_count(), 0);
}

#[test]
fn refusals_of_a_subscribe() {
    let rows = [
        ("4999", "", "SIP/2.0 404 Not Found"),
        ("4001", "Expires: 59\n", "SIP/2.0 423 Interval Too Brief"),
        ("4001", "Accept: application/pidf+xml\n", "SIP/2.0 406 Not Acceptable"),
    ];
    for (user, headers, status) in rows {
        let mut rig = Rig::lit(VoipSecurity::Unsecured);

        assert_eq!(status_line(&rig.subscribe(user, headers)), status);
        assert_eq!(rig.core.endpoint.subscription_count(), 0);
    }
    let mut secured = Rig::lit(VoipSecurity::Secured);
    assert_eq!(status_line(&secured.subscribe("4001", "")), "SIP/2.0 404 Not Found", "clear SIP");
}

#[test]
fn number_of_two_plans_of_a_gateway_is_404_and_event_2064() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    let name = |text: &str| Name::parse(text).unwrap();
    let mut other = DialPlan::new(name("other"), 4);
    other.voip_security = VoipSecurity::Unsecured;
    let group = dial_plan::HuntGroup {
        name: name("second"),
        gateway: name("gw1"),
        dial_plan: name("other"),
        pilot: Some(dial_plan::Pilot::parse("5000").unwrap()),
    };
    for change in [SiteChange::CreateDialPlan(other), SiteChange::CreateHuntGroup(group)] {
        let (site, _) = rig.site.apply(&change).unwrap();
        rig.site = site;
    }
    rig.put_site();
    let mut twin = lamp(0);
    twin.mailbox.id = MailboxId(10);
    twin.mailbox.dial_plan = "other".into();
    rig.input(Input::Lamps(LampNews::Changed(Box::new(twin))));

    let outputs = rig.subscribe("4001", "");

    assert_eq!(status_line(&outputs), "SIP/2.0 404 Not Found");
    let told = events(&outputs);
    assert_eq!(told[0].0, 2064);
    assert!(told[0].1.contains("hq, other"), "{told:?}");
}

#[test]
fn change_of_the_mode_ends_subscriptions_as_deactivated() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.subscribed();
    let patch = DialPlanPatch { voip_security: Some(VoipSecurity::Secured), ..DialPlanPatch::default() };
    let (site, _) = rig.site.apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap();

    let outputs = rig.input(Input::Site(Arc::new(site)));

    let notify = our_request(&outputs);
    assert_eq!(line(&notify, "Subscription-State"), "terminated;reason=deactivated");
    assert_eq!(rig.core.endpoint.subscription_count(), 0);
}

#[test]
fn mailbox_that_is_gone_ends_its_subscriptions_as_noresource() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.subscribed();

    let outputs = rig.input(Input::Lamps(LampNews::Gone(MailboxId(9))));

    assert_eq!(line(&our_request(&outputs), "Subscription-State"), "terminated;reason=noresource");
    assert_eq!(status_line(&rig.subscribe("4001", "")), "SIP/2.0 404 Not Found");
}

#[test]
fn subscriber_that_refuses_a_notify_is_told_nothing_more_and_event_2071_says_so() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    let outputs = rig.subscribe("4001", "");

    let refused = rig.answer(&outputs, "481 Subscription Does Not Exist");
    let later = rig.count(4);

    assert_eq!(events(&refused)[0].0, 2071);
    assert!(!sent(&later).iter().any(|text| text.starts_with("NOTIFY sip:phone")), "{later:?}");
    assert_eq!(rig.core.endpoint.subscription_count(), 0);
}

#[test]
fn stopping_server_tells_subscribers_to_come_back() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.subscribed();

    let outputs = rig.input(Input::Drain);

    assert_eq!(line(&our_request(&outputs), "Subscription-State"), "terminated;reason=probation");
    assert_eq!(status_line(&rig.subscribe("4001", "")), "SIP/2.0 503 Service Unavailable");
}

#[test]
fn stranger_that_subscribes_gets_the_bare_403() {
    let mut rig = Rig::lit(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([192, 0, 2, 99], 6000));

    let outputs = rig.subscribe("4001", "");

    assert_eq!(status_line(&outputs), "SIP/2.0 403 Forbidden");
    assert_eq!(rig.core.endpoint.subscription_count(), 0);
}
