//! Callers who are sent to somebody else: what leaves the server, and what becomes of the caller.
use dial_plan::DialPlanPatch;
use telephony::{Digit, PhoneNumber};

use super::*;

const STARTING: u16 = 1024;
const FAILED: u16 = 1025;
const SUCCEEDED: u16 = 1026;

/// A caller in the greeting of 4001, whose plan has an operator.
struct Caller {
    rig: Rig,
    tag: String,
    greeting: MediaCommand,
    /// The CSeq of the gateway's last request.
    sequence: u32,
}

impl Caller {
    fn greeted() -> Self {
        let mut rig = Rig::new(VoipSecurity::Unsecured);
        let operator = Some(Some(PhoneNumber::parse("0500").unwrap()));
        let patch = DialPlanPatch { operator, ..DialPlanPatch::default() };
        rig.site = rig.site.apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap().0;
        rig.put_site();
        let (tag, greeting) = rig.talking();
        Self { rig, tag, greeting, sequence: 1 }
    }

    /// The caller presses `0`; the store says that the operator's number is no mailbox.
    fn asks_for_operator(&mut self) -> Vec<Output> {
        let what = MediaEventKind::Digit {
            digit: Digit::from_char('0').unwrap(),
            duration: Duration::from_millis(80),
        };
        let outputs = self.rig.media(&self.greeting.clone(), what);
        assert!(sent(&outputs).is_empty(), "nothing leaves before the store's word");
        let token = store_token(&outputs);
        self.rig.store(token, StoreReplyKind::Card(None))
    }

    /// The REFER is out.
    fn referred() -> (Self, String) {
        let mut caller = Self::greeted();
        let outputs = caller.asks_for_operator();
        let refer = sent(&outputs).pop().expect("a REFER");
        (caller, refer)
    }

    fn answers(&mut self, refer: &str, status: &str) -> Vec<Output> {
        let copied: Vec<&str> = refer
            .lines()
            .filter(|line| {
                ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
            })
            .collect();
        let text = format!("SIP/2.0 {status}\n{}\nContent-Length: 0\n\n", copied.join("\n"));
        self.rig.message(&text)
    }

    fn notifies(&mut self, fragment: &str, state: &str) -> Vec<Output> {
        self.sequence += 1;
        let (n, cseq, tag) = (self.rig.invites, self.sequence, self.tag.clone());
        let length = fragment.len();
        self.rig.message(&format!(
            "NOTIFY sip:um@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKn{cseq}\n\
             From: \"Bob\" <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:4001@127.0.0.1>;tag={tag}\nCall-ID: c{n}\n\
             CSeq: {cseq} NOTIFY\nContact: <sip:2002@127.0.0.1:6000>\nEvent: refer\nSubscription-State: {state}\n\
             Content-Type: message/sipfrag\nContent-Length: {length}\n\n{fragment}"
        ))
    }
}

fn ids(outputs: &[Output]) -> Vec<u16> {
    events(outputs).into_iter().map(|(id, _)| id).collect()
}

fn said_again(outputs: &[Output], rig: &Rig) -> bool {
    let words = [PromptKey::NOT_CONNECTED, PromptKey::RECORD_AFTER_TONE].map(Phrase::Prompt);
    let mut expected = rig.clips(&words);
    expected.extend(rig.clips(&[Phrase::RecordTone]));
    command(outputs)
        .is_some_and(|last| matches!(last.what, MediaCommandKind::Play { clips, .. } if clips == expected))
}

fn has_bye(outputs: &[Output]) -> bool {
    sent(outputs).iter().any(|text| text.starts_with("BYE "))
}

#[test]
fn refer_names_the_number_at_the_gateways_contact_and_who_sends_the_caller() {
    let (_, refer) = Caller::referred();

    assert!(refer.starts_with("REFER sip:2002@127.0.0.1:6000 SIP/2.0\r\n"), "{refer}");
    assert!(refer.contains("\r\nRefer-To: <sip:0500@127.0.0.1:6000;user=phone>\r\n"), "{refer}");
    assert!(refer.contains("\r\nReferred-By: <sip:4001@um.example.com>\r\n"), "{refer}");
}

#[test]
fn a_2xx_in_a_notify_ends_the_call_as_transferred() {
    let (mut caller, refer) = Caller::referred();

    let accepted = caller.answers(&refer, "202 Accepted");
    let trying = caller.notifies("SIP/2.0 100 Trying\n", "active;expires=60");
    let connected = caller.notifies("SIP/2.0 200 OK\n", "terminated;reason=noresource");

    assert_eq!(ids(&accepted), []);
    assert!(!has_bye(&trying));
    assert!(has_bye(&connected));
    assert!(ids(&connected).contains(&SUCCEEDED), "{:?}", ids(&connected));
}

#[test]
fn a_gateway_that_hangs_up_after_its_202_has_taken_the_caller() {
    let (mut caller, refer) = Caller::referred();
    caller.answers(&refer, "202 Accepted");
    let tag = caller.tag.clone();

    let ended = caller.rig.in_dialog("BYE", 2, &tag);

    assert!(ids(&ended).contains(&SUCCEEDED), "{:?}", ids(&ended));
    assert!(!ids(&ended).contains(&2023), "nobody was missed");
}

