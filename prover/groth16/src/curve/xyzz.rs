//! Accumulators with `x = X/ZZ`, `y = Y/ZZZ`, `ZZ³ = ZZZ²` (the XYZZ coordinates of Sutherland, as in the
//! Explicit-Formulas Database), for everything outside of the inner loops.

use super::Affine;
use crate::arithmetic::Field;

/// A point; infinity has `ZZ = 0`.
#[derive(Clone, Copy, Debug)]
pub struct Xyzz<F> {
    x: F,
    y: F,
    zz: F,
    zzz: F,
}

impl<F: Field> From<&Affine<F>> for Xyzz<F> {
    fn from(p: &Affine<F>) -> Self {
        let mut out = Self::INFINITY;
        out.add_affine(p);
        out
    }
}

impl<F: Field> Xyzz<F> {
    /// The point at infinity.
    pub const INFINITY: Self = Self {
        x: F::ZERO,
        y: F::ZERO,
        zz: F::ZERO,
        zzz: F::ZERO,
    };

    /// From coordinates with `ZZ³ = ZZZ²`.
    pub fn from_coordinates(x: F, y: F, zz: F, zzz: F) -> Self {
        Self { x, y, zz, zzz }
    }

    /// From homogeneous coordinates, `x = X/Z`, `y = Y/Z`.
    pub fn from_homogeneous(x: &F, y: &F, z: &F) -> Self {
        let zz = z.sqr();
        Self {
            x: x.mul(z),
            y: y.mul(&zz),
            zz,
            zzz: zz.mul(z),
        }
    }

    /// Whether it is the point at infinity.
    pub fn is_infinity(&self) -> bool {
        self.zz.is_zero()
    }

    /// Twice the point.
    pub fn double(&self) -> Self {
        if self.is_infinity() {
            return *self;
        }
        let u = self.y.double();
        let v = u.sqr();
        let w = u.mul(&v);
        let s = self.x.mul(&v);
        let square = self.x.sqr();
        let m = square.double().add(&square);
        let x = m.sqr().sub(&s.double());
        Self {
            x,
            y: m.mul(&s.sub(&x)).sub(&w.mul(&self.y)),
            zz: v.mul(&self.zz),
            zzz: w.mul(&self.zzz),
        }
    }

    /// Adds an affine point.
    pub fn add_affine(&mut self, p: &Affine<F>) {
        if p.is_infinity() {
            return;
        }
        if self.is_infinity() {
            *self = Self {
                x: p.x,
                y: p.y,
                zz: F::ONE,
                zzz: F::ONE,
            };
            return;
        }
        let (u, s) = (p.x.mul(&self.zz), p.y.mul(&self.zzz));
        let (run, rise) = (u.sub(&self.x), s.sub(&self.y));
        if run.is_zero() {
            *self = if rise.is_zero() { self.double() } else { Self::INFINITY };
            return;
        }
        let square = run.sqr();
        let cube = run.mul(&square);
        let q = self.x.mul(&square);
        let x = rise.sqr().sub(&cube).sub(&q.double());
        *self = Self {
            x,
            y: rise.mul(&q.sub(&x)).sub(&self.y.mul(&cube)),
            zz: self.zz.mul(&square),
            zzz: self.zzz.mul(&cube),
        };
    }

    /// Adds a point.
    pub fn add(&mut self, o: &Self) {
        if o.is_infinity() {
            return;
        }
        if self.is_infinity() {
            *self = *o;
            return;
        }
        let (u1, u2) = (self.x.mul(&o.zz), o.x.mul(&self.zz));
        let (s1, s2) = (self.y.mul(&o.zzz), o.y.mul(&self.zzz));
        let (p, r) = (u2.sub(&u1), s2.sub(&s1));
        if p.is_zero() {
            *self = if r.is_zero() { self.double() } else { Self::INFINITY };
            return;
        }
        let p2 = p.sqr();
        let p3 = p.mul(&p2);
        let q = u1.mul(&p2);
        let x = r.sqr().sub(&p3).sub(&q.double());
        *self = Self {
            x,
            y: r.mul(&q.sub(&x)).sub(&s1.mul(&p3)),
            zz: self.zz.mul(&o.zz).mul(&p2),
            zzz: self.zzz.mul(&o.zzz).mul(&p3),
        };
    }

    /// The point times a scalar, in variable time: how long a proof takes tells something about its witness and its
    /// blinding factors, here as in the sums over the key, to whoever measures on the prover's machine.
    pub fn times(&self, scalar: &[u64; 4]) -> Self {
        let mut out = Self::INFINITY;
        for word in scalar.iter().rev() {
            for bit in (0..64).rev() {
                out = out.double();
                if word >> bit & 1 == 1 {
                    out.add(self);
                }
            }
        }
        out
    }

    /// The affine point.
    pub fn to_affine(self) -> Affine<F> {
        if self.is_infinity() {
            return Affine::INFINITY;
        }
        let inverse = self.zzz.invert();
        let z_inverse = self.zz.mul(&inverse);
        Affine {
            x: self.x.mul(&z_inverse.sqr()),
            y: self.y.mul(&inverse),
        }
    }
}
