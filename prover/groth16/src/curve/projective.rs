//! Eight points in homogeneous coordinates, with the complete formulas of Renes, Costello and Batina (2016), algorithms
//! 7 and 8: no lane needs a case of its own.

use super::Xyzz;
use crate::arithmetic::{Field, Lanes, LANES};

/// Eight points. Coordinates are below `160p`.
#[derive(Clone, Copy)]
pub struct WidePoint<L> {
    x: L,
    y: L,
    z: L,
}

impl<L: Lanes> WidePoint<L> {
    /// Infinity in every lane.
    #[inline(always)]
    pub fn infinity() -> Self {
        Self {
            x: L::zero(),
            y: L::splat(&L::Field::ONE),
            z: L::zero(),
        }
    }

    /// Adds affine points (tight, not at infinity) in the lanes of the mask.
    #[inline(always)]
    pub fn add_affine(&mut self, mask: u8, x: &L, y: &L) {
        let t0 = self.x.mul(x);
        let t1 = self.y.mul(y);
        let t3 = x.add(y).mul(&self.x.add(&self.y)).sub(&t0.add(&t1));
        let t4 = y.mul(&self.z).add(&self.y);
        let y3 = x.mul(&self.z).add(&self.x).tight().times_3b();
        let t0 = t0.add(&t0).add(&t0);
        let t2 = self.z.tight().times_3b();
        let z3 = t1.add(&t2);
        let t1 = t1.sub(&t2);
        let sum = Self {
            x: t3.mul(&t1).sub(&t4.mul(&y3)),
            y: t1.mul(&z3).add(&y3.mul(&t0)),
            z: z3.mul(&t4).add(&t0.mul(&t3)),
        };
        self.x = self.x.select(mask, &sum.x);
        self.y = self.y.select(mask, &sum.y);
        self.z = self.z.select(mask, &sum.z);
    }

    /// Adds points.
    #[inline(always)]
    pub fn add(&mut self, o: &Self) {
        let t0 = self.x.mul(&o.x);
        let t1 = self.y.mul(&o.y);
        let t2 = self.z.mul(&o.z);
        let t3 = self.x.add(&self.y).mul(&o.x.add(&o.y)).sub(&t0.add(&t1));
        let t4 = self.y.add(&self.z).mul(&o.y.add(&o.z)).sub(&t1.add(&t2));
        let y3 = self.x.add(&self.z).mul(&o.x.add(&o.z)).sub(&t0.add(&t2));
        let t0 = t0.add(&t0).add(&t0);
        let t2 = t2.times_3b();
        let z3 = t1.add(&t2);
        let t1 = t1.sub(&t2);
        let y3 = y3.tight().times_3b();
        *self = Self {
            x: t3.mul(&t1).sub(&t4.mul(&y3)),
            y: t1.mul(&z3).add(&y3.mul(&t0)),
            z: z3.mul(&t4).add(&t0.mul(&t3)),
        };
    }

    /// The eight points.
    pub fn to_points(self) -> [Xyzz<L::Field>; LANES] {
        let (x, y, z) = (self.x.to_fields(), self.y.to_fields(), self.z.to_fields());
        core::array::from_fn(|i| Xyzz::from_homogeneous(&x[i], &y[i], &z[i]))
    }
}
