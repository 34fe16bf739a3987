//! Tests of the node: the chains it knows, its command line, and a development chain that runs.

mod chain_spec;
mod choices;
mod command_line;
mod development_chain;
mod folders;
mod pages;
mod sequencer;
