//! Powers of tau: good ones, and each section wrong in its own way.

use crate::{
    ptau::{Faulty, PowersError, Section},
    tests::support::{known, read_bytes, read_sections},
};
use bls12_381::Scalar;
use cloister_ceremony_testing::{g1_bytes, g2_bytes, KnownPowers};
use cloister_groth16::PointError;

const POWER: u32 = 4;
const G1: usize = 96;
const G2: usize = 192;

/// The error of a file in which one section was changed.
fn error_with(name: &str, number: u32, change: impl FnOnce(&mut Vec<u8>)) -> PowersError {
    let mut sections = known(POWER).sections();
    change(sections.section(number));
    read_sections(name, &sections, POWER).expect_err("changed powers are refused")
}

/// Puts a point at a place of a section.
fn put(section: &mut [u8], place: usize, point: &[u8]) {
    section[place * point.len()..][..point.len()].copy_from_slice(point);
}

#[test]
fn powers_are_read_for_every_domain_that_fits() {
    let sections = known(POWER).sections();
    for log2 in 1..=POWER {
        let powers = read_sections("every-domain", &sections, log2).expect("good powers");
        assert_eq!(powers.log2(), log2);
    }
}

#[test]
fn a_circuit_larger_than_the_powers_is_refused() {
    let error = read_sections("too-small", &known(POWER).sections(), POWER + 1).expect_err("too small");
    assert!(
        matches!(error, PowersError::TooSmall { found: 4, needed: 5 }),
        "{error}"
    );
}

#[test]
fn a_file_of_another_kind_is_refused() {
    assert!(matches!(
        read_bytes("kind", b"zkey\x01\0\0\0", 2),
        Err(PowersError::NotPowers)
    ));
    assert!(matches!(read_bytes("empty", b"", 2), Err(PowersError::NotPowers)));
    let mut bytes = known(2).sections().to_bytes();
    bytes[4] = 2;
    assert!(matches!(read_bytes("version", &bytes, 2), Err(PowersError::Version(2))));
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let bytes = known(2).sections().to_bytes();
    for length in [5, 11, 13, 20, 100, bytes.len() / 2, bytes.len() - 1] {
        let error = read_bytes("truncated", &bytes[..length], 2).expect_err("truncated");
        assert!(matches!(error, PowersError::Truncated), "{length}: {error}");
    }
}

#[test]
fn a_section_that_promises_more_than_the_file_holds_is_refused() {
    let mut bytes = known(2).sections().to_bytes();
    // The length of the first section stands behind magic, version, count and its number.
    bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(read_bytes("promise", &bytes, 2), Err(PowersError::Truncated)));
}

#[test]
fn missing_double_and_short_sections_are_named() {
    let without = |number: u32| {
        let mut sections = known(2).sections();
        sections.sections.retain(|section| section.0 != number);
        read_sections("missing", &sections, 2).expect_err("missing")
    };
    assert!(matches!(without(1), PowersError::Missing(Section::Header)));
    assert!(matches!(without(2), PowersError::Missing(Section::TauG1)));
    assert!(matches!(without(6), PowersError::Missing(Section::BetaG2)));
    for number in 12..=15 {
        let error = without(number);
        assert!(matches!(error, PowersError::NotPrepared), "{number}: {error}");
        assert!(error.to_string().contains("snarkjs powersoftau prepare phase2"));
    }
    let mut twice = known(2).sections();
    let again = twice.sections[3].clone();
    twice.sections.push(again);
    let error = read_sections("twice", &twice, 2).expect_err("twice");
    assert!(matches!(error, PowersError::Twice(Section::AlphaTauG1)), "{error}");
    let error = error_with("short", 5, |section| section.truncate(G1));
    let (found, expected) = (G1 as u64, (G1 << POWER) as u64);
    assert!(
        matches!(
            error,
            PowersError::Size { section: Section::BetaTauG1, found: f, expected: e } if f == found && e == expected
        ),
        "{error}"
    );
}

