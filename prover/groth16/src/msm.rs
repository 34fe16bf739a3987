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
    parallel::prelude::*,
};
use digits::{Digits, WIDEST};
pub use fixed::FixedBase;
use tree::Tree;

/// Bases as a backend keeps them.
pub struct Bases<L: Lanes> {
    points: Vec<Stored<L>>,
}

impl<L: Lanes> Bases<L> {
    /// Takes points over; none may be the point at infinity.
    pub fn new(points: &[Affine<L::Field>]) -> Self {
        Self {
            points: points.par_iter().map(Stored::new).collect(),
        }
    }

    /// `Σ scalar_i·base_i` over scalars in canonical words; lists of different lengths are cut to the shorter.
    pub fn multiply(&self, scalars: &[[u64; 4]]) -> Xyzz<L::Field> {
        let count = scalars.len().min(self.points.len());
        let (scalars, points) = (&scalars[..count], &self.points[..count]);
        let full = scalars.iter().filter(|s| s[1] | s[2] | s[3] != 0).count();
        self.multiply_with(points, &Digits::new(scalars, width(full.max(count / 16))))
    }

    fn multiply_with(&self, points: &[Stored<L>], digits: &Digits) -> Xyzz<L::Field> {
        let sums: Vec<Xyzz<L::Field>> = (0..Digits::windows(digits.width))
            .into_par_iter()
            .map(|k| window(points, digits.window(k), digits.width))
            .collect();
        let mut total = Xyzz::INFINITY;
        for sum in sums.iter().rev() {
            for _ in 0..digits.width {
                total = total.double();
            }
            total.add(sum);
        }
        total
    }
}

/// The window that costs least for so many full scalars: an addition costs 6 products, a bucket two of them and
/// its part of what is weighed.
fn width(count: usize) -> u32 {
    let cost = |width: &u32| Digits::windows(*width) * (6 * count + (14 << (width - 1)));
    (3..=WIDEST).min_by_key(cost).unwrap_or(WIDEST)
}

/// `Σ digit_i·point_i`.
fn window<L: Lanes>(points: &[Stored<L>], digits: &[i16], width: u32) -> Xyzz<L::Field> {
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
    if order.is_empty() {
        return Xyzz::INFINITY;
    }
    let mut tree = Tree::<L>::new();
    let buckets = tree.sum(points, &order, &ends);
    weigh::weigh(&buckets, &mut tree.blocks)
}

#[cfg(test)]
mod tests;
