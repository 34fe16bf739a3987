//! Sums of many points, bucket by bucket. Buckets of one length lie side by side in the lanes, so that their sums need
//! not leave them between one round of additions and the next, however the digits are distributed.
#![allow(unsafe_code)]

use super::blocks::{Blocks, Places, Stack};
use crate::{
    arithmetic::{Lanes, LANES},
    curve::{Affine, Stored},
};

/// Blocks whose stacks are worked on together: they fit a core's cache.
pub const SEGMENT: usize = 1 << 9;
/// Points of a bucket that are summed in one lane; longer ones are cut into parts, whose sums are summed again.
pub const LONGEST: usize = 128;

/// Points of one bucket that lie side by side in the order.
#[derive(Clone, Copy, Default)]
struct Part {
    /// The first one's place in the order.
    start: u32,
    /// How many there are.
    length: u32,
    /// Where the sum goes.
    out: u32,
}

/// Memory of one worker.
pub struct Tree<L: Lanes> {
    blocks: Blocks<L>,
    stacks: Vec<Stack>,
}

/// The sums, one a bucket.
pub struct Buckets<L: Lanes> {
    /// The sums; meaningless where nothing was added.
    pub points: Vec<Stored<L>>,
    /// Whether the sum is a point other than infinity.
    pub filled: Vec<bool>,
}

impl<L: Lanes> Tree<L> {
    /// Fresh memory.
    pub fn new() -> Self {
        Self {
            blocks: Blocks::new(),
            stacks: Vec::new(),
        }
    }

    /// Sums points by bucket. `order` lists places of points (shifted left by one, the lowest bit negates), bucket
    /// after bucket; bucket `b` ends before `ends[b]`. What lies behind the last bucket is ignored.
    ///
    /// # Panics
    /// If a place lies beyond the points.
    pub fn sum(&mut self, points: &[Stored<L>], order: &[u32], ends: &[u32]) -> Buckets<L> {
        let order = &order[..ends.last().map_or(0, |end| *end as usize)];
        // The additions read without looking.
        assert!(order.iter().all(|place| (*place as usize >> 1) < points.len()));
        let (parts, cut) = parts(ends);
        let count = cut.last().map_or(ends.len(), |(_, end)| *end);
        let mut sums = Buckets {
            points: vec![Stored::new(&Affine::INFINITY); count],
            filled: vec![false; count],
        };
        let mut rest = parts.as_slice();
        while !rest.is_empty() {
            self.stacks.clear();
            let mut first = 0;
            // Long parts come first.
            for lanes in rest.chunks(LANES) {
                let rows = lanes[0].length.div_ceil(2);
                if first + rows as usize > SEGMENT {
                    break;
                }
                self.stacks.push(Stack {
                    first: first as u32,
                    rows,
                });
                first += rows as usize;
            }
            let (now, later) = rest.split_at(rest.len().min(self.stacks.len() * LANES));
            self.blocks.reset(first);
            // SAFETY: the order was checked.
            unsafe { self.fill(points, order, now) };
            self.blocks.sum(&self.stacks);
            for (stack, lanes) in self.stacks.iter().zip(now.chunks(LANES)) {
                sums.take(&self.blocks, stack.first as usize, lanes);
            }
            rest = later;
        }
        self.merge(&mut sums, ends.len(), &cut);
        sums
    }

    /// The first round: neighbours are added, a last odd one is copied.
    ///
    /// # Safety
    /// `points` holds every place of the order.
    unsafe fn fill(&mut self, points: &[Stored<L>], order: &[u32], parts: &[Part]) {
        let points = points.as_ptr();
        for (stack, group) in self.stacks.iter().zip(parts.chunks(LANES)) {
            let mut lanes = [Part::default(); LANES];
            lanes[..group.len()].copy_from_slice(group);
            let longest = lanes[0].length;
            // Lanes in which there is a point number `i`, and where it lies; any place elsewhere.
            let live = |i: u32| (0..LANES).fold(0u8, |mask, l| mask | u8::from(i < lanes[l].length) << l);
            let places = |i: u32| -> Places {
                lanes.map(|part| order[(part.start + if i < part.length { i } else { 0 }) as usize])
            };
            for row in 0..longest / 2 {
                let (a, b) = (2 * row, 2 * row + 1);
                let out = (stack.first + row) as usize;
                self.blocks
                    .add_first(points, out, live(a), live(b), [places(a), places(b)]);
            }
            if longest % 2 == 1 {
                let (last, out) = (longest - 1, (stack.first + longest / 2) as usize);
                self.blocks.copy(points, out, live(last), &places(last));
            }
        }
        self.blocks.flush_firsts(points);
    }

