//! The income of a group and who gets it (C-PERIOD): sweeps, credits of provers, shares and their claims.

#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;

pub(crate) use types::credit_of;
pub use types::{
    Beneficiary, ClosedPeriod, PayoutTerms, Period, MAX_MIN_BATCHES, MAX_TREASURY_SHARE, MIN_INSURANCE_SHARE,
    PROVERS_SHARE, WHOLE,
};

use crate::{
    claims::Gate, ClosedPeriods, Config, Credits, Error, Event, Frozen, GroupTotals, Groups, Pallet, PayoutTermsOf,
    PeriodOf, Shares, Totals,
};
use alloc::vec::Vec;
use cloister_types::{Amount, ItemId};
use polkadot_sdk::{
    frame_support::{ensure, storage::with_storage_layer, traits::Get},
    sp_runtime::{DispatchError, DispatchResult},
};

impl GroupTotals {
    /// What neither a withheld payout nor anybody behind root and commitment has a right to: `settled + junior`, and 0
    /// if that is negative.
    fn beyond_traders(&self) -> Option<u128> {
        let beyond = i128::try_from(self.junior).ok()?.checked_add(self.settled)?;
        Some(beyond.max(0).unsigned_abs())
    }
}

impl<T: Config> Pallet<T> {
    /// Sets how the income of a group is shared from its next period on. Returns the terms before.
    pub(crate) fn change_payout_terms(group: u32, terms: PayoutTerms) -> Result<PayoutTerms, Error<T>> {
        ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
        ensure!(terms.are_within_bounds(), Error::<T>::TermsOutOfBounds);
        let old = PayoutTermsOf::<T>::get(group);
        PayoutTermsOf::<T>::insert(group, terms);
        Ok(old)
    }

    /// The present period of a group. The first one begins when there is something to count.
    pub(crate) fn period(group: u32) -> Period {
        PeriodOf::<T>::get(group).unwrap_or_else(|| Period::begin(0, 0, PayoutTermsOf::<T>::get(group)))
    }

    /// Credits a payee with a proof. After a freeze there is no income to share.
    pub(crate) fn credit(group: u32, payee: &T::AccountId, credit: u128) -> Result<(), Error<T>> {
        if credit == 0 || Frozen::<T>::contains_key(group) {
            return Ok(());
        }
        let overflow = || Error::<T>::ArithmeticOverflow;
        let mut period = Self::period(group);
        period.credits = period.credits.checked_add(credit).ok_or_else(overflow)?;
        Credits::<T>::try_mutate((group, period.number, payee), |credits| {
            *credits = credits.checked_add(credit).ok_or_else(overflow)?;
            Ok::<(), Error<T>>(())
        })?;
        PeriodOf::<T>::insert(group, period);
        Ok(())
    }

    /// Takes a sweep as income of the group's present period: sets the provers' part apart, and closes the period if it
    /// has had its batches. Whatever the gate: what is set apart are the provers' wages, and the rest waits.
    pub(crate) fn collect(
        group: u32,
        batch_no: u64,
        amount: Amount,
        totals: &mut GroupTotals,
    ) -> Result<(), DispatchError> {
        if amount.is_zero() {
            return Ok(());
        }
        let overflow = || Error::<T>::ArithmeticOverflow;
        let amount = amount.get();
        let mut period = Self::period(group);
        let left = totals.settled.checked_sub_unsigned(amount.into());
        totals.settled = left.ok_or_else(overflow)?;
        Self::add_to(&mut totals.junior, amount)?;
        Self::add_to(&mut period.collected, amount)?;
        // Accounts that owe money are part of what is settled, so there can be less than is due.
        let there = totals.available().ok_or_else(overflow)?;
        let part = period.missing().ok_or_else(overflow)?.min(there);
        period.apart = period.apart.checked_add(part).ok_or_else(overflow)?;
        totals.provers = totals.provers.checked_add(part).ok_or_else(overflow)?;
        totals.junior = totals.junior.checked_sub(part).ok_or_else(overflow)?;
        Self::deposit_event(Event::FeesSwept { group, amount });
        let next_batch = batch_no.checked_add(1).ok_or_else(overflow)?;
        let batches = next_batch.saturating_sub(period.from_batch);
        if batches >= u64::from(period.terms.min_batches) {
            period = Self::close_period(group, &period, next_batch)?;
        }
        PeriodOf::<T>::insert(group, period);
        Ok(())
    }

