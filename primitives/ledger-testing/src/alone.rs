//! What is proven beside the batches: a seal, an exit, solvency.

use crate::{
    chain::{GENESIS, GROUP},
    random::Random,
    world::World,
};
use cloister_crypto::{schnorr::SecretKey, seal::SealKey};
use cloister_ledger::{
    AccountTree, ExitWitness, FinalValues, SealStatement, SealWitness, SolvencyShape, SolvencyStatement,
    SolvencyWitness,
};
use cloister_types::{AccountIndex, GroupId};

/// A view key sealed to a sequencer's key; owner, keys and entropy are drawn.
pub fn seal(random: &mut Random) -> (SealStatement, SealWitness) {
    let sealing_key = SealKey::from_seed(&random.bytes()).public().expect("a key");
    let key = SecretKey::from_seed(&random.bytes()).public();
    let mut entropy = [0; 64];
    entropy[..32].copy_from_slice(&random.bytes());
    entropy[32..].copy_from_slice(&random.bytes());
    let (owner, view_key) = (random.bytes(), random.field());
    SealStatement::seal(GENESIS, GroupId(GROUP), owner, &sealing_key, &key, view_key, &entropy)
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
