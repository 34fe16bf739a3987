//! Client of Cloister: the chain, the sequencer, and what a trader needs between them.
//!
//! * [`chain`] talks to a node with the runtime's own types.
//! * [`sequencer`] talks to the sequencer.
//! * [`wallet`] keeps keys and instruction ids, [`trader`] signs with them, [`instrument`] and [`amount`] know the units.
//! * [`prover`] makes the proofs that a trader makes alone: [`seal`] when it opens an account, [`exit`] when it leaves.
//! * [`history`], [`recovery`] and [`audit`] check everything from chain data alone.
//! * [`tape`] and [`replay`] bring a real tape of trades onto the exchange; [`demo`] shows a whole exchange on one machine.

pub mod amount;
pub mod audit;
pub mod chain;
pub mod demo;
pub mod exit;
pub mod funding;
pub mod history;
pub mod instrument;
pub mod oracle;
pub mod progress;
pub mod prover;
pub mod recovery;
pub mod replay;
pub mod seal;
pub mod sequencer;
pub mod tape;
pub mod trader;
pub mod wallet;
