use telephony::AudioCodec;

/// A WAV file of G.711 octets: RIFF, `fmt ` with tag 7 (mu-law) or 6 (A-law), `fact`, `data` (RFC 2361 A.4, A.5).
///
/// One channel, 8 kHz, 8 bits. Audio beyond the 4 GiB of RIFF is cut off.
pub fn wav_bytes(codec: AudioCodec, audio: &[u8]) -> Vec<u8> {
    let tag: u16 = match codec {
        AudioCodec::Pcma => 6,
        AudioCodec::Pcmu => 7,
    };
    let rate = codec.octets_per_second();
    let audio = audio.get(..AUDIO_LONGEST).unwrap_or(audio);
    let octets = u32::try_from(audio.len()).unwrap_or_default();
    let padding = octets % 2;

    let mut wav = Vec::with_capacity(audio.len() + 64);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(HEAD_BEHIND_SIZE + octets + padding).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&18_u32.to_le_bytes());
    wav.extend_from_slice(&tag.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes()); // channels
    wav.extend_from_slice(&rate.to_le_bytes()); // samples a second
    wav.extend_from_slice(&rate.to_le_bytes()); // octets a second
    wav.extend_from_slice(&1_u16.to_le_bytes()); // octets a sample
    wav.extend_from_slice(&8_u16.to_le_bytes()); // bits a sample
    wav.extend_from_slice(&0_u16.to_le_bytes()); // no further format octets
    wav.extend_from_slice(b"fact");
    wav.extend_from_slice(&4_u32.to_le_bytes());
    wav.extend_from_slice(&octets.to_le_bytes()); // samples
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&octets.to_le_bytes());
    wav.extend_from_slice(audio);
    if padding == 1 {
        wav.push(0);
    }
    wav
}

/// Octets between the RIFF size field and the audio: "WAVE", `fmt ` (8 + 18), `fact` (8 + 4), the head of `data`.
const HEAD_BEHIND_SIZE: u32 = 4 + 26 + 12 + 8;
/// Octets of audio whose RIFF size still fits 32 bits.
const AUDIO_LONGEST: usize = 0xffff_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_octets_of_mu_law_make_this_file() {
        let expected = [
            b"RIFF".as_slice(),
            &[54, 0, 0, 0],
            b"WAVE",
            b"fmt ",
            &[18, 0, 0, 0, 7, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0],
            b"fact",
            &[4, 0, 0, 0, 3, 0, 0, 0],
            b"data",
            &[3, 0, 0, 0, 0xff, 0x7f, 0x80, 0],
        ]
        .concat();

        assert_eq!(wav_bytes(AudioCodec::Pcmu, &[0xff, 0x7f, 0x80]), expected);
    }

    #[test]
    fn a_law_has_tag_six_and_even_audio_no_padding() {
        let wav = wav_bytes(AudioCodec::Pcma, &[1, 2]);

        assert_eq!(wav[20..22], [6, 0]);
        assert_eq!(wav.len(), 60);
        assert_eq!(wav[4..8], [52, 0, 0, 0]);
    }
}
