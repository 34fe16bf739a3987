//! Who takes part: traders and makers of the simulation's population, with keys for a real chain.

use crate::{error::RunError, setup::Setup};
use cloister_client_core::{
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{Control, ControlAction, OrdersIn, SignedControl, SignedInstruction};
use cloister_ledger_testing::Random;
use cloister_simulation::{
    prices::MINUTES,
    traders::{population, Role, Trader as Drawn},
};
use cloister_types::{AccountIndex, GroupId};

/// The simulation's traders have up to 1.3 million dollars. A liquidation closes ten coins at a time on a development
/// chain, so these have a part of that.
const MONEY_DIVISOR: u64 = 10;

/// Somebody who takes part.
#[derive(Clone, Debug)]
pub struct Person {
    /// Role, money and leverage, as the simulation draws them.
    pub drawn: Drawn,
    /// Minute in which it opens its account; from the beginning, if it is none.
    pub arrives: Option<usize>,
    /// Keys.
    pub keys: TraderKeys,
    /// Its account, once that is open.
    pub account: Option<Trader>,
    next_id: u64,
    next_control: u64,
}

impl Person {
    /// True for those who quote both sides.
    pub fn is_maker(&self) -> bool {
        self.drawn.role == Role::Maker
    }

    /// Signs an order with the next id.
    pub fn order(&mut self, terms: &OrderTerms) -> Option<SignedInstruction> {
        let account = self.account.as_ref()?;
        let signed = account.order(self.next_id, terms);
        self.next_id = self.next_id.saturating_add(1);
        Some(signed)
    }

    /// Signs a cancel of all orders, which takes the next id.
    pub fn cancel_all(&mut self, expiry: u64) -> Option<SignedInstruction> {
        let account = self.account.as_ref()?;
        let signed = account.cancel_all(self.next_id, expiry);
        self.next_id = self.next_id.saturating_add(1);
        Some(signed)
    }

    /// Signs a withdrawal of an amount in 10^-6.
    pub fn withdrawal(&mut self, amount: u64, expiry: u64) -> Option<SignedInstruction> {
        let account = self.account.as_ref()?;
        let signed = account.withdrawal(self.next_id, amount, expiry);
        self.next_id = self.next_id.saturating_add(1);
        Some(signed)
    }

    /// Signs a control that takes all orders at rest out of the books.
    pub fn clear_quotes(&mut self, expiry: u64) -> Option<SignedControl> {
        let account = self.account.as_ref()?;
        let control = Control {
            group: GroupId(account.group),
            index: AccountIndex(account.index),
            number: self.next_control,
            expiry,
            action: ControlAction::CancelOrders(OrdersIn::AT_REST),
        };
        self.next_control = self.next_control.saturating_add(1);
        Some(control.sign(&account.genesis, &account.keys.trading))
    }
}

/// Longs, shorts and makers, in the simulation's proportions. Its hedgers need a future and its sponsors are another
/// way to pay into the insurance, so neither is among them.
///
/// # Errors
/// An owner's name is not understood.
pub fn people(setup: &Setup, max_leverage: u64, random: &mut Random) -> Result<Vec<Person>, RunError> {
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut count = setup.accounts;
    while drawn.len() < setup.accounts {
        drawn = population(count, max_leverage, setup.maker_deposit, &mut random.clone());
        drawn.retain(|trader| matches!(trader.role, Role::Maker | Role::Long | Role::Short));
        count = count.saturating_add(1);
    }
    drawn.truncate(setup.accounts);
    let minutes = setup.bars.len();
    let person = |mut drawn: Drawn| {
        if drawn.role != Role::Maker {
            drawn.deposit /= MONEY_DIVISOR;
        }
        let keys = TraderKeys::from_seed(&random.bytes(), None)?;
        Ok(Person {
            arrives: drawn.arrives.map(|at| at.saturating_mul(minutes) / MINUTES),
            drawn,
            keys,
            account: None,
            next_id: 1,
            next_control: 1,
        })
    };
    drawn.into_iter().map(person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::minutes;

    #[test]
    fn people_should_be_as_many_as_asked_for_with_both_sides_and_a_maker() {
        for accounts in [6, 8, 30, 40] {
            let hour = minutes(None, 1, "13 02:00", 60).expect("drawn");
            let setup = Setup {
                accounts,
                ..Setup::new(hour)
            };
            let people = people(&setup, 600, &mut Random::new(1)).expect("keys");
            assert_eq!(people.len(), accounts);
            for role in [Role::Maker, Role::Long, Role::Short] {
                assert!(people.iter().any(|p| p.drawn.role == role), "{accounts}: {role:?}");
            }
            assert!(people.iter().all(|p| p.arrives.is_none_or(|at| at < 60)));
        }
    }
}
