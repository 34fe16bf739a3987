//! Configuration of the pallets, one file for each subject.

pub mod assets;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarks;
pub mod cloister;
pub mod consensus;
pub mod custody;
pub mod development;
pub mod fees;
pub mod governance;
pub mod notice;
pub mod oracle;
pub mod system;
pub mod validators;
