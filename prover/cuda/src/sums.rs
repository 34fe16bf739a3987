//! Multi-exponentiations over tables of multiples.
#![allow(unsafe_code)]

use crate::{
    memory::{Memory, Plain},
    transform::Words,
    Argument::{Address, Number},
    CudaError, Machine,
};
use std::sync::Arc;

/// Scalars that a thread of the digits' kernels works on (`SCALARS` in `kernels/sums.cuh`).
const SCALARS: u32 = 16;
/// Points whose inversion a thread does at once (`TABULATED` in `kernels/sums.cuh`).
const TABULATED: u32 = 4;
/// Counts that a thread adds up.
const COUNTS: u32 = 64;

/// How work is cut; results do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Smallest width of a window in bits, 2 or more.
    pub least_width: u32,
    /// Largest width of a window in bits, 24 or less. A list gets the one that costs least.
    pub width: u32,
    /// Largest number of entries that a thread adds, 4 to 2^20.
    pub chunk: u32,
    /// Threads below which a thread is given fewer entries, 1 to 2^24.
    pub threads: u32,
    /// Parts of buckets that a thread adds, 4 to 2^20.
    pub parts: u32,
    /// Largest number of buckets that a thread weighs; a power of two.
    pub buckets: u32,
    /// Points that a thread adds in the last rounds, 2 to 2^20.
    pub fan: u32,
}

impl Tuning {
    /// Checks the bounds that the fields name.
    ///
    /// # Errors
    /// [`CudaError::Tuning`] with the first field that is out of them.
    pub fn check(&self) -> Result<(), CudaError> {
        let checks = [
            ("the smallest width of a window", self.least_width, 2..=24, "2 to 24"),
            (
                "the largest width of a window",
                self.width,
                self.least_width..=24,
                "the smallest to 24",
            ),
            (
                "the number of entries of a thread",
                self.chunk,
                4..=1 << 20,
                "4 to 2^20",
            ),
            ("the number of threads", self.threads, 1..=1 << 24, "1 to 2^24"),
            ("the number of parts of a thread", self.parts, 4..=1 << 20, "4 to 2^20"),
            (
                "the number of buckets of a thread",
                self.buckets,
                1..=1 << 20,
                "a power of two up to 2^20",
            ),
            ("the number of points of a thread", self.fan, 2..=1 << 20, "2 to 2^20"),
        ];
        let power = self.buckets.is_power_of_two();
        match checks
            .into_iter()
            .find(|(_, given, allowed, _)| !allowed.contains(given))
        {
            Some((what, given, _, allowed)) => Err(CudaError::Tuning { what, given, allowed }),
            None if power => Ok(()),
            None => Err(CudaError::Tuning {
                what: "the number of buckets of a thread",
                given: self.buckets,
                allowed: "a power of two up to 2^20",
            }),
        }
    }
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            least_width: 4,
            width: 20,
            chunk: 64,
            threads: 1 << 16,
            parts: 16,
            buckets: 16,
            fan: 8,
        }
    }
}

/// One of the groups, as its points lie in memory.
pub trait Group: 'static {
    /// An affine point.
    type Affine: Plain;
    /// An accumulator.
    type Sum: Plain;
    /// The kernels: entries, parts, weights, points, tables.
    const KERNELS: [&'static str; 5];
}

/// G1.
pub struct G1;

/// G2.
pub struct G2;

impl Group for G1 {
    type Affine = [[u64; 6]; 2];
    type Sum = [[u64; 6]; 4];
    const KERNELS: [&'static str; 5] = [
        "accumulate_g1",
        "join_parts_g1",
        "weigh_g1",
        "add_points_g1",
        "tabulate_g1",
    ];
}

impl Group for G2 {
    type Affine = [[[u64; 6]; 2]; 2];
    type Sum = [[[u64; 6]; 2]; 4];
    const KERNELS: [&'static str; 5] = [
        "accumulate_g2",
        "join_parts_g2",
        "weigh_g2",
        "add_points_g2",
        "tabulate_g2",
    ];
}

/// Number of windows of a width, for scalars of 254 bits and a carry.
fn windows(width: u32) -> u32 {
    255u32.div_ceil(width)
}

/// Multiples `2^(width·k)` of points, window after window.
pub struct Bases<M: Machine, G: Group> {
    machine: Arc<M>,
    table: Memory<M, G::Affine>,
    count: u32,
    width: u32,
    tuning: Tuning,
}

