//! Where a call comes from and went before: `Diversion` (RFC 5806), `History-Info` (RFC 7044, RFC 4244),
//! `Remote-Party-ID` (draft-ietf-sip-privacy).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::header::name_addr::NameAddr;
use crate::header::reason::Reason;

/// One diversion; the topmost is the last that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diversion {
    /// Who diverted the call.
    pub address: NameAddr,
    /// Why: `user-busy`, `no-answer`, `unconditional`, ..
    pub reason: Option<String>,
    /// How many diversions this entry stands for; 1 if it does not say.
    pub counter: u32,
}

impl TypedHeader for Diversion {
    const NAME: HeaderName = HeaderName::Diversion;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let address = NameAddr::parse(value)?;
        let reason = address.param("reason").filter(|reason| !reason.is_empty());
        let counter = address.params.token("counter").and_then(|counter| counter.parse().ok()).unwrap_or(1);
        Ok(Self { address, reason, counter })
    }
}

/// One step of the history of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HistoryInfo {
    /// The target of that step.
    pub address: NameAddr,
    /// The place in the tree: `1.2.1` is `[1, 2, 1]`. Comparing two of them gives their order. Empty if missing.
    pub index: Vec<u32>,
    /// Why the request went on from here (`?Reason=` in the URI).
    pub reason: Option<Reason>,
}

impl TypedHeader for HistoryInfo {
    const NAME: HeaderName = HeaderName::HistoryInfo;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let address = NameAddr::parse(value)?;
        let index = match address.params.token("index") {
            None => Vec::new(),
            Some(index) => index
                .split('.')
                .map(|step| crate::scanner::decimal(step.as_bytes()))
                .collect::<Option<_>>()
                .ok_or(GrammarError::new("History-Info index is not numbers and dots"))?,
        };
        let reason = address.uri.as_sip().and_then(|uri| uri.header("Reason"));
        let reason = reason.and_then(|reason| Reason::parse(&Bytes::from(reason)).ok());
        Ok(Self { address, index, reason })
    }
}

impl HistoryInfo {
    /// The `cause` of RFC 4458 in the URI of this step, such as 486 or 408.
    pub fn cause(&self) -> Option<u16> {
        self.address.uri.param("cause")?.parse().ok()
    }
}

/// Which party a `Remote-Party-ID` names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Party {
    /// Who calls; also meant by a value without `party`.
    Calling,
    /// Who is called.
    Called,
    /// Any other word.
    Other,
}

/// One `Remote-Party-ID` value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RemotePartyId {
    /// The party.
    pub address: NameAddr,
    /// Its part in the call.
    pub party: Party,
    /// Whether `privacy` asks to withhold it (`full`, `uri` or `name`).
    pub is_private: bool,
}

impl TypedHeader for RemotePartyId {
    const NAME: HeaderName = HeaderName::RemotePartyId;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let address = NameAddr::parse(value)?;
        let party = match address.params.token("party") {
            None => Party::Calling,
            Some(party) if party.eq_ignore_ascii_case("calling") => Party::Calling,
            Some(party) if party.eq_ignore_ascii_case("called") => Party::Called,
            Some(_) => Party::Other,
        };
        let is_private =
            address.params.token("privacy").is_some_and(|privacy| !privacy.eq_ignore_ascii_case("off"));
        Ok(Self { address, party, is_private })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::list::Headers;

    #[test]
    fn several_diversions_in_a_line_count_as_several_headers() {
        let mut headers = Headers::new();
        headers.push(
            HeaderName::Diversion,
            "<sip:2002@pbx>;reason=no-answer;counter=2, \"A, B\" <sip:2001@pbx>;reason=\"user-busy\"",
        );
        headers.push(HeaderName::Diversion, "sip:2000@pbx;privacy=off");

        let diversions: Vec<_> = headers.read_all::<Diversion>().map(Result::unwrap).collect();
        let users: Vec<_> = diversions.iter().map(|d| d.address.uri.user_decoded().unwrap()).collect();
        assert_eq!(users, ["2002", "2001", "2000"]);
        let [first, second, third] = diversions.as_slice() else { panic!("three") };
        assert_eq!(first.counter, 2);
        assert_eq!(second.reason.as_deref(), Some("user-busy"));
        assert_eq!(third.reason, None);
    }

    #[test]
    fn history_steps_carry_index_cause_and_reason() {
        let step = HistoryInfo::parse(&Bytes::from_static(
            b"<sip:1001@um.example.com;cause=486?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1.2.1;rc=1.2",
        ))
        .unwrap();

        assert_eq!(step.index, [1, 2, 1]);
        assert_eq!(step.cause(), Some(486));
        let reason = step.reason.unwrap();
        assert_eq!(
            (reason.protocol.as_str(), reason.cause, reason.text.as_deref()),
            ("SIP", Some(486), Some("Busy"))
        );
    }

    #[test]
    fn history_steps_are_ordered_by_number_not_by_letter() {
        let step =
            |index: &str| HistoryInfo::parse(&Bytes::from(format!("<sip:1@x>;index={index}"))).unwrap().index;

        assert!(step("1.2") < step("1.10"));
        assert!(step("1") < step("1.1"));
        assert_eq!(step("1.1"), [1, 1]);
    }

    #[test]
    fn a_broken_index_is_refused() {
        assert!(HistoryInfo::parse(&Bytes::from_static(b"<sip:1@x>;index=1..2")).is_err());
    }

    #[test]
    fn remote_party_id_says_who_and_whether_to_withhold() {
        let party = RemotePartyId::parse(&Bytes::from_static(
            b"\"Bob\" <sip:+15551234@gw>;party=calling;screen=yes;privacy=full",
        ))
        .unwrap();

        assert_eq!(party.party, Party::Calling);
        assert!(party.is_private);
        assert_eq!(party.address.display().as_deref(), Some("Bob"));
    }
}
