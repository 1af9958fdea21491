//! Log-ons as the core carries them: whether a PIN is asked for at all, and who is told.
use dial_plan::{DialPermissionsPatch, MailboxPolicy, PolicyPatch, SubscriberAccess};
use mailbox::{
    Greetings, LogOn, MailboxCard, NamesFound, PhoneOptions, PhoneQuestion, PinAttempt, PinStanding,
    Subscriber,
};
use telephony::{Digit, PhoneNumber};

use super::*;

/// A call, and the last command to its media worker.
struct Caller {
    rig: Rig,
    last: MediaCommand,
}

impl Caller {
    /// The greeting of 4001 plays.
    fn greeted(mut rig: Rig) -> Self {
        let (_, last) = rig.talking();
        Self { rig, last }
    }

    fn press(&mut self, keys: &str) -> Vec<Output> {
        let mut all = Vec::new();
        for key in keys.chars() {
            let digit = Digit::from_char(key).unwrap();
            let last = self.last.clone();
            let what = MediaEventKind::Digit { digit, duration: Duration::from_millis(80) };
            let outputs = self.rig.media(&last, what);
            self.note(&outputs);
            all.extend(outputs);
        }
        all
    }

    fn note(&mut self, outputs: &[Output]) {
        self.last = command(outputs).unwrap_or(self.last.clone());
    }

    /// The attempt that is among the requests to the store, and its token.
    fn attempt(outputs: &[Output]) -> (u64, PinAttempt) {
        match store_requests(outputs).pop() {
            Some((token, StoreRequestKind::LogOn(attempt))) => (token, attempt),
            other => panic!("no log-on: {other:?}"),
        }
    }
}

fn with(patch: DialPlanPatch) -> Rig {
    changed(SiteChange::SetDialPlan { name: "hq".into(), patch })
}

fn changed(change: SiteChange) -> Rig {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.site = rig.site.apply(&change).unwrap().0;
    rig.put_site();
    rig
}

/// In a plan that is Unsecured: no PIN at all.
fn secured_only() -> DialPlanPatch {
    DialPlanPatch { subscriber_access: Some(SubscriberAccess::SecuredOnly), ..DialPlanPatch::default() }
}

#[test]
fn access_number_of_a_plan_that_wants_secured_calls_for_pins_gets_403_with_the_words() {
    let number = PhoneNumber::parse("4001").unwrap();
    let mut rig = with(DialPlanPatch { access_numbers: Some(vec![number]), ..secured_only() });

    let outputs = rig.invite(OFFER);
    let outputs = rig.store(store_token(&outputs), StoreReplyKind::Mailbox(None));

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("dial plan hq is Unsecured and asks for PINs in Secured calls only"), "{answer}");
    assert_eq!(events(&outputs)[0].0, 1021);
}

#[test]
fn star_in_the_greeting_of_such_a_plan_leads_to_the_tone_and_to_no_pin() {
    let mut caller = Caller::greeted(with(secured_only()));

    let outputs = caller.press("*");

    let tone = command(&outputs).unwrap();
    assert!(matches!(&tone.what, MediaCommandKind::Play { clips, .. } if clips.len() == 1), "{tone:?}");
    let outputs = caller.rig.media(&tone, play_finished());
    begun_recording(&outputs);
}

#[test]
fn three_wrong_pins_end_the_call_and_are_told_with_the_gateway_and_the_caller() {
    let mut caller = Caller::greeted(Rig::new(VoipSecurity::Unsecured));
    caller.press("*");
    let mut told = Vec::new();

    for _ in 0..3 {
        let outputs = caller.press("730294#");
        let (token, attempt) = Caller::attempt(&outputs);
        assert_eq!((attempt.dial_plan.as_str(), attempt.number.as_str()), ("hq", "4001"));
        assert_eq!((attempt.gateway.as_str(), attempt.caller.as_deref()), ("gw1", Some("2002")));
        assert_eq!(attempt.rules.keys().collect::<Vec<_>>(), ["hq Default Policy"]);
        let outputs = caller.rig.store(token, StoreReplyKind::LogOn(LogOn::Refused));
        caller.note(&outputs);
        told.push(events(&outputs).into_iter().map(|(id, _)| id).collect::<Vec<u16>>());
    }

    assert_eq!(told, [vec![], vec![], vec![1013]]);
}

