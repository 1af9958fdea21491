//! What a device is told: where the server is, in which mode it is to be spoken to, and what it must trust.
use std::fmt::Write as _;

use dial_plan::{Device, DialPlan, ProfileFormat, ProfileSetting, ProfileTemplate, VoipSecurity};
use serde::Serialize;

/// Where SIP is taken; `None`: nowhere.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SipPorts {
    /// Clear SIP over UDP.
    pub udp: Option<u16>,
    /// Clear SIP over TCP.
    pub tcp: Option<u16>,
    /// SIP over mutual TLS.
    pub tls: Option<u16>,
}

/// The settings of one device.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Profile {
    /// Whose.
    device: String,
    /// The FQDN of the server: what a TLS client finds in its certificate.
    server: String,
    /// The port for SIP.
    port: u16,
    /// `udp`, `tcp` or `tls`, the first preferred.
    transports: Vec<&'static str>,
    /// The mode of the dial plan.
    voip_security: &'static str,
    /// `required` or `none`.
    srtp: &'static str,
    /// The SRTP suites in the order of the plan; none without SRTP.
    srtp_suites: Vec<String>,
    /// Certificates that the device must trust, in PEM form; none where there is no TLS.
    roots: Vec<String>,
}

impl Profile {
    /// The profile of a device in this plan; `None` if the server takes no SIP over what the plan's mode wants.
    pub fn of(
        device: &Device,
        plan: &DialPlan,
        own_fqdn: &str,
        ports: SipPorts,
        roots: Vec<String>,
    ) -> Option<Self> {
        let mode = plan.voip_security;
        let (port, transports) = match (mode.wants_tls(), ports.udp, ports.tcp) {
            (true, _, _) => (ports.tls?, vec!["tls"]),
            (false, Some(port), Some(_)) => (port, vec!["udp", "tcp"]),
            (false, Some(port), None) => (port, vec!["udp"]),
            (false, None, Some(port)) => (port, vec!["tcp"]),
            (false, None, None) => return None,
        };
        let suites = if mode.wants_srtp() { plan.srtp_suites.as_slice() } else { &[] };
        Some(Self {
            device: device.id.to_string(),
            server: device.server.clone().unwrap_or_else(|| own_fqdn.to_owned()),
            port,
            transports,
            voip_security: VoipSecurity::word(mode),
            srtp: if mode.wants_srtp() { "required" } else { "none" },
            srtp_suites: suites.iter().map(ToString::to_string).collect(),
            roots: if mode.wants_tls() { roots } else { Vec::new() },
        })
    }

    /// The profile as a device reads it.
    pub fn written(&self, format: ProfileFormat) -> String {
        match format {
            ProfileFormat::Json => self.json(),
            ProfileFormat::Xml => self.xml(),
            ProfileFormat::Text => self.text(),
        }
    }

    /// The profile in the words of its vendor.
    pub fn filled_into(&self, template: &ProfileTemplate) -> String {
        template.filled(|setting| self.value(setting))
    }

    fn json(&self) -> String {
        // Texts and numbers always can be written.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    fn xml(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<profile>\n");
        for (name, value) in self.settings() {
            // Writing to a String does not fail.
            let _ = writeln!(xml, "  <{name}>{}</{name}>", escaped(&value));
        }
        xml.push_str("  <roots>\n");
        for root in &self.roots {
            let _ = writeln!(xml, "    <root>{}</root>", escaped(root.trim()));
        }
        xml.push_str("  </roots>\n</profile>\n");
        xml
    }

