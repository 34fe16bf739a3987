//! What an account has signed, one after the other, and how it is cut into units.

use cloister_engine::{Holdings, OrderKey, Trade};
use cloister_ledger::{instruction::flags, Fill, InstructionKind, SignedInstruction};
use cloister_risk::RiskTable;
use cloister_types::AccountIndex;
use codec::{Decode, Encode};
use std::{collections::BTreeMap, sync::Arc};

/// Maximum number of steps of a run. Orders that are filled in turn could otherwise share two places for as long as the
/// batch is open, and each step is looked at again with every one that follows.
const MAX_STEPS: usize = 64;

/// An instruction in a batch, with what it fills.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Step {
    pub signed: Arc<SignedInstruction>,
    /// Of an order; nothing of another kind.
    pub fill: Fill,
    /// What the account held before it.
    pub before: Holdings,
}

impl Step {
    pub fn key(&self) -> OrderKey {
        OrderKey::of(&self.signed.instruction)
    }

    /// Whether it is of an order.
    pub fn fills(&self) -> bool {
        self.signed.instruction.kind == InstructionKind::Order
    }

    /// A cancel or cancel-all: the engine has acted on it already, whether or not it can be proven.
    pub fn is_cancel(&self) -> bool {
        matches!(
            self.signed.instruction.kind,
            InstructionKind::Cancel | InstructionKind::CancelAll
        )
    }

    /// Whether it is a withdrawal, which has a unit of its own.
    fn stands_alone(&self) -> bool {
        !self.fills() && !self.is_cancel()
    }

    fn trade(&self) -> Trade {
        let fill = &self.fill;
        Trade {
            row: fill.row.into(),
            side: fill.side,
            quantity: fill.quantity,
            cost: fill.cost,
            fee: fill.fee,
            reduce_only: self.signed.instruction.has(flags::REDUCE_ONLY),
        }
    }
}

/// What an account has signed, with nothing else of the account between. It is cut into units by the places that a
/// shape has; which shape it will be is not known before the batch is closed, so it is cut for each.
///
/// Each step keeps the rules of a unit of its own, so there is always a way to cut it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Run {
    steps: Vec<Step>,
    /// By number of places: how many steps each unit takes.
    cuts: BTreeMap<u16, Vec<u16>>,
}

/// The steps of one unit as its places: those of one order are netted into the first. `None` if a sum does not fit.
fn netted(steps: &[Step]) -> Option<Vec<Step>> {
    let mut places: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let same = |place: &&mut Step| step.fills() && place.key() == step.key() && place.fill.row == step.fill.row;
        match places.iter_mut().find(same) {
            Some(place) => place.fill = sum(&place.fill, &step.fill)?,
            None => places.push(step.clone()),
        }
    }
    Some(places)
}

/// Two fills of one order in one row as one.
pub(crate) fn sum(one: &Fill, more: &Fill) -> Option<Fill> {
    Some(Fill {
        side: one.side,
        row: one.row,
        quantity: one.quantity.checked_add(more.quantity)?,
        cost: one.cost.checked_add(more.cost)?,
        fee: one.fee.checked_add(more.fee)?,
    })
}

/// Whether steps can be one unit of so many places.
fn is_unit(steps: &[Step], places: u16, table: &RiskTable) -> bool {
    let [first, more @ ..] = steps else {
        return false;
    };
    if more.is_empty() {
        return true;
    }
    let Some(netted) = netted(steps).filter(|netted| netted.len() <= usize::from(places)) else {
        return false;
    };
    // Each of them keeps the rules alone, and what fills nothing changes none of what they look at.
    if steps.iter().filter(|step| step.fills()).count() < 2 {
        return true;
    }
    let trades: Vec<Trade> = netted.iter().filter(|step| step.fills()).map(Step::trade).collect();
    first.before.after_all(table, &trades).is_ok()
}

impl Run {
    /// A run that begins with a step, for shapes of these numbers of places.
    pub fn new(step: Step, places: impl IntoIterator<Item = u16>) -> Self {
        Self {
            steps: vec![step],
            cuts: places.into_iter().map(|places| (places, vec![1])).collect(),
        }
    }

