//! Accounts that act for others: of several signers, and by proxies of limited rights (C-GOVERN).

use crate::{constants::money::deposit, Balance, Balances, Runtime, RuntimeCall, RuntimeEvent, System};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    parameter_types,
    traits::{ConstU32, InstanceFilter},
};
use pallet_cloister_execution::Call as Execution;
use pallet_utility::Call as Utility;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

parameter_types! {
    /// Deposit for a call that waits for signers.
    pub const MultisigBase: Balance = deposit(1, 88);
    /// Deposit for each signer.
    pub const MultisigFactor: Balance = deposit(0, 32);
    /// Deposit for the first proxy of an account.
    pub const ProxyBase: Balance = deposit(1, 8);
    /// Deposit for each proxy.
    pub const ProxyFactor: Balance = deposit(0, 37);
    /// Deposit for the first announcement of a proxy.
    pub const AnnouncementBase: Balance = deposit(1, 16);
    /// Deposit for each announcement.
    pub const AnnouncementFactor: Balance = deposit(0, 68);
}

/// What a proxy may do for an account. All but the first name the calls they let through, so that a new call is refused
/// until somebody has looked at it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum ProxyType {
    /// Everything.
    #[default]
    Any,
    /// What moves no money but the account's own, back to it, and gives nobody a right: votes and the way out.
    NonTransfer,
    /// Referenda, votes, preimages and enacting notices.
    Governance,
    /// An account of the exchange: opens, deposits, requests, keys, and the way out.
    Trading,
    /// The way out: what brings the account's money back to it.
    WayOut,
    /// Refuses what other proxies have announced.
    CancelProxy,
}

/// Whether a call brings an account's own money back to it, or moves a group towards that.
fn is_way_out(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::Execution(
            Execution::close { .. }
                | Execution::force_withdrawal { .. }
                | Execution::take_back { .. }
                | Execution::pay_back { .. }
                | Execution::claim { .. }
                | Execution::pay_claim { .. }
                | Execution::freeze { .. }
                | Execution::fix_final_table { .. }
                | Execution::exit { .. }
                | Execution::settle_exits { .. }
                | Execution::pay_exit { .. }
                | Execution::refund_item { .. }
                | Execution::claim_credits { .. }
                | Execution::report_custody { .. }
        )
    )
}

fn is_trading(call: &RuntimeCall) -> bool {
    is_way_out(call)
        || matches!(
            call,
            RuntimeCall::Execution(
                Execution::open { .. } | Execution::deposit { .. } | Execution::switch { .. } | Execution::rekey { .. }
            )
        )
}

fn is_governance(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::ConvictionVoting(_)
            | RuntimeCall::Preimage(_)
            | RuntimeCall::Referenda(_)
            | RuntimeCall::Timelock(pallet_cloister_timelock::Call::enact { .. })
    )
}

fn is_cancel(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. }))
}

/// Whether a call only holds others, each of which meets the filter again with the same origin. What changes the origin
/// (an account of several signers, a proxy of the proxied, an account derived from it) is not among them: behind it the
/// filter would be gone.
fn holds_others(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::Utility(
            Utility::batch { .. } | Utility::batch_all { .. } | Utility::force_batch { .. } | Utility::if_else { .. }
        )
    )
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        if holds_others(call) {
            return true;
        }
        match self {
            Self::Any => true,
            Self::NonTransfer => {
                is_way_out(call)
                    || is_governance(call)
                    || is_cancel(call)
                    || matches!(
                        call,
                        RuntimeCall::Treasury(
                            pallet_treasury::Call::payout { .. } | pallet_treasury::Call::check_status { .. }
                        )
                    )
            }
            Self::Governance => is_governance(call),
            Self::Trading => is_trading(call),
            Self::WayOut => is_way_out(call),
            Self::CancelProxy => is_cancel(call),
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::NonTransfer, Self::Governance | Self::WayOut | Self::CancelProxy) => true,
            (Self::Trading, Self::WayOut) => true,
            _ => self == other,
        }
    }
}

impl pallet_proxy::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type ProxyType = ProxyType;
    type ProxyDepositBase = ProxyBase;
    type ProxyDepositFactor = ProxyFactor;
    type MaxProxies = ConstU32<32>;
    type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
    type MaxPending = ConstU32<32>;
    type CallHasher = BlakeTwo256;
    type AnnouncementDepositBase = AnnouncementBase;
    type AnnouncementDepositFactor = AnnouncementFactor;
    type BlockNumberProvider = System;
}

impl pallet_multisig::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type DepositBase = MultisigBase;
    type DepositFactor = MultisigFactor;
    type MaxSignatories = ConstU32<100>;
    type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
    type BlockNumberProvider = System;
}
