//! Whole calls through the core on a virtual clock, without a socket.
mod any_order;
mod attendants;
mod conversation;
mod hold;
mod hours;
mod lamps;
mod late_offer;
mod log_ons;
mod probing;
mod records;
mod session_timer;
mod sites;
mod stopping;
mod test_line;
mod toll_fraud;
mod town;
mod transfers;
mod unknown_mailbox;
mod visit;
mod waits;
mod ways;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dial_plan::{
    DialPlan, DialPlanPatch, GatewayAddress, GatewayPatch, GatewayStatus, IpGateway, Name, Site, SiteChange,
    VoipSecurity,
};
use ivr::{Language, Phrase, PromptKey};
use jiff::Timestamp;
use mailbox::{
    FoundMailbox, Mailbox, MailboxId, MessageDetails, MessageId, StoreReply, StoreReplyKind, StoreRequestKind,
};
use sip_signaling::{FlowId, Transport};
use srtp_media::{
    Clip, MediaCommand, MediaCommandKind, MediaEvent, MediaEventKind, PlayEnd, RecordEnd, RecordingId,
    SessionId,
};
use telephony::{AudioCodec, Extension};

use super::{CoreSettings, SignalingCore};
use crate::{
    AddressBook, AdminOrder, CallKey, CertifiedPeer, Flow, Input, LampNews, LocalRoute, MediaAddress,
    MediaLease, Output, PeerIdentity, ProbeSettings, PromptSet, SipPorts,
};

/// A machine without IPv6.
struct Loopback;

impl LocalRoute for Loopback {
    fn source_towards(&self, peer: IpAddr) -> Option<IpAddr> {
        peer.is_ipv4().then_some(IpAddr::from([127, 0, 0, 1]))
    }
}

/// A core with one gateway at 127.0.0.1, one plan `hq`, and the world played by the test.
struct Rig {
    core: SignalingCore,
    site: Site,
    now: Instant,
    date: Timestamp,
    flow: Flow,
    invites: u32,
}

impl Rig {
    fn new(mode: VoipSecurity) -> Self {
        Self::probing(mode, ProbeSettings::OFF)
    }

    /// The same with probes of the gateway.
    fn probing(mode: VoipSecurity, probes: ProbeSettings) -> Self {
        let mut prompts = PromptSet::default();
        // Each prompt is as many octets long as its place in the list, and so known from every other.
        for (place, key) in Language::English.keys().enumerate() {
            prompts.insert(Language::English, key, Arc::from(vec![0xff; 160 + place]));
        }
        let core = SignalingCore::new(CoreSettings {
            fqdn: "um.example.com".into(),
            max_calls: 2,
            sip_ports: SipPorts { clear: Some(5070), tls: Some(5071) },
            server_name: "um".into(),
            media_address: MediaAddress::Auto,
            local_route: Box::new(Loopback),
            probes,
            prompts: Arc::new(prompts),
            seed: [7; 32],
        });
        let name = |text: &str| Name::parse(text).unwrap();
        let mut plan = DialPlan::new(name("hq"), 4);
        plan.voip_security = mode;
        let gateway = IpGateway::new(name("gw1"), GatewayAddress::parse("gw1.example.com").unwrap());
        let (site, _) = Site::empty().apply(&SiteChange::CreateDialPlan(plan)).unwrap();
        let (site, _) =
            site.apply(&SiteChange::CreateGateway { gateway, dial_plan: Some(name("hq")) }).unwrap();
        let flow = Flow {
            id: FlowId(1),
            transport: Transport::Udp,
            local: SocketAddr::from(([127, 0, 0, 1], 5060)),
            remote: SocketAddr::from(([127, 0, 0, 1], 6000)),
            peer: PeerIdentity::Address,
            tls: None,
        };
        let date: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let mut rig = Self { core, site, now: Instant::now(), date, flow, invites: 0 };
        rig.put_site();
        // No lamps: nothing of them is due for twelve hours.
        rig.input(Input::Lamps(LampNews::All(Vec::new())));
        let book = AddressBook::new([(IpAddr::from([127, 0, 0, 1]), "gw1".into())]);
        rig.input(Input::Addresses(Arc::new(book)));
        let lease = MediaLease { session: SessionId(40), worker: 0, rtp_port: 20_000, rtcp_port: 20_001 };
        rig.input(Input::Lease(lease));
        rig
    }

