#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers of the test itself")]

use super::*;

const BOTH: [AudioCodec; 2] = [AudioCodec::Pcmu, AudioCodec::Pcma];

fn sine(frequency: f32, amplitude: f32, samples: usize) -> Vec<f32> {
    let step = frequency / 8000.0 * std::f32::consts::TAU;
    (0..samples).map(|n| (n as f32 * step).sin() * amplitude).collect()
}

/// Voiced sound, whose pitch glides from 90 to 180 Hz and whose level swells, with noise of breath in it.
fn voice(samples: usize) -> Vec<f32> {
    let (mut seed, mut phase, mut low) = (1u32, 0.0f32, 0.0);
    (0..samples)
        .map(|n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            low += (((seed >> 8) as f32 / 8_388_608.0 - 1.0) - low) * 0.5;
            let slow = (n as f32 / 9000.0).sin();
            phase += (135.0 + 45.0 * slow) / 8000.0 * std::f32::consts::TAU;
            let voiced: f32 = (1..=8u8).map(|k| (phase * f32::from(k)).sin() / f32::from(k)).sum();
            (voiced * 3000.0 + low * 800.0) * (1.2 + (n as f32 / 2500.0).sin())
        })
        .collect()
}

fn encoded(codec: AudioCodec, samples: &[f32]) -> Vec<u8> {
    samples.iter().map(|sample| encode(codec, *sample as i16)).collect()
}

/// Loses 5 % of the packets of 20 ms, always the same, alone and in pairs; gives what is heard then, and what silence
/// in their place would be.
fn lossy(codec: AudioCodec, octets: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<usize>) {
    let (mut concealed, mut silent, mut lost) = (octets.to_vec(), octets.to_vec(), Vec::new());
    let mut seed = 7u32;
    let mut packet = 5;
    while (packet + 3) * 160 < octets.len() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = if seed >> 30 == 0 { 320 } else { 160 };
        let gap = packet * 160..packet * 160 + length;
        let history = concealed[gap.start - HISTORY..gap.start].to_vec();
        conceal(codec, &history, &mut concealed[gap.clone()], Some(octets[gap.end]));
        silent[gap.clone()].fill(codec.silence_octet());
        lost.extend(gap);
        packet += 17 + (seed >> 28) as usize;
    }
    (concealed, silent, lost)
}

/// Error of the lost segments of 20 ms in decibels against the truth, averaged over them.
fn segmental_error(codec: AudioCodec, truth: &[u8], heard: &[u8], lost: &[usize]) -> f64 {
    let segments = lost.chunks(160).map(|segment| {
        let (mut error, mut power) = (1.0, 1.0);
        for place in segment {
            let (wanted, found) = (decode(codec, truth[*place]), decode(codec, heard[*place]));
            error += (f64::from(wanted) - f64::from(found)).powi(2);
            power += f64::from(wanted).powi(2);
        }
        10.0 * (error / power).log10()
    });
    let errors: Vec<f64> = segments.collect();
    errors.iter().sum::<f64>() / errors.len() as f64
}

fn steepest(codec: AudioCodec, octets: &[u8]) -> i32 {
    let samples: Vec<i32> = octets.iter().map(|octet| i32::from(decode(codec, *octet))).collect();
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap()
}

#[test]
fn lost_twentieth_of_a_tone_is_nearly_the_tone() {
    for codec in BOTH {
        for frequency in [100.0, 200.0, 400.0] {
            let octets = encoded(codec, &sine(frequency, 8000.0, 80_000));
            let (concealed, silent, lost) = lossy(codec, &octets);

            assert!((0.04..0.07).contains(&(lost.len() as f64 / 80_000.0)), "{}", lost.len());
            let error = segmental_error(codec, &octets, &concealed, &lost);
            assert!(segmental_error(codec, &octets, &silent, &lost).abs() < 0.1);
            assert!(error < -12.0, "{codec:?} {frequency}: {error}");
        }
    }
}

#[test]
fn lost_twentieth_of_a_voice_is_nearer_to_it_than_silence() {
    for codec in BOTH {
        let octets = encoded(codec, &voice(80_000));
        let (concealed, silent, lost) = lossy(codec, &octets);

        let error = segmental_error(codec, &octets, &concealed, &lost);
        let silence = segmental_error(codec, &octets, &silent, &lost);

        assert!(error < silence - 4.0, "{codec:?}: {error} against {silence}");
    }
}

#[test]
fn concealed_gaps_do_not_click() {
    for codec in BOTH {
        for samples in [sine(220.0, 8000.0, 80_000), sine(333.0, 8000.0, 80_000), voice(80_000)] {
            let octets = encoded(codec, &samples);
            let (concealed, _, _) = lossy(codec, &octets);

            let (allowed, found) = (steepest(codec, &octets) * 3 / 2, steepest(codec, &concealed));

            assert!(found <= allowed, "{codec:?}: {found} of {allowed}");
        }
    }
}

#[test]
fn silence_in_the_place_of_a_loss_clicks() {
    let octets = encoded(AudioCodec::Pcmu, &sine(220.0, 8000.0, 80_000));
    let (_, silent, _) = lossy(AudioCodec::Pcmu, &octets);

    assert!(steepest(AudioCodec::Pcmu, &silent) > 3 * steepest(AudioCodec::Pcmu, &octets));
}

#[test]
fn noise_is_no_further_from_the_truth_than_silence_would_be() {
    let mut seed = 3u32;
    let noise: Vec<f32> = (0..80_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * 3000.0
        })
        .collect();
    let octets = encoded(AudioCodec::Pcmu, &noise);
    let (concealed, _, lost) = lossy(AudioCodec::Pcmu, &octets);

    let error = segmental_error(AudioCodec::Pcmu, &octets, &concealed, &lost);

    assert!(error < 0.5, "{error}");
}

#[test]
fn square_wave_of_100_hz_goes_on_exactly_while_the_level_is_steady() {
    let wave: Vec<u8> = (0..800).map(|n| if n % 80 < 40 { 0x9f } else { 0x1f }).collect();
    let mut gap = [0xff; 160];

    conceal(AudioCodec::Pcmu, &wave[..320], &mut gap, None);

    assert_eq!(gap[..80], wave[320..400]);
}

#[test]
fn long_gap_fades_to_silence_in_sixty_milliseconds() {
    let octets = encoded(AudioCodec::Pcma, &sine(200.0, 8000.0, 1600));
    let mut gap = [0xd5; 1000];

    conceal(AudioCodec::Pcma, &octets, &mut gap, Some(octets[0]));

    let loudest =
        |part: &[u8]| part.iter().map(|octet| decode(AudioCodec::Pcma, *octet).abs()).max().unwrap();
    assert!((7500..=8200).contains(&loudest(&gap[..80])));
    assert!((3000..=4500).contains(&loudest(&gap[260..300])), "{}", loudest(&gap[260..300]));
    assert!(loudest(&gap[440..480]) < 800);
    assert_eq!(gap[480..], [0xd5; 520]);
}

#[test]
fn gap_after_silence_or_after_nothing_stays_silence() {
    for history in [&[0xff; 400][..], &[]] {
        let mut gap = [0xff; 160];

        conceal(AudioCodec::Pcmu, history, &mut gap, Some(0x80));

        assert_eq!(gap, [0xff; 160]);
    }
}
