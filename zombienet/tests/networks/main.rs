//! Networks of several nodes, with real proofs. Each proves with all cores, so they run one at a time.

mod killed_validator;
mod one_root;
mod without_sequencer;
