//! Powers of tau with known secrets, as snarkjs writes them, and contributions that cheat: for tests.

use crate::{
    ceremony::Ceremony,
    contribution::{Contribution, Kind},
    curve::{times, Curve, G1, G2},
    ptau::snarkjs_root,
    secret::Secret,
};
use bls12_381::Scalar;
use blst::blst_scalar;
use cloister_groth16::{G1Affine, G2Affine, KeyPoints, VerifyingKey};
use rayon::prelude::*;

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
    times::<G1>(&G1::generator(), &to_blst(scalar))
}

/// A multiple of the generator of G2.
pub fn g2(scalar: &Scalar) -> G2Affine {
    times::<G2>(&G2::generator(), &to_blst(scalar))
}

fn to_blst(scalar: &Scalar) -> blst_scalar {
    blst_scalar { b: scalar.to_bytes() }
}

/// The bytes of a point of G1 in a file of snarkjs.
pub fn g1_bytes(scalar: &Scalar) -> Vec<u8> {
    G1::to_memory(&g1(scalar))
}

/// The bytes of a point of G2 in a file of snarkjs.
pub fn g2_bytes(scalar: &Scalar) -> Vec<u8> {
    G2::to_memory(&g2(scalar))
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
        header.extend_from_slice(&crate::ptau::PRIME);
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

/// Contributes with a known secret and without checking anything.
pub fn contribute_known(ceremony: &mut Ceremony, name: &str, x: u64) {
    ceremony.apply(name, Kind::Person, &Secret::known(x), &|_| {});
}

/// The record of a contribution that left the key as it stands, whatever was done to it, with a sound proof of
/// knowledge.
pub fn record(ceremony: &Ceremony, name: &str, x: u64) -> Contribution {
    ceremony.record(name, Kind::Person, &Secret::known(x))
}

/// Makes the proof of knowledge of a record anew, as its maker could after changing it.
pub fn prove_again(contribution: &mut Contribution, x: u64) {
    contribution.knowledge.r_x = times::<G2>(&contribution.challenge(), &Secret::known(x).x);
}

/// The contributions, to be tampered with.
pub fn contributions_mut(ceremony: &mut Ceremony) -> &mut Vec<Contribution> {
    &mut ceremony.contributions
}

/// The key, to be tampered with.
pub fn key_mut(ceremony: &mut Ceremony) -> (&mut VerifyingKey, &mut KeyPoints) {
    (&mut ceremony.state.vk, &mut ceremony.state.points)
}
