//! The classic second readings: decompositions of `x + p`, swapped one-hot bits, other halves, other responses.

use std::collections::{BTreeMap, BTreeSet};

use cloister_circuits::{gadgets::bits::FIELD_BITS, Fr};
use cloister_circuits_testing::{Outcome, Sheet};
use cloister_crypto::{constants::SIGNATURE_SCALAR_BITS, jubjub};

use crate::{
    scenes::{batch, scene, Indexed, OF_PLACES, OF_SMALL, SCENES},
    table::{always, changes_nothing, nothing_is_signed, Free, Table},
};

/// Little-endian `a + b + carry`.
fn add(a: [u8; 32], b: [u8; 32], carry: bool) -> [u8; 32] {
    let mut carry = u16::from(carry);
    std::array::from_fn(|i| {
        carry += u16::from(a[i]) + u16::from(b[i]);
        let byte = carry as u8;
        carry >>= 8;
        byte
    })
}

fn bit(bytes: &[u8; 32], i: usize) -> Fr {
    Fr::from(u64::from(bytes[i / 8] >> (i % 8) & 1))
}

fn fits(bytes: &[u8; 32], bits: usize) -> bool {
    (bits..256).all(|i| bit(bytes, i) == Fr::zero())
}

/// The wire with this full name.
fn wire(sheet: &Sheet<'_>, name: &str) -> usize {
    sheet
        .system()
        .find_wire(name)
        .unwrap_or_else(|| panic!("no wire {name}"))
}

#[test]
fn only_canonical_decompositions_should_be_wide_enough_for_an_alias() {
    for recorded in [&*OF_SMALL, &*OF_PLACES] as [&Indexed; 2] {
        let mut wide = 0;
        for (k, bits) in recorded.repair.decompositions() {
            let name = recorded.system.constraint_name(k);
            if bits >= FIELD_BITS {
                assert!(
                    name.ends_with("/B-SIG/challenge is the low half of the hash/sum"),
                    "{name}"
                );
                wide += 1;
            } else {
                // Fewer bits than the order of the field has: two readings of one number would differ by its order.
                assert!(bits < FIELD_BITS - 1, "{name}: {bits} bits");
            }
        }
        assert_eq!(wide, usize::from(recorded.shape.units * recorded.shape.places));
        // The list is complete: every range check is in it.
        let known: BTreeSet<usize> = recorded.repair.decompositions().map(|(k, _)| k).collect();
        for k in 0..recorded.system.num_constraints() {
            let name = recorded.system.constraint_name(k);
            assert!(!name.ends_with("/in range") || known.contains(&k), "{name}");
        }
    }
}

/// The bits of the hash's decomposition as those of `hash + p`, where 255 bits hold that.
fn challenge_alias(sheet: &Sheet<'_>, place: &str) -> Option<Vec<(usize, Fr)>> {
    let bound = sheet.value(wire(sheet, &format!("{place}/B-SIG/hash or anything")));
    let alias = add(bound.to_bytes(), (-Fr::one()).to_bytes(), true);
    fits(&alias, FIELD_BITS).then(|| {
        let groups = ["challenge", "challenge is the low half of the hash"];
        let [low, high] = groups.map(|group| format!("{place}/B-SIG/{group}/bit "));
        let (low, high) = (wire(sheet, &format!("{low}0")), wire(sheet, &format!("{high}128")));
        (0..FIELD_BITS)
            .map(|i| {
                let wire = if i < 128 { low + i } else { high + i - 128 };
                assert_eq!(sheet.system().wire_own_name(wire), format!("bit {i}"));
                (wire, bit(&alias, i))
            })
            .collect()
    })
}

#[test]
fn hash_plus_the_order_of_the_field_should_not_be_a_challenge() {
    let recorded = &OF_SMALL;
    let (mut signed, mut empty) = (0, 0);
    for seed in 300..390 {
        let sheet = recorded.sheet(batch(scene(seed), seed, recorded.shape));
        for unit in 0..recorded.shape.units {
            let place = format!("unit {unit}/place 0");
            let Some(changes) = challenge_alias(&sheet, &place) else {
                continue;
            };
            let broken: Vec<String> = sheet
                .broken_by(&changes)
                .into_iter()
                .map(|k| recorded.system.constraint_name(k))
                .collect();
            let sum = format!("{place}/B-SIG/challenge is the low half of the hash/sum");
            assert!(!broken.contains(&sum), "the alias has the same value");
            assert!(broken.iter().any(|name| name.contains("/canonical/")), "{broken:?}");
            if nothing_is_signed(&sheet, changes[0].0) {
                // Nothing else of the check is enabled, so the comparison is all that stops it.
                let Outcome::Refused(k) = recorded.repair.attempt(&sheet, &changes) else {
                    panic!("{place}: accepted")
                };
                assert!(recorded.system.constraint_name(k).contains("/canonical/"));
                empty += 1;
            } else {
                signed += 1;
            }
        }
    }
    assert!(signed > 0 && empty > 0, "{signed} signed, {empty} empty");
}