    /// Closes a period; returns the next one.
    fn close_period(group: u32, period: &Period, next_batch: u64) -> Result<Period, Error<T>> {
        let overflow = || Error::<T>::ArithmeticOverflow;
        let number = period.number.checked_add(1).ok_or_else(overflow)?;
        let provers = period.set_apart().ok_or_else(overflow)?;
        let mut next = Period::begin(number, next_batch, PayoutTermsOf::<T>::get(group));
        next.owed = period.missing().ok_or_else(overflow)?;
        for (beneficiary, amount) in period.shares().ok_or_else(overflow)? {
            if amount > 0 {
                Shares::<T>::try_mutate(group, beneficiary, |share| {
                    *share = share.checked_add(amount).ok_or_else(overflow)?;
                    Ok::<(), Error<T>>(())
                })?;
            }
        }
        if period.credits == 0 {
            next.carried = provers;
        } else {
            let closed = ClosedPeriod {
                provers,
                credits: period.credits,
                paid: 0,
                claimed: 0,
            };
            ClosedPeriods::<T>::insert(group, period.number, closed);
        }
        Self::deposit_event(Event::PeriodClosed {
            group,
            period: period.number,
            collected: period.collected,
            provers,
            credits: period.credits,
        });
        Ok(next)
    }

    /// Closes the last period of a group that is frozen, so that its provers get what they earned. The rest of its
    /// income ranks behind traders (C-EXIT). A freeze does not fail: what cannot be closed stays as it is.
    pub(crate) fn close_last_period(group: u32) {
        let _ = with_storage_layer(|| {
            Self::take_shares_back(group)?;
            let Some(period) = PeriodOf::<T>::get(group) else {
                return Ok(());
            };
            if period.collected == 0 && period.set_apart() == Some(0) {
                return Ok(());
            }
            let mut next = Self::close_period(group, &period, period.from_batch)?;
            let carried = core::mem::take(&mut next.carried);
            PeriodOf::<T>::insert(group, next);
            Self::keep_for_provers(group, carried)
        });
    }

    /// Takes shares of the insurance that wait in the queue of a frozen group off it: they are there for traders, from
    /// the freeze on and not from when somebody asks for it.
    fn take_shares_back(group: u32) -> DispatchResult {
        let vault = Self::vault_account(group);
        let own = Self::house_items(group).filter(|(_, item)| item.owner == vault);
        let (mut ids, mut sum) = (Vec::new(), 0u128);
        for (id, item) in own {
            ids.push(ItemId(id));
            sum = sum.saturating_add(item.amount.get().into());
        }
        if ids.is_empty() {
            return Ok(());
        }
        let overflow = || Error::<T>::ArithmeticOverflow;
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        Self::unlink_of_house(group, &mut state, &ids);
        Groups::<T>::insert(group, state);
        Totals::<T>::try_mutate(group, |totals| {
            totals.queued = totals.queued.checked_sub(sum).ok_or_else(overflow)?;
            Ok(totals.settle(sum).ok_or_else(overflow)?)
        })
    }

