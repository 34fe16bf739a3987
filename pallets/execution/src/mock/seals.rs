//! Real seals with real proofs of the seal statement. Both follow from the inputs, so that the same open is proven
//! once.

use super::{prover::made_from, AccountId32, OpenKeys, System};
use cloister_circuits::statements::seal::SealCircuit;
use cloister_crypto::{
    field::to_bytes,
    schnorr::SecretKey,
    seal::{SealKey, SealPublicKey},
    Fr,
};
use cloister_groth16::Prover;
use cloister_ledger::{SealStatement, SealWitness};
use cloister_types::GroupId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| made_from(4, SealCircuit::blank()))
}

/// The verifying key.
pub fn key() -> Vec<u8> {
    prover().key().verifying_key()
}

/// The sequencers' sealing key at genesis.
pub fn sealing_key() -> SealPublicKey {
    sealing_key_of(77)
}

/// A sealing key from a seed.
pub fn sealing_key_of(seed: u8) -> SealPublicKey {
    SealKey::from_seed(&[seed; 32]).public().expect("the seed gives a key")
}

/// Everything that a seal is about.
#[derive(Clone)]
pub struct Scene {
    pub genesis: [u8; 32],
    pub group: u32,
    pub owner: AccountId32,
    pub sealing_key: SealPublicKey,
}

impl Scene {
    /// On the mock chain with its genesis key.
    pub fn new(group: u32, owner: &AccountId32) -> Self {
        Self {
            genesis: System::block_hash(0).0,
            group,
            owner: owner.clone(),
            sealing_key: sealing_key(),
        }
    }

    /// A seal of keys from a seed.
    pub fn seal(&self, seed: u8) -> (SealStatement, SealWitness) {
        SealStatement::seal(
            self.genesis,
            GroupId(self.group),
            self.owner.clone().into(),
            &self.sealing_key,
            &SecretKey::from_seed(&[seed; 32]).public(),
            Fr::from(u64::from(seed)),
            &[seed; 64],
        )
    }

    /// The proof of that seal.
    pub fn proof(&self, seed: u8) -> [u8; 192] {
        let (statement, witness) = self.seal(seed);
        prove(statement, witness)
    }
}

/// Proves a seal.
pub fn prove(statement: SealStatement, witness: SealWitness) -> [u8; 192] {
    static MADE: Mutex<BTreeMap<[u8; 32], [u8; 192]>> = Mutex::new(BTreeMap::new());
    let input = to_bytes(&statement.hash());
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(proof) = made().get(&input) {
        return *proof;
    }
    let circuit = SealCircuit::proving(statement, witness);
    let proof = prover().prove(circuit, ChaCha20Rng::seed_from_u64(5));
    let proof = proof.expect("the witness satisfies the circuit").0;
    made().insert(input, proof);
    proof
}

/// What an open carries of a seal. Written out here: the pallet's tests do not lean on the code that clients use.
pub fn keys_of(statement: &SealStatement) -> OpenKeys {
    OpenKeys {
        pk_x: to_bytes(&statement.key.x),
        pk_y: to_bytes(&statement.key.y),
        view_commitment: to_bytes(&statement.view_commitment),
        sealed_view_key: statement.sealed().0,
    }
}

/// Keys of an open, from a seed.
pub fn keys(group: u32, who: &AccountId32, seed: u8) -> OpenKeys {
    keys_of(&Scene::new(group, who).seal(seed).0)
}

/// Keys of an open, from a seed, with the proof of their seal.
pub fn proven(group: u32, who: &AccountId32, seed: u8) -> (OpenKeys, [u8; 192]) {
    let (statement, witness) = Scene::new(group, who).seal(seed);
    (keys_of(&statement), prove(statement, witness))
}
