//! `Some(None)` as the empty string: TOML and half of all JSON clients know no null.
use std::fmt::Display;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub(crate) fn deserialize<'de, D, T>(d: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String>,
    T::Error: Display,
{
    match Option::<String>::deserialize(d)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(Some(None)),
        Some(text) => T::try_from(text).map(|value| Some(Some(value))).map_err(Error::custom),
    }
}

pub(crate) fn serialize<S: Serializer, T: Display>(
    value: &Option<Option<T>>,
    s: S,
) -> Result<S::Ok, S::Error> {
    match value {
        None => s.serialize_none(),
        Some(None) => s.serialize_str(""),
        Some(Some(value)) => s.collect_str(value),
    }
}