    /// A setting a line; a root is the base64 of its DER in one line.
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.settings() {
            let _ = writeln!(text, "{name} = {}", one_line(&value));
        }
        for (number, root) in (1..).zip(&self.roots) {
            let base64: String = root.lines().filter(|line| !line.starts_with("-----")).collect();
            let _ = writeln!(text, "root.{number} = {}", one_line(&base64));
        }
        text
    }

    /// Every one that is no file.
    fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        let in_lines = ProfileSetting::ALL.into_iter().filter(|setting| *setting != ProfileSetting::Roots);
        in_lines.map(|setting| (setting.word(), self.value(setting)))
    }

    fn value(&self, setting: ProfileSetting) -> String {
        match setting {
            ProfileSetting::Device => self.device.clone(),
            ProfileSetting::Server => self.server.clone(),
            ProfileSetting::Port => self.port.to_string(),
            ProfileSetting::Transports => self.transports.join(" "),
            ProfileSetting::VoipSecurity => self.voip_security.to_owned(),
            ProfileSetting::Srtp => self.srtp.to_owned(),
            ProfileSetting::SrtpSuites => self.srtp_suites.join(" "),
            ProfileSetting::Roots => self.roots.concat(),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use dial_plan::{DeviceId, Name};

    use super::*;

    const ROOT: &str = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";
    const PORTS: SipPorts = SipPorts { udp: Some(5060), tcp: Some(5060), tls: Some(5061) };

    fn device() -> Device {
        let name = |text| Name::parse(text).unwrap();
        let id = DeviceId::parse("000e08abcdef").unwrap();
        Device { id, vendor: name("cisco"), dial_plan: name("hq"), server: None }
    }

    fn profile(mode: VoipSecurity, ports: SipPorts) -> Option<Profile> {
        let mut plan = DialPlan::new(Name::parse("hq").unwrap(), 4);
        plan.voip_security = mode;
        plan.srtp_suites.truncate(2);
        Profile::of(&device(), &plan, "um.example.com", ports, vec![ROOT.to_owned()])
    }

    #[test]
    fn secured_plan_tells_tls_srtp_and_roots() {
        let profile = profile(VoipSecurity::Secured, PORTS).unwrap();

        assert_eq!(
            profile.written(ProfileFormat::Text),
            "device = 000e08abcdef\nserver = um.example.com\nport = 5061\ntransports = tls\nvoip_security = secured\n\
             srtp = required\nsrtp_suites = AEAD_AES_256_GCM AEAD_AES_128_GCM\nroot.1 = AAECAwQF\n"
        );
        let json: serde_json::Value = serde_json::from_str(&profile.written(ProfileFormat::Json)).unwrap();
        assert_eq!(json["server"], "um.example.com");
        assert_eq!(json["port"], 5061);
        assert_eq!(json["roots"][0], ROOT);
        assert_eq!(json["srtp_suites"][1], "AEAD_AES_128_GCM");
    }

    #[test]
    fn xml_holds_every_setting_and_escapes_what_xml_needs() {
        let mut profile = profile(VoipSecurity::SipSecured, PORTS).unwrap();
        profile.server = "<um>&\"'.example.com".to_owned();

        assert_eq!(
            profile.written(ProfileFormat::Xml),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<profile>\n  <device>000e08abcdef</device>\n  \
             <server>&lt;um&gt;&amp;&quot;&apos;.example.com</server>\n  <port>5061</port>\n  \
             <transports>tls</transports>\n  <voip_security>sip-secured</voip_security>\n  <srtp>none</srtp>\n  \
             <srtp_suites></srtp_suites>\n  <roots>\n    <root>-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END \
             CERTIFICATE-----</root>\n  </roots>\n</profile>\n"
        );
    }

    #[test]
    fn unsecured_plan_tells_the_clear_port_and_no_roots() {
        let both = profile(VoipSecurity::Unsecured, PORTS).unwrap();
        let tcp = profile(VoipSecurity::Unsecured, SipPorts { udp: None, ..PORTS }).unwrap();

        assert_eq!((both.port, both.transports.as_slice()), (5060, ["udp", "tcp"].as_slice()));
        assert_eq!(tcp.transports, ["tcp"]);
        assert!(both.roots.is_empty() && both.srtp_suites.is_empty());
    }

    #[test]
    fn there_is_no_profile_where_nothing_listens_for_the_mode() {
        let clear_only = SipPorts { tls: None, ..PORTS };
        let tls_only = SipPorts { udp: None, tcp: None, ..PORTS };

        assert_eq!(profile(VoipSecurity::Secured, clear_only), None);
        assert_eq!(profile(VoipSecurity::Unsecured, tls_only), None);
    }

    #[test]
    fn template_of_the_vendor_gets_every_setting() {
        let template = "sip={{server}}:{{port}};{{transports}} {{voip_security}} {{srtp}} {{srtp_suites}} for {{device}}\n{{roots}}";
        let template = ProfileTemplate::parse(template).unwrap();

        assert_eq!(
            profile(VoipSecurity::Secured, PORTS).unwrap().filled_into(&template),
            format!(
                "sip=um.example.com:5061;tls secured required AEAD_AES_256_GCM AEAD_AES_128_GCM for 000e08abcdef\n{ROOT}"
            )
        );
    }

    #[test]
    fn device_may_have_a_server_of_its_own() {
        let plan = DialPlan::new(Name::parse("hq").unwrap(), 4);
        let device = Device { server: Some("edge.example.com".to_owned()), ..device() };

        let profile = Profile::of(&device, &plan, "um.example.com", PORTS, Vec::new()).unwrap();

        assert_eq!(profile.server, "edge.example.com");
    }
}
