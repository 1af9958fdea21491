use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, ensure};
use telephony::{AudioCodec, SrtpSuite};

use crate::{MediaOffer, srtp::CryptoLine};

/// Payload type that every offer of ours gives telephone-event (RFC 4733).
pub(crate) const TELEPHONE_EVENT: u8 = 101;

/// The offer as SDP text.
///
/// # Errors
/// No key can be drawn.
pub(crate) fn write_offer(media: &MediaOffer, local: SocketAddr) -> anyhow::Result<String> {
    let (family, ip) = match local.ip() {
        IpAddr::V4(ip) => ("IP4", ip.to_string()),
        IpAddr::V6(ip) => ("IP6", ip.to_string()),
    };
    let mut text = format!(
        "v=0\r\no=- {port} 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n",
        port = local.port()
    );
    match media {
        MediaOffer::Avp { codecs } => text.push_str(&audio_lines(codecs, "RTP/AVP", local.port())),
        MediaOffer::AvpWithCrypto { codecs, suites } => {
            text.push_str(&audio_lines(codecs, "RTP/AVP", local.port()));
            text.push_str(&key_lines(suites)?);
        }
        MediaOffer::Savp { codecs, suites } => {
            text.push_str(&audio_lines(codecs, "RTP/SAVP", local.port()));
            text.push_str(&key_lines(suites)?);
        }
        MediaOffer::Written(lines) => {
            text.push_str(&lines.replace("{ip}", &ip).replace("{port}", &local.port().to_string()));
        }
    }
    Ok(text)
}

fn audio_lines(codecs: &[AudioCodec], profile: &str, port: u16) -> String {
    let formats: Vec<String> = codecs.iter().map(|codec| static_payload_type(*codec).to_string()).collect();
    let mut lines = vec![format!("m=audio {port} {profile} {} {TELEPHONE_EVENT}", formats.join(" "))];
    for codec in codecs {
        lines.push(format!("a=rtpmap:{} {}/8000", static_payload_type(*codec), codec.encoding_name()));
    }
    lines.push(format!("a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000"));
    lines.push(format!("a=fmtp:{TELEPHONE_EVENT} 0-15"));
    lines.push("a=ptime:20".to_owned());
    lines.push("a=sendrecv".to_owned());
    lines.push(String::new());
    lines.join("\r\n")
}

fn key_lines(suites: &[SrtpSuite]) -> anyhow::Result<String> {
    let mut lines = String::new();
    for (tag, suite) in (1..).zip(suites) {
        lines.push_str(&CryptoLine::fresh(tag, *suite)?.write());
        lines.push_str("\r\n");
    }
    Ok(lines)
}

/// What the server's answer says about the audio.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MediaAnswer {
    pub(crate) profile: String,
    pub(crate) remote: SocketAddr,
    pub(crate) codec: AudioCodec,
    pub(crate) payload_type: u8,
    pub(crate) telephone_event: Option<u8>,
    /// Where RTCP goes: `a=rtcp`, or else the port above.
    pub(crate) remote_rtcp: SocketAddr,
    pub(crate) crypto: Option<CryptoLine>,
}

impl MediaAnswer {
    /// Reads the answer's accepted audio line.
    ///
    /// # Errors
    /// No SDP, no accepted audio line, no codec that was offered.
    pub(crate) fn read(body: &[u8]) -> anyhow::Result<Self> {
        let body = std::str::from_utf8(body).context("the answer is no text")?;
        ensure!(!body.trim().is_empty(), "the 200 carries no SDP");
        let (session, media) = sections(body);
        let lines = media
            .into_iter()
            .find(|lines| {
                lines.first().is_some_and(|m| m.starts_with("m=audio ") && !m.starts_with("m=audio 0 "))
            })
            .with_context(|| format!("the answer accepts no audio line:\n{body}"))?;
        let mut words = lines.first().copied().unwrap_or_default().split_ascii_whitespace().skip(1);
        let port: u16 = words.next().and_then(|port| port.parse().ok()).context("the m= line has no port")?;
        let profile = words.next().context("the m= line has no profile")?.to_owned();
        let formats: Vec<u8> = words.filter_map(|format| format.parse().ok()).collect();
        let connection =
            value(&lines, "c=").or_else(|| value(&session, "c=")).context("the answer has no c= line")?;
        let ip = connection.rsplit(' ').next().unwrap_or_default();
        let ip: IpAddr = ip.parse().with_context(|| format!("c={connection} names no address"))?;
        let (payload_type, codec) = formats
            .iter()
            .find_map(|format| Some((*format, codec_of(*format)?)))
            .context("the answer has neither PCMU nor PCMA")?;
        let telephone_event = formats.iter().copied().find(|format| *format == TELEPHONE_EVENT);
        let crypto = value(&lines, "a=crypto:").map(CryptoLine::read).transpose()?;
        let rtcp = value(&lines, "a=rtcp:").and_then(|line| line.split(' ').next()?.parse().ok());
        Ok(Self {
            profile,
            remote: SocketAddr::new(ip, port),
            codec,
            payload_type,
            telephone_event,
            remote_rtcp: SocketAddr::new(ip, rtcp.unwrap_or(port.saturating_add(1))),
            crypto,
        })
    }
}

