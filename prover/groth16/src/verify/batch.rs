//! Verification of many proofs under one key.
//!
//! With coefficients `z_i`, all proofs hold if `Π e(z_i · A_i, B_i) · e(-Σ z_i · alpha, beta) · e(-Σ z_i · inputs_i,
//! gamma) · e(-Σ z_i · C_i, delta) = 1`, which is one Miller loop a proof, three more, and one final exponentiation.
//! Proofs that do not hold pass with a probability of `2^-128` if the coefficients are random and independent of them:
//! they are drawn from a hash of the key, all proofs and all inputs.

use super::{check_count, verify_once, Proof, ProofPoints, SCALAR_BITS};
use crate::{
    pairing::{Curve, DefaultCurve},
    parallel::{current_num_threads, join, prelude::*},
    G1Affine, VerifyError, VerifyingKey,
};
use blake2::{Blake2b512, Digest};
use bls12_381::Scalar;

const DOMAIN: &[u8] = b"cloister groth16 batch verification v1";
const COEFFICIENT_BITS: usize = 128;

/// Miller loops that share their squarings; as many as `blst` takes at once.
const SHARED: usize = 16;

/// Verifies proofs of one circuit together, on all cores; an empty batch is good.
///
/// # Errors
/// [`VerifyError::Batch`] with the first bad proof and what is wrong with it.
pub fn verify_batch(vk: &VerifyingKey, items: &[(Proof, Vec<Scalar>)]) -> Result<(), VerifyError> {
    verify_batch_with::<DefaultCurve>(vk, items)
}

/// See [`verify_batch`].
pub(super) fn verify_batch_with<C: Curve>(
    vk: &VerifyingKey,
    items: &[(Proof, Vec<Scalar>)],
) -> Result<(), VerifyError> {
    if holds::<C>(vk, items) {
        return Ok(());
    }
    // One by one, the verdict of each is exact, so this is the verdict of the batch.
    let first_bad = items
        .par_iter()
        .enumerate()
        .find_map_first(|(index, (proof, inputs))| Some((index, verify_once::<C>(vk, proof, inputs).err()?)));
    match first_bad {
        Some((index, error)) => Err(VerifyError::Batch {
            index,
            error: Box::new(error),
        }),
        None => Ok(()),
    }
}

/// One coefficient per proof, never zero.
fn coefficients(vk: &VerifyingKey, items: &[(Proof, Vec<Scalar>)]) -> Vec<u128> {
    let mut transcript = Blake2b512::new();
    transcript.update(DOMAIN);
    transcript.update(vk.to_bytes());
    transcript.update((items.len() as u64).to_le_bytes());
    for (proof, inputs) in items {
        transcript.update(proof.0);
        transcript.update((inputs.len() as u64).to_le_bytes());
        for input in inputs {
            transcript.update(input.to_bytes());
        }
    }
    let seed = transcript.finalize();
    (0..items.len() as u64)
        .map(|index| {
            let hash = Blake2b512::new()
                .chain_update(DOMAIN)
                .chain_update(seed)
                .chain_update(index.to_le_bytes())
                .finalize();
            let mut bytes = [0; COEFFICIENT_BITS / 8];
            bytes.copy_from_slice(&hash[..COEFFICIENT_BITS / 8]);
            // Zero would leave its proof out.
            u128::from_le_bytes(bytes).max(1)
        })
        .collect()
}

/// Σ of the coefficients' scalar, and Σ of coefficient times input for each input.
fn fold_inputs(vk: &VerifyingKey, items: &[(Proof, Vec<Scalar>)], coefficients: &[u128]) -> Vec<Scalar> {
    let mut folded = vec![Scalar::zero(); vk.ic.len()];
    for ((_, inputs), z) in items.iter().zip(coefficients) {
        let z = Scalar::from_raw([*z as u64, (*z >> 64) as u64, 0, 0]);
        let with_one = std::iter::once(&z).copied().chain(inputs.iter().map(|x| z * x));
        for (sum, term) in folded.iter_mut().zip(with_one) {
            *sum += term;
        }
    }
    folded
}

fn holds<C: Curve>(vk: &VerifyingKey, items: &[(Proof, Vec<Scalar>)]) -> bool {
    if items.iter().any(|(_, inputs)| check_count(vk, inputs).is_err()) {
        return false;
    }
    let Ok(points) = items
        .par_iter()
        .map(|(proof, _)| proof.decode::<C>())
        .collect::<Result<Vec<ProofPoints>, _>>()
    else {
        return false;
    };
    if points.is_empty() {
        return true;
    }
    let coefficients = coefficients(vk, items);
    let scalars: Vec<_> = coefficients.iter().map(|z| z.to_le_bytes()).collect();
    let shared = points.len().div_ceil(current_num_threads()).clamp(1, SHARED);
    let of_proofs = || {
        points
            .par_chunks(shared)
            .zip(scalars.par_chunks(shared))
            .map(|(points, scalars)| {
                let pairs: Vec<_> = points
                    .iter()
                    .zip(scalars)
                    .map(|(p, z)| (C::multiply(&p.a, z, COEFFICIENT_BITS), p.b))
                    .collect();
                C::miller(&pairs)
            })
            .reduce(C::Miller::default, C::join)
    };
    let of_key = || {
        let folded = fold_inputs(vk, items, &coefficients);
        let alpha = C::multiply(&vk.alpha_g1, &folded[0].to_bytes(), SCALAR_BITS);
        let folded: Vec<_> = folded.iter().map(Scalar::to_bytes).collect();
        let inputs = C::sum_of_products(&vk.ic, &folded, SCALAR_BITS);
        let c: Vec<G1Affine> = points.iter().map(|p| p.c).collect();
        let c = C::sum_of_products(&c, &scalars, COEFFICIENT_BITS);
        C::miller(&[
            (C::negate(alpha), vk.beta_g2),
            (C::negate(inputs), vk.gamma_g2),
            (C::negate(c), vk.delta_g2),
        ])
    };
    let (of_proofs, of_key) = join(of_proofs, of_key);
    C::target(&C::join(of_proofs, of_key)) == C::Target::default()
}
