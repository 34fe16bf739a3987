//! Satisfied batches of every kind.

mod acts;
mod coverage;
mod scene;
mod stage;

pub use scene::{scene, Scene, SCENES};

use std::sync::LazyLock;

use cloister_circuits::{statements::batch::BatchCircuit, Fr};
use cloister_circuits_testing::{Repair, Sheet, TestSystem, Uses};
use cloister_groth16::Assignment;
use cloister_ledger::{state::StateError, BatchEffect, BatchWitness, Shape};
use cloister_ledger_testing::{Random, World};
use cloister_types::{Amount, Position, Total};
use scene::turn;

/// Many units, so that what a batch has once weighs little.
pub const WIDE: Shape = Shape { units: 16, places: 1 };
/// Several places.
pub const PLACES: Shape = Shape { units: 4, places: 2 };
/// Small, for what costs much.
pub const SMALL: Shape = Shape { units: 2, places: 1 };

/// A shape's recorded circuit with its indices.
pub struct Indexed {
    pub shape: Shape,
    pub system: TestSystem,
    pub uses: Uses,
    pub repair: Repair,
}

impl Indexed {
    fn new(shape: Shape) -> Self {
        let (witness, statement) = batch(Scene::Empty, 0, shape);
        let circuit = BatchCircuit::proving(shape, witness, statement);
        let system = TestSystem::of(circuit).expect("the witness fits");
        Self {
            shape,
            uses: Uses::of(&system),
            repair: Repair::new(&system),
            system,
        }
    }

    /// The assignment of a batch; everything must hold.
    pub fn sheet(&self, (witness, statement): (BatchWitness, Fr)) -> Sheet<'_> {
        let circuit = BatchCircuit::proving(self.shape, witness, statement);
        let parts = circuit.values_in_parts().expect("the witness fits");
        // The only input is the first wire, so these are the wires in the order of their allocation.
        let Assignment { inputs, aux } = Assignment::from_parts(parts);
        let sheet = Sheet::new(&self.system, &self.uses, [inputs, aux].concat());
        assert_eq!(sheet.unsatisfied(), Vec::<String>::new());
        sheet
    }
}

pub static OF_WIDE: LazyLock<Indexed> = LazyLock::new(|| Indexed::new(WIDE));
pub static OF_PLACES: LazyLock<Indexed> = LazyLock::new(|| Indexed::new(PLACES));
pub static OF_SMALL: LazyLock<Indexed> = LazyLock::new(|| Indexed::new(SMALL));

/// A valid batch and its statement's hash.
pub fn batch(scene: Scene, seed: u64, shape: Shape) -> (BatchWitness, Fr) {
    let (witness, effect) = act(scene, seed, shape);
    (witness, effect.statement.hash())
}

/// A valid batch and what it does.
fn act(scene: Scene, seed: u64, shape: Shape) -> (BatchWitness, BatchEffect) {
    let world = stage::set(scene, seed, shape);
    // A flag to reduce may meet a position that an earlier unit has turned; then chance has another go.
    let mut refused = None;
    for attempt in 0..50 {
        let mut world = world.clone();
        world.random = Random::new(seed << 8 | attempt);
        match play(scene, turn(seed), world, shape) {
            Ok(made) => return made,
            Err(error) => refused = Some(error),
        }
    }
    panic!("{scene:?}, seed {seed}: {refused:?}")
}

fn play(scene: Scene, turn: u64, mut world: World, shape: Shape) -> Result<(BatchWitness, BatchEffect), StateError> {
    if scene == Scene::Roamed {
        let request = world.random_batch(shape);
        return Ok(world.apply(shape, &request));
    }
    let units = acts::units(scene, turn, &mut world, shape);
    let mut request = world.request(units);
    let pool = world.state.house().fee_pool.min(Total(1_000)).get() as u64;
    request.doors = world.random_doors();
    request.sweep = Amount(world.random.below(pool + 1));
    // Rows are proven empty by what they hold after the batch.
    let (_, effect) = world.state.clone().apply(shape, &request)?;
    let claims = world.random.word() as u32;
    let is_empty =
        |row: &usize| (effect.house.open_interest[*row], effect.house.positions[*row]) == (0, Position::ZERO);
    request.empty_mask = (0..32).filter(is_empty).fold(0, |mask, row| mask | claims & 1 << row);
    Ok(world.apply(shape, &request))
}
