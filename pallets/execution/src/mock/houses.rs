//! Real re-keys of houses with real proofs. They follow from the inputs, so that the same re-key is proven once.

use super::{prover::made_from, seals::sealing_key, HouseRekey, System, GROUP, HOUSE_KEY};
use cloister_circuits::statements::house_rekey::HouseRekeyCircuit;
use cloister_crypto::{field::to_bytes, seal::SealPublicKey, Fr};
use cloister_groth16::Prover;
use cloister_ledger::{House, HouseRekeyStatement, HouseRekeyWitness};
use cloister_types::GroupId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| made_from(6, HouseRekeyCircuit::blank()))
}

/// The verifying key.
pub fn key() -> Vec<u8> {
    prover().key().verifying_key()
}

/// Everything that a re-key is about.
#[derive(Clone)]
pub struct Scene {
    pub genesis: [u8; 32],
    pub group: u32,
    pub sealing_key: SealPublicKey,
    pub house: House,
}

impl Scene {
    /// On the mock chain with its genesis key.
    pub fn new(group: u32, house: House) -> Self {
        Self {
            genesis: System::block_hash(0).0,
            group,
            sealing_key: sealing_key(),
            house,
        }
    }

    /// A re-key to a key from a seed.
    pub fn rekey(&self, seed: u8) -> (HouseRekeyStatement, HouseRekeyWitness) {
        HouseRekeyStatement::rekey(
            self.genesis,
            GroupId(self.group),
            &self.sealing_key,
            self.house.clone(),
            Fr::from(u64::from(seed)),
            &[seed; 64],
        )
        .expect("the nonce fits")
    }

    /// The same, proven, and the house after.
    pub fn proven(&self, seed: u8) -> (HouseRekey, House) {
        let (statement, witness) = self.rekey(seed);
        let house = self.house.rekeyed(witness.new_key).expect("the nonce fits");
        (submission(&statement, prove(statement, witness)), house)
    }
}

/// The re-key of the genesis house that tests start with, and the house after.
pub fn first() -> (HouseRekey, House) {
    Scene::new(GROUP, House::default()).proven(1)
}

/// Proves a re-key.
pub fn prove(statement: HouseRekeyStatement, witness: HouseRekeyWitness) -> [u8; 192] {
    static MADE: Mutex<BTreeMap<[u8; 32], [u8; 192]>> = Mutex::new(BTreeMap::new());
    let input = to_bytes(&statement.hash());
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(proof) = made().get(&input) {
        return *proof;
    }
    let circuit = HouseRekeyCircuit::proving(statement, witness);
    let proof = prover().prove(circuit, ChaCha20Rng::seed_from_u64(5));
    let proof = proof.expect("the witness satisfies the circuit").0;
    made().insert(input, proof);
    proof
}

/// What a call carries of a re-key. Written out here: the pallet's tests do not lean on the code that sequencers use.
pub fn submission(statement: &HouseRekeyStatement, proof: [u8; 192]) -> HouseRekey {
    HouseRekey {
        key: HOUSE_KEY,
        old_house: to_bytes(&statement.old_house),
        new_house: to_bytes(&statement.new_house),
        sealed_key: statement.sealed().0,
        house_record: statement.record.ciphertext.map(|element| to_bytes(&element)),
        proof,
    }
}
