//! A book as it was last shown: differences and checksums (Q-STREAM).

use cloister_engine::{Depth, DepthLevel};
use cloister_sequencer_rpc::types::{BookChange, CheckedBook};
use cloister_types::Price;
use std::{collections::BTreeMap, fmt::Write};

/// Number of prices of each side that are shown.
pub(crate) const SHOWN: usize = 1_000;
/// Number of prices of each side that are in the checksum.
pub(crate) const CHECKED: usize = 25;

/// A book as it was last shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownBook {
    bids: BTreeMap<Price, u128>,
    asks: BTreeMap<Price, u128>,
}

impl ShownBook {
    pub fn new(depth: &Depth) -> Self {
        let side = |levels: &[DepthLevel]| levels.iter().map(|level| (level.price, level.quantity)).collect();
        Self {
            bids: side(&depth.bids),
            asks: side(&depth.asks),
        }
    }

    /// All of it, best prices first.
    pub fn snapshot(&self) -> CheckedBook {
        CheckedBook {
            bids: self.best_bids().collect(),
            asks: self.best_asks().collect(),
            checksum: self.checksum(),
        }
    }

    /// What makes this book of an earlier one.
    pub fn since(&self, before: &Self) -> CheckedBook {
        CheckedBook {
            bids: changes(&before.bids, &self.bids),
            asks: changes(&before.asks, &self.asks),
            checksum: self.checksum(),
        }
    }

    fn best_bids(&self) -> impl Iterator<Item = BookChange> + '_ {
        self.bids.iter().rev().map(|(price, lots)| BookChange(*price, *lots))
    }

    fn best_asks(&self) -> impl Iterator<Item = BookChange> + '_ {
        self.asks.iter().map(|(price, lots)| BookChange(*price, *lots))
    }

    /// CRC-32 of the best prices: bid and ask in turn, each as `price:lots`, joined with `:`.
    fn checksum(&self) -> u32 {
        let (mut bids, mut asks) = (self.best_bids(), self.best_asks());
        let mut text = String::new();
        for _ in 0..CHECKED {
            for BookChange(price, lots) in [bids.next(), asks.next()].into_iter().flatten() {
                if !text.is_empty() {
                    text.push(':');
                }
                // A string takes whatever is written to it.
                let _ = write!(text, "{}:{lots}", price.get());
            }
        }
        crc32fast::hash(text.as_bytes())
    }
}

/// The prices whose lots differ, with those that they have now; 0 if none are left.
fn changes(before: &BTreeMap<Price, u128>, after: &BTreeMap<Price, u128>) -> Vec<BookChange> {
    let gone = before.keys().filter(|price| !after.contains_key(price));
    let gone = gone.map(|price| BookChange(*price, 0));
    let new = after.iter().filter(|(price, lots)| before.get(price) != Some(lots));
    gone.chain(new.map(|(price, lots)| BookChange(*price, *lots))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader does with a difference.
    fn apply(side: &mut BTreeMap<Price, u128>, changes: &[BookChange]) {
        for BookChange(price, lots) in changes {
            if *lots == 0 {
                side.remove(price);
            } else {
                side.insert(*price, *lots);
            }
        }
    }

    fn book(bids: &[(u64, u128)], asks: &[(u64, u128)]) -> ShownBook {
        let side = |levels: &[(u64, u128)]| levels.iter().map(|(price, lots)| (Price(*price), *lots)).collect();
        ShownBook {
            bids: side(bids),
            asks: side(asks),
        }
    }

    #[test]
    fn the_checksum_is_that_of_bids_and_asks_in_turn() {
        let shown = book(&[(99, 3), (98, 1)], &[(101, 2)]);
        assert_eq!(shown.snapshot().checksum, crc32fast::hash(b"99:3:101:2:98:1"));
        assert_eq!(book(&[], &[]).snapshot().checksum, 0);
        // Known answer, so that readers in other languages have the same polynomial.
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn prices_behind_the_best_twenty_five_are_not_in_the_checksum() {
        let asks: Vec<_> = (0..30).map(|n| (100 + n, 1)).collect();
        let mut more = asks.clone();
        more[29].1 = 7;
        assert_eq!(
            book(&[], &asks).snapshot().checksum,
            book(&[], &more).snapshot().checksum
        );
        more[24].1 = 7;
        assert_ne!(
            book(&[], &asks).snapshot().checksum,
            book(&[], &more).snapshot().checksum
        );
    }

    fn levels() -> impl Strategy<Value = BTreeMap<u64, u128>> {
        proptest::collection::btree_map(1u64..40, 1u128..5, 0..30)
    }

    proptest! {
        #[test]
        fn a_reader_that_applies_every_difference_has_the_book(
            books in proptest::collection::vec((levels(), levels()), 1..8)
        ) {
            let mut shown = ShownBook::default();
            let mut read = ShownBook::default();
            for (bids, asks) in books {
                let side = |levels: &BTreeMap<u64, u128>| levels.iter().map(|(p, l)| (Price(*p), *l)).collect();
                let next = ShownBook { bids: side(&bids), asks: side(&asks) };
                let difference = next.since(&shown);
                apply(&mut read.bids, &difference.bids);
                apply(&mut read.asks, &difference.asks);
                prop_assert_eq!(&read, &next);
                prop_assert_eq!(read.checksum(), difference.checksum);
                shown = next;
            }
        }
    }
}
