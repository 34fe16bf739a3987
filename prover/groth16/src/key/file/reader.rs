//! Mapping key files.
#![allow(unsafe_code)]

use super::{
    check::{check_body, check_header},
    header::{Header, HEADER},
    mapped::MappedPoints,
};
use crate::{CircuitId, KeyError, ProvingKey};
use memmap2::Mmap;
use std::{fs::File, io::Read, path::Path};

/// A file and its first bytes, as many as a header has if there are so many.
fn open(path: &Path) -> Result<(File, Vec<u8>), KeyError> {
    let mut file = File::open(path).map_err(KeyError::io(path))?;
    let mut start = Vec::with_capacity(HEADER);
    file.by_ref()
        .take(HEADER as u64)
        .read_to_end(&mut start)
        .map_err(KeyError::io(path))?;
    Ok((file, start))
}

/// Maps a key file and checks header, length, circuit and checksum, in this order, so that a file of another circuit is
/// named before its points are read.
///
/// # Errors
/// One variant of [`KeyError`] for each way in which a file can be wrong: [`KeyError::Io`], [`KeyError::NotAKey`],
/// [`KeyError::Version`], [`KeyError::Length`], [`KeyError::Checksum`], [`KeyError::Flags`], [`KeyError::Layout`],
/// [`KeyError::OtherCircuit`].
pub fn read_key(path: &Path, expected: CircuitId) -> Result<ProvingKey, KeyError> {
    let (file, start) = open(path)?;
    let length = file.metadata().map_err(KeyError::io(path))?.len();
    let header = check_header(path, &start, length, expected)?;
    // SAFETY: key files are written under another name and never changed afterwards (see the module's documentation).
    let map = unsafe { Mmap::map(&file) }.map_err(KeyError::io(path))?;
    if map.len() as u64 != header.layout.length {
        return Err(KeyError::Length(path.into()));
    }
    #[cfg(unix)]
    // Only a hint: without it the pages come in as they are hashed.
    let _ = map.advise(memmap2::Advice::WillNeed);
    let vk = check_body(path, &start, &header, &map)?;
    let points = MappedPoints {
        map,
        layout: header.layout,
    };
    Ok(ProvingKey::from_map(header.circuit, header.development, vk, points))
}

/// The circuit that a key file says it is for; nothing but the header is read.
///
/// # Errors
/// [`KeyError::Io`], and those of a header: [`KeyError::NotAKey`], [`KeyError::Version`], [`KeyError::Length`],
/// [`KeyError::Checksum`], [`KeyError::Flags`], [`KeyError::Layout`].
pub fn key_circuit(path: &Path) -> Result<CircuitId, KeyError> {
    let (_, start) = open(path)?;
    Ok(Header::decode(path, &start)?.circuit)
}
