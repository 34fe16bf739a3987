//! Powers of tau: what the ceremony takes from a file of snarkjs (Y-POWERS).

mod check;
mod error;
mod file;
mod roots;

pub use error::{Faulty, PowersError, Section};
#[cfg(feature = "testing")]
pub(crate) use {file::PRIME, roots::snarkjs_root};

use crate::{curve::G1, progress::Step, CeremonyError};
use cloister_groth16::{G1Affine, G2Affine};
use file::PowersFile;
use rayon::prelude::*;
use std::path::Path;

/// The largest domain that the field has roots of unity for.
pub(crate) const MAX_LOG2: u32 = 32;

/// Powers of tau for one domain, checked.
///
/// The Lagrange polynomials are those of the domain that the prover uses: `L_i` is one at `w^i` and zero at the other roots,
/// with `w` as in the crate `bls12_381` (Y-ROOTS).
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
    /// Reads the powers for a domain of `2^log2` (2 at least) from a file of snarkjs, prepared for phase 2, and checks them (Y-POWERS).
    ///
    /// # Errors
    /// [`CeremonyError::Powers`] with the section that is wrong; [`CeremonyError::Randomness`].
    pub fn read(path: &Path, log2: u32, progress: &dyn Fn(Step)) -> Result<Self, CeremonyError> {
        let found = |error| CeremonyError::Powers {
            path: path.into(),
            error,
        };
        progress(Step::ReadingPowers);
        let mut file = PowersFile::open(path).map_err(found)?;
        // One power at least, so that tau itself is there to be checked against.
        let raw = file.read(log2.max(1)).map_err(found)?;
        progress(Step::CheckingPoints(raw.points()));
        raw.check_points().map_err(found)?;
        progress(Step::CheckingPowers);
        raw.check_ratios(&crate::coefficients::random()?).map_err(found)?;
        Ok(raw.into_powers())
    }

    /// Base-two logarithm of the domain's size.
    pub fn log2(&self) -> u32 {
        self.log2
    }

    /// `tau^i · Z(tau)` for `i` below the domain's size less one, where `Z = X^n - 1`.
    pub(crate) fn vanishing(&self) -> Vec<G1Affine> {
        use crate::curve::Curve;
        let n = 1usize << self.log2;
        let difference = |i: usize| {
            let high = G1::add_affine(&Default::default(), &self.tau_g1[i + n]);
            G1::add_affine(&high, &G1::negate(&self.tau_g1[i]))
        };
        let points: Vec<_> = (0..n - 1).into_par_iter().map(difference).collect();
        G1::to_affine(&points)
    }
}
