use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use telephony::{PhoneNumber, SrtpSuite};

use crate::{
    clearable,
    dialling_rules::{DialPermissions, DialPermissionsPatch, DiallingRule},
    mode::{VoipSecurity, words},
    name::Name,
    plan_greetings::{PlanGreetings, PlanGreetingsPatch},
    time_zone::{DEFAULT_TIME_ZONE, time_zone},
};

/// How the numbers of a plan look. Fixed when the plan is made.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UriType {
    /// Extensions, `4001` (`tel:4001`, `sip:4001@gateway`).
    #[default]
    TelExtn,
    /// Names, `sip:anna@example.com`.
    SipName,
    /// Full numbers, `tel:+14255550123`.
    E164,
}

words!(UriType { TelExtn = "tel-extn", SipName = "sip-name", E164 = "e164" });

/// Whose order decides which of the offered SRTP suites a Secured plan takes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrtpPrefer {
    /// The offerer's: its first line that the plan allows (RFC 4568 5.1.2).
    #[default]
    Offer,
    /// The plan's: the first of its suites that is offered.
    Own,
}

words!(SrtpPrefer { Offer = "offer", Own = "own" });

/// What the keys mean to a subscriber who listens to messages.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyLayout {
    /// As Outlook Voice Access had them.
    #[default]
    Exchange,
    /// Much as Asterisk's voicemail has them.
    Asterisk,
}

words!(KeyLayout { Exchange = "exchange", Asterisk = "asterisk" });
/// On which calls of a plan subscribers may log on: a PIN is typed on keys, and the keys travel with the audio.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriberAccess {
    /// On every call, whatever the mode of the plan.
    #[default]
    Any,
    /// Only while the plan is Secured, so that no PIN travels in the clear.
    SecuredOnly,
}

words!(SubscriberAccess { Any = "any", SecuredOnly = "secured-only" });

/// A dial plan: one set of mailboxes with one mode. Defaults are those of Exchange UM, but for the mode.
///
/// The fields are checked by the [`crate::Site`] that takes the plan in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DialPlan {
    /// At most 49 characters.
    pub name: Name,
    /// Digits of every extension, 1 to 20. Fixed when the plan is made.
    pub extension_digits: u8,
    /// How numbers look. Fixed when the plan is made.
    #[serde(default)]
    pub uri_type: UriType,
    /// The mode of every call of the plan.
    #[serde(default)]
    pub voip_security: VoipSecurity,
    /// The SRTP suites that calls may agree on, first preferred; at least one, each once. They matter while the plan is
    /// Secured.
    #[serde(default = "srtp_suites")]
    pub srtp_suites: Vec<SrtpSuite>,
    /// Whose order decides among several offered suites.
    #[serde(default)]
    pub srtp_prefer: SrtpPrefer,
    /// The longest call, 10 to 120 minutes.
    #[serde(default = "max_call_minutes")]
    pub max_call_minutes: u16,
    /// The longest message, 1 to 100 minutes, shorter than the longest call.
    #[serde(default = "max_recording_minutes")]
    pub max_recording_minutes: u16,
    /// Silence that ends a recording, 2 to 10 seconds.
    #[serde(default = "recording_idle_seconds")]
    pub recording_idle_seconds: u8,
    /// Wrong inputs in a menu before the call ends, 1 to 20.
    #[serde(default = "three")]
    pub input_failures: u8,
    /// Wrong PINs in a call before it ends, 1 to 20.
    #[serde(default = "three")]
    pub logon_failures: u8,
    /// On which calls subscribers may log on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub subscriber_access: SubscriberAccess,
    /// Where `0` leads; without it the caller is told goodbye.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PhoneNumber>,
    /// The language of the prompts, a BCP 47 tag.
    #[serde(default = "language")]
    pub language: String,
    /// Where the plan's days begin: an IANA name such as Europe/Berlin.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// What the keys mean to subscribers.
    #[serde(default)]
    pub key_layout: KeyLayout,
    /// Numbers that subscribers call to hear their messages; at most [`DialPlan::MAX_ACCESS_NUMBERS`], each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_numbers: Vec<PhoneNumber>,
    /// Recordings of the administrator's own that callers hear.
    #[serde(default, skip_serializing_if = "PlanGreetings::is_default")]
    pub greetings: PlanGreetings,
    /// Numbers outside the plan that may be dialled by whom their group is allowed, the first that fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialling_rules: Vec<DiallingRule>,
    /// What callers who have not logged on may dial.
    #[serde(default, skip_serializing_if = "DialPermissions::is_default")]
    pub dialling: DialPermissions,
}

impl DialPlan {
    /// The most access numbers of a plan.
    pub const MAX_ACCESS_NUMBERS: usize = 32;