    /// From here on messages come over mutual TLS, from whom the certificate names.
    fn over_tls(&mut self, peers: &[&str]) {
        self.flow.transport = Transport::Tls;
        let was_known = !peers.is_empty()
            || matches!(&self.flow.peer, PeerIdentity::Certificate(certified) if certified.was_known);
        self.flow.peer = PeerIdentity::Certificate(Arc::new(CertifiedPeer {
            peers: peers.iter().map(|peer| Arc::from(*peer)).collect(),
            subject: "CN=pbx.example.org".into(),
            names: vec!["pbx.example.org".into()],
            issuer: "CN=Example CA".into(),
            serial: "01".into(),
            sha256: "ab".into(),
            not_after: "2030-01-01T00:00:00Z".parse().unwrap(),
            trusted_for: vec!["gw1.example.com".into()],
            was_known,
        }));
    }

    /// What plays these phrases in a mailbox without a recorded name.
    fn clips(&self, phrases: &[Phrase]) -> Vec<Clip> {
        let english = Language::English;
        self.core.settings.prompts.clips(&ivr::speak(phrases, english), english, AudioCodec::Pcmu)
    }

    fn put_site(&mut self) {
        let site = Arc::new(self.site.clone());
        self.input(Input::Site(site));
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.core.handle_input(input, self.now, self.date);
        std::iter::from_fn(|| self.core.poll_output()).collect()
    }

    fn advance(&mut self, by: Duration) -> Vec<Output> {
        let until = self.now + by;
        let mut outputs = Vec::new();
        while let Some(at) = self.core.poll_timeout().filter(|at| *at <= until) {
            self.now = at;
            self.core.handle_timeout(self.now, self.date);
            outputs.extend(std::iter::from_fn(|| self.core.poll_output()));
        }
        self.now = until;
        outputs
    }

    fn message(&mut self, text: &str) -> Vec<Output> {
        let bytes = Bytes::from(text.replace('\n', "\r\n"));
        let flow = self.flow.clone();
        self.input(Input::Message { flow, bytes })
    }

    fn invite(&mut self, sdp: &str) -> Vec<Output> {
        self.invite_with("", sdp)
    }

    /// `headers` are whole lines.
    fn invite_with(&mut self, headers: &str, sdp: &str) -> Vec<Output> {
        let sdp = sdp.replace('\n', "\r\n");
        let length = sdp.len();
        self.invites += 1;
        let n = self.invites;
        let head = format!(
            "INVITE sip:4001@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK{n}\n\
             From: \"Bob\" <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:4001@127.0.0.1>\nCall-ID: c{n}\nCSeq: 1 INVITE\n\
             Contact: <sip:2002@127.0.0.1:6000>\n{headers}Content-Type: application/sdp\nContent-Length: {length}\n\n"
        )
        .replace('\n', "\r\n");
        let flow = self.flow.clone();
        self.input(Input::Message { flow, bytes: Bytes::from(head + &sdp) })
    }

    fn in_dialog(&mut self, method: &str, cseq: u32, to_tag: &str) -> Vec<Output> {
        let n = self.invites;
        self.message(&format!(
            "{method} sip:um@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK{method}{cseq}\n\
             From: \"Bob\" <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:4001@127.0.0.1>;tag={to_tag}\nCall-ID: c{n}\n\
             CSeq: {cseq} {method}\nContent-Length: 0\n\n"
        ))
    }

