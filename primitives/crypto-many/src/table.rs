//! Multiples of keys that sign often.
//!
//! Of a key `P` the table has `m·2^(16k)·(-P)` for `m` up to 8 and `k` below 8, so that a product with a challenge
//! takes twelve doublings instead of 128, and `2^128·(-P)` for the digit that is a carry.
#![allow(unsafe_code)]
// Loops over indices: closures and iterators are not part of the function that switches the instructions on.
#![allow(clippy::needless_range_loop)]

use crate::{
    kit::Kit,
    point::{inverses, negated_key, Flat},
};
use cloister_lanes::{Elements, Task, LANES};

/// Parts of 16 bits of a challenge.
pub const PARTS: usize = 8;
/// Digits in a part.
pub const PART_DIGITS: usize = 4;
/// Multiples of a part: those of the digits of a challenge, from zero on.
pub const PART_MULTIPLES: usize = 9;
/// Where the multiple for the carry is.
pub const CARRY: usize = PARTS * PART_MULTIPLES;
/// Doublings from the last multiple of a part, the eightfold, to the first of the next.
const DOUBLINGS: usize = 13;
/// Points that are computed: all but the identities.
const POINTS: usize = PARTS * (PART_MULTIPLES - 1) + 1;

/// The tables of as many keys as a value is wide.
struct Build<'a, S: Elements> {
    kit: &'a Kit<S>,
    x: &'a [[u64; 4]; LANES],
    y: &'a [[u64; 4]; LANES],
}

impl<S: Elements> Task for Build<'_, S> {
    type Output = [Vec<S::Triple>; LANES];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let (one, d2) = (S::broadcast(&self.kit.one), S::broadcast(&self.kit.d2));
        let mut base = negated_key::<S>(self.x, self.y, &one);
        let mut points = Vec::with_capacity(POINTS);
        for _ in 0..PARTS {
            let step = base.prepared(&d2);
            let mut multiple = base;
            points.push(multiple);
            for _ in 2..PART_MULTIPLES {
                multiple = multiple.add(&step);
                points.push(multiple);
            }
            base = multiple;
            for _ in 0..DOUBLINGS {
                base = base.double();
            }
        }
        points.push(base);
        let inverses = inverses(&points, &one);
        let identity = S::to_triples(&[one, one, S::zero()]);
        let mut tables: [Vec<S::Triple>; LANES] = core::array::from_fn(|_| Vec::with_capacity(CARRY + 1));
        for number in 0..points.len() {
            if number % (PART_MULTIPLES - 1) == 0 && number + 1 < POINTS {
                append(&mut tables, &identity);
            }
            let (x, y) = (
                points[number].x.mul(&inverses[number]),
                points[number].y.mul(&inverses[number]),
            );
            let flat = Flat {
                plus: y.add(&x).tight(),
                minus: y.sub(&x).tight(),
                t2d: x.mul(&y).mul(&d2),
            };
            append(&mut tables, &S::to_triples(&[flat.plus, flat.minus, flat.t2d]));
        }
        tables
    }
}

fn append<T: Copy>(tables: &mut [Vec<T>; LANES], triples: &[T; LANES]) {
    for (table, triple) in tables.iter_mut().zip(triples) {
        table.push(*triple);
    }
}

/// The tables of keys given by their coordinates; only where the backend is available.
pub fn build<S: Elements>(kit: &Kit<S>, x: &[[u64; 4]; LANES], y: &[[u64; 4]; LANES]) -> [Vec<S::Triple>; LANES] {
    // SAFETY: whoever has a kit asked for the instructions.
    unsafe { S::enter(Build { kit, x, y }) }
}

/// Where the multiple for a digit of a challenge is in a table.
pub fn place(number: usize, digit: i16) -> usize {
    let size = usize::from(digit.unsigned_abs());
    match (number / PART_DIGITS, digit) {
        (PARTS, 0) => 0,
        (PARTS, _) => CARRY,
        (part, _) => part * PART_MULTIPLES + size,
    }
}
