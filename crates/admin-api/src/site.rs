use dial_plan::{Site, SiteWarning};
use serde::{Deserialize, Serialize};

/// The answer to every change of the configuration: the revision in force, and what deserves a look.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Changed {
    /// The revision in force; the old one if nothing was different.
    pub revision: u64,
    /// Things that were accepted and still deserve a look.
    pub warnings: Vec<Warning>,
}

/// Something that was accepted and still deserves a look.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Warning {
    /// Stable word in kebab case.
    pub code: String,
    /// What it is.
    pub message: String,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
}

impl From<&SiteWarning> for Warning {
    fn from(warning: &SiteWarning) -> Self {
        Self { code: warning.code().to_owned(), message: warning.to_string(), remedy: warning.remedy() }
    }
}

/// The answer where nothing but success is to be said: `{}`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Done {}

/// `PUT /v1/site`: the whole configuration, taken as one revision or refused whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApplySite {
    /// The new configuration; its revision is passed over.
    pub site: Site,
    /// Only tell what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// What `PUT /v1/site` did or would do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SiteApplied {
    /// The revision in force afterwards.
    pub revision: u64,
    /// Nothing was changed.
    pub dry_run: bool,
    /// What differs, a line each: `+` made, `-` deleted, `~` changed; empty where nothing does.
    pub difference: Vec<String>,
    /// Things that deserve a look.
    pub warnings: Vec<Warning>,
}
