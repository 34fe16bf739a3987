//! Schnorr signatures (P-SCHNORR), the twin of `cloister_crypto::schnorr`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, CHALLENGE_BITS},
    schnorr::generator_affine,
};

use super::{
    bits::{alloc_bits, canonical_bits, canonical_bits_cost},
    boolean::Bit,
    choice::enforce_equal_if,
    jubjub::Point,
    montgomery::{add_fixed_base, multiply, FIXED_BASE_COST, MULTIPLY_COST},
    num::Num,
    poseidon2::{sponge, sponge_cost},
};
use crate::Fr;

/// Constraints of [`enforce_if`].
pub fn cost() -> usize {
    2 + CHALLENGE_BITS + MULTIPLY_COST + FIXED_BASE_COST + sponge_cost(5) + 1 + canonical_bits_cost(CHALLENGE_BITS)
}

/// A signature as the prover knows it; anything where the check is disabled.
#[derive(Clone, Copy, Debug)]
pub struct SignatureWitness {
    /// The challenge `c`.
    pub challenge: u128,
    /// The response `s`, little-endian.
    pub response: [u8; 32],
}

/// Proves, where `enabled` is one, that the prover knows a signature of `message` under `key`. [`cost`] constraints.
///
/// `key` must be in the prime-order subgroup and not the identity (B-OPEN proves it when an account is opened). Where
/// the check is disabled the point arithmetic runs on the generator and the hash is replaced by a number of the
/// prover's choice, so that every constraint can be met whatever the key is.
pub fn enforce_if<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    enabled: &Bit,
    key: &Point,
    message: &Num,
    signature: Option<SignatureWitness>,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let on = enabled.value();
    let witness = signature.zip(on).map(|(signature, on)| {
        if on {
            signature
        } else {
            SignatureWitness {
                challenge: 0,
                response: [0; 32],
            }
        }
    });
    let challenge_value = witness.map(|w| cloister_crypto::field::from_u128(w.challenge));
    let challenge = alloc_bits(&mut cs, "challenge", challenge_value, CHALLENGE_BITS)?;

    let usable = Point::select(
        &mut cs,
        "key or generator",
        enabled,
        key,
        &Point::constant(&generator_affine()),
    )?;
    let multiple = multiply(&mut cs, "challenge times key", &usable, &challenge)?;
    let response = witness.as_ref().map(|w| &w.response);
    let commitment = add_fixed_base(&mut cs, "response times generator", &multiple.negate(), response)?;

    let elements = [
        commitment.x,
        commitment.y,
        key.x.clone(),
        key.y.clone(),
        message.clone(),
    ];
    let hash = sponge(&mut cs, "hash", domain::SIG, &elements)?;
    let bound_value = hash
        .value()
        .zip(on)
        .map(|(hash, on)| if on { hash } else { Fr::zero() });
    let bound = Num::alloc(&mut cs, || "hash or anything", bound_value)?;
    enforce_equal_if(&mut cs, || "hash is bound", enabled, &bound, &hash);
    // The challenge must be the low half of the canonical encoding: with another one the prover could choose among
    // several challenges for the same commitment.
    canonical_bits(&mut cs, "challenge is the low half of the hash", &bound, &challenge)?;
    Ok(())
}