#[test]
fn powers_of_another_curve_are_refused() {
    let error = error_with("curve", 1, |header| header[4] ^= 1);
    assert!(matches!(error, PowersError::OtherCurve), "{error}");
    // The curve of snarkjs's default has coordinates of 32 bytes.
    let error = error_with("width", 1, |header| header[0] = 32);
    assert!(matches!(error, PowersError::OtherCurve), "{error}");
}

#[test]
fn points_that_are_none_are_named_by_section_and_place() {
    let point =
        |number, place: usize, bytes: &[u8]| match error_with("point", number, |section| put(section, place, bytes)) {
            PowersError::Point { section, index, fault } => {
                assert_eq!((section.number(), index), (number, place));
                fault
            }
            other => panic!("another error: {other}"),
        };
    assert_eq!(point(2, 5, &[0; G1]), PointError::Infinity);
    assert_eq!(point(3, 1, &[0; G2]), PointError::Infinity);
    assert_eq!(point(4, 2, &[1; G1]), PointError::NotOnCurve);
    assert_eq!(point(5, 0, &[0xff; G1]), PointError::Encoding);
    let mut bytes = g2_bytes(&Scalar::from(5));
    bytes[0] ^= 1;
    assert_eq!(point(6, 0, &bytes), PointError::NotOnCurve);
    assert_eq!(point(2, 30, &outside_the_subgroup()), PointError::NotInSubgroup);
}

/// A point of the curve of order three, as it lies in memory: x = 0, y = 2 in Montgomery form.
fn outside_the_subgroup() -> Vec<u8> {
    const TWO: [u64; 6] = [
        0x3213_0000_0006_554f,
        0xb93c_0018_d6c4_0005,
        0x5760_5e0d_b0dd_bb51,
        0x8b25_6521_ed1f_9bcb,
        0x6cf2_8d79_0162_2c03,
        0x11eb_ab9d_bb81_e28c,
    ];
    let mut bytes = vec![0; 48];
    bytes.extend(TWO.iter().flat_map(|limb| limb.to_le_bytes()));
    bytes
}

#[test]
fn a_ladder_with_one_wrong_step_is_named() {
    let other = Scalar::from(99);
    for (number, ladder) in [(2, Section::TauG1), (4, Section::AlphaTauG1), (5, Section::BetaTauG1)] {
        let error = error_with("ladder", number, |section| put(section, 7, &g1_bytes(&other)));
        assert!(
            matches!(error, PowersError::Ladder(section) if section == ladder),
            "{error}"
        );
    }
    let error = error_with("ladder", 3, |section| put(section, 7, &g2_bytes(&other)));
    assert!(matches!(error, PowersError::Ladder(Section::TauG2)), "{error}");
}

#[test]
fn ladders_of_different_taus_are_refused() {
    let other = KnownPowers {
        tau: Scalar::from(31),
        ..known(POWER)
    };
    let of = |number| other.sections().section(number).clone();
    // Whole sections of another tau are consistent in themselves.
    let error = error_with("taus", 3, |section| *section = of(3));
    assert!(matches!(error, PowersError::Ladder(Section::TauG1)), "{error}");
    let error = error_with("taus", 4, |section| *section = of(4));
    assert!(matches!(error, PowersError::Ladder(Section::AlphaTauG1)), "{error}");
    for (number, named) in [
        (12, Section::LagrangeTauG1),
        (13, Section::LagrangeTauG2),
        (14, Section::LagrangeAlphaTauG1),
        (15, Section::LagrangeBetaTauG1),
    ] {
        let error = error_with("lagrange", number, |section| *section = of(number));
        assert!(
            matches!(error, PowersError::Lagrange(section) if section == named),
            "{error}"
        );
    }
}

