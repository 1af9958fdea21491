use admin_api::Changed;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Subcommand};
use dial_plan::{
    DialMask, DialPlan, DialPlanPatch, DiallingRule, KeyLayout, Name, PlanGreetingsPatch, SrtpPrefer,
    SubscriberAccess, UriType, VoipSecurity,
};
use telephony::{PhoneNumber, SrtpSuite};

use crate::attendant::{announcement, recording};
use crate::client::{Client, path};
use crate::dialling::{OrNone, name_or_none};
use crate::failure::Failure;
use crate::report::{self, Format, or_hyphen};
use crate::{dialling, words};

/// `um dialplan ..`
#[derive(Debug, Subcommand)]
pub(crate) enum DialPlanCommand {
    /// Make a dial plan, and its default mailbox policy with it.
    Create(Create),
    /// List the dial plans.
    List(Format),
    /// Show one dial plan.
    Show {
        /// The dial plan.
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// Change settings of a dial plan; they hold from the next call on.
    Set {
        /// The dial plan.
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Delete a dial plan that has no mailboxes and no hunt groups.
    Delete {
        /// The dial plan.
        name: String,
    },
    /// Dialling rules: numbers outside the plan that may be dialled. Without a rule none is.
    #[command(subcommand)]
    Rule(RuleCommand),
}

/// `um dialplan rule ..`
#[derive(Debug, Subcommand)]
pub(crate) enum RuleCommand {
    /// Add a rule behind the others; it counts for those that its group is allowed.
    Add {
        /// The dial plan.
        plan: String,
        /// The group of the rule, 32 characters at most; new, or one that has rules already.
        group: Name,
        /// The numbers as callers enter them: digits, x for any digit, * at the end for any more of them.
        mask: DialMask,
        /// What is dialled for them: the x take the last digits that stood for x, the * what stood there.
        dialled: DialMask,
        /// For administrators.
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        comment: String,
    },
    /// List the rules of a dial plan, in the order in which they are tried.
    List {
        /// The dial plan.
        plan: String,
        #[command(flatten)]
        format: Format,
    },
    /// Remove a rule.
    Remove {
        /// The dial plan.
        plan: String,
        /// The group of the rule.
        group: String,
        /// The numbers that it is for.
        mask: String,
    },
}

/// `um dialplan create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new dial plan's name, 49 characters at most.
    name: Name,
    /// Digits of every extension, 1 to 20; cannot be changed later.
    #[arg(long, value_name = "N")]
    extension_digits: u8,
    /// How numbers look; cannot be changed later. Default: tel-extn.
    #[arg(long, value_name = "TYPE", value_parser = words::of::<UriType>())]
    uri_type: Option<UriType>,
    #[command(flatten)]
    settings: Settings,
}

/// What can be changed.
#[derive(Args, Debug)]
#[group(multiple = true)]
pub(crate) struct Settings {
    /// What every call of the plan must be: TLS and SRTP, TLS alone, or neither. Default: secured.
    #[arg(long, value_name = "MODE", value_parser = words::of::<VoipSecurity>())]
    voip_security: Option<VoipSecurity>,
    /// SRTP suites that calls of a secured plan may agree on, first preferred. Default: all five.
    #[arg(long, value_name = "SUITE,..", action = ArgAction::Set, value_delimiter = ',', value_parser = words::of::<SrtpSuite>())]
    srtp_suites: Option<Vec<SrtpSuite>>,
    /// Whose order decides among several offered suites: that of the offer, or the plan's own. Default: offer.
    #[arg(long, value_name = "WHOSE", value_parser = words::of::<SrtpPrefer>())]
    srtp_prefer: Option<SrtpPrefer>,
    /// The longest call, 10 to 120 minutes. Default: 30.
    #[arg(long, value_name = "MINUTES")]
    max_call_minutes: Option<u16>,
    /// The longest message, 1 to 100 minutes, shorter than the longest call. Default: 20.
    #[arg(long, value_name = "MINUTES")]
    max_recording_minutes: Option<u16>,
    /// Silence that ends a recording, 2 to 10 seconds. Default: 5.
    #[arg(long, value_name = "SECONDS")]
    recording_idle_seconds: Option<u8>,
    /// Wrong inputs before the call ends, 1 to 20. Default: 3.
    #[arg(long, value_name = "N")]
    input_failures: Option<u8>,
    /// Wrong PINs before the call ends, 1 to 20. Default: 3.
    #[arg(long, value_name = "N")]
    logon_failures: Option<u8>,
    /// On which calls subscribers may log on: any, or only while the plan is secured, so that no PIN travels in the
    /// clear. Default: any.
    #[arg(long, value_name = "WHICH", value_parser = words::of::<SubscriberAccess>())]
    subscriber_access: Option<SubscriberAccess>,
    /// Where 0 leads; "" takes it away. Default: none, the caller is told goodbye.
    #[arg(long, value_name = "NUMBER", value_parser = operator)]
    operator: Option<OperatorWord>,
    /// Language of the prompts: en-US, fr-FR, es-ES or zh-CN. Default: en-US.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Where the days of the plan begin: an IANA name such as Europe/Berlin. Default: UTC.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// What the keys mean to subscribers who listen to messages. Default: exchange.
    #[arg(long, value_name = "LAYOUT", value_parser = words::of::<KeyLayout>())]
    key_layout: Option<KeyLayout>,
    /// The numbers that subscribers call to hear their messages, in place of those there were; "" takes them away.
    /// Default: none.
    #[arg(long, value_name = "NUMBER,..", action = ArgAction::Set, value_delimiter = ',', value_parser = dialling::number_or_none)]
    access_number: Option<Vec<dialling::OrNone<PhoneNumber>>>,
    #[command(flatten)]
    greetings: Greetings,
    #[command(flatten)]
    dialling: dialling::Permissions,
}

/// Recordings of the administrator's own that callers hear.
#[derive(Args, Debug)]
struct Greetings {
    /// The recording that greets who calls an access number, in place of the built-in welcome; "" takes it away. See `um
    /// prompt import --announcement`.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    welcome_greeting: Option<OrNone<Name>>,
    /// A recording that is heard after the welcome; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    info_announcement: Option<OrNone<Name>>,
    /// Whether a key cuts that recording short. Default: yes.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no())]
    info_announcement_interruptible: Option<bool>,
    /// The recording that callers of a mailbox hear that has no greeting of its own, in place of the built-in sentence; ""
    /// takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    mailbox_greeting: Option<OrNone<Name>>,
}

fn yes_or_no() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|word| word == "yes")
}

