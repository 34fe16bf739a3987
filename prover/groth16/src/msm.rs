//! Multi-exponentiation: `Σ scalar_i·base_i` over bases that are used again and again.
//!
//! Pippenger's bucket method with signed windows. Within a window the points are sorted by digit and each bucket is
//! summed by rounds of affine additions that share their inversions, eight buckets side by side. Zero digits cost
//! nothing, so zero, one and short scalars need no case of their own.

mod blocks;
mod digits;
mod fixed;
mod tree;
mod weigh;

use crate::{
    arithmetic::Lanes,
    curve::{Affine, Stored, Xyzz},
    parallel::{current_num_threads, join, prelude::*},
};
use digits::{Digits, WIDEST};
pub use fixed::FixedBase;
use tree::{Buckets, Tree};

/// A window is worked on in one part for so many threads.
const THREADS: usize = 4;

/// Bases as a backend keeps them.
pub struct Bases<L: Lanes> {
    points: Vec<Stored<L>>,
}

impl<L: Lanes> Bases<L> {
    /// Takes points over; none may be the point at infinity.
    pub fn new(points: &[Affine<L::Field>]) -> Self {
        Self::joined(points, &[])
    }

    /// Takes two lists over, whose sums are wanted together: their buckets are weighed once.
    pub fn joined(first: &[Affine<L::Field>], second: &[Affine<L::Field>]) -> Self {
        Self {
            points: first.par_iter().chain(second).map(Stored::new).collect(),
        }
    }

    /// `Σ scalar_i·base_i` over scalars in canonical words; lists of different lengths are cut to the shorter.
    pub fn multiply(&self, scalars: &[[u64; 4]]) -> Xyzz<L::Field> {
        let digits = self.digits(scalars);
        let windows = (0..Digits::windows(digits.width)).into_par_iter();
        let sums: Vec<_> = windows.map(|k| self.window(&Sorted::new(&digits, k))).collect();
        digits.total(sums.into_iter())
    }

    /// The sums over these bases and over as many others with the same scalars, which are sorted once.
    pub fn multiply_both<M: Lanes>(&self, others: &Bases<M>, scalars: &[[u64; 4]]) -> (Xyzz<L::Field>, Xyzz<M::Field>) {
        assert_eq!(self.points.len(), others.points.len());
        let digits = self.digits(scalars);
        let windows = (0..Digits::windows(digits.width)).into_par_iter();
        let sums: Vec<_> = windows
            .map(|k| {
                let sorted = Sorted::new(&digits, k);
                join(|| self.window(&sorted), || others.window(&sorted))
            })
            .collect();
        let own = digits.total(sums.iter().map(|(sum, _)| *sum));
        (own, digits.total(sums.iter().map(|(_, sum)| *sum)))
    }

    fn digits(&self, scalars: &[[u64; 4]]) -> Digits {
        let scalars = &scalars[..scalars.len().min(self.points.len())];
        let full = scalars.iter().filter(|s| s[1] | s[2] | s[3] != 0).count();
        Digits::new(scalars, width(full.max(scalars.len() / 16)))
    }

    /// `Σ digit_i·point_i`.
    fn window(&self, sorted: &Sorted) -> Xyzz<L::Field> {
        if sorted.order.is_empty() {
            return Xyzz::INFINITY;
        }
        // The more threads, the more of them would wait for the last windows.
        let buckets = sorted.buckets(&self.points, current_num_threads().div_ceil(THREADS));
        weigh::weigh(&buckets)
    }
}

/// The window that costs least for so many full scalars: an addition costs 6 products, a bucket two of them and
/// its part of what is weighed.
fn width(count: usize) -> u32 {
    let cost = |width: &u32| Digits::windows(*width) * (6 * count + (14 << (width - 1)));
    (3..=WIDEST).min_by_key(cost).unwrap_or(WIDEST)
}

/// The digits of a window that are not zero, sorted.
struct Sorted {
    /// Places of points, shifted left by one, bucket after bucket; the lowest bit negates.
    order: Vec<u32>,
    /// Where each bucket ends in the order.
    ends: Vec<u32>,
}

impl Sorted {
    fn new(digits: &Digits, window: usize) -> Self {
        let (digits, width) = (digits.window(window), digits.width);
        let mut ends = vec![0u32; 1 << (width - 1)];
        for digit in digits {
            if *digit != 0 {
                ends[digit.unsigned_abs() as usize - 1] += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            total += core::mem::replace(end, total);
        }
        let mut order = vec![0u32; total as usize];
        for (i, digit) in digits.iter().enumerate() {
            if *digit != 0 {
                let end = &mut ends[digit.unsigned_abs() as usize - 1];
                order[*end as usize] = (i as u32) << 1 | (*digit < 0) as u32;
                *end += 1;
            }
        }
        Self { order, ends }
    }

    /// The first bucket of a part.
    fn bound(&self, part: usize, parts: usize) -> usize {
        let share = self.order.len().div_ceil(parts);
        match part {
            0 => 0,
            _ if part == parts => self.ends.len(),
            _ => self.ends.partition_point(|end| (*end as usize) < part * share),
        }
    }

    /// The sums of all buckets, in parts of about as many points each.
    fn buckets<L: Lanes>(&self, points: &[Stored<L>], parts: usize) -> Buckets<L> {
        let sums: Vec<Buckets<L>> = (0..parts)
            .into_par_iter()
            .map(|part| {
                let (first, last) = (self.bound(part, parts), self.bound(part + 1, parts));
                let start = if first == 0 { 0 } else { self.ends[first - 1] };
                let ends: Vec<u32> = self.ends[first..last].iter().map(|end| end - start).collect();
                Tree::new().sum(points, &self.order[start as usize..], &ends)
            })
            .collect();
        Buckets::concatenated(sums)
    }
}

#[cfg(test)]
mod tests;
