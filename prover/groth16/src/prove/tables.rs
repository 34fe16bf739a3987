//! What a backend keeps of a key, and the five sums of a proof over it.

use super::{density::KeyWires, rows::Rows};
use crate::{
    arithmetic::{pure, Field, Lanes, Suite},
    curve::{
        points::{g1, g2},
        Affine, Xyzz,
    },
    fft::{quotient, Domain},
    msm::Bases,
    parallel::{self, prelude::*},
    KeyError, KeyPoint, PointError, ProvingKey,
};
use bellman::SynthesisError;

/// The sums over the key's points that a proof is made of.
pub struct Sums<S: Suite> {
    pub a: Xyzz<S::Fp>,
    pub b_g1: Xyzz<S::Fp>,
    pub b_g2: Xyzz<S::Fp2>,
    pub h: Xyzz<S::Fp>,
    pub l: Xyzz<S::Fp>,
}

/// Points and domain.
pub struct Tables<S: Suite> {
    domain: Domain<S::Scalars>,
    h: Bases<S::G1>,
    l: Bases<S::G1>,
    a: Bases<S::G1>,
    b_g1: Bases<S::G1>,
    b_g2: Bases<S::G2>,
}

/// The additions of the sums take no identity.
fn check<F: Field>(points: &[Affine<F>], named: fn(u32) -> KeyPoint) -> Result<(), KeyError> {
    match points.par_iter().position_first(Affine::is_infinity) {
        None => Ok(()),
        Some(i) => Err(KeyError::Point {
            point: named(i as u32),
            error: PointError::Infinity,
        }),
    }
}

/// Checks what [`Tables::new`] checks of the lists of a key.
pub fn check_points(key: &ProvingKey) -> Result<(), KeyError> {
    check::<pure::Fp>(g1(key.h()), KeyPoint::H)?;
    check::<pure::Fp>(g1(key.l()), KeyPoint::L)?;
    check::<pure::Fp>(g1(key.a()), KeyPoint::A)?;
    check::<pure::Fp>(g1(key.b_g1()), KeyPoint::BG1)?;
    check::<pure::Fp2>(g2(key.b_g2()), KeyPoint::BG2)
}

/// A list of the key.
fn bases<L: Lanes>(points: &[Affine<L::Field>], named: fn(u32) -> KeyPoint) -> Result<Bases<L>, KeyError> {
    check(points, named)?;
    Ok(Bases::new(points))
}

impl<S: Suite> Tables<S> {
    pub fn new(key: &ProvingKey, log2: u32) -> Result<Self, KeyError> {
        Ok(Self {
            domain: Domain::new(log2).ok_or(SynthesisError::PolynomialDegreeTooLarge)?,
            h: bases(g1(key.h()), KeyPoint::H)?,
            l: bases(g1(key.l()), KeyPoint::L)?,
            a: bases(g1(key.a()), KeyPoint::A)?,
            b_g1: bases(g1(key.b_g1()), KeyPoint::BG1)?,
            b_g2: bases(g2(key.b_g2()), KeyPoint::BG2)?,
        })
    }

    /// All sums; the quotient's way is the longest, so it goes first, and the others fill the cores it leaves.
    pub fn sums(&self, rows: &Rows, wires: &[[u64; 4]], inputs: usize, density: &KeyWires) -> Sums<S> {
        let pick = |list: &[u32]| -> Vec<[u64; 4]> { list.iter().map(|wire| wires[*wire as usize]).collect() };
        let (h, ((b_g2, b_g1), (a, l))) = parallel::join(
            || self.h.multiply(&self.quotient(rows, &wires[..inputs])),
            || {
                parallel::join(
                    || {
                        let b = pick(&density.b);
                        parallel::join(|| self.b_g2.multiply(&b), || self.b_g1.multiply(&b))
                    },
                    || {
                        parallel::join(
                            || self.a.multiply(&pick(&density.a)),
                            || self.l.multiply(&wires[inputs..]),
                        )
                    },
                )
            },
        );
        Sums { a, b_g1, b_g2, h, l }
    }

    fn quotient(&self, rows: &Rows, inputs: &[[u64; 4]]) -> Vec<[u64; 4]> {
        let side = |k: usize| move |i: usize| rows.get(i).map_or([0; 4], |row| row[k]);
        // Behind the constraints: a row `x·0 = 0` for each input.
        let left = |i: usize| match i.checked_sub(rows.len()) {
            None => rows[i][0],
            Some(input) => inputs.get(input).copied().unwrap_or_default(),
        };
        quotient(&self.domain, [&left, &side(1), &side(2)])
    }
}
