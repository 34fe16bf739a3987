//! Where generated points go.

use crate::{G1Affine, G2Affine, KeyError, KeyPoints, KeyWriter};

/// Takes the points of a key list by list, each list in pieces, in this order.
pub trait PointSink {
    /// Appends to [`KeyPoints::h`].
    ///
    /// # Errors
    /// Those of the sink; so for all lists.
    fn h(&mut self, points: &[G1Affine]) -> Result<(), KeyError>;
    /// Appends to [`KeyPoints::l`].
    ///
    /// # Errors
    /// Those of the sink.
    fn l(&mut self, points: &[G1Affine]) -> Result<(), KeyError>;
    /// Appends to [`KeyPoints::a`].
    ///
    /// # Errors
    /// Those of the sink.
    fn a(&mut self, points: &[G1Affine]) -> Result<(), KeyError>;
    /// Appends to [`KeyPoints::b_g1`].
    ///
    /// # Errors
    /// Those of the sink.
    fn b_g1(&mut self, points: &[G1Affine]) -> Result<(), KeyError>;
    /// Appends to [`KeyPoints::b_g2`].
    ///
    /// # Errors
    /// Those of the sink.
    fn b_g2(&mut self, points: &[G2Affine]) -> Result<(), KeyError>;
}

impl PointSink for KeyPoints {
    fn h(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.h.extend_from_slice(points);
        Ok(())
    }

    fn l(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.l.extend_from_slice(points);
        Ok(())
    }

    fn a(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.a.extend_from_slice(points);
        Ok(())
    }

    fn b_g1(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.b_g1.extend_from_slice(points);
        Ok(())
    }

    fn b_g2(&mut self, points: &[G2Affine]) -> Result<(), KeyError> {
        self.b_g2.extend_from_slice(points);
        Ok(())
    }
}

impl PointSink for KeyWriter {
    fn h(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        Self::h(self, points)
    }

    fn l(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        Self::l(self, points)
    }

    fn a(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        Self::a(self, points)
    }

    fn b_g1(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        Self::b_g1(self, points)
    }

    fn b_g2(&mut self, points: &[G2Affine]) -> Result<(), KeyError> {
        Self::b_g2(self, points)
    }
}

/// Points of the crate `bls12_381` in `blst`'s form. Rare: generators only.
pub(super) mod affine_of {
    #![allow(unsafe_code)]

    use crate::curve::Affine;
    use bls12_381::{G1Projective, G2Projective};
    use blst::{blst_fp, blst_fp2, blst_p1_affine, blst_p1_deserialize, blst_p2_affine, blst_p2_deserialize};
    use group::Curve;

    /// A point of G1.
    pub fn g1(point: &G1Projective) -> Affine<blst_fp> {
        let mut out = blst_p1_affine::default();
        // SAFETY: `blst` reads 96 bytes and writes one point; the bytes encode one.
        unsafe { blst_p1_deserialize(&mut out, point.to_affine().to_uncompressed().as_ptr()) };
        Affine { x: out.x, y: out.y }
    }

    /// A point of G2.
    pub fn g2(point: &G2Projective) -> Affine<blst_fp2> {
        let mut out = blst_p2_affine::default();
        // SAFETY: as above, with 192 bytes.
        unsafe { blst_p2_deserialize(&mut out, point.to_affine().to_uncompressed().as_ptr()) };
        Affine { x: out.x, y: out.y }
    }
}
