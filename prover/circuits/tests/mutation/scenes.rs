//! Satisfied batches of every kind.

use std::sync::LazyLock;

use cloister_circuits::{
    statements::batch::BatchCircuit,
    testing::{Repair, Sheet, TestSystem, Uses, Values},
    Fr,
};
use cloister_ledger::{
    instruction::flags,
    state::{AccountState, BatchRequest},
    testing::{table, Random, World},
    BatchWitness, Fill, House, Kind, Shape, Side, UnitRequest,
};
use cloister_risk::{Assessment, MarginChoice};

/// Eight units, so that what a batch has once weighs little.
pub const WIDE: Shape = Shape { units: 8, orders: 1 };
/// Several places.
pub const PLACES: Shape = Shape { units: 3, orders: 2 };
/// Small, for what costs much.
pub const SMALL: Shape = Shape { units: 2, orders: 1 };

/// A shape's recorded circuit with its indices.
pub struct Recorded {
    pub shape: Shape,
    pub system: TestSystem,
    pub uses: Uses,
    pub repair: Repair,
}

impl Recorded {
    fn new(shape: Shape) -> Self {
        let (witness, statement) = batch(0, shape);
        let circuit = BatchCircuit::proving(shape, witness, statement);
        let system = TestSystem::of(circuit).expect("the witness fits");
        Self {
            shape,
            uses: Uses::of(&system),
            repair: Repair::new(&system),
            system,
        }
    }

    /// The assignment of a batch; everything must hold.
    pub fn sheet(&self, (witness, statement): (BatchWitness, Fr)) -> Sheet<'_> {
        let circuit = BatchCircuit::proving(self.shape, witness, statement);
        let parts = circuit.values_in_parts::<Values>().expect("the witness fits");
        let sheet = Sheet::new(&self.system, &self.uses, Values::join(parts));
        assert_eq!(sheet.unsatisfied(), Vec::<String>::new());
        sheet
    }
}

pub static OF_WIDE: LazyLock<Recorded> = LazyLock::new(|| Recorded::new(WIDE));
pub static OF_PLACES: LazyLock<Recorded> = LazyLock::new(|| Recorded::new(PLACES));
pub static OF_SMALL: LazyLock<Recorded> = LazyLock::new(|| Recorded::new(SMALL));

/// How the accounts stand before the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No positions at all, in a table of few rows; no trade is sure to be among the units.
    Empty,
    /// Positions from trades before.
    Traded,
    /// A position in each of the 32 rows of a full table, long and short.
    Full,
    /// Short of initial margin: only what reduces is accepted.
    Short,
}

const STANDINGS: [Standing; 4] = [Standing::Traded, Standing::Full, Standing::Short, Standing::Empty];

/// A valid batch and its statement's hash. Seeds go round the standings.
pub fn batch(seed: u64, shape: Shape) -> (BatchWitness, Fr) {
    batch_of(STANDINGS[(seed % 4) as usize], seed, shape)
}

/// A valid batch of accounts that stand so.
pub fn batch_of(standing: Standing, seed: u64, shape: Shape) -> (BatchWitness, Fr) {
    let mut world = World::with_traders(seed, 4, shape);
    match standing {
        Standing::Empty => {}
        Standing::Traded => {
            for _ in 0..2 {
                let request = world.random_batch(shape);
                world.apply(shape, &request);
            }
        }
        Standing::Full => fill(&mut world),
        Standing::Short => shorten(&mut world),
    }
    let request = request(standing, &mut world, shape);
    let (witness, effect) = world.apply(shape, &request);
    if standing == Standing::Short {
        let relaxed = |m: &MarginChoice| !m.initial;
        assert!(
            relaxed(&witness.units[0].margin),
            "the first unit is short of initial margin"
        );
    }
    (witness, effect.statement.hash())
}

/// Gives trader 2k positions and trader 2k+1 their opposites.
fn hold(world: &mut World, mut position: impl FnMut(&mut Random, usize) -> i64, cash: i128) {
    let mut house: House = world.state.house().clone();
    for pair in world.traders.clone().chunks(2) {
        let positions: [i64; 32] = std::array::from_fn(|row| position(&mut world.random, row));
        for (trader, sign) in pair.iter().zip([1, -1]) {
            let mut state: AccountState = world.state.account(trader.index).expect("it is open").clone();
            state.account.positions = positions.map(|q| sign * q);
            state.account.cash = cash;
            for (o, q) in house.open_interest.iter_mut().zip(&state.account.positions) {
                *o += q.max(&0).unsigned_abs();
            }
            world.state.restore_account(trader.index, state);
        }
    }
    let next = world.state.batch_no();
    world.state.restore_house(house, next);
}

