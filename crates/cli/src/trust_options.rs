use std::path::{Path, PathBuf};

use admin_api::{TrustFile, TrustHow};
use clap::Args;

use crate::failure::Failure;

/// The certificate files of `um gateway create` and `um gateway set`. Only their text is read here; the server judges it.
#[derive(Args, Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct TrustOptions {
    /// Its own self-signed certificate (a pin), or the certificate of its CA (a root); may be given several times.
    #[arg(long, value_name = "FILE.pem")]
    trust: Vec<PathBuf>,
    /// Its own certificate, whoever issued it: exactly this one is taken; may be given several times.
    #[arg(long, value_name = "FILE.pem")]
    pin: Vec<PathBuf>,
    /// A CA certificate: what it issued for the gateway's FQDN is taken; may be given several times.
    #[arg(long, value_name = "FILE.pem")]
    root: Vec<PathBuf>,
}

impl TrustOptions {
    /// Whether no file was named.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The texts of the files.
    pub(crate) fn read(&self) -> Result<Vec<TrustFile>, Failure> {
        let kinds = [(TrustHow::Auto, &self.trust), (TrustHow::Pin, &self.pin), (TrustHow::Root, &self.root)];
        kinds
            .into_iter()
            .flat_map(|(how, files)| files.iter().map(move |file| (how, file)))
            .map(|(how, file)| Ok(TrustFile { file: file.display().to_string(), how, pem: text(file)? }))
            .collect()
    }
}

/// The text of a certificate file.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give the path of a certificate in PEM",
        )
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::no(
            format!("{} is no text, so it is no PEM", file.display()),
            format!("turn it into PEM with `openssl x509 -inform der -in {0} -out {0}.pem`", file.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_is_not_there_could_not_be_read() {
        let options = TrustOptions { pin: vec!["/nonexistent/gw1.pem".into()], ..TrustOptions::default() };

        let failure = format!("{:?}", options.read().unwrap_err());

        assert!(failure.contains("CouldNotRun"), "{failure}");
        assert!(failure.contains("/nonexistent/gw1.pem cannot be read"), "{failure}");
        assert!(!options.is_empty());
    }
}
