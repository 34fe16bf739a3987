//! Linear combinations with values.
//!
//! `bellman`'s own linear combination keeps repeated variables apart. A partial round of Poseidon2 feeds all earlier
//! outputs back, so unmerged terms would double with every round; [`Num`] keeps its terms sorted and merged.
//!
//! Where only values are wanted (`Assignment`) there are no terms, because no constraint will name them.

use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use bellman::{ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use cloister_groth16::Assignment;
use ff::Field;

use super::inverse::inverse_or_zero;
use crate::Fr;

/// A wire, ordered by kind and allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wire(u32);

impl Wire {
    fn new(variable: Variable) -> Self {
        // No domain of the field is large enough for a circuit of 2^31 wires.
        match variable.get_unchecked() {
            Index::Input(i) => Self((i as u32) << 1),
            Index::Aux(i) => Self((i as u32) << 1 | 1),
        }
    }

    fn variable(self) -> Variable {
        let i = (self.0 >> 1) as usize;
        Variable::new_unchecked(if self.0 & 1 == 0 {
            Index::Input(i)
        } else {
            Index::Aux(i)
        })
    }
}

/// One term of a combination.
pub(super) struct Term(Wire, Fr);

/// `constant + Σ coefficient·wire`, with its value where a witness is known.
#[derive(Clone, Debug)]
pub struct Num {
    value: Option<Fr>,
    constant: Fr,
    /// Sorted by wire, without repetition and without zero coefficients.
    terms: Vec<(Wire, Fr)>,
}

/// Merges two sorted term lists into `a + scale·b`.
fn merge(a: &[(Wire, Fr)], b: &[(Wire, Fr)], scale: impl Fn(&Fr) -> Fr) -> Vec<(Wire, Fr)> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => {
                out.push(a[i]);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                out.push((b[j].0, scale(&b[j].1)));
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                let coefficient = a[i].1 + scale(&b[j].1);
                if !coefficient.is_zero_vartime() {
                    out.push((a[i].0, coefficient));
                }
                i += 1;
                j += 1;
            }
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend(b[j..].iter().map(|(wire, x)| (*wire, scale(x))));
    out
}

/// Whether a system takes the values of wires and passes over constraints. Then nobody reads a combination of wires.
pub(super) fn takes_values_only<CS: ConstraintSystem<Fr>>() -> bool {
    CS::one().get_unchecked() == Assignment::NO_PLACE
}

/// `coefficient·x`, where one and zero are frequent.
fn times(coefficient: &Fr, x: &Fr) -> Fr {
    if x.is_zero_vartime() || *coefficient == Fr::one() {
        *x
    } else {
        coefficient * x
    }
}

impl Num {
    /// A constant.
    pub fn constant(x: Fr) -> Self {
        Self {
            value: Some(x),
            constant: x,
            terms: Vec::new(),
        }
    }

    /// Zero.
    pub fn zero() -> Self {
        Self::constant(Fr::zero())
    }

    /// One.
    pub fn one() -> Self {
        Self::constant(Fr::one())
    }

    /// A new private wire. One wire, no constraint.
    pub fn alloc<CS, N, R>(cs: &mut CS, name: N, value: Option<Fr>) -> Result<Self, SynthesisError>
    where
        CS: ConstraintSystem<Fr>,
        N: FnOnce() -> R,
        R: Into<String>,
    {
        let variable = cs.alloc(name, || value.ok_or(SynthesisError::AssignmentMissing))?;
        Ok(Self::from_variable(variable, value))
    }

    /// A new public wire.
    pub fn alloc_input<CS, N, R>(cs: &mut CS, name: N, value: Option<Fr>) -> Result<Self, SynthesisError>
    where
        CS: ConstraintSystem<Fr>,
        N: FnOnce() -> R,
        R: Into<String>,
    {
        let variable = cs.alloc_input(name, || value.ok_or(SynthesisError::AssignmentMissing))?;
        Ok(Self::from_variable(variable, value))
    }

