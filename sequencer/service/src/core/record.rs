//! What the journal keeps of an input, and how it is played again.

use super::{
    input::{
        Configure, Gate, InBlock, Pass, Paused, QueueShare, Rebase, Refreshed, Settled, Shapes, Submit, SwitchOff,
        Table, Tick,
    },
    state::State,
};
use cloister_batcher::{BatchSecrets, SecretSource};
use cloister_crypto::Fr;
use cloister_engine::{Effect, Millis};
use cloister_ledger::wire::Wire;
use cloister_receipts::Hash;
use codec::{Decode, Encode, EncodeLike, Error, Input as Source, Output as Sink};
use std::collections::VecDeque;

/// Gives an enum with a variant for each kind of input, and the ways into it.
macro_rules! inputs {
    ($($kind:ident = $tag:literal),* $(,)?) => {
        /// Everything that moves the core. What the core is follows from where it started, from its inputs with their
        /// times, and from the secrets of the batches that they closed.
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
        pub(crate) enum Input {
            $(
                #[doc = concat!("[`", stringify!($kind), "`].")]
                #[codec(index = $tag)]
                $kind($kind),
            )*
        }

        impl Input {
            /// Moves the state as the input did when it was taken; gives what happened in the engine.
            pub fn replay(self, state: &mut State, now: Millis, secrets: &mut dyn SecretSource) -> Vec<Effect> {
                match self {
                    $(Self::$kind(input) => state.apply(now, input, secrets).effects,)*
                }
            }
        }

        $(
            impl From<$kind> for Input {
                fn from(input: $kind) -> Self {
                    Self::$kind(input)
                }
            }
        )*
    };
}

inputs! {
    Submit = 0,
    Pass = 1,
    Tick = 2,
    Table = 3,
    Rebase = 4,
    QueueShare = 5,
    Paused = 6,
    Refreshed = 7,
    InBlock = 8,
    Settled = 9,
    Configure = 10,
    SwitchOff = 11,
    Gate = 12,
    Shapes = 13,
}

/// An input that was taken, with all that its result followed from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Record {
    /// When it was taken.
    pub at: Millis,
    /// The input.
    pub input: Input,
    /// The secrets of the batches that it closed, in order: fresh ones would give other paddings and other roots than
    /// the chain may have by now.
    pub secrets: Vec<Drawn>,
    /// Hash of the receipt that was given for it: playing it again must give the same.
    pub receipt: Option<Hash>,
}

/// Secrets of an attempt at a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drawn(pub BatchSecrets);

impl Encode for Drawn {
    fn encode_to<O: Sink + ?Sized>(&self, out: &mut O) {
        self.0.salt.write_to(out);
        self.0.padding.encode_to(out);
    }
}

impl EncodeLike for Drawn {}

impl Decode for Drawn {
    fn decode<I: Source>(input: &mut I) -> Result<Self, Error> {
        Ok(Self(BatchSecrets {
            salt: Fr::read_from(input)?,
            padding: Decode::decode(input)?,
        }))
    }
}

/// Takes secrets from a source and writes them down.
pub(crate) struct Recording<'a> {
    pub source: &'a mut dyn SecretSource,
    pub drawn: Vec<Drawn>,
}

impl SecretSource for Recording<'_> {
    fn secrets(&mut self, batch_no: u64, digest: &[u8; 32]) -> BatchSecrets {
        let secrets = self.source.secrets(batch_no, digest);
        self.drawn.push(Drawn(secrets));
        secrets
    }
}

/// Gives the secrets that were written down.
pub(crate) struct Playing {
    drawn: VecDeque<Drawn>,
    missing: bool,
}

impl Playing {
    pub fn new(drawn: Vec<Drawn>) -> Self {
        Self {
            drawn: drawn.into(),
            missing: false,
        }
    }

    /// Whether exactly those were asked for that were written down.
    pub fn was_exact(&self) -> bool {
        !self.missing && self.drawn.is_empty()
    }
}

impl SecretSource for Playing {
    fn secrets(&mut self, _: u64, _: &[u8; 32]) -> BatchSecrets {
        match self.drawn.pop_front() {
            Some(Drawn(secrets)) => secrets,
            None => {
                // What comes of it is thrown away.
                self.missing = true;
                BatchSecrets {
                    salt: Fr::zero(),
                    padding: 0,
                }
            }
        }
    }
}
