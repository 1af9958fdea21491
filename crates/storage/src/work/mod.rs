//! The threads of the store and the queues before them.
pub(crate) mod answer;
pub(crate) mod committer;
pub(crate) mod queue;
pub(crate) mod threads;
