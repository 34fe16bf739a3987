//! What proven units an account may cause (Q-BUDGET).
//!
//! A unit takes its share of a proof whoever asks for it. So each account has a budget of units that fills up with
//! time, and the fees it pays buy more. Whoever brings an order in pays for both sides of its fills, so that nobody is
//! charged for being traded with.

use cloister_engine::Millis;
use cloister_types::{AccountIndex, Total};
use codec::{Decode, Encode};
use std::collections::BTreeMap;

/// Parts of a unit that are counted.
const UNIT: i128 = 1_000_000;
/// Milliseconds of a minute.
const MINUTE: i128 = 60_000;

/// How many units an account may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BudgetTerms {
    /// Units that a full budget has.
    pub burst: u32,
    /// Units that come back in a minute.
    pub per_minute: u32,
    /// Fees that buy one more unit, 10^-6 of the settlement asset; 0 if fees buy none.
    pub fee_per_unit: u64,
}

impl Default for BudgetTerms {
    /// 30 units at once, one in two seconds, and one for each 0.02 of the settlement asset in fees.
    fn default() -> Self {
        Self {
            burst: 30,
            per_minute: 30,
            fee_per_unit: 20_000,
        }
    }
}

/// The budget of an account is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this account has used up its budget of proven units; the next one comes in {wait} ms")]
pub struct BudgetSpent {
    /// Until a unit is there, milliseconds.
    pub wait: Millis,
}

/// What an account has left, and since when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Budget {
    /// In 1/[`UNIT`]; below 0 while an order's fills have cost more than there was.
    left: i128,
    since: Millis,
}

/// The budgets of all accounts. Only those that are not full are kept, and what fees have bought.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Budgets {
    terms: BudgetTerms,
    accounts: BTreeMap<AccountIndex, Budget>,
}

impl Budgets {
    pub fn new(terms: BudgetTerms) -> Self {
        Self {
            terms,
            accounts: BTreeMap::new(),
        }
    }

    /// Other terms from now on; what an account has left stays.
    pub fn configure(&mut self, terms: BudgetTerms) {
        self.terms = terms;
    }

    /// The terms in force.
    pub fn terms(&self) -> &BudgetTerms {
        &self.terms
    }

    fn full(&self) -> i128 {
        i128::from(self.terms.burst).saturating_mul(UNIT)
    }

    /// What an account has now.
    fn left(&self, account: AccountIndex, now: Millis) -> i128 {
        let Some(budget) = self.accounts.get(&account) else {
            return self.full();
        };
        let elapsed = i128::from(now.saturating_sub(budget.since));
        let back = elapsed
            .saturating_mul(i128::from(self.terms.per_minute))
            .saturating_mul(UNIT)
            / MINUTE;
        // What fees have bought stays above what time brings back.
        budget.left.saturating_add(back).min(self.full().max(budget.left))
    }

    fn set(&mut self, account: AccountIndex, now: Millis, left: i128) {
        if left == self.full() {
            self.accounts.remove(&account);
        } else {
            let since = self.accounts.get(&account).map_or(now, |known| known.since.max(now));
            self.accounts.insert(account, Budget { left, since });
        }
    }

    /// Whether an account may ask for something that costs a unit.
    pub fn check(&self, account: AccountIndex, now: Millis) -> Result<(), BudgetSpent> {
        let lacks = UNIT.saturating_sub(self.left(account, now));
        if lacks <= 0 {
            return Ok(());
        }
        let rate = i128::from(self.terms.per_minute).saturating_mul(UNIT).max(1);
        let wait = lacks.saturating_mul(MINUTE).saturating_add(rate - 1) / rate;
        Err(BudgetSpent {
            wait: Millis::try_from(wait).unwrap_or(Millis::MAX),
        })
    }

    /// Whether an account has so much left that a cancel of it may cost a unit. Half of a budget is kept for what
    /// cannot do without one: a cancel holds in the book in any case.
    pub fn may_bind(&self, account: AccountIndex, now: Millis) -> bool {
        self.left(account, now).saturating_sub(UNIT) >= self.full() / 2
    }

    /// Takes units off a budget. It may go below 0: how many fills an order makes is known once it is matched.
    pub fn charge(&mut self, account: AccountIndex, now: Millis, units: u32) {
        let left = self.left(account, now);
        let cost = i128::from(units).saturating_mul(UNIT);
        self.set(account, now, left.saturating_sub(cost));
    }

