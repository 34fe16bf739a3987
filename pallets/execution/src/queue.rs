//! The queue: opens, deposits and requests in order of arrival, taken by account (C-QUEUE).

use crate::{
    Accounts, Batch, Config, Error, Event, Frozen, GroupState, Groups, HouseItems, Indices, ItemKind, OpenKeys, Pallet,
    PendingItems, Queue, QueueItem, RegisteredAccount, SealProof, Terms, Totals, WaitingItem,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use cloister_crypto::constants::INDEX_BITS;
use cloister_settlement::{
    check_overdue, closed, take, take_house, HouseTaking, Lanes, LeftOut, Request, TakeError, Taking, Waiting,
};
use cloister_types::{AccountIndex, Amount, ItemId};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{Get, Time},
    },
    sp_runtime::{DispatchError, DispatchResult},
};

/// How often the fee of a priority item can double: 64 times the base and no more, however many wait.
const PRIORITY_DOUBLINGS: u32 = 6;

/// What the house's part of a batch takes, as this pallet's storage has it.
pub(crate) type HouseTakingOf<T> = HouseTaking<<T as polkadot_sdk::frame_system::Config>::AccountId>;

/// A group as this pallet's storage has it.
pub(crate) type GroupOf<T> = GroupState<<T as polkadot_sdk::frame_system::Config>::AccountId, <T as Config>::AssetId>;
/// A queue item as this pallet's storage has it.
pub(crate) type ItemOf<T> = QueueItem<<T as polkadot_sdk::frame_system::Config>::AccountId>;

