//! Public tapes: what traded, by instrument and price within an interval, and not before a delay has passed (Q-TAPE,
//! Q-CLOSINGS).

use cloister_engine::Millis;
use cloister_types::{InstrumentId, Lots, Price};
use codec::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};

/// Everything that traded in an instrument at one price within one interval, of one kind if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Print<K = ()> {
    /// Counted from 0.
    pub id: u64,
    /// End of the interval.
    pub time: Millis,
    pub level: Level<K>,
    pub quantity: u128,
}

/// What the lots of a print have in common beside the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Level<K = ()> {
    pub instrument_id: InstrumentId,
    pub price: Price,
    pub kind: K,
}

impl Level {
    /// Of a tape that knows no kinds.
    pub fn new(instrument_id: InstrumentId, price: Price) -> Self {
        Self {
            instrument_id,
            price,
            kind: (),
        }
    }
}

/// How a tape is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrintTerms {
    /// Length of an interval; 0 counts as a millisecond.
    pub interval: Millis,
    /// A print is public this long after the end of its interval.
    pub delay: Millis,
    /// Number of prints that are kept for readers.
    pub capacity: usize,
}

/// Where the lots of an interval are gathered. The order is the one in which prints get their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Bin<K> {
    end: Millis,
    level: Level<K>,
}

/// A public tape. It follows from what happened and the time alone.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Prints<K = ()> {
    #[codec(skip)]
    interval: Millis,
    #[codec(skip)]
    delay: Millis,
    #[codec(skip)]
    capacity: u32,
    gathered: BTreeMap<Bin<K>, u128>,
    public: VecDeque<Print<K>>,
    next: u64,
}

impl<K> Default for Prints<K> {
    fn default() -> Self {
        Self {
            interval: 1,
            delay: 0,
            capacity: 0,
            gathered: BTreeMap::new(),
            public: VecDeque::new(),
            next: 0,
        }
    }
}

impl<K: Copy + Ord> Prints<K> {
    /// An empty tape.
    pub fn new(terms: PrintTerms) -> Self {
        Self::default().made_as(terms)
    }

    /// How it is made.
    pub fn terms(&self) -> PrintTerms {
        PrintTerms {
            interval: self.interval,
            delay: self.delay,
            capacity: usize::try_from(self.capacity).unwrap_or(usize::MAX),
        }
    }

    /// What this tape has shown and gathered, made in this way from now on.
    pub fn made_as(self, terms: PrintTerms) -> Self {
        Self {
            interval: terms.interval.max(1),
            delay: terms.delay,
            capacity: u32::try_from(terms.capacity).unwrap_or(u32::MAX),
            ..self
        }
    }

    /// Takes note of lots that traded.
    pub fn push(&mut self, time: Millis, level: Level<K>, lots: Lots) {
        let bin = self.bin(time, level);
        let quantity = self.gathered.entry(bin).or_default();
        *quantity = quantity.saturating_add(u128::from(lots.get()));
    }

    /// Takes back lots that turned out to have no proof, unless they are public already.
    pub fn take_back(&mut self, time: Millis, level: Level<K>, lots: Lots) {
        let bin = self.bin(time, level);
        if let Some(quantity) = self.gathered.get_mut(&bin) {
            *quantity = quantity.saturating_sub(u128::from(lots.get()));
        }
    }

    fn bin(&self, time: Millis, level: Level<K>) -> Bin<K> {
        let start = time.saturating_sub(time.checked_rem(self.interval).unwrap_or_default());
        Bin {
            end: start.saturating_add(self.interval),
            level,
        }
    }

    /// Whether something is old enough to become public.
    pub fn is_due(&self, now: Millis) -> bool {
        let first = self.gathered.first_key_value();
        first.is_some_and(|(bin, _)| bin.end.saturating_add(self.delay) <= now)
    }

    /// Makes public what is old enough. Time never goes back: an earlier time changes nothing.
    pub fn advance(&mut self, now: Millis) {
        while let Some(first) = self.gathered.first_entry() {
            let bin = *first.key();
            if bin.end.saturating_add(self.delay) > now {
                break;
            }
            let quantity = first.remove();
            if quantity == 0 {
                continue;
            }
            if self.public.len() >= usize::try_from(self.capacity).unwrap_or(usize::MAX) {
                self.public.pop_front();
            }
            self.public.push_back(Print {
                id: self.next,
                time: bin.end,
                level: bin.level,
                quantity,
            });
            self.next = self.next.saturating_add(1);
        }
    }

    /// Prints with numbers from `from` on, or the newest; oldest first.
    pub fn read(&self, from: Option<u64>, limit: usize) -> impl Iterator<Item = &Print<K>> {
        let skip = match from {
            Some(from) => self.public.partition_point(|print| print.id < from),
            None => self.public.len().saturating_sub(limit),
        };
        self.public.iter().skip(skip).take(limit)
    }