#[test]
fn policy_without_subscriber_access_gives_the_store_no_rules() {
    let patch = PolicyPatch { allow_subscriber_access: Some(false), ..PolicyPatch::default() };
    let name = "hq Default Policy".into();
    let mut caller = Caller::greeted(changed(SiteChange::SetPolicy { name, patch }));
    caller.press("*");

    let (_, attempt) = Caller::attempt(&caller.press("730294#"));

    assert!(attempt.rules.is_empty(), "{:?}", attempt.rules);
}

/// Somebody whose name is spelled.
fn grace() -> MailboxCard {
    let extension = Extension::parse("4002").unwrap();
    MailboxCard { id: MailboxId(2), extension, name: "Grace".into(), recorded_name: None }
}

/// In place of a PIN the caller wants another extension, and in place of that a name.
fn spells_a_name(caller: &mut Caller) -> Vec<Output> {
    caller.press("**#");
    caller.press("47223#")
}

#[test]
fn caller_who_has_not_logged_on_is_referred_to_somebody_found_by_name_with_the_rights_of_the_plan() {
    let mut caller = Caller::greeted(Rig::new(VoipSecurity::Unsecured));

    let outputs = spells_a_name(&mut caller);
    let (token, asked) = store_requests(&outputs).pop().unwrap();
    let StoreRequestKind::Phone(PhoneQuestion::Names { dial_plan, digits, .. }) = asked else {
        panic!("{asked:?}")
    };
    assert_eq!((dial_plan.as_str(), digits.as_str()), ("hq", "47223"));
    let found = NamesFound { cards: vec![grace()], more: false };
    let outputs = caller.rig.store(token, StoreReplyKind::Names(found));
    caller.note(&outputs);
    let outputs = caller.press("1");
    let (token, asked) = store_requests(&outputs).pop().unwrap();
    let whose =
        StoreRequestKind::Phone(PhoneQuestion::Card { dial_plan: "hq".into(), number: "4002".into() });
    assert_eq!(asked, whose);
    let outputs = caller.rig.store(token, StoreReplyKind::Card(Some(Box::new(grace()))));

    let refer = sent(&outputs).pop().expect("a REFER");
    assert!(refer.starts_with("REFER ") && refer.contains("Refer-To: <sip:4002@"), "{refer}");
}

#[test]
fn plan_whose_callers_may_dial_no_mailbox_offers_no_names() {
    let none = DialPermissionsPatch { allow_dial_plan_subscribers: Some(false), ..Default::default() };
    let mut caller = Caller::greeted(with(DialPlanPatch { dialling: none, ..DialPlanPatch::default() }));

    let outputs = spells_a_name(&mut caller);

    // The keys were an extension.
    assert_eq!(store_requests(&outputs), []);
    let (_, attempt) = Caller::attempt(&caller.press("730294#"));
    assert_eq!(attempt.number, "47223");
}

/// The owner of 4001, whose mailbox has this policy.
fn owner(policy: &str) -> StoreReplyKind {
    let mailbox = Mailbox { policy: policy.into(), ..mailbox() };
    StoreReplyKind::LogOn(LogOn::Opened(Box::new(Subscriber {
        mailbox,
        recorded_name: None,
        pin: PinStanding::Good,
        options: PhoneOptions::default(),
        greetings: Greetings::default(),
        room: mailbox::MailboxRoom::Some,
        deleted_soon: 0,
    })))
}

#[test]
fn greeting_may_be_as_long_as_the_policy_of_the_mailbox_says_whatever_the_plans_default_is() {
    let name = |text| Name::parse(text).unwrap();
    let short = MailboxPolicy { max_greeting_minutes: 1, ..MailboxPolicy::new(name("short"), name("hq")) };
    for (policy, minutes) in [("short", 1), ("hq Default Policy", 5)] {
        let mut caller = Caller::greeted(changed(SiteChange::CreatePolicy(short.clone())));
        caller.press("*");
        let (token, _) = Caller::attempt(&caller.press("730294#"));
        let outputs = caller.rig.store(token, owner(policy));
        let told = caller.rig.store(store_token(&outputs), StoreReplyKind::Messages(Vec::new()));
        caller.note(&told);
        // Options, greetings, the personal one, record.
        caller.press("6212");

        let outputs = caller.rig.media(&caller.last.clone(), play_finished());

        let record = command(&outputs).unwrap();
        let MediaCommandKind::Record { limits, .. } = record.what else { panic!("{record:?}") };
        assert_eq!(limits.maximum, Duration::from_secs(60 * minutes), "{policy}");
    }
}
