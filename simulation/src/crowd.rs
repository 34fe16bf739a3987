//! What traders do of their own will: arrive, trade at the mark, pay in, pay out, send, re-key, cancel.

use crate::{
    book::payable,
    draft::Draft,
    makers::WithMakers,
    market::{FUTURE, PERPETUAL, ROWS},
    prices::DOLLAR,
    step::{Action, Step},
    traders::{Role, Trader},
};
use cloister_ledger::Side;
use cloister_ledger_testing::Random;
use cloister_liquidator::{closing, take, Holding, Trade, ONE_TIMES};
use cloister_risk::{RiskTable, Status};
use cloister_types::Position;
use std::collections::BTreeSet;

/// Fee of an order, 10^-6 of its cost.
const FEE: u128 = 500;
/// Maximum number of makers whose orders stand behind the trades of a minute, per row.
const TAKERS: usize = 2;
/// A careful trader pays in when less than this is left above maintenance, hundredths of what maintenance asks.
const THIN: i128 = 30;
/// Of this many hedgers, one sleeps through the expiry of its future.
const SLEEPERS: u32 = 6;

/// Opens the accounts of those who arrive, as far as they fit.
pub fn arrive(draft: &mut Draft<'_>, traders: &[Trader], until: Option<usize>) {
    for (index, trader) in traders.iter().enumerate().skip(draft.book.accounts.len()) {
        if trader.arrives > until {
            break;
        }
        let step = Step {
            index: index as u32,
            deposit: trader.deposit,
            action: Action::Open,
        };
        if draft.push(&[step]).is_err() {
            break;
        }
    }
}

/// Chance, and who there is.
pub struct Crowd<'a> {
    /// Where choices come from.
    pub random: &'a mut Random,
    /// All traders.
    pub traders: &'a [Trader],
    /// Indices of the makers.
    pub makers: &'a [u32],
}

