//! The frame of a record: format, checksum, contents.

use blake2::{
    digest::{Update, VariableOutput},
    Blake2bVar,
};

/// Format of records and snapshots.
pub const VERSION: u8 = 2;

const CHECKSUM: usize = 8;
const HEADER: usize = 1 + CHECKSUM;

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They are shorter than a frame.
    #[error("it ends too early")]
    Short,
    /// Its format is another.
    #[error("it has format {0}, which this program does not read")]
    Version(u8),
    /// They were sealed with another secret, or by somebody who does not have it, or under another number.
    #[error("no secret opens it; is a former secret missing?")]
    Sealed,
    /// They are too long to be sealed.
    #[error("it is too long to be sealed")]
    TooLong,
    /// They are not what was written under this number.
    #[error("its checksum is wrong")]
    Checksum,
}

/// Finds damage of the medium, and records under each other's numbers. Nobody is kept from changing the file by it.
fn checksum(number: u64, contents: &[u8]) -> [u8; CHECKSUM] {
    let mut out = [0; CHECKSUM];
    // The length is one that the hash has.
    if let Ok(mut hasher) = Blake2bVar::new(CHECKSUM) {
        hasher.update(&[VERSION]);
        hasher.update(&number.to_le_bytes());
        hasher.update(contents);
        let _ = hasher.finalize_variable(&mut out);
    }
    out
}

/// Frames contents.
pub(crate) fn framed(number: u64, contents: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + contents.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&checksum(number, contents));
    bytes.extend_from_slice(contents);
    bytes
}

/// What a frame holds.
pub(crate) fn contents(number: u64, bytes: &[u8]) -> Result<&[u8], RecordError> {
    let (header, contents) = bytes.split_at_checked(HEADER).ok_or(RecordError::Short)?;
    let (version, sum) = header.split_first().ok_or(RecordError::Short)?;
    if *version != VERSION {
        return Err(RecordError::Version(*version));
    }
    if sum != checksum(number, contents) {
        return Err(RecordError::Checksum);
    }
    Ok(contents)
}
