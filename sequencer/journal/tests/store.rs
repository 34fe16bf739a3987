//! The store in a file: what it keeps, what it forgets, and what it refuses.

use cloister_journal::{Identity, Journal, JournalError, RecordError, Snapshot, Store, FILE_NAME, VERSION};
use cloister_types::GroupId;
use proptest::prelude::*;
use redb::{Database, ReadableTable, TableDefinition};
use std::{fs, path::Path};

const OWN: Identity = Identity {
    genesis: [1; 32],
    group: GroupId(1),
};

const RECORDS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("records");

fn open(folder: &Path) -> Store {
    Store::open(folder, &OWN).unwrap()
}

fn records(store: &Store, from: u64) -> Vec<(u64, Vec<u8>)> {
    store.records(from).unwrap().collect::<Result<_, _>>().unwrap()
}

fn numbered(numbers: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
    numbers.map(|number| (number, number.to_be_bytes().to_vec())).collect()
}

fn filled(folder: &Path, count: u64) -> Store {
    let mut store = open(folder);
    let all: Vec<_> = numbered(0..count).into_iter().map(|(_, record)| record).collect();
    store.append(&all).unwrap();
    store
}

/// Changes the bytes of a record behind the store's back.
fn tamper(folder: &Path, number: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let database = Database::open(folder.join(FILE_NAME)).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        let mut bytes = table.get(number).unwrap().unwrap().value().to_vec();
        change(&mut bytes);
        table.insert(number, bytes.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

fn first_error(store: &Store) -> JournalError {
    store.records(0).unwrap().find_map(Result::err).unwrap()
}

#[test]
fn records_should_be_there_after_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3));
    let mut store = open(folder.path());
    assert_eq!((store.next(), records(&store, 0)), (3, numbered(0..3)));
    store.append(&[3u64.to_be_bytes().to_vec()]).unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!((store.next(), records(&store, 2)), (4, numbered(2..4)));
}

#[test]
fn a_journal_should_be_known_by_an_id_that_no_other_has() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id = open(folder.path()).id();
    assert_eq!(open(folder.path()).id(), id);
    assert_ne!(open(other.path()).id(), id);
    // One that was begun before there were ids gets one, and keeps it.
    let table = TableDefinition::<u8, &[u8]>::new("about");
    let database = Database::open(folder.path().join(FILE_NAME)).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(table).unwrap().remove(2u8).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let given = open(folder.path()).id();
    assert_ne!(given, id);
    assert_eq!(open(folder.path()).id(), given);
    // Begun anew in the same place, it is another one.
    fs::remove_file(folder.path().join(FILE_NAME)).unwrap();
    assert_ne!(open(folder.path()).id(), given);
}

#[test]
fn numbers_should_go_on_when_all_records_are_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path(), 5);
    store.prune(5).unwrap();
    drop(store);
    let mut store = open(folder.path());
    assert_eq!((store.next(), records(&store, 5)), (5, Vec::new()));
    store.append(&[vec![7]]).unwrap();
    assert_eq!(records(&store, 5), [(5, vec![7])]);
}

#[test]
fn the_newest_snapshot_should_be_kept_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path(), 5);
    assert_eq!(store.snapshot().unwrap(), None);
    for before in [2, 4] {
        let bytes = vec![before as u8; 3_000_000];
        store.keep(&Snapshot { before, bytes }).unwrap();
    }
    drop(store);
    let found = open(folder.path()).snapshot().unwrap().unwrap();
    assert_eq!((found.before, found.bytes), (4, vec![4; 3_000_000]));
}

#[test]
fn a_snapshot_of_a_state_that_is_not_there_yet_should_be_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path(), 5);
    let refused = store.keep(&Snapshot {
        before: 6,
        bytes: Vec::new(),
    });
    assert!(matches!(refused, Err(JournalError::Gap(5))));
    assert_eq!(store.snapshot().unwrap(), None);
}

#[test]
fn a_journal_of_another_chain_or_group_should_be_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 1));
    let others = [
        Identity {
            genesis: [2; 32],
            ..OWN
        },
        Identity {
            group: GroupId(2),
            ..OWN
        },
    ];
    for other in others {
        match Store::open(folder.path(), &other) {
            Err(JournalError::Foreign { found, .. }) => assert_eq!(found, OWN),
            refused => panic!("{:?}", refused.err()),
        }
    }
    assert_eq!(records(&open(folder.path()), 0), numbered(0..1));
}

#[test]
fn a_changed_record_should_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3));
    tamper(folder.path(), 1, |bytes| *bytes.last_mut().unwrap() ^= 1);
    let error = first_error(&open(folder.path()));
    assert!(
        matches!(
            error,
            JournalError::Record {
                number: 1,
                source: RecordError::Checksum
            }
        ),
        "{error}"
    );
}

#[test]
fn a_record_under_the_number_of_another_should_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3));
    let mut second = Vec::new();
    tamper(folder.path(), 1, |bytes| second.clone_from(bytes));
    tamper(folder.path(), 0, |bytes| *bytes = second);
    let error = first_error(&open(folder.path()));
    assert!(
        matches!(
            error,
            JournalError::Record {
                number: 0,
                source: RecordError::Checksum
            }
        ),
        "{error}"
    );
}

