//! Money in and out of a group's vault (C-VAULT).

use crate::{queue::GroupOf, Claims, Config, Error, Event, GroupTotals, Pallet, Totals};
use polkadot_sdk::{
    frame_support::{
        ensure,
        storage::with_storage_layer,
        traits::{
            fungibles::{Inspect, Mutate},
            tokens::{Fortitude, Preservation},
            Get,
        },
    },
    sp_runtime::{traits::AccountIdConversion, DispatchError},
};

impl GroupTotals {
    /// Everything the vault owes; never `None` while amounts are below the vault's cap.
    pub fn sum(&self) -> Option<u128> {
        let senior = self.queued.checked_add(self.claims)?.checked_add(self.provers)?;
        senior.checked_add(self.available()?)
    }

    /// What is there for payouts and withheld claims: what is settled, withheld or ranks behind them, less what was
    /// paid of it. Never below 0.
    pub(crate) fn available(&self) -> Option<u128> {
        let withheld = self.withheld.checked_sub(self.withheld_paid)?;
        withheld.checked_add(self.junior)?.checked_add_signed(self.settled)
    }

    /// Counts money that a batch has taken in.
    pub(crate) fn settle(&mut self, amount: u128) -> Option<()> {
        self.settled = self.settled.checked_add_unsigned(amount)?;
        Some(())
    }
}

impl<T: Config> Pallet<T> {
    /// The account that holds a group's money.
    pub fn vault_account(group: u32) -> T::AccountId {
        T::PalletId::get().into_sub_account_truncating(group)
    }

    /// That it has the smallest balance that keeps the vault's account alive, which is never owed to anyone, and could
    /// pay it out: whoever was the asset's freezer before may have frozen the vault, whose address anyone can tell.
    pub(crate) fn vault_is_funded(group: u32, asset: &T::AssetId) -> bool {
        let vault = Self::vault_account(group);
        let free = T::Assets::reducible_balance(asset.clone(), &vault, Preservation::Expendable, Fortitude::Polite);
        free >= T::Assets::minimum_balance(asset.clone())
    }

    /// Takes a deposit into the vault and counts it as queued.
    pub(crate) fn take(group: u32, asset: &T::AssetId, who: &T::AccountId, amount: u64) -> Result<(), DispatchError> {
        let amount = u128::from(amount);
        let mut totals = Totals::<T>::get(group);
        let sum = totals
            .sum()
            .and_then(|s| s.checked_add(amount))
            .ok_or(Error::<T>::ArithmeticOverflow)?;
        ensure!(sum <= T::MaxVault::get(), Error::<T>::VaultCapExceeded);
        let rest = Self::rest(asset, who, amount)?;
        let may_stay = rest == 0 || rest >= T::Assets::minimum_balance(asset.clone());
        ensure!(may_stay, Error::<T>::RestTooSmall);
        T::Assets::transfer(
            asset.clone(),
            who,
            &Self::vault_account(group),
            amount,
            Preservation::Expendable,
        )?;
        totals.queued = totals
            .queued
            .checked_add(amount)
            .ok_or(Error::<T>::ArithmeticOverflow)?;
        Totals::<T>::insert(group, totals);
        Ok(())
    }

    /// What an account has left after a payment. The SDK takes a rest below the asset's smallest balance away, and
    /// leaves it in the supply: whoever pays with this looks after such a rest.
    fn rest(asset: &T::AssetId, who: &T::AccountId, amount: u128) -> Result<u128, Error<T>> {
        let available = T::Assets::reducible_balance(asset.clone(), who, Preservation::Expendable, Fortitude::Polite);
        ensure!(available >= amount, Error::<T>::InsufficientBalance);
        let rest = T::Assets::balance(asset.clone(), who).checked_sub(amount);
        rest.ok_or(Error::<T>::InsufficientBalance)
    }

    /// Charges what an item costs besides what it pays in. The group's fee account gets it, and with it a rest that is
    /// too small to stay: that must keep nobody from a request.
    pub(crate) fn charge(state: &GroupOf<T>, who: &T::AccountId, fee: u64) -> Result<(), DispatchError> {
        let fee = u128::from(fee);
        if fee == 0 {
            return Ok(());
        }
        let asset = state.asset.clone();
        let rest = Self::rest(&asset, who, fee)?;
        let too_small = rest < T::Assets::minimum_balance(asset.clone());
        let charged = if too_small { fee.saturating_add(rest) } else { fee };
        T::Assets::transfer(asset, who, &state.fee_account, charged, Preservation::Expendable)?;
        Ok(())
    }

    /// Moves money out of the vault; the vault itself always stays. No vault is paid this way: what it got would be in
    /// no group's books.
    pub(crate) fn transfer_out(
        group: u32,
        asset: &T::AssetId,
        who: &T::AccountId,
        amount: u128,
    ) -> Result<(), DispatchError> {
        // A layer of its own: a refusal half-way leaves nothing behind.
        with_storage_layer(|| {
            ensure!(!Self::is_vault(who), Error::<T>::VaultAsPayee);
            let vault = Self::vault_account(group);
            T::Assets::transfer(asset.clone(), &vault, who, amount, Preservation::Preserve).map(drop)
        })
    }

    /// Adds to a sum of money.
    pub(crate) fn add_to(sum: &mut u128, amount: u64) -> Result<(), Error<T>> {
        *sum = sum.checked_add(amount.into()).ok_or(Error::<T>::ArithmeticOverflow)?;
        Ok(())
    }

    /// Pays out what `totals` no longer counts. A payout that the asset refuses becomes a claim, so that no receiver
    /// can block a batch. Returns whether it was paid.
    pub(crate) fn pay(
        group: u32,
        asset: &T::AssetId,
        who: &T::AccountId,
        amount: u64,
        totals: &mut GroupTotals,
    ) -> Result<bool, DispatchError> {
        if Self::transfer_out(group, asset, who, amount.into()).is_ok() {
            return Ok(true);
        }
        Self::add_to(&mut totals.claims, amount)?;
        Claims::<T>::try_mutate(group, who, |claim| Self::add_to(claim, amount))?;
        Self::deposit_event(Event::PayoutDeferred {
            group,
            owner: who.clone(),
            amount,
        });
        Ok(false)
    }

    /// Pays what the asset refused, in full.
    pub(crate) fn pay_refused(group: u32, asset: &T::AssetId, who: &T::AccountId) -> Result<(), DispatchError> {
        let amount = Claims::<T>::take(group, who);
        ensure!(amount > 0, Error::<T>::NoClaim);
        Self::transfer_out(group, asset, who, amount).map_err(|_| Error::<T>::PayoutRefused)?;
        Totals::<T>::try_mutate(group, |totals| {
            totals.claims = totals
                .claims
                .checked_sub(amount)
                .ok_or(Error::<T>::ArithmeticOverflow)?;
            Ok::<(), DispatchError>(())
        })?;
        Self::deposit_event(Event::Claimed {
            group,
            owner: who.clone(),
            amount,
        });
        Ok(())
    }
}
