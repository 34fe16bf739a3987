//! Points as they lie in memory.

pub use crate::curve::points::{G1Affine, G2Affine};

/// The points of a proving key, beside its verifying key. No point is the identity.
///
/// `a`, `b_g1` and `b_g2` hold the inputs first (the constant one is input 0), then the auxiliary variables; variables
/// whose polynomial is zero at tau are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPoints {
    /// `tau^i · t(tau) / delta` for `i` from 0 to the domain's size less two.
    pub h: Vec<G1Affine>,
    /// `(beta · a_i(tau) + alpha · b_i(tau) + c_i(tau)) / delta` of every auxiliary variable.
    pub l: Vec<G1Affine>,
    /// `a_i(tau)` in G1.
    pub a: Vec<G1Affine>,
    /// `b_i(tau)` in G1.
    pub b_g1: Vec<G1Affine>,
    /// `b_i(tau)` in G2.
    pub b_g2: Vec<G2Affine>,
}
