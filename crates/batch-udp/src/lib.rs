//! Socket batches for the media workers: the one crate with unsafe code.
