//! The prover in this process: `cloister_groth16` over the circuits of `cloister_circuits`.

use crate::{
    circuit::JobCircuit,
    device::{card, Compared, Device},
    error::key_error,
    parameters::{load, matrices, Parameters},
    threads::proving_threads,
};
use cloister_circuits::Fr;
use cloister_groth16::{
    constraint_name, Accelerator, Assignment, Matrices, Progress, Proof as EngineProof, ProveError, ProvingKey,
};
use cloister_prover_job::{JobKind, Proof, ProofJob, Prover, ProverError};
use futures::channel::oneshot;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rayon::ThreadPool;
use std::{
    future::Future,
    sync::{Arc, PoisonError, RwLock},
};

/// Proves jobs of one kind with one key, on threads of low priority. Clones share both.
#[derive(Clone, Debug)]
pub struct LocalProver(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: JobKind,
    engine: cloister_groth16::Prover,
    /// Until it fails.
    accelerated: RwLock<Option<Arc<Accelerated>>>,
    threads: ThreadPool,
}

/// The same key on an accelerator.
#[derive(Debug)]
struct Accelerated {
    engine: cloister_groth16::Prover,
    compared: Compared,
}

impl LocalProver {
    /// A prover with a key that is at hand.
    ///
    /// # Errors
    /// [`ProverError::WrongKey`] if the key is another circuit's, [`ProverError::Resources`].
    pub fn new(kind: JobKind, key: ProvingKey) -> Result<Self, ProverError> {
        Self::with_matrices(kind, key, matrices(kind)?, |_, _| Ok(None))
    }

    /// The same with an accelerator, which holds the key and the circuit's constraints; so many of its proofs are
    /// compared with the processor's. From its first failure on the processor proves.
    ///
    /// # Errors
    /// As [`LocalProver::new`].
    pub fn with_accelerator(
        kind: JobKind,
        key: ProvingKey,
        accelerator: Box<dyn Accelerator>,
        compared: Compared,
    ) -> Result<Self, ProverError> {
        let made = |_: &_, _: &_| Ok(Some((accelerator, compared)));
        Self::with_matrices(kind, key, matrices(kind)?, made)
    }

    /// A prover with a key from a file or from the cache; `progress` is told what is done to get it. This blocks:
    /// the key of a development batch takes seconds to generate, that of a larger circuit longer.
    ///
    /// # Errors
    /// [`ProverError::KeyUnavailable`], [`ProverError::WrongKey`], [`ProverError::Resources`].
    pub fn load(
        kind: JobKind,
        parameters: &Parameters,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ProverError> {
        Self::load_on(Device::Processor, kind, parameters, progress)
    }

    /// The same on a device.
    ///
    /// # Errors
    /// As [`LocalProver::load`]; [`ProverError::Resources`] too if there is no such card, if it has too little memory,
    /// or if this program was built without the feature `cuda`.
    pub fn load_on(
        device: Device,
        kind: JobKind,
        parameters: &Parameters,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ProverError> {
        let (key, matrices) = load(kind, parameters, progress)?;
        Self::with_matrices(kind, key, matrices, |key, matrices| match device {
            Device::Processor => Ok(None),
            Device::Card { number, compared } => Ok(Some((card(number, key, matrices)?, compared))),
        })
    }

    fn with_matrices<F>(kind: JobKind, key: ProvingKey, matrices: Matrices, accelerator: F) -> Result<Self, ProverError>
    where
        F: FnOnce(&ProvingKey, &Matrices) -> Result<Option<(Box<dyn Accelerator>, Compared)>, ProverError>,
    {
        let threads = proving_threads().map_err(|error| ProverError::Resources {
            reason: error.to_string(),
        })?;
        // First: it looks whether the key is the circuit's.
        let engine = cloister_groth16::Prover::new(key.clone(), matrices.clone()).map_err(key_error)?;
        let accelerated = match accelerator(&key, &matrices)? {
            None => None,
            Some((accelerator, compared)) => {
                let engine = cloister_groth16::Prover::with_accelerator(key, matrices, accelerator);
                Some(Arc::new(Accelerated {
                    engine: engine.map_err(key_error)?,
                    compared,
                }))
            }
        };
        Ok(Self(Arc::new(Inner {
            kind,
            engine,
            accelerated: RwLock::new(accelerated),
            threads,
        })))
    }

    /// Proves a job as [`Prover::prove`] does, and blocks until it is proven.
    ///
    /// # Errors
    /// [`ProverError`].
    pub fn prove_blocking(&self, job: ProofJob) -> Result<Proof, ProverError> {
        self.0.prove(job)
    }

    /// Proves a job with given randomness, and blocks until it is proven. The same randomness gives the same proof; two
    /// proofs of different witnesses with the same randomness betray both, so this is for tests.
    ///
    /// # Errors
    /// [`ProverError`].
    pub fn prove_with<R: Rng + Clone + Send>(&self, job: ProofJob, rng: R) -> Result<Proof, ProverError> {
        self.0.prove_with(job, rng)
    }
}

impl Prover for LocalProver {
    fn kind(&self) -> JobKind {
        self.0.kind
    }

    fn verifying_key(&self) -> Vec<u8> {
        self.0.engine.key().verifying_key()
    }

    fn constraints(&self) -> u64 {
        self.0.engine.matrices().constraints() as u64
    }

    fn is_development(&self) -> bool {
        self.0.engine.key().is_development()
    }

    fn prove(&self, job: ProofJob) -> impl Future<Output = Result<Proof, ProverError>> + Send {
        let inner = self.0.clone();
        async move {
            let (answer, wait) = oneshot::channel();
            let worker = inner.clone();
            inner.threads.spawn(move || {
                // If nobody waits any more, the proof has no use.
                let _ = answer.send(worker.prove(job));
            });
            wait.await.unwrap_or(Err(ProverError::Lost))
        }
    }
}

impl Inner {
    fn prove(&self, job: ProofJob) -> Result<Proof, ProverError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| ProverError::Randomness)?;
        self.prove_with(job, ChaCha20Rng::from_seed(seed))
    }

