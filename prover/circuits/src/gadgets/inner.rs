//! Inner products at half a constraint per term (Winograd 1968).
//!
//! `x_0·y_0 + x_1·y_1 = (x_0 + y_1)·(x_1 + y_0) - x_0·x_1 - y_0·y_1`, and additions are free. The products of
//! neighbours of one side do not depend on the other side, so whoever multiplies the same numbers with many others pays
//! for them once.

use bellman::{ConstraintSystem, SynthesisError};

use super::{boolean::Bit, num::Num};
use crate::Fr;

/// Numbers, and the sum of the products of their neighbours.
#[derive(Clone)]
pub struct Paired {
    nums: Vec<Num>,
    /// `Σ x_{2i}·x_{2i+1}`.
    neighbours: Num,
}

impl Paired {
    /// Multiplies the neighbours. Half a constraint per number.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        nums: Vec<Num>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let products = nums
            .chunks_exact(2)
            .enumerate()
            .map(|(i, pair)| pair[0].mul(&mut cs, || format!("pair {i}"), &pair[1]))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            nums,
            neighbours: Num::total(&products),
        })
    }

    /// The same with the sum in one wire, for numbers that are used very often. One constraint more.
    pub fn pinned<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        nums: Vec<Num>,
    ) -> Result<Self, SynthesisError> {
        let paired = Self::new(cs, name, nums)?;
        let neighbours = paired.neighbours.pin(&mut cs.namespace(|| name), "sum")?;
        Ok(Self { neighbours, ..paired })
    }

    /// Booleans of which at most one is one, as [`super::choice::one_hot`] makes them: no two neighbours are both one,
    /// so the products are zero. Free.
    pub fn one_hot(bits: &[Bit]) -> Self {
        Self {
            nums: bits.iter().map(|bit| bit.num().clone()).collect(),
            neighbours: Num::zero(),
        }
    }

    /// The numbers.
    pub fn nums(&self) -> &[Num] {
        &self.nums
    }

    /// `Σ x_i·y_i`; both sides are of one length. Half a constraint per term.
    pub fn inner<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Self,
    ) -> Result<Num, SynthesisError> {
        debug_assert_eq!(self.nums.len(), other.nums.len());
        let mut cs = cs.namespace(|| name);
        let mut products = Vec::with_capacity(self.nums.len().div_ceil(2));
        for (i, (x, y)) in self.nums.chunks(2).zip(other.nums.chunks(2)).enumerate() {
            products.push(match (x, y) {
                ([x0, x1], [y0, y1]) => (x0 + y1).mul(&mut cs, || format!("pair {i}"), &(x1 + y0))?,
                _ => x[0].mul(&mut cs, || format!("pair {i}"), &y[0])?,
            });
        }
        Ok(Num::total(&products) - &self.neighbours - &other.neighbours)
    }
}
