//! A small ordered map in two vectors: a search reads little memory, and what is added behind all others is added fast.

use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, Output};

/// An ordered map for some hundred entries. It has the encoding of a `BTreeMap`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Flat<K, V> {
    /// In order, each once.
    keys: Vec<K>,
    /// As many as keys.
    values: Vec<V>,
}

impl<K, V> Default for Flat<K, V> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<K: core::fmt::Debug, V: core::fmt::Debug> core::fmt::Debug for Flat<K, V> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_map().entries(self.keys.iter().zip(&self.values)).finish()
    }
}

impl<K: Ord + Copy, V> Flat<K, V> {
    /// Where a key is, or where it belongs.
    fn find(&self, key: K) -> Result<usize, usize> {
        match self.keys.last() {
            Some(last) if *last >= key => self.keys.binary_search(&key),
            _ => Err(self.keys.len()),
        }
    }

    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn get(&self, key: K) -> Option<&V> {
        self.values.get(self.find(key).ok()?)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.values.get_mut(at)
    }

    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(key) {
            Ok(at) => self.values.get_mut(at).map(|was| core::mem::replace(was, value)),
            Err(at) => {
                self.keys.insert(at, key);
                self.values.insert(at, value);
                None
            }
        }
    }

    pub fn remove(&mut self, key: K) -> Option<V> {
        let at = self.find(key).ok()?;
        self.keys.remove(at);
        Some(self.values.remove(at))
    }

    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.keys.iter().copied().zip(&self.values)
    }

    pub fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        self.keys.into_iter().zip(self.values)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.iter_mut()
    }
}

impl<K: Encode, V: Encode> Encode for Flat<K, V> {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        Compact(u32::try_from(self.keys.len()).unwrap_or(u32::MAX)).encode_to(out);
        for entry in self.keys.iter().zip(&self.values) {
            entry.encode_to(out);
        }
    }
}

impl<K: Encode, V: Encode> EncodeLike for Flat<K, V> {}

impl<K: Decode + Ord + Copy, V: Decode> Decode for Flat<K, V> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut map = Self::default();
        for (key, value) in Vec::<(K, V)>::decode(input)? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::Flat;
    use codec::{Decode, Encode};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_flat_map_is_a_map(calls in proptest::collection::vec((any::<bool>(), 0u8..20, any::<u16>()), 0..200)) {
            let (mut flat, mut map) = (Flat::default(), BTreeMap::new());
            for (inserts, key, value) in calls {
                if inserts {
                    prop_assert_eq!(flat.insert(key, value), map.insert(key, value));
                } else {
                    prop_assert_eq!(flat.remove(key), map.remove(&key));
                }
                prop_assert_eq!(flat.get(key), map.get(&key));
                prop_assert_eq!(flat.len(), map.len());
                let entries: Vec<(u8, u16)> = flat.iter().map(|(key, value)| (key, *value)).collect();
                prop_assert_eq!(entries, map.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!(flat.encode(), map.encode());
            }
            prop_assert_eq!(Flat::decode(&mut &map.encode()[..]).unwrap(), flat);
        }
    }
}
