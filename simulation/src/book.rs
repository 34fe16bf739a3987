//! The forecast: every account and the house in plain numbers, and what a step does to them by the rules of the batch.

use crate::{
    market::ROWS,
    step::{Action, Step},
};
use cloister_ledger::Party;
use cloister_liquidator::{admissible, shares, Basis, Holding, Refusal, Trade};
use cloister_risk::{RiskTable, Status};
use cloister_types::{Lots, Position};
use std::collections::BTreeMap;

/// What a step did besides moving its account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Equity taken over, 0 or negative.
    pub taken_over: i128,
    /// Fees of liquidations, which the house keeps.
    pub penalties: i128,
    /// Lots that a liquidation or a takeover shed: long, short, by row.
    pub shed: [(u64, u64); ROWS],
    /// Lots of deleveraging: the sum of all changes, and what insolvent accounts shed less what counterparties did.
    pub deleveraged: [(i64, i64); ROWS],
}

/// Everything the simulation believes of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Accounts by index.
    pub accounts: BTreeMap<u32, Holding>,
    /// The house; its cash is the insurance.
    pub house: Holding,
    /// Fees not paid out, 10^-6.
    pub fees: u128,
    /// What accounts paid for the lots that they hold, by account and row.
    pub paid: BTreeMap<(u32, usize), Basis>,
}

impl Book {
    /// An account; nothing if there is none.
    pub fn holding(&self, index: u32) -> Holding {
        self.accounts.get(&index).copied().unwrap_or_default()
    }

    /// The house's lots of expired rows become money at once (B-CONSERVE-Q, B-CONSERVE-CASH).
    pub fn settle_house(&mut self, table: &RiskTable) {
        for (lots, row) in self.house.lots.iter_mut().zip(&table.rows) {
            if row.status == Status::Expired {
                self.house.cash += i128::from(lots.get()) * i128::from(row.value.get());
                *lots = Position::ZERO;
            }
        }
    }

