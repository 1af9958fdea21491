use serde::{Deserialize, Serialize};

/// A certificate file that a gateway is to be trusted by. The text goes to the server as it is, and the server judges it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFile {
    /// The file's name, for refusals; may be empty.
    #[serde(default)]
    pub file: String,
    /// What the certificates in it are to be.
    #[serde(default)]
    pub how: TrustHow,
    /// The file's text: one or more certificates in PEM.
    pub pem: String,
}

/// What the certificates of a file are to be.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustHow {
    /// A self-signed certificate that names the gateway is a pin, other CA certificates are roots.
    #[default]
    Auto,
    /// The gateway's own certificate, whoever issued it.
    Pin,
    /// A CA whose certificates are trusted for this gateway.
    Root,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_alone_is_judged_by_its_content() {
        let file: TrustFile = serde_json::from_str(r#"{"pem": "-----BEGIN"}"#).unwrap();

        assert_eq!(
            file,
            TrustFile { file: String::new(), how: TrustHow::Auto, pem: "-----BEGIN".to_owned() }
        );
        assert_eq!(serde_json::to_string(&TrustHow::Root).unwrap(), r#""root""#);
    }
}
