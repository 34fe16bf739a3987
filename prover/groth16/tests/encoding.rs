//! The encodings of keys, against the crate `groth16` and the chain's verifier.

mod common;

use bls12_381::{Bls12, G1Affine, G2Affine};
use cloister_groth16::{KeyError, KeyPoint, KeyPoints, PointError, ProvingKey, VerifyingKey};
use common::*;
use groth16::Parameters;
use std::io::ErrorKind;

/// Where the number of input points is in a verifying key: after three points of each group.
const COUNT_AT: usize = 3 * 96 + 3 * 192;

fn vk_bytes(parameters: &Parameters<Bls12>) -> Vec<u8> {
    let mut bytes = Vec::new();
    parameters.vk.write(&mut bytes).expect("writes to memory");
    bytes
}

#[test]
fn keys_are_read_and_written_as_groth16_does() {
    for shown in [0, 1, 40] {
        let parameters = oracle(shown);
        let bytes = encoded(&parameters);
        for checked in [true, false] {
            let key = ProvingKey::read_groth16(ID, true, &bytes[..], checked).expect("reads");
            assert_eq!(key.h().len(), parameters.h.len());
            assert_eq!(key.b_g2().len(), parameters.b_g2.len());
            assert_eq!(key.vk().inputs() as u64, shown + 1);
            assert_eq!(key.verifying_key(), vk_bytes(&parameters));
            let mut again = Vec::new();
            key.write_groth16(&mut again).expect("writes");
            assert!(bytes == again, "{shown} {checked}");
            assert!(Parameters::<Bls12>::read(&again[..], true).expect("reads") == parameters);
        }
        let vk = VerifyingKey::from_bytes(&vk_bytes(&parameters)).expect("reads");
        assert_eq!(vk.to_bytes(), vk_bytes(&parameters));
    }
}

#[test]
fn a_stream_is_read_up_to_the_end_of_the_key() {
    let mut bytes = encoded(&oracle(0));
    bytes.extend_from_slice(b"what follows");
    let mut rest = &bytes[..];
    ProvingKey::read_groth16(ID, true, &mut rest, true).expect("reads");
    assert_eq!(rest, b"what follows");
    let mut alone = vk_bytes(&oracle(0));
    alone.push(0);
    assert!(matches!(VerifyingKey::from_bytes(&alone), Err(KeyError::TrailingBytes)));
}

#[test]
fn a_stream_that_ends_early_is_refused_wherever_it_ends() {
    let bytes = encoded(&oracle(1));
    for length in (0..bytes.len()).filter(|l| l % 31 == 0 || bytes.len() - l < 5) {
        let error = ProvingKey::read_groth16(ID, true, &bytes[..length], false).expect_err("truncated");
        assert!(
            matches!(&error, KeyError::Stream(e) if e.kind() == ErrorKind::UnexpectedEof),
            "{length}: {error:?}"
        );
    }
    let vk = vk_bytes(&oracle(1));
    for length in [0, 95, COUNT_AT - 1, COUNT_AT, COUNT_AT + 3, COUNT_AT + 4, vk.len() - 1] {
        assert!(matches!(
            VerifyingKey::from_bytes(&vk[..length]),
            Err(KeyError::Stream(e)) if e.kind() == ErrorKind::UnexpectedEof
        ));
    }
}

#[test]
fn a_count_that_the_stream_does_not_hold_takes_no_memory() {
    let parameters = oracle(0);
    let vk = vk_bytes(&parameters);
    let mut bytes = vk.clone();
    bytes.extend_from_slice(&u32::MAX.to_be_bytes());
    bytes.extend_from_slice(&[0; 4096]);
    assert!(matches!(
        ProvingKey::read_groth16(ID, true, &bytes[..], false),
        Err(KeyError::Stream(_))
    ));
    let mut many = vk.clone();
    many[COUNT_AT..COUNT_AT + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(VerifyingKey::from_bytes(&many), Err(KeyError::Stream(_))));
    let mut none = vk;
    none[COUNT_AT..COUNT_AT + 4].copy_from_slice(&[0; 4]);
    none.truncate(COUNT_AT + 4);
    assert!(matches!(VerifyingKey::from_bytes(&none), Err(KeyError::NoInputPoints)));
}

