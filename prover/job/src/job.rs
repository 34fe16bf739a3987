//! Proof jobs: a statement and its witness.

use crate::{kind::JobKind, ProverError};
use cloister_crypto::Fr;
use cloister_ledger::{
    BatchWitness, ExitStatement, ExitWitness, HouseRekeyStatement, HouseRekeyWitness, SealStatement, SealWitness,
    Shape, SolvencyShape, SolvencyStatement, SolvencyWitness, Statement,
};
use std::fmt;

impl JobKind {
    /// Compares with the kind of a job, for provers of this kind.
    ///
    /// # Errors
    /// [`ProverError::OtherKind`].
    pub fn check(self, given: Self) -> Result<(), ProverError> {
        if self == given {
            Ok(())
        } else {
            Err(ProverError::OtherKind { given, proves: self })
        }
    }
}

/// A batch to be proven.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchJob {
    /// Shape of the batch.
    pub shape: Shape,
    /// Hash of the statement: the only public input.
    pub statement: Fr,
    /// Private data.
    pub witness: BatchWitness,
}

/// A seal to be proven.
#[derive(Clone, PartialEq, Eq)]
pub struct SealJob {
    /// The statement.
    pub statement: SealStatement,
    /// Private data.
    pub witness: SealWitness,
}

/// An exit to be proven.
#[derive(Clone, PartialEq, Eq)]
pub struct ExitJob {
    /// The statement.
    pub statement: ExitStatement,
    /// Private data.
    pub witness: ExitWitness,
}

/// A re-key of a group's house to be proven.
#[derive(Clone, PartialEq, Eq)]
pub struct HouseRekeyJob {
    /// The statement.
    pub statement: HouseRekeyStatement,
    /// Private data.
    pub witness: HouseRekeyWitness,
}

/// A solvency statement to be proven.
#[derive(Clone, PartialEq, Eq)]
pub struct SolvencyJob {
    /// Shape of the statement.
    pub shape: SolvencyShape,
    /// The statement.
    pub statement: SolvencyStatement,
    /// Private data.
    pub witness: SolvencyWitness,
}

/// What a prover is asked: a statement, and the witness with which it holds.
///
/// A job holds secrets (view keys, balances), so it must not reach a log: [`Debug`](fmt::Debug) shows its kind and its
/// public input alone.
#[derive(Clone, PartialEq, Eq)]
pub enum ProofJob {
    /// Prove a batch.
    Batch(Box<BatchJob>),
    /// Prove a seal.
    Seal(Box<SealJob>),
    /// Prove an exit.
    Exit(Box<ExitJob>),
    /// Prove a re-key of a group's house.
    HouseRekey(Box<HouseRekeyJob>),
    /// Prove a solvency statement.
    Solvency(Box<SolvencyJob>),
}

impl ProofJob {
    /// The job of proving a batch.
    pub fn batch(shape: Shape, witness: BatchWitness, statement: &Statement) -> Self {
        Self::Batch(Box::new(BatchJob {
            shape,
            statement: statement.hash(),
            witness,
        }))
    }

    /// The job of proving a seal.
    pub fn seal(statement: SealStatement, witness: SealWitness) -> Self {
        Self::Seal(Box::new(SealJob { statement, witness }))
    }

    /// The job of proving an exit.
    pub fn exit(statement: ExitStatement, witness: ExitWitness) -> Self {
        Self::Exit(Box::new(ExitJob { statement, witness }))
    }

    /// The job of proving a re-key of a group's house.
    pub fn house_rekey(statement: HouseRekeyStatement, witness: HouseRekeyWitness) -> Self {
        Self::HouseRekey(Box::new(HouseRekeyJob { statement, witness }))
    }

    /// The job of proving a solvency statement.
    pub fn solvency(shape: SolvencyShape, statement: SolvencyStatement, witness: SolvencyWitness) -> Self {
        Self::Solvency(Box::new(SolvencyJob {
            shape,
            statement,
            witness,
        }))
    }

    /// What the job is about.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Batch(job) => JobKind::Batch(job.shape),
            Self::Seal(_) => JobKind::Seal,
            Self::Exit(_) => JobKind::Exit,
            Self::HouseRekey(_) => JobKind::HouseRekey,
            Self::Solvency(job) => JobKind::Solvency(job.shape),
        }
    }

    /// The public input: the hash of the statement.
    pub fn public_input(&self) -> Fr {
        match self {
            Self::Batch(job) => job.statement,
            Self::Seal(job) => job.statement.hash(),
            Self::Exit(job) => job.statement.hash(),
            Self::HouseRekey(job) => job.statement.hash(),
            Self::Solvency(job) => job.statement.hash(),
        }
    }
}

impl fmt::Debug for ProofJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofJob")
            .field("kind", &self.kind())
            .field("public_input", &self.public_input())
            .finish_non_exhaustive()
    }
}
