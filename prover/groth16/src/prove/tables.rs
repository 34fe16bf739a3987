//! What a backend keeps of a key, and the five sums of a proof over it.

use super::{density::Density, rows::Rows, Sums};
use crate::{
    arithmetic::Suite,
    curve::points::{g1, g2},
    fft::{quotient, Domain},
    msm::Bases,
    KeyError, ProvingKey,
};
use bellman::SynthesisError;

/// Points and domain.
pub struct Tables<S: Suite> {
    domain: Domain<S::Scalars>,
    h: Bases<S::G1>,
    l: Bases<S::G1>,
    a: Bases<S::G1>,
    b_g1: Bases<S::G1>,
    b_g2: Bases<S::G2>,
}

impl<S: Suite> Tables<S> {
    pub fn new(key: &ProvingKey, log2: u32) -> Result<Self, KeyError> {
        Ok(Self {
            domain: Domain::new(log2).ok_or(SynthesisError::PolynomialDegreeTooLarge)?,
            h: Bases::new(g1(key.h())),
            l: Bases::new(g1(key.l())),
            a: Bases::new(g1(key.a())),
            b_g1: Bases::new(g1(key.b_g1())),
            b_g2: Bases::new(g2(key.b_g2())),
        })
    }

    /// All sums; the quotient's way is the longest, so it goes first, and the others fill the cores it leaves.
    pub fn sums(&self, rows: &Rows, wires: &[[u64; 4]], inputs: usize, density: &Density) -> Sums {
        let pick = |list: &[u32]| -> Vec<[u64; 4]> { list.iter().map(|wire| wires[*wire as usize]).collect() };
        let (h, ((b_g2, b_g1), (a, l))) = rayon::join(
            || self.h.multiply(&self.quotient(rows, &wires[..inputs])),
            || {
                rayon::join(
                    || {
                        let b = pick(&density.b);
                        rayon::join(|| self.b_g2.multiply(&b), || self.b_g1.multiply(&b))
                    },
                    || {
                        rayon::join(
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
