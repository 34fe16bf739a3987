//! Why a ceremony stops.

use crate::{contribution::RecordFault, ptau::error::PowersError, state::FixedPart};
use cloister_groth16::{CircuitId, KeyError};
use std::{fmt, io, path::PathBuf};

/// Why a ceremony cannot go on, or is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The powers of tau are refused.
    #[error("{path}: {error}")]
    Powers {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: PowersError,
    },
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    /// The file does not begin like a ceremony.
    #[error("{0} is not a ceremony file of Cloister")]
    NotACeremony(PathBuf),
    /// The file was written by another version of the format.
    #[error("{path} has ceremony format {found}, this program reads {expected}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The one this program reads.
        expected: u32,
    },
    /// The file ends early or goes on too long.
    #[error("{0} is truncated or has bytes after its end")]
    Length(PathBuf),
    /// The checksum does not match.
    #[error("{0} is damaged: its checksum does not match; fetch it again")]
    Checksum(PathBuf),
    /// A contribution of the file cannot be read.
    #[error("{path}: contribution {number}: {fault}")]
    Record {
        /// The file.
        path: PathBuf,
        /// Which contribution, from 1.
        number: usize,
        /// What is wrong.
        fault: RecordFault,
    },
    /// The key of the file cannot be read.
    #[error("{path}: {error}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
    /// The exported key cannot be written.
    #[error(transparent)]
    Export(KeyError),
    /// The circuit has no constraint or no private wire: there is nothing to prove.
    #[error("the circuit has no constraint or no private wire")]
    EmptyCircuit,
    /// A wire is in no constraint: whoever proves could give it any value.
    #[error("wire {0} of the circuit is in no constraint")]
    UnconstrainedWire(usize),
    /// The powers were read for another domain.
    #[error("the powers are for 2^{found} rows, the circuit has 2^{expected}")]
    Domain {
        /// Of the powers.
        found: u32,
        /// Of the circuit.
        expected: u32,
    },
    /// The ceremony is for another circuit.
    #[error("the ceremony is for circuit {found}, not {expected}")]
    OtherCircuit {
        /// The ceremony's.
        found: CircuitId,
        /// The one asked for.
        expected: CircuitId,
    },
    /// The ceremony began with another key than these powers and this circuit give.
    #[error("the ceremony did not begin with the key that these powers give for this circuit")]
    OtherStart,
    /// Nobody has contributed and the key is not the first one.
    #[error("nobody has contributed, but the key is not the one the ceremony began with")]
    KeyWithoutContribution,
    /// A name may not be recorded.
    #[error("a name has at most {} bytes and no control characters", crate::MAX_NAME)]
    Name,
    /// A beacon is out of bounds.
    #[error(
        "a beacon has a value of 1 to {} bytes and at most 2^{} iterations",
        crate::MAX_BEACON_VALUE,
        crate::MAX_BEACON_LOG2
    )]
    BeaconBounds,
    /// A beacon ends the ceremony.
    #[error("the beacon of contribution {0} has ended the ceremony")]
    Ended(usize),
    /// The ceremony is full.
    #[error("the ceremony has {0} contributions, no more are taken")]
    Full(usize),
    /// No person has contributed: everybody knows delta.
    #[error("no person has contributed yet; the key would be forgeable by everybody")]
    NoContribution,
    /// A contribution is bad.
    #[error("contribution {number} ({}) is bad: {reason}", Named(name))]
    Contribution {
        /// Which, from 1.
        number: usize,
        /// Who made it, in their own words.
        name: String,
        /// Why.
        reason: Reason,
    },
}

impl CeremonyError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// A name, or a word for none.
struct Named<'a>(&'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "no name" } else { self.0 })
    }
}

/// A list of points that every contribution divides by its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divided {
    /// The points `h`.
    H,
    /// The points `l`.
    L,
}

impl fmt::Display for Divided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H => "h",
            Self::L => "l",
        })
    }
}

/// Why a contribution is bad.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It was made on another transcript (Y-CHAIN).
    #[error("it was made after another one than stands before it: a contribution was left out, moved or repeated")]
    Previous,
    /// It follows a beacon (Y-BEACON).
    #[error("it follows a beacon, which ends a ceremony")]
    AfterBeacon,
    /// Its proof of knowledge fails (Y-POK).
    #[error("its proof that its maker knows the secret fails")]
    Knowledge,
    /// Delta is not multiplied by the secret (Y-DELTA).
    #[error("delta was not multiplied by its secret")]
    Delta,
    /// Delta differs between the groups (Y-DELTA).
    #[error("delta in G2 is not delta in G1")]
    DeltaG2,
    /// Delta was there before (Y-DELTA).
    #[error("delta is what it was after contribution {0} (0: at the start): it takes contributions back")]
    DeltaRepeated(usize),
    /// The secret was there before (Y-SAME).
    #[error("its secret is that of contribution {number} ({name})")]
    SameSecret {
        /// Which, from 1.
        number: usize,
        /// Who made that.
        name: String,
    },
    /// The secret is not that of the beacon (Y-BEACON).
    #[error("its secret does not follow from the beacon's value")]
    Beacon,
    /// It changed what no contribution may change (Y-FIXED).
    #[error("it changed {}, which no contribution may change", part(.0))]
    Fixed(Option<FixedPart>),
    /// The points are not divided by delta (Y-DIVIDED).
    #[error("the points {0} were not divided by its secret")]
    NotDivided(Divided),
    /// Delta of the key is not what it recorded (Y-STATE).
    #[error("delta of the key is not the one it recorded")]
    KeyDelta,
    /// The key is not what it recorded (Y-STATE).
    #[error("the key it left is not the key it recorded")]
    Result,
    /// The combination is not that of the key's points (Y-PROBE).
    #[error("the combination of the points {0} it recorded is not that of the key it left")]
    Probe(Divided),
}

fn part(part: &Option<FixedPart>) -> String {
    part.map_or_else(|| "circuit, secrets, inputs, A or B".into(), |part| part.to_string())
}
