//! Proofs whose sums are formed elsewhere: on a graphics card, say.

use super::tables::Sums;
use crate::{
    arithmetic::{
        constants::{at_least, P},
        Suite,
    },
    curve::{
        points::{sum_g1, sum_g2},
        Xyzz,
    },
    ProveError,
};

/// A coordinate in G1: times `2^384` modulo the base field's modulus and below it, least significant word first.
pub type G1Coordinate = [u64; 6];
/// A coordinate in G2: the real part, then the other.
pub type G2Coordinate = [G1Coordinate; 2];

/// The sums over the points of a key that a proof is made of, each as `[X, Y, ZZ, ZZZ]` with `x = X/ZZ`, `y = Y/ZZZ`
/// and `ZZ³ = ZZZ²`; the point at infinity is all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySums {
    /// Over [`crate::KeyPoints::a`].
    pub a: [G1Coordinate; 4],
    /// Over [`crate::KeyPoints::b_g1`].
    pub b_g1: [G1Coordinate; 4],
    /// Over [`crate::KeyPoints::b_g2`].
    pub b_g2: [G2Coordinate; 4],
    /// Over [`crate::KeyPoints::h`], with the coefficients of the quotient.
    pub h: [G1Coordinate; 4],
    /// Over [`crate::KeyPoints::l`].
    pub l: [G1Coordinate; 4],
}

/// Forms the sums of proofs with one key. Its answers are not trusted: whoever hands a proof on verifies it.
pub trait Accelerator: Send + Sync {
    /// The sums for wires of these values (canonical words, the least significant first), of which there are as many as
    /// the constraint system has.
    ///
    /// # Errors
    /// [`ProveError::Unsatisfied`] with the first constraint that does not hold, [`ProveError::Accelerator`] if the
    /// device fails.
    fn sums(&self, wires: &[[u64; 4]]) -> Result<KeySums, ProveError>;
}

impl KeySums {
    /// The sums as points of a backend.
    ///
    /// # Errors
    /// [`ProveError::Accelerator`] if a coordinate is not below the modulus.
    pub(super) fn points<S: Suite>(&self) -> Result<Sums<S>, ProveError> {
        let in_g1 = [&self.a, &self.b_g1, &self.h, &self.l].into_iter().flatten();
        let mut coordinates = in_g1.chain(self.b_g2.iter().flatten());
        if coordinates.any(|coordinate| at_least(coordinate, &P)) {
            return Err(ProveError::Accelerator("a coordinate is not below the modulus".into()));
        }
        let mut l_and_h: Xyzz<S::Fp> = sum_g1(&self.h);
        l_and_h.add(&sum_g1(&self.l));
        Ok(Sums {
            a: sum_g1(&self.a),
            b_g1: sum_g1(&self.b_g1),
            b_g2: sum_g2(&self.b_g2),
            l_and_h,
        })
    }
}
