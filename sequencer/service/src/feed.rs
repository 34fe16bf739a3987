//! The event bus: what happens in the core goes out to whoever follows it (Q-STREAM).
//!
//! * The copy of the core's state that is read (Q-READ) tells its [`Inbox`] what happened, under its own lock.
//! * The [`Bus`] takes the inbox, makes messages of it, numbers them, keeps the newest and hands them to subscribers,
//!   each of whom has a bounded queue. It never waits for one.
//! * [`publish`] runs beside the other loops and looks at that copy for what is shown as a state: books, tickers,
//!   positions and margin.
//!
//! Where several locks are taken, the bus comes first, then the copy, then the inbox. Nobody takes the core's.

mod book;
mod bus;
mod inbox;
mod interest;
mod key;
mod publish;
mod ring;
mod state;

pub(crate) use bus::{end, Bus, Joined};
pub(crate) use inbox::Inbox;
pub(crate) use key::ChannelKey;
pub(crate) use publish::{index_loop, publish_loop, read};
pub(crate) use state::{look, Look};
