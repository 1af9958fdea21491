//! Whole conversations: what a caller hears and presses, and what becomes of the recording.
use mailbox::{RecordedName, StoreFailure};
use srtp_media::{RecordLimits, StoredAudio, StoredClip};
use telephony::Digit;

use super::*;

const MISSED: u16 = 2023;

/// A caller in the middle of a call.
struct Caller {
    rig: Rig,
    tag: String,
    /// The last command to the media worker.
    last: MediaCommand,
    recording: RecordingId,
    /// Ids of all events since the greeting.
    told: Vec<u16>,
}

impl Caller {
    /// The greeting plays.
    fn greeted() -> Self {
        let mut rig = Rig::new(VoipSecurity::Unsecured);
        let (tag, last) = rig.talking();
        Self { rig, tag, last, recording: RecordingId(0), told: Vec::new() }
    }

    /// The caller has heard the tone.
    fn speaking() -> Self {
        let mut caller = Self::greeted();
        caller.heard();
        caller
    }

    /// The caller has ended the recording with `#`.
    fn reviewing() -> Self {
        let mut caller = Self::speaking();
        caller.press('#');
        assert!(matches!(caller.last.what, MediaCommandKind::StopRecording));
        caller.recorded(RecordEnd::Stopped, 3000);
        assert_eq!(caller.clips(), 1, "the menu");
        caller
    }

    fn note(&mut self, outputs: Vec<Output>) -> Vec<Output> {
        self.told.extend(events(&outputs).into_iter().map(|(id, _)| id));
        if let Some(command) = command(&outputs) {
            if let MediaCommandKind::Record { recording, .. } = command.what {
                self.recording = recording;
            }
            self.last = command;
        }
        outputs
    }

    fn media(&mut self, what: MediaEventKind) -> Vec<Output> {
        let last = self.last.clone();
        let outputs = self.rig.media(&last, what);
        self.note(outputs)
    }

    fn press(&mut self, key: char) -> Vec<Output> {
        let digit = Digit::from_char(key).unwrap();
        self.media(MediaEventKind::Digit { digit, duration: Duration::from_millis(80) })
    }

    fn heard(&mut self) -> Vec<Output> {
        self.media(play_finished())
    }

    fn recorded(&mut self, why: RecordEnd, speech_ms: u64) -> Vec<Output> {
        let what = MediaEventKind::RecordFinished {
            recording: self.recording,
            why,
            length: Duration::from_secs(4),
            speech: Duration::from_millis(speech_ms),
            blocks: 8,
        };
        self.media(what)
    }

    fn wait(&mut self, time: Duration) -> Vec<Output> {
        let outputs = self.rig.advance(time);
        self.note(outputs)
    }

    fn hang_up(&mut self) -> Vec<Output> {
        let tag = self.tag.clone();
        let outputs = self.rig.in_dialog("BYE", 2, &tag);
        assert_eq!(status_line(&outputs), "SIP/2.0 200 OK");
        self.note(outputs)
    }

    fn stored(&mut self, commit: &[Output]) -> Vec<Output> {
        let token = store_token(commit);
        let outputs = self.rig.store(token, StoreReplyKind::Committed { message: MessageId(1) });
        self.note(outputs)
    }

    /// The worker closes the session; nothing is left of the call.
    fn closed(mut self) -> Vec<u16> {
        assert!(matches!(self.last.what, MediaCommandKind::Close), "{:?}", self.last);
        self.media(MediaEventKind::Closed { totals: Default::default() });
        assert_eq!(self.rig.core.call_count(), 0);
        self.told
    }

    /// How many clips the last command plays.
    fn clips(&self) -> usize {
        match &self.last.what {
            MediaCommandKind::Play { clips, .. } => clips.len(),
            other => panic!("not a Play: {other:?}"),
        }
    }
}

