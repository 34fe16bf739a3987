//! Markets before a batch.

use std::{collections::BTreeMap, ops::Range, sync::Mutex};

use cloister_ledger::{
    slot::{slot_number, Slot},
    state::AccountState,
    House, Shape,
};
use cloister_ledger_testing::{table, Random, World};
use cloister_risk::{Assessment, Status};
use cloister_types::{AccountIndex, InstructionId, Lots, Money, PerLot, Position, Price, Total};

use super::scene::{turn, Scene};

/// The accounts a scene is about.
pub const SUBJECTS: usize = 2;
/// All accounts; those that are no subjects are rich.
pub const TRADERS: usize = 6;
/// Insurance of a house that can carry whatever it takes.
const AMPLE: i128 = 1_000_000_000_000;
/// Cash with which a position in every row is carried.
const RICH: i128 = 100_000_000_000_000;

/// Rich accounts without positions. Opening them takes longer than most batches, so it is done once.
fn opened(traders: usize, shape: Shape) -> World {
    static OPENED: Mutex<BTreeMap<(usize, Shape), World>> = Mutex::new(BTreeMap::new());
    let mut opened = OPENED.lock().expect("no panic");
    let world = opened.entry((traders, shape));
    world.or_insert_with(|| World::with_traders(1, traders, shape)).clone()
}

/// A market in which a scene can be played.
pub fn set(scene: Scene, seed: u64, shape: Shape) -> World {
    let mut world = opened(if scene == Scene::Roamed { 4 } else { TRADERS }, shape);
    world.random = Random::new(seed);
    change_house(&mut world, |house| {
        house.insurance = Money(AMPLE);
        house.fee_pool = Total(5_000);
    });
    match scene {
        Scene::Empty => {}
        Scene::Switched => {
            if turn(seed) % 3 == 2 {
                change(&mut world, 1, |state, _| state.account.cash = Money::ZERO);
            }
        }
        Scene::Roamed => {
            for _ in 0..1 + turn(seed) % 8 {
                let request = world.random_batch(shape);
                world.apply(shape, &request);
            }
        }
        Scene::Full => {
            world.live = 30;
            world.table = table(world.live, 2, &mut world.random);
            hold(&mut world, 0..32, 500);
            for trader in 0..TRADERS {
                change(&mut world, trader, |state, _| state.account.cash = Money(RICH));
            }
        }
        Scene::Traded | Scene::Sent | Scene::Rekeyed => {
            hold(&mut world, 0..3, 20);
            for trader in 0..TRADERS {
                world.traders[trader].next_id = 600;
                // Payments take fresh ids only.
                let of_orders = scene == Scene::Traded && trader < SUBJECTS;
                change(&mut world, trader, |state, random| occupy(state, of_orders, random));
            }
        }
        Scene::Short => {
            hold(&mut world, 0..1, 100);
            // Equity halfway between what maintenance and what initial margin asks.
            for trader in 0..SUBJECTS {
                let (maintenance, initial) = required(&world, trader);
                set_equity(&mut world, trader, (maintenance + initial) / 2);
            }
        }
        Scene::Liquidated => {
            // Both rows on one side: of two that hedge each other, less of one is more risk.
            let sign = if world.random.once_in(2) { 1 } else { -1 };
            for row in 0..2 {
                hold_row(&mut world, row, 200, sign);
            }
            // So short that most of what is held must go.
            for trader in 0..SUBJECTS {
                let (maintenance, _) = required(&world, trader);
                set_equity(&mut world, trader, maintenance / 3);
            }
            // Insolvent, with nobody who can carry what it holds.
            if turn(seed) % 3 == 2 {
                set_equity(&mut world, 1, -5_000_000);
            }
        }
        Scene::Stale => {
            let sign = if world.random.once_in(2) { 1 } else { -1 };
            for row in 0..2 {
                hold_row(&mut world, row, 50, sign);
            }
            world.set_stale(0, true);
            for trader in 0..SUBJECTS {
                let (maintenance, initial) = required(&world, trader);
                let equity = if turn(seed).is_multiple_of(2) {
                    initial * 2
                } else {
                    maintenance / 10 * 9
                };
                set_equity(&mut world, trader, equity);
            }
        }
        Scene::Settled => {
            hold(&mut world, 0..2, 40);
            world.set_status(0, Status::Expired);
            if turn(seed).is_multiple_of(2) {
                world.set_status(1, Status::Expired);
            }
            // Settling asks for no equity.
            if turn(seed).is_multiple_of(3) {
                set_equity(&mut world, 1, -3_000_000);
            }
        }
        Scene::TakenOver => {
            hold(&mut world, 0..2, 50);
            for trader in 0..SUBJECTS {
                set_equity(&mut world, trader, -5_000_000);
            }
        }
        Scene::Deleveraged => {
            // The second subject holds the other side of both rows; with little margin, or it owes money too. Both rows
            // are on one side: of two that hedge each other, less of one is more risk.
            let sign = if world.random.once_in(2) { 1 } else { -1 };
            for row in 0..2 {
                hold_row(&mut world, row, 50, sign);
            }
            set_equity(&mut world, 0, -5_000_000);
            let (maintenance, initial) = required(&world, 1);
            match turn(seed) % 3 {
                1 => set_equity(&mut world, 1, (maintenance + initial) / 2),
                2 => set_equity(&mut world, 1, -7_000_000),
                _ => (),
            }
        }
        Scene::Forced => force(&mut world, seed),
        Scene::Unloaded => {
            hold(&mut world, 0..2, 60);
            if turn(seed).is_multiple_of(2) {
                let house = world.state.house().clone();
                let flat = Assessment::new(&world.table, &house.positions, Money::ZERO).expect("small");
                let asked = flat.requirement(world.table.header.initial).expect("small");
                change_house(&mut world, |house| {
                    house.insurance = Money(asked.get() / 2 - flat.equity.get())
                });
            }
        }
    }
    world
}

