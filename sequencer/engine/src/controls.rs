//! Controls: cancels in bulk, the dead man's switch, and protection (S-CONTROL, Q-CONTROL).

use crate::{
    account::DeadMan,
    effect::{Effect, Removal},
    engine::{Accepted, Engine},
    error::Rejection,
    ids::{AccountIndex, Millis},
    protection::Protection,
};
use cloister_crypto::schnorr::PublicKey;
use cloister_ledger::{Control, ControlAction, OrdersIn, ProtectionTerms, SignedControl};
use cloister_types::{InstrumentId, Lots};

impl Engine {
    pub(crate) fn take_control(&mut self, signed: &SignedControl) -> Result<Accepted, Rejection> {
        let control = &signed.control;
        let (number, last) = (control.number, self.view(control.index)?.control);
        if number <= last {
            return Err(Rejection::ControlNumber { number, last });
        }
        let account = control.index;
        let effects = match &control.action {
            ControlAction::CancelOrders(orders) => self.drop_all_of(account, orders, Removal::Cancelled),
            ControlAction::DeadMan { after, orders } => {
                self.arm(account, *after, *orders);
                Vec::new()
            }
            ControlAction::Protect { instrument, terms } => {
                self.protect(account, *instrument, *terms)?;
                Vec::new()
            }
            ControlAction::ResetProtection { instrument } => {
                self.reset_protection(account, *instrument);
                Vec::new()
            }
        };
        if let Some(view) = self.accounts.get_mut(account) {
            view.control = control.number;
        }
        Ok(Accepted {
            effects,
            ..Accepted::default()
        })
    }

    /// Widths, addressee, account, life. Returns the key that must have signed.
    pub(crate) fn check_control(&self, control: &Control) -> Result<PublicKey, Rejection> {
        if let Some(field) = control.too_wide() {
            return Err(Rejection::FieldRange(field.into()));
        }
        if control.group != self.config.group {
            return Err(Rejection::WrongGroup {
                expected: self.config.group,
                found: control.group,
            });
        }
        let view = self.view(control.index)?;
        // Nothing of it is proven, so it needs no time to settle.
        if control.expiry < self.now {
            return Err(Rejection::Expired {
                expiry: control.expiry,
                needed: self.now,
            });
        }
        Ok(view.public_key)
    }

    /// Sets the dead man's switch of an account anew, or switches it off.
    fn arm(&mut self, account: AccountIndex, after: Millis, orders: OrdersIn) {
        self.disarm(account);
        let at = self.now.saturating_add(after);
        if let (Some(view), 1..) = (self.accounts.get_mut(account), after) {
            view.dead_man = Some(DeadMan { at, orders });
            self.dead_men.insert((at, account));
        }
    }

    /// Switches the dead man's switch of an account off.
    pub(crate) fn disarm(&mut self, account: AccountIndex) -> Option<DeadMan> {
        let was = self.accounts.get_mut(account)?.dead_man.take()?;
        self.dead_men.remove(&(was.at, account));
        Some(was)
    }

    /// The orders of those leave whose switch was not renewed in time.
    pub(crate) fn end_dead_men(&mut self) -> Vec<Effect> {
        let due: Vec<AccountIndex> = self
            .dead_men
            .range(..=(self.now, AccountIndex::MAX))
            .map(|(_, account)| *account)
            .collect();
        due.into_iter()
            .flat_map(|account| match self.disarm(account) {
                Some(was) => self.drop_all_of(account, &was.orders, Removal::DeadMan),
                None => Vec::new(),
            })
            .collect()
    }

    /// Protects the orders of an account in an instrument from now on, or no longer.
    fn protect(
        &mut self,
        account: AccountIndex,
        instrument: InstrumentId,
        terms: ProtectionTerms,
    ) -> Result<(), Rejection> {
        if self.table.row_of(instrument).is_none() {
            return Err(Rejection::UnknownInstrument(instrument));
        }
        let bounded = (terms.max_lots, terms.max_delta) != (Lots::ZERO, Lots::ZERO);
        if bounded && terms.window == 0 {
            return Err(Rejection::NoWindow);
        }
        let table = &self.table;
        if let Some(view) = self.accounts.get_mut(account) {
            // Those of instruments that are no more would pile up.
            view.protections.retain(|id, _| table.row_of(*id).is_some());
            view.protections.remove(&instrument);
            if bounded {
                view.protections.insert(instrument, Protection::new(terms));
            }
        }
        Ok(())
    }

    fn reset_protection(&mut self, account: AccountIndex, instrument: InstrumentId) {
        let view = self.accounts.get_mut(account);
        if let Some(own) = view.and_then(|view| view.protections.get_mut(&instrument)) {
            *own = Protection::new(*own.terms());
        }
    }
}
