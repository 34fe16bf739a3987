//! Which keys have tables: those that signed more than once of late.

use crate::{kit::Kit, table::build};
use cloister_crypto::schnorr::PublicKey;
use cloister_lanes::{scalar::words, Elements, LANES};
use lru::LruCache;
use std::num::NonZeroUsize;

/// A key's coordinates.
pub type Coordinates = [[u64; 4]; 2];

/// The coordinates of a key.
pub fn coordinates(key: &PublicKey) -> Coordinates {
    [words(&key.x()), words(&key.y())]
}

/// Valid signatures of a key after which a table pays.
const WORTHWHILE: u32 = 2;

struct Entry<T> {
    valid: u32,
    table: Option<Vec<T>>,
}

/// The keys that signed last, and the tables of those that signed repeatedly. What is checked never depends on it.
pub struct Keys<S: Elements> {
    entries: LruCache<Coordinates, Entry<S::Triple>>,
}

impl<S: Elements> Keys<S> {
    /// Remembers no more than so many keys.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            entries: LruCache::new(capacity),
        }
    }

    /// A key's table, if it has one.
    pub fn table(&self, key: &Coordinates) -> Option<&[S::Triple]> {
        self.entries.peek(key)?.table.as_deref()
    }

    /// Remembers keys by which something was validly signed, and makes tables for some of those that deserve one.
    pub fn note(&mut self, kit: &Kit<S>, keys: impl IntoIterator<Item = Coordinates>) {
        let mut worthy: Vec<Coordinates> = Vec::new();
        for key in keys {
            let entry = self.entries.get_or_insert_mut(key, || Entry { valid: 0, table: None });
            entry.valid = entry.valid.saturating_add(1);
            let wants = entry.valid >= WORTHWHILE && entry.table.is_none();
            if wants && worthy.len() < S::WIDTH && !worthy.contains(&key) {
                worthy.push(key);
            }
        }
        let Some(first) = worthy.first() else { return };
        let (mut x, mut y) = ([first[0]; LANES], [first[1]; LANES]);
        for (lane, key) in worthy.iter().enumerate() {
            [x[lane], y[lane]] = *key;
        }
        for (key, table) in worthy.iter().zip(build(kit, &x, &y)) {
            if let Some(entry) = self.entries.peek_mut(key) {
                entry.table = Some(table);
            }
        }
    }
}
