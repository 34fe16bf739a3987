//! The state that benchmarks run on: a trie in memory that can go back to the genesis, and that notes which keys were
//! read and written.

use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{traits::BlakeTwo256, StateVersion},
    sp_state_machine::{
        Backend, BackendTransaction, ChildStorageCollection, InMemoryBackend, IterArgs, StateMachineStats,
        StorageCollection, StorageIterator, StorageKey, StorageValue, UsageInfo,
    },
    sp_storage::{ChildInfo, Storage, TrackedStorageKey},
    sp_trie::MerkleValue,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

type Hasher = BlakeTwo256;
type Trie = InMemoryBackend<Hasher>;

/// How often each key was read and written since the last reset. The keys of child tries are not told apart from those
/// of the main one; no pallet of ours has any.
#[derive(Debug, Default)]
struct Touched(BTreeMap<Vec<u8>, (u32, u32)>);

impl Touched {
    fn read(&mut self, key: &[u8]) {
        self.0.entry(key.to_vec()).or_default().0 += 1;
    }

    fn write(&mut self, key: &[u8]) {
        self.0.entry(key.to_vec()).or_default().1 += 1;
    }
}

/// See the module.
#[derive(Debug)]
pub struct State {
    genesis: Trie,
    trie: RefCell<Trie>,
    touched: RefCell<Touched>,
    free: RefCell<Vec<TrackedStorageKey>>,
}

impl State {
    /// The state of a genesis.
    pub fn new(genesis: Storage) -> Self {
        let genesis = Trie::from((genesis, StateVersion::V1));
        Self {
            trie: RefCell::new(genesis.clone()),
            genesis,
            touched: RefCell::default(),
            free: RefCell::default(),
        }
    }

    fn reading(&self, key: &[u8]) {
        self.touched.borrow_mut().read(key);
    }

    /// Keys that count, with the number of times that each was read and written.
    fn counted(&self) -> Vec<(Vec<u8>, u32, u32)> {
        let free: BTreeSet<Vec<u8>> = self.free.borrow().iter().map(|tracked| tracked.key.clone()).collect();
        let touched = self.touched.borrow();
        let counted = touched.0.iter().filter(|(key, _)| !free.contains(*key));
        counted
            .map(|(key, (reads, writes))| (key.clone(), *reads, *writes))
            .collect()
    }
}

/// Iterates over the trie as it is, and counts every key that it gives.
pub struct Keys(<Trie as Backend<Hasher>>::RawIter);

impl StorageIterator<Hasher> for Keys {
    type Backend = State;
    type Error = String;

    fn next_key(&mut self, state: &State) -> Option<Result<StorageKey, String>> {
        let next = self.0.next_key(&state.trie.borrow());
        if let Some(Ok(key)) = &next {
            state.reading(key);
        }
        next
    }

    fn next_pair(&mut self, state: &State) -> Option<Result<(StorageKey, StorageValue), String>> {
        let next = self.0.next_pair(&state.trie.borrow());
        if let Some(Ok((key, _))) = &next {
            state.reading(key);
        }
        next
    }

    fn was_complete(&self) -> bool {
        self.0.was_complete()
    }
}

impl Backend<Hasher> for State {
    type Error = String;
    type TrieBackendStorage = <Trie as Backend<Hasher>>::TrieBackendStorage;
    type RawIter = Keys;

    fn storage(&self, key: &[u8]) -> Result<Option<StorageValue>, String> {
        self.reading(key);
        self.trie.borrow().storage(key)
    }

    fn storage_hash(&self, key: &[u8]) -> Result<Option<H256>, String> {
        self.reading(key);
        self.trie.borrow().storage_hash(key)
    }

    fn closest_merkle_value(&self, key: &[u8]) -> Result<Option<MerkleValue<H256>>, String> {
        self.reading(key);
        self.trie.borrow().closest_merkle_value(key)
    }

    fn child_closest_merkle_value(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<MerkleValue<H256>>, String> {
        self.reading(key);
        self.trie.borrow().child_closest_merkle_value(child, key)
    }

    fn child_storage(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<StorageValue>, String> {
        self.reading(key);
        self.trie.borrow().child_storage(child, key)
    }

    fn child_storage_hash(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<H256>, String> {
        self.reading(key);
        self.trie.borrow().child_storage_hash(child, key)
    }

    fn next_storage_key(&self, key: &[u8]) -> Result<Option<StorageKey>, String> {
        self.reading(key);
        self.trie.borrow().next_storage_key(key)
    }

    fn next_child_storage_key(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<StorageKey>, String> {
        self.reading(key);
        self.trie.borrow().next_child_storage_key(child, key)
    }

    fn storage_root<'a>(
        &self,
        delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        version: StateVersion,
    ) -> (H256, BackendTransaction<Hasher>) {
        self.trie.borrow().storage_root(delta, version)
    }

    fn child_storage_root<'a>(
        &self,
        child: &ChildInfo,
        delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        version: StateVersion,
    ) -> (H256, bool, BackendTransaction<Hasher>) {
        self.trie.borrow().child_storage_root(child, delta, version)
    }

    fn raw_iter(&self, args: IterArgs<'_>) -> Result<Keys, String> {
        self.trie.borrow().raw_iter(args).map(Keys)
    }

    fn register_overlay_stats(&self, _: &StateMachineStats) {}

    fn usage_info(&self) -> UsageInfo {
        UsageInfo::empty()
    }

    fn wipe(&self) -> Result<(), String> {
        *self.trie.borrow_mut() = self.genesis.clone();
        self.reset_read_write_count();
        Ok(())
    }

    fn commit(
        &self,
        root: H256,
        transaction: BackendTransaction<Hasher>,
        main: StorageCollection,
        children: ChildStorageCollection,
    ) -> Result<(), String> {
        self.trie.borrow_mut().apply_transaction(root, transaction);
        let changed = children.iter().flat_map(|(_, changes)| changes).chain(&main);
        changed.for_each(|(key, _)| self.touched.borrow_mut().write(key));
        Ok(())
    }

    fn read_write_count(&self) -> (u32, u32, u32, u32) {
        let counted = self.counted();
        counted.iter().fold((0, 0, 0, 0), |(r, rr, w, ww), (_, reads, writes)| {
            let once = |times: u32| times.min(1);
            let again = |times: u32| times.saturating_sub(1);
            (
                r + once(*reads),
                rr + again(*reads),
                w + once(*writes),
                ww + again(*writes),
            )
        })
    }

    fn reset_read_write_count(&self) {
        self.touched.borrow_mut().0.clear();
    }

    fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
        self.free.borrow().clone()
    }

    fn set_whitelist(&self, keys: Vec<TrackedStorageKey>) {
        *self.free.borrow_mut() = keys;
    }

    fn proof_size(&self) -> Option<u32> {
        None
    }

    fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
        let counted = self.counted().into_iter();
        counted
            .map(|(key, reads, writes)| (key, reads.min(1), writes.min(1), false))
            .collect()
    }
}