impl From<Greetings> for PlanGreetingsPatch {
    fn from(given: Greetings) -> Self {
        Self {
            welcome: given.welcome_greeting.map(OrNone::value),
            announcement: given.info_announcement.map(OrNone::value),
            announcement_uninterruptible: given.info_announcement_interruptible.map(|may| !may),
            mailbox: given.mailbox_greeting.map(OrNone::value),
        }
    }
}

/// The value of `--operator`: a number, or none.
#[derive(Clone, Debug)]
struct OperatorWord(Option<PhoneNumber>);

fn operator(text: &str) -> Result<OperatorWord, telephony::NumberError> {
    if text.is_empty() {
        return Ok(OperatorWord(None));
    }
    PhoneNumber::parse(text).map(|number| OperatorWord(Some(number)))
}

impl From<Settings> for DialPlanPatch {
    fn from(settings: Settings) -> Self {
        Self {
            voip_security: settings.voip_security,
            srtp_suites: settings.srtp_suites,
            srtp_prefer: settings.srtp_prefer,
            max_call_minutes: settings.max_call_minutes,
            max_recording_minutes: settings.max_recording_minutes,
            recording_idle_seconds: settings.recording_idle_seconds,
            input_failures: settings.input_failures,
            logon_failures: settings.logon_failures,
            subscriber_access: settings.subscriber_access,
            operator: settings.operator.map(|OperatorWord(number)| number),
            language: settings.language,
            time_zone: settings.time_zone,
            key_layout: settings.key_layout,
            access_numbers: settings.access_number.map(dialling::given),
            greetings: settings.greetings.into(),
            dialling: settings.dialling.into(),
        }
    }
}

