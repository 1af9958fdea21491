//! Drives the one `SignalingCore`: inputs from every side into bounded queues, outputs to the edge without waiting.
mod edge;
mod inbox;

use std::{future, time::Instant};

use call_control::SignalingCore;
use jiff::Timestamp;
use tokio::time::sleep_until;

pub use edge::{CoreLoad, Edge};
pub use inbox::{Inbox, InboxReader, Offered, inbox};

/// Inputs taken at once before deadlines are looked at again.
const BATCH: usize = 64;

/// Runs the core until its task is aborted: the edge holds a sender of the inbox itself, so the inbox alone never ends.
pub async fn drive(mut core: SignalingCore, mut reader: InboxReader, mut edge: Edge) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        while let Some(output) = core.poll_output() {
            if let Some(input) = edge.perform(output) {
                core.handle_input(input, Instant::now(), Timestamp::now());
            }
        }
        edge.report(CoreLoad { calls: core.call_count(), draining: core.is_draining() });
        let deadline = core.poll_timeout();
        let timeout = async {
            match deadline {
                Some(at) => sleep_until(at.into()).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            open = reader.receive(&mut batch, BATCH) => {
                if !open {
                    return;
                }
                for input in batch.drain(..) {
                    edge.trace_in(&input);
                    core.handle_input(input, Instant::now(), Timestamp::now());
                }
            }
            () = timeout => core.handle_timeout(Instant::now(), Timestamp::now()),
        }
    }
}
