//! Whatever happens: what was acknowledged is there bit for bit, nothing half-written is listed, and of everything else
//! the whole blocks are found.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use mailbox::{MailboxId, Message, MessageId, StoreReplyKind, StoreRequestKind};
use proptest::prelude::*;
use rustix::io::Errno;

use super::{
    ask, begin, commit, details, enable,
    faulty_disk::{Fault, FaultyDisk},
    options,
};
use crate::{AudioBlock, Store};

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    Append { octets: usize },
    Complete,
    Commit,
    Discard,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ending {
    Shutdown,
    Kill,
    PowerCut,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// Begun, and neither committed nor discarded so that it was told.
    Open,
    Committed(MessageId),
    Discarded,
    /// Nobody was told what came of it.
    Discarding,
}

struct Recording {
    file: String,
    sent: Vec<Vec<u8>>,
    complete: bool,
    fate: Fate,
}

/// Recordings by number, and which of them is at each of the three places that steps speak of.
struct Run {
    store: Store,
    mailbox: MailboxId,
    recordings: BTreeMap<u64, Recording>,
    places: [Option<u64>; 3],
}

impl Run {
    fn take(&mut self, place: usize, step: Step) {
        let Some(number) = self.places[place] else {
            return if let Step::Begin = step {
                self.begin(place)
            };
        };
        let recording = self.recordings.get_mut(&number).unwrap();
        let next = u32::try_from(recording.sent.len()).unwrap();
        match step {
            Step::Begin => {}
            Step::Append { .. } | Step::Complete if recording.complete => {}
            Step::Append { octets } => {
                let payload = vec![u8::try_from(number * 16 + u64::from(next)).unwrap_or(0xff); octets];
                let block = AudioBlock { number: next, payload: payload.clone().into(), last: false };
                // Refused once the spool writer is gone.
                if self.store.append(number, block).is_ok() {
                    recording.sent.push(payload);
                }
            }
            Step::Complete => {
                let block = AudioBlock { number: next, payload: Vec::new().into(), last: true };
                recording.complete = self.store.append(number, block).is_ok();
            }
            Step::Commit => {
                self.places[place] = None;
                if let Ok(StoreReplyKind::Committed { message }) = commit(&self.store, number, 1_000_000) {
                    recording.fate = Fate::Committed(message);
                }
            }
            Step::Discard => {
                self.places[place] = None;
                let reply = ask(&self.store, StoreRequestKind::DiscardRecording { recording: number });
                recording.fate =
                    if reply == Ok(StoreReplyKind::Discarded) { Fate::Discarded } else { Fate::Discarding };
            }
        }
    }

    fn begin(&mut self, place: usize) {
        let number = u64::try_from(self.recordings.len()).unwrap();
        let begun = begin(&self.store, number, self.mailbox);
        self.places[place] = begun.is_ok().then_some(number);
        let file = format!("audio/20261105T120000Z-1-{number}-0.umaudio");
        let recording = Recording { file, sent: Vec::new(), complete: false, fate: Fate::Open };
        self.recordings.insert(number, recording);
    }
}

/// Takes the steps on a disk with this fault; gives what became of each recording.
fn run(
    folder: &Path,
    disk: &FaultyDisk,
    steps: &[(usize, Step)],
    fault: Option<(usize, Fault)>,
    ending: Ending,
) -> BTreeMap<u64, Recording> {
    let (store, _) = Store::open_on(Arc::new(disk.clone()), folder, options()).unwrap();
    let mailbox = enable(&store, "4001").id;
    if let Some((passing, fault)) = fault {
        disk.fail_any(passing, fault);
    }
    let mut run = Run { store, mailbox, recordings: BTreeMap::new(), places: [None; 3] };
    for (place, step) in steps {
        run.take(*place, *step);
    }
    if ending != Ending::Shutdown {
        disk.kill();
    }
    // Ends the threads: what they still try after a kill does not reach the disk.
    drop(run.store);
    if ending == Ending::PowerCut {
        disk.cut_power();
    }
    run.recordings
}

fn first(blocks: u32, sent: &[Vec<u8>]) -> Vec<u8> {
    sent[..usize::try_from(blocks).unwrap()].concat()
}