    fn prove_with<R: Rng + Clone + Send>(&self, job: ProofJob, rng: R) -> Result<Proof, ProverError> {
        self.kind.check(job.kind())?;
        let statement = job.public_input();
        self.threads.install(|| {
            let assignment = JobCircuit::of(job).assignment();
            let assignment = assignment.map_err(|error| self.explain(&ProveError::from(error)))?;
            match self.accelerated_proof(&assignment, &statement, rng.clone())? {
                Some(proof) => Ok(Proof(proof.0)),
                None => Ok(Proof(self.own_proof(&assignment, &statement, rng)?.0)),
            }
        })
    }

    /// The processor's proof.
    fn own_proof<R: Rng>(&self, assignment: &Assignment, statement: &Fr, rng: R) -> Result<EngineProof, ProverError> {
        let proof = self.engine.prove_assignment(assignment, rng);
        let proof = proof.map_err(|error| self.explain(&error))?;
        // Every constraint was checked. A proof that does not hold all the same shows a broken machine, and would cost
        // whoever asked for it a transaction.
        let verified = self.engine.key().verify(&proof, &[*statement]);
        verified.map_err(|error| ProverError::DoesNotVerify {
            reason: error.to_string(),
        })?;
        Ok(proof)
    }

    /// The accelerator's proof, if there is an accelerator and it is right. Nothing that it says is believed: what it
    /// calls a broken constraint, the processor looks at too.
    fn accelerated_proof<R: Rng + Clone>(
        &self,
        assignment: &Assignment,
        statement: &Fr,
        rng: R,
    ) -> Result<Option<EngineProof>, ProverError> {
        let accelerated = self.accelerated.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(accelerated) = accelerated else {
            return Ok(None);
        };
        let proof = match accelerated.engine.prove_assignment(assignment, rng.clone()) {
            Ok(proof) => proof,
            Err(error) => {
                // If the witness is bad, the processor says so, and the accelerator was right.
                let own = self.own_proof(assignment, statement, rng)?;
                self.retire(&error.to_string());
                return Ok(Some(own));
            }
        };
        if let Err(error) = self.engine.key().verify(&proof, &[*statement]) {
            self.retire(&error.to_string());
            return Ok(None);
        }
        let drawn = getrandom::u32().map_err(|_| ProverError::Randomness)?;
        if accelerated.compared.takes(drawn) {
            let own = self.own_proof(assignment, statement, rng)?;
            if own != proof {
                self.retire("its proof is not the processor's, though both verify");
            }
            return Ok(Some(own));
        }
        Ok(Some(proof))
    }

    /// Proves without the accelerator from now on.
    fn retire(&self, reason: &str) {
        log::error!(
            target: "cloister",
            "The card is not used any more, the processor proves, until the program starts again: {reason}"
        );
        *self.accelerated.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Names the constraint that a witness breaks.
    fn explain(&self, error: &ProveError) -> ProverError {
        let ProveError::Unsatisfied { constraint } = error else {
            return ProverError::Witness {
                reason: error.to_string(),
            };
        };
        let constraint = match constraint_name(JobCircuit::blank(self.kind), *constraint) {
            Ok(Some(name)) => name,
            Ok(None) | Err(_) => constraint.to_string(),
        };
        ProverError::Unsatisfied { constraint }
    }
}
