//! Making, changing and recording solvency statements.

use std::collections::BTreeMap;

use cloister_circuits::{
    statements::solvency::{SolvencyCircuit, SolvencyShape, SolvencyStatement, SolvencyWitness},
    Fr,
};
use cloister_circuits_testing::{Recorded, TestSystem};
use cloister_crypto::constants::{CASH_BITS, INSTRUMENTS, POSITION_BITS, PRICE_BITS, SCENARIOS};
use cloister_ledger::{
    solvency::{Found, Standing, Sums},
    Account, AccountTree, House, Key,
};
use cloister_ledger_testing::{table, Random};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, GroupId, InstructionId, Money, PerLot, Position, Price, Total};

static RECORDED: Recorded<SolvencyShape> = Recorded::new();

/// Enough for the subtrees of a run to differ and for one of them to be beyond the block.
pub const SMALL: SolvencyShape = SolvencyShape { subtrees: 2 };

/// A signed number of the given bits: mostly anything, sometimes an edge or small.
pub fn signed(random: &mut Random, bits: usize) -> i128 {
    let half = 1i128 << (bits - 1);
    match random.below(8) {
        0 => half - 1,
        1 => -half,
        2 => -1,
        3 => random.below(1000) as i128,
        _ => {
            let wide = i128::from(random.word() as i64) << 64 | i128::from(random.word());
            wide >> (128 - bits)
        }
    }
}

fn someone(random: &mut Random) -> Account {
    let key = Key {
        x: random.field(),
        y: random.field(),
    };
    let mut account = Account::fresh(key, random.field());
    account.nonce = random.word();
    account.min_id = InstructionId(random.word());
    account.orders_root = random.field();
    account.switches.transfers = random.once_in(2);
    account
}

/// An account at the table of a small market: rich, near its margin, broke, or with nothing but cash.
pub fn account(random: &mut Random) -> Account {
    let mut account = someone(random);
    let held = random.below(5);
    for q in &mut account.positions {
        if random.below(5) < held {
            *q = Position(random.below(2_000) as i64 - 1_000);
        }
    }
    let range = 1 << [12, 30, 38, 44][random.below(4) as usize];
    account.cash = Money(random.below(2 * range) as i128 - i128::from(range));
    account
}

/// An account with anything in it that fits.
pub fn extreme_account(random: &mut Random) -> Account {
    let mut account = someone(random);
    account.cash = Money(signed(random, CASH_BITS));
    let held = random.below(INSTRUMENTS as u64 + 1);
    for q in &mut account.positions {
        if random.below(INSTRUMENTS as u64) < held {
            *q = Position(signed(random, POSITION_BITS) as i64);
        }
    }
    account
}

/// A price as a table may have it.
pub fn price(random: &mut Random) -> PerLot {
    let half = 1i128 << PRICE_BITS;
    PerLot(signed(random, PRICE_BITS + 1).clamp(1 - half, half - 1) as i64)
}

/// A table with anything in it that fits.
pub fn extreme_table(random: &mut Random) -> RiskTable {
    let mut table = table(INSTRUMENTS - 2, random.word(), random);
    table.header.maintenance = random.below(1 << 12) as u16;
    for row in &mut table.rows {
        row.value = price(random);
        row.floor_long = Price(price(random).get().unsigned_abs());
        row.floor_short = Price(price(random).get().unsigned_abs());
        row.scenarios = std::array::from_fn(|_| price(random));
    }
    table
}

/// A table with one row in which a lot is worth nothing and loses one unit in one scenario; a maintenance ratio just
/// below one, so that deficits are not multiples of 2^8.
pub fn unit_table(scenario: usize) -> RiskTable {
    let mut random = Random::new(1);
    let mut table = table(1, 1, &mut random);
    table.header.maintenance = 255;
    for row in &mut table.rows {
        row.value = PerLot(0);
        (row.floor_long, row.floor_short) = (Price(0), Price(0));
        row.scenarios = [PerLot(0); SCENARIOS];
    }
    table.rows[0].scenarios[scenario] = PerLot(-1);
    table
}

