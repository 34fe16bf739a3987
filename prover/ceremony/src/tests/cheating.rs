//! Three contributors, one of them cheating, in every way there is.

use crate::{
    ceremony::Ceremony,
    contribution::{Contribution, ContributionKind},
    error::{CeremonyError, Divided, Reason},
    ptau::Powers,
    state::FixedPart,
    tests::{
        cheats::{contribute_known, contributions_mut, key_mut, prove_again, record},
        support::{ceremony, known, matrices, read_sections, silent},
    },
};
use bls12_381::Scalar;
use cloister_ceremony_testing::{g1, g2};

const ALICE: u64 = 1001;
const BOB: u64 = 2003;
const CAROL: u64 = 3007;

/// Alice has contributed.
fn after_alice(test: &str) -> (Ceremony, Powers) {
    let (mut ceremony, powers) = ceremony(test);
    contribute_known(&mut ceremony, "Alice", ALICE);
    (ceremony, powers)
}

/// Bob contributes, then changes the key or what he recorded, and proves his knowledge over the result.
fn bob_cheats(ceremony: &mut Ceremony, change: impl FnOnce(&mut Ceremony)) {
    contribute_known(ceremony, "Bob", BOB);
    contributions_mut(ceremony).pop();
    change(ceremony);
    let again = record(ceremony, "Bob", BOB);
    contributions_mut(ceremony).push(again);
}

/// Bob contributes and then changes his record, with or without a fresh proof.
fn bob_lies(ceremony: &mut Ceremony, prove: bool, change: impl FnOnce(&mut Contribution)) {
    contribute_known(ceremony, "Bob", BOB);
    let record = contributions_mut(ceremony).last_mut().expect("there is Bob's");
    change(record);
    if prove {
        prove_again(record, BOB);
    }
}

/// Who is to blame, and why.
fn culprit(result: Result<(), CeremonyError>) -> (usize, String, Reason) {
    match result.expect_err("somebody cheated") {
        CeremonyError::Contribution { number, name, reason } => (number, name, reason),
        other => panic!("another error: {other}"),
    }
}

fn verdict(ceremony: &Ceremony, powers: &Powers) -> (usize, String, Reason) {
    culprit(ceremony.verify(powers, &matrices(), &silent))
}

fn bob(reason: Reason) -> (usize, String, Reason) {
    (2, "Bob".into(), reason)
}

#[test]
fn three_honest_contributions_verify() {
    let (mut ceremony, powers) = after_alice("honest");
    contribute_known(&mut ceremony, "Bob", BOB);
    ceremony.contribute("Carol", b"", &silent).expect("contributes");
    ceremony.verify(&powers, &matrices(), &silent).expect("verifies");
}

#[test]
fn a_ceremony_without_contributions_verifies_as_what_it_is() {
    let (mut ceremony, powers) = ceremony("none");
    ceremony.verify(&powers, &matrices(), &silent).expect("verifies");
    key_mut(&mut ceremony).1.h.swap(0, 1);
    let error = ceremony.verify(&powers, &matrices(), &silent).expect_err("altered");
    assert!(matches!(error, CeremonyError::KeyWithoutContribution), "{error}");
}

#[test]
fn a_repeated_contribution_is_named() {
    let (mut ceremony, powers) = after_alice("repeated");
    contribute_known(&mut ceremony, "Bob", BOB);
    let again = ceremony.contributions()[1].clone();
    contributions_mut(&mut ceremony).push(again.clone());
    assert_eq!(verdict(&ceremony, &powers), (3, "Bob".into(), Reason::Previous));
    // With the transcript filled in his proof is for another challenge.
    let hash = ceremony.contributions()[1].hash();
    let last = contributions_mut(&mut ceremony).last_mut().expect("there is one");
    last.previous = hash;
    last.name = "Mallory".into();
    assert_eq!(verdict(&ceremony, &powers), (3, "Mallory".into(), Reason::Knowledge));
}

#[test]
fn a_dropped_contribution_is_noticed_at_the_next() {
    let (mut ceremony, powers) = after_alice("dropped");
    contribute_known(&mut ceremony, "Bob", BOB);
    contribute_known(&mut ceremony, "Carol", CAROL);
    contributions_mut(&mut ceremony).remove(1);
    assert_eq!(verdict(&ceremony, &powers), (2, "Carol".into(), Reason::Previous));
    // The last one cannot be dropped either: the key is past the one before it.
    let (mut ceremony, powers) = after_alice("dropped-last");
    contribute_known(&mut ceremony, "Bob", BOB);
    contributions_mut(&mut ceremony).pop();
    assert_eq!(verdict(&ceremony, &powers), (1, "Alice".into(), Reason::KeyDelta));
}

#[test]
fn two_contributions_that_changed_places_are_noticed_at_the_first() {
    let (mut ceremony, powers) = after_alice("swapped");
    contribute_known(&mut ceremony, "Bob", BOB);
    contribute_known(&mut ceremony, "Carol", CAROL);
    contributions_mut(&mut ceremony).swap(1, 2);
    assert_eq!(verdict(&ceremony, &powers), (2, "Carol".into(), Reason::Previous));
}

