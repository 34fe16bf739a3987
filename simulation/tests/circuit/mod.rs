//! A sample of batches with everything a batch can hold, and whether the circuit is satisfied by them.

use cloister_circuits::{
    statements::{batch::BatchCircuit, solvency::SolvencyCircuit},
    Fr,
};
use cloister_groth16::{Assignment, Matrices, Matrix};
use cloister_ledger::{
    solvency::{Found, SolvencyOutcome},
    InstructionKind as Instruction, Mode, Party, Shape, SolvencyStatement,
};
use cloister_simulation::{
    rounds::{Round, Stated, SHAPE},
    Event, Settled,
};
use cloister_types::{Amount, Lots, Money, Total};
use std::collections::BTreeMap;

/// What the sample must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A unit of each mode.
    Open,
    Rekey,
    Switch,
    Normal,
    Forced,
    /// A forced withdrawal that gets less than it asks for.
    ForcedInPart,
    Liquidation,
    /// Both legs of a pair in one unit, which takes the shape for market makers.
    LiquidationOfPair,
    Expiry,
    Takeover,
    Padding,
    /// Both sides of deleveraging.
    Insolvent,
    Counterparty,
    /// A signed instruction of each kind.
    Order,
    Cancel,
    CancelAll,
    Withdrawal,
    Transfer,
    /// Fees are paid out.
    Sweep,
    /// A row is proven empty.
    EmptyRow,
    /// The house holds lots after the batch.
    HouseHolds,
}

const ALL: [Kind; 21] = [
    Kind::Open,
    Kind::Rekey,
    Kind::Switch,
    Kind::Normal,
    Kind::Forced,
    Kind::ForcedInPart,
    Kind::Liquidation,
    Kind::LiquidationOfPair,
    Kind::Expiry,
    Kind::Takeover,
    Kind::Padding,
    Kind::Insolvent,
    Kind::Counterparty,
    Kind::Order,
    Kind::Cancel,
    Kind::CancelAll,
    Kind::Withdrawal,
    Kind::Transfer,
    Kind::Sweep,
    Kind::EmptyRow,
    Kind::HouseHolds,
];

fn kinds(settled: &Settled) -> Vec<Kind> {
    let mut out = Vec::new();
    for unit in &settled.witness.units {
        out.push(match unit.mode {
            Mode::Open => Kind::Open,
            Mode::Rekey => Kind::Rekey,
            Mode::Normal => Kind::Normal,
            Mode::Forced if unit.paid < unit.requested => Kind::ForcedInPart,
            Mode::Forced => Kind::Forced,
            Mode::Liquidation if unit.places.iter().filter(|p| p.fill.quantity > Lots::ZERO).count() > 1 => {
                Kind::LiquidationOfPair
            }
            Mode::Liquidation => Kind::Liquidation,
            Mode::Expiry => Kind::Expiry,
            Mode::Takeover => Kind::Takeover,
            Mode::Padding => Kind::Padding,
            Mode::Deleveraging(Party::Insolvent) => Kind::Insolvent,
            Mode::Deleveraging(Party::Counterparty) => Kind::Counterparty,
            Mode::Switch => Kind::Switch,
            // Nobody leaves this market.
            Mode::Close => Kind::Padding,
        });
        for place in &unit.places {
            match place.signed.instruction.kind {
                Instruction::None => (),
                Instruction::Order => out.push(Kind::Order),
                Instruction::Cancel => out.push(Kind::Cancel),
                Instruction::CancelAll => out.push(Kind::CancelAll),
                Instruction::Withdrawal => out.push(Kind::Withdrawal),
                Instruction::Transfer => out.push(Kind::Transfer),
            }
        }
    }
    let statement = &settled.effect.statement;
    let whole = [
        (statement.sweep > Amount::ZERO, Kind::Sweep),
        (statement.empty_mask != 0, Kind::EmptyRow),
        (
            settled.effect.house.positions.iter().any(|q| !q.is_zero()),
            Kind::HouseHolds,
        ),
    ];
    out.extend(whole.into_iter().filter(|(seen, _)| *seen).map(|(_, kind)| kind));
    out
}

/// Of each kind the first batch in the smallest shape, and the solvency round with the largest debt.
#[derive(Default)]
pub struct Samples {
    batches: BTreeMap<Kind, Settled>,
    round: Option<Round>,
}

impl Samples {
    /// Keeps what is the best of a kind so far.
    pub fn offer(&mut self, event: Event<'_>) {
        match event {
            Event::Batch(settled) => self.offer_batch(settled),
            Event::Round(round) => {
                let debt = self.round.as_ref().map_or(0, |kept| kept.shown.debt);
                if round.shown.debt > debt {
                    self.round = Some(round.clone());
                }
            }
        }
    }

