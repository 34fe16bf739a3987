//! A verifying key that is made ready for many verifications.

use crate::{backend::Pure, error::VerifyError, key::VerifyingKey, proof::Proof, verify::input_sum};
use alloc::vec::Vec;
use bls12_381::{multi_miller_loop, pairing, G1Affine, G2Prepared, Gt, Scalar as Fr};

impl VerifyingKey {
    /// Computes once what every verification with [`Pure`] would compute again.
    pub fn prepare(&self) -> PreparedVerifyingKey {
        PreparedVerifyingKey {
            alpha_beta: pairing(&self.alpha_g1, &self.beta_g2),
            neg_gamma: G2Prepared::from(-self.gamma_g2),
            neg_delta: G2Prepared::from(-self.delta_g2),
            ic: self.ic.clone(),
        }
    }
}

/// A verifying key with its fixed pairings done, for native services that check many proofs with one key.
#[derive(Clone, Debug)]
pub struct PreparedVerifyingKey {
    alpha_beta: Gt,
    neg_gamma: G2Prepared,
    neg_delta: G2Prepared,
    ic: Vec<G1Affine>,
}

impl PreparedVerifyingKey {
    /// Checks a proof of the statement with these public inputs.
    ///
    /// # Errors
    /// [`VerifyError::WrongInputCount`], [`VerifyError::PairingCheckFailed`].
    pub fn verify(&self, inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
        let sum = input_sum::<Pure>(&self.ic, inputs)?;
        let b = G2Prepared::from(proof.b);
        let product = multi_miller_loop(&[(&proof.a, &b), (&sum, &self.neg_gamma), (&proof.c, &self.neg_delta)])
            .final_exponentiation();
        if product == self.alpha_beta {
            Ok(())
        } else {
            Err(VerifyError::PairingCheckFailed)
        }
    }
}
