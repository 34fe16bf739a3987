//! Many independent additions of affine points with one inversion for all of them (Montgomery's trick).
#![allow(unsafe_code)]

pub use super::pair::Pair;
use super::single;
use crate::{
    arithmetic::{Field, Lanes, Task, LANES},
    curve::{Affine, Stored, Xyzz},
};

/// Additions that share an inversion.
pub const BATCH: usize = 1024;
/// Groups whose points are asked for in advance: bases lie all over memory.
const AHEAD: usize = 4;
const GROUPS: usize = BATCH / LANES;

/// Memory of one worker, reused from batch to batch.
pub struct Scratch<L: Lanes> {
    /// What one group's first pass leaves for its second.
    groups: Vec<Group<L>>,
    /// The same of one addition, where they are done in turns.
    links: Vec<single::Link<L::Field>>,
    spill: [Stored<L>; LANES],
    /// Places whose sum was the point at infinity; what lies there is meaningless.
    pub cancelled: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Group<L> {
    xa: L,
    difference: L,
    product: L,
}

impl<L: Lanes> Scratch<L> {
    /// Fresh memory.
    pub fn new() -> Self {
        let group = Group {
            xa: L::zero(),
            difference: L::zero(),
            product: L::zero(),
        };
        let nowhere = Stored::new(&Affine::INFINITY);
        Self {
            groups: if L::IN_TURNS { Vec::new() } else { vec![group; GROUPS] },
            links: Vec::new(),
            spill: [nowhere; LANES],
            cancelled: Vec::new(),
        }
    }
}

/// Adds up to [`BATCH`] pairs.
///
/// # Safety
/// `from` holds every place that the pairs name and `to` every `out`; these are distinct and do not overlap what is
/// read. Where both lie in one allocation, both pointers come from the same borrow.
pub unsafe fn add_pairs<L: Lanes>(
    from: *const Stored<L>,
    to: *mut Stored<L>,
    pairs: &[Pair],
    scratch: &mut Scratch<L>,
) {
    debug_assert!(pairs.len() <= BATCH);
    if pairs.is_empty() {
        return;
    }
    if L::IN_TURNS {
        let special = single::add_pairs(from, to, pairs, &mut scratch.links);
        AddPairs {
            from,
            to,
            pairs,
            scratch,
        }
        .add_special(&special);
    } else {
        L::enter(AddPairs {
            from,
            to,
            pairs,
            scratch,
        });
    }
}

struct AddPairs<'a, L: Lanes> {
    from: *const Stored<L>,
    to: *mut Stored<L>,
    pairs: &'a [Pair],
    scratch: &'a mut Scratch<L>,
}