/// The session's lines and those of each media description.
fn sections(body: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let (mut session, mut media) = (Vec::new(), Vec::<Vec<&str>>::new());
    for line in body.lines() {
        if line.starts_with("m=") {
            media.push(vec![line]);
        } else if let Some(description) = media.last_mut() {
            description.push(line);
        } else {
            session.push(line);
        }
    }
    (session, media)
}

fn value<'a>(lines: &[&'a str], prefix: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| line.strip_prefix(prefix))
}

/// Our offers use the static payload types only (RFC 3551 6), so the answer's numbers need no rtpmap.
fn static_payload_type(codec: AudioCodec) -> u8 {
    match codec {
        AudioCodec::Pcmu => 0,
        AudioCodec::Pcma => 8,
    }
}

fn codec_of(payload_type: u8) -> Option<AudioCodec> {
    [AudioCodec::Pcmu, AudioCodec::Pcma].into_iter().find(|codec| static_payload_type(*codec) == payload_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offer_lists_the_codecs_in_their_order() {
        let media = MediaOffer::Avp { codecs: vec![AudioCodec::Pcma, AudioCodec::Pcmu] };

        let offer = write_offer(&media, "127.0.0.1:40000".parse().unwrap()).unwrap();

        assert_eq!(
            offer,
            "v=0\r\no=- 40000 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn secure_offer_has_a_crypto_line_for_each_suite_whose_key_is_never_the_same() {
        let suites = vec![SrtpSuite::AeadAes256Gcm, SrtpSuite::AesCm128HmacSha1_80];
        let media = MediaOffer::Savp { codecs: vec![AudioCodec::Pcmu], suites };
        let local = "127.0.0.1:40000".parse().unwrap();

        let offers = [write_offer(&media, local).unwrap(), write_offer(&media, local).unwrap()];

        let keys = offers.each_ref().map(|offer| {
            assert!(offer.contains("\r\nm=audio 40000 RTP/SAVP 0 101\r\n"), "{offer}");
            assert!(offer.contains("\r\na=crypto:1 AEAD_AES_256_GCM inline:"), "{offer}");
            offer.split_once("\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:").unwrap().1.trim_end()
        });
        assert_eq!(keys.map(str::len), [40, 40]);
        assert_ne!(keys[0], keys[1]);
    }

    #[test]
    fn offer_of_both_kinds_of_media_is_avp_with_a_crypto_line() {
        let media = MediaOffer::AvpWithCrypto {
            codecs: vec![AudioCodec::Pcmu],
            suites: vec![SrtpSuite::AesCm128HmacSha1_32],
        };

        let offer = write_offer(&media, "127.0.0.1:40000".parse().unwrap()).unwrap();

        assert!(offer.contains("\r\nm=audio 40000 RTP/AVP 0 101\r\n"), "{offer}");
        assert!(offer.contains("\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:"), "{offer}");
    }

    #[test]
    fn written_offer_gets_our_address() {
        let media = MediaOffer::Written("m=audio {port} RTP/AVPF 0\r\nc=IN IP4 {ip}\r\n".to_owned());

        assert!(
            write_offer(&media, "127.0.0.1:40000".parse().unwrap())
                .unwrap()
                .ends_with("\r\nt=0 0\r\nm=audio 40000 RTP/AVPF 0\r\nc=IN IP4 127.0.0.1\r\n")
        );
    }

    #[test]
    fn answer_tells_address_codec_and_profile() {
        let answer = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=image 0 udptl t38\r\n\
                      m=audio 20002 RTP/AVP 0 101\r\nc=IN IP4 127.0.0.1\r\n";

        assert_eq!(
            MediaAnswer::read(answer.as_bytes()).unwrap(),
            MediaAnswer {
                profile: "RTP/AVP".to_owned(),
                remote: "127.0.0.1:20002".parse().unwrap(),
                codec: AudioCodec::Pcmu,
                payload_type: 0,
                telephone_event: Some(101),
                remote_rtcp: "127.0.0.1:20003".parse().unwrap(),
                crypto: None,
            }
        );
    }

    #[test]
    fn answer_tells_tag_and_suite_and_where_rtcp_goes() {
        let key = "A".repeat(40);
        let answer = format!(
            "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 20002 RTP/SAVP 8\r\na=rtcp:20009\r\n\
             a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n"
        );

        let answer = MediaAnswer::read(answer.as_bytes()).unwrap();

        let crypto = answer.crypto.unwrap();
        assert_eq!((crypto.tag, crypto.key.suite()), (3, SrtpSuite::AesCm128HmacSha1_80));
        assert_eq!(answer.remote_rtcp.port(), 20_009);
    }

    #[test]
    fn refused_audio_line_is_no_answer() {
        let error = MediaAnswer::read(b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n").unwrap_err();

        assert!(error.to_string().starts_with("the answer accepts no audio line"));
    }
}
