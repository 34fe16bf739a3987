//! What comes from the chain and its operator: opens, deposits, requests, and holdings that were made again.

use crate::{
    account::AccountView,
    effect::{Effect, Removal},
    engine::Engine,
    error::InputError,
    ids::{AccountIndex, OrderKey},
    trade::Holdings,
};
use cloister_crypto::{schnorr::PublicKey, Fr};
use cloister_ledger::{account::cash_fits, OrdersIn};
use cloister_types::Amount;
use std::collections::BTreeMap;

impl Engine {
    /// A queued open: a fresh account with its first deposit.
    ///
    /// # Errors
    /// [`InputError::AlreadyOpen`].
    pub fn open(
        &mut self,
        account: AccountIndex,
        public_key: PublicKey,
        view_key: Fr,
        deposit: Amount,
    ) -> Result<(), InputError> {
        if self.accounts.contains(account) {
            return Err(InputError::AlreadyOpen(account));
        }
        let mut view = AccountView::new(public_key, view_key);
        view.holdings.cash = deposit.into();
        self.touched.insert(account);
        self.accounts.insert(account, view);
        Ok(())
    }

    /// A queued deposit.
    ///
    /// # Errors
    /// The account is unknown or its cash would leave its range.
    pub fn deposit(&mut self, account: AccountIndex, amount: Amount) -> Result<(), InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        let cash = view.holdings.cash.checked_add(amount.into()).filter(|c| cash_fits(*c));
        view.holdings.cash = cash.ok_or(InputError::CashRange(account))?;
        self.touched.insert(account);
        Ok(())
    }

    /// A queued close that takes effect, which is decided where it is put into a batch: the account's orders leave the
    /// books, and nothing more is taken from it.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`].
    pub fn close(&mut self, account: AccountIndex) -> Result<Vec<Effect>, InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        view.closing = true;
        Ok(self.drop_all(account))
    }

    /// A queued forced withdrawal: what is asked for is no longer free, until [`Self::pay_forced`] says what of it was
    /// paid. Orders at rest that no longer have margin leave the book when they are met.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`].
    pub fn force_withdrawal(&mut self, account: AccountIndex, asked: Amount) -> Result<(), InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        view.asked = view.asked.checked_add(asked).unwrap_or(Amount::MAX);
        Ok(())
    }

    /// A forced withdrawal is in a batch, which pays this of it.
    ///
    /// # Errors
    /// The account is unknown or its cash would leave its range.
    pub fn pay_forced(&mut self, account: AccountIndex, asked: Amount, paid: Amount) -> Result<(), InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        let cash = view.holdings.cash.checked_sub(paid.into()).filter(|c| cash_fits(*c));
        view.holdings.cash = cash.ok_or(InputError::CashRange(account))?;
        view.asked = view.asked.checked_sub(asked).unwrap_or_default();
        self.touched.insert(account);
        Ok(())
    }

    /// A queued re-key: from now on the new key signs and the new view key reads. What the old one signed and rests
    /// leaves the books, since nothing of it could be proven any more.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`].
    pub fn rekey(
        &mut self,
        account: AccountIndex,
        public_key: PublicKey,
        view_key: Fr,
    ) -> Result<Vec<Effect>, InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        (view.public_key, view.view_key) = (public_key, view_key);
        view.protections.clear();
        Ok(self.drop_all(account))
    }

    /// Takes orders of an account out at once, without a unit: for whoever's connection is gone. What was signed stays
    /// good on the chain until its owner cancels it, but this engine takes no id twice.
    pub fn drop_all_of(&mut self, account: AccountIndex, orders: &OrdersIn, reason: Removal) -> Vec<Effect> {
        let view = self.accounts.get(account);
        let ids = view.map(|view| view.orders_in(orders)).unwrap_or_default();
        let keys = ids.into_iter().map(|id| OrderKey { account, id });
        keys.filter_map(|key| self.drop_order(key, reason)).collect()
    }

    /// Ends all orders of an account, and its dead man's switch.
    pub(crate) fn drop_all(&mut self, account: AccountIndex) -> Vec<Effect> {
        self.disarm(account);
        self.drop_all_of(account, &OrdersIn::ALL, Removal::Cancelled)
    }

    /// Forgets an account that is no more: its index is never given again. Unknown already, or not closed, it stays as
    /// it is.
    pub fn forget(&mut self, account: AccountIndex) {
        if self.accounts.get(account).is_some_and(|view| view.closing) {
            self.accounts.remove(account);
            self.touched.insert(account);
        }
    }

    /// Puts an account in as the chain has it, at the start of a sequencer.
    ///
    /// # Errors
    /// [`InputError::AlreadyOpen`].
    pub fn restore(&mut self, account: AccountIndex, mut view: AccountView) -> Result<(), InputError> {
        if self.accounts.contains(account) {
            return Err(InputError::AlreadyOpen(account));
        }
        // It may come from an engine with another table.
        view.forget_assessed();
        self.accounts.insert(account, view);
        self.touched.insert(account);
        Ok(())
    }

    /// Replaces what accounts hold, when the ledger had to be replayed at another table. Orders at rest stay, but for
    /// those that must reduce and no longer can. Accounts that are not named are those whose close takes effect; of a
    /// close that took effect before and does not now, the account goes on. Forced withdrawals that are in no batch now
    /// must be given again. [`Self::advance`] tells what left.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`]; nothing has changed then.
    pub fn rebase(&mut self, holdings: &BTreeMap<AccountIndex, Holdings>) -> Result<(), InputError> {
        if let Some(unknown) = holdings.keys().find(|index| !self.accounts.contains(**index)) {
            return Err(InputError::UnknownAccount(*unknown));
        }
        for (index, view) in self.accounts.iter_mut() {
            let held = holdings.get(&index);
            view.holdings = held.copied().unwrap_or_default();
            view.closing = held.is_none();
            view.asked = Amount::ZERO;
            self.touched.insert(index);
        }
        let accounts: Vec<AccountIndex> = self.accounts.keys().collect();
        for account in accounts {
            for effect in self.drop_all_spent(account) {
                if let Effect::Removed { key, remaining, .. } = effect {
                    self.untold.push((key, Some(remaining)));
                }
            }
        }
        Ok(())
    }

    /// Replaces what one account holds after a unit that it did not sign: a liquidation, an expiry, a takeover,
    /// deleveraging. Orders that must reduce and no longer can leave the books.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`].
    pub fn adjust(&mut self, account: AccountIndex, holdings: Holdings) -> Result<Vec<Effect>, InputError> {
        let view = self
            .accounts
            .get_mut(account)
            .ok_or(InputError::UnknownAccount(account))?;
        view.holdings = holdings;
        self.touched.insert(account);
        Ok(self.drop_all_spent(account))
    }
}
