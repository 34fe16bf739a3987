//! What the command `cloister` is made of, for its own binary and for end-to-end tests.
//!
//! * [`wallet`] keeps a trader's seed and its next instruction id in a file.
//! * [`tape`] and [`replay`] bring a real tape of trades onto the exchange of a development chain.
//! * [`prices`] is where an operator of the oracle has prices from.
//! * [`receipts`] finds the key of a sequencer's receipts and checks them.
//! * [`demo`] shows a whole exchange on one machine.
//! * [`progress`] and [`table`] are what people see of all that.

pub mod demo;
pub mod prices;
pub mod progress;
pub mod receipts;
pub mod replay;
pub mod table;
pub mod tape;
pub mod wallet;
