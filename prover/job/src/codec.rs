//! Proof jobs as bytes: a header with the version of the format, then the job in SCALE (`cloister_ledger::wire`).
//!
//! A prover may get jobs from anybody. Reading one never panics, takes memory in proportion to the bytes that are
//! there, and these have a maximum.

use crate::{BatchJob, ExitJob, HouseRekeyJob, ProofJob, SealJob, SolvencyJob};
use cloister_ledger::{
    wire::{Wire, WireError, MAX_PLACES, MAX_SUBTREES, MAX_UNITS},
    Shape, SolvencyShape,
};

/// The first bytes of every job.
pub const MAGIC: [u8; 4] = *b"CLPJ";
/// Version of the format, the byte after [`MAGIC`].
pub const FORMAT: u8 = 2;
/// Maximum length of a job in bytes; the largest batch that the chain could have a shape for takes less.
pub const MAX_BYTES: usize = 2 << 20;

const BATCH: u8 = 0;
const SEAL: u8 = 1;
const EXIT: u8 = 2;
const HOUSE_REKEY: u8 = 3;
const SOLVENCY: u8 = 4;

/// Why bytes are not a proof job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are more bytes than any job has.
    #[error("{length} bytes are more than the {max} of the longest job")]
    TooLong {
        /// Number of bytes.
        length: usize,
        /// Maximum number.
        max: usize,
    },
    /// The bytes do not begin as a job does.
    #[error("the bytes are not a proof job")]
    NotAJob,
    /// The job was written in another version of the format.
    #[error("the job has format {found}, this program reads {expected}")]
    Format {
        /// Version of the bytes.
        found: u8,
        /// Version that this program reads.
        expected: u8,
    },
    /// The job is of a kind that this program does not know.
    #[error("the job is of the unknown kind {0}")]
    Kind(u8),
    /// A batch has a shape that no chain can have.
    #[error("no batch can have {} units with {} places each", .0.units, .0.places)]
    Shape(Shape),
    /// The witness of a batch does not have the units and places of its shape.
    #[error("the witness does not have the {} units with {} places each of its shape", .0.units, .0.places)]
    OtherShape(Shape),
    /// A solvency statement has a shape that no chain can have.
    #[error("no solvency statement can have {} subtrees", .0.subtrees)]
    SolvencyShape(SolvencyShape),
    /// The witness of a solvency statement does not have the accounts and nodes of its shape.
    #[error("the witness does not have the accounts and nodes of its {} subtrees", .0.subtrees)]
    OtherSolvencyShape(SolvencyShape),
    /// Statement or witness cannot be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Bytes follow the job.
    #[error("{0} bytes follow the job")]
    TrailingBytes(usize),
}

impl ProofJob {
    /// The job as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        match self {
            Self::Batch(job) => {
                let BatchJob {
                    shape,
                    statement,
                    witness,
                } = job.as_ref();
                out.push(BATCH);
                shape.write_to(&mut out);
                statement.write_to(&mut out);
                witness.write_to(&mut out);
            }
            Self::Seal(job) => {
                let SealJob { statement, witness } = job.as_ref();
                out.push(SEAL);
                statement.write_to(&mut out);
                witness.write_to(&mut out);
            }
            Self::Exit(job) => {
                let ExitJob { statement, witness } = job.as_ref();
                out.push(EXIT);
                statement.write_to(&mut out);
                witness.write_to(&mut out);
            }
            Self::HouseRekey(job) => {
                let HouseRekeyJob { statement, witness } = job.as_ref();
                out.push(HOUSE_REKEY);
                statement.write_to(&mut out);
                witness.write_to(&mut out);
            }
            Self::Solvency(job) => {
                let SolvencyJob {
                    shape,
                    statement,
                    witness,
                } = job.as_ref();
                out.push(SOLVENCY);
                shape.write_to(&mut out);
                statement.write_to(&mut out);
                witness.write_to(&mut out);
            }
        }
        out
    }

    /// Reads a job; all bytes must be its own.
    ///
    /// # Errors
    /// [`DecodeError`], the first thing that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BYTES {
            return Err(DecodeError::TooLong {
                length: bytes.len(),
                max: MAX_BYTES,
            });
        }
        let mut rest = bytes;
        if <[u8; 4]>::read_from(&mut rest)? != MAGIC {
            return Err(DecodeError::NotAJob);
        }
        let found = u8::read_from(&mut rest)?;
        if found != FORMAT {
            return Err(DecodeError::Format {
                found,
                expected: FORMAT,
            });
        }
        let job = match u8::read_from(&mut rest)? {
            BATCH => Self::Batch(Box::new(read_batch(&mut rest)?)),
            SEAL => Self::Seal(Box::new(SealJob {
                statement: Wire::read_from(&mut rest)?,
                witness: Wire::read_from(&mut rest)?,
            })),
            EXIT => Self::Exit(Box::new(ExitJob {
                statement: Wire::read_from(&mut rest)?,
                witness: Wire::read_from(&mut rest)?,
            })),
            HOUSE_REKEY => Self::HouseRekey(Box::new(HouseRekeyJob {
                statement: Wire::read_from(&mut rest)?,
                witness: Wire::read_from(&mut rest)?,
            })),
            SOLVENCY => Self::Solvency(Box::new(read_solvency(&mut rest)?)),
            kind => return Err(DecodeError::Kind(kind)),
        };
        match rest.len() {
            0 => Ok(job),
            trailing => Err(DecodeError::TrailingBytes(trailing)),
        }
    }
}

fn read_batch(rest: &mut &[u8]) -> Result<BatchJob, DecodeError> {
    let shape = Shape::read_from(rest)?;
    let (units, places) = (u32::from(shape.units), u32::from(shape.places));
    if !(1..=MAX_UNITS).contains(&units) || !(1..=MAX_PLACES).contains(&places) {
        return Err(DecodeError::Shape(shape));
    }
    let job = BatchJob {
        shape,
        statement: Wire::read_from(rest)?,
        witness: Wire::read_from(rest)?,
    };
    let list = &job.witness.units;
    let fits = list.len() == usize::from(shape.units)
        && list.iter().all(|unit| unit.places.len() == usize::from(shape.places));
    if fits {
        Ok(job)
    } else {
        Err(DecodeError::OtherShape(shape))
    }
}

fn read_solvency(rest: &mut &[u8]) -> Result<SolvencyJob, DecodeError> {
    let shape = SolvencyShape::read_from(rest)?;
    if !(1..=MAX_SUBTREES).contains(&shape.subtrees.into()) {
        return Err(DecodeError::SolvencyShape(shape));
    }
    let job = SolvencyJob {
        shape,
        statement: Wire::read_from(rest)?,
        witness: Wire::read_from(rest)?,
    };
    if job.witness.fits(shape) {
        Ok(job)
    } else {
        Err(DecodeError::OtherSolvencyShape(shape))
    }
}
