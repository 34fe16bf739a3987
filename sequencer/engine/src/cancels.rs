//! Cancels, cancel-alls and withdrawals.

use crate::{
    account::Fate,
    effect::{Effect, Removal},
    engine::{Accepted, Engine},
    error::Rejection,
    ids::OrderKey,
};
use cloister_ledger::SignedInstruction;
use cloister_types::{Lots, Money};
use std::sync::Arc;

impl Engine {
    /// Takes a cancel. One that has nothing to cancel is refused, and says why, unless it should bind nevertheless.
    pub(crate) fn take_cancel(&mut self, signed: Arc<SignedInstruction>, binds: bool) -> Result<Accepted, Rejection> {
        let key = OrderKey::of(&signed.instruction);
        let view = self.view(key.account)?;
        view.check_id(key.id)?;
        view.check_overtakes(key.id, None)?;
        let id = key.id;
        let filled = match view.fate(id) {
            Fate::Alive(filled) | Fate::Begun(filled) => filled,
            Fate::Filled(filled) => return Err(Rejection::AlreadyFilled { id, filled }),
            Fate::Gone(filled) if binds && !view.is_used_up(id) => filled,
            Fate::Gone(filled) => return Err(Rejection::AlreadyGone { id, filled }),
            Fate::Used => return Err(Rejection::Duplicate(id)),
            Fate::Unknown if binds => Lots::ZERO,
            Fate::Unknown => return Err(Rejection::UnknownId(id)),
        };
        let most = view.most_filled(id);
        let effects = self.drop_order(key, Removal::Cancelled).into_iter();
        let effects = effects.chain([self.bind_cancel(key, signed)]).collect();
        Ok(Accepted {
            effects,
            order: None,
            filled,
            most,
        })
    }

    /// A cancel is proven unless the account's equity is negative, when no unit of it can be (B-EQUITY); it still holds
    /// here.
    fn bind_cancel(&mut self, key: OrderKey, signed: Arc<SignedInstruction>) -> Effect {
        let table = &self.table;
        let Some(view) = self.accounts.get_mut(key.account) else {
            return Effect::Unbound(signed);
        };
        if !matches!(view.fate(key.id), Fate::Gone(_)) {
            view.take_id(key.id, Lots::ZERO);
        }
        view.use_up(key.id);
        match view.holdings.assess(table) {
            Ok(now) if now.equity >= Money::ZERO => Effect::Bound(signed),
            _ => Effect::Unbound(signed),
        }
    }

    pub(crate) fn take_cancel_all(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let key = OrderKey::of(&signed.instruction);
        let view = self.view(key.account)?;
        view.check_id(key.id)?;
        if view.is_used_up(key.id) {
            return Err(Rejection::Duplicate(key.id));
        }
        let dead = view.below(key.id);
        let mut effects: Vec<Effect> = dead
            .into_iter()
            .filter_map(|id| self.drop_order(OrderKey { id, ..key }, Removal::Cancelled))
            .collect();
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.min_id = key.id;
        }
        effects.push(self.bind_cancel(key, signed));
        Ok(Accepted {
            effects,
            ..Accepted::default()
        })
    }

    pub(crate) fn take_withdrawal(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let instruction = &signed.instruction;
        let key = OrderKey::of(instruction);
        let view = self.view(key.account)?;
        view.check_fresh(key.id, None)?;
        if !view.filled(key.id).is_zero() {
            return Err(Rejection::Duplicate(key.id));
        }
        let cash = self.check_withdrawal(instruction)?;
        if let Some(view) = self.accounts.get_mut(key.account) {
            view.take_id(key.id, Lots::ZERO);
            view.holdings.cash = cash;
            view.use_up(key.id);
        }
        self.touched.insert(key.account);
        Ok(Accepted {
            effects: vec![Effect::Bound(signed)],
            ..Accepted::default()
        })
    }
}
