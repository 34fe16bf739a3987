//! Ceremony files: whole, damaged, of another kind.

use crate::{
    ceremony::Ceremony,
    error::CeremonyError,
    file::FORMAT,
    tests::{
        cheats::contribute_known,
        support::{ceremony, matrices, silent, Folder},
    },
};
use cloister_groth16::{read_key, write_key, KeyError};
use std::fs;

/// A ceremony with two contributions and the file it was written to.
fn written(folder: &Folder) -> (Ceremony, std::path::PathBuf, Vec<u8>) {
    let (mut ceremony, _) = ceremony("files-powers");
    contribute_known(&mut ceremony, "Alice", 5);
    ceremony.beacon(b"value", 1, &silent).expect("ends");
    let path = folder.file("state.ceremony");
    ceremony.write(&path).expect("writes");
    let bytes = fs::read(&path).expect("reads");
    (ceremony, path, bytes)
}

#[test]
fn what_is_written_is_read_and_nothing_else_is_left_behind() {
    let folder = Folder::new("round-trip");
    let (ceremony, path, _) = written(&folder);
    assert_eq!(Ceremony::read(&path, &silent).expect("reads"), ceremony);
    let files: Vec<_> = fs::read_dir(folder.path()).expect("lists").collect();
    assert_eq!(files.len(), 1);
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new("unwritable");
    let (ceremony, _) = ceremony("unwritable-powers");
    let path = folder.file("no/such/folder");
    assert!(matches!(ceremony.write(&path), Err(CeremonyError::Io { .. })));
    // A folder stands where the file should: the temporary file is written, but cannot take its place.
    let taken = folder.file("taken");
    fs::create_dir(&taken).expect("makes a folder");
    assert!(matches!(ceremony.write(&taken), Err(CeremonyError::Io { .. })));
    let files: Vec<_> = fs::read_dir(folder.path()).expect("lists").collect();
    assert_eq!(files.len(), 1);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let folder = Folder::new("truncated-ceremony");
    let (_, path, bytes) = written(&folder);
    for length in [0, 15] {
        fs::write(&path, &bytes[..length]).expect("writes");
        assert!(matches!(
            Ceremony::read(&path, &silent),
            Err(CeremonyError::NotACeremony(_))
        ));
    }
    for length in [16, 20, 63, 64, 127, 128, 1000, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).expect("writes");
        assert!(
            matches!(Ceremony::read(&path, &silent), Err(CeremonyError::Length(_))),
            "{length}"
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    fs::write(&path, longer).expect("writes");
    assert!(matches!(Ceremony::read(&path, &silent), Err(CeremonyError::Length(_))));
}

#[test]
fn every_altered_byte_is_noticed() {
    let folder = Folder::new("altered-ceremony");
    let (_, path, bytes) = written(&folder);
    for place in (0..bytes.len())
        .step_by(251)
        .chain([0, 16, 20, 24, 56, 64, bytes.len() - 1])
    {
        let mut altered = bytes.clone();
        altered[place] ^= 4;
        fs::write(&path, &altered).expect("writes");
        let error = Ceremony::read(&path, &silent).expect_err("altered");
        let right = match place {
            0..16 => matches!(error, CeremonyError::NotACeremony(_)),
            16..20 => matches!(error, CeremonyError::Version { expected: FORMAT, .. }),
            56..64 => matches!(error, CeremonyError::Length(_)),
            _ => matches!(error, CeremonyError::Checksum(_)),
        };
        assert!(right, "byte {place}: {error}");
    }
}

/// Changes bytes of the body and makes the checksum anew, as somebody would who means it.
fn forge(bytes: &[u8], place: usize, value: &[u8]) -> Vec<u8> {
    use blake2::{Blake2b512, Digest};
    let mut forged = bytes[..bytes.len() - 64].to_vec();
    forged[place..place + value.len()].copy_from_slice(value);
    let checksum = Blake2b512::digest(&forged);
    forged.extend_from_slice(&checksum);
    forged
}

/// Where the first record begins: header, hashes of the start, number of records, length of the first.
const FIRST_RECORD: usize = 64 + 128 + 4 + 4;

#[test]
fn records_and_points_that_are_none_are_named() {
    let folder = Folder::new("forged");
    let (_, path, bytes) = written(&folder);
    let error_of = |place, value: &[u8]| {
        fs::write(&path, forge(&bytes, place, value)).expect("writes");
        Ceremony::read(&path, &silent).expect_err("forged").to_string()
    };
    let name = FIRST_RECORD + 64 + 1;
    let delta = name + 5 + 1;
    let of_first = |text: &str| format!("{}: contribution 1: {text}", path.display());
    assert_eq!(
        error_of(name, b"\n"),
        of_first("its name is not printable text of at most 100 bytes")
    );
    assert_eq!(
        error_of(name, &[0xff]),
        of_first("its name is not printable text of at most 100 bytes")
    );
    assert_eq!(
        error_of(delta - 1, &[9]),
        of_first("its kind is unknown or its beacon out of bounds")
    );
    let mut infinity = [0; 96];
    infinity[0] = 0x40;
    assert_eq!(
        error_of(delta, &infinity),
        of_first("a point of its record: the encoding is not canonical")
    );
    assert_eq!(
        error_of(delta, &[0; 96]),
        of_first("a point of its record: the point is not on the curve")
    );
    assert_eq!(
        error_of(delta, &order_three()),
        of_first("a point of its record: the point is not in the prime-order subgroup")
    );
    // More records than there is room for, and a record that is longer than the file.
    assert!(error_of(64 + 128, &u32::MAX.to_le_bytes()).contains("4294967295 contributions"));
    let length = error_of(64 + 128 + 4, &u32::MAX.to_le_bytes());
    assert!(length.ends_with("is truncated or has bytes after its end"), "{length}");
}

/// `(0, 2)`, which is on the curve and has order three, uncompressed.
fn order_three() -> [u8; 96] {
    let mut point = [0; 96];
    point[95] = 2;
    point
}

#[test]
fn a_point_that_would_carry_away_a_part_of_the_next_secret_is_refused() {
    let folder = Folder::new("small-order");
    let (_, path, bytes) = written(&folder);
    let wires = matrices().aux;
    // Behind the key's lists h and l stand those of A and B; the last point of l is the last that would be multiplied.
    let h = (1usize << matrices().domain_log2()) - 1;
    let vk = 3 * 96 + 3 * 192 + 4 + 96 * matrices().inputs;
    let records: usize = {
        let ceremony = Ceremony::read(&path, &silent).expect("reads");
        ceremony.contributions().iter().map(|c| 4 + c.to_bytes().len()).sum()
    };
    let last_l = 64 + 128 + 4 + records + vk + 4 + 96 * h + 4 + 96 * (wires - 1);
    fs::write(&path, forge(&bytes, last_l, &order_three())).expect("writes");
    let error = Ceremony::read(&path, &silent).expect_err("not in the subgroup");
    assert!(
        matches!(
            &error,
            CeremonyError::Key {
                error: KeyError::Point { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_exported_key_is_read_back_as_no_development_key() {
    let folder = Folder::new("export");
    let (ceremony, ..) = written(&folder);
    let key = ceremony.clone().export(&silent).expect("exports");
    let path = folder.file("circuit.key");
    write_key(&path, &key).expect("writes");
    let back = read_key(&path, matrices().id()).expect("reads");
    assert!(!back.is_development());
    assert_eq!(back.vk(), ceremony.verifying_key());
}
