//! Random units, at the edges of the rules more often than not.

use cloister_ledger::{
    instruction::flags,
    slot::{slot_number, Slot},
    state::AccountState,
    testing::{spoil, table, Random, World, GENESIS, INSTRUMENT},
    AccountTree, BatchContext, BatchWitness, Fill, House, Instruction, Kind, Mode, PlaceWitness, Shape, Side,
    UnitRequest, UnitWitness,
};
use cloister_risk::{Assessment, MarginChoice};

/// Refusals that a run must have seen; the others need states that no candidate makes.
pub const REFUSALS: &[&str] = &[
    "Path",
    "NotFresh",
    "KeyPreimage",
    "InstructionInMode",
    "FillWithoutOrder",
    "Addressee",
    "IdBelowMinimum",
    "Expired",
    "SlotPath",
    "SlotTaken",
    "NothingFilled",
    "BeyondQuantity",
    "IdUsed",
    "Instrument",
    "NotTrading",
    "Price",
    "Band",
    "FeeAboveMaximum",
    "FeeAboveCap",
    "NotReducing",
    "PositionLimit",
    "CashWidth",
    "NegativeEquity",
    "InitialMarginShort",
    "RiskIncreased",
    "WithdrawalWhileShort",
];

const SHAPE: Shape = Shape { units: 4, orders: 1 };
const TRADERS: usize = 4;

/// Accounts in all kinds of condition and the tree they stand in.
pub struct Market {
    pub context: BatchContext,
    pub tree: AccountTree,
    pub house: House,
    world: World,
}

/// One of some numbers, or a little above or below.
fn near(random: &mut Random, choices: &[i128]) -> i128 {
    let x = choices[random.below(choices.len() as u64) as usize];
    match random.below(5) {
        0 => x + 1,
        1 => x - 1,
        _ => x,
    }
}

impl Market {
    pub fn new(seed: u64) -> Self {
        let mut world = World::with_traders(seed, TRADERS, SHAPE);
        for _ in 0..seed % 3 {
            let request = world.random_batch(SHAPE);
            world.apply(SHAPE, &request);
        }
        if seed % 4 == 3 {
            world.live = 30;
            world.table = table(world.live, 2, &mut world.random);
        }
        for row in &mut world.table.rows[..2] {
            row.limit = 200;
        }
        for trader in 0..TRADERS as u32 {
            condition(&mut world, trader);
        }
        let mut tree = AccountTree::default();
        for (index, state) in world.state.accounts() {
            tree.set(index, state.account.leaf());
        }
        Self {
            context: world.context(),
            tree,
            house: world.state.house().clone(),
            world,
        }
    }

    fn account(&self, index: u32) -> &AccountState {
        self.world.state.account(index).expect("all traders have accounts")
    }

    /// A unit on the state of the market.
    pub fn candidate(&mut self, random: &mut Random) -> UnitWitness {
        let mut unit = if random.once_in(12) {
            self.open(random)
        } else {
            self.update(random)
        };
        if random.once_in(8) {
            unit = self.spoilt(unit, random);
        }
        unit
    }

    fn open(&mut self, random: &mut Random) -> UnitWitness {
        let UnitRequest::Open {
            index,
            key,
            preimage,
            view_key,
            deposit,
        } = self.world.open(random.word() >> 20)
        else {
            unreachable!("an open")
        };
        // The next open starts from the same state.
        self.world.traders.pop();
        let mut before = cloister_ledger::Account::fresh(key, view_key);
        match random.below(8) {
            0 => before.cash = 1,
            1 => before.positions[random.below(32) as usize] = -1,
            2 => before.min_id = 1,
            _ => {}
        }
        let mut unit = UnitWitness {
            index,
            mode: Mode::Open,
            deposit,
            before,
            path: self.tree.path(index),
            preimage,
            places: vec![PlaceWitness::default()],
            margin: MarginChoice::default(),
        };
        match random.below(8) {
            0 => unit.preimage = unit.before.key,
            1 => unit.preimage.x = -unit.preimage.x,
            _ => {}
        }
        unit
    }

    fn update(&mut self, random: &mut Random) -> UnitWitness {
        let index = random.below(TRADERS as u64) as u32;
        let deposit = match random.below(12) {
            0 => u64::MAX,
            1..=3 => random.word() >> 30,
            _ => 0,
        };
        let mut unit = UnitWitness {
            index,
            mode: if random.once_in(25) {
                Mode::Padding
            } else {
                Mode::Normal
            },
            deposit,
            before: self.account(index).account.clone(),
            path: self.tree.path(index),
            preimage: Default::default(),
            places: vec![PlaceWitness::default()],
            margin: MarginChoice::default(),
        };
        if !random.once_in(20) {
            let place = match random.below(10) {
                0..=6 => self.filled(random, index),
                7 => self.withdrawal(random, index, deposit),
                _ => {
                    let kind = if random.once_in(2) {
                        Kind::Cancel
                    } else {
                        Kind::CancelAll
                    };
                    let instruction = self.instruction(random, index, kind);
                    self.place(random, instruction, Fill::default())
                }
            };
            unit.places = vec![place];
        }
        unit.margin = self.margin(random, &unit);
        unit
    }

