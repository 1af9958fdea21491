use dial_plan::{Device, Name, NamesBy};
use serde::{Deserialize, Serialize};

/// `POST /v1/provisioning/vendors`: a vendor of devices. The server judges the certificates.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceVendor {
    /// How it is called.
    pub name: Name,
    /// The name of the file, for refusals; may be empty.
    #[serde(default)]
    pub file: String,
    /// The file's text: 1 to 8 root certificates in PEM.
    pub pem: String,
    /// What its certificates name a device by.
    #[serde(default)]
    pub names_by: NamesBy,
    /// Whether SHA-1 signatures in its chains are taken.
    #[serde(default)]
    pub legacy_sha1: bool,
    /// What its devices read as text.
    #[serde(default)]
    pub template: Option<TemplateFile>,
}

/// A template as an administrator gives it. The server judges it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateFile {
    /// The name of the file, for refusals.
    pub file: String,
    /// The file's text; never an empty one.
    pub text: String,
}

/// What becomes of a vendor's template.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetTemplate {
    /// This one, from now on.
    Use(TemplateFile),
    /// None: its devices read a setting a line.
    Remove,
}

/// `PATCH /v1/provisioning/vendors/NAME`: what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetDeviceVendor {
    /// The name of the file, for refusals.
    pub file: String,
    /// The text of a file with the roots that count from now on, and no others.
    pub pem: Option<String>,
    /// What its certificates name a device by.
    pub names_by: Option<NamesBy>,
    /// Whether SHA-1 signatures in its chains are taken.
    pub legacy_sha1: Option<bool>,
    /// What its devices read as text.
    pub template: Option<SetTemplate>,
}

/// `POST /v1/provisioning/devices`: all of them or none.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AddDevices {
    /// The devices.
    pub devices: Vec<Device>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_names_devices_by_mac_and_takes_no_sha_1_unless_it_says_so() {
        let new: NewDeviceVendor = serde_json::from_str(r#"{"name": "cisco", "pem": "-"}"#).unwrap();

        assert_eq!((new.names_by, new.legacy_sha1), (NamesBy::Mac, false));
    }

    #[test]
    fn template_is_left_replaced_or_removed() {
        let template = |json: &str| serde_json::from_str::<SetDeviceVendor>(json).map(|set| set.template);
        let file = TemplateFile { file: "phone.cfg".to_owned(), text: "{{server}}".to_owned() };

        assert_eq!(template("{}").unwrap(), None);
        assert_eq!(template(r#"{"template": "remove"}"#).unwrap(), Some(SetTemplate::Remove));
        assert_eq!(
            template(r#"{"template": {"use": {"file": "phone.cfg", "text": "{{server}}"}}}"#).unwrap(),
            Some(SetTemplate::Use(file))
        );
        assert!(template(r#"{"template": {"file": "phone.cfg", "text": ""}}"#).is_err());
    }
}
