//! What the server says: clips, one after the other, cut into packets by the sender.

use std::{sync::Arc, time::Duration};

use telephony::AudioCodec;

use crate::{
    command::{Clip, SeekTo, Token},
    event::MediaTotals,
    g711::{decode, encode, transcode},
    limits::{CLIP_PATIENCE, MAX_CLIPS, MAX_SENT_PAYLOAD},
    reception::{playing_time, samples},
    stored_clip::{ClipIntake, StoredClip, Supply},
    time_scale::TimeScale,
    tone::Tone,
};

/// Clips under way.
#[derive(Debug)]
pub(crate) struct Player {
    /// The token of its `Play`.
    pub(crate) token: Token,
    /// The codec of the prompts' octets.
    codec: AudioCodec,
    /// All clips; those before `current` have been read to their end.
    parts: Vec<Part>,
    current: usize,
    paused: bool,
    /// There once another speed than the recorded one was wanted.
    scale: Option<Box<TimeScale>>,
    /// Octets of silence in a row that stand for a stored clip's.
    starved: u64,
}

/// A clip and how far it has been read.
#[derive(Debug)]
struct Part {
    kind: PartKind,
    length: u64,
    position: u64,
}

#[derive(Debug)]
enum PartKind {
    Prompt(Arc<[u8]>),
    Tone(u16),
    Silence,
    Stored { codec: AudioCodec, intake: Option<ClipIntake> },
}

/// What was read of the clips.
struct Reading {
    octets: usize,
    /// More will come, but has not yet.
    starved: bool,
}

impl Player {
    /// Clips from `from` on, in the codec that the session has now.
    pub(crate) fn new(token: Token, codec: AudioCodec, clips: Vec<Clip>, from: Duration) -> Self {
        let parts = clips.into_iter().take(MAX_CLIPS).map(Part::new).collect();
        let mut player = Self { token, codec, parts, current: 0, paused: false, scale: None, starved: 0 };
        player.go_to(samples(from));
        player
    }

    /// How far it has come, over all clips, in time as recorded.
    pub(crate) fn position(&self) -> Duration {
        playing_time(self.heard())
    }

    /// Whether it stands still.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn pause(&mut self) {
        self.paused = true;
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
    }

    pub(crate) fn seek(&mut self, to: SeekTo) {
        self.go_to(match to {
            SeekTo::Position(position) => samples(position),
            SeekTo::Forward(time) => self.heard().saturating_add(samples(time)),
            SeekTo::Back(time) => self.heard().saturating_sub(samples(time)),
        });
    }

    pub(crate) fn set_speed(&mut self, percent: u16) {
        match &mut self.scale {
            Some(scale) => scale.set_speed(percent),
            None if percent == 100 => {}
            None => self.scale = Some(Box::new(TimeScale::new(percent))),
        }
    }

    /// Fills `packet` in `codec` (silence after the end, and where a stored clip has not come yet); `false` if nothing
    /// was left to say.
    pub(crate) fn fill(&mut self, codec: AudioCodec, packet: &mut [u8], totals: &mut MediaTotals) -> bool {
        let reading = match self.scale.take() {
            None => self.read(packet, totals),
            Some(mut scale) => {
                let reading = self.read_scaled(&mut scale, packet, totals);
                self.scale = Some(scale);
                reading
            }
        };
        let (said, rest) = packet.split_at_mut(reading.octets);
        for octet in said {
            *octet = transcode(self.codec, codec, *octet);
        }
        rest.fill(codec.silence_octet());
        if reading.starved {
            totals.clip_underruns += 1;
            self.starved += rest.len() as u64;
        }
        reading.octets > 0 || reading.starved
    }

    /// Reads on in the player's codec; less than `octets` at the end, or if starved.
    fn read(&mut self, octets: &mut [u8], totals: &mut MediaTotals) -> Reading {
        let mut filled = 0;
        while filled < octets.len() {
            let Some(part) = self.parts.get_mut(self.current) else { break };
            let mut supply = part.read(self.codec, &mut octets[filled..]);
            if supply == Supply::Starved && self.starved >= samples(CLIP_PATIENCE) {
                supply = Supply::Broken;
            }
            match supply {
                Supply::Octets(count) => {
                    self.starved = 0;
                    filled += count;
                    continue;
                }
                Supply::Starved => return Reading { octets: filled, starved: true },
                Supply::Ended => {}
                Supply::Broken => totals.clips_unreadable += 1,
            }
            // An early end moves what follows.
            part.length = part.position;
            self.starved = 0;
            self.current += 1;
            if let Some(next) = self.parts.get_mut(self.current) {
                next.go_to(0);
            }
        }
        Reading { octets: filled, starved: false }
    }

    /// As [`Self::read`], at another speed.
    fn read_scaled(&mut self, scale: &mut TimeScale, octets: &mut [u8], totals: &mut MediaTotals) -> Reading {
        let mut filled = 0;
        while filled < octets.len() {
            if let Some(sample) = scale.next_sample() {
                octets[filled] = encode(self.codec, sample);
                filled += 1;
                continue;
            }
            let mut more = [0; MAX_SENT_PAYLOAD];
            while scale.missing() > 0 {
                let wanted = scale.missing().min(more.len());
                let reading = self.read(&mut more[..wanted], totals);
                scale.feed(more[..reading.octets].iter().map(|octet| decode(self.codec, *octet)));
                if reading.starved {
                    return Reading { octets: filled, starved: true };
                }
                if reading.octets < wanted {
                    scale.end();
                }
            }
            if !scale.advance() {
                break;
            }
        }
        Reading { octets: filled, starved: false }
    }

    /// Octets read or skipped, over all clips, without those that wait for their turn in the time scale.
    fn heard(&self) -> u64 {
        let before = self.parts.iter().take(self.current).map(|part| part.length);
        let within = self.parts.get(self.current).map_or(0, |part| part.position);
        let read = before.fold(within, u64::saturating_add);
        read.saturating_sub(self.scale.as_ref().map_or(0, |scale| scale.unheard()))
    }

    /// Goes to an octet over all clips, at most to the end.
    fn go_to(&mut self, octet: u64) {
        if let Some(scale) = &mut self.scale {
            scale.restart();
        }
        self.starved = 0;
        let mut within = octet;
        self.current = 0;
        while let Some(part) = self.parts.get_mut(self.current) {
            if within < part.length {
                return part.go_to(within);
            }
            within -= part.length;
            self.current += 1;
        }
    }
}

