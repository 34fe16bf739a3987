//! Members, leaders and sealing keys (C-SEQUENCERS, C-TAKE-OVER).

use crate::{
    Bonds, Config, Error, Event, Field, LastBatch, Members, NoRight, Pallet, SealKeys, Sequencers, TakeOver, TakeOverOf,
};
use alloc::vec::Vec;
use cloister_crypto::{field::from_bytes, schnorr::PublicKey};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{Get, Time},
        BoundedVec,
    },
    frame_system::{self, pallet_prelude::BlockNumberFor},
    sp_runtime::traits::Zero,
};

impl<T: Config> Pallet<T> {
    /// Whether a list only takes members away: those that stay lead in the order in which they led.
    pub(crate) fn is_narrower(group: u32, members: &BoundedVec<T::AccountId, T::MaxMembers>) -> bool {
        let present = Members::<T>::get(group);
        let mut rest = present.iter();
        members.iter().all(|who| rest.any(|other| other == who))
    }

    /// Sets the members of a group.
    pub fn put_members(group: u32, members: BoundedVec<T::AccountId, T::MaxMembers>) -> Result<(), Error<T>> {
        let twice = |(n, who): (usize, &T::AccountId)| members.iter().take(n).any(|other| other == who);
        ensure!(!members.iter().enumerate().any(twice), Error::<T>::MemberTwice);
        let now = members.to_vec();
        let before = Members::<T>::take(group).into_inner();
        if !members.is_empty() {
            Members::<T>::insert(group, members);
        }
        for who in before.iter().filter(|who| !now.contains(who)) {
            T::Bonds::note_removal(group, who);
        }
        Self::deposit_event(Event::MembersSet {
            group,
            before: before.clone(),
            now: now.clone(),
        });
        Self::note_change_of_members(group, &before, &now);
        Ok(())
    }

    /// Sets a group's sealing key. If it is another one than before, it is not due for rotation any more.
    pub fn put_seal_key(group: u32, x: Field, y: Field) -> Result<(), Error<T>> {
        ensure!(Self::is_key(&x, &y), Error::<T>::InvalidSealKey);
        if SealKeys::<T>::get(group) != Some((x, y)) {
            Self::forget_secret(group);
            SealKeys::<T>::insert(group, (x, y));
        }
        Self::deposit_event(Event::SealKeySet { group, key: (x, y) });
        Ok(())
    }

    /// Sets who leads in a group. The first delay runs from now at the earliest.
    pub fn put_take_over(group: u32, terms: TakeOver<BlockNumberFor<T>>) -> Result<(), Error<T>> {
        ensure!(
            terms.are_within_bounds(T::MaxEpoch::get()),
            Error::<T>::TakeOverOutOfBounds
        );
        let before = TakeOverOf::<T>::take(group).unwrap_or_default();
        if terms.epoch.is_zero() {
            LastBatch::<T>::remove(group);
        } else {
            TakeOverOf::<T>::insert(group, terms);
            LastBatch::<T>::insert(group, T::Time::now());
        }
        Self::deposit_event(Event::TakeOverSet {
            group,
            before,
            now: terms,
        });
        Ok(())
    }

    /// Whether coordinates are a key of prime order.
    pub(crate) fn is_key(x: &Field, y: &Field) -> bool {
        match (from_bytes(x), from_bytes(y)) {
            (Ok(x), Ok(y)) => PublicKey::from_coordinates(x, y).is_ok(),
            _ => false,
        }
    }

    /// Members of a group, in the order in which they lead.
    pub fn members(group: u32) -> Vec<T::AccountId> {
        Members::<T>::get(group).into_inner()
    }

    /// Who leads in a group now; none if nobody does.
    pub fn leader(group: u32) -> Option<T::AccountId> {
        let members = Members::<T>::get(group);
        let place = TakeOverOf::<T>::get(group)?.leader(frame_system::Pallet::<T>::block_number(), members.len())?;
        members.get(place).cloned()
    }

    /// Invariants: lists name each member once, terms are within their bounds, keys are keys, and a group has the time
    /// of its last batch exactly where somebody leads.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub fn do_try_state() -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
        for (_, members) in Members::<T>::iter() {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort();
            sorted.dedup();
            ensure!(
                sorted.len() == members.len() && !members.is_empty(),
                "a list names a member twice, or nobody"
            );
        }
        for (_, (x, y)) in SealKeys::<T>::iter() {
            ensure!(Self::is_key(&x, &y), "a sealing key that is none");
        }
        for (group, terms) in TakeOverOf::<T>::iter() {
            ensure!(
                terms.are_within_bounds(T::MaxEpoch::get()) && !terms.epoch.is_zero(),
                "terms out of their bounds"
            );
            ensure!(LastBatch::<T>::contains_key(group), "a first delay runs from no time");
        }
        for group in LastBatch::<T>::iter_keys() {
            ensure!(
                TakeOverOf::<T>::contains_key(group),
                "a first delay that nobody asks for"
            );
        }
        Self::do_try_secrets()
    }
}

impl<T: Config> Sequencers<T::AccountId> for Pallet<T> {
    fn is_member(group: u32, who: &T::AccountId) -> bool {
        Members::<T>::get(group).contains(who)
    }

    fn may_submit(group: u32, who: &T::AccountId) -> Result<(), NoRight> {
        let members = Members::<T>::get(group);
        ensure!(members.contains(who), NoRight::NotMember);
        ensure!(T::Bonds::is_bonded(group, who), NoRight::NotBonded);
        let Some(terms) = TakeOverOf::<T>::get(group) else {
            return Ok(());
        };
        let leader = terms.leader(frame_system::Pallet::<T>::block_number(), members.len());
        let leads = leader
            .and_then(|place| members.get(place))
            .is_none_or(|leader| leader == who);
        let last = LastBatch::<T>::get(group).unwrap_or(0);
        let passed = T::Time::now() >= last.saturating_add(terms.first_delay);
        ensure!(leads || passed, NoRight::NotLeader);
        Ok(())
    }

    fn note_batch(group: u32, who: &T::AccountId) {
        // Another one's batch gives nobody a new delay: while the leader is silent, the others go on.
        if Self::leader(group).as_ref() == Some(who) {
            LastBatch::<T>::insert(group, T::Time::now());
        }
    }

    fn seal_key(group: u32) -> Option<(Field, Field)> {
        SealKeys::<T>::get(group)
    }

    fn present_series(group: u32, who: &T::AccountId) -> u32 {
        T::Bonds::present_series(group, who)
    }
}
