//! The public tape of lots that were closed by force (Q-CLOSINGS): which, how many, at what price, and who took them,
//! by interval and late. It names nobody.

use crate::prints::{Level, PrintTerms, Prints};
use cloister_engine::{AccountIndex, Fill, FillId, Millis, UnsignedGroup};
use cloister_types::Lots;
use codec::{Decode, Encode};
use std::collections::VecDeque;

/// Who took the lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum ClosingKind {
    /// An order at rest.
    Book,
    /// The house, in a liquidation.
    House,
    /// The house, with everything else that the account had.
    Takeover,
    /// Accounts that held the other side, at the mark.
    Deleveraging,
}

/// What a group closes by force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Closed {
    /// The group.
    pub group: UnsignedGroup,
    /// The lots.
    pub lots: Vec<(Level<ClosingKind>, Lots)>,
    /// The numbers of its fills with the house. Unlike those of orders they are not in the group.
    pub house_fills: Vec<FillId>,
}

impl Closed {
    /// Lots that the house sells again are not closed a second time.
    pub fn add(&mut self, fill: &Fill) {
        if fill.taker.key.account == AccountIndex::HOUSE {
            return;
        }
        let kind = if fill.maker.is_signed() {
            ClosingKind::Book
        } else {
            self.house_fills.push(fill.id);
            ClosingKind::House
        };
        let level = Level {
            instrument_id: fill.instrument_id,
            price: fill.price,
            kind,
        };
        self.lots.push((level, fill.quantity));
    }
}

/// The tape.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Closings {
    /// What everybody may see. How it is made is set anew at every start.
    #[codec(skip)]
    pub prints: Prints<ClosingKind>,
    /// What may still turn out to have no proof, oldest first.
    provisional: VecDeque<(Millis, Closed)>,
}

impl Closings {
    /// An empty tape.
    pub fn new(terms: PrintTerms) -> Self {
        Self {
            prints: Prints::new(terms),
            provisional: VecDeque::new(),
        }
    }

    /// A group is in a batch.
    pub fn push(&mut self, time: Millis, closed: Closed) {
        for (level, lots) in &closed.lots {
            self.prints.push(time, *level, *lots);
        }
        self.provisional.push_back((time, closed));
    }

    /// A group has turned out to have no proof. Returns the numbers of its fills with the house.
    pub fn void(&mut self, group: &UnsignedGroup) -> Vec<FillId> {
        let at = self.provisional.iter().position(|(_, closed)| closed.group == *group);
        let Some((time, closed)) = at.and_then(|at| self.provisional.remove(at)) else {
            return Vec::new();
        };
        for (level, lots) in &closed.lots {
            self.prints.take_back(time, *level, *lots);
        }
        closed.house_fills
    }

    /// What happened before the oldest event that is not settled has been proven; everything, if there is none.
    pub fn settled_before(&mut self, oldest: Option<Millis>) {
        self.provisional
            .retain(|(time, _)| oldest.is_some_and(|oldest| *time >= oldest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_engine::UnsignedUnit;
    use cloister_types::{InstrumentId, Price};

    const TERMS: PrintTerms = PrintTerms {
        interval: 1_000,
        delay: 500,
        capacity: 10,
    };

    fn taken_over(account: u32, lots: u64) -> Closed {
        let level = Level {
            instrument_id: InstrumentId(1),
            price: Price(90),
            kind: ClosingKind::Takeover,
        };
        let account = AccountIndex(account);
        Closed {
            group: UnsignedGroup {
                units: vec![UnsignedUnit::Takeover { account }],
            },
            lots: vec![(level, Lots(lots))],
            house_fills: vec![account.get().into()],
        }
    }

    fn shown(closings: &Closings) -> Vec<(u64, ClosingKind, u128)> {
        let all = closings.prints.read(Some(0), usize::MAX);
        all.map(|print| (print.time, print.level.kind, print.quantity))
            .collect()
    }

    #[test]
    fn accounts_that_fall_in_one_interval_are_one_print() {
        let mut closings = Closings::new(TERMS);
        closings.push(10, taken_over(1, 3));
        closings.push(900, taken_over(2, 4));
        closings.push(1_000, taken_over(3, 8));
        closings.prints.advance(1_499);
        assert_eq!(shown(&closings), []);
        closings.prints.advance(3_000);
        let kind = ClosingKind::Takeover;
        assert_eq!(shown(&closings), [(1_000, kind, 7), (2_000, kind, 8)]);
    }

    #[test]
    fn a_group_without_a_proof_leaves_the_tape_and_names_its_fills_with_the_house() {
        let mut closings = Closings::new(TERMS);
        closings.push(10, taken_over(1, 3));
        closings.push(20, taken_over(2, 4));
        assert_eq!(closings.void(&taken_over(1, 3).group), [1]);
        assert_eq!(closings.void(&taken_over(1, 3).group), [] as [FillId; 0], "it is gone");
        closings.prints.advance(3_000);
        assert_eq!(shown(&closings), [(1_000, ClosingKind::Takeover, 4)]);
        // Public already: it stays, and its fills are void all the same.
        assert_eq!(closings.void(&taken_over(2, 4).group), [2]);
        assert_eq!(shown(&closings), [(1_000, ClosingKind::Takeover, 4)]);
    }

    #[test]
    fn what_is_settled_is_not_kept_for_the_case_that_it_has_no_proof() {
        let mut closings = Closings::new(TERMS);
        for (time, account) in [(10, 1), (20, 2), (30, 3)] {
            closings.push(time, taken_over(account, 1));
        }
        closings.settled_before(Some(20));
        assert_eq!(closings.provisional.len(), 2);
        assert_eq!(closings.void(&taken_over(1, 1).group), [] as [FillId; 0]);
        closings.settled_before(None);
        assert_eq!(closings.provisional.len(), 0);
    }
}
