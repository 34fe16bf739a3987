//! What the prover names by a wire, and no other wire follows from: native code must allow exactly the same names.

use std::collections::BTreeMap;

use cloister_circuits::Fr;
use cloister_circuits_testing::{Outcome, Sheet};
use cloister_crypto::constants::{FORCED_DEFICITS, SCENARIOS};
use cloister_ledger::{BatchWitness, Mode};
use cloister_risk::MarginChoice;

use crate::scenes::{batch, Indexed, Scene, OF_PLACES, OF_SMALL, SCENES};

/// Every name that a mode has wires for.
fn names(mode: Mode) -> Vec<MarginChoice> {
    let deficits = (0..16).map(MarginChoice::NotWorse);
    match mode {
        Mode::Normal | Mode::Deleveraging(_) => [MarginChoice::Initial].into_iter().chain(deficits).collect(),
        Mode::Liquidation => deficits.collect(),
        Mode::Forced => [MarginChoice::Initial]
            .into_iter()
            .chain((0..17).map(MarginChoice::Tight))
            .collect(),
        Mode::Open | Mode::Rekey | Mode::Switch | Mode::Expiry | Mode::Takeover | Mode::Padding | Mode::Close => {
            Vec::new()
        }
    }
}

/// The wires of a name: the side of the rule, and one of the deficits.
struct Wires {
    side: Option<usize>,
    deficits: Vec<usize>,
}

impl Wires {
    fn new(sheet: &Sheet<'_>, side: Option<&str>, deficits: &str, count: usize) -> Self {
        let find = |name: &str| {
            sheet
                .system()
                .find_wire(name)
                .unwrap_or_else(|| panic!("no wire {name}"))
        };
        let first = find(&format!("{deficits}/choice 0"));
        // One after the other, each with its boolean check.
        let deficits: Vec<usize> = (first..first + count).collect();
        for (i, wire) in deficits.iter().enumerate() {
            assert_eq!(sheet.system().wire_own_name(*wire), format!("choice {i}"));
        }
        Self {
            side: side.map(find),
            deficits,
        }
    }

    fn values(&self, name: MarginChoice) -> Vec<(usize, Fr)> {
        let truth = |x: bool| Fr::from(u64::from(x));
        let chosen = match name {
            MarginChoice::Initial => None,
            MarginChoice::NotWorse(s) | MarginChoice::Tight(s) => Some(usize::from(s)),
        };
        let side = self.side.map(|wire| (wire, truth(chosen.is_some())));
        let choices = self.deficits.iter().enumerate();
        let choices = choices.map(|(s, wire)| (*wire, truth(chosen == Some(s))));
        side.into_iter().chain(choices).collect()
    }
}

/// Names the margin of every unit and of the house in every way.
fn rename(recorded: &Indexed, sheet: &Sheet<'_>, witness: &BatchWitness, mut look: impl FnMut(&str, bool)) {
    let shape = recorded.shape;
    let effect = witness.check(shape).expect("the batch is valid");
    let mut cheater = recorded.repair.at(sheet);
    let mut accepts = |changes: &[(usize, Fr)]| matches!(cheater.attempt(changes), Outcome::Accepted(_));
    let roots = std::iter::once(witness.old_root).chain(effect.units.iter().map(|unit| unit.root));
    for (number, (unit, root)) in witness.units.iter().zip(roots).enumerate() {
        let deficits = format!("unit {number}/B-MARGIN/chosen deficit/scenario");
        let side = match unit.mode {
            Mode::Normal | Mode::Deleveraging(_) => Some(format!("unit {number}/B-MARGIN/relaxed")),
            Mode::Forced => Some(format!("unit {number}/B-FORCED/limited")),
            _ => None,
        };
        if unit.mode == Mode::Liquidation {
            let wires = Wires::new(
                sheet,
                None,
                &format!("unit {number}/B-MARGIN/B-NEED/scenario"),
                SCENARIOS,
            );
            for need in 0..16 {
                let mut renamed = unit.clone();
                renamed.need = need;
                let natively = renamed.check(&witness.context, root, shape.places.into()).is_ok();
                let accepted = accepts(&wires.values(MarginChoice::NotWorse(need)));
                assert_eq!(accepted, natively, "unit {number}: need of scenario {need}");
                look("Need", accepted);
            }
        }
        let wires = Wires::new(sheet, side.as_deref(), &deficits, FORCED_DEFICITS);
        for name in names(unit.mode) {
            let mut renamed = unit.clone();
            renamed.margin = name;
            let natively = renamed.check(&witness.context, root, shape.places.into()).is_ok();
            let accepted = accepts(&wires.values(name));
            assert_eq!(accepted, natively, "unit {number}, {:?}: {name:?}", unit.mode);
            look(&format!("{:?}", unit.mode), accepted);
        }
    }
    let (side, deficits) = ("B-HOUSE/B-HOUSE-MARGIN/relaxed", "B-HOUSE/B-HOUSE-MARGIN/scenario");
    let wires = Wires::new(sheet, Some(side), deficits, SCENARIOS);
    let mut renamed = witness.clone();
    for name in names(Mode::Normal) {
        renamed.house_margin = name;
        let accepted = accepts(&wires.values(name));
        assert_eq!(accepted, renamed.check(shape).is_ok(), "house: {name:?}");
        look("House", accepted);
    }
    let (side, deficits) = ("B-HOUSE/B-DOORS/limited", "B-HOUSE/B-DOORS/deficit");
    let wires = Wires::new(sheet, Some(side), deficits, FORCED_DEFICITS);
    let mut renamed = witness.clone();
    for name in names(Mode::Forced) {
        renamed.doors_choice = name;
        let accepted = accepts(&wires.values(name));
        assert_eq!(accepted, renamed.check(shape).is_ok(), "insurance: {name:?}");
        look("Insurance", accepted);
    }
}

#[test]
fn circuit_and_native_code_should_allow_the_same_names_of_margin() {
    // How many names were refused and accepted.
    let mut verdicts = BTreeMap::<String, [usize; 2]>::new();
    let small = (500..).zip(SCENES.iter().chain(&SCENES));
    let small = small.map(|(seed, scene)| (&*OF_SMALL, seed, *scene));
    let places = [
        (&*OF_PLACES, 540, Scene::Liquidated),
        (&*OF_PLACES, 541, Scene::Short),
        (&*OF_PLACES, 542, Scene::Unloaded),
    ];
    for (recorded, seed, scene) in small.chain(places) {
        let (witness, statement) = batch(scene, seed, recorded.shape);
        let sheet = recorded.sheet((witness.clone(), statement));
        rename(recorded, &sheet, &witness, |what, accepted| {
            verdicts.entry(what.into()).or_default()[usize::from(accepted)] += 1;
        });
    }
    println!("{verdicts:?}");
    assert_eq!(verdicts.len(), 8);
    for (what, [refused, accepted]) in verdicts {
        assert!(
            refused > 20 && accepted >= 5,
            "{what}: {refused} refused, {accepted} accepted"
        );
    }
}