    /// What was set apart for provers and is nobody's: the next period's, or of a frozen group part of what is there
    /// for traders.
    fn keep_for_provers(group: u32, amount: u128) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        let overflow = || Error::<T>::ArithmeticOverflow;
        if Frozen::<T>::contains_key(group) {
            return Totals::<T>::try_mutate(group, |totals| {
                totals.provers = totals.provers.checked_sub(amount).ok_or_else(overflow)?;
                Ok(totals.settle(amount).ok_or_else(overflow)?)
            });
        }
        let mut period = Self::period(group);
        period.carried = period.carried.checked_add(amount).ok_or_else(overflow)?;
        PeriodOf::<T>::insert(group, period);
        Ok(())
    }

    /// Pays a payee its part of a closed period, once.
    pub(crate) fn do_claim_credits(group: u32, number: u32, payee: &T::AccountId) -> DispatchResult {
        let overflow = || Error::<T>::ArithmeticOverflow;
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        let credits = Credits::<T>::get((group, number, payee));
        ensure!(credits > 0, Error::<T>::NoClaim);
        let mut closed = ClosedPeriods::<T>::get(group, number).ok_or(Error::<T>::PeriodNotClosed)?;
        let due = closed.due(credits).ok_or_else(overflow)?;
        Credits::<T>::remove((group, number, payee));
        closed.paid = closed.paid.checked_add(due).ok_or_else(overflow)?;
        closed.claimed = closed.claimed.checked_add(credits).ok_or_else(overflow)?;
        let mut totals = Totals::<T>::get(group);
        totals.provers = totals.provers.checked_sub(due).ok_or_else(overflow)?;
        if due > 0 {
            Self::transfer_out(group, &state.asset, payee, due).map_err(|_| Error::<T>::PayoutRefused)?;
        }
        Totals::<T>::insert(group, totals);
        if closed.claimed >= closed.credits {
            ClosedPeriods::<T>::remove(group, number);
            let dust = closed.provers.checked_sub(closed.paid).ok_or_else(overflow)?;
            Self::keep_for_provers(group, dust)?;
        } else {
            ClosedPeriods::<T>::insert(group, number, closed);
        }
        Self::deposit_event(Event::CreditsClaimed {
            group,
            period: number,
            payee: payee.clone(),
            amount: due,
        });
        Ok(())
    }

    /// Pays what was collected for a beneficiary, as far as it is beyond what traders have a right to.
    pub(crate) fn do_claim_share(group: u32, beneficiary: Beneficiary) -> DispatchResult {
        let overflow = || Error::<T>::ArithmeticOverflow;
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        let share = Shares::<T>::get(group, beneficiary);
        ensure!(share > 0, Error::<T>::NothingDue);
        match Self::gate(group) {
            Gate::Open => {}
            Gate::Shut => return Err(Error::<T>::NoFreshRound.into()),
            Gate::Short(_) | Gate::Fixed(_) => return Err(Error::<T>::ShortfallFound.into()),
        }
        let mut totals = Totals::<T>::get(group);
        let beyond = totals.beyond_traders().ok_or_else(overflow)?;
        // A queue item holds no more; the rest can be asked for again.
        let amount = u64::try_from(share.min(beyond)).unwrap_or(u64::MAX);
        ensure!(amount > 0, Error::<T>::NothingDue);
        let paid = u128::from(amount);
        totals.junior = totals.junior.checked_sub(paid).ok_or_else(overflow)?;
        let left = share.checked_sub(paid).ok_or_else(overflow)?;
        if left == 0 {
            Shares::<T>::remove(group, beneficiary);
        } else {
            Shares::<T>::insert(group, beneficiary, left);
        }
        Totals::<T>::insert(group, totals);
        let pay = |to| Self::transfer_out(group, &state.asset, to, paid).map_err(|_| Error::<T>::PayoutRefused);
        match beneficiary {
            Beneficiary::Sequencer => pay(&state.fee_account)?,
            Beneficiary::Treasury => pay(&T::Treasury::get())?,
            Beneficiary::Insurance => Self::queue_insurance_share(group, amount)?,
        }
        Self::deposit_event(Event::ShareClaimed {
            group,
            beneficiary,
            amount,
        });
        Ok(())
    }
}
