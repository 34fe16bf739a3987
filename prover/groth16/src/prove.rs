//! Proofs (Groth 2016, section 3.2).

mod density;
mod rows;
mod tables;

use crate::{
    arithmetic::{Backend, Portable},
    curve::{
        points::{g1, g2, to_g1, to_g2},
        Xyzz,
    },
    key::{compress_g1, compress_g2, G1_COMPRESSED, G2_COMPRESSED},
    scalar::words,
    Assignment, KeyError, KeyPoint, Matrices, PointError, Proof, ProveError, ProvingKey, PROOF_LENGTH,
};
use bellman::Circuit;
use bls12_381::Scalar;
use blst::{blst_fp, blst_fp2};
pub(crate) use density::Density;
use ff::Field;
use rand_core::Rng;
use rayon::prelude::*;
use tables::Tables;

/// The sums over the key's points that a proof is made of.
struct Sums {
    a: Xyzz<blst_fp>,
    b_g1: Xyzz<blst_fp>,
    b_g2: Xyzz<blst_fp2>,
    h: Xyzz<blst_fp>,
    l: Xyzz<blst_fp>,
}

/// The key's points and the domain's tables as a backend keeps them.
enum Engine {
    Portable(Box<Tables<Portable>>),
    #[cfg(target_arch = "x86_64")]
    Vector(Box<Tables<crate::arithmetic::Vector>>),
}

/// Proves with one key.
///
/// Besides the mapped key it holds the constraint system (12 bytes a term) and the points in the form of the inner loops (128
/// bytes a point of G1 and 256 of G2 with AVX-512, 96 and 192 without).
pub struct Prover {
    key: ProvingKey,
    matrices: Matrices,
    density: Density,
    engine: Engine,
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
    let point = if g1(core::slice::from_ref(&vk.delta_g1))[0].is_infinity() {
        KeyPoint::DeltaG1
    } else if g2(core::slice::from_ref(&vk.delta_g2))[0].is_infinity() {
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
    /// [`KeyError::WrongCircuit`] if the key is of another constraint system, [`KeyError::Points`] if it has too many or
    /// too few points for it, [`KeyError::Point`] if one that must not be the identity is, [`KeyError::Synthesis`] if the
    /// system is larger than the field's domains.
    pub fn new(key: ProvingKey, matrices: Matrices) -> Result<Self, KeyError> {
        Self::with_backend(key, matrices, Backend::detect())
    }

    /// The same on given instructions; those that the processor lacks are replaced by the portable ones.
    ///
    /// # Errors
    /// As [`Prover::new`].
    pub fn with_backend(key: ProvingKey, matrices: Matrices, backend: Backend) -> Result<Self, KeyError> {
        let id = matrices.id();
        if id != key.circuit() {
            return Err(KeyError::WrongCircuit {
                found: key.circuit(),
                expected: id,
            });
        }
        let density = Density::new(&matrices);
        density.check(&key, &matrices)?;
        check_delta(&key)?;
        let log2 = matrices.domain_log2();
        let engine = match backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Vector if backend.is_available() => Engine::Vector(Box::new(Tables::new(&key, log2)?)),
            _ => Engine::Portable(Box::new(Tables::new(&key, log2)?)),
        };
        Ok(Self {
            key,
            matrices,
            density,
            engine,
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
        match self.engine {
            Engine::Portable(_) => Backend::Portable,
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(_) => Backend::Vector,
        }
    }

    /// Proves a circuit with its witness.
    ///
    /// # Errors
    /// [`ProveError::Synthesis`] without a witness, and the errors of [`Prover::prove_assignment`].
    pub fn prove<C: Circuit<Scalar>, R: Rng>(&self, circuit: C, rng: R) -> Result<Proof, ProveError> {
        self.prove_assignment(&Assignment::of(circuit)?, rng)
    }

    /// Proves from the values of all wires. Equal to what `groth16::create_random_proof` makes with the same randomness.
    ///
    /// # Errors
    /// [`ProveError::Wires`] if there are too many or too few values, [`ProveError::Unsatisfied`] with the first constraint that
    /// does not hold.
    pub fn prove_assignment<R: Rng>(&self, assignment: &Assignment, mut rng: R) -> Result<Proof, ProveError> {
        let (inputs, aux) = (self.matrices.inputs, self.matrices.aux);
        if (assignment.inputs.len(), assignment.aux.len()) != (inputs, aux) {
            return Err(ProveError::Wires {
                expected: (inputs, aux),
                given: (assignment.inputs.len(), assignment.aux.len()),
            });
        }
        let (r, s) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
        let wires: Vec<Scalar> = [&assignment.inputs[..], &assignment.aux].concat();
        let rows = rows::evaluate(&self.matrices, &wires)?;
        let wires: Vec<[u64; 4]> = wires.par_iter().map(words).collect();
        let sums = match &self.engine {
            Engine::Portable(tables) => tables.sums(&rows, &wires, inputs, &self.density),
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(tables) => tables.sums(&rows, &wires, inputs, &self.density),
        };
        Ok(self.assemble(&sums, &r, &s))
    }

    /// `A = alpha + a + r·delta`, `B = beta + b + s·delta`, `C = h + l + s·A + r·B - r·s·delta`.
    fn assemble(&self, sums: &Sums, r: &Scalar, s: &Scalar) -> Proof {
        let vk = self.key.vk();
        let point = |p: &crate::G1Affine| Xyzz::from(&g1(core::slice::from_ref(p))[0]);
        let delta = point(&vk.delta_g1);
        let mut a = point(&vk.alpha_g1);
        a.add(&sums.a);
        a.add(&delta.times(&words(r)));
        let mut b = Xyzz::from(&g2(core::slice::from_ref(&vk.beta_g2))[0]);
        b.add(&sums.b_g2);
        b.add(&Xyzz::from(&g2(core::slice::from_ref(&vk.delta_g2))[0]).times(&words(s)));
        // Without the blinding of B: its r·s·delta cancels against the last term.
        let mut b_g1 = point(&vk.beta_g1);
        b_g1.add(&sums.b_g1);
        let mut c = sums.h;
        c.add(&sums.l);
        c.add(&a.times(&words(s)));
        c.add(&b_g1.times(&words(r)));
        let mut proof = [0; PROOF_LENGTH];
        let (first, rest) = proof.split_at_mut(G1_COMPRESSED);
        let (second, third) = rest.split_at_mut(G2_COMPRESSED);
        first.copy_from_slice(&compress_g1(&to_g1(&a.to_affine())));
        second.copy_from_slice(&compress_g2(&to_g2(&b.to_affine())));
        third.copy_from_slice(&compress_g1(&to_g1(&c.to_affine())));
        Proof(proof)
    }
}
