//! What must hold of every accepted batch, whoever made it.

use std::collections::BTreeSet;

use cloister_crypto::constants::INSTRUMENTS;
use cloister_ledger::{
    BatchEffect, BatchError, BatchWitness, Fill, InstructionKind, Mode, Party, Shape, Side, UnitWitness,
};
use cloister_risk::{MarginChoice, Positions, RiskTable, Status};
use cloister_types::{Amount, Position, Total};

use crate::books::{equity, worst_deficit, Books};

/// An accepted batch with what everybody owned before and after.
pub struct Step<'a> {
    pub shape: Shape,
    pub before: &'a Books,
    pub witness: &'a BatchWitness,
    pub effect: &'a BatchEffect,
    pub after: &'a Books,
}

impl Step<'_> {
    fn table(&self) -> &RiskTable {
        &self.witness.context.table
    }

    fn units(&self, mode: Mode) -> impl Iterator<Item = &UnitWitness> {
        self.witness.units.iter().filter(move |unit| unit.mode == mode)
    }

    /// B-CONSERVE-CASH: money comes by deposits and goes by withdrawals and the sweep; apart from that, an expired
    /// position is changed into money at its final value.
    pub fn money_is_conserved(&self) {
        let public = &self.effect.statement;
        let deposits: i128 = public.units.iter().map(|u| i128::from(u.deposit.get())).sum();
        let withdrawals: i128 = public.units.iter().map(|u| i128::from(u.withdrawal.get())).sum();
        let expired = self.table().rows.iter().enumerate();
        let settled: i128 = expired
            .filter(|(_, row)| row.status == Status::Expired)
            .map(|(j, row)| i128::from(row.value.get()) * i128::from(self.after.lots(j) - self.before.lots(j)))
            .sum();
        let doors = i128::from(public.doors.paid_in.get()) - i128::from(public.insurance_out.get());
        let expected = self.before.money() + deposits + doors - withdrawals - i128::from(public.sweep.get()) - settled;
        assert_eq!(self.after.money(), expected, "money was made or lost");

        let places = self.units(Mode::Normal).flat_map(|unit| &unit.places);
        let orders = places.filter(|place| place.signed.instruction.kind == InstructionKind::Order);
        let fees: u128 = orders.map(|place| place.fill.fee.get()).sum();
        let pool = self.before.house.fee_pool.get() + fees - u128::from(public.sweep.get());
        assert_eq!(self.after.house.fee_pool, Total(pool), "a fee went elsewhere");
    }

    /// B-CONSERVE-Q, open interest and mask: for every lot bought one was sold, and what is counted is what is there.
    pub fn positions_are_conserved(&self) {
        for (j, row) in self.table().rows.iter().enumerate() {
            match row.status {
                Status::Expired => assert_eq!(self.after.house.positions[j], Position::ZERO, "row {j} is settled"),
                Status::Empty | Status::Trading | Status::CloseOnly => assert_eq!(self.after.lots(j), 0, "row {j}"),
            }
            let gross: u64 = self.after.held(j).map(i64::unsigned_abs).sum();
            assert_eq!(self.after.house.open_interest[j], gross, "row {j}");
            let claimed = self.effect.statement.empty_mask >> j & 1 == 1;
            assert!(!claimed || self.after.is_empty(j), "row {j} is not empty");
        }
    }

    /// The same batch with one more row claimed empty must be refused if somebody holds something there.
    pub fn a_false_mask_is_refused(&self, row: usize) {
        let mut witness = self.witness.clone();
        witness.empty_mask = 1 << row;
        let found = witness.check(self.shape);
        if self.after.is_empty(row) {
            assert!(found.is_ok(), "{:?}", found.err());
        } else {
            assert_eq!(found.err(), Some(BatchError::NotEmpty(row as u8)));
        }
    }

    /// B-LIQUIDATION, B-TAKEOVER: only who is short is liquidated, only who owes is taken over.
    pub fn the_healthy_are_left_alone(&self) {
        let table = self.table();
        for (unit, effect) in self.witness.units.iter().zip(&self.effect.units) {
            let (before, cash) = entry(unit);
            match unit.mode {
                Mode::Liquidation => {
                    let ratio = table.header.maintenance;
                    let short = worst_deficit(table, before, cash, ratio);
                    assert!(short > 0, "a liquidation of a healthy account");
                    let after = worst_deficit(table, &effect.after.positions, effect.after.cash.get(), ratio);
                    assert!(after <= short, "a liquidation that makes the account riskier");
                }
                Mode::Takeover => assert!(equity(table, before, cash) < 0, "a takeover of a solvent account"),
                _ => (),
            }
        }
    }

    /// B-LIQUIDATION, B-FEE: a liquidation only reduces, and costs the account at most the penalty, and at most a
    /// quarter of the margin that it frees.
    pub fn liquidations_cost_at_most_the_penalty(&self) {
        let table = self.table();
        for (unit, effect) in self.witness.units.iter().zip(&self.effect.units) {
            if unit.mode != Mode::Liquidation {
                continue;
            }
            let (before, cash) = entry(unit);
            let (after, cash_after) = (&effect.after.positions, effect.after.cash);
            let reduced = before.iter().zip(after);
            let mut reduced =
                reduced.map(|(old, new)| (old.min(&Position::ZERO)..=old.max(&Position::ZERO)).contains(&new));
            assert!(reduced.all(|is| is), "a liquidation that turns or opens a position");
            let penalties: i128 = unit.places.iter().map(|place| penalty(table, &place.fill)).sum();
            let cost = equity(table, before, cash) - equity(table, after, cash_after.get());
            assert!(256 * cost <= penalties, "a liquidation that costs {cost}");
            let required = |positions: &Positions| {
                worst_deficit(table, positions, 0, table.header.maintenance) + 256 * equity(table, positions, 0)
            };
            let freed = required(before) - required(after);
            assert!(
                cost <= 0 || 4 * 256 * cost <= freed,
                "a liquidation that costs {cost} and frees {freed}/256"
            );
        }
    }

    /// B-DELEVERAGE: it only reduces and leaves equity as it is, nobody gets riskier than allowed, and every lot that a
    /// counterparty loses faces one that an insolvent account sheds, on the other side of the row.
    pub fn deleveraging_takes_only_what_the_insolvent_shed(&self) {
        let table = self.table();
        // Long and short lots by row that insolvent accounts, and that counterparties gave up.
        let mut shed = [[[0u64; 2]; 2]; 32];
        for (unit, effect) in self.witness.units.iter().zip(&self.effect.units) {
            let Mode::Deleveraging(party) = unit.mode else {
                continue;
            };
            let (before, cash) = entry(unit);
            let (after, cash_after) = (&effect.after.positions, effect.after.cash.get());
            let worth = equity(table, before, cash);
            assert_eq!(
                worth,
                equity(table, after, cash_after),
                "deleveraging changed what an account owns"
            );
            assert!(
                party == Party::Counterparty || worth < 0,
                "a solvent account shed lots onto others"
            );
            let worst = |positions, cash, ratio| worst_deficit(table, positions, cash, ratio);
            let (initial, maintenance) = (table.header.initial, table.header.maintenance);
            let safe = worst(after, cash_after, initial) <= 0;
            let no_worse = worst(after, cash_after, maintenance) <= worst(before, cash, maintenance);
            assert!(safe || no_worse, "deleveraging left an account short that was not");
            for (j, (old, new)) in before.iter().zip(after).enumerate() {
                let (old, new) = (old.get(), new.get());
                assert!(
                    (old.min(0)..=old.max(0)).contains(&new),
                    "deleveraging turned or opened a position"
                );
                shed[j][usize::from(party == Party::Counterparty)][usize::from(old < 0)] += old.abs_diff(new);
            }
        }
        for (j, [[long, short], [other_long, other_short]]) in shed.into_iter().enumerate() {
            assert_eq!((long, short), (other_short, other_long), "row {j}: closed without need");
        }
    }

    /// B-HOUSE-EQUITY: the house loses no more than what the accounts it took over were short of, and keeps the
    /// penalties.
    pub fn the_house_is_not_drained(&self) {
        let table = self.table();
        let owed = self.units(Mode::Takeover).map(|unit| {
            let (positions, cash) = entry(unit);
            equity(table, positions, cash)
        });
        let places = self.units(Mode::Liquidation).flat_map(|unit| &unit.places);
        let penalties: i128 = places.map(|place| place.fill.fee.get() as i128).sum();
        let public = &self.effect.statement;
        let doors = i128::from(public.doors.paid_in.get()) - i128::from(public.insurance_out.get());
        let least = self.before.house_equity(table) + owed.sum::<i128>() + penalties + doors;
        assert!(self.after.house_equity(table) >= least, "the house was drained");
    }

    /// B-DOORS: what leaves the insurance is what was asked for, or as much as margin of the house and `keep` allow.
    pub fn insurance_pays_the_one_amount(&self) {
        let table = self.table();
        let public = &self.effect.statement;
        let (asked, paid) = (
            i128::from(public.doors.asked.get()),
            i128::from(public.insurance_out.get()),
        );
        let house = &self.after.house;
        let cash = house.insurance.get() + paid;
        let short = worst_deficit(table, &house.positions, cash, table.header.initial);
        let lacking = 256 * (i128::from(public.doors.keep.get()) - equity(table, &house.positions, cash));
        let room = (-short.max(lacking)).div_euclid(256).max(0);
        assert_eq!(paid, asked.min(room), "of {asked}");
    }

    /// The same batch with any other amount must be refused, whatever the prover says of it.
    pub fn any_other_amount_is_refused(&self, amount: u64) {
        if Amount(amount) == self.witness.insurance_out {
            return;
        }
        let names = (0..18).map(MarginChoice::Tight).chain([MarginChoice::Initial]);
        // With the branch of B-HOUSE-MARGIN that it has, and with the one that a payout asks for.
        let mut branches = vec![self.witness.house_margin, MarginChoice::Initial];
        branches.dedup();
        for (doors_choice, house_margin) in names.flat_map(|name| branches.iter().map(move |branch| (name, *branch))) {
            let mut witness = self.witness.clone();
            witness.insurance_out = Amount(amount);
            (witness.doors_choice, witness.house_margin) = (doors_choice, house_margin);
            assert!(
                witness.check(self.shape).is_err(),
                "{amount} is paid as {doors_choice:?} with {house_margin:?}"
            );
        }
    }

    /// B-EQUITY: at the prices of one batch nobody falls into debt.
    pub fn nobody_falls_into_debt(&self) {
        let table = self.table();
        for (index, now) in &self.after.accounts {
            let solvent = |a: &cloister_ledger::Account| equity(table, &a.positions, a.cash.get()) >= 0;
            let was_solvent = self.before.accounts.get(index).is_none_or(solvent);
            assert!(!was_solvent || solvent(now), "account {index} fell into debt");
        }
    }

    /// B-STALE: nobody's lots change in a stale row but by orders that reduce.
    pub fn dead_feeds_move_nobody(&self) {
        let stale: Vec<usize> = (0..INSTRUMENTS).filter(|j| self.table().rows[*j].stale).collect();
        for (unit, effect) in self.witness.units.iter().zip(&self.effect.units) {
            for j in &stale {
                let (old, new) = (unit.before.positions[*j].get(), effect.after.positions[*j].get());
                assert!(
                    (old.min(0)..=old.max(0)).contains(&new),
                    "row {j} is stale and {old} became {new}"
                );
                assert!(
                    old == new || unit.mode == Mode::Normal,
                    "{:?} in the stale row {j}",
                    unit.mode
                );
            }
        }
    }

    /// B-SWITCH, B-TRANSFER: flags change in a switch only, and money is sent only with the owner's leave.
    pub fn only_owners_switch(&self) {
        for (unit, effect) in self.witness.units.iter().zip(&self.effect.units) {
            let kept = unit.before.switches == effect.after.switches;
            assert!(kept || unit.mode == Mode::Switch, "{:?} changes flags", unit.mode);
            assert!(
                effect.transfer.is_none() || unit.before.switches.transfers,
                "a transfer nobody allows"
            );
        }
    }

    /// B-LIMIT: after a batch a position is within its limit, or no larger than before and on the same side.
    pub fn limits_are_kept(&self) {
        for unit in self.witness.units.iter().zip(&self.effect.units) {
            for (j, row) in self.table().rows.iter().enumerate() {
                let (old, new) = (unit.0.before.positions[j].get(), unit.1.after.positions[j].get());
                let reduced = (old.min(0)..=old.max(0)).contains(&new);
                assert!(
                    reduced || new.unsigned_abs() <= row.limit.get(),
                    "row {j}: {old} became {new}"
                );
            }
        }
    }
}

