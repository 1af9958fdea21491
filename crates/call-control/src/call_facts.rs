//! What the headers of an INVITE say about who is called and who calls, as plain texts for the dial-plan manager.
//!
//! Believed because the request came from a recognised gateway; nothing here opens a mailbox.
use std::net::IpAddr;

use dial_plan::{CallFacts, CallerIdSource};
use sip_signaling::{
    Diversion, HeaderName, HistoryInfo, NameAddr, Origin, Party, Privacy, RemotePartyId, Request,
    RequestHead, Uri,
};

use crate::address_book::AddressBook;

/// Texts of one INVITE, owned, so that [`CallFacts`] can borrow them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FactSheet {
    call_id: String,
    /// The called number as people read it.
    called: Option<String>,
    request_user: String,
    request_host: Option<String>,
    p_called_party: Option<String>,
    target: Option<String>,
    diversions: Vec<String>,
    history: Vec<(String, String)>,
    asserted: Option<Caller>,
    from: Option<Caller>,
    withheld: bool,
}

/// Who calls, as the gateway names them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    pub number: String,
    pub name: Option<String>,
}

/// The borrowed lists that [`CallFacts`] points to.
pub(crate) struct FactLists<'a> {
    gateways: Vec<&'a str>,
    resolved: Vec<(&'a str, IpAddr)>,
    diversions: Vec<&'a str>,
    history: Vec<(&'a str, &'a str)>,
}

impl FactSheet {
    /// Reads the headers; a malformed one is passed over (security-modes 0, rule 1).
    pub(crate) fn read(request: &Request, head: &RequestHead) -> Self {
        let headers = &request.headers;
        let users = |name: &HeaderName| -> Option<String> {
            headers.name_addrs(name).flatten().find_map(|address| user_of(&address.uri))
        };
        Self {
            call_id: head.call_id.to_string(),
            called: request.uri.user_decoded().map(without_parameters),
            request_user: user_of(&request.uri).unwrap_or_default(),
            request_host: request.uri.as_sip().map(|uri| uri.host().to_string()),
            p_called_party: users(&HeaderName::PCalledPartyId),
            target: request.uri.param("target"),
            diversions: headers
                .read_all::<Diversion>()
                .flatten()
                .map(|entry| user_of(&entry.address.uri).unwrap_or_default())
                .collect(),
            history: headers.read_all::<HistoryInfo>().flatten().map(|entry| history_entry(&entry)).collect(),
            asserted: asserted(request),
            from: caller(&head.from),
            withheld: headers.read_all::<Privacy>().flatten().any(|privacy| privacy.withholds_identity())
                || is_anonymous(&head.from),
        }
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The number that the gateway called.
    pub(crate) fn called(&self) -> Option<&str> {
        self.called.as_deref()
    }

    /// The lists of this sheet, to be borrowed by [`FactSheet::call_facts`].
    pub(crate) fn lists<'a>(&'a self, origin: &'a Origin, addresses: &AddressBook) -> FactLists<'a> {
        let gateways: Vec<&str> = origin.peers.iter().map(|name| &**name).collect();
        let resolved = gateways
            .iter()
            .copied()
            .flat_map(|gateway| addresses.addresses_of(gateway).map(move |address| (gateway, address)))
            .collect();
        FactLists {
            resolved,
            gateways,
            diversions: self.diversions.iter().map(String::as_str).collect(),
            history: self.history.iter().map(|(index, number)| (index.as_str(), number.as_str())).collect(),
        }
    }

    /// The same for the dial-plan manager.
    pub(crate) fn call_facts<'a>(&'a self, origin: &Origin, lists: &'a FactLists<'a>) -> CallFacts<'a> {
        CallFacts {
            gateways: &lists.gateways,
            source: Some(origin.remote.ip().to_canonical()),
            resolved: &lists.resolved,
            request_user: &self.request_user,
            request_host: self.request_host.as_deref(),
            p_called_party: self.p_called_party.as_deref(),
            target: self.target.as_deref(),
            diversions: &lists.diversions,
            history: &lists.history,
        }
    }

    /// Who calls (security-modes 1b); `None` if withheld.
    pub(crate) fn caller(&self, source: CallerIdSource) -> Option<&Caller> {
        if self.withheld {
            return None;
        }
        match source {
            CallerIdSource::Asserted => self.asserted.as_ref().or(self.from.as_ref()),
            CallerIdSource::From => self.from.as_ref().or(self.asserted.as_ref()),
        }
    }
}

/// The number as the peer wrote it: the dial-plan manager resolves escapes, once.
fn user_of(uri: &Uri) -> Option<String> {
    match uri {
        Uri::Sip(uri) => uri.user().map(str::to_owned),
        Uri::Tel(uri) => Some(uri.number().to_owned()),
        Uri::Other(_) => None,
    }
}

fn history_entry(entry: &HistoryInfo) -> (String, String) {
    let index: Vec<String> = entry.index.iter().map(u32::to_string).collect();
    (index.join("."), user_of(&entry.address.uri).unwrap_or_default())
}

/// P-Asserted-Identity, the tel URI before the SIP one, then Remote-Party-ID of the calling party.
fn asserted(request: &Request) -> Option<Caller> {
    let identities: Vec<NameAddr> =
        request.headers.name_addrs(&HeaderName::PAssertedIdentity).flatten().collect();
    let tel = identities.iter().find(|identity| identity.uri.scheme().eq_ignore_ascii_case("tel"));
    if let Some(identity) = tel.or(identities.first()) {
        return caller(identity);
    }
    request
        .headers
        .read_all::<RemotePartyId>()
        .flatten()
        .find(|party| party.party == Party::Calling && !party.is_private)
        .and_then(|party| caller(&party.address))
}

fn caller(address: &NameAddr) -> Option<Caller> {
    let number = without_parameters(address.uri.user_decoded()?);
    Some(Caller { number, name: address.display().filter(|name| !name.is_empty()) })
}

/// `;phone-context=..` and other user parameters are not part of the number.
fn without_parameters(user: String) -> String {
    user.split(';').next().unwrap_or_default().to_owned()
}

fn is_anonymous(from: &NameAddr) -> bool {
    let host = from.uri.as_sip().map(|uri| uri.host().to_string());
    from.uri.user_decoded().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"))
        || host.is_some_and(|host| host.eq_ignore_ascii_case("anonymous.invalid"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sip_signaling::{Message, parse_datagram};

    use super::*;

    #[test]
    fn numbers_are_handed_on_as_the_peer_wrote_them_and_malformed_entries_are_passed_over() {
        let invite = Bytes::from_static(
            b"INVITE sip:%2534001;x=y@um.test;target=sip:4002%40um.test SIP/2.0\r\n\
              Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\nFrom: <sip:1@x>;tag=a\r\nTo: <sip:9@x>\r\n\
              Call-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:gw@192.0.2.7>\r\n\
              Diversion: <tel:+1-425-555-4001>, <sip:%2B1@x>\r\nDiversion: \"Ada <sip:2@x>\r\n\
              History-Info: <sip:40%2501@x>;index=1.2\r\nContent-Length: 0\r\n\r\n",
        );
        let Ok(Message::Request(request)) = parse_datagram(&invite) else { panic!("a request") };

        let facts = FactSheet::read(&request, &RequestHead::read(&request).unwrap());

        assert_eq!(facts.request_user, "%2534001;x=y");
        assert_eq!(facts.target.as_deref(), Some("sip:4002@um.test"));
        assert_eq!(facts.diversions, ["+1-425-555-4001", "%2B1"]);
        assert_eq!(facts.history, [("1.2".to_owned(), "40%2501".to_owned())]);
    }
}
