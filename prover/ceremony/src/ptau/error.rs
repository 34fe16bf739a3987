//! What can be wrong with powers of tau.

use cloister_groth16::PointError;
use std::{fmt, io};

/// A section of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Curve and number of powers.
    Header,
    /// `tau^i` in G1.
    TauG1,
    /// `tau^i` in G2.
    TauG2,
    /// `alpha · tau^i` in G1.
    AlphaTauG1,
    /// `beta · tau^i` in G1.
    BetaTauG1,
    /// `beta` in G2.
    BetaG2,
    /// The Lagrange polynomials at tau in G1.
    LagrangeTauG1,
    /// The Lagrange polynomials at tau in G2.
    LagrangeTauG2,
    /// `alpha` times the Lagrange polynomials at tau in G1.
    LagrangeAlphaTauG1,
    /// `beta` times the Lagrange polynomials at tau in G1.
    LagrangeBetaTauG1,
}

impl Section {
    /// Its number in the file.
    pub fn number(self) -> u32 {
        match self {
            Self::Header => 1,
            Self::TauG1 => 2,
            Self::TauG2 => 3,
            Self::AlphaTauG1 => 4,
            Self::BetaTauG1 => 5,
            Self::BetaG2 => 6,
            Self::LagrangeTauG1 => 12,
            Self::LagrangeTauG2 => 13,
            Self::LagrangeAlphaTauG1 => 14,
            Self::LagrangeBetaTauG1 => 15,
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Header => "header",
            Self::TauG1 => "tauG1",
            Self::TauG2 => "tauG2",
            Self::AlphaTauG1 => "alphaTauG1",
            Self::BetaTauG1 => "betaTauG1",
            Self::BetaG2 => "betaG2",
            Self::LagrangeTauG1 => "Lagrange tauG1",
            Self::LagrangeTauG2 => "Lagrange tauG2",
            Self::LagrangeAlphaTauG1 => "Lagrange alphaTauG1",
            Self::LagrangeBetaTauG1 => "Lagrange betaTauG1",
        };
        write!(f, "section {} ({name})", self.number())
    }
}

/// A secret of the powers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faulty {
    /// `tau`.
    Tau,
    /// `alpha`.
    Alpha,
    /// `beta`.
    Beta,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tau => "tau",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
        })
    }
}

/// Why powers of tau are refused.
#[derive(Debug, thiserror::Error)]
pub enum PowersError {
    /// The system cannot read the file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file does not begin like a powers-of-tau file.
    #[error("not a powers-of-tau file of snarkjs (.ptau)")]
    NotPowers,
    /// Another version of the format.
    #[error("has version {0} of the .ptau format; this program reads version 1")]
    Version(u32),
    /// The file ends inside a section or its table.
    #[error("is truncated")]
    Truncated,
    /// A section is missing.
    #[error("{0} is missing")]
    Missing(Section),
    /// A section occurs twice.
    #[error("{0} is there twice")]
    Twice(Section),
    /// A section does not have the size that the header implies.
    #[error("{section} has {found} bytes instead of {expected}")]
    Size {
        /// The section.
        section: Section,
        /// Its size.
        found: u64,
        /// The size it must have.
        expected: u64,
    },
    /// The points are of another curve.
    #[error("the header names another curve; `snarkjs powersoftau new bls12381` makes the right one")]
    OtherCurve,
    /// Too few powers for the circuit.
    #[error("has 2^{found} powers, the circuit needs 2^{needed}")]
    TooSmall {
        /// Its power.
        found: u32,
        /// What the circuit needs.
        needed: u32,
    },
    /// The Lagrange sections are missing.
    #[error("is not prepared for phase 2; run: snarkjs powersoftau prepare phase2 IN.ptau OUT.ptau")]
    NotPrepared,
    /// A point may not be used.
    #[error("{section}, point {index}: {fault}")]
    Point {
        /// Its section.
        section: Section,
        /// Its place, from 0, among the points of the section that the circuit uses.
        index: usize,
        /// What is wrong.
        fault: PointError,
    },
    /// The first point is not the generator.
    #[error("{0} does not begin with the generator")]
    Generator(Section),
    /// The points are not successive powers of one tau.
    #[error("{0} does not hold successive powers of the tau of section 2 (tauG1)")]
    Ladder(Section),
    /// `beta` differs between the groups.
    #[error("section 6 (betaG2) holds another beta than section 5 (betaTauG1)")]
    Beta,
    /// The Lagrange polynomials are not those of the powers.
    #[error("{0} does not agree with the powers")]
    Lagrange(Section),
    /// A secret is one: nobody contributed.
    #[error("{0} is 1: nobody has contributed to these powers, everybody knows their secrets")]
    NobodyContributed(Faulty),
    /// Tau is a root of unity of the domain.
    #[error("tau is in the evaluation domain; these powers cannot be used")]
    TauInDomain,
}
