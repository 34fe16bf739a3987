//! The encoding of proving keys in the crate `groth16` 0.2: a sequence of points.

use super::{
    decode::{decode_g1_uncompressed, decode_g2_uncompressed, Check},
    G1Affine, G2Affine, KeyPoints, VerifyingKey,
};
use crate::{
    curve::points::{G1_UNCOMPRESSED, G2_UNCOMPRESSED},
    pairing::{Curve, DefaultCurve},
    parallel::prelude::*,
    KeyError, KeyPoint, PointError,
};
use std::io::{self, Read, Write};

/// Points that are read, decoded and written together: enough to keep the cores busy, little enough to stay in their
/// caches.
const PIECE: usize = 1 << 13;

/// Reads a list of points: their number (32 bits, big-endian), then the points, decoded on all cores.
fn read_list<const N: usize, P: Send, R: Read>(
    reader: &mut R,
    decode: impl Fn(&[u8; N]) -> Result<P, PointError> + Sync,
    named: impl Fn(u32) -> KeyPoint,
) -> Result<Vec<P>, KeyError> {
    let mut count = [0; 4];
    reader.read_exact(&mut count).map_err(KeyError::Stream)?;
    let count = u32::from_be_bytes(count) as usize;
    // Memory follows what was read, not what the count promises.
    let mut points = Vec::new();
    let mut bytes = vec![[0; N]; count.min(PIECE)];
    while points.len() < count {
        let here = (count - points.len()).min(PIECE);
        let piece = &mut bytes[..here];
        reader.read_exact(piece.as_flattened_mut()).map_err(KeyError::Stream)?;
        let first = points.len();
        let decoded: Vec<_> = piece.par_iter().map(&decode).collect();
        points.reserve(here);
        for (i, point) in decoded.into_iter().enumerate() {
            // The index is below the count, which has 32 bits.
            points.push(point.map_err(|error| KeyError::Point {
                point: named((first + i) as u32),
                error,
            })?);
        }
    }
    Ok(points)
}

fn write_list<const N: usize, P: Sync, W: Write>(
    writer: &mut W,
    points: &[P],
    encode: impl Fn(&P) -> [u8; N] + Sync,
) -> io::Result<()> {
    let count = u32::try_from(points.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    writer.write_all(&count.to_be_bytes())?;
    let mut bytes = Vec::with_capacity(points.len().min(PIECE));
    for piece in points.chunks(PIECE) {
        piece.par_iter().map(&encode).collect_into_vec(&mut bytes);
        writer.write_all(bytes.as_flattened())?;
    }
    Ok(())
}

/// Reads what `groth16::Parameters::write` writes.
pub(crate) fn read_parameters<R: Read>(mut reader: R, checked: bool) -> Result<(VerifyingKey, KeyPoints), KeyError> {
    let check = if checked { Check::Full } else { Check::NoSubgroup };
    let vk = VerifyingKey::read(&mut reader)?;
    let g1 = |bytes: &[u8; G1_UNCOMPRESSED]| decode_g1_uncompressed::<DefaultCurve>(bytes, check);
    let g2 = |bytes: &[u8; G2_UNCOMPRESSED]| decode_g2_uncompressed::<DefaultCurve>(bytes, check);
    let points = KeyPoints {
        h: read_list(&mut reader, g1, KeyPoint::H)?,
        l: read_list(&mut reader, g1, KeyPoint::L)?,
        a: read_list(&mut reader, g1, KeyPoint::A)?,
        b_g1: read_list(&mut reader, g1, KeyPoint::BG1)?,
        b_g2: read_list(&mut reader, g2, KeyPoint::BG2)?,
    };
    Ok((vk, points))
}

/// Writes what `groth16::Parameters::read` reads.
pub(crate) fn write_parameters<W: Write>(
    mut writer: W,
    vk: &VerifyingKey,
    [h, l, a, b_g1]: [&[G1Affine]; 4],
    b_g2: &[G2Affine],
) -> io::Result<()> {
    writer.write_all(&vk.to_bytes())?;
    for list in [h, l, a, b_g1] {
        write_list(&mut writer, list, DefaultCurve::encode_g1)?;
    }
    write_list(&mut writer, b_g2, DefaultCurve::encode_g2)
}
