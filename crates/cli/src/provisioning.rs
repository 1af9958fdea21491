use std::path::{Path, PathBuf};

use admin_api::{AddDevices, Changed, NewDeviceVendor, SetDeviceVendor, SetTemplate, TemplateFile};
use clap::{Args, Subcommand};
use dial_plan::{Device, DeviceId, DeviceVendor, Name, NamesBy};

use crate::client::{Client, path};
use crate::device_file;
use crate::failure::Failure;
use crate::report::{self, Format, counted, date, or_hyphen, yes_no};
use crate::{trust_options, words};

/// `um provisioning ..`
#[derive(Debug, Subcommand)]
pub(crate) enum ProvisioningCommand {
    /// Vendors: whose root certificates prove which device somebody is.
    #[command(subcommand)]
    Vendor(VendorCommand),
    /// Devices: who is handed a profile, and for which dial plan.
    #[command(subcommand)]
    Device(DeviceCommand),
}

/// `um provisioning vendor ..`
#[derive(Debug, Subcommand)]
pub(crate) enum VendorCommand {
    /// Add a vendor of devices.
    Add(AddVendor),
    /// Change a vendor.
    Set(SetVendor),
    /// List the vendors.
    List(Format),
    /// Show one vendor.
    Show {
        /// The vendor.
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// Remove a vendor that no device names.
    #[command(visible_alias = "delete")]
    Remove {
        /// The vendor.
        name: String,
    },
}

/// `um provisioning vendor add`
#[derive(Args, Debug)]
pub(crate) struct AddVendor {
    /// How the vendor is to be called.
    name: Name,
    /// The root certificates of its devices in PEM, 1 to 8 in one file.
    #[arg(long, value_name = "FILE.pem")]
    root: PathBuf,
    /// What its certificates name a device by: the MAC address (serialNumber, S=, CN or SAN), or the serial number (L=,
    /// serialNumber or CN).
    #[arg(long, value_name = "WHAT", default_value = "mac", value_parser = words::of::<NamesBy>())]
    names_by: NamesBy,
    /// Take SHA-1 signatures in its chains, on the provisioning listener alone: for old telephones.
    #[arg(long)]
    legacy_sha1: bool,
    /// What its devices read as `.txt`: a text with placeholders such as {{server}}. Without it a setting a line.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// `um provisioning vendor set`
#[derive(Args, Debug)]
pub(crate) struct SetVendor {
    /// The vendor.
    name: String,
    /// The roots that count from now on, and no others: a file may hold the old and the new one.
    #[arg(long, value_name = "FILE.pem")]
    root: Option<PathBuf>,
    /// What its certificates name a device by.
    #[arg(long, value_name = "WHAT", value_parser = words::of::<NamesBy>())]
    names_by: Option<NamesBy>,
    /// Take SHA-1 signatures in its chains.
    #[arg(long, conflicts_with = "no_legacy_sha1")]
    legacy_sha1: bool,
    /// Take no SHA-1 signature any more.
    #[arg(long)]
    no_legacy_sha1: bool,
    /// What its devices read as `.txt` from now on.
    #[arg(long, value_name = "FILE", conflicts_with = "no_template")]
    template: Option<PathBuf>,
    /// Hand out a setting a line again.
    #[arg(long)]
    no_template: bool,
}

/// `um provisioning device ..`
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Add a device: from now on it is handed its profile.
    Add(AddDevice),
    /// List the devices.
    List(Format),
    /// Show one device.
    Show {
        /// Its MAC address or serial number.
        id: DeviceId,
        #[command(flatten)]
        format: Format,
    },
    /// Remove a device: it is handed nothing any more.
    #[command(visible_alias = "delete")]
    Remove {
        /// Its MAC address or serial number.
        id: DeviceId,
    },
    /// Add the devices of a CSV file, all or none.
    Import {
        /// The file; its first line names the columns: id, vendor, dialplan, server.
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
    },
}

/// `um provisioning device add`
#[derive(Args, Debug)]
pub(crate) struct AddDevice {
    /// Its MAC address (00:0e:08:ab:cd:ef) or serial number, whichever its vendor's certificates name.
    id: DeviceId,
    /// Its vendor.
    #[arg(long, value_name = "VENDOR")]
    vendor: Name,
    /// The dial plan whose mode its profile tells.
    #[arg(long, value_name = "PLAN")]
    dialplan: Name,
    /// The server in its profile. Without it this server's own name.
    #[arg(long, value_name = "FQDN")]
    server: Option<String>,
}

impl ProvisioningCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Vendor(command) => command.run(client).await,
            Self::Device(command) => command.run(client).await,
        }
    }
}

