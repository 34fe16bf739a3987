//! What a backend keeps of a key, and the sums of a proof over it.

use super::{density::KeyWires, rows::Rows};
use crate::{
    arithmetic::{pure, Field, Suite},
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
    /// Over the lists `l` and `h`, which a proof adds up.
    pub l_and_h: Xyzz<S::Fp>,
}

/// Points and domain.
pub struct Tables<S: Suite> {
    domain: Domain<S::Scalars>,
    /// First those of `l`, then those of `h`.
    l_and_h: Bases<S::G1>,
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

/// Checks the lists of a key.
pub fn check_points(key: &ProvingKey) -> Result<(), KeyError> {
    check::<pure::Fp>(g1(key.h()), KeyPoint::H)?;
    check::<pure::Fp>(g1(key.l()), KeyPoint::L)?;
    check::<pure::Fp>(g1(key.a()), KeyPoint::A)?;
    check::<pure::Fp>(g1(key.b_g1()), KeyPoint::BG1)?;
    check::<pure::Fp2>(g2(key.b_g2()), KeyPoint::BG2)
}

impl<S: Suite> Tables<S> {
    pub fn new(key: &ProvingKey, log2: u32) -> Result<Self, KeyError> {
        // Places of points have 31 bits.
        let fits = key.l().len() + key.h().len() <= 1 << 31;
        let domain = Domain::new(log2).filter(|_| fits);
        let domain = domain.ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        check_points(key)?;
        Ok(Self {
            domain,
            l_and_h: Bases::joined(g1(key.l()), g1(key.h())),
            a: Bases::new(g1(key.a())),
            b_g1: Bases::new(g1(key.b_g1())),
            b_g2: Bases::new(g2(key.b_g2())),
        })
    }

    /// All sums; the quotient's way is the longest, so it goes first, and the others fill the cores it leaves.
    pub fn sums(&self, rows: &Rows, wires: &[[u64; 4]], inputs: usize, density: &KeyWires) -> Sums<S> {
        let pick = |list: &[u32]| -> Vec<[u64; 4]> { list.iter().map(|wire| wires[*wire as usize]).collect() };
        let (l_and_h, ((b_g1, b_g2), a)) = parallel::join(
            || {
                let quotient = self.quotient(rows, &wires[..inputs]);
                let scalars: Vec<_> = wires[inputs..]
                    .par_iter()
                    .chain(&quotient)
                    .map(|words| *words)
                    .collect();
                self.l_and_h.multiply(&scalars)
            },
            || {
                parallel::join(
                    || self.b_g1.multiply_both(&self.b_g2, &pick(&density.b)),
                    || self.a.multiply(&pick(&density.a)),
                )
            },
        );
        Sums { a, b_g1, b_g2, l_and_h }
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
