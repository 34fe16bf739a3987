//! Who is bonded, and what is held (C-BOND).

use crate::{
    BalanceOf, Barred, Bond, BondOfChain, Bonds, Bounds, Config, Error, Event, HoldReason, Pallet, Series, SeriesOf,
    TermsOf, TermsOfChain, MAX_SERIES,
};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{fungible::MutateHold, tokens::Precision, Get},
    },
    frame_system::{self, pallet_prelude::BlockNumberFor},
    sp_runtime::{
        traits::{Saturating, Zero},
        DispatchResult,
    },
};

impl<T: Config> Pallet<T> {
    /// Least and most of what governance may set.
    pub fn bounds() -> Bounds<BalanceOf<T>, BlockNumberFor<T>> {
        Bounds {
            amount: (T::MinBond::get(), T::MaxBond::get()),
            unbonding: (T::MinUnbonding::get(), T::MaxUnbonding::get()),
        }
    }

    /// Sets what a group asks of its sequencers.
    pub fn put_terms(group: u32, terms: TermsOfChain<T>) -> Result<(), Error<T>> {
        ensure!(terms.are_within(&Self::bounds()), Error::<T>::TermsOutOfBounds);
        let before = TermsOf::<T>::get(group);
        TermsOf::<T>::insert(group, terms);
        Self::deposit_event(Event::TermsSet {
            group,
            before,
            now: terms,
        });
        Ok(())
    }

    /// Adds to a bond, which is good then.
    pub(crate) fn add_to_bond(group: u32, who: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
        let terms = TermsOf::<T>::get(group).ok_or(Error::<T>::NoTerms)?;
        ensure!(!Barred::<T>::contains_key(group, &who), Error::<T>::Barred);
        let before = Bonds::<T>::get(group, &who).map_or_else(Zero::zero, |bond| bond.held);
        let held = before.saturating_add(amount);
        ensure!(held >= terms.amount.max(T::MinBond::get()), Error::<T>::BondTooSmall);
        T::Currency::hold(&HoldReason::Bond.into(), &who, amount)?;
        Bonds::<T>::insert(group, &who, Bond { held, free_at: None });
        Self::deposit_event(Event::Bonded { group, who, held });
        Ok(())
    }

    /// Gives a bond up.
    pub(crate) fn give_up(group: u32, who: &T::AccountId) -> Result<(), Error<T>> {
        let bond = Bonds::<T>::get(group, who).ok_or(Error::<T>::NothingBonded)?;
        ensure!(bond.free_at.is_none(), Error::<T>::AlreadyUnbonding);
        let period = TermsOf::<T>::get(group).map_or_else(T::MaxUnbonding::get, |terms| terms.unbonding);
        let free_at = frame_system::Pallet::<T>::block_number().saturating_add(period);
        let given_up = Bond {
            free_at: Some(free_at),
            ..bond
        };
        Bonds::<T>::insert(group, who, given_up);
        Self::deposit_event(Event::Unbonding {
            group,
            who: who.clone(),
            free_at,
        });
        Ok(())
    }

    /// Gives back what was bonded.
    pub(crate) fn give_back(group: u32, who: T::AccountId) -> DispatchResult {
        let bond = Bonds::<T>::get(group, &who).ok_or(Error::<T>::NothingBonded)?;
        let now = frame_system::Pallet::<T>::block_number();
        ensure!(
            bond.free_at.is_some_and(|free_at| now >= free_at),
            Error::<T>::StillBonded
        );
        T::Currency::release(&HoldReason::Bond.into(), &who, bond.held, Precision::Exact)?;
        Bonds::<T>::remove(group, &who);
        Self::deposit_event(Event::Withdrawn {
            group,
            who,
            amount: bond.held,
        });
        Ok(())
    }

