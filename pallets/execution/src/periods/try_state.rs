//! The invariants of income, credits and shares.

use crate::{ClosedPeriods, Config, Credits, Groups, Pallet, PayoutTermsOf, PeriodOf, Shares, Totals};
use alloc::collections::BTreeMap;
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
    /// For a group:
    /// * The terms of the group and of its present period are within their bounds.
    /// * What is set apart for provers is what closed periods have not paid and what the present one has set apart.
    /// * What ranks behind traders is the shares and what the present period has not shared.
    /// * The credits of a period add up to its own, and those of a closed one to what has not come yet.
    pub(crate) fn try_periods(group: u32, batch_no: u64) -> Result<(), TryRuntimeError> {
        let period = Self::period(group);
        ensure!(
            PayoutTermsOf::<T>::get(group).are_within_bounds() && period.terms.are_within_bounds(),
            "payout terms out of bounds"
        );
        ensure!(period.from_batch <= batch_no, "a period is ahead of its group");
        let totals = Totals::<T>::get(group);
        let overflow = "income beyond its range";
        let mut provers = period.set_apart().ok_or(overflow)?;
        let mut credits: BTreeMap<u32, u128> = BTreeMap::new();
        for ((number, _), credit) in Credits::<T>::iter_prefix((group,)) {
            ensure!(credit > 0, "an empty credit is stored");
            let sum = credits.entry(number).or_default();
            *sum = sum.saturating_add(credit);
        }
        ensure!(
            credits.remove(&period.number).unwrap_or_default() == period.credits,
            "the credits do not add up to the period's"
        );
        for (number, closed) in ClosedPeriods::<T>::iter_prefix(group) {
            ensure!(number < period.number, "a closed period is not over");
            let left = closed.credits.checked_sub(closed.claimed).ok_or(overflow)?;
            ensure!(
                left > 0 && credits.remove(&number) == Some(left),
                "the credits do not add up to a closed period's"
            );
            provers = provers.saturating_add(closed.provers.checked_sub(closed.paid).ok_or(overflow)?);
        }
        ensure!(credits.is_empty(), "credits of a period that is over");
        ensure!(
            provers == totals.provers,
            "what is set apart for provers is not what they have not got"
        );
        ensure!(
            Shares::<T>::iter_prefix_values(group).all(|share| share > 0),
            "an empty share is stored"
        );
        let shares: u128 = Shares::<T>::iter_prefix_values(group).sum();
        let unshared = period.unshared().ok_or(overflow)?;
        ensure!(
            shares.checked_add(unshared) == Some(totals.junior),
            "what ranks behind traders is not the shares"
        );
        Ok(())
    }

    /// Periods, credits and shares are of groups that exist.
    pub(crate) fn try_periods_known() -> Result<(), TryRuntimeError> {
        let known = |group: u32| Groups::<T>::contains_key(group);
        ensure!(
            PeriodOf::<T>::iter_keys().all(known)
                && PayoutTermsOf::<T>::iter_keys().all(known)
                && ClosedPeriods::<T>::iter_keys().all(|(group, _)| known(group))
                && Shares::<T>::iter_keys().all(|(group, _)| known(group))
                && Credits::<T>::iter_keys().all(|(group, _, _)| known(group)),
            "income without a group"
        );
        Ok(())
    }
}