#[test]
fn lagrange_polynomials_in_another_order_are_refused() {
    // Two points of the largest domain that is used change places: their sum is still one.
    let swap = |size: usize| {
        move |section: &mut Vec<u8>| {
            let start = ((1 << POWER) - 1) * size;
            let (a, b) = section[start..].split_at_mut(size);
            a.swap_with_slice(&mut b[..size]);
        }
    };
    let error = error_with("order", 12, swap(G1));
    assert!(
        matches!(error, PowersError::Lagrange(Section::LagrangeTauG1)),
        "{error}"
    );
    let error = error_with("order", 15, swap(G1));
    assert!(
        matches!(error, PowersError::Lagrange(Section::LagrangeBetaTauG1)),
        "{error}"
    );
    let error = error_with("order", 13, swap(G2));
    assert!(
        matches!(error, PowersError::Lagrange(Section::LagrangeTauG2)),
        "{error}"
    );
}

#[test]
fn first_points_and_beta_must_be_the_right_ones() {
    let mut doubled = known(POWER).sections();
    // tau^i for all i, each doubled: a ladder, but not from the generator.
    let tau = known(POWER).tau;
    let mut power = Scalar::from(2);
    let ladder: Vec<u8> = std::iter::repeat_with(|| {
        let bytes = g1_bytes(&power);
        power *= tau;
        bytes
    })
    .take(31)
    .flatten()
    .collect();
    *doubled.section(2) = ladder;
    let error = read_sections("generator", &doubled, POWER).expect_err("not the generator");
    assert!(matches!(error, PowersError::Generator(Section::TauG1)), "{error}");
    let error = error_with("generator", 3, |section| put(section, 0, &g2_bytes(&Scalar::from(2))));
    assert!(matches!(error, PowersError::Generator(Section::TauG2)), "{error}");
    let error = error_with("beta", 6, |section| *section = g2_bytes(&Scalar::from(2)));
    assert!(matches!(error, PowersError::Beta), "{error}");
}

#[test]
fn powers_to_which_nobody_contributed_are_refused() {
    let one = Scalar::one();
    for (powers, secret) in [
        (KnownPowers { alpha: one, ..known(2) }, Faulty::Alpha),
        (KnownPowers { beta: one, ..known(2) }, Faulty::Beta),
    ] {
        let error = read_sections("nobody", &powers.sections(), 2).expect_err("known to everybody");
        assert!(
            matches!(error, PowersError::NobodyContributed(found) if found == secret),
            "{error}"
        );
    }
    // Tau = 1 has no Lagrange polynomials other than zero and one; the tauG1 section tells first.
    let mut sections = known(2).sections();
    let ones = |section: &mut Vec<u8>, point: Vec<u8>| *section = point.repeat(section.len() / point.len());
    ones(sections.section(2), g1_bytes(&one));
    ones(sections.section(3), g2_bytes(&one));
    let error = read_sections("nobody", &sections, 2).expect_err("known to everybody");
    assert!(matches!(error, PowersError::NobodyContributed(Faulty::Tau)), "{error}");
}

#[test]
fn tau_in_the_domain_is_refused() {
    // Minus one is a root of unity of every domain of two places or more.
    let tau = -Scalar::one();
    let mut sections = known(2).sections();
    let ladder = |factor: Scalar, count: usize| {
        (0..count as u64)
            .map(move |i| factor * tau.pow_vartime(&[i, 0, 0, 0]))
            .collect::<Vec<_>>()
    };
    let alpha = known(2).alpha;
    let beta = known(2).beta;
    *sections.section(2) = ladder(Scalar::one(), 7).iter().flat_map(g1_bytes).collect();
    *sections.section(3) = ladder(Scalar::one(), 4).iter().flat_map(g2_bytes).collect();
    *sections.section(4) = ladder(alpha, 4).iter().flat_map(g1_bytes).collect();
    *sections.section(5) = ladder(beta, 4).iter().flat_map(g1_bytes).collect();
    let error = read_sections("domain", &sections, 2).expect_err("tau is a root of unity");
    assert!(matches!(error, PowersError::TauInDomain), "{error}");
}
