//! What a store does.

use crate::record::RecordError;
use cloister_types::GroupId;
use std::{io, path::PathBuf};

/// Whose journal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
}

/// A state as it was before a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Number of the first record that it does not contain.
    pub before: u64,
    /// The state.
    pub bytes: Vec<u8>,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file or its folder cannot be made ready.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no journal, is damaged, or another process has it open.
    #[error("{path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Box<redb::DatabaseError>,
    },
    /// The database refuses to read or write.
    #[error("the journal cannot be read or written: {0}")]
    Database(#[source] Box<redb::Error>),
    /// The file is that of another chain or group.
    #[error(
        "the journal in {path} is that of group {} of the chain with genesis 0x{}: it belongs to another network or \
         group; name another folder, or move it away",
        found.group, hex(&found.genesis)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: Identity,
    },
    /// The file was written by another version of this program.
    #[error("the journal in {path} has format {found}, and this program reads format {expected}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
        /// The format of this program.
        expected: u8,
    },
    /// A journal that begins cannot get an id.
    #[error("the operating system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
    /// A record is missing.
    #[error("record {0} of the journal is missing")]
    Gap(u64),
    /// A record or a snapshot is damaged.
    #[error("record {number} of the journal: {source}")]
    Record {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        source: RecordError,
    },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Records in order, each with its number.
pub type Records = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), JournalError>> + Send>;

/// Keeps records, numbered from 0 without gaps, and snapshots.
///
/// What a method has written when it returns is still there after the machine loses its power; if it fails, nothing of
/// what it was given is there.
pub trait Journal: Send + 'static {
    /// What it is known by: no other journal has the same, unless it is a copy of this one.
    fn id(&self) -> [u8; 32];

    /// Number of the next record.
    fn next(&self) -> u64;

    /// Appends records, all or none.
    ///
    /// # Errors
    /// [`JournalError`].
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError>;

    /// Appends records, all or none, and forgets those with lower numbers than `before`, in one write if the store can
    /// do that.
    ///
    /// # Errors
    /// [`JournalError`].
    fn append_and_prune(&mut self, records: &[Vec<u8>], before: u64) -> Result<(), JournalError> {
        self.append(records)?;
        if before > 0 {
            self.prune(before)?;
        }
        Ok(())
    }

    /// The newest snapshot.
    ///
    /// # Errors
    /// [`JournalError`].
    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError>;

    /// Keeps a snapshot of the state before record `before`, which is at most the next one's number, and forgets those
    /// of earlier states.
    ///
    /// # Errors
    /// [`JournalError`].
    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError>;

    /// The records from a number on that are there.
    ///
    /// # Errors
    /// [`JournalError`].
    fn records(&self, from: u64) -> Result<Records, JournalError>;

    /// Forgets the records with lower numbers.
    ///
    /// # Errors
    /// [`JournalError`].
    fn prune(&mut self, before: u64) -> Result<(), JournalError>;
}

impl Journal for Box<dyn Journal> {
    fn id(&self) -> [u8; 32] {
        (**self).id()
    }

    fn next(&self) -> u64 {
        (**self).next()
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        (**self).append(records)
    }

    fn append_and_prune(&mut self, records: &[Vec<u8>], before: u64) -> Result<(), JournalError> {
        (**self).append_and_prune(records, before)
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        (**self).snapshot()
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        (**self).keep(snapshot)
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        (**self).records(from)
    }

    fn prune(&mut self, before: u64) -> Result<(), JournalError> {
        (**self).prune(before)
    }
}
