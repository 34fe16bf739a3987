//! The values of the constraints' three sides.

use crate::{
    arithmetic::constants::{at_least, minus, negated_inverse, power_of_two, R},
    parallel::prelude::*,
    scalar::words,
    Matrices, Matrix, ProveError,
};
use bls12_381::Scalar;

/// Constraints that a task works on.
const CHUNK: usize = 1 << 11;
/// Words of a sum that is not reduced.
const WORDS: usize = 9;
/// The scalar field's modulus with a word to spare.
const MODULUS: [u64; 5] = [R[0], R[1], R[2], R[3], 0];
const INVERSE: u64 = negated_inverse(R[0]);
/// `2^512` modulo the modulus.
const BEYOND: [u64; 4] = power_of_two(512, &R);

/// `[A·w, B·w, C·w]` of every constraint, in canonical words.
pub type Rows = Vec<[[u64; 4]; 3]>;

/// Evaluates all constraints over wires in canonical words.
///
/// # Errors
/// [`ProveError::Unsatisfied`] with the first one that does not hold.
pub fn evaluate(matrices: &Matrices, wires: &[[u64; 4]]) -> Result<Rows, ProveError> {
    let coefficients = Coefficients::new(matrices);
    let mut rows = vec![[[0; 4]; 3]; matrices.constraints()];
    let broken = rows.par_chunks_mut(CHUNK).enumerate().find_map_first(|(i, rows)| {
        let first = i * CHUNK;
        rows.iter_mut().enumerate().find_map(|(k, row)| {
            *row = [&matrices.a, &matrices.b, &matrices.c].map(|m| coefficients.side(m, first + k, wires));
            let [a, b, c] = row;
            // Both over 2^256.
            let mut product = Sum::default();
            product.add_product(a, b);
            let mut expected = Sum::default();
            expected.0[..4].copy_from_slice(c);
            (product.reduce() != expected.reduce()).then_some(first + k)
        })
    });
    match broken {
        None => Ok(rows),
        Some(constraint) => Err(ProveError::Unsatisfied { constraint }),
    }
}

/// The coefficients of a system as the sums take them.
struct Coefficients {
    /// Times `2^256`, in canonical words.
    times: Vec<[u64; 4]>,
    /// Where minus one is, if it is one of them.
    minus_one: Option<u32>,
}

impl Coefficients {
    fn new(matrices: &Matrices) -> Self {
        let by = Scalar::from_raw(power_of_two(256, &R));
        let minus_one = -Scalar::one();
        Self {
            times: matrices.coefficients.par_iter().map(|x| words(&(x * by))).collect(),
            minus_one: (0..)
                .zip(&matrices.coefficients)
                .find_map(|(place, x)| (*x == minus_one).then_some(place)),
        }
    }

    fn side(&self, matrix: &Matrix, row: usize, wires: &[[u64; 4]]) -> [u64; 4] {
        let mut sum = Sum::default();
        for term in matrix.row(row) {
            let wire = &wires[term.column as usize];
            // The first coefficient is one.
            if term.coefficient == 0 {
                sum.add_above(wire);
            } else if Some(term.coefficient) == self.minus_one {
                sum.add_above(&minus(&R, wire));
            } else {
                sum.add_product(wire, &self.times[term.coefficient as usize]);
            }
        }
        sum.reduce()
    }
}

/// A sum that is reduced once, at the end. A term is below `2^512`, and no matrix has `2^31` of them, so that nothing
/// leaves the last word.
#[derive(Clone, Copy, Default)]
struct Sum([u64; WORDS]);

impl Sum {
    /// Adds a product.
    #[inline(always)]
    fn add_product(&mut self, a: &[u64; 4], b: &[u64; 4]) {
        for (i, a) in a.iter().enumerate() {
            let mut carry = 0;
            for (j, b) in b.iter().enumerate() {
                (self.0[i + j], carry) = a.carrying_mul_add(*b, self.0[i + j], carry);
            }
            self.carry(i + 4, carry);
        }
    }