    /// The newest prints of an instrument, oldest first.
    pub fn newest_of(&self, instrument_id: InstrumentId, limit: usize) -> Vec<Print<K>> {
        let of_it = self.public.iter().rev();
        let of_it = of_it.filter(|print| print.level.instrument_id == instrument_id);
        let mut newest: Vec<Print<K>> = of_it.take(limit).copied().collect();
        newest.reverse();
        newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BTC: InstrumentId = InstrumentId(1);
    const ETH: InstrumentId = InstrumentId(2);

    fn prints(interval: Millis, delay: Millis, capacity: usize) -> Prints {
        Prints::new(PrintTerms {
            interval,
            delay,
            capacity,
        })
    }

    fn shown(prints: &Prints) -> Vec<(u64, Millis, InstrumentId, u64, u128)> {
        let all = prints.read(Some(0), usize::MAX);
        all.map(|p| (p.id, p.time, p.level.instrument_id, p.level.price.get(), p.quantity))
            .collect()
    }

    #[test]
    fn fills_at_one_price_within_one_interval_are_one_print() {
        let mut tape = prints(1_000, 0, 10);
        for (time, instrument, price, lots) in [
            (10, BTC, 5, 1),
            (999, BTC, 5, 2),
            (20, BTC, 6, 4),
            (30, ETH, 5, 8),
            (1_000, BTC, 5, 16),
        ] {
            tape.push(time, Level::new(instrument, Price(price)), Lots(lots));
        }
        tape.advance(2_000);
        let expected = [
            (0, 1_000, BTC, 5, 3),
            (1, 1_000, BTC, 6, 4),
            (2, 1_000, ETH, 5, 8),
            (3, 2_000, BTC, 5, 16),
        ];
        assert_eq!(shown(&tape), expected);
    }

    #[test]
    fn nothing_is_public_before_its_interval_has_ended_and_the_delay_has_passed() {
        let mut tape = prints(1_000, 500, 10);
        tape.push(0, Level::new(BTC, Price(5)), Lots(1));
        tape.advance(1_499);
        assert!(shown(&tape).is_empty());
        tape.advance(1_500);
        assert_eq!(shown(&tape).len(), 1);
    }

    #[test]
    fn what_turned_out_to_have_no_proof_is_not_printed() {
        let mut tape = prints(1_000, 500, 10);
        tape.push(10, Level::new(BTC, Price(5)), Lots(3));
        tape.push(20, Level::new(BTC, Price(6)), Lots(4));
        tape.take_back(10, Level::new(BTC, Price(5)), Lots(3));
        tape.take_back(20, Level::new(BTC, Price(6)), Lots(1));
        // Too late for it.
        tape.advance(1_500);
        tape.take_back(20, Level::new(BTC, Price(6)), Lots(3));
        tape.advance(9_000);
        assert_eq!(shown(&tape), [(0, 1_000, BTC, 6, 3)]);
    }

    #[test]
    fn the_oldest_prints_are_forgotten_and_numbers_go_on() {
        let mut tape = prints(1, 0, 2);
        for time in 0..5 {
            tape.push(time, Level::new(BTC, Price(5)), Lots(1));
        }
        tape.advance(100);
        assert_eq!(tape.read(Some(0), 10).map(|p| p.id).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(tape.read(None, 1).map(|p| p.id).collect::<Vec<_>>(), [4]);
        assert_eq!(tape.newest_of(BTC, 1).first().map(|p| p.id), Some(4));
        assert!(tape.newest_of(ETH, 1).is_empty());
    }

    proptest! {
        /// However fills are cut and in whatever order they come within an interval, the tape is the same.
        #[test]
        fn the_tape_does_not_tell_how_fills_were_cut(
            fills in proptest::collection::vec((0u64..3_000, 1u32..3, 1u64..4, 1u64..9), 0..40)
        ) {
            let (mut whole, mut cut) = (prints(1_000, 0, 1_000), prints(1_000, 0, 1_000));
            for (time, instrument, price, lots) in &fills {
                whole.push(*time, Level::new(InstrumentId(*instrument), Price(*price)), Lots(*lots));
            }
            for (time, instrument, price, lots) in fills.iter().rev() {
                for _ in 0..*lots {
                    cut.push(time / 1_000 * 1_000, Level::new(InstrumentId(*instrument), Price(*price)), Lots(1));
                }
            }
            whole.advance(10_000);
            cut.advance(10_000);
            prop_assert_eq!(shown(&whole), shown(&cut));
            let total: u128 = shown(&whole).iter().map(|print| print.4).sum();
            prop_assert_eq!(total, fills.iter().map(|fill| u128::from(fill.3)).sum::<u128>());
        }
    }
}
