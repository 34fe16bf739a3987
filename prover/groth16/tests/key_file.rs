//! Key files: what is written is read, and every way in which a file can be wrong is named.

mod common;

use blake2::{Blake2b512, Digest};
use cloister_groth16::{key_circuit, read_key, write_key, CircuitId, KeyError, KeyWriter, ProvingKey, Section, FORMAT};
use common::*;
use std::{
    env, fs,
    io::ErrorKind,
    path::Path,
    process::{Command, Stdio},
};

const HEADER: usize = 256;
/// Where the header's own hash begins.
const HASH_AT: usize = 224;

fn assert_same(a: &ProvingKey, b: &ProvingKey) {
    assert_eq!(a.vk(), b.vk());
    assert_eq!((a.circuit(), a.is_development()), (b.circuit(), b.is_development()));
    assert!(a.h() == b.h() && a.l() == b.l() && a.a() == b.a() && a.b_g1() == b.b_g1() && a.b_g2() == b.b_g2());
}

/// Gives a header that was changed its hash anew.
fn rehash(bytes: &mut [u8]) {
    let hash = Blake2b512::digest(&bytes[..HASH_AT]);
    bytes[HASH_AT..HEADER].copy_from_slice(&hash[..HEADER - HASH_AT]);
}

/// Offset and length in bytes of each section, from the table of a good file.
fn sections(file: &[u8]) -> Vec<(usize, usize)> {
    let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes")) as usize;
    let units = [96, 96, 96, 96, 192, 1];
    (0..6)
        .map(|i| (word(64 + 16 * i), word(72 + 16 * i) * units[i]))
        .collect()
}

#[test]
fn a_key_survives_its_file() {
    let dir = Directory::new("survives");
    let path = dir.join("a.key");
    for (key, development) in [(key(), true), (large_key(), false)] {
        let points = cloister_groth16::KeyPoints {
            h: key.h().to_vec(),
            l: key.l().to_vec(),
            a: key.a().to_vec(),
            b_g1: key.b_g1().to_vec(),
            b_g2: key.b_g2().to_vec(),
        };
        let key = ProvingKey::from_points(ID, development, key.vk().clone(), points);
        // Over the file of the key before, too.
        write_key(&path, &key).expect("writes");
        assert_eq!(dir.names(), ["a.key"], "no temporary file is left");
        let read = read_key(&path, ID).expect("reads");
        assert_same(&read, &key);
        assert_eq!(key_circuit(&path).expect("reads"), ID);
        for points in [read.h(), read.l(), read.a(), read.b_g1()] {
            assert_eq!(points.as_ptr() as usize % 64, 0);
        }
        assert_eq!(read.b_g2().as_ptr() as usize % 64, 0);
    }
}

#[test]
fn a_key_without_points_survives_its_file() {
    let dir = Directory::new("empty");
    let path = dir.join("a.key");
    let key = ProvingKey::from_points(ID, true, key().vk().clone(), Default::default());
    write_key(&path, &key).expect("writes");
    assert_same(&read_key(&path, ID).expect("reads"), &key);
}

#[test]
fn a_key_written_in_pieces_has_the_bytes_of_one_written_at_once() {
    let dir = Directory::new("pieces");
    let (whole, pieces) = (dir.join("a.key"), dir.join("b.key"));
    let key = large_key();
    write_key(&whole, &key).expect("writes");
    let mut writer = KeyWriter::create(&pieces, ID, false).expect("creates");
    key.h().chunks(7_777).try_for_each(|p| writer.h(p)).expect("writes");
    key.l().chunks(1).try_for_each(|p| writer.l(p)).expect("writes");
    writer.a(key.a()).expect("writes");
    writer.b_g1(&[]).expect("writes");
    writer.b_g1(key.b_g1()).expect("writes");
    key.b_g2()
        .chunks(10_000)
        .try_for_each(|p| writer.b_g2(p))
        .expect("writes");
    writer.finish(key.vk()).expect("writes");
    assert!(fs::read(&whole).expect("reads") == fs::read(&pieces).expect("reads"));
}

#[test]
fn a_mapped_key_outlives_the_replacement_of_its_file() {
    let dir = Directory::new("replaced");
    let path = dir.join("a.key");
    let key = large_key();
    write_key(&path, &key).expect("writes");
    let read = read_key(&path, ID).expect("reads");
    write_key(&path, &common::key()).expect("writes");
    assert_same(&read, &key);
    fs::remove_file(&path).expect("removes");
    assert_same(&read, &key);
}