    /// A request within the dialog that carries a session description; `headers` are whole lines.
    fn describe(&mut self, method: &str, cseq: u32, to_tag: &str, headers: &str, sdp: &str) -> Vec<Output> {
        let (n, length) = (self.invites, sdp.len() + sdp.matches('\n').count());
        self.message(&format!(
            "{method} sip:um@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK{method}{cseq}\n\
             From: \"Bob\" <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:4001@127.0.0.1>;tag={to_tag}\nCall-ID: c{n}\n\
             CSeq: {cseq} {method}\nContact: <sip:2002@127.0.0.1:6000>\n{headers}Content-Type: application/sdp\n\
             Content-Length: {length}\n\n{sdp}"
        ))
    }

    fn store(&mut self, token: u64, what: StoreReplyKind) -> Vec<Output> {
        self.input(Input::Store(StoreReply { token, what: Ok(what) }))
    }

    fn media(&mut self, command: &MediaCommand, what: MediaEventKind) -> Vec<Output> {
        self.input(Input::Media(MediaEvent { session: command.session, token: command.token, what }))
    }

    /// INVITE, mailbox found: what then came out.
    fn answered(&mut self) -> Vec<Output> {
        self.answered_to("", OFFER)
    }

    fn answered_to(&mut self, headers: &str, sdp: &str) -> Vec<Output> {
        let outputs = self.invite_with(headers, sdp);
        let token = store_token(&outputs);
        self.store(token, found_mailbox())
    }

    /// Up to the ACK and the first prompt: To tag and the Play command.
    fn talking(&mut self) -> (String, MediaCommand) {
        let outputs = self.answered();
        let tag = to_tag(&sent(&outputs)[0]);
        self.in_dialog("ACK", 1, &tag);
        let outputs = self.advance(Duration::from_millis(300));
        (tag, command(&outputs).expect("the greeting plays"))
    }

    /// Up to the tone after the first prompt: To tag and what the recording is called.
    fn recording(&mut self) -> (String, RecordingId) {
        let (tag, greeting) = self.talking();
        let outputs = self.media(&greeting, play_finished());
        (tag, begun_recording(&outputs))
    }

    /// `ending` stops the recording; with which details its message is committed then.
    fn kept(&mut self, ending: &[Output], recording: RecordingId) -> MessageDetails {
        let stop = command(ending).expect("a command to the worker");
        assert!(matches!(stop.what, MediaCommandKind::StopRecording), "{stop:?}");
        let (kept, details) = committed(&self.media(&stop, record_finished(recording)));
        assert_eq!(kept, recording.0);
        details
    }
}

const OFFER: &str = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 7000 RTP/AVP 0 101\n\
                     a=rtpmap:101 telephone-event/8000\n";

fn mailbox() -> Mailbox {
    Mailbox {
        id: MailboxId(9),
        dial_plan: "hq".into(),
        extension: Extension::parse("4001").unwrap(),
        numbers: Vec::new(),
        name: "Alice Wong".into(),
        email: None,
        policy: "hq Default Policy".into(),
        created: "2026-11-01T00:00:00Z".parse().unwrap(),
        recorded_name: None,
    }
}

/// What the store answers about it.
fn found_mailbox() -> StoreReplyKind {
    let found = FoundMailbox {
        candidate: 0,
        mailbox: mailbox(),
        recorded_name: None,
        greeting: None,
        room: mailbox::MailboxRoom::Some,
    };
    StoreReplyKind::Mailbox(Some(Box::new(found)))
}

fn sent(outputs: &[Output]) -> Vec<String> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Transmit { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        })
        .collect()
}

fn status_line(outputs: &[Output]) -> String {
    sent(outputs).last().and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_default()
}

fn to_tag(response: &str) -> String {
    let line = response.lines().find(|line| line.starts_with("To:")).unwrap();
    line.split_once("tag=").unwrap().1.to_owned()
}

fn store_requests(outputs: &[Output]) -> Vec<(u64, StoreRequestKind)> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Store(request) => Some((request.token, request.what.clone())),
            _ => None,
        })
        .collect()
}

fn store_token(outputs: &[Output]) -> u64 {
    store_requests(outputs).last().expect("a request to the store").0
}

