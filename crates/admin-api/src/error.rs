use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request was refused: a stable code, what it is about, what happened, and what to do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ApiError {
    /// Stable word in kebab case; one of [`code`], or of `dial_plan::SiteError::code`.
    pub code: String,
    /// The object it is about, `gateway gw1`; empty where there is none.
    pub object: String,
    /// What happened, with values; lower case, no full stop.
    pub message: String,
    /// What to do next, with the command where one helps; may be empty.
    pub remedy: String,
    /// The single mistakes, where a request had many parts (an import).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

/// One mistake among many.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ErrorDetail {
    /// Where it stands, `line 17`.
    pub place: String,
    /// What is wrong there.
    pub message: String,
}

/// The codes that the server itself gives. They never change their meaning.
pub mod code {
    /// No object of that name.
    pub const NOT_FOUND: &str = "not-found";
    /// An object of that name exists.
    pub const ALREADY_EXISTS: &str = "already-exists";
    /// A value that cannot be.
    pub const INVALID: &str = "invalid";
    /// An extension that several dial plans have.
    pub const AMBIGUOUS: &str = "ambiguous";
    /// Something else still needs the object.
    pub const IN_USE: &str = "in-use";
    /// Somebody else changed the same thing meanwhile.
    pub const CONFLICT: &str = "conflict";
    /// The user of the socket's other end may not do this.
    pub const NOT_ALLOWED: &str = "not-allowed";
    /// The server cannot do it now.
    pub const UNAVAILABLE: &str = "unavailable";
    /// A fault of the server or its disk.
    pub const INTERNAL: &str = "internal";
}

impl ApiError {
    /// An error without details.
    pub fn new(
        code: &str,
        object: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code: code.to_owned(),
            object: object.into(),
            message: message.into(),
            remedy: remedy.into(),
            details: Vec::new(),
        }
    }

    /// An error in the words of the house, in which the remedy stands behind the last colon.
    pub fn told(code: &str, object: impl Into<String>, words: &str) -> Self {
        let (message, remedy) = remedy_apart(words);
        Self::new(code, object, message, remedy)
    }

    /// HTTP status that carries this error. Codes that only a validation can give are `422`.
    pub fn http_status(&self) -> u16 {
        match self.code.as_str() {
            code::NOT_FOUND => 404,
            code::ALREADY_EXISTS | code::AMBIGUOUS | code::IN_USE | code::CONFLICT => 409,
            code::NOT_ALLOWED => 403,
            code::UNAVAILABLE => 503,
            code::INTERNAL => 500,
            _ => 422,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// Takes an error's words apart into what happened and what to do. Our error types write both in one sentence, the
/// remedy behind the last colon; without a colon there is no remedy.
pub fn remedy_apart(words: &str) -> (&str, &str) {
    words.rsplit_once(": ").unwrap_or((words, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_without_details_has_exactly_four_keys() {
        let error = ApiError::new(code::NOT_FOUND, "gateway gw1", "there is no gateway `gw1`", "");

        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"code":"not-found","object":"gateway gw1","message":"there is no gateway `gw1`","remedy":""}"#
        );
    }

    #[test]
    fn remedy_stands_behind_the_last_colon() {
        let error = ApiError::told(code::IN_USE, "", "the folder /a: b is in use: stop that server");

        assert_eq!(error.message, "the folder /a: b is in use");
        assert_eq!(error.remedy, "stop that server");
        assert_eq!(remedy_apart("no colon"), ("no colon", ""));
    }

    #[test]
    fn codes_of_a_validation_are_422() {
        assert_eq!(ApiError::new("name-has-forbidden-character", "", "", "").http_status(), 422);
        assert_eq!(ApiError::new(code::NOT_FOUND, "", "", "").http_status(), 404);
        assert_eq!(ApiError::new(code::IN_USE, "", "", "").http_status(), 409);
    }
}
