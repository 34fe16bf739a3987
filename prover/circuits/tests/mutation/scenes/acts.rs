//! The units of a batch.

use cloister_ledger::{instruction::flags, Fill, InstructionKind, Party, Shape, Side, UnitRequest};
use cloister_ledger_testing::{Random, World};
use cloister_risk::Status;
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Total};

use super::{
    scene::Scene,
    stage::{SUBJECTS, TRADERS},
};

/// Units of a scene, then others, as many as the shape has. Scenes with several plots take turns.
pub fn units(scene: Scene, turn: u64, world: &mut World, shape: Shape) -> Vec<UnitRequest> {
    let size = usize::from(shape.units);
    let mut units = subject(scene, turn, world, shape);
    while units.len() < size {
        let more = other(world, shape);
        if units.len() + more.len() <= size {
            units.extend(more);
        }
    }
    assert_eq!(units.len(), size, "{scene:?} has too many units");
    for unit in &mut units {
        if world.random.once_in(3) {
            credit(unit, &mut world.random);
        }
    }
    units
}

/// The units that a scene is about; no more than two, so that they fit into every shape, except for a chain of
/// transfers.
fn subject(scene: Scene, turn: u64, world: &mut World, shape: Shape) -> Vec<UnitRequest> {
    match scene {
        Scene::Empty | Scene::Roamed => Vec::new(),
        Scene::Traded => trades(world, [0, 1], shape),
        // The row after the live ones is close-only.
        Scene::Full => reduce(world, world.live, 1).into(),
        Scene::Short => reduce(world, 0, 2).into(),
        Scene::Liquidated => liquidate(world, shape),
        Scene::Settled => (0..SUBJECTS).map(|trader| settle(world, trader, shape)).collect(),
        Scene::TakenOver if turn.is_multiple_of(3) => {
            let mut units = Vec::from(world.transfer(2, 0, 1_000));
            units[1] = world.take_over(0);
            units
        }
        Scene::TakenOver => (0..SUBJECTS).map(|trader| world.take_over(trader)).collect(),
        Scene::Deleveraged => deleverage(world, shape).into(),
        Scene::Forced => (0..SUBJECTS).map(|trader| force(world, trader, turn)).collect(),
        Scene::Sent => send(world, turn, shape),
        // No root comes after the last unit's, so nothing but the statement binds what leads to it.
        Scene::Rekeyed if turn.is_multiple_of(2) => {
            let signed = world.instruct(1, InstructionKind::Cancel, 0);
            vec![normal(1, vec![(signed, Fill::default())]), world.rekey(0)]
        }
        Scene::Rekeyed => {
            let new = world.rekey(0);
            let signed = world.instruct(0, InstructionKind::Cancel, 0);
            vec![new, normal(0, vec![(signed, Fill::default())])]
        }
        Scene::Unloaded => unload(world),
        // The second subject's account is empty in every other turn of these.
        Scene::Switched if !turn.is_multiple_of(3) => vec![world.switch(0, turn.is_multiple_of(2)), world.close(1)],
        Scene::Switched => (0..SUBJECTS)
            .map(|trader| world.switch(trader, (turn + trader as u64).is_multiple_of(2)))
            .collect(),
        // Row 0 is stale.
        Scene::Stale if turn.is_multiple_of(2) => reduce(world, 0, 1).into(),
        Scene::Stale => {
            let price = world.table.rows[1].mark.get() as u64;
            (0..SUBJECTS)
                .map(|trader| world.liquidate(trader, 1, 1, price))
                .collect()
        }
    }
}

fn normal(trader: usize, places: Vec<(cloister_ledger::SignedInstruction, Fill)>) -> UnitRequest {
    UnitRequest::Normal {
        index: AccountIndex(trader as u32),
        deposit: Amount::ZERO,
        places,
    }
}

/// A deposit so small that it changes no condition.
fn credit(unit: &mut UnitRequest, random: &mut Random) {
    let amount = 1 + random.below(900);
    match unit {
        UnitRequest::Open { deposit, .. }
        | UnitRequest::Rekey { deposit, .. }
        | UnitRequest::Normal { deposit, .. }
        | UnitRequest::Forced { deposit, .. }
        | UnitRequest::Liquidation { deposit, .. }
        | UnitRequest::Expiry { deposit, .. }
        | UnitRequest::Takeover { deposit, .. }
        | UnitRequest::Switch { deposit, .. }
        | UnitRequest::Deleveraging { deposit, .. }
        | UnitRequest::Padding { deposit, .. } => deposit.0 += amount,
        // A chain lets no close take a deposit.
        UnitRequest::Close { .. } => (),
    }
}