fn commands(outputs: &[Output]) -> Vec<MediaCommand> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Media { command, .. } => Some(command.clone()),
            _ => None,
        })
        .collect()
}

fn command(outputs: &[Output]) -> Option<MediaCommand> {
    commands(outputs).pop()
}

fn begun_recording(outputs: &[Output]) -> RecordingId {
    match command(outputs).map(|command| command.what) {
        Some(MediaCommandKind::Record { recording, .. }) => recording,
        other => panic!("no recording: {other:?}"),
    }
}

fn committed(outputs: &[Output]) -> (u64, MessageDetails) {
    match &store_requests(outputs)[..] {
        [(_, StoreRequestKind::CommitMessage { recording, details })] => (*recording, *details),
        other => panic!("not one commit: {other:?}"),
    }
}

fn events(outputs: &[Output]) -> Vec<(u16, String)> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Event(event) => Some((event.kind.id, format!("{event:?}"))),
            _ => None,
        })
        .collect()
}

fn play_finished() -> MediaEventKind {
    MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: Duration::from_secs(3) }
}

fn record_finished(recording: RecordingId) -> MediaEventKind {
    MediaEventKind::RecordFinished {
        recording,
        why: RecordEnd::Stopped,
        length: Duration::from_secs(4),
        speech: Duration::from_secs(3),
        blocks: 8,
    }
}

#[test]
fn caller_hangs_up_and_the_message_is_committed_before_the_call_is_forgotten() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, recording) = rig.recording();

    let outputs = rig.in_dialog("BYE", 2, &tag);
    assert_eq!(status_line(&outputs), "SIP/2.0 200 OK");
    let stop = command(&outputs).unwrap();
    assert!(matches!(stop.what, MediaCommandKind::StopRecording));
    let outputs = rig.media(&stop, record_finished(recording));
    let requests = store_requests(&outputs);
    assert!(matches!(&requests[..], [(_, StoreRequestKind::CommitMessage { .. })]));
    let outputs = rig.store(requests[0].0, StoreReplyKind::Committed { message: MessageId(1) });

    assert_eq!(events(&outputs)[0].0, 2004);
    let close = command(&outputs).unwrap();
    assert!(matches!(close.what, MediaCommandKind::Close));
    rig.media(&close, MediaEventKind::Closed { totals: Default::default() });
    assert_eq!(rig.core.call_count(), 0);
}

#[test]
fn greeting_speaks_the_extension_and_ends_with_the_tone() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);

    let (_, greeting) = rig.talking();

    let MediaCommandKind::Play { clips, .. } = greeting.what else { panic!("not a Play") };
    // Two pieces around four digits, then the tone.
    assert_eq!(clips.len(), 7);
    assert!(matches!(clips[6], Clip::Tone { frequency_hz: 1000, .. }));
}

#[test]
fn no_prompt_plays_before_the_acknowledgement() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let outputs = rig.answered();

    assert!(matches!(command(&outputs).unwrap().what, MediaCommandKind::Open { .. }));
    let outputs = rig.advance(Duration::from_secs(5));

    assert!(commands(&outputs).is_empty(), "{outputs:?}");
}

#[test]
fn plan_of_another_mode_refuses_the_clear_call_with_403_and_says_why() {
    for (mode, word) in [(VoipSecurity::SipSecured, "SIPSecured"), (VoipSecurity::Secured, "Secured")] {
        let mut rig = Rig::new(mode);

        let outputs = rig.invite(OFFER);

        let answer = &sent(&outputs)[0];
        assert!(answer.starts_with("SIP/2.0 403 "), "{answer}");
        let words =
            format!("dial plan hq is {word}; this call came over UDP: point the gateway at port 5071 (TLS)");
        assert!(answer.contains(&format!("Warning: 399 um.example.com \"{words}\"")), "{answer}");
        assert!(answer.contains(&format!("Reason: Q.850;cause=21;text=\"{words}\"")), "{answer}");
        assert_eq!(events(&outputs)[0].0, 1021);
        assert_eq!(rig.core.call_count(), 0);
    }
}

