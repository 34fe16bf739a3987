//! Commitments of signatures recomputed, and their challenges hashed, side by side (P-SCHNORR).
#![allow(unsafe_code)]
// Loops over indices: closures and iterators are not part of the function that switches the instructions on.
#![allow(clippy::needless_range_loop)]

use crate::{
    digits::{CHALLENGE_DIGITS, RESPONSE_DIGITS},
    kit::{Kit, GENERATOR_WINDOW},
    permutation::permute,
    point::{inverses, negated_key, Flat, Point, Prepared},
    table::{place, PARTS, PART_DIGITS, PART_MULTIPLES},
};
use cloister_crypto::{
    constants::{domain, POSEIDON2_RATE, POSEIDON2_WIDTH},
    poseidon2::capacity,
};
use cloister_lanes::{scalar::words, Elements, Task, LANES};

/// Elements that a challenge is a hash of.
const CHALLENGE_ELEMENTS: usize = 5;
/// Bits of a digit of a challenge.
const DIGIT_BITS: usize = 4;

/// As many signatures as a value is wide, lane by lane.
pub struct Group<'a, S: Elements> {
    /// Digits of the responses.
    pub responses: [[i16; RESPONSE_DIGITS]; LANES],
    /// Digits of the challenges.
    pub challenges: [[i16; CHALLENGE_DIGITS]; LANES],
    /// The keys' first coordinates.
    pub x: [[u64; 4]; LANES],
    /// The keys' second coordinates.
    pub y: [[u64; 4]; LANES],
    /// The messages.
    pub messages: [[u64; 4]; LANES],
    /// The keys' tables, if all have one.
    pub tables: Option<[&'a [S::Triple]; LANES]>,
}

#[inline(always)]
fn identity<S: Elements>(one: &S) -> Point<S> {
    Point {
        x: S::zero(),
        y: *one,
        z: *one,
        t: S::zero(),
    }
}

/// Lanes whose digit is negative.
fn negative<const N: usize>(digits: &[[i16; N]; LANES], number: usize) -> u8 {
    digits
        .iter()
        .enumerate()
        .fold(0, |mask, (lane, digits)| mask | u8::from(digits[number] < 0) << lane)
}

/// Lanes whose digit has each size.
fn sizes(digits: &[[i16; CHALLENGE_DIGITS]; LANES], number: usize) -> [u8; PART_MULTIPLES] {
    let mut masks = [0; PART_MULTIPLES];
    for (lane, digits) in digits.iter().enumerate() {
        masks[usize::from(digits[number].unsigned_abs())] |= 1 << lane;
    }
    masks
}

#[inline(always)]
fn sixteenfold<S: Elements>(point: &Point<S>) -> Point<S> {
    let mut point = *point;
    for _ in 1..DIGIT_BITS {
        point = point.double_without_t();
    }
    point.double()
}

/// The multiples of `-P` from zero to eight.
#[inline(always)]
fn multiples<S: Elements>(key: &Point<S>, one: &S, d2: &S) -> [Prepared<S>; PART_MULTIPLES] {
    let none = Prepared {
        flat: Flat {
            plus: *one,
            minus: *one,
            t2d: S::zero(),
        },
        z: *one,
    };
    let mut out = [none; PART_MULTIPLES];
    let mut multiple = *key;
    out[1] = key.prepared(d2);
    for size in 2..PART_MULTIPLES {
        multiple = multiple.add(&out[1]);
        out[size] = multiple.prepared(d2);
    }
    out
}

/// `c·(-P)`, with every key's own multiples.
#[inline(always)]
fn of_challenges<S: Elements>(group: &Group<'_, S>, one: &S, d2: &S) -> Point<S> {
    let table = multiples(&negated_key::<S>(&group.x, &group.y, one), one, d2);
    let mut sum = identity(one);
    for number in (0..CHALLENGE_DIGITS).rev() {
        if number + 1 < CHALLENGE_DIGITS {
            sum = sixteenfold(&sum);
        }
        let masks = sizes(&group.challenges, number);
        let mut chosen = table[0];
        for size in 1..PART_MULTIPLES {
            let (mask, entry) = (masks[size], &table[size]);
            if mask != 0 {
                chosen = Prepared {
                    flat: Flat {
                        plus: chosen.flat.plus.select(mask, &entry.flat.plus),
                        minus: chosen.flat.minus.select(mask, &entry.flat.minus),
                        t2d: chosen.flat.t2d.select(mask, &entry.flat.t2d),
                    },
                    z: chosen.z.select(mask, &entry.z),
                };
            }
        }
        chosen.flat = chosen.flat.negated(negative(&group.challenges, number));
        sum = sum.add(&chosen);
    }
    sum
}

