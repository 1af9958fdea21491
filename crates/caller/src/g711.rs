use telephony::AudioCodec;

/// One G.711 octet as a linear sample.
pub fn decode_octet(codec: AudioCodec, octet: u8) -> i16 {
    match codec {
        AudioCodec::Pcmu => decode_mu_law(octet),
        AudioCodec::Pcma => decode_a_law(octet),
    }
}

/// The G.711 octet whose sample lies nearest to a linear sample.
pub fn encode_sample(codec: AudioCodec, sample: i16) -> u8 {
    match codec {
        AudioCodec::Pcmu => encode_mu_law(sample),
        AudioCodec::Pcma => encode_a_law(sample),
    }
}

/// ITU-T G.711 table 2a: inverted bits, a bias of 132 on the 16-bit scale.
fn decode_mu_law(octet: u8) -> i16 {
    let octet = !octet;
    let exponent = (octet >> 4) & 7;
    let mantissa = i16::from(octet & 15);
    let magnitude = (((mantissa << 3) + MU_LAW_BIAS) << exponent) - MU_LAW_BIAS;
    if octet & 0x80 == 0 { magnitude } else { -magnitude }
}

fn encode_mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(MU_LAW_CLIP) + MU_LAW_BIAS.unsigned_abs();
    // The bias keeps bit 7 or one above it set, so the leading one is at 7 to 14.
    let exponent = 8 - magnitude.leading_zeros().clamp(1, 8);
    let mantissa = (magnitude >> (exponent + 3)) & 15;
    !(sign | octet(exponent) << 4 | octet(u32::from(mantissa)))
}

/// ITU-T G.711 table 1a: every second bit inverted.
fn decode_a_law(octet: u8) -> i16 {
    let octet = octet ^ 0x55;
    let exponent = (octet >> 4) & 7;
    let mantissa = i16::from(octet & 15);
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if octet & 0x80 == 0 { -magnitude } else { magnitude }
}

fn encode_a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = if sample < 0 { !sample } else { sample }.unsigned_abs();
    let (exponent, shift) = match magnitude.leading_zeros() {
        zeros if zeros >= 8 => (0, 4),
        zeros => (8 - zeros.max(1), 11 - zeros.max(1)),
    };
    let mantissa = (magnitude >> shift) & 15;
    (sign | octet(exponent) << 4 | octet(u32::from(mantissa))) ^ 0x55
}

/// The low octet of a value that is below 16 by construction.
fn octet(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

const MU_LAW_BIAS: i16 = 132;
const MU_LAW_CLIP: u16 = 32_635;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_corners_of_both_tables() {
        let mu_law: Vec<i16> =
            [0xff, 0x7f, 0x80, 0x00, 0xf0].map(|o| decode_octet(AudioCodec::Pcmu, o)).into();
        let a_law: Vec<i16> =
            [0xd5, 0x55, 0xaa, 0x2a, 0x80].map(|o| decode_octet(AudioCodec::Pcma, o)).into();

        assert_eq!(mu_law, [0, 0, 32_124, -32_124, 120]);
        assert_eq!(a_law, [8, -8, 32_256, -32_256, 5504]);
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            for octet in 0..=u8::MAX {
                let sample = decode_octet(codec, octet);

                assert_eq!(
                    decode_octet(codec, encode_sample(codec, sample)),
                    sample,
                    "{codec:?} {octet:#04x}"
                );
            }
        }
    }

    #[test]
    fn encoding_errs_by_at_most_a_half_step() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            for sample in (-32_000..=32_000_i16).step_by(7) {
                let error = i32::from(decode_octet(codec, encode_sample(codec, sample))) - i32::from(sample);

                assert!(error.abs() <= 16 + i32::from(sample).abs() / 32, "{codec:?} {sample}: {error}");
            }
        }
    }
}
