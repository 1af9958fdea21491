//! SRTP in a plan that is Secured: which line of an offer is taken, and which key of ours answers it.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use telephony::{MasterKey, Secret, SrtpSuite};

use crate::{
    crypto::{CryptoFault, CryptoLine, OfferedCrypto, Tag, written},
    limits::MAX_FAULTS_SHOWN,
    profile::{OfferedTransport, Profile},
    refusal::OfferRefusal,
    stream::Stream,
};

/// What a Secured plan and its gateway allow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SuitePolicy {
    /// The suites that may be agreed on, in our order.
    pub suites: Vec<SrtpSuite>,
    /// Our order decides, not the offerer's.
    pub prefer_own: bool,
    /// `UNENCRYPTED_SRTCP` is taken (`--srtcp-clear allow`); its authentication stays.
    pub srtcp_clear: bool,
    /// `RTP/AVP` with crypto is answered with `RTP/SAVP` (`--srtp-answer savp`).
    pub answer_savp: bool,
}

/// Where our own key comes from.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    /// Fresh random octets; as many of them as the suite needs become a new key.
    pub fresh: Secret<[u8; 46]>,
    /// The key of the call so far.
    pub kept: Option<KeptKey>,
}

/// A key of ours that is in use. It stays while its suite and the MKI of the chosen line stay.
#[derive(Clone, Debug)]
pub struct KeptKey {
    /// The master key identifier under which it goes.
    pub mki: Option<Vec<u8>>,
    /// The key.
    pub key: MasterKey,
}

/// The keys of both directions as agreed. Its `Debug` form shows none of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgreedCrypto {
    /// Our key: what we send is under it. Kept for the next answer with [`Self::send_mki`] as [`KeptKey`].
    pub send: MasterKey,
    /// The MKI in what we send.
    pub send_mki: Option<Vec<u8>>,
    /// The peer's key.
    pub receive: MasterKey,
    /// The MKI in what we receive.
    pub receive_mki: Option<Vec<u8>>,
    /// SRTCP is authenticated only (`UNENCRYPTED_SRTCP`).
    pub srtcp_clear: bool,
    /// The suite as it stands in the answer.
    pub suite_name: String,
}

impl OwnKeys {
    /// The kept key if suite and MKI are still its own, else a new one.
    fn key_for(&self, suite: SrtpSuite, mki: Option<&[u8]>) -> Option<MasterKey> {
        match &self.kept {
            Some(kept) if kept.key.suite() == suite && kept.mki.as_deref() == mki => Some(kept.key.clone()),
            Some(_) | None => {
                let octets = suite.key_octets().checked_add(suite.salt_octets())?;
                MasterKey::new(suite, self.fresh.expose().get(..octets)?)
            }
        }
    }
}

/// The column Secured: the profile to answer with, if the stream has one that a Secured plan takes.
pub(crate) fn secured_profile(
    stream: &Stream,
    profile: Profile,
    policy: &SuitePolicy,
) -> Result<Profile, OfferRefusal> {
    let capability_negotiation = stream.capability_negotiation;
    match profile {
        _ if !stream.crypto.is_empty() => {}
        Profile::Avp | Profile::Avpf => {
            return Err(OfferRefusal::ClearProfile { profile, capability_negotiation });
        }
        Profile::Savp | Profile::Savpf => {
            return Err(OfferRefusal::NoCrypto { profile, capability_negotiation });
        }
    }
    Ok(match profile {
        Profile::Avp if policy.answer_savp || stream.microsoft => Profile::Savp,
        Profile::Avp | Profile::Avpf | Profile::Savp | Profile::Savpf => profile,
    })
}

/// Whether the stream says SRTP in its profile: such a one comes before RTP/AVP with crypto.
pub(crate) fn names_srtp(stream: &Stream) -> bool {
    matches!(stream.transport, OfferedTransport::Rtp(Profile::Savp | Profile::Savpf))
}

/// Takes a crypto line of the offer; gives the keys, and the value of the `a=crypto` line that answers it.
pub(crate) fn choose(
    stream: &Stream,
    profile: Profile,
    policy: &SuitePolicy,
    own: &OwnKeys,
) -> Result<(AgreedCrypto, Secret<String>), OfferRefusal> {
    let mut usable = stream.crypto.iter().filter_map(|offered| usable(offered, policy).ok());
    let chosen = if policy.prefer_own {
        let lines: Vec<_> = usable.collect();
        policy.suites.iter().find_map(|suite| lines.iter().copied().find(|(_, line)| line.suite == *suite))
    } else {
        usable.next()
    };
    let agreed = chosen.and_then(|(tag, line)| {
        let send = own.key_for(line.suite, line.mki.as_deref())?;
        let attribute = written(&tag.digits, &line.suite_name, &send, line.mki.as_deref(), line.srtcp_clear);
        Some((agree(send, line.mki.clone(), line), attribute))
    });
    agreed.ok_or_else(|| unusable(stream, profile, policy))
}

