//! Whole batches in the first order: with the prover's choices held fixed, nothing else can move.

use cloister_circuits_testing::{undetermined, Sheet, TestSystem};

use crate::{
    scenes::{batch, scene, Indexed, Scene, OF_PLACES, OF_SMALL},
    table::{matches, Free, Table, CHALLENGE_INVERSE, CLOSE_INVERSE, SLOT_INVERSE, TRIGGER_INVERSE},
};

/// What the prover brings along, by subject; all other wires must follow. Cash, positions, amounts and all instruction
/// fields are not listed: ranges hold them, since bits cannot move in the first order.
const CHOICES: &[(&str, &[&str])] = &[
    (
        "the chain's public data, bound by the statement's hash",
        &[
            "context/genesis *",
            "context/group",
            "context/batch number",
            "context/time",
            "context/payee *",
            "context/salt",
            "B-HOUSE/B-DOORS/paid in",
            "B-HOUSE/B-DOORS/paid out",
            "B-HOUSE/B-DOORS/keep",
            "context/S-RISK/header *",
            "context/S-RISK/row */element *",
        ],
    ),
    (
        "the losses of one lot, which are those of scenarios; two of a row may be alike, and so hold nothing at first",
        &["context/S-RISK/row */B-NEED/loss of a * lot/chosen"],
    ),
    (
        "what a leaf hides",
        &[
            "unit */old account/key/*",
            "unit */old account/view key",
            "unit */old account/nonce",
            "unit */old account/min id",
            "unit */old account/orders root",
        ],
    ),
    ("the view key after a re-key", &["unit */B-REKEY/view key"]),
    (
        "siblings in the account tree",
        &["unit */B-OPENS/account tree/level */child *"],
    ),
    (
        "siblings in the order trees",
        &["unit */place */B-SLOT/order tree/level */child *"],
    ),
    ("the point of which a key is eight times", &["unit */B-OPEN/preimage/*"]),
    (
        "what the house commitments hide",
        &["B-HOUSE/old house/key", "B-HOUSE/old house/nonce"],
    ),
];

const FREE: &[Free] = &[SLOT_INVERSE, TRIGGER_INVERSE, CLOSE_INVERSE, CHALLENGE_INVERSE];

/// For each wire the subject it belongs to.
fn subjects(system: &TestSystem) -> Vec<Option<usize>> {
    let subject = |wire| {
        let name = system.wire_name(wire);
        CHOICES
            .iter()
            .position(|(_, patterns)| patterns.iter().any(|p| matches(p, &name)))
    };
    (0..system.num_wires()).map(subject).collect()
}

/// The wires that are open and not free by design, by name.
fn open(sheet: &Sheet<'_>, subjects: &[Option<usize>], table: &Table) -> Vec<String> {
    undetermined(sheet, |wire| subjects[wire].is_some())
        .into_iter()
        .filter(|wire| !table.excuses(sheet, *wire))
        .map(|wire| sheet.system().wire_name(wire))
        .collect()
}

#[test]
fn all_wires_should_follow_from_the_choices() {
    let table = Table::new(FREE);
    // More than once round the scenes, and a part of a round.
    let recorded: [(&Indexed, u64); 2] = [(&OF_SMALL, 18), (&OF_PLACES, 4)];
    for (recorded, count) in recorded {
        let subjects = subjects(&recorded.system);
        for seed in 204..204 + count {
            let sheet = recorded.sheet(batch(scene(seed), seed, recorded.shape));
            let open = open(&sheet, &subjects, &table);
            assert!(
                open.is_empty(),
                "{:?}, seed {seed}: {} wires: {open:#?}",
                scene(seed),
                open.len()
            );
        }
    }
    table.finish();
}

#[test]
fn every_subject_of_choices_should_be_needed() {
    // A dozen wires of a subject no longer given: they must be free to move, or the list would claim too much.
    let sheet = OF_SMALL.sheet(batch(Scene::Rekeyed, 5, OF_SMALL.shape));
    let subjects = subjects(sheet.system());
    for (i, (subject, _)) in CHOICES.iter().enumerate() {
        let of_subject = (0..subjects.len()).filter(|wire| subjects[*wire] == Some(i));
        let released: Vec<usize> = of_subject.take(12).collect();
        let open = undetermined(&sheet, |wire| subjects[wire].is_some() && !released.contains(&wire));
        assert!(!open.is_empty(), "{subject}: follows from the rest");
        println!(
            "{subject}: {} wires move when {} are released",
            open.len(),
            released.len()
        );
    }
}
