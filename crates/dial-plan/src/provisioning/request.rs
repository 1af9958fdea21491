#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::device_id::DeviceId;

/// In what form a profile is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ProfileFormat {
    /// `.json`
    Json,
    /// `.xml`
    Xml,
    /// `.txt`: a setting a line.
    Text,
}

/// What a device asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileRequest {
    /// Whose profile.
    pub device: DeviceId,
    /// In what form.
    pub format: ProfileFormat,
}

/// A path that asks for no profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "no profile has this path: ask for /profile/DEVICE.json, .xml or .txt, or for /profile.json?mac=DEVICE"
)]
pub struct BadProfilePath;

impl ProfileRequest {
    /// The longest path with its query, in octets.
    pub const MAX_PATH: usize = 256;

    /// Reads the path of a request: `/profile/DEVICE.EXT`, or `/profile.EXT?mac=DEVICE` (also `serial=`; JSON without an
    /// extension). Nothing is decoded: no device has a `%` in its id.
    ///
    /// # Errors
    /// [`BadProfilePath`].
    pub fn parse(path_and_query: &str) -> Result<Self, BadProfilePath> {
        if path_and_query.len() > Self::MAX_PATH {
            return Err(BadProfilePath);
        }
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let behind = path.strip_prefix("/profile").ok_or(BadProfilePath)?;
        let (device, extension) = match (behind.strip_prefix('/'), query) {
            (Some(file), None) => file.rsplit_once('.').ok_or(BadProfilePath)?,
            (None, Some(query)) => {
                let device = query.strip_prefix("mac=").or_else(|| query.strip_prefix("serial="));
                let extension = if behind.is_empty() { Some("json") } else { behind.strip_prefix('.') };
                (device.ok_or(BadProfilePath)?, extension.ok_or(BadProfilePath)?)
            }
            (Some(_), Some(_)) | (None, None) => return Err(BadProfilePath),
        };
        let format = ProfileFormat::of_extension(extension).ok_or(BadProfilePath)?;
        Ok(Self { device: DeviceId::parse(device).map_err(|_| BadProfilePath)?, format })
    }
}

impl ProfileFormat {
    /// What HTTP calls it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "json" => Self::Json,
            "xml" => Self::Xml,
            "txt" => Self::Text,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_is_asked_for_by_path_or_by_query() {
        let asked = |path, format| {
            let device = DeviceId::parse("000e08abcdef").unwrap();
            assert_eq!(ProfileRequest::parse(path), Ok(ProfileRequest { device, format }), "{path}");
        };

        asked("/profile/000e08abcdef.json", ProfileFormat::Json);
        asked("/profile/00:0E:08:AB:CD:EF.xml", ProfileFormat::Xml);
        asked("/profile/000e.08ab.cdef.txt", ProfileFormat::Text);
        asked("/profile?mac=000e08abcdef", ProfileFormat::Json);
        asked("/profile.xml?mac=000E08ABCDEF", ProfileFormat::Xml);
        asked("/profile.txt?serial=000e08abcdef", ProfileFormat::Text);
    }

    #[test]
    fn every_other_path_asks_for_nothing() {
        let long = format!("/profile/{}.json", "a".repeat(300));
        for path in [
            "",
            "/",
            "/profile",
            "/profile/",
            "/profile/.json",
            "/profile/000e08abcdef",
            "/profile/000e08abcdef.cfg",
            "/profile/000e08abcdef.json.json",
            "/profile/../000e08abcdef.json",
            "/profile/%30%30.json",
            "/profile/000e08abcdef.json?mac=000e08abcdee",
            "/profile?mac=000e08abcdef&mac=000e08abcdee",
            "/profile?other=000e08abcdef",
            "/profiles/000e08abcdef.json",
            "http://um.test/profile/000e08abcdef.json",
            &long,
        ] {
            assert_eq!(ProfileRequest::parse(path), Err(BadProfilePath), "{path}");
        }
    }
}
