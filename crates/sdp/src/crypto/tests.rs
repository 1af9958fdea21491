use super::*;

/// 30 octets.
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn read(value: &str) -> Result<CryptoLine, CryptoFault> {
    OfferedCrypto::read(value).line
}

fn with(rest: &str) -> Result<CryptoLine, CryptoFault> {
    read(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}{rest}"))
}

#[test]
fn a_whole_line_is_understood() {
    let line = with("|2^20|1:4 WSH=64 KDR=0 -x_new=1 UNENCRYPTED_SRTCP").unwrap();

    assert_eq!(line.suite, SrtpSuite::AesCm128HmacSha1_80);
    assert_eq!(line.suite_name, "AES_CM_128_HMAC_SHA1_80");
    assert_eq!(line.key.key(), b"YS___semctl () {");
    assert_eq!(line.mki, Some(vec![0, 0, 0, 1]));
    assert!(line.srtcp_clear);
}

#[test]
fn tags_have_1_to_9_digits() {
    for word in ["", "x", "-1", "1234567890", "1a"] {
        let offered = OfferedCrypto::read(&format!("{word} AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));

        assert_eq!(offered, OfferedCrypto { tag: None, line: Err(CryptoFault::Tag) }, "{word}");
    }
    let offered = OfferedCrypto::read(&format!("012345678 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
    assert_eq!(offered.tag, Some(Tag { number: 12_345_678, digits: "012345678".into() }));
    assert!(offered.line.is_ok());
}

#[test]
fn lifetimes_are_powers_or_decimals_from_1_to_2_to_the_48() {
    for lifetime in ["2^0", "2^31", "2^48", "1", "1048576", "281474976710656"] {
        assert!(with(&format!("|{lifetime}")).is_ok(), "{lifetime}");
    }
    for lifetime in
        ["", "0", "2^", "2^49", "2^64", "281474976710657", "3^4", "-1", "+1", "99999999999999999999"]
    {
        assert_eq!(with(&format!("|{lifetime}")), Err(CryptoFault::Lifetime), "{lifetime}");
    }
}

#[test]
fn an_mki_stands_alone_or_behind_the_lifetime() {
    assert_eq!(with("|7:1").unwrap().mki, Some(vec![7]));
    assert_eq!(with("|2^31|7:1").unwrap().mki, Some(vec![7]));
    assert_eq!(with("").unwrap().mki, None);
    for mki in ["|256:1", "|2^31|7", "|2^31|7:1|x", "|7:0"] {
        assert_eq!(with(mki), Err(CryptoFault::KeyId), "{mki}");
    }
    assert_eq!(with("|7:1|2^31"), Err(CryptoFault::Lifetime));
}

#[test]
fn session_parameters_that_change_the_protection_spoil_the_line() {
    for (word, fault) in [
        ("KDR=1", CryptoFault::DerivationRate),
        ("UNENCRYPTED_SRTP", CryptoFault::UnencryptedSrtp),
        ("UNAUTHENTICATED_SRTP", CryptoFault::UnauthenticatedSrtp),
        ("FEC_ORDER=FEC_SRTP", CryptoFault::ErrorCorrection),
        ("FEC_KEY=inline:SECRET", CryptoFault::ErrorCorrection),
        ("X_NEW=1", CryptoFault::UnknownParameter(Some("X_NEW".into()))),
        (KEY, CryptoFault::UnknownParameter(None)),
    ] {
        assert_eq!(with(&format!(" {word}")), Err(fault), "{word}");
    }
}

#[test]
fn keys_of_every_suite_are_read_with_and_without_padding() {
    for suite in SrtpSuite::ALL {
        let octets = vec![9; suite.key_octets() + suite.salt_octets()];
        let text = base64::engine::general_purpose::STANDARD.encode(&octets);
        for text in [text.as_str(), text.trim_end_matches('=')] {
            let line = read(&format!("1 {suite} inline:{text}")).unwrap();

            assert_eq!(line.key.expose(), octets);
        }
        assert_eq!(read(&format!("1 {suite} inline:AAAA")), Err(CryptoFault::KeyLength { suite, octets: 3 }));
    }
}

#[test]
fn what_is_no_single_inline_key_spoils_the_line() {
    let line = |key: &str| read(&format!("1 AES_CM_128_HMAC_SHA1_80 {key}")).unwrap_err();

    assert_eq!(line(""), CryptoFault::KeyMethod);
    assert_eq!(line(&format!("uri:{KEY}")), CryptoFault::KeyMethod);
    assert_eq!(line("inline:*"), CryptoFault::KeyText);
    assert_eq!(line(&format!("inline:{KEY}|1:1;inline:{KEY}|2:1")), CryptoFault::SeveralKeys);
}

#[test]
fn the_old_spelling_keeps_its_name_and_null_suites_do_not_exist() {
    let text = base64::engine::general_purpose::STANDARD.encode([1; 46]);
    let line = read(&format!("1 AES_CM_256_HMAC_SHA1_80 inline:{text}")).unwrap();

    assert_eq!(line.suite, SrtpSuite::Aes256CmHmacSha1_80);
    assert_eq!(line.suite_name, "AES_CM_256_HMAC_SHA1_80");
    assert_eq!(
        read(&format!("1 NULL_HMAC_SHA1_80 inline:{KEY}")),
        Err(CryptoFault::UnknownSuite(Some("NULL_HMAC_SHA1_80".into())))
    );
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    for value in [format!("1 {KEY}"), format!("1 inline:{KEY}"), format!("{KEY} x"), format!("1 F8_X {KEY}")]
    {
        let offered = OfferedCrypto::read(&value);
        let fault = offered.line.clone().unwrap_err();

        assert!(!format!("{offered:?} {fault}").contains("WVNf"), "{fault}");
    }
    assert!(!format!("{:?}", with("")).contains("WVNf"));
}
