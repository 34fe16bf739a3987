//! What the pallet stores, and what it asks of the runtime.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_runtime::traits::Zero;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// How long a call waits, by what it can do. The order is that of the delays.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub enum Class {
    /// Parameters and terms inside hard bounds.
    Terms,
    /// Groups, whoever takes part in running them, and whoever holds their asset.
    Members,
    /// Verifying keys and the runtime: whoever makes these can take everything. Also every call that is not known.
    Keys,
}

/// What the runtime says of its calls. It must say something of every call.
pub trait Classify<Call, Hash> {
    /// The class of a call: of one that holds others, the longest of theirs. `None` if it cannot be announced: notices
    /// of notices.
    fn class_of(call: &Call) -> Option<Class>;
    /// The hash of the runtime's code that a call authorises. Such a call is carried out as Root, and no other is.
    fn upgrade_of(call: &Call) -> Option<Hash>;
}

/// Delays of the classes, blocks.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    MaxEncodedLen,
    Serialize,
    Deserialize,
)]
pub struct Delays<BlockNumber> {
    /// Of [`Class::Terms`].
    pub terms: BlockNumber,
    /// Of [`Class::Members`].
    pub members: BlockNumber,
    /// Of [`Class::Keys`].
    pub keys_and_code: BlockNumber,
}

impl<BlockNumber: Copy + Ord + Zero> Delays<BlockNumber> {
    /// The delay of a class.
    pub fn of(&self, class: Class) -> BlockNumber {
        match class {
            Class::Terms => self.terms,
            Class::Members => self.members,
            Class::Keys => self.keys_and_code,
        }
    }

    /// Whether each is at least what it is in `least` and no more than `most`, and they rise with the class.
    pub fn are_within(&self, least: &Self, most: BlockNumber) -> bool {
        let long_enough =
            self.terms >= least.terms && self.members >= least.members && self.keys_and_code >= least.keys_and_code;
        long_enough && self.terms <= self.members && self.members <= self.keys_and_code && self.keys_and_code <= most
    }
}

/// A call that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Notice<BlockNumber> {
    /// What it was classified as.
    pub class: Class,
    /// The block that announced it.
    pub announced_at: BlockNumber,
    /// The first block in which it may be enacted.
    pub due: BlockNumber,
}