    /// An instruction with an id that is fresh, used, or too old.
    fn instruction(&mut self, random: &mut Random, index: u32, kind: Kind) -> Instruction {
        let mut instruction = self.world.order(index as usize, 0, Side::Buy, 0, 0);
        instruction.kind = kind;
        let fresh = instruction.id;
        instruction.id = match random.below(12) {
            0 => random.below(fresh),
            1 => self.account(index).account.min_id.saturating_sub(random.below(2)),
            2 => fresh + 512 * random.below(1 << 40),
            3 => random.word(),
            _ => fresh,
        };
        instruction.expiry = match random.below(20) {
            0 => self.context.time,
            1 => self.context.time - 1,
            _ => instruction.expiry,
        };
        instruction
    }

    fn place(&self, random: &mut Random, mut instruction: Instruction, fill: Fill) -> PlaceWitness {
        let index = instruction.index;
        // At times the owner signed it for another account.
        instruction.index ^= u32::from(random.once_in(60));
        let signed = instruction.sign(&GENESIS, &self.world.traders[index as usize].secret);
        let path = self
            .account(index)
            .orders
            .path(slot_number(signed.instruction.id).into());
        PlaceWitness { signed, fill, path }
    }

    /// How much of an order's id is filled already.
    fn filled_before(&self, index: u32, id: u64) -> u64 {
        let slot = self.world.state.slot(index, id).unwrap_or_default();
        if slot.id == id {
            slot.filled
        } else {
            0
        }
    }

    /// An order with a fill at or about a bound of some rule.
    fn filled(&mut self, random: &mut Random, index: u32) -> PlaceWitness {
        let mut order = self.instruction(random, index, Kind::Order);
        // The two rows after the live ones are close-only and expired.
        let rows = self.world.live as u64 + if random.once_in(5) { 2 } else { 0 };
        let number = random.below(rows) as usize;
        let row = self.world.table.rows[number].clone();
        order.instrument_id = INSTRUMENT + number as u32;
        order.side = if random.once_in(2) { Side::Buy } else { Side::Sell };
        order.flags = match random.below(8) {
            0 | 1 => flags::REDUCE_ONLY,
            2 => random.below(16) as u8,
            _ => 0,
        };
        let held = i128::from(self.account(index).account.positions[number].unsigned_abs());
        let quantity = match random.below(6) {
            0 => near(random, &[held, held + row.limit as i128, row.limit as i128 - held]),
            1 => i128::from(random.below(2_000)),
            2 => near(random, &[0, 1, 1 << 40]),
            _ => i128::from(1 + random.below(20)),
        };
        let quantity = quantity.clamp(0, (1 << 40) - 1);
        let (mark, band) = (i128::from(row.mark), row.band as i128);
        let price = match random.below(8) {
            0 => near(random, &[mark - band, mark + band]),
            _ => mark + i128::from(random.below(4_000_000)) - 2_000_000,
        };
        let generous = price + i128::from(order.side.sign()) * 5_000;
        order.limit = near(random, &[price, generous, generous, generous]) as u64;
        let cost = match random.below(10) {
            0 => near(random, &[quantity * i128::from(order.limit)]),
            1 => near(random, &[quantity * (mark + band), quantity * (mark - band)]),
            _ => quantity * price + i128::from(random.below(2)) * (quantity / 3),
        };
        let cost = cost.clamp(0, (1 << 80) - 1);
        order.max_fee = if random.once_in(4) {
            random.below(10_000)
        } else {
            100_000
        };
        let maximum = quantity * i128::from(order.max_fee);
        let cap = cost * i128::from(self.world.table.header.fee_cap) / 1_000_000;
        let fee = match random.below(4) {
            0 => near(random, &[maximum, cap, maximum.min(cap)]),
            1 => maximum.min(cap),
            _ => 0,
        };
        let filled = i128::from(self.filled_before(index, order.id));
        let signed = match random.below(6) {
            0 => near(random, &[filled + quantity]),
            _ => filled + quantity + i128::from(random.below(5)),
        };
        order.quantity = signed.clamp(0, (1 << 40) - 1) as u64;
        let fill = Fill {
            row: if random.once_in(30) {
                random.below(32) as u8
            } else {
                number as u8
            },
            quantity: quantity as u64,
            cost: cost as u128,
            fee: fee.max(0) as u128,
        };
        self.place(random, order, fill)
    }

