//! Matching: what an incoming order would do, planned without changing anything, so that fill-or-kill and refusals
//! leave no trace.

use crate::{
    account::Accounts,
    assessed::{Assessed, Found},
    book::{Book, Place},
    bound::Epoch,
    config::FeeRates,
    effect::Removal,
    error::TradeError,
    exposure::fee_at,
    held::Held,
    ids::{AccountIndex, Millis, OrderKey},
    level::Resting,
    protection::Filled,
    trade::{reducible, Holdings, Trade},
};
use cloister_crypto::constants::FEE_CAP_ONE;
use cloister_ledger::{instruction::flags, Instruction, SelfTrade};
use cloister_risk::{RiskTable, Row};
use cloister_types::{InstructionId, Lots, Price, Total};
use std::collections::BTreeMap;

/// Steps for which there is room without allocating.
const ROOM: usize = 64;

/// What matching looks at.
pub(crate) struct Market<'a> {
    pub table: &'a RiskTable,
    pub row: usize,
    pub book: &'a Book,
    pub accounts: &'a Accounts,
    pub fees: FeeRates,
    /// Earliest expiry that is still good.
    pub alive_from: Millis,
    pub now: Millis,
    /// An order of the incoming one's account that leaves for it.
    pub replaced: Option<InstructionId>,
    /// When assessments must be of.
    pub epoch: Epoch,
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

/// What an incoming order would do. Planning allocates nothing if what one plan has left is used for the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What is usable after the plan, of every account that trades.
    pub held: Held,
    /// What was filled of the orders at rest of protected accounts, within their windows.
    protected: BTreeMap<AccountIndex, Filled>,
    /// Lots left of the incoming order.
    pub remaining: Lots,
    /// Why matching stopped before the order or the book was used up.
    pub stop: Option<Stop>,
}

/// Why an incoming order cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The order of the same account that it met stays.
    SelfTrade(InstructionId),
    /// The order of the same account that it met leaves, too.
    BothLeave,
    NothingToReduce,
    Rule(TradeError),
}

impl From<Stop> for Removal {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::SelfTrade(_) | Stop::BothLeave => Self::SelfTrade,
            Stop::NothingToReduce => Self::NothingToReduce,
            Stop::Rule(e) => Self::Rule(e),
        }
    }
}

impl Plan {
    /// A plan in which nothing happens to an order of some lots.
    fn begin(&mut self, quantity: Lots) {
        self.steps.clear();
        self.steps.shrink_to(ROOM);
        self.held.clear();
        self.protected.clear();
        (self.remaining, self.stop) = (quantity, None);
    }

    /// True if the plan makes at least one fill.
    pub fn fills(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Fill(_)))
    }
}

