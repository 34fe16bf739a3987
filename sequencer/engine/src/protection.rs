//! How much others may fill of an account's orders at rest in one instrument before all of them leave.
//!
//! Whoever quotes many prices at once is filled at many of them before a new quote can be sent. The bound holds inside
//! one sweep of the book, too: no fill takes more than the terms leave. Only fills of orders at rest count, because an
//! incoming order is the owner's own choice, perhaps the hedge of what was filled.

use crate::ids::Millis;
use cloister_ledger::{ProtectionTerms, Side};
use cloister_types::Lots;
use codec::{Decode, Encode};
use std::collections::BTreeMap;

/// A window is kept in so many pieces, so that it stays small whatever is filled. A fill counts until its piece is out
/// of the window, which is later by no more than one piece.
const PIECES: u64 = 1_000;

/// What was filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Filled {
    lots: u128,
    /// Bought less sold.
    delta: i128,
}

impl Filled {
    /// The same with a fill more.
    pub fn with(self, side: Side, quantity: Lots) -> Self {
        let signed = i128::from(quantity.get()).saturating_mul(side.sign().into());
        Self {
            lots: self.lots.saturating_add(quantity.get().into()),
            delta: self.delta.saturating_add(signed),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            lots: self.lots.saturating_add(other.lots),
            delta: self.delta.saturating_add(other.delta),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            lots: self.lots.saturating_sub(other.lots),
            delta: self.delta.saturating_sub(other.delta),
        }
    }

    /// Lots that may still be filled of an order of this side.
    pub fn room(&self, terms: &ProtectionTerms, side: Side) -> Lots {
        if self.is_full(terms) {
            return Lots::ZERO;
        }
        let lots = match terms.max_lots {
            Lots::ZERO => u128::MAX,
            max => u128::from(max.get()).saturating_sub(self.lots),
        };
        let delta = match terms.max_delta {
            Lots::ZERO => u128::MAX,
            max => {
                let towards = self.delta.saturating_mul(side.sign().into());
                let left = i128::from(max.get()).saturating_sub(towards);
                u128::try_from(left).unwrap_or_default()
            }
        };
        u64::try_from(lots.min(delta)).map_or(Lots::MAX, Lots)
    }

    /// True if a bound is reached.
    pub fn is_full(&self, terms: &ProtectionTerms) -> bool {
        let reached = |max: Lots, size: u128| !max.is_zero() && size >= u128::from(max.get());
        reached(terms.max_lots, self.lots) || reached(terms.max_delta, self.delta.unsigned_abs())
    }
}

/// The protection of an account's orders in one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Protection {
    terms: ProtectionTerms,
    /// What was filled, by the piece of the window.
    pieces: BTreeMap<u64, Filled>,
    /// Their sum.
    sum: Filled,
    /// When a bound was reached.
    hit: Option<Millis>,
}

impl Protection {
    /// A protection with nothing filled.
    pub(crate) fn new(terms: ProtectionTerms) -> Self {
        Self {
            terms,
            pieces: BTreeMap::new(),
            sum: Filled::default(),
            hit: None,
        }
    }

    /// Its terms.
    pub fn terms(&self) -> &ProtectionTerms {
        &self.terms
    }

    /// Until when orders that could rest are refused at a time: `None` if they are not, `Some(None)` if the owner must
    /// reset it.
    pub fn blocks(&self, now: Millis) -> Option<Option<Millis>> {
        let hit = self.hit?;
        if self.terms.cool_down == 0 {
            return Some(None);
        }
        let until = hit.saturating_add(self.terms.cool_down);
        (now < until).then_some(Some(until))
    }

    /// True if the pause after a hit is over, and everything starts anew.
    fn is_over(&self, now: Millis) -> bool {
        self.hit.is_some() && self.blocks(now).is_none()
    }

    fn piece(&self) -> u64 {
        self.terms.window.div_ceil(PIECES).max(1)
    }

    /// The first piece that is within the window.
    fn oldest(&self, now: Millis) -> u64 {
        let begin = now.saturating_sub(self.terms.window.saturating_sub(1));
        begin.checked_div(self.piece()).unwrap_or_default()
    }

    /// What was filled within the window that ends now.
    pub(crate) fn filled(&self, now: Millis) -> Filled {
        if self.is_over(now) {
            return Filled::default();
        }
        self.pieces
            .range(..self.oldest(now))
            .fold(self.sum, |sum, (_, gone)| sum.minus(*gone))
    }

