use super::SiteError;

impl SiteError {
    /// The command that mends it, as an administrator types it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound { kind, name } => {
                let name =
                    if name.contains(char::is_whitespace) { format!("'{name}'") } else { name.clone() };
                format!(
                    "run `um {} list` to see the names, or `{}`",
                    kind.command(),
                    kind.create_usage(&name)
                )
            }
            Self::AlreadyExists { kind, name } => kind.taken_remedy(name),
            Self::BadName { kind, .. } => format!("run `{}` with a shorter name", kind.create_usage("NAME")),
            Self::OutOfRange { kind, name, setting, .. } => kind.set_remedy(name, &[*setting]),
            Self::NotLess { kind, name, smaller, larger, .. } => kind.set_remedy(name, &[*smaller, *larger]),
            Self::Fixed { .. } => {
                "run `um dialplan create NAME --extension-digits N` for a new plan".to_owned()
            }
            Self::DanglingReference { wanted_kind, wanted, .. } => {
                format!("run `{}` first", wanted_kind.create_usage(&wanted.shell_word()))
            }
            Self::FqdnTaken { holder, .. } => format!(
                "give this gateway another FQDN, or run `um gateway set {} --address OTHER-FQDN` before",
                holder.shell_word()
            ),
            Self::PinTaken { holder, .. } => format!(
                "give this gateway a certificate of its own, or run `um gateway set {} --no-trust` before",
                holder.shell_word()
            ),
            Self::BadTrust { gateway, .. } => {
                format!(
                    "run `um gateway set {} --trust FILE.pem` with the certificate itself",
                    gateway.shell_word()
                )
            }
            Self::BadOwner { gateway, .. } => {
                format!("run `um gateway set {} --cert-owner NAME` with another name", gateway.shell_word())
            }
            Self::BadReferDomain { gateway, .. } => format!(
                "run `um gateway set {} --refer-domain HOST` with a domain, name or address, or with \"\" for the \
                 gateway's own",
                gateway.shell_word()
            ),
            Self::BindingWantsTls { gateway, plan, .. } => format!(
                "run `um dialplan set {} --voip-security secured`, or give up the binding with `um gateway set {} \
                 --no-cert-owner`",
                plan.shell_word(),
                gateway.shell_word()
            ),
            Self::BadRoot { .. } => "run `um trust add FILE.pem` with the certificate itself".to_owned(),
            Self::RootCountsForAll { sha256, .. } => format!(
                "to trust it for single gateways only, run `um trust remove {sha256}` and `um trust add FILE.pem \
                 --gateway GW`"
            ),
            Self::NoSuchRoot { .. } => "run `um trust list` to see the trusted roots".to_owned(),
            Self::TooManyRoots { .. } => "run `um trust remove ROOT` for those that nobody needs".to_owned(),
            Self::BadVendor { vendor, .. } => format!(
                "run `um provisioning vendor set {} --root FILE.pem` with the certificates themselves",
                vendor.shell_word()
            ),
            Self::BadDevice { .. } => {
                "run `um provisioning device add DEVICE --vendor VENDOR --dialplan PLAN`".to_owned()
            }
            Self::TooManyDevices { .. } => {
                "run `um provisioning device remove DEVICE` for those that are gone".to_owned()
            }
            Self::FqdnNeeded { gateway, address, plan, .. } => format!(
                "give `{}` an FQDN with `--address FQDN --connect {address}`, or allow clear calls with \
                 `um dialplan set {} --voip-security unsecured`",
                gateway.shell_word(),
                plan.shell_word()
            ),
            Self::PilotTaken { holder, .. } => {
                format!("run `um huntgroup delete {}` before, or choose another pilot", holder.shell_word())
            }
            Self::NumberTaken { remedy, .. } | Self::BadAttendant { remedy, .. } => remedy.clone(),
            Self::BadDiallingRule { plan, .. } => format!(
                "run `um dialplan rule list {0}` to see the rules, or `um dialplan rule add {0} GROUP MASK DIALLED`",
                plan.shell_word()
            ),
            Self::NoSuchGroup { group, plan, .. } => format!(
                "run `um dialplan rule add {} {} MASK DIALLED` first, or leave the group out",
                plan.shell_word(),
                group.shell_word()
            ),
            Self::InUse { user_kind, user, .. } => {
                format!("run `um {} delete {}` before", user_kind.command(), user.shell_word())
            }
            Self::LastPolicy { policy, plan } => format!(
                "run `um policy create NAME --dialplan {}` before, or change it with `um policy set {}`",
                plan.shell_word(),
                policy.shell_word()
            ),
            Self::RuleExists { gateway, rule } => {
                format!("run `um gateway number-rule remove {} '{}'` before", gateway.shell_word(), rule.from)
            }
            Self::NoSuchRule { gateway, .. } => {
                format!("run `um gateway number-rule list {}` to see the rules", gateway.shell_word())
            }
            Self::BadRule { gateway, .. } => {
                format!("run `um gateway number-rule add {} FROM TO`", gateway.shell_word())
            }
        }
    }
}
