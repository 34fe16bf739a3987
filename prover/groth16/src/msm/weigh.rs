//! `Σ (k + 1)·bucket[k]` by running sums, a range of buckets in each lane where there are lanes.
#![allow(unsafe_code)]

use super::tree::Buckets;
use crate::{
    arithmetic::{Lanes, Task, LANES},
    curve::{WidePoint, Xyzz},
};

/// The weighted sum of all buckets; their number is a power of two.
pub fn weigh<L: Lanes>(buckets: &Buckets<L>) -> Xyzz<L::Field> {
    let count = buckets.points.len();
    let mut total = Xyzz::INFINITY;
    if L::IN_TURNS || count < 4 * LANES {
        let mut running = Xyzz::INFINITY;
        for (point, filled) in buckets.points.iter().zip(&buckets.filled).rev() {
            if *filled {
                running.add_affine(&point.affine());
            }
            total.add(&running);
        }
        return total;
    }
    // SAFETY: buckets of this backend exist only where it is available.
    let (running, weighted) = unsafe { L::enter(Weigh { buckets }) };
    // Lane l began at bucket l·range: its weights lack l·range.
    let mut above = Xyzz::INFINITY;
    let mut lanes = Xyzz::INFINITY;
    for lane in (1..LANES).rev() {
        above.add(&running[lane]);
        lanes.add(&above);
    }
    for _ in 0..(count / LANES).trailing_zeros() {
        lanes = lanes.double();
    }
    total.add(&lanes);
    for sum in &weighted {
        total.add(sum);
    }
    total
}

struct Weigh<'a, L: Lanes> {
    buckets: &'a Buckets<L>,
}

impl<L: Lanes> Task for Weigh<'_, L> {
    type Output = ([Xyzz<L::Field>; LANES], [Xyzz<L::Field>; LANES]);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Buckets { points, filled, .. } = self.buckets;
        let range = points.len() / LANES;
        let mut running = WidePoint::<L>::infinity();
        let mut weighted = WidePoint::<L>::infinity();
        for k in (0..range).rev() {
            let mask = (0..LANES).fold(0u8, |m, lane| m | (filled[lane * range + k] as u8) << lane);
            // SAFETY: the places lie within the buckets.
            let (x, y) = unsafe {
                (
                    L::gather(&core::array::from_fn(|lane| &raw const points[lane * range + k].x)),
                    L::gather(&core::array::from_fn(|lane| &raw const points[lane * range + k].y)),
                )
            };
            running.add_affine(mask, &x, &y);
            weighted.add(&running);
        }
        (running.to_points(), weighted.to_points())
    }
}
