//! The waits of a call: each has its own place, and none lengthens or ends another.
use mailbox::StoreFailure;
use telephony::{Digit, PhoneNumber};

use super::*;

#[test]
fn call_that_we_have_ended_is_let_go_after_a_minute_though_its_bye_is_never_answered() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.recording();
    let key = *rig.core.calls.keys().next().unwrap();

    // The worker never tells how long the recording was; BYE times out after 32 s.
    rig.input(Input::Admin(AdminOrder::HangUp(key)));
    rig.advance(Duration::from_millis(59_999));
    let before = rig.core.call_count();
    rig.advance(Duration::from_millis(1));

    assert_eq!((before, rig.core.call_count()), (1, 0));
}

/// An attendant answers 4001: its keys 1 and 2 take messages for two mailboxes.
fn in_the_menu() -> (Rig, MediaCommand) {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let name = |text: &str| Name::parse(text).unwrap();
    let mut attendant = dial_plan::AutoAttendant::new(name("main"), name("hq"));
    attendant.enabled = true;
    attendant.pilots = vec![PhoneNumber::parse("4001").unwrap()];
    for (key, action) in [("1", "message:4002"), ("2", "message:4003")] {
        let mapping = dial_plan::KeyMapping { action: action.parse().unwrap(), announcement: None };
        attendant.business.keys.insert(key.parse().unwrap(), mapping);
    }
    rig.site = rig.site.apply(&SiteChange::CreateAttendant(Box::new(attendant))).unwrap().0;
    rig.put_site();
    let outputs = rig.invite(OFFER);
    let answered = rig.store(store_token(&outputs), StoreReplyKind::Mailbox(None));
    rig.in_dialog("ACK", 1, &to_tag(&sent(&answered)[0]));
    let menu = command(&rig.advance(Duration::from_millis(300))).expect("the menu plays");
    (rig, menu)
}

/// The caller presses this key, and no other within the time for one: what the store is asked then.
fn choose(rig: &mut Rig, menu: &MediaCommand, key: char) -> u64 {
    let digit = Digit::from_char(key).unwrap();
    let what = MediaEventKind::Digit { digit, duration: Duration::from_millis(80) };
    let mut outputs = rig.media(menu, what);
    outputs.extend(rig.advance(Duration::from_millis(1600)));
    store_token(&outputs)
}

#[test]
fn late_answer_about_one_mailbox_takes_nobody_over_who_waits_for_another() {
    let (mut rig, menu) = in_the_menu();
    let first = choose(&mut rig, &menu, '1');
    let menu = command(&rig.advance(Duration::from_secs(3))).expect("the menu plays again");
    let second = choose(&mut rig, &menu, '2');

    let late = rig.store(first, found_mailbox());
    let found = rig.store(second, found_mailbox());

    assert!(late.is_empty(), "{late:?}");
    let MediaCommandKind::Play { clips, .. } = command(&found).unwrap().what else { panic!("{found:?}") };
    let greeting = [Phrase::Prompt(PromptKey::NOT_AVAILABLE), Phrase::RecordTone];
    assert!(clips.ends_with(&rig.clips(&greeting)), "{clips:?}");
}

#[test]
fn mailbox_that_the_store_fails_to_name_too_late_gives_nobody_up_who_waits_for_another() {
    let (mut rig, menu) = in_the_menu();
    let first = choose(&mut rig, &menu, '1');
    let menu = command(&rig.advance(Duration::from_secs(3))).expect("the menu plays again");
    let second = choose(&mut rig, &menu, '2');

    let late = rig.input(Input::Store(StoreReply { token: first, what: Err(StoreFailure::Closed) }));
    let found = rig.store(second, found_mailbox());

    assert!(late.is_empty(), "{late:?}");
    assert!(matches!(command(&found).unwrap().what, MediaCommandKind::Play { .. }), "{found:?}");
}

#[test]
fn caller_whose_transfer_the_store_does_not_judge_in_time_goes_on_and_a_late_word_sends_nobody_anywhere() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let operator = Some(Some(PhoneNumber::parse("0500").unwrap()));
    let patch = DialPlanPatch { operator, ..DialPlanPatch::default() };
    rig.site = rig.site.apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap().0;
    rig.put_site();
    let (_, greeting) = rig.talking();
    let digit = Digit::from_char('0').unwrap();
    let what = MediaEventKind::Digit { digit, duration: Duration::from_millis(80) };
    let token = store_token(&rig.media(&greeting, what));

    let before = rig.advance(Duration::from_millis(29_999));
    let given_up = rig.advance(Duration::from_millis(1));
    let late = rig.store(token, StoreReplyKind::Card(None));

    assert!(commands(&before).is_empty(), "{before:?}");
    let MediaCommandKind::Play { clips, .. } = command(&given_up).unwrap().what else {
        panic!("{given_up:?}")
    };
    let words = [PromptKey::NOT_CONNECTED, PromptKey::RECORD_AFTER_TONE].map(Phrase::Prompt);
    assert!(clips.starts_with(&rig.clips(&words)), "{clips:?}");
    assert_eq!(events(&given_up).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1025]);
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn message_is_kept_at_once_though_its_worker_takes_no_orders_and_never_tells_its_end() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, greeting) = rig.talking();
    let outputs = rig.media(&greeting, play_finished());
    let recording = begun_recording(&outputs);
    let record = command(&outputs).unwrap();

    // The caller hangs up, and the order to stop the recording finds no room in the queue of the worker.
    rig.in_dialog("BYE", 2, &tag);
    let kept = rig.media(&record, MediaEventKind::Faulted);
    let (committed, details) = committed(&kept);
    let over = rig.store(store_token(&kept), StoreReplyKind::Committed { message: MessageId(1) });

    assert_eq!((committed, details.interrupted), (recording.0, true));
    assert_eq!((events(&over)[0].0, rig.core.call_count()), (2004, 0));
}
