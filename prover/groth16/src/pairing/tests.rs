//! Single points in the assembly and in plain Rust: the same bytes, words and verdicts.

use super::{Assembly, Curve, Pure};
use crate::{
    curve::points::{G1Affine, G2Affine, G1_UNCOMPRESSED},
    error::PointError,
    scalar::words,
};
use bls12_381::Scalar;
use group::{Curve as _, Group};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

const COORDINATE: usize = 48;
/// Some small abscissae.
const SMALL: std::ops::Range<u8> = 0..24;

fn g1_points(rng: &mut ChaCha20Rng, count: usize) -> Vec<G1Affine> {
    let decode = |point: bls12_381::G1Projective| Assembly::decode_g1(&point.to_affine().to_uncompressed());
    (0..count)
        .map(|_| decode(bls12_381::G1Projective::random(&mut *rng)).expect("a good point"))
        .collect()
}

fn g2_points(rng: &mut ChaCha20Rng, count: usize) -> Vec<G2Affine> {
    let decode = |point: bls12_381::G2Projective| Assembly::decode_g2(&point.to_affine().to_uncompressed());
    (0..count)
        .map(|_| decode(bls12_381::G2Projective::random(&mut *rng)).expect("a good point"))
        .collect()
}

macro_rules! check_encodings {
    ($name:ident, $points:ident, $infinity:expr, $encode:ident, $decode:ident, $compress:ident, $decompress:ident,
     $is_in:ident, $foreign:ty) => {
        #[test]
        fn $name() {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let mut points = $points(&mut rng, 8);
            for point in &points {
                assert!(Assembly::$is_in(point) && Pure::$is_in(point));
            }
            points.push($infinity);
            for point in &points {
                let (long, short) = (Assembly::$encode(point), Assembly::$compress(point));
                assert_eq!(Pure::$encode(point), long);
                assert_eq!(Pure::$compress(point), short);
            }
            points.pop();
            let mut seen = Vec::new();
            let mut both = |ours: Result<_, PointError>, theirs: Result<_, PointError>| {
                assert_eq!(ours, theirs);
                seen.push(ours.err());
                if let Ok(point) = ours {
                    assert_eq!(Pure::$is_in(&point), Assembly::$is_in(&point));
                    seen.push((!Pure::$is_in(&point)).then_some(PointError::NotInSubgroup));
                }
            };
            for point in &points {
                let (long, short) = (Assembly::$encode(point), Assembly::$compress(point));
                both(Pure::$decode(&long), Assembly::$decode(&long));
                both(Pure::$decompress(&short), Assembly::$decompress(&short));
                // The other root.
                let mut turned = short;
                turned[0] ^= 0x20;
                both(Pure::$decompress(&turned), Assembly::$decompress(&turned));
                // One bit of a coordinate, and every coordinate too large.
                let mut bent = long;
                bent[long.len() - 1] ^= 1;
                both(Pure::$decode(&bent), Assembly::$decode(&bent));
                for i in 0..long.len() / COORDINATE {
                    let mut large = long;
                    large[i * COORDINATE..][..COORDINATE].fill(0x1f);
                    both(Pure::$decode(&large), Assembly::$decode(&large));
                }
                for i in 0..short.len() / COORDINATE {
                    let mut large = short;
                    large[i * COORDINATE..][..COORDINATE].fill(if i == 0 { 0x9f } else { 0x1f });
                    both(Pure::$decompress(&large), Assembly::$decompress(&large));
                }
            }
            // Abscissae with points or without, hardly ever in the subgroup, and the uncompressed form of those points.
            for x in SMALL {
                let mut short = Assembly::$compress(&points[0]);
                short.fill(0);
                (short[0], short[short.len() - 1]) = (0x80, x);
                both(Pure::$decompress(&short), Assembly::$decompress(&short));
                if let Some(point) = Option::<$foreign>::from(<$foreign>::from_compressed_unchecked(&short)) {
                    let long = point.to_uncompressed();
                    both(Pure::$decode(&long), Assembly::$decode(&long));
                }
            }
            for error in [
                None,
                Some(PointError::Encoding),
                Some(PointError::NotOnCurve),
                Some(PointError::NotInSubgroup),
            ] {
                assert!(seen.contains(&error), "{error:?} was met");
            }
        }
    };
}