/// Accounts whose margin leaves something, nothing or less than nothing; in the last case equity is the tightest bound.
fn force(world: &mut World, seed: u64) {
    match turn(seed) % 4 {
        0 | 1 => {
            hold(world, 0..2, 30);
            for trader in 0..SUBJECTS {
                let (maintenance, initial) = required(world, trader);
                let equity = if trader == 0 { initial * 2 } else { maintenance };
                set_equity(world, trader, equity);
            }
        }
        // No position: all deficits are that of equity.
        2 => set_equity(world, 0, 7_000_000),
        _ => {
            hold(world, 0..1, 30);
            // Only gains: what a position could lose is no bound, debts still are.
            let sign = world.position(0, 0).signum();
            world.table.rows[0].scenarios = [PerLot(sign * 1_000); 16];
            world.table.rows[0].floor_long = Price::ZERO;
            world.table.rows[0].floor_short = Price::ZERO;
            set_equity(world, 0, 9_000_000);
        }
    }
}

/// Maintenance and initial margin of a trader.
fn required(world: &World, trader: usize) -> (i128, i128) {
    let assessment = world.assess(trader);
    let asked = |ratio| assessment.requirement(ratio).expect("small");
    let header = &world.table.header;
    (asked(header.maintenance).get(), asked(header.initial).get())
}

/// Gives a trader the cash that makes this equity.
fn set_equity(world: &mut World, trader: usize, equity: i128) {
    let missing = equity - world.assess(trader).equity.get();
    change(world, trader, |state, _| state.account.cash.0 += missing);
}

fn change(world: &mut World, trader: usize, change: impl FnOnce(&mut AccountState, &mut Random)) {
    let mut state = world
        .state
        .account(AccountIndex(trader as u32))
        .expect("it is open")
        .clone();
    change(&mut state, &mut world.random);
    world.state.restore_account(AccountIndex(trader as u32), state);
}

fn change_house(world: &mut World, change: impl FnOnce(&mut House)) {
    let mut house = world.state.house().clone();
    change(&mut house);
    let next = world.state.batch_no();
    world.state.restore_house(house, next);
}

/// Gives every trader a position in each of some rows. Subjects are long or short by more than half of `size`, no two
/// of them alike; the house has what is left over, a few lots.
fn hold(world: &mut World, rows: Range<usize>, size: u64) {
    for row in rows {
        let sign = if world.random.once_in(2) { 1 } else { -1 };
        hold_row(world, row, size, sign);
    }
}

fn hold_row(world: &mut World, row: usize, size: u64, sign: i64) {
    let mut house = world.state.house().clone();
    let mut sum = 0;
    for trader in 0..TRADERS {
        let lots = size / 2 + 1 + world.random.below(size / 2);
        let q = if trader % 2 == 0 { lots as i64 } else { -(lots as i64) } * sign;
        sum += q;
        house.open_interest[row] += lots;
        change(world, trader, |state, _| state.account.positions[row] = Position(q));
    }
    if world.table.rows[row].status != Status::Expired {
        house.positions[row] = Position(-sum);
    }
    change_house(world, |h| *h = house);
}

/// Puts some of the next ids' slots into use: by the id itself, filled in part, or by one that it pushes out.
fn occupy(state: &mut AccountState, by_itself: bool, random: &mut Random) {
    for id in 601..607 {
        let slot = match random.below(3) {
            0 => continue,
            1 if by_itself => Slot {
                id: InstructionId(id),
                filled: Lots(1 + random.below(9)),
            },
            _ => Slot {
                id: InstructionId(id - 512),
                filled: Lots(random.below(9)),
            },
        };
        state.orders.set(slot_number(InstructionId(id)).into(), slot.to_field());
    }
    state.account.orders_root = state.orders.root();
}