    /// Adds `2^256` times a number.
    #[inline(always)]
    fn add_above(&mut self, a: &[u64; 4]) {
        let mut carry = false;
        for (sum, a) in self.0[4..8].iter_mut().zip(a) {
            (*sum, carry) = sum.carrying_add(*a, carry);
        }
        self.0[8] += u64::from(carry);
    }

    /// Adds a word at a place and whatever it carries.
    #[inline(always)]
    fn carry(&mut self, place: usize, word: u64) {
        let (sum, mut carry) = self.0[place].overflowing_add(word);
        self.0[place] = sum;
        for sum in &mut self.0[place + 1..] {
            (*sum, carry) = sum.overflowing_add(u64::from(carry));
        }
    }

    /// The sum over `2^256`, in canonical words: Montgomery's reduction.
    ///
    /// With its last word, a multiple of `2^512`, taken modulo the modulus, the sum is below `2^512 + 2^320`. What the
    /// four steps leave is below `2^256 + 2^64` and one modulus more, in which the modulus fits three times.
    #[inline(always)]
    fn reduce(mut self) -> [u64; 4] {
        let beyond = core::mem::take(&mut self.0[8]);
        let mut carry = 0;
        for (sum, word) in self.0.iter_mut().zip(&BEYOND) {
            (*sum, carry) = beyond.carrying_mul_add(*word, *sum, carry);
        }
        self.carry(4, carry);
        for i in 0..4 {
            let by = self.0[i].wrapping_mul(INVERSE);
            let mut carry = 0;
            for (j, word) in R.iter().enumerate() {
                (self.0[i + j], carry) = by.carrying_mul_add(*word, self.0[i + j], carry);
            }
            self.carry(i + 4, carry);
        }
        let mut out = [self.0[4], self.0[5], self.0[6], self.0[7], self.0[8]];
        while at_least(&out, &MODULUS) {
            out = minus(&out, &MODULUS);
        }
        [out[0], out[1], out[2], out[3]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    fn scalar(words: &[u64; 4]) -> Scalar {
        Scalar::from_raw(*words)
    }

    /// What [`Sum::reduce`] shall be, by the field's own arithmetic.
    fn expected(sum: &Sum) -> Scalar {
        let by = Scalar::from_raw(power_of_two(256, &R));
        let part = |i: usize| scalar(&core::array::from_fn(|j| sum.0.get(i + j).copied().unwrap_or(0)));
        let inverse = Option::<Scalar>::from(by.invert()).expect("not zero");
        part(0) * inverse + part(4) + part(8) * by
    }

    #[test]
    fn sums_of_any_size_are_reduced() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut sums = vec![Sum([u64::MAX; WORDS]), Sum([0; WORDS])];
        // The modulus at every place, and one less.
        for place in 0..=WORDS - 4 {
            for less in [0, 1] {
                let mut sum = Sum::default();
                sum.0[place..place + 4].copy_from_slice(&R);
                sum.0[place] -= less;
                sums.push(sum);
            }
        }
        for _ in 0..1_000 {
            sums.push(Sum(core::array::from_fn(|_| match rng.next_u64() % 3 {
                0 => 0,
                1 => u64::MAX,
                _ => rng.next_u64(),
            })));
        }
        for sum in sums {
            assert_eq!(sum.reduce(), words(&expected(&sum)), "{:x?}", sum.0);
        }
    }

    #[test]
    fn terms_add_up() {
        let largest = minus(&R, &[1, 0, 0, 0]);
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut draw = |i: usize| match i % 4 {
            0 => largest,
            1 => [0; 4],
            _ => words(&Scalar::from_raw(core::array::from_fn(|_| rng.next_u64()))),
        };
        let by = Scalar::from_raw(power_of_two(256, &R));
        let (mut sum, mut total) = (Sum::default(), Scalar::zero());
        for i in 0..2_000 {
            let (a, b) = (draw(i), draw(i / 4));
            sum.add_product(&a, &b);
            total += scalar(&a) * scalar(&b);
            sum.add_above(&a);
            total += scalar(&a) * by;
            // Minus zero is the modulus.
            sum.add_above(&minus(&R, &a));
            total -= scalar(&a) * by;
        }
        assert_eq!(scalar(&sum.reduce()) * by, total);
    }
}