    /// A withdrawal of about as much as some rule allows.
    fn withdrawal(&mut self, random: &mut Random, index: u32, deposit: u64) -> PlaceWitness {
        let mut instruction = self.instruction(random, index, Kind::Withdrawal);
        let account = &self.account(index).account;
        let table = &self.world.table;
        let cash = account.cash + i128::from(deposit);
        let now = Assessment::new(table, &account.positions, cash).expect("in range");
        let over = |ratio| now.equity - now.requirement(ratio).expect("in range");
        let amounts = [
            over(table.header.initial),
            over(table.header.maintenance),
            now.equity,
            1_000,
            0,
        ];
        instruction.limit = near(random, &amounts).clamp(0, u64::MAX.into()) as u64;
        self.place(random, instruction, Fill::default())
    }

    /// The best choice, if the places can be run at all; at times another.
    fn margin(&self, random: &mut Random, unit: &UnitWitness) -> MarginChoice {
        let other = MarginChoice {
            initial: random.once_in(2),
            threshold: random.below(16) as u8,
        };
        if random.once_in(12) {
            return other;
        }
        let withdraws = unit
            .places
            .iter()
            .any(|p| p.signed.instruction.kind == Kind::Withdrawal);
        let table = &self.context.table;
        let best = || {
            let (before, after) = unit.before_and_after(&self.context).ok()?;
            let before = Assessment::new(table, &before.positions, before.cash).ok()?;
            let after = Assessment::new(table, &after.positions, after.cash).ok()?;
            Assessment::choose(&before, &after, table, withdraws).ok()
        };
        best().unwrap_or(other)
    }

    /// Spoils a unit in one place. Cases are left out in which the spoilt value is form only: the circuit has no wire for
    /// the group and the account of an instruction (it signs those of the batch), nor for the row of what is no order.
    fn spoilt(&self, unit: UnitWitness, random: &mut Random) -> UnitWitness {
        loop {
            let mut batch = BatchWitness {
                context: self.context.clone(),
                old_root: self.tree.root(),
                house: self.house.clone(),
                house_key: self.tree.root(),
                sweep: 0,
                empty_mask: 0,
                units: vec![unit.clone()],
            };
            let what = spoil(&mut batch, random);
            let order = batch.units[0].places[0].signed.instruction.kind == Kind::Order;
            let form = matches!(what.case, 38) || (what.case == 29 && !order);
            if what.unit.is_some() && !form {
                return batch.units.remove(0);
            }
        }
    }
}

/// Puts an account into some condition: rich, short of margin, in debt, or at the ends of the widths.
fn condition(world: &mut World, index: u32) {
    let mut state = world.state.account(index).expect("it is open").clone();
    let random = &mut world.random;
    let rows = world.live as u64 + 2;
    let size = [20, 200, 2_000][random.below(3) as usize];
    for _ in 0..random.below(rows + 1) {
        let row = random.below(rows) as usize;
        state.account.positions[row] = random.below(2 * size + 1) as i64 - size as i64;
    }
    if random.once_in(12) {
        let end = (1i64 << 40) - 1;
        state.account.positions[random.below(rows) as usize] = if random.once_in(2) { end } else { -end };
    }
    if random.once_in(3) {
        state.account.min_id = world.traders[index as usize].next_id - random.below(2);
    }
    if world.random.once_in(2) {
        occupy(&mut world.random, &mut state, world.traders[index as usize].next_id);
    }
    let random = &mut world.random;
    let flat = Assessment::new(&world.table, &state.account.positions, 0).expect("in range");
    let asked = |ratio| flat.requirement(ratio).expect("in range");
    let (initial, maintenance) = (asked(world.table.header.initial), asked(world.table.header.maintenance));
    let equity = match random.below(8) {
        0 => near(random, &[0, maintenance, initial]),
        1 => (initial + maintenance) / 2,
        2 => maintenance - maintenance / 10,
        _ => initial + initial / 3 + 10_000_000,
    };
    let end = (1i128 << 79) - 1;
    state.account.cash = (equity - flat.equity).clamp(-end, end);
    if random.once_in(20) {
        state.account.cash = if random.once_in(2) { end } else { -end };
    }
    world.state.restore_account(index, state);
}

/// Puts some of the next ids' slots into use: by the id itself, filled in part, or by one that falls into the same slot.
fn occupy(random: &mut Random, state: &mut AccountState, next: u64) {
    for _ in 0..6 {
        let id = next + random.below(64);
        let slot = Slot {
            id: id + if random.once_in(4) { 512 } else { 0 },
            filled: random.below(40),
        };
        state.orders.set(slot_number(id).into(), slot.to_field());
    }
    state.account.orders_root = state.orders.root();
}
