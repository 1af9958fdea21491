//! What stands in a recording for packets that were lost: the last period of the voice again and again, fading out
//! (in the spirit of G.711 Appendix I).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use telephony::AudioCodec;

use crate::g711::{decode, encode};

/// Octets before a gap that are looked at: enough for two of the longest periods.
pub(crate) const HISTORY: usize = LONGEST_PERIOD + LIKENESS;
/// Octets of a gap that are filled: 60 ms. What follows is silence.
pub(crate) const LONGEST_FILL: usize = 480;

/// Periods of voices from 200 Hz to 50 Hz; of a higher voice several periods are found.
const SHORTEST_PERIOD: usize = 40;
const LONGEST_PERIOD: usize = 160;
/// Samples that must resemble those one period before.
const LIKENESS: usize = 160;
/// Samples that keep their level before they begin to fade.
const STEADY: usize = 80;
/// Samples over which the joints are smoothed: 4 ms.
const JOINT: usize = 32;

/// Fills `gap`, before which `history` was heard (its last [`HISTORY`] octets at most) and behind which `next`
/// follows, if that is known. At most [`LONGEST_FILL`] octets are touched.
pub(crate) fn conceal(codec: AudioCodec, history: &[u8], gap: &mut [u8], next: Option<u8>) {
    let mut heard = [0.0; HISTORY];
    for (sample, octet) in heard.iter_mut().rev().zip(history.iter().rev()) {
        *sample = f32::from(decode(codec, *octet));
    }
    let (period, likeness) = period_of(&heard);
    // Noise resembles itself a little by chance: repeated at full level it would be further from the truth than silence.
    let level = (likeness * 1.5 - 0.3).clamp(0.0, 1.0);
    if level == 0.0 {
        return;
    }
    let reaches_next = gap.len() <= LONGEST_FILL;
    let mut filled = [0.0; LONGEST_FILL];
    repeat_period(&heard, period, level, &mut filled);
    let length = gap.len().min(LONGEST_FILL);
    if let Some(next) = next.filter(|_| reaches_next) {
        let samples = filled.get_mut(..length).unwrap_or_default();
        lead_to(f32::from(decode(codec, next)), samples);
    }
    for (octet, sample) in gap.iter_mut().zip(filled) {
        *octet = encode(codec, sample as i16);
    }
}

/// After how many samples the end of what was heard resembles itself most, and how much: 1 is exactly, 0 not at all.
fn period_of(heard: &[f32; HISTORY]) -> (usize, f32) {
    let recent = heard.get(LONGEST_PERIOD..).unwrap_or_default();
    let energy: f32 = recent.iter().map(|sample| sample * sample).sum();
    let (mut best, mut most) = (SHORTEST_PERIOD, 0.0);
    for period in SHORTEST_PERIOD..=LONGEST_PERIOD {
        let before = heard.get(LONGEST_PERIOD.saturating_sub(period)..).unwrap_or_default();
        let (mut product, mut energy_before) = (0.0, 1.0);
        for (now, then) in recent.iter().zip(before) {
            product += now * then;
            energy_before += then * then;
        }
        let likeness = product / (energy * energy_before + 1.0).sqrt();
        if likeness > most {
            (best, most) = (period, likeness);
        }
    }
    (best, most)
}

/// The last period again and again, at `level`, fading to nothing over [`LONGEST_FILL`] samples.
fn repeat_period(heard: &[f32; HISTORY], period: usize, level: f32, filled: &mut [f32; LONGEST_FILL]) {
    let last = heard.get(HISTORY.saturating_sub(period)..).unwrap_or_default();
    let before = heard.get(HISTORY.saturating_sub(period).saturating_sub(JOINT)..).unwrap_or_default();
    // The end of the period becomes what led to its beginning, so that the one runs into the other.
    let mut voice = [0.0; LONGEST_PERIOD];
    for (place, sample) in voice.iter_mut().zip(last) {
        *place = *sample;
    }
    let joint = voice.get_mut(period.saturating_sub(JOINT)..period).unwrap_or_default();
    for ((n, sample), lead) in joint.iter_mut().enumerate().zip(before) {
        *sample += (lead - *sample) * share(n.saturating_add(1), JOINT);
    }
    // The first sample goes on from the last one heard, not from the one a period before it.
    let edge = heard.last().unwrap_or(&0.0) - before.get(JOINT.saturating_sub(1)).unwrap_or(&0.0);
    let repeated = voice.iter().take(period).cycle();
    for ((n, place), sample) in filled.iter_mut().enumerate().zip(repeated) {
        let fade = 1.0 - share(n.saturating_sub(STEADY), LONGEST_FILL.saturating_sub(STEADY));
        let swell = level + (1.0 - level) * (1.0 - share(n, JOINT));
        *place = (sample * fade * swell) + edge * (1.0 - share(n, JOINT));
    }
}

/// Bends the end of `samples` towards the sample that follows.
fn lead_to(next: f32, samples: &mut [f32]) {
    let Some(last) = samples.last() else { return };
    let step = next - last;
    let length = samples.len().min(JOINT);
    let end = samples.len().saturating_sub(length);
    for (n, sample) in samples.get_mut(end..).unwrap_or_default().iter_mut().enumerate() {
        *sample += step * share(n.saturating_add(1), length.saturating_add(1));
    }
}

/// n of `of`, at most 1.
fn share(n: usize, of: usize) -> f32 {
    (n as f32 / of as f32).min(1.0)
}

#[cfg(test)]
mod tests;
