//! Fast Fourier transforms, eight columns side by side.
//!
//! A vector of `N = 8·M` scalars is kept as `M` blocks; lane `l` of block `j` is element `l·M + j`. The three outermost
//! stages of a transform work across the lanes of each block; what is left is a transform of `M` blocks with the same
//! factors in all lanes. Transforms are unordered: backwards from natural order to bit-reversed order, forwards from
//! there to natural order.
#![allow(unsafe_code)]

use super::domain::{Powers, Roots};
use crate::{
    arithmetic::{ScalarLanes, Task, LANES},
    parallel::{self, prelude::*},
};

/// Blocks that fit a core's cache; larger transforms are split between cores first.
const CACHED: usize = 1 << 11;
/// Blocks that a task works on in a pass over all.
const CHUNK: usize = 1 << 10;

/// From values in natural order to coefficients (times the size) in bit-reversed order.
pub(super) fn backward<L: ScalarLanes>(blocks: &mut [L], roots: &Roots<L>) {
    blocks.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| {
        // SAFETY: lanes of this backend exist only where it is available; so in all of this file.
        unsafe {
            L::enter(Across {
                blocks: chunk,
                first: i * CHUNK,
                roots,
                inward: true,
            });
        }
    });
    split(blocks, roots);
}

/// From coefficients in bit-reversed order to values in natural order.
pub(super) fn forward<L: ScalarLanes>(blocks: &mut [L], roots: &Roots<L>) {
    join(blocks, roots);
    blocks.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| unsafe {
        L::enter(Across {
            blocks: chunk,
            first: i * CHUNK,
            roots,
            inward: false,
        });
    });
}

/// The stages of `M` blocks, from long distances to short ones (Gentleman-Sande).
fn split<L: ScalarLanes>(blocks: &mut [L], roots: &Roots<L>) {
    if blocks.len() <= CACHED {
        return unsafe {
            L::enter(Inner {
                blocks,
                roots,
                inward: true,
            })
        };
    }
    outer(blocks, roots, true);
    let (low, high) = blocks.split_at_mut(blocks.len() / 2);
    parallel::join(|| split(low, roots), || split(high, roots));
}

/// The stages of `M` blocks, from short distances to long ones (Cooley-Tukey).
fn join<L: ScalarLanes>(blocks: &mut [L], roots: &Roots<L>) {
    if blocks.len() <= CACHED {
        return unsafe {
            L::enter(Inner {
                blocks,
                roots,
                inward: false,
            })
        };
    }
    let (low, high) = blocks.split_at_mut(blocks.len() / 2);
    parallel::join(|| join(low, roots), || join(high, roots));
    outer(blocks, roots, false);
}

/// One stage over all blocks, in parallel.
fn outer<L: ScalarLanes>(blocks: &mut [L], roots: &Roots<L>, inward: bool) {
    let half = blocks.len() / 2;
    let factors = &roots.table[half - 1..2 * half - 1];
    let (low, high) = blocks.split_at_mut(half);
    low.par_chunks_mut(CHUNK)
        .zip(high.par_chunks_mut(CHUNK))
        .zip(factors.par_chunks(CHUNK))
        .for_each(|((low, high), factors)| unsafe {
            L::enter(Stage {
                low,
                high,
                factors,
                inward,
            });
        });
}

/// One butterfly.
#[inline(always)]
fn butterfly<L: ScalarLanes>(low: &mut L, high: &mut L, factor: &L::Element, inward: bool) {
    if inward {
        L::difference_times(low, high, factor);
    } else {
        L::times_difference(low, high, factor);
    }
}

struct Stage<'a, L: ScalarLanes> {
    low: &'a mut [L],
    high: &'a mut [L],
    factors: &'a [L::Element],
    inward: bool,
}

impl<L: ScalarLanes> Task for Stage<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((low, high), factor) in self.low.iter_mut().zip(self.high).zip(self.factors) {
            butterfly(low, high, factor, self.inward);
        }
    }
}

/// All stages of a transform that fits the cache.
struct Inner<'a, L: ScalarLanes> {
    blocks: &'a mut [L],
    roots: &'a Roots<L>,
    inward: bool,
}

impl<L: ScalarLanes> Task for Inner<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let stages = self.blocks.len().trailing_zeros();
        for stage in 0..stages {
            let half = 1usize << if self.inward { stages - 1 - stage } else { stage };
            let factors = &self.roots.table[half - 1..2 * half - 1];
            for pair in self.blocks.chunks_exact_mut(2 * half) {
                let (low, high) = pair.split_at_mut(half);
                for ((low, high), factor) in low.iter_mut().zip(high).zip(factors) {
                    butterfly(low, high, factor, self.inward);
                }
            }
        }
    }
}

/// The transform across lanes, and the factors between it and the transforms within them.
struct Across<'a, L: ScalarLanes> {
    blocks: &'a mut [L],
    first: usize,
    roots: &'a Roots<L>,
    inward: bool,
}

