//! Shapes of batches: how many units, and how many places in each.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Shape of a batch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Shape {
    /// Number of units, N.
    pub units: u16,
    /// Places per unit, J.
    pub places: u16,
}

impl Shape {
    /// The development shape; fills a domain of 2^18.
    pub const DEV: Self = Self { units: 9, places: 1 };
    /// The development shape for market makers and for accounts whose legs hedge each other; fills a domain of 2^18.
    pub const DEV_MAKER: Self = Self { units: 4, places: 4 };
    /// Fills a domain of 2^19.
    pub const STANDARD: Self = Self { units: 22, places: 1 };
    /// Fills a domain of 2^20.
    pub const LARGE: Self = Self { units: 48, places: 1 };
    /// For market makers, with many orders of few accounts; fills a domain of 2^20.
    pub const MAKER: Self = Self { units: 14, places: 8 };
}
