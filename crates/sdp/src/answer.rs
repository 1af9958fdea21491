use std::fmt;

use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use telephony::Secret;

use crate::{
    format::Formats,
    negotiation::{LocalMedia, MediaParameters},
    offer::Offer,
    profile::Profile,
};

/// A session description of ours that answers an offer. It may hold a key of ours: its `Debug` form shows no text.
#[derive(Clone, Eq, PartialEq)]
pub struct Answer {
    /// The body, `application/sdp`.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} bytes)", self.bytes.len())
    }
}

impl Answer {
    /// One `m=` line for each of the offer (RFC 3264 6): ours at `place`, the others refused with their formats kept.
    pub(crate) fn compose(
        offer: &Offer,
        place: usize,
        local: &LocalMedia,
        agreed: &MediaParameters,
        crypto: Option<&Secret<String>>,
    ) -> Self {
        let streams = offer.streams.iter().enumerate().map(|(number, stream)| {
            if number == place {
                live_media(local, agreed, crypto)
            } else {
                media(&stream.media, 0, &stream.proto, stream.formats.clone())
            }
        });
        // RFC 3264 6: the t= line of the answer is that of the offer.
        Self { bytes: written(local, offer.time, streams.collect()) }
    }
}

/// A whole description of ours.
pub(crate) fn written(local: &LocalMedia, (start, stop): (u64, u64), streams: Vec<Media>) -> Vec<u8> {
    let address = local.address.to_canonical();
    let mut session =
        Session::new(Origin::with_ip_addr(local.session_id, local.session_version, address), "-");
    session.connection = Some(Connection::from_ip_addr(address));
    session.times = vec![Time::new(start, stop)];
    session.medias = streams;
    let mut bytes = Vec::with_capacity(512);
    // Writing into memory cannot fail; nothing is left out if it ever did, for the text would be empty and seen.
    if session.write(&mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// The `m=` block of audio that flows.
pub(crate) fn live_media(
    local: &LocalMedia,
    agreed: &MediaParameters,
    crypto: Option<&Secret<String>>,
) -> Media {
    let formats = Formats {
        codec: agreed.codec,
        payload_type: agreed.payload_type,
        comfort_noise: agreed.comfort_noise,
        telephone_event: agreed.telephone_event,
    };
    let mut block = audio(local.rtp_port, agreed.profile, formats.words());
    block.attributes.extend(crypto.map(crypto_line));
    block.attributes.push(rtp_map(formats.payload_type, formats.codec.encoding_name()));
    add_beside(&mut block, formats.comfort_noise, formats.telephone_event);
    finish(&mut block, local, agreed.ptime_ms);
    if agreed.rtcp_mux {
        block.attributes.push(Attribute::new("rtcp-mux"));
    }
    block.attributes.push(Attribute::new(agreed.direction.attribute()));
    block
}

pub(crate) fn audio(port: u16, profile: Profile, formats: String) -> Media {
    media("audio", port, profile.as_str(), formats)
}

pub(crate) fn rtp_map(payload_type: u8, encoding: &str) -> Attribute {
    Attribute::with_value("rtpmap", format!("{payload_type} {encoding}/8000"))
}

/// The one place where a key of ours becomes text for the peer.
pub(crate) fn crypto_line(value: &Secret<String>) -> Attribute {
    Attribute::with_value("crypto", value.expose())
}

/// Comfort noise and telephone-event; of the latter the sixteen keys (RFC 4733 3.2).
pub(crate) fn add_beside(block: &mut Media, comfort_noise: Option<u8>, telephone_event: Option<u8>) {
    block.attributes.extend(comfort_noise.map(|number| rtp_map(number, "CN")));
    if let Some(number) = telephone_event {
        block.attributes.push(rtp_map(number, "telephone-event"));
        block.attributes.push(Attribute::with_value("fmtp", format!("{number} 0-15")));
    }
}

/// Packet time, and the RTCP port where it is not the next one (RFC 3605).
pub(crate) fn finish(block: &mut Media, local: &LocalMedia, ptime_ms: u8) {
    block.attributes.push(Attribute::with_value("ptime", ptime_ms));
    if local.rtp_port.checked_add(1) != Some(local.rtcp_port) {
        block.attributes.push(Attribute::with_value("rtcp", local.rtcp_port));
    }
}

fn media(kind: &str, port: u16, proto: &str, formats: String) -> Media {
    Media {
        media: kind.to_owned(),
        port,
        num_ports: None,
        proto: proto.to_owned(),
        fmt: formats,
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}
