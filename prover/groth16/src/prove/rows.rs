//! The values of the constraints' three sides.

use crate::{parallel::prelude::*, scalar::words, Matrices, Matrix, ProveError};
use bls12_381::Scalar;

/// Constraints that a task works on.
const CHUNK: usize = 1 << 11;

/// `[A·w, B·w, C·w]` of every constraint, in canonical words.
pub type Rows = Vec<[[u64; 4]; 3]>;

/// Evaluates all constraints.
///
/// # Errors
/// [`ProveError::Unsatisfied`] with the first one that does not hold.
pub fn evaluate(matrices: &Matrices, wires: &[Scalar]) -> Result<Rows, ProveError> {
    let mut rows = vec![[[0; 4]; 3]; matrices.constraints()];
    let broken = rows.par_chunks_mut(CHUNK).enumerate().find_map_first(|(i, rows)| {
        let first = i * CHUNK;
        rows.iter_mut().enumerate().find_map(|(k, row)| {
            let [a, b, c] = [&matrices.a, &matrices.b, &matrices.c].map(|m| side(matrices, m, first + k, wires));
            *row = [words(&a), words(&b), words(&c)];
            (a * b != c).then_some(first + k)
        })
    });
    match broken {
        None => Ok(rows),
        Some(constraint) => Err(ProveError::Unsatisfied { constraint }),
    }
}

fn side(matrices: &Matrices, matrix: &Matrix, row: usize, wires: &[Scalar]) -> Scalar {
    let mut sum = Scalar::zero();
    for term in matrix.row(row) {
        let wire = &wires[term.column as usize];
        // The first coefficient is one.
        if term.coefficient == 0 {
            sum += wire;
        } else {
            sum += wire * matrices.coefficients[term.coefficient as usize];
        }
    }
    sum
}
