//! The polynomials of all wires at tau.

use crate::{fft::LARGEST, parallel, scalar::root_of_unity, Matrices, Matrix};
use bellman::SynthesisError;
use bls12_381::Scalar;

/// `A_i(tau)`, `B_i(tau)`, `C_i(tau)` of every wire.
pub struct Columns {
    pub a: Vec<Scalar>,
    pub b: Vec<Scalar>,
    pub c: Vec<Scalar>,
    /// The vanishing polynomial of the domain at tau.
    pub vanishing: Scalar,
}

impl Columns {
    pub fn new(matrices: &Matrices, tau: &Scalar) -> Result<Self, SynthesisError> {
        let (lagrange, vanishing) = lagrange(matrices.domain_log2(), tau)?;
        let sum = |matrix: &Matrix| {
            let mut column = vec![Scalar::zero(); matrices.wires()];
            for (i, value) in lagrange.iter().take(matrices.constraints()).enumerate() {
                for (wire, coefficient) in matrices.row(matrix, i) {
                    column[wire] += value * coefficient;
                }
            }
            column
        };
        let (mut a, (b, c)) = parallel::join(
            || sum(&matrices.a),
            || parallel::join(|| sum(&matrices.b), || sum(&matrices.c)),
        );
        // The rows that Groth16 adds: input j times zero is zero.
        for (column, value) in a
            .iter_mut()
            .zip(&lagrange[matrices.constraints()..])
            .take(matrices.inputs)
        {
            *column += value;
        }
        Ok(Self { a, b, c, vanishing })
    }
}

/// The Lagrange polynomials of a domain at tau, `w^i·Z(tau) / (n·(tau - w^i))`, and the vanishing polynomial there.
fn lagrange(log2: u32, tau: &Scalar) -> Result<(Vec<Scalar>, Scalar), SynthesisError> {
    if log2 > LARGEST {
        return Err(SynthesisError::PolynomialDegreeTooLarge);
    }
    let size = 1usize << log2;
    let root = root_of_unity(log2);
    let vanishing = (0..log2).fold(*tau, |x, _| x.square()) - Scalar::one();
    let size_inverse =
        Option::<Scalar>::from(Scalar::from(size as u64).invert()).ok_or(SynthesisError::DivisionByZero)?;
    let mut point = Scalar::one();
    let mut numerator = vanishing * size_inverse;
    let mut product = Scalar::one();
    let mut rows = Vec::with_capacity(size);
    for _ in 0..size {
        let difference = tau - point;
        rows.push((numerator * product, difference));
        product *= difference;
        point *= root;
        numerator *= root;
    }
    // Zero only if tau lies in the domain.
    let mut inverse = Option::<Scalar>::from(product.invert()).ok_or(SynthesisError::UnexpectedIdentity)?;
    let mut values = vec![Scalar::zero(); size];
    for (value, (before, difference)) in values.iter_mut().zip(&rows).rev() {
        *value = before * inverse;
        inverse *= difference;
    }
    Ok((values, vanishing))
}
