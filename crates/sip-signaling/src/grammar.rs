//! The error of every reader of one value.

/// A value does not follow its grammar. Nothing of it was used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct GrammarError {
    /// What is wrong, in fixed words without a byte of the peer.
    pub detail: &'static str,
}

impl GrammarError {
    pub(crate) const fn new(detail: &'static str) -> Self {
        Self { detail }
    }
}
