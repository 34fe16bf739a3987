//! The `cloister-node` binary.

use polkadot_sdk::sc_cli;

fn main() -> sc_cli::Result<()> {
    cloister_node::command::run()
}
