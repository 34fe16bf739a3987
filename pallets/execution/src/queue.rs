//! The queue: opens and deposits in order of arrival (C-QUEUE).

use crate::{
    Accounts, Batch, Config, Error, Event, GroupState, Groups, Indices, ItemKind, OpenKeys, Pallet, PendingItems,
    Queue, QueueItem, RegisteredAccount, SealProof,
};
use alloc::vec::Vec;
use cloister_crypto::constants::INDEX_BITS;
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{Get, Time},
    },
    sp_runtime::DispatchError,
};

/// A group as this pallet's storage has it.
pub(crate) type GroupOf<T> = GroupState<<T as polkadot_sdk::frame_system::Config>::AccountId, <T as Config>::AssetId>;
/// A queue item as this pallet's storage has it.
pub(crate) type ItemOf<T> = QueueItem<<T as polkadot_sdk::frame_system::Config>::AccountId>;

/// What a batch does to the queue, found without changing anything.
pub(crate) struct Plan<T: Config> {
    /// For each unit, the item it consumes.
    pub consumed: Vec<Option<(u64, ItemOf<T>)>>,
    /// Where the queue starts afterwards.
    pub first: u64,
}

impl<T: Config> Pallet<T> {
    /// An enabled group.
    pub(crate) fn enabled_group(group: u32) -> Result<GroupOf<T>, Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(state.enabled, Error::<T>::GroupDisabled);
        Ok(state)
    }

    pub(crate) fn queue_open(
        group: u32,
        owner: T::AccountId,
        keys: OpenKeys,
        seal: &SealProof,
        amount: u64,
    ) -> Result<(), DispatchError> {
        let mut state = Self::enabled_group(group)?;
        ensure!(
            !Indices::<T>::contains_key(group, &owner),
            Error::<T>::AccountAlreadyOpen
        );
        Self::check_seal(group, &owner, &keys, seal)?;
        let index = state.next_index;
        ensure!(index >> INDEX_BITS == 0, Error::<T>::TreeFull);
        state.next_index = index.checked_add(1).ok_or(Error::<T>::TreeFull)?;
        Indices::<T>::insert(group, &owner, index);
        Accounts::<T>::insert(
            group,
            index,
            RegisteredAccount {
                owner: owner.clone(),
                opened: false,
                deposited: 0,
            },
        );
        let item = Self::push(group, &mut state, index, owner.clone(), ItemKind::Open(keys), amount)?;
        Self::deposit_event(Event::OpenQueued {
            group,
            index,
            owner,
            item,
            amount,
        });
        Ok(())
    }

    pub(crate) fn queue_deposit(group: u32, owner: T::AccountId, amount: u64) -> Result<(), DispatchError> {
        let mut state = Self::enabled_group(group)?;
        let index = Indices::<T>::get(group, &owner).ok_or(Error::<T>::NoAccount)?;
        let item = Self::push(group, &mut state, index, owner.clone(), ItemKind::Deposit, amount)?;
        Self::deposit_event(Event::DepositQueued {
            group,
            index,
            owner,
            item,
            amount,
        });
        Ok(())
    }

    /// Takes the money and appends the item. Every cap is checked here.
    fn push(
        group: u32,
        state: &mut GroupOf<T>,
        index: u32,
        owner: T::AccountId,
        kind: ItemKind,
        amount: u64,
    ) -> Result<u64, DispatchError> {
        ensure!(amount >= T::MinDeposit::get(), Error::<T>::DepositTooSmall);
        let length = state.queue_next.saturating_sub(state.queue_first);
        ensure!(length < u64::from(T::MaxQueue::get()), Error::<T>::QueueFull);
        let item = state.queue_next;
        PendingItems::<T>::try_append(group, index, item).map_err(|()| Error::<T>::TooManyItems)?;
        Accounts::<T>::try_mutate(group, index, |account| {
            let account = account.as_mut().ok_or(Error::<T>::NoAccount)?;
            let deposited = account
                .deposited
                .checked_add(u128::from(amount))
                .ok_or(Error::<T>::ArithmeticOverflow)?;
            ensure!(deposited <= T::MaxUserDeposits::get(), Error::<T>::UserCapExceeded);
            account.deposited = deposited;
            Ok::<(), Error<T>>(())
        })?;
        Self::take(group, &state.asset, &owner, amount)?;
        Queue::<T>::insert(
            group,
            item,
            QueueItem {
                owner,
                index: AccountIndex(index),
                amount: Amount(amount),
                queued_at: T::Time::now(),
                kind,
            },
        );
        state.queue_next = item.checked_add(1).ok_or(Error::<T>::QueueFull)?;
        Groups::<T>::insert(group, &*state);
        Ok(item)
    }

    /// Walks the queue along a batch (C-QUEUE).
    pub(crate) fn plan_queue(group: u32, state: &GroupOf<T>, batch: &Batch, now: u64) -> Result<Plan<T>, Error<T>> {
        let mut plan = Plan {
            consumed: Vec::with_capacity(batch.units.len()),
            first: state.queue_first,
        };
        for unit in &batch.units {
            if !unit.queued {
                plan.consumed.push(None);
                continue;
            }
            let id = plan.first;
            let item = Queue::<T>::get(group, id).ok_or(Error::<T>::QueueOrder)?;
            ensure!(unit.index == item.index, Error::<T>::QueueOrder);
            plan.first = id.checked_add(1).ok_or(Error::<T>::ArithmeticOverflow)?;
            plan.consumed.push(Some((id, item)));
        }
        // If the first item that is left has waited too long, the batch must have been full of older ones.
        if let Some(item) = Queue::<T>::get(group, plan.first) {
            let overdue = item.queued_at.saturating_add(T::SoftDeadline::get()) < now;
            let full = plan.consumed.iter().all(Option::is_some);
            ensure!(!overdue || full, Error::<T>::QueueItemOverdue);
        }
        Ok(plan)
    }
}