/// Sums of buckets that may go on elsewhere, in the order of their buckets.
struct Parts<M: Machine, G: Group> {
    buckets: Memory<M, u32>,
    sums: Memory<M, G::Sum>,
}

/// Memory that sums of one group use, one after the other.
pub struct Scratch<M: Machine, G: Group> {
    counts: Memory<M, u32>,
    starts: Vec<Memory<M, u32>>,
    order: Memory<M, u32>,
    sums: Memory<M, G::Sum>,
    parts: [Parts<M, G>; 2],
    weighed: [Memory<M, G::Sum>; 2],
}

impl<M: Machine, G: Group> Bases<M, G> {
    /// The tables of points, none of them at infinity.
    pub fn new(machine: &Arc<M>, points: &[G::Affine], tuning: Tuning) -> Result<Self, CudaError> {
        // An addition costs 10 products, a bucket two of 14.
        let cost = |width: &u32| windows(*width) as usize * 10 * points.len() + (28 << (width - 1));
        let width = (tuning.least_width..=tuning.width)
            .min_by_key(cost)
            .unwrap_or(tuning.width);
        let windows = windows(width) as usize;
        let count = points.len();
        // Entries are places in the table, with a bit for the sign.
        if count * windows >= 1 << 31 {
            return Err(CudaError::TooManyPoints {
                points: count,
                windows: windows as u32,
            });
        }
        let table = Memory::new(machine, count * windows)?;
        table.write(0, points)?;
        let threads = (count as u32).div_ceil(TABULATED);
        for window in 1..windows {
            let (to, from) = (
                table.starting_at(window * count),
                table.starting_at((window - 1) * count),
            );
            // SAFETY: both windows have `count` places.
            unsafe {
                machine.launch(G::KERNELS[4], threads, &[to, from, Number(count as u32), Number(width)])?;
            }
        }
        Ok(Self {
            machine: machine.clone(),
            table,
            count: count as u32,
            width,
            tuning,
        })
    }

    fn buckets(&self) -> u32 {
        1 << (self.width - 1)
    }

    /// Threads and entries of each, for so many entries.
    fn cut(&self, entries: u32) -> (u32, u32) {
        let chunk = (entries / self.tuning.threads).clamp(4, self.tuning.chunk);
        (entries.div_ceil(chunk), chunk)
    }

    /// `Σ scalar_i·point_i` into place `at` of `out`, its coordinates below the modulus. The scalars are canonical
    /// words; with a list, the one of point `i` is `scalars[list[i]]`, without one it is `scalars[first + i]`.
    pub fn multiply(
        &self,
        scratch: &Scratch<M, G>,
        scalars: (&Memory<M, Words>, usize),
        list: Option<&Memory<M, u32>>,
        out: &Memory<M, G::Sum>,
        at: usize,
    ) -> Result<(), CudaError> {
        let machine = &*self.machine;
        let buckets = self.buckets() as usize;
        let [accumulate, join, weigh, add, _] = G::KERNELS;
        let (count, width) = (Number(self.count), Number(self.width));
        let scalars = scalars.0.starting_at(scalars.1);
        let list = list.map_or(Address(0), Memory::all);
        let digit_threads = self.count.div_ceil(SCALARS);
        // SAFETY: every kernel is given arrays of the sizes that `Scratch::new` makes for the largest of these bases.
        unsafe {
            scratch.counts.fill(0, buckets, 0)?;
            scratch.sums.fill(0, buckets, 0)?;
            machine.launch(
                "count_digits",
                digit_threads,
                &[scratch.counts.all(), scalars, list, count, width],
            )?;
            self.begin(&scratch.counts, self.buckets(), &scratch.starts)?;
            let arguments = [scratch.order.all(), scratch.counts.all(), scalars, list, count, width];
            machine.launch("place_digits", digit_threads, &arguments)?;
            let entries = match self.count {
                0 => 0,
                _ => scratch.counts.read(buckets - 1)?,
            };
            if entries > 0 {
                let (threads, chunk) = self.cut(entries);
                let mut side = 0;
                let parts = &scratch.parts[side];
                let arguments = [
                    scratch.sums.all(),
                    parts.buckets.all(),
                    parts.sums.all(),
                    self.table.all(),
                    scratch.order.all(),
                    scratch.counts.all(),
                    Number(buckets as u32),
                    Number(chunk),
                ];
                machine.launch(accumulate, threads, &arguments)?;
                let mut parts = 2 * threads;
                loop {
                    let threads = parts.div_ceil(self.tuning.parts);
                    let (from, to) = (&scratch.parts[side], &scratch.parts[1 - side]);
                    let arguments = [
                        scratch.sums.all(),
                        to.buckets.all(),
                        to.sums.all(),
                        from.buckets.all(),
                        from.sums.all(),
                        Number(parts),
                        Number(self.tuning.parts),
                        Number(u32::from(threads == 1)),
                    ];
                    machine.launch(join, threads, &arguments)?;
                    if threads == 1 {
                        break;
                    }
                    parts = 2 * threads;
                    side = 1 - side;
                }
            }
            let chunk = self.tuning.buckets.clamp(1, self.buckets());
            let mut left = self.buckets() / chunk;
            machine.launch(
                weigh,
                left,
                &[scratch.weighed[0].all(), scratch.sums.all(), Number(chunk)],
            )?;
            let mut side = 0;
            loop {
                let threads = left.div_ceil(self.tuning.fan);
                let finish = threads == 1;
                let to = if finish {
                    out.starting_at(at)
                } else {
                    scratch.weighed[1 - side].all()
                };
                let arguments = [to, scratch.weighed[side].all(), Number(left), Number(u32::from(finish))];
                machine.launch(add, threads, &arguments)?;
                if finish {
                    return Ok(());
                }
                left = threads;
                side = 1 - side;
            }
        }
    }

