//! Long random histories of poor and rich traders: nothing is made from nothing, and nobody sinks without a price move.

#![cfg(feature = "testing")]

use std::collections::BTreeSet;

use cloister_ledger::{
    state::BatchRequest,
    testing::{Random, World},
    Fill, Kind, Shape, Side, UnitRequest,
};
use cloister_risk::Assessment;

const SHAPE: Shape = Shape { units: 4, orders: 1 };
const TRADERS: u64 = 6;

/// What a history has seen.
#[derive(Default)]
struct Seen {
    accepted: u64,
    refused: u64,
    /// Units that were short of initial margin afterwards and reduced.
    relaxed: u64,
    moves: u64,
}

/// A market of traders with little money.
fn poor(seed: u64) -> World {
    let mut world = World::new(seed);
    while (world.traders.len() as u64) < TRADERS {
        let units = (0..SHAPE.units)
            .map(|_| {
                let deposit = 500_000_000 + world.random.below(5_000_000_000);
                world.open(deposit)
            })
            .collect();
        let request = world.request(units);
        world.apply(SHAPE, &request);
    }
    world
}

/// Moves all prices by up to a tenth, and funding with them.
fn move_prices(world: &mut World) {
    let live = world.live + 2;
    for row in &mut world.table.rows[..live] {
        let old = row.mark;
        row.mark += old / 100 * (world.random.below(21) as i64 - 10);
        row.funding += world.random.below(200_001) as i64 - 100_000;
        row.value = row.mark - row.funding;
        for scenario in &mut row.scenarios {
            *scenario = (i128::from(*scenario) * i128::from(row.mark) / i128::from(old)) as i64;
        }
    }
    world.table.header.version += 1;
    world.table.validate().expect("bounds hold");
}

/// Two orders that meet, of any size, at any price in the band.
fn trade(world: &mut World, random: &mut Random, [buyer, seller]: [usize; 2]) -> Vec<UnitRequest> {
    let number = random.below(world.live as u64) as usize;
    let row = world.table.rows[number].clone();
    let price = row.mark as u64 - row.band + random.below(2 * row.band + 1);
    let quantity = 1 + random.below(300) / (1 + random.below(20));
    let cost = u128::from(price) * u128::from(quantity);
    let fee = cost * u128::from(random.below(2) * random.below(1_001)) / 1_000_000;
    let mut unit = |trader: usize, side| {
        let mut order = world.order(trader, number, side, price, quantity);
        order.max_fee = 1 << 30;
        let fill = Fill {
            row: number as u8,
            quantity,
            cost,
            fee,
        };
        UnitRequest::Normal {
            index: trader as u32,
            deposit: 0,
            places: vec![(world.sign(order), fill)],
        }
    };
    vec![unit(buyer, Side::Buy), unit(seller, Side::Sell)]
}

/// Anything, valid or not.
fn request(world: &mut World, random: &mut Random) -> BatchRequest {
    let mut units = Vec::new();
    let size = usize::from(SHAPE.units);
    while units.len() < size {
        let trader = random.below(TRADERS) as usize;
        let index = trader as u32;
        match random.below(8) {
            0..=4 if units.len() + 2 <= size => {
                let other = (trader + 1 + random.below(TRADERS - 1) as usize) % TRADERS as usize;
                units.extend(trade(world, random, [trader, other]));
            }
            5 => {
                let account = &world.state.account(index).expect("it is open").account;
                let now = Assessment::new(&world.table, &account.positions, account.cash).expect("small");
                let most = now.equity - now.requirement(world.table.header.initial).expect("small");
                // About as much as there is, at times one too many.
                let amount = most.max(0) - i128::from(random.below(3)) + 1;
                let signed = world.instruct(trader, Kind::Withdrawal, amount.clamp(0, u64::MAX.into()) as u64);
                units.push(UnitRequest::Normal {
                    index,
                    deposit: 0,
                    places: vec![(signed, Fill::default())],
                });
            }
            6 => {
                let signed = world.instruct(trader, Kind::Cancel, 0);
                units.push(UnitRequest::Normal {
                    index,
                    deposit: random.below(1_000_000_000),
                    places: vec![(signed, Fill::default())],
                });
            }
            _ => units.push(UnitRequest::Padding { index, deposit: 0 }),
        }
    }
    let mut request = world.request(units);
    request.sweep = match random.below(4) {
        0 => random.below(world.state.house().fee_pool.min(1 << 60) as u64 + 2),
        _ => 0,
    };
    request
}

