//! Parameters of a circuit from secret scalars that must be forgotten (Groth 2016, section 3.2), as the crate `groth16`
//! makes them.

mod columns;
mod sink;

use crate::{
    arithmetic::{on_backend, Backend},
    curve::points::{from_g1, from_g2, to_g1, to_g2},
    development_rng,
    msm::FixedBase,
    pairing::{Curve, CurveSuite},
    scalar::words,
    CircuitId, G1Affine, G2Affine, KeyError, KeyPoints, Matrices, ProvingKey, VerifyingKey,
};
use bellman::SynthesisError;
use bls12_381::{G1Projective, G2Projective, Scalar};
use columns::Columns;
use ff::Field;
use group::{Curve as _, Group};
use rand_core::Rng;
pub use sink::PointSink;

/// Points that are made before they are handed on.
const PIECE: usize = 1 << 16;

/// What nobody may know.
struct Trapdoor {
    g1: G1Projective,
    g2: G2Projective,
    alpha: Scalar,
    beta: Scalar,
    gamma: Scalar,
    delta: Scalar,
    tau: Scalar,
}

impl Trapdoor {
    /// In the order in which `groth16::generate_random_parameters` draws it.
    fn random<R: Rng>(mut rng: R) -> Self {
        Self {
            g1: G1Projective::random(&mut rng),
            g2: G2Projective::random(&mut rng),
            alpha: Scalar::random(&mut rng),
            beta: Scalar::random(&mut rng),
            gamma: Scalar::random(&mut rng),
            delta: Scalar::random(&mut rng),
            tau: Scalar::random(&mut rng),
        }
    }
}

/// Generates a key from randomness and keeps it in memory. Whoever knows the randomness can forge proofs: see
/// `ceremony` for keys that hold something.
///
/// # Errors
/// [`KeyError::Synthesis`] if a wire is in no constraint or the circuit is larger than the field's domains.
pub fn generate<R: Rng>(matrices: &Matrices, development: bool, rng: R) -> Result<ProvingKey, KeyError> {
    let mut points = KeyPoints::default();
    let vk = generate_into(matrices, rng, &mut points, Backend::detect())?;
    Ok(ProvingKey::from_points(matrices.id(), development, vk, points))
}

/// Generates development parameters. They follow from [`crate::DEVELOPMENT_SEED`] and the circuit alone, so that every
/// machine gets the same ones, and they prove nothing to anybody: the trapdoor is public.
///
/// # Errors
/// As [`generate`].
pub fn generate_development(matrices: &Matrices) -> Result<ProvingKey, KeyError> {
    generate(matrices, true, development_rng(matrices.id()))
}

/// The same, piece by piece into a sink (a key file, see [`crate::KeyWriter`]); returns the verifying key.
///
/// # Errors
/// As [`generate`], and those of the sink.
pub fn generate_development_into<S: PointSink>(
    matrices: &Matrices,
    id: CircuitId,
    sink: &mut S,
) -> Result<VerifyingKey, KeyError> {
    generate_into(matrices, development_rng(id), sink, Backend::detect())
}

/// Generates with a given backend.
///
/// # Errors
/// As [`generate`], and those of the sink.
pub fn generate_into<R: Rng, S: PointSink>(
    matrices: &Matrices,
    rng: R,
    sink: &mut S,
    backend: Backend,
) -> Result<VerifyingKey, KeyError> {
    let trapdoor = Trapdoor::random(rng);
    on_backend!(backend, F => generate_with::<F, S>(matrices, &trapdoor, sink))
}

fn generate_with<F: CurveSuite, S: PointSink>(
    matrices: &Matrices,
    trapdoor: &Trapdoor,
    sink: &mut S,
) -> Result<VerifyingKey, KeyError> {
    let invert = |x: &Scalar| Option::<Scalar>::from(x.invert()).ok_or(SynthesisError::UnexpectedIdentity);
    let (gamma_inverse, delta_inverse) = (invert(&trapdoor.gamma)?, invert(&trapdoor.delta)?);
    let columns = Columns::new(matrices, &trapdoor.tau)?;
    let size = 1usize << matrices.domain_log2();
    // The generators are points of the crate `bls12_381`; they are never the identity.
    let identity = |_| SynthesisError::UnexpectedIdentity;
    let g1 = F::Curve::decode_g1(&trapdoor.g1.to_affine().to_uncompressed()).map_err(identity)?;
    let g2 = F::Curve::decode_g2(&trapdoor.g2.to_affine().to_uncompressed()).map_err(identity)?;
    let g1 = FixedBase::<F::G1>::new(&from_g1(&g1), 4 * size);
    let g2 = FixedBase::<F::G2>::new(&from_g2(&g2), size);
    let in_g1 = |scalars: &[[u64; 4]]| -> Vec<G1Affine> { g1.multiply(scalars).iter().map(to_g1).collect() };
    let in_g2 = |scalars: &[[u64; 4]]| -> Vec<G2Affine> { g2.multiply(scalars).iter().map(to_g2).collect() };

    // tau^i·Z(tau)/delta
    let mut power = columns.vanishing * delta_inverse;
    let mut left = size - 1;
    while left > 0 {
        let piece: Vec<[u64; 4]> = (0..left.min(PIECE))
            .map(|_| {
                let word = words(&power);
                power *= trapdoor.tau;
                word
            })
            .collect();
        sink.h(&in_g1(&piece))?;
        left -= piece.len();
    }

    // (beta·A + alpha·B + C)/delta of private wires, /gamma of public ones
    let mixed = |wire: usize, divisor: &Scalar| {
        let (a, b, c) = (&columns.a[wire], &columns.b[wire], &columns.c[wire]);
        (trapdoor.beta * a + trapdoor.alpha * b + c) * divisor
    };
    let public: Vec<_> = (0..matrices.inputs).map(|i| words(&mixed(i, &gamma_inverse))).collect();
    let private: Vec<usize> = (matrices.inputs..matrices.wires()).collect();
    for wires in private.chunks(PIECE) {
        let scalars: Vec<_> = wires.iter().map(|wire| words(&mixed(*wire, &delta_inverse))).collect();
        if scalars.contains(&[0; 4]) {
            return Err(SynthesisError::UnconstrainedVariable.into());
        }
        sink.l(&in_g1(&scalars))?;
    }

    let dense = |column: &[Scalar]| -> Vec<[u64; 4]> { column.iter().map(words).filter(|w| *w != [0; 4]).collect() };
    for piece in dense(&columns.a).chunks(PIECE) {
        sink.a(&in_g1(piece))?;
    }
    let b = dense(&columns.b);
    for piece in b.chunks(PIECE) {
        sink.b_g1(&in_g1(piece))?;
    }
    for piece in b.chunks(PIECE) {
        sink.b_g2(&in_g2(piece))?;
    }

    let one_g1 = |x: &Scalar| in_g1(&[words(x)])[0];
    let one_g2 = |x: &Scalar| in_g2(&[words(x)])[0];
    Ok(VerifyingKey {
        alpha_g1: one_g1(&trapdoor.alpha),
        beta_g1: one_g1(&trapdoor.beta),
        beta_g2: one_g2(&trapdoor.beta),
        gamma_g2: one_g2(&trapdoor.gamma),
        delta_g1: one_g1(&trapdoor.delta),
        delta_g2: one_g2(&trapdoor.delta),
        ic: in_g1(&public),
    })
}
