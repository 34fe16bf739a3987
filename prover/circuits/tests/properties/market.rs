//! Accounts in all kinds of condition, and the tree they stand in.

use cloister_ledger::{
    slot::{slot_number, Slot},
    state::AccountState,
    AccountTree, BatchContext, Shape,
};
use cloister_ledger_testing::{table, Random, World};
use cloister_risk::{Assessment, RiskTable, Row, Status};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Money, PerLot, Position, Price};

pub const TRADERS: usize = 6;

/// Of the batches with which a market begins.
pub const SETUP: Shape = Shape { units: 3, places: 1 };

/// A market at rest: units of it are made and judged, but nothing is applied.
pub struct Market {
    pub context: BatchContext,
    pub tree: AccountTree,
    pub world: World,
}

/// One of some numbers, or a little above or below.
pub fn near(random: &mut Random, choices: &[i128]) -> i128 {
    let x = choices[random.below(choices.len() as u64) as usize];
    match random.below(5) {
        0 => x + 1,
        1 => x - 1,
        _ => x,
    }
}

impl Market {
    pub fn new(seed: u64) -> Self {
        let mut world = World::with_traders(seed, TRADERS, SETUP);
        for _ in 0..seed % 3 {
            let request = world.random_batch(SETUP);
            world.apply(SETUP, &request);
        }
        match seed % 8 {
            3 => {
                world.live = 30;
                world.table = table(world.live, 2, &mut world.random);
            }
            7 => world.table = extreme_table(&mut world.random),
            _ => (),
        }
        for row in &mut world.table.rows[..2] {
            row.limit = Lots(200);
        }
        let header = &mut world.table.header;
        // Either may be what bounds the price of a liquidation.
        if seed % 8 != 7 {
            header.penalty = [4, 13, 26][world.random.below(3) as usize];
            header.max_discount = [1, 4, 8, 26, 26, 26][world.random.below(6) as usize];
        }
        for row in &mut world.table.rows {
            row.stale = row.is_live() && world.random.once_in(10);
        }
        for trader in 0..TRADERS as u32 {
            condition(&mut world, trader);
        }
        if seed % 4 == 1 {
            empty(&mut world, (seed / 4 % TRADERS as u64) as u32);
        }
        Self::at_rest(world)
    }

    /// The market as it stands.
    pub fn at_rest(mut world: World) -> Self {
        let mut tree = AccountTree::default();
        for (index, state) in world.state.accounts() {
            tree.set(index.get(), state.account.leaf());
        }
        Self {
            context: world.context(),
            tree,
            world,
        }
    }

    pub fn account(&self, index: u32) -> &AccountState {
        self.world
            .state
            .account(AccountIndex(index))
            .expect("all traders have accounts")
    }

    /// Rows with something listed.
    pub fn rows(&self) -> u64 {
        self.world.live as u64 + 2
    }
}

/// A number at an end of the width of prices, or zero, or small.
fn extreme(random: &mut Random) -> i64 {
    let end = (1i64 << 55) - 1;
    match random.below(8) {
        0..=2 => end,
        3..=5 => -end,
        6 => 0,
        _ => random.below(1_000) as i64,
    }
}

