//! Requests at the edges of the rules: about half of them must be refused.

use cloister_ledger::{state::BatchRequest, Fill, InstructionKind, Party, Shape, Side, UnitRequest};
use cloister_ledger_testing::{Random, World};
use cloister_risk::Assessment;
use cloister_types::{AccountIndex, Amount, Lots, Price, Total};

/// A batch of the library's generator without a price move.
pub fn at_rest(world: &mut World, shape: Shape) -> BatchRequest {
    // The generator lets the market move once in three, by the first number it draws.
    while world.random.clone().once_in(3) {
        world.random.word();
    }
    world.random_batch(shape)
}

/// A batch of units that somebody might want, valid or not.
pub fn greedy(world: &mut World, random: &mut Random, shape: Shape) -> BatchRequest {
    let size = usize::from(shape.units);
    let mut units = Vec::new();
    for _ in 0..1 + random.below(2) {
        let traders = world.traders.clone();
        let more = unit(world, random);
        if units.len() + more.len() <= size {
            units.extend(more);
        } else {
            world.traders = traders;
        }
    }
    let mut request = world.padded(shape, units);
    let pool = world.state.house().fee_pool.min(Total(1 << 60)).get() as u64;
    request.sweep = match random.below(8) {
        0 => Amount(pool + random.below(2)),
        1 => Amount(random.below(pool + 1)),
        _ => Amount::ZERO,
    };
    request.doors = world.random_doors();
    request
}

/// One thing that a trader or a sequencer might try; more than one unit if they belong together.
fn unit(world: &mut World, random: &mut Random) -> Vec<UnitRequest> {
    let known = world.state.accounts().count() as u64;
    let trader = random.below(known) as usize;
    let other = (trader + 1 + random.below(known - 1) as usize) % known as usize;
    let index = trader as u32;
    let signed = |signed, deposit| {
        let places = vec![(signed, Fill::default())];
        vec![UnitRequest::Normal {
            index: AccountIndex(index),
            deposit,
            places,
        }]
    };
    match random.below(19) {
        0..=3 => trade(world, random, [trader, other]),
        // Only one side: the house would be the other.
        4 => trade(world, random, [trader, other]).split_off(1),
        5 => {
            let amount = all_of(world, random, trader);
            signed(
                world.instruct(trader, InstructionKind::Withdrawal, amount),
                Amount::ZERO,
            )
        }
        6 => {
            let amount = all_of(world, random, trader);
            world.transfer(trader, other, amount).into()
        }
        7 => {
            let requested = all_of(world, random, trader);
            vec![world.force(trader, requested)]
        }
        8..=10 => {
            let trader = poor_or(world, random, trader);
            vec![liquidation(world, random, trader)]
        }
        11 => vec![world.take_over(poor_or(world, random, trader))],
        12..=15 => deleveraging(world, random, trader),
        16 => {
            let row = random.below(world.live as u64 + 2) as usize;
            vec![world.expire(trader, &[row])]
        }
        17 => vec![world.switch(trader, random.once_in(2))],
        _ => match random.below(3) {
            0 => vec![world.rekey(trader)],
            1 => signed(
                world.instruct(trader, InstructionKind::CancelAll, 0),
                Amount(random.below(1_000_000_000)),
            ),
            _ => vec![world.open(random.below(5_000_000_000))],
        },
    }
}

/// Half of the time the account with the least equity.
fn poor_or(world: &World, random: &mut Random, trader: usize) -> usize {
    let accounts = world.state.accounts().map(|(index, _)| index.get() as usize);
    match random.once_in(2) {
        true => accounts.min_by_key(|i| world.assess(*i).equity).unwrap_or(trader),
        false => trader,
    }
}

/// Two orders that meet, of any size, each at any price in the band.
fn trade(world: &mut World, random: &mut Random, [buyer, seller]: [usize; 2]) -> Vec<UnitRequest> {
    let number = random.below(world.live as u64) as usize;
    let row = &world.table.rows[number];
    let (mark, band) = (row.mark.get() as u64, row.band.get());
    let quantity = 1 + random.below(300) / (1 + random.below(20));
    let lowest = mark - band;
    let mut price = lowest + random.below(2 * band + 1);
    let mut unit = |trader: usize, side| {
        if random.once_in(4) {
            // What is between the two prices is the house's.
            price = lowest + random.below(2 * band + 1);
        }
        let mut order = world.order(trader, number, side, price, quantity);
        order.max_fee = Price(1 << 30);
        let cost = u128::from(price) * u128::from(quantity);
        let fee = cost * u128::from(random.below(2) * random.below(1_001)) / 1_000_000;
        let fill = Fill {
            row: number as u8,
            quantity: Lots(quantity),
            cost: Total(cost),
            fee: Total(fee),
            ..Fill::default()
        };
        UnitRequest::Normal {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            places: vec![(world.sign(order), fill)],
        }
    };
    vec![unit(buyer, Side::Buy), unit(seller, Side::Sell)]
}

