//! Sums of stacks of points, eight stacks side by side: affine additions that share their inversions (Montgomery's
//! trick), whose sums stay in the lanes until one point is left of every stack.
#![allow(unsafe_code)]

use crate::{
    arithmetic::{Addition, Field, Lanes, Task, LANES},
    curve::{Affine, Stored, Xyzz},
};

/// Additions of eight lanes that share an inversion.
const BATCH: usize = 256;
/// Additions whose points are asked for in advance: bases lie all over memory.
const AHEAD: usize = 4;
/// All lanes.
const ALL: u8 = u8::MAX;

/// Eight points side by side, tight.
#[derive(Clone, Copy)]
pub struct Block<L> {
    /// The abscissae.
    pub x: L,
    /// The ordinates.
    pub y: L,
}

/// Blocks on top of each other: eight stacks.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// The lowest block.
    pub first: u32,
    /// How many there are.
    pub rows: u32,
}

/// Places of eight points, shifted left by one; the lowest bit negates.
pub type Places = [u32; LANES];

/// The addition of one block to another.
#[derive(Clone, Copy)]
struct Step {
    /// The block that becomes the sum.
    a: u32,
    /// What is added to it.
    b: u32,
    /// Lanes in which there is something to add; the others of `a` stay as they are.
    both: u8,
}

/// The addition of points in memory.
#[derive(Clone, Copy)]
struct First {
    /// The block that the sums go to.
    out: u32,
    /// Lanes in which both points count; in the others it is the first point alone, or none.
    both: u8,
    places: [Places; 2],
}

/// An addition of points with equal abscissae.
struct Special<F> {
    step: usize,
    lane: usize,
    a: Affine<F>,
    b: Affine<F>,
}

/// Blocks, and the memory that additions need.
pub struct Blocks<L: Lanes> {
    blocks: Vec<Block<L>>,
    /// Lanes of each block that hold a point.
    live: Vec<u8>,
    steps: Vec<Step>,
    firsts: Vec<First>,
    products: Vec<L>,
}

impl<L: Lanes> Blocks<L> {
    /// No blocks.
    pub fn new() -> Self {
        Self {
            blocks: Vec::new(),
            live: Vec::new(),
            steps: Vec::with_capacity(BATCH),
            firsts: Vec::with_capacity(BATCH),
            products: vec![L::zero(); BATCH],
        }
    }

    /// Makes room for blocks, none of which has a point; those from before are lost.
    pub fn reset(&mut self, count: usize) {
        let nothing = Block {
            x: L::zero(),
            y: L::zero(),
        };
        if self.blocks.len() < count {
            self.blocks.resize(count, nothing);
        }
        self.live.clear();
        self.live.resize(count, 0);
    }

    /// A block, and the lanes in which it holds a point.
    pub fn get(&self, i: usize) -> (&Block<L>, u8) {
        (&self.blocks[i], self.live[i])
    }

    /// Adds points in memory into a block: of each lane the first two, of those in `live`, or only the first, where
    /// `both` is not set. Waits for [`Blocks::flush_firsts`], or does it if enough are waiting.
    ///
    /// # Safety
    /// `points` holds every place, also those of lanes that are not live; the block is named only once until the
    /// additions are done.
    pub unsafe fn add_first(&mut self, points: *const Stored<L>, out: usize, live: u8, both: u8, places: [Places; 2]) {
        self.live[out] = live;
        self.firsts.push(First {
            out: out as u32,
            both,
            places,
        });
        if self.firsts.len() == BATCH {
            self.flush_firsts(points);
        }
    }

    /// Does the additions that wait.
    ///
    /// # Safety
    /// As [`Blocks::add_first`].
    pub unsafe fn flush_firsts(&mut self, points: *const Stored<L>) {
        if self.firsts.is_empty() {
            return;
        }
        let special = L::enter(AddFirst {
            points,
            firsts: &mut self.firsts,
            blocks: &mut self.blocks,
            products: &mut self.products,
        });
        for special in special {
            self.add_special(self.firsts[special.step].out as usize, &special);
        }
        self.firsts.clear();
    }

    /// Reads points in memory into a block.
    ///
    /// # Safety
    /// `points` holds every place, also those of lanes that are not live.
    pub unsafe fn copy(&mut self, points: *const Stored<L>, out: usize, live: u8, places: &Places) {
        self.live[out] = live;
        let block = &mut self.blocks[out];
        L::enter(Copy { points, block, places });
    }

    /// Adds up stacks: what is left is in their lowest blocks.
    pub fn sum(&mut self, stacks: &[Stack]) {
        let mut distance = 1;
        loop {
            let mut any = false;
            for stack in stacks {
                let mut row = 0;
                while row + distance < stack.rows {
                    any = true;
                    let a = stack.first + row;
                    self.add(a as usize, (a + distance) as usize);
                    row += 2 * distance;
                }
            }
            if !any {
                return;
            }
            self.flush();
            distance *= 2;
        }
    }