    pub fn account(&self) -> AccountIndex {
        self.steps
            .first()
            .map_or(AccountIndex::HOUSE, |step| step.signed.instruction.index)
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether a step may follow in the same run.
    pub fn takes(&self, step: &Step) -> bool {
        self.steps.len() < MAX_STEPS && !step.stands_alone() && !self.steps.iter().any(Step::stands_alone)
    }

    /// Adds a step.
    pub fn push(&mut self, step: Step, table: &RiskTable) {
        self.steps.push(step);
        let steps = &self.steps;
        for (places, lengths) in &mut self.cuts {
            match lengths.last_mut() {
                Some(last) if is_unit(tail(steps, last.saturating_add(1)), *places, table) => {
                    *last = last.saturating_add(1)
                }
                _ => lengths.push(1),
            }
        }
    }

    /// The last step with another fill; it must keep the rules of a unit of its own.
    pub fn replace_last(&mut self, fill: Fill, table: &RiskTable) {
        let Some(last) = self.steps.last_mut() else {
            return;
        };
        last.fill = fill;
        let steps = &self.steps;
        for (places, lengths) in &mut self.cuts {
            match lengths.last_mut() {
                Some(last) if *last > 1 && !is_unit(tail(steps, *last), *places, table) => {
                    *last = last.saturating_sub(1);
                    lengths.push(1);
                }
                _ => {}
            }
        }
    }

    /// Drops cancels, and says whether any steps are left. The others stay in the units that they are in, whose rules
    /// look at what is filled alone, so there are no more units than before.
    pub fn drop_cancels(&mut self, needless: impl Fn(&SignedInstruction) -> bool) -> bool {
        let keeps: Vec<bool> = self
            .steps
            .iter()
            .map(|step| !step.is_cancel() || !needless(&step.signed))
            .collect();
        for lengths in self.cuts.values_mut() {
            let mut rest = keeps.as_slice();
            for length in lengths.iter_mut() {
                let (unit, more) = rest.split_at(usize::from(*length).min(rest.len()));
                rest = more;
                let dropped = unit.iter().filter(|keep| !**keep).count();
                *length = length.saturating_sub(u16::try_from(dropped).unwrap_or(u16::MAX));
            }
            lengths.retain(|length| *length > 0);
        }
        let mut keeps = keeps.into_iter();
        self.steps.retain(|_| keeps.next().unwrap_or(true));
        !self.steps.is_empty()
    }

    /// Number of units in a shape of so many places.
    pub fn units(&self, places: u16) -> usize {
        self.cuts.get(&places).map_or(self.steps.len(), Vec::len)
    }

    /// Whether the last unit has a place left.
    pub fn has_place(&self, places: u16) -> bool {
        let last = self.cuts.get(&places).and_then(|lengths| lengths.last()).copied();
        let steps = tail(&self.steps, last.unwrap_or(1));
        let used = netted(steps).map_or(steps.len(), |netted| netted.len());
        used < usize::from(places) && !steps.iter().any(Step::stands_alone)
    }

    /// Its units in a shape of so many places, each a run of its own.
    pub fn cut(&self, places: u16) -> Vec<Self> {
        let single = || vec![1; self.steps.len()];
        let lengths = self.cuts.get(&places).cloned().unwrap_or_else(single);
        let mut rest = self.steps.as_slice();
        let mut units = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (unit, more) = rest.split_at(usize::from(length).min(rest.len()));
            rest = more;
            units.push(Self {
                steps: unit.to_vec(),
                cuts: BTreeMap::from([(places, vec![length])]),
            });
        }
        units
    }

    /// The places of a unit: what [`Self::cut`] gave.
    pub fn places(&self) -> Vec<Step> {
        // A unit was made because the sums fit.
        netted(&self.steps).unwrap_or_else(|| self.steps.clone())
    }
}

/// The last so many.
fn tail(steps: &[Step], length: u16) -> &[Step] {
    let from = steps.len().saturating_sub(length.into());
    steps.get(from..).unwrap_or_default()
}
