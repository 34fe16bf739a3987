//! A market of traders whose batches are accepted.

use super::Random;
use crate::{
    account::Key,
    batch::{BatchContext, BatchEffect, BatchWitness, Shape},
    instruction::{flags, Instruction, Kind, Side, SignedInstruction},
    place::Fill,
    state::{BatchRequest, GroupState, UnitRequest},
};
use alloc::{vec, vec::Vec};
use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, Status};

/// Genesis hash of the test chain.
pub const GENESIS: [u8; 32] = [0xC1; 32];
/// Margin group of the test chain.
pub const GROUP: u32 = 1;
/// First instrument id; row `r` lists `INSTRUMENT + r`.
pub const INSTRUMENT: u32 = 100;
/// Batch time of the first batch.
pub const TIME: u64 = 1_700_000_000_000;
/// An expiry no test reaches.
pub const FAR_EXPIRY: u64 = TIME + 1_000_000_000;

/// A table with `live` trading perpetuals, marks 60 units a lot and up, one close-only row and one expired row.
pub fn table(live: usize, version: u64, random: &mut Random) -> RiskTable {
    let scan = LinearScan {
        range: 160_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
    };
    let header = Header {
        group: GROUP,
        version,
        time: TIME,
        initial: 320,
        maintenance: 256,
        penalty: 4,
        fee_cap: 1000,
    };
    let mut table = RiskTable {
        header,
        ..Default::default()
    };
    for (i, row) in table.rows.iter_mut().enumerate().take(live + 2) {
        let mark = 60_000_000 + (i as i64) * 7_000_000 + random.below(100_000) as i64;
        let funding = random.below(2_000_000) as i64 - 1_000_000;
        *row = Row {
            instrument_id: INSTRUMENT + i as u32,
            status: match i.checked_sub(live) {
                None => Status::Trading,
                Some(0) => Status::CloseOnly,
                Some(_) => Status::Expired,
            },
            limit: 1_000_000,
            chunk: 1_000,
            band: 3_000_000,
            funding,
            value: mark - funding,
            mark,
            floor_long: 10_000 * (i as u64 % 3),
            floor_short: 20_000 * (i as u64 % 2),
            scenarios: linear_scenarios(mark, &scan).expect("marks are small"),
        };
    }
    table.validate().expect("bounds hold");
    table
}

/// A trader of the test market.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Account index.
    pub index: u32,
    /// Trading key.
    pub secret: SecretKey,
    /// View key.
    pub view_key: Fr,
    /// Next fresh instruction id.
    pub next_id: u64,
}

/// A market: its state, its traders, its table.
#[derive(Clone, Debug)]
pub struct World {
    /// Source of all choices.
    pub random: Random,
    /// The sequencer's state.
    pub state: GroupState,
    /// Traders with open accounts.
    pub traders: Vec<Trader>,
    /// The table in force.
    pub table: RiskTable,
    /// Rows that trade.
    pub live: usize,
    /// Time of the next batch.
    pub time: u64,
}

