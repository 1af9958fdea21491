//! What the server says: clips, one after the other, cut into packets by the sender.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use telephony::AudioCodec;

use crate::{
    command::{Clip, Token},
    g711::transcode,
    limits::MAX_CLIPS,
    reception::{playing_time, samples},
    tone::Tone,
};

/// Clips under way.
#[derive(Debug)]
pub(crate) struct Player {
    /// The token of its `Play`.
    pub(crate) token: Token,
    /// The codec of the prompts' octets.
    codec: AudioCodec,
    /// What is left to say; the front one is under way.
    parts: VecDeque<Part>,
    /// Octets said or skipped, over all clips.
    position: u64,
}

#[derive(Debug)]
enum Part {
    Prompt { octets: Arc<[u8]>, position: usize },
    Tone(Tone),
    Silence { left: u64 },
}

impl Player {
    /// Clips from `from` on, in the codec that the session has now.
    pub(crate) fn new(token: Token, codec: AudioCodec, clips: Vec<Clip>, from: Duration) -> Self {
        let mut skip = samples(from);
        let mut player = Self { token, codec, parts: VecDeque::new(), position: 0 };
        for clip in clips.into_iter().take(MAX_CLIPS) {
            let length = clip.octets();
            if skip >= length {
                skip -= length;
                player.position += length;
            } else {
                player.parts.push_back(Part::new(clip, skip));
                player.position += skip;
                skip = 0;
            }
        }
        player
    }

    /// How far it has come, over all clips.
    pub(crate) fn position(&self) -> Duration {
        playing_time(self.position)
    }

    /// Fills `packet` in `codec` (silence after the end); `false` if nothing was left to say.
    pub(crate) fn fill(&mut self, codec: AudioCodec, packet: &mut [u8]) -> bool {
        let mut filled = 0;
        while filled < packet.len() {
            let Some(part) = self.parts.front_mut() else { break };
            let count = part.fill(self.codec, &mut packet[filled..]);
            if count == 0 {
                self.parts.pop_front();
            }
            filled += count;
        }
        for octet in &mut packet[..filled] {
            *octet = transcode(self.codec, codec, *octet);
        }
        packet[filled..].fill(codec.silence_octet());
        self.position += filled as u64;
        filled > 0
    }
}

impl Clip {
    fn octets(&self) -> u64 {
        match self {
            Self::Prompt(octets) => octets.len() as u64,
            Self::Tone { duration, .. } | Self::Silence(duration) => samples(*duration),
        }
    }
}

impl Part {
    fn new(clip: Clip, skip: u64) -> Self {
        let length = clip.octets();
        match clip {
            Clip::Prompt(octets) => {
                Self::Prompt { octets, position: usize::try_from(skip).unwrap_or(usize::MAX) }
            }
            Clip::Tone { frequency_hz, .. } => Self::Tone(Tone::new(frequency_hz, length, skip)),
            Clip::Silence(_) => Self::Silence { left: length.saturating_sub(skip) },
        }
    }

    /// Fills `packet` from the front, in the codec of the prompts; 0 at the end of the part.
    fn fill(&mut self, codec: AudioCodec, packet: &mut [u8]) -> usize {
        match self {
            Self::Prompt { octets, position } => {
                let rest = octets.get(*position..).unwrap_or(&[]);
                let count = rest.len().min(packet.len());
                packet[..count].copy_from_slice(&rest[..count]);
                *position += count;
                count
            }
            Self::Tone(tone) => tone.fill(codec, packet),
            Self::Silence { left } => {
                let count = packet.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                packet[..count].fill(codec.silence_octet());
                *left -= count as u64;
                count
            }
        }
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
        player.fill(AudioCodec::Pcmu, &mut packet);
        packet
    }

    #[test]
    fn clips_follow_each_other_within_a_packet_and_the_last_is_filled_with_silence() {
        let clips = vec![Clip::Prompt([1, 2, 3].into()), Clip::Prompt([4, 5].into())];
        let mut player = player(clips, Duration::ZERO);

        assert_eq!(said(&mut player, 4), [1, 2, 3, 4]);
        assert_eq!(said(&mut player, 4), [5, 0xff, 0xff, 0xff]);
        assert!(!player.fill(AudioCodec::Pcmu, &mut [0; 4]));
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

        assert!(!player.fill(AudioCodec::Pcmu, &mut [0; 4]));
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

        player.fill(AudioCodec::Pcma, &mut packet);

        assert_eq!(packet, [0xd5, 0xaa, 0xd5]);
    }
}
