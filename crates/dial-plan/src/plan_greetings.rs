use serde::{Deserialize, Serialize};

use crate::{clearable, name::Name};

/// Recordings of the administrator's own that callers of a plan hear. That they exist is the caller's to check.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlanGreetings {
    /// Heard by whoever calls an access number, in place of the server's welcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Name>,
    /// Heard after the welcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Name>,
    /// Whether no key cuts welcome and announcement short.
    #[serde(skip_serializing_if = "is_interruptible")]
    pub announcement_uninterruptible: bool,
    /// Heard by callers of a mailbox that has no greeting of its own, in place of the server's sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Name>,
}

/// What changes of them; what is `None` stays, and the empty string takes a recording away.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlanGreetingsPatch {
    /// See [`PlanGreetings::welcome`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub welcome: Option<Option<Name>>,
    /// See [`PlanGreetings::announcement`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub announcement: Option<Option<Name>>,
    /// See [`PlanGreetings::announcement_uninterruptible`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcement_uninterruptible: Option<bool>,
    /// See [`PlanGreetings::mailbox`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub mailbox: Option<Option<Name>>,
}

impl PlanGreetings {
    /// Every recording that is named.
    pub fn recordings(&self) -> impl Iterator<Item = &Name> {
        [&self.welcome, &self.announcement, &self.mailbox].into_iter().flatten()
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Those of `patch` in place of these.
    #[must_use]
    pub(crate) fn patched(&self, patch: &PlanGreetingsPatch) -> Self {
        let given = |new: &Option<Option<Name>>, old: &Option<Name>| new.as_ref().unwrap_or(old).clone();
        Self {
            welcome: given(&patch.welcome, &self.welcome),
            announcement: given(&patch.announcement, &self.announcement),
            announcement_uninterruptible: patch
                .announcement_uninterruptible
                .unwrap_or(self.announcement_uninterruptible),
            mailbox: given(&patch.mailbox, &self.mailbox),
        }
    }
}

impl PlanGreetingsPatch {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_interruptible(uninterruptible: &bool) -> bool {
    !uninterruptible
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DialPlan, DialPlanPatch};

    fn hq() -> DialPlan {
        DialPlan::new(Name::parse("hq").unwrap(), 4)
    }

    fn patch(text: &str) -> DialPlanPatch {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_setting_of_a_patch_changes_its_own_and_leaves_the_others() {
        let all = hq().patched(&patch(
            r#"{"greetings":{"welcome":"Hello","announcement":"News","announcement_uninterruptible":true,
                "mailbox":"Away"}}"#,
        ));
        let after = |text: &str| {
            let greetings = all.patched(&patch(text)).greetings;
            let word = |name: Option<Name>| name.map_or_else(|| "-".to_owned(), String::from);
            let keys = if greetings.announcement_uninterruptible { "ignored" } else { "heard" };
            format!(
                "{} {} {keys} {}",
                word(greetings.welcome),
                word(greetings.announcement),
                word(greetings.mailbox)
            )
        };
        let table = [
            (r"{}", "Hello News ignored Away"),
            (r#"{"greetings":{}}"#, "Hello News ignored Away"),
            (r#"{"greetings":{"welcome":"Good day"}}"#, "Good day News ignored Away"),
            (r#"{"greetings":{"welcome":""}}"#, "- News ignored Away"),
            (r#"{"greetings":{"announcement":"Snow"}}"#, "Hello Snow ignored Away"),
            (r#"{"greetings":{"announcement":""}}"#, "Hello - ignored Away"),
            (r#"{"greetings":{"announcement_uninterruptible":false}}"#, "Hello News heard Away"),
            (r#"{"greetings":{"mailbox":"Nobody"}}"#, "Hello News ignored Nobody"),
            (r#"{"greetings":{"mailbox":""}}"#, "Hello News ignored -"),
        ];

        for (text, expected) in table {
            assert_eq!(after(text), expected, "{text}");
        }
    }

    #[test]
    fn a_plan_reads_back_the_recordings_that_it_wrote_and_writes_none_by_default() {
        let plan =
            hq().patched(&patch(r#"{"greetings":{"welcome":"Hello","announcement_uninterruptible":true}}"#));

        let text = toml::to_string(&plan).unwrap();

        assert!(
            text.ends_with("[greetings]\nwelcome = \"Hello\"\nannouncement_uninterruptible = true\n"),
            "{text}"
        );
        assert_eq!(toml::from_str::<DialPlan>(&text).unwrap(), plan);
        assert!(!toml::to_string(&hq()).unwrap().contains("greetings"));
    }
}
