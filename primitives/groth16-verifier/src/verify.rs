//! The verification equation.

use crate::{backend::Backend, error::VerifyError, key::VerifyingKey, proof::Proof};
use alloc::vec::Vec;
use bls12_381::{G1Affine, Scalar as Fr};

/// The backend of [`verify`].
#[cfg(feature = "host")]
pub type DefaultBackend = crate::host::HostCalls;
/// The backend of [`verify`].
#[cfg(not(feature = "host"))]
pub type DefaultBackend = crate::backend::Pure;

/// Checks that there is an input for each point but the constant's.
pub(crate) fn check_count(ic: &[G1Affine], inputs: &[Fr]) -> Result<(), VerifyError> {
    let expected = ic.len().saturating_sub(1);
    if ic.is_empty() || expected != inputs.len() {
        return Err(VerifyError::WrongInputCount {
            expected,
            given: inputs.len(),
        });
    }
    Ok(())
}

/// `ic_0 + Σ x_i · ic_{i+1}`.
pub(crate) fn input_sum<B: Backend>(ic: &[G1Affine], inputs: &[Fr]) -> Result<G1Affine, VerifyError> {
    check_count(ic, inputs)?;
    let scalars: Vec<Fr> = core::iter::once(Fr::one()).chain(inputs.iter().copied()).collect();
    B::linear_combination(ic, &scalars)
}

/// Checks a proof of the statement with these public inputs, with [`DefaultBackend`].
///
/// # Errors
/// [`VerifyError::WrongInputCount`], [`VerifyError::PairingCheckFailed`], [`VerifyError::HostCall`].
pub fn verify(key: &VerifyingKey, inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
    verify_with::<DefaultBackend>(key, inputs, proof)
}

/// [`verify`] with a backend of the caller's choice.
///
/// # Errors
/// As [`verify`].
pub fn verify_with<B: Backend>(key: &VerifyingKey, inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
    let sum = input_sum::<B>(&key.ic, inputs)?;
    // e(A, B) = e(alpha, beta) · e(sum, gamma) · e(C, delta), with everything on one side: one final exponentiation.
    let pairs = [
        (proof.a, proof.b),
        (-key.alpha_g1, key.beta_g2),
        (-sum, key.gamma_g2),
        (-proof.c, key.delta_g2),
    ];
    if B::pairing_product_is_one(&pairs)? {
        Ok(())
    } else {
        Err(VerifyError::PairingCheckFailed)
    }
}
