//! What is told of every look, and what is counted: checked in all tests.

use super::*;
use crate::closings::ClosingKind;
use cloister_crypto::constants::INSTRUMENTS;

impl World {
    /// Whatever went to orders and to the house is told, each lot once, and what is counted as open is what all
    /// accounts hold.
    pub(super) fn check_told(&self, closed: &[Closed], prints: &[Print]) {
        let sum = |lots: &mut dyn Iterator<Item = Lots>| lots.map(Lots::get).sum::<u64>();
        let told = closed.iter().flat_map(|closed| &closed.lots);
        let mut told = told.filter(|(level, _)| matches!(level.kind, ClosingKind::Book | ClosingKind::House));
        let forced = prints.iter();
        let mut forced = forced.filter(|fill| fill.taker.key.account != AccountIndex::HOUSE);
        assert_eq!(
            sum(&mut told.by_ref().map(|(_, lots)| *lots)),
            sum(&mut forced.by_ref().map(|fill| fill.quantity))
        );
        for row in 0..INSTRUMENTS {
            let held = self
                .engine
                .accounts()
                .map(|(_, view)| view.holdings.positions[row].get());
            let held: Vec<i64> = held.filter(|lots| *lots != 0).collect();
            let long = held.iter().filter(|lots| **lots > 0).map(|lots| *lots as u128).sum();
            let holders = held.len() as u32;
            assert_eq!(self.live.open(row), OpenRow { long, holders });
        }
    }
}
