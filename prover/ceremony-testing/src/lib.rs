//! Powers of tau with known secrets, as snarkjs writes them: for tests of the ceremony and of its commands.
//!
//! Shares no code with the crate that reads them. Panics are fine here: no product depends on this crate
//! (docs/decisions/0014).
//!
//! ```
//! use bls12_381::Scalar;
//! use cloister_ceremony_testing::KnownPowers;
//!
//! let powers = KnownPowers {
//!     power: 3,
//!     tau: Scalar::from(5),
//!     alpha: Scalar::from(7),
//!     beta: Scalar::from(11),
//! };
//! let file = powers.sections().to_bytes();
//! assert_eq!(&file[..4], b"ptau");
//! ```
#![allow(unsafe_code)]

use bls12_381::Scalar;
use blst::{
    blst_p1, blst_p1_generator, blst_p1_mult, blst_p1_to_affine, blst_p2, blst_p2_generator, blst_p2_mult,
    blst_p2_to_affine,
};
use cloister_groth16::{G1Affine, G2Affine, BASE_FIELD_MODULUS};
use rayon::prelude::*;

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;
/// What snarkjs takes the power of to get roots of unity.
const NON_RESIDUE: u64 = 5;

/// The secrets of powers of tau.
#[derive(Clone, Copy, Debug)]
pub struct KnownPowers {
    /// Base-two logarithm of the number of powers.
    pub power: u32,
    /// `tau`.
    pub tau: Scalar,
    /// `alpha`.
    pub alpha: Scalar,
    /// `beta`.
    pub beta: Scalar,
}

/// The sections of a file of powers, each with its number.
#[derive(Clone, Debug)]
pub struct PowersSections {
    /// Number and bytes, in the order of the file.
    pub sections: Vec<(u32, Vec<u8>)>,
}

/// A multiple of the generator of G1.
pub fn g1(scalar: &Scalar) -> G1Affine {
    let (bytes, mut product, mut out) = (scalar.to_bytes(), blst_p1::default(), G1Affine::default());
    // SAFETY: blst returns a pointer to a constant, the scalar has 32 bytes, and all references are valid for the
    // calls.
    unsafe {
        blst_p1_mult(&mut product, blst_p1_generator(), bytes.as_ptr(), SCALAR_BITS);
        blst_p1_to_affine(&mut out, &product);
    }
    out
}

/// A multiple of the generator of G2.
pub fn g2(scalar: &Scalar) -> G2Affine {
    let (bytes, mut product, mut out) = (scalar.to_bytes(), blst_p2::default(), G2Affine::default());
    // SAFETY: as above.
    unsafe {
        blst_p2_mult(&mut product, blst_p2_generator(), bytes.as_ptr(), SCALAR_BITS);
        blst_p2_to_affine(&mut out, &product);
    }
    out
}

/// Coordinates as they lie in memory, which is how snarkjs writes them: Montgomery form, little-endian.
fn memory(coordinates: &[[u64; 6]]) -> Vec<u8> {
    let limbs = coordinates.iter().flatten();
    limbs.flat_map(|limb| limb.to_le_bytes()).collect()
}

/// The bytes of a point of G1 in a file of snarkjs.
pub fn g1_bytes(scalar: &Scalar) -> Vec<u8> {
    let point = g1(scalar);
    memory(&[point.x.l, point.y.l])
}

/// The bytes of a point of G2 in a file of snarkjs.
pub fn g2_bytes(scalar: &Scalar) -> Vec<u8> {
    let point = g2(scalar);
    memory(&[point.x.fp[0].l, point.x.fp[1].l, point.y.fp[0].l, point.y.fp[1].l])
}

/// The root of unity of order `2^log2` that snarkjs uses: the non-residue to the power `(r - 1) / 2^log2`, where `r` is
/// the number of scalars.
fn snarkjs_root(log2: u32) -> Scalar {
    let mut exponent = [0; 4];
    for (limb, bytes) in exponent.iter_mut().zip((-Scalar::one()).to_bytes().chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    }
    for _ in 0..log2 {
        let mut carry = 0;
        for limb in exponent.iter_mut().rev() {
            (*limb, carry) = (*limb >> 1 | carry << 63, *limb & 1);
        }
    }
    Scalar::from(NON_RESIDUE).pow_vartime(&exponent)
}

