//! A market of traders whose batches are accepted.

use crate::{
    chain::{FAR_EXPIRY, GENESIS, GROUP, PAYEE, TIME},
    random::Random,
    table::{set_mark, table},
};
use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_ledger::{
    account::{Key, Switches},
    batch::{BatchEffect, BatchWitness, Doors},
    context::BatchContext,
    fill::Fill,
    instruction::{flags, Instruction, InstructionKind, Side, SignedInstruction},
    shape::Shape,
    state::{BatchRequest, GroupLedger, UnitRequest},
};
use cloister_risk::{Assessment, RiskTable, Status};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, Lots, Price, Total};

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
    pub state: GroupLedger,
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
        let mut state = GroupLedger::default();
        // As a chain asks for before the first batch.
        state.rekey_house(random.field());
        Self {
            random,
            state,
            traders: Vec::new(),
            table,
            live,
            time: TIME,
        }
    }

    /// A market in which `traders` accounts were opened with ample deposits, by batches of the shape. All their owners
    /// allow transfers.
    pub fn with_traders(seed: u64, traders: usize, shape: Shape) -> Self {
        let mut world = Self::new(seed);
        while world.traders.len() < traders {
            let mut units = Vec::new();
            for _ in 0..shape.units {
                if world.traders.len() < traders {
                    units.push(world.open(1_000_000_000_000));
                } else {
                    units.push(UnitRequest::Padding {
                        index: AccountIndex::ZERO,
                        deposit: Amount::ZERO,
                    });
                }
            }
            let request = world.request(units);
            world.apply(shape, &request);
        }
        let accounts: Vec<_> = world.state.accounts().map(|(i, state)| (i, state.clone())).collect();
        for (index, mut state) in accounts {
            state.account.switches = Switches { transfers: true };
            world.state.restore_account(index, state);
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
            index: AccountIndex(index),
            key: Key::from(&public),
            preimage: Key { x, y },
            view_key,
            deposit: Amount(deposit),
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
            group: GroupId(GROUP),
            batch_no: self.state.batch_no(),
            time: self.time,
            payee: PAYEE,
            salt: self.random.field(),
            table: self.table.clone(),
        }
    }

    /// A request with a fresh salt.
    pub fn request(&mut self, units: Vec<UnitRequest>) -> BatchRequest {
        BatchRequest {
            context: self.context(),
            sweep: Amount::ZERO,
            doors: Doors::default(),
            empty_mask: 0,
            units,
        }
    }

    /// A request that fills a shape with trades of the first two traders.
    pub fn full_batch(&mut self, shape: Shape) -> BatchRequest {
        let mut units = Vec::new();
        while units.len() + 2 <= usize::from(shape.units) {
            units.extend(self.trade(0, 1));
        }
        // A trade has two units; something else fills the place that is left.
        if units.len() < usize::from(shape.units) {
            units.push(self.rekey(0));
        }
        self.request(units)
    }

    /// Applies a request that must be accepted.
    pub fn apply(&mut self, shape: Shape, request: &BatchRequest) -> (BatchWitness, BatchEffect) {
        self.time += 1_000;
        self.state.apply(shape, request).expect("the batch is valid")
    }

    /// An order of a trader with a fresh id.
    pub fn order(&mut self, trader: usize, row: usize, side: Side, limit: u64, quantity: u64) -> Instruction {
        let instrument_id = self.table.rows[row].instrument_id.get();
        let trader = &mut self.traders[trader];
        trader.next_id += 1;
        Instruction {
            kind: InstructionKind::Order,
            group: GroupId(GROUP),
            index: AccountIndex(trader.index),
            id: InstructionId(trader.next_id),
            instrument_id: InstrumentId(instrument_id),
            side,
            flags: 0,
            trigger: Price::ZERO,
            limit,
            quantity,
            expiry: FAR_EXPIRY,
            max_fee: Price(100_000),
        }
    }

    /// Signs for a trader.
    pub fn sign(&self, instruction: Instruction) -> SignedInstruction {
        let trader = &self.traders[instruction.index.get() as usize];
        instruction.sign(&GENESIS, &trader.secret)
    }

    /// Another instruction of a trader with a fresh id.
    pub fn instruct(&mut self, trader: usize, kind: InstructionKind, limit: u64) -> SignedInstruction {
        let mut instruction = self.order(trader, 0, Side::Buy, limit, 0);
        instruction.kind = kind;
        instruction.instrument_id = InstrumentId::ZERO;
        self.sign(instruction)
    }

    /// Two units in which `buyer` buys from `seller` at a price near the mark; a little may be left to the house.
    pub fn trade(&mut self, buyer: usize, seller: usize) -> [UnitRequest; 2] {
        let row = self.tradable_row();
        let mark = self.table.rows[row].mark.get() as u64;
        let price = mark - 50_000 + self.random.below(100_000);
        let surplus = self.random.below(3);
        let quantity = 1 + self.random.below(20);
        let bought = self.fill_order(buyer, row, Side::Buy, quantity, price + surplus);
        let sold = self.fill_order(seller, row, Side::Sell, quantity, price);
        [bought, sold]
    }

    /// A row that trades, by chance; row 0 if none does.
    pub(super) fn tradable_row(&mut self) -> usize {
        let rows: Vec<usize> = (0..self.live)
            .filter(|row| self.table.rows[*row].status == Status::Trading && !self.table.rows[*row].stale)
            .collect();
        match rows.len() {
            0 => 0,
            n => rows[self.random.below(n as u64) as usize],
        }
    }

    /// A unit in which an order of a trader fills `quantity` lots at a price per lot, with a fee; the order may be
    /// larger. The counterparty is whoever has an order on the other side, or the house.
    pub fn fill_order(&mut self, trader: usize, row: usize, side: Side, quantity: u64, price: u64) -> UnitRequest {
        let limit = match side {
            Side::Buy => price + 1_000,
            Side::Sell => price.saturating_sub(1_000),
        };
        let spare = self.random.below(5);
        let mut order = self.order(trader, row, side, limit, quantity + spare);
        if self.random.once_in(4) && self.reduces(trader, row, side, quantity) {
            order.flags |= flags::REDUCE_ONLY;
        }
        if self.random.once_in(6) {
            self.wait(&mut order, row);
        }
        let cost = u128::from(price) * u128::from(quantity);
        let fill = Fill {
            row: row as u8,
            quantity: Lots(quantity),
            cost: Total(cost),
            fee: Total(cost / 5_000),
            ..Fill::default()
        };
        UnitRequest::Normal {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            places: vec![(self.sign(order), fill)],
        }
    }

    /// Makes an order wait for a mark that is there already.
    pub fn wait(&mut self, order: &mut Instruction, row: usize) {
        let mark = self.table.rows[row].mark.get() as u64;
        let away = [0, 1, self.random.below(mark)][self.random.below(3) as usize];
        (order.flags, order.trigger) = if self.random.once_in(2) {
            (order.flags | flags::TRIGGER_ABOVE, Price(mark.saturating_sub(away)))
        } else {
            (order.flags | flags::TRIGGER_BELOW, Price(mark + away))
        };
    }

    /// Position of a trader.
    pub fn position(&self, trader: usize, row: usize) -> i64 {
        self.state
            .account(AccountIndex(trader as u32))
            .map_or(0, |a| a.account.positions[row].get())
    }

    fn reduces(&self, trader: usize, row: usize, side: Side, quantity: u64) -> bool {
        -self.position(trader, row) * side.sign() >= quantity as i64
    }

    /// Equity and exposures of a trader at the table in force.
    pub fn assess(&self, trader: usize) -> Assessment {
        let account = &self
            .state
            .account(AccountIndex(trader as u32))
            .expect("the account is open")
            .account;
        Assessment::new(&self.table, &account.positions, account.cash).expect("in range")
    }

    /// Two units: a transfer, and the receiver's, which does nothing else.
    pub fn transfer(&mut self, from: usize, to: usize, amount: u64) -> [UnitRequest; 2] {
        let mut instruction = self.order(from, 0, Side::Buy, amount, to as u64);
        instruction.kind = InstructionKind::Transfer;
        instruction.instrument_id = InstrumentId::ZERO;
        let send = UnitRequest::Normal {
            index: AccountIndex(from as u32),
            deposit: Amount::ZERO,
            places: vec![(self.sign(instruction), Fill::default())],
        };
        let receive = UnitRequest::Padding {
            index: AccountIndex(to as u32),
            deposit: Amount::ZERO,
        };
        [send, receive]
    }

    /// A unit that gives a trader new keys. From now on the trader signs with them.
    pub fn rekey(&mut self, trader: usize) -> UnitRequest {
        let secret = SecretKey::from_seed(&self.random.bytes());
        let view_key = self.random.field();
        let public = secret.public();
        let (x, y) = public.preimage();
        let trader = &mut self.traders[trader];
        (trader.secret, trader.view_key) = (secret, view_key);
        UnitRequest::Rekey {
            index: AccountIndex(trader.index),
            key: Key::from(&public),
            preimage: Key { x, y },
            view_key,
            deposit: Amount::ZERO,
        }
    }

    /// A unit that sets the flags of a trader's account.
    pub fn switch(&self, trader: usize, transfers: bool) -> UnitRequest {
        UnitRequest::Switch {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            switches: Switches { transfers },
        }
    }

    /// A unit that closes a trader's account if it is empty.
    pub fn close(&self, trader: usize) -> UnitRequest {
        UnitRequest::Close {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
        }
    }

    /// A unit that pays a trader what was asked for on the chain, as far as it goes.
    pub fn force(&self, trader: usize, requested: u64) -> UnitRequest {
        UnitRequest::Forced {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            requested: Amount(requested),
        }
    }

    /// The fill of a liquidation: reduces the trader's position by `quantity` lots at a price per lot, with the full
    /// penalty of an account that can pay one.
    pub fn liquidation_fill(&self, trader: usize, row: usize, quantity: u64, price: u64) -> Fill {
        let side = match self.position(trader, row) {
            1.. => Side::Sell,
            _ => Side::Buy,
        };
        let fill = Fill {
            side,
            row: row as u8,
            quantity: Lots(quantity),
            cost: Total(u128::from(price) * u128::from(quantity)),
            fee: Total::ZERO,
        };
        let insolvent = self.assess(trader).equity.is_negative();
        let highest = fill.highest_penalty(&self.table).filter(|_| !insolvent);
        let fee = highest.unwrap_or(0);
        Fill {
            fee: Total(fee),
            ..fill
        }
    }

    /// A unit that liquidates one position of a trader, as [`Self::liquidation_fill`].
    pub fn liquidate(&self, trader: usize, row: usize, quantity: u64, price: u64) -> UnitRequest {
        UnitRequest::Liquidation {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            fills: vec![self.liquidation_fill(trader, row, quantity, price)],
        }
    }

    /// A unit that settles rows of a trader.
    pub fn expire(&self, trader: usize, rows: &[usize]) -> UnitRequest {
        UnitRequest::Expiry {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            rows: rows.iter().map(|row| *row as u8).collect(),
        }
    }

    /// A unit that passes a trader's account to the house.
    pub fn take_over(&self, trader: usize) -> UnitRequest {
        UnitRequest::Takeover {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
        }
    }

    /// The next table has another mark in this row.
    pub fn set_mark(&mut self, row: usize, mark: i64) {
        self.table.header.version += 1;
        set_mark(&mut self.table.rows[row], mark);
    }

    /// The next table has another status in this row.
    pub fn set_status(&mut self, row: usize, status: Status) {
        self.table.rows[row].status = status;
        self.set_mark(row, self.table.rows[row].mark.get());
    }

    /// The next table has a dead feed in this row, or a live one again.
    pub fn set_stale(&mut self, row: usize, stale: bool) {
        self.table.rows[row].stale = stale;
        self.table.header.version += 1;
    }

    /// Two units that leave `2·band·quantity` to the insurance: trader 0 buys dearly from trader 1, who sells cheaply.
    pub fn insure(&mut self, row: usize, quantity: u64) -> [UnitRequest; 2] {
        let (mark, band) = (self.table.rows[row].mark.get() as u64, self.table.rows[row].band.get());
        [
            self.fill_order(0, row, Side::Buy, quantity, mark + band),
            self.fill_order(1, row, Side::Sell, quantity, mark - band),
        ]
    }

    /// Units filled up to the shape with padding of account 0.
    pub fn padded(&mut self, shape: Shape, mut units: Vec<UnitRequest>) -> BatchRequest {
        units.resize(
            usize::from(shape.units),
            UnitRequest::Padding {
                index: AccountIndex::ZERO,
                deposit: Amount::ZERO,
            },
        );
        self.request(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_batch_fills_its_shape_again_and_again() {
        for shape in [Shape::DEV, Shape::STANDARD, Shape::LARGE] {
            let mut world = World::with_traders(7, 2, shape);
            for _ in 0..2 {
                let request = world.full_batch(shape);
                assert_eq!(request.units.len(), usize::from(shape.units));
                world.apply(shape, &request);
            }
        }
    }
}
