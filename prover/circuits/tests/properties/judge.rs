//! The circuit's verdict on single units: the constraints are recorded once, and only values are computed after that.

use cloister_types::Amount;
use std::ops::Range;

use cloister_circuits::{statements::batch::BatchCircuit, Fr};
use cloister_circuits_testing::TestSystem;
use cloister_groth16::Assignment;
use cloister_ledger::{BatchContext, BatchWitness, House, Mode, Shape, UnitError, UnitWitness};
use cloister_ledger_testing::World;
use rayon::prelude::*;

/// What belongs to one unit of the recorded circuit.
struct Part {
    constraints: Range<usize>,
    wires: Range<usize>,
    /// The constraint that compares the opened root with the one before the unit.
    old_root: usize,
}

/// The recorded circuit of a shape.
pub struct Judge {
    pub shape: Shape,
    system: TestSystem,
    parts: Vec<Part>,
}

/// What the circuit says of a unit.
#[derive(Debug)]
pub enum Verdict {
    /// It is satisfied; the account root after, where the circuit shows it (not of a batch's last unit).
    Satisfied(Option<Fr>),
    /// The first constraint that fails.
    Broken(String),
}

/// Both verdicts on a unit, which agree.
pub struct Judged {
    pub unit: UnitWitness,
    pub refused: Option<UnitError>,
}

/// The wires of a circuit in parts, in the order in which the recorded system numbers them.
fn values(circuit: &BatchCircuit) -> (Vec<Fr>, Vec<usize>) {
    let parts: Vec<Assignment> = circuit
        .values_in_parts()
        .expect("every witness of the shape has values");
    let lengths = parts.iter().map(|part| part.aux.len()).collect();
    let Assignment { inputs, aux } = Assignment::from_parts(parts);
    // The only input is the first wire of the circuit.
    (inputs.into_iter().chain(aux).collect(), lengths)
}

impl Judge {
    pub fn new(shape: Shape) -> Self {
        let mut world = World::with_traders(1, 4, shape);
        let request = world.random_batch(shape);
        let (witness, effect) = world.apply(shape, &request);
        let circuit = BatchCircuit::proving(shape, witness, effect.statement.hash());
        let (all, lengths) = values(&circuit);
        let system = TestSystem::of(circuit).expect("the witness fits");
        assert!(system.is_satisfied() && system.values() == all);
        let names: Vec<String> = (0..system.num_constraints())
            .map(|k| system.constraint_name(k))
            .collect();
        // The constant one, the input, and what comes before the units; behind them comes the close.
        let before = lengths.len() - usize::from(shape.units) - 1;
        let mut at = 2 + lengths[..before].iter().sum::<usize>();
        let parts = (0..usize::from(shape.units))
            .map(|unit| {
                let prefix = format!("unit {unit}/");
                let inside = |name: &String| name.starts_with(&prefix);
                let first = names.iter().position(inside).expect("units have constraints");
                let count = names[first..].iter().take_while(|name| inside(name)).count();
                let old_root = names.iter().position(|n| *n == format!("{prefix}B-OPENS/old root"));
                let wires = at..at + lengths[before + unit];
                at = wires.end;
                Part {
                    constraints: first..first + count,
                    wires,
                    old_root: old_root.expect("units open the root"),
                }
            })
            .collect();
        Self { shape, system, parts }
    }

    /// The circuit's verdict on a unit, if the root before it is `root`.
    fn verdict(&self, unit: usize, values: &[Fr], root: Fr) -> Verdict {
        let part = &self.parts[unit];
        let opens = self.system.left_within(part.old_root, &part.wires, values) == root;
        let broken = |k: &usize| {
            if *k == part.old_root {
                !opens
            } else {
                !self.system.holds_under(*k, values)
            }
        };
        match part.constraints.clone().find(broken) {
            Some(k) => Verdict::Broken(self.system.constraint_name(k)),
            None => {
                // As the next unit's comparison takes it.
                let after = |next: &Part| -self.system.left_within(next.old_root, &part.wires, values);
                Verdict::Satisfied(self.parts.get(unit + 1).map(after))
            }
        }
    }

    /// Judges units of one state, none of which sees what another did, natively and in the circuit. There must be as
    /// many as the shape has.
    ///
    /// # Panics If the verdicts differ, or the roots after a unit do.
    pub fn judge(&self, context: &BatchContext, root: Fr, units: Vec<UnitWitness>) -> Vec<Judged> {
        let native: Vec<_> = units
            .par_iter()
            .map(|unit| unit.check(context, root, self.shape.places.into()))
            .collect();
        let witness = BatchWitness {
            context: context.clone(),
            old_root: root,
            house: House::default(),
            sweep: Amount::ZERO,
            doors: Default::default(),
            insurance_out: Amount::ZERO,
            doors_choice: Default::default(),
            empty_mask: 0,
            units,
            house_margin: Default::default(),
        };
        let circuit = BatchCircuit::proving(self.shape, witness, Fr::zero());
        let (values, _) = values(&circuit);
        let verdicts: Vec<_> = (0..native.len())
            .into_par_iter()
            .map(|unit| self.verdict(unit, &values, root))
            .collect();
        let units = circuit.witness.map(|w| w.units).unwrap_or_default();
        let judged = units.into_iter().zip(native).zip(verdicts);
        judged
            .map(|((unit, native), verdict)| {
                let refused = match (native, verdict) {
                    (Ok(effect), Verdict::Satisfied(after)) => {
                        assert!(after.is_none_or(|root| root == effect.root), "{unit:#?}");
                        None
                    }
                    (Err(error), Verdict::Broken(_)) => Some(error),
                    // The circuit asks it of the house, of all units together: what the unit sheds in the row is not
                    // zero, so the house refuses it (B-STALE; whole batches are in `tests/batch`).
                    (Err(error @ UnitError::StaleLots(row)), Verdict::Satisfied(_)) => {
                        let row = usize::from(row);
                        let sheds = unit.mode == Mode::Takeover && !unit.before.positions[row].is_zero();
                        assert!(sheds && context.table.rows[row].stale, "{unit:#?}");
                        Some(error)
                    }
                    (Ok(_), Verdict::Broken(name)) => panic!("native code accepts, {name} fails: {unit:#?}"),
                    (Err(error), Verdict::Satisfied(_)) => panic!("the circuit accepts, but {error:?}: {unit:#?}"),
                };
                Judged { unit, refused }
            })
            .collect()
    }
}
