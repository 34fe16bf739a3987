//! Long random histories of batches of every mode: nothing is made from nothing, nobody sinks without a price move,
//! nobody is liquidated while healthy, and the house is not drained.

mod books;
mod laws;
mod requests;

use std::collections::BTreeMap;

use cloister_ledger::{state::BatchRequest, BatchError, Shape, StateError, Statement, UnitError};
use cloister_ledger_testing::{Random, World};

use self::{
    books::Books,
    laws::{Safe, Step},
    requests::{at_rest, greedy},
};

const SHAPE: Shape = Shape { units: 4, places: 1 };
const WIDE: Shape = Shape { units: 5, places: 3 };

/// What histories have seen.
#[derive(Default)]
struct Seen {
    accepted: usize,
    moves: usize,
    /// Batches that moved the house's positions, and rows proven empty.
    house: usize,
    emptied: usize,
    /// Batches that paid insurance in, all, a part and nothing of what was asked out.
    doors: [usize; 4],
    /// Accepted units by mode, refused batches by rule.
    modes: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.moves += other.moves;
        self.house += other.house;
        self.emptied += other.emptied;
        for (sum, part) in self.doors.iter_mut().zip(other.doors) {
            *sum += part;
        }
        for (sum, part) in [(&mut self.modes, other.modes), (&mut self.refused, other.refused)] {
            for (name, n) in part {
                *sum.entry(name).or_default() += n;
            }
        }
    }

    fn doors(&mut self, statement: &Statement) {
        let (asked, paid) = (statement.doors.asked, statement.insurance_out);
        self.doors[0] += usize::from(!statement.doors.paid_in.is_zero());
        if !asked.is_zero() {
            self.doors[if paid == asked {
                1
            } else if paid.is_zero() {
                3
            } else {
                2
            }] += 1;
        }
    }
}

/// The rule of an error.
fn rule(error: &StateError) -> String {
    match error {
        StateError::Batch(BatchError::Unit(_, UnitError::Margin(e))) => format!("{e:?}"),
        StateError::Batch(BatchError::Unit(_, UnitError::Place(_, e))) => format!("{e:?}"),
        StateError::Batch(BatchError::Unit(_, e)) => format!("{e:?}"),
        StateError::Batch(e) => format!("{e:?}").split('(').next().unwrap_or_default().to_owned(),
        e => format!("{e:?}"),
    }
}

/// One history.
struct History {
    shape: Shape,
    world: World,
    random: Random,
    books: Books,
    safe: Safe,
    seen: Seen,
}

impl History {
    fn new(seed: u64, shape: Shape) -> Self {
        let mut world = World::with_traders(seed, 4, shape);
        // Money of the house, with which it takes over and liquidates.
        let units = world.insure(2, 1_000).into();
        let request = world.padded(shape, units);
        world.apply(shape, &request);
        let mut history = Self {
            shape,
            books: Books::of(&world),
            world,
            random: Random::new(seed ^ 0x5EED),
            safe: Safe::default(),
            seen: Seen::default(),
        };
        history.safe.start(&history.books, &history.world.table);
        history
    }

    fn live(mut self, batches: usize) -> Seen {
        for _ in 0..batches {
            if self.random.once_in(6) {
                self.world.move_market();
                self.seen.moves += 1;
                self.safe.start(&self.books, &self.world.table);
            }
            if self.random.once_in(2) {
                let request = at_rest(&mut self.world, self.shape);
                let found = self.offer(&request);
                assert_eq!(found, Ok(()), "the generator makes valid batches");
            } else {
                let traders = self.world.traders.clone();
                let request = greedy(&mut self.world, &mut self.random, self.shape);
                if let Err(error) = self.offer(&request) {
                    *self.seen.refused.entry(rule(&error)).or_default() += 1;
                    self.world.traders = traders;
                }
            }
        }
        self.seen
    }

