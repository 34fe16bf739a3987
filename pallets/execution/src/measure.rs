//! What the parts of a settlement cost, measured inside the runtime. Only with the feature `measure`, which no chain's
//! runtime has: whoever may call a node could have it work for nothing.

use crate::types::Field;
use alloc::{vec, vec::Vec};
use cloister_crypto::{
    constants::{HOUSE_RECORD, POSEIDON2_RATE, POSEIDON2_WIDTH},
    field::from_bytes,
    poseidon2::permute_here,
    Fr,
};
use cloister_groth16_verifier::{
    verify_many_with, verify_with, Backend, DefaultBackend, Item, Proof, Pure, VerifyError, VerifyingKey, PROOF_BYTES,
};
use cloister_ledger::{Doors, HouseRecord, RecordKind, Statement, UnitRecord};
use cloister_settlement::batch::CIPHERTEXT_FIXED;
use cloister_types::{AccountIndex, Amount, GroupId};
use codec::{Decode, Encode};
use polkadot_sdk::sp_api;
use scale_info::TypeInfo;

/// Who computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Arithmetic {
    /// The crates `bls12_381` and `cloister-crypto`, compiled into the runtime.
    Pure,
    /// What the pallet uses: the node where the runtime was built so, else as above.
    Default,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Work {
    /// Reads a key of the chain's storage and proofs, and verifies one after the other.
    Verify(Proofs),
    /// The same, but all at once.
    VerifyMany(Proofs),
    /// Puts together and hashes the statement of a batch of this shape.
    Hash {
        /// Number of units.
        units: u16,
        /// Places of a unit.
        places: u16,
    },
}

/// Proofs of one key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Proofs {
    /// The key's bytes; they have been checked.
    pub key: Vec<u8>,
    /// Each proof with its one public input.
    pub proofs: Vec<(Field, Vec<u8>)>,
}

/// Why nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Refusal {
    /// The verifying key is malformed.
    Key,
    /// An input is not a canonical field element.
    Input,
    /// A proof has the wrong length.
    Length,
    /// A proof does not hold.
    Proof,
}

sp_api::decl_runtime_apis! {
    /// For the bench `chain` of the node.
    pub trait MeasureApi {
        /// Does the work `times` over.
        fn measure(arithmetic: Arithmetic, work: Work, times: u32) -> Result<(), Refusal>;
    }
}

impl From<VerifyError> for Refusal {
    fn from(_: VerifyError) -> Self {
        Self::Proof
    }
}

/// Does the work `times` over.
///
/// # Errors
/// [`Refusal`].
pub fn measure(arithmetic: Arithmetic, work: &Work, times: u32) -> Result<(), Refusal> {
    (0..times).try_for_each(|_| match (work, arithmetic) {
        (Work::Verify(proofs), Arithmetic::Pure) => one_by_one::<Pure>(proofs),
        (Work::Verify(proofs), Arithmetic::Default) => one_by_one::<DefaultBackend>(proofs),
        (Work::VerifyMany(proofs), Arithmetic::Pure) => at_once::<Pure>(proofs),
        (Work::VerifyMany(proofs), Arithmetic::Default) => at_once::<DefaultBackend>(proofs),
        (Work::Hash { units, places }, arithmetic) => {
            hash(arithmetic, *units, *places);
            Ok(())
        }
    })
}

fn read<B: Backend>(proofs: &Proofs) -> Result<(VerifyingKey, Vec<([Fr; 1], Proof)>), Refusal> {
    let key = VerifyingKey::from_checked_bytes(&proofs.key).map_err(|_| Refusal::Key)?;
    let read = |(input, proof): &(Field, Vec<u8>)| {
        let input = from_bytes(input).map_err(|_| Refusal::Input)?;
        let proof: &[u8; PROOF_BYTES] = proof.as_slice().try_into().map_err(|_| Refusal::Length)?;
        Ok(([input], Proof::from_bytes_with::<B>(proof)?))
    };
    Ok((key, proofs.proofs.iter().map(read).collect::<Result<_, Refusal>>()?))
}

fn one_by_one<B: Backend>(proofs: &Proofs) -> Result<(), Refusal> {
    let (key, proofs) = read::<B>(proofs)?;
    for (inputs, proof) in &proofs {
        verify_with::<B>(&key, inputs, proof)?;
    }
    Ok(())
}

fn at_once<B: Backend>(proofs: &Proofs) -> Result<(), Refusal> {
    let (key, proofs) = read::<B>(proofs)?;
    let items: Vec<Item<'_>> = proofs.iter().map(|(inputs, p)| (&key, inputs.as_slice(), p)).collect();
    Ok(verify_many_with::<B>(&items)?)
}

/// The statement of a batch in which every unit is updated.
fn statement(units: u16, places: u16) -> Statement {
    let element = Fr::from(7);
    Statement {
        genesis: [1; 32],
        group: GroupId(1),
        batch_no: 1,
        time: 1,
        payee: [2; 32],
        salt: element,
        old_root: element,
        new_root: element,
        old_house: element,
        new_house: element,
        risk_hash: element,
        sweep: Amount(1),
        doors: Doors::default(),
        insurance_out: Amount(1),
        empty_mask: 0,
        units: (0..u32::from(units))
            .map(|index| UnitRecord {
                index: AccountIndex(index),
                kind: RecordKind::Update,
                deposit: Amount(1),
                withdrawal: Amount(1),
                new_leaf: element,
                ciphertext: vec![element; (CIPHERTEXT_FIXED as usize).saturating_add(usize::from(places))],
            })
            .collect(),
        house: HouseRecord {
            ciphertext: [element; HOUSE_RECORD],
        },
    }
}

fn hash(arithmetic: Arithmetic, units: u16, places: u16) -> Fr {
    let statement = statement(units, places);
    if arithmetic == Arithmetic::Default {
        return core::hint::black_box(statement.hash());
    }
    // As many permutations as the hash has.
    let mut state = [Fr::zero(); POSEIDON2_WIDTH];
    for chunk in statement.elements().chunks(POSEIDON2_RATE) {
        for (x, element) in state.iter_mut().zip(chunk) {
            *x += element;
        }
        permute_here(&mut state);
    }
    core::hint::black_box(state[0])
}
