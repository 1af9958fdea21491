use telephony::SrtpSuite;

use crate::{
    DialPlan, DialPlanPatch, IpGateway, Name, NumberRule, Site, SiteChange, SrtpPrefer, VoipSecurity,
};

fn start() -> Site {
    let plan =
        DialPlan { voip_security: VoipSecurity::Unsecured, ..DialPlan::new(Name::parse("hq").unwrap(), 4) };
    let gateway = IpGateway::new(Name::parse("gw1").unwrap(), "192.0.2.1".parse().unwrap());
    let dial_plan = Some(plan.name.clone());
    let (site, _) = Site::empty().apply(&SiteChange::CreateDialPlan(plan)).unwrap();
    site.apply(&SiteChange::CreateGateway { gateway, dial_plan }).unwrap().0
}

#[test]
fn equal_sites_differ_in_no_line_whatever_their_revisions() {
    let site = start();

    assert_eq!(site.difference(&Site { revision: 9, ..site.clone() }), Vec::<String>::new());
}

#[test]
fn changed_settings_show_old_and_new_value() {
    let patch = DialPlanPatch {
        voip_security: Some(VoipSecurity::Secured),
        srtp_suites: Some(vec![SrtpSuite::AeadAes128Gcm, SrtpSuite::AesCm128HmacSha1_80]),
        srtp_prefer: Some(SrtpPrefer::Own),
        max_call_minutes: Some(60),
        ..DialPlanPatch::default()
    };
    let rule = NumberRule::parse("9xxxx", "xxxx").unwrap();
    let (newer, _) = start().apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap();
    let (newer, _) = newer.apply(&SiteChange::AddNumberRule { gateway: "gw1".into(), rule }).unwrap();

    assert_eq!(
        start().difference(&newer),
        [
            "~ dial plan hq: voip_security unsecured -> secured",
            "~ dial plan hq: srtp_suites [AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_256_CM_HMAC_SHA1_80, \
             AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32] -> [AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80]",
            "~ dial plan hq: srtp_prefer offer -> own",
            "~ dial plan hq: max_call_minutes 30 -> 60",
            "~ gateway gw1: number_rules [] -> [9xxxx -> xxxx]",
        ]
    );
}

#[test]
fn recordings_of_a_plan_are_told_by_their_names() {
    let patch: DialPlanPatch = serde_json::from_str(
        r#"{"greetings":{"welcome":"Hello","announcement":"News","announcement_uninterruptible":true,
            "mailbox":"Away"}}"#,
    )
    .unwrap();
    let (newer, _) = start().apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap();

    assert_eq!(
        start().difference(&newer),
        [
            "~ dial plan hq: welcome_greeting none -> Hello",
            "~ dial plan hq: info_announcement none -> News",
            "~ dial plan hq: info_announcement_uninterruptible false -> true",
            "~ dial plan hq: mailbox_greeting none -> Away",
        ]
    );
}

#[test]
fn made_and_deleted_objects_are_told_apart() {
    let (without, _) = start().apply(&SiteChange::DeleteGateway { name: "gw1".into() }).unwrap();

    assert_eq!(start().difference(&without), ["- gateway gw1", "- hunt group gw1 Default Group"]);
    assert_eq!(
        without.difference(&start())[1],
        "+ hunt group gw1 Default Group: gateway gw1, dial_plan hq, pilot default"
    );
}
