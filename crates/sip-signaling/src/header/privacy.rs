//! `Privacy` (RFC 3323, RFC 3325).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::scanner::{is_whole_token, trim};
use crate::text::Text;

/// What the caller asks to withhold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Privacy {
    /// `id`, `user`, `header`, `session`, `critical`, `none`, .. as received.
    pub levels: Vec<Text>,
}

impl Privacy {
    /// Whether the caller's identity is to be withheld: `id`, `user` or `header`.
    pub fn withholds_identity(&self) -> bool {
        self.levels
            .iter()
            .any(|level| ["id", "user", "header"].iter().any(|word| level.eq_ignore_ascii_case(word)))
    }
}

impl TypedHeader for Privacy {
    const NAME: HeaderName = HeaderName::Privacy;

    /// Words are parted by `;`; some peers part them by commas.
    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let words = value.split(|byte| matches!(byte, b';' | b',')).map(trim).filter(|word| !word.is_empty());
        let levels = words
            .map(|word| is_whole_token(word).then(|| Text::cut(value, word)).flatten())
            .collect::<Option<Vec<_>>>()
            .ok_or(GrammarError::new("Privacy is not a list of words"))?;
        Ok(Self { levels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_user_and_header_withhold_the_caller() {
        for (value, withheld) in [
            ("id", true),
            ("none", false),
            ("session;User ; critical", true),
            ("header", true),
            ("session", false),
        ] {
            let privacy = Privacy::parse(&Bytes::from_static(value.as_bytes())).unwrap();
            assert_eq!(privacy.withholds_identity(), withheld, "{value}");
        }
    }
}