    /// Counts a fill. True if a bound is reached by it.
    pub(crate) fn count(&mut self, now: Millis, side: Side, quantity: Lots) -> bool {
        if self.is_over(now) {
            *self = Self::new(self.terms);
        }
        let kept = self.pieces.split_off(&self.oldest(now));
        let gone = std::mem::replace(&mut self.pieces, kept);
        self.sum = gone.values().fold(self.sum, |sum, piece| sum.minus(*piece));
        let fill = Filled::default().with(side, quantity);
        let at = now.checked_div(self.piece()).unwrap_or_default();
        let piece = self.pieces.entry(at).or_default();
        *piece = piece.plus(fill);
        self.sum = self.sum.plus(fill);
        let hit = self.hit.is_none() && self.sum.is_full(&self.terms);
        if hit {
            self.hit = Some(now);
        }
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(max_lots: u64, max_delta: u64, window: u64, cool_down: u64) -> ProtectionTerms {
        ProtectionTerms {
            max_lots: Lots(max_lots),
            max_delta: Lots(max_delta),
            window,
            cool_down,
        }
    }

    fn side(sells: bool) -> Side {
        if sells {
            Side::Sell
        } else {
            Side::Buy
        }
    }

    proptest! {
        #[test]
        fn a_window_holds_exactly_the_fills_of_its_last_milliseconds(
            window in 1u64..40,
            fills in proptest::collection::vec((0u64..15, any::<bool>(), 1u64..9), 1..40),
        ) {
            // Bounds that are never reached; pieces are a millisecond long.
            let mut protection = Protection::new(terms(1 << 39, 0, window, 0));
            let (mut now, mut all) = (1_000, Vec::new());
            for (pause, sells, lots) in fills {
                now += pause;
                protection.count(now, side(sells), Lots(lots));
                all.push((now, side(sells), lots));
                let expected = all
                    .iter()
                    .filter(|(time, ..)| time + window > now)
                    .fold(Filled::default(), |sum, (_, side, lots)| sum.with(*side, Lots(*lots)));
                prop_assert_eq!(protection.filled(now), expected);
                prop_assert_eq!(protection.sum, expected);
            }
            prop_assert_eq!(protection.filled(now + window), Filled::default());
        }

        #[test]
        fn what_is_filled_within_the_room_never_passes_a_bound(
            max_lots in 0u64..30,
            max_delta in 0u64..20,
            fills in proptest::collection::vec((0u64..6, any::<bool>(), 1u64..25), 1..40),
        ) {
            prop_assume!(max_lots + max_delta > 0);
            let terms = terms(max_lots, max_delta, 10, 0);
            let mut protection = Protection::new(terms);
            let mut now = 1_000;
            for (pause, sells, wanted) in fills {
                now += pause;
                let room = protection.filled(now).room(&terms, side(sells));
                if protection.blocks(now).is_some() {
                    break;
                }
                let lots = room.min(Lots(wanted));
                if lots.is_zero() {
                    break;
                }
                let hit = protection.count(now, side(sells), lots);
                let filled = protection.filled(now);
                prop_assert!(max_lots == 0 || filled.lots <= u128::from(max_lots));
                prop_assert!(max_delta == 0 || filled.delta.unsigned_abs() <= u128::from(max_delta));
                prop_assert_eq!(hit, filled.is_full(&terms));
                // A fill that the room cut short has reached a bound.
                prop_assert!(hit || lots == Lots(wanted));
            }
        }
    }

    #[test]
    fn a_long_window_should_be_kept_in_few_pieces() {
        let mut protection = Protection::new(terms(1 << 39, 0, 24 * 3_600_000, 0));
        for second in 0..100_000u64 {
            protection.count(second * 1_000, Side::Buy, Lots(1));
        }
        assert!(protection.pieces.len() <= 1_001, "{}", protection.pieces.len());
        // No fill is forgotten before its time, and none counts longer than one piece after it.
        let filled = protection.filled(99_999_000).lots;
        assert!((86_400..=86_400 + 87).contains(&filled), "{filled}");
    }

    #[test]
    fn a_pause_should_end_by_itself_and_a_hit_without_one_only_by_a_reset() {
        let mut paused = Protection::new(terms(5, 0, 100, 50));
        assert!(paused.count(1_000, Side::Buy, Lots(5)));
        assert_eq!(paused.blocks(1_049), Some(Some(1_050)));
        assert_eq!(paused.filled(1_049).room(paused.terms(), Side::Buy), Lots::ZERO);
        assert_eq!(paused.blocks(1_050), None);
        // The window is empty then, although its time is not over.
        assert_eq!(paused.filled(1_050), Filled::default());
        assert!(!paused.count(1_060, Side::Buy, Lots(4)));
        let mut held = Protection::new(terms(5, 0, 100, 0));
        assert!(held.count(1_000, Side::Sell, Lots(5)));
        assert_eq!(held.blocks(u64::MAX), Some(None));
    }
}
