use std::fmt;

use serde::{Deserialize, Serialize};

/// What a placeholder stands for; a profile has a value for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileSetting {
    /// The id of the device.
    Device,
    /// The FQDN of the server.
    Server,
    /// The port for SIP.
    Port,
    /// `udp tcp`, `tcp` or `tls`.
    Transports,
    /// The mode of the dial plan.
    VoipSecurity,
    /// `required` or `none`.
    Srtp,
    /// The SRTP suites, with blanks between them.
    SrtpSuites,
    /// The certificates to trust, in PEM form, one after the other.
    Roots,
}

/// The text of a vendor's own kind of profile: `{{server}}` and its like are filled in, all else stays as it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileTemplate {
    text: String,
}

/// A text that is no template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadTemplate {
    /// It would fill the configuration.
    #[error("it has {octets} octets: make it one of {} at most", ProfileTemplate::MAX_OCTETS)]
    TooLong {
        /// How many it has.
        octets: usize,
    },
    /// `{{` without its `}}`.
    #[error("line {line} has `{{{{` without `}}}}` behind it: close the placeholder")]
    Open {
        /// Which line, from 1.
        line: usize,
    },
    /// A name that no setting has.
    #[error("line {line} has `{{{{{name}}}}}`, which no setting is called: use one of {}", names())]
    Unknown {
        /// Which line, from 1.
        line: usize,
        /// The name, without control characters, cut.
        name: String,
    },
}

impl ProfileSetting {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Device,
        Self::Server,
        Self::Port,
        Self::Transports,
        Self::VoipSecurity,
        Self::Srtp,
        Self::SrtpSuites,
        Self::Roots,
    ];

    /// Its name in placeholders, and in the forms that every vendor has.
    pub fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Server => "server",
            Self::Port => "port",
            Self::Transports => "transports",
            Self::VoipSecurity => "voip_security",
            Self::Srtp => "srtp",
            Self::SrtpSuites => "srtp_suites",
            Self::Roots => "roots",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.word() == name)
    }
}

impl ProfileTemplate {
    /// The longest text, in octets.
    pub const MAX_OCTETS: usize = 65_536;

    /// Takes a text whose placeholders are all known.
    ///
    /// # Errors
    /// [`BadTemplate`], with the line.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > Self::MAX_OCTETS {
            return Err(BadTemplate::TooLong { octets: text.len() });
        }
        let mut line = 1_usize;
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            line = line.saturating_add(before.matches('\n').count());
            let (name, behind) = behind.split_once("}}").ok_or(BadTemplate::Open { line })?;
            if ProfileSetting::named(name.trim()).is_none() {
                let name = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
                return Err(BadTemplate::Unknown { line, name });
            }
            rest = behind;
        }
        Ok(Self { text: text.to_owned() })
    }

    /// The text with what `value` gives in place of each placeholder.
    pub fn filled(&self, value: impl Fn(ProfileSetting) -> String) -> String {
        let mut filled = String::with_capacity(self.text.len());
        let mut rest = self.text.as_str();
        while let Some((before, (name, behind))) =
            rest.split_once("{{").and_then(|(before, behind)| Some((before, behind.split_once("}}")?)))
        {
            filled.push_str(before);
            // Every name is known: see `parse`.
            filled.extend(ProfileSetting::named(name.trim()).map(&value));
            rest = behind;
        }
        filled + rest
    }

    /// Its length in octets.
    pub fn octets(&self) -> usize {
        self.text.len()
    }
}

impl TryFrom<String> for ProfileTemplate {
    type Error = BadTemplate;

    fn try_from(text: String) -> Result<Self, BadTemplate> {
        Self::parse(&text)
    }
}

impl From<ProfileTemplate> for String {
    fn from(template: ProfileTemplate) -> Self {
        template.text
    }
}

/// Its length alone: a list of settings is no place for a whole file.
impl fmt::Display for ProfileTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a template of {} octets", self.octets())
    }
}

fn names() -> String {
    ProfileSetting::ALL.map(ProfileSetting::word).join(", ")
}

/// The most of a wrong name that is repeated.
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_all_else_stays() {
        let template = ProfileTemplate::parse("<P>{{server}}:{{ port }}</P>\n{ } }} {{roots}}").unwrap();

        let filled = template.filled(|setting| format!("<{}>", setting.word()));

        assert_eq!(filled, "<P><server>:<port></P>\n{ } }} <roots>");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let template = ProfileTemplate::parse("{{device}}").unwrap();

        assert_eq!(template.filled(|_| "{{server}}".to_owned()), "{{server}}");
    }

    #[test]
    fn template_that_cannot_be_filled_is_refused_with_its_line() {
        let refused = |text: &str| ProfileTemplate::parse(text).unwrap_err().to_string();

        assert_eq!(
            refused("a\nb {{pin}}"),
            "line 2 has `{{pin}}`, which no setting is called: use one of device, server, port, transports, \
             voip_security, srtp, srtp_suites, roots"
        );
        assert_eq!(
            refused("{{port}}\n\n{{port"),
            "line 3 has `{{` without `}}` behind it: close the placeholder"
        );
        assert_eq!(refused(&"a".repeat(65_537)), "it has 65537 octets: make it one of 65536 at most");
        assert!(ProfileTemplate::parse(&"a".repeat(65_536)).is_ok());
    }

    #[test]
    fn stored_template_is_its_text_and_a_bad_one_is_not_read() {
        let template = ProfileTemplate::parse("{{server}}").unwrap();

        assert_eq!(serde_json::to_string(&template).unwrap(), r#""{{server}}""#);
        assert_eq!(serde_json::from_str::<ProfileTemplate>(r#""{{server}}""#).unwrap(), template);
        assert!(serde_json::from_str::<ProfileTemplate>(r#""{{serve}}""#).is_err());
    }
}
