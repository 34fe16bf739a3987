//! Why a node does not start.

use cloister_runtime::Hash;
use polkadot_sdk::sc_service::error::Error as ServiceError;
use std::{io, net::SocketAddr, path::PathBuf};

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder has the blocks of another chain.
    #[error(
        "the folder {} holds another chain than the one that is asked for: its first block is {found:?}, and that of {chain} \
         is {expected:?}. Name another folder with --base-path, or delete the chain in it with `purge-chain`. The chains \
         that are known by name change with the releases: one that is to outlive a release is written down with \
         `export-chain-spec` and named with --chain FILE",
        path.display()
    )]
    OtherChain {
        /// The database.
        path: PathBuf,
        /// Name of the chain that was asked for.
        chain: String,
        /// Hash of the first block in the database.
        found: Hash,
        /// Hash of the first block of the chain.
        expected: Hash,
    },
    /// The runtime of the chain refuses its genesis configuration.
    #[error("the first block of {chain} cannot be built: {reason}")]
    Genesis {
        /// Name of the chain.
        chain: String,
        /// What the runtime says.
        reason: String,
    },
    /// The folder lacks the states that the sequencer needs.
    #[error(
        "the folder {} was made by a node that forgets old states, and the sequencer rebuilds its ledger from them. Name an \
         empty folder with --base-path, or delete this chain with `purge-chain`: the node then gets all blocks again from \
         the others, and keeps their states. A chain of this node alone is gone with its folder",
        path.display()
    )]
    Forgetful {
        /// The database.
        path: PathBuf,
    },
    /// The folder was made with another setting of what is kept.
    #[error(
        "the folder {} was made with another --state-pruning than the one that is asked for, and a database cannot change \
         it: leave the flag out, name an empty folder with --base-path, or delete this chain with `purge-chain`",
        path.display()
    )]
    OtherPruning {
        /// The database.
        path: PathBuf,
    },
    /// Another node has the folder.
    #[error(
        "another node runs on the folder {}: stop it, or name another folder with --base-path",
        path.display()
    )]
    FolderInUse {
        /// The database.
        path: PathBuf,
    },
    /// Another program has the port.
    #[error(
        "another program listens on {address}, where this node would serve JSON-RPC: stop it, or choose another port with \
         --rpc-port"
    )]
    PortTaken {
        /// The address.
        address: SocketAddr,
    },
    /// Others could keep traders from the sequencer.
    #[error(
        "this node would take orders on {address}, where others reach it: the connections of a node's own RPC are \
         everybody's, so whoever takes them all would keep traders out. Serve the sequencer at an address of its own with \
         --sequencer-rpc-listen, which has limits for each client"
    )]
    OrdersOutside {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("this node cannot serve JSON-RPC on {address}: {source}; choose another port with --rpc-port")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl From<StartError> for ServiceError {
    fn from(error: StartError) -> Self {
        Self::Application(Box::new(error))
    }
}