#[test]
fn a_key_of_another_circuit_is_refused_with_both_names() {
    let dir = Directory::new("other");
    let path = dir.join("a.key");
    write_key(&path, &key()).expect("writes");
    let wanted = CircuitId([9; 32]);
    let error = read_key(&path, wanted).expect_err("another circuit");
    let KeyError::OtherCircuit { found, expected, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((found, expected), (&ID.to_string(), &wanted.to_string()));
    assert!(error.to_string().contains(found) && error.to_string().contains(expected));
}

#[test]
fn files_that_are_no_keys_are_named() {
    let dir = Directory::new("none");
    let absent = read_key(&dir.join("none"), ID).expect_err("absent");
    assert!(matches!(absent, KeyError::Io { source, .. } if source.kind() == ErrorKind::NotFound));
    assert!(matches!(read_key(&dir.0, ID), Err(KeyError::Io { .. })));
    let path = dir.join("a.key");
    for bytes in [&b""[..], b"cloister", b"cloister\0key\0\0\0\0 and more", &[0; 1000]] {
        fs::write(&path, bytes).expect("writes");
        assert!(matches!(read_key(&path, ID), Err(KeyError::NotAKey(_))));
        assert!(matches!(key_circuit(&path), Err(KeyError::NotAKey(_))));
    }
}

#[test]
fn a_truncated_or_extended_file_is_refused_wherever_it_ends() {
    let dir = Directory::new("length");
    let (path, spoiled) = (dir.join("a.key"), dir.join("b.key"));
    write_key(&path, &key()).expect("writes");
    let whole = fs::read(&path).expect("reads");
    for length in 0..whole.len() {
        fs::write(&spoiled, &whole[..length]).expect("writes");
        let error = read_key(&spoiled, ID).expect_err("truncated");
        match length {
            0..16 => assert!(matches!(error, KeyError::NotAKey(_)), "{length}: {error:?}"),
            _ => assert!(matches!(error, KeyError::Length(_)), "{length}: {error:?}"),
        }
    }
    for more in [1, 63, 64, 4096] {
        let mut bytes = whole.clone();
        bytes.resize(whole.len() + more, 0);
        fs::write(&spoiled, &bytes).expect("writes");
        assert!(matches!(read_key(&spoiled, ID), Err(KeyError::Length(_))));
    }
}

#[test]
fn every_altered_byte_of_the_header_is_seen() {
    let dir = Directory::new("header");
    let (path, spoiled) = (dir.join("a.key"), dir.join("b.key"));
    write_key(&path, &key()).expect("writes");
    let whole = fs::read(&path).expect("reads");
    for at in 0..HEADER {
        for bit in [0, 7] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&spoiled, &bytes).expect("writes");
            let error = read_key(&spoiled, ID).expect_err("altered");
            match at {
                0..16 => assert!(matches!(error, KeyError::NotAKey(_)), "{at}: {error:?}"),
                16..20 => assert!(
                    matches!(error, KeyError::Version { found, expected: FORMAT, .. } if found != FORMAT),
                    "{at}: {error:?}"
                ),
                _ => assert!(matches!(error, KeyError::Checksum(_)), "{at}: {error:?}"),
            }
        }
    }
}

#[test]
fn a_file_of_format_1_is_refused_by_its_version() {
    let dir = Directory::new("version");
    let path = dir.join("a.key");
    let mut old = b"cloister key\0\0\0\0".to_vec();
    old.extend_from_slice(&1u32.to_le_bytes());
    old.extend_from_slice(&1u32.to_le_bytes());
    old.extend_from_slice(&ID.0);
    old.resize(5000, 3);
    fs::write(&path, &old).expect("writes");
    assert!(matches!(
        read_key(&path, ID),
        Err(KeyError::Version {
            found: 1,
            expected: FORMAT,
            ..
        })
    ));
}

