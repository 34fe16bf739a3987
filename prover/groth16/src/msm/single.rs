//! As [`super::pairs`], one addition after the other: for backends whose lanes are single elements in turns, which
//! would be copied more than they are computed with if eight were held at a time.
#![allow(unsafe_code)]

use super::pair::Pair;
use crate::{
    arithmetic::{Field, Lanes},
    curve::{Affine, Stored},
};

/// Additions whose points are asked for in advance.
const AHEAD: usize = 16;

/// What one addition's first pass leaves for its second.
#[derive(Clone, Copy)]
pub struct Link<F> {
    /// The difference of abscissae, or one if that is zero.
    difference: F,
    /// The product of all differences before.
    product: F,
}

/// Adds pairs of points with one inversion for all, and returns those of equal abscissae, which it has not added.
///
/// # Safety
/// As of [`super::pairs::add_pairs`].
pub unsafe fn add_pairs<L: Lanes>(
    from: *const Stored<L>,
    to: *mut Stored<L>,
    pairs: &[Pair],
    links: &mut Vec<Link<L::Field>>,
) -> Vec<usize> {
    // `Lanes::IN_TURNS` promises that memory holds the elements themselves.
    const { assert!(!L::IN_TURNS || size_of::<Stored<L>>() == size_of::<Affine<L::Field>>()) };
    let (from, to) = (from.cast::<Affine<L::Field>>(), to.cast::<Affine<L::Field>>());
    let one = L::Field::ONE;
    let unset = Link {
        difference: one,
        product: one,
    };
    // One more, for the product of all.
    if links.len() <= pairs.len() {
        links.resize(pairs.len() + 1, unset);
    }
    let links = &mut links[..=pairs.len()];
    let mut special = Vec::new();
    differences::<L>(from, pairs, links);
    products(links);
    if links[pairs.len()].product.is_zero() {
        for (i, link) in links[..pairs.len()].iter_mut().enumerate() {
            if link.difference.is_zero() {
                link.difference = one;
                special.push(i);
            }
        }
        products(links);
    }
    let mut inverse = links[pairs.len()].product.invert();
    let (mut own, mut slope, mut run) = (one, one, one);
    for (pair, link) in pairs.iter().zip(links.iter()).rev() {
        let (a, b) = (&*from.add(pair.a as usize >> 1), &*from.add(pair.b as usize >> 1));
        own.put_product(&inverse, &link.product);
        inverse.multiply(&link.difference);
        // The slope, negated if the second point is and the first is not; its square does not tell.
        let (negate_a, negate_b) = (pair.a & 1 == 1, pair.b & 1 == 1);
        match (negate_a, negate_b) {
            (false, false) => slope.put_difference(&b.y, &a.y),
            (true, true) => slope.put_difference(&a.y, &b.y),
            (true, false) | (false, true) => slope.put_sum(&a.y, &b.y),
        }
        slope.multiply(&own);
        // x = slope² - xa - xb. The place of the sum is none that is read.
        let sum = &mut *to.add(pair.out as usize);
        sum.x.put_square(&slope);
        sum.x.take(&a.x);
        sum.x.take(&b.x);
        if negate_b && !negate_a {
            run.put_difference(&sum.x, &a.x);
        } else {
            run.put_difference(&a.x, &sum.x);
        }
        run.multiply(&slope);
        if negate_a {
            sum.y.put_sum(&run, &a.y);
        } else {
            sum.y.put_difference(&run, &a.y);
        }
    }
    special
}

/// Differences of abscissae.
#[inline(always)]
unsafe fn differences<L: Lanes>(from: *const Affine<L::Field>, pairs: &[Pair], links: &mut [Link<L::Field>]) {
    for (i, (pair, link)) in pairs.iter().zip(links).enumerate() {
        if let Some(later) = pairs.get(i + AHEAD) {
            for place in [later.a, later.b] {
                let first = from.wrapping_add(place as usize >> 1).cast::<u8>();
                // A point is a few cache lines.
                let mut line = 0;
                while line < size_of::<Affine<L::Field>>() {
                    L::prefetch(first.wrapping_add(line));
                    line += 64;
                }
            }
        }
        let (a, b) = (&*from.add(pair.a as usize >> 1), &*from.add(pair.b as usize >> 1));
        link.difference.put_difference(&b.x, &a.x);
    }
}

/// Running products of the differences.
#[inline(always)]
fn products<F: Field>(links: &mut [Link<F>]) {
    links[0].product = F::ONE;
    for i in 1..links.len() {
        let (before, this) = links.split_at_mut(i);
        let Link { difference, product } = &before[i - 1];
        this[0].product.put_product(product, difference);
    }
}
