//! Evaluation domains: the powers of a root of unity, and the tables that transforms over them need.

use crate::{
    arithmetic::{ScalarLanes, LANES},
    scalar::{root_of_unity, words},
};
use bls12_381::Scalar;
use ff::PrimeField;

/// The coset on which quotients are formed: the field's generator times the domain, as in `bellman`.
const COSET: Scalar = Scalar::MULTIPLICATIVE_GENERATOR;

/// The smallest domain that transforms can work on.
const SMALLEST: u32 = 4;

/// The largest domain: its places and those of a key's points fit 31 bits.
pub const LARGEST: u32 = 30;

/// A domain of `2^log2` points with its tables.
pub struct Domain<L: ScalarLanes> {
    log2: u32,
    /// Absent where the domain is too small for transforms eight lanes wide.
    pub(super) tables: Option<Tables<L>>,
}

/// What the transforms of a domain need.
pub(super) struct Tables<L: ScalarLanes> {
    pub(super) forward: Roots<L>,
    pub(super) backward: Roots<L>,
    pub(super) coset: Powers<L>,
    /// Takes a coset's coefficients to the quotient: inverse powers of the coset, over the size and the value of the
    /// vanishing polynomial.
    pub(super) quotient: Powers<L>,
    /// The same without the coset's powers.
    pub(super) plain_quotient: L::Element,
}

/// Roots of unity for one direction.
pub(super) struct Roots<L: ScalarLanes> {
    /// For a half-length `h`: the powers of the root of order `2h` at `[h - 1..2h - 1]`.
    pub(super) table: Vec<L::Element>,
    /// For the three stages across lanes (distance 4, 2, 1) the factor of each lane.
    pub(super) across: [L; 3],
    /// The root of the whole domain to the power that each lane stands for.
    pub(super) step: L,
}

/// `factor·base^k` for the coefficient `k` of each place.
pub(super) struct Powers<L: ScalarLanes> {
    /// `base^(8k)`.
    pub(super) table: Vec<L::Element>,
    /// `factor·base^k` for the low three bits of `k`.
    pub(super) lanes: L,
}

/// Three bits turned round.
pub(super) fn reverse_lane(lane: usize) -> usize {
    (lane & 1) << 2 | lane & 2 | lane >> 2
}

fn lanes<L: ScalarLanes>(value: impl Fn(usize) -> Scalar) -> L {
    L::from_words(&core::array::from_fn(|lane| words(&value(lane))))
}

fn power(base: &Scalar, exponent: usize) -> Scalar {
    base.pow_vartime(&[exponent as u64, 0, 0, 0])
}

/// `1, base, base², …`
fn powers<L: ScalarLanes>(base: &Scalar, count: usize) -> Vec<L::Element> {
    let mut value = Scalar::one();
    (0..count)
        .map(|_| {
            let element = L::element(&words(&value));
            value *= base;
            element
        })
        .collect()
}

impl<L: ScalarLanes> Roots<L> {
    fn new(root: &Scalar, size: usize) -> Self {
        let inner = size / LANES;
        let mut table = Vec::with_capacity(inner.max(1) - 1);
        let mut half = 1;
        while half < inner {
            table.extend(powers::<L>(&power(root, size / (2 * half)), half));
            half *= 2;
        }
        // At distance d, the upper of two lanes is multiplied by the root of order 2d to the lane's number below d.
        let across = [4, 2, 1].map(|distance| {
            lanes(|lane| {
                if lane & distance == 0 {
                    Scalar::one()
                } else {
                    power(root, size / (2 * distance) * (lane % distance))
                }
            })
        });
        Self {
            table,
            across,
            step: lanes(|lane| power(root, reverse_lane(lane))),
        }
    }
}

impl<L: ScalarLanes> Powers<L> {
    fn new(base: &Scalar, factor: &Scalar, size: usize) -> Self {
        Self {
            table: powers::<L>(&power(base, LANES), size / LANES),
            lanes: lanes(|lane| power(base, reverse_lane(lane)) * factor),
        }
    }
}

impl<L: ScalarLanes> Domain<L> {
    /// A domain of `2^log2` points; `None` if the field has none of this size, or if places would not fit 31 bits.
    pub fn new(log2: u32) -> Option<Self> {
        match log2 {
            0..SMALLEST => Some(Self { log2, tables: None }),
            SMALLEST..=LARGEST => Some(Self {
                log2,
                tables: Some(Tables::new(log2)?),
            }),
            _ => None,
        }
    }

    /// Base-two logarithm of the number of points.
    pub fn log2(&self) -> u32 {
        self.log2
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        1 << self.log2
    }
}

impl<L: ScalarLanes> Tables<L> {
    fn new(log2: u32) -> Option<Self> {
        let size = 1usize << log2;
        let root = root_of_unity(log2);
        let inverse = |x: &Scalar| Option::<Scalar>::from(x.invert());
        let size_inverse = inverse(&Scalar::from(size as u64))?;
        let vanishing = inverse(&(power(&COSET, size) - Scalar::one()))?;
        let both = size_inverse * vanishing;
        Some(Self {
            forward: Roots::new(&root, size),
            backward: Roots::new(&inverse(&root)?, size),
            coset: Powers::new(&COSET, &size_inverse, size),
            quotient: Powers::new(&inverse(&COSET)?, &both, size),
            plain_quotient: L::element(&words(&both)),
        })
    }
}