impl DialPlanCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                let mut plan = DialPlan::new(create.name, create.extension_digits);
                plan.uri_type = create.uri_type.unwrap_or_default();
                let plan = plan.patched(&create.settings.into());
                client.post::<Changed>(&path(&["dial-plans"]), &plan).await.map(report::warnings)
            }
            Self::List(format) => {
                let plans: Vec<DialPlan> = client.get(&path(&["dial-plans"])).await?;
                format.list(&plans, ["NAME", "VOIP SECURITY", "DIGITS", "URI TYPE", "LANGUAGE"], |plan| {
                    [
                        plan.name.to_string(),
                        plan.voip_security.word().to_owned(),
                        plan.extension_digits.to_string(),
                        plan.uri_type.to_string(),
                        plan.language.clone(),
                    ]
                })
            }
            Self::Show { name, format } => {
                let plan: DialPlan = client.get(&path(&["dial-plans", &name])).await?;
                format.facts(&plan, facts)
            }
            Self::Set { name, settings } => {
                let patch = DialPlanPatch::from(settings);
                if patch == DialPlanPatch::default() {
                    return Err(report::nothing_to_set("dialplan set"));
                }
                client.patch::<Changed>(&path(&["dial-plans", &name]), &patch).await.map(report::warnings)
            }
            Self::Delete { name } => {
                client.delete::<Changed>(&path(&["dial-plans", &name])).await.map(report::warnings)
            }
            Self::Rule(command) => command.run(client).await,
        }
    }
}

impl RuleCommand {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add { plan, group, mask, dialled, comment } => {
                let rule = DiallingRule { group, mask, dialled, comment };
                let path = path(&["dial-plans", &plan, "dialling-rules"]);
                client.post::<Changed>(&path, &rule).await.map(report::warnings)
            }
            Self::List { plan, format } => {
                let plan: DialPlan = client.get(&path(&["dial-plans", &plan])).await?;
                format.list(&plan.dialling_rules, ["GROUP", "MASK", "DIALLED", "COMMENT"], |rule| {
                    [
                        rule.group.to_string(),
                        rule.mask.to_string(),
                        rule.dialled.to_string(),
                        or_hyphen(Some(&rule.comment)),
                    ]
                })
            }
            Self::Remove { plan, group, mask } => {
                let path = path(&["dial-plans", &plan, "dialling-rules", &group, &mask]);
                client.delete::<Changed>(&path).await.map(report::warnings)
            }
        }
    }
}

fn facts(plan: &DialPlan) -> Vec<(&'static str, String)> {
    vec![
        ("name", plan.name.to_string()),
        ("voip security", plan.voip_security.word().to_owned()),
        ("SRTP suites", plan.srtp_suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(", ")),
        ("SRTP prefer", plan.srtp_prefer.to_string()),
        ("extension digits", plan.extension_digits.to_string()),
        ("uri type", plan.uri_type.to_string()),
        ("longest call", format!("{} minutes", plan.max_call_minutes)),
        ("longest message", format!("{} minutes", plan.max_recording_minutes)),
        ("recording ends after", format!("{} seconds of silence", plan.recording_idle_seconds)),
        ("input failures", plan.input_failures.to_string()),
        ("logon failures", plan.logon_failures.to_string()),
        ("subscriber access", plan.subscriber_access.to_string()),
        ("operator", or_hyphen(plan.operator.as_ref().map(PhoneNumber::as_str))),
        ("language", plan.language.clone()),
        ("time zone", plan.time_zone.clone()),
        ("key layout", plan.key_layout.to_string()),
        ("access numbers", dialling::listed(&plan.access_numbers)),
        ("welcome greeting", recording(plan.greetings.welcome.as_ref())),
        (
            "info announcement",
            announcement(plan.greetings.announcement.as_ref(), plan.greetings.announcement_uninterruptible),
        ),
        ("mailbox greeting", recording(plan.greetings.mailbox.as_ref())),
        ("may be dialled", dialling::words(&plan.dialling)),
    ]
}
