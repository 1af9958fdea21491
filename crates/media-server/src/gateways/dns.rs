//! Asks DNS for the addresses of a name; what goes wrong is told in words of our own.
use std::{
    fmt,
    net::IpAddr,
    time::{Duration, Instant},
};

use hickory_resolver::{
    TokioResolver,
    net::{DnsError, NetError, NoRecords},
    proto::{op::ResponseCode, rr::RData},
};
use tokio::time::timeout;

/// DNS as this machine is set up for it.
#[derive(Clone)]
pub struct Dns(Option<TokioResolver>);

/// Why a name has no address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DnsFailure {
    /// There is no such name.
    NoSuchName,
    /// There is the name, but no address of it.
    NoAddress,
    /// This machine names no DNS server.
    NoServer,
    /// No server answered in time.
    Silent,
    /// No server could be reached, in the system's words.
    Unreachable(String),
    /// The server says that it cannot tell: `Server Failure`, `Query Refused`.
    Refused(ResponseCode),
    /// The answer cannot be used, in the library's words.
    Unusable(String),
}

/// A target of SRV (RFC 2782).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Service {
    /// The lowest first.
    pub(super) priority: u16,
    /// Among equals the heaviest first.
    pub(super) weight: u16,
    /// Its name; `.` if there is no such service.
    pub(super) target: String,
    /// Its port.
    pub(super) port: u16,
}

impl Dns {
    /// What the system's configuration names; without a readable one every name fails.
    pub fn of_system() -> Self {
        Self(TokioResolver::builder_tokio().ok().and_then(|builder| builder.build().ok()))
    }

    /// The addresses of a whole name (no search domain is appended), and for how long they hold.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) async fn addresses(
        &self,
        name: &str,
        patience: Duration,
    ) -> Result<(Vec<IpAddr>, Duration), DnsFailure> {
        let dns = self.0.as_ref().ok_or(DnsFailure::NoServer)?;
        let found = timeout(patience, dns.lookup_ip(whole(name))).await.map_err(|_| DnsFailure::Silent)?;
        let found = found.map_err(DnsFailure::from)?;
        let holds = found.valid_until().saturating_duration_since(Instant::now());
        let addresses: Vec<IpAddr> = found.iter().collect();
        if addresses.is_empty() { Err(DnsFailure::NoAddress) } else { Ok((addresses, holds)) }
    }

    /// The services of a name like `_sips._tcp.gw.example.com`, in no order; none is no fault.
    pub(super) async fn services(&self, name: &str, patience: Duration) -> Vec<Service> {
        let Some(dns) = &self.0 else { return Vec::new() };
        let Ok(Ok(answer)) = timeout(patience, dns.srv_lookup(whole(name))).await else {
            return Vec::new();
        };
        let services = answer.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(Service {
                priority: srv.priority,
                weight: srv.weight,
                target: srv.target.to_ascii(),
                port: srv.port,
            }),
            _ => None,
        });
        services.collect()
    }
}

impl DnsFailure {
    /// What mends it, for this name; a beginning of a sentence.
    pub fn remedy(&self, name: &str) -> String {
        let fixed = format!("write {name} under [dns] hosts in um.toml");
        match self {
            Self::NoSuchName => format!("correct the name, enter {name} in DNS, or {fixed}"),
            Self::NoAddress => format!("enter an address of {name} in DNS, or {fixed}"),
            Self::NoServer | Self::Silent | Self::Unreachable(_) => {
                format!("name a DNS server that answers in /etc/resolv.conf, or {fixed}")
            }
            Self::Refused(_) | Self::Unusable(_) => {
                format!("look into the DNS server's own log, or {fixed}")
            }
        }
    }
}

impl From<NetError> for DnsFailure {
    /// The library's enumerations are open.
    fn from(error: NetError) -> Self {
        match error {
            NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. })) => match response_code {
                ResponseCode::NXDomain => Self::NoSuchName,
                ResponseCode::NoError => Self::NoAddress,
                code => Self::Refused(code),
            },
            NetError::Dns(DnsError::ResponseCode(ResponseCode::NXDomain)) => Self::NoSuchName,
            NetError::Dns(DnsError::ResponseCode(code)) => Self::Refused(code),
            NetError::Timeout => Self::Silent,
            NetError::NoConnections => Self::NoServer,
            NetError::Io(error) => Self::Unreachable(error.to_string()),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchName => f.write_str("DNS has no such name"),
            Self::NoAddress => f.write_str("DNS has the name, but no address of it (A or AAAA)"),
            Self::NoServer => f.write_str("this machine knows no DNS server"),
            Self::Silent => f.write_str("no DNS server answered in time"),
            Self::Unreachable(why) => write!(f, "no DNS server can be reached ({why})"),
            Self::Refused(code) => write!(f, "the DNS server does not tell ({code})"),
            Self::Unusable(why) => write!(f, "the answer of the DNS server cannot be used ({why})"),
        }
    }
}

/// The dot says that the name is whole.
fn whole(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use hickory_resolver::proto::op::Query;

    use super::*;

    #[test]
    fn every_failure_is_told_in_words_of_our_own_with_what_mends_it() {
        let without = |code| NetError::from(NoRecords::new(Query::default(), code));
        let refused = Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        let rows = [
            (without(ResponseCode::NXDomain), "DNS has no such name", "enter gw1.example.com in DNS"),
            (
                without(ResponseCode::NoError),
                "DNS has the name, but no address of it (A or AAAA)",
                "enter an address of gw1.example.com",
            ),
            (
                without(ResponseCode::ServFail),
                "the DNS server does not tell (Server Failure)",
                "the DNS server's own log",
            ),
            (
                NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)),
                "the DNS server does not tell (Query Refused)",
                "the DNS server's own log",
            ),
            (NetError::Timeout, "no DNS server answered in time", "/etc/resolv.conf"),
            (NetError::NoConnections, "this machine knows no DNS server", "/etc/resolv.conf"),
            (NetError::Io(refused), "no DNS server can be reached (connection refused)", "/etc/resolv.conf"),
            (
                NetError::Truncated,
                "the answer of the DNS server cannot be used (response was truncated; TCP already tried or no other \
                 transport available)",
                "the DNS server's own log",
            ),
        ];
        for (error, words, mends) in rows {
            let failure = DnsFailure::from(error);
            let remedy = failure.remedy("gw1.example.com");

            assert_eq!(failure.to_string(), words);
            assert!(remedy.contains(mends), "{remedy}");
            assert!(remedy.ends_with("write gw1.example.com under [dns] hosts in um.toml"), "{remedy}");
        }
    }
}
