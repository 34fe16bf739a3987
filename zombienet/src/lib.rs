//! Networks of several nodes, each a process on this machine, and an exchange on them.
//!
//! [`topology`] says what a network is made of, [`specification`] writes its chain, [`network`] starts, kills and stops
//! its nodes and watches what they agree on, [`exchange`] brings prices and traders, [`operator`] feeds prices of one
//! operator of several.

pub mod exchange;
pub mod network;
pub mod operator;
pub mod specification;
pub mod topology;