#[test]
fn a_gateway_that_hangs_up_before_it_has_accepted_has_not() {
    let (mut caller, _) = Caller::referred();
    let tag = caller.tag.clone();

    let ended = caller.rig.in_dialog("BYE", 2, &tag);

    assert!(ids(&ended).contains(&FAILED) && !ids(&ended).contains(&SUCCEEDED), "{:?}", ids(&ended));
}

#[test]
fn refusals_and_silence_bring_the_caller_back() {
    for refused in ["403 Forbidden", "405 Method Not Allowed", "603 Decline"] {
        let (mut caller, refer) = Caller::referred();

        let back = caller.answers(&refer, refused);

        assert!(said_again(&back, &caller.rig), "{refused}: {back:?}");
        assert_eq!(ids(&back), [FAILED], "{refused}");
    }
    for failed in ["SIP/2.0 486 Busy Here\n", "SIP/2.0 302 Moved\n", "SIP/2.0 503 Service Unavailable\n"] {
        let (mut caller, refer) = Caller::referred();
        caller.answers(&refer, "202 Accepted");

        let back = caller.notifies(failed, "terminated;reason=noresource");

        assert!(said_again(&back, &caller.rig), "{failed}: {back:?}");
        assert_eq!(ids(&back), [FAILED], "{failed}");
    }
    let (mut caller, refer) = Caller::referred();
    caller.answers(&refer, "202 Accepted");

    let before = caller.rig.advance(Duration::from_secs(29));
    let back = caller.rig.advance(Duration::from_secs(2));

    assert_eq!(ids(&before), []);
    assert!(said_again(&back, &caller.rig), "{back:?}");
    assert_eq!(ids(&back), [FAILED]);
}

#[test]
fn nothing_leaves_the_server_without_the_stores_word() {
    let mut caller = Caller::greeted();
    let what =
        MediaEventKind::Digit { digit: Digit::from_char('0').unwrap(), duration: Duration::from_millis(80) };
    let token = store_token(&caller.rig.media(&caller.greeting.clone(), what));

    let back = caller.rig.input(Input::Store(StoreReply { token, what: Err(mailbox::StoreFailure::Closed) }));

    assert!(sent(&back).is_empty(), "{back:?}");
    assert!(said_again(&back, &caller.rig), "{back:?}");
    assert_eq!(ids(&back), [FAILED]);
}

#[test]
fn a_caller_cannot_send_the_server_anywhere() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, _) = rig.talking();

    let outputs = rig.in_dialog("REFER", 2, &tag);

    assert!(status_line(&outputs).starts_with("SIP/2.0 405 "), "{outputs:?}");
}

#[test]
fn starting_is_told_with_the_number() {
    let mut caller = Caller::greeted();

    let outputs = caller.asks_for_operator();

    let told = events(&outputs);
    assert_eq!(told.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [STARTING]);
    assert!(told[0].1.contains("0500"), "{told:?}");
}

/// An attendant answers 4001; its key 1 takes a message for 4002. The store has been asked whose number that is.
fn leaving_a_message_through_an_attendant() -> (Rig, MediaCommand, u64) {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let name = |text: &str| Name::parse(text).unwrap();
    let mut attendant = dial_plan::AutoAttendant::new(name("main"), name("hq"));
    attendant.enabled = true;
    attendant.pilots = vec![PhoneNumber::parse("4001").unwrap()];
    let action = "message:4002".parse().unwrap();
    let mapping = dial_plan::KeyMapping { action, announcement: None };
    attendant.business.keys.insert("1".parse().unwrap(), mapping);
    rig.site = rig.site.apply(&SiteChange::CreateAttendant(Box::new(attendant))).unwrap().0;
    rig.put_site();
    let outputs = rig.invite(OFFER);
    let answered = rig.store(store_token(&outputs), StoreReplyKind::Mailbox(None));
    rig.in_dialog("ACK", 1, &to_tag(&sent(&answered)[0]));
    let menu = command(&rig.advance(Duration::from_millis(300))).expect("the menu plays");
    let digit = Digit::from_char('1').unwrap();
    let mut outputs = rig.media(&menu, MediaEventKind::Digit { digit, duration: Duration::from_millis(80) });
    outputs.extend(rig.advance(Duration::from_millis(1600)));
    let token = store_token(&outputs);
    (rig, menu, token)
}

#[test]
fn attendant_hands_its_caller_to_the_mailbox_that_the_store_finds() {
    let (mut rig, _, token) = leaving_a_message_through_an_attendant();

    let outputs = rig.store(token, found_mailbox());

    let MediaCommandKind::Play { clips, .. } = command(&outputs).unwrap().what else { panic!("{outputs:?}") };
    let greeting = [Phrase::Prompt(PromptKey::NOT_AVAILABLE), Phrase::RecordTone];
    assert!(clips.ends_with(&rig.clips(&greeting)), "{clips:?}");
}

#[test]
fn mailbox_that_is_found_after_two_seconds_takes_nobody_over() {
    let (mut rig, _, token) = leaving_a_message_through_an_attendant();

    let given_up = rig.advance(Duration::from_secs(3));
    let late = rig.store(token, found_mailbox());

    assert!(command(&given_up).is_some(), "the attendant goes on: {given_up:?}");
    assert!(late.is_empty(), "{late:?}");
}
