//! A caller in a [`Town`], whose store answers truly and at once; keys, patience and the gateway's words are the test's.
use std::collections::VecDeque;

use telephony::Digit;

use super::*;

pub(super) use super::{
    sites::*,
    town::{PIN, Town},
};

/// The number that callers dial where a test says no other.
pub(super) const DIALLED: &str = "5000";
/// Longer than any wait for a key.
pub(super) const PATIENCE: Duration = Duration::from_secs(6);

/// When the store answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pace {
    AtOnce,
    /// When [`Visit::answers`] says so.
    WhenTold,
}

/// Which question is answered, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    Oldest,
    Newest,
    /// The oldest fails.
    Failure,
}

/// A call from its INVITE on, and all that has come of it.
pub(super) struct Visit {
    pub(super) rig: Rig,
    town: Town,
    pub(super) tag: String,
    last: MediaCommand,
    /// What is being said.
    playing: Option<MediaCommand>,
    recording: Option<RecordingId>,
    /// The clips of each Play.
    pub(super) played: Vec<Vec<Clip>>,
    /// What has left the server by SIP.
    pub(super) sent: Vec<String>,
    /// What the store was asked.
    pub(super) asked: Vec<StoreRequestKind>,
    pub(super) told: Vec<(u16, String)>,
    /// What the store still owes, where it is slow.
    owed: VecDeque<(u64, StoreRequestKind)>,
    store: Pace,
    /// Offers of the gateway so far.
    offers: u32,
    /// Everything that came out, step by step, with the time until the next deadline.
    pub(super) trace: Vec<String>,
}

impl Visit {
    /// A call from 2002 to [`DIALLED`], up to the first words.
    pub(super) fn new(rig: Rig, town: &Town) -> Self {
        Self::from(rig, town, "2002")
    }

    /// The same from this user part of a SIP URI.
    pub(super) fn from(rig: Rig, town: &Town, caller: &str) -> Self {
        Self::of(rig, town, caller, DIALLED)
    }

    pub(super) fn of(rig: Rig, town: &Town, caller: &str, called: &str) -> Self {
        Self::with_contact(rig, town, (caller, called), "<sip:2002@127.0.0.1:6000>")
    }

    /// The same with this Contact.
    pub(super) fn with_contact(rig: Rig, town: &Town, (caller, called): (&str, &str), contact: &str) -> Self {
        let last = MediaCommand {
            session: SessionId(40),
            token: srtp_media::Token(0),
            what: MediaCommandKind::Close,
        };
        let mut visit = Self {
            rig,
            town: town.clone(),
            tag: String::new(),
            last,
            playing: None,
            recording: None,
            played: Vec::new(),
            sent: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            owed: VecDeque::new(),
            store: Pace::AtOnce,
            offers: 1,
            trace: Vec::new(),
        };
        visit.rig.invites += 1;
        let n = visit.rig.invites;
        let sdp = OFFER.replace('\n', "\r\n");
        let outputs = visit.rig.message(&format!(
            "INVITE sip:{called}@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK{n}\n\
             From: <sip:{caller}@127.0.0.1>;tag=f2\nTo: <sip:{called}@127.0.0.1>\nCall-ID: c{n}\nCSeq: 1 INVITE\n\
             Contact: {contact}\nContent-Type: application/sdp\nContent-Length: {}\n\n{OFFER}",
            sdp.len()
        ));
        visit.note(outputs);
        let answer = visit.sent.iter().rfind(|text| text.starts_with("SIP/2.0 200 "));
        visit.tag = to_tag(answer.unwrap_or_else(|| panic!("no 200: {:?}", visit.sent)));
        let tag = visit.tag.clone();
        let acknowledged = visit.rig.in_dialog("ACK", 1, &tag);
        visit.note(acknowledged);
        visit.wait(Duration::from_millis(300));
        visit
    }

    /// Takes in what came out, and lets the store answer.
    pub(super) fn note(&mut self, outputs: Vec<Output>) {
        let mut steps = VecDeque::from([outputs]);
        while let Some(outputs) = steps.pop_front() {
            let due = self.rig.core.poll_timeout().map(|at| at.saturating_duration_since(self.rig.now));
            self.trace.push(format!("{outputs:?}, then {due:?}"));
            self.sent.extend(sent(&outputs));
            self.told.extend(events(&outputs));
            for command in commands(&outputs) {
                self.follow(command);
            }
            for (token, question) in store_requests(&outputs) {
                self.asked.push(question.clone());
                if self.store == Pace::WhenTold {
                    self.owed.push_back((token, question));
                    continue;
                }
                let answer = self.town.answer(&question);
                steps.push_back(self.rig.store(token, answer));
            }
        }
    }

    /// From now on the store answers when it is told to.
    pub(super) fn slow(mut self) -> Self {
        self.store = Pace::WhenTold;
        self
    }