    /// Begins the next series of somebody's receipts.
    pub(crate) fn next_series(group: u32, who: T::AccountId, journal: [u8; 32]) -> Result<(), Error<T>> {
        ensure!(Bonds::<T>::contains_key(group, &who), Error::<T>::NothingBonded);
        let before = SeriesOf::<T>::get(group, &who);
        let is_another = before.is_none_or(|series| series.journal != journal);
        ensure!(is_another, Error::<T>::SameJournal);
        let number = before.map_or(0, |series| series.number).saturating_add(1);
        ensure!(number <= MAX_SERIES, Error::<T>::TooManySeries);
        let now = Series { number, journal };
        SeriesOf::<T>::insert(group, &who, now);
        Self::deposit_event(Event::SeriesBegun { group, who, now });
        Ok(())
    }

    /// The series of somebody's receipts; none if it has never begun one.
    pub fn series(group: u32, who: &T::AccountId) -> Option<Series> {
        SeriesOf::<T>::get(group, who)
    }

    /// What a group asks of its sequencers; none if it asks nothing and takes no bonds.
    pub fn terms(group: u32) -> Option<TermsOfChain<T>> {
        TermsOf::<T>::get(group)
    }

    /// What somebody has staked on its receipts of a group.
    pub fn bond_of(group: u32, who: &T::AccountId) -> Option<BondOfChain<T>> {
        Bonds::<T>::get(group, who)
    }

    /// Invariants: terms are within their bounds, series are from 1 to [`MAX_SERIES`], whoever was slashed has no bond,
    /// and what is held of each account is what it has bonded.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub fn do_try_state() -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
        use alloc::collections::BTreeMap;
        use polkadot_sdk::frame_support::traits::fungible::InspectHold;

        let bounds = Self::bounds();
        // It may depend on the chain's state, so no test of the constants alone can look at it.
        ensure!(bounds.unbonding.0 <= bounds.unbonding.1, "no unbonding period is good");
        for (_, terms) in TermsOf::<T>::iter() {
            ensure!(terms.are_within(&bounds), "terms out of their bounds");
        }
        for (_, _, series) in SeriesOf::<T>::iter() {
            ensure!((1..=MAX_SERIES).contains(&series.number), "a series that there is not");
        }
        let mut held = BTreeMap::new();
        for (group, who, bond) in Bonds::<T>::iter() {
            ensure!(TermsOf::<T>::contains_key(group), "a bond in a group without terms");
            ensure!(bond.held >= T::MinBond::get(), "a bond of less than the least");
            ensure!(!Barred::<T>::contains_key(group, &who), "a bond of one who was slashed");
            let sum: &mut BalanceOf<T> = held.entry(who).or_default();
            *sum = sum.saturating_add(bond.held);
        }
        for (who, sum) in held {
            let on_hold = T::Currency::balance_on_hold(&HoldReason::Bond.into(), &who);
            ensure!(on_hold == sum, "what is held is not what was bonded");
        }
        Ok(())
    }
}

impl<T: Config> pallet_cloister_sequencers::Bonds<T::AccountId> for Pallet<T> {
    fn is_bonded(group: u32, who: &T::AccountId) -> bool {
        match TermsOf::<T>::get(group) {
            Some(terms) if !terms.amount.is_zero() => {
                let is_good = |bond: BondOfChain<T>| bond.free_at.is_none() && bond.held >= terms.amount;
                Bonds::<T>::get(group, who).is_some_and(is_good) && SeriesOf::<T>::contains_key(group, who)
            }
            _ => true,
        }
    }

    fn note_removal(group: u32, who: &T::AccountId) {
        // Nothing is bonded, or it is given up already: then there is nothing to do.
        let _ = Self::give_up(group, who);
    }

    fn present_series(group: u32, who: &T::AccountId) -> u32 {
        Self::series(group, who).map_or(0, |series| series.number)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn make_bonded(group: u32, who: &T::AccountId) {
        let amount = T::MinBond::get();
        let terms = crate::BondTerms {
            amount,
            unbonding: T::MinUnbonding::get(),
            reporter_share: 0,
        };
        TermsOf::<T>::insert(group, terms);
        let bond = Bond {
            held: amount,
            free_at: None,
        };
        Bonds::<T>::insert(group, who, bond);
        let series = Series {
            number: 1,
            journal: [1; 32],
        };
        SeriesOf::<T>::insert(group, who, series);
    }
}
