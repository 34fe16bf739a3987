//! The invariants of the pallet.

use crate::{
    queue::GroupOf,
    types::{MAX_HOUSE_ITEMS, MAX_INSURANCE_PAYMENTS},
    Accounts, Claims, Config, CustodyLost, GroupTotals, Groups, HouseItems, HouseRekeys, Indices, ItemKind, Lane,
    Pallet, PendingItems, PlainBatch, Queue, Totals, WaitingItem,
};
use alloc::collections::{BTreeMap, BTreeSet};
use cloister_crypto::{constants::INDEX_BITS, field::from_bytes};
use cloister_settlement::Request;
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{fungibles::Inspect, Get},
    },
    sp_runtime::TryRuntimeError,
};

impl<T: Config> Pallet<T> {
    /// No mark of a plain batch is left (C-PLAIN). For every group:
    /// * C-VAULT: the vault holds its minimum balance and everything it owes; what it owes is within the cap.
    /// * `queued` is the sum of the queue's items, `claims` the sum of the claims.
    /// * Root and house commitment are canonical.
    /// * C-HOUSE: the re-keys have every number below `house_rekeys` and no other, in the order of their batches; there
    ///   is no batch before the first, and after the last the house is its, unless a batch came later.
    /// * The queue is a list in the order of its ids, of as many items as the group says, between the ends that it
    ///   says. Its items become ready, and later overdue, in this order. Each belongs to an account of its owner and is
    ///   pending for it, and nothing else is pending; the items of an account that is not open yet start with its open,
    ///   and those of one account are below 2^64 together. Nothing waits behind a close, no more than one request of an
    ///   account, and behind an open that is taken back nothing that is not. The terms are within their bounds. Items
    ///   of the house are those that are listed for it; the payments among them are within their number and below 2^64
    ///   together, and there is no more than one take.
    /// * Accounts and indices are inverse, and every index is below the next one.
    /// * What rounds, gate and freeze keep: [`Pallet::try_solvency`].
    /// * What a frozen group's exits keep: [`Pallet::try_exits`].
    /// * What income, credits and shares keep: [`Pallet::try_periods`].
    /// * What is kept of settled batches: [`Pallet::try_settled`].
    /// * Its asset is listed (C-CUSTODY).
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        ensure!(!PlainBatch::<T>::exists(), "a transaction has left its mark");
        let mut groups = 0usize;
        for (group, state) in Groups::<T>::iter() {
            groups = groups.saturating_add(1);
            ensure!(
                from_bytes(&state.root).is_ok() && from_bytes(&state.house).is_ok(),
                "not canonical"
            );
            Self::try_vault(group, &state.asset)?;
            Self::try_house(group, &state)?;
            Self::try_queue(group, &state)?;
            Self::try_accounts(group, state.next_index)?;
            Self::try_solvency(group, &state)?;
            Self::try_exits(group)?;
            Self::try_periods(group, state.batch_no)?;
            Self::try_settled(group, state.batch_no)?;
            ensure!(Self::is_listed(&state.asset), "a group's asset is not listed");
        }
        ensure!(
            CustodyLost::<T>::iter_keys().all(Groups::<T>::contains_key),
            "custody of no group was lost"
        );
        Self::try_known()?;
        Self::try_exits_known()?;
        Self::try_periods_known()?;
        ensure!(Totals::<T>::iter_keys().count() <= groups, "totals without a group");
        Ok(())
    }

    fn try_house(group: u32, state: &GroupOf<T>) -> Result<(), TryRuntimeError> {
        let rekeys: BTreeMap<u32, _> = HouseRekeys::<T>::iter_prefix(group).collect();
        ensure!(
            rekeys.keys().copied().eq(0..state.house_rekeys),
            "the re-keys of the house have holes"
        );
        ensure!(
            rekeys.values().map(|rekey| rekey.batch_no).is_sorted(),
            "re-keys out of order"
        );
        match rekeys.last_key_value() {
            None => ensure!(state.batch_no == 0, "a batch under the genesis key of the house"),
            Some((_, last)) => {
                ensure!(last.batch_no <= state.batch_no, "a re-key after a batch to come");
                ensure!(
                    last.batch_no < state.batch_no || last.new_house == state.house,
                    "the house is not the last re-key's"
                );
            }
        }
        Ok(())
    }

    fn try_vault(group: u32, asset: &T::AssetId) -> Result<(), TryRuntimeError> {
        let GroupTotals {
            queued,
            claims,
            settled,
            ..
        } = Totals::<T>::get(group);
        let owed = Totals::<T>::get(group).sum().ok_or("the vault owes too much")?;
        ensure!(owed <= T::MaxVault::get(), "the vault owes more than its cap");
        let balance = T::Assets::balance(asset.clone(), &Self::vault_account(group));
        let least = T::Assets::minimum_balance(asset.clone());
        ensure!(
            Some(balance) >= owed.checked_add(least),
            "the vault holds less than it owes"
        );
        let items: u128 = Queue::<T>::iter_prefix_values(group)
            .map(|waiting| u128::from(waiting.item.amount.get()))
            .sum();
        ensure!(items == queued, "queued is not the sum of the queue");
        let sum: u128 = Claims::<T>::iter_prefix_values(group).sum();
        ensure!(sum == claims, "claims is not the sum of the claims");
        ensure!(
            Claims::<T>::iter_prefix_values(group).all(|claim| claim > 0),
            "an empty claim is stored"
        );
        ensure!(
            i128::try_from(owed).is_ok_and(|owed| settled <= owed),
            "settled is more than everything"
        );
        Ok(())
    }

    fn try_lane(lane: &Lane, items: &BTreeMap<&u64, &WaitingItem<T::AccountId>>) -> Result<(), TryRuntimeError> {
        ensure!(
            u32::try_from(items.len()).ok() == Some(lane.length),
            "the length is not that of the lane"
        );
        let ids: alloc::vec::Vec<u64> = items.keys().map(|id| **id).collect();
        ensure!(
            (lane.first, lane.last) == (ids.first().copied(), ids.last().copied()),
            "the ends are not those of the lane"
        );
        // In the order of the ids every link is to the neighbour, so the list holds every item once.
        let before = core::iter::once(None).chain(ids.iter().copied().map(Some));
        let behind = ids.iter().copied().skip(1).map(Some).chain([None]);
        let links = items.values().map(|waiting| (waiting.previous, waiting.next));
        ensure!(
            before.zip(behind).take(ids.len()).eq(links),
            "a link is not to the neighbour"
        );
        ensure!(
            items.values().is_sorted_by_key(|waiting| waiting.item.deadline),
            "items are not overdue in their order"
        );
        Ok(())
    }

    fn try_queue(group: u32, state: &GroupOf<T>) -> Result<(), TryRuntimeError> {
        ensure!(state.queue_terms.are_within_bounds(), "terms out of bounds");
        ensure!(
            // One item of each account may come to a full queue.
            state.queue.length
                <= T::MaxQueue::get()
                    .saturating_add(state.next_index)
                    .saturating_add(MAX_HOUSE_ITEMS)
                && state.priority.length <= state.next_index,
            "more items than the queue may have"
        );
        let items: BTreeMap<u64, _> = Queue::<T>::iter_prefix(group).collect();
        for (lane, priority) in [(state.queue, false), (state.priority, true)] {
            let of_lane = items
                .iter()
                .filter(|(_, waiting)| waiting.item.kind.has_priority() == priority);
            Self::try_lane(&lane, &of_lane.collect())?;
        }
        ensure!(items.keys().all(|id| *id < state.queue_next), "an id never given");
        ensure!(
            items.values().is_sorted_by_key(|waiting| waiting.item.ready_at),
            "items are not ready in their order"
        );
        let mut by_index: BTreeMap<u32, alloc::vec::Vec<u64>> = BTreeMap::new();
        let mut closing = BTreeSet::new();
        let mut asking = BTreeSet::new();
        let mut leaving = BTreeSet::new();
        let mut of_house = alloc::vec::Vec::new();
        for (id, WaitingItem { item, .. }) in &items {
            ensure!(
                item.queued_at <= item.ready_at && item.ready_at <= item.deadline,
                "an item is ready before it came, or overdue before it is ready"
            );
            if item.kind.is_of_house() {
                ensure!(
                    item.index == AccountIndex::HOUSE,
                    "an item of the house has another index"
                );
                of_house.push(*id);
                continue;
            }
            let account = Accounts::<T>::get(group, item.index.get()).ok_or("a queue item has no account")?;
            ensure!(
                account.owner == item.owner,
                "a queue item has another owner than its account"
            );
            let pending = by_index.entry(item.index.get()).or_default();
            let is_open = matches!(item.kind, ItemKind::Open(_));
            ensure!(
                is_open == (!account.opened && pending.is_empty()),
                "an open is not first, or not once"
            );
            // A batch at an older table may have taken the open since: then what was behind it leaves all the same.
            if is_open && item.until.is_some() {
                leaving.insert(item.index);
            }
            ensure!(
                !leaving.contains(&item.index) || item.until.is_some(),
                "an item stays behind an open that is taken back"
            );
            ensure!(!closing.contains(&item.index), "an item waits behind a close");
            if let Some(request) = item.kind.request() {
                ensure!(item.amount.is_zero(), "a request pays something in");
                ensure!(asking.insert(item.index), "two requests of an account wait");
                ensure!(
                    request != Request::ForcedWithdrawal { amount: Amount::ZERO },
                    "a forced withdrawal asks for nothing"
                );
            }
            if item.kind == ItemKind::Close {
                closing.insert(item.index);
            }
            pending.push(*id);
        }
        let pending: BTreeMap<u32, alloc::vec::Vec<u64>> = PendingItems::<T>::iter_prefix(group)
            .map(|(index, items)| (index, items.into_inner()))
            .collect();
        ensure!(pending == by_index, "pending items and queue differ");
        ensure!(
            HouseItems::<T>::get(group).into_inner() == of_house,
            "items of the house and queue differ"
        );
        Self::try_house_items(group)?;
        for index in pending.keys() {
            let sum =
                Self::items_of(group, *index).try_fold(Amount::ZERO, |sum, (_, item)| sum.checked_add(item.amount));
            ensure!(sum.is_some(), "the items of an account are 2^64 or more together");
        }
        Ok(())
    }

    fn try_house_items(group: u32) -> Result<(), TryRuntimeError> {
        let (mut payments, mut takes, mut sum) = (0u32, 0u32, Some(Amount::ZERO));
        for (_, item) in Self::house_items(group) {
            if item.kind == ItemKind::PayInsurance {
                payments = payments.saturating_add(1);
                sum = sum.and_then(|sum| sum.checked_add(item.amount));
            } else {
                takes = takes.saturating_add(1);
                ensure!(item.amount.is_zero(), "a take of insurance has paid something");
            }
        }
        ensure!(
            payments <= MAX_INSURANCE_PAYMENTS && takes <= 1,
            "more items of the house than may wait"
        );
        ensure!(
            sum.is_some(),
            "the payments into the insurance are 2^64 or more together"
        );
        Ok(())
    }

    fn try_accounts(group: u32, next_index: u32) -> Result<(), TryRuntimeError> {
        ensure!(next_index <= 1 << INDEX_BITS, "more indices than leaves");
        let mut accounts = 0usize;
        for (index, account) in Accounts::<T>::iter_prefix(group) {
            accounts = accounts.saturating_add(1);
            ensure!(index < next_index, "an account has an index never given");
            ensure!(
                Indices::<T>::get(group, &account.owner) == Some(index),
                "account and index differ"
            );
        }
        ensure!(
            Indices::<T>::iter_prefix(group).count() == accounts,
            "an index has no account"
        );
        Ok(())
    }
}