    /// Where the plan's days begin. Every plan of a [`crate::Site`] has a known zone; the days of another begin in UTC.
    pub fn zone(&self) -> TimeZone {
        time_zone(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// A plan with every default: Secured with every suite, 30-minute calls, 20-minute messages.
    pub fn new(name: Name, extension_digits: u8) -> Self {
        Self {
            name,
            extension_digits,
            uri_type: UriType::default(),
            voip_security: VoipSecurity::default(),
            srtp_suites: srtp_suites(),
            srtp_prefer: SrtpPrefer::default(),
            max_call_minutes: max_call_minutes(),
            max_recording_minutes: max_recording_minutes(),
            recording_idle_seconds: recording_idle_seconds(),
            input_failures: three(),
            logon_failures: three(),
            subscriber_access: SubscriberAccess::default(),
            operator: None,
            language: language(),
            time_zone: utc(),
            key_layout: KeyLayout::default(),
            access_numbers: Vec::new(),
            greetings: PlanGreetings::default(),
            dialling_rules: Vec::new(),
            dialling: DialPermissions::default(),
        }
    }

    /// Whether a call of this plan may be asked for a PIN at all.
    pub fn lets_subscribers_log_on(&self) -> bool {
        match self.subscriber_access {
            SubscriberAccess::Any => true,
            SubscriberAccess::SecuredOnly => self.voip_security.wants_srtp(),
        }
    }

    /// The plan with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &DialPlanPatch) -> Self {
        let mut plan = self.clone();
        let DialPlanPatch {
            voip_security,
            srtp_suites,
            srtp_prefer,
            max_call_minutes,
            max_recording_minutes,
            recording_idle_seconds,
            input_failures,
            logon_failures,
            subscriber_access,
            operator,
            language,
            time_zone,
            key_layout,
            access_numbers,
            greetings,
            dialling,
        } = patch;
        plan.voip_security = voip_security.unwrap_or(plan.voip_security);
        if let Some(suites) = srtp_suites {
            plan.srtp_suites.clone_from(suites);
        }
        plan.srtp_prefer = srtp_prefer.unwrap_or(plan.srtp_prefer);
        plan.max_call_minutes = max_call_minutes.unwrap_or(plan.max_call_minutes);
        plan.max_recording_minutes = max_recording_minutes.unwrap_or(plan.max_recording_minutes);
        plan.recording_idle_seconds = recording_idle_seconds.unwrap_or(plan.recording_idle_seconds);
        plan.input_failures = input_failures.unwrap_or(plan.input_failures);
        plan.logon_failures = logon_failures.unwrap_or(plan.logon_failures);
        plan.subscriber_access = subscriber_access.unwrap_or(plan.subscriber_access);
        if let Some(operator) = operator {
            plan.operator = operator.clone();
        }
        if let Some(language) = language {
            plan.language.clone_from(language);
        }
        if let Some(time_zone) = time_zone {
            plan.time_zone.clone_from(time_zone);
        }
        plan.key_layout = key_layout.unwrap_or(plan.key_layout);
        if let Some(numbers) = access_numbers {
            plan.access_numbers.clone_from(numbers);
        }
        plan.greetings = plan.greetings.patched(greetings);
        plan.dialling = plan.dialling.patched(dialling);
        plan
    }
}

/// The settings of a plan that may change after it is made; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialPlanPatch {
    /// The new mode; running calls keep theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voip_security: Option<VoipSecurity>,
    /// The new suites in place of the old ones; see [`DialPlan::srtp_suites`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtp_suites: Option<Vec<SrtpSuite>>,
    /// See [`DialPlan::srtp_prefer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtp_prefer: Option<SrtpPrefer>,
    /// See [`DialPlan::max_call_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_call_minutes: Option<u16>,
    /// See [`DialPlan::max_recording_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_recording_minutes: Option<u16>,
    /// See [`DialPlan::recording_idle_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_idle_seconds: Option<u8>,
    /// See [`DialPlan::input_failures`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_failures: Option<u8>,
    /// See [`DialPlan::logon_failures`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logon_failures: Option<u8>,
    /// See [`DialPlan::subscriber_access`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriber_access: Option<SubscriberAccess>,
    /// The new operator; `Some(None)` takes it away. JSON: a number, or the empty string to take it away.
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub operator: Option<Option<PhoneNumber>>,
    /// See [`DialPlan::language`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// See [`DialPlan::time_zone`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// See [`DialPlan::key_layout`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_layout: Option<KeyLayout>,
    /// The new access numbers in place of the old ones; see [`DialPlan::access_numbers`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_numbers: Option<Vec<PhoneNumber>>,
    /// See [`DialPlan::greetings`].
    #[serde(skip_serializing_if = "PlanGreetingsPatch::is_empty")]
    pub greetings: PlanGreetingsPatch,
    /// See [`DialPlan::dialling`].
    #[serde(skip_serializing_if = "DialPermissionsPatch::is_empty")]
    pub dialling: DialPermissionsPatch,
}

fn is_default(access: &SubscriberAccess) -> bool {
    *access == SubscriberAccess::default()
}

fn srtp_suites() -> Vec<SrtpSuite> {
    SrtpSuite::ALL.to_vec()
}

fn max_call_minutes() -> u16 {
    30
}

fn max_recording_minutes() -> u16 {
    20
}

fn recording_idle_seconds() -> u8 {
    5
}

fn three() -> u8 {
    3
}

