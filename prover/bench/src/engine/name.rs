//! The engines by name.

use clap::ValueEnum;
use std::fmt;

/// An engine by the name that the ratios use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// Ours, with the fastest instructions that it finds.
    Cloister,
    /// Ours, with the instructions that it uses where there is no AVX-512 IFMA.
    CloisterPortable,
    /// The crate `groth16` over `bls12_381`.
    Groth16,
    /// bellperson over blstrs.
    Bellperson,
    /// ark-groth16 over ark-bls12-381.
    Arkworks,
}

impl EngineName {
    /// The crates it consists of, as the lock file names them.
    pub fn crates(self) -> &'static [&'static str] {
        match self {
            Self::Cloister | Self::CloisterPortable => &["cloister-groth16", "blst"],
            Self::Groth16 => &["groth16", "bls12_381"],
            Self::Bellperson => &["bellperson", "blstrs", "blst"],
            Self::Arkworks => &["ark-groth16", "ark-bls12-381"],
        }
    }

    /// Whether the engine is somebody else's.
    pub fn is_peer(self) -> bool {
        !matches!(self, Self::Cloister | Self::CloisterPortable)
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cloister => "cloister",
            Self::CloisterPortable => "cloister-portable",
            Self::Groth16 => "groth16",
            Self::Bellperson => "bellperson",
            Self::Arkworks => "arkworks",
        })
    }
}
