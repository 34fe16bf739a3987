//! Accounts by index. The chain gives indices one after the other, so an account is found by its place in a page.

use crate::ids::AccountIndex;
use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, Output};
use std::collections::BTreeMap;

/// Accounts of a page.
const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: u32 = 8;

type Page<V> = Box<[Option<Box<V>>; PAGE]>;

/// An ordered map of accounts. It has the encoding of a `BTreeMap`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Dense<V> {
    /// None of them is empty.
    pages: BTreeMap<u32, Page<V>>,
    len: usize,
}

impl<V> Default for Dense<V> {
    fn default() -> Self {
        Self {
            pages: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<V: core::fmt::Debug> core::fmt::Debug for Dense<V> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

/// The page of an account, and its place in the page.
const fn place(index: AccountIndex) -> (u32, usize) {
    (index.0 >> PAGE_BITS, index.0 as usize & (PAGE - 1))
}

/// The account at a place of a page.
fn index(page: u32, at: usize) -> AccountIndex {
    AccountIndex(page << PAGE_BITS | at as u32)
}

impl<V> Dense<V> {
    pub fn get(&self, index: AccountIndex) -> Option<&V> {
        let (page, at) = place(index);
        self.pages.get(&page)?.get(at)?.as_deref()
    }

    pub fn get_mut(&mut self, index: AccountIndex) -> Option<&mut V> {
        let (page, at) = place(index);
        self.pages.get_mut(&page)?.get_mut(at)?.as_deref_mut()
    }

    pub fn contains(&self, index: AccountIndex) -> bool {
        self.get(index).is_some()
    }

    pub fn insert(&mut self, index: AccountIndex, value: V) {
        let (page, at) = place(index);
        let page = self
            .pages
            .entry(page)
            .or_insert_with(|| Box::new([const { None }; PAGE]));
        if let Some(slot) = page.get_mut(at) {
            self.len = self.len.saturating_add(usize::from(slot.is_none()));
            *slot = Some(Box::new(value));
        }
    }

    pub fn remove(&mut self, index: AccountIndex) -> Option<V> {
        let (page, at) = place(index);
        let accounts = self.pages.get_mut(&page)?;
        let removed = accounts.get_mut(at)?.take()?;
        self.len = self.len.saturating_sub(1);
        if accounts.iter().all(Option::is_none) {
            self.pages.remove(&page);
        }
        Some(*removed)
    }

    pub fn keys(&self) -> impl Iterator<Item = AccountIndex> + '_ {
        self.iter().map(|(index, _)| index)
    }

    pub fn iter(&self) -> impl Iterator<Item = (AccountIndex, &V)> {
        self.pages.iter().flat_map(|(page, accounts)| {
            let placed = accounts.iter().enumerate();
            placed.filter_map(|(at, account)| Some((index(*page, at), account.as_deref()?)))
        })
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (AccountIndex, &mut V)> {
        self.pages.iter_mut().flat_map(|(page, accounts)| {
            let placed = accounts.iter_mut().enumerate();
            placed.filter_map(|(at, account)| Some((index(*page, at), account.as_deref_mut()?)))
        })
    }
}

impl<V: Encode> Encode for Dense<V> {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        Compact(u32::try_from(self.len).unwrap_or(u32::MAX)).encode_to(out);
        for account in self.iter() {
            account.encode_to(out);
        }
    }
}

impl<V: Encode> EncodeLike for Dense<V> {}

impl<V: Decode> Decode for Dense<V> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut accounts = Self::default();
        for (index, account) in BTreeMap::<AccountIndex, V>::decode(input)? {
            accounts.insert(index, account);
        }
        Ok(accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::Dense;
    use crate::ids::AccountIndex;
    use codec::{Decode, Encode};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn index() -> impl Strategy<Value = AccountIndex> {
        prop_oneof![0u32..4, 254u32..258, Just(u32::MAX)].prop_map(AccountIndex)
    }

    proptest! {
        #[test]
        fn accounts_are_an_ordered_map(
            calls in proptest::collection::vec((any::<bool>(), index(), any::<u16>()), 0..60),
        ) {
            let (mut dense, mut map) = (Dense::default(), BTreeMap::new());
            for (inserts, index, value) in calls {
                if inserts {
                    dense.insert(index, value);
                    map.insert(index, value);
                } else {
                    prop_assert_eq!(dense.remove(index), map.remove(&index));
                }
                prop_assert_eq!(dense.get(index), map.get(&index));
                prop_assert_eq!(dense.contains(index), map.contains_key(&index));
                prop_assert_eq!(dense.len, map.len());
                prop_assert!(dense.iter().eq(map.iter().map(|(index, value)| (*index, value))));
                prop_assert!(dense.keys().eq(map.keys().copied()));
                prop_assert_eq!(dense.encode(), map.encode());
                if let Some(value) = dense.get_mut(index) {
                    *value = value.wrapping_add(1);
                    map.entry(index).and_modify(|value| *value = value.wrapping_add(1));
                }
            }
            // Nothing tells how it came to be.
            prop_assert_eq!(Dense::decode(&mut &map.encode()[..]).unwrap(), dense);
        }
    }
}
