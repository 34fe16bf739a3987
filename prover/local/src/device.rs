//! What forms the sums of proofs: this machine's processor, or a card beside it.

use cloister_groth16::{Accelerator, Matrices, ProvingKey};
use cloister_prover_job::ProverError;
use std::fmt;

/// What forms the sums of proofs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// This machine's processor.
    #[default]
    Processor,
    /// An NVIDIA card. From its first failure on the processor proves.
    Card {
        /// Which one, counted from 0.
        number: usize,
        /// How many of the proofs the processor makes too.
        compared: Compared,
    },
}

/// How many of a thousand proofs are made on both kinds of hardware and compared, so that a fault which one kind has in
/// common does not stay hidden. Which ones is drawn anew each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compared(u16);

impl Compared {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(1_000);

    /// So many of a thousand; `None` above a thousand.
    pub const fn per_thousand(number: u16) -> Option<Self> {
        if number <= Self::ALL.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Whether a proof is compared, by a random number.
    pub(crate) fn takes(self, random: u32) -> bool {
        // The bias of the remainder is below a millionth.
        random % 1_000 < u32::from(self.0)
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of 1000", self.0)
    }
}

/// Brings a key onto a card.
#[cfg(feature = "cuda")]
pub(crate) fn card(number: usize, key: &ProvingKey, matrices: &Matrices) -> Result<Box<dyn Accelerator>, ProverError> {
    use cloister_cuda::{Card, CudaError, Resident, Tuning};
    let load = || {
        let card = Card::open(number)?;
        log::info!(target: "cloister", "Proving on {}", card.name());
        Resident::load(card, key, matrices, Tuning::default())
    };
    match load() {
        Ok(resident) => Ok(Box::new(resident)),
        Err(error) => {
            let reason = error.to_string();
            Err(match error {
                CudaError::OtherKey { .. } | CudaError::Matrix { .. } => ProverError::WrongKey { reason },
                _ => ProverError::Resources { reason },
            })
        }
    }
}

/// Says that there is no way to a card.
#[cfg(not(feature = "cuda"))]
pub(crate) fn card(_: usize, _: &ProvingKey, _: &Matrices) -> Result<Box<dyn Accelerator>, ProverError> {
    Err(ProverError::Resources {
        reason: "this program was built without the feature `cuda`, so it proves on no card".into(),
    })
}
