use super::*;

/// A file with a LIST chunk of odd length before its audio, as sox writes comments.
fn file((tag, channels, rate, bits): (u16, u16, u32, u16), audio: &[u8]) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    wav.extend_from_slice(&tag.to_le_bytes());
    wav.extend_from_slice(&channels.to_le_bytes());
    wav.extend_from_slice(&rate.to_le_bytes());
    wav.extend_from_slice(&(rate * u32::from(frame)).to_le_bytes());
    wav.extend_from_slice(&frame.to_le_bytes());
    wav.extend_from_slice(&bits.to_le_bytes());
    wav.extend_from_slice(b"LIST\x03\0\0\0abc\0data");
    wav.extend_from_slice(&u32::try_from(audio.len()).unwrap().to_le_bytes());
    wav.extend_from_slice(audio);
    wav
}

fn pcm(rate: u32, samples: &[i16]) -> Vec<u8> {
    let audio: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    file((1, 1, rate, 16), &audio)
}

fn decoded(wav: &[u8]) -> Vec<i16> {
    let (codec, octets) = audio(wav).unwrap();
    octets.into_iter().map(|octet| g711::decode(codec, octet)).collect()
}

#[test]
fn pcm_of_8_khz_becomes_mu_law() {
    let pcm = pcm(8000, &[0, 8, -32_000]);

    assert_eq!(audio(&pcm), Ok((AudioCodec::Pcmu, vec![0xff, 0xfe, 0x00])));
    assert_eq!(mu_law(&pcm), Ok(vec![0xff, 0xfe, 0x00]));
}

#[test]
fn g711_of_the_telephone_is_taken_as_it_is() {
    for (tag, codec) in [(7, AudioCodec::Pcmu), (6, AudioCodec::Pcma)] {
        assert_eq!(audio(&file((tag, 1, 8000, 8), &[1, 2, 3])), Ok((codec, vec![1, 2, 3])));
    }
}

#[test]
fn every_width_and_two_channels_tell_the_same_samples() {
    // 1/2 and -1/4 of full scale, in each form, left and right.
    let expected = [16_764, -8316];
    let g711 = [0x8f, 0x1f];
    let cases = [
        ((1, 1, 8000, 8), vec![0xc0, 0x60]),
        ((1, 1, 8000, 16), vec![0x00, 0x40, 0x00, 0xe0]),
        ((1, 1, 8000, 24), vec![0xff, 0x00, 0x40, 0xff, 0x00, 0xe0]),
        ((1, 2, 8000, 8), vec![0xe0, 0xa0, 0x50, 0x70]),
        ((1, 2, 8000, 16), vec![0x00, 0x40, 0x00, 0x40, 0x00, 0xe0, 0x00, 0xe0]),
        ((7, 1, 8000, 8), g711.to_vec()),
        ((7, 2, 8000, 8), vec![g711[0], g711[0], g711[1], g711[1]]),
    ];
    for (form, octets) in cases {
        assert_eq!(decoded(&file(form, &octets)), expected, "{form:?}");
    }
}

#[test]
fn an_extensible_format_is_known_by_the_head_of_its_guid() {
    let mut wav =
        b"RIFF\0\0\0\0WAVEfmt \x28\0\0\0\xfe\xff\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0\x16\0\x10\0"
            .to_vec();
    wav.extend_from_slice(b"\x04\0\0\0\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71data\x02\0\0\0\x08\0");

    assert_eq!(audio(&wav), Ok((AudioCodec::Pcmu, vec![0xfe])));
}

#[test]
fn a_second_of_any_rate_from_8_to_48_khz_plays_for_a_second() {
    for rate in [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000] {
        let (codec, octets) = audio(&pcm(rate, &vec![1000; rate.try_into().unwrap()])).unwrap();

        assert_eq!((codec, octets.len()), (AudioCodec::Pcmu, 8000), "{rate}");
        assert_eq!(g711::decode(codec, octets[4000]), 988, "{rate}");
    }
}

#[test]
fn other_kinds_are_refused_with_the_command_that_mends_it() {
    for form in [
        (1, 1, 7999, 16),
        (1, 1, 48_001, 16),
        (1, 3, 8000, 16),
        (1, 0, 8000, 16),
        (1, 1, 8000, 32),
        (3, 1, 8000, 32),
        (7, 1, 8000, 16),
        (85, 1, 44_100, 16),
    ] {
        let (tag, channels, rate, bits) = form;

        let refusal = audio(&file(form, &[0; 64])).unwrap_err();

        assert_eq!(refusal, WavRefusal::Unfit { tag, channels, rate, bits });
        assert!(refusal.to_string().contains("`sox IN.wav -r 8000 -c 1 -b 16"), "{refusal}");
    }
}

#[test]
fn ten_minutes_fit_and_a_sample_more_does_not() {
    let silence = vec![0xff; 4_800_001];
    let whole = file((7, 1, 8000, 8), &silence[1..]);

    assert_eq!(audio(&whole).unwrap().1.len(), 4_800_000);
    assert_eq!(
        audio(&file((7, 1, 8000, 8), &silence)),
        Err(WavRefusal::TooLong { length: Duration::from_micros(600_000_125), allowed: LONGEST })
    );
}

#[test]
fn file_cut_anywhere_is_refused_and_never_a_panic() {
    let whole = pcm(8000, &[5; 100]);
    for end in 0..whole.len() {
        assert!(matches!(audio(&whole[..end]), Err(WavRefusal::NotWav | WavRefusal::Cut { .. })), "{end}");
    }
    let cut = audio(&whole[..whole.len() - 3]).unwrap_err();
    assert_eq!(cut, WavRefusal::Cut { promised: 200, there: 197 });
    assert_eq!(audio(b"ID3\x04"), Err(WavRefusal::NotWav));
    assert_eq!(audio(&pcm(8000, &[])), Err(WavRefusal::Empty));
}

#[test]
fn audio_whose_recorder_could_not_write_its_length_is_taken_to_its_end() {
    for promised in [0x7fff_f000_u32, 0xffff_ffff] {
        let mut wav = pcm(8000, &[8; 50]);
        let length = wav.len() - 104;
        wav[length..length + 4].copy_from_slice(&promised.to_le_bytes());

        assert_eq!(audio(&wav).unwrap().1.len(), 50);
    }
}
