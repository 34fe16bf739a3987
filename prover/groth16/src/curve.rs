//! Points: affine ones, accumulators, and eight at a time.

pub mod points;
mod projective;
mod xyzz;

use crate::arithmetic::{Field, Lanes};

pub use projective::WidePoint;
pub use xyzz::Xyzz;

/// An affine point; the point at infinity is (0, 0).
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Affine<F> {
    /// The abscissa.
    pub x: F,
    /// The ordinate.
    pub y: F,
}

impl<F: Field> Affine<F> {
    /// The point at infinity.
    pub const INFINITY: Self = Self { x: F::ZERO, y: F::ZERO };

    /// Whether it is the point at infinity.
    pub fn is_infinity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }

    /// The inverse.
    pub fn neg(&self) -> Self {
        Self {
            x: self.x,
            y: self.y.neg(),
        }
    }
}

/// An affine point, not at infinity, as memory holds it for a backend.
#[repr(C)]
pub struct Stored<L: Lanes> {
    /// The abscissa.
    pub x: L::Stored,
    /// The ordinate.
    pub y: L::Stored,
}

impl<L: Lanes> Clone for Stored<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Lanes> Copy for Stored<L> {}

impl<L: Lanes> Stored<L> {
    /// From a point that is not at infinity.
    pub fn new(point: &Affine<L::Field>) -> Self {
        Self {
            x: L::store(&point.x),
            y: L::store(&point.y),
        }
    }

    /// The point.
    pub fn affine(&self) -> Affine<L::Field> {
        Affine {
            x: L::load(&self.x),
            y: L::load(&self.y),
        }
    }

    /// The point or its inverse.
    #[inline(always)]
    pub fn signed(&self, negate: bool) -> Self {
        if negate {
            Self {
                x: self.x,
                y: L::negate_stored(&self.y),
            }
        } else {
            *self
        }
    }
}
