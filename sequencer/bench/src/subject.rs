//! What is measured, behind one trait.

use crate::{error::BenchError, messages::Recording, outcome::Lots};

/// One that takes messages.
pub trait Subject: Sized {
    /// Its name.
    const NAME: &'static str;
    /// The messages as it takes them.
    type Prepared: Clone;

    /// The messages in its own form. Takes no part in what is measured.
    ///
    /// # Errors
    /// They have none.
    fn prepare(recording: &Recording) -> Result<Self::Prepared, BenchError>;

    /// An empty book.
    ///
    /// # Errors
    /// It cannot be made.
    fn new() -> Result<Self, BenchError>;

    /// Takes all messages: what is measured. Gives the lots traded.
    ///
    /// # Errors
    /// A message is refused.
    fn run(&mut self, messages: Self::Prepared) -> Result<u64, BenchError>;

    /// What is at rest.
    ///
    /// # Errors
    /// It cannot be read.
    fn book(&self) -> Result<Lots, BenchError>;
}
