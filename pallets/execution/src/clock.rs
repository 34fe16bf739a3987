//! The clock of a queue that nobody takes (C-FREEZE): how long the item that is overdue for longest has waited while
//! the group could have taken a batch.

use crate::{
    queue::GroupOf, stops::Stops, Config, Frozen, Groups, OpenAccounts, Pallet, QueueClock, QueueClocks, WeightInfo,
};
use alloc::vec::Vec;
use pallet_cloister_risk::RiskTables;
use polkadot_sdk::frame_support::{
    traits::{Get, Time},
    weights::Weight,
};

/// Maximum number of items at the head of a lane that can be paid back and that the clock passes over.
pub(crate) const MAX_LEAVING: u32 = 8;
/// Milliseconds on the clock after which an item that is overdue makes a group dead, whatever was taken before it: ten
/// days.
pub const MAX_LAG: u64 = 10 * 24 * 3_600_000;

impl<T: Config> Pallet<T> {
    /// Starts the clock of a new group.
    pub(crate) fn start_queue_clock(group: u32) {
        let clock = QueueClock {
            stops: Stops::from(T::Time::now()),
            ..QueueClock::default()
        };
        QueueClocks::<T>::insert(group, clock);
    }

    /// The item of either lane whose deadline has passed first, with the deadline; `None` if none has. What the house
    /// takes does not count while no account is open: no batch can be made then. What can be paid back does not count
    /// either (C-TAKE-BACK): no batch can take it. Behind [`MAX_LEAVING`] of such items nothing counts until they are
    /// paid back, which anyone may.
    fn longest_overdue(group: u32, state: &GroupOf<T>, now: u64) -> Option<(u64, u64)> {
        let none_open = OpenAccounts::<T>::iter_key_prefix(group).next().is_none();
        let first = [state.priority.first, state.queue.first]
            .into_iter()
            .filter_map(|first| {
                // No more than `MAX_HOUSE_ITEMS` of the house are passed over.
                let mut leaving = 0u32;
                let mut lane = Self::along(group, first).filter(|(_, item)| !(none_open && item.kind.is_of_house()));
                lane.find_map(|(id, item)| {
                    if !Self::can_be_paid_back(&item, now) {
                        return Some(Some((id, item)));
                    }
                    leaving = leaving.saturating_add(1);
                    (leaving > MAX_LEAVING).then_some(None)
                })
                .flatten()
            });
        let due = first.map(|(id, item)| (item.deadline, id));
        due.filter(|(deadline, _)| *deadline <= now).min()
    }

    /// Whether a batch of the group could be taken now, if one of any group could: nobody has disabled it, there is a
    /// table, and it was set up, which the first batch shows.
    fn could_take_a_batch(group: u32, state: &GroupOf<T>, now: u64) -> bool {
        let newest = T::Risk::latest_version(group);
        let table = newest.is_some_and(|version| Self::table_in_force(group, version, now).is_ok());
        state.enabled && state.batch_no > 0 && table
    }

    /// Counts the time since the last block for every group with an overdue item.
    pub(crate) fn count_queue_clocks() -> Weight {
        let now = T::Time::now();
        let clocks: Vec<(u32, QueueClock)> = QueueClocks::<T>::iter().collect();
        let groups = u32::try_from(clocks.len()).unwrap_or(u32::MAX);
        for (group, old) in clocks {
            let state = Groups::<T>::get(group).filter(|_| !Frozen::<T>::contains_key(group));
            let Some(state) = state else { continue };
            let longest = Self::longest_overdue(group, &state, now);
            let mut clock = old;
            match longest {
                Some((_, id)) if clock.item == Some(id) => {
                    clock.count(now, Self::could_take_a_batch(group, &state, now));
                }
                // Somebody took what was overdue for longest, or something has just become overdue.
                _ => clock.turn_to(longest, now),
            }
            if longest.is_some() {
                clock.counted_at = now;
            }
            if clock != old {
                QueueClocks::<T>::insert(group, clock);
            }
        }
        T::WeightInfo::count_queue_clocks(groups)
    }

    /// Whether an item of the group has been overdue for so long that anyone may freeze it.
    pub(crate) fn queue_is_dead(group: u32) -> bool {
        let clock = QueueClocks::<T>::get(group).unwrap_or_default();
        // Who takes just so much that the item is another one every day keeps the rest in all the same.
        clock.waited >= T::QueuePatience::get() || clock.lag >= MAX_LAG
    }
}

impl QueueClock {
    /// Goes on with another item, or none, given its deadline. It has been overdue for no longer than the one before,
    /// nor longer than since its deadline.
    fn turn_to(&mut self, longest: Option<(u64, u64)>, now: u64) {
        self.item = longest.map(|(_, id)| id);
        self.waited = 0;
        let since = longest.map_or(0, |(deadline, _)| now.saturating_sub(deadline));
        self.lag = self.lag.min(since);
    }

    /// Counts the time until now: it passes while the group could take a batch, and stands otherwise, for no longer
    /// than [`crate::MAX_STOPPED`] in a window. So nobody keeps owners in by pausing a group or its feeds.
    fn count(&mut self, now: u64, could_take: bool) {
        let runs = self.stops.running(self.counted_at, now, could_take);
        self.waited = self.waited.saturating_add(runs);
        self.lag = self.lag.saturating_add(runs);
    }
}
