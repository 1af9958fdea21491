//! The media side of a call: which session, what was agreed, and which reports still count.
use bytes::Bytes;
use ivr::{IvrInput, RecordingEnd};
use sdp::Profile;
use srtp_media::{
    MediaCommand, MediaCommandKind, MediaEvent, MediaEventKind, MediaSpec, RecordEnd, RecordingId, Token,
};
use telephony::{AudioCodec, SrtpSuite};

use crate::{
    leases::MediaLease,
    negotiation::{Agreement, LocalSession},
};

/// A command and the worker it is for.
#[derive(Debug)]
pub(crate) struct Addressed {
    pub worker: usize,
    pub command: MediaCommand,
}

/// What we answered last, for a session refresh with an unchanged offer (security-modes 4).
#[derive(Clone, Debug)]
pub(super) struct AnsweredOffer {
    pub(super) origin_line: String,
    pub(super) answer: Bytes,
}

#[derive(Debug)]
pub(super) struct MediaLeg {
    local: LocalSession,
    agreed: AnsweredOffer,
    codec: AudioCodec,
    profile: Profile,
    spec: MediaSpec,
    /// The token of the last command; reports of older Play commands are stale.
    token: u64,
    playing: Option<Token>,
    recording: Option<RecordingId>,
    closing: bool,
}

impl MediaLeg {
    pub(super) fn new(agreement: Agreement) -> Self {
        Self {
            agreed: answered(&agreement),
            local: agreement.local,
            codec: agreement.parameters.codec,
            profile: agreement.parameters.profile,
            spec: agreement.spec,
            token: 0,
            playing: None,
            recording: None,
            closing: false,
        }
    }

    pub(super) fn lease(&self) -> MediaLease {
        self.local.lease
    }

    pub(super) fn local(&self) -> LocalSession {
        self.local.clone()
    }

    /// What protects the media, once that is agreed.
    pub(super) fn suite(&self) -> Option<SrtpSuite> {
        self.local.suite()
    }

    /// What was offered last counts in the version of our description, answered or not.
    pub(super) fn set_local(&mut self, local: LocalSession) {
        self.local = local;
    }

    pub(super) fn profile(&self) -> Profile {
        self.profile
    }

    /// The peer does not want to hear us.
    pub(super) fn is_held(&self) -> bool {
        !self.spec.parameters().direction.send
    }

    pub(super) fn codec(&self) -> AudioCodec {
        self.codec
    }

    /// What we answered last; nothing of the peer's if it answered us.
    pub(super) fn last_answer(&self) -> &AnsweredOffer {
        &self.agreed
    }

    pub(super) fn open(&self) -> Addressed {
        self.addressed(Token(0), MediaCommandKind::Open { spec: self.spec.clone() })
    }

    pub(super) fn update(&mut self, agreement: Agreement) -> Addressed {
        self.agreed = answered(&agreement);
        self.local = agreement.local;
        self.codec = agreement.parameters.codec;
        self.profile = agreement.parameters.profile;
        self.spec = agreement.spec;
        self.command(MediaCommandKind::Update { spec: self.spec.clone() })
    }

    pub(super) fn begin_recording(&mut self, recording: RecordingId) {
        self.recording = Some(recording);
    }

    /// The recording that is neither kept nor thrown away yet.
    pub(super) fn recording(&self) -> Option<RecordingId> {
        self.recording
    }

    /// The recording that is to be kept or thrown away, once.
    pub(super) fn take_recording(&mut self) -> Option<RecordingId> {
        self.recording.take()
    }

    pub(super) fn command(&mut self, what: MediaCommandKind) -> Addressed {
        self.token += 1;
        let token = Token(self.token);
        match what {
            MediaCommandKind::Play { .. } => self.playing = Some(token),
            MediaCommandKind::Stop => self.playing = None,
            MediaCommandKind::Open { .. }
            | MediaCommandKind::Update { .. }
            | MediaCommandKind::Pause
            | MediaCommandKind::Resume
            | MediaCommandKind::Seek { .. }
            | MediaCommandKind::Speed { .. }
            | MediaCommandKind::Record { .. }
            | MediaCommandKind::StopRecording
            | MediaCommandKind::Close => {}
        }
        self.addressed(token, what)
    }

    /// Closes once.
    pub(super) fn close(&mut self) -> Option<Addressed> {
        if std::mem::replace(&mut self.closing, true) {
            return None;
        }
        Some(self.command(MediaCommandKind::Close))
    }

    /// What a report means to the conversation; `None` if it crossed a later command, or is no report of one.
    pub(super) fn read_event(&self, event: &MediaEvent) -> Option<IvrInput> {
        match event.what {
            MediaEventKind::PlayFinished { .. } => {
                (self.playing == Some(event.token)).then_some(IvrInput::PlayFinished)
            }
            MediaEventKind::RecordFinished { recording, why, length, speech, .. } => (self.recording
                == Some(recording))
            .then_some(IvrInput::RecordFinished { why: recording_end(why), length, speech }),
            MediaEventKind::Digit { .. }
            | MediaEventKind::NoMedia
            | MediaEventKind::Closed { .. }
            | MediaEventKind::Faulted => None,
        }
    }

    fn addressed(&self, token: Token, what: MediaCommandKind) -> Addressed {
        Addressed {
            worker: self.local.lease.worker,
            command: MediaCommand { session: self.local.lease.session, token, what },
        }
    }
}

fn answered(agreement: &Agreement) -> AnsweredOffer {
    AnsweredOffer { origin_line: agreement.parameters.origin_line.clone(), answer: agreement.said.clone() }
}

fn recording_end(why: RecordEnd) -> RecordingEnd {
    match why {
        RecordEnd::Silence => RecordingEnd::Silence,
        RecordEnd::Maximum => RecordingEnd::Maximum,
        RecordEnd::Stopped | RecordEnd::Closed => RecordingEnd::Stopped,
        RecordEnd::Truncated => RecordingEnd::Truncated,
    }
}
