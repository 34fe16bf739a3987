//! The state as bytes, and back. A field that is not listed here does not compile.

use super::{input::Pause, receipts::Receipts, state::State, told::Told};
use crate::{
    budget::Budgets,
    halt::Halt,
    liquidations::Liquidations,
    notices::Notices,
    prints::Prints,
    tape::{Tape, TapeTerms},
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use cloister_batcher::{Batcher, RestoreError};
use cloister_engine::{Engine, Millis, SnapshotError};
use codec::{Decode, Encode, Input};

/// Format of the bytes. Engine and batcher are part of it.
const VERSION: u8 = 3;

/// Why bytes are not a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// They are of a format that this program does not read.
    #[error("it has format {0}, which this program does not read")]
    Version(u8),
    /// They are not the encoding of one.
    #[error("it does not decode: {0}")]
    Format(#[from] codec::Error),
    /// The engine's part.
    #[error("the engine: {0}")]
    Engine(#[from] SnapshotError),
    /// The batcher's part.
    #[error("the batcher: {0}")]
    Batcher(#[from] RestoreError),
}

impl State {
    /// All of it, but for which closed batches were taken.
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = self.encoded_at(self.engine.now());
        // No part of the digest: how it is made is an operator's choice, and nothing follows from it.
        (&self.tape.prints, &self.tape.closings.prints).encode_to(&mut out);
        out
    }

    /// A hash of the state without the engine's clock. Two states of one digest do the same from then on, given inputs
    /// that are no earlier.
    pub fn digest(&self) -> [u8; 32] {
        Blake2b::<U32>::digest(self.encoded_at(0)).into()
    }

    fn encoded_at(&self, now: Millis) -> Vec<u8> {
        let Self {
            engine,
            batcher,
            liquidations,
            tape,
            notices,
            budgets,
            next_item,
            receipts,
            sealed,
            halt,
            paused: _,
            pause,
            gate_closed,
            accepted,
            fills,
            voided,
            records,
            finalized_batches,
            house_rekeys,
            history: _,
            // Told after every input.
            told: _,
            quiet: _,
        } = self;
        let mut out = vec![VERSION];
        out.extend(engine.encoded_at(now));
        out.extend(batcher.encoded());
        liquidations.encode_to(&mut out);
        (tape, notices, budgets, next_item, receipts, sealed, pause).encode_to(&mut out);
        gate_closed.encode_to(&mut out);
        (halt.as_ref().map(KeptHalt::of), accepted, fills, voided).encode_to(&mut out);
        (records, finalized_batches, house_rekeys).encode_to(&mut out);
        out
    }

    /// The state of these bytes, which keeps so many fills and receipts for readers.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn decode(mut bytes: &[u8], history: usize) -> Result<Self, StateError> {
        let input = &mut bytes;
        let version = u8::decode(input)?;
        if version != VERSION {
            return Err(StateError::Version(version));
        }
        let engine = Engine::decode(input)?;
        let batcher = Batcher::decode(input)?;
        let liquidations = Liquidations::decode(input)?;
        let mut tape = Tape::decode(input)?;
        let notices = Notices::decode(input)?;
        let budgets = Budgets::decode(input)?;
        let next_item = Decode::decode(input)?;
        let receipts = Receipts::decode(input)?;
        let sealed = Decode::decode(input)?;
        let pause = Option::<Pause>::decode(input)?;
        let gate_closed = Decode::decode(input)?;
        let halt = Option::<KeptHalt>::decode(input)?.map(KeptHalt::halt);
        let (accepted, fills, voided) = Decode::decode(input)?;
        let (records, finalized_batches, house_rekeys) = Decode::decode(input)?;
        (tape.prints, tape.closings.prints) = <(Prints, Prints<_>)>::decode(input)?;
        let tape = tape.made_as(TapeTerms::unseen(history));
        if input.remaining_len()? != Some(0) {
            return Err(StateError::Format("bytes follow it".into()));
        }
        Ok(Self {
            engine,
            batcher,
            liquidations,
            tape,
            notices,
            budgets,
            next_item,
            receipts,
            sealed,
            halt,
            paused: pause.map(Halt::from),
            pause,
            gate_closed,
            accepted,
            fills,
            voided,
            records,
            finalized_batches,
            house_rekeys,
            history,
            told: Told::default(),
            quiet: false,
        })
    }

    /// A copy, which goes on as this one does with the same inputs, and logs nothing a second time.
    ///
    /// # Errors
    /// [`StateError`]: never, but for a bug.
    pub fn copied(&self) -> Result<Self, StateError> {
        let mut copy = Self::decode(&self.encoded(), self.history)?;
        copy.tape = copy.tape.made_as(self.tape.terms());
        copy.quiet = true;
        copy.liquidations.be_quiet();
        Ok(copy)
    }
}

/// What of a halt matters from then on: orders that wait for a mark are held while one stands.
#[derive(Encode, Decode)]
enum KeptHalt {
    #[codec(index = 0)]
    Events(String),
    #[codec(index = 1)]
    Input(String),
    #[codec(index = 2)]
    Sealed(u64),
}

impl KeptHalt {
    fn of(halt: &Halt) -> Self {
        match halt {
            Halt::Sealed { item } => Self::Sealed(*item),
            other if other.is_of_events() => Self::Events(other.to_string()),
            other => Self::Input(other.to_string()),
        }
    }

    fn halt(self) -> Halt {
        match self {
            Self::Events(message) => Halt::Kept { events: true, message },
            Self::Input(message) => Halt::Kept { events: false, message },
            Self::Sealed(item) => Halt::Sealed { item },
        }
    }
}