    /// Offers a batch to the state and looks at what becomes of it.
    fn offer(&mut self, request: &BatchRequest) -> Result<(), StateError> {
        let root = self.world.state.root();
        let table = &request.context.table;
        let (witness, effect) = match self.world.state.apply(self.shape, request) {
            Ok(made) => made,
            Err(error) => {
                assert_eq!(self.world.state.root(), root, "a refused batch changes nothing");
                assert_eq!(Books::of(&self.world), self.books, "a refused batch changes nothing");
                return Err(error);
            }
        };
        self.world.time += 1_000;
        let after = Books::of(&self.world);
        let step = Step {
            shape: self.shape,
            before: &self.books,
            witness: &witness,
            effect: &effect,
            after: &after,
        };
        step.money_is_conserved();
        step.positions_are_conserved();
        step.the_healthy_are_left_alone();
        step.liquidations_cost_at_most_the_penalty();
        step.deleveraging_takes_only_what_the_insolvent_shed();
        step.the_house_is_not_drained();
        step.insurance_pays_the_one_amount();
        step.nobody_falls_into_debt();
        step.dead_feeds_move_nobody();
        step.only_owners_switch();
        step.limits_are_kept();
        self.safe.go_on(&after, table);
        if self.random.once_in(8) {
            step.a_false_mask_is_refused(self.random.below(self.world.live as u64 + 3) as usize);
        }
        if self.random.clone().once_in(16) {
            let paid = witness.insurance_out.get();
            for amount in [paid.wrapping_add(1), paid.wrapping_sub(1), 0, witness.doors.asked.get()] {
                step.any_other_amount_is_refused(amount);
            }
        }
        if self.random.once_in(8) {
            // Who makes a batch and who checks it see the same.
            assert_eq!(witness.check(self.shape).as_ref(), Ok(&effect));
        }
        self.seen.accepted += 1;
        self.seen.house += usize::from(after.house.positions != self.books.house.positions);
        self.seen.doors(&effect.statement);
        self.seen.emptied += effect.statement.empty_mask.count_ones() as usize;
        for unit in &witness.units {
            *self.seen.modes.entry(format!("{:?}", unit.mode)).or_default() += 1;
        }
        self.books = after;
        Ok(())
    }
}

/// Refusals without which the laws were not put to the test.
const REACHED: [&str; 17] = [
    "TransfersOff",
    "Fill(Stale)",
    "NotShort",
    "Solvent",
    "InitialMarginShort",
    "WithdrawalWhileShort",
    "HouseEquity",
    "HouseGrowth",
    "Sweep",
    "DeleveragedLots",
    "DeleveragedWithoutNeed",
    "RiskIncreased",
    "Fill(NotAtMark)",
    "Fill(NotReducing)",
    "Fill(NotExpired)",
    "Fill(Chunk)",
    "Fill(AbovePenalty)",
];

#[test]
fn histories_should_keep_every_law_of_money_positions_margin_and_house() {
    // A panic names the seed by its thread.
    let live = |(seed, shape): (u64, Shape)| {
        let name = format!("history {seed}");
        let thread = std::thread::Builder::new().name(name);
        let history = move || History::new(seed, shape).live(150);
        thread
            .spawn(history)
            .expect("a thread")
            .join()
            .expect("every law holds")
    };
    let histories = |seeds: [u64; 7]| {
        let narrow = seeds.into_iter().map(|seed| (seed, SHAPE));
        let mut seen = Seen::default();
        narrow
            .chain([(100 + seeds[0], WIDE)])
            .map(live)
            .for_each(|part| seen.add(part));
        seen
    };
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        let halves =
            [[0, 2, 4, 6, 8, 10, 12], [1, 3, 5, 7, 9, 11, 13]].map(|seeds| scope.spawn(move || histories(seeds)));
        halves
            .into_iter()
            .for_each(|half| seen.add(half.join().expect("every law holds")));
    });
    println!("{} accepted, {} price moves", seen.accepted, seen.moves);
    println!("insurance in, out in whole, in part, not at all: {:?}", seen.doors);
    println!("{} moved the house, {} rows proven empty", seen.house, seen.emptied);
    println!("{:?}\n{:?}", seen.modes, seen.refused);
    assert!(seen.accepted > 800 && seen.moves > 150 && seen.house > 100);
    assert!(seen.doors.iter().all(|n| *n > 30), "{:?}", seen.doors);
    assert!(
        seen.modes.len() == 12 && seen.modes.values().all(|n| *n >= 15),
        "{:?}",
        seen.modes
    );
    let missing: Vec<_> = REACHED
        .iter()
        .filter(|rule| !seen.refused.contains_key(**rule))
        .collect();
    assert!(missing.is_empty(), "{missing:?} refused nothing");
}