#[test]
fn recorded_name_is_heard_in_place_of_the_extension_in_the_codec_of_the_call() {
    // +8 of 16 bits is 0xd5 in A-law and 0xfe in mu-law.
    for (codec, octet) in [(AudioCodec::Pcmu, 0xfe), (AudioCodec::Pcma, 0xd5)] {
        let mut rig = Rig::new(VoipSecurity::Unsecured);
        let token = store_token(&rig.invite(OFFER));
        let recorded_name = Some(RecordedName::new(codec, vec![octet; 4000]).unwrap());
        let found = FoundMailbox {
            candidate: 0,
            mailbox: mailbox(),
            recorded_name,
            greeting: None,
            room: mailbox::MailboxRoom::Some,
        };
        let outputs = rig.store(token, StoreReplyKind::Mailbox(Some(Box::new(found))));
        rig.in_dialog("ACK", 1, &to_tag(&sent(&outputs)[0]));

        let greeting = command(&rig.advance(Duration::from_millis(300))).unwrap();

        let MediaCommandKind::Play { clips, .. } = greeting.what else { panic!("{greeting:?}") };
        let mut expected = vec![Clip::Prompt(Arc::from([0xfe; 4000]))];
        expected.extend(rig.clips(&[Phrase::Prompt(PromptKey::NOT_AVAILABLE), Phrase::RecordTone]));
        assert_eq!(clips, expected, "{codec:?}");
    }
}

#[test]
fn caller_of_a_full_mailbox_is_told_that_no_message_can_be_left() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let token = store_token(&rig.invite(OFFER));
    let found = FoundMailbox {
        candidate: 0,
        mailbox: mailbox(),
        recorded_name: None,
        greeting: None,
        room: mailbox::MailboxRoom::Full,
    };
    let outputs = rig.store(token, StoreReplyKind::Mailbox(Some(Box::new(found))));
    rig.in_dialog("ACK", 1, &to_tag(&sent(&outputs)[0]));

    let words = command(&rig.advance(Duration::from_millis(300))).unwrap();

    let MediaCommandKind::Play { clips, .. } = words.what else { panic!("{words:?}") };
    assert_eq!(clips, rig.clips(&[PromptKey::MAILBOX_FULL, PromptKey::GOODBYE].map(Phrase::Prompt)));
}

#[test]
fn what_the_caller_marks_private_is_committed_as_private() {
    let mut caller = Caller::reviewing();

    caller.press('5');
    assert_eq!(caller.clips(), 2, "marked, and the menu");
    let commit = caller.press('1');

    let details = committed(&commit).1;
    assert_eq!((details.urgent, details.private, details.interrupted), (false, true, false));
}

#[test]
fn caller_listens_marks_urgent_and_sends() {
    let mut caller = Caller::reviewing();

    caller.press('2');
    let MediaCommandKind::Play { clips, .. } = &caller.last.what else { panic!("{:?}", caller.last) };
    let stored = StoredAudio::Recording(caller.recording);
    assert_eq!(*clips, [Clip::Stored(StoredClip::new(stored, AudioCodec::Pcmu, Duration::from_secs(4)))]);
    caller.heard();
    assert_eq!(caller.clips(), 1, "the menu again");
    caller.press('4');
    assert_eq!(caller.clips(), 2, "marked, and the menu");
    let commit = caller.press('1');
    let (recording, details) = committed(&commit);
    assert_eq!(recording, caller.recording.0);
    assert_eq!((details.length, details.urgent, details.interrupted), (Duration::from_secs(4), true, false));
    assert!(matches!(caller.last.what, MediaCommandKind::Stop));
    caller.stored(&commit);
    assert_eq!(caller.clips(), 2, "saved, goodbye");
    let outputs = caller.heard();

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert_eq!(caller.closed(), [2004, 2008]);
}

#[test]
fn recording_again_throws_the_first_away_and_keeps_the_second() {
    let mut caller = Caller::reviewing();
    let first = caller.recording;

    let outputs = caller.press('3');
    assert!(matches!(
        store_requests(&outputs)[..],
        [(_, StoreRequestKind::DiscardRecording { recording })] if recording == first.0
    ));
    assert_eq!(caller.clips(), 2, "the words and the tone");
    caller.heard();
    assert_ne!(caller.recording, first);
    caller.hang_up();
    let commit = caller.recorded(RecordEnd::Stopped, 2000);

    assert_eq!(committed(&commit).0, caller.recording.0);
    caller.stored(&commit);
    assert_eq!(caller.closed(), [2004, 2008]);
}

