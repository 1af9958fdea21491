//! A disk that fails as it is told, and forgets on a power cut what it was not told to keep.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use rustix::io::Errno;

use crate::{
    DiskSpace,
    disk::file_system::{FileSystem, GrowingFile, SystemFiles},
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    Create,
    Append,
    SyncFile,
    SyncFolder,
    Remove,
    List,
    Space,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// Nothing is done.
    Refused(Errno),
    /// So many octets at most of what is appended are written; any other operation is refused.
    Torn(usize, Errno),
    /// As `Torn`, and nothing is done ever after: the process is killed.
    Killed(usize),
    /// It is done, and nothing ever after.
    KilledAfter,
    /// The thread panics.
    Panics,
    /// It waits until [`FaultyDisk::go_on`], and is done then.
    Stalls,
}

#[derive(Clone, Default)]
pub(super) struct FaultyDisk(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Of which operation (any, if none), how many pass before, and what happens then, once.
    faults: Vec<(Option<Operation>, usize, Fault)>,
    dead: bool,
    stalled: bool,
    files: BTreeMap<PathBuf, Kept>,
    /// Removed, and the folder not synced since.
    removed: BTreeMap<PathBuf, Vec<u8>>,
}

#[derive(Default)]
struct Kept {
    octets: usize,
    /// Appended wholly, the head of the file counted.
    appends: u32,
    synced_octets: usize,
    synced_name: bool,
}

impl FaultyDisk {
    /// Lets one operation of this kind fail, after so many that pass.
    pub(super) fn fail(&self, operation: Operation, passing: usize, fault: Fault) {
        self.state().faults.push((Some(operation), passing, fault));
    }

    /// Lets one operation of any kind fail, after so many that pass.
    pub(super) fn fail_any(&self, passing: usize, fault: Fault) {
        self.state().faults.push((None, passing, fault));
    }

    /// Nothing is done from now on.
    pub(super) fn kill(&self) {
        self.state().dead = true;
        self.0.changed.notify_all();
    }

    pub(super) fn wait_until_stalled(&self) {
        drop(self.0.changed.wait_while(self.state(), |state| !state.stalled).unwrap());
    }

    pub(super) fn go_on(&self) {
        self.state().stalled = false;
        self.0.changed.notify_all();
    }

    /// Blocks of a file that were appended wholly.
    pub(super) fn whole_blocks(&self, path: &Path) -> u32 {
        self.state().files.get(path).map_or(0, |kept| kept.appends.saturating_sub(1))
    }

    /// What was not synced is gone, in files and in the folder; to be called when no store is open.
    pub(super) fn cut_power(&self) {
        let state = self.state();
        for (path, kept) in &state.files {
            match (path.exists(), kept.synced_name) {
                (true, true) => {
                    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
                    file.set_len(u64::try_from(kept.synced_octets).unwrap()).unwrap();
                }
                (true, false) => fs::remove_file(path).unwrap(),
                (false, _) => {}
            }
        }
        for (path, octets) in &state.removed {
            fs::write(path, octets).unwrap();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// Does an operation, or what is to happen in its place. `part` does so many octets of it at most.
    fn perform<T>(
        &self,
        operation: Operation,
        part: impl FnOnce(usize) -> io::Result<()>,
        whole: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match self.due(operation)? {
            None => whole(),
            Some(Fault::Refused(errno)) => Err(errno.into()),
            Some(Fault::Torn(octets, errno)) => part(octets).and(Err(errno.into())),
            Some(Fault::Killed(octets)) => {
                part(octets)?;
                self.kill();
                Err(Errno::IO.into())
            }
            Some(Fault::KilledAfter) => {
                whole()?;
                self.kill();
                Err(Errno::IO.into())
            }
            Some(Fault::Panics) => panic!("a fault of the disk"),
            Some(Fault::Stalls) => {
                self.state().stalled = true;
                self.0.changed.notify_all();
                drop(self.0.changed.wait_while(self.state(), |state| state.stalled && !state.dead).unwrap());
                whole()
            }
        }
    }

    fn due(&self, operation: Operation) -> io::Result<Option<Fault>> {
        let mut state = self.state();
        if state.dead {
            return Err(Errno::IO.into());
        }
        let mut due = None;
        state.faults.retain_mut(|(of, passing, fault)| {
            if due.is_some() || of.is_some_and(|of| of != operation) {
                return true;
            }
            let happens = *passing == 0;
            *passing = passing.saturating_sub(1);
            due = happens.then_some(*fault);
            !happens
        });
        Ok(due)
    }
}

impl FileSystem for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn GrowingFile>> {
        self.perform(
            Operation::Create,
            |_| Ok(()),
            || {
                let file = SystemFiles.create(path)?;
                self.state().files.insert(path.to_owned(), Kept::default());
                Ok(Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), file })
                    as Box<dyn GrowingFile>)
            },
        )
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.perform(Operation::SyncFile, |_| Ok(()), || SystemFiles.sync_file(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.perform(
            Operation::SyncFolder,
            |_| Ok(()),
            || {
                let mut state = self.state();
                state.removed.clear();
                state.files.values_mut().for_each(|kept| kept.synced_name = true);
                SystemFiles.sync_folder(folder)
            },
        )
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.perform(
            Operation::Remove,
            |_| Ok(()),
            || {
                // Without a sync, the disk may know all of the file and nothing of its removal.
                self.state().removed.insert(path.to_owned(), fs::read(path)?);
                SystemFiles.remove(path)
            },
        )
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.perform(Operation::List, |_| Ok(()), || SystemFiles.list(folder))
    }

    fn space(&self, folder: &Path) -> io::Result<DiskSpace> {
        self.perform(Operation::Space, |_| Ok(()), || SystemFiles.space(folder))
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    file: Box<dyn GrowingFile>,
}

impl FaultyFile {
    fn note(&self, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.disk.state().files.get_mut(&self.path) {
            change(kept);
        }
    }
}

impl GrowingFile for FaultyFile {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        let disk = self.disk.clone();
        let this = std::cell::RefCell::new(self);
        let part = |most: usize| {
            // The last octet is never written: the block would be whole.
            let some = &octets[..most.min(octets.len() - 1)];
            this.borrow_mut().file.append(some)?;
            this.borrow().note(|kept| kept.octets += some.len());
            Ok(())
        };
        disk.perform(Operation::Append, part, || {
            this.borrow_mut().file.append(octets)?;
            this.borrow().note(|kept| {
                kept.octets += octets.len();
                kept.appends += 1;
            });
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.perform(
            Operation::SyncFile,
            |_| Ok(()),
            || {
                self.file.sync()?;
                self.note(|kept| kept.synced_octets = kept.octets);
                Ok(())
            },
        )
    }
}
