//! What a trader signs about orders without a proof: cancels in bulk, the dead man's switch, protection (S-CONTROL).
//!
//! A control is obeyed by the matcher at once and never gets to the chain. It needs the trading key, because whoever
//! could send one in a trader's name could clear the trader's orders.

use crate::{instruction::Side, packing::pack};
use cloister_crypto::{
    constants::{
        domain, CONTROL_KIND_BITS, CONTROL_NUMBER_BITS, GROUP_BITS, INDEX_BITS, INSTRUMENT_ID_BITS, QUANTITY_BITS,
        SCOPE_BITS, TIME_BITS,
    },
    field::limbs,
    poseidon2::sponge,
    schnorr::{SecretKey, Signature},
    Fr,
};
use cloister_types::{AccountIndex, GroupId, InstrumentId, Lots};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Bits of the packed scope.
mod scope {
    /// Orders of one instrument.
    pub const INSTRUMENT: u64 = 1;
    /// Orders of one side.
    pub const SIDE: u64 = 1 << 1;
    /// The side is the selling one.
    pub const SELLS: u64 = 1 << 2;
    /// Orders that wait for a mark, too.
    pub const WAITING: u64 = 1 << 3;
}

/// Which orders of an account are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OrdersIn {
    /// Those of one instrument, or of all.
    pub instrument: Option<InstrumentId>,
    /// Those of one side, or of both.
    pub side: Option<Side>,
    /// Those that wait for a mark, too. Stops protect a position, so they are named on purpose.
    pub waiting: bool,
}

impl OrdersIn {
    /// All that rest and all that wait.
    pub const ALL: Self = Self {
        instrument: None,
        side: None,
        waiting: true,
    };
    /// All that rest.
    pub const AT_REST: Self = Self {
        instrument: None,
        side: None,
        waiting: false,
    };

    /// True if an order of this instrument and side is among them; whether it waits is not asked.
    pub fn contains(&self, instrument: InstrumentId, side: Side) -> bool {
        self.instrument.is_none_or(|own| own == instrument) && self.side.is_none_or(|own| own == side)
    }

    /// The packed scope and the instrument, 0 where all are meant.
    fn words(&self) -> (u64, u64) {
        let side = match self.side {
            None => 0,
            Some(Side::Buy) => scope::SIDE,
            Some(Side::Sell) => scope::SIDE | scope::SELLS,
        };
        let instrument = self.instrument.map_or(0, |_| scope::INSTRUMENT);
        let waiting = if self.waiting { scope::WAITING } else { 0 };
        (
            instrument | side | waiting,
            self.instrument.unwrap_or_default().get().into(),
        )
    }
}

/// How much others may fill of an account's orders at rest in one instrument before all of them leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ProtectionTerms {
    /// Maximum number of lots filled within the window; 0 sets no such bound.
    pub max_lots: Lots,
    /// Maximum size of lots bought less lots sold within the window; 0 sets no such bound.
    pub max_delta: Lots,
    /// Length of the window, milliseconds.
    pub window: u64,
    /// How long orders that could rest are refused afterwards, milliseconds; 0 means until the owner resets it.
    pub cool_down: u64,
}

/// What a control does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ControlAction {
    /// The orders leave at once.
    CancelOrders(OrdersIn),
    /// The orders leave once `after` milliseconds have passed without another control of this kind.
    DeadMan {
        /// Milliseconds from now; 0 switches it off.
        after: u64,
        /// Which orders leave.
        orders: OrdersIn,
    },
    /// Protects the orders at rest in an instrument. Terms without any bound take the protection away.
    Protect {
        /// The instrument.
        instrument: InstrumentId,
        /// How much may be filled.
        terms: ProtectionTerms,
    },
    /// Starts the protection of an instrument anew: its window is empty, and orders may rest again.
    ResetProtection {
        /// The instrument.
        instrument: InstrumentId,
    },
}

/// A field of a control that can be wider than its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlField {
    /// Account index.
    Index,
    /// Expiry.
    Expiry,
    /// Duration of a dead man's switch, of a window or of a pause.
    Duration,
    /// Lots of a protection.
    Lots,
}

