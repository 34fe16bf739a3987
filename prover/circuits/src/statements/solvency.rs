//! The solvency statement (`docs/spec/solvency.md`), the twin of `cloister_ledger::solvency`.
//!
//! One circuit for all statements of a round: what only the last one shows is multiplied by a public bit. Every public
//! value is a wire of its own, compared with what the circuit computes in a namespace of its rule; the last constraint
//! compares the hash of these wires with the public input (D-STATEMENT).

mod account;
mod house;
mod public;
mod run;
mod standing;
mod sums;
mod table;

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_groth16::{
    parallel::{join, prelude::*},
    Assignment,
};
use cloister_ledger::Account;
pub use cloister_ledger::{solvency::SUBTREE_LEAVES, SolvencyShape, SolvencyStatement, SolvencyWitness};

use self::{
    account::AccountOutput,
    house::House,
    public::Public,
    run::Run,
    sums::{FoundWires, SumsWires},
    table::Columns,
};
use crate::{
    gadgets::{
        num::{enforce_equal, Num},
        poseidon2::compress8,
    },
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "D-STATEMENT/public input is the hash";

/// The circuit of a solvency statement.
#[derive(Clone, Debug)]
pub struct SolvencyCircuit {
    /// Number of subtrees.
    pub shape: SolvencyShape,
    /// The statement, or none to generate parameters.
    pub statement: Option<SolvencyStatement>,
    /// The private data. It must have the accounts and nodes of the shape; apart from that one that does not fit the
    /// statement synthesises like any other and leaves constraints of the broken rules unsatisfied.
    pub witness: Option<SolvencyWitness>,
}

impl SolvencyCircuit {
    /// The circuit without a witness, for parameters and identities.
    pub fn blank(shape: SolvencyShape) -> Self {
        Self {
            shape,
            statement: None,
            witness: None,
        }
    }

    /// The circuit with a statement and its witness.
    pub fn proving(shape: SolvencyShape, statement: SolvencyStatement, witness: SolvencyWitness) -> Self {
        Self {
            shape,
            statement: Some(statement),
            witness: Some(witness),
        }
    }
}

/// What comes before the subtrees.
struct Opening {
    input: Num,
    public: Public,
    columns: Columns,
}

/// What a subtree leaves.
struct SubtreeOutput {
    /// The node over its leaves.
    node: Num,
    /// How many of its leaves are accounts.
    present: Num,
    /// What was found in them.
    found: FoundWires,
}

impl Opening {
    fn synthesize<CS: ConstraintSystem<Fr>>(cs: &mut CS, circuit: &SolvencyCircuit) -> Result<Self, SynthesisError> {
        let opening = Self::alloc(cs, circuit)?;
        opening.enforce_table(cs)?;
        Ok(opening)
    }

    /// Its wires without those of the table's hash.
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, circuit: &SolvencyCircuit) -> Result<Self, SynthesisError> {
        let statement = circuit.statement.as_ref();
        let input = Num::alloc_input(cs, || "statement", statement.map(SolvencyStatement::hash))?;
        let public = Public::alloc(cs, statement)?;
        let columns = Columns::alloc(cs, circuit.witness.as_ref().map(|w| &w.table))?;
        Ok(Self { input, public, columns })
    }

    fn enforce_table<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS) -> Result<(), SynthesisError> {
        self.columns.enforce_hash(cs, &self.public.risk_hash)
    }

    /// What comes after the subtrees.
    fn close<CS: ConstraintSystem<Fr>>(
        self,
        cs: &mut CS,
        circuit: &SolvencyCircuit,
        subtrees: &[SubtreeOutput],
    ) -> Result<(), SynthesisError> {
        let Self { input, public, columns } = self;
        let witness = circuit.witness.as_ref();
        let first = circuit.statement.as_ref().map(|s| s.first.get());
        let run = Run::new(cs, circuit.shape, &public, first)?;
        run.enforce_end(cs, subtrees.iter().map(|subtree| &subtree.present));
        let nodes: Vec<&Num> = subtrees.iter().map(|subtree| &subtree.node).collect();
        run.enforce_opens(cs, &nodes, &public.root, witness)?;
        let before = SumsWires::alloc_before(cs, witness.map(|w| &w.before))?;
        let blinding = witness.map(|w| w.blinding);
        let found = subtrees.iter().map(|subtree| &subtree.found);
        let after = before.add(cs, found, blinding, [&public.before, &public.after])?;
        let house = House::alloc(cs, &columns, witness.map(|w| &w.house))?;
        public.enforce_outcome(cs, &house, &after)?;
        let mut cs = cs.namespace(|| "D-STATEMENT");
        let hash = public.hash(&mut cs, &columns)?;
        // Whatever the chain did not put into the hash it compares with, nobody has proven.
        enforce_equal(&mut cs, || "public input is the hash", &hash, &input);
        Ok(())
    }
}

