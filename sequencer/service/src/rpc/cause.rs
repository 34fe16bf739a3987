//! Rules and reasons as they go over the wire.

use cloister_batcher::{GroupError, VoidReason};
use cloister_engine::{TradeError, UnsignedError};
use cloister_risk::MarginError;
use cloister_sequencer_rpc::types::{BrokenRule, VoidCause};

/// The rule that a fill breaks.
pub fn broken_rule(error: TradeError) -> BrokenRule {
    match error {
        TradeError::NotTrading => BrokenRule::Instrument,
        TradeError::Band => BrokenRule::Band,
        TradeError::Reduce => BrokenRule::Reduce,
        TradeError::Limit => BrokenRule::Limit,
        TradeError::OutOfRange | TradeError::Margin(MarginError::OutOfRange) => BrokenRule::Range,
        TradeError::Margin(MarginError::NegativeEquity) => BrokenRule::Equity,
        TradeError::Margin(_) => BrokenRule::Margin,
    }
}

/// Why something cannot be proven, to the account at fault.
pub fn void_cause(reason: &VoidReason) -> VoidCause {
    match reason {
        VoidReason::Rule { rule, .. } => VoidCause::Rule(broken_rule(*rule)),
        VoidReason::Expired { .. } => VoidCause::Expired,
        VoidReason::NotListed(_) => VoidCause::NotListed,
        VoidReason::NoAccount(_) => VoidCause::NoAccount,
        VoidReason::Overtaken => VoidCause::Overtaken,
        VoidReason::CashRange(_) => VoidCause::Rule(BrokenRule::Range),
        VoidReason::Group(GroupError::Unit(UnsignedError::Order { rule, .. })) => VoidCause::Rule(broken_rule(*rule)),
        VoidReason::Group(_) | VoidReason::Refused(_) => VoidCause::Refused,
    }
}