#[test]
fn unknown_mailbox_is_404_with_the_number_as_received() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let outputs = rig.invite(OFFER);
    let token = store_token(&outputs);

    let outputs = rig.store(token, StoreReplyKind::Mailbox(None));

    assert!(status_line(&outputs).starts_with("SIP/2.0 404 "));
    let (id, text) = &events(&outputs)[0];
    assert_eq!(*id, 1109);
    assert!(text.contains("4001"), "{text}");
    assert_eq!(rig.core.call_count(), 0);
}

#[test]
fn store_that_says_nothing_costs_the_call_503_after_two_seconds() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.invite(OFFER);

    let outputs = rig.advance(Duration::from_millis(2_000));

    assert!(status_line(&outputs).starts_with("SIP/2.0 503 "), "{outputs:?}");
}

#[test]
fn refused_offer_gives_its_media_ports_back() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    for _ in 0..3 {
        let outputs = rig.invite(&OFFER.replace("RTP/AVP", "RTP/SAVP"));
        let token = store_token(&outputs);
        let outputs = rig.store(token, found_mailbox());
        assert!(status_line(&outputs).starts_with("SIP/2.0 488 "), "{outputs:?}");
    }

    assert!(status_line(&rig.answered()).starts_with("SIP/2.0 200 "));
}

#[test]
fn audio_of_an_address_family_that_we_lack_is_passed_over_for_the_next_line() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let outputs = rig.invite(
        "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=audio 7002 RTP/AVP 0\nc=IN IP6 2001:db8::7\n\
         m=audio 7000 RTP/AVP 0\nc=IN IP4 127.0.0.1\n",
    );

    let outputs = rig.store(store_token(&outputs), found_mailbox());

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n"), "{answer}");
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=audio")).collect();
    assert_eq!(lines, ["m=audio 0 RTP/AVP 0", "m=audio 20000 RTP/AVP 0"]);
}

#[test]
fn stranger_gets_the_bare_403() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 66], 6000));

    let outputs = rig.invite(OFFER);

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 403 Forbidden\r\n"), "{answer}");
    for absent in ["Warning", "Reason", "Server", "Contact", "tag="] {
        assert!(!answer.split("To:").nth(1).unwrap().contains(absent), "{absent} in {answer}");
    }
}

#[test]
fn malformed_request_of_a_stranger_gets_400_ten_times_a_minute_then_silence() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 66], 6000));
    let malformed = "OPTIONS sip:um SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.66:6000;branch=z9hG4bK1\n\
                     From: <sip:a@b>;tag=f\nTo: <sip:um>\nCall-ID: c\nCSeq: 1 BYE\nContent-Length: 0\n\n";

    let answers: Vec<String> = (0..12).flat_map(|_| sent(&rig.message(malformed))).collect();

    assert_eq!(answers.len(), 10);
    assert!(answers[0].starts_with("SIP/2.0 400 CSeq Of Another Method\r\n"), "{}", answers[0]);
    let counted = rig.advance(Duration::from_secs(1));
    assert!(
        matches!(counted.as_slice(), [Output::Event(event)] if event.fields.contains(&("requests", "2".into())))
    );
}

#[test]
fn stream_that_cannot_be_framed_is_answered_and_closed_and_a_strangers_within_its_limit() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.transport = Transport::Tcp;
    let answer = Some(Bytes::from_static(b"SIP/2.0 400 Bad Content-Length\r\n\r\n"));
    let mut unframed = |remote: [u8; 4]| {
        let flow = Flow { remote: SocketAddr::from((remote, 6000)), ..rig.flow.clone() };
        rig.input(Input::Unframed { flow, answer: answer.clone(), detail: "Bad Content-Length: `-1`".into() })
    };

    let known = unframed([127, 0, 0, 1]);
    let strange: Vec<_> = (0..11).map(|_| unframed([127, 0, 0, 66])).collect();

    let [Output::Transmit { .. }, Output::CloseFlow(FlowId(1)), Output::Event(event)] = known.as_slice()
    else {
        panic!("{known:?}")
    };
    assert_eq!(event.kind.name, "malformed-message");
    assert_eq!(strange.iter().flat_map(|outputs| sent(outputs)).count(), 10);
    assert!(strange.iter().all(|outputs| outputs.iter().any(|o| matches!(o, Output::CloseFlow(_)))));
}