    /// Adds the sums of the parts of buckets that were cut.
    fn merge(&mut self, sums: &mut Buckets<L>, count: usize, cut: &[(usize, usize)]) {
        if cut.is_empty() {
            return;
        }
        let mut start = count;
        let mut order = Vec::new();
        let mut ends = Vec::with_capacity(cut.len());
        for (_, end) in cut {
            order.extend((start..*end).filter(|i| sums.filled[*i]).map(|i| (i as u32) << 1));
            ends.push(order.len() as u32);
            start = *end;
        }
        let whole = self.sum(&sums.points, &order, &ends);
        for ((bucket, _), (point, filled)) in cut.iter().zip(whole.points.iter().zip(whole.filled)) {
            sums.points[*bucket] = *point;
            sums.filled[*bucket] = filled;
        }
        sums.points.truncate(count);
        sums.filled.truncate(count);
    }
}

/// Parts, the longest first, and for each bucket that was cut where the places of its parts' sums end: they follow
/// those of the buckets.
fn parts(ends: &[u32]) -> (Vec<Part>, Vec<(usize, usize)>) {
    let mut counts = [0usize; LONGEST + 1];
    let mut cut = Vec::new();
    let mut start = 0;
    for end in ends {
        let length = (end - start) as usize;
        counts[LONGEST] += length / LONGEST;
        counts[length % LONGEST] += 1;
        start = *end;
    }
    counts[0] = 0;
    let mut total = 0;
    for count in counts.iter_mut().rev() {
        total += core::mem::replace(count, total);
    }
    let mut parts = vec![Part::default(); total];
    let mut put = |part: Part| {
        let place = &mut counts[part.length as usize];
        parts[*place] = part;
        *place += 1;
    };
    let mut extra = ends.len();
    start = 0;
    for (bucket, end) in ends.iter().enumerate() {
        let whole = (end - start) as usize <= LONGEST;
        while start < *end {
            let length = (end - start).min(LONGEST as u32);
            let out = if whole { bucket } else { extra } as u32;
            extra += usize::from(!whole);
            put(Part { start, length, out });
            start += length;
        }
        if !whole {
            cut.push((bucket, extra));
        }
    }
    (parts, cut)
}

impl<L: Lanes> Buckets<L> {
    /// The sums of one list of buckets after those of another.
    pub fn concatenated(mut lists: Vec<Self>) -> Self {
        if lists.len() == 1 {
            return lists.remove(0);
        }
        let mut all = Self {
            points: Vec::new(),
            filled: Vec::new(),
        };
        for list in lists {
            all.points.extend(list.points);
            all.filled.extend(list.filled);
        }
        all
    }

    /// Takes the sums of a block.
    fn take(&mut self, blocks: &Blocks<L>, block: usize, lanes: &[Part]) {
        let (block, live) = blocks.get(block);
        let mut spill = [Stored::<L>::new(&Affine::INFINITY); LANES];
        let spill = spill.as_mut_ptr();
        let points = self.points.as_mut_ptr();
        // SAFETY: parts have different places, all of them within the points.
        unsafe {
            let place = |l: usize| match lanes.get(l) {
                Some(part) if live >> l & 1 == 1 => points.add(part.out as usize),
                _ => spill.add(l),
            };
            block.x.scatter(&core::array::from_fn(|l| &raw mut (*place(l)).x));
            block.y.scatter(&core::array::from_fn(|l| &raw mut (*place(l)).y));
        }
        for (l, part) in lanes.iter().enumerate() {
            self.filled[part.out as usize] = live >> l & 1 == 1;
        }
    }
}