#[test]
fn a_record_of_another_format_should_be_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 2));
    tamper(folder.path(), 0, |bytes| bytes[0] = VERSION + 1);
    let error = first_error(&open(folder.path()));
    assert!(
        matches!(
            error,
            JournalError::Record {
                number: 0,
                source: RecordError::Version(version)
            } if version == VERSION + 1
        ),
        "{error}"
    );
    tamper(folder.path(), 0, |bytes| bytes.truncate(5));
    let error = first_error(&open(folder.path()));
    assert!(
        matches!(
            error,
            JournalError::Record {
                source: RecordError::Short,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_missing_record_should_be_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 4));
    let database = Database::open(folder.path().join(FILE_NAME)).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(RECORDS).unwrap().remove(2u64).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = first_error(&open(folder.path()));
    assert!(matches!(error, JournalError::Gap(2)), "{error}");
}

#[test]
fn a_file_that_is_no_journal_should_be_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, vec![0x5a; 20_000]).unwrap();
    let refused = Store::open(folder.path(), &OWN).err();
    assert!(matches!(refused, Some(JournalError::Open { .. })), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), vec![0x5a; 20_000]);
}

#[test]
fn a_store_that_is_open_should_not_be_opened_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 1);
    let refused = Store::open(folder.path(), &OWN).err();
    assert!(matches!(refused, Some(JournalError::Open { .. })), "{refused:?}");
    drop(store);
    open(folder.path());
}

#[cfg(unix)]
#[test]
fn nobody_but_the_owner_should_be_able_to_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("group-1");
    drop(filled(&folder, 1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(FILE_NAME))), (0o700, 0o600));
}

/// A machine that loses its power can have written any of the blocks of a write, in any order. Whichever they are, what
/// was there before is there, and nothing of the write or all of it.
#[test]
fn a_write_that_is_torn_should_leave_what_was_there_before() {
    const BLOCK: usize = 512;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let mut store = filled(folder.path(), 10);
    // As a process leaves it that is killed: the file is not closed.
    let before = fs::read(&path).unwrap();
    store.append(&[10u64.to_be_bytes().to_vec()]).unwrap();
    let after = fs::read(&path).unwrap();
    drop(store);
    assert_eq!(before.len(), after.len());
    let blocks = 0..after.len().div_ceil(BLOCK);
    let range = |block: usize| block * BLOCK..((block + 1) * BLOCK).min(after.len());
    let changed: Vec<usize> = blocks
        .filter(|block| before[range(*block)] != after[range(*block)])
        .collect();
    assert!(changed.len() > 1);
    let torn_without = |is_missing: &dyn Fn(usize) -> bool| {
        let mut torn = after.clone();
        for block in changed
            .iter()
            .enumerate()
            .filter(|(at, _)| is_missing(*at))
            .map(|(_, block)| *block)
        {
            torn[range(block)].copy_from_slice(&before[range(block)]);
        }
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join(FILE_NAME), &torn).unwrap();
        let store = open(copy.path());
        assert_eq!(records(&store, 0), numbered(0..store.next()));
        store.next()
    };
    for at in 0..changed.len() {
        for next in [
            torn_without(&|other| other == at),
            torn_without(&|other| other >= at),
            torn_without(&|other| other < at),
        ] {
            assert!((10..=11).contains(&next), "{next}");
        }
    }
    assert_eq!((torn_without(&|_| true), torn_without(&|_| false)), (10, 11));
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Vec<u8>>),
    AppendAndPrune(Vec<Vec<u8>>, u64),
    Keep(u64),
    Prune(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4).prop_map(Step::Append),
        1 => (prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4), 0..40u64)
            .prop_map(|(records, before)| Step::AppendAndPrune(records, before)),
        1 => (0..40u64).prop_map(Step::Keep),
        1 => (0..40u64).prop_map(Step::Prune),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is done in whatever order, the store has what a list would have.
    #[test]
    fn the_store_should_be_a_list(steps in prop::collection::vec(step(), 0..20)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let (mut all, mut first, mut kept): (Vec<Vec<u8>>, u64, Option<u64>) = (Vec::new(), 0, None);
        for step in steps {
            match step {
                Step::Append(records) => {
                    store.append(&records).unwrap();
                    all.extend(records);
                }
                Step::AppendAndPrune(records, before) => {
                    store.append_and_prune(&records, before).unwrap();
                    all.extend(records);
                    first = first.max(before.min(all.len() as u64));
                }
                Step::Keep(before) => {
                    let snapshot = Snapshot { before, bytes: before.to_le_bytes().to_vec() };
                    let done = store.keep(&snapshot).is_ok();
                    prop_assert_eq!(done, before <= all.len() as u64);
                    if done {
                        kept = kept.max(Some(before));
                    }
                }
                Step::Prune(before) => {
                    store.prune(before).unwrap();
                    first = first.max(before.min(all.len() as u64));
                }
                Step::Reopen => {
                    drop(store);
                    store = open(folder.path());
                }
            }
            prop_assert_eq!(store.next(), all.len() as u64);
            let expected: Vec<_> = (0..).zip(all.iter().cloned()).skip(first as usize).collect();
            prop_assert_eq!(records(&store, first), expected);
            prop_assert_eq!(store.snapshot().unwrap().map(|found| found.before), kept);
        }
    }
}
