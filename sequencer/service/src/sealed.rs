//! A journal that only the sequencer's secrets open: a stolen copy of the file shows how much was taken, and no more.

use crate::keys::SequencerKeys;
use chacha20poly1305::{
    aead::{Aead, Payload},
    KeyInit, XChaCha20Poly1305,
};
use cloister_journal::{Journal, JournalError, RecordError, Records, Snapshot};

/// What a record is bound to, so that none can stand in the place of another.
const RECORD: u8 = 0;
const SNAPSHOT: u8 = 1;

const NONCE: usize = 24;

/// Seals what goes into a journal, and opens what comes out of it.
pub(crate) struct Sealed {
    journal: Box<dyn Journal>,
    keys: SequencerKeys,
    seals: Seals,
}

/// The ciphers: that of the secret in force first.
#[derive(Clone)]
struct Seals(Vec<XChaCha20Poly1305>);

fn about(kind: u8, number: u64) -> [u8; 9] {
    let mut about = [kind; 9];
    about[1..].copy_from_slice(&number.to_le_bytes());
    about
}

impl Seals {
    fn open(&self, kind: u8, number: u64, bytes: &[u8]) -> Result<Vec<u8>, JournalError> {
        let damaged = |source| JournalError::Record { number, source };
        let (nonce, contents) = bytes.split_first_chunk::<NONCE>().ok_or(damaged(RecordError::Short))?;
        let about = about(kind, number);
        let opened = self.0.iter().find_map(|seal| {
            let payload = Payload {
                msg: contents,
                aad: &about,
            };
            seal.decrypt(&(*nonce).into(), payload).ok()
        });
        opened.ok_or(damaged(RecordError::Sealed))
    }
}

impl Sealed {
    /// The journal behind a journal.
    pub fn new(journal: Box<dyn Journal>, keys: SequencerKeys) -> Self {
        let seals = keys.journal_keys().map(|key| XChaCha20Poly1305::new(&key.into()));
        Self {
            seals: Seals(seals.collect()),
            journal,
            keys,
        }
    }

    fn seal(&self, kind: u8, number: u64, contents: &[u8]) -> Result<Vec<u8>, JournalError> {
        let about = about(kind, number);
        let nonce = self.keys.journal_nonce(&about, contents);
        let payload = Payload {
            msg: contents,
            aad: &about,
        };
        let too_long = || JournalError::Record {
            number,
            source: RecordError::TooLong,
        };
        let seal = self.seals.0.first().ok_or_else(too_long)?;
        let sealed = seal.encrypt(&nonce.into(), payload).map_err(|_| too_long())?;
        Ok([&nonce[..], &sealed].concat())
    }
}

impl Journal for Sealed {
    fn id(&self) -> [u8; 32] {
        self.journal.id()
    }

    fn next(&self) -> u64 {
        self.journal.next()
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        self.append_and_prune(records, 0)
    }

    fn append_and_prune(&mut self, records: &[Vec<u8>], before: u64) -> Result<(), JournalError> {
        let numbered = (self.next()..).zip(records);
        let sealed = numbered.map(|(number, record)| self.seal(RECORD, number, record));
        let sealed = sealed.collect::<Result<Vec<_>, _>>()?;
        self.journal.append_and_prune(&sealed, before)
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let Some(Snapshot { before, bytes }) = self.journal.snapshot()? else {
            return Ok(None);
        };
        let bytes = self.seals.open(SNAPSHOT, before, &bytes)?;
        Ok(Some(Snapshot { before, bytes }))
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let before = snapshot.before;
        let bytes = self.seal(SNAPSHOT, before, &snapshot.bytes)?;
        self.journal.keep(&Snapshot { before, bytes })
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        let seals = self.seals.clone();
        let records = self.journal.records(from)?;
        Ok(Box::new(records.map(move |record| {
            let (number, bytes) = record?;
            Ok((number, seals.open(RECORD, number, &bytes)?))
        })))
    }

    fn prune(&mut self, before: u64) -> Result<(), JournalError> {
        self.journal.prune(before)
    }
}
