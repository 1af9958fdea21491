//! The types of the management API: requests, replies, and the error with code and remedy.