    fn offer_batch(&mut self, settled: &Settled) {
        let size = |shape: Shape| shape.units * shape.places;
        for kind in kinds(settled) {
            let better = |kept: &Settled| size(settled.shape) < size(kept.shape);
            if self.batches.get(&kind).is_none_or(better) {
                self.batches.insert(kind, settled.clone());
            }
        }
    }

    /// Kinds of which there was no batch.
    pub fn missing(&self) -> Vec<Kind> {
        ALL.into_iter()
            .filter(|kind| !self.batches.contains_key(kind))
            .collect()
    }

    /// The last statement of the round satisfies the circuit, and shows no other outcome.
    pub fn check_round(&self) {
        let round = self.round.as_ref().expect("an hour at whose end somebody owes");
        let Stated { statement, witness } = round.statements.last().expect("a round has a statement");
        let matrices = Matrices::record(SolvencyCircuit::blank(SHAPE)).expect("a blank circuit synthesises");
        let broken = |statement: &SolvencyStatement| {
            let circuit = SolvencyCircuit::proving(SHAPE, *statement, witness.clone());
            let parts = circuit.values_in_parts().expect("a witness of the shape");
            first_broken(&matrices, parts, statement.hash())
        };
        assert_eq!(broken(statement), None);
        for outcome in others(statement.outcome.as_ref().expect("the last shows the outcome")) {
            let outcome = Some(outcome);
            assert!(
                broken(&SolvencyStatement { outcome, ..*statement }).is_some(),
                "{outcome:?}"
            );
        }
        println!("round at {}: satisfied, {:?}", statement.table_time, round.shown);
    }

    /// Every sampled batch satisfies the circuit of its shape under its statement, and under no other.
    pub fn check(self) {
        let mut batches: BTreeMap<(Shape, u64), Settled> = BTreeMap::new();
        for settled in self.batches.into_values() {
            batches.insert((settled.shape, settled.witness.context.batch_no), settled);
        }
        let mut recorded: Option<(Shape, Matrices)> = None;
        for ((shape, number), settled) in batches {
            // Sorted by shape: each is recorded once, and one is held at a time.
            let matrices = match recorded.take() {
                Some((of, matrices)) if of == shape => matrices,
                _ => Matrices::record(BatchCircuit::blank(shape)).expect("a blank circuit synthesises"),
            };
            let statement = settled.effect.statement.hash();
            let broken = |statement: Fr| {
                let circuit = BatchCircuit::proving(shape, settled.witness.clone(), statement);
                let parts = circuit.values_in_parts().expect("a witness of the shape");
                first_broken(&matrices, parts, statement)
            };
            assert_eq!(broken(statement), None, "batch {number}, {shape:?}");
            assert!(broken(statement + Fr::one()).is_some());
            println!("batch {number} of shape {}x{}: satisfied", shape.units, shape.places);
            recorded = Some((shape, matrices));
        }
    }
}

/// The same outcome with one of its numbers changed, and the one that hides the debts.
fn others(outcome: &SolvencyOutcome) -> [SolvencyOutcome; 5] {
    let found = outcome.found;
    let of = |found: Found, surplus: i128| SolvencyOutcome {
        found,
        surplus: Money(surplus),
        ..*outcome
    };
    let surplus = outcome.surplus.get();
    let more = |sum: Total| Total(sum.get() + 1);
    let short = found.short + 1;
    let (debt, live_debt) = (more(found.debt), more(found.live_debt));
    let hidden = surplus + found.debt.get() as i128;
    [
        of(Found { short, ..found }, surplus),
        of(Found { debt, ..found }, surplus - 1),
        of(Found { live_debt, ..found }, surplus),
        of(found, surplus + 1),
        of(Found::default(), hidden),
    ]
}

/// The first constraint that the values do not satisfy.
fn first_broken(matrices: &Matrices, parts: Vec<Assignment>, statement: Fr) -> Option<usize> {
    let assignment = Assignment::from_parts(parts);
    assert_eq!(assignment.inputs, [Fr::one(), statement]);
    let wires = [&assignment.inputs[..], &assignment.aux].concat();
    assert_eq!(wires.len(), matrices.wires());
    let side = |matrix: &Matrix, row: usize| {
        let terms = matrices.row(matrix, row);
        terms.fold(Fr::zero(), |sum, (wire, coefficient)| sum + wires[wire] * coefficient)
    };
    (0..matrices.constraints()).find(|row| side(&matrices.a, *row) * side(&matrices.b, *row) != side(&matrices.c, *row))
}
