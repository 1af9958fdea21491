//! Carries the orders of the conversation to the media, the store and the SIP leg.
use std::time::Duration;

use ivr::{IvrInput, IvrOutput, MessageOrder, Pause, Phrase, RecordOrder, RecordingEnd, Skip, speak};
use mailbox::{MailboxId, MessageDetails, RecordingHeader, RecordingPurpose, StoreRequestKind};
use srtp_media::{Clip, MediaCommandKind, RecordLimits, RecordingId, SeekTo, StoredAudio, StoredClip};

use super::{Call, Effect, Surroundings, ending::CallEnd, media_leg::MediaLeg, talk::Talk};

/// Longer than any recording; the engine stops at the end of what it plays.
const BEHIND_THE_END: Duration = Duration::from_secs(86_400);

impl Call {
    /// Tells the conversation, and does what it orders.
    pub(super) fn tell(&mut self, input: IvrInput, world: &mut Surroundings<'_>) {
        let Some(talk) = &mut self.dialogue.talk else { return };
        if matches!(input, IvrInput::Digit(_)) && talk.take_turn() {
            self.tell(IvrInput::Begin, world);
        }
        if let Some(talk) = &mut self.dialogue.talk {
            talk.hear(input);
        }
        while let Some(order) = self.dialogue.talk.as_mut().and_then(Talk::next_order) {
            self.obey(order, world);
        }
    }

    fn obey(&mut self, order: IvrOutput, world: &mut Surroundings<'_>) {
        match order {
            IvrOutput::Play(phrases) => self.play(&phrases, world),
            IvrOutput::PlayMessage { message, length } => {
                self.play_stored(StoredAudio::Message(message.0), length, world);
            }
            IvrOutput::Pause(Pause::Stand) => self.command(MediaCommandKind::Pause, world),
            IvrOutput::Pause(Pause::GoOn) => self.command(MediaCommandKind::Resume, world),
            IvrOutput::Skip(skip) => self.command(MediaCommandKind::Seek { to: place(skip) }, world),
            IvrOutput::Speed { percent } => self.command(MediaCommandKind::Speed { percent }, world),
            IvrOutput::Speak(language) => self.dialogue.speak(language),
            IvrOutput::Ask(question) => self.ask(question, world),
            IvrOutput::Transfer { number, scope } => self.transfer(number, scope, world),
            IvrOutput::HandOver(successor) => self.hand_over(successor, world),
            // There is no file to play.
            IvrOutput::PlayRecording { .. } if self.facts.is_test() => {
                self.tell(IvrInput::PlayFinished, world)
            }
            IvrOutput::PlayRecording { length } => self.play_recording(length, world),
            IvrOutput::Await(time) => self.dialogue.await_key(world.now + time),
            IvrOutput::StopPlaying => self.command(MediaCommandKind::Stop, world),
            IvrOutput::Record(order) => self.record(order, world),
            IvrOutput::StopRecording => self.command(MediaCommandKind::StopRecording, world),
            IvrOutput::Keep(order) => self.keep(order, world),
            IvrOutput::Discard => {
                let recording = self.session.take_recording();
                // What was recorded over the test line has no file.
                if let Some(recording) = recording.filter(|_| !self.facts.is_test()) {
                    world.store(StoreRequestKind::DiscardRecording { recording: recording.0 });
                }
            }
            // Nobody was called.
            IvrOutput::Missed if self.facts.is_test() => {}
            IvrOutput::Missed => self.miss(world),
            IvrOutput::HangUp => {
                self.dialogue.talk = None;
                self.hang_up(CallEnd::Completed, world);
            }
            IvrOutput::Finished => {
                self.dialogue.talk = None;
                self.close_media(world);
            }
        }
    }

    fn play(&mut self, phrases: &[Phrase], world: &mut Surroundings<'_>) {
        let (Some(media), Some(talk)) = (self.session.leg(), &self.dialogue.talk) else { return };
        let words = speak(phrases, talk.language);
        let clips = world.settings.prompts.clips(&words, talk.language, media.codec());
        self.command(MediaCommandKind::Play { clips, from: Duration::ZERO }, world);
    }

