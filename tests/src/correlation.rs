use std::ops::RangeInclusive;

/// Where a recording holds what was spoken, and how alike the two are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignment {
    /// Normalised cross-correlation at the best lag: 1 is the same but for loudness, 0 is unrelated.
    pub correlation: f64,
    /// Samples of the recording that come before the first spoken one; negative if the beginning is missing.
    pub lag: i64,
}

/// Aligns a recording with what was spoken and compares them over the whole speech; what the recording lacks of it
/// counts as silence.
///
/// The lag is sought twice, with the loudest half second of either half of the speech, so that a damaged half leads
/// nobody astray; first at a quarter of the rate, so that the search stays quick in a debug build.
pub fn align(spoken: &[i16], recorded: &[i16]) -> Alignment {
    let (first, second) = spoken.split_at(spoken.len() / 2);
    let coarse = coarse(recorded);
    let candidates = [(first, 0), (second, first.len())].map(|(half, before)| {
        let start = loudest_excerpt(half);
        let excerpt = &half[start..half.len().min(start + EXCERPT)];
        let lag = signed(best_place(excerpt, recorded, &coarse)) - signed(before + start);
        Alignment { correlation: correlation_at(spoken, recorded, lag), lag }
    });
    let [a, b] = candidates;
    if a.correlation >= b.correlation { a } else { b }
}

/// How surely a prompt is among what was heard: the better correlation of its two halves.
///
/// A server that stalls for longer than a slot or two goes on where the prompt stood, so a loaded machine may put a
/// pause into it; that is no other prompt.
pub fn recognise(prompt: &[i16], heard: &[i16]) -> f64 {
    let (first, second) = prompt.split_at(prompt.len() / 2);
    align(first, heard).correlation.max(align(second, heard).correlation)
}

/// Where the excerpt begins in the recording.
fn best_place(excerpt: &[i16], recorded: &[i16], coarse_recorded: &[i32]) -> usize {
    let coarse_excerpt = coarse(excerpt);
    let last = coarse_recorded.len().saturating_sub(coarse_excerpt.len());
    let near = COARSE * most_alike(&coarse_excerpt, coarse_recorded, 0..=last);
    let last = recorded.len().saturating_sub(excerpt.len());
    let fine = near.saturating_sub(2 * COARSE).min(last)..=(near + 2 * COARSE).min(last);
    let widen = |samples: &[i16]| samples.iter().map(|sample| i32::from(*sample)).collect::<Vec<_>>();
    most_alike(&widen(excerpt), &widen(recorded), fine)
}

fn most_alike(excerpt: &[i32], recorded: &[i32], places: RangeInclusive<usize>) -> usize {
    let likenesses = places.map(|place| (place, likeness(excerpt, &recorded[place..])));
    likenesses.max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(place, _)| place)
}

/// Sums of four samples each: the same sound at 2 kHz.
fn coarse(samples: &[i16]) -> Vec<i32> {
    samples.chunks(COARSE).map(|chunk| chunk.iter().map(|sample| i32::from(*sample)).sum()).collect()
}

fn loudest_excerpt(spoken: &[i16]) -> usize {
    let starts = (0..=spoken.len().saturating_sub(EXCERPT)).step_by(EXCERPT / 4);
    let power = |start: &usize| -> i64 {
        let end = spoken.len().min(start + EXCERPT);
        spoken[*start..end].iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum()
    };
    starts.max_by_key(power).unwrap_or(0)
}

/// Correlation of the excerpt with the beginning of `recorded`, sign kept, normalised by the recording's own power.
fn likeness(excerpt: &[i32], recorded: &[i32]) -> f64 {
    let (mut cross, mut power) = (0_i64, 0_i64);
    for (a, b) in excerpt.iter().zip(recorded) {
        cross += i64::from(*a) * i64::from(*b);
        power += i64::from(*b) * i64::from(*b);
    }
    if power == 0 { 0.0 } else { cross as f64 / (power as f64).sqrt() }
}

fn correlation_at(spoken: &[i16], recorded: &[i16], lag: i64) -> f64 {
    let (mut cross, mut spoken_power, mut recorded_power) = (0_i64, 0_i64, 0_i64);
    for (n, a) in spoken.iter().enumerate() {
        let place = usize::try_from(signed(n) + lag).ok();
        let b = place.and_then(|place| recorded.get(place)).copied().unwrap_or(0);
        cross += i64::from(*a) * i64::from(b);
        spoken_power += i64::from(*a) * i64::from(*a);
        recorded_power += i64::from(b) * i64::from(b);
    }
    if spoken_power == 0 || recorded_power == 0 {
        return 0.0;
    }
    cross as f64 / ((spoken_power as f64) * (recorded_power as f64)).sqrt()
}

fn signed(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Samples that the coarse search takes as one.
const COARSE: usize = 4;
/// Half a second.
const EXCERPT: usize = 4000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn finds_a_quieter_copy_at_its_place() {
        let spoken = caller::speech_like_noise(Duration::from_secs(2));
        let mut recorded = vec![0; 1234];
        recorded.extend(spoken.iter().map(|sample| sample / 2));
        recorded.extend([0; 777]);

        let found = align(&spoken, &recorded);

        assert_eq!(found.lag, 1234);
        assert!(found.correlation > 0.9999, "{found:?}");
    }

    #[test]
    fn a_missing_tenth_of_the_speech_shows() {
        let spoken = caller::speech_like_noise(Duration::from_secs(2));

        let found = align(&spoken, &spoken[1600..]);

        assert_eq!(found.lag, -1600);
        assert!(found.correlation < 0.99, "{found:?}");
    }

    #[test]
    fn one_lost_packet_in_two_seconds_shows() {
        let spoken = caller::speech_like_noise(Duration::from_secs(2));
        let mut recorded = spoken.clone();
        recorded.drain(8000..8160);

        assert!(align(&spoken, &recorded).correlation < 0.99);
    }

    #[test]
    fn prompt_with_a_pause_in_it_is_recognised_and_another_is_not() {
        let voice = caller::speech_like_noise(Duration::from_secs(4));
        let (prompt, other) = voice.split_at(16_000);
        let mut heard = vec![0; 3000];
        heard.extend(&prompt[..5000]);
        heard.extend([0; 640]);
        heard.extend(&prompt[5000..]);

        assert!(recognise(prompt, &heard) > 0.99);
        assert!(recognise(other, &heard) < 0.7);
    }

    #[test]
    fn silence_is_like_nothing() {
        let spoken = caller::speech_like_noise(Duration::from_secs(1));

        assert_eq!(align(&spoken, &[0; 16_000]).correlation, 0.0);
    }
}
