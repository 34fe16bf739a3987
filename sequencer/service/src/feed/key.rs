//! Names a channel.

use cloister_sequencer_rpc::types::ChannelName;
use cloister_types::{AccountIndex, InstrumentId};

/// A channel, and the instrument or account that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ChannelKey {
    Market(ChannelName, InstrumentId),
    Batches,
    Account(AccountIndex, ChannelName),
}

impl ChannelKey {
    /// Its channel.
    pub fn name(self) -> ChannelName {
        match self {
            Self::Market(name, _) | Self::Account(_, name) => name,
            Self::Batches => ChannelName::Batches,
        }
    }

    /// Its instrument, if it is of one.
    pub fn instrument(self) -> Option<InstrumentId> {
        match self {
            Self::Market(_, instrument) => Some(instrument),
            Self::Batches | Self::Account(..) => None,
        }
    }

    /// Its account, if it is of one.
    pub fn account(self) -> Option<AccountIndex> {
        match self {
            Self::Account(account, _) => Some(account),
            Self::Batches | Self::Market(..) => None,
        }
    }
}
