//! Whether a device gets what it asks for. Values in, a value out.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use cert_manager::{CertificateDer, CertificateFacts, DeviceCertificate, DeviceNames, FailureReason};
use dial_plan::{
    Device, DeviceClaims, DeviceId, DialPlan, Name, NamesBy, ProfileFormat, ProfileRequest, Site,
};
use jiff::Timestamp;

use super::vendors::Vendors;

/// What was asked, and by whom.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Path and query of the request.
    pub path: &'a str,
    /// The certificates of the connection, whose key the device has proved to have; none if it showed none.
    pub chain: &'a [CertificateDer<'static>],
}

/// The certificate is that of the device asked for.
#[derive(Debug)]
pub struct Granted<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its plan.
    pub plan: &'a DialPlan,
    /// In what form its profile is wanted.
    pub format: ProfileFormat,
    /// What its certificate says.
    pub facts: Arc<CertificateFacts>,
}

/// It is not.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub cause: Cause,
    /// The device that was asked for, if the request came so far.
    pub device: Option<DeviceId>,
    /// What the certificate says, if there is one that can be read.
    pub facts: Option<Arc<CertificateFacts>>,
}

/// Why a request is refused, in the order in which it is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Cause {
    /// No certificate was shown.
    NoCertificate,
    /// What was shown cannot be read.
    Unreadable,
    /// The certificate, or a CA's above it, is over.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is of an X.509 version that stands under no root, whoever issued it.
    OldVersion,
    /// It is on its vendor's revocation list.
    Revoked,
    /// It is not made for TLS clients.
    WrongUsage,
    /// It chains to no vendor's root.
    Untrusted,
    /// The path asks for no profile.
    BadPath,
    /// There is no such device.
    UnknownDevice,
    /// The device is another vendor's.
    OtherVendor {
        /// Whose.
        vendor: Name,
    },
    /// The certificate names another device.
    WrongName {
        /// What the vendor names devices by.
        names_by: NamesBy,
    },
}

/// Holds the certificate against the device asked for. What is wrong with the certificate itself is told before anything
/// is looked up, and all that concerns a device is told in one way: nobody learns which devices there are.
///
/// # Errors
/// [`Refused`]: `403`.
pub fn judge<'a>(
    asked: Asked<'_>,
    site: &'a Site,
    vendors: &Vendors,
    now: Timestamp,
) -> Result<Granted<'a>, Refused> {
    let refused = |cause| Refused { cause, device: None, facts: None };
    let certificate = match DeviceCertificate::read(asked.chain) {
        Ok(Some(certificate)) => certificate,
        Ok(None) => return Err(refused(Cause::NoCertificate)),
        Err(_) => return Err(refused(Cause::Unreadable)),
    };
    let facts = Arc::clone(certificate.facts());
    let refused = |cause, device| Refused { cause, device, facts: Some(Arc::clone(&facts)) };
    let shown = standing(&certificate, vendors, now).map_err(|cause| refused(cause, None))?;
    let ProfileRequest { device: id, format } =
        ProfileRequest::parse(asked.path).map_err(|_| refused(Cause::BadPath, None))?;
    let unknown = || refused(Cause::UnknownDevice, Some(id.clone()));
    let device = site.device(&id).ok_or_else(unknown)?;
    let vendor = site.device_vendor(&device.vendor).ok_or_else(unknown)?;
    let plan = site.dial_plan(&device.dial_plan).ok_or_else(unknown)?;
    if !shown.contains(&&vendor.name) {
        return Err(refused(Cause::OtherVendor { vendor: vendor.name.clone() }, Some(id)));
    }
    if !id.is_named_by(vendor.names_by, &claims(certificate.names())) {
        return Err(refused(Cause::WrongName { names_by: vendor.names_by }, Some(id)));
    }
    Ok(Granted { device, plan, format, facts })
}

/// The vendors that the certificate is of; of several reasons against it the one that says most.
fn standing<'a>(
    certificate: &DeviceCertificate,
    vendors: &'a Vendors,
    now: Timestamp,
) -> Result<Vec<&'a Name>, Cause> {
    let facts = certificate.facts();
    if now < facts.not_before {
        return Err(Cause::NotYetValid);
    }
    if now > facts.not_after {
        return Err(Cause::Expired);
    }
    if !facts.may_stand_in_chain() {
        return Err(Cause::OldVersion);
    }
    let mut fitting = Vec::new();
    let mut causes = vec![Cause::Untrusted];
    for (name, roots) in vendors {
        match certificate.stands_under(roots, now) {
            Ok(()) => fitting.push(name),
            Err(reason) => causes.push(Cause::of(reason)),
        }
    }
    // Whoever revoked it knows best, even where another list is missing.
    if causes.contains(&Cause::Revoked) {
        return Err(Cause::Revoked);
    }
    if fitting.is_empty() {
        return Err(causes.into_iter().min_by_key(Cause::rank).unwrap_or(Cause::Untrusted));
    }
    Ok(fitting)
}

