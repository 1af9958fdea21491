//! Devices that fetch their settings over HTTPS, and the vendors whose roots prove who they are.
mod device;
mod device_id;
mod request;
mod template;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::Name,
    object_kind::ObjectKind,
    refusal::SiteError,
    site::{Site, insert_once},
    warning::SiteWarning,
};

pub use self::{
    device::Device,
    device_id::{DeviceClaims, DeviceId, DeviceIdError, NamesBy},
    request::{BadProfilePath, ProfileFormat, ProfileRequest},
    template::{BadTemplate, ProfileSetting, ProfileTemplate},
    vendor::{DeviceVendor, DeviceVendorPatch, TemplateChange, VendorRoot},
};

/// The vendors and devices of a site.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Provisioning {
    vendors: BTreeMap<Name, DeviceVendor>,
    devices: BTreeMap<DeviceId, Device>,
}

impl Site {
    /// The most vendors.
    pub const MAX_DEVICE_VENDORS: usize = 32;
    /// The most devices.
    pub const MAX_DEVICES: usize = 10_000;

    /// Every vendor of devices.
    pub fn device_vendors(&self) -> impl Iterator<Item = &DeviceVendor> {
        self.provisioning.vendors.values()
    }

    /// The vendor of that name.
    pub fn device_vendor(&self, name: &str) -> Option<&DeviceVendor> {
        self.provisioning.vendors.get(name)
    }

    /// Every device, by its id.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.provisioning.devices.values()
    }

    /// The device with that id.
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.provisioning.devices.get(id)
    }

    pub(crate) fn add_device_vendor(&mut self, vendor: &DeviceVendor) -> Result<(), SiteError> {
        let name = vendor.name.clone();
        insert_once(&mut self.provisioning.vendors, ObjectKind::DeviceVendor, name, vendor.clone())
    }

    pub(crate) fn set_device_vendor(
        &mut self,
        name: &str,
        patch: &DeviceVendorPatch,
    ) -> Result<(), SiteError> {
        let vendor = self.provisioning.vendors.get_mut(name).ok_or_else(|| no_vendor(name))?;
        *vendor = vendor.patched(patch);
        Ok(())
    }

    pub(crate) fn remove_device_vendor(&mut self, name: &str) -> Result<(), SiteError> {
        let vendor = self.provisioning.vendors.remove(name).ok_or_else(|| no_vendor(name))?;
        match self.provisioning.devices.values().find(|device| device.vendor == vendor.name) {
            None => Ok(()),
            Some(device) => Err(SiteError::InUse {
                kind: ObjectKind::DeviceVendor,
                name: vendor.name,
                user_kind: ObjectKind::Device,
                user: device.id.name().clone(),
            }),
        }
    }

    pub(crate) fn add_devices(&mut self, devices: &[Device]) -> Result<(), SiteError> {
        for device in devices {
            self.add_device(device)?;
        }
        Ok(())
    }

    fn add_device(&mut self, device: &Device) -> Result<(), SiteError> {
        if self.provisioning.devices.contains_key(&device.id) {
            return Err(SiteError::AlreadyExists {
                kind: ObjectKind::Device,
                name: device.id.name().clone(),
            });
        }
        self.provisioning.devices.insert(device.id.clone(), device.clone());
        Ok(())
    }

    pub(crate) fn remove_device(&mut self, id: &DeviceId) -> Result<(), SiteError> {
        let gone = self.provisioning.devices.remove(id);
        gone.map(|_| ()).ok_or_else(|| SiteError::NotFound { kind: ObjectKind::Device, name: id.to_string() })
    }

    /// A device whose settings follow this plan.
    pub(crate) fn device_of_plan(&self, plan: &Name) -> Option<&Device> {
        self.provisioning.devices.values().find(|device| device.dial_plan == *plan)
    }

    pub(crate) fn check_provisioning(&self) -> Result<(), SiteError> {
        let Provisioning { vendors, devices } = &self.provisioning;
        let within = |what, count, limit| {
            if count > limit { Err(SiteError::TooManyDevices { what, count, limit }) } else { Ok(()) }
        };
        within("device vendors", vendors.len(), Self::MAX_DEVICE_VENDORS)?;
        within("devices", devices.len(), Self::MAX_DEVICES)?;
        for vendor in vendors.values() {
            if let Some(fault) = vendor.fault() {
                return Err(SiteError::BadVendor { vendor: vendor.name.clone(), fault });
            }
        }
        devices.values().try_for_each(|device| self.check_device(device))
    }

    fn check_device(&self, device: &Device) -> Result<(), SiteError> {
        let dangling = |wanted_kind, wanted: &Name| SiteError::DanglingReference {
            kind: ObjectKind::Device,
            name: device.id.name().clone(),
            wanted_kind,
            wanted: wanted.clone(),
        };
        let Some(vendor) = self.provisioning.vendors.get(&device.vendor) else {
            return Err(dangling(ObjectKind::DeviceVendor, &device.vendor));
        };
        if !self.dial_plans.contains_key(&device.dial_plan) {
            return Err(dangling(ObjectKind::DialPlan, &device.dial_plan));
        }
        match device.fault(vendor) {
            None => Ok(()),
            Some(fault) => Err(SiteError::BadDevice { device: device.id.clone(), fault }),
        }
    }

    /// What an administrator should know about the vendors as they stand.
    pub(crate) fn vendor_warnings(&self) -> impl Iterator<Item = SiteWarning> {
        let old = self.provisioning.vendors.values().filter(|vendor| vendor.legacy_sha1);
        old.map(|vendor| SiteWarning::LegacySha1 { vendor: vendor.name.clone() })
    }
}

impl Provisioning {
    /// From the lists of a document; what stands twice is refused.
    pub(crate) fn of_lists(vendors: Vec<DeviceVendor>, devices: &[Device]) -> Result<Self, SiteError> {
        let mut site = Site::empty();
        for vendor in vendors {
            site.add_device_vendor(&vendor)?;
        }
        site.add_devices(devices)?;
        Ok(site.provisioning)
    }

    pub(crate) fn into_lists(self) -> (Vec<DeviceVendor>, Vec<Device>) {
        (self.vendors.into_values().collect(), self.devices.into_values().collect())
    }

    /// What becomes of it if `newer` takes its place, a line each.
    pub(crate) fn difference(&self, newer: &Self, lines: &mut Vec<String>) {
        let words = |vendor: &DeviceVendor| vendor.to_string();
        compare("device vendor", (&self.vendors, &newer.vendors), words, lines);
        compare("device", (&self.devices, &newer.devices), |device: &Device| device.to_string(), lines);
    }
}

fn compare<K: Ord + std::fmt::Display, T: PartialEq>(
    kind: &str,
    (old, new): (&BTreeMap<K, T>, &BTreeMap<K, T>),
    words: impl Fn(&T) -> String,
    lines: &mut Vec<String>,
) {
    let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    for key in keys {
        match (old.get(key), new.get(key)) {
            (Some(_), None) => lines.push(format!("- {kind} {key}")),
            (None, Some(is)) => lines.push(format!("+ {kind} {key}: {}", words(is))),
            (Some(was), Some(is)) if was != is => {
                lines.push(format!("~ {kind} {key}: {} -> {}", words(was), words(is)));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

fn no_vendor(name: &str) -> SiteError {
    SiteError::NotFound { kind: ObjectKind::DeviceVendor, name: name.to_owned() }
}

#[cfg(test)]
mod tests;