check_encodings!(
    encodings_of_g1_are_read_and_written_alike,
    g1_points,
    G1Affine::default(),
    encode_g1,
    decode_g1,
    compress_g1,
    decompress_g1,
    is_in_g1,
    bls12_381::G1Affine
);
check_encodings!(
    encodings_of_g2_are_read_and_written_alike,
    g2_points,
    G2Affine::default(),
    encode_g2,
    decode_g2,
    compress_g2,
    decompress_g2,
    is_in_g2,
    bls12_381::G2Affine
);

#[test]
fn the_points_of_order_three_are_refused_alike() {
    let mut bytes = [0; G1_UNCOMPRESSED];
    for y in [2u8, 3] {
        bytes[G1_UNCOMPRESSED - 1] = y;
        let expected = if y == 2 {
            PointError::NotInSubgroup
        } else {
            PointError::NotOnCurve
        };
        assert_eq!(Pure::decode_g1(&bytes), Err(expected));
        assert_eq!(Assembly::decode_g1(&bytes), Err(expected));
    }
}

#[test]
fn sums_are_the_same_points() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut points = g1_points(&mut rng, 50);
    points[3] = G1Affine::default();
    points[5] = points[4];
    points[7] = Assembly::negate(points[6]);
    for pair in points.windows(2) {
        assert_eq!(Pure::add(&pair[0], &pair[1]), Assembly::add(&pair[0], &pair[1]));
        assert_eq!(Pure::negate(pair[0]), Assembly::negate(pair[0]));
    }
    let mut scalars: Vec<[u8; 32]> = (0..50)
        .map(|_| Scalar::from_raw(core::array::from_fn(|_| rng.next_u64())).to_bytes())
        .collect();
    (scalars[0], scalars[1]) = ([0; 32], Scalar::one().to_bytes());
    (scalars[2], scalars[6]) = ((-Scalar::one()).to_bytes(), scalars[7]);
    let short: Vec<[u8; 16]> = scalars.iter().map(|s| s[..16].try_into().expect("16 bytes")).collect();
    for (point, (scalar, short)) in points.iter().zip(scalars.iter().zip(&short)) {
        assert_eq!(
            Pure::multiply(point, scalar, 255),
            Assembly::multiply(point, scalar, 255)
        );
        assert_eq!(Pure::multiply(point, short, 128), Assembly::multiply(point, short, 128));
    }
    for count in [0, 1, 2, 8, 31, 32, 50] {
        let (points, scalars, short) = (&points[..count], &scalars[..count], &short[..count]);
        assert_eq!(
            Pure::sum_of_products(points, scalars, 255),
            Assembly::sum_of_products(points, scalars, 255)
        );
        assert_eq!(
            Pure::sum_of_products(points, short, 128),
            Assembly::sum_of_products(points, short, 128)
        );
    }
}

/// Whether the product of the pairings of pairs is one, after the loops of the two halves are joined.
fn is_one<C: Curve>(pairs: &[(G1Affine, G2Affine)]) -> bool {
    let (left, right) = pairs.split_at(pairs.len() / 2);
    C::target(&C::join(C::miller(left), C::miller(right))) == C::Target::default()
}

#[test]
fn products_of_pairings_are_one_alike() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let (p, q) = (g1_points(&mut rng, 2), g2_points(&mut rng, 2));
    let scalar = Scalar::from_raw(core::array::from_fn(|_| rng.next_u64()));
    assert_ne!(words(&scalar), [0; 4]);
    let times = |point: &G1Affine| Assembly::multiply(point, &scalar.to_bytes(), 255);
    let sum = Assembly::add(&p[0], &times(&p[1]));
    let nothing = (G1Affine::default(), q[0]);
    let good: [&[(G1Affine, G2Affine)]; 5] = [
        &[],
        &[nothing, (p[0], G2Affine::default())],
        &[(p[0], q[0]), (Assembly::negate(p[0]), q[0])],
        &[
            (p[0], q[0]),
            nothing,
            (times(&p[1]), q[0]),
            (Assembly::negate(sum), q[0]),
        ],
        &[
            (p[0], q[0]),
            (p[1], q[1]),
            (Assembly::negate(p[1]), q[1]),
            (Assembly::negate(p[0]), q[0]),
        ],
    ];
    for pairs in good {
        assert!(is_one::<Pure>(pairs) && is_one::<Assembly>(pairs));
    }
    let bad: [&[(G1Affine, G2Affine)]; 3] = [
        &[(p[0], q[0])],
        &[(p[0], q[0]), (Assembly::negate(p[0]), q[1])],
        &[(p[0], q[0]), (p[0], q[0])],
    ];
    for pairs in bad {
        assert!(!is_one::<Pure>(pairs) && !is_one::<Assembly>(pairs));
    }
}