impl Market<'_> {
    /// The best price that a post-only order would trade at.
    pub fn first_crossing(&self, order: &Instruction) -> Option<Price> {
        self.book
            .crossing(order.side, order.price())
            .find(|(_, resting)| !self.is_replaced(order, resting))
            .map(|(place, _)| place.price)
    }

    /// True if an order at rest leaves for the incoming one.
    fn is_replaced(&self, taker: &Instruction, resting: &Resting) -> bool {
        resting.key.account == taker.index && self.replaced == Some(resting.key.id)
    }

    /// The fee of one side of a fill: by the rate, capped by what the order and the table allow (B-FEE).
    fn fee(&self, order: &Instruction, rate: u32, quantity: Lots, cost: Total) -> Result<Total, TradeError> {
        Self::fee_of(self.table, order, rate, quantity, cost)
    }

    /// The same at a table.
    pub fn fee_of(
        table: &RiskTable,
        order: &Instruction,
        rate: u32,
        quantity: Lots,
        cost: Total,
    ) -> Result<Total, TradeError> {
        let fee = fee_at(cost, rate).ok_or(TradeError::OutOfRange)?;
        let own = order.max_fee.times(quantity);
        let scaled = cost
            .get()
            .checked_mul(table.header.fee_cap.into())
            .ok_or(TradeError::OutOfRange)?;
        let cap = match u64::try_from(scaled) {
            Ok(scaled) => u128::from(scaled / FEE_CAP_ONE),
            Err(_) => scaled / u128::from(FEE_CAP_ONE),
        };
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
    /// incoming order itself cannot, matching stops. Where it meets an order of its own account, its flags say which of
    /// the two leaves.
    pub fn plan(&self, plan: &mut Plan, taker: &Instruction, quantity: Lots) {
        plan.begin(quantity);
        for (place, resting) in self.book.crossing(taker.side, taker.price()) {
            if plan.remaining.is_zero() {
                break;
            }
            if self.is_replaced(taker, &resting) {
                continue;
            }
            if resting.key.account == taker.index {
                let choice = taker.self_trade().unwrap_or_default();
                if choice != SelfTrade::Newest {
                    plan.steps.push(Step::Remove(PlannedRemoval {
                        maker: resting.key,
                        reason: Removal::SelfTrade,
                    }));
                }
                plan.stop = match choice {
                    SelfTrade::Oldest => continue,
                    SelfTrade::Newest => Some(Stop::SelfTrade(resting.key.id)),
                    SelfTrade::Both => Some(Stop::BothLeave),
                };
                break;
            }
            if let Err(stop) = self.meet(plan, taker, place, resting) {
                plan.stop = Some(stop);
                break;
            }
        }
        if !plan.remaining.is_zero() && plan.stop.is_none() {
            let held = self.held(&plan.held, taker.index);
            if held.is_some_and(|held| self.reduce_cap(taker, held.held()).is_zero()) {
                plan.stop = Some(Stop::NothingToReduce);
            }
        }
    }

    fn held<'p>(&'p self, held: &'p Held, account: AccountIndex) -> Option<Found<'p>> {
        match held.get(account) {
            Some(planned) => Some(Found::Before(planned)),
            None => self.assessed(account),
        }
    }

    fn assessed(&self, account: AccountIndex) -> Option<Found<'_>> {
        Some(self.accounts.get(account)?.assessed(self.table, self.epoch))
    }

    /// The incoming order meets one order at rest.
    fn meet(&self, plan: &mut Plan, taker: &Instruction, place: Place, resting: Resting) -> Result<(), Stop> {
        let removal = |reason| {
            Step::Remove(PlannedRemoval {
                maker: resting.key,
                reason,
            })
        };
        let remove = |plan: &mut Plan, reason| {
            plan.steps.push(removal(reason));
            Ok(())
        };
        let owner = self.accounts.get(resting.key.account);
        let Some(maker) = owner.and_then(|a| a.open_order(resting.key.id)) else {
            return remove(plan, Removal::Cancelled);
        };
        let maker_order = &maker.signed.instruction;
        if maker_order.expiry < self.alive_from {
            return remove(plan, Removal::Expired);
        }
        let out_of_range = || Stop::Rule(TradeError::OutOfRange);
        let mut place_of = |account| plan.held.place(account, || self.assessed(account));
        let (maker_at, taker_at) = (place_of(resting.key.account), place_of(taker.index));
        let (maker_at, taker_at) = maker_at.zip(taker_at).ok_or_else(out_of_range)?;
        let both = plan.held.at(maker_at).zip(plan.held.at(taker_at));
        let (maker_before, taker_before) = both.ok_or_else(out_of_range)?;
        let wanted = plan.remaining.min(self.reduce_cap(taker, taker_before.held()));
        if wanted.is_zero() {
            return Err(Stop::NothingToReduce);
        }
        let quantity = wanted
            .min(resting.remaining)
            .min(self.reduce_cap(maker_order, maker_before.held()));
        if quantity.is_zero() {
            return remove(plan, Removal::NothingToReduce);
        }
        let protection = owner.and_then(|a| a.protection(taker.instrument_id));
        let filled = protection.map(|own| {
            let before = plan.protected.get(&resting.key.account).copied();
            (own.terms(), before.unwrap_or_else(|| own.filled(self.now)))
        });
        let room = filled.map_or(Lots::MAX, |(terms, filled)| filled.room(terms, place.side));
        if room.is_zero() {
            return remove(plan, Removal::Protected);
        }
        let quantity = quantity.min(room);
        let cost = place.price.times(quantity);
        let side = |order: &Instruction, rate, before: &Assessed| {
            let trade = self.trade(order, rate, quantity, cost)?;
            Ok::<_, TradeError>((before.check(self.table, &trade)?, trade.fee))
        };
        // The maker first: a price outside the band is the fault of the order that set it.
        let (maker_moved, maker_fee) = match side(maker_order, self.fees.maker, maker_before) {
            Ok(moved) => moved,
            Err(rule) => return remove(plan, Removal::Rule(rule)),
        };
        let (taker_moved, taker_fee) = side(taker, self.fees.taker, taker_before).map_err(Stop::Rule)?;
        if let Some((_, filled)) = filled {
            let filled = filled.with(place.side, quantity);
            plan.protected.insert(resting.key.account, filled);
        }
        plan.remaining = plan.remaining.saturating_sub(quantity);
        plan.steps.push(Step::Fill(PlannedFill {
            place,
            maker: resting.key,
            quantity,
            maker_fee,
            taker_fee,
        }));
        plan.held.trade(taker_at, &taker_moved);
        let held = plan.held.trade(maker_at, &maker_moved);
        // What is left of a maker that must reduce and no longer can would stand in the way at a price that crosses.
        let is_spent = held.is_some_and(|held| self.reduce_cap(maker_order, held).is_zero());
        if quantity < resting.remaining && is_spent {
            plan.steps.push(removal(Removal::NothingToReduce));
        }
        Ok(())
    }
}
