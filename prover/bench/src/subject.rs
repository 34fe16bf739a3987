//! What is proven.

use std::{fmt, str::FromStr};

/// Sizes of a synthetic circuit that make sense on one machine, base-two logarithms.
const SIZES: std::ops::RangeInclusive<u32> = 2..=24;

/// A circuit of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A batch of the development shape, with a real trade in every unit.
    BatchDev,
    /// Booleans and multiplications of full-size values that fill a domain of this base-two logarithm.
    Synthetic(u32),
}

/// No circuit has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("circuits are batch-dev and synthetic-2 to synthetic-24")]
pub struct UnknownSubject;

impl Subject {
    /// The circuit whose ratios stand without its name.
    pub const HEADLINE: Self = Self::Synthetic(17);
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BatchDev => f.write_str("batch-dev"),
            Self::Synthetic(log2) => write!(f, "synthetic-{log2}"),
        }
    }
}

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(name: &str) -> Result<Self, UnknownSubject> {
        if name == "batch-dev" {
            return Ok(Self::BatchDev);
        }
        name.strip_prefix("synthetic-")
            .and_then(|log2| log2.parse().ok())
            .filter(|log2| SIZES.contains(log2))
            .map(Self::Synthetic)
            .ok_or(UnknownSubject)
    }
}