    fn add(&mut self, a: usize, b: usize) {
        let (live_a, live_b) = (self.live[a], self.live[b]);
        if live_b & !live_a != 0 {
            // What was there before cancelled.
            let block = self.blocks[b];
            self.write(a, live_b & !live_a, &block);
            self.live[a] |= live_b;
        }
        self.steps.push(Step {
            a: a as u32,
            b: b as u32,
            both: live_a & live_b,
        });
        if self.steps.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.steps.is_empty() {
            return;
        }
        // SAFETY: blocks of this backend exist only where it is available.
        let special = unsafe {
            L::enter(Add {
                steps: &mut self.steps,
                blocks: &mut self.blocks,
                products: &mut self.products,
            })
        };
        for special in special {
            self.add_special(self.steps[special.step].a as usize, &special);
        }
        self.steps.clear();
    }

    #[cold]
    fn add_special(&mut self, out: usize, special: &Special<L::Field>) {
        let mut sum = Xyzz::from(&special.a);
        sum.add_affine(&special.b);
        let mask = 1 << special.lane;
        if sum.is_infinity() {
            self.live[out] &= !mask;
        } else {
            let Affine { x, y } = sum.to_affine();
            let block = Block {
                x: L::splat(&x),
                y: L::splat(&y),
            };
            self.write(out, mask, &block);
        }
    }

    #[cold]
    fn write(&mut self, out: usize, mask: u8, block: &Block<L>) {
        let Block { x, y } = &mut self.blocks[out];
        *x = x.select(mask, &block.x);
        *y = y.select(mask, &block.y);
    }
}

/// Bits of the lanes whose point is negated.
#[inline(always)]
fn signs(places: &Places) -> u8 {
    let mut signs = 0;
    for (lane, place) in places.iter().enumerate() {
        signs |= ((place & 1) as u8) << lane;
    }
    signs
}

/// Where the abscissae of eight points lie.
///
/// # Safety
/// `points` holds every place.
#[inline(always)]
unsafe fn abscissae<L: Lanes>(points: *const Stored<L>, places: &Places) -> [*const L::Stored; LANES] {
    places.map(|place| &raw const (*points.add(place as usize >> 1)).x)
}

/// Where the ordinates lie.
///
/// # Safety
/// As [`abscissae`].
#[inline(always)]
unsafe fn ordinates<L: Lanes>(points: *const Stored<L>, places: &Places) -> [*const L::Stored; LANES] {
    places.map(|place| &raw const (*points.add(place as usize >> 1)).y)
}

/// `±y`, tight.
#[inline(always)]
fn signed<L: Lanes>(y: &L, signs: u8) -> L {
    L::zero().sub_signed_tight(y, !signs)
}

/// Asks for the abscissae of eight points, or for their ordinates.
#[inline(always)]
fn prefetch<L: Lanes>(points: *const Stored<L>, places: &Places, ordinates: bool) {
    const LINE: usize = 64;
    let size = size_of::<L::Stored>();
    for place in places {
        let point = points.wrapping_add(*place as usize >> 1).cast::<u8>();
        let coordinate = point.wrapping_add(if ordinates { size } else { 0 });
        let mut byte = 0;
        while byte < size {
            L::prefetch(coordinate.wrapping_add(byte));
            byte += LINE;
        }
        // One that does not fill lines may end in another.
        if size % LINE != 0 {
            L::prefetch(coordinate.wrapping_add(size - 1));
        }
    }
}

/// Lanes in which a value is zero, of those in the mask.
#[cold]
#[inline(never)]
fn zeros<L: Lanes>(value: L, mask: u8) -> u8 {
    let mut zeros = 0;
    for (lane, value) in value.to_fields().iter().enumerate() {
        zeros |= u8::from(value.is_zero()) << lane;
    }
    zeros & mask
}

fn lane<L: Lanes>(x: L, y: L, lane: usize) -> Affine<L::Field> {
    Affine {
        x: x.to_fields()[lane],
        y: y.to_fields()[lane],
    }
}

/// Additions within blocks. The first pass leaves the differences of abscissae where `b` had its own.
struct Add<'a, L> {
    steps: &'a mut [Step],
    blocks: &'a mut [Block<L>],
    products: &'a mut [L],
}

impl<L: Lanes> Add<'_, L> {
    /// Makes differences that are zero one, takes these lanes out of their steps, and returns them with the product of
    /// the others.
    #[cold]
    #[inline(never)]
    fn mend(&mut self, one: &L) -> (L, Vec<Special<L::Field>>) {
        let mut product = *one;
        let mut special = Vec::new();
        for (i, step) in self.steps.iter_mut().enumerate() {
            let (a, b) = (self.blocks[step.a as usize], self.blocks[step.b as usize]);
            let mask = zeros(b.x, step.both);
            for l in (0..LANES).filter(|l| mask >> l & 1 == 1) {
                special.push(Special {
                    step: i,
                    lane: l,
                    a: lane(a.x, a.y, l),
                    b: lane(a.x, b.y, l),
                });
            }
            step.both &= !mask;
            let difference = b.x.select(mask, one);
            self.blocks[step.b as usize].x = difference;
            difference.take_in(&mut product, &mut self.products[i]);
        }
        (product, special)
    }
}

