//! Sums of many points, bucket by bucket: rounds of pairwise additions, in which all buckets' additions share their
//! inversions. There are no collisions to wait for, however the digits are distributed.
#![allow(unsafe_code)]

use super::pairs::{add_pairs, Pair, Scratch, BATCH};
use crate::{
    arithmetic::Lanes,
    curve::{Stored, Xyzz},
};

/// Points whose sums are worked on together: what they leave after the first round fits a core's cache.
pub const SEGMENT: usize = 1 << 14;

/// Points of one bucket that lie side by side.
#[derive(Clone, Copy)]
struct Run {
    bucket: u32,
    length: u32,
}

/// Memory of one worker.
pub struct Tree<L: Lanes> {
    scratch: Scratch<L>,
    pairs: Vec<Pair>,
    buffers: [Vec<Stored<L>>; 2],
    runs: Vec<Run>,
}

/// The sums, one a bucket.
pub struct Buckets<L: Lanes> {
    /// The sums; meaningless where nothing was added.
    pub points: Vec<Stored<L>>,
    /// Whether the sum is a point other than infinity.
    pub filled: Vec<bool>,
    /// Sums of the parts of overfull buckets beyond the first part.
    more: Vec<(u32, Stored<L>)>,
}

impl<L: Lanes> Tree<L> {
    /// Fresh memory.
    pub fn new() -> Self {
        Self {
            scratch: Scratch::new(),
            pairs: Vec::with_capacity(BATCH),
            buffers: [Vec::new(), Vec::new()],
            runs: Vec::new(),
        }
    }

    /// Sums points by bucket. `order` lists places of points (shifted left by one, the lowest bit negates), bucket
    /// after bucket; bucket `b` ends before `ends[b]`.
    ///
    /// # Panics
    /// If a place lies beyond the points.
    pub fn sum(&mut self, points: &[Stored<L>], order: &[u32], ends: &[u32]) -> Buckets<L> {
        // The additions read without looking.
        assert!(order.iter().all(|place| (*place as usize >> 1) < points.len()));
        let nothing = Stored::new(&crate::curve::Affine::INFINITY);
        let mut buckets = Buckets {
            points: vec![nothing; ends.len()],
            filled: vec![false; ends.len()],
            more: Vec::new(),
        };
        let (mut start, mut at) = (0, 0);
        for (bucket, end) in ends.iter().enumerate() {
            let end = *end as usize;
            while at < end {
                let part = (end - at).min(SEGMENT);
                if at - start + part > SEGMENT {
                    self.segment(points, &order[start..at], &mut buckets);
                    start = at;
                }
                self.runs.push(Run {
                    bucket: bucket as u32,
                    length: part as u32,
                });
                at += part;
            }
        }
        self.segment(points, &order[start..at], &mut buckets);
        buckets.merge();
        buckets
    }

    /// Sums the runs that are due.
    fn segment(&mut self, points: &[Stored<L>], order: &[u32], buckets: &mut Buckets<L>) {
        let mut from = points.as_ptr();
        let mut length = points.len();
        let mut first = Some(order);
        let mut side = 0;
        while !self.runs.is_empty() {
            let needed: usize = self.runs.iter().map(|run| run.length.div_ceil(2) as usize).sum();
            let mut to = core::mem::take(&mut self.buffers[side]);
            if to.len() < needed {
                to.resize(needed, Stored::new(&crate::curve::Affine::INFINITY));
            }
            self.round(from, length, first, &mut to);
            self.settle(&mut to, buckets);
            from = to.as_ptr();
            length = to.len();
            // The vector's memory stays where it is.
            self.buffers[side] = to;
            side = 1 - side;
            first = None;
        }
    }

    /// One round: neighbours are added, a last odd one is copied.
    fn round(&mut self, from: *const Stored<L>, length: usize, order: Option<&[u32]>, to: &mut [Stored<L>]) {
        let place = |i: usize| order.map_or((i as u32) << 1, |order| order[i]);
        let (mut at, mut out) = (0, 0);
        for i in 0..self.runs.len() {
            let count = self.runs[i].length as usize;
            for k in 0..count / 2 {
                self.pairs.push(Pair {
                    a: place(at + 2 * k),
                    b: place(at + 2 * k + 1),
                    out: out as u32,
                });
                out += 1;
                if self.pairs.len() == BATCH {
                    self.flush(from, to);
                }
            }
            if count % 2 == 1 {
                let last = place(at + count - 1);
                debug_assert!(last as usize >> 1 < length);
                // SAFETY: the place lies within the points.
                to[out] = unsafe { *from.add(last as usize >> 1) }.signed(last & 1 == 1);
                out += 1;
            }
            at += count;
        }
        self.flush(from, to);
    }

    fn flush(&mut self, from: *const Stored<L>, to: &mut [Stored<L>]) {
        // SAFETY: the places come from the order, which `sum` has checked, and from the runs, which lie within the
        // buffers; a round reads from another buffer than it writes to.
        unsafe { add_pairs(from, to.as_mut_ptr(), &self.pairs, &mut self.scratch) };
        self.pairs.clear();
    }

    /// Halves the runs, removes sums that cancelled, and moves single points into their buckets.
    fn settle(&mut self, to: &mut [Stored<L>], buckets: &mut Buckets<L>) {
        let mut cancelled = core::mem::take(&mut self.scratch.cancelled);
        cancelled.sort_unstable();
        let mut cancelled = cancelled.into_iter().peekable();
        let (mut at, mut out, mut kept) = (0, 0, 0);
        for i in 0..self.runs.len() {
            let Run { bucket, length } = self.runs[i];
            let count = length.div_ceil(2) as usize;
            let start = out;
            for k in at..at + count {
                if cancelled.next_if_eq(&(k as u32)).is_some() {
                    continue;
                }
                if k != out {
                    to[out] = to[k];
                }
                out += 1;
            }
            at += count;
            match out - start {
                0 => {}
                1 => {
                    out = start;
                    // `out` has not moved past `start`, so the point is read before it is overwritten.
                    buckets.put(bucket, to[start]);
                }
                left => {
                    self.runs[kept] = Run {
                        bucket,
                        length: left as u32,
                    };
                    kept += 1;
                }
            }
        }
        self.runs.truncate(kept);
    }
}

impl<L: Lanes> Buckets<L> {
    fn put(&mut self, bucket: u32, point: Stored<L>) {
        let b = bucket as usize;
        if self.filled[b] {
            self.more.push((bucket, point));
        } else {
            self.filled[b] = true;
            self.points[b] = point;
        }
    }

    fn merge(&mut self) {
        let mut more = core::mem::take(&mut self.more).into_iter().peekable();
        while let Some((bucket, point)) = more.next() {
            let b = bucket as usize;
            let mut sum = Xyzz::from(&self.points[b].affine());
            sum.add_affine(&point.affine());
            while let Some((_, point)) = more.next_if(|(other, _)| *other == bucket) {
                sum.add_affine(&point.affine());
            }
            self.filled[b] = !sum.is_infinity();
            if self.filled[b] {
                self.points[b] = Stored::new(&sum.to_affine());
            }
        }
    }
}