    /// Turns counts into where each begins.
    fn begin(&self, counts: &Memory<M, u32>, count: u32, starts: &[Memory<M, u32>]) -> Result<(), CudaError> {
        let machine = &*self.machine;
        let Some((sums, further)) = starts.split_first().filter(|_| count > 4 * COUNTS) else {
            let arguments = [counts.all(), Address(0), Number(count), Number(count)];
            // SAFETY: one thread over the counts.
            return unsafe { machine.launch("begin_counts", 1, &arguments) };
        };
        let threads = count.div_ceil(COUNTS);
        assert!(counts.len() >= count as usize && sums.len() >= threads as usize);
        let shape = [Number(count), Number(COUNTS)];
        // SAFETY: as above: a thread reads and writes its own counts and its own sum.
        unsafe {
            machine.launch("sum_counts", threads, &[sums.all(), counts.all(), shape[0], shape[1]])?;
            self.begin(sums, threads, further)?;
            machine.launch("begin_counts", threads, &[counts.all(), sums.all(), shape[0], shape[1]])
        }
    }
}

impl<M: Machine, G: Group> Scratch<M, G> {
    /// Memory for sums over any of these bases.
    pub fn new(machine: &Arc<M>, bases: &[&Bases<M, G>]) -> Result<Self, CudaError> {
        let largest = |size: &dyn Fn(&Bases<M, G>) -> u32| bases.iter().map(|b| size(b)).max().unwrap_or(0) as usize;
        let buckets = largest(&|b| b.buckets());
        let entries = largest(&|b| b.count * windows(b.width));
        // Fewer entries may be cut into more threads than the largest number of them, down to the smallest chunk.
        let threads = largest(&|b| {
            let entries = b.count * windows(b.width);
            b.cut(entries)
                .0
                .max(entries.min(b.tuning.threads * 4).div_ceil(4) + b.tuning.threads)
        });
        let chunk = largest(&|b| b.buckets() / b.tuning.buckets.clamp(1, b.buckets()));
        let parts = || {
            Ok::<_, CudaError>(Parts {
                buckets: Memory::new(machine, 2 * threads)?,
                sums: Memory::new(machine, 2 * threads)?,
            })
        };
        let mut starts = Vec::new();
        let mut left = buckets;
        while left > COUNTS as usize {
            left = left.div_ceil(COUNTS as usize);
            starts.push(Memory::new(machine, left)?);
        }
        Ok(Self {
            counts: Memory::new(machine, buckets)?,
            starts,
            order: Memory::new(machine, entries)?,
            sums: Memory::new(machine, buckets)?,
            parts: [parts()?, parts()?],
            weighed: [Memory::new(machine, chunk)?, Memory::new(machine, chunk)?],
        })
    }

    /// Overwrites what it tells about scalars.
    pub fn wipe(&self) -> Result<(), CudaError> {
        self.counts.wipe()?;
        self.order.wipe()?;
        self.sums.wipe()?;
        for parts in &self.parts {
            parts.buckets.wipe()?;
            parts.sums.wipe()?;
        }
        self.weighed.iter().try_for_each(Memory::wipe)
    }
}
