//! Verification of many proofs at once.
//!
//! Every proof `i` claims that a product of pairings `E_i` is one (C-VERIFIER). With coefficients `r_i`, `Π E_i^{r_i}`
//! is one if all are; and what the proofs share can be summed before anything is paired: proofs of one key share their
//! `alpha`, `gamma` and `delta`. So `n` proofs under `k` keys cost `n + 3k` Miller loops and one final exponentiation.
//!
//! A wrong proof must not cancel another. All `E_i` are in a group of prime order, so for any wrong proofs at most one
//! value of a coefficient in 2^128 makes the product one. The coefficients come from a hash of all keys, inputs and
//! proofs: whoever changes a bit of one proof gets other coefficients for all. The first coefficient is 1, because a
//! common factor of all changes nothing.

use crate::{
    backend::Backend,
    error::VerifyError,
    key::VerifyingKey,
    proof::Proof,
    verify::{check_count, verify_with, DefaultBackend},
};
use alloc::vec::Vec;
use blake2::{Blake2b512, Digest};
use bls12_381::{G1Affine, G2Affine, Scalar as Fr};

/// The domain of the hash that the coefficients come from.
const DOMAIN: &[u8] = b"cloister verification of many proofs v1";

/// A proof with the key and the public inputs it is verified with.
pub type Item<'a> = (&'a VerifyingKey, &'a [Fr], &'a Proof);

/// Checks proofs of several statements together, with [`DefaultBackend`]: accepts if [`crate::verify`] accepts each.
/// The order of the proofs makes no difference. No proofs at all are good.
///
/// Proofs that do not all hold are accepted with a probability of 2^-128 for every set of proofs that is tried.
///
/// # Errors
/// [`VerifyError::WrongInputCount`] of the first item with another number of inputs than its key's;
/// [`VerifyError::PairingCheckFailed`] if not all hold (which one does not, [`crate::verify`] tells);
/// [`VerifyError::HostCall`].
pub fn verify_many(items: &[Item<'_>]) -> Result<(), VerifyError> {
    verify_many_with::<DefaultBackend>(items)
}

/// [`verify_many`] with a backend of the caller's choice.
///
/// # Errors
/// As [`verify_many`].
pub fn verify_many_with<B: Backend>(items: &[Item<'_>]) -> Result<(), VerifyError> {
    match items {
        [] => return Ok(()),
        [(key, inputs, proof)] => return verify_with::<B>(key, inputs, proof),
        _ => {}
    }
    for (key, inputs, _) in items {
        check_count(&key.ic, inputs)?;
    }
    let groups = Group::all(items);
    let coefficients = coefficients(items, &groups);
    let mut pairs = Vec::with_capacity(items.len() + 3 * groups.len());
    for ((_, _, proof), r) in items.iter().zip(&coefficients) {
        pairs.push((B::linear_combination(&[proof.a], &[*r])?, proof.b));
    }
    for group in &groups {
        group.pair::<B>(items, &coefficients, &mut pairs)?;
    }
    if B::pairing_product_is_one(&pairs)? {
        Ok(())
    } else {
        Err(VerifyError::PairingCheckFailed)
    }
}

/// The items of one key.
struct Group<'a> {
    key: &'a VerifyingKey,
    members: Vec<usize>,
}

impl<'a> Group<'a> {
    /// Groups items by their keys, in the order in which the keys appear.
    fn all(items: &[Item<'a>]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (i, (key, _, _)) in items.iter().enumerate() {
            let same = |group: &&mut Self| core::ptr::eq(group.key, *key) || group.key == *key;
            match groups.iter_mut().find(same) {
                Some(group) => group.members.push(i),
                None => groups.push(Self {
                    key,
                    members: alloc::vec![i],
                }),
            }
        }
        groups
    }

    /// Adds what the items share: `(-Σ r_i · alpha, beta)`, `(-Σ r_i · sum_i, gamma)`, `(-Σ r_i · C_i, delta)`, where
    /// `sum_i` is the sum of the inputs' points.
    fn pair<B: Backend>(
        &self,
        items: &[Item<'_>],
        coefficients: &[Fr],
        pairs: &mut Vec<(G1Affine, G2Affine)>,
    ) -> Result<(), VerifyError> {
        let mut input_scalars = alloc::vec![Fr::zero(); self.key.ic.len()];
        let (mut c, mut scalars) = (Vec::new(), Vec::new());
        let mine = self
            .members
            .iter()
            .filter_map(|i| items.get(*i).zip(coefficients.get(*i)));
        for ((_, inputs, proof), r) in mine {
            let with_constant = core::iter::once(*r).chain(inputs.iter().map(|x| r * x));
            for (sum, term) in input_scalars.iter_mut().zip(with_constant) {
                *sum += term;
            }
            c.push(proof.c);
            scalars.push(*r);
        }
        // The constant's scalar is the sum of the coefficients.
        let total = input_scalars.first().copied().unwrap_or_default();
        pairs.push((
            -B::linear_combination(&[self.key.alpha_g1], &[total])?,
            self.key.beta_g2,
        ));
        pairs.push((-B::linear_combination(&self.key.ic, &input_scalars)?, self.key.gamma_g2));
        pairs.push((-B::linear_combination(&c, &scalars)?, self.key.delta_g2));
        Ok(())
    }
}

/// A coefficient below 2^128 for each item, the first 1.
///
/// `seed = H(DOMAIN ‖ 0 ‖ n ‖ for each item: H(key) ‖ number of inputs ‖ inputs ‖ proof)`, and coefficient `i` is the
/// first 16 bytes of `H(DOMAIN ‖ 1 ‖ seed ‖ i)`; H is BLAKE2b of 64 bytes, numbers are `u64` and all is little-endian.
fn coefficients(items: &[Item<'_>], groups: &[Group<'_>]) -> Vec<Fr> {
    let mut keys = alloc::vec![Default::default(); items.len()];
    for group in groups {
        let hash = Blake2b512::digest(group.key.to_bytes());
        for i in &group.members {
            if let Some(key) = keys.get_mut(*i) {
                *key = hash;
            }
        }
    }
    let mut transcript = Blake2b512::new()
        .chain_update(DOMAIN)
        .chain_update([0])
        .chain_update((items.len() as u64).to_le_bytes());
    for ((_, inputs, proof), key) in items.iter().zip(&keys) {
        transcript.update(key);
        transcript.update((inputs.len() as u64).to_le_bytes());
        inputs.iter().for_each(|input| transcript.update(input.to_bytes()));
        transcript.update(proof.to_bytes());
    }
    let seed = transcript.finalize();
    let coefficient = |i: u64| {
        let hash = Blake2b512::new()
            .chain_update(DOMAIN)
            .chain_update([1])
            .chain_update(seed)
            .chain_update(i.to_le_bytes())
            .finalize();
        let half = |from: usize| {
            hash.iter()
                .skip(from)
                .take(8)
                .rev()
                .fold(0, |n: u64, b| n << 8 | u64::from(*b))
        };
        Fr::from_raw([half(0), half(8), 0, 0])
    };
    core::iter::once(Fr::one())
        .chain((1..items.len() as u64).map(coefficient))
        .collect()
}

#[cfg(test)]
mod tests;
