//! Networks of several nodes, with real proofs. Each proves with all cores, so they run one at a time.

mod joins_and_leaves;
mod killed_validator;
mod lying_operator;
mod one_root;
mod taken_over;
mod without_sequencer;
