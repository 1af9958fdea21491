//! `Warning` (RFC 3261 20.43).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::scanner::{Scanner, decimal, quote, unquote};
use crate::text::Text;

/// Words about a refusal, for the administrator of the peer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// Three digits: 302 profile, 305 codec, 380 scheme, 399 anything else.
    pub code: u16,
    /// Who warns: a host, or a name.
    pub agent: Text,
    /// What is wrong and what to do.
    pub text: String,
}

impl Warning {
    /// A warning of ours. Spaces of `agent` become underscores, because it is one word.
    pub fn new(code: u16, agent: &str, text: &str) -> Self {
        let agent: String =
            agent.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }).collect();
        Self { code, agent: Text::from(agent), text: text.to_owned() }
    }
}

impl TypedHeader for Warning {
    const NAME: HeaderName = HeaderName::Warning;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(value);
        let code = decimal(scanner.take_while(|byte| byte.is_ascii_digit()))
            .filter(|code| (100..=999).contains(code))
            .and_then(|code| u16::try_from(code).ok())
            .ok_or(GrammarError::new("Warning code is not three digits"))?;
        scanner.skip_space();
        let agent = scanner.take_while(|byte| !matches!(byte, b' ' | b'\t' | b'"'));
        scanner.skip_space();
        let text = scanner.quoted().ok_or(GrammarError::new("Warning without quoted text"))?;
        if agent.is_empty() || !scanner.is_empty() {
            return Err(GrammarError::new("Warning is not code agent text"));
        }
        let agent = Text::cut(value, agent).ok_or(GrammarError::new("Warning agent is not UTF-8"))?;
        Ok(Self { code, agent, text: String::from_utf8_lossy(&unquote(text)).into_owned() })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {} {}", self.code, self.agent, quote(&self.text))
    }
}

impl From<Warning> for Bytes {
    fn from(warning: Warning) -> Self {
        Self::from(warning.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_written_with_its_text_quoted_and_reads_back() {
        let warning = Warning::new(399, "um.example.com", "point the gateway at \"5061\"");

        assert_eq!(warning.to_string(), r#"399 um.example.com "point the gateway at \"5061\"""#);
        assert_eq!(Warning::parse(&Bytes::from(warning.clone())), Ok(warning));
    }

    #[test]
    fn a_code_of_four_digits_is_refused() {
        assert_eq!(
            Warning::parse(&Bytes::from_static(b"1812 overture \"In Progress\"")),
            Err(GrammarError::new("Warning code is not three digits"))
        );
    }
}
