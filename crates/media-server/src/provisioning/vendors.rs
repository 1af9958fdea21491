use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use cert_manager::{ChainSignatures, DeviceRoots, RevocationLists, Root};
use dial_plan::{DeviceVendor, Name, Site};

/// The roots of every vendor of a Site, read.
pub type Vendors = BTreeMap<Name, DeviceRoots>;

/// The vendors of the Site and the revocation lists of the moment, read once for both.
#[derive(Default)]
pub struct VendorBook {
    read: Mutex<Option<Read>>,
}

struct Read {
    site: Arc<Site>,
    lists: Arc<RevocationLists>,
    vendors: Arc<Vendors>,
}

impl VendorBook {
    /// The vendors of this Site by these lists.
    pub fn of(&self, site: &Arc<Site>, lists: Arc<RevocationLists>) -> Arc<Vendors> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.as_ref()
            && Arc::ptr_eq(&known.site, site)
            && Arc::ptr_eq(&known.lists, &lists)
        {
            return Arc::clone(&known.vendors);
        }
        let vendors = Arc::new(vendors(site, &lists));
        *read = Some(Read { site: Arc::clone(site), lists, vendors: Arc::clone(&vendors) });
        vendors
    }
}

/// Reads the roots; one that cannot be read counts for nobody, and was refused when it came.
pub fn vendors(site: &Site, lists: &Arc<RevocationLists>) -> Vendors {
    let roots = |vendor: &DeviceVendor| DeviceRoots {
        roots: vendor.roots.iter().filter_map(|root| Root::from_pem(&root.pem).ok()).collect(),
        signatures: if vendor.legacy_sha1 { ChainSignatures::WithSha1 } else { ChainSignatures::Modern },
        lists: Arc::clone(lists),
    };
    site.device_vendors().map(|vendor| (vendor.name.clone(), roots(vendor))).collect()
}