/// One or two units of rich traders.
fn other(world: &mut World, shape: Shape) -> Vec<UnitRequest> {
    let rich = TRADERS - SUBJECTS;
    let trader = SUBJECTS + world.random.below(rich as u64) as usize;
    let next = SUBJECTS + (trader - SUBJECTS + 1) % rich;
    let amount = world.random.below(1_000_000);
    match world.random.below(11) {
        0 | 1 => trades(world, [trader, next], shape),
        2 => vec![cancels(world, trader, shape)],
        3 => {
            let signed = world.instruct(trader, InstructionKind::Withdrawal, amount);
            vec![normal(trader, vec![(signed, Fill::default())])]
        }
        4 => vec![world.open(amount)],
        5 => vec![world.rekey(trader)],
        6 => world.transfer(trader, next, amount).into(),
        7 => vec![world.force(trader, amount)],
        8 => vec![settle(world, trader, shape)],
        // What is on stays on: others send from it.
        9 => vec![world.switch(trader, true)],
        _ => vec![UnitRequest::Padding {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
        }],
    }
}

fn cancels(world: &mut World, trader: usize, shape: Shape) -> UnitRequest {
    let mut places = Vec::new();
    while places.len() < usize::from(shape.places) {
        let kind = match world.random.below(3) {
            0 => InstructionKind::CancelAll,
            _ => InstructionKind::Cancel,
        };
        places.push((world.instruct(trader, kind, 0), Fill::default()));
    }
    normal(trader, places)
}

/// An order with room to spare and a fill of it.
fn order(
    world: &mut World,
    trader: usize,
    row: usize,
    side: Side,
    lots: u64,
    price: u64,
) -> (cloister_ledger::SignedInstruction, Fill) {
    let away = world.random.below(2_000);
    let limit = match side {
        Side::Buy => price + away,
        Side::Sell => price - away,
    };
    // Slots may hold some lots as filled already.
    let spare = 10 + world.random.below(3);
    let mut order = world.order(trader, row, side, limit, lots + spare);
    if world.random.once_in(2) {
        world.wait(&mut order, row);
        let slot = world.state.slot(order.index, order.id);
        if slot.is_some_and(|slot| slot.id == order.id && !slot.filled.is_zero()) {
            // It has begun to fill, and the mark has gone back since.
            order.flags ^= flags::DIRECTIONS;
        }
    }
    let cost = u128::from(price) * u128::from(lots);
    let fill = Fill {
        row: row as u8,
        quantity: Lots(lots),
        cost: Total(cost),
        fee: Total(cost / 5_000),
        ..Fill::default()
    };
    (world.sign(order), fill)
}

/// Two units with trades between two traders in some or all of their places, perhaps a withdrawal last.
fn trades(world: &mut World, [a, b]: [usize; 2], shape: Shape) -> Vec<UnitRequest> {
    let count = 1 + world.random.below(shape.places.into());
    let live = |row: &usize| world.table.rows[*row].status == Status::Trading;
    let rows: Vec<usize> = (0..world.live).filter(live).collect();
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let row = rows[world.random.below(rows.len() as u64) as usize];
        let lots = 1 + world.random.below(20);
        let price = world.table.rows[row].mark.get() as u64 - 50_000 + world.random.below(100_000);
        // A little may be left to the house.
        let surplus = world.random.below(3);
        of_a.push(order(world, a, row, Side::Buy, lots, price + surplus));
        of_b.push(order(world, b, row, Side::Sell, lots, price));
    }
    if count < u64::from(shape.places) && world.random.once_in(2) {
        of_a.push((world.instruct(a, InstructionKind::Withdrawal, 1_000), Fill::default()));
    }
    vec![normal(a, of_a), normal(b, of_b)]
}

/// The first two traders reduce against each other at the mark, as they promise.
fn reduce(world: &mut World, row: usize, lots: u64) -> [UnitRequest; 2] {
    let seller = usize::from(world.position(0, row) < 0);
    let mark = world.table.rows[row].mark.get() as u64;
    let fill = Fill {
        row: row as u8,
        quantity: Lots(lots),
        cost: Total(u128::from(mark) * u128::from(lots)),
        ..Fill::default()
    };
    let mut unit = |trader: usize, side| {
        let mut order = world.order(trader, row, side, mark, lots);
        order.flags = flags::REDUCE_ONLY;
        normal(trader, vec![(world.sign(order), fill)])
    };
    [unit(seller, Side::Sell), unit(1 - seller, Side::Buy)]
}

