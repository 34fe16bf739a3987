//! The checks of powers of tau (Y-POWERS).

use super::{
    error::{Faulty, PowersError, Section},
    powers::{Lagrange, Powers},
    roots::{reorder, snarkjs_root},
};
use crate::{
    coefficients::{combine, expand},
    curve::{affine, equal_pairings, first_fault, Curve, COEFFICIENT_BYTES, G1, G2, SCALAR_BITS, SCALAR_BYTES},
};
use bls12_381::Scalar;
use cloister_groth16::{G1Affine, G2Affine};

/// The points of a file that a domain needs, not checked.
pub(super) struct RawPowers {
    /// Of the domain; at least one.
    pub(super) log2: u32,
    pub(super) tau_g1: Vec<G1Affine>,
    pub(super) tau_g2: Vec<G2Affine>,
    pub(super) alpha_tau_g1: Vec<G1Affine>,
    pub(super) beta_tau_g1: Vec<G1Affine>,
    pub(super) beta_g2: Vec<G2Affine>,
    pub(super) lagrange_tau_g1: Vec<G1Affine>,
    pub(super) lagrange_tau_g2: Vec<G2Affine>,
    pub(super) lagrange_alpha_g1: Vec<G1Affine>,
    pub(super) lagrange_beta_g1: Vec<G1Affine>,
}

fn check_section<C: Curve>(section: Section, points: &[C::Affine]) -> Result<(), PowersError> {
    match first_fault::<C>(points) {
        None => Ok(()),
        Some((index, fault)) => Err(PowersError::Point { section, index, fault }),
    }
}

/// An error unless the condition holds.
fn ensure(holds: bool, error: PowersError) -> Result<(), PowersError> {
    if holds {
        Ok(())
    } else {
        Err(error)
    }
}

impl RawPowers {
    /// How many points there are.
    pub(super) fn points(&self) -> usize {
        self.tau_g1.len() + self.tau_g2.len() * 8 - 1
    }

    /// Every point is one of the group.
    pub(super) fn check_points(&self) -> Result<(), PowersError> {
        check_section::<G1>(Section::TauG1, &self.tau_g1)?;
        check_section::<G2>(Section::TauG2, &self.tau_g2)?;
        check_section::<G1>(Section::AlphaTauG1, &self.alpha_tau_g1)?;
        check_section::<G1>(Section::BetaTauG1, &self.beta_tau_g1)?;
        check_section::<G2>(Section::BetaG2, &self.beta_g2)?;
        check_section::<G1>(Section::LagrangeTauG1, &self.lagrange_tau_g1)?;
        check_section::<G2>(Section::LagrangeTauG2, &self.lagrange_tau_g2)?;
        check_section::<G1>(Section::LagrangeAlphaTauG1, &self.lagrange_alpha_g1)?;
        check_section::<G1>(Section::LagrangeBetaTauG1, &self.lagrange_beta_g1)
    }

    /// All sections hold the same tau, alpha and beta.
    pub(super) fn check_ratios(&self, seed: &[u8; 32]) -> Result<(), PowersError> {
        let (g1, g2) = (G1::generator(), G2::generator());
        ensure(self.tau_g1[0] == g1, PowersError::Generator(Section::TauG1))?;
        ensure(self.tau_g2[0] == g2, PowersError::Generator(Section::TauG2))?;
        let (tau_g1, tau_g2) = (self.tau_g1[1], self.tau_g2[1]);
        for (one, secret) in [
            (tau_g1, Faulty::Tau),
            (self.alpha_tau_g1[0], Faulty::Alpha),
            (self.beta_tau_g1[0], Faulty::Beta),
        ] {
            ensure(one != g1, PowersError::NobodyContributed(secret))?;
        }
        let coefficients = expand(seed, b"powers of tau", self.tau_g1.len());
        // Each point but the last, times tau, is the next: e(sum r_i P_i, tau) = e(sum r_i P_(i+1), 1).
        for (section, points) in [
            (Section::TauG1, &self.tau_g1),
            (Section::AlphaTauG1, &self.alpha_tau_g1),
            (Section::BetaTauG1, &self.beta_tau_g1),
        ] {
            let lower = combine::<G1>(&points[..points.len() - 1], &coefficients);
            let upper = combine::<G1>(&points[1..], &coefficients);
            ensure(
                equal_pairings(&lower, &tau_g2, &upper, &g2),
                PowersError::Ladder(section),
            )?;
        }
        let lower = combine::<G2>(&self.tau_g2[..self.tau_g2.len() - 1], &coefficients);
        let upper = combine::<G2>(&self.tau_g2[1..], &coefficients);
        ensure(
            equal_pairings(&tau_g1, &lower, &g1, &upper),
            PowersError::Ladder(Section::TauG2),
        )?;
        let beta_g2 = self.beta_g2[0];
        ensure(
            equal_pairings(&self.beta_tau_g1[0], &g2, &g1, &beta_g2),
            PowersError::Beta,
        )?;
        self.check_lagrange(seed, &tau_g2)
    }