/// Both are no secret of the circuit: a signature has a second response, and a point has two halves in the curve.
/// Neither changes the statement, the slots make a signature work once whatever its form.
#[test]
fn second_response_and_second_half_should_lead_to_the_same_statement() {
    let order = add((-jubjub::Fr::one()).to_bytes(), [0; 32], true);
    let recorded = &OF_SMALL;
    let mut found = 0;
    for seed in (337..).step_by(12) {
        let (witness, statement) = batch(scene(seed), seed, recorded.shape);
        let responses: Vec<_> = witness
            .units
            .iter()
            .map(|u| u.places[0].signed.signature.response)
            .collect();
        let aliases: Vec<_> = responses.iter().map(|s| add(*s, order, false)).collect();
        let sheet = recorded.sheet((witness, statement));
        for (unit, alias) in aliases.iter().enumerate() {
            let place = format!("unit {unit}/place 0");
            // The other half differs by the point of order two: `(u, v)` becomes `(1/u, -v/u²)`.
            let half = ["u", "v"].map(|c| wire(&sheet, &format!("{place}/B-SIG/challenge times key/half {c}")));
            let inverse = sheet.value(half[0]).invert().expect("no point of order two is a half");
            let other = [(half[0], inverse), (half[1], -sheet.value(half[1]) * inverse.square())];
            assert!(matches!(recorded.repair.attempt(&sheet, &other), Outcome::Accepted(_)));
            for one in other {
                assert!(matches!(recorded.repair.attempt(&sheet, &[one]), Outcome::Refused(_)));
            }
            // The inverse of a half is half of another key.
            let negated = [(half[1], -sheet.value(half[1]))];
            assert!(matches!(recorded.repair.attempt(&sheet, &negated), Outcome::Refused(_)));

            if nothing_is_signed(&sheet, half[0]) || !fits(alias, SIGNATURE_SCALAR_BITS) {
                continue;
            }
            let mut digits = Vec::new();
            for w in 0..SIGNATURE_SCALAR_BITS / 3 {
                let [b0, b1, b2] = std::array::from_fn(|k| bit(alias, 3 * w + k));
                let same = |b: Fr| Fr::from(u64::from(b == b2));
                for (name, value) in [("positive", b2), ("size 0", same(b0)), ("size 1", same(b1))] {
                    let name = format!("{place}/B-SIG/response times generator/window {w}/{name}");
                    digits.push((wire(&sheet, &name), value));
                }
            }
            assert!(matches!(recorded.repair.attempt(&sheet, &digits), Outcome::Accepted(_)));
            digits[0].1 = Fr::one() - digits[0].1;
            assert!(matches!(recorded.repair.attempt(&sheet, &digits), Outcome::Refused(_)));
            found += 1;
        }
        if found > 0 {
            return;
        }
    }
}

const SWAPPABLE: &[Free] = &[
    Free {
        pattern: "unit */B-MARGIN/chosen deficit/scenario/choice *",
        when: always,
        rare: false,
        reason: "the rule lets the prover name any of the deficits, and this one bounds the unit too",
    },
    Free {
        pattern: "unit */B-MARGIN/B-NEED/scenario/choice *",
        when: always,
        rare: false,
        reason: "the rule lets the prover name any scenario that still needs what was closed, and this one does too",
    },
    Free {
        pattern: "B-HOUSE/B-HOUSE-MARGIN/scenario/choice *",
        when: always,
        rare: false,
        reason: "the rule lets the prover name any of the deficits before, and the house is below this one too",
    },
    Free {
        pattern: "B-HOUSE/B-DOORS/deficit/choice *",
        when: always,
        rare: true,
        reason: "the rule lets the prover name any deficit that leaves no room, and this one leaves none either",
    },
    Free {
        pattern: "unit */B-UNIT/mode *",
        when: changes_nothing,
        rare: true,
        reason: "modes in which nothing is done do the same; what a mode asks for was met",
    },
];

/// One-hot groups by namespace: the wires in their order.
fn groups(sheet: &Sheet<'_>) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for wire in 1..sheet.system().num_wires() {
        let own = sheet.system().wire_own_name(wire);
        let kinds = ["order", "cancel", "cancel-all", "withdrawal", "transfer"];
        if own.starts_with("choice ") || own.starts_with("mode ") || kinds.contains(&own) {
            let name = sheet.system().wire_name(wire);
            let space = name.rsplit_once('/').map_or("", |(space, _)| space).to_string();
            groups.entry(space).or_default().push(wire);
        }
    }
    groups
}

#[test]
fn one_hot_bits_should_not_trade_places() {
    let table = Table::new(SWAPPABLE);
    let mut swaps = 0;
    for recorded in [&*OF_SMALL, &*OF_PLACES] as [&Indexed; 2] {
        for (seed, scene) in (360..).zip(SCENES) {
            let sheet = recorded.sheet(batch(scene, seed, recorded.shape));
            let mut cheater = recorded.repair.at(&sheet);
            for (name, wires) in groups(&sheet) {
                let Some(chosen) = wires.iter().find(|w| sheet.value(**w) == Fr::one()) else {
                    continue;
                };
                for other in wires.iter().filter(|w| *w != chosen) {
                    let swap = [(*chosen, Fr::zero()), (*other, Fr::one())];
                    swaps += 1;
                    let accepted = matches!(cheater.attempt(&swap), Outcome::Accepted(_));
                    assert!(!accepted || table.excuses(&sheet, *other), "{name}: {scene:?}");
                }
            }
        }
    }
    table.finish();
    println!("{swaps} swaps");
    assert!(swaps > 500, "{swaps} swaps");
}