/// A table whose prices, scenarios, floors and ratios are at the ends of their widths.
pub fn extreme_table(random: &mut Random) -> RiskTable {
    let mut table = table(3, 2, random);
    let rows = if random.once_in(2) { 5 } else { 32 };
    let steady = random.once_in(3).then(|| extreme(random));
    for (j, row) in table.rows.iter_mut().enumerate().take(rows) {
        let end = (1i64 << 55) - 1;
        // Value is mark less funding.
        (row.mark, row.funding) = match random.below(4) {
            0 => (PerLot(end), PerLot::ZERO),
            1 => (PerLot::ZERO, PerLot(end)),
            2 => (PerLot::ZERO, PerLot(-end)),
            _ => (row.mark, row.funding),
        };
        *row = Row {
            instrument_id: InstrumentId(100 + j as u32),
            status: if row.status == Status::Empty {
                Status::Trading
            } else {
                row.status
            },
            value: PerLot(row.mark.get() - row.funding.get()),
            limit: Lots((1 << 40) - 1),
            chunk: Lots((1 << 40) - 1),
            floor_long: Price(extreme(random).unsigned_abs()),
            floor_short: Price(extreme(random).unsigned_abs()),
            band: Price(extreme(random).unsigned_abs()),
            scenarios: core::array::from_fn(|_| PerLot(steady.unwrap_or_else(|| extreme(random)))),
            ..row.clone()
        };
    }
    let initial = [320, 4095, 256][random.below(3) as usize];
    (table.header.initial, table.header.maintenance) = (initial, initial.min(256));
    (table.header.penalty, table.header.max_discount) = (4095, 4095);
    table.validate().expect("every width is kept");
    table
}

/// Puts an account into some condition: rich, short of margin, in debt, or at the ends of the widths.
fn condition(world: &mut World, index: u32) {
    let mut state = world.state.account(AccountIndex(index)).expect("it is open").clone();
    let random = &mut world.random;
    let rows = world.live as u64 + 2;
    let size = [20, 200, 2_000][random.below(3) as usize];
    for _ in 0..random.below(rows + 1) {
        let row = random.below(rows) as usize;
        state.account.positions[row] = Position(random.below(2 * size + 1) as i64 - size as i64);
    }
    if random.once_in(12) {
        let ends = [(1i64 << 40) - 1, 1 - (1 << 40), -(1 << 40)];
        state.account.positions[random.below(rows) as usize] = Position(ends[random.below(3) as usize]);
    }
    state.account.switches.transfers = !random.once_in(4);
    if random.once_in(3) {
        state.account.min_id = InstructionId(world.traders[index as usize].next_id - random.below(2));
    }
    if world.random.once_in(2) {
        occupy(&mut world.random, &mut state, world.traders[index as usize].next_id);
    }
    let random = &mut world.random;
    let flat = Assessment::new(&world.table, &state.account.positions, Money::ZERO).expect("in range");
    let asked = |ratio| flat.requirement(ratio).expect("in range").get();
    let (initial, maintenance) = (asked(world.table.header.initial), asked(world.table.header.maintenance));
    let equity = match random.below(16) {
        0..=2 => near(random, &[0, maintenance, initial]),
        3 | 4 => (initial + maintenance) / 2,
        5 => maintenance - maintenance / 10,
        6..=8 => maintenance / (2 + i128::from(random.below(3))),
        9 | 10 => -i128::from(random.below(1 << 30)),
        _ => initial + initial / 3 + 10_000_000,
    };
    let end = (1i128 << 79) - 1;
    state.account.cash = Money((equity - flat.equity.get()).clamp(-end - 1, end));
    if random.once_in(20) {
        state.account.cash = Money([end, -end, -end - 1][random.below(3) as usize]);
    }
    world.state.restore_account(AccountIndex(index), state);
}

/// Leaves an account with nothing.
fn empty(world: &mut World, index: u32) {
    let mut state = world.state.account(AccountIndex(index)).expect("it is open").clone();
    (state.account.cash, state.account.positions) = (Money::ZERO, Default::default());
    world.state.restore_account(AccountIndex(index), state);
}

/// Puts some of the next ids' slots into use: by the id itself, filled in part, or by one that falls into the same
/// slot.
fn occupy(random: &mut Random, state: &mut AccountState, next: u64) {
    for _ in 0..6 {
        let id = next + random.below(64);
        let slot = Slot {
            id: InstructionId(id + if random.once_in(4) { 512 } else { 0 }),
            filled: Lots(random.below(40)),
        };
        state.orders.set(slot_number(InstructionId(id)).into(), slot.to_field());
    }
    state.account.orders_root = state.orders.root();
}
