//! What is proven beside batches: a seal, an exit, a re-key of the house, solvency.

use crate::{
    chain::{GENESIS, GROUP},
    random::Random,
    table::table,
    world::World,
};
use cloister_crypto::{
    constants::{CASH_BITS, FEE_POOL_BITS, OPEN_INTEREST_BITS},
    schnorr::SecretKey,
    seal::SealKey,
};
use cloister_ledger::{
    Account, AccountTree, ExitWitness, FinalValues, House, HouseRekeyStatement, HouseRekeyWitness, Key, SealStatement,
    SealWitness, SolvencyShape, SolvencyStatement, SolvencyWitness,
};
use cloister_types::{AccountIndex, GroupId, Money, Position, Total};
use std::collections::BTreeMap;

/// Rows in which an account of [`full_solvency`] holds a position.
const FULL_POSITIONS: usize = 30;

/// A view key sealed to a sequencer's key; owner, keys and entropy are drawn.
pub fn seal(random: &mut Random) -> (SealStatement, SealWitness) {
    let sealing_key = SealKey::from_seed(&random.bytes()).public().expect("a key");
    let key = SecretKey::from_seed(&random.bytes()).public();
    let entropy = entropy(random);
    let (owner, view_key) = (random.bytes(), random.field());
    SealStatement::seal(GENESIS, GroupId(GROUP), owner, &sealing_key, &key, view_key, &entropy)
}

/// Entropy of a seal.
pub fn entropy(random: &mut Random) -> [u8; 64] {
    let mut entropy = [0; 64];
    entropy[..32].copy_from_slice(&random.bytes());
    entropy[32..].copy_from_slice(&random.bytes());
    entropy
}

/// A house in which everything is drawn, within its widths.
pub fn house(random: &mut Random) -> House {
    let mut house = House {
        key: random.field(),
        nonce: u64::from(random.word() as u32),
        insurance: Money(wide(random, CASH_BITS) as i128 - (1 << (CASH_BITS - 1))),
        fee_pool: Total(wide(random, FEE_POOL_BITS)),
        ..House::default()
    };
    for q in &mut house.positions {
        *q = Position(random.below(1 << 41) as i64 - (1 << 40));
    }
    for o in &mut house.open_interest {
        *o = random.below(1 << OPEN_INTEREST_BITS);
    }
    house
}

fn wide(random: &mut Random, bits: usize) -> u128 {
    let wide = (u128::from(random.word()) << 64) | u128::from(random.word());
    wide & ((1 << bits) - 1)
}

/// A re-key of a drawn house, its new key sealed to a sequencer's key.
pub fn house_rekey(random: &mut Random) -> (HouseRekeyStatement, HouseRekeyWitness) {
    let sealing_key = SealKey::from_seed(&random.bytes()).public().expect("a key");
    let (house, new_key) = (house(random), random.field());
    let entropy = entropy(random);
    HouseRekeyStatement::rekey(GENESIS, GroupId(GROUP), &sealing_key, house, new_key, &entropy).expect("the nonce fits")
}

/// The exit of an account at the world's table.
pub fn exit(world: &World, index: u32) -> ExitWitness {
    let mut tree = AccountTree::default();
    for (index, state) in world.state.accounts() {
        tree.set(index.get(), state.account.leaf());
    }
    ExitWitness {
        account: world
            .state
            .account(AccountIndex(index))
            .expect("the account is open")
            .account
            .clone(),
        path: tree.path(index),
        values: FinalValues::of(&world.table),
    }
}

/// The solvency of the world's first accounts at its table, as the first statement of a round or as its only one.
pub fn solvency(
    world: &World,
    random: &mut Random,
    shape: SolvencyShape,
    last: bool,
) -> (SolvencyStatement, SolvencyWitness) {
    let (state, first) = (&world.state, AccountIndex::ZERO);
    let account = |index| state.account(index).map(|state| &state.account);
    let opened = SolvencyWitness::open(shape, state.tree(), account, world.table.clone(), first);
    let mut witness = opened.expect("a subtree begins at 0");
    witness.blinding = random.field();
    if last {
        witness.house = state.house().clone();
    }
    let statement = witness.statement(shape, GENESIS, random.bytes(), first, last);
    (statement.expect("it holds"), witness)
}

/// The only statement of a solvency round whose shape is full: every leaf is an account that holds cash and 30
/// positions, so that no witness costs more to prove.
pub fn full_solvency(random: &mut Random, shape: SolvencyShape) -> (SolvencyStatement, SolvencyWitness) {
    let mut accounts = BTreeMap::new();
    let mut tree = AccountTree::default();
    for index in 0..shape.accounts() as u32 {
        let key = Key {
            x: random.field(),
            y: random.field(),
        };
        let mut account = Account::fresh(key, random.field());
        account.cash = Money(random.word().into());
        for q in account.positions.iter_mut().take(FULL_POSITIONS) {
            *q = Position(random.below(2_000) as i64 - 1_000);
        }
        tree.set(index, account.leaf());
        accounts.insert(AccountIndex(index), account);
    }
    // Of the rows, `table` makes two that do not trade.
    let table = table(FULL_POSITIONS - 2, 1, random);
    let first = AccountIndex::ZERO;
    let opened = SolvencyWitness::open(shape, &tree, |index| accounts.get(&index), table, first);
    let mut witness = opened.expect("a subtree begins at 0");
    witness.blinding = random.field();
    witness.house = House {
        key: random.field(),
        ..House::default()
    };
    let statement = witness.statement(shape, GENESIS, random.bytes(), first, true);
    (statement.expect("it holds"), witness)
}