/// About as much as initial margin leaves, at times one too many.
fn all_of(world: &World, random: &mut Random, trader: usize) -> u64 {
    let account = &world
        .state
        .account(AccountIndex(trader as u32))
        .expect("it is open")
        .account;
    let now = Assessment::new(&world.table, &account.positions, account.cash).expect("small");
    let required = now.requirement(world.table.header.initial).expect("small");
    let most = now.equity.get() - required.get();
    let amount = most.max(0) - i128::from(random.below(3)) + 1;
    amount.clamp(0, u64::MAX.into()) as u64
}

/// A step of a liquidation of anybody, at the worst price for the account, at times far too large.
fn liquidation(world: &World, random: &mut Random, trader: usize) -> UnitRequest {
    let held = (0..world.live + 2).filter(|row| world.position(trader, *row) != 0);
    let rows: Vec<usize> = held.collect();
    let row = match rows.len() {
        0 => 0,
        n => rows[random.below(n as u64) as usize],
    };
    let lots = world.position(trader, row).unsigned_abs().max(1);
    let step = lots.min(world.table.rows[row].chunk.get());
    let quantity = if random.once_in(6) {
        lots + 1
    } else {
        1 + random.below(step)
    };
    let (mark, band) = (
        world.table.rows[row].mark.get() as u64,
        world.table.rows[row].band.get(),
    );
    // The penalty is about a million per lot, and the mark is all that an insolvent account has to give.
    let away = match random.below(6) {
        0 => band,
        1 => random.below(band + 1),
        2 => 0,
        _ => random.below(1_000_000),
    };
    let price = if world.position(trader, row) > 0 {
        mark - away
    } else {
        mark + away
    };
    let mut fill = world.liquidation_fill(trader, row, quantity, price);
    fill.fee.0 += u128::from(random.once_in(8));
    if random.once_in(8) {
        fill.side = fill.side.opposite();
    }
    UnitRequest::Liquidation {
        index: AccountIndex(trader as u32),
        deposit: Amount::ZERO,
        fills: vec![fill],
    }
}

/// Lots of one row of two or three accounts are closed at the mark, whatever the accounts' condition and side; at times
/// more lots than they hold, or not as many as must be.
fn deleveraging(world: &World, random: &mut Random, trader: usize) -> Vec<UnitRequest> {
    let row = random.below(world.live as u64 + 1) as usize;
    let holders: Vec<usize> = world
        .state
        .accounts()
        .map(|(index, _)| index.get() as usize)
        .filter(|index| world.position(*index, row) != 0)
        .collect();
    let insolvent = poor_or(world, random, trader);
    let side = world.position(insolvent, row).signum();
    let mut units = Vec::new();
    let mut left = world.position(insolvent, row).unsigned_abs().min(1 + random.below(200));
    let shed = left;
    for other in holders {
        let held = world.position(other, row);
        // Mostly somebody on the other side.
        if other == insolvent || units.len() == 2 || (held.signum() == side && !random.once_in(6)) {
            continue;
        }
        let mut lots = left.min(held.unsigned_abs());
        left -= lots;
        lots += u64::from(random.once_in(5));
        if lots > 0 {
            units.push(world.deleverage(other, Party::Counterparty, &[(row, lots)]));
        }
    }
    let lots = (shed - left).max(1);
    let mut first = world.deleverage(insolvent, Party::Insolvent, &[(row, lots)]);
    if let UnitRequest::Deleveraging { fills, party, .. } = &mut first {
        fills[0].cost.0 += u128::from(random.once_in(12));
        if random.once_in(8) {
            *party = Party::Counterparty;
        }
    }
    units.insert(random.below(units.len() as u64 + 1) as usize, first);
    units
}