/// A statement and its witness, in a tree of other accounts.
#[derive(Clone)]
pub struct Scene {
    pub shape: SolvencyShape,
    pub tree: AccountTree,
    pub accounts: BTreeMap<u32, Account>,
    pub last: bool,
    pub statement: SolvencyStatement,
    pub witness: SolvencyWitness,
}

impl Scene {
    /// The statement about the accounts from `first` on, among random neighbours.
    pub fn of(
        shape: SolvencyShape,
        first: u32,
        accounts: BTreeMap<u32, Account>,
        table: RiskTable,
        last: bool,
        random: &mut Random,
    ) -> Self {
        let mut tree = AccountTree::default();
        let end = shape.next(AccountIndex(first)).get();
        for other in [end, end + 9, first ^ 512, random.below(1 << 24) as u32, 0] {
            if !(first..end).contains(&other) && other < 1 << 24 {
                tree.set(other, random.field());
            }
        }
        let first = AccountIndex(first);
        let mut witness = SolvencyWitness::open(shape, &tree, |_| None, table, first).expect("begins a subtree");
        if random.once_in(4) {
            witness.before = Sums::default();
        } else {
            witness.before = Sums {
                blinding: random.field(),
                found: Found {
                    short: random.below(1 << 24) as u32,
                    debt: Total(u128::from(random.word()) << 40),
                    live_debt: Total(random.word().into()),
                },
            };
        }
        witness.blinding = random.field();
        if last {
            witness.house = house(random);
        }
        let statement = witness.statement(shape, random.bytes(), random.bytes(), first, last);
        let mut scene = Self {
            shape,
            tree,
            accounts,
            last,
            statement: statement.expect("a good statement"),
            witness,
        };
        scene.restate();
        scene
    }

    /// A random market.
    pub fn random(random: &mut Random, shape: SolvencyShape) -> Self {
        let first = match random.below(4) {
            0 => 0,
            // The last subtrees of a block, and of the tree.
            1 => 512 * random.below(1 << 15) as u32 + 504 - 8 * random.below(3) as u32,
            2 => (1 << 24) - 8 - 8 * random.below(20) as u32,
            _ => 8 * random.below(1 << 21) as u32,
        };
        let held = random.below(5);
        let end = shape.next(AccountIndex(first)).get();
        let extreme = random.once_in(3);
        let accounts = (first..end)
            .filter_map(|index| {
                let account = if extreme {
                    extreme_account(random)
                } else {
                    account(random)
                };
                (random.below(4) < held).then_some((index, account))
            })
            .collect();
        let mut table = if extreme {
            extreme_table(random)
        } else {
            table(5, random.word(), random)
        };
        if random.once_in(2) {
            for row in table.rows.iter_mut().filter(|row| row.is_live()) {
                row.stale = random.once_in(2);
            }
        }
        let last = random.once_in(2);
        Self::of(shape, first, accounts, table, last, random)
    }

    /// Eight accounts and eight empty leaves, interleaved: one that is short, one that is broke with lots, one that is
    /// broke without, the others well. The last statement of its round.
    pub fn market() -> Self {
        let mut random = Random::new(4);
        let table = table(5, 7, &mut random);
        let first = 8 * 21;
        let accounts = (0..8)
            .map(|i| {
                let mut account = someone(&mut random);
                account.cash = Money(1_000_000_000);
                match i {
                    SHORT => {
                        account.positions[0] = Position(3);
                        account.cash = Money(-3 * i128::from(table.rows[0].value.get()) + 1_000_000);
                    }
                    BROKE => {
                        account.positions[1] = Position(-2);
                        account.cash = Money(2 * i128::from(table.rows[1].value.get()) - 5_000);
                    }
                    BARE => account.cash = Money(-700),
                    _ => account.positions[2] = Position(1),
                }
                (first + 2 * i, account)
            })
            .collect();
        Self::of(SMALL, first, accounts, table, true, &mut random)
    }

