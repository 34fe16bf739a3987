//! Errors of the bench.

use crate::{
    engine::EngineName,
    subject::{Subject, UnknownSubject},
};
use std::{io, path::PathBuf};

/// Why a measurement ends early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A pipe to a child process broke, or a process cannot be started.
    #[error("processes of the bench: {0}")]
    Process(#[from] io::Error),
    /// The recording of a circuit ends early or holds a value outside the field.
    #[error("{0} is not a recording of a circuit")]
    Recording(PathBuf),
    /// The witness of a circuit breaks a constraint, so nothing could be proven.
    #[error("{subject}: constraint {constraint} does not hold")]
    Unsatisfied {
        /// The circuit.
        subject: Subject,
        /// Number of the constraint.
        constraint: usize,
    },
    /// No circuit has this name.
    #[error(transparent)]
    Subject(#[from] UnknownSubject),
    /// A verifier refused a proof.
    #[error("{verifier} refuses the proof of {engine}")]
    Refused {
        /// Who proved.
        engine: EngineName,
        /// Who verified.
        verifier: EngineName,
    },
    /// A child process was asked for something before what it needs.
    #[error("the request comes before what it needs: {0}")]
    Order(&'static str),
    /// A child process does not know a request.
    #[error("unknown request: {0}")]
    Request(String),
    /// A child process reports an error.
    #[error("{engine} on {subject}: {message}")]
    Child {
        /// The engine in the child.
        engine: EngineName,
        /// The circuit.
        subject: Subject,
        /// What it reports.
        message: String,
    },
    /// The system does not tell how much memory a process used.
    #[error("/proc/self/status does not tell the peak memory")]
    Peak,
    /// The program was compiled for a processor with more instructions than this one has.
    #[error("this processor lacks adx or bmi2: remove them from prover/bench/.cargo/config.toml")]
    Processor,
    /// The markdown file lacks the markers of a section.
    #[error("{path} has no section between <!-- {section} --> and <!-- /{section} -->")]
    Section {
        /// The file.
        path: PathBuf,
        /// The section.
        section: &'static str,
    },
    /// bellman or `groth16` cannot synthesise, set up or prove.
    #[error("bellman: {0}")]
    Bellman(#[from] bellman::SynthesisError),
    /// bellperson cannot synthesise, set up or prove.
    #[error("bellperson: {0}")]
    Bellperson(#[from] bellperson::SynthesisError),
    /// arkworks cannot synthesise, set up or prove.
    #[error("arkworks: {0}")]
    Arkworks(#[from] ark_relations::gr1cs::SynthesisError),
    /// arkworks cannot encode or decode.
    #[error("arkworks: {0}")]
    ArkworksEncoding(#[from] ark_serialize::SerializationError),
    /// Our engine cannot make, write, read or use a key.
    #[error("cloister: {0}")]
    Key(#[from] cloister_groth16::KeyError),
    /// Our engine cannot prove.
    #[error("cloister: {0}")]
    Prove(#[from] cloister_groth16::ProveError),
}

impl BenchError {
    /// Names the file in an error of the system.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