impl World {
    /// An empty market.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let live = 3;
        let table = table(live, 1, &mut random);
        Self {
            random,
            state: GroupState::default(),
            traders: Vec::new(),
            table,
            live,
            time: TIME,
        }
    }

    /// A market in which `traders` accounts were opened with ample deposits, by batches of the shape.
    pub fn with_traders(seed: u64, traders: usize, shape: Shape) -> Self {
        let mut world = Self::new(seed);
        while world.traders.len() < traders {
            let mut units = Vec::new();
            for _ in 0..shape.units {
                if world.traders.len() < traders {
                    units.push(world.open(1_000_000_000_000));
                } else {
                    units.push(UnitRequest::Padding { index: 0, deposit: 0 });
                }
            }
            let request = world.request(units);
            world.apply(shape, &request);
        }
        world
    }

    /// A unit that opens the next index.
    pub fn open(&mut self, deposit: u64) -> UnitRequest {
        let index = self.traders.len() as u32;
        let secret = SecretKey::from_seed(&self.random.bytes());
        let view_key = self.random.field();
        let public = secret.public();
        let (x, y) = public.preimage();
        let request = UnitRequest::Open {
            index,
            key: Key::from(&public),
            preimage: Key { x, y },
            view_key,
            deposit,
        };
        self.traders.push(Trader {
            index,
            secret,
            view_key,
            next_id: 1,
        });
        request
    }

    /// Context of the next batch.
    pub fn context(&mut self) -> BatchContext {
        BatchContext {
            genesis: GENESIS,
            group: GROUP,
            batch_no: self.state.batch_no(),
            time: self.time,
            salt: self.random.field(),
            table: self.table.clone(),
        }
    }

    /// A request with fresh salt and house key.
    pub fn request(&mut self, units: Vec<UnitRequest>) -> BatchRequest {
        BatchRequest {
            context: self.context(),
            house_key: self.random.field(),
            sweep: 0,
            empty_mask: 0,
            units,
        }
    }

    /// Applies a request that must be accepted.
    pub fn apply(&mut self, shape: Shape, request: &BatchRequest) -> (BatchWitness, BatchEffect) {
        self.time += 1_000;
        self.state.apply(shape, request).expect("the batch is valid")
    }

    /// An order of a trader with a fresh id.
    pub fn order(&mut self, trader: usize, row: usize, side: Side, limit: u64, quantity: u64) -> Instruction {
        let trader = &mut self.traders[trader];
        trader.next_id += 1;
        Instruction {
            kind: Kind::Order,
            group: GROUP,
            index: trader.index,
            id: trader.next_id,
            instrument_id: INSTRUMENT + row as u32,
            side,
            flags: 0,
            limit,
            quantity,
            expiry: FAR_EXPIRY,
            max_fee: 100_000,
        }
    }

    /// Signs for a trader.
    pub fn sign(&self, instruction: Instruction) -> SignedInstruction {
        let trader = &self.traders[instruction.index as usize];
        instruction.sign(&GENESIS, &trader.secret)
    }

    /// Another instruction of a trader with a fresh id.
    pub fn instruct(&mut self, trader: usize, kind: Kind, limit: u64) -> SignedInstruction {
        let mut instruction = self.order(trader, 0, Side::Buy, limit, 0);
        instruction.kind = kind;
        instruction.instrument_id = 0;
        self.sign(instruction)
    }

    /// Two units in which `buyer` buys from `seller` at a price near the mark; a little may be left to the house.
    pub fn trade(&mut self, buyer: usize, seller: usize) -> [UnitRequest; 2] {
        let row = self.random.below(self.live as u64) as usize;
        let mark = self.table.rows[row].mark as u64;
        let price = mark - 50_000 + self.random.below(100_000);
        let surplus = self.random.below(3);
        let quantity = 1 + self.random.below(20);
        let spare = self.random.below(5);
        let side = |world: &mut Self, trader: usize, side: Side, limit: u64, cost: u64| {
            let mut order = world.order(trader, row, side, limit, quantity + spare);
            if world.random.once_in(4) && world.reduces(trader, row, side, quantity) {
                order.flags |= flags::REDUCE_ONLY;
            }
            let cost = u128::from(cost) * u128::from(quantity);
            let fee = cost / 5_000;
            let fill = Fill {
                row: row as u8,
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
        let bought = side(self, buyer, Side::Buy, price + 1_000, price + surplus);
        let sold = side(self, seller, Side::Sell, price - 1_000, price);
        [bought, sold]
    }

    fn reduces(&self, trader: usize, row: usize, side: Side, quantity: u64) -> bool {
        let held = self
            .state
            .account(trader as u32)
            .map_or(0, |a| a.account.positions[row]);
        -held * side.sign() >= quantity as i64
    }

    /// A random valid batch of trades, cancels, withdrawals, deposits, opens and padding; needs two traders or more.
    pub fn random_batch(&mut self, shape: Shape) -> BatchRequest {
        let size = usize::from(shape.units);
        let mut units = Vec::new();
        let known = self.traders.len() as u64;
        while units.len() < size {
            let trader = self.random.below(known) as usize;
            let index = trader as u32;
            match self.random.below(8) {
                0..=3 if units.len() + 2 <= size => {
                    let other = (trader + 1 + self.random.below(known - 1) as usize) % known as usize;
                    units.extend(self.trade(trader, other));
                }
                4 => {
                    let kind = if self.random.once_in(3) {
                        Kind::CancelAll
                    } else {
                        Kind::Cancel
                    };
                    let signed = self.instruct(trader, kind, 0);
                    let deposit = self.random.below(2) * self.random.below(1_000_000);
                    units.push(UnitRequest::Normal {
                        index,
                        deposit,
                        places: vec![(signed, Fill::default())],
                    });
                }
                5 => {
                    let amount = self.random.below(1_000_000);
                    let signed = self.instruct(trader, Kind::Withdrawal, amount);
                    units.push(UnitRequest::Normal {
                        index,
                        deposit: 0,
                        places: vec![(signed, Fill::default())],
                    });
                }
                6 if self.random.once_in(2) => {
                    let deposit = 1_000_000_000_000 + self.random.below(1_000_000_000);
                    units.push(self.open(deposit));
                }
                _ => {
                    let deposit = self.random.below(2) * self.random.below(1_000_000);
                    units.push(UnitRequest::Padding { index, deposit });
                }
            }
        }
        let mut request = self.request(units);
        if self.random.once_in(2) {
            request.sweep = self
                .random
                .below(self.state.house().fee_pool.min(u64::MAX.into()) as u64 + 1);
        }
        request.empty_mask = 0xffff_ffffu32 << (self.live + 2);
        request
    }
}
