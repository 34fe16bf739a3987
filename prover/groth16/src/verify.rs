//! Verification: what the chain does (C-VERIFIER), natively.

mod batch;
mod proof;

pub use batch::verify_batch;
pub use proof::{Proof, ProofPoints, PROOF_LENGTH};

use crate::{
    pairing::{Curve, DefaultCurve},
    G1Affine, G2Affine, VerifyError, VerifyingKey,
};
use bls12_381::Scalar;

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;

/// A verifying key with its fixed pairing done, for whoever checks many proofs with one key.
///
/// Only `e(alpha, beta)` is precomputed. Precomputed lines of `gamma` and `delta` do not pay: `blst` runs a Miller loop
/// over lines alone, and its squarings cost more than computing the lines in a loop that shares them (470 against 454
/// µs).
#[derive(Clone, Debug)]
pub struct PreparedVerifyingKey {
    vk: VerifyingKey,
    alpha_beta: <DefaultCurve as Curve>::Target,
}

fn check_count(vk: &VerifyingKey, inputs: &[Scalar]) -> Result<(), VerifyError> {
    if vk.inputs() == inputs.len() && !vk.ic.is_empty() {
        Ok(())
    } else {
        Err(VerifyError::InputCount {
            expected: vk.inputs(),
            given: inputs.len(),
        })
    }
}

/// `ic_0 + Σ x_i · ic_{i+1}`.
fn input_sum<C: Curve>(ic: &[G1Affine], inputs: &[Scalar]) -> G1Affine {
    let Some((constant, ic)) = ic.split_first() else {
        return G1Affine::default();
    };
    let scalars: Vec<_> = inputs.iter().map(Scalar::to_bytes).collect();
    C::add(&C::sum_of_products(ic, &scalars, SCALAR_BITS), constant)
}

/// `e(A, B) · e(-inputs, gamma) · e(-C, delta)`, times the pairing of one more pair.
fn product<C: Curve>(
    vk: &VerifyingKey,
    proof: &ProofPoints,
    inputs: &[Scalar],
    more: Option<(G1Affine, G2Affine)>,
) -> C::Target {
    let mut pairs = vec![
        (proof.a, proof.b),
        (C::negate(input_sum::<C>(&vk.ic, inputs)), vk.gamma_g2),
        (C::negate(proof.c), vk.delta_g2),
    ];
    pairs.extend(more);
    C::target(&C::miller(&pairs))
}

impl PreparedVerifyingKey {
    /// Computes once what every verification would compute again.
    pub fn new(vk: &VerifyingKey) -> Self {
        Self {
            vk: vk.clone(),
            alpha_beta: DefaultCurve::target(&DefaultCurve::miller(&[(vk.alpha_g1, vk.beta_g2)])),
        }
    }

    /// The key.
    pub fn vk(&self) -> &VerifyingKey {
        &self.vk
    }

    /// Verifies one proof.
    ///
    /// # Errors
    /// [`VerifyError::InputCount`], [`VerifyError::Proof`], [`VerifyError::NotSatisfied`].
    pub fn verify(&self, proof: &Proof, inputs: &[Scalar]) -> Result<(), VerifyError> {
        check_count(&self.vk, inputs)?;
        if product::<DefaultCurve>(&self.vk, &proof.points()?, inputs, None) == self.alpha_beta {
            Ok(())
        } else {
            Err(VerifyError::NotSatisfied)
        }
    }
}

impl VerifyingKey {
    /// Computes once what every verification would compute again.
    pub fn prepare(&self) -> PreparedVerifyingKey {
        PreparedVerifyingKey::new(self)
    }

    /// Verifies one proof. Whoever verifies many with one key calls [`VerifyingKey::prepare`] once.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, proof: &Proof, inputs: &[Scalar]) -> Result<(), VerifyError> {
        verify_once::<DefaultCurve>(self, proof, inputs)
    }
}

/// Verifies one proof with a key that is not prepared: one more Miller loop instead of a whole pairing.
fn verify_once<C: Curve>(vk: &VerifyingKey, proof: &Proof, inputs: &[Scalar]) -> Result<(), VerifyError> {
    check_count(vk, inputs)?;
    let alpha_beta = (C::negate(vk.alpha_g1), vk.beta_g2);
    if product::<C>(vk, &proof.decode::<C>()?, inputs, Some(alpha_beta)) == C::Target::default() {
        Ok(())
    } else {
        Err(VerifyError::NotSatisfied)
    }
}

/// Public inputs from their canonical little-endian bytes.
///
/// # Errors
/// [`VerifyError::InputRange`] with the first that is not below the order of the field.
pub fn inputs_from_bytes(inputs: &[[u8; 32]]) -> Result<Vec<Scalar>, VerifyError> {
    inputs
        .iter()
        .enumerate()
        .map(|(index, bytes)| Option::from(Scalar::from_bytes(bytes)).ok_or(VerifyError::InputRange { index }))
        .collect()
}
