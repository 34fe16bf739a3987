//! Money into a group's insurance and out of it: the doors are items of the queue that the house's part of a batch
//! takes (C-DOORS).

use crate::{
    claims::Gate,
    queue::{GroupOf, HouseTakingOf, ItemOf},
    types::MAX_INSURANCE_PAYMENTS,
    Batch, CompleteRounds, Config, Error, Event, HouseItems, ItemKind, Pallet, Queue, SolvencyTermsOf, Totals,
};
use cloister_types::{AccountIndex, Amount, ItemId};
use polkadot_sdk::{
    frame_support::{ensure, traits::Get},
    sp_runtime::{DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
    /// Queues a payment into the insurance of a group.
    pub(crate) fn queue_insurance(group: u32, who: T::AccountId, amount: u64) -> DispatchResult {
        let mut state = Self::receiving_group(group)?;
        Self::check_insurance_payment(group, amount)?;
        Self::take(group, &state.asset, &who, amount)?;
        let item = Self::append_of_house(group, &mut state, who.clone(), ItemKind::PayInsurance, amount)?;
        Self::deposit_event(Event::InsuranceQueued {
            group,
            owner: who,
            item,
            amount,
        });
        Ok(())
    }

    /// Queues the insurance's share of a group's income, which is in the vault already. It is the vault's own item, so
    /// that nobody gets it back.
    pub(crate) fn queue_insurance_share(group: u32, amount: u64) -> DispatchResult {
        let mut state = Self::enabled_group(group)?;
        Self::check_insurance_payment(group, amount)?;
        Totals::<T>::try_mutate(group, |totals| Self::add_to(&mut totals.queued, amount))?;
        let owner = Self::vault_account(group);
        let item = Self::append_of_house(group, &mut state, owner.clone(), ItemKind::PayInsurance, amount)?;
        Self::deposit_event(Event::InsuranceQueued {
            group,
            owner,
            item,
            amount,
        });
        Ok(())
    }

    /// That one more payment of this amount may wait.
    fn check_insurance_payment(group: u32, amount: u64) -> Result<(), Error<T>> {
        ensure!(amount >= T::MinDeposit::get(), Error::<T>::DepositTooSmall);
        let (mut count, mut sum) = (0u32, Some(Amount(amount)));
        for (_, item) in Self::house_items(group).filter(|(_, item)| item.kind == ItemKind::PayInsurance) {
            count = count.saturating_add(1);
            sum = sum.and_then(|sum| sum.checked_add(item.amount));
        }
        ensure!(count < MAX_INSURANCE_PAYMENTS, Error::<T>::TooManyInsurancePayments);
        ensure!(sum.is_some(), Error::<T>::QueuedSumTooLarge);
        Ok(())
    }

    /// Queues a take of insurance. What must stay is fixed now: the hard floor, or what accounts owe as the fresh round
    /// has found it, whichever is more.
    pub(crate) fn queue_insurance_take(group: u32, to: T::AccountId, amount: u64) -> DispatchResult {
        let mut state = Self::enabled_group(group)?;
        ensure!(amount > 0, Error::<T>::InsuranceTakeOfNothing);
        ensure!(!Self::is_vault(&to), Error::<T>::VaultAsPayee);
        ensure!(
            !Self::house_items(group).any(|(_, item)| item.kind != ItemKind::PayInsurance),
            Error::<T>::InsuranceTakeWaits
        );
        // Without rounds nobody knows what accounts owe.
        ensure!(SolvencyTermsOf::<T>::contains_key(group), Error::<T>::NoSolvencyTerms);
        ensure!(Self::gate(group) != Gate::Shut, Error::<T>::NoFreshRound);
        let round = CompleteRounds::<T>::get(group).ok_or(Error::<T>::NoFreshRound)?;
        let debt = u64::try_from(round.findings.debt).map_err(|_| Error::<T>::ArithmeticOverflow)?;
        let keep = debt.max(T::InsuranceFloor::get());
        let kind = ItemKind::TakeInsurance {
            amount: Amount(amount),
            keep: Amount(keep),
        };
        let item = Self::append_of_house(group, &mut state, to.clone(), kind, 0)?;
        Self::deposit_event(Event::InsuranceTakeQueued {
            group,
            to,
            item,
            amount,
            keep,
        });
        Ok(())
    }

    fn append_of_house(
        group: u32,
        state: &mut GroupOf<T>,
        owner: T::AccountId,
        kind: ItemKind,
        amount: u64,
    ) -> Result<u64, DispatchError> {
        HouseItems::<T>::try_append(group, state.queue_next).map_err(|()| Error::<T>::TooManyInsurancePayments)?;
        Ok(Self::append(group, state, AccountIndex::HOUSE, owner, kind, amount)?)
    }

    /// The items that the house's part of a batch takes, oldest first.
    pub(crate) fn house_items(group: u32) -> impl Iterator<Item = (u64, ItemOf<T>)> {
        HouseItems::<T>::get(group)
            .into_iter()
            .filter_map(move |id| Queue::<T>::get(group, id).map(|waiting| (id, waiting.item)))
    }

    /// Takes items of the house off the queue.
    pub(crate) fn unlink_of_house(group: u32, state: &mut GroupOf<T>, taken: &[ItemId]) {
        for ItemId(id) in taken {
            Self::unlink(group, state, *id);
        }
        HouseItems::<T>::mutate_exists(group, |items| {
            let left = items.take().map(|mut items| {
                items.retain(|id| !taken.contains(&ItemId(*id)));
                items
            });
            *items = left.filter(|items| !items.is_empty());
        });
    }

    /// Takes the house's items of a batch off the queue: what was paid in is settled now. Returns their number.
    pub(crate) fn consume_of_house(
        group: u32,
        state: &mut GroupOf<T>,
        house: &HouseTakingOf<T>,
    ) -> Result<u32, DispatchError> {
        if house.items.is_empty() {
            return Ok(0);
        }
        Self::unlink_of_house(group, state, &house.items);
        let amount = house.paid_in.get();
        Totals::<T>::try_mutate(group, |totals| {
            let queued = totals.queued.checked_sub(u128::from(amount));
            totals.queued = queued.ok_or(Error::<T>::ArithmeticOverflow)?;
            totals.settle(amount.into()).ok_or(Error::<T>::ArithmeticOverflow)
        })?;
        if amount > 0 {
            Self::deposit_event(Event::InsurancePaid { group, amount });
        }
        Ok(house.items.len() as u32)
    }

    /// Pays what a batch takes out of the insurance, as far as the gate lets it (C-GATE).
    pub(crate) fn pay_insurance_out(
        gate: Gate,
        group: u32,
        state: &GroupOf<T>,
        batch: &Batch,
        house: &HouseTakingOf<T>,
    ) -> DispatchResult {
        let Some((taken, amount)) = house.taken.as_ref().zip(batch.take_insurance) else {
            return Ok(());
        };
        let amount = amount.get();
        Self::deposit_event(Event::InsuranceTaken {
            group,
            to: taken.to.clone(),
            asked: taken.asked.get(),
            amount,
        });
        if amount == 0 {
            return Ok(());
        }
        let mut totals = Totals::<T>::get(group);
        Self::pay_through(gate, group, &state.asset, &taken.to, amount, &mut totals)?;
        Totals::<T>::insert(group, totals);
        Ok(())
    }
}