#[test]
fn recording_that_could_not_be_thrown_away_is_no_message_that_could_not_be_saved() {
    let mut caller = Caller::reviewing();
    let discard = store_token(&caller.press('3'));
    caller.heard();
    caller.press('#');
    caller.recorded(RecordEnd::Stopped, 2000);
    let commit = caller.press('1');

    let failure = StoreFailure::Broken { doing: "removing", detail: "no".into() };
    let outputs = caller.rig.input(Input::Store(StoreReply { token: discard, what: Err(failure) }));
    assert!(outputs.is_empty(), "{outputs:?}");
    caller.stored(&commit);

    assert_eq!(caller.clips(), 2, "saved, goodbye");
}

#[test]
fn recording_ends_by_the_silence_and_the_maximum_of_the_plan() {
    let caller = Caller::speaking();

    let MediaCommandKind::Record { limits, .. } = caller.last.what else { panic!("{:?}", caller.last) };
    let silence = Some(Duration::from_secs(5));
    assert_eq!(limits, RecordLimits { silence, maximum: Duration::from_secs(20 * 60) });
}

#[test]
fn silence_leads_to_the_menu_and_the_maximum_is_told_first() {
    for (why, clips) in [(RecordEnd::Silence, 1), (RecordEnd::Maximum, 2)] {
        let mut caller = Caller::speaking();

        caller.recorded(why, 3000);

        assert_eq!(caller.clips(), clips, "{why:?}");
    }
}

#[test]
fn menu_without_an_answer_is_repeated_after_five_seconds_and_the_third_time_the_message_is_kept() {
    let mut caller = Caller::reviewing();
    for _ in 0..2 {
        caller.heard();
        assert!(commands(&caller.wait(Duration::from_millis(4_999))).is_empty());
        caller.wait(Duration::from_millis(1));
        assert_eq!(caller.clips(), 1, "the menu again");
    }
    caller.heard();

    let commit = caller.wait(Duration::from_secs(5));

    assert!(!committed(&commit).1.interrupted);
    caller.stored(&commit);
    assert_eq!(caller.clips(), 2, "saved, goodbye");
    caller.heard();
    assert_eq!(caller.closed(), [2004, 2008]);
}

#[test]
fn key_ends_the_waiting() {
    let mut caller = Caller::reviewing();
    // The deadlines of the INVITE pass while the menu is spoken.
    caller.wait(Duration::from_secs(60));
    caller.heard();
    assert_eq!(caller.rig.core.poll_timeout(), Some(caller.rig.now + Duration::from_secs(5)));
    caller.wait(Duration::from_secs(3));

    caller.press('2');

    assert!(caller.rig.core.poll_timeout() > Some(caller.rig.now + Duration::from_secs(60)));
}

#[test]
fn caller_who_hangs_up_after_the_recording_leaves_the_message_wherever_they_were() {
    for way in ["", "heard", "2", "4", "9", "2 heard", "heard 2"] {
        let mut caller = Caller::reviewing();
        for deed in way.split_whitespace() {
            match deed {
                "heard" => caller.heard(),
                key => caller.press(key.chars().next().unwrap()),
            };
        }

        let commit = caller.hang_up();

        let details = committed(&commit).1;
        assert_eq!((details.urgent, details.interrupted), (way == "4", false), "{way}");
        caller.stored(&commit);
        assert_eq!(caller.closed(), [2004, 2008], "{way}");
    }
}

#[test]
fn caller_who_hangs_up_while_the_message_is_being_kept_does_not_lose_it() {
    let mut caller = Caller::reviewing();
    let commit = caller.press('1');

    let outputs = caller.hang_up();
    assert!(store_requests(&outputs).is_empty(), "{outputs:?}");
    caller.stored(&commit);

    assert_eq!(caller.closed(), [2004, 2008]);
}

#[test]
fn caller_who_hangs_up_in_the_farewell_is_let_go() {
    let mut caller = Caller::reviewing();
    let commit = caller.press('1');
    caller.stored(&commit);

    caller.hang_up();

    assert_eq!(caller.closed(), [2004, 2008]);
}

