//! The circuit of a job.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_circuits::{
    statements::{
        batch::BatchCircuit, exit::ExitCircuit, house_rekey::HouseRekeyCircuit, seal::SealCircuit,
        solvency::SolvencyCircuit,
    },
    Fr,
};
use cloister_groth16::Assignment;
use cloister_prover_job::{JobKind, ProofJob};

/// Any of the circuits.
pub(crate) enum JobCircuit {
    Batch(Box<BatchCircuit>),
    Seal(Box<SealCircuit>),
    Exit(Box<ExitCircuit>),
    HouseRekey(Box<HouseRekeyCircuit>),
    Solvency(Box<SolvencyCircuit>),
}

impl JobCircuit {
    /// Without a witness, for keys and names of constraints.
    pub fn blank(kind: JobKind) -> Self {
        match kind {
            JobKind::Batch(shape) => Self::Batch(Box::new(BatchCircuit::blank(shape))),
            JobKind::Seal => Self::Seal(Box::new(SealCircuit::blank())),
            JobKind::Exit => Self::Exit(Box::new(ExitCircuit::blank())),
            JobKind::HouseRekey => Self::HouseRekey(Box::new(HouseRekeyCircuit::blank())),
            JobKind::Solvency(shape) => Self::Solvency(Box::new(SolvencyCircuit::blank(shape))),
        }
    }

    /// With the witness of a job.
    pub fn of(job: ProofJob) -> Self {
        match job {
            ProofJob::Batch(job) => {
                let circuit = BatchCircuit::proving(job.shape, job.witness, job.statement);
                Self::Batch(Box::new(circuit))
            }
            ProofJob::Seal(job) => Self::Seal(Box::new(SealCircuit::proving(job.statement, job.witness))),
            ProofJob::Exit(job) => Self::Exit(Box::new(ExitCircuit::proving(job.statement, job.witness))),
            ProofJob::HouseRekey(job) => {
                Self::HouseRekey(Box::new(HouseRekeyCircuit::proving(job.statement, job.witness)))
            }
            ProofJob::Solvency(job) => {
                let circuit = SolvencyCircuit::proving(job.shape, job.statement, job.witness);
                Self::Solvency(Box::new(circuit))
            }
        }
    }

    /// The values of all wires; those of a batch or a solvency statement are computed on all cores.
    pub fn assignment(self) -> Result<Assignment, SynthesisError> {
        match self {
            Self::Batch(circuit) => Ok(Assignment::from_parts(circuit.values_in_parts()?)),
            Self::Seal(circuit) => Assignment::of(*circuit),
            Self::Exit(circuit) => Assignment::of(*circuit),
            Self::HouseRekey(circuit) => Assignment::of(*circuit),
            Self::Solvency(circuit) => Ok(Assignment::from_parts(circuit.values_in_parts()?)),
        }
    }
}

impl Circuit<Fr> for JobCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        match self {
            Self::Batch(circuit) => circuit.synthesize(cs),
            Self::Seal(circuit) => circuit.synthesize(cs),
            Self::Exit(circuit) => circuit.synthesize(cs),
            Self::HouseRekey(circuit) => circuit.synthesize(cs),
            Self::Solvency(circuit) => circuit.synthesize(cs),
        }
    }
}
