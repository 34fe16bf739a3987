//! The freeze of a group that nobody proves any more or whose queue nobody takes, and the terms that rounds are
//! measured by (C-FREEZE).

use crate::{
    solvency::{FreezeClock, MAX_GATED_GROUPS},
    stops::Stops,
    Config, Error, FreezeClocks, Frozen, Groups, OpenAccounts, Pallet, SolvencyTerms, SolvencyTermsOf, Totals,
    WeightInfo,
};
use alloc::vec::Vec;
use pallet_cloister_risk::RiskTables;
use pallet_cloister_verifier::VerifyingKeyRegistry;
use polkadot_sdk::frame_support::{ensure, traits::Time, weights::Weight};

impl<T: Config> Pallet<T> {
    /// Sets what a group asks of rounds; returns what it asked before. Without terms the gate is off and the group is
    /// frozen for its queue alone.
    pub(crate) fn change_solvency_terms(
        group: u32,
        terms: Option<SolvencyTerms>,
    ) -> Result<Option<SolvencyTerms>, Error<T>> {
        ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
        let old = SolvencyTermsOf::<T>::get(group);
        let Some(terms) = terms else {
            SolvencyTermsOf::<T>::remove(group);
            FreezeClocks::<T>::remove(group);
            return Ok(old);
        };
        ensure!(terms.are_within_bounds(), Error::<T>::TermsOutOfBounds);
        ensure!(Self::has_solvency_key(), Error::<T>::NoSolvencyKey);
        if old.is_none() {
            ensure!(
                FreezeClocks::<T>::count() < MAX_GATED_GROUPS,
                Error::<T>::TooManyGatedGroups
            );
            let clock = FreezeClock {
                waited: 0,
                counted_at: T::Time::now(),
                stops: Stops::from(T::Time::now()),
            };
            FreezeClocks::<T>::insert(group, clock);
        }
        SolvencyTermsOf::<T>::insert(group, terms);
        Ok(old)
    }

    /// Whether solvency statements can be verified.
    fn has_solvency_key() -> bool {
        T::Keys::any_active(|statement| statement.solvency_shape().is_some())
    }

    /// Whether there is something to prove: open accounts, or payouts that wait for a round. There is nothing once the
    /// group is frozen.
    fn has_something_to_prove(group: u32) -> bool {
        let totals = Totals::<T>::get(group);
        let anything =
            totals.withheld > totals.withheld_paid || OpenAccounts::<T>::iter_key_prefix(group).next().is_some();
        anything && !Frozen::<T>::contains_key(group)
    }

    /// Whether a statement of a group could be taken now: it is enabled and there is a table. That somebody has removed
    /// the keys of statements, or the submitters, counts for nothing: traders must not be kept in by it.
    fn can_be_proven(group: u32, now: u64) -> bool {
        let newest = T::Risk::latest_version(group);
        Self::enabled_group(group).is_ok()
            && newest.is_some_and(|version| Self::table_in_force(group, version, now).is_ok())
    }

    /// Counts the time since the last block for every group with terms.
    pub(crate) fn count_clocks() -> Weight {
        let now = T::Time::now();
        let clocks: Vec<(u32, FreezeClock)> = FreezeClocks::<T>::iter().collect();
        let groups = u32::try_from(clocks.len()).unwrap_or(u32::MAX);
        for (group, mut clock) in clocks {
            if Self::has_something_to_prove(group) {
                let runs = Self::can_be_proven(group, now);
                let step = clock.stops.running(clock.counted_at, now, runs);
                clock.waited = clock.waited.saturating_add(step);
            }
            clock.counted_at = now;
            FreezeClocks::<T>::insert(group, clock);
        }
        T::WeightInfo::count_clocks(groups)
    }

    /// A round of the group counts that is so old: it has waited no longer than that, and no less.
    pub(crate) fn set_clock_back(group: u32, age: u64) {
        FreezeClocks::<T>::mutate_exists(group, |clock| {
            if let Some(clock) = clock {
                clock.waited = clock.waited.min(age);
            }
        });
    }

    /// Whether a group has waited for a round as long as its terms say, or its queue for a batch.
    fn check_freeze_due(group: u32) -> Result<(), Error<T>> {
        if Self::queue_is_dead(group) {
            return Ok(());
        }
        let terms = SolvencyTermsOf::<T>::get(group).ok_or(Error::<T>::NoSolvencyTerms)?;
        let waited = FreezeClocks::<T>::get(group).map_or(0, |clock| clock.waited);
        ensure!(waited >= terms.freeze_after, Error::<T>::FreezeNotDue);
        Ok(())
    }

    /// Freezes a group that has waited for too long.
    pub(crate) fn do_freeze(group: u32) -> Result<(), Error<T>> {
        ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        Self::check_freeze_due(group)?;
        Self::freeze_now(group);
        Ok(())
    }
}
