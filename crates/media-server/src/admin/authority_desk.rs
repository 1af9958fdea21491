use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cert_manager::{
    Authority, AuthorityFolder, AuthorityFolderError, IssuedEntry, IssuedLeaf, KeptLeaf, KeyKind,
    LeafRequest, RevokeRefusal,
};
use jiff::Timestamp;
use telephony::{Event, kind};

use crate::trust::Published;

/// Folder of the CA inside the data folder.
const AUTHORITY: &str = "authority";
/// Folder of revocation lists inside the data folder, each `SHA256-OF-ROOT.crl`.
const REVOCATION_LISTS: &str = "crls";

/// The CA of this server. Its folder is read anew for each order, so a restored one is in use at once.
pub struct AuthorityDesk {
    folder: PathBuf,
    crls: PathBuf,
    tell: Box<Tell>,
    listed: Box<Listed>,
    published: Published,
    crl_url: Option<String>,
    turn: Mutex<()>,
}

type Tell = dyn Fn(Event) + Send + Sync;
/// The CA, and the file of its new list.
type Listed = dyn Fn(&Authority, &Path) + Send + Sync;

/// Why an order to the CA was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityDeskError {
    /// There is none.
    #[error("this server has no CA: run `um ca init`")]
    None,
    /// It said no, or could not.
    #[error(transparent)]
    Folder(#[from] AuthorityFolderError),
}

impl AuthorityDesk {
    /// The desk of the CA in a data folder, if there is one. `tell` is given what happens; `listed` is given the CA
    /// and the file whenever a new revocation list of it lies in `crls`, and puts it in force.
    pub fn new(
        data_dir: &Path,
        tell: impl Fn(Event) + Send + Sync + 'static,
        listed: impl Fn(&Authority, &Path) + Send + Sync + 'static,
    ) -> Self {
        Self {
            folder: data_dir.join(AUTHORITY),
            crls: data_dir.join(REVOCATION_LISTS),
            tell: Box::new(tell),
            listed: Box::new(listed),
            published: Published::default(),
            crl_url: None,
            turn: Mutex::new(()),
        }
    }

    /// The same, with the URL of the revocation list in what is issued from now on.
    #[must_use]
    pub fn naming_list(mut self, url: Option<String>) -> Self {
        self.crl_url = url;
        self
    }

    /// The newest list and the root, for everybody.
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// Founds the CA.
    ///
    /// # Errors
    /// [`AuthorityFolderError`], also if there is one already.
    pub fn found(
        &self,
        name: &str,
        key: KeyKind,
        now: Timestamp,
    ) -> Result<AuthorityFolder, AuthorityDeskError> {
        let _turn = self.turn();
        let founded = AuthorityFolder::found(&self.folder, name, key, now)?;
        let facts = founded.authority().facts();
        (self.tell)(
            Event::new(&kind::AUTHORITY_FOUNDED)
                .with("subject", &facts.subject)
                .with("sha256", &facts.sha256)
                .with("not_after", facts.not_after),
        );
        self.list(&founded, now)?;
        Ok(founded)
    }

    /// The CA as it is.
    ///
    /// # Errors
    /// [`AuthorityDeskError::None`], or its folder cannot be read.
    pub fn open(&self) -> Result<AuthorityFolder, AuthorityDeskError> {
        let _turn = self.turn();
        self.opened()
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// [`AuthorityDeskError`]; nothing was issued then.
    pub fn issue(&self, request: &LeafRequest<'_>, now: Timestamp) -> Result<IssuedLeaf, AuthorityDeskError> {
        let _turn = self.turn();
        let leaf = self.opened()?.naming_list(self.crl_url.clone()).issue(request, now)?;
        (self.tell)(
            Event::new(&kind::LEAF_ISSUED)
                .with("fqdn", request.fqdn)
                .with("serial", &leaf.facts.serial)
                .with("sha256", &leaf.facts.sha256)
                .with("not_after", leaf.facts.not_after),
        );
        Ok(leaf)
    }

    /// Revokes a certificate, and puts the new list in force.
    ///
    /// # Errors
    /// [`AuthorityDeskError`]; if only the list could not be written, the certificate is revoked all the same.
    pub fn revoke(&self, which: &str, now: Timestamp) -> Result<IssuedEntry, AuthorityDeskError> {
        let _turn = self.turn();
        let mut authority = self.opened()?;
        let entry = match authority.revoke(which, now) {
            Ok(entry) => entry,
            Err(error) => {
                // The list of that time may not have been written: who asks again gets it.
                if matches!(error, AuthorityFolderError::Revoke(RevokeRefusal::AlreadyRevoked { .. })) {
                    self.list(&authority, now)?;
                }
                return Err(error.into());
            }
        };
        (self.tell)(
            Event::new(&kind::LEAF_REVOKED)
                .with("fqdn", &entry.fqdn)
                .with("serial", &entry.serial)
                .with("sha256", &entry.sha256),
        );
        self.list(&authority, now)?;
        Ok(entry)
    }

    /// The certificate of a name that is in use now, if the CA has issued one.
    ///
    /// # Errors
    /// The folder of the CA cannot be read.
    pub fn kept(&self, fqdn: &str, now: Timestamp) -> Result<Option<KeptLeaf>, AuthorityDeskError> {
        match self.open() {
            Ok(authority) => Ok(authority.kept(fqdn, now)?),
            Err(AuthorityDeskError::None) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the list of `now`, if there is a CA; what goes wrong is an event. Once a day will do: a list is good for 30.
    pub fn renew_list(&self, now: Timestamp) {
        let _turn = self.turn();
        let renewed = self.opened().and_then(|authority| self.list(&authority, now));
        match renewed {
            Ok(()) | Err(AuthorityDeskError::None) => {}
            Err(error) => (self.tell)(Event::new(&kind::AUTHORITY_FAULT).with("reason", error)),
        }
    }

    fn list(&self, authority: &AuthorityFolder, now: Timestamp) -> Result<(), AuthorityDeskError> {
        let file = authority.write_crl(&self.crls, now)?;
        (self.listed)(authority.authority(), &file);
        let list = fs::read(&file).map_err(|source| AuthorityFolderError::File { file, source })?;
        self.published.publish(list, authority.authority().certificate_pem());
        Ok(())
    }

    fn opened(&self) -> Result<AuthorityFolder, AuthorityDeskError> {
        AuthorityFolder::open(&self.folder)?.ok_or(AuthorityDeskError::None)
    }

    /// One order at a time: an order reads the index and writes it.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