    fn play_recording(&mut self, length: Duration, world: &mut Surroundings<'_>) {
        let Some(recording) = self.session.recording() else { return };
        self.play_stored(StoredAudio::Recording(recording), length, world);
    }

    /// The audio is read from the disk while it plays: the server gives the clip its reader.
    fn play_stored(&mut self, audio: StoredAudio, length: Duration, world: &mut Surroundings<'_>) {
        let Some(codec) = self.session.leg().map(MediaLeg::codec) else { return };
        let clips = vec![Clip::Stored(StoredClip::new(audio, codec, length))];
        self.command(MediaCommandKind::Play { clips, from: Duration::ZERO }, world);
    }

    fn record(&mut self, order: RecordOrder, world: &mut Surroundings<'_>) {
        let recording = RecordingId(world.new_id());
        let is_test = self.facts.is_test();
        let Some(mailbox) = self.recorded_for(order.purpose) else { return };
        let Some(media) = self.session.leg_mut() else { return };
        media.begin_recording(recording);
        let begin = StoreRequestKind::BeginRecording {
            recording: recording.0,
            header: RecordingHeader {
                codec: media.codec(),
                mailbox,
                call_id: self.facts.snapshot.call_id.clone(),
                started: world.date,
                caller: self.facts.snapshot.caller.clone(),
                caller_name: self.facts.snapshot.caller_name.clone(),
                purpose: order.purpose,
            },
        };
        // What a test call says has no file: its blocks are dropped by the store, which knows of no such recording.
        if !is_test {
            world.store(begin);
        }
        let limits = RecordLimits { silence: Some(order.silence), maximum: order.maximum };
        self.command(MediaCommandKind::Record { recording, limits }, world);
    }

    /// The worker says nothing more: what has come to the store until now is all of the recording, which only the store
    /// knows the length of.
    pub(super) fn lose_recording(&mut self, world: &mut Surroundings<'_>) {
        if self.session.recording().is_some() {
            let why = RecordingEnd::Truncated;
            let all = IvrInput::RecordFinished { why, length: Duration::MAX, speech: Duration::MAX };
            self.tell(all, world);
        }
    }

    /// Whose recording it is: the called mailbox's, or the one that is open.
    fn recorded_for(&self, purpose: RecordingPurpose) -> Option<MailboxId> {
        match purpose {
            RecordingPurpose::Message => self.dialogue.called().map(|called| called.mailbox.id),
            RecordingPurpose::Draft => self.dialogue.open_mailbox().map(|open| open.id),
        }
    }

    fn keep(&mut self, order: MessageOrder, world: &mut Surroundings<'_>) {
        let recording = self.session.take_recording();
        // What was recorded over the test line has no file.
        if self.facts.is_test() {
            return self.tell(IvrInput::MessageNotStored, world);
        }
        let Some(recording) = recording else { return };
        let keep = StoreRequestKind::CommitMessage {
            recording: recording.0,
            details: MessageDetails {
                received: world.date,
                length: order.length,
                urgent: order.marks.urgent,
                private: order.marks.private,
                interrupted: order.interrupted,
            },
        };
        let token = world.store(keep);
        if let Some(talk) = &mut self.dialogue.talk {
            talk.keeping = Some(token);
        }
    }

    /// The caller has left nothing: the mailbox's owner and the administrator are told.
    fn miss(&self, world: &mut Surroundings<'_>) {
        if let Some(called) = self.dialogue.called() {
            let missed = self.facts.missed_call(called.mailbox.id, world);
            world.store(StoreRequestKind::NoteMissed(missed));
        }
        world.effects.push(Effect::Event(self.facts.missed_event()));
    }
}

fn place(skip: Skip) -> SeekTo {
    match skip {
        Skip::Forward(time) => SeekTo::Forward(time),
        Skip::Back(time) => SeekTo::Back(time),
        Skip::ToBeginning => SeekTo::Position(Duration::ZERO),
        Skip::ToEnd => SeekTo::Position(BEHIND_THE_END),
    }
}