#[test]
fn connection_of_a_stranger_is_closed_after_a_message_that_gets_no_answer() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 66], 6000));
    rig.flow.transport = Transport::Tcp;

    let outputs = rig.message("OPTIONS sip:um SIP/2.0\nContent-Length: 0\n\n");

    assert!(matches!(outputs.as_slice(), [Output::Event(_), Output::CloseFlow(_)]), "{outputs:?}");
}

#[test]
fn disabled_gateway_gets_503_before_its_hunt_group_is_looked_for() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let patch = GatewayPatch { status: Some(GatewayStatus::Disabled), ..GatewayPatch::default() };
    let change = SiteChange::SetGateway { name: "gw1".into(), patch };
    rig.site = rig.site.apply(&change).unwrap().0;
    rig.put_site();

    let outputs = rig.invite(OFFER);

    assert!(status_line(&outputs).starts_with("SIP/2.0 503 "), "{outputs:?}");
    assert!(!sent(&outputs)[0].contains("Retry-After"));
}

#[test]
fn mode_change_refuses_the_next_call_and_leaves_the_running_one() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (_, greeting) = rig.talking();
    let patch = DialPlanPatch { voip_security: Some(VoipSecurity::Secured), ..DialPlanPatch::default() };
    let change = SiteChange::SetDialPlan { name: "hq".into(), patch };
    rig.site = rig.site.apply(&change).unwrap().0;
    rig.put_site();

    let outputs = rig.media(&greeting, play_finished());

    assert!(matches!(command(&outputs).unwrap().what, MediaCommandKind::Record { .. }));
}

#[test]
fn administrator_ends_a_call_with_bye_and_what_was_recorded_is_kept() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (_, recording) = rig.recording();
    let key = CallKey(*rig.core.calls.keys().map(|CallKey(key)| key).next().unwrap());

    let outputs = rig.input(Input::Admin(AdminOrder::HangUp(key)));

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert_eq!(rig.kept(&outputs, recording).length, Duration::from_secs(4));
}

#[test]
fn report_of_an_older_prompt_is_known_as_stale() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (_, greeting) = rig.talking();
    let pound = MediaEventKind::Digit { digit: telephony::Digit::POUND, duration: Duration::from_millis(80) };
    let outputs = rig.media(&greeting, pound);
    assert!(matches!(command(&outputs).unwrap().what, MediaCommandKind::Play { .. }));

    let outputs = rig.media(&greeting, play_finished());

    assert!(commands(&outputs).is_empty(), "{outputs:?}");
}

#[test]
fn sip_secured_plan_takes_the_call_over_mutual_tls_with_our_name_in_contact() {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&["gw1"]);

    let outputs = rig.answered();

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    let contact = answer.lines().find(|line| line.starts_with("Contact:")).unwrap();
    assert!(contact.contains("um.example.com") && contact.contains("transport=tls"), "{contact}");
    assert!(answer.contains("m=audio 20000 RTP/AVP 0 101"), "{answer}");
}

#[test]
fn unsecured_plan_refuses_the_call_over_mutual_tls() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.over_tls(&["gw1"]);

    let outputs = rig.invite(OFFER);

    assert!(status_line(&outputs).starts_with("SIP/2.0 403 "), "{outputs:?}");
    assert!(
        sent(&outputs)[0]
            .contains("this call came over mutual TLS: point the gateway at port 5070 (UDP or TCP)")
    );
}

#[test]
fn certificate_that_names_no_gateway_gets_the_bare_403_and_its_connection_is_closed() {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&[]);
    // A source address that no clear call is known from: the address plays no part on TLS.
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 1], 6000));

    let outputs = rig.invite(OFFER);

    assert!(sent(&outputs)[0].starts_with("SIP/2.0 403 Forbidden\r\n"), "{outputs:?}");
    assert!(outputs.iter().any(|output| matches!(output, Output::CloseFlow(FlowId(1)))));
    // The handshake has told of it.
    assert_eq!(events(&outputs), []);
}