impl VendorCommand {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add(AddVendor { name, root, names_by, legacy_sha1, template }) => {
                let (file, pem) = (root.display().to_string(), trust_options::text(&root)?);
                let template = template.as_deref().map(template_file).transpose()?;
                let new = NewDeviceVendor { name, file, pem, names_by, legacy_sha1, template };
                client.post::<Changed>(&vendors(&[]), &new).await.map(report::warnings)
            }
            Self::Set(set) => set.run(client).await,
            Self::List(format) => {
                let rows: Vec<DeviceVendor> = client.get(&vendors(&[])).await?;
                format.list(&rows, ["NAME", "NAMES BY", "SHA-1", "ROOTS", "EXPIRES"], |vendor| {
                    [
                        vendor.name.to_string(),
                        vendor.names_by.to_string(),
                        yes_no(vendor.legacy_sha1),
                        roots(vendor),
                        or_hyphen(first_end(vendor).as_deref()),
                    ]
                })
            }
            Self::Show { name, format } => {
                let vendor: DeviceVendor = client.get(&vendors(&[&name])).await?;
                format.facts(&vendor, |vendor| {
                    vec![
                        ("name", vendor.name.to_string()),
                        ("names by", vendor.names_by.to_string()),
                        ("takes SHA-1", yes_no(vendor.legacy_sha1)),
                        ("roots", roots(vendor)),
                        ("first to expire", or_hyphen(first_end(vendor).as_deref())),
                        ("sha256", hashes(vendor)),
                        (
                            "text",
                            vendor
                                .template
                                .as_ref()
                                .map_or_else(|| "a setting a line".to_owned(), ToString::to_string),
                        ),
                    ]
                })
            }
            Self::Remove { name } => client.delete::<Changed>(&vendors(&[&name])).await.map(report::warnings),
        }
    }
}

impl SetVendor {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let legacy_sha1 = match (self.legacy_sha1, self.no_legacy_sha1) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        let template = match (&self.template, self.no_template) {
            (Some(file), _) => Some(SetTemplate::Use(template_file(file)?)),
            (None, true) => Some(SetTemplate::Remove),
            (None, false) => None,
        };
        if self.root.is_none() && self.names_by.is_none() && legacy_sha1.is_none() && template.is_none() {
            return Err(report::nothing_to_set("provisioning vendor set"));
        }
        let set = SetDeviceVendor {
            file: self.root.as_ref().map(|root| root.display().to_string()).unwrap_or_default(),
            pem: self.root.as_deref().map(trust_options::text).transpose()?,
            names_by: self.names_by,
            legacy_sha1,
            template,
        };
        client.patch::<Changed>(&vendors(&[&self.name]), &set).await.map(report::warnings)
    }
}

impl DeviceCommand {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add(AddDevice { id, vendor, dialplan, server }) => {
                let devices = vec![Device { id, vendor, dial_plan: dialplan, server }];
                client
                    .post::<Changed>(&devices_path(&[]), &AddDevices { devices })
                    .await
                    .map(report::warnings)
            }
            Self::List(format) => {
                let rows: Vec<Device> = client.get(&devices_path(&[])).await?;
                format.list(&rows, ["DEVICE", "VENDOR", "DIAL PLAN", "SERVER"], |device| {
                    [
                        device.id.to_string(),
                        device.vendor.to_string(),
                        device.dial_plan.to_string(),
                        or_hyphen(device.server.as_deref()),
                    ]
                })
            }
            Self::Show { id, format } => {
                let device: Device = client.get(&devices_path(&[id.as_str()])).await?;
                format.facts(&device, |device| {
                    vec![
                        ("device", device.id.to_string()),
                        ("vendor", device.vendor.to_string()),
                        ("dial plan", device.dial_plan.to_string()),
                        ("server", or_hyphen(device.server.as_deref())),
                    ]
                })
            }
            Self::Remove { id } => {
                client.delete::<Changed>(&devices_path(&[id.as_str()])).await.map(report::warnings)
            }
            Self::Import { file } => import(client, &file).await,
        }
    }
}

async fn import(client: &Client, file: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give a CSV file in UTF-8",
        )
    })?;
    let devices = device_file::read(&text)?;
    let count = u64::try_from(devices.len()).unwrap_or(u64::MAX);
    client.post::<Changed>(&devices_path(&[]), &AddDevices { devices }).await.map(report::warnings)?;
    report::talk(format!("{} added", counted(count, "device", "devices")));
    Ok(())
}

fn template_file(file: &Path) -> Result<TemplateFile, Failure> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::could_not_run(format!("{shown} cannot be read: {error}"), "give a template in UTF-8")
    })?;
    match text.is_empty() {
        true => Err(Failure::no(
            format!("{shown} is empty"),
            "give a template, or `um provisioning vendor set NAME --no-template`",
        )),
        false => Ok(TemplateFile { file: shown, text }),
    }
}

fn vendors(more: &[&str]) -> String {
    path(&[&["provisioning", "vendors"], more].concat())
}

fn devices_path(more: &[&str]) -> String {
    path(&[&["provisioning", "devices"], more].concat())
}

fn roots(vendor: &DeviceVendor) -> String {
    vendor.roots.iter().map(|root| root.subject.as_str()).collect::<Vec<_>>().join("; ")
}

fn hashes(vendor: &DeviceVendor) -> String {
    vendor.roots.iter().map(|root| root.sha256.as_str()).collect::<Vec<_>>().join(" ")
}

fn first_end(vendor: &DeviceVendor) -> Option<String> {
    vendor.roots.iter().map(|root| root.not_after).min().map(date)
}
