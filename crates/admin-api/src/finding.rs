use serde::{Deserialize, Serialize};

/// One thing that was looked at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// The stable word for programs, `peer-certificate-expired`.
    pub diagnosis: String,
    /// How bad it is.
    pub grade: FindingGrade,
    /// What was found, in words.
    pub what: String,
    /// What mends it; empty if nothing is to be done.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingGrade {
    /// As it should be.
    Fine,
    /// Somebody should look.
    Attention,
    /// Calls fail by it.
    Fault,
}
