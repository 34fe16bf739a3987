//! Points as keys hold them, and the same points as the arithmetic takes them.
//!
//! A point is two coordinates in the form of [`BaseField`] or [`ExtensionField`], whatever type they have: with the
//! feature `native` the public types are `blst`'s, without it they have the same fields and lie in memory alike.
#![allow(unsafe_code)]

use super::{Affine, Xyzz};
use crate::arithmetic::{BaseField, ExtensionField};
use core::mem::{align_of, size_of};

/// A point of G1. The identity is all zero.
#[cfg(feature = "native")]
pub use blst::blst_p1_affine as G1Affine;
/// A point of G2. The identity is all zero.
#[cfg(feature = "native")]
pub use blst::blst_p2_affine as G2Affine;

/// A point of G1. The identity is all zero.
#[cfg(not(feature = "native"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct G1Affine {
    /// The abscissa.
    pub x: crate::arithmetic::pure::Fp,
    /// The ordinate.
    pub y: crate::arithmetic::pure::Fp,
}

/// A point of G2. The identity is all zero.
#[cfg(not(feature = "native"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct G2Affine {
    /// The abscissa.
    pub x: crate::arithmetic::pure::Fp2,
    /// The ordinate.
    pub y: crate::arithmetic::pure::Fp2,
}

/// Bytes of an uncompressed G1 point, which are as many as it has in memory.
pub const G1_UNCOMPRESSED: usize = 96;
/// Bytes of an uncompressed G2 point, which are as many as it has in memory.
pub const G2_UNCOMPRESSED: usize = 192;
/// Bytes of a compressed G1 point.
pub const G1_COMPRESSED: usize = 48;
/// Bytes of a compressed G2 point.
pub const G2_COMPRESSED: usize = 96;

/// Stops the compilation where two types are not of the same size or need another alignment.
struct Alike<A, B>(core::marker::PhantomData<(A, B)>);

impl<A, B> Alike<A, B> {
    const CHECKED: () = assert!(size_of::<A>() == size_of::<B>() && align_of::<A>() == align_of::<B>());
}

macro_rules! views {
    ($affine:ty, $field:path, $slice:ident, $one:ident, $back:ident) => {
        /// Points as the arithmetic takes them.
        pub fn $slice<F: $field>(points: &[$affine]) -> &[Affine<F>] {
            let () = Alike::<$affine, Affine<F>>::CHECKED;
            // SAFETY: both are `repr(C)` structures of x and y, which the field's trait says to be the same words.
            unsafe { core::slice::from_raw_parts(points.as_ptr().cast(), points.len()) }
        }

        /// A point as the arithmetic takes it.
        pub fn $one<F: $field>(point: &$affine) -> Affine<F> {
            $slice(core::slice::from_ref(point))[0]
        }

        /// A point as keys hold it.
        pub fn $back<F: $field>(point: &Affine<F>) -> $affine {
            let () = Alike::<$affine, Affine<F>>::CHECKED;
            // SAFETY: as above, in the other direction.
            unsafe { core::ptr::from_ref(point).cast::<$affine>().read() }
        }
    };
}

views!(G1Affine, BaseField, g1, from_g1, to_g1);
views!(G2Affine, ExtensionField, g2, from_g2, to_g2);

macro_rules! sums {
    ($coordinate:ty, $field:path, $name:ident) => {
        /// An accumulator from the words of its four coordinates.
        pub fn $name<F: $field>(words: &[$coordinate; 4]) -> Xyzz<F> {
            let () = Alike::<[$coordinate; 4], [F; 4]>::CHECKED;
            // SAFETY: an array of coordinates on both sides, which the field's trait says to be the same words; the
            // words are below the modulus, as every element's.
            let [x, y, zz, zzz] = unsafe { core::ptr::from_ref(words).cast::<[F; 4]>().read() };
            Xyzz::from_coordinates(x, y, zz, zzz)
        }
    };
}

sums!([u64; 6], BaseField, sum_g1);
sums!([[u64; 6]; 2], ExtensionField, sum_g2);

/// Whether a point of G1 is the identity.
pub fn is_identity_g1(point: &G1Affine) -> bool {
    *point == G1Affine::default()
}

/// Whether a point of G2 is the identity.
pub fn is_identity_g2(point: &G2Affine) -> bool {
    *point == G2Affine::default()
}