impl Crowd<'_> {
    /// Lets `count` traders, by chance, do what they want. Their orders meet each other, the house's lots, and makers,
    /// all at the mark.
    pub fn act(&mut self, draft: &mut Draft<'_>, count: usize) {
        let open = draft.book.accounts.len() as u64;
        let mut chosen = BTreeSet::new();
        for _ in 0..count {
            chosen.insert(self.random.below(open) as u32);
        }
        let mut orders: [Vec<Step>; ROWS] = Default::default();
        for index in chosen {
            let role = self.traders[index as usize].role;
            match role {
                Role::Sponsor | Role::Maker => (),
                Role::Long | Role::Short => self.speculate(draft, index, &mut orders),
                Role::Hedger => self.hedge(draft, index, &mut orders),
            }
        }
        for (row, orders) in orders.into_iter().enumerate() {
            self.clear(draft, row, orders);
        }
    }

    /// A long or a short: comes nearer to its leverage, takes some off, or moves money.
    fn speculate(&mut self, draft: &mut Draft<'_>, index: u32, orders: &mut [Vec<Step>; ROWS]) {
        let trader = &self.traders[index as usize];
        let table = draft.table();
        let holding = draft.book.holding(index);
        let sign = if trader.role == Role::Long { 1 } else { -1 };
        if trader.careful && thin(table, &holding) {
            let deposit = trader.deposit / self.random.between(2, 5);
            let action = Action::Idle;
            let _ = draft.push(&[Step { index, deposit, action }]);
            return;
        }
        let row = if table.rows[trader.row].status == Status::Trading {
            trader.row
        } else {
            PERPETUAL
        };
        match self.random.below(12) {
            0..=5 => {
                let target = aim(table, &holding, row, trader.leverage);
                let more = target - holding.net_lots() * sign;
                let lots = more.min(target / 2 + 1);
                let side = if sign > 0 { Side::Buy } else { Side::Sell };
                if lots > 0 {
                    orders[row].push(priced(table, index, row, side, lots as u64, false));
                }
            }
            6..=7 => {
                let held = (0..ROWS).find(|row| !holding.lots[*row].is_zero() && table.rows[*row].is_live());
                if let Some(row) = held {
                    let lots = holding.lots[row].size().get().div_ceil(self.random.between(1, 4));
                    orders[row].push(priced(table, index, row, closing(holding.lots[row]), lots, true));
                }
            }
            8 => self.pay_out(draft, index),
            9 => self.send(draft, index),
            10 => {
                let action = if self.random.once_in(2) {
                    Action::Cancel
                } else {
                    Action::CancelAll
                };
                let _ = draft.push(&[Step::new(index, action)]);
            }
            _ => {
                let _ = draft.push(&[Step::new(index, Action::Rekey)]);
            }
        }
    }

    /// A part of what margin allows, signed or forced; a forced one may ask for more than there is.
    fn pay_out(&mut self, draft: &mut Draft<'_>, index: u32) {
        let room = payable(draft.table(), &draft.book.holding(index), u64::MAX);
        let action = match self.random.below(3) {
            0 => Action::Force(room.saturating_mul(2).max(DOLLAR)),
            1 => Action::Force(room / 5),
            _ => Action::Withdraw(room / 4),
        };
        let _ = draft.push(&[Step::new(index, action)]);
    }

    /// A part of what margin allows goes to somebody else.
    fn send(&mut self, draft: &mut Draft<'_>, index: u32) {
        let amount = payable(draft.table(), &draft.book.holding(index), u64::MAX) / 10;
        let to = self.random.below(draft.book.accounts.len() as u64) as u32;
        if to != index && amount > 0 {
            let transfer = Step::new(index, Action::Transfer { to, amount });
            let allow = Step::new(index, Action::AllowTransfers);
            let _ = draft.push(&[allow, transfer, Step::new(to, Action::Idle)]);
        }
    }

    /// A hedger builds its pair in slices that one leg's margin allows, and takes it off before the future expires, if
    /// it is awake.
    fn hedge(&mut self, draft: &Draft<'_>, index: u32, orders: &mut [Vec<Step>; ROWS]) {
        let table = draft.table();
        let trader = &self.traders[index as usize];
        let holding = draft.book.holding(index);
        let (short, long) = (holding.lots[PERPETUAL].get(), holding.lots[FUTURE].get());
        if table.rows[FUTURE].status != Status::Trading {
            let awake = !index.is_multiple_of(SLEEPERS);
            if awake && long > 0 && table.rows[FUTURE].status == Status::CloseOnly {
                orders[FUTURE].push(priced(table, index, FUTURE, Side::Sell, long.unsigned_abs(), true));
            } else if short != 0 && (awake || long == 0) {
                orders[PERPETUAL].push(priced(
                    table,
                    index,
                    PERPETUAL,
                    closing(Position(short)),
                    short.unsigned_abs(),
                    true,
                ));
            }
            return;
        }
        let open = short + long;
        if open != 0 {
            let side = closing(Position(open));
            let row = if open > 0 { PERPETUAL } else { FUTURE };
            orders[row].push(priced(table, index, row, side, open.unsigned_abs(), false));
            return;
        }
        let slice = aim(table, &holding, FUTURE, 2 * ONE_TIMES);
        let lots = slice.min(aim(table, &holding, FUTURE, trader.leverage) - long);
        if lots > 0 {
            orders[FUTURE].push(priced(table, index, FUTURE, Side::Buy, lots as u64, false));
        }
    }

    /// Clears the orders of a row at the mark: against each other, the house's lots, and makers. Those whose margin
    /// does not allow it are left out; if makers do not take the rest, the last orders of the heavier side wait.
    fn clear(&mut self, draft: &mut Draft<'_>, row: usize, orders: Vec<Step>) {
        let table = draft.table();
        let mut group: Vec<Step> = Vec::new();
        for step in orders {
            // By itself, on a copy: the house stands in for everybody else.
            if draft.book.clone().apply(table, &step, 0).is_ok() {
                group.push(step);
            }
        }
        while !group.is_empty() {
            let net: i64 = group.iter().map(change).sum();
            let house = draft.book.house.lots[row].get();
            // The house only gets rid of what it holds.
            let from_house = if house > 0 {
                net.clamp(0, house)
            } else {
                net.clamp(house, 0)
            };
            let rest = net - from_house;
            let room = draft.room().saturating_sub(group.len()).min(TAKERS);
            let side = closing(Position(rest));
            let makers = self.makers;
            let orders = take(
                &WithMakers { draft, makers },
                None,
                row,
                side,
                rest.unsigned_abs(),
                room,
            );
            if let Some(orders) = orders {
                let mut all = group.clone();
                all.extend(orders.iter().map(Step::from));
                if draft.push(&all).is_ok() {
                    return;
                }
            }
            let heavier = group.iter().rposition(|step| change(step).signum() == net.signum());
            group.remove(heavier.unwrap_or(group.len() - 1));
        }
    }
}

/// The change of lots that an order step makes.
fn change(step: &Step) -> i64 {
    match &step.action {
        Action::Order { trade, .. } => trade.change(),
        _ => 0,
    }
}

/// An order at the mark with the taker's fee.
fn priced(table: &RiskTable, index: u32, row: usize, side: Side, lots: u64, reduce_only: bool) -> Step {
    let mut trade = Trade::at(row, side, lots, table.rows[row].mark.get().unsigned_abs());
    trade.fee = trade.cost * FEE / 1_000_000;
    Step::new(index, Action::Order { trade, reduce_only })
}

/// Lots of a row that are worth `leverage` (hundredths) times the account's equity.
fn aim(table: &RiskTable, holding: &Holding, row: usize, leverage: u64) -> i64 {
    let worth = holding.equity(table).max(0) * i128::from(leverage) / i128::from(ONE_TIMES);
    (worth / i128::from(table.rows[row].mark.get().max(1))) as i64
}

/// Little is left above maintenance.
fn thin(table: &RiskTable, holding: &Holding) -> bool {
    let asked = i128::from(table.header.maintenance) * holding.exposure(table).max(0);
    !holding.is_flat() && 100 * (-holding.shortfall(table, table.header.maintenance)) < THIN * asked
}
