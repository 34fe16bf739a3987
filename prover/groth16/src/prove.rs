//! Proofs (Groth 2016, section 3.2).

pub mod accelerator;
pub mod density;
mod rows;
mod tables;

use crate::{
    arithmetic::{on_backend, Backend},
    curve::{
        points::{from_g1, from_g2, is_identity_g1, is_identity_g2, to_g1, to_g2},
        Xyzz,
    },
    pairing::CurveSuite,
    parallel::prelude::*,
    scalar::words,
    verify::ProofPoints,
    Assignment, KeyError, KeyPoint, Matrices, PointError, Proof, ProveError, ProvingKey, VerifyingKey,
};
use accelerator::Accelerator;
use bellman::Circuit;
use bls12_381::Scalar;
use density::KeyWires;
use ff::Field;
use rand_core::Rng;
use rows::Rows;
use tables::{Sums, Tables};

/// The key's points and the domain's tables as a backend keeps them.
trait Engine: Send + Sync {
    /// The proof for constraints and wires that have these values.
    fn prove(&self, prover: &Prover, rows: &Rows, wires: &[[u64; 4]], blinding: [Scalar; 2]) -> Proof;
}

impl<S: CurveSuite> Engine for Tables<S> {
    fn prove(&self, prover: &Prover, rows: &Rows, wires: &[[u64; 4]], [r, s]: [Scalar; 2]) -> Proof {
        let sums = self.sums(rows, wires, prover.matrices.inputs, &prover.density);
        assemble(prover.key.vk(), &sums, &r, &s)
    }
}

/// What forms the sums of a proof.
enum Means {
    /// This processor.
    Processor(Box<dyn Engine>),
    /// Another device.
    Accelerator(Box<dyn Accelerator>),
}

/// Proves with one key.
///
/// Besides the mapped key it holds the constraint system (12 bytes per term) and the points in the form of the inner
/// loops (128 bytes per point of G1 and 256 per point of G2 with AVX-512 or AVX2, 256 and 512 in a browser with
/// vectors, 96 and 192 elsewhere).
pub struct Prover {
    key: ProvingKey,
    matrices: Matrices,
    density: KeyWires,
    backend: Backend,
    means: Means,
}

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prover")
            .field("key", &self.key)
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

/// Without delta nothing blinds a proof: such a key was made to give witnesses away.
fn check_delta(key: &ProvingKey) -> Result<(), KeyError> {
    let vk = key.vk();
    let point = if is_identity_g1(&vk.delta_g1) {
        KeyPoint::DeltaG1
    } else if is_identity_g2(&vk.delta_g2) {
        KeyPoint::DeltaG2
    } else {
        return Ok(());
    };
    Err(KeyError::Point {
        point,
        error: PointError::Infinity,
    })
}

impl Prover {
    /// A prover with a key and its constraint system, on the fastest instructions of this processor.
    ///
    /// # Errors
    /// [`KeyError::WrongCircuit`] if the key is of another constraint system, [`KeyError::Points`] if it has too many
    /// or too few points for it, [`KeyError::Point`] if one that must not be the identity is, [`KeyError::Synthesis`]
    /// if the system is larger than the field's domains.
    pub fn new(key: ProvingKey, matrices: Matrices) -> Result<Self, KeyError> {
        Self::with_backend(key, matrices, Backend::detect())
    }

    /// The same on given instructions; those that the program or the processor lacks are replaced by the
    /// fastest of the slower ones.
    ///
    /// # Errors
    /// As [`Prover::new`].
    pub fn with_backend(key: ProvingKey, matrices: Matrices, backend: Backend) -> Result<Self, KeyError> {
        let log2 = matrices.domain_log2();
        Self::with_means(key, matrices, backend, |key| {
            let engine: Box<dyn Engine> = on_backend!(backend, S => Box::new(Tables::<S>::new(key, log2)?));
            Ok(Means::Processor(engine))
        })
    }

    /// A prover whose sums an accelerator forms; it must hold this key and these constraints.
    ///
    /// # Errors
    /// As [`Prover::new`].
    pub fn with_accelerator(
        key: ProvingKey,
        matrices: Matrices,
        accelerator: Box<dyn Accelerator>,
    ) -> Result<Self, KeyError> {
        Self::with_means(key, matrices, Backend::detect(), |key| {
            tables::check_points(key)?;
            Ok(Means::Accelerator(accelerator))
        })
    }