#[test]
fn call_ended_by_an_administrator_in_the_menu_leaves_a_whole_message() {
    let mut caller = Caller::reviewing();
    let key = CallKey(*caller.rig.core.calls.keys().map(|CallKey(key)| key).next().unwrap());

    let outputs = caller.rig.input(Input::Admin(AdminOrder::HangUp(key)));

    assert!(!committed(&outputs).1.interrupted);
}

#[test]
fn fault_of_the_media_in_the_menu_leaves_a_whole_message() {
    let mut caller = Caller::reviewing();

    let outputs = caller.media(MediaEventKind::Faulted);
    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert!(!committed(&outputs).1.interrupted);
    caller.stored(&outputs);

    assert_eq!(caller.rig.core.call_count(), 0);
}

#[test]
fn caller_who_hangs_up_in_the_greeting_is_a_missed_call_with_all_that_is_known() {
    for skipped in [false, true] {
        let mut caller = Caller::greeted();
        if skipped {
            caller.press('#');
        }

        let outputs = caller.hang_up();

        let (id, text) = &events(&outputs)[0];
        assert_eq!(*id, MISSED);
        for fact in ["2002", "Bob", "4001", "hq", "c1", "gw1"] {
            assert!(text.contains(&format!("\"{fact}\"")), "{fact} is not in {text}");
        }
        let requests = store_requests(&outputs);
        let [(_, StoreRequestKind::NoteMissed(missed))] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(missed.mailbox, mailbox().id);
        let told = [missed.caller.as_deref(), missed.caller_name.as_deref(), Some(missed.call_id.as_str())];
        assert_eq!(told, [Some("2002"), Some("Bob"), Some("c1")]);
        assert_eq!(caller.closed(), [MISSED, 2008]);
    }
}

#[test]
fn caller_who_hangs_up_before_the_greeting_is_a_missed_call() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let outputs = rig.answered();
    let tag = to_tag(&sent(&outputs)[0]);
    rig.in_dialog("ACK", 1, &tag);

    let outputs = rig.in_dialog("BYE", 2, &tag);

    assert_eq!(events(&outputs)[0].0, MISSED);
}

#[test]
fn less_than_a_second_of_speech_is_a_missed_call_and_no_message() {
    let mut caller = Caller::speaking();
    caller.hang_up();

    let outputs = caller.recorded(RecordEnd::Stopped, 999);

    assert!(matches!(
        store_requests(&outputs)[..],
        [(_, StoreRequestKind::DiscardRecording { .. }), (_, StoreRequestKind::NoteMissed(_))]
    ));
    assert_eq!(caller.closed(), [MISSED, 2008]);
}

#[test]
fn caller_who_says_nothing_hears_goodbye_and_is_a_missed_call() {
    let mut caller = Caller::speaking();

    let outputs = caller.recorded(RecordEnd::Silence, 0);
    assert!(matches!(store_requests(&outputs)[..], [(_, StoreRequestKind::DiscardRecording { .. })]));
    assert_eq!(caller.clips(), 1, "goodbye");
    let outputs = caller.heard();

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert_eq!(caller.closed(), [MISSED, 2008]);
}

#[test]
fn recording_that_the_disk_cut_short_is_kept_at_once_and_the_caller_is_told() {
    let mut caller = Caller::speaking();

    let commit = caller.recorded(RecordEnd::Truncated, 3000);

    assert!(committed(&commit).1.interrupted);
    caller.stored(&commit);
    assert_eq!(caller.clips(), 3, "cut off, saved, goodbye");
}

#[test]
fn message_that_the_store_refuses_is_not_called_saved() {
    let mut caller = Caller::reviewing();
    let token = store_token(&caller.press('1'));

    let failure = StoreFailure::Broken { doing: "syncing", detail: "no".into() };
    let outputs = caller.rig.input(Input::Store(StoreReply { token, what: Err(failure) }));
    let words = command(&caller.note(outputs)).unwrap();

    let MediaCommandKind::Play { clips, .. } = words.what else { panic!("{words:?}") };
    let said = [PromptKey::MESSAGE_NOT_SAVED, PromptKey::GOODBYE].map(Phrase::Prompt);
    assert_eq!(clips, caller.rig.clips(&said));
    assert_eq!(caller.told, []);
}