impl<L: Lanes> AddPairs<'_, L> {
    /// The pairs of a group; lanes beyond the end repeat the last pair.
    #[inline(always)]
    fn lanes(&self, group: usize) -> [Pair; LANES] {
        let first = group * LANES;
        if first + LANES <= self.pairs.len() {
            core::array::from_fn(|i| self.pairs[first + i])
        } else {
            let last = self.pairs.len() - 1;
            core::array::from_fn(|i| self.pairs[(first + i).min(last)])
        }
    }

    /// Differences of abscissae and their running product.
    #[inline(always)]
    unsafe fn first_pass(&mut self, count: usize) -> L {
        let mut product = L::splat(&L::Field::ONE);
        for g in 0..count {
            if g + AHEAD < count {
                for pair in self.lanes(g + AHEAD) {
                    for place in [pair.a, pair.b] {
                        let point = self.from.wrapping_add(place as usize >> 1).cast::<u8>();
                        // A point is a few cache lines.
                        let mut line = 0;
                        while line < size_of::<Stored<L>>() {
                            L::prefetch(point.wrapping_add(line));
                            line += 64;
                        }
                    }
                }
            }
            let lanes = self.lanes(g);
            let xa = L::gather(&lanes.map(|p| &raw const (*self.from.add(p.a as usize >> 1)).x));
            let xb = L::gather(&lanes.map(|p| &raw const (*self.from.add(p.b as usize >> 1)).x));
            let difference = xb.sub_tight(&xa);
            self.scratch.groups[g] = Group {
                xa,
                difference,
                product,
            };
            product = product.mul(&difference);
        }
        product
    }

    /// Replaces differences that are zero by one; returns the pairs they belong to, and the running product.
    #[cold]
    #[inline(never)]
    fn mend(&mut self, count: usize) -> (L, Vec<usize>) {
        let mut product = L::splat(&L::Field::ONE);
        let one = product;
        let mut special = Vec::new();
        for g in 0..count {
            let group = &mut self.scratch.groups[g];
            let mut mask = 0;
            for (lane, value) in group.difference.to_fields().iter().enumerate() {
                if value.is_zero() {
                    mask |= 1 << lane;
                    special.push(g * LANES + lane);
                }
            }
            group.difference = group.difference.select(mask, &one);
            group.product = product;
            product = product.mul(&group.difference);
        }
        special.retain(|i| *i < self.pairs.len());
        (product, special)
    }

    /// Adds pairs of equal abscissae on their own.
    #[cold]
    #[inline(never)]
    unsafe fn add_special(&mut self, special: &[usize]) {
        for i in special {
            let pair = self.pairs[*i];
            let point = |place: u32| {
                let affine = (*self.from.add(place as usize >> 1)).affine();
                if place & 1 == 1 {
                    affine.neg()
                } else {
                    affine
                }
            };
            let mut sum = Xyzz::from(&point(pair.a));
            sum.add_affine(&point(pair.b));
            if sum.is_infinity() {
                self.scratch.cancelled.push(pair.out);
            } else {
                *self.to.add(pair.out as usize) = Stored::new(&sum.to_affine());
            }
        }
    }

    #[inline(always)]
    unsafe fn second_pass(&mut self, count: usize, mut inverse: L) {
        for g in (0..count).rev() {
            let Group {
                xa,
                difference,
                product,
            } = self.scratch.groups[g];
            let lanes = self.lanes(g);
            let own = inverse.mul(&product);
            inverse = inverse.mul(&difference);
            let ya = L::gather(&lanes.map(|p| &raw const (*self.from.add(p.a as usize >> 1)).y));
            let yb = L::gather(&lanes.map(|p| &raw const (*self.from.add(p.b as usize >> 1)).y));
            let sign = |of: fn(&Pair) -> u32| {
                lanes
                    .iter()
                    .enumerate()
                    .fold(0u8, |m, (i, p)| m | ((of(p) & 1) as u8) << i)
            };
            let (sign_a, sign_b) = (sign(|p| p.a), sign(|p| p.b));
            let slope = yb.signed_sub(sign_b, &ya, sign_a).mul(&own);
            // x = slope² - xa - xb, and xb = xa + difference.
            let x = slope.sqr().sub_twice_tight(&xa, &difference);
            let y = slope.mul(&xa.sub_tight(&x)).sub_signed_tight(&ya, sign_a);
            let live = self.pairs.len() - g * LANES;
            let to = self.to;
            let spill = self.scratch.spill.as_mut_ptr();
            let place = |i: usize| {
                if i < live {
                    to.add(lanes[i].out as usize)
                } else {
                    spill.add(i)
                }
            };
            x.scatter(&core::array::from_fn(|i| &raw mut (*place(i)).x));
            y.scatter(&core::array::from_fn(|i| &raw mut (*place(i)).y));
        }
    }
}

/// The inverses of eight elements with one inversion; `None` if one of them is zero.
fn invert<L: Lanes>(value: L) -> Option<L> {
    let values = value.to_fields();
    let mut products = [L::Field::ONE; LANES];
    let mut all = L::Field::ONE;
    for (product, value) in products.iter_mut().zip(&values) {
        *product = all;
        all = all.mul(value);
    }
    if all.is_zero() {
        return None;
    }
    let mut inverse = all.invert();
    let mut out = [L::Field::ZERO; LANES];
    for i in (0..LANES).rev() {
        out[i] = inverse.mul(&products[i]);
        inverse = inverse.mul(&values[i]);
    }
    Some(L::from_fields(&out))
}

impl<L: Lanes> Task for AddPairs<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let count = self.pairs.len().div_ceil(LANES);
        // SAFETY: the caller of `add_pairs` vouches for all places; `spill` takes the lanes beyond the end.
        unsafe {
            let product = self.first_pass(count);
            let mut special = Vec::new();
            let inverse = match invert(product) {
                Some(inverse) => inverse,
                None => {
                    let (product, found) = self.mend(count);
                    special = found;
                    // No factor is zero any more.
                    invert(product).unwrap_or(product)
                }
            };
            self.second_pass(count, inverse);
            if !special.is_empty() {
                self.add_special(&special);
            }
        }
    }
}