fn check_messages(
    store: &Store,
    disk: &FaultyDisk,
    messages: &[Message],
    recordings: &BTreeMap<u64, Recording>,
) -> Result<(), TestCaseError> {
    let acknowledged: Vec<(MessageId, &Recording)> = recordings
        .values()
        .filter_map(|recording| match recording.fate {
            Fate::Committed(message) => Some((message, recording)),
            Fate::Open | Fate::Discarded | Fate::Discarding => None,
        })
        .collect();
    prop_assert_eq!(messages.len(), acknowledged.len(), "nothing is listed that was not acknowledged");
    for (id, recording) in acknowledged {
        let message = store.message(id).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let audio = store.audio(id).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&message.file, &recording.file);
        prop_assert_eq!(message.blocks, disk.whole_blocks(&store.path_of(&recording.file)));
        prop_assert_eq!(audio.octets.as_ref(), first(message.blocks, &recording.sent));
        prop_assert_eq!(u64::try_from(audio.octets.len()).unwrap(), message.octets);
        prop_assert!(!audio.damaged);
        let all = usize::try_from(message.blocks).unwrap() == recording.sent.len();
        prop_assert_eq!(message.interrupted, !(recording.complete && all));
    }
    Ok(())
}

fn check_never_lost(
    steps: &[(usize, Step)],
    fault: Option<(usize, Fault)>,
    ending: Ending,
) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let recordings = run(folder.path(), &disk, steps, fault, ending);

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();
    let mailbox = store.mailboxes(&crate::MailboxFilter::default()).unwrap()[0].id;
    check_messages(&store, &disk, &store.messages(mailbox).unwrap(), &recordings)?;

    let mut lost: BTreeMap<&str, &Recording> = recordings
        .values()
        .filter(|recording| matches!(recording.fate, Fate::Open | Fate::Discarding))
        .map(|recording| (recording.file.as_str(), recording))
        .collect();
    for found in &recovered.unfinished {
        let Some(recording) = lost.remove(found.file.as_str()) else {
            return Err(TestCaseError::fail(format!("{} came back", found.file)));
        };
        let octets: Vec<u8> = store.read_unfinished(found).unwrap().flatten().collect();
        prop_assert_eq!(&octets, &first(found.blocks, &recording.sent));
        let whole = disk.whole_blocks(&store.path_of(&found.file));
        // Without power, a part of what nobody synced may be gone.
        prop_assert!(found.blocks == whole || (ending == Ending::PowerCut && found.blocks < whole));
        let id = store.recover(found, details(0)).unwrap();
        let message = store.message(id).unwrap();
        prop_assert!(message.interrupted);
        prop_assert_eq!(store.audio(id).unwrap().octets, octets);
    }
    for found in &recovered.unreadable {
        prop_assert!(lost.contains_key(found.file.as_str()), "{} came back", found.file);
    }
    for recording in lost.into_values().filter(|recording| recording.fate == Fate::Open) {
        let whole = disk.whole_blocks(&store.path_of(&recording.file));
        prop_assert!(whole == 0 || ending == Ending::PowerCut, "{} is lost", recording.file);
    }
    Ok(())
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        3 => Just(Step::Begin),
        8 => (1..300_usize).prop_map(|octets| Step::Append { octets }),
        2 => Just(Step::Complete),
        3 => Just(Step::Commit),
        2 => Just(Step::Discard),
    ];
    prop::collection::vec((0..3_usize, step), 1..40)
}

fn faults() -> impl Strategy<Value = Option<(usize, Fault)>> {
    let fault = prop_oneof![
        Just(Fault::Refused(Errno::IO)),
        (0..400_usize).prop_map(|octets| Fault::Torn(octets, Errno::NOSPC)),
        (0..400_usize).prop_map(Fault::Killed),
        Just(Fault::KilledAfter),
        Just(Fault::Panics),
    ];
    prop::option::weighted(0.9, (0..40_usize, fault))
}

fn endings() -> impl Strategy<Value = Ending> {
    prop_oneof![Just(Ending::Shutdown), Just(Ending::Kill), Just(Ending::PowerCut)]
}

/// A few here; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_fault_and_no_kill_loses_what_was_acknowledged(
        steps in steps(),
        fault in faults(),
        ending in endings(),
    ) {
        check_never_lost(&steps, fault, ending)?;
    }
}
