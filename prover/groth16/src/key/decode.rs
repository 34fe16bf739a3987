//! Points from their encodings, as Zcash writes them, with all that is checked of them.
//!
//! `blst` takes flags that contradict the form of an encoding as a hint to read the other form, so the flags are looked
//! at here first.

use crate::{
    curve::points::{G1Affine, G2Affine, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED},
    error::PointError,
    pairing::Curve,
};

const COMPRESSED_FLAG: u8 = 1 << 7;
const INFINITY_FLAG: u8 = 1 << 6;
const SORT_FLAG: u8 = 1 << 5;
const FLAGS: u8 = COMPRESSED_FLAG | INFINITY_FLAG | SORT_FLAG;

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Everything.
    Full,
    /// All but the subgroup, which is nearly all of the work.
    NoSubgroup,
}

/// Looks at the flags; the identity is an error of its own.
fn check_flags(bytes: &[u8], compressed: bool) -> Result<(), PointError> {
    let flags = bytes[0] & FLAGS;
    if flags & INFINITY_FLAG != 0 {
        let expected = INFINITY_FLAG | if compressed { COMPRESSED_FLAG } else { 0 };
        let rest_is_zero = bytes[0] == expected && bytes[1..].iter().all(|b| *b == 0);
        return Err(if rest_is_zero {
            PointError::Infinity
        } else {
            PointError::Encoding
        });
    }
    let allowed = if compressed { SORT_FLAG } else { 0 };
    let expected = if compressed { COMPRESSED_FLAG } else { 0 };
    if flags & !allowed == expected {
        Ok(())
    } else {
        Err(PointError::Encoding)
    }
}

macro_rules! checked {
    ($decode:ident, $decompress:ident, $point:ty, $uncompressed:expr, $compressed:expr,
     $curve_decode:ident, $curve_decompress:ident, $in_group:ident) => {
        /// A point from its uncompressed form; never the identity.
        pub(crate) fn $decode<C: Curve>(bytes: &[u8; $uncompressed], check: Check) -> Result<$point, PointError> {
            check_flags(bytes, false)?;
            let point = C::$curve_decode(bytes)?;
            if check == Check::Full && !C::$in_group(&point) {
                return Err(PointError::NotInSubgroup);
            }
            Ok(point)
        }

        /// A point from its compressed form, fully checked; never the identity.
        pub(crate) fn $decompress<C: Curve>(bytes: &[u8; $compressed]) -> Result<$point, PointError> {
            check_flags(bytes, true)?;
            C::$curve_decompress(bytes)
        }
    };
}

checked!(
    decode_g1_uncompressed,
    decode_g1_compressed,
    G1Affine,
    G1_UNCOMPRESSED,
    G1_COMPRESSED,
    decode_g1,
    decompress_g1,
    is_in_g1
);
checked!(
    decode_g2_uncompressed,
    decode_g2_compressed,
    G2Affine,
    G2_UNCOMPRESSED,
    G2_COMPRESSED,
    decode_g2,
    decompress_g2,
    is_in_g2
);
