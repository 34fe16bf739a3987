//! What goes into a batch and what comes out.

use super::doors::Doors;
use crate::{
    context::BatchContext,
    house::House,
    statement::Statement,
    unit::{UnitEffect, UnitWitness},
};
use alloc::vec::Vec;
use cloister_crypto::Fr;
use cloister_risk::MarginChoice;
use cloister_types::Amount;

/// Private data of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchWitness {
    /// Public context.
    pub context: BatchContext,
    /// Account root before.
    pub old_root: Fr,
    /// House before.
    pub house: House,
    /// Fees paid out publicly.
    pub sweep: Amount,
    /// What the queue asks of the insurance.
    pub doors: Doors,
    /// Paid out of the insurance.
    pub insurance_out: Amount,
    /// How that meets B-DOORS: [`MarginChoice::Initial`] or [`MarginChoice::Tight`].
    pub doors_choice: MarginChoice,
    /// Rows proven empty.
    pub empty_mask: u32,
    /// N units.
    pub units: Vec<UnitWitness>,
    /// How the house meets B-HOUSE-MARGIN: [`MarginChoice::Initial`] or [`MarginChoice::NotWorse`].
    pub house_margin: MarginChoice,
}

/// What the house of a batch finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// House after.
    pub house: House,
    /// Paid out of the insurance: the one amount that B-DOORS allows.
    pub insurance_out: Amount,
    /// How that meets B-DOORS.
    pub doors_choice: MarginChoice,
    /// How the house meets B-HOUSE-MARGIN.
    pub house_margin: MarginChoice,
}

/// What a batch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchEffect {
    /// House after.
    pub house: House,
    /// Effects of the units.
    pub units: Vec<UnitEffect>,
    /// The public statement.
    pub statement: Statement,
}
