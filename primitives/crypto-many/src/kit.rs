//! What a backend computes with: constants in its own form and the multiples of the generator.

use crate::{digits::RESPONSE_DIGITS, permutation::Constants};
use cloister_crypto::{
    jubjub::{batch_normalize, ExtendedPoint},
    schnorr::{generator, EDWARDS_D},
    Fr,
};
use cloister_lanes::{scalar::words, Elements, Pure, Suite, LANES};
use std::sync::OnceLock;

/// Multiples in a window of the generator's table: those of the digits of a response, from zero on.
pub const GENERATOR_WINDOW: usize = 129;

/// A backend's constants.
pub struct Kit<S: Elements> {
    /// Those of the permutation.
    pub constants: Constants<S>,
    /// `2·d` of the curve.
    pub d2: S::Element,
    /// One.
    pub one: S::Element,
    /// `digit·256^i·G` as sums take it, window by window.
    pub generator: Vec<S::Triple>,
}

impl<S: Elements> Kit<S> {
    fn new() -> Self {
        Self {
            constants: Constants::new(),
            d2: S::element(&words(&EDWARDS_D.double())),
            one: S::element(&[1, 0, 0, 0]),
            generator: generator_table::<S>(),
        }
    }
}

fn generator_table<S: Elements>() -> Vec<S::Triple> {
    let mut points = Vec::with_capacity(RESPONSE_DIGITS * GENERATOR_WINDOW);
    let mut base = ExtendedPoint::from(generator());
    for _ in 0..RESPONSE_DIGITS {
        let mut multiple = ExtendedPoint::identity();
        for _ in 0..GENERATOR_WINDOW {
            points.push(multiple);
            multiple += base;
        }
        for _ in 0..8 {
            base = base.double();
        }
    }
    let prepared: Vec<[Fr; 3]> = batch_normalize(&mut points)
        .map(|point| {
            let (x, y) = (point.get_u(), point.get_v());
            [y + x, y - x, EDWARDS_D.double() * x * y]
        })
        .collect();
    prepared
        .chunks(S::WIDTH)
        .flat_map(|chunk| {
            let mut parts = [[[0; 4]; LANES]; 3];
            for (lane, triple) in chunk.iter().enumerate() {
                for (part, value) in parts.iter_mut().zip(triple) {
                    part[lane] = words(value);
                }
            }
            S::to_triples(&parts.map(|part| S::from_words(&part)))
                .into_iter()
                .take(chunk.len())
        })
        .collect()
}

/// A backend with its constants, which are made when they are first asked for.
pub trait Kitted: Suite {
    /// The constants; only where the backend is available.
    fn kit() -> &'static Kit<Self::Elements>;
}

macro_rules! kitted {
    ($suite:ty) => {
        impl Kitted for $suite {
            fn kit() -> &'static Kit<Self::Elements> {
                static KIT: OnceLock<Kit<<$suite as Suite>::Elements>> = OnceLock::new();
                KIT.get_or_init(Kit::new)
            }
        }
    };
}

kitted!(Pure);
#[cfg(feature = "native")]
kitted!(cloister_lanes::Portable);
#[cfg(any(
    all(feature = "native", target_arch = "x86_64"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
kitted!(cloister_lanes::Floating);
#[cfg(all(feature = "native", target_arch = "x86_64"))]
kitted!(cloister_lanes::Vector);
