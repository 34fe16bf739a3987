//! What waits in the queue of a frozen group goes back.

use crate::{queue::GroupOf, Accounts, Config, Error, Event, Groups, Indices, Pallet, Queue, QueueItem, Totals};
use cloister_types::{AccountIndex, ItemId};
use polkadot_sdk::sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    /// Gives an item back to whoever queued it, in full. With an item of an account goes all that waits for the
    /// account, as with its close: an open and the deposits behind it belong together.
    pub(crate) fn do_refund_item(group: u32, id: u64) -> DispatchResult {
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        Self::frozen_since(group)?;
        let item = Queue::<T>::get(group, id).ok_or(Error::<T>::NoSuchItem)?.item;
        let (owner, index) = (item.owner.clone(), item.index.get());
        if item.kind.is_of_house() {
            Self::refund_of_house(group, &mut state, id, &item)?;
        } else {
            Self::refund(group, &mut state, index, &owner)?;
            // An index without a leaf is nothing without its open.
            if Accounts::<T>::get(group, index).is_some_and(|account| !account.opened) {
                Accounts::<T>::remove(group, index);
                Indices::<T>::remove(group, &owner);
            }
        }
        Groups::<T>::insert(group, state);
        Self::deposit_event(Event::ItemRefunded {
            group,
            item: id,
            index,
            owner,
        });
        Ok(())
    }

    fn refund_of_house(group: u32, state: &mut GroupOf<T>, id: u64, item: &QueueItem<T::AccountId>) -> DispatchResult {
        Self::unlink_of_house(group, state, &[ItemId(id)]);
        let amount = item.amount.get();
        if amount == 0 {
            return Ok(());
        }
        let mut totals = Totals::<T>::get(group);
        let left = totals.queued.checked_sub(amount.into());
        totals.queued = left.ok_or(Error::<T>::ArithmeticOverflow)?;
        if Self::pay(group, &state.asset, &item.owner, amount, &mut totals)? {
            Self::deposit_event(Event::DepositsRefunded {
                group,
                index: AccountIndex::HOUSE.get(),
                owner: item.owner.clone(),
                amount,
            });
        }
        Totals::<T>::insert(group, totals);
        Ok(())
    }
}
