//! A prover that signs for nothing.

use super::names::{KEY, REKEY_KEY, SHAPE, SOLVENCY_KEY};
use cloister_crypto::field::to_bytes;
use cloister_ledger::Shape;
use cloister_prover_job::{JobKind, Proof, ProofJob, Prover, ProverError, PROOF_BYTES};
use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering},
    Arc,
};

/// "Proves" by writing down the statement, which the mock chain compares with its own.
#[derive(Clone, Default)]
pub struct MockProver {
    /// What it proves; batches if it is `None`.
    kind: Option<JobKind>,
    /// Attempts that fail first.
    pub failures: Arc<AtomicU64>,
    /// Proofs take 400 ms.
    pub slow: Arc<AtomicBool>,
    /// Proofs are not done before this is false again.
    pub held: Arc<AtomicBool>,
    /// Proofs that are done nevertheless.
    pub passes: Arc<AtomicU64>,
    /// Attempts to make a prover of solvency statements ready that fail first.
    pub load_failures: Arc<AtomicU64>,
    /// Shapes of batches that it proves beside the usual one.
    pub shapes: Vec<Shape>,
}

/// Counts down; false at 0.
fn fails(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
        .is_ok()
}

impl MockProver {
    /// A prover of these shapes of batches, beside the usual one.
    pub fn of_shapes(shapes: Vec<Shape>) -> Self {
        Self {
            shapes,
            ..Self::default()
        }
    }

    /// Makes the prover of a kind ready.
    pub fn load(&self, kind: JobKind) -> Result<Self, ProverError> {
        if matches!(kind, JobKind::Solvency(_)) && fails(&self.load_failures) {
            return Err(ProverError::Randomness);
        }
        Ok(self.of(kind))
    }

    /// The prover of a kind.
    pub fn of(&self, kind: JobKind) -> Self {
        Self {
            kind: match kind {
                JobKind::Batch(shape) => self.shapes.contains(&shape).then_some(kind),
                _ => Some(kind),
            },
            ..self.clone()
        }
    }
}

impl Prover for MockProver {
    fn kind(&self) -> JobKind {
        self.kind.unwrap_or(JobKind::Batch(SHAPE))
    }

    fn verifying_key(&self) -> Vec<u8> {
        match self.kind() {
            JobKind::HouseRekey => REKEY_KEY,
            JobKind::Solvency(_) => SOLVENCY_KEY,
            _ => KEY,
        }
        .to_vec()
    }

    fn constraints(&self) -> u64 {
        17
    }

    fn is_development(&self) -> bool {
        true
    }

    async fn prove(&self, job: ProofJob) -> Result<Proof, ProverError> {
        self.kind().check(job.kind())?;
        if let ProofJob::HouseRekey(job) = &job {
            assert_eq!(job.statement.check(&job.witness), Ok(()));
        }
        if let ProofJob::Solvency(job) = &job {
            assert_eq!(job.statement.check(job.shape, &job.witness), Ok(()));
        }
        if self.slow.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        }
        while self.held.load(Ordering::SeqCst) && !fails(&self.passes) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if fails(&self.failures) {
            return Err(ProverError::Randomness);
        }
        let mut proof = [0; PROOF_BYTES];
        proof[..32].copy_from_slice(&to_bytes(&job.public_input()));
        Ok(Proof(proof))
    }
}