    /// Applies a step; `incoming` is what the step before sent. On a refusal the book is unspecified.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn apply(&mut self, table: &RiskTable, step: &Step, incoming: u64) -> Result<Outcome, Refusal> {
        let open = step.action == Action::Open;
        if open == self.accounts.contains_key(&step.index) {
            return Err(Refusal::Account);
        }
        let mut before = self.holding(step.index);
        before.cash += i128::from(step.deposit) + i128::from(incoming);
        let mut after = before;
        let mut outcome = Outcome::default();
        match &step.action {
            Action::Open | Action::Rekey | Action::AllowTransfers | Action::Idle => (),
            // In mode normal even a cancel asks for equity.
            Action::Cancel | Action::CancelAll if before.equity(table) < 0 => return Err(Refusal::Equity),
            Action::Cancel | Action::CancelAll => (),
            Action::Order { trade, reduce_only } => {
                self.trade(table, &mut after, trade, *reduce_only)?;
                self.fees += trade.fee;
                allowed(table, &before, &after, trade)?;
            }
            Action::Withdraw(amount) | Action::Transfer { amount, .. } => {
                after.cash -= i128::from(*amount);
                if after.equity(table) < 0 {
                    return Err(Refusal::Equity);
                }
                if after.shortfall(table, table.header.initial) > 0 {
                    return Err(Refusal::Margin);
                }
            }
            Action::Force(requested) => after.cash -= i128::from(payable(table, &before, *requested)),
            Action::Liquidate(trades) => {
                for trade in trades {
                    let conceded = 256 * trade.concession(table);
                    let bounds = [trade.penalty(table) - 256 * trade.fee as i128, trade.discount(table)];
                    if Lots(trade.lots) > table.rows[trade.row].chunk || bounds.iter().any(|most| conceded > *most) {
                        return Err(Refusal::Fill);
                    }
                    self.trade(table, &mut after, trade, true)?;
                    // A liquidation's fee is the insurance's.
                    self.house.cash += trade.fee as i128;
                    outcome.penalties += trade.fee as i128;
                }
                admissible(table, &before, &after, trades)?;
                outcome.shed = shed(&before, &after);
            }
            Action::Expire(rows) => {
                for row in rows {
                    let at = &table.rows[*row];
                    if at.status != Status::Expired || before.lots[*row].is_zero() {
                        return Err(Refusal::Fill);
                    }
                    after.cash += i128::from(after.lots[*row].get()) * i128::from(at.value.get());
                    after.lots[*row] = Position::ZERO;
                }
            }
            Action::TakeOver => {
                outcome.taken_over = before.equity(table);
                if outcome.taken_over >= 0 {
                    return Err(Refusal::NotInNeed);
                }
                self.house.cash += before.cash;
                for (mine, theirs) in self.house.lots.iter_mut().zip(before.lots) {
                    mine.0 += theirs.get();
                }
                self.settle_house(table);
                after = Holding::default();
                outcome.shed = shed(&before, &after);
            }
            Action::Deleverage(party, trades) => {
                if *party == Party::Insolvent && before.equity(table) >= 0 {
                    return Err(Refusal::NotInNeed);
                }
                for trade in trades {
                    if trade.concession(table) != 0 || trade.fee != 0 {
                        return Err(Refusal::Fill);
                    }
                    self.trade(table, &mut after, trade, true)?;
                    let lots = trade.lots as i64;
                    let (net, unmatched) = &mut outcome.deleveraged[trade.row];
                    *net += trade.change();
                    *unmatched += if *party == Party::Insolvent { lots } else { -lots };
                }
                not_riskier(table, &before, &after)?;
            }
        }
        self.note_paid(table, step, &before, &after);
        self.accounts.insert(step.index, after);
        Ok(outcome)
    }

    /// Keeps up what was paid for the lots that are held.
    fn note_paid(&mut self, table: &RiskTable, step: &Step, before: &Holding, after: &Holding) {
        let trades = match &step.action {
            Action::Order { trade, .. } => std::slice::from_ref(trade),
            Action::Liquidate(trades) | Action::Deleverage(_, trades) => trades,
            _ => &[],
        };
        for trade in trades {
            let basis = self.paid.entry((step.index, trade.row)).or_default();
            *basis = basis.traded(table, before.lots[trade.row], trade);
        }
        for (row, held) in before.held() {
            if !held.is_zero() && after.lots[row].is_zero() {
                self.paid.remove(&(step.index, row));
            }
        }
    }

    /// What an account's lots of a row are worth more than it paid for them, 10^-6.
    pub fn profit(&self, table: &RiskTable, index: u32, row: usize) -> i128 {
        let basis = self.paid.get(&(index, row)).copied().unwrap_or_default();
        basis.profit(table, row, self.holding(index).lots[row])
    }

    /// A fill of an account; the house is the counterparty until somebody else in the batch is.
    fn trade(&mut self, table: &RiskTable, account: &mut Holding, trade: &Trade, reduce: bool) -> Result<(), Refusal> {
        let row = &table.rows[trade.row];
        let held = account.lots[trade.row].get();
        let (change, after) = (trade.change(), held + trade.change());
        let reduces = held.signum() == -change.signum() && held.abs() >= change.abs();
        let lots = trade.lots as i128;
        let distance = (trade.cost as i128 - lots * i128::from(row.mark.get())).abs();
        let broken = [
            !row.is_live() || trade.lots == 0,
            (reduce || row.only_reduces()) && !reduces,
            Position(after).size() > row.limit && !reduces,
            distance > lots * i128::from(row.band.get()),
        ];
        if broken.contains(&true) {
            return Err(Refusal::Fill);
        }
        *account = account.traded(table, trade);
        self.house.cash += trade.paid(table);
        self.house.lots[trade.row].0 -= change;
        Ok(())
    }
}

/// B-MARGIN, B-EQUITY of an order.
fn allowed(table: &RiskTable, before: &Holding, after: &Holding, trade: &Trade) -> Result<(), Refusal> {
    if after.equity(table) < 0 {
        return Err(Refusal::Equity);
    }
    not_riskier(table, before, after)?;
    // Who is short of initial margin may only concede a part of what is freed.
    if after.shortfall(table, table.header.initial) > 0 {
        shares(table, before, after, trade.concession(table))?;
    }
    Ok(())
}

/// B-MARGIN, B-DELEVERAGE.
fn not_riskier(table: &RiskTable, before: &Holding, after: &Holding) -> Result<(), Refusal> {
    let maintenance = table.header.maintenance;
    let safe = after.shortfall(table, table.header.initial) <= 0;
    if safe || after.shortfall(table, maintenance) <= before.shortfall(table, maintenance) {
        Ok(())
    } else {
        Err(Refusal::Margin)
    }
}

/// B-FORCED: the most that initial margin and equity allow, rounded down.
pub fn payable(table: &RiskTable, before: &Holding, requested: u64) -> u64 {
    let short = before
        .shortfall(table, table.header.initial)
        .max(-256 * before.equity(table));
    let room = (-short).div_euclid(256).max(0);
    u64::try_from(room).unwrap_or(u64::MAX).min(requested)
}

/// Lots by which the long and the short side of each row became smaller.
fn shed(before: &Holding, after: &Holding) -> [(u64, u64); ROWS] {
    let fewer = |a: i64, b: i64| u64::try_from(a.max(0) - b.max(0)).unwrap_or(0);
    std::array::from_fn(|row| {
        let (a, b) = (before.lots[row].get(), after.lots[row].get());
        (fewer(a, b), fewer(-a, -b))
    })
}