/// Every way in which an uncompressed G1 point can be wrong.
fn bad_g1() -> Vec<([u8; 96], PointError)> {
    let good = G1Affine::generator().to_uncompressed();
    let with = |change: &dyn Fn(&mut [u8; 96])| {
        let mut bytes = good;
        change(&mut bytes);
        bytes
    };
    let mut order_three = [0; 96];
    order_three[95] = 2;
    vec![
        (G1Affine::identity().to_uncompressed(), PointError::Infinity),
        (with(&|b| b[0] |= 0x80), PointError::Encoding),
        (with(&|b| b[0] |= 0x40), PointError::Encoding),
        (with(&|b| b[0] |= 0x20), PointError::Encoding),
        (with(&|b| b[0] |= 0xe0), PointError::Encoding),
        (with(&|b| b[48] |= 0x80), PointError::Encoding),
        (with(&|b| b[..48].fill(0x1f)), PointError::Encoding),
        (with(&|b| b[48..].fill(0x1f)), PointError::Encoding),
        (with(&|b| b[95] ^= 1), PointError::NotOnCurve),
        (with(&|b| b[47] ^= 1), PointError::NotOnCurve),
        ([0; 96], PointError::NotOnCurve),
        // x = 0 is on the curve, with order three.
        (order_three, PointError::NotInSubgroup),
        (g1_outside_subgroup().1, PointError::NotInSubgroup),
    ]
}

fn bad_g2() -> Vec<([u8; 192], PointError)> {
    let good = G2Affine::generator().to_uncompressed();
    let with = |change: &dyn Fn(&mut [u8; 192])| {
        let mut bytes = good;
        change(&mut bytes);
        bytes
    };
    let mut cases = vec![
        (G2Affine::identity().to_uncompressed(), PointError::Infinity),
        (with(&|b| b[0] |= 0x80), PointError::Encoding),
        (with(&|b| b[0] |= 0x40), PointError::Encoding),
        (with(&|b| b[0] |= 0x20), PointError::Encoding),
        ([0; 192], PointError::NotOnCurve),
        (g2_outside_subgroup().1, PointError::NotInSubgroup),
    ];
    for coordinate in 0..4 {
        let start = 48 * coordinate;
        cases.push((with(&|b| b[start..start + 48].fill(0x1f)), PointError::Encoding));
        cases.push((with(&|b| b[start + 47] ^= 1), PointError::NotOnCurve));
    }
    cases
}

#[test]
fn bad_points_of_a_verifying_key_are_named_as_the_chain_names_them() {
    let good = vk_bytes(&oracle(1));
    let inputs_at = good.len() - 3 * 96;
    let g1 = [
        (0, KeyPoint::AlphaG1),
        (96, KeyPoint::BetaG1),
        (576, KeyPoint::DeltaG1),
        (inputs_at, KeyPoint::Input(0)),
        (inputs_at + 2 * 96, KeyPoint::Input(2)),
    ];
    let g2 = [
        (192, KeyPoint::BetaG2),
        (384, KeyPoint::GammaG2),
        (672, KeyPoint::DeltaG2),
    ];
    let mut bytes = good.clone();
    let check = |bytes: &[u8], at: KeyPoint, expected: PointError| {
        let error = VerifyingKey::from_bytes(bytes).expect_err("a bad point");
        assert!(
            matches!(error, KeyError::Point { point, error } if point == at && error == expected),
            "{at:?} {expected:?}: {error:?}"
        );
        let theirs = cloister_groth16_verifier::VerifyingKey::from_bytes(bytes).expect_err("a bad point");
        let cloister_groth16_verifier::VerifyingKeyError::Point { point, error } = theirs else {
            panic!("{theirs:?}");
        };
        assert_eq!(format!("{point:?} {error:?}"), format!("{at:?} {expected:?}"));
    };
    for (at, point) in g1 {
        for (bad, expected) in bad_g1() {
            bytes.copy_from_slice(&good);
            bytes[at..at + 96].copy_from_slice(&bad);
            check(&bytes, point, expected);
        }
    }
    for (at, point) in g2 {
        for (bad, expected) in bad_g2() {
            bytes.copy_from_slice(&good);
            bytes[at..at + 192].copy_from_slice(&bad);
            check(&bytes, point, expected);
        }
    }
}