    fn with_means(
        key: ProvingKey,
        matrices: Matrices,
        backend: Backend,
        means: impl FnOnce(&ProvingKey) -> Result<Means, KeyError>,
    ) -> Result<Self, KeyError> {
        let id = matrices.id();
        if id != key.circuit() {
            return Err(KeyError::WrongCircuit {
                found: key.circuit(),
                expected: id,
            });
        }
        let density = KeyWires::of(&matrices);
        density.check(&key, &matrices)?;
        check_delta(&key)?;
        let means = means(&key)?;
        Ok(Self {
            key,
            matrices,
            density,
            backend: backend.or_available(),
            means,
        })
    }

    /// The key.
    pub fn key(&self) -> &ProvingKey {
        &self.key
    }

    /// The constraint system.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    /// The instructions in use.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Proves a circuit with its witness.
    ///
    /// # Errors
    /// [`ProveError::Synthesis`] without a witness, and the errors of [`Prover::prove_assignment`].
    pub fn prove<C: Circuit<Scalar>, R: Rng>(&self, circuit: C, rng: R) -> Result<Proof, ProveError> {
        self.prove_assignment(&Assignment::of(circuit)?, rng)
    }

    /// Proves from the values of all wires. Equal to what `groth16::create_random_proof` makes with the same
    /// randomness.
    ///
    /// # Errors
    /// [`ProveError::Wires`] if there are too many or too few values, [`ProveError::Unsatisfied`] with the first
    /// constraint that does not hold, [`ProveError::Accelerator`] if the device of an accelerator fails.
    pub fn prove_assignment<R: Rng>(&self, assignment: &Assignment, mut rng: R) -> Result<Proof, ProveError> {
        let (inputs, aux) = (self.matrices.inputs, self.matrices.aux);
        if (assignment.inputs.len(), assignment.aux.len()) != (inputs, aux) {
            return Err(ProveError::Wires {
                expected: (inputs, aux),
                given: (assignment.inputs.len(), assignment.aux.len()),
            });
        }
        let (r, s) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
        let wires = assignment.inputs.par_iter().chain(&assignment.aux).map(words);
        let wires: Vec<[u64; 4]> = wires.collect();
        match &self.means {
            Means::Processor(engine) => {
                let rows = rows::evaluate(&self.matrices, &wires)?;
                Ok(engine.prove(self, &rows, &wires, [r, s]))
            }
            Means::Accelerator(accelerator) => {
                let sums = accelerator.sums(&wires)?;
                let vk = self.key.vk();
                on_backend!(self.backend, S => Ok(assemble::<S>(vk, &sums.points()?, &r, &s)))
            }
        }
    }
}

/// `A = alpha + a + r·delta`, `B = beta + b + s·delta`, `C = h + l + s·A + r·B - r·s·delta`.
fn assemble<S: CurveSuite>(vk: &VerifyingKey, sums: &Sums<S>, r: &Scalar, s: &Scalar) -> Proof {
    let point = |p| Xyzz::<S::Fp>::from(&from_g1(p));
    let point_g2 = |p| Xyzz::<S::Fp2>::from(&from_g2(p));
    let mut a = point(&vk.alpha_g1);
    a.add(&sums.a);
    a.add(&point(&vk.delta_g1).times(&words(r)));
    let mut b = point_g2(&vk.beta_g2);
    b.add(&sums.b_g2);
    b.add(&point_g2(&vk.delta_g2).times(&words(s)));
    // Without the blinding of B: its r·s·delta cancels against the last term.
    let mut b_g1 = point(&vk.beta_g1);
    b_g1.add(&sums.b_g1);
    let mut c = sums.l_and_h;
    c.add(&a.times(&words(s)));
    c.add(&b_g1.times(&words(r)));
    Proof::encode::<S::Curve>(&ProofPoints {
        a: to_g1(&a.to_affine()),
        b: to_g2(&b.to_affine()),
        c: to_g1(&c.to_affine()),
    })
}
