//! One contribution: what it says, its bytes, its hashes (Y-RECORD).

use crate::{
    curve::{hash_to_g2, Curve, G1, G2},
    state::StateHashes,
};
use blake2::{Blake2b512, Digest};
use cloister_groth16::{CircuitId, G1Affine, G2Affine, PointError};
use std::fmt;

/// Maximum length of a name, in bytes.
pub const MAX_NAME: usize = 100;
/// Maximum length of a beacon's value, in bytes.
pub const MAX_BEACON_VALUE: usize = 64;
/// Maximum base-two logarithm of a beacon's iterations: a week or more of computing.
pub const MAX_BEACON_LOG2: u32 = 45;

const START_TAG: &[u8] = b"cloister ceremony v1 start";
const RECORD_TAG: &[u8] = b"cloister ceremony v1 record";
const CHALLENGE_TAG: &[u8] = b"CLOISTER-CEREMONY-V1-BLS12381G2_XMD:SHA-256_SSWU_RO_";

const PERSON: u8 = 0;
const BEACON: u8 = 1;

/// Hash of the ceremony up to a contribution, which is included. Contributors publish theirs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TranscriptHash(pub [u8; 64]);

impl fmt::Display for TranscriptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TranscriptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TranscriptHash({self})")
    }
}

impl TranscriptHash {
    /// Where every ceremony of a circuit with a first key begins.
    pub(crate) fn start(circuit: CircuitId, initial: &StateHashes) -> Self {
        let mut hash = Blake2b512::new();
        hash.update(START_TAG);
        hash.update(circuit.0);
        hash.update(initial.fixed);
        hash.update(initial.result);
        Self(hash.finalize().into())
    }
}

/// Where a contribution's secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContributionKind {
    /// From a person's machine; nobody else knows it.
    Person,
    /// From a value that nobody could foresee and everybody knows afterwards.
    Beacon {
        /// The value.
        value: Vec<u8>,
        /// Base-two logarithm of the number of times it is hashed.
        log2: u32,
    },
}

/// A random point and its product with the secret, and the same for a point that follows from all other data: whoever
/// has made these four knows the secret (Y-POK).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knowledge {
    /// `s`.
    pub s: G1Affine,
    /// `x · s`.
    pub s_x: G1Affine,
    /// `x · r`, where `r` is [`Contribution::challenge`].
    pub r_x: G2Affine,
}

/// One contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Hash of the ceremony before it.
    pub previous: TranscriptHash,
    /// Who made it, in their own words; may be empty.
    pub name: String,
    /// Person or beacon.
    pub kind: ContributionKind,
    /// `delta` after it, in G1.
    pub delta_g1: G1Affine,
    /// `delta` after it, in G2.
    pub delta_g2: G2Affine,
    /// Hashes of the key after it.
    pub state: StateHashes,
    /// Combination of the points `h` after it, with coefficients from [`StateHashes::result`] (Y-PROBE).
    pub probe_h: G1Affine,
    /// The same of the points `l`.
    pub probe_l: G1Affine,
    /// The proof that its maker knows the secret.
    pub knowledge: Knowledge,
}

/// Why bytes are not a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Too few or too many bytes.
    #[error("its record has a wrong length")]
    Length,
    /// The name is too long, not text, or holds control characters.
    #[error("its name is not printable text of at most {MAX_NAME} bytes")]
    Name,
    /// Neither person nor beacon, or a beacon out of bounds.
    #[error("its kind is unknown or its beacon out of bounds")]
    Kind,
    /// A point may not be used.
    #[error("a point of its record: {0}")]
    Point(#[from] PointError),
}

/// True if a name may be recorded.
pub(crate) fn name_is_fine(name: &str) -> bool {
    name.len() <= MAX_NAME && !name.chars().any(char::is_control)
}

/// True if a beacon may be recorded.
pub(crate) fn beacon_is_fine(value: &[u8], log2: u32) -> bool {
    !value.is_empty() && value.len() <= MAX_BEACON_VALUE && log2 <= MAX_BEACON_LOG2
}

impl Contribution {
    /// All bytes but those of `r_x`.
    fn challenge_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.previous.0);
        // Names and beacon values are short: their bounds are checked where they come from.
        out.push(self.name.len() as u8);
        out.extend_from_slice(self.name.as_bytes());
        match &self.kind {
            ContributionKind::Person => out.push(PERSON),
            ContributionKind::Beacon { value, log2 } => {
                out.extend_from_slice(&[BEACON, *log2 as u8, value.len() as u8]);
                out.extend_from_slice(value);
            }
        }
        G1::encode(&self.delta_g1, &mut out);
        G2::encode(&self.delta_g2, &mut out);
        out.extend_from_slice(&self.state.fixed);
        out.extend_from_slice(&self.state.result);
        for point in [&self.probe_h, &self.probe_l, &self.knowledge.s, &self.knowledge.s_x] {
            G1::encode(point, &mut out);
        }
        out
    }

    /// The bytes of the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.challenge_bytes();
        G2::encode(&self.knowledge.r_x, &mut out);
        out
    }

    /// The point `r` of its proof of knowledge: it follows from everything in the record but `r_x`, the transcript
    /// before it included, so that nothing in the record can be changed without the secret (Y-POK).
    pub fn challenge(&self) -> G2Affine {
        hash_to_g2(&self.challenge_bytes(), CHALLENGE_TAG)
    }

    /// Hash of the ceremony up to this contribution, which is included.
    pub fn hash(&self) -> TranscriptHash {
        let mut hash = Blake2b512::new();
        hash.update(RECORD_TAG);
        hash.update(self.to_bytes());
        TranscriptHash(hash.finalize().into())
    }

    /// Reads a record; every point of it is checked.
    ///
    /// # Errors
    /// [`RecordFault`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordFault> {
        let mut reader = Reader(bytes);
        let previous = TranscriptHash(reader.array()?);
        let length = reader.byte()?;
        let name = std::str::from_utf8(reader.take(length.into())?).map_err(|_| RecordFault::Name)?;
        if !name_is_fine(name) {
            return Err(RecordFault::Name);
        }
        let kind = match reader.byte()? {
            PERSON => ContributionKind::Person,
            BEACON => {
                let log2 = reader.byte()?.into();
                let length = reader.byte()?;
                let value = reader.take(length.into())?.to_vec();
                if !beacon_is_fine(&value, log2) {
                    return Err(RecordFault::Kind);
                }
                ContributionKind::Beacon { value, log2 }
            }
            _ => return Err(RecordFault::Kind),
        };
        let contribution = Self {
            previous,
            name: name.into(),
            kind,
            delta_g1: reader.point::<G1>()?,
            delta_g2: reader.point::<G2>()?,
            state: StateHashes {
                fixed: reader.array()?,
                result: reader.array()?,
            },
            probe_h: reader.point::<G1>()?,
            probe_l: reader.point::<G1>()?,
            knowledge: Knowledge {
                s: reader.point::<G1>()?,
                s_x: reader.point::<G1>()?,
                r_x: reader.point::<G2>()?,
            },
        };
        if reader.0.is_empty() {
            Ok(contribution)
        } else {
            Err(RecordFault::Length)
        }
    }
}

/// Takes fields off a record.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RecordFault> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(RecordFault::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordFault> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn byte(&mut self) -> Result<u8, RecordFault> {
        Ok(self.array::<1>()?[0])
    }

    fn point<C: Curve>(&mut self) -> Result<C::Affine, RecordFault> {
        Ok(C::decode(self.take(C::BYTES)?)?)
    }
}
