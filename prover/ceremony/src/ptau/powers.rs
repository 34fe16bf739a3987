//! Powers of tau, checked.

use crate::curve::{Curve, G1};
use cloister_groth16::{G1Affine, G2Affine};
use rayon::prelude::*;

/// The largest domain that the field has roots of unity for.
pub(crate) const MAX_LOG2: u32 = 32;

/// Powers of tau for one domain, checked.
///
/// The Lagrange polynomials are those of the domain that the prover uses: `L_i` is one at `w^i` and zero at the other
/// roots, with `w` as in the crate `bls12_381` (Y-ROOTS).
#[derive(Debug)]
pub struct Powers {
    pub(crate) log2: u32,
    /// `tau^i`, up to twice the domain's size less two.
    pub(crate) tau_g1: Vec<G1Affine>,
    pub(crate) alpha_g1: G1Affine,
    pub(crate) beta_g1: G1Affine,
    pub(crate) beta_g2: G2Affine,
    pub(crate) lagrange: Lagrange,
}

/// The Lagrange polynomials of a domain at tau.
#[derive(Debug)]
pub(crate) struct Lagrange {
    pub(crate) g1: Vec<G1Affine>,
    pub(crate) g2: Vec<G2Affine>,
    pub(crate) alpha_g1: Vec<G1Affine>,
    pub(crate) beta_g1: Vec<G1Affine>,
}

impl Powers {
    /// Base-two logarithm of the domain's size.
    pub fn log2(&self) -> u32 {
        self.log2
    }

    /// `tau^i · Z(tau)` for `i` below the domain's size less one, where `Z = X^n - 1`.
    pub(crate) fn vanishing(&self) -> Vec<G1Affine> {
        let n = 1usize << self.log2;
        let difference = |i: usize| {
            let high = G1::add_affine(&Default::default(), &self.tau_g1[i + n]);
            G1::add_affine(&high, &G1::negate(&self.tau_g1[i]))
        };
        let points: Vec<_> = (0..n - 1).into_par_iter().map(difference).collect();
        G1::to_affine(&points)
    }
}