fn usable<'a>(
    offered: &'a OfferedCrypto,
    policy: &SuitePolicy,
) -> Result<(&'a Tag, &'a CryptoLine), CryptoFault> {
    let line = offered.line.as_ref().map_err(Clone::clone)?;
    let tag = offered.tag.as_ref().ok_or(CryptoFault::Tag)?;
    if !policy.suites.contains(&line.suite) {
        return Err(CryptoFault::SuiteNotAllowed(line.suite));
    }
    if line.srtcp_clear && !policy.srtcp_clear {
        return Err(CryptoFault::UnencryptedSrtcp);
    }
    Ok((tag, line))
}

fn agree(send: MasterKey, send_mki: Option<Vec<u8>>, line: &CryptoLine) -> AgreedCrypto {
    AgreedCrypto {
        send,
        send_mki,
        receive: line.key.clone(),
        receive_mki: line.mki.clone(),
        srtcp_clear: line.srtcp_clear,
        suite_name: line.suite_name.clone(),
    }
}

/// The refusal that says of each line what is wrong with it.
fn unusable(stream: &Stream, profile: Profile, policy: &SuitePolicy) -> OfferRefusal {
    let faults: Vec<(&OfferedCrypto, CryptoFault)> = stream
        .crypto
        .iter()
        .filter_map(|offered| usable(offered, policy).err().map(|fault| (offered, fault)))
        .collect();
    let words: Vec<String> = faults
        .iter()
        .take(MAX_FAULTS_SHOWN)
        .map(|(offered, fault)| match &offered.tag {
            Some(tag) => format!("line {}: {fault}", tag.digits),
            None => fault.to_string(),
        })
        .collect();
    let suites: Vec<&str> = policy.suites.iter().map(|suite| suite.name()).collect();
    OfferRefusal::NoUsableCrypto {
        profile,
        faults: words.join("; "),
        allowed: suites.join(", "),
        srtcp_clear_would_help: faults.iter().any(|(_, fault)| *fault == CryptoFault::UnencryptedSrtcp),
        capability_negotiation: stream.capability_negotiation,
    }
}

/// One `a=crypto` line of an offer of ours.
#[derive(Clone, Debug)]
pub(crate) struct OwnLine {
    tag: u32,
    key: MasterKey,
    mki: Option<Vec<u8>>,
}

impl OwnLine {
    /// A line for each suite, tags from 1. The kept key goes again under its own MKI.
    pub(crate) fn offer(policy: &SuitePolicy, own: &OwnKeys) -> Vec<Self> {
        let keyed = policy.suites.iter().filter_map(|suite| {
            let kept = own.kept.as_ref().filter(|kept| kept.key.suite() == *suite);
            let mki = kept.and_then(|kept| kept.mki.clone());
            own.key_for(*suite, mki.as_deref()).map(|key| (key, mki))
        });
        (1_u32..).zip(keyed).map(|(tag, (key, mki))| Self { tag, key, mki }).collect()
    }

    /// The value of its attribute.
    pub(crate) fn written(&self) -> Secret<String> {
        written(&self.tag.to_string(), self.key.suite().name(), &self.key, self.mki.as_deref(), false)
    }
}

/// Judges the crypto of an answer: one usable line, with tag and suite of a line of ours, and nothing that we did not
/// offer.
pub(crate) fn answered(stream: &Stream, lines: &[OwnLine]) -> Result<AgreedCrypto, OfferRefusal> {
    let fault = |detail: String| OfferRefusal::AnswerCrypto { detail };
    let [offered] = stream.crypto.as_slice() else {
        return Err(fault(format!("it has {} a=crypto lines", stream.crypto.len())));
    };
    let line = offered.line.as_ref().map_err(|reason| fault(reason.to_string()))?;
    let tag = offered.tag.as_ref().ok_or_else(|| fault(CryptoFault::Tag.to_string()))?;
    let ours = lines
        .iter()
        .find(|ours| ours.tag == tag.number)
        .ok_or_else(|| fault(format!("tag {} was not offered", tag.digits)))?;
    if ours.key.suite() != line.suite {
        return Err(fault(format!("tag {} was offered with {}", tag.digits, ours.key.suite())));
    }
    if line.srtcp_clear {
        return Err(fault("UNENCRYPTED_SRTCP was not offered".to_owned()));
    }
    Ok(agree(ours.key.clone(), ours.mki.clone(), line))
}

#[cfg(test)]
mod tests;
