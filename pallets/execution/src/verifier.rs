//! Verification of a proof outside a batch, for the runtime API.

use crate::types::Field;
use alloc::vec::Vec;
use cloister_crypto::{field::from_bytes, Fr};
use cloister_groth16_verifier::{verify_with, Proof, Pure, VerifyError, VerifyingKey, PROOF_BYTES};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Maximum number of verifications per call: anyone may call, and a node must not be held up by it.
pub const MAX_TIMES: u32 = 32;

/// Who does the curve arithmetic of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Arithmetic {
    /// `bls12_381`, compiled into the runtime.
    Pure,
    /// What `submit_batch` uses: the node's host calls where the runtime was built with them, else as above.
    Default,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Refusal {
    /// The verifying key is malformed.
    Key,
    /// An input is not a canonical field element, or their number is not the key's.
    Inputs,
    /// The proof has the wrong length, or a point of it is malformed.
    Proof,
    /// The pairing check failed.
    Invalid,
    /// The node's arithmetic refused.
    Unavailable,
    /// More than [`MAX_TIMES`] verifications were asked for.
    TooOften,
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Proof { .. } => Self::Proof,
            VerifyError::WrongInputCount { .. } => Self::Inputs,
            VerifyError::PairingCheckFailed => Self::Invalid,
            VerifyError::HostCall => Self::Unavailable,
        }
    }
}

/// Parses and verifies a proof `times` over, parsing included, as `submit_batch` does once.
///
/// # Errors
/// [`Refusal`].
pub fn verify_proof(
    arithmetic: Arithmetic,
    key: &[u8],
    inputs: &[Field],
    proof: &[u8],
    times: u32,
) -> Result<(), Refusal> {
    if times > MAX_TIMES {
        return Err(Refusal::TooOften);
    }
    let inputs: Vec<Fr> = inputs
        .iter()
        .map(from_bytes)
        .collect::<Result<_, _>>()
        .map_err(|_| Refusal::Inputs)?;
    let proof: &[u8; PROOF_BYTES] = proof.try_into().map_err(|_| Refusal::Proof)?;
    // The key's own points are checked once, when it is set; here the key is the caller's.
    VerifyingKey::from_bytes(key).map_err(|_| Refusal::Key)?;
    for _ in 0..times {
        let key = VerifyingKey::from_checked_bytes(key).map_err(|_| Refusal::Key)?;
        let proof = Proof::from_bytes(proof)?;
        match arithmetic {
            Arithmetic::Pure => verify_with::<Pure>(&key, &inputs, &proof)?,
            Arithmetic::Default => cloister_groth16_verifier::verify(&key, &inputs, &proof)?,
        }
    }
    Ok(())
}
