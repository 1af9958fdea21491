use serde::{Deserialize, Serialize};
use telephony::PhoneNumber;

use super::{
    auto_attendant::{AutoAttendant, NameLookup},
    holiday::Holiday,
    hours::BusinessHours,
    menu::{KeyMapping, MenuKey, MenuTime},
};
use crate::{clearable, dialling_rules::DialPermissionsPatch, name::Name};

/// The settings of an attendant that may change after it is made; what is `None` or empty stays. Texts and numbers that
/// an attendant may be without are taken away by the empty string.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttendantPatch {
    /// See [`AutoAttendant::enabled`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The new pilots in place of the old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilots: Option<Vec<PhoneNumber>>,
    /// See [`AutoAttendant::language`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub language: Option<Option<String>>,
    /// See [`AutoAttendant::time_zone`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub time_zone: Option<Option<String>>,
    /// See [`AutoAttendant::operator`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub operator: Option<Option<PhoneNumber>>,
    /// See [`AutoAttendant::timeout_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u8>,
    /// See [`AutoAttendant::name_lookup`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_lookup: Option<NameLookup>,
    /// See [`AutoAttendant::call_someone`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_someone: Option<bool>,
    /// See [`AutoAttendant::send_messages`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_messages: Option<bool>,
    /// See [`AutoAttendant::announcement`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub announcement: Option<Option<Name>>,
    /// See [`AutoAttendant::announcement_uninterruptible`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcement_uninterruptible: Option<bool>,
    /// See [`AutoAttendant::location`].
    #[serde(skip_serializing_if = "Option::is_none", with = "clearable")]
    pub location: Option<Option<Name>>,
    /// The new hours in place of the old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<BusinessHours>,
    /// What changes in the menus.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub menus: Vec<MenuChange>,
    /// Keys that get a meaning or lose it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyChange>,
    /// Holidays that are to be forgotten, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_holidays: Vec<Name>,
    /// Holidays that are added, after others have been removed; one of the same name is replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_holidays: Vec<Holiday>,
    /// See [`AutoAttendant::dialling`].
    #[serde(skip_serializing_if = "DialPermissionsPatch::is_empty")]
    pub dialling: DialPermissionsPatch,
}

/// A change of one menu; what is `None` stays.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MenuChange {
    /// Which menu.
    pub when: MenuTime,
    /// See [`super::AttendantMenu::greeting`].
    #[serde(default, skip_serializing_if = "Option::is_none", with = "clearable")]
    pub greeting: Option<Option<Name>>,
    /// See [`super::AttendantMenu::prompt`].
    #[serde(default, skip_serializing_if = "Option::is_none", with = "clearable")]
    pub prompt: Option<Option<Name>>,
    /// See [`super::AttendantMenu::operator`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<bool>,
}

/// A key of one menu gets a meaning, or loses it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Which menu.
    pub when: MenuTime,
    /// Which key.
    pub key: MenuKey,
    /// Its meaning from now on; without it the key does nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<KeyMapping>,
}

impl AutoAttendant {
    /// The attendant with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &AttendantPatch) -> Self {
        let mut new = self.clone();
        new.enabled = patch.enabled.unwrap_or(new.enabled);
        replace(&mut new.pilots, patch.pilots.as_ref());
        replace(&mut new.language, patch.language.as_ref());
        replace(&mut new.time_zone, patch.time_zone.as_ref());
        replace(&mut new.operator, patch.operator.as_ref());
        new.timeout_seconds = patch.timeout_seconds.unwrap_or(new.timeout_seconds);
        new.name_lookup = patch.name_lookup.unwrap_or(new.name_lookup);
        new.call_someone = patch.call_someone.unwrap_or(new.call_someone);
        new.send_messages = patch.send_messages.unwrap_or(new.send_messages);
        replace(&mut new.announcement, patch.announcement.as_ref());
        new.announcement_uninterruptible =
            patch.announcement_uninterruptible.unwrap_or(new.announcement_uninterruptible);
        replace(&mut new.location, patch.location.as_ref());
        replace(&mut new.hours, patch.hours.as_ref());
        for change in &patch.menus {
            let menu = new.menu_mut(change.when);
            replace(&mut menu.greeting, change.greeting.as_ref());
            replace(&mut menu.prompt, change.prompt.as_ref());
            menu.operator = change.operator.unwrap_or(menu.operator);
        }
        for change in &patch.keys {
            let keys = &mut new.menu_mut(change.when).keys;
            match &change.mapping {
                Some(mapping) => keys.insert(change.key, mapping.clone()),
                None => keys.remove(&change.key),
            };
        }
        new.holidays.retain(|holiday| !patch.forgets(holiday));
        new.holidays.extend(patch.add_holidays.iter().cloned());
        new.holidays.sort_by(|a, b| (a.from, &a.name).cmp(&(b.from, &b.name)));
        new.dialling = new.dialling.patched(&patch.dialling);
        new
    }
}

impl AttendantPatch {
    fn forgets(&self, holiday: &Holiday) -> bool {
        self.remove_holidays.contains(&holiday.name)
            || self.add_holidays.iter().any(|added| added.name == holiday.name)
    }
}

fn replace<T: Clone>(setting: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        setting.clone_from(new);
    }
}