    fn from_variable(variable: Variable, value: Option<Fr>) -> Self {
        let terms = if variable.get_unchecked() == Assignment::NO_PLACE {
            Vec::new()
        } else {
            vec![(Wire::new(variable), Fr::one())]
        };
        Self {
            value,
            constant: Fr::zero(),
            terms,
        }
    }

    /// A number in a system that takes values only.
    pub(super) fn of_value(value: Fr) -> Self {
        Self {
            value: Some(value),
            constant: Fr::zero(),
            terms: Vec::new(),
        }
    }

    /// The value, if a witness is known.
    pub fn value(&self) -> Option<Fr> {
        self.value
    }

    /// Number of wires in the combination.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether the combination is a constant, or in a system that takes values only.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// `coefficient·self`.
    pub fn scale(&self, coefficient: Fr) -> Self {
        if coefficient.is_zero_vartime() {
            return Self::zero();
        }
        Self {
            value: self.value.map(|x| x * coefficient),
            constant: self.constant * coefficient,
            terms: self.terms.iter().map(|(wire, x)| (*wire, x * coefficient)).collect(),
        }
    }

    /// `self + x`.
    pub fn add_constant(mut self, x: Fr) -> Self {
        self.constant += x;
        self.value = self.value.map(|value| value + x);
        self
    }

    /// `Σ coefficient·num`, cheaper than repeated additions.
    pub fn sum<'a>(parts: impl IntoIterator<Item = (Fr, &'a Num)>) -> Self {
        let mut value = Some(Fr::zero());
        let mut constant = Fr::zero();
        let mut terms: Vec<(Wire, Fr)> = Vec::new();
        for (coefficient, num) in parts {
            value = value.zip(num.value).map(|(sum, x)| sum + times(&coefficient, &x));
            constant += times(&coefficient, &num.constant);
            if coefficient == Fr::one() {
                terms.extend_from_slice(&num.terms);
            } else {
                terms.extend(num.terms.iter().map(|(wire, x)| (*wire, x * coefficient)));
            }
        }
        terms.sort_by_key(|(wire, _)| *wire);
        terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        terms.retain(|(_, x)| !x.is_zero_vartime());
        Self { value, constant, terms }
    }

    /// Sum with coefficients one.
    pub fn total<'a>(parts: impl IntoIterator<Item = &'a Num>) -> Self {
        Self::sum(parts.into_iter().map(|num| (Fr::one(), num)))
    }

    /// The terms of `coefficient·self`, for combinations built in order.
    pub(super) fn scaled_terms(&self, coefficient: Fr) -> impl Iterator<Item = Term> + '_ {
        self.terms.iter().map(move |(wire, x)| Term(*wire, x * coefficient))
    }

    /// A combination of terms that are sorted and not repeated already.
    pub(super) fn from_sorted(value: Option<Fr>, terms: impl Iterator<Item = Term>) -> Self {
        let terms: Vec<(Wire, Fr)> = terms.map(|Term(wire, x)| (wire, x)).collect();
        debug_assert!(terms.windows(2).all(|pair| pair[0].0 < pair[1].0));
        Self {
            value,
            constant: Fr::zero(),
            terms,
        }
    }

    /// Adds the combination to one of `bellman`.
    pub(crate) fn extend(&self, mut lc: LinearCombination<Fr>) -> LinearCombination<Fr> {
        if !self.constant.is_zero_vartime() {
            lc = lc + (self.constant, Variable::new_unchecked(Index::Input(0)));
        }
        for (wire, x) in &self.terms {
            lc = lc + (*x, wire.variable());
        }
        lc
    }

    /// A wire equal to the combination, for combinations with many terms that are used often. One constraint.
    pub fn pin<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Self, SynthesisError> {
        let wire = Self::alloc(cs, || name, self.value)?;
        enforce_equal(cs, || name, &wire, self);
        Ok(wire)
    }

    /// `self·other`. One constraint.
    pub fn mul<CS, N, R>(&self, cs: &mut CS, name: N, other: &Num) -> Result<Self, SynthesisError>
    where
        CS: ConstraintSystem<Fr>,
        N: Fn() -> R,
        R: Into<String>,
    {
        let value = self.value.zip(other.value).map(|(a, b)| a * b);
        let product = Self::alloc(cs, &name, value)?;
        enforce_product(cs, name, self, other, &product);
        Ok(product)
    }

    /// `self / other`; the caller knows that `other` is not zero. One constraint.
    ///
    /// Should `other` be zero all the same, the constraint can hold only if `self` is zero too, and leaves the quotient
    /// free then.
    pub fn div<CS, N, R>(&self, cs: &mut CS, name: N, other: &Num) -> Result<Self, SynthesisError>
    where
        CS: ConstraintSystem<Fr>,
        N: Fn() -> R,
        R: Into<String>,
    {
        let value = self.value.zip(other.value).map(|(a, b)| a * inverse_or_zero(&b));
        let quotient = Self::alloc(cs, &name, value)?;
        enforce_product(cs, name, other, &quotient, self);
        Ok(quotient)
    }
}