impl<L: Lanes> Task for Add<'_, L> {
    type Output = Vec<Special<L::Field>>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let one = L::splat(&L::Field::ONE);
        let mut product = one;
        for (step, before) in self.steps.iter().zip(self.products.iter_mut()) {
            let (low, high) = self.blocks.split_at_mut(step.b as usize);
            let (xa, xb) = (&low[step.a as usize].x, &mut high[0].x);
            xb.subtract(xa);
            if step.both != ALL {
                *xb = one.select(step.both, xb);
            }
            xb.take_in(&mut product, before);
        }
        let mut special = Vec::new();
        let mut inverse = match product.invert() {
            Some(inverse) => inverse,
            None => {
                let (product, found) = self.mend(&one);
                special = found;
                // No factor is zero any more.
                product.invert().unwrap_or(product)
            }
        };
        for (step, before) in self.steps.iter().zip(self.products.iter()).rev() {
            let (low, high) = self.blocks.split_at_mut(step.b as usize);
            let (a, b) = (&mut low[step.a as usize], &high[0]);
            let ordinate = a.y;
            let addition = Addition {
                x: &mut a.x,
                y: &mut a.y,
                ordinates: [&ordinate, &b.y],
                negate: [0; 2],
            };
            L::add_points(addition, &b.x, before, &mut inverse, step.both);
        }
        special
    }
}

/// Additions of points in memory. The first pass leaves the first abscissae and the differences in the blocks of the
/// sums.
struct AddFirst<'a, L: Lanes> {
    points: *const Stored<L>,
    firsts: &'a mut [First],
    blocks: &'a mut [Block<L>],
    products: &'a mut [L],
}

impl<L: Lanes> AddFirst<'_, L> {
    /// As [`Add::mend`].
    #[cold]
    #[inline(never)]
    unsafe fn mend(&mut self, one: &L) -> (L, Vec<Special<L::Field>>) {
        let mut product = *one;
        let mut special = Vec::new();
        for (i, step) in self.firsts.iter_mut().enumerate() {
            let difference = &mut self.blocks[step.out as usize].y;
            let mask = zeros(*difference, step.both);
            for lane in (0..LANES).filter(|lane| mask >> lane & 1 == 1) {
                let [a, b] = step.places.map(|places| {
                    let place = places[lane];
                    (*self.points.add(place as usize >> 1)).signed(place & 1 == 1).affine()
                });
                special.push(Special { step: i, lane, a, b });
            }
            step.both &= !mask;
            *difference = difference.select(mask, one);
            difference.take_in(&mut product, &mut self.products[i]);
        }
        (product, special)
    }
}

impl<L: Lanes> Task for AddFirst<'_, L> {
    type Output = Vec<Special<L::Field>>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let one = L::splat(&L::Field::ONE);
        let mut product = one;
        for i in 0..self.firsts.len() {
            if let Some(next) = self.firsts.get(i + AHEAD) {
                for places in &next.places {
                    prefetch(self.points, places, false);
                }
            }
            let step = &self.firsts[i];
            let block = &mut self.blocks[step.out as usize];
            // SAFETY: the caller of `add_first` vouches for the places.
            unsafe {
                block.x.gather_from(&abscissae(self.points, &step.places[0]));
                block.y.gather_from(&abscissae(self.points, &step.places[1]));
            }
            block.y.subtract(&block.x);
            if step.both != ALL {
                block.y = one.select(step.both, &block.y);
            }
            block.y.take_in(&mut product, &mut self.products[i]);
        }
        let mut special = Vec::new();
        let mut inverse = match product.invert() {
            Some(inverse) => inverse,
            None => {
                // SAFETY: as above.
                let (product, found) = unsafe { self.mend(&one) };
                special = found;
                // No factor is zero any more.
                product.invert().unwrap_or(product)
            }
        };
        for i in (0..self.firsts.len()).rev() {
            if let Some(next) = i.checked_sub(AHEAD) {
                for places in &self.firsts[next].places {
                    prefetch(self.points, places, true);
                }
            }
            let (step, before) = (&self.firsts[i], &self.products[i]);
            let block = &mut self.blocks[step.out as usize];
            // SAFETY: as above.
            unsafe {
                let [first, second] = step.places.each_ref().map(|places| ordinates(self.points, places));
                let negate = step.places.each_ref().map(signs);
                let Block { x, y } = block;
                L::add_gathered(x, y, [&first, &second], negate, before, &mut inverse, step.both);
            }
        }
        special
    }
}

/// Points in memory become a block.
struct Copy<'a, L: Lanes> {
    points: *const Stored<L>,
    block: &'a mut Block<L>,
    places: &'a Places,
}

impl<L: Lanes> Task for Copy<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // SAFETY: the caller of `copy` vouches for the places.
        unsafe {
            self.block.x.gather_from(&abscissae(self.points, self.places));
            self.block.y.gather_from(&ordinates(self.points, self.places));
        }
        let signs = signs(self.places);
        if signs != 0 {
            self.block.y = signed(&self.block.y, signs);
        }
    }
}
