//! What traders do of their own will: arrive, trade at the mark, pay in, pay out, send, re-key, cancel.

use crate::{
    book::payable,
    draft::Draft,
    makers::WithMakers,
    market::{FUTURE, PERPETUAL, ROWS},
    prices::DOLLAR,
    step::{Action, Step},
    traders::{Role, Trader},
    wish::{aim, speculate, PayOut, Wish},
};
use cloister_ledger::Side;
use cloister_ledger_testing::Random;
use cloister_liquidator::{closing, take, Trade, ONE_TIMES};
use cloister_risk::{RiskTable, Status};
use cloister_types::Position;
use std::collections::BTreeSet;

/// Fee of an order, 10^-6 of its cost.
const FEE: u128 = 500;
/// Maximum number of makers whose orders stand behind the trades of a minute, per row.
const TAKERS: usize = 2;
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

    /// A long or a short does what it wants.
    fn speculate(&mut self, draft: &mut Draft<'_>, index: u32, orders: &mut [Vec<Step>; ROWS]) {
        let table = draft.table();
        let holding = draft.book.holding(index);
        match speculate(self.random, table, &self.traders[index as usize], &holding) {
            Wish::PayIn(deposit) => {
                let action = Action::Idle;
                let _ = draft.push(&[Step { index, deposit, action }]);
            }
            Wish::Trade {
                row,
                side,
                lots,
                reduce_only,
            } => orders[row].push(priced(table, index, row, side, lots, reduce_only)),
            Wish::PayOut(how) => pay_out(draft, index, how),
            Wish::Send => self.send(draft, index),
            Wish::Cancel => drop(draft.push(&[Step::new(index, Action::Cancel)])),
            Wish::CancelAll => drop(draft.push(&[Step::new(index, Action::CancelAll)])),
            Wish::Rekey => drop(draft.push(&[Step::new(index, Action::Rekey)])),
            Wish::Wait => (),
        }
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

/// A part of what margin allows, signed or forced; a forced one may ask for more than there is.
fn pay_out(draft: &mut Draft<'_>, index: u32, how: PayOut) {
    let room = payable(draft.table(), &draft.book.holding(index), u64::MAX);
    let action = match how {
        PayOut::ForcedBeyond => Action::Force(room.saturating_mul(2).max(DOLLAR)),
        PayOut::Forced => Action::Force(room / 5),
        PayOut::Signed => Action::Withdraw(room / 4),
    };
    let _ = draft.push(&[Step::new(index, action)]);
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
