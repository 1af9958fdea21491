use std::{path::Path, sync::Arc};

use arc_swap::ArcSwapOption;
use cert_manager::{RevocationList, RevocationLists, Revocations, Root};

use crate::trust::PeerTrust;

/// Where it is known whether a certificate of ours was revoked: the lists of the roots that peers are trusted by, and the
/// list of our own CA, whether or not peers are trusted by it.
#[derive(Default)]
pub struct OwnRevocation {
    trust: Option<Arc<PeerTrust>>,
    authority: ArcSwapOption<OfAuthority>,
}

/// Our own CA and its list.
struct OfAuthority {
    root: Root,
    list: Arc<RevocationList>,
}

/// What was known at one moment.
#[derive(Clone, Default)]
pub(super) struct KnownLists {
    of_roots: Arc<RevocationLists>,
    of_authority: Option<Arc<OfAuthority>>,
}

impl OwnRevocation {
    /// By the lists of these roots; the list of our own CA is not known yet.
    pub fn by(trust: Arc<PeerTrust>) -> Self {
        Self { trust: Some(trust), authority: ArcSwapOption::empty() }
    }

    /// Our own CA has written its list anew.
    ///
    /// # Errors
    /// The list cannot be read, in words; the one before counts on.
    pub fn note_authority(&self, certificate_pem: &str, file: &Path) -> Result<(), String> {
        let root = Root::from_pem(certificate_pem).map_err(|error| error.to_string())?;
        let bytes = std::fs::read(file).map_err(|error| format!("it cannot be read: {error}"))?;
        let list = RevocationList::read(&bytes, &root).map_err(|refusal| refusal.to_string())?;
        self.authority.store(Some(Arc::new(OfAuthority { root, list: Arc::new(list) })));
        Ok(())
    }

    /// The lists of this moment.
    pub(super) fn known(&self) -> KnownLists {
        KnownLists {
            of_roots: self.trust.as_ref().map(|trust| trust.lists()).unwrap_or_default(),
            of_authority: self.authority.load_full(),
        }
    }

    /// What these lists say.
    pub(super) fn said_by(&self, known: &KnownLists) -> Revocations {
        let trusted = self.trust.as_ref().map(|trust| trust.known_roots()).unwrap_or_default();
        let mut roots: Vec<Root> = trusted.into_iter().map(|known| known.root).collect();
        let mut lists: Vec<Arc<RevocationList>> = known.of_roots.lists().map(Arc::clone).collect();
        if let Some(own) = &known.of_authority {
            roots.push(own.root.clone());
            lists.push(Arc::clone(&own.list));
        }
        Revocations::new(roots, lists)
    }

    /// What is known in this moment.
    pub fn current(&self) -> Revocations {
        self.said_by(&self.known())
    }
}

impl KnownLists {
    /// Whether nothing has come since.
    pub(super) fn is_still(&self, now: &Self) -> bool {
        let same_authority = match (&self.of_authority, &now.of_authority) {
            (Some(then), Some(now)) => Arc::ptr_eq(then, now),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same_authority && Arc::ptr_eq(&self.of_roots, &now.of_roots)
    }
}
