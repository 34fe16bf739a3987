//! Rust client of Cloister: everything between a trader's keys and a running exchange.
//!
//! Keys, amounts, signatures and statements are in `cloister_client_core`; this crate talks to the chain and to the
//! sequencer, and proves on the trader's machine.
//!
//! * [`chain`] talks to a node in the runtime's own types, [`sequencer`] to its sequencer.
//! * [`trader`] opens accounts and deposits, [`instrument`] finds instruments.
//! * [`prover`] makes the proofs that a trader makes alone: [`seal`] when it opens an account, [`exit`] when it leaves.
//! * [`history`] and [`audit`] check everything from chain data alone; [`recovery`] finds one account in it.
//! * [`report`] and [`overfill`] show the chain what a sequencer has broken.
//! * [`secrets`] hands the secret of a sealing key over between sequencers.
//! * [`oracle`] and [`funding`] are for development chains.

pub mod audit;
pub mod chain;
mod connection;
pub mod exit;
pub mod funding;
pub mod history;
pub mod income;
pub mod instrument;
pub mod oracle;
pub mod overfill;
pub mod prover;
pub mod recovery;
pub mod report;
pub mod seal;
pub mod secrets;
pub mod sequencer;
pub mod trader;
