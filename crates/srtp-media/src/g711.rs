//! G.711 (ITU-T G.711): one octet a sample, 8,000 samples a second. Linear samples are 16 bits wide: the codec's own 14
//! (mu-law) or 13 (A-law) bits stand at the top.

use telephony::AudioCodec;

/// The linear sample of an octet.
pub fn decode(codec: AudioCodec, octet: u8) -> i16 {
    match codec {
        AudioCodec::Pcmu => MU_LAW[usize::from(octet)],
        AudioCodec::Pcma => A_LAW[usize::from(octet)],
    }
}

/// The octet of a linear sample.
pub fn encode(codec: AudioCodec, sample: i16) -> u8 {
    match codec {
        AudioCodec::Pcmu => encode_mu_law(sample),
        AudioCodec::Pcma => encode_a_law(sample),
    }
}

/// The octet of another codec that comes nearest to `octet`; the octet itself if both are the same.
pub fn transcode(from: AudioCodec, to: AudioCodec, octet: u8) -> u8 {
    match (from, to) {
        (AudioCodec::Pcmu, AudioCodec::Pcmu) | (AudioCodec::Pcma, AudioCodec::Pcma) => octet,
        (AudioCodec::Pcmu, AudioCodec::Pcma) => MU_TO_A[usize::from(octet)],
        (AudioCodec::Pcma, AudioCodec::Pcmu) => A_TO_MU[usize::from(octet)],
    }
}

/// Added to a magnitude before its mu-law segment is looked for, on the 16-bit scale (33 of 14 bits).
const MU_BIAS: i32 = 132;
/// Largest magnitude of mu-law on the 16-bit scale.
const MU_CLIP: i32 = 32_635;

const MU_LAW: [i16; 256] = decoding_table(true);
const A_LAW: [i16; 256] = decoding_table(false);
const MU_TO_A: [u8; 256] = transcoding_table(true);
const A_TO_MU: [u8; 256] = transcoding_table(false);

const fn decoding_table(mu: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = if mu { decode_mu_law(octet as u8) } else { decode_a_law(octet as u8) };
        octet += 1;
    }
    table
}

const fn transcoding_table(from_mu: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = if from_mu { encode_a_law(MU_LAW[octet]) } else { encode_mu_law(A_LAW[octet]) };
        octet += 1;
    }
    table
}

const fn decode_mu_law(octet: u8) -> i16 {
    // All bits of a mu-law octet are sent inverted (G.711 3.2).
    let code = !octet as i32;
    let segment = (code >> 4) & 7;
    let magnitude = ((((code & 0x0f) << 3) + MU_BIAS) << segment) - MU_BIAS;
    (if code & 0x80 == 0 { magnitude } else { -magnitude }) as i16
}

const fn encode_mu_law(sample: i16) -> u8 {
    let sign: i32 = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (sample as i32).abs();
    let biased = (if magnitude > MU_CLIP { MU_CLIP } else { magnitude }) + MU_BIAS;
    // The highest set bit is 7 to 14.
    let segment = 24 - biased.leading_zeros() as i32;
    let step = (biased >> (segment + 3)) & 0x0f;
    !((sign | (segment << 4) | step) as u8)
}

const fn decode_a_law(octet: u8) -> i16 {
    // The even bits of an A-law octet are sent inverted (G.711 3.3).
    let code = (octet ^ 0x55) as i32;
    let segment = (code >> 4) & 7;
    let step = (code & 0x0f) << 4;
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

const fn encode_a_law(sample: i16) -> u8 {
    let sign: i32 = if sample >= 0 { 0x80 } else { 0 };
    // `!x` is -x - 1: each side of zero has as many values as the other.
    let magnitude = (if sample >= 0 { sample } else { !sample }) as i32 >> 4;
    // 11 bits are left; the two lowest segments share a step.
    let segment = if magnitude < 16 { 0 } else { 28 - magnitude.leading_zeros() as i32 };
    let step = if segment < 2 { magnitude & 0x0f } else { (magnitude >> (segment - 1)) & 0x0f };
    ((sign | (segment << 4) | step) as u8) ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [AudioCodec; 2] = [AudioCodec::Pcmu, AudioCodec::Pcma];

    #[test]
    fn published_corner_values_decode_as_the_recommendation_says() {
        // G.711 tables 1a to 2b, scaled to 16 bits.
        for (octet, sample) in [
            (0x00, -32124),
            (0x80, 32124),
            (0xff, 0),
            (0x7f, 0),
            (0xfe, 8),
            (0x7e, -8),
            (0xf0, 120),
            (0xef, 132),
        ] {
            assert_eq!(decode(AudioCodec::Pcmu, octet), sample, "mu-law {octet:#x}");
        }
        for (octet, sample) in
            [(0xd5, 8), (0x55, -8), (0xaa, 32256), (0x2a, -32256), (0xd4, 24), (0xc5, 264), (0xf5, 528)]
        {
            assert_eq!(decode(AudioCodec::Pcma, octet), sample, "A-law {octet:#x}");
        }
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding_except_the_negative_zero_of_mu_law() {
        for codec in BOTH {
            for octet in 0..=255u8 {
                let back = encode(codec, decode(codec, octet));

                let expected = if (codec, octet) == (AudioCodec::Pcmu, 0x7f) { 0xff } else { octet };
                assert_eq!(back, expected, "{codec:?} {octet:#x}");
            }
        }
    }

    /// The ends of the segments and their steps, scaled to 16 bits (G.711 tables 1a and 2a).
    const MU_SEGMENTS: [(i32, i32); 8] =
        [(124, 8), (380, 16), (892, 32), (1916, 64), (3964, 128), (8060, 256), (16_252, 512), (32_636, 1024)];
    const A_SEGMENTS: [(i32, i32); 7] =
        [(512, 16), (1024, 32), (2048, 64), (4096, 128), (8192, 256), (16_384, 512), (32_768, 1024)];

    #[test]
    fn every_sample_comes_back_within_half_a_step_of_its_segment() {
        for (codec, segments, most) in
            [(AudioCodec::Pcmu, &MU_SEGMENTS[..], 32_635), (AudioCodec::Pcma, &A_SEGMENTS[..], 32_767)]
        {
            for sample in i16::MIN..=i16::MAX {
                let wanted = i32::from(sample).clamp(-most, most);
                let step = segments.iter().find(|(end, _)| wanted.abs() < *end).unwrap().1;

                let error = (i32::from(decode(codec, encode(codec, sample))) - wanted).abs();

                assert!(error <= step / 2, "{codec:?} {sample}: {error} of {step}");
            }
        }
    }

    #[test]
    fn encoding_never_falls_while_the_sample_rises() {
        for codec in BOTH {
            let decoded = (i16::MIN..=i16::MAX).map(|sample| decode(codec, encode(codec, sample)));
            assert!(decoded.collect::<Vec<_>>().windows(2).all(|pair| pair[0] <= pair[1]), "{codec:?}");
        }
    }

    #[test]
    fn silence_stays_silence_in_the_other_codec() {
        assert_eq!(transcode(AudioCodec::Pcmu, AudioCodec::Pcma, 0xff), 0xd5);
        assert_eq!(transcode(AudioCodec::Pcma, AudioCodec::Pcmu, 0xd5), 0xfe);
        assert_eq!(transcode(AudioCodec::Pcmu, AudioCodec::Pcmu, 0x31), 0x31);
    }
}