    /// The same as a statement that is not the last.
    pub fn middle() -> Self {
        let mut scene = Self::market();
        scene.last = false;
        scene.restate();
        scene
    }

    /// Plants the accounts and opens them anew, whatever they hold. The sums before, the blinding and the house stay.
    pub fn replant(&mut self) {
        let first = self.statement.first;
        let range = first.get()..self.shape.next(first).get();
        for index in range {
            let leaf = self.accounts.get(&index).map_or(Fr::zero(), Account::leaf);
            self.tree.set(index, leaf);
        }
        let table = self.witness.table.clone();
        let opened = SolvencyWitness::open(
            self.shape,
            &self.tree,
            |index| self.accounts.get(&index.get()),
            table,
            first,
        );
        let opened = opened.expect("begins a subtree");
        self.witness = SolvencyWitness {
            before: self.witness.before,
            blinding: self.witness.blinding,
            house: self.witness.house.clone(),
            ..opened
        };
        self.statement.root = self.tree.root();
        self.statement.risk_hash = self.witness.table.hash();
    }

    /// The same, and the statement that follows.
    pub fn restate(&mut self) {
        self.replant();
        let s = &self.statement;
        let statement = self
            .witness
            .statement(self.shape, s.genesis, s.payee, s.first, self.last);
        self.statement = statement.expect("a good statement");
        assert_eq!(self.statement.root, self.tree.root());
    }

    /// Makes the statement say that these sums were found, instead of those that were.
    pub fn claim(&mut self, found: Found) {
        let blinding = self.witness.blinding;
        self.statement.after = Sums { blinding, found }.commitment();
        if let Some(outcome) = &mut self.statement.outcome {
            outcome.surplus.0 += (outcome.found.debt.get() as i128) - found.debt.get() as i128;
            outcome.found = found;
        }
    }

    /// What was found in all.
    pub fn found(&self) -> Found {
        self.found_but(u32::MAX)
    }

    /// What was found in all but one.
    pub fn found_but(&self, index: u32) -> Found {
        let others = self.accounts.iter().filter(|(i, _)| **i != index);
        others.fold(self.witness.before.found, |found, (_, account)| {
            let standing = Standing::of(account, &self.witness.table, 0).expect("it fits");
            found.and(standing).expect("it fits")
        })
    }

    pub fn circuit(&self) -> SolvencyCircuit {
        SolvencyCircuit::proving(self.shape, self.statement, self.witness.clone())
    }

    pub fn system(&self) -> TestSystem {
        RECORDED
            .of(self.shape, || SolvencyCircuit::blank(self.shape), self.circuit())
            .expect("every witness synthesises")
    }
}

/// Places of the accounts of [`Scene::market`] among its eight.
pub const SHORT: u32 = 2;
pub const BROKE: u32 = 3;
pub const BARE: u32 = 5;

/// Where account `i` of [`Scene::market`] is: its subtree and its place in it.
pub fn name_of(i: u32) -> String {
    format!("subtree {}/account {}", 2 * i / 8, 2 * i % 8)
}

/// A house with anything small in it.
pub fn house(random: &mut Random) -> House {
    let mut house = House {
        key: random.field(),
        nonce: random.word(),
        insurance: Money(random.below(1 << 50) as i128 - (1 << 49)),
        fee_pool: Total(random.word().into()),
        ..House::default()
    };
    for (q, o) in house.positions.iter_mut().zip(&mut house.open_interest) {
        *q = Position(random.below(200) as i64 - 100);
        *o = random.below(1 << 50);
    }
    house
}

/// The group of the tables.
pub fn other_group(group: GroupId) -> GroupId {
    GroupId(group.get() + 1)
}

/// Adds one to an element.
pub fn bump(x: &mut Fr) {
    *x += Fr::one();
}