/// All money of a market: accounts, insurance, fees not paid out.
fn money(world: &World) -> i128 {
    let cash: i128 = world.state.accounts().map(|(_, a)| a.account.cash).sum();
    cash + world.state.house().insurance + world.state.house().fee_pool as i128
}

/// Positions of a row sum to zero (so what its funding moves does too), and their long side is the open interest.
fn check_positions(world: &World) {
    for (number, row) in world.table.rows.iter().enumerate() {
        let held = |a: &cloister_ledger::state::AccountState| a.account.positions[number];
        let sum: i64 = world.state.accounts().map(|(_, a)| held(a)).sum();
        let long: i64 = world.state.accounts().map(|(_, a)| held(a).max(0)).sum();
        assert_eq!(sum, 0, "row {number} at {}", row.mark);
        assert_eq!(world.state.house().open_interest[number], long as u64);
    }
}

/// Accounts that meet a ratio now.
fn above(world: &World, ratio: u16) -> BTreeSet<u32> {
    let meets = |positions, cash| {
        let now = Assessment::new(&world.table, positions, cash).expect("small");
        now.deficits(ratio).expect("small").iter().all(|d| *d <= 0)
    };
    world
        .state
        .accounts()
        .filter(|(_, a)| meets(&a.account.positions, a.account.cash))
        .map(|(index, _)| index)
        .collect()
}

/// One history of batches with a price move now and then.
fn live(seed: u64, batches: u64, seen: &mut Seen) {
    let mut world = poor(seed);
    let mut random = Random::new(seed ^ 0x5EED);
    let header = world.table.header.clone();
    let mut safe = above(&world, header.initial);
    for _ in 0..batches {
        if random.once_in(12) {
            move_prices(&mut world);
            seen.moves += 1;
            safe = above(&world, header.initial);
        }
        let request = request(&mut world, &mut random);
        let (total, insurance, root) = (money(&world), world.state.house().insurance, world.state.root());
        match world.state.apply(SHAPE, &request) {
            Err(_) => {
                assert_eq!(
                    (money(&world), world.state.root()),
                    (total, root),
                    "a refused batch changes nothing"
                );
                seen.refused += 1;
            }
            Ok((witness, effect)) => {
                let deposits: i128 = effect.statement.units.iter().map(|u| i128::from(u.deposit)).sum();
                let withdrawals: i128 = effect.statement.units.iter().map(|u| i128::from(u.withdrawal)).sum();
                let expected = total + deposits - withdrawals - i128::from(request.sweep);
                assert_eq!(money(&world), expected, "seed {seed}: money was made or lost");
                assert!(
                    world.state.house().insurance >= insurance,
                    "seed {seed}: the insurance pays nobody yet"
                );
                let relaxed =
                    |u: &&cloister_ledger::UnitWitness| u.mode == cloister_ledger::Mode::Normal && !u.margin.initial;
                seen.relaxed += witness.units.iter().filter(relaxed).count() as u64;
                seen.accepted += 1;
                world.time += 1_000;
            }
        }
        check_positions(&world);
        let healthy = above(&world, header.maintenance);
        assert!(
            safe.is_subset(&healthy),
            "seed {seed}: below maintenance without a price move: {:?}",
            safe.difference(&healthy)
        );
        safe.extend(above(&world, header.initial));
    }
}

#[test]
fn histories_conserve_money_and_positions_and_sink_nobody_without_a_price_move() {
    let histories = |seeds: std::ops::Range<u64>| {
        let mut seen = Seen::default();
        seeds.for_each(|seed| live(seed, 120, &mut seen));
        seen
    };
    let halves = std::thread::scope(|scope| {
        let threads = [0..10, 10..20].map(|seeds| scope.spawn(move || histories(seeds)));
        threads.map(|thread| thread.join().expect("no assertion failed"))
    });
    let sum = |of: fn(&Seen) -> u64| halves.iter().map(of).sum::<u64>();
    let [accepted, refused, relaxed, moves] = [
        sum(|s| s.accepted),
        sum(|s| s.refused),
        sum(|s| s.relaxed),
        sum(|s| s.moves),
    ];
    println!("{accepted} accepted, {refused} refused, {relaxed} units short of initial margin, {moves} price moves");
    assert!(accepted > 500 && refused > 300 && relaxed > 20 && moves > 100);
}
