//! Where generated points go.

#[cfg(feature = "native")]
use crate::KeyWriter;
use crate::{G1Affine, G2Affine, KeyError, KeyPoints};

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

#[cfg(feature = "native")]
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