#[test]
fn a_header_that_contradicts_itself_is_refused_although_its_hash_is_right() {
    let dir = Directory::new("contradiction");
    let (path, spoiled) = (dir.join("a.key"), dir.join("b.key"));
    write_key(&path, &key()).expect("writes");
    let whole = fs::read(&path).expect("reads");
    let with = |change: &dyn Fn(&mut [u8])| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        rehash(&mut bytes);
        fs::write(&spoiled, &bytes).expect("writes");
        read_key(&spoiled, ID).expect_err("contradiction")
    };
    assert!(matches!(with(&|b| b[20] = 3), KeyError::Flags { flags: 3, .. }));
    // Without the development flag the root no longer fits.
    assert!(matches!(with(&|b| b[20] = 0), KeyError::Checksum(_)));
    assert!(matches!(with(&|b| b[24] ^= 1), KeyError::OtherCircuit { .. }));
    // The length, an offset, a count, and counts whose product overflows.
    for at in [56, 64, 72, 144, 152] {
        assert!(matches!(with(&|b| b[at] ^= 1), KeyError::Layout(_)), "{at}");
    }
    assert!(matches!(with(&|b| b[72..80].fill(0xff)), KeyError::Layout(_)));
    // An offset and the counts shifted together: the layout is one, but not this file's.
    let grown = with(&|b| {
        for (at, by) in [(56, 1), (152, 1)] {
            let word = u64::from_le_bytes(b[at..at + 8].try_into().expect("eight bytes")) + by;
            b[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
    });
    assert!(matches!(grown, KeyError::Length(_)));
}

#[test]
fn an_altered_byte_is_seen_in_every_section_and_every_chunk() {
    let dir = Directory::new("altered");
    let path = dir.join("a.key");
    write_key(&path, &large_key()).expect("writes");
    let whole = fs::read(&path).expect("reads");
    assert!(whole.len() > 20 << 20, "more than one buffer of the writer");
    let mut places: Vec<_> = (HEADER..whole.len()).step_by(4 << 20).collect();
    for (offset, length) in sections(&whole) {
        assert_ne!(length, 0);
        places.extend([offset, offset + length / 2, offset + length - 1]);
    }
    // A gap between sections.
    let (offset, length) = sections(&whole)[0];
    assert_ne!((offset + length) % 64, 0);
    places.push(offset + length);
    for at in places {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let spoiled = dir.join("b.key");
        fs::write(&spoiled, &bytes).expect("writes");
        assert!(matches!(read_key(&spoiled, ID), Err(KeyError::Checksum(_))), "{at}");
    }
}

#[test]
fn sections_out_of_order_are_refused() {
    let dir = Directory::new("order");
    let key = key();
    let mut writer = KeyWriter::create(&dir.join("a.key"), ID, true).expect("creates");
    writer.b_g1(key.b_g1()).expect("writes");
    assert!(matches!(
        writer.l(key.l()),
        Err(KeyError::SectionOrder {
            given: Section::L,
            last: Section::BG1
        })
    ));
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing_behind() {
    let dir = Directory::new("dropped");
    let path = dir.join("a.key");
    let key = large_key();
    let mut writer = KeyWriter::create(&path, ID, true).expect("creates");
    writer.h(key.h()).expect("writes");
    assert_eq!(dir.names().len(), 1);
    assert!(!path.exists());
    drop(writer);
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn a_name_that_cannot_be_taken_leaves_no_half_key() {
    let dir = Directory::new("rename");
    // A directory in the way of the file.
    let path = dir.join("a.key");
    fs::create_dir_all(path.join("in the way")).expect("creates");
    assert!(matches!(write_key(&path, &key()), Err(KeyError::Io { .. })));
    assert_eq!(dir.names(), ["a.key"]);
    assert!(matches!(
        write_key(&dir.join("absent/a.key"), &key()),
        Err(KeyError::Io { source, .. }) if source.kind() == ErrorKind::NotFound
    ));
}

/// Writes in a process whose files may not grow beyond a limit; the system refuses the write that goes beyond it as it
/// would on a full disk.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_no_half_key() {
    const TARGET: &str = "CLOISTER_TEST_FULL_DISK";
    if let Some(path) = env::var_os(TARGET) {
        // The child. The exit status carries the outcome.
        let key = large_key();
        let error = write_key(Path::new(&path), &key).expect_err("the limit is below the key's size");
        assert!(
            matches!(&error, KeyError::Io { source, .. } if source.kind() == ErrorKind::FileTooLarge),
            "{error:?}"
        );
        // Nor does a caller that goes on after the error get a file.
        let mut writer = KeyWriter::create(Path::new(&path), ID, true).expect("creates");
        for piece in key.h().chunks(50_000) {
            let _ = writer.h(piece);
        }
        let _ = writer.b_g1(key.b_g1());
        assert!(matches!(writer.finish(key.vk()), Err(KeyError::Io { .. })));
        return;
    }
    let dir = Directory::new("full");
    // In blocks of 512 bytes: within the first buffer of the writer, and within the second.
    for blocks in [0, 8, 1_000, 40_000] {
        let path = dir.join("a.key");
        let child = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"])
            .arg(env::current_exe().expect("this test"))
            .args(["--exact", "a_disk_that_is_full_leaves_no_half_key", "--nocapture"])
            .env(TARGET, &path)
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        assert!(
            child.status.success(),
            "{blocks}: {}",
            String::from_utf8_lossy(&child.stderr)
        );
        assert!(
            String::from_utf8_lossy(&child.stdout).contains("1 passed"),
            "the child ran the test"
        );
        assert_eq!(dir.names(), [""; 0], "{blocks}");
    }
}