    /// `(tau - w^i) · L_i = Z(tau) · w^i / n` has one solution for each `i`, the Lagrange polynomial at tau. The other
    /// three sections are compared with that one.
    fn check_lagrange(&self, seed: &[u8; 32], tau_g2: &G2Affine) -> Result<(), PowersError> {
        let (g1, g2) = (G1::generator(), G2::generator());
        let n = self.lagrange_tau_g1.len();
        // Z(tau) = tau^n - 1; there are at least n + 1 powers because the domain has two places or more.
        let top = G1::add_affine(&Default::default(), &self.tau_g1[n]);
        let vanishing = affine::<G1>(G1::add_affine(&top, &G1::negate(&g1)));
        ensure(!G1::is_identity(&vanishing), PowersError::TauInDomain)?;

        let coefficients = expand(seed, b"Lagrange polynomials", n);
        let root = snarkjs_root(self.log2);
        let mut power = Scalar::one();
        let mut sum = Scalar::zero();
        let mut shifted = Vec::with_capacity(n * SCALAR_BYTES);
        for coefficient in coefficients.chunks_exact(COEFFICIENT_BYTES) {
            let mut bytes = [0; SCALAR_BYTES];
            bytes[..COEFFICIENT_BYTES].copy_from_slice(coefficient);
            // 128 bits are always below the modulus.
            let product = Scalar::from_bytes(&bytes).unwrap_or(Scalar::zero()) * power;
            shifted.extend_from_slice(&product.to_bytes());
            sum += product;
            power *= root;
        }
        let size = Scalar::from(n as u64);
        sum *= size.invert().unwrap_or(Scalar::zero());

        let plain = combine::<G1>(&self.lagrange_tau_g1, &coefficients);
        let mut points: Vec<G1Affine> = self.lagrange_tau_g1.clone();
        points.push(vanishing);
        shifted.extend_from_slice(&sum.to_bytes());
        let right = G1::combine_all(&points, &shifted, SCALAR_BITS);
        ensure(
            equal_pairings(&plain, tau_g2, &right, &g2),
            PowersError::Lagrange(Section::LagrangeTauG1),
        )?;

        let in_g2 = combine::<G2>(&self.lagrange_tau_g2, &coefficients);
        ensure(
            equal_pairings(&plain, &g2, &g1, &in_g2),
            PowersError::Lagrange(Section::LagrangeTauG2),
        )?;
        for (section, points, factor) in [
            (
                Section::LagrangeAlphaTauG1,
                &self.lagrange_alpha_g1,
                &self.alpha_tau_g1[0],
            ),
            (Section::LagrangeBetaTauG1, &self.lagrange_beta_g1, &self.beta_tau_g1[0]),
        ] {
            let sum = combine::<G1>(points, &coefficients);
            ensure(
                equal_pairings(&sum, &g2, factor, &in_g2),
                PowersError::Lagrange(section),
            )?;
        }
        Ok(())
    }

    /// What the ceremony keeps, for a domain of `2^log2`, in the prover's order.
    pub(super) fn into_powers(self) -> Powers {
        Powers {
            log2: self.log2,
            alpha_g1: self.alpha_tau_g1[0],
            beta_g1: self.beta_tau_g1[0],
            beta_g2: self.beta_g2[0],
            lagrange: Lagrange {
                g1: reorder(&self.lagrange_tau_g1, self.log2),
                g2: reorder(&self.lagrange_tau_g2, self.log2),
                alpha_g1: reorder(&self.lagrange_alpha_g1, self.log2),
                beta_g1: reorder(&self.lagrange_beta_g1, self.log2),
            },
            tau_g1: self.tau_g1,
        }
    }
}