impl Part {
    fn new(clip: Clip) -> Self {
        let (kind, length) = match clip {
            Clip::Prompt(octets) => {
                let length = octets.len() as u64;
                (PartKind::Prompt(octets), length)
            }
            Clip::Tone { frequency_hz, duration } => (PartKind::Tone(frequency_hz), samples(duration)),
            Clip::Silence(duration) => (PartKind::Silence, samples(duration)),
            Clip::Stored(clip) => (PartKind::stored(&clip), clip.octets()),
        };
        Self { kind, length, position: 0 }
    }

    fn go_to(&mut self, octet: u64) {
        if let PartKind::Stored { intake: Some(intake), .. } = &mut self.kind
            && octet != self.position
        {
            intake.seek(self.position, octet);
        }
        self.position = octet;
    }

    /// Fills `octets` from the front in the player's codec.
    fn read(&mut self, codec: AudioCodec, octets: &mut [u8]) -> Supply {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let count = left.min(octets.len());
        if count == 0 {
            return Supply::Ended;
        }
        let octets = &mut octets[..count];
        let supply = match &mut self.kind {
            PartKind::Prompt(prompt) => {
                let from = usize::try_from(self.position).unwrap_or(usize::MAX);
                octets.copy_from_slice(&prompt[from..from + count]);
                Supply::Octets(count)
            }
            PartKind::Tone(frequency_hz) => {
                Tone::new(*frequency_hz, self.length, self.position).fill(codec, octets);
                Supply::Octets(count)
            }
            PartKind::Silence => {
                octets.fill(codec.silence_octet());
                Supply::Octets(count)
            }
            PartKind::Stored { codec: stored, intake } => {
                let supply = intake.as_mut().map_or(Supply::Broken, |intake| intake.read(octets));
                for octet in octets {
                    *octet = transcode(*stored, codec, *octet);
                }
                supply
            }
        };
        if let Supply::Octets(count) = supply {
            self.position += count as u64;
        }
        supply
    }
}

impl PartKind {
    fn stored(clip: &StoredClip) -> Self {
        Self::Stored { codec: clip.codec, intake: clip.take_intake() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn player(clips: Vec<Clip>, from: Duration) -> Player {
        Player::new(Token(1), AudioCodec::Pcmu, clips, from)
    }

    fn said(player: &mut Player, octets: usize) -> Vec<u8> {
        let mut packet = vec![0; octets];
        player.fill(AudioCodec::Pcmu, &mut packet, &mut MediaTotals::default());
        packet
    }

    #[test]
    fn clips_follow_each_other_within_a_packet_and_the_last_is_filled_with_silence() {
        let clips = vec![Clip::Prompt([1, 2, 3].into()), Clip::Prompt([4, 5].into())];
        let mut player = player(clips, Duration::ZERO);

        assert_eq!(said(&mut player, 4), [1, 2, 3, 4]);
        assert_eq!(said(&mut player, 4), [5, 0xff, 0xff, 0xff]);
        assert!(!player.fill(AudioCodec::Pcmu, &mut [0; 4], &mut MediaTotals::default()));
    }

    #[test]
    fn start_within_a_later_clip_skips_whole_clips_and_counts_them() {
        let clips = vec![Clip::Silence(20 * MS), Clip::Prompt((0..=255).collect())];
        let mut player = player(clips, 21 * MS);

        assert_eq!(player.position(), 21 * MS);
        assert_eq!(said(&mut player, 4), [8, 9, 10, 11]);
    }

    #[test]
    fn start_behind_the_end_says_nothing_and_stands_at_the_end() {
        let mut player = player(vec![Clip::Silence(20 * MS)], 30 * MS);

        assert!(!player.fill(AudioCodec::Pcmu, &mut [0; 4], &mut MediaTotals::default()));
        assert_eq!(player.position(), 20 * MS);
    }

    #[test]
    fn clips_beyond_the_sixty_fourth_are_passed_over() {
        let mut player = player(vec![Clip::Prompt([7].into()); 65], Duration::ZERO);

        assert_eq!(said(&mut player, 65)[63..], [7, 0xff]);
    }

    #[test]
    fn prompt_goes_on_in_the_other_codec_after_a_change() {
        let mut player = player(vec![Clip::Prompt([0xff, 0x80].into())], Duration::ZERO);
        let mut packet = [0; 3];

        player.fill(AudioCodec::Pcma, &mut packet, &mut MediaTotals::default());

        assert_eq!(packet, [0xd5, 0xaa, 0xd5]);
    }
}