impl<T: Config> Pallet<T> {
    /// A group that is enabled and not frozen.
    pub(crate) fn enabled_group(group: u32) -> Result<GroupOf<T>, Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(state.enabled, Error::<T>::GroupDisabled);
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        Ok(state)
    }

    /// A group that is not frozen. Nobody's way out waits for it to be enabled.
    fn living_group(group: u32) -> Result<GroupOf<T>, Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(!Frozen::<T>::contains_key(group), Error::<T>::GroupFrozen);
        Ok(state)
    }

    pub(crate) fn queue_open(
        group: u32,
        owner: T::AccountId,
        keys: OpenKeys,
        seal: &SealProof,
        amount: u64,
    ) -> Result<(), DispatchError> {
        let mut state = Self::receiving_group(group)?;
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
                record: None,
            },
        );
        ensure!(amount >= T::MinDeposit::get(), Error::<T>::DepositTooSmall);
        Self::charge(&state, &owner, T::OpenFee::get())?;
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
        let mut state = Self::receiving_group(group)?;
        let index = Indices::<T>::get(group, &owner).ok_or(Error::<T>::NoAccount)?;
        ensure!(!Self::close_waits(group, index), Error::<T>::CloseWaits);
        ensure!(amount >= T::MinDeposit::get(), Error::<T>::DepositTooSmall);
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

    /// Queues a request of an account's owner, which pays nothing in.
    pub(crate) fn queue_request(group: u32, owner: T::AccountId, request: Request) -> Result<(), DispatchError> {
        let state = Self::enabled_group(group)?;
        let index = Self::may_request(group, &owner)?;
        Self::push_request(group, state, index, owner, request)
    }

    /// Queues a forced withdrawal of an account's owner.
    pub(crate) fn queue_forced(group: u32, owner: T::AccountId, amount: u64) -> Result<(), DispatchError> {
        let state = Self::living_group(group)?;
        let index = Self::may_request(group, &owner)?;
        ensure!(amount > 0, Error::<T>::NothingAsked);
        Self::ensure_opened(group, index)?;
        let amount = Amount(amount);
        Self::push_request(group, state, index, owner, Request::ForcedWithdrawal { amount })
    }

    /// Queues a re-key of an account's owner. The seal is checked last, since that is what costs most.
    pub(crate) fn queue_rekey(
        group: u32,
        owner: T::AccountId,
        keys: OpenKeys,
        seal: &SealProof,
    ) -> Result<(), DispatchError> {
        let state = Self::living_group(group)?;
        let index = Self::may_request(group, &owner)?;
        Self::ensure_opened(group, index)?;
        Self::check_seal(group, &owner, &keys, seal)?;
        Self::push_request(group, state, index, owner, Request::Rekey(keys))
    }

    /// An item of the priority lane claims one unit of a batch, and no open before it may need another.
    fn ensure_opened(group: u32, index: u32) -> Result<(), Error<T>> {
        let account = Accounts::<T>::get(group, index).ok_or(Error::<T>::NoAccount)?;
        ensure!(account.opened, Error::<T>::UnknownAccount);
        Ok(())
    }

    /// The account that an owner may queue a request of.
    fn may_request(group: u32, owner: &T::AccountId) -> Result<u32, Error<T>> {
        let index = Indices::<T>::get(group, owner).ok_or(Error::<T>::NoAccount)?;
        // A request pays nothing in, and each takes a unit of a batch: what counts is the last one.
        ensure!(!Self::request_waits(group, index), Error::<T>::RequestWaits);
        Ok(index)
    }

    fn push_request(
        group: u32,
        mut state: GroupOf<T>,
        index: u32,
        owner: T::AccountId,
        request: Request,
    ) -> Result<(), DispatchError> {
        let kind = request.clone().into();
        let item = Self::push(group, &mut state, index, owner.clone(), kind, 0)?;
        Self::deposit_event(match request {
            Request::Switch(_) => Event::SwitchQueued {
                group,
                index,
                owner,
                item,
            },
            Request::Close => Event::CloseQueued {
                group,
                index,
                owner,
                item,
            },
            Request::ForcedWithdrawal { amount } => Event::ForcedWithdrawalQueued {
                group,
                index,
                owner,
                item,
                amount: amount.get(),
            },
            Request::Rekey(_) => Event::RekeyQueued {
                group,
                index,
                owner,
                item,
            },
        });
        Ok(())
    }

    /// Whether a request of the account waits.
    fn request_waits(group: u32, index: u32) -> bool {
        Self::items_of(group, index).any(|(_, item)| item.kind.request().is_some())
    }

    /// Whether a close of the account waits. Nothing is queued behind it, so nothing is lost with the account.
    pub(crate) fn close_waits(group: u32, index: u32) -> bool {
        Self::items_of(group, index).any(|(_, item)| item.kind == ItemKind::Close)
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
        Self::ensure_not_leaving(group, index)?;
        // A full queue keeps out opens, switches and closes, and whoever waits in it already, but no top-up of an
        // account that does not, and nobody's way out.
        let topped_up = kind == ItemKind::Deposit && !PendingItems::<T>::contains_key(group, index);
        let priority = kind.has_priority();
        ensure!(
            topped_up || priority || Self::queued_of_accounts(group, state) < T::MaxQueue::get(),
            Error::<T>::QueueFull
        );
        let id = state.queue_next;
        let waiting =
            Self::items_of(group, index).try_fold(Amount(amount), |sum, (_, item)| sum.checked_add(item.amount));
        // One place is kept for the way out.
        let pending = PendingItems::<T>::decode_len(group, index).unwrap_or_default() as u32;
        let most = T::MaxItemsPerUser::get().saturating_sub(u32::from(!priority));
        ensure!(pending < most, Error::<T>::TooManyItems);
        PendingItems::<T>::try_append(group, index, id).map_err(|()| Error::<T>::TooManyItems)?;
        ensure!(waiting.is_some(), Error::<T>::QueuedSumTooLarge);
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
        Self::charge(state, &owner, Self::item_fee(group, state, priority))?;
        if amount > 0 {
            Self::take(group, &state.asset, &owner, amount)?;
        }
        Ok(Self::append(group, state, AccountIndex(index), owner, kind, amount)?)
    }

    /// What the next item costs besides what it pays in, 10^-6: the base, doubled for every [`Config::QueueFeeStep`]
    /// items that wait in its lane, and in the priority lane no more than [`PRIORITY_DOUBLINGS`] times.
    pub(crate) fn item_fee(group: u32, state: &GroupOf<T>, priority: bool) -> u64 {
        let (length, most) = if priority {
            (state.priority.length, PRIORITY_DOUBLINGS)
        } else {
            (Self::queued_of_accounts(group, state), u64::BITS)
        };
        let doublings = length.checked_div(T::QueueFeeStep::get()).unwrap_or_default();
        let factor = 1u64.checked_shl(doublings.min(most)).unwrap_or(u64::MAX);
        T::QueueFee::get().saturating_mul(factor)
    }

    /// Items that wait for accounts outside the priority lane. What waits for the house keeps nobody out.
    fn queued_of_accounts(group: u32, state: &GroupOf<T>) -> u32 {
        let of_house = HouseItems::<T>::decode_len(group).unwrap_or_default();
        state.queue.length.saturating_sub(of_house as u32)
    }

    /// Appends an item whose caps were checked and whose money was taken. Returns its id.
    pub(crate) fn append(
        group: u32,
        state: &mut GroupOf<T>,
        index: AccountIndex,
        owner: T::AccountId,
        kind: ItemKind,
        amount: u64,
    ) -> Result<u64, Error<T>> {
        let id = state.queue_next;
        let now = T::Time::now();
        let notice = state.queue_terms.notice;
        let item = QueueItem {
            owner,
            index,
            amount: Amount(amount),
            queued_at: now,
            ready_at: now.saturating_add(notice),
            deadline: now.saturating_add(T::SoftDeadline::get().max(notice)),
            kind,
            until: None,
        };
        Self::link(group, state, id, item);
        state.queue_next = id.checked_add(1).ok_or(Error::<T>::QueueFull)?;
        Groups::<T>::insert(group, &*state);
        Ok(id)
    }

    /// Puts an item at the end of its lane. It becomes ready no earlier than any before it, and overdue some time after
    /// the one before it, so that items become ready in the order of their ids and overdue in the order of their lane,
    /// whatever the terms were when they came, and fall due no faster than batches can take them.
    pub(crate) fn link(group: u32, state: &mut GroupOf<T>, id: u64, mut item: ItemOf<T>) {
        for newest in [state.queue.last, state.priority.last].into_iter().flatten() {
            if let Some(before) = Queue::<T>::get(group, newest) {
                item.ready_at = item.ready_at.max(before.item.ready_at);
            }
        }
        item.deadline = item.deadline.max(item.ready_at);
        let lane = state.lane(&item.kind);
        let previous = lane.last.replace(id);
        if let Some(previous) = previous {
            Self::relink(group, previous, |before| {
                before.next = Some(id);
                let after = before.item.deadline.saturating_add(T::DeadlineSpacing::get());
                item.deadline = item.deadline.max(after);
            });
        }
        let _ = lane.first.get_or_insert(id);
        lane.length = lane.length.saturating_add(1);
        let next = None;
        Queue::<T>::insert(group, id, WaitingItem { item, previous, next });
    }

    /// Takes an item out of its lane, from wherever it is.
    pub(crate) fn unlink(group: u32, state: &mut GroupOf<T>, id: u64) {
        let Some(WaitingItem { item, previous, next }) = Queue::<T>::take(group, id) else {
            return;
        };
        let lane = state.lane(&item.kind);
        match previous {
            Some(previous) => Self::relink(group, previous, |before| before.next = next),
            None => lane.first = next,
        }
        match next {
            Some(next) => Self::relink(group, next, |behind| behind.previous = previous),
            None => lane.last = previous,
        }
        lane.length = lane.length.saturating_sub(1);
    }

    /// The items of a lane from its first, in order; each is read when it is asked for.
    pub(crate) fn along(group: u32, first: Option<u64>) -> impl Iterator<Item = (u64, ItemOf<T>)> {
        let mut next = first;
        core::iter::from_fn(move || {
            let id = next?;
            let waiting = Queue::<T>::get(group, id)?;
            next = waiting.next;
            Some((id, waiting.item))
        })
    }

    /// Changes an item of the list.
    fn relink(group: u32, id: u64, change: impl FnOnce(&mut WaitingItem<T::AccountId>)) {
        Queue::<T>::mutate_exists(group, id, |waiting| {
            if let Some(waiting) = waiting {
                change(waiting);
            }
        });
    }

    /// The items that wait for an account, oldest first; not those of the house.
    pub(crate) fn items_of(group: u32, index: u32) -> impl Iterator<Item = (u64, ItemOf<T>)> {
        PendingItems::<T>::get(group, index)
            .unwrap_or_default()
            .into_iter()
            .filter_map(move |id| Queue::<T>::get(group, id).map(|waiting| (id, waiting.item)))
    }

    /// What each unit of a batch and its house take from the queue, at the time of its table (C-QUEUE, C-DOORS), and
    /// the number of items that were read to find out: every item of its accounts and of the house, ready or not.
    /// Nothing is changed.
    pub(crate) fn plan_queue(
        group: u32,
        state: &GroupOf<T>,
        batch: &Batch,
        table_time: u64,
    ) -> Result<(Vec<Taking>, HouseTakingOf<T>, u32), Error<T>> {
        let accounts: BTreeSet<AccountIndex> = batch.accounts().collect();
        let mut read = 0u32;
        let mut waiting: Waiting<T::AccountId> = accounts
            .iter()
            .flat_map(|index| Self::items_of(group, index.get()))
            .chain(Self::house_items(group))
            .inspect(|_| read = read.saturating_add(1))
            .collect();
        let refused = |error| match error {
            TakeError::SumTooLarge(_) => Error::<T>::ArithmeticOverflow,
            TakeError::NoRequest(_) => Error::<T>::NoRequest,
        };
        let takings = take(&mut waiting, batch.asks(), table_time).map_err(refused)?;
        let house = take_house(&mut waiting, batch.take_insurance.is_some(), table_time).map_err(refused)?;
        let lanes = Lanes {
            priority: Self::along(group, state.priority.first),
            others: Self::along(group, state.queue.first),
        };
        let claimed = Terms::claimed_units(state.queue_terms.share, batch.units.len());
        let closed = closed(batch.leaves(), &takings);
        check_overdue(lanes, &takings, &house, &closed, claimed, table_time)
            .map_err(|LeftOut(_)| Error::<T>::QueueItemOverdue)?;
        Ok((takings, house, read))
    }

    /// Takes the items of a batch off the queue: what was queued is settled now. Returns their number.
    pub(crate) fn consume(
        group: u32,
        state: &mut GroupOf<T>,
        batch: &Batch,
        takings: &[Taking],
    ) -> Result<u32, DispatchError> {
        let mut totals = Totals::<T>::get(group);
        let mut taken = 0u32;
        for (index, taking) in batch
            .accounts()
            .zip(takings)
            .filter(|(_, taking)| !taking.items.is_empty())
        {
            for ItemId(id) in &taking.items {
                Self::unlink(group, state, *id);
                taken = taken.saturating_add(1);
            }
            PendingItems::<T>::mutate_exists(group, index.get(), |pending| {
                let left = pending.take().map(|mut items| {
                    items.retain(|id| !taking.items.contains(&ItemId(*id)));
                    items
                });
                *pending = left.filter(|items| !items.is_empty());
            });
            let amount = u128::from(taking.amount.get());
            totals.queued = totals
                .queued
                .checked_sub(amount)
                .ok_or(Error::<T>::ArithmeticOverflow)?;
            totals.settle(amount).ok_or(Error::<T>::ArithmeticOverflow)?;
        }
        Totals::<T>::insert(group, totals);
        Ok(taken)
    }

    /// Says which forced withdrawals and re-keys a batch takes.
    pub(crate) fn note_requests(
        group: u32,
        batch: &Batch,
        takings: &[Taking],
        accounts: &BTreeMap<u32, RegisteredAccount<T::AccountId>>,
    ) {
        for (unit, taking) in batch.units.iter().zip(takings) {
            let index = unit.index.get();
            let Some(owner) = accounts.get(&index).map(|account| account.owner.clone()) else {
                continue;
            };
            match &taking.request {
                Some(Request::ForcedWithdrawal { amount }) => Self::deposit_event(Event::WithdrawalForced {
                    group,
                    index,
                    owner,
                    asked: amount.get(),
                    amount: unit.withdrawal.get(),
                }),
                Some(Request::Rekey(_)) => Self::deposit_event(Event::AccountRekeyed { group, index, owner }),
                Some(Request::Switch(_) | Request::Close) | None => {}
            }
        }
    }

    /// Ends the accounts that a batch closes: what waits for them goes back to their owners, who may open others. The
    /// indices are never given again.
    pub(crate) fn end_closed(
        group: u32,
        state: &mut GroupOf<T>,
        batch: &Batch,
        takings: &[Taking],
        accounts: &mut BTreeMap<u32, RegisteredAccount<T::AccountId>>,
    ) -> DispatchResult {
        let closed = closed(batch.leaves(), takings);
        let asked = batch.accounts().zip(takings);
        for (account, _) in asked.filter(|(_, taking)| taking.request == Some(Request::Close)) {
            let index = account.get();
            let Some(owner) = accounts.get(&index).map(|account| account.owner.clone()) else {
                continue;
            };
            if !closed.contains(&account) {
                Self::deposit_event(Event::CloseWithoutEffect { group, index, owner });
                continue;
            }
            Self::refund(group, state, index, &owner)?;
            accounts.remove(&index);
            Accounts::<T>::remove(group, index);
            Indices::<T>::remove(group, &owner);
            Self::note_closed(group, index);
            Self::deposit_event(Event::AccountClosed { group, index, owner });
        }
        Ok(())
    }

    /// Gives back what waits for an account.
    pub(crate) fn refund(group: u32, state: &mut GroupOf<T>, index: u32, owner: &T::AccountId) -> DispatchResult {
        let mut sum = Amount::ZERO;
        for id in PendingItems::<T>::take(group, index).unwrap_or_default() {
            let item = Queue::<T>::get(group, id).map(|waiting| waiting.item);
            let amount = item.map_or(Amount::ZERO, |item| item.amount);
            sum = sum.checked_add(amount).ok_or(Error::<T>::ArithmeticOverflow)?;
            Self::unlink(group, state, id);
        }
        if sum.is_zero() {
            return Ok(());
        }
        let mut totals = Totals::<T>::get(group);
        let left = totals.queued.checked_sub(u128::from(sum.get()));
        totals.queued = left.ok_or(Error::<T>::ArithmeticOverflow)?;
        if Self::pay(group, &state.asset, owner, sum.get(), &mut totals)? {
            Self::deposit_event(Event::DepositsRefunded {
                group,
                index,
                owner: owner.clone(),
                amount: sum.get(),
            });
        }
        Totals::<T>::insert(group, totals);
        Ok(())
    }
}
