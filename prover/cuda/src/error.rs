//! Errors of a card.

use crate::limits::{LARGEST, SMALLEST};
use cloister_groth16::ProveError;

/// Why a card does not do what it is asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CudaError {
    /// The driver's library is not installed.
    #[error("no NVIDIA driver is installed (libcuda is not found)")]
    NoDriver,
    /// There is no card of this number.
    #[error("there is no card {wanted}: the driver shows {found}")]
    NoCard {
        /// The card asked for, counted from 0.
        wanted: usize,
        /// Number of cards.
        found: usize,
    },
    /// The driver refuses.
    #[error("{call}: {reason}")]
    Driver {
        /// What was asked of it.
        call: &'static str,
        /// What it says.
        reason: String,
    },
    /// The card has too little memory left.
    #[error("the card has no {mebibytes} MiB of memory left")]
    Memory {
        /// What was asked for.
        mebibytes: u64,
    },
    /// The domain is smaller or larger than the kernels can work on.
    #[error("a domain of 2^{log2} points is not proven on a card, only one of 2^{SMALLEST} to 2^{LARGEST}")]
    Domain {
        /// Base-two logarithm of the domain.
        log2: u32,
    },
    /// The key is not of this constraint system.
    #[error("{reason}")]
    OtherKey {
        /// How it differs.
        reason: String,
    },
    /// A constraint system whose lists contradict each other.
    #[error("matrix {matrix} of the constraint system has a row, a wire or a coefficient that does not exist")]
    Matrix {
        /// Which one, A, B or C.
        matrix: char,
    },
    /// A list of the key has too many points for windows of this width.
    #[error("{points} points in {windows} windows are more than 2^31 entries")]
    TooManyPoints {
        /// Points in the list.
        points: usize,
        /// Windows of a scalar.
        windows: u32,
    },
    /// A cut of the work that the kernels cannot follow.
    #[error("{what} is {given}, and must be {allowed}")]
    Tuning {
        /// What is out of its bounds.
        what: &'static str,
        /// What was given.
        given: u32,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A kernel broke off in an earlier proof; what the card holds cannot be relied on, nor this program's way to it.
    #[error("an earlier proof on this card broke off: restart the program to use it again")]
    Poisoned,
    /// The witness breaks a constraint.
    #[error("the witness breaks constraint {constraint}")]
    Unsatisfied {
        /// The first one, counted from zero.
        constraint: usize,
    },
    /// A wire's value is not below the order of the scalar field.
    #[error("the value of wire {wire} is not below the order of the field")]
    Range {
        /// Which one, counted from zero.
        wire: usize,
    },
    /// The number of wires is not that of the constraint system.
    #[error("{given} wires were given, the circuit has {expected}")]
    Wires {
        /// Wires of the circuit.
        expected: usize,
        /// Wires given.
        given: usize,
    },
}

impl From<CudaError> for ProveError {
    fn from(error: CudaError) -> Self {
        match error {
            CudaError::Unsatisfied { constraint } => Self::Unsatisfied { constraint },
            error => Self::Accelerator(error.to_string()),
        }
    }
}
