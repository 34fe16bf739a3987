//! The journal in a file: an embedded database with one writer.

use crate::{
    journal::{Identity, Journal, JournalError, Records, Snapshot},
    record::{contents, framed, RecordError, VERSION},
};
use cloister_types::GroupId;
use redb::{backends::FileBackend, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Name of the file in its folder.
pub const FILE_NAME: &str = "journal.redb";

/// Memory for pages that were read or are about to be written.
const CACHE: usize = 64 << 20;

const RECORDS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("records");
const SNAPSHOTS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("snapshots");
/// Whose journal it is, the number of the next record, and what it is known by.
const ABOUT: TableDefinition<'static, u8, &'static [u8]> = TableDefinition::new("about");
const IDENTITY: u8 = 0;
const NEXT: u8 = 1;
const ID: u8 = 2;

const IDENTITY_LENGTH: usize = 1 + 32 + 4;

/// A journal in a file that only its owner can read.
pub struct Store {
    database: Database,
    next: u64,
    id: [u8; 32],
}

fn database(error: impl Into<redb::Error>) -> JournalError {
    JournalError::Database(Box::new(error.into()))
}

fn encoded(identity: &Identity) -> [u8; IDENTITY_LENGTH] {
    let mut bytes = [VERSION; IDENTITY_LENGTH];
    bytes[1..33].copy_from_slice(&identity.genesis);
    bytes[33..].copy_from_slice(&identity.group.get().to_le_bytes());
    bytes
}

fn decoded(bytes: &[u8; IDENTITY_LENGTH]) -> Identity {
    let (mut genesis, mut group) = ([0; 32], [0; 4]);
    genesis.copy_from_slice(&bytes[1..33]);
    group.copy_from_slice(&bytes[33..]);
    Identity {
        genesis,
        group: GroupId(u32::from_le_bytes(group)),
    }
}

/// A file that its owner alone can read, in a folder of which that is true too. Both are on the disk.
fn private_file(folder: &Path, path: &Path) -> io::Result<File> {
    let is_new = !folder.exists();
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    if is_new {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        File::open(folder)?.sync_all()?;
        if let Some(above) = folder.parent().filter(|_| is_new) {
            File::open(above)?.sync_all()?;
        }
    }
    Ok(file)
}

impl Store {
    /// Opens the journal in a folder, or begins one there.
    ///
    /// # Errors
    /// [`JournalError::File`], [`JournalError::Open`], [`JournalError::Foreign`], [`JournalError::Version`],
    /// [`JournalError::Database`], [`JournalError::Randomness`].
    pub fn open(folder: &Path, identity: &Identity) -> Result<Self, JournalError> {
        let path = folder.join(FILE_NAME);
        let file = private_file(folder, &path).map_err(|source| JournalError::File {
            path: path.clone(),
            source,
        })?;
        let backend = FileBackend::new(file).map_err(|source| JournalError::Open {
            path: path.clone(),
            source: Box::new(source),
        })?;
        let database = Database::builder()
            .set_cache_size(CACHE)
            .create_with_backend(backend)
            .map_err(|source| JournalError::Open {
                path: path.clone(),
                source: Box::new(source),
            })?;
        let (next, id) = begun(&database, &path, identity)?;
        Ok(Self { database, next, id })
    }
}

/// The number of the next record, and what the journal is known by. All that is missing is written: a journal that was
/// begun before there were ids gets one.
fn begun(store: &Database, path: &Path, identity: &Identity) -> Result<(u64, [u8; 32]), JournalError> {
    let transaction = store.begin_write().map_err(database)?;
    let begun = {
        let mut about = transaction.open_table(ABOUT).map_err(database)?;
        let known_by = about.get(ID).map_err(database)?.map(|kept| kept.value().to_vec());
        let found = about.get(IDENTITY).map_err(database)?.map(|kept| kept.value().to_vec());
        let next = match found {
            None => {
                about.insert(IDENTITY, encoded(identity).as_slice()).map_err(database)?;
                about.insert(NEXT, 0u64.to_le_bytes().as_slice()).map_err(database)?;
                0
            }
            Some(found) => {
                let damaged = |source| JournalError::Record { number: 0, source };
                let version = found.first().copied().ok_or(damaged(RecordError::Short))?;
                if version != VERSION {
                    let (path, expected) = (path.to_path_buf(), VERSION);
                    return Err(JournalError::Version {
                        path,
                        found: version,
                        expected,
                    });
                }
                let found = found.try_into().map_err(|_| damaged(RecordError::Short))?;
                let found = decoded(&found);
                if found != *identity {
                    return Err(JournalError::Foreign {
                        path: path.to_path_buf(),
                        found,
                    });
                }
                let next = about.get(NEXT).map_err(database)?;
                let next = next.and_then(|kept| kept.value().try_into().ok());
                u64::from_le_bytes(next.ok_or(damaged(RecordError::Short))?)
            }
        };
        let id = match known_by {
            Some(kept) => kept.try_into().map_err(|_| JournalError::Record {
                number: 0,
                source: RecordError::Short,
            })?,
            None => {
                let mut id = [0; 32];
                getrandom::fill(&mut id).map_err(JournalError::Randomness)?;
                about.insert(ID, id.as_slice()).map_err(database)?;
                id
            }
        };
        (next, id)
    };
    transaction.open_table(RECORDS).map_err(database)?;
    transaction.open_table(SNAPSHOTS).map_err(database)?;
    transaction.commit().map_err(database)?;
    Ok(begun)
}

impl Journal for Store {
    fn id(&self) -> [u8; 32] {
        self.id
    }

    fn next(&self) -> u64 {
        self.next
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        self.append_and_prune(records, 0)
    }

    fn append_and_prune(&mut self, records: &[Vec<u8>], before: u64) -> Result<(), JournalError> {
        let transaction = self.database.begin_write().map_err(database)?;
        let mut next = self.next;
        {
            let mut table = transaction.open_table(RECORDS).map_err(database)?;
            for record in records {
                table.insert(next, framed(next, record).as_slice()).map_err(database)?;
                next = next.saturating_add(1);
            }
            if before > 0 {
                table.retain_in(..before, |_, _| false).map_err(database)?;
            }
            let mut about = transaction.open_table(ABOUT).map_err(database)?;
            about.insert(NEXT, next.to_le_bytes().as_slice()).map_err(database)?;
        }
        // The default durability: the data are on the disk when this returns.
        transaction.commit().map_err(database)?;
        self.next = next;
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = match transaction.open_table(SNAPSHOTS) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(database(error)),
        };
        let Some((number, bytes)) = table.last().map_err(database)? else {
            return Ok(None);
        };
        let before = number.value();
        let bytes =
            contents(before, bytes.value()).map_err(|source| JournalError::Record { number: before, source })?;
        Ok(Some(Snapshot {
            before,
            bytes: bytes.to_vec(),
        }))
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        if snapshot.before > self.next {
            return Err(JournalError::Gap(self.next));
        }
        let transaction = self.database.begin_write().map_err(database)?;
        {
            let mut table = transaction.open_table(SNAPSHOTS).map_err(database)?;
            table.retain_in(..snapshot.before, |_, _| false).map_err(database)?;
            let bytes = framed(snapshot.before, &snapshot.bytes);
            table.insert(snapshot.before, bytes.as_slice()).map_err(database)?;
        }
        transaction.commit().map_err(database)
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(RECORDS).map_err(database)?;
        let range = table.range(from..).map_err(database)?;
        let mut expected = from;
        Ok(Box::new(range.map(move |entry| {
            let (number, bytes) = entry.map_err(database)?;
            let number = number.value();
            if number != expected {
                return Err(JournalError::Gap(expected));
            }
            expected = expected.saturating_add(1);
            let bytes = contents(number, bytes.value()).map_err(|source| JournalError::Record { number, source })?;
            Ok((number, bytes.to_vec()))
        })))
    }

    fn prune(&mut self, before: u64) -> Result<(), JournalError> {
        let transaction = self.database.begin_write().map_err(database)?;
        {
            let mut table = transaction.open_table(RECORDS).map_err(database)?;
            table.retain_in(..before, |_, _| false).map_err(database)?;
        }
        transaction.commit().map_err(database)
    }
}