/// The sum with a digit's multiple from a table for each lane.
#[inline(always)]
fn add_from<S: Elements>(sum: &Point<S>, from: &[&S::Triple; LANES], negative: u8) -> Point<S> {
    let [plus, minus, t2d] = S::from_triples(from);
    sum.add_flat(&Flat { plus, minus, t2d }.negated(negative))
}

/// `c·(-P)`, with the keys' tables.
#[inline(always)]
fn of_challenges_by_tables<S: Elements>(group: &Group<'_, S>, tables: &[&[S::Triple]; LANES], one: &S) -> Point<S> {
    let mut sum = identity(one);
    for digit in (0..PART_DIGITS).rev() {
        if digit + 1 < PART_DIGITS {
            sum = sixteenfold(&sum);
        }
        for part in 0..PARTS {
            sum = add_digit(&sum, group, tables, part * PART_DIGITS + digit);
        }
    }
    add_digit(&sum, group, tables, CHALLENGE_DIGITS - 1)
}

#[inline(always)]
fn add_digit<S: Elements>(
    sum: &Point<S>,
    group: &Group<'_, S>,
    tables: &[&[S::Triple]; LANES],
    number: usize,
) -> Point<S> {
    let mut from = [&tables[0][0]; LANES];
    for lane in 0..S::WIDTH {
        from[lane] = &tables[lane][place(number, group.challenges[lane][number])];
    }
    add_from(sum, &from, negative(&group.challenges, number))
}

/// `s·G + c·(-P)`, the commitments.
#[inline(always)]
fn commitments<S: Elements>(kit: &Kit<S>, group: &Group<'_, S>, one: &S, d2: &S) -> Point<S> {
    let mut sum = match &group.tables {
        Some(tables) => of_challenges_by_tables(group, tables, one),
        None => of_challenges(group, one, d2),
    };
    for number in 0..RESPONSE_DIGITS {
        let window = &kit.generator[number * GENERATOR_WINDOW..];
        let mut from = [&window[0]; LANES];
        for lane in 0..S::WIDTH {
            from[lane] = &window[usize::from(group.responses[lane][number].unsigned_abs())];
        }
        sum = add_from(&sum, &from, negative(&group.responses, number));
    }
    sum
}

/// The challenges that groups of signatures should have.
struct Challenges<'a, S: Elements> {
    kit: &'a Kit<S>,
    groups: &'a [Group<'a, S>],
}

impl<S: Elements> Task for Challenges<'_, S> {
    type Output = Vec<[u128; LANES]>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let (one, d2) = (S::broadcast(&self.kit.one), S::broadcast(&self.kit.d2));
        let mut points = Vec::with_capacity(self.groups.len());
        for group in self.groups {
            points.push(commitments(self.kit, group, &one, &d2));
        }
        let inverses = inverses(&points, &one);
        let capacity = S::from_words(&[words(&capacity(domain::SIG, CHALLENGE_ELEMENTS)); LANES]);
        let mut out = Vec::with_capacity(points.len());
        for i in 0..points.len() {
            let group = &self.groups[i];
            let mut state = [S::zero(); POSEIDON2_WIDTH];
            state[0] = points[i].x.mul(&inverses[i]);
            state[1] = points[i].y.mul(&inverses[i]);
            state[2] = S::from_words(&group.x);
            state[3] = S::from_words(&group.y);
            state[4] = S::from_words(&group.messages);
            state[POSEIDON2_RATE] = capacity;
            permute(&mut state, &self.kit.constants);
            out.push(
                state[0]
                    .to_words()
                    .map(|hash| u128::from(hash[0]) | u128::from(hash[1]) << 64),
            );
        }
        out
    }
}

/// The challenges that groups of signatures should have; only where the backend is available.
pub fn challenges<S: Elements>(kit: &Kit<S>, groups: &[Group<'_, S>]) -> Vec<[u128; LANES]> {
    // SAFETY: whoever has a kit asked for the instructions.
    unsafe { S::enter(Challenges { kit, groups }) }
}