impl SolvencyCircuit {
    /// Synthesises subtree `number`.
    fn subtree<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        columns: &Columns,
        number: usize,
    ) -> Result<SubtreeOutput, SynthesisError> {
        let mut cs = cs.namespace(|| format!("subtree {number}"));
        let mut outputs = Vec::with_capacity(SUBTREE_LEAVES);
        for i in 0..SUBTREE_LEAVES {
            let account: Option<Option<&Account>> = self
                .witness
                .as_ref()
                .map(|w| w.accounts.get(number * SUBTREE_LEAVES + i).map(Option::as_ref))
                .map(|account| account.ok_or(SynthesisError::AssignmentMissing))
                .transpose()?;
            let mut cs = cs.namespace(|| format!("account {i}"));
            outputs.push(AccountOutput::synthesize(&mut cs, columns, account)?);
        }
        let leaves = std::array::from_fn(|i| outputs[i].leaf.clone());
        let node = compress8(&mut cs, "D-OPENS", &leaves)?;
        Ok(SubtreeOutput {
            node,
            present: Num::total(outputs.iter().map(|output| output.present.num())),
            found: FoundWires::total(outputs.iter().map(|output| &output.found)),
        })
    }

    /// The values of all wires, computed on all cores: the subtrees and the hash of the risk table at the same time,
    /// each in an assignment of its own. The wires of the parts, one part after the other, are those of
    /// [`Circuit::synthesize`].
    ///
    /// # Errors
    /// [`SynthesisError::AssignmentMissing`] without a witness, or with one of another shape.
    pub fn values_in_parts(&self) -> Result<Vec<Assignment>, SynthesisError> {
        let mut first = Assignment::default();
        let opening = Opening::alloc(&mut first, self)?;
        let (second, subtrees) = join(
            || {
                let mut part = Assignment::default();
                opening.enforce_table(&mut part)?;
                Ok::<_, SynthesisError>(part)
            },
            || {
                (0..usize::from(self.shape.subtrees))
                    .into_par_iter()
                    .map(|number| {
                        let mut part = Assignment::default();
                        let output = self.subtree(&mut part, &opening.columns, number)?;
                        Ok((part, output))
                    })
                    .collect::<Result<Vec<_>, SynthesisError>>()
            },
        );
        let (subtrees, outputs): (Vec<Assignment>, Vec<SubtreeOutput>) = subtrees?.into_iter().unzip();
        let mut last = Assignment::default();
        opening.close(&mut last, self, &outputs)?;
        Ok([first, second?].into_iter().chain(subtrees).chain([last]).collect())
    }
}

impl Circuit<Fr> for SolvencyCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let opening = Opening::synthesize(cs, &self)?;
        let subtrees = (0..usize::from(self.shape.subtrees))
            .map(|number| self.subtree(cs, &opening.columns, number))
            .collect::<Result<Vec<_>, _>>()?;
        opening.close(cs, &self, &subtrees)
    }
}