/// `a·b = c`. One constraint.
pub fn enforce_product<CS, N, R>(cs: &mut CS, name: N, a: &Num, b: &Num, c: &Num)
where
    CS: ConstraintSystem<Fr>,
    N: FnOnce() -> R,
    R: Into<String>,
{
    cs.enforce(name, |lc| a.extend(lc), |lc| b.extend(lc), |lc| c.extend(lc));
}

/// `x = 0`, for an `x` that takes long to work out: it is asked for where the constraint is. One constraint.
pub fn enforce_zero<CS, N, R>(cs: &mut CS, name: N, x: impl FnOnce() -> Num)
where
    CS: ConstraintSystem<Fr>,
    N: FnOnce() -> R,
    R: Into<String>,
{
    cs.enforce(name, |lc| x().extend(lc), |lc| lc + CS::one(), |lc| lc);
}

/// `a = b`. One constraint.
pub fn enforce_equal<CS, N, R>(cs: &mut CS, name: N, a: &Num, b: &Num)
where
    CS: ConstraintSystem<Fr>,
    N: FnOnce() -> R,
    R: Into<String>,
{
    cs.enforce(name, |lc| (a - b).extend(lc), |lc| lc + CS::one(), |lc| lc);
}

impl Add<&Num> for &Num {
    type Output = Num;

    fn add(self, other: &Num) -> Num {
        Num {
            value: self.value.zip(other.value).map(|(a, b)| a + b),
            constant: self.constant + other.constant,
            terms: merge(&self.terms, &other.terms, |x| *x),
        }
    }
}

impl Sub<&Num> for &Num {
    type Output = Num;

    fn sub(self, other: &Num) -> Num {
        Num {
            value: self.value.zip(other.value).map(|(a, b)| a - b),
            constant: self.constant - other.constant,
            terms: merge(&self.terms, &other.terms, |x| -x),
        }
    }
}

macro_rules! owned {
    ($trait:ident, $method:ident) => {
        impl $trait<Num> for Num {
            type Output = Num;

            fn $method(self, other: Num) -> Num {
                $trait::$method(&self, &other)
            }
        }

        impl $trait<&Num> for Num {
            type Output = Num;

            fn $method(self, other: &Num) -> Num {
                $trait::$method(&self, other)
            }
        }

        impl $trait<Num> for &Num {
            type Output = Num;

            fn $method(self, other: Num) -> Num {
                $trait::$method(self, &other)
            }
        }
    };
}
owned!(Add, add);
owned!(Sub, sub);

impl AddAssign<&Num> for Num {
    fn add_assign(&mut self, other: &Num) {
        *self = &*self + other;
    }
}

impl SubAssign<&Num> for Num {
    fn sub_assign(&mut self, other: &Num) {
        *self = &*self - other;
    }
}

impl Neg for &Num {
    type Output = Num;

    fn neg(self) -> Num {
        self.scale(-Fr::one())
    }
}

impl Mul<u64> for &Num {
    type Output = Num;

    fn mul(self, coefficient: u64) -> Num {
        self.scale(Fr::from(coefficient))
    }
}
