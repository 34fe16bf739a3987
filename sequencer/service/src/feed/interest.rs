//! Open interest as tickers show it: counted now and then, rounded and late (Q-STREAM).

use crate::{
    config::StreamConfig,
    core::{millis, State},
};
use cloister_engine::Millis;
use cloister_risk::Status;
use cloister_types::InstrumentId;
use std::collections::{BTreeMap, VecDeque};

/// Leading digits that are told.
const DIGITS: u32 = 2;

/// Open interest of every instrument; `None` where too few accounts hold it.
pub(super) type Counts = BTreeMap<InstrumentId, Option<u128>>;

/// What was counted, and what of it is public.
pub(super) struct OpenInterest {
    interval: Millis,
    delay: Millis,
    holders: u32,
    /// Number of the interval of the last count.
    last: Option<u64>,
    /// Counts that are not public yet, each with the time from which on it is.
    waiting: VecDeque<(Millis, Counts)>,
    public: Counts,
}

impl OpenInterest {
    pub fn new(config: &StreamConfig) -> Self {
        Self {
            interval: millis(config.open_interest_interval).max(1),
            delay: millis(config.open_interest_delay),
            holders: config.open_interest_holders,
            last: None,
            waiting: VecDeque::new(),
            public: Counts::new(),
        }
    }

    /// Whether it is time for another count.
    pub fn is_due(&self, now: Millis) -> bool {
        now.checked_div(self.interval) > self.last
    }

    /// Number of accounts below which nothing is told.
    pub fn holders(&self) -> u32 {
        self.holders
    }

    /// Takes a count.
    pub fn take(&mut self, now: Millis, counts: Counts) {
        self.last = now.checked_div(self.interval);
        self.waiting.push_back((now.saturating_add(self.delay), counts));
    }

    /// Makes public what is old enough. True if that has changed anything.
    pub fn advance(&mut self, now: Millis) -> bool {
        let mut changed = false;
        while let Some((_, counts)) = self.waiting.pop_front_if(|(from, _)| *from <= now) {
            changed |= self.public != counts;
            self.public = counts;
        }
        changed
    }

    /// What is public of an instrument.
    pub fn of(&self, instrument: InstrumentId) -> Option<u128> {
        self.public.get(&instrument).copied().flatten()
    }
}

/// Counts what is held; what fewer accounts hold is not told.
pub(super) fn open_interest(core: &State, holders: u32) -> Counts {
    let rows = core.engine.table().rows.iter().enumerate();
    let listed = rows.filter(|(_, row)| row.status != Status::Empty);
    let told = listed.map(|(number, row)| {
        let open = core.open(number);
        let told = (open.holders >= holders).then(|| rounded(open.long));
        (row.instrument_id, told)
    });
    told.collect()
}

/// Down to the leading digits.
fn rounded(lots: u128) -> u128 {
    let rest = lots
        .checked_ilog10()
        .unwrap_or_default()
        .saturating_add(1)
        .saturating_sub(DIGITS);
    let unit = 10u128.saturating_pow(rest);
    lots.saturating_sub(lots.checked_rem(unit).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTC: InstrumentId = InstrumentId(1);

    #[test]
    fn two_digits_are_told_and_never_more_than_is_held() {
        for (lots, told) in [
            (0, 0),
            (7, 7),
            (99, 99),
            (100, 100),
            (109, 100),
            (1_299, 1_200),
            (999_999, 990_000),
            (u128::MAX, 340_000_000_000_000_000_000_000_000_000_000_000_000),
        ] {
            assert_eq!(rounded(lots), told);
        }
    }

    #[test]
    fn a_count_is_taken_once_in_an_interval_and_told_after_the_delay() {
        let mut open = OpenInterest::new(&StreamConfig {
            open_interest_interval: std::time::Duration::from_secs(60),
            open_interest_delay: std::time::Duration::from_secs(5),
            ..StreamConfig::default()
        });
        assert!(open.is_due(30_000));
        open.take(30_000, Counts::from([(BTC, Some(12))]));
        assert!(!open.is_due(59_999) && open.is_due(60_000));
        assert!(!open.advance(34_999));
        assert_eq!(open.of(BTC), None);
        assert!(open.advance(35_000));
        assert_eq!(open.of(BTC), Some(12));
        open.take(60_000, Counts::from([(BTC, None)]));
        assert_eq!(open.of(BTC), Some(12));
        assert!(open.advance(65_000));
        assert_eq!(open.of(BTC), None);
    }
}
