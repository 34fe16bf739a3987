//! The queue: opens and deposits in order of arrival (C-QUEUE).

use crate::{
    types::{ItemKind, OpenKeys},
    Account, Accounts, Batch, Config, Error, Event, GroupState, Groups, Indices, Pallet, PendingItems, Queue,
    QueueItem, SealKey,
};
use alloc::{collections::BTreeSet, vec::Vec};
use cloister_crypto::{constants::INDEX_BITS, field::from_bytes, schnorr::PublicKey};
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
    /// Bounced opens: item and index.
    pub bounced: Vec<(u64, u32)>,
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
        amount: u64,
    ) -> Result<(), DispatchError> {
        let mut state = Self::enabled_group(group)?;
        ensure!(
            !Indices::<T>::contains_key(group, &owner),
            Error::<T>::AccountAlreadyOpen
        );
        ensure!(SealKey::<T>::exists(), Error::<T>::SealKeyMissing);
        // Checked here, because an item that no proof can consume would stop the queue.
        let field = |bytes| from_bytes(bytes).map_err(|_| Error::<T>::NonCanonicalField);
        let (x, y) = (field(&keys.pk_x)?, field(&keys.pk_y)?);
        field(&keys.view_commitment)?;
        PublicKey::from_coordinates(x, y).map_err(|_| Error::<T>::InvalidPublicKey)?;
        let index = state.next_index;
        ensure!(index >> INDEX_BITS == 0, Error::<T>::TreeFull);
        state.next_index = index.checked_add(1).ok_or(Error::<T>::TreeFull)?;
        Indices::<T>::insert(group, &owner, index);
        Accounts::<T>::insert(
            group,
            index,
            Account {
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
        // The span counts the holes that bounces leave, which bounds what a batch walks over.
        let span = state.queue_next.saturating_sub(state.queue_first);
        ensure!(span < u64::from(T::MaxQueue::get()), Error::<T>::QueueFull);
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
                index,
                amount,
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
            consumed: Vec::new(),
            bounced: Vec::new(),
            first: state.queue_first,
        };
        plan.consumed.resize_with(batch.units.len(), || None);
        let mut dead = BTreeSet::new();
        let mut bounces = batch.bounces.iter().peekable();
        let mut takers = batch
            .units
            .iter()
            .zip(plan.consumed.iter_mut())
            .filter(|(unit, _)| unit.queued)
            .peekable();
        let mut at = state.queue_first;
        while takers.peek().is_some() || bounces.peek().is_some() {
            if at >= state.queue_next {
                // More was named than is queued.
                return Err(if takers.peek().is_some() {
                    Error::QueueOrder
                } else {
                    Error::BounceOrder
                });
            }
            let id = at;
            at = at.checked_add(1).ok_or(Error::<T>::ArithmeticOverflow)?;
            let Some(item) = Queue::<T>::get(group, id) else {
                continue;
            };
            if dead.contains(&item.index) {
                continue;
            }
            if bounces.next_if_eq(&&id).is_some() {
                ensure!(matches!(item.kind, ItemKind::Open(_)), Error::<T>::BounceNotOpen);
                dead.insert(item.index);
                plan.bounced.push((id, item.index));
                continue;
            }
            let (unit, place) = takers.next().ok_or(Error::<T>::BounceOrder)?;
            ensure!(unit.index == item.index, Error::<T>::QueueOrder);
            *place = Some((id, item));
        }
        drop(takers);
        // To the first item that is left. If it has waited too long, the batch must have been full of older ones.
        while at < state.queue_next {
            match Queue::<T>::get(group, at) {
                Some(item) if !dead.contains(&item.index) => {
                    let overdue = item.queued_at.saturating_add(T::SoftDeadline::get()) < now;
                    let full = plan.consumed.iter().all(Option::is_some);
                    ensure!(!overdue || full, Error::<T>::QueueItemOverdue);
                    break;
                }
                _ => at = at.checked_add(1).ok_or(Error::<T>::ArithmeticOverflow)?,
            }
        }
        plan.first = at;
        Ok(plan)
    }
}
