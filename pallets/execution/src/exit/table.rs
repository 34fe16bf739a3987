//! The final table of a frozen group.

use super::{FinalTable, FALLBACK_AFTER};
use crate::{Config, Error, Event, ExitSums, ExitTotals, FinalTables, Frozen, Groups, Pallet};
use cloister_crypto::field::from_bytes;
use cloister_ledger::FinalValues;
use pallet_cloister_risk::RiskTables;
use polkadot_sdk::frame_support::{
    ensure,
    traits::{Get, Time},
};

impl<T: Config> Pallet<T> {
    /// Freezes a group now, whatever the reason, and fixes its final table if the oracle lives.
    pub(crate) fn freeze_now(group: u32) {
        let now = T::Time::now();
        Frozen::<T>::insert(group, now);
        Self::deposit_event(Event::GroupFrozen { group });
        Self::close_last_period(group);
        // Without values the fallback fixes it.
        if let Some(values) = T::Risk::final_values(group, now) {
            Self::put_final_table(group, &values);
        }
    }

    /// Fixes the final table that governance chooses among those that the chain keeps.
    pub(crate) fn do_choose_final_table(group: u32, version: u64) -> Result<(), Error<T>> {
        Self::without_final_table(group)?;
        let values = Self::values_of_table(group, version)?;
        Self::put_final_table(group, &values);
        Ok(())
    }

    /// Fixes the newest table that is kept, once governance had its time.
    pub(crate) fn do_fix_final_table(group: u32) -> Result<(), Error<T>> {
        let since = Self::without_final_table(group)?;
        ensure!(
            T::Time::now().saturating_sub(since) >= FALLBACK_AFTER,
            Error::<T>::FallbackNotDue
        );
        let newest = T::Risk::latest_version(group).ok_or(Error::<T>::RiskTableUnknown)?;
        let values = Self::values_of_table(group, newest)?;
        Self::put_final_table(group, &values);
        Ok(())
    }

    /// Since when a group is frozen whose final table is still to be fixed.
    fn without_final_table(group: u32) -> Result<u64, Error<T>> {
        let since = Self::frozen_since(group)?;
        ensure!(!FinalTables::<T>::contains_key(group), Error::<T>::FinalTableFixed);
        Ok(since)
    }

    /// Since when a group is frozen.
    pub(crate) fn frozen_since(group: u32) -> Result<u64, Error<T>> {
        ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
        Frozen::<T>::get(group).ok_or(Error::<T>::GroupNotFrozen)
    }

    fn values_of_table(group: u32, version: u64) -> Result<FinalValues, Error<T>> {
        let table = T::Risk::table(group, version).ok_or(Error::<T>::RiskTableUnknown)?;
        let info = T::Risk::table_info(group, version).ok_or(Error::<T>::RiskTableUnknown)?;
        let risk_hash = from_bytes(&info.risk_hash).map_err(|_| Error::<T>::NonCanonicalField)?;
        FinalValues::median(&[table], risk_hash).ok_or(Error::<T>::RiskTableUnknown)
    }

    /// Stores the final table; the first phase of exits begins.
    fn put_final_table(group: u32, values: &FinalValues) {
        let now = T::Time::now();
        let table = FinalTable::new(group, values, now);
        let claims_until = now.saturating_add(T::ExitPeriod::get());
        Self::deposit_event(Event::FinalTableFixed {
            group,
            version: table.version,
            final_hash: table.final_hash,
            claims_until,
        });
        FinalTables::<T>::insert(group, table);
        let sums = ExitSums {
            claims_until,
            ..Default::default()
        };
        ExitTotals::<T>::insert(group, sums);
    }
}
