//! What a network is made of.

use polkadot_sdk::sp_keyring::Sr25519Keyring;

/// A network: the first node is the one that the others ask for their peers.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Name of the network; its chain and the folder of its logs have it.
    pub name: &'static str,
    /// Its nodes.
    pub nodes: Vec<NodeSpec>,
    /// Solvency terms of the groups, age of rounds and time to a freeze in milliseconds; those of the development
    /// chain by default.
    pub solvency_terms: Option<(u64, u64)>,
    /// Operators of the oracle, and the age in milliseconds above which a price is stale; those of the development
    /// chain by default.
    pub oracle: Option<(Vec<Sr25519Keyring>, u64)>,
}

/// One node of a network.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// Whose keys it makes blocks and votes with, if it is a validator.
    pub validator: Option<Sr25519Keyring>,
    /// Arguments besides those of every node.
    pub arguments: Vec<&'static str>,
    /// Whose key signs its batches, if it is another sequencer than the development chain's.
    pub submitter: Option<Sr25519Keyring>,
    /// Whether it is started later than the network.
    pub later: bool,
}

impl NodeSpec {
    /// A validator with the keys of this name, which is the node's, too.
    pub fn validator(key: Sr25519Keyring) -> Self {
        Self {
            validator: Some(key),
            ..Self::full(&key.to_string().to_lowercase())
        }
    }

    /// A node that follows the chain.
    pub fn full(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            validator: None,
            arguments: Vec::new(),
            submitter: None,
            later: false,
        }
    }

    /// That keeps the state of every block, from which settled batches are read back.
    pub fn archive(self) -> Self {
        self.with(&["--state-pruning", "archive"])
    }

    /// That signs batches with this key.
    pub fn submitting(self, key: Sr25519Keyring) -> Self {
        Self {
            submitter: Some(key),
            ..self
        }
    }

    /// That does not start with the network.
    pub fn later(self) -> Self {
        Self { later: true, ..self }
    }

    /// With these arguments, too.
    pub fn with(mut self, arguments: &[&'static str]) -> Self {
        self.arguments.extend(arguments);
        self
    }
}

impl Topology {
    /// A network of these nodes.
    pub fn new(name: &'static str, nodes: Vec<NodeSpec>) -> Self {
        Self {
            name,
            nodes,
            solvency_terms: None,
            oracle: None,
        }
    }

    /// Whose keys its validators have.
    pub fn authorities(&self) -> impl Iterator<Item = Sr25519Keyring> + '_ {
        self.nodes.iter().filter_map(|node| node.validator)
    }
}
