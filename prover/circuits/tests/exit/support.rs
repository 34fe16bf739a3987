//! Making, changing and recording exits.

use cloister_circuits::{
    statements::exit::{ExitCircuit, ExitStatement, ExitWitness},
    Fr,
};
use cloister_circuits_testing::{Recorded, TestSystem};
use cloister_crypto::constants::{CASH_BITS, INSTRUMENTS, POSITION_BITS, PRICE_BITS};
use cloister_ledger::{Account, AccountTree, FinalValues, Key};
use cloister_ledger_testing::Random;
use cloister_types::{AccountIndex, GroupId, InstructionId, Money, PerLot, Position, Total};

static RECORDED: Recorded<()> = Recorded::new();

/// A signed number of the given bits: mostly anything, sometimes an edge or small.
fn signed(random: &mut Random, bits: usize) -> i128 {
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

/// An account with anything in it that fits.
pub fn account(random: &mut Random) -> Account {
    let key = Key {
        x: random.field(),
        y: random.field(),
    };
    let mut account = Account::fresh(key, random.field());
    account.nonce = random.word();
    account.min_id = InstructionId(random.word());
    account.orders_root = random.field();
    account.switches.transfers = random.once_in(2);
    account.cash = Money(signed(random, CASH_BITS));
    let held = random.below(INSTRUMENTS as u64 + 1);
    for q in &mut account.positions {
        if random.below(INSTRUMENTS as u64) < held {
            *q = Position(signed(random, POSITION_BITS) as i64);
        }
    }
    account
}

/// A statement and its witness, in a tree of other accounts.
#[derive(Clone)]
pub struct Scene {
    pub tree: AccountTree,
    pub statement: ExitStatement,
    pub witness: ExitWitness,
}

impl Scene {
    /// A good exit of a random account among others.
    pub fn random(random: &mut Random) -> Self {
        let mut tree = AccountTree::default();
        let index = random.below(1 << 24) as u32;
        for other in [index ^ 1, index ^ 7, index ^ 8, random.below(1 << 24) as u32, 0] {
            tree.set(other, random.field());
        }
        let values = FinalValues {
            version: random.word(),
            risk_hash: random.field(),
            values: std::array::from_fn(|_| PerLot(signed(random, PRICE_BITS + 1) as i64)),
        };
        Self::of(tree, index, account(random), values, random)
    }

    /// The exit of an account.
    pub fn of(mut tree: AccountTree, index: u32, account: Account, values: FinalValues, random: &mut Random) -> Self {
        tree.set(index, account.leaf());
        let path = tree.path(index);
        let witness = ExitWitness { account, path, values };
        let statement = witness
            .statement(random.bytes(), GroupId(random.word() as u32), AccountIndex(index))
            .expect("a good exit");
        Self {
            tree,
            statement,
            witness,
        }
    }

    /// A trader with some positions who is owed 1,234.567890.
    pub fn solvent() -> Self {
        Self::small(1_234_567_890)
    }

    /// A trader with some positions who owes 5.
    pub fn insolvent() -> Self {
        Self::small(-5)
    }

    fn small(equity: i128) -> Self {
        let mut random = Random::new(4);
        let mut scene = Self::random(&mut random);
        let account = &mut scene.witness.account;
        account.positions = [Position::ZERO; INSTRUMENTS];
        account.positions[0] = Position(7);
        account.positions[5] = Position(-40);
        account.positions[31] = Position(1_000);
        scene.witness.values.values = std::array::from_fn(|j| PerLot(1_000_000 + j as i64));
        let value: i128 = [(0, 7i128), (5, -40), (31, 1_000)]
            .iter()
            .map(|(j, q)| q * (1_000_000 + j))
            .sum();
        account.cash = Money(equity - value);
        scene.restate();
        assert_eq!(scene.statement.claim, Total(equity.max(0) as u128));
        scene
    }

    /// Puts the account into the tree and makes path, root and final hash anew, whatever the account holds.
    pub fn replant(&mut self) {
        self.tree.set(self.statement.index.get(), self.witness.account.leaf());
        self.witness.path = self.tree.path(self.statement.index.get());
        self.statement.root = self.tree.root();
        self.statement.final_hash = self.witness.values.hash(self.statement.group);
    }

    /// The same, and the claim.
    pub fn restate(&mut self) {
        self.replant();
        let equity = self.witness.values.equity(&self.witness.account).expect("it fits");
        self.statement.claim = Total(equity.get().max(0) as u128);
    }

    pub fn system(&self) -> TestSystem {
        let circuit = ExitCircuit::proving(self.statement, self.witness.clone());
        RECORDED
            .of((), ExitCircuit::blank, circuit)
            .expect("every witness synthesises")
    }
}

/// Adds one to an element.
pub fn bump(x: &mut Fr) {
    *x += Fr::one();
}
