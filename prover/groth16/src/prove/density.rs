//! Which wires have points in which list of a key.

use crate::{parallel, KeyError, Matrices, Matrix, ProvingKey};
use bls12_381::Scalar;

/// The wires that have points in the lists of a key, those whose polynomial is not zero, in the order of the points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyWires {
    /// Wires of [`crate::KeyPoints::a`].
    pub a: Vec<u32>,
    /// Wires of [`crate::KeyPoints::b_g1`] and [`crate::KeyPoints::b_g2`].
    pub b: Vec<u32>,
}

impl KeyWires {
    /// Of a constraint system.
    pub fn of(matrices: &Matrices) -> Self {
        let (mut a, b) = parallel::join(|| dense(matrices, &matrices.a), || dense(matrices, &matrices.b));
        // Every input is in a row `x·0 = 0`.
        a[..matrices.inputs].fill(true);
        let list = |dense: &[bool]| {
            (0..)
                .zip(dense)
                .filter(|(_, dense)| **dense)
                .map(|(wire, _)| wire)
                .collect()
        };
        Self {
            a: list(&a),
            b: list(&b),
        }
    }

    /// Checks that a key has a point for each of them, and as many others as its system needs.
    ///
    /// # Errors
    /// [`KeyError::Points`] with the first list that has too many or too few.
    pub fn check(&self, key: &ProvingKey, matrices: &Matrices) -> Result<(), KeyError> {
        let size = 1usize << matrices.domain_log2();
        let lists = [
            ("h", key.h().len(), size - 1),
            ("l", key.l().len(), matrices.aux),
            ("a", key.a().len(), self.a.len()),
            ("b_g1", key.b_g1().len(), self.b.len()),
            ("b_g2", key.b_g2().len(), self.b.len()),
            ("ic", key.vk().ic.len(), matrices.inputs),
        ];
        match lists.into_iter().find(|(_, found, expected)| found != expected) {
            None => Ok(()),
            Some((list, found, expected)) => Err(KeyError::Points { list, found, expected }),
        }
    }
}

/// The wires with a coefficient in some row. Terms of the same wire in one row count together.
fn dense(matrices: &Matrices, matrix: &Matrix) -> Vec<bool> {
    let mut out = vec![false; matrices.wires()];
    let mut row: Vec<(u32, Scalar)> = Vec::new();
    for i in 0..matrices.constraints() {
        row.clear();
        row.extend(matrices.row(matrix, i).map(|(wire, x)| (wire as u32, *x)));
        row.sort_unstable_by_key(|(wire, _)| *wire);
        for terms in row.chunk_by(|a, b| a.0 == b.0) {
            if terms.iter().map(|(_, x)| x).sum::<Scalar>() != Scalar::zero() {
                out[terms[0].0 as usize] = true;
            }
        }
    }
    out
}
