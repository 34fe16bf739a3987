//! Multiples by given bits of full length, in complete formulas.
//!
//! Signatures take the cheaper ones of [`super::montgomery`], which need short scalars or free ones.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::SIGNATURE_SCALAR_BITS;

use super::{
    boolean::Bit,
    jubjub::{Point, ADD_CONSTANT_COST, ADD_COST, DOUBLE_COST},
    window::{Digit, FIXED, WINDOW, WINDOWS},
};
use crate::Fr;

/// Constraints of [`fixed_base`].
pub const FIXED_BASE_OF_BITS_COST: usize = WINDOWS * (WINDOW + 1 + ADD_COST) - ADD_COST + ADD_CONSTANT_COST;

/// Constraints of [`multiply_half`] by a scalar of `bits` bits.
pub const fn multiply_half_cost(bits: usize) -> usize {
    ADD_COST + bits / 2 * (2 * DOUBLE_COST + 4 + ADD_COST) + ADD_COST
}

/// `s·G` for the 252 given bits of `s`, lowest first. [`FIXED_BASE_OF_BITS_COST`] constraints.
pub fn fixed_base<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len(), SIGNATURE_SCALAR_BITS);
    let mut cs = cs.namespace(|| name);
    let mut sum: Option<Point> = None;
    for (w, (points, bits)) in FIXED.windows.iter().zip(scalar.chunks(WINDOW)).enumerate() {
        let mut cs = cs.namespace(|| format!("window {w}"));
        let point = Digit::of_bits(&mut cs, bits)?.edwards(&mut cs, points)?;
        sum = Some(match sum {
            None => point.add_constant(&mut cs, "correction", &FIXED.correction)?,
            Some(sum) => sum.add(&mut cs, "sum", &point)?,
        });
    }
    // There is a window, so there is a sum.
    sum.ok_or(SynthesisError::AssignmentMissing)
}

/// `s·P` for the bits of a scalar, an even number of them and lowest first, with a point `H` of the curve of which the
/// caller knows that `2·H = P`. [`multiply_half_cost`] constraints.
///
/// With `n` signed bits `e_i = 2·s_i - 1`, `Σ e_i·2^i·H = s·P - (2^n - 1)·H`; a Horner scheme that starts at `H` adds
/// `2^n·H`, so its end less `H` is `s·P`. Two signed bits make a digit ±1 or ±3. `H` is not unique (a point of order
/// two can be added), but `2·H = P` is all that the sum relies on.
pub fn multiply_half<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    half: &Point,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len() % 2, 0);
    let mut cs = cs.namespace(|| name);
    let triple = point.add(&mut cs, "triple", half)?;
    let mut sum = half.clone();
    for (i, bits) in scalar.chunks(2).enumerate().rev() {
        let mut cs = cs.namespace(|| format!("window {i}"));
        let [low, high] = [&bits[0], &bits[1]];
        let one = low.xor(&mut cs, "size is one", high)?;
        let size = Point::select(&mut cs, "size", &one, half, &triple)?;
        let digit = size.negate_unless(&mut cs, high)?;
        sum = sum
            .double(&mut cs, "double")?
            .double(&mut cs, "quadruple")?
            .add(&mut cs, "sum", &digit)?;
    }
    sum.add(&mut cs, "less the half", &half.negate())
}
