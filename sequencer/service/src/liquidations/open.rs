//! The lots that are held, in all: kept up to date account by account, so that nobody has to look at all of them.

use cloister_crypto::constants::INSTRUMENTS;
use cloister_liquidator::Holding;

/// What is held of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenRow {
    /// Lots of those who are long.
    pub long: u128,
    /// Accounts that hold any.
    pub holders: u32,
}

/// What is held of every row.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenLots([OpenRow; INSTRUMENTS]);

impl OpenLots {
    /// An account holds something else than it did.
    pub fn moved(&mut self, before: &Holding, after: &Holding) {
        let lots = before.lots.iter().zip(&after.lots);
        for (row, (before, after)) in self.0.iter_mut().zip(lots) {
            let long = |lots: i64| u128::try_from(lots).unwrap_or_default();
            let count = |lots: i64| u32::from(lots != 0);
            let (before, after) = (before.get(), after.get());
            row.long = row.long.saturating_sub(long(before)).saturating_add(long(after));
            row.holders = row.holders.saturating_sub(count(before)).saturating_add(count(after));
        }
    }

    /// What is held of a row.
    pub fn row(&self, row: usize) -> OpenRow {
        self.0.get(row).copied().unwrap_or_default()
    }
}
