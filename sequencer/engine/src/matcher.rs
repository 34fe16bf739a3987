//! Matching: what an incoming order would do, planned without changing anything, so that fill-or-kill and refusals
//! leave no trace.

use crate::{
    account::{AccountView, Accounts},
    book::{Book, Place, Resting},
    config::FeeRates,
    effect::Removal,
    error::TradeError,
    exposure::fee_at,
    ids::{AccountIndex, Millis, OrderKey},
    trade::{reducible, Holdings, Trade},
};
use cloister_crypto::constants::FEE_CAP_ONE;
use cloister_ledger::{instruction::flags, slot::slot_number, Instruction};
use cloister_risk::{RiskTable, Row};
use cloister_types::{InstructionId, Lots, Price, Total};
use std::collections::BTreeMap;

/// What matching looks at.
pub(crate) struct Market<'a> {
    pub table: &'a RiskTable,
    pub row: usize,
    pub book: &'a Book,
    pub accounts: &'a Accounts,
    pub fees: FeeRates,
    /// Earliest expiry that is still good.
    pub alive_from: Millis,
}

/// One crossing to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedFill {
    pub place: Place,
    pub maker: OrderKey,
    pub quantity: Lots,
    pub maker_fee: Total,
    pub taker_fee: Total,
}

/// An order at rest that can no longer trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedRemoval {
    pub maker: OrderKey,
    pub reason: Removal,
}

/// Steps in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Fill(PlannedFill),
    Remove(PlannedRemoval),
}

/// What an incoming order would do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What is usable after the plan, of every account it touches.
    pub holdings: BTreeMap<AccountIndex, Holdings>,
    /// Lots left of the incoming order.
    pub remaining: Lots,
    /// Why matching stopped before the order or the book was used up.
    pub stop: Option<Stop>,
}

/// Why an incoming order cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    SelfTrade(InstructionId),
    NothingToReduce,
    Rule(TradeError),
}

impl From<Stop> for Removal {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::SelfTrade(_) => Self::SelfTrade,
            Stop::NothingToReduce => Self::NothingToReduce,
            Stop::Rule(e) => Self::Rule(e),
        }
    }
}

impl Plan {
    /// True if the plan makes at least one fill.
    pub fn fills(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Fill(_)))
    }
}

/// True if the order takes the slot of an older one of the same account.
pub(crate) fn overtakes(order: &Instruction, older: InstructionId) -> bool {
    let id = order.id;
    older < id && slot_number(older) == slot_number(id)
}