#[test]
fn a_wrong_delta_is_named() {
    let (mut ceremony, powers) = after_alice("delta");
    bob_cheats(&mut ceremony, |ceremony| {
        // Another multiple of the generator than Alice's times Bob's, the same one in both groups.
        let other = Scalar::from(ALICE * BOB + 1);
        let vk = key_mut(ceremony).0;
        vk.delta_g1 = g1(&other);
        vk.delta_g2 = g2(&other);
    });
    contribute_known(&mut ceremony, "Carol", CAROL);
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::Delta));
}

#[test]
fn a_delta_that_differs_between_the_groups_is_named() {
    let (mut ceremony, powers) = after_alice("delta-g2");
    bob_cheats(&mut ceremony, |ceremony| {
        key_mut(ceremony).0.delta_g2 = g2(&Scalar::from(ALICE * BOB + 1));
    });
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::DeltaG2));
}

#[test]
fn points_that_were_not_divided_are_named() {
    for (list, test) in [(Divided::H, "h"), (Divided::L, "l")] {
        let (mut ceremony, powers) = after_alice(test);
        let before = key_mut(&mut ceremony).1.clone();
        bob_cheats(&mut ceremony, |ceremony| match list {
            Divided::H => key_mut(ceremony).1.h = before.h,
            Divided::L => key_mut(ceremony).1.l = before.l,
        });
        assert_eq!(verdict(&ceremony, &powers), bob(Reason::NotDivided(list)));
        // What follows does not hide it.
        contribute_known(&mut ceremony, "Carol", CAROL);
        assert_eq!(verdict(&ceremony, &powers), bob(Reason::NotDivided(list)));
    }
}

#[test]
fn one_wrong_point_among_many_is_named() {
    let (mut ceremony, powers) = after_alice("one-point");
    bob_cheats(&mut ceremony, |ceremony| {
        key_mut(ceremony).1.h[17] = g1(&Scalar::from(8))
    });
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::NotDivided(Divided::H)));
}

#[test]
fn altered_fixed_points_are_named() {
    let one = Scalar::one();
    type Change = fn(&mut Ceremony, Scalar);
    let changes: [(FixedPart, Change); 5] = [
        (FixedPart::Secrets, |c, x| key_mut(c).0.gamma_g2 = g2(&(x + x))),
        (FixedPart::Inputs, |c, x| key_mut(c).0.ic[1] = g1(&x)),
        (FixedPart::A, |c, x| key_mut(c).1.a[3] = g1(&x)),
        (FixedPart::BG1, |c, x| key_mut(c).1.b_g1[0] = g1(&x)),
        (FixedPart::BG2, |c, x| key_mut(c).1.b_g2[5] = g2(&x)),
    ];
    for (part, change) in changes {
        let (mut ceremony, powers) = after_alice("fixed");
        bob_cheats(&mut ceremony, |ceremony| change(ceremony, one));
        assert_eq!(verdict(&ceremony, &powers), bob(Reason::Fixed(Some(part))));
        contribute_known(&mut ceremony, "Carol", CAROL);
        assert_eq!(verdict(&ceremony, &powers), bob(Reason::Fixed(None)));
    }
}

#[test]
fn a_wrong_proof_of_knowledge_is_named() {
    let other = Scalar::from(12345);
    for wrong in 0..3 {
        let (mut ceremony, powers) = after_alice("knowledge");
        bob_lies(&mut ceremony, false, |record| match wrong {
            0 => record.knowledge.s = g1(&other),
            1 => record.knowledge.s_x = g1(&other),
            _ => record.knowledge.r_x = g2(&other),
        });
        assert_eq!(verdict(&ceremony, &powers), bob(Reason::Knowledge));
        assert_eq!(culprit(ceremony.check(&silent)), bob(Reason::Knowledge));
    }
}

#[test]
fn nothing_in_a_record_can_be_changed_without_the_secret() {
    type Change = fn(&mut Contribution);
    let changes: [Change; 6] = [
        |record| record.name = "Mallory".into(),
        |record| record.state.fixed[0] ^= 1,
        |record| record.state.result[0] ^= 1,
        |record| record.probe_h = record.probe_l,
        |record| record.probe_l = record.probe_h,
        |record| {
            record.kind = ContributionKind::Beacon {
                value: vec![1],
                log2: 0,
            }
        },
    ];
    for change in changes {
        let (mut ceremony, powers) = after_alice("record");
        bob_lies(&mut ceremony, false, change);
        let (number, _, reason) = verdict(&ceremony, &powers);
        assert_eq!((number, reason), (2, Reason::Knowledge));
    }
}

#[test]
fn the_same_secret_under_another_name_is_named() {
    let (mut ceremony, powers) = after_alice("same");
    contribute_known(&mut ceremony, "Bob", BOB);
    contribute_known(&mut ceremony, "Carol", ALICE);
    let reason = Reason::SameSecret {
        number: 1,
        name: "Alice".into(),
    };
    assert_eq!(verdict(&ceremony, &powers), (3, "Carol".into(), reason));
}