#[test]
fn bad_points_of_a_proving_key_are_named_with_their_index() {
    let parameters = oracle(1);
    let bytes = encoded(&parameters);
    let mut at = vk_bytes(&parameters).len();
    type Named = fn(u32) -> KeyPoint;
    let lists: [(usize, Named); 4] = [
        (parameters.h.len(), KeyPoint::H),
        (parameters.l.len(), KeyPoint::L),
        (parameters.a.len(), KeyPoint::A),
        (parameters.b_g1.len(), KeyPoint::BG1),
    ];
    let check = |place: usize, bad: &[u8], named: KeyPoint, expected: PointError| {
        let mut bytes = bytes.clone();
        bytes[place..place + bad.len()].copy_from_slice(bad);
        let error = ProvingKey::read_groth16(ID, true, &bytes[..], true).expect_err("a bad point");
        assert!(
            matches!(error, KeyError::Point { point, error } if point == named && error == expected),
            "{named:?} {expected:?}: {error:?}"
        );
        assert!(Parameters::<Bls12>::read(&bytes[..], true).is_err());
        // Unchecked, only the subgroup is taken on trust (x = 0 is seen without the check).
        let unchecked = ProvingKey::read_groth16(ID, true, &bytes[..], false);
        let x_is_zero = bad[..bad.len() / 2].iter().all(|b| *b == 0);
        let trusted = expected == PointError::NotInSubgroup && !x_is_zero;
        assert_eq!(unchecked.is_ok(), trusted, "{named:?} {expected:?}");
    };
    for (count, named) in lists {
        at += 4;
        for index in [0, count - 1] {
            for (bad, expected) in bad_g1() {
                check(at + 96 * index, &bad, named(index as u32), expected);
            }
        }
        at += 96 * count;
    }
    at += 4;
    for index in [0, parameters.b_g2.len() - 1] {
        for (bad, expected) in bad_g2() {
            check(at + 192 * index, &bad, KeyPoint::BG2(index as u32), expected);
        }
    }
}

#[test]
fn long_lists_are_whole_and_their_first_bad_point_is_named() {
    let small = key();
    let points = KeyPoints {
        h: small.h().iter().copied().cycle().take(20_000).collect(),
        l: small.l().to_vec(),
        a: small.a().to_vec(),
        b_g1: small.b_g1().to_vec(),
        b_g2: small.b_g2().iter().copied().cycle().take(8_193).collect(),
    };
    let key = ProvingKey::from_points(ID, true, small.vk().clone(), points);
    let mut bytes = Vec::new();
    key.write_groth16(&mut bytes).expect("writes");
    let read = ProvingKey::read_groth16(ID, true, &bytes[..], true).expect("reads");
    assert!(read.h() == key.h() && read.l() == key.l() && read.a() == key.a());
    assert!(read.b_g1() == key.b_g1() && read.b_g2() == key.b_g2());
    let h_at = key.verifying_key().len() + 4;
    for index in [19_999, 12_345, 8_191] {
        bytes[h_at + 96 * index..][..96].copy_from_slice(&g1_outside_subgroup().1);
        let error = ProvingKey::read_groth16(ID, true, &bytes[..], true).expect_err("a bad point");
        assert!(
            matches!(
                error,
                KeyError::Point { point: KeyPoint::H(i), error: PointError::NotInSubgroup } if i as usize == index
            ),
            "{error:?}"
        );
    }
}
