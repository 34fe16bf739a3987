//! The tracks of referenda: one for each office, with what it takes to win a vote (C-GOVERN).

use crate::{
    configs::{development::is_development, notice::DAYS},
    constants::{
        money::UNIT,
        time::{HOURS, MINUTES},
    },
    offices::Origin as Office,
    Balance, BlockNumber, OriginCaller,
};
use alloc::borrow::Cow;
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use polkadot_sdk::*;
use sp_runtime::{str_array, Perbill};

/// Number of a track.
pub type TrackId = u16;

/// Blocks that referenda of a track take.
#[derive(Clone, Copy)]
pub struct Periods {
    /// From submission until it may be decided.
    pub prepare: BlockNumber,
    /// Maximum number of those in which it is decided.
    pub decide: BlockNumber,
    /// For which it must be winning without a break.
    pub confirm: BlockNumber,
    /// From the decision until what was decided is done, at least.
    pub enact: BlockNumber,
}

/// Those of all tracks on a development chain: whoever tries one sees its end within a minute.
const DEVELOPMENT: Periods = Periods {
    prepare: 2,
    decide: 30,
    confirm: 2,
    enact: 1,
};

/// What it takes to win the vote of an office.
pub struct Terms {
    /// The office.
    pub office: Office,
    /// Its name.
    pub name: &'static str,
    /// Referenda that are decided at once.
    pub most: u32,
    /// Deposit for the decision, native tokens.
    pub deposit: u32,
    /// Periods of a chain for money.
    pub periods: Periods,
    /// Share of the votes, weighed by conviction, that must be in favour: percent at the begin and at the end of the
    /// decision, falling in proportion to the time.
    pub approval: (u32, u32),
    /// Share of all tokens, without conviction, that must be in favour, likewise.
    pub support: (u32, u32),
}

/// The tracks; the number of each is its place.
pub const TRACKS: [Terms; 5] = [
    Terms {
        office: Office::Government,
        name: "government",
        most: 2,
        deposit: 10_000,
        periods: Periods {
            prepare: 2 * HOURS,
            decide: 14 * DAYS,
            confirm: DAYS,
            enact: HOURS,
        },
        approval: (80, 60),
        support: (50, 10),
    },
    Terms {
        office: Office::RiskAdmin,
        name: "risk_admin",
        most: 5,
        deposit: 1_000,
        periods: Periods {
            prepare: HOURS,
            decide: 7 * DAYS,
            confirm: 4 * HOURS,
            enact: 10 * MINUTES,
        },
        approval: (70, 55),
        support: (25, 4),
    },
    Terms {
        office: Office::ListingAdmin,
        name: "listing_admin",
        most: 5,
        deposit: 1_000,
        periods: Periods {
            prepare: HOURS,
            decide: 7 * DAYS,
            confirm: 12 * HOURS,
            enact: HOURS,
        },
        approval: (75, 60),
        support: (30, 5),
    },
    Terms {
        office: Office::EmergencyPause,
        name: "emergency_pause",
        most: 5,
        deposit: 2_000,
        periods: Periods {
            prepare: 2 * MINUTES,
            decide: DAYS,
            confirm: 10 * MINUTES,
            enact: 1,
        },
        approval: (90, 66),
        support: (15, 3),
    },
    Terms {
        office: Office::Treasurer,
        name: "treasurer",
        most: 10,
        deposit: 500,
        periods: Periods {
            prepare: 2 * HOURS,
            decide: 7 * DAYS,
            confirm: 12 * HOURS,
            enact: HOURS,
        },
        approval: (75, 55),
        support: (20, 3),
    },
];

impl Terms {
    fn info(&self) -> TrackInfo<Balance, BlockNumber> {
        let periods = if is_development() { DEVELOPMENT } else { self.periods };
        TrackInfo {
            name: str_array(self.name),
            max_deciding: self.most,
            decision_deposit: Balance::from(self.deposit).saturating_mul(UNIT),
            prepare_period: periods.prepare,
            decision_period: periods.decide,
            confirm_period: periods.confirm,
            min_enactment_period: periods.enact,
            min_approval: falling(self.approval),
            min_support: falling(self.support),
        }
    }
}

/// A share that falls over the whole of the decision, percent.
fn falling((ceil, floor): (u32, u32)) -> Curve {
    Curve::LinearDecreasing {
        length: Perbill::one(),
        floor: Perbill::from_percent(floor),
        ceil: Perbill::from_percent(ceil),
    }
}

/// The tracks, for pallet referenda.
pub struct Tracks;

impl TracksInfo<Balance, BlockNumber> for Tracks {
    type Id = TrackId;
    type RuntimeOrigin = OriginCaller;

    fn tracks() -> impl Iterator<Item = Cow<'static, Track<TrackId, Balance, BlockNumber>>> {
        (0..)
            .zip(&TRACKS)
            .map(|(id, terms)| Cow::Owned(Track { id, info: terms.info() }))
    }

    // Whatever else is asked for, Root and accounts among it, is no origin of a referendum.
    fn track_for(origin: &OriginCaller) -> Result<TrackId, ()> {
        let OriginCaller::Offices(office) = origin else {
            return Err(());
        };
        let mut tracks = (0..).zip(&TRACKS);
        tracks
            .find(|(_, terms)| terms.office == *office)
            .map(|(id, _)| id)
            .ok_or(())
    }
}
