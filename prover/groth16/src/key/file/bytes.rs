//! Keys from the bytes of a key file.

use super::{
    check::{check_body, check_header, range},
    header::{Layout, HEADER},
    section::Section,
};
use crate::{CircuitId, G1Affine, G2Affine, KeyError, KeyPoints, ProvingKey};
use std::path::Path;

/// Stands in errors where a file has its path.
const IN_MEMORY: &str = "the key in memory";

/// The words of a coordinate.
fn words(bytes: &[u8]) -> [u64; 6] {
    let word = |i: usize| {
        bytes[8 * i..][..8]
            .iter()
            .rev()
            .fold(0u64, |word, byte| word << 8 | u64::from(*byte))
    };
    core::array::from_fn(word)
}

fn g1(bytes: &[u8]) -> G1Affine {
    let (x, y) = bytes.split_at(48);
    let mut point = G1Affine::default();
    (point.x.l, point.y.l) = (words(x), words(y));
    point
}

fn g2(bytes: &[u8]) -> G2Affine {
    let (x, y) = bytes.split_at(96);
    let mut point = G2Affine::default();
    for (coordinate, bytes) in [(&mut point.x, x), (&mut point.y, y)] {
        let (real, imaginary) = bytes.split_at(48);
        (coordinate.fp[0].l, coordinate.fp[1].l) = (words(real), words(imaginary));
    }
    point
}

fn list<P>(file: &[u8], layout: &Layout, section: Section, read: fn(&[u8]) -> P) -> Vec<P> {
    let points = file[range(layout, section)].chunks_exact(section.unit() as usize);
    points.map(read).collect()
}

/// Reads a key from the bytes of a key file, for whoever has no files; with files, [`crate::read_key`] uses them in
/// place. Header, length, circuit and checksum are checked, in this order. That finds damage, not intent: points are
/// not checked, so take only bytes whose hash you know, and import others with [`ProvingKey::read_groth16`].
///
/// # Errors
/// One variant of [`KeyError`] for each way in which the bytes can be wrong: [`KeyError::NotAKey`],
/// [`KeyError::Version`], [`KeyError::Length`], [`KeyError::Checksum`], [`KeyError::Flags`], [`KeyError::Layout`],
/// [`KeyError::OtherCircuit`].
pub fn key_from_bytes(bytes: &[u8], expected: CircuitId) -> Result<ProvingKey, KeyError> {
    let path = Path::new(IN_MEMORY);
    let start = &bytes[..bytes.len().min(HEADER)];
    let header = check_header(path, start, bytes.len() as u64, expected)?;
    let vk = check_body(path, start, &header, bytes)?;
    let layout = &header.layout;
    let points = KeyPoints {
        h: list(bytes, layout, Section::H, g1),
        l: list(bytes, layout, Section::L, g1),
        a: list(bytes, layout, Section::A, g1),
        b_g1: list(bytes, layout, Section::BG1, g1),
        b_g2: list(bytes, layout, Section::BG2, g2),
    };
    Ok(ProvingKey::from_points(header.circuit, header.development, vk, points))
}