impl<L: ScalarLanes> Task for Across<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Roots { across, step, .. } = self.roots;
        // step^first
        let mut twist = L::splat(&[1, 0, 0, 0]);
        for bit in (0..usize::BITS - self.first.leading_zeros()).rev() {
            twist = twist.mul(&twist);
            if self.first >> bit & 1 == 1 {
                twist = twist.mul(step);
            }
        }
        for block in self.blocks {
            let mut x = *block;
            if self.inward {
                x = stage_in(&x, 4, 0xf0, &across[0]);
                x = stage_in(&x, 2, 0xcc, &across[1]);
                x = stage_in(&x, 1, 0xaa, &across[2]);
                *block = x.mul(&twist);
            } else {
                x = x.mul(&twist);
                x = stage_out(&x, 1, 0xaa, &across[2]);
                x = stage_out(&x, 2, 0xcc, &across[1]);
                *block = stage_out(&x, 4, 0xf0, &across[0]);
            }
            twist = twist.mul(step);
        }
    }
}

/// Lower lanes become sums, upper ones differences times their factor (lower lanes' factor is one).
#[inline(always)]
fn stage_in<L: ScalarLanes>(x: &L, distance: usize, upper: u8, factors: &L) -> L {
    let other = x.swap(distance);
    // In the upper lanes: lower minus upper.
    let difference = other.sub(x);
    x.add(&other).select(upper, &difference).mul(factors)
}

/// The inverse direction: upper lanes are multiplied, then sums and differences are formed.
#[inline(always)]
fn stage_out<L: ScalarLanes>(x: &L, distance: usize, upper: u8, factors: &L) -> L {
    let moved = x.mul(factors);
    let other = moved.swap(distance);
    other.add(&moved).select(upper, &other.sub_tight(&moved))
}

/// Multiplies the coefficient `k` (in bit-reversed places) by `powers`' `k`-th value.
pub(super) fn scale<L: ScalarLanes>(blocks: &mut [L], powers: &Powers<L>) {
    let shift = usize::BITS - blocks.len().trailing_zeros();
    blocks.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| unsafe {
        L::enter(Scale {
            blocks: chunk,
            first: i * CHUNK,
            shift,
            powers,
        });
    });
}

struct Scale<'a, L: ScalarLanes> {
    blocks: &'a mut [L],
    first: usize,
    shift: u32,
    powers: &'a Powers<L>,
}

impl<L: ScalarLanes> Task for Scale<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (j, block) in self.blocks.iter_mut().enumerate() {
            let k = (self.first + j).reverse_bits() >> self.shift;
            let factor = L::broadcast(&self.powers.table[k]);
            *block = block.mul(&self.powers.lanes).mul(&factor);
        }
    }
}

/// `a ← a·b`.
pub(super) fn multiply<L: ScalarLanes>(a: &mut [L], b: &[L]) {
    a.par_chunks_mut(CHUNK)
        .zip(b.par_chunks(CHUNK))
        .for_each(|(a, b)| unsafe {
            L::enter(Multiply { a, b });
        });
}

struct Multiply<'a, L> {
    a: &'a mut [L],
    b: &'a [L],
}

impl<L: ScalarLanes> Task for Multiply<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (a, b) in self.a.iter_mut().zip(self.b) {
            *a = a.mul(b);
        }
    }
}

/// `a ← a - factor·b`.
pub(super) fn subtract<L: ScalarLanes>(a: &mut [L], b: &[L], factor: &L::Element) {
    a.par_chunks_mut(CHUNK)
        .zip(b.par_chunks(CHUNK))
        .for_each(|(a, b)| unsafe {
            L::enter(Subtract { a, b, factor });
        });
}

struct Subtract<'a, L: ScalarLanes> {
    a: &'a mut [L],
    b: &'a [L],
    factor: &'a L::Element,
}

impl<L: ScalarLanes> Task for Subtract<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let factor = L::broadcast(self.factor);
        for (a, b) in self.a.iter_mut().zip(self.b) {
            *a = a.sub_tight(&b.mul(&factor));
        }
    }
}

/// Puts canonical words into blocks: `word(i)` is element `i`.
pub(super) fn pack<L: ScalarLanes>(size: usize, word: impl Fn(usize) -> [u64; 4] + Sync) -> Vec<L> {
    let count = size / LANES;
    let mut blocks = vec![L::zero(); count];
    blocks.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| {
        for (j, block) in chunk.iter_mut().enumerate() {
            *block = L::from_words(&core::array::from_fn(|lane| word(lane * count + i * CHUNK + j)));
        }
    });
    blocks
}

/// Takes coefficients out of bit-reversed places into natural order, as canonical words.
pub(super) fn unpack<L: ScalarLanes>(blocks: &[L]) -> Vec<[u64; 4]> {
    let shift = usize::BITS - blocks.len().trailing_zeros();
    let mut out = vec![[0; 4]; blocks.len() * LANES];
    // Eight consecutive coefficients come from one block.
    out.par_chunks_mut(LANES).enumerate().for_each(|(k, out)| {
        let words = blocks[k.reverse_bits() >> shift].to_words();
        for (lane, word) in words.iter().enumerate() {
            out[super::domain::reverse_lane(lane)] = *word;
        }
    });
    out
}