/// Positions and cash with which a unit begins: deposit and incoming transfer included (B-DEPOSIT).
fn entry(unit: &UnitWitness) -> (&Positions, i128) {
    let credit = i128::from(unit.deposit.get()) + i128::from(unit.incoming.get());
    (&unit.before.positions, unit.before.cash.get() + credit)
}

/// `f·penalty·(mark + floor)`, the floor of the side that is closed; in 2^-8 of money.
fn penalty(table: &RiskTable, fill: &Fill) -> i128 {
    let row = &table.rows[usize::from(fill.row)];
    let floor = match fill.side {
        Side::Sell => row.floor_long,
        Side::Buy => row.floor_short,
    };
    i128::from(fill.quantity.get())
        * i128::from(table.header.penalty)
        * (i128::from(row.mark.get()) + i128::from(floor.get()))
}

/// Accounts that met initial margin at some time since prices last moved: no batch may bring one below maintenance
/// margin.
#[derive(Default)]
pub struct Safe(BTreeSet<u32>);

impl Safe {
    /// Prices have moved.
    pub fn start(&mut self, books: &Books, table: &RiskTable) {
        self.0 = books.above(table, table.header.initial).into_iter().collect();
    }

    /// A batch was accepted.
    pub fn go_on(&mut self, books: &Books, table: &RiskTable) {
        let healthy = books.above(table, table.header.maintenance).into_iter().collect();
        let sunk: Vec<_> = self.0.difference(&healthy).collect();
        assert!(sunk.is_empty(), "below maintenance without a price move: {sunk:?}");
        self.0.extend(books.above(table, table.header.initial));
    }
}
