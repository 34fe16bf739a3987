//! Many multiples of one point, from a table of its multiples.

use super::{
    digits::{recode, Digits},
    tree::Tree,
};
use crate::{
    arithmetic::Lanes,
    curve::{Affine, Stored, Xyzz},
    parallel::prelude::*,
};

/// Widest window: the table of a wider one no longer fits the caches.
const WIDEST: u32 = 13;
/// Scalars that a task works on.
const CHUNK: usize = 1 << 10;

/// The multiples `k·2^(width·w)` of a point, for every window `w` and `1 <= k <= 2^(width-1)`.
pub struct FixedBase<L: Lanes> {
    width: u32,
    table: Vec<Stored<L>>,
}

impl<L: Lanes> FixedBase<L> {
    /// The table of a point other than infinity, for about `count` scalars.
    pub fn new(point: &Affine<L::Field>, count: usize) -> Self {
        let cost = |width: &u32| Digits::windows(*width) * (count + (2 << (width - 1)));
        let width = (4..=WIDEST).min_by_key(cost).unwrap_or(WIDEST);
        let half = 1usize << (width - 1);
        let mut bases = Vec::with_capacity(Digits::windows(width));
        let mut base = Xyzz::from(point);
        for _ in 0..Digits::windows(width) {
            bases.push(base.to_affine());
            for _ in 0..width {
                base = base.double();
            }
        }
        let mut table = vec![Stored::new(point); bases.len() * half];
        table
            .par_chunks_mut(half)
            .zip(bases.par_iter())
            .for_each_init(Tree::<L>::new, |tree, (window, base)| {
                window[0] = Stored::new(base);
                let mut known = 1;
                while known < half {
                    // Multiple `known + k` is multiple `k` plus multiple `known`.
                    let order: Vec<u32> = (0..known as u32)
                        .flat_map(|k| [k << 1, (known as u32 - 1) << 1])
                        .collect();
                    let ends: Vec<u32> = (1..=known as u32).map(|k| 2 * k).collect();
                    // No multiple below the group's order is infinity.
                    let sums = tree.sum(&window[..known], &order, &ends);
                    window[known..2 * known].copy_from_slice(&sums.points);
                    known *= 2;
                }
            });
        Self { width, table }
    }

    /// `scalar·point` for every scalar (canonical words).
    pub fn multiply(&self, scalars: &[[u64; 4]]) -> Vec<Affine<L::Field>> {
        let half = 1u32 << (self.width - 1);
        let mut out = vec![Affine::INFINITY; scalars.len()];
        out.par_chunks_mut(CHUNK).zip(scalars.par_chunks(CHUNK)).for_each_init(
            Tree::<L>::new,
            |tree, (out, scalars)| {
                let mut order = Vec::with_capacity(scalars.len() * Digits::windows(self.width));
                let ends: Vec<u32> = scalars
                    .iter()
                    .map(|scalar| {
                        recode(scalar, self.width, |window, digit| {
                            let place = window as u32 * half + u32::from(digit.unsigned_abs()) - 1;
                            order.push(place << 1 | (digit < 0) as u32);
                        });
                        order.len() as u32
                    })
                    .collect();
                let sums = tree.sum(&self.table, &order, &ends);
                for ((out, sum), filled) in out.iter_mut().zip(&sums.points).zip(&sums.filled) {
                    if *filled {
                        *out = sum.affine();
                    }
                }
            },
        );
        out
    }
}
