//! Powers of tau: what the ceremony takes from a file of snarkjs (Y-POWERS).

mod check;
pub(crate) mod error;
mod file;
mod powers;
mod roots;

pub use self::{
    error::{Faulty, PowersError, Section},
    powers::Powers,
};

use self::file::PowersFile;
use crate::{coefficients::random, error::CeremonyError, progress::Step};
use std::path::Path;

impl Powers {
    /// Reads the powers for a domain of `2^log2` (at least 2) from a file of snarkjs, prepared for phase 2, and checks
    /// them (Y-POWERS).
    ///
    /// # Errors
    /// [`CeremonyError::Powers`] with the section that is wrong; [`CeremonyError::Randomness`].
    pub fn read(path: &Path, log2: u32, progress: &dyn Fn(Step)) -> Result<Self, CeremonyError> {
        let found = |error| CeremonyError::Powers {
            path: path.into(),
            error,
        };
        progress(Step::ReadingPowers);
        let mut file = PowersFile::open(path).map_err(found)?;
        // One power at least, so that tau itself is there to be checked against.
        let raw = file.read(log2.max(1)).map_err(found)?;
        progress(Step::CheckingPoints(raw.points()));
        raw.check_points().map_err(found)?;
        progress(Step::CheckingPowers);
        let seed = random().map_err(CeremonyError::Randomness)?;
        raw.check_ratios(&seed).map_err(found)?;
        Ok(raw.into_powers())
    }
}