#[test]
fn certificate_that_names_no_gateway_any_more_is_told_of_at_its_next_request() {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&["gw1"]);
    rig.over_tls(&[]);

    let outputs = rig.invite(OFFER);

    let (id, text) = &events(&outputs)[0];
    assert_eq!(*id, 2013);
    assert!(
        text.contains("certificate names pbx.example.org; this root is trusted for gw1.example.com"),
        "{text}"
    );
}

#[test]
fn options_are_answered_by_the_mode_of_the_gateways_plans() {
    let options = "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKo\n\
                   From: <sip:gw@127.0.0.1>;tag=o\nTo: <sip:127.0.0.1>\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n";
    for (mode, tls, status) in [
        (VoipSecurity::Unsecured, false, "SIP/2.0 200 "),
        (VoipSecurity::Unsecured, true, "SIP/2.0 403 "),
        (VoipSecurity::Secured, false, "SIP/2.0 403 "),
        (VoipSecurity::Secured, true, "SIP/2.0 200 "),
    ] {
        let mut rig = Rig::new(mode);
        if tls {
            rig.over_tls(&["gw1"]);
        }

        let outputs = rig.message(options);

        assert!(status_line(&outputs).starts_with(status), "{mode:?} tls={tls}: {outputs:?}");
    }
}

const CRYPTO_OFFER: &str = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 7000 RTP/SAVP 0 101\n\
    a=rtpmap:101 telephone-event/8000\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n";

fn crypto_line(answer: &str) -> String {
    answer.lines().find(|line| line.starts_with("a=crypto:")).unwrap_or_default().to_owned()
}

#[test]
fn secured_plan_answers_srtp_with_a_key_of_its_own() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.over_tls(&["gw1"]);
    let outputs = rig.invite(CRYPTO_OFFER);
    let token = store_token(&outputs);

    let outputs = rig.store(token, found_mailbox());

    let answer = sent(&outputs).pop().unwrap();
    assert!(answer.contains("m=audio 20000 RTP/SAVP 0 101"), "{answer}");
    let line = crypto_line(&answer);
    assert!(line.starts_with("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), "{line}");
    assert!(!line.contains("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"), "the peer's key came back");
    let MediaCommandKind::Open { spec } = command(&outputs).unwrap().what else { panic!("no Open") };
    let printed = format!("{spec:?}");
    assert!(printed.contains("[secret]"), "{printed}");
    // The first octets of the peer's key, as a derived Debug would list them.
    assert!(!printed.contains("119, 68, 102, 118"), "the peer's key prints");
}

#[test]
fn secured_plan_refuses_an_offer_without_keys_with_488_and_takes_no_port_for_it() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.over_tls(&["gw1"]);
    let outputs = rig.invite(OFFER);
    let token = store_token(&outputs);

    let outputs = rig.store(token, found_mailbox());

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 488 "), "{answer}");
    assert!(answer.contains("Warning: 302 um.example.com \"dial plan hq is Secured; "), "{answer}");
    assert!(answer.contains("Reason: Q.850;cause=88;"), "{answer}");
    assert!(commands(&outputs).is_empty());
}

#[test]
fn peer_key_and_own_key_are_in_no_event_of_a_refused_or_answered_call() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.over_tls(&["gw1"]);
    let mut outputs = rig.invite(CRYPTO_OFFER);
    let token = store_token(&outputs);
    outputs.extend(rig.store(token, found_mailbox()));
    outputs.extend(rig.advance(Duration::from_secs(40)));

    let printed: String = events(&outputs).into_iter().map(|(_, text)| text).collect();
    assert!(!printed.contains("inline"), "{printed}");
    assert!(!printed.contains("d0RmdmcmVCspeEc3"), "{printed}");
}