impl Market<'_> {
    /// The best price that a post-only order would trade at.
    pub fn first_crossing(&self, order: &Instruction) -> Option<Price> {
        self.book
            .crossing(order.side, order.price())
            .find(|(_, resting)| resting.key.account != order.index || !overtakes(order, resting.key.id))
            .map(|(place, _)| place.price)
    }

    /// The fee of one side of a fill: by the rate, capped by what the order and the table allow (B-FEE).
    fn fee(&self, order: &Instruction, rate: u32, quantity: Lots, cost: Total) -> Result<Total, TradeError> {
        let fee = fee_at(cost, rate).ok_or(TradeError::OutOfRange)?;
        let own = order.max_fee.times(quantity);
        let cap = cost
            .get()
            .checked_mul(self.table.header.fee_cap.into())
            .ok_or(TradeError::OutOfRange)?
            / u128::from(FEE_CAP_ONE);
        Ok(fee.min(own).min(Total(cap)))
    }

    /// Lots of an order that the rules on reducing let through.
    fn reduce_cap(&self, order: &Instruction, holdings: &Holdings) -> Lots {
        let only_reduces = self.table.rows.get(self.row).is_none_or(Row::only_reduces);
        if order.has(flags::REDUCE_ONLY) || only_reduces {
            reducible(
                holdings.positions.get(self.row).copied().unwrap_or_default(),
                order.side,
            )
        } else {
            Lots::MAX
        }
    }

    fn trade(&self, order: &Instruction, rate: u32, quantity: Lots, cost: Total) -> Result<Trade, TradeError> {
        Ok(Trade {
            row: self.row,
            side: order.side,
            quantity,
            cost,
            fee: self.fee(order, rate, quantity, cost)?,
            reduce_only: order.has(flags::REDUCE_ONLY),
        })
    }

    /// Matches an order against the book in price-time priority, up to `quantity` lots.
    ///
    /// A maker that can no longer trade by the rules of the proof is taken out of the book and matching goes on; if the
    /// incoming order itself cannot, matching stops. Self-trade prevention cancels the newest: the incoming order stops
    /// in front of the account's own order.
    pub fn plan(&self, taker: &Instruction, quantity: Lots) -> Plan {
        let mut plan = Plan {
            remaining: quantity,
            ..Plan::default()
        };
        for (place, resting) in self.book.crossing(taker.side, taker.price()) {
            if plan.remaining.is_zero() {
                break;
            }
            if resting.key.account == taker.index && overtakes(taker, resting.key.id) {
                plan.steps.push(Step::Remove(PlannedRemoval {
                    maker: resting.key,
                    reason: Removal::Overtaken,
                }));
                continue;
            }
            if resting.key.account == taker.index {
                plan.stop = Some(Stop::SelfTrade(resting.key.id));
                break;
            }
            match self.meet(&mut plan, taker, place, resting) {
                Ok(steps) => plan.steps.extend(steps),
                Err(stop) => {
                    plan.stop = Some(stop);
                    break;
                }
            }
        }
        let spent = |h: Holdings| self.reduce_cap(taker, &h).is_zero();
        if !plan.remaining.is_zero() && plan.stop.is_none() && self.holdings(&plan, taker.index).is_some_and(spent) {
            plan.stop = Some(Stop::NothingToReduce);
        }
        plan
    }

    fn holdings(&self, plan: &Plan, account: AccountIndex) -> Option<Holdings> {
        plan.holdings
            .get(&account)
            .copied()
            .or_else(|| self.accounts.get(&account).map(AccountView::usable))
    }

    /// The incoming order meets one order at rest.
    fn meet(&self, plan: &mut Plan, taker: &Instruction, place: Place, resting: Resting) -> Result<Vec<Step>, Stop> {
        let removal = |reason| {
            Step::Remove(PlannedRemoval {
                maker: resting.key,
                reason,
            })
        };
        let remove = |reason| Ok(vec![removal(reason)]);
        let maker = self
            .accounts
            .get(&resting.key.account)
            .and_then(|a| a.open_order(resting.key.id));
        let (Some(maker), Some(maker_before)) = (maker, self.holdings(plan, resting.key.account)) else {
            return remove(Removal::Cancelled);
        };
        let maker_order = &maker.signed.instruction;
        if maker_order.expiry < self.alive_from {
            return remove(Removal::Expired);
        }
        let taker_before = self
            .holdings(plan, taker.index)
            .ok_or(Stop::Rule(TradeError::OutOfRange))?;
        let wanted = plan.remaining.min(self.reduce_cap(taker, &taker_before));
        if wanted.is_zero() {
            return Err(Stop::NothingToReduce);
        }
        let quantity = wanted
            .min(resting.remaining)
            .min(self.reduce_cap(maker_order, &maker_before));
        if quantity.is_zero() {
            return remove(Removal::NothingToReduce);
        }
        let cost = place.price.times(quantity);
        let side = |order: &Instruction, rate, before: &Holdings| {
            let trade = self.trade(order, rate, quantity, cost)?;
            Ok::<_, TradeError>((before.after(self.table, &trade)?, trade.fee))
        };
        // The maker first: a price outside the band is the fault of the order that set it.
        let (maker_after, maker_fee) = match side(maker_order, self.fees.maker, &maker_before) {
            Ok(after) => after,
            Err(rule) => return remove(Removal::Rule(rule)),
        };
        let (taker_after, taker_fee) = side(taker, self.fees.taker, &taker_before).map_err(Stop::Rule)?;
        plan.holdings.insert(resting.key.account, maker_after);
        plan.holdings.insert(taker.index, taker_after);
        plan.remaining = plan.remaining.saturating_sub(quantity);
        let mut steps = vec![Step::Fill(PlannedFill {
            place,
            maker: resting.key,
            quantity,
            maker_fee,
            taker_fee,
        })];
        // What is left of a maker that must reduce and no longer can would stand in the way at a price that crosses.
        if quantity < resting.remaining && self.reduce_cap(maker_order, &maker_after).is_zero() {
            steps.push(removal(Removal::NothingToReduce));
        }
        Ok(steps)
    }
}