fn claims(names: &DeviceNames) -> DeviceClaims<'_> {
    DeviceClaims {
        serial_numbers: &names.serial_numbers,
        states: &names.states,
        localities: &names.localities,
        common_names: &names.common_names,
        alternative_names: &names.alternative_names,
    }
}

impl Cause {
    /// The stable word in events and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoCertificate => "no-certificate",
            Self::Unreadable => "unreadable",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::OldVersion => "old-version",
            Self::Revoked => "revoked",
            Self::WrongUsage => "wrong-usage",
            Self::Untrusted => "untrusted",
            Self::BadPath => "bad-path",
            Self::UnknownDevice => "unknown-device",
            Self::OtherVendor { .. } => "other-vendor",
            Self::WrongName { .. } => "wrong-name",
        }
    }

    /// What the client is told: one line, and nothing about any device.
    pub fn told(&self) -> &'static str {
        match self {
            Self::NoCertificate => "show the certificate of the device: this server takes mutual TLS only",
            Self::Unreadable => "the certificate cannot be read",
            Self::Expired => "the certificate, or one of a CA above it, has expired",
            Self::NotYetValid => "the certificate is not valid yet: look at the clocks",
            Self::OldVersion => "the certificate is of an old X.509 version: version 3 is taken",
            Self::Revoked => "the certificate is revoked",
            Self::WrongUsage => "the certificate is not made for TLS clients",
            Self::Untrusted => "the certificate chains to no vendor that this server knows",
            Self::BadPath => "no profile has this path",
            Self::UnknownDevice | Self::OtherVendor { .. } | Self::WrongName { .. } => {
                "the certificate is not that of a device with this name here"
            }
        }
    }

    /// What the administrator is told. It names no device, so that who tries one after the other fills no log.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownDevice => "there is no device with this name",
            Self::OtherVendor { .. } => "the certificate is not of the vendor of the device asked for",
            Self::WrongName { .. } => "the certificate does not name the device asked for",
            Self::NoCertificate
            | Self::Unreadable
            | Self::Expired
            | Self::NotYetValid
            | Self::OldVersion
            | Self::Revoked
            | Self::WrongUsage
            | Self::Untrusted
            | Self::BadPath => self.told(),
        }
    }

    /// What the administrator is told to do; `device` is the one that was asked for.
    pub fn remedy(&self, device: Option<&DeviceId>) -> String {
        let device = device.map_or("DEVICE", DeviceId::as_str);
        match self {
            Self::NoCertificate => {
                "look at the device's firmware: it is to show the certificate of its vendor".to_owned()
            }
            Self::Unreadable | Self::OldVersion | Self::WrongUsage | Self::Revoked => {
                "no certificate of this device can be taken: have it exchanged by its vendor".to_owned()
            }
            Self::Expired => {
                "look at the clock of this server; a newer root is given with `um provisioning vendor set \
                              VENDOR --root FILE.pem`"
                    .to_owned()
            }
            Self::NotYetValid => "look at the clock of this server".to_owned(),
            Self::Untrusted => {
                "if `issuer` is a vendor's CA, give its root with `um provisioning vendor add VENDOR --root \
                                FILE.pem`; an old vendor may need --legacy-sha1"
                    .to_owned()
            }
            Self::BadPath => {
                "the profile rule of a device is https://SERVER:PORT/profile/MAC.json, .xml or .txt"
                    .to_owned()
            }
            Self::UnknownDevice => {
                format!(
                    "if it is one of yours, run `um provisioning device add {device} --vendor VENDOR --dialplan PLAN`"
                )
            }
            Self::OtherVendor { vendor } => format!(
                "somebody with another vendor's device asked for it, or it is not one of {vendor}: `um provisioning \
                 device show {device}`"
            ),
            Self::WrongName { names_by } => format!(
                "somebody asked for another device's profile; if not, look whether its vendor names devices by \
                 {names_by} (`um provisioning vendor list`)"
            ),
        }
    }

    fn of(reason: FailureReason) -> Self {
        match reason {
            FailureReason::Expired => Self::Expired,
            FailureReason::NotYetValid => Self::NotYetValid,
            FailureReason::Revoked => Self::Revoked,
            FailureReason::WrongUsage => Self::WrongUsage,
            FailureReason::NoCertificate => Self::NoCertificate,
            FailureReason::WrongName
            | FailureReason::NoLocalCertificate
            | FailureReason::PeerDisconnected
            | FailureReason::NegotiationFailed
            | FailureReason::Untrusted => Self::Untrusted,
        }
    }

    /// The lower says more.
    fn rank(&self) -> u8 {
        match self {
            Self::Revoked => 0,
            Self::Expired | Self::NotYetValid => 1,
            Self::WrongUsage => 2,
            Self::NoCertificate
            | Self::Unreadable
            | Self::OldVersion
            | Self::Untrusted
            | Self::BadPath
            | Self::UnknownDevice
            | Self::OtherVendor { .. }
            | Self::WrongName { .. } => 3,
        }
    }
}

#[cfg(test)]
mod tests;
