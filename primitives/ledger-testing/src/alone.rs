//! What a trader proves alone: a seal, an exit.

use crate::{
    chain::{GENESIS, GROUP},
    random::Random,
    world::World,
};
use cloister_crypto::{schnorr::SecretKey, seal::SealKey};
use cloister_ledger::{AccountTree, ExitWitness, FinalValues, SealStatement, SealWitness};
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
