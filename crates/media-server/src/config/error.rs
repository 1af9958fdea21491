use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why `um.toml` is no configuration. The message names file, line and key, and says what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read at all.
    #[error("the configuration file {} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No TOML, an unknown key, or a value of the wrong kind.
    #[error("{}:{line}: {detail}", path.display())]
    Unparsable {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser said, in one line, with the keys that are allowed.
        detail: String,
    },
    /// A value that means nothing.
    #[error("{}:{line}: {key} = {value} is not possible: {allowed}", path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Section and key, `sip.listen`.
        key: &'static str,
        /// The value as written.
        value: String,
        /// What is allowed.
        allowed: String,
    },
}

impl ConfigError {
    /// The words after `hint:`.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { path, .. } => {
                format!("check that {} exists and that this user may read it", path.display())
            }
            Self::Unparsable { path, line, .. } | Self::Refused { path, line, .. } => {
                format!("edit line {line} of {}; config/um.toml shows every key", path.display())
            }
        }
    }
}

/// The file as text, to turn places in it into lines and to make errors that name them.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// The line (from 1) of the byte `offset`.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    pub(super) fn unparsable(&self, error: &toml::de::Error) -> ConfigError {
        let line = self.line(error.span().map_or(0, |span| span.start));
        let detail = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let detail = match error.span().and_then(|span| self.text.get(span)) {
            Some(found) if !found.contains('\n') && !detail.contains(found) && !found.is_empty() => {
                format!("{detail} (at `{found}`)")
            }
            _ => detail,
        };
        ConfigError::Unparsable { path: self.path.to_owned(), line, detail }
    }

    pub(super) fn refused(
        &self,
        key: &'static str,
        span: Range<usize>,
        allowed: impl Into<String>,
    ) -> ConfigError {
        ConfigError::Refused {
            path: self.path.to_owned(),
            line: self.line(span.start),
            key,
            value: self.text.get(span).unwrap_or_default().trim().to_owned(),
            allowed: allowed.into(),
        }
    }
}