    pub(super) fn answers(&mut self, reply: Reply) {
        let owed = match reply {
            Reply::Oldest | Reply::Failure => self.owed.pop_front(),
            Reply::Newest => self.owed.pop_back(),
        };
        let Some((token, question)) = owed else { return };
        let what = match reply {
            Reply::Oldest | Reply::Newest => Ok(self.town.answer(&question)),
            Reply::Failure => Err(mailbox::StoreFailure::Closed),
        };
        let outputs = self.rig.input(Input::Store(StoreReply { token, what }));
        self.note(outputs);
    }

    fn follow(&mut self, command: MediaCommand) {
        match &command.what {
            MediaCommandKind::Play { clips, .. } => {
                self.played.push(clips.clone());
                self.playing = Some(command.clone());
            }
            MediaCommandKind::Stop => self.playing = None,
            MediaCommandKind::Record { recording, .. } => self.recording = Some(*recording),
            _ => {}
        }
        self.last = command;
    }

    fn press(&mut self, digit: Digit) {
        let last = self.last.clone();
        let pressed = MediaEventKind::Digit { digit, duration: Duration::from_millis(80) };
        let outputs = self.rig.media(&last, pressed);
        self.note(outputs);
    }

    /// What is being said comes to its end.
    pub(super) fn hear(&mut self) {
        let Some(playing) = self.playing.take() else { return };
        let outputs = self.rig.media(&playing, play_finished());
        self.note(outputs);
    }

    /// The store answers at every deadline on the way, not at the end.
    pub(super) fn wait(&mut self, time: Duration) {
        let until = self.rig.now + time;
        while let Some(at) = self.rig.core.poll_timeout().filter(|at| *at <= until) {
            let outputs = self.rig.advance(at.saturating_duration_since(self.rig.now));
            self.note(outputs);
        }
        self.rig.now = until;
    }

    /// Presses keys; `.` hears to the end what is being said, `,` is [`PATIENCE`], and `!` ends a recording of four
    /// seconds.
    pub(super) fn does(&mut self, deeds: &str) {
        for deed in deeds.chars() {
            match deed {
                '.' => self.hear(),
                ',' => self.wait(PATIENCE),
                '!' => {
                    let recording = self.recording.take().expect("a recording");
                    let last = self.last.clone();
                    let outputs = self.rig.media(&last, record_finished(recording));
                    self.note(outputs);
                }
                key => self.press(Digit::from_char(key).unwrap()),
            }
        }
    }

    /// The gateway offers its media in this direction from now on: `sendonly` holds the call, `sendrecv` goes on.
    pub(super) fn offer(&mut self, direction: &str) {
        self.offers += 1;
        let (n, tag) = (self.offers, self.tag.clone());
        let sdp = format!("{}a={direction}\n", OFFER.replace("o=- 1 1", &format!("o=- 1 {n}")));
        let outputs = self.rig.describe("UPDATE", n, &tag, "", &sdp);
        let answer = status_line(&outputs);
        self.note(outputs);
        assert!(answer == "SIP/2.0 200 OK" || self.has_hung_up(), "{answer}");
    }

    /// Whether `!` ends something.
    pub(super) fn records(&self) -> bool {
        self.recording.is_some()
    }

    /// Whether the last words have these in them, one behind the other.
    pub(super) fn hears(&self, phrases: &[Phrase]) -> bool {
        let wanted = self.rig.clips(phrases);
        assert!(!wanted.is_empty(), "no such words: {phrases:?}");
        self.played.last().is_some_and(|clips| clips.windows(wanted.len()).any(|window| window == wanted))
    }

    /// The last words by the keys of their prompts.
    pub(super) fn last_words(&self) -> Vec<String> {
        let known = |clip: &Clip| {
            let prompts = &self.rig.core.settings.prompts;
            let key = Language::English.keys().find(|key| {
                prompts
                    .mu_law(Language::English, *key)
                    .is_some_and(|audio| Clip::Prompt(Arc::clone(audio)) == *clip)
            });
            let own = |(name, audio): (&str, &Arc<[u8]>)| {
                (Clip::Prompt(Arc::clone(audio)) == *clip).then(|| format!("recording {name}"))
            };
            let recorded = || prompts.announcements().find_map(own);
            key.map(|key| key.as_str().to_owned()).or_else(recorded).unwrap_or_else(|| format!("{clip:?}"))
        };
        self.played.last().into_iter().flatten().map(known).collect()
    }

    /// Every REFER that has left the server, its repetitions left out: Refer-To and Referred-By.
    pub(super) fn refers(&self) -> Vec<(String, String)> {
        let header = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
        };
        let mut refers: Vec<&String> = self.sent.iter().filter(|text| text.starts_with("REFER ")).collect();
        refers.dedup();
        refers.into_iter().map(|text| (header(text, "Refer-To: "), header(text, "Referred-By: "))).collect()
    }

    pub(super) fn has_hung_up(&self) -> bool {
        self.sent.iter().any(|text| text.starts_with("BYE "))
    }
}
