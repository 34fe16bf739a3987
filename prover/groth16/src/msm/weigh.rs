//! `Σ (k + 1)·bucket[k]`: the buckets are a matrix whose rows and whose columns are summed, which costs two additions a
//! bucket, and only those sums are weighed, by running sums of a range in each lane.
#![allow(unsafe_code)]

use super::{
    blocks::{Block, Blocks, Stack},
    tree::Buckets,
};
use crate::{
    arithmetic::{Lanes, Task, LANES},
    curve::{WidePoint, Xyzz},
};

/// Buckets fewer than this are no matrix.
const FEW: usize = 64 * LANES;

/// The weighted sum of all buckets; their number is a power of two.
pub fn weigh<L: Lanes>(buckets: &Buckets<L>) -> Xyzz<L::Field> {
    let count = buckets.points.len();
    if count < 4 * LANES {
        let mut total = Xyzz::INFINITY;
        let mut running = Xyzz::INFINITY;
        for (point, filled) in buckets.points.iter().zip(&buckets.filled).rev() {
            if *filled {
                running.add_affine(&point.affine());
            }
            total.add(&running);
        }
        return total;
    }
    // Blocks of a row: lane l of block k in row r is bucket (r·LANES + l)·width + k.
    let width = if count < FEW {
        count / LANES
    } else {
        // As many as there are rows, or twice as many.
        1 << (count / LANES).trailing_zeros().div_ceil(2)
    };
    let rows = count / LANES / width;
    let stacks = |first: usize, number: usize, rows: usize| -> Vec<Stack> {
        (0..number)
            .map(|i| Stack {
                first: (first + i * rows) as u32,
                rows: rows as u32,
            })
            .collect()
    };
    let blocks = &mut Blocks::new();
    let columns = stacks(0, width, rows);
    let across = stacks(0, rows, width);
    blocks.reset(count / LANES);
    let mut out = Xyzz::INFINITY;
    // Row r's weight is r·LANES·width, the same in all lanes.
    if rows > 1 {
        for row in 0..rows {
            for k in 0..width {
                read(buckets, blocks, row * width + k, row * LANES * width + k, width);
            }
        }
        blocks.sum(&across);
        let [_, weighted] = running(blocks, &across[1..]);
        for sum in &weighted {
            out.add(sum);
        }
        for _ in 0..(LANES * width).trailing_zeros() {
            out = out.double();
        }
    }
    // Lane l of column k weighs l·width + k + 1.
    for k in 0..width {
        for row in 0..rows {
            read(buckets, blocks, k * rows + row, row * LANES * width + k, width);
        }
    }
    blocks.sum(&columns);
    let [running, weighted] = running(blocks, &columns);
    let mut above = Xyzz::INFINITY;
    let mut lanes = Xyzz::INFINITY;
    for lane in (1..LANES).rev() {
        above.add(&running[lane]);
        lanes.add(&above);
    }
    for _ in 0..width.trailing_zeros() {
        lanes = lanes.double();
    }
    out.add(&lanes);
    for sum in &weighted {
        out.add(sum);
    }
    out
}

/// Reads every `step`-th bucket from `bucket` on into the lanes of a block.
fn read<L: Lanes>(buckets: &Buckets<L>, blocks: &mut Blocks<L>, block: usize, bucket: usize, step: usize) {
    let Buckets { points, filled } = buckets;
    let lanes = core::array::from_fn(|lane| bucket + lane * step);
    let live = (0..LANES).fold(0u8, |mask, lane| mask | u8::from(filled[lanes[lane]]) << lane);
    // SAFETY: the places lie within the buckets, for `filled` is as long as they are.
    unsafe { blocks.copy(points.as_ptr(), block, live, &lanes.map(|bucket| (bucket as u32) << 1)) };
}

/// The sum of the stacks' lowest blocks and that of their running sums from the last on: the first stack's once, the
/// second's twice.
fn running<L: Lanes>(blocks: &Blocks<L>, stacks: &[Stack]) -> [[Xyzz<L::Field>; LANES]; 2] {
    // SAFETY: blocks of this backend exist only where it is available.
    let (running, weighted) = unsafe { L::enter(Weigh { blocks, stacks }) };
    [running.to_points(), weighted.to_points()]
}

struct Weigh<'a, L: Lanes> {
    blocks: &'a Blocks<L>,
    stacks: &'a [Stack],
}

impl<L: Lanes> Task for Weigh<'_, L> {
    type Output = (WidePoint<L>, WidePoint<L>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut running = WidePoint::<L>::infinity();
        let mut weighted = WidePoint::<L>::infinity();
        for stack in self.stacks.iter().rev() {
            let (Block { x, y }, live) = self.blocks.get(stack.first as usize);
            running.add_affine(live, x, y);
            weighted.add(&running);
        }
        (running, weighted)
    }
}