/// A trader's control. Widths: S-CONTROL.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Control {
    /// Margin group.
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
    /// Higher than that of every control of the account before, so that nobody can play one twice.
    pub number: u64,
    /// Last time at which it is taken, milliseconds of Unix time.
    pub expiry: u64,
    /// What it does.
    pub action: ControlAction,
}

/// The numbers of an action, in the order in which they are packed.
struct Packed {
    kind: u64,
    scope: u64,
    instrument: u64,
    /// Durations in milliseconds.
    times: [u64; 2],
    lots: [u64; 2],
}

impl ControlAction {
    fn packed(&self) -> Packed {
        let of = |kind, (scope, instrument): (u64, u64)| Packed {
            kind,
            scope,
            instrument,
            times: [0; 2],
            lots: [0; 2],
        };
        let only = |instrument: &InstrumentId| {
            OrdersIn {
                instrument: Some(*instrument),
                ..OrdersIn::AT_REST
            }
            .words()
        };
        match self {
            Self::CancelOrders(orders) => of(0, orders.words()),
            Self::DeadMan { after, orders } => Packed {
                times: [*after, 0],
                ..of(1, orders.words())
            },
            Self::Protect { instrument, terms } => Packed {
                times: [terms.window, terms.cool_down],
                lots: [terms.max_lots.get(), terms.max_delta.get()],
                ..of(2, only(instrument))
            },
            Self::ResetProtection { instrument } => of(3, only(instrument)),
        }
    }
}

impl Control {
    /// The first field that does not fit its width, if there is one.
    pub fn too_wide(&self) -> Option<ControlField> {
        let packed = self.action.packed();
        let beyond = |value: u64, bits: usize| value >> bits != 0;
        if beyond(self.index.get().into(), INDEX_BITS) {
            Some(ControlField::Index)
        } else if beyond(self.expiry, TIME_BITS) {
            Some(ControlField::Expiry)
        } else if packed.times.iter().any(|t| beyond(*t, TIME_BITS)) {
            Some(ControlField::Duration)
        } else if packed.lots.iter().any(|l| beyond(*l, QUANTITY_BITS)) {
            Some(ControlField::Lots)
        } else {
            None
        }
    }

    /// The packed elements `A` and `B`.
    pub fn words(&self) -> (Fr, Fr) {
        let packed = self.action.packed();
        let a = pack(&[
            (packed.kind, CONTROL_KIND_BITS),
            (self.group.get().into(), GROUP_BITS),
            (self.index.get().into(), INDEX_BITS),
            (self.number, CONTROL_NUMBER_BITS),
            (self.expiry, TIME_BITS),
            (packed.scope, SCOPE_BITS),
            (packed.instrument, INSTRUMENT_ID_BITS),
        ]);
        let [first, second] = packed.times;
        let [lots, delta] = packed.lots;
        let b = pack(&[
            (first, TIME_BITS),
            (second, TIME_BITS),
            (lots, QUANTITY_BITS),
            (delta, QUANTITY_BITS),
        ]);
        (a, b)
    }

    /// What the message is a hash of, under [`domain::CONTROL`].
    pub fn elements(&self, genesis: &[u8; 32]) -> [Fr; 4] {
        let (lo, hi) = limbs(genesis);
        let (a, b) = self.words();
        [lo, hi, a, b]
    }

    /// The message that is signed; `genesis` is the chain's genesis hash.
    pub fn message(&self, genesis: &[u8; 32]) -> Fr {
        sponge(domain::CONTROL, &self.elements(genesis))
    }

    /// Signs the control for a chain.
    pub fn sign(self, genesis: &[u8; 32], key: &SecretKey) -> SignedControl {
        let signature = key.sign(self.message(genesis));
        SignedControl {
            control: self,
            signature,
        }
    }
}

/// A control with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedControl {
    /// What is signed.
    pub control: Control,
    /// The trader's signature over [`Control::message`].
    pub signature: Signature,
}
