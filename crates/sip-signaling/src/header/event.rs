//! Headers of events and subscriptions: `Event`, `Subscription-State`, `Expires` (RFC 6665 8.2, RFC 3261 20.19).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::params::Params;
use crate::scanner::{Scanner, decimal, trim};
use crate::text::Text;

/// The event package that a SUBSCRIBE asks for or a NOTIFY tells of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventPackage {
    /// Its name, such as `message-summary`. Compared byte by byte (RFC 6665 8.2.1).
    pub name: Text,
    /// What tells several subscriptions of one dialog apart.
    pub id: Option<String>,
}

impl TypedHeader for EventPackage {
    const NAME: HeaderName = HeaderName::Event;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let (name, params) = token_and_params(value, "Event without a package")?;
        Ok(Self { name, id: params.get("id").map(std::borrow::Cow::into_owned) })
    }
}

/// What has become of a subscription.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubscriptionState {
    /// `active`, `pending`, `terminated`, or what else a peer writes.
    pub state: Text,
    /// The seconds that are left of an active one.
    pub expires: Option<u32>,
    /// Why it is terminated, if that is said.
    pub reason: Option<String>,
}

impl SubscriptionState {
    /// A subscription that lives for `seconds` more.
    pub fn active(seconds: u32) -> Self {
        Self { state: Text::from_static("active"), expires: Some(seconds), reason: None }
    }

    /// A subscription that is over; of the reasons of RFC 6665 4.1.3.
    pub fn terminated(reason: Option<&str>) -> Self {
        Self {
            state: Text::from_static("terminated"),
            expires: None,
            reason: reason.map(std::borrow::ToOwned::to_owned),
        }
    }

    /// Whether nothing more will come.
    pub fn is_terminated(&self) -> bool {
        self.state.eq_ignore_ascii_case("terminated")
    }
}

impl TypedHeader for SubscriptionState {
    const NAME: HeaderName = HeaderName::SubscriptionState;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let (state, params) = token_and_params(value, "Subscription-State without a state")?;
        Ok(Self {
            state,
            expires: params.token("expires").and_then(|seconds| decimal(seconds.as_bytes())),
            reason: params.get("reason").map(std::borrow::Cow::into_owned),
        })
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.state)?;
        if let Some(expires) = self.expires {
            write!(f, ";expires={expires}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ";reason={reason}")?;
        }
        Ok(())
    }
}

/// For how many seconds something is wanted; 0 ends it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expires(pub u32);

impl TypedHeader for Expires {
    const NAME: HeaderName = HeaderName::Expires;

    /// A number that does not fit is the largest: it means "for as long as you like".
    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let digits = trim(value);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(GrammarError::new("Expires is not seconds"));
        }
        Ok(Self(decimal(digits).unwrap_or(u32::MAX)))
    }
}

fn token_and_params(value: &Bytes, missing: &'static str) -> Result<(Text, Params), GrammarError> {
    let mut scanner = Scanner::new(value);
    scanner.skip_space();
    let token = scanner.token();
    if token.is_empty() {
        return Err(GrammarError::new(missing));
    }
    let token = Text::cut(value, token).unwrap_or_default();
    Ok((token, Params::read(value, scanner.rest())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_and_id_are_read() {
        let plain = EventPackage::parse(&Bytes::from_static(b"message-summary")).unwrap();
        let with_id = EventPackage::parse(&Bytes::from_static(b"refer ; id=93809824")).unwrap();

        assert_eq!((plain.name.as_str(), plain.id), ("message-summary", None));
        assert_eq!((with_id.name.as_str(), with_id.id.as_deref()), ("refer", Some("93809824")));
        assert!(EventPackage::parse(&Bytes::from_static(b";id=1")).is_err());
    }

    #[test]
    fn subscription_state_is_written_and_read() {
        let active = SubscriptionState::active(599);
        let over = SubscriptionState::terminated(Some("deactivated"));

        assert_eq!(active.to_string(), "active;expires=599");
        assert_eq!(over.to_string(), "terminated;reason=deactivated");
        assert_eq!(SubscriptionState::terminated(None).to_string(), "terminated");
        for state in [active, over] {
            assert_eq!(SubscriptionState::parse(&Bytes::from(state.to_string())), Ok(state));
        }
        let read = SubscriptionState::parse(&Bytes::from_static(b"Terminated;reason=noresource")).unwrap();
        assert!(read.is_terminated());
    }

    #[test]
    fn expires_is_seconds_and_what_is_too_large_is_the_largest() {
        assert_eq!(Expires::parse(&Bytes::from_static(b" 3600 ")), Ok(Expires(3600)));
        assert_eq!(Expires::parse(&Bytes::from_static(b"99999999999")), Ok(Expires(u32::MAX)));
        for wrong in [&b""[..], b"-1", b"soon"] {
            assert!(Expires::parse(&Bytes::from_static(wrong)).is_err());
        }
    }
}
