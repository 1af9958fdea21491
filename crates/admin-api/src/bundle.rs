use serde::{Deserialize, Serialize};

use crate::authority::SecretText;

/// `GET /v1/gateways/NAME/bundle`: what the administrator of a gateway needs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GatewayBundle {
    /// The files.
    pub files: Vec<BundleFile>,
    /// What deserves a look, a sentence each.
    pub notes: Vec<String>,
}

/// A file of a bundle.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BundleFile {
    /// Its name, without folder.
    pub name: String,
    /// Its text. Most of it is public, but a key is among them.
    pub text: SecretText,
    /// Whether only its owner may read it.
    pub private: bool,
}
