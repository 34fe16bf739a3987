//! Owners take back what no batch has taken (C-TAKE-BACK).
//!
//! In two steps, so that no batch in flight is refused for it: from a request on, an item is not there for tables that
//! are younger than the request by the group's notice, and is paid back once no older table can be named.

use crate::{Accounts, Config, Error, Event, Frozen, Groups, Indices, Pallet, PendingItems, Queue, QueueItem, Totals};
use alloc::vec::Vec;
use cloister_types::Amount;
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{Get, Time},
    },
    sp_runtime::{DispatchError, DispatchResult},
};

/// Milliseconds for which an item must have been overdue before its owner may take it back: an hour. Whoever makes
/// batches has nothing to fear from it as long as the queue is less than an hour behind.
pub const TAKE_BACK_AFTER: u64 = 3_600_000;

impl<T: Config> Pallet<T> {
    /// Marks what an owner may take back. An open takes what was queued behind it with it.
    pub(crate) fn do_take_back(group: u32, owner: T::AccountId) -> DispatchResult {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        let index = Indices::<T>::get(group, &owner).ok_or(Error::<T>::NoAccount)?;
        let now = T::Time::now();
        let items: Vec<(u64, QueueItem<T::AccountId>)> = Self::items_of(group, index).collect();
        let is_due = |item: &QueueItem<T::AccountId>| item.deadline.saturating_add(TAKE_BACK_AFTER) <= now;
        let open = items.iter().find(|(_, item)| item.kind.open().is_some());
        let with_open = open.is_some_and(|(_, item)| is_due(item));
        let until = now.saturating_add(state.queue_terms.notice);
        let mut sum = Amount::ZERO;
        let mut marked = false;
        for (id, item) in items {
            let is_money = item.kind.request().is_none();
            if item.until.is_some() || !(with_open || is_money && is_due(&item)) {
                continue;
            }
            sum = sum.checked_add(item.amount).ok_or(Error::<T>::ArithmeticOverflow)?;
            Queue::<T>::mutate_exists(group, id, |waiting| {
                if let Some(waiting) = waiting {
                    waiting.item.until = Some(until);
                    marked = true;
                }
            });
        }
        ensure!(marked, Error::<T>::TakeBackNotDue);
        Self::deposit_event(Event::TakeBackAsked {
            group,
            index,
            owner,
            amount: sum.get(),
            until,
        });
        Ok(())
    }

    /// Pays back what was marked, once no batch can take it any more.
    pub(crate) fn do_pay_back(group: u32, index: u32) -> DispatchResult {
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        let now = T::Time::now();
        let marked: Vec<(u64, QueueItem<T::AccountId>)> = Self::items_of(group, index)
            .filter(|(_, item)| item.until.is_some())
            .collect();
        let (_, first) = marked.first().ok_or(Error::<T>::NothingTakenBack)?;
        let owner = first.owner.clone();
        let is_free = |(_, item): &(u64, QueueItem<T::AccountId>)| Self::can_be_paid_back(item, now);
        let free: Vec<_> = marked.into_iter().filter(is_free).collect();
        ensure!(!free.is_empty(), Error::<T>::TakeBackNotDue);
        let mut sum = Amount::ZERO;
        for (id, item) in &free {
            sum = sum.checked_add(item.amount).ok_or(Error::<T>::ArithmeticOverflow)?;
            Self::unlink(group, &mut state, *id);
        }
        PendingItems::<T>::mutate_exists(group, index, |pending| {
            let left = pending.take().map(|mut items| {
                items.retain(|id| free.iter().all(|(free, _)| free != id));
                items
            });
            *pending = left.filter(|items| !items.is_empty());
        });
        if free.iter().any(|(_, item)| item.kind.open().is_some()) {
            // An index without a leaf is nothing without its open.
            Accounts::<T>::remove(group, index);
            Indices::<T>::remove(group, &owner);
        } else {
            Accounts::<T>::mutate_exists(group, index, |account| {
                if let Some(account) = account {
                    account.deposited = account.deposited.saturating_sub(sum.get().into());
                }
            });
        }
        Groups::<T>::insert(group, &state);
        // A request that waited behind an open has no money.
        if !sum.is_zero() {
            let mut totals = Totals::<T>::get(group);
            let left = totals.queued.checked_sub(sum.get().into());
            totals.queued = left.ok_or(Error::<T>::ArithmeticOverflow)?;
            Self::pay(group, &state.asset, &owner, sum.get(), &mut totals)?;
            Totals::<T>::insert(group, totals);
        }
        Self::deposit_event(Event::TakenBack {
            group,
            index,
            owner,
            amount: sum.get(),
        });
        Ok(())
    }

    /// Whether no batch can take an item any more: no table before its end is young enough to be named.
    pub(crate) fn can_be_paid_back(item: &QueueItem<T::AccountId>, now: u64) -> bool {
        let last = item.until.map(|until| until.saturating_add(T::MaxRiskAge::get()));
        last.is_some_and(|last| last <= now)
    }

    /// That nothing is queued behind an open that is being taken back.
    pub(crate) fn ensure_not_leaving(group: u32, index: u32) -> Result<(), DispatchError> {
        let leaving = Self::items_of(group, index)
            .next()
            .is_some_and(|(_, item)| item.kind.open().is_some() && item.until.is_some());
        ensure!(!leaving, Error::<T>::OpenTakenBack);
        Ok(())
    }
}