/// Steps of a liquidation of the first trader: from none to as many as there are places, of one lot up to the whole
/// chunk, and never more than is needed. The second trader is liquidated too, or a rich one takes the lots of the last
/// step, at times at a price that is better than the mark for the first.
fn liquidate(world: &mut World, shape: Shape) -> Vec<UnitRequest> {
    let good = world.random.once_in(4);
    let mut unit = |trader: usize, least: u64| {
        let count = least + world.random.below(u64::from(shape.places) + 1 - least);
        let fills: Vec<Fill> = (0..count)
            .map(|i| {
                let row = (i % 2) as usize;
                let share = world.position(trader, row).unsigned_abs() * 2 / 3;
                let most = share.min(world.table.rows[row].chunk.get());
                let lots = match world.random.below(3) {
                    0 => 1,
                    1 => most,
                    _ => 1 + world.random.below(most),
                };
                // Who owes money already is liquidated at no cost.
                let owes = world.assess(trader).equity < Money::ZERO;
                let away = if owes { 0 } else { world.random.below(200_000) };
                let better = good && trader == 0 && i + 1 == count;
                let mark = world.table.rows[row].mark.get() as u64;
                let price = if (world.position(trader, row) > 0) == better {
                    mark + away
                } else {
                    mark - away
                };
                world.liquidation_fill(trader, row, lots, price)
            })
            .collect();
        let last = fills.last().copied();
        let unit = UnitRequest::Liquidation {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            fills,
        };
        (unit, last)
    };
    let (first, last) = unit(0, 1);
    let (second, _) = unit(1, 0);
    match last {
        Some(step) if good || world.random.once_in(2) => {
            let price = step.cost.get() / u128::from(step.quantity.get());
            let taken = order(
                world,
                2,
                step.row.into(),
                step.side.opposite(),
                step.quantity.get(),
                price as u64,
            );
            vec![first, normal(2, vec![taken])]
        }
        _ => vec![first, second],
    }
}

/// The first subject sheds some or all of what the second can take in one row or in two.
fn deleverage(world: &mut World, shape: Shape) -> [UnitRequest; 2] {
    let count = 1 + world.random.below(shape.places.into()).min(1);
    let rows: Vec<(usize, u64)> = (0..count as usize)
        .map(|row| {
            let [a, b] = [0, 1].map(|trader| world.position(trader, row).unsigned_abs());
            let most = a.min(b);
            let lots = match world.random.below(3) {
                0 => 1 + world.random.below(most),
                _ => most,
            };
            (row, lots)
        })
        .collect();
    let mut units = [(0, Party::Insolvent), (1, Party::Counterparty)];
    if world.random.once_in(2) {
        units.reverse();
    }
    units.map(|(trader, party)| world.deleverage(trader, party, &rows))
}

/// Some or all of what an account holds in expired rows.
fn settle(world: &mut World, trader: usize, shape: Shape) -> UnitRequest {
    let expired = |row: &usize| world.table.rows[*row].status == Status::Expired && world.position(trader, *row) != 0;
    let mut rows: Vec<usize> = (0..32).filter(expired).collect();
    rows.truncate(shape.places.into());
    if world.random.once_in(8) {
        rows.pop();
    }
    world.expire(trader, &rows)
}

fn force(world: &mut World, trader: usize, turn: u64) -> UnitRequest {
    let requested = match world.random.below(5) {
        // A rich account that asks for nothing.
        _ if turn % 4 == 2 && trader == 1 => 0,
        0 => 0,
        1 => world.random.below(1_000),
        2 => world.random.below(10_000_000),
        _ => u64::MAX,
    };
    world.force(trader, requested)
}

/// From the first trader on to the second and further, or to whoever the next unit is of, whatever it does.
fn send(world: &mut World, turn: u64, shape: Shape) -> Vec<UnitRequest> {
    let amount = 3 + world.random.below(1_000_000);
    let plot = turn % 7;
    let receiver = if plot == 0 { TRADERS } else { 1 };
    let [mut first, receive] = world.transfer(0, receiver, amount);
    if let UnitRequest::Normal { places, .. } = &mut first {
        if shape.places > 1 && world.random.once_in(2) {
            places.insert(0, (world.instruct(0, InstructionKind::Cancel, 0), Fill::default()));
        }
    }
    let next = match plot {
        0 => world.open(5),
        1 => world.rekey(1),
        2 => world.force(1, u64::MAX),
        3 => world.expire(1, &[]),
        4 => normal(
            1,
            vec![(world.instruct(1, InstructionKind::Withdrawal, 5), Fill::default())],
        ),
        5 if shape.units >= 4 => {
            let [to_oneself, _] = world.transfer(1, 1, amount / 2);
            let [on, last] = world.transfer(1, 2, amount / 3);
            return vec![first, to_oneself, on, last];
        }
        _ => receive,
    };
    vec![first, next]
}

/// A trader takes what the house holds in a row, or a part of it, at a price that is good for the house. Or nobody
/// does.
fn unload(world: &mut World) -> Vec<UnitRequest> {
    let held = world.state.house().positions;
    let Some(row) = (0..world.live).find(|row| !held[*row].is_zero()) else {
        return Vec::new();
    };
    let lots = match world.random.below(4) {
        0 => return Vec::new(),
        1 => held[row].size().get(),
        _ => 1 + world.random.below(held[row].size().get()),
    };
    let away = world.random.below(100_000);
    let mark = world.table.rows[row].mark.get() as u64;
    let (side, price) = if held[row] > Position::ZERO {
        (Side::Buy, mark + away)
    } else {
        (Side::Sell, mark - away)
    };
    vec![normal(2, vec![order(world, 2, row, side, lots, price)])]
}
