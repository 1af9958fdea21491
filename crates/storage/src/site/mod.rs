//! The configuration and its revisions.
pub(crate) mod revisions;
pub(crate) mod rules;
