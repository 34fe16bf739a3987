//! A journal in memory that outlives the sequencer, and a key that signs receipts.

use cloister_engine_testing::{GENESIS, GROUP};
use cloister_journal::{Journal, JournalError, Records, Snapshot};
use cloister_receipts::{ReceiptSigner, Scope, SignError, SIGNATURE};
use cloister_types::GroupId;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use std::sync::{Arc, Mutex};

/// What was written.
#[derive(Default)]
pub struct Kept {
    /// All records; those before the snapshot are counted as forgotten.
    pub records: Vec<Vec<u8>>,
    pub snapshot: Option<Snapshot>,
    pub pruned: u64,
    /// Writes of earlier processes are not taken any more.
    process: u64,
    /// The disk is full.
    pub full: bool,
    /// What the journal is known by.
    pub id: [u8; 32],
}

/// A disk that outlives the process.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Kept>>);

impl Disk {
    pub fn with<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// The journal of a process.
    pub fn journal(&self) -> DiskJournal {
        DiskJournal {
            process: self.with(|kept| kept.process),
            disk: self.clone(),
        }
    }

    /// The process is killed: nothing more of it gets here.
    pub fn kill(&self) {
        self.with(|kept| kept.process += 1);
    }

    /// What the disk had when that was the number of the next record; `None` if a newer snapshot has taken its place.
    pub fn at(&self, next: u64) -> Option<Self> {
        let copy = self.with(|kept| {
            let snapshot = kept.snapshot.clone().filter(|snapshot| snapshot.before <= next)?;
            Some(Kept {
                records: kept.records[..next as usize].to_vec(),
                snapshot: Some(snapshot),
                pruned: kept.pruned,
                id: kept.id,
                ..Kept::default()
            })
        });
        copy.map(|copy| Self(Arc::new(Mutex::new(copy))))
    }

    /// Number of the next record.
    pub fn next(&self) -> u64 {
        self.with(|kept| kept.records.len() as u64)
    }
}

/// The journal of a process on a disk.
pub struct DiskJournal {
    process: u64,
    disk: Disk,
}

impl DiskJournal {
    fn write<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> Result<T, JournalError> {
        self.disk.with(|kept| {
            if kept.process != self.process || kept.full {
                return Err(JournalError::Gap(kept.records.len() as u64));
            }
            Ok(change(kept))
        })
    }
}

impl Journal for DiskJournal {
    fn id(&self) -> [u8; 32] {
        self.disk.with(|kept| kept.id)
    }

    fn next(&self) -> u64 {
        self.disk.next()
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        self.write(|kept| kept.records.extend_from_slice(records))
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(self.disk.with(|kept| kept.snapshot.clone()))
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.write(|kept| kept.snapshot = Some(snapshot.clone()))
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        let (pruned, all) = self.disk.with(|kept| (kept.pruned, kept.records.clone()));
        if from < pruned {
            return Err(JournalError::Gap(from));
        }
        Ok(Box::new((0..).zip(all).skip(from as usize).map(Ok)))
    }

    fn prune(&mut self, before: u64) -> Result<(), JournalError> {
        self.write(|kept| kept.pruned = kept.pruned.max(before))
    }
}

/// Whose receipts the tests look at.
pub const RECEIPTS: Scope = Scope {
    genesis: GENESIS,
    group: GroupId(GROUP),
};

/// The key that signs receipts.
pub struct Signer(Keypair);

impl Default for Signer {
    fn default() -> Self {
        let secret = MiniSecretKey::from_bytes(&[5; 32]).unwrap();
        Self(secret.expand_to_keypair(ExpansionMode::Ed25519))
    }
}

impl ReceiptSigner for Signer {
    fn public(&self) -> [u8; 32] {
        self.0.public.to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE], SignError> {
        Ok(self.0.sign_simple(b"substrate", message).to_bytes())
    }
}
