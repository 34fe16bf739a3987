//! What is checked of a key file before its points are used.

use super::{
    header::{chunk_hashes, Header, Layout, HEADER},
    section::Section,
};
use crate::{key::VerifyingKey, CircuitId, KeyError};
use std::{ops::Range, path::Path};

/// The bytes of a section. The layout has passed [`Header::decode`], and its length is that of what is in memory, so
/// every place in it fits the machine's words.
pub(super) fn range(layout: &Layout, section: Section) -> Range<usize> {
    let i = section as usize;
    let start = layout.offsets[i] as usize;
    start..start + (layout.counts[i] * section.unit()) as usize
}

/// Reads a header and checks the file's length and circuit against it, in this order.
pub(super) fn check_header(path: &Path, start: &[u8], length: u64, expected: CircuitId) -> Result<Header, KeyError> {
    let header = Header::decode(path, start)?;
    if length != header.layout.length {
        return Err(KeyError::Length(path.into()));
    }
    if header.circuit != expected {
        return Err(KeyError::OtherCircuit {
            path: path.into(),
            found: header.circuit.to_string(),
            expected: expected.to_string(),
        });
    }
    Ok(header)
}

/// Checks the checksum of a whole file with a header that has been checked, and reads its verifying key.
pub(super) fn check_body(path: &Path, start: &[u8], header: &Header, file: &[u8]) -> Result<VerifyingKey, KeyError> {
    if !Header::root_matches(start, &chunk_hashes(&file[HEADER..])) {
        return Err(KeyError::Checksum(path.into()));
    }
    VerifyingKey::from_bytes(&file[range(&header.layout, Section::Vk)])
}