    /// Adds what fees buy. No more than ten full budgets are kept.
    pub fn earn(&mut self, account: AccountIndex, now: Millis, fees: Total) {
        if self.terms.fee_per_unit == 0 || fees.is_zero() {
            return;
        }
        let fees = i128::try_from(fees.get()).unwrap_or(i128::MAX);
        let bought = fees.saturating_mul(UNIT) / i128::from(self.terms.fee_per_unit);
        let most = self.full().saturating_mul(10);
        let left = self.left(account, now);
        self.set(account, now, left.saturating_add(bought).min(most.max(left)));
    }

    /// Takes back what fees had bought that are not paid after all.
    pub fn give_back(&mut self, account: AccountIndex, now: Millis, fees: Total) {
        if self.terms.fee_per_unit == 0 || fees.is_zero() {
            return;
        }
        let fees = i128::try_from(fees.get()).unwrap_or(i128::MAX);
        let bought = fees.saturating_mul(UNIT) / i128::from(self.terms.fee_per_unit);
        // What was bought above the most that is kept was never there.
        let left = self.left(account, now);
        self.set(
            account,
            now,
            left.saturating_sub(bought.min(self.full().saturating_mul(10))),
        );
    }

    /// Forgets those that are full again.
    pub fn prune(&mut self, now: Millis) {
        let full = self.full();
        let done: Vec<AccountIndex> = self
            .accounts
            .keys()
            .copied()
            .filter(|account| self.left(*account, now) == full)
            .collect();
        for account in done {
            self.accounts.remove(&account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: AccountIndex = AccountIndex(1);
    const TWO: AccountIndex = AccountIndex(2);
    const TERMS: BudgetTerms = BudgetTerms {
        burst: 4,
        per_minute: 6,
        fee_per_unit: 1_000,
    };

    #[test]
    fn a_budget_should_last_for_its_units_and_come_back_with_time() {
        let mut budgets = Budgets::new(TERMS);
        for _ in 0..4 {
            assert_eq!(budgets.check(ONE, 0), Ok(()));
            budgets.charge(ONE, 0, 1);
        }
        assert_eq!(budgets.check(ONE, 0), Err(BudgetSpent { wait: 10_000 }));
        assert_eq!(budgets.check(ONE, 9_999), Err(BudgetSpent { wait: 1 }));
        assert_eq!(budgets.check(ONE, 10_000), Ok(()));
        // Nobody else pays for it, and it never holds more than a full one by waiting.
        assert_eq!(budgets.check(TWO, 0), Ok(()));
        budgets.charge(ONE, 10_000_000, 4);
        assert!(budgets.check(ONE, 10_000_000).is_err());
    }

    #[test]
    fn an_order_that_makes_many_fills_should_be_paid_off_before_the_next() {
        let mut budgets = Budgets::new(TERMS);
        budgets.charge(ONE, 0, 10);
        assert_eq!(budgets.check(ONE, 0), Err(BudgetSpent { wait: 70_000 }));
        assert_eq!(budgets.check(ONE, 70_000), Ok(()));
    }

    #[test]
    fn fees_should_buy_units_that_time_does_not_take_away() {
        let mut budgets = Budgets::new(TERMS);
        budgets.earn(ONE, 0, Total(6_500));
        budgets.charge(ONE, 0, 10);
        assert_eq!(budgets.check(ONE, 0), Err(BudgetSpent { wait: 5_000 }));
        budgets.earn(TWO, 0, Total(6_000));
        budgets.charge(TWO, 3_600_000, 9);
        assert_eq!(budgets.check(TWO, 3_600_000), Ok(()));
        budgets.earn(TWO, 3_600_000, Total(u128::MAX));
        budgets.charge(TWO, 3_600_000, 40);
        assert!(budgets.check(TWO, 3_600_000).is_err());
    }

    #[test]
    fn cancels_should_leave_half_of_a_budget_for_what_needs_a_unit() {
        let mut budgets = Budgets::new(TERMS);
        for _ in 0..2 {
            assert!(budgets.may_bind(ONE, 0));
            budgets.charge(ONE, 0, 1);
        }
        assert!(!budgets.may_bind(ONE, 0));
        assert_eq!(budgets.check(ONE, 0), Ok(()));
    }

    #[test]
    fn a_budget_that_is_full_again_should_take_no_memory() {
        let mut budgets = Budgets::new(TERMS);
        budgets.charge(ONE, 0, 1);
        budgets.prune(9_999);
        assert_eq!(budgets.accounts.len(), 1);
        budgets.prune(10_000);
        assert_eq!(budgets, Budgets::new(TERMS));
    }

    #[test]
    fn a_clock_that_goes_back_should_bring_nothing_back_twice() {
        let mut budgets = Budgets::new(TERMS);
        budgets.charge(ONE, 10_000, 4);
        budgets.charge(ONE, 0, 0);
        assert_eq!(budgets.check(ONE, 10_000), Err(BudgetSpent { wait: 10_000 }));
    }
}