fn fill(world: &mut World) {
    world.live = 30;
    world.table = table(world.live, 2, &mut world.random);
    let position = |random: &mut Random, _| {
        let size = 1 + random.below(500) as i64;
        if random.once_in(2) {
            size
        } else {
            -size
        }
    };
    hold(world, position, 100_000_000_000_000);
}

fn shorten(world: &mut World) {
    hold(world, |_, row| if row == 0 { 100 } else { 0 }, 0);
    // Equity halfway between what maintenance and what initial margin asks.
    for trader in world.traders.clone() {
        let mut state = world.state.account(trader.index).expect("it is open").clone();
        let assessment = Assessment::new(&world.table, &state.account.positions, 0).expect("small");
        let header = &world.table.header;
        let asked = |ratio| assessment.requirement(ratio).expect("small");
        let middle = (asked(header.maintenance) + asked(header.initial)) / 2;
        state.account.cash = middle - assessment.equity;
        world.state.restore_account(trader.index, state);
    }
}

/// A batch of all kinds of units.
fn request(standing: Standing, world: &mut World, shape: Shape) -> BatchRequest {
    let size = usize::from(shape.units);
    let mut units = first(standing, world, shape);
    while units.len() < size {
        // Trader 0 and 1 have had their turn; the other pair is as it was set up.
        let trader = 2 + world.random.below(2) as usize;
        let index = trader as u32;
        let deposit = world.random.below(2) * world.random.below(1_000_000);
        match world.random.below(8) {
            0..=2 if units.len() + 2 <= size && standing != Standing::Short => {
                units.extend(trades(world, [trader, 5 - trader], shape));
            }
            3 | 4 => {
                let mut places = Vec::new();
                while places.len() < usize::from(shape.orders) {
                    let kind = match world.random.below(3) {
                        0 => Kind::CancelAll,
                        _ => Kind::Cancel,
                    };
                    places.push((world.instruct(trader, kind, 0), Fill::default()));
                }
                units.push(UnitRequest::Normal { index, deposit, places });
            }
            5 if standing != Standing::Short => units.push(withdrawal(world, trader, deposit)),
            6 => units.push(world.open(1 + deposit)),
            _ => units.push(UnitRequest::Padding { index, deposit }),
        }
    }
    let mut request = world.request(units);
    request.sweep = world.state.house().fee_pool.min(7) as u64;
    let open = world.state.house().open_interest;
    request.empty_mask = (world.live + 2..32)
        .filter(|row| open[*row] == 0)
        .fold(0, |mask, row| mask | 1 << row);
    request
}

fn withdrawal(world: &mut World, trader: usize, deposit: u64) -> UnitRequest {
    let amount = world.random.below(1_000_000);
    UnitRequest::Normal {
        index: trader as u32,
        deposit,
        places: vec![(world.instruct(trader, Kind::Withdrawal, amount), Fill::default())],
    }
}

/// A trade of the first two traders that their standing allows.
fn first(standing: Standing, world: &mut World, shape: Shape) -> Vec<UnitRequest> {
    let (row, lots) = match standing {
        Standing::Empty => return Vec::new(),
        Standing::Traded => return trades(world, [0, 1], shape),
        // The row after the live ones is close-only.
        Standing::Full => (world.live, 1),
        Standing::Short => (0, 2),
    };
    let seller = usize::from(world.state.account(0).expect("it is open").account.positions[row] < 0);
    let mark = world.table.rows[row].mark as u64;
    let fill = Fill {
        row: row as u8,
        quantity: lots,
        cost: u128::from(mark) * u128::from(lots),
        fee: 0,
    };
    let mut unit = |trader: usize, side| {
        let mut order = world.order(trader, row, side, mark, lots);
        order.flags = flags::REDUCE_ONLY;
        UnitRequest::Normal {
            index: trader as u32,
            deposit: 0,
            places: vec![(world.sign(order), fill)],
        }
    };
    vec![unit(seller, Side::Sell), unit(1 - seller, Side::Buy)]
}

/// Two units with trades between two traders in some or all of their places, perhaps a withdrawal last.
fn trades(world: &mut World, [a, b]: [usize; 2], shape: Shape) -> Vec<UnitRequest> {
    let count = 1 + world.random.below(shape.orders.into());
    let mut places = [Vec::new(), Vec::new()];
    for _ in 0..count {
        for unit in world.trade(a, b) {
            let UnitRequest::Normal { index, places: one, .. } = unit else {
                unreachable!("a trade is a normal unit")
            };
            places[usize::from(index as usize == b)].extend(one);
        }
    }
    if count < u64::from(shape.orders) && world.random.once_in(2) {
        places[0].push((world.instruct(a, Kind::Withdrawal, 1_000), Fill::default()));
    }
    let [of_a, of_b] = places;
    let deposit = world.random.below(3);
    [(a, of_a), (b, of_b)]
        .map(|(trader, places)| UnitRequest::Normal {
            index: trader as u32,
            deposit,
            places,
        })
        .into()
}