impl KnownPowers {
    /// The powers of tau, up to one below `count`, each times a factor.
    fn powers(&self, count: usize, factor: Scalar) -> Vec<Scalar> {
        std::iter::successors(Some(factor), |power| Some(power * self.tau))
            .take(count)
            .collect()
    }

    /// The Lagrange polynomials at tau of the domains of sizes 1, 2, 4, .. up to `2^last`, each times a factor.
    fn lagrange(&self, last: u32, factor: Scalar) -> Vec<Scalar> {
        let domain = |log2: u32| {
            let n = 1u64 << log2;
            let root = snarkjs_root(log2);
            let scale =
                (self.tau.pow_vartime(&[n, 0, 0, 0]) - Scalar::one()) * Scalar::from(n).invert().unwrap() * factor;
            let roots = std::iter::successors(Some(Scalar::one()), move |power| Some(power * root));
            let tau = self.tau;
            roots
                .take(n as usize)
                .map(move |w| scale * w * (tau - w).invert().unwrap())
        };
        // The section tauG1 has 2^(p+1) - 1 powers for the largest of its domains, the missing one counts as zero.
        (0..=last).flat_map(domain).collect()
    }

    /// All sections, as `snarkjs powersoftau prepare phase2` leaves them, with an empty list of contributions.
    pub fn sections(&self) -> PowersSections {
        let all = 1usize << self.power;
        let one = Scalar::one();
        let mut header = Vec::new();
        header.extend_from_slice(&48u32.to_le_bytes());
        header.extend_from_slice(&memory(&[BASE_FIELD_MODULUS]));
        header.extend_from_slice(&self.power.to_le_bytes());
        header.extend_from_slice(&self.power.to_le_bytes());
        let in_g1 = |scalars: Vec<Scalar>| scalars.par_iter().flat_map_iter(g1_bytes).collect::<Vec<u8>>();
        let in_g2 = |scalars: Vec<Scalar>| scalars.par_iter().flat_map_iter(g2_bytes).collect::<Vec<u8>>();
        let mut lagrange_tau = self.lagrange(self.power, one);
        lagrange_tau.extend(self.short_lagrange());
        PowersSections {
            sections: vec![
                (1, header),
                (2, in_g1(self.powers(2 * all - 1, one))),
                (3, in_g2(self.powers(all, one))),
                (4, in_g1(self.powers(all, self.alpha))),
                (5, in_g1(self.powers(all, self.beta))),
                (6, g2_bytes(&self.beta)),
                (7, 0u32.to_le_bytes().to_vec()),
                (12, in_g1(lagrange_tau)),
                (13, in_g2(self.lagrange(self.power, one))),
                (14, in_g1(self.lagrange(self.power, self.alpha))),
                (15, in_g1(self.lagrange(self.power, self.beta))),
            ],
        }
    }

    /// The largest domain of the section tauG1 has twice as many places as there are powers, and the last of its powers
    /// is missing, which snarkjs takes as zero.
    fn short_lagrange(&self) -> Vec<Scalar> {
        let n = 2u64 << self.power;
        let top = self.tau.pow_vartime(&[n - 1, 0, 0, 0]);
        let root = snarkjs_root(self.power + 1);
        let inverse = Scalar::from(n).invert().unwrap();
        let whole = self.lagrange(self.power + 1, Scalar::one());
        let start = whole.len() - n as usize;
        // L_i = (1/n) sum_j w^(-ij) tau^j; without j = n - 1, where w^(-i(n-1)) = w^i.
        let mut power = Scalar::one();
        whole[start..]
            .iter()
            .map(|value| {
                let short = value - inverse * power * top;
                power *= root;
                short
            })
            .collect()
    }
}

impl PowersSections {
    /// The bytes of a section.
    pub fn section(&mut self, number: u32) -> &mut Vec<u8> {
        let found = self.sections.iter_mut().find(|section| section.0 == number);
        &mut found.expect("the section is there").1
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = b"ptau".to_vec();
        out.extend_from_slice(&1u32.to_le_bytes());
        out.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        for (number, bytes) in &self.sections {
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
        out
    }
}