#[test]
fn contributions_that_take_others_back_are_named() {
    // A secret of one changes nothing.
    let (mut ceremony, powers) = after_alice("one");
    contribute_known(&mut ceremony, "Bob", 1);
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::DeltaRepeated(1)));
}

#[test]
fn a_lie_about_the_key_is_noticed_by_the_next_contributor() {
    type Lie = (Reason, fn(&mut Contribution));
    let lies: [Lie; 4] = [
        (Reason::Result, |record| record.state.result[5] ^= 1),
        (Reason::Result, |record| record.state.fixed[5] ^= 1),
        (Reason::Probe(Divided::H), |record| {
            record.probe_h = g1(&Scalar::from(4))
        }),
        (Reason::Probe(Divided::L), |record| {
            record.probe_l = g1(&Scalar::from(4))
        }),
    ];
    for (reason, lie) in lies {
        let (mut ceremony, _) = after_alice("lie");
        bob_lies(&mut ceremony, true, lie);
        let before = ceremony.clone();
        let error = ceremony.contribute("Carol", b"", &silent);
        assert_eq!(culprit(error), bob(reason));
        assert_eq!(ceremony, before);
    }
}

#[test]
fn an_undivided_key_behind_an_honest_record_is_noticed_by_the_next_contributor() {
    let (mut ceremony, powers) = after_alice("hidden");
    let before = key_mut(&mut ceremony).1.clone();
    contribute_known(&mut ceremony, "Bob", BOB);
    key_mut(&mut ceremony).1.h = before.h;
    assert_eq!(culprit(ceremony.contribute("Carol", b"", &silent)), bob(Reason::Result));
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::Result));
    // Whoever builds on it without a look takes the blame: the record vouches for the key it was made on.
    contribute_known(&mut ceremony, "Carol", CAROL);
    assert_eq!(
        verdict(&ceremony, &powers),
        (3, "Carol".into(), Reason::NotDivided(Divided::H))
    );
}

#[test]
fn a_beacon_is_recomputed_and_ends_the_ceremony() {
    let (mut ceremony, powers) = after_alice("beacon");
    ceremony.beacon(&[7; 32], 4, &silent).expect("ends");
    ceremony.verify(&powers, &matrices(), &silent).expect("verifies");
    let error = ceremony.contribute("Carol", b"", &silent).expect_err("ended");
    assert!(matches!(error, CeremonyError::Ended(2)), "{error}");
    let error = ceremony.beacon(&[8; 32], 4, &silent).expect_err("ended");
    assert!(matches!(error, CeremonyError::Ended(2)), "{error}");
    contribute_known(&mut ceremony, "Carol", CAROL);
    assert_eq!(verdict(&ceremony, &powers), (3, "Carol".into(), Reason::AfterBeacon));
}

#[test]
fn a_beacon_with_a_secret_of_ones_own_is_named() {
    let (mut ceremony, powers) = after_alice("false-beacon");
    bob_lies(&mut ceremony, true, |record| {
        record.kind = ContributionKind::Beacon {
            value: vec![7; 32],
            log2: 2,
        }
    });
    assert_eq!(verdict(&ceremony, &powers), bob(Reason::Beacon));
}

#[test]
fn beacons_and_names_out_of_bounds_are_refused() {
    let (mut ceremony, _) = after_alice("bounds");
    for (value, log2) in [(&[][..], 1), (&[1; 65], 1), (&[1; 32], 46)] {
        let error = ceremony.beacon(value, log2, &silent).expect_err("out of bounds");
        assert!(matches!(error, CeremonyError::BeaconBounds), "{error}");
    }
    for name in ["two\nlines", &"x".repeat(101)] {
        let error = ceremony.contribute(name, b"", &silent).expect_err("out of bounds");
        assert!(matches!(error, CeremonyError::Name), "{error}");
    }
}

#[test]
fn a_ceremony_on_other_powers_is_refused() {
    let (mut ceremony, _) = after_alice("other-powers");
    contribute_known(&mut ceremony, "Bob", BOB);
    let mut secrets = known(6);
    secrets.tau += Scalar::one();
    let others = read_sections("others", &secrets.sections(), 6).expect("good powers");
    let error = ceremony
        .verify(&others, &matrices(), &silent)
        .expect_err("other powers");
    assert!(matches!(error, CeremonyError::OtherStart), "{error}");
}

#[test]
fn a_ceremony_of_another_circuit_is_refused() {
    let (ceremony, powers) = after_alice("other-circuit");
    let mut other = matrices();
    other.coefficients[1] += Scalar::one();
    let error = ceremony.verify(&powers, &other, &silent).expect_err("another circuit");
    assert!(
        matches!(
            error,
            CeremonyError::OtherCircuit { found, expected } if found == matrices().id() && expected == other.id()
        ),
        "{error}"
    );
}
