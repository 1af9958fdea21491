use crate::{plan::DialPlan, site::Site};

impl Site {
    /// The plans whose subscribers type their PINs in the clear: keys travel with the audio, so whoever listens to a
    /// call that is not Secured has the PIN.
    pub fn plans_with_clear_pins(&self) -> impl Iterator<Item = &DialPlan> {
        self.dial_plans.values().filter(|plan| {
            let lets_anybody = || {
                let mut policies = self.policies.values().filter(|policy| policy.dial_plan == plan.name);
                policies.any(|policy| policy.allow_subscriber_access)
            };
            !plan.voip_security.wants_srtp() && plan.lets_subscribers_log_on() && lets_anybody()
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        DialPlan, DialPlanPatch, Name, PolicyPatch, Site, SiteChange, SubscriberAccess, VoipSecurity,
    };

    fn clear(site: &Site) -> Vec<&str> {
        site.plans_with_clear_pins().map(|plan| plan.name.as_str()).collect()
    }

    #[test]
    fn plans_without_srtp_have_clear_pins_until_access_is_secured_only_or_forbidden() {
        let mut site = Site::empty();
        for (name, mode) in
            [("a", VoipSecurity::Unsecured), ("b", VoipSecurity::SipSecured), ("c", VoipSecurity::Secured)]
        {
            let plan = DialPlan { voip_security: mode, ..DialPlan::new(Name::parse(name).unwrap(), 4) };
            site = site.apply(&SiteChange::CreateDialPlan(plan)).unwrap().0;
        }
        assert_eq!(clear(&site), ["a", "b"]);

        let patch =
            DialPlanPatch { subscriber_access: Some(SubscriberAccess::SecuredOnly), ..Default::default() };
        let (site, _) = site.apply(&SiteChange::SetDialPlan { name: "a".into(), patch }).unwrap();
        assert_eq!(clear(&site), ["b"]);

        let patch = PolicyPatch { allow_subscriber_access: Some(false), ..Default::default() };
        let name = "b Default Policy".into();
        let (site, _) = site.apply(&SiteChange::SetPolicy { name, patch }).unwrap();
        assert_eq!(clear(&site), Vec::<&str>::new());
    }
}
