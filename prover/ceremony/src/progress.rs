//! What a caller can show while the ceremony computes.

use std::fmt;

/// A step that takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A ceremony is being read, which checks its points for curve and subgroup.
    ReadingCeremony,
    /// The powers are being read.
    ReadingPowers,
    /// Points are being checked for curve and subgroup; their number.
    CheckingPoints(usize),
    /// The powers are being compared with one another.
    CheckingPowers,
    /// The circuit's first key is being computed; the number of terms.
    BuildingKey(usize),
    /// The hashes of a state are being computed.
    Hashing,
    /// Contributions are being verified; their number.
    VerifyingContributions(usize),
    /// Points are being multiplied by the secret; their number.
    Contributing(usize),
    /// A beacon is being computed; the base-two logarithm of its iterations.
    Beacon(u32),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadingCeremony => f.write_str("reading the ceremony and checking its points"),
            Self::ReadingPowers => f.write_str("reading the powers of tau"),
            Self::CheckingPoints(n) => write!(f, "checking {n} points for curve and subgroup"),
            Self::CheckingPowers => f.write_str("checking the powers against one another"),
            Self::BuildingKey(n) => write!(f, "computing the circuit's first key from {n} terms"),
            Self::Hashing => f.write_str("hashing the key"),
            Self::VerifyingContributions(n) => write!(f, "verifying {n} contributions"),
            Self::Contributing(n) => write!(f, "multiplying {n} points by the secret"),
            Self::Beacon(log2) => write!(f, "computing the beacon, 2^{log2} iterations"),
        }
    }
}
