use crate::{plan::DialPlan, site::Site, warning::SiteWarning};

impl Site {
    /// The plans whose subscribers type their PINs in the clear: keys travel with the audio, so whoever listens to a
    /// call that is not Secured has the PIN. A plan needs no access number for it: `*` in a greeting asks for the PIN too.
    pub fn plans_with_clear_pins(&self) -> impl Iterator<Item = &DialPlan> {
        self.dial_plans.values().filter(|plan| {
            let lets_anybody = || {
                let mut policies = self.policies.values().filter(|policy| policy.dial_plan == plan.name);
                policies.any(|policy| policy.allow_subscriber_access)
            };
            !plan.voip_security.wants_srtp() && plan.lets_subscribers_log_on() && lets_anybody()
        })
    }

    /// Those of them that invite subscribers with an access number.
    pub(crate) fn clear_pin_warnings(&self) -> impl Iterator<Item = SiteWarning> {
        self.plans_with_clear_pins()
            .filter(|plan| !plan.access_numbers.is_empty())
            .map(|plan| SiteWarning::ClearPins { plan: plan.name.clone(), mode: plan.voip_security })
    }
}

#[cfg(test)]
mod tests {
    use telephony::PhoneNumber;

    use crate::{
        DialPlan, DialPlanPatch, Name, PolicyPatch, Site, SiteChange, SubscriberAccess, VoipSecurity,
    };

    fn clear(site: &Site) -> Vec<&str> {
        site.plans_with_clear_pins().map(|plan| plan.name.as_str()).collect()
    }

    /// Plans a (Unsecured), b (SIPSecured) and c (Secured).
    fn three_plans() -> Site {
        let mut site = Site::empty();
        for (name, mode) in
            [("a", VoipSecurity::Unsecured), ("b", VoipSecurity::SipSecured), ("c", VoipSecurity::Secured)]
        {
            let plan = DialPlan { voip_security: mode, ..DialPlan::new(Name::parse(name).unwrap(), 4) };
            site = site.apply(&SiteChange::CreateDialPlan(plan)).unwrap().0;
        }
        site
    }

    #[test]
    fn plans_without_srtp_have_clear_pins_until_access_is_secured_only_or_forbidden() {
        let site = three_plans();
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

    #[test]
    fn who_makes_pins_travel_in_the_clear_is_warned_once_with_the_remedy() {
        let plan = DialPlan {
            voip_security: VoipSecurity::Unsecured,
            ..DialPlan::new(Name::parse("my plan").unwrap(), 4)
        };
        let (site, quiet) = Site::empty().apply(&SiteChange::CreateDialPlan(plan)).unwrap();
        let numbers = vec![PhoneNumber::parse("4999").unwrap()];
        let patch = DialPlanPatch { access_numbers: Some(numbers), ..Default::default() };
        let (site, warned) = site.apply(&SiteChange::SetDialPlan { name: "my plan".into(), patch }).unwrap();
        let patch = DialPlanPatch { input_failures: Some(5), ..Default::default() };
        let (_, again) = site.apply(&SiteChange::SetDialPlan { name: "my plan".into(), patch }).unwrap();

        assert_eq!((quiet, again), (vec![], vec![]));
        let [warning] = warned.as_slice() else { panic!("{warned:?}") };
        assert_eq!(
            warning.to_string(),
            "dial plan `my plan` is Unsecured and has access numbers: its subscribers type their PINs in the clear"
        );
        assert_eq!(
            warning.remedy(),
            "run `um dialplan set 'my plan' --voip-security secured`, or with `--subscriber-access secured-only` to \
             ask for no PIN"
        );
    }
}