fn language() -> String {
    "en-US".to_owned()
}

fn utc() -> String {
    DEFAULT_TIME_ZONE.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_plan_has_the_defaults_of_exchange_but_is_secured() {
        let plan = DialPlan::new(Name::parse("hq").unwrap(), 4);

        assert_eq!(
            serde_json::to_string(&plan).unwrap(),
            r#"{"name":"hq","extension_digits":4,"uri_type":"tel-extn","voip_security":"secured","srtp_suites":["AEAD_AES_256_GCM","AEAD_AES_128_GCM","AES_256_CM_HMAC_SHA1_80","AES_CM_128_HMAC_SHA1_80","AES_CM_128_HMAC_SHA1_32"],"srtp_prefer":"offer","max_call_minutes":30,"max_recording_minutes":20,"recording_idle_seconds":5,"input_failures":3,"logon_failures":3,"language":"en-US","time_zone":"UTC","key_layout":"exchange"}"#
        );
    }

    #[test]
    fn name_and_digits_are_enough_to_read_a_plan() {
        let plan: DialPlan = toml::from_str("name = \"hq\"\nextension_digits = 4\n").unwrap();

        assert_eq!(plan, DialPlan::new(Name::parse("hq").unwrap(), 4));
    }

    #[test]
    fn a_plan_stored_before_suites_could_be_chosen_allows_all_in_the_order_of_the_offerer() {
        let stored = r#"{"name":"hq","extension_digits":4,"uri_type":"tel-extn","voip_security":"secured","max_call_minutes":30,"max_recording_minutes":20,"recording_idle_seconds":5,"input_failures":3,"logon_failures":3,"language":"en-US"}"#;

        let plan: DialPlan = serde_json::from_str(stored).unwrap();

        assert_eq!(plan, DialPlan::new(Name::parse("hq").unwrap(), 4));
    }

    #[test]
    fn a_patch_puts_its_suites_in_place_of_the_old_ones() {
        let plan = DialPlan::new(Name::parse("hq").unwrap(), 4);

        let patch: DialPlanPatch =
            serde_json::from_str(r#"{"srtp_suites":["AEAD_AES_128_GCM"],"srtp_prefer":"own"}"#).unwrap();

        let patched = plan.patched(&patch);
        assert_eq!(patched.srtp_suites, [SrtpSuite::AeadAes128Gcm]);
        assert_eq!(patched.srtp_prefer, SrtpPrefer::Own);
        assert_eq!(patched.patched(&DialPlanPatch::default()), patched);
    }

    #[test]
    fn a_patch_changes_where_and_how_subscribers_hear_their_messages() {
        let plan = DialPlan::new(Name::parse("hq").unwrap(), 4);

        let patch: DialPlanPatch = serde_json::from_str(
            r#"{"time_zone":"Europe/Berlin","key_layout":"asterisk","access_numbers":["5000","+14255550100"],
                "dialling":{"allow_extensions":true}}"#,
        )
        .unwrap();

        let patched = plan.patched(&patch);
        assert_eq!((patched.time_zone.as_str(), patched.key_layout), ("Europe/Berlin", KeyLayout::Asterisk));
        assert_eq!(patched.access_numbers, ["5000", "+14255550100"].map(|n| PhoneNumber::parse(n).unwrap()));
        assert!(patched.dialling.allow_extensions && patched.dialling.allow_dial_plan_subscribers);
        assert_eq!(
            serde_json::from_str::<DialPlan>(&serde_json::to_string(&patched).unwrap()).unwrap(),
            patched
        );
    }

    #[test]
    fn secured_only_access_asks_for_pins_in_a_secured_plan_and_in_no_other() {
        let mut plan = DialPlan::new(Name::parse("hq").unwrap(), 4);
        let patch: DialPlanPatch = serde_json::from_str(r#"{"subscriber_access":"secured-only"}"#).unwrap();
        let strict = |mode: VoipSecurity| DialPlan { voip_security: mode, ..plan.patched(&patch) };

        assert!(strict(VoipSecurity::Secured).lets_subscribers_log_on());
        assert!(!strict(VoipSecurity::SipSecured).lets_subscribers_log_on());
        assert!(!strict(VoipSecurity::Unsecured).lets_subscribers_log_on());
        plan.voip_security = VoipSecurity::Unsecured;
        assert!(plan.lets_subscribers_log_on());
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let error = toml::from_str::<DialPlan>("name = \"hq\"\nextension_digits = 4\nencryption = false\n")
            .unwrap_err();

        assert!(error.to_string().contains("encryption"), "{error}");
    }

    #[test]
    fn an_empty_operator_takes_the_operator_away() {
        let mut plan = DialPlan::new(Name::parse("hq").unwrap(), 4);
        plan.operator = Some(PhoneNumber::parse("4000").unwrap());

        let patch: DialPlanPatch = serde_json::from_str(r#"{"operator":""}"#).unwrap();
        let same: DialPlanPatch = serde_json::from_str("{}").unwrap();

        assert_eq!(plan.patched(&patch).operator, None);
        assert_eq!(plan.patched(&same).operator, plan.operator);
    }
}
