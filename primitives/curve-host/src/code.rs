//! Lengths of the arguments, and the numbers of the answers.

/// Bytes of a compressed G1 point.
pub const G1_COMPRESSED: usize = 48;
/// Bytes of a compressed G2 point.
pub const G2_COMPRESSED: usize = 96;
/// Bytes of an uncompressed G1 point.
pub const G1_UNCOMPRESSED: usize = 96;
/// Bytes of an uncompressed G2 point.
pub const G2_UNCOMPRESSED: usize = 192;
/// Bytes of a scalar.
pub const SCALAR: usize = 32;

/// What a function says if it does not say yes. On the wire it is its number, and yes is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A point's flags or coordinates are not canonical, or a scalar is not below the order of the groups.
    Encoding = 1,
    /// The identity, where it may not be.
    Infinity = 2,
    /// No point of the curve has these coordinates.
    NotOnCurve = 3,
    /// The point is not in the subgroup of prime order.
    NotInSubgroup = 4,
    /// The product of the pairings is not one.
    NotOne = 5,
    /// The lengths of the arguments do not go together, or the code is of a later version.
    Arguments = 255,
}

impl Code {
    /// Reads what a function answered.
    ///
    /// # Errors
    /// The code, unless it is 0.
    pub fn check(answer: u32) -> Result<(), Self> {
        match answer {
            0 => Ok(()),
            1 => Err(Self::Encoding),
            2 => Err(Self::Infinity),
            3 => Err(Self::NotOnCurve),
            4 => Err(Self::NotInSubgroup),
            5 => Err(Self::NotOne),
            _ => Err(Self::Arguments),
        }
    }
}
