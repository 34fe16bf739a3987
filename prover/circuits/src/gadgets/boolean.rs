//! Booleans.

use bellman::{ConstraintSystem, SynthesisError};
use ff::Field;

use super::{
    inverse::inverse_or_zero,
    num::{enforce_product, Num},
};
use crate::Fr;

/// A number that is 0 or 1 in every satisfied system.
#[derive(Clone, Debug)]
pub struct Bit(Num);

/// The field element of a truth value.
pub fn truth(x: bool) -> Fr {
    Fr::from(u64::from(x))
}

impl Bit {
    /// A new boolean. One constraint.
    pub fn alloc<CS, N, R>(cs: &mut CS, name: N, value: Option<bool>) -> Result<Self, SynthesisError>
    where
        CS: ConstraintSystem<Fr>,
        N: Fn() -> R,
        R: Into<String>,
    {
        let num = Num::alloc(cs, &name, value.map(truth))?;
        cs.enforce(name, |lc| (&Num::one() - &num).extend(lc), |lc| num.extend(lc), |lc| lc);
        Ok(Self(num))
    }

    /// Whether a number is zero. Two constraints.
    ///
    /// With `inverse·x = 1 - bit` and `bit·x = 0`: if `x` is zero the first makes `bit` one; if not, the second makes
    /// it zero. Hence the bit is boolean without a check of its own.
    pub fn is_zero<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        num: &Num,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let zero = num.value().map(|x| x.is_zero_vartime());
        let inverse = Num::alloc(&mut cs, || "inverse", num.value().map(|x| inverse_or_zero(&x)))?;
        let bit = Num::alloc(&mut cs, || "bit", zero.map(|z| Fr::from(u64::from(z))))?;
        enforce_product(&mut cs, || "one where not zero", &inverse, num, &(&Num::one() - &bit));
        enforce_product(&mut cs, || "zero where one", &bit, num, &Num::zero());
        Ok(Self(bit))
    }

    /// A constant.
    pub fn constant(x: bool) -> Self {
        Self(Num::constant(truth(x)))
    }

    /// Makes a sum of booleans a boolean: then at most one of them is one. One constraint.
    pub fn from_sum<CS: ConstraintSystem<Fr>>(cs: &mut CS, name: &'static str, bits: &[&Bit]) -> Self {
        let sum = Num::total(bits.iter().map(|bit| &bit.0));
        enforce_product(cs, || name, &(&Num::one() - &sum), &sum, &Num::zero());
        Self(sum)
    }

    /// Wraps a number that the caller has constrained to be boolean.
    pub(crate) fn trusted(num: Num) -> Self {
        Self(num)
    }

    /// The number.
    pub fn num(&self) -> &Num {
        &self.0
    }

    /// The truth value; false for a value that is not a boolean.
    pub fn value(&self) -> Option<bool> {
        self.0.value().map(|x| x == Fr::one())
    }

    /// Not. Free.
    pub fn not(&self) -> Self {
        Self(&Num::one() - &self.0)
    }

    /// And. One constraint.
    pub fn and<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Bit,
    ) -> Result<Self, SynthesisError> {
        self.0.mul(cs, || name, &other.0).map(Self)
    }

    /// Or. One constraint.
    pub fn or<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Bit,
    ) -> Result<Self, SynthesisError> {
        Ok(self.not().and(cs, name, &other.not())?.not())
    }

    /// Exclusive or. One constraint.
    pub fn xor<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Bit,
    ) -> Result<Self, SynthesisError> {
        let both = self.0.mul(cs, || name, &other.0)?;
        Ok(Self(Num::sum([
            (Fr::one(), &self.0),
            (Fr::one(), &other.0),
            (-Fr::from(2), &both),
        ])))
    }

    /// And of many. One constraint for two bits, two for more.
    ///
    /// With `m` the number of zeros among the bits, the result is one exactly where `m` is zero; `m` is far below the
    /// order of the field.
    pub fn all<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        bits: &[&Bit],
    ) -> Result<Self, SynthesisError> {
        match bits {
            [] => Ok(Self::constant(true)),
            [one] => Ok((*one).clone()),
            [a, b] => a.and(cs, name, b),
            many => {
                let sum = Num::total(many.iter().map(|bit| &bit.0));
                Self::is_zero(cs, name, &(Num::constant(Fr::from(many.len() as u64)) - sum))
            }
        }
    }
}
